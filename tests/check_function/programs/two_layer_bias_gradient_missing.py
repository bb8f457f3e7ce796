"""A small network with its parameters in a dictionary; one gradient was forgotten."""

import numpy as np


def forward_backward(params, X, Y):
    A1 = np.tanh(X @ params["W1"] + params["b1"])
    out = A1 @ params["W2"] + params["b2"]
    error = out - Y
    cost = np.sum(error**2) / (2 * len(X))
    dZ2 = error / len(X)
    dZ1 = (dZ2 @ params["W2"].T) * (1 - A1**2)
    grads = {"dW1": X.T @ dZ1, "db1": dZ1.sum(axis=0), "dW2": A1.T @ dZ2}
    return cost, grads


def inputs():
    rng = np.random.default_rng(8)
    params = {
        "W1": rng.normal(size=(3, 4)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(4, 2)),
        "b2": rng.normal(size=2),
    }
    return params, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
