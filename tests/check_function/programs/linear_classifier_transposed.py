"""A linear layer with several outputs; its gradient lies on its side."""

import numpy as np


def loss(W, X, T):
    E = X @ W - T
    return 0.5 * np.sum(E**2), E.T @ X


W = np.array([[0.1, 0.7], [-0.2, 0.3], [0.5, -0.4]])
X = np.array([[1.0, 2.0, -1.0], [0.5, 0.1, 0.3], [-0.7, 0.2, 0.9], [1.2, 0.4, 0.6]])
T = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
