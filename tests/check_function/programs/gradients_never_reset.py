"""Gradients in an array that outlives the call, and is never set to zero."""

import numpy as np

W = np.array([[0.2, -0.1], [0.4, 0.3]])
X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
T = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
total = np.zeros_like(W)


def loss(W):
    E = np.tanh(X @ W) - T
    total[...] += X.T @ (E * (1 - np.tanh(X @ W) ** 2))
    return 0.5 * np.sum(E**2), total.copy()
