"""Softmax regression, all samples at once."""

import numpy as np


def softmax_loss(W, X, y, reg=0.1):
    m = X.shape[0]
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(m), y]).mean() + 0.5 * reg * np.sum(W * W)
    p[np.arange(m), y] -= 1
    return loss, X.T @ p / m + reg * W
