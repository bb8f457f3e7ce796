"""A layer with dropout, whose mask is another one at every call."""

import numpy as np


def loss(W, X, t, keep=0.5):
    mask = (np.random.rand(*X.shape) < keep) / keep
    out = (X * mask) @ W
    error = out - t
    return 0.5 * np.sum(error**2), (X * mask).T @ error


W = np.array([0.5, -0.2, 0.8])
X = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0], [0.1, 0.2, -0.4], [1.5, 0.7, 0.3]])
t = np.array([1.0, 0.0, 0.5, 2.0])
