"""2-2:gelu-2:gelu-1:identity, loss huber. Derived by chainrule VERSION; needs NumPy alone.

x (n, d): inputs, a sample per row. y (n, k): targets. a3 (n, k): outputs. n samples, d = 2, h1 = 2,
    h2 = 2, k = 1.
delta_l is dJ/dz_l: the mean over the n samples, the 1/n, is in it.
parameters: W1 (h1, d), b1 (h1,), b2 (h2,), W3 (k, h2), b3 (k,)
"""

import math
import zlib

import numpy as np

d, h1, h2, k = 2, 2, 2, 1
l1 = 0.01  # coefficient of a penalty on the weights
l2 = 0.1  # coefficient of a penalty on the weights


_erfc = np.vectorize(math.erfc, otypes=[float])


def normal_cdf(z):  # the share of a standard normal distribution below z
    return (0.5 * _erfc(-z / math.sqrt(2))).astype(np.asarray(z).dtype)


def normal_pdf(z):  # the density of a standard normal distribution at z
    return np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)


def generator(seed, purpose, *counters):
    entropy = [seed, zlib.crc32(purpose.encode()), *counters]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))


def he(rng, shape, fan_in, fan_out):
    return rng.standard_normal(shape) * math.sqrt(2 / fan_in)


def zeros(rng, shape, fan_in, fan_out):
    return np.zeros(shape)


def glorot(rng, shape, fan_in, fan_out):
    limit = math.sqrt(6 / (fan_in + fan_out))
    return limit * (2 * rng.random(shape) - 1)


def initial_parameters(seed=0):
    # the same numbers that chainrule starts from
    return {
        "W1": he(generator(seed, "initialize W1"), (h1, d), d, h1),
        "b1": zeros(generator(seed, "initialize b1"), (h1,), d, h1),
        "b2": zeros(generator(seed, "initialize b2"), (h2,), h1, h2),
        "W3": glorot(generator(seed, "initialize W3"), (k, h2), h2, k),
        "b3": zeros(generator(seed, "initialize b3"), (k,), h2, k),
    }


def forward(x, W1, b1, b2, W3, b3):
    z1 = x @ W1.T + b1        # (n, h1)  weighted input of layer 1
    a1 = z1 * normal_cdf(z1)  # (n, h1)  activation of layer 1
    z2 = a1 @ W1.T + b2       # (n, h2)  weighted input of layer 2
    a2 = z2 * normal_cdf(z2)  # (n, h2)  activation of layer 2
    z3 = a2 @ W3.T + b3       # (n, k)   weighted input of layer 3
    a3 = z3                   # (n, k)   activation of layer 3
    return z1, a1, z2, a2, z3, a3


def loss(x, y, W1, b1, b2, W3, b3):
    n = len(x)
    _, _, _, _, _, a3 = forward(x, W1, b1, b2, W3, b3)
    # ()  loss
    J = (
        np.sum(np.where(np.abs(y - a3) > 1, np.abs(y - a3) - 0.5, 0.5 * (y - a3)**2)) / (k * n)
        + l1 * (np.sum(np.abs(W1)) + np.sum(np.abs(W3)))
        + 0.5 * l2 * (np.sum(W1**2) + np.sum(W3**2))
    )
    return J


def gradients(x, y, W1, b1, b2, W3, b3):
    n = len(x)
    z1, a1, z2, a2, _, a3 = forward(x, W1, b1, b2, W3, b3)
    # (n, k)   error of layer 3
    delta3 = -(np.where(np.abs(y - a3) > 1, np.sign(y - a3), y - a3) / (n * k))
    dW3 = delta3.T @ a2 + l1 * np.sign(W3) + l2 * W3                 # (k, h2)  gradient of W3
    db3 = np.sum(delta3, axis=0)                                     # (k,)     gradient of b3
    delta2 = (delta3 @ W3) * (z2 * normal_pdf(z2) + normal_cdf(z2))  # (n, h2)  error of layer 2
    db2 = np.sum(delta2, axis=0)                                     # (h2,)    gradient of b2
    delta1 = (delta2 @ W1) * (z1 * normal_pdf(z1) + normal_cdf(z1))  # (n, h1)  error of layer 1
    dW1 = delta2.T @ a1 + delta1.T @ x + l1 * np.sign(W1) + l2 * W1  # (h1, d)  gradient of W1
    db1 = np.sum(delta1, axis=0)                                     # (h1,)    gradient of b1
    return {"W1": dW1, "b1": db1, "b2": db2, "W3": dW3, "b3": db3}


def initial_state(parameters):
    # what the optimizer remembers
    return {
        "v": {name: np.zeros_like(w) for name, w in parameters.items()},
    }


def step(parameters, state, x, y, lr=0.1):
    # one step of training: every parameter a little against its gradient
    for name, dw in gradients(x, y, **parameters).items():
        w, v = parameters[name], state["v"][name]
        state["v"][name] = v = 0.9 * v + dw
        parameters[name] = w - lr * v


if __name__ == "__main__":
    # try it: one entry of each gradient against a finite difference, then five steps
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, d))
    y = rng.random((8, k))
    parameters = initial_parameters()
    state = initial_state(parameters)
    for name, dw in gradients(x, y, **parameters).items():
        place, h = tuple(rng.integers(s) for s in dw.shape), 1e-5
        above, below = (dict(parameters, **{name: parameters[name].copy()}) for _ in range(2))
        above[name][place] += h
        below[name][place] -= h
        numeric = (loss(x, y, **above) - loss(x, y, **below)) / (2 * h)
        print(f"d{name}{list(map(int, place))} = {dw[place]:+.9f}, numerically {numeric:+.9f}")
    for t in range(1, 6):
        print(f"step {t}: J = {loss(x, y, **parameters):.6f}")
        step(parameters, state, x, y)
