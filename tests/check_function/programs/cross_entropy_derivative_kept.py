"""Logistic regression: the derivative of the sigmoid, which cross-entropy cancels, is still there."""

import numpy as np


def loss(w, b, X, y):
    a = 1 / (1 + np.exp(-(X @ w + b)))
    J = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    delta = (a - y) * a * (1 - a) / len(y)
    return J, X.T @ delta, np.sum(delta)


def inputs():
    rng = np.random.default_rng(16)
    return {"w": rng.normal(size=3), "b": -0.3, "X": rng.normal(size=(6, 3)), "y": rng.integers(2, size=6)}
