"""Cross-entropy taken from probabilities that have become exactly 0 or 1."""

import numpy as np


def loss(w, X, y):
    a = 1 / (1 + np.exp(-(X @ w)))
    J = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    return J, X.T @ (a - y) / len(y)


w = np.array([40.0, -10.0])
X = np.array([[2.0, 1.0], [1.5, -2.0], [-1.0, 0.5]])
y = np.array([1.0, 1.0, 0.0])
