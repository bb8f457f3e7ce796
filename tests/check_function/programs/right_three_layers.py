"""Three layers with samples in columns; parameters and gradients in dictionaries."""

import numpy as np


def model(X, Y, parameters):
    m = X.shape[1]
    A, cache = X, [X]
    for layer in (1, 2, 3):
        Z = parameters[f"W{layer}"] @ A + parameters[f"b{layer}"]
        A = np.tanh(Z) if layer < 3 else 1 / (1 + np.exp(-Z))
        cache.append(A)
    cost = float(-np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m)
    dZ = A - Y
    gradients = {}
    for layer in (3, 2, 1):
        gradients[f"dZ{layer}"] = dZ
        gradients[f"dW{layer}"] = dZ @ cache[layer - 1].T / m
        gradients[f"db{layer}"] = dZ.sum(axis=1, keepdims=True) / m
        if layer > 1:
            dZ = (parameters[f"W{layer}"].T @ dZ) * (1 - cache[layer - 1] ** 2)
    return cost, gradients


def inputs():
    rng = np.random.default_rng(26)
    sizes = [4, 5, 3, 1]
    parameters = {}
    for layer in (1, 2, 3):
        parameters[f"W{layer}"] = rng.normal(size=(sizes[layer], sizes[layer - 1]))
        parameters[f"b{layer}"] = rng.normal(size=(sizes[layer], 1))
    return {"X": rng.normal(size=(4, 7)), "Y": rng.integers(2, size=(1, 7)), "parameters": parameters}
