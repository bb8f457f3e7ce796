"""2-3:sigmoid-2:softmax, loss cross_entropy. Derived by chainrule VERSION; needs NumPy alone.

x (n, d): inputs, a sample per row. y (n, k): targets. a2 (n, k): outputs. n samples, d = 2, h1 = 3,
    k = 2.
delta_l is dJ/dz_l: the mean over the n samples, the 1/n, is in it.
The targets of every sample must sum to 1, as one-hot ones do: delta rests on it.
parameters: W1 (h1, d), b1 (h1,), W2 (k, h1), b2 (k,)
"""

import math
import zlib

import numpy as np

d, h1, k = 2, 3, 2


def sigmoid(z):
    with np.errstate(over="ignore"):  # exp(-z) may overflow to inf, and 1 / inf = 0 is the right limit
        return 1 / (1 + np.exp(-z))


def softmax(z):
    # along the last axis; shifted by the largest z, e^z cannot overflow
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def logsumexp(z):
    # ln of the sum of e^z along the last axis; shifted by the largest z, e^z cannot overflow
    top = z.max(axis=-1)
    return top + np.log(np.sum(np.exp(z - top[..., None]), axis=-1))


def generator(seed, purpose, *counters):
    entropy = [seed, zlib.crc32(purpose.encode()), *counters]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))


def glorot(rng, shape, fan_in, fan_out):
    limit = math.sqrt(6 / (fan_in + fan_out))
    return limit * (2 * rng.random(shape) - 1)


def zeros(rng, shape, fan_in, fan_out):
    return np.zeros(shape)


def initial_parameters(seed=0):
    # the same numbers that chainrule starts from
    return {
        "W1": glorot(generator(seed, "initialize W1"), (h1, d), d, h1),
        "b1": zeros(generator(seed, "initialize b1"), (h1,), d, h1),
        "W2": glorot(generator(seed, "initialize W2"), (k, h1), h1, k),
        "b2": zeros(generator(seed, "initialize b2"), (k,), h1, k),
    }


def forward(x, W1, b1, W2, b2):
    z1 = x @ W1.T + b1   # (n, h1)  weighted input of layer 1
    a1 = sigmoid(z1)     # (n, h1)  activation of layer 1
    z2 = a1 @ W2.T + b2  # (n, k)   weighted input of layer 2
    a2 = softmax(z2)     # (n, k)   activation of layer 2
    return z1, a1, z2, a2


def loss(x, y, W1, b1, W2, b2):
    n = len(x)
    _, _, z2, _ = forward(x, W1, b1, W2, b2)
    J = np.sum(y * (logsumexp(z2)[:, None] - z2)) / n  # ()  loss
    return J


def gradients(x, y, W1, b1, W2, b2):
    n = len(x)
    _, a1, _, a2 = forward(x, W1, b1, W2, b2)
    delta2 = (a2 - y) / n                   # (n, k)   error of layer 2
    dW2 = delta2.T @ a1                     # (k, h1)  gradient of W2
    db2 = np.sum(delta2, axis=0)            # (k,)     gradient of b2
    delta1 = (delta2 @ W2) * a1 * (1 - a1)  # (n, h1)  error of layer 1
    dW1 = delta1.T @ x                      # (h1, d)  gradient of W1
    db1 = np.sum(delta1, axis=0)            # (h1,)    gradient of b1
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def step(parameters, x, y, lr=0.1):
    # one step of training: every parameter a little against its gradient
    for name, dw in gradients(x, y, **parameters).items():
        w = parameters[name]
        parameters[name] = w - lr * dw


if __name__ == "__main__":
    # try it: one entry of each gradient against a finite difference, then five steps
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, d))
    y = np.eye(k)[rng.integers(k, size=8)]
    parameters = initial_parameters()
    for name, dw in gradients(x, y, **parameters).items():
        place, h = tuple(rng.integers(s) for s in dw.shape), 1e-5
        above, below = (dict(parameters, **{name: parameters[name].copy()}) for _ in range(2))
        above[name][place] += h
        below[name][place] -= h
        numeric = (loss(x, y, **above) - loss(x, y, **below)) / (2 * h)
        print(f"d{name}{list(map(int, place))} = {dw[place]:+.9f}, numerically {numeric:+.9f}")
    for t in range(1, 6):
        print(f"step {t}: J = {loss(x, y, **parameters):.6f}")
        step(parameters, x, y)
