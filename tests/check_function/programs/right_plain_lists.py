"""A 2-2-1 network in plain Python: lists of lists, sums and loops."""

import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def backprop(w1, w2, samples, targets):
    loss = 0.0
    g1, g2 = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [0.0, 0.0, 0.0]
    for x, t in zip(samples, targets, strict=True):
        h = [sigmoid(sum(w * v for w, v in zip(row, [*x, 1], strict=True))) for row in w1]
        out = sigmoid(sum(w * v for w, v in zip(w2, [*h, 1], strict=True)))
        loss += 0.5 * (out - t) ** 2
        delta = (out - t) * out * (1 - out)
        for i, v in enumerate([*h, 1]):
            g2[i] += delta * v
        for i in range(2):
            back = delta * w2[i] * h[i] * (1 - h[i])
            for j, v in enumerate([*x, 1]):
                g1[i][j] += back * v
    return loss, [g1, g2]


def inputs():
    w1, w2 = [[0.15, 0.2, 0.35], [0.25, 0.3, 0.35]], [0.4, 0.45, 0.6]
    return w1, w2, [[0.05, 0.1], [0.9, 0.3], [0.2, 0.7]], [0.01, 0.99, 0.5]
