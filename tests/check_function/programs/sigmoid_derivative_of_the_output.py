"""One layer of sigmoids; the derivative is taken at the output instead of the weighted input."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def dsigmoid(z):
    return sigmoid(z) * (1 - sigmoid(z))


def loss(W, b, X, T):
    A = sigmoid(X @ W + b)
    delta = (A - T) * dsigmoid(A)
    return 0.5 * np.sum((A - T) ** 2), X.T @ delta, delta.sum(axis=0)


rng = np.random.default_rng(10)
W, b = rng.normal(size=(3, 2)), rng.normal(size=2)
X, T = rng.normal(size=(5, 3)), rng.integers(2, size=(5, 2))
