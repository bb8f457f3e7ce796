"""Two square layers; going back, the gradients are collected from the last to the first."""

import numpy as np


def loss(params, X, T):
    W1, W2 = params
    A = np.tanh(X @ W1)
    E = A @ W2 - T
    grads = []
    grads.append(A.T @ E)
    grads.append(X.T @ ((E @ W2.T) * (1 - A**2)))
    return 0.5 * np.sum(E**2), grads


def inputs():
    rng = np.random.default_rng(12)
    return (
        [rng.normal(size=(3, 3)), rng.normal(size=(3, 3))],
        rng.normal(size=(5, 3)),
        rng.normal(size=(5, 3)),
    )
