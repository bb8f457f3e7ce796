"""The hinge loss of several classes, in loops."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    loss = 0.0
    n = X.shape[0]
    for i in range(n):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / n + reg * np.sum(W * W), dW / n + 2 * reg * W


def inputs():
    rng = np.random.default_rng(20)
    return 0.1 * rng.normal(size=(5, 4)), rng.normal(size=(6, 5)), rng.integers(4, size=6), 0.01
