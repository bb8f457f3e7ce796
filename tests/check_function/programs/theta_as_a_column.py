"""Logistic regression with a flat theta and a gradient that is a column."""

import numpy as np


def cost(theta, X, y):
    h = 1 / (1 + np.exp(-X.dot(theta)))
    J = -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h))
    grad = X.T.dot((h - y).reshape(-1, 1)) / len(y)
    return J, grad


def inputs():
    rng = np.random.default_rng(17)
    return rng.normal(size=4), rng.normal(size=(6, 4)), rng.integers(2, size=6)
