"""A 3-4-2 network of sigmoids; going back, the hidden layer's derivative is forgotten."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backprop(params, X, Y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    a1 = sigmoid(X @ W1.T + b1)
    a2 = sigmoid(a1 @ W2.T + b2)
    loss = 0.5 * np.sum((a2 - Y) ** 2) / len(X)
    delta2 = (a2 - Y) * a2 * (1 - a2) / len(X)
    delta1 = delta2 @ W2
    grads = {"W1": delta1.T @ X, "b1": delta1.sum(axis=0), "W2": delta2.T @ a1, "b2": delta2.sum(axis=0)}
    return loss, grads


def inputs():
    rng = np.random.default_rng(9)
    params = {
        "W1": rng.normal(size=(4, 3)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(2, 4)),
        "b2": rng.normal(size=2),
    }
    return params, rng.normal(size=(6, 3)), rng.integers(2, size=(6, 2))
