"""Rosenbrock's valley and its gradient, as two functions of one vector."""


def f(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def g(x):
    return [-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)]


x = [-1.2, 1.0]
