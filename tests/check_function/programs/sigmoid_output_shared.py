"""A layer of sigmoids: the error is another name for the outputs, whose derivative is taken afterwards."""

import numpy as np


def loss(W, X, T):
    A = 1 / (1 + np.exp(-(X @ W)))
    error = A
    error -= T
    delta = error * A * (1 - A)
    return 0.5 * np.sum(error**2), X.T @ delta


rng = np.random.default_rng(13)
W, X = rng.normal(size=(4, 3)), rng.normal(size=(5, 4))
T = np.eye(3)[[0, 1, 2, 1, 0]]
