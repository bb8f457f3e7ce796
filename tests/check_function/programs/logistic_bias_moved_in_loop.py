"""Logistic regression sample by sample; the bias learns inside the loop."""

import math


def logistic(w, b, X, y, lr=0.1):
    m = len(X)
    start = b
    loss, dw, db = 0.0, [0.0] * len(w), 0.0
    for features, target in zip(X, y, strict=True):
        z = sum(wi * xi for wi, xi in zip(w, features, strict=True)) + b
        a = 1 / (1 + math.exp(-z))
        z0 = sum(wi * xi for wi, xi in zip(w, features, strict=True)) + start
        a0 = 1 / (1 + math.exp(-z0))
        loss -= target * math.log(a0) + (1 - target) * math.log(1 - a0)
        for j in range(len(w)):
            dw[j] += (a - target) * features[j] / m
        db += (a - target) / m
        b = b - lr * (a - target)
    return loss / m, dw, db


def inputs():
    X = [[1.0, 2.0], [-0.5, 0.3], [0.7, -1.2], [0.1, 0.4], [2.0, -0.3]]
    return [0.5, -0.25], 0.1, X, [1, 0, 1, 0, 0]
