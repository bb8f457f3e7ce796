"""Logistic regression in a loop in which the gradient is set anew by every sample."""

import numpy as np


def logistic_loss(w, X, y):
    m = X.shape[0]
    loss = 0.0
    dw = np.zeros_like(w)
    for i in range(m):
        a = 1 / (1 + np.exp(-(X[i] @ w)))
        loss += -(y[i] * np.log(a) + (1 - y[i]) * np.log(1 - a))
        dw = (a - y[i]) * X[i]
    return loss / m, dw / m


def inputs():
    rng = np.random.default_rng(7)
    return rng.normal(size=3), rng.normal(size=(8, 3)), np.array([0, 1, 1, 0, 1, 0, 0, 1])
