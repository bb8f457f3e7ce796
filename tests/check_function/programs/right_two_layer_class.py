"""A two-layer network as an object that keeps its parameters."""

import numpy as np


class TwoLayerNet:
    def __init__(self, inputs, hidden, outputs):
        rng = np.random.default_rng(21)
        self.params = {
            "W1": rng.normal(size=(inputs, hidden)),
            "b1": 0.1 * rng.normal(size=hidden),
            "W2": rng.normal(size=(hidden, outputs)),
            "b2": 0.1 * rng.normal(size=outputs),
        }

    def loss(self, X, y, reg=0.05):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        m = len(y)
        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(p[range(m), y])) + reg * (np.sum(W1**2) + np.sum(W2**2))
        p[range(m), y] -= 1
        p /= m
        back = (p @ W2.T) * (hidden > 0)
        grads = {
            "W1": X.T @ back + 2 * reg * W1,
            "b1": back.sum(axis=0),
            "W2": hidden.T @ p + 2 * reg * W2,
            "b2": p.sum(axis=0),
        }
        return loss, grads


net = TwoLayerNet(4, 6, 3)
X = np.random.default_rng(22).normal(size=(5, 4))
y = np.array([0, 2, 1, 1, 2])
