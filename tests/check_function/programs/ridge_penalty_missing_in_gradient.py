"""Ridge regression whose gradient leaves the penalty out."""

import numpy as np


def cost_function(theta, X, y, lam):
    m = len(y)
    h = X @ theta
    J = np.sum((h - y) ** 2) / (2 * m) + lam / (2 * m) * np.sum(theta**2)
    grad = X.T @ (h - y) / m
    return J, grad


def inputs():
    rng = np.random.default_rng(6)
    return {"theta": rng.normal(size=4), "X": rng.normal(size=(6, 4)), "y": rng.normal(size=6), "lam": 0.7}
