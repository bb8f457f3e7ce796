"""A multiclass hinge loss without the penalty that its gradient has."""

import numpy as np


def svm_loss(W, X, y, reg):
    m = X.shape[0]
    scores = X @ W
    correct = scores[np.arange(m), y][:, None]
    margins = np.maximum(0, scores - correct + 1)
    margins[np.arange(m), y] = 0
    loss = margins.sum() / m
    coefficients = (margins > 0).astype(float)
    coefficients[np.arange(m), y] = -coefficients.sum(axis=1)
    dW = X.T @ coefficients / m + 2 * reg * W
    return loss, dW


rng = np.random.default_rng(1)
W = 0.3 * rng.normal(size=(5, 4))
X = rng.normal(size=(7, 5))
y = rng.integers(4, size=7)
reg = 0.05
