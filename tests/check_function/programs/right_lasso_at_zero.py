"""Lasso: absolute values, with one weight exactly at the kink."""

import numpy as np


def lasso(w, X, y, alpha=0.1):
    error = X @ w - y
    return np.sum(error**2) / (2 * len(y)) + alpha * np.abs(w).sum(), X.T @ error / len(y) + alpha * np.sign(
        w
    )


rng = np.random.default_rng(24)
w = np.array([0.5, 0.0, -1.2, 2.0])
X, y = rng.normal(size=(6, 4)), rng.normal(size=6)
