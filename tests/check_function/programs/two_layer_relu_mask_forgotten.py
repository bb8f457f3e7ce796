"""A network with a relu layer; the error is not stopped at units that are off."""

import numpy as np


def two_layer(W1, b1, W2, b2, X, y):
    m = X.shape[0]
    hidden = np.maximum(0, X @ W1 + b1)
    scores = hidden @ W2 + b2
    scores -= scores.max(axis=1, keepdims=True)
    probs = np.exp(scores)
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(m), y]).mean()
    dscores = probs.copy()
    dscores[np.arange(m), y] -= 1
    dscores /= m
    dW2 = hidden.T @ dscores
    db2 = dscores.sum(axis=0)
    dhidden = dscores @ W2.T
    dW1 = X.T @ dhidden
    db1 = dhidden.sum(axis=0)
    return loss, (dW1, db1, dW2, db2)


rng = np.random.default_rng(4)
W1, b1 = rng.normal(size=(4, 6)), 0.1 * rng.normal(size=6)
W2, b2 = rng.normal(size=(6, 3)), 0.1 * rng.normal(size=3)
X, y = rng.normal(size=(5, 4)), np.array([0, 1, 2, 2, 1])
