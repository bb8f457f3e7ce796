"""Regularised logistic regression of a course: the first parameter is not penalised; theta comes first."""

import numpy as np


def cost_function(theta, X, y, lam=1.0):
    m = len(y)
    h = 1 / (1 + np.exp(-X.dot(theta)))
    penalised = theta.copy()
    penalised[0] = 0
    J = -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m + lam / (2 * m) * np.sum(penalised**2)
    return J, X.T @ (h - y) / m + lam / m * penalised
