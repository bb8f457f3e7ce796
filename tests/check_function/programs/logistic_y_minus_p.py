"""Logistic regression with samples in columns; the error is the wrong way round."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    dz = Y - A
    dw = np.dot(X, dz.T) / m
    db = np.sum(dz) / m
    return {"dw": dw, "db": db}, cost


def inputs():
    w = np.array([[0.3], [-0.5]])
    X = np.array([[1.0, -2.0, -1.0], [3.0, 0.5, -3.2]])
    return {"w": w, "b": 0.4, "X": X, "Y": np.array([[1, 1, 0]])}
