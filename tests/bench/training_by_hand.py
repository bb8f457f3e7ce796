"""The training that contenders are to do, written out in float64 for one hidden layer: the oracle."""

from __future__ import annotations

import numpy as np

ACTIVATIONS = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0) * 1.0),
}


def trained(start, x, y, batches, activation, optimizer, rate):
    """Parameters after a step with each of the batches, from those in `start`."""
    w = {name: np.array(value, float) for name, value in start.items()}
    g, slope = ACTIVATIONS[activation]
    momentum = float(optimizer.partition("momentum=")[2] or 0)
    m, v = ({name: np.zeros_like(value) for name, value in w.items()} for _ in range(2))
    for t, rows in enumerate(batches, 1):
        a0 = x[rows].astype(float)
        a1 = g(a0 @ w["W1"].T + w["b1"])
        z2 = a1 @ w["W2"].T + w["b2"]
        if z2.shape[1] == 1:
            delta2 = (1 / (1 + np.exp(-z2)) - y[rows, None]) / len(rows)
        else:
            p = np.exp(z2 - z2.max(axis=1, keepdims=True))
            delta2 = (p / p.sum(axis=1, keepdims=True) - np.eye(z2.shape[1])[y[rows]]) / len(rows)
        delta1 = delta2 @ w["W2"] * slope(a1)
        gradients = {"W1": delta1.T @ a0, "b1": delta1.sum(0), "W2": delta2.T @ a1, "b2": delta2.sum(0)}
        for name, d in gradients.items():
            if optimizer == "adam":
                m[name] = 0.9 * m[name] + 0.1 * d
                v[name] = 0.999 * v[name] + 0.001 * d**2
                step = m[name] / (1 - 0.9**t) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)
            else:
                step = m[name] = momentum * m[name] + d
            w[name] = w[name] - rate * step
    return w
