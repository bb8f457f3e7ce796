"""2-3:tanh-2:softmax, loss cross_entropy. Derived by chainrule VERSION; needs NumPy alone.

x (n, d): inputs, a sample per row. y (n, k): targets. a2 (n, k): outputs. n samples, d = 2, h1 = 3,
    k = 2.
delta_l is dJ/dz_l: the mean over the n samples, the 1/n, is in it.
The targets of every sample must sum to 1, as one-hot ones do: delta rests on it.
parameters: W1 (h1, d), b1 (h1,), gamma1 (h1,), beta1 (h1,), W2 (k, h1), b2 (k,)
running averages over the steps of training, for prediction: mean_z1 (h1,), variance_z1 (h1,)
"""

import math
import zlib

import numpy as np

d, h1, k = 2, 3, 2


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


def constant(rng, shape, fan_in, fan_out, *, value=1.0):
    return np.full(shape, float(value))


def initial_parameters(seed=0):
    # the same numbers that chainrule starts from
    return {
        "W1": glorot(generator(seed, "initialize W1"), (h1, d), d, h1),
        "b1": zeros(generator(seed, "initialize b1"), (h1,), d, h1),
        "gamma1": constant(generator(seed, "initialize gamma1"), (h1,), d, h1),
        "beta1": zeros(generator(seed, "initialize beta1"), (h1,), d, h1),
        "W2": glorot(generator(seed, "initialize W2"), (k, h1), h1, k),
        "b2": zeros(generator(seed, "initialize b2"), (k,), h1, k),
    }


def initial_averages():
    # what the running averages are before the first step
    return {
        "mean_z1": np.full((h1,), 0.0),
        "variance_z1": np.full((h1,), 1.0),
    }


def draw_masks(n, rng):
    # the masks of one training step: 0 where an entry is dropped, else 1 / the share that is kept
    return {
        "m1": (rng.random((n, h1)) < 0.8) / 0.8,
    }


def forward(x, W1, b1, gamma1, beta1, W2, b2, m1=1.0):
    n = len(x)
    z1 = x @ W1.T + b1                                       # (n, h1)  weighted input of layer 1
    mu1 = np.sum(z1, axis=0) / n                             # (h1,)    normalisation in layer 1
    s1 = np.sqrt(np.sum((z1 - mu1)**2, axis=0) / n + 1e-05)  # (h1,)    normalisation in layer 1
    zhat1 = (z1 - mu1) / s1                                  # (n, h1)  normalisation in layer 1
    u1 = gamma1 * zhat1 + beta1                              # (n, h1)  normalisation in layer 1
    a1 = m1 * np.tanh(u1)                                    # (n, h1)  activation of layer 1
    z2 = a1 @ W2.T + b2                                      # (n, k)   weighted input of layer 2
    a2 = softmax(z2)                                         # (n, k)   activation of layer 2
    return z1, mu1, s1, zhat1, u1, a1, z2, a2


def loss(x, y, W1, b1, gamma1, beta1, W2, b2, m1=1.0):
    n = len(x)
    _, _, _, _, _, _, z2, _ = forward(x, W1, b1, gamma1, beta1, W2, b2, m1)
    J = np.sum(y * (logsumexp(z2)[:, None] - z2)) / n  # ()  loss
    return J


def gradients(x, y, W1, b1, gamma1, beta1, W2, b2, m1=1.0):
    n = len(x)
    _, _, s1, zhat1, u1, a1, _, a2 = forward(x, W1, b1, gamma1, beta1, W2, b2, m1)
    delta2 = (a2 - y) / n                  # (n, k)   error of layer 2
    dW2 = delta2.T @ a1                    # (k, h1)  gradient of W2
    db2 = np.sum(delta2, axis=0)           # (k,)     gradient of b2
    # (n, h1)  error behind the normalisation in layer 1
    du1 = (delta2 @ W2) * m1 * (1 - np.tanh(u1)**2)
    dgamma1 = np.sum(du1 * zhat1, axis=0)  # (h1,)    gradient of gamma1
    dbeta1 = np.sum(du1, axis=0)           # (h1,)    gradient of beta1
    # (n, h1)  error of layer 1
    delta1 = gamma1 * (du1 - np.sum(du1 * zhat1, axis=0) * zhat1 / n - np.sum(du1, axis=0) / n) / s1
    dW1 = delta1.T @ x                     # (h1, d)  gradient of W1
    db1 = np.zeros((h1,))                  # (h1,)    gradient of b1: the mean takes b1 out again
    return {"W1": dW1, "b1": db1, "gamma1": dgamma1, "beta1": dbeta1, "W2": dW2, "b2": db2}


def infer(x, W1, b1, gamma1, beta1, W2, b2, mean_z1, variance_z1):
    # the outputs in prediction: by the running averages, so that no sample depends on the others
    z1 = x @ W1.T + b1                 # (n, h1)  weighted input of layer 1
    mu1 = mean_z1                      # (h1,)    normalisation in layer 1
    s1 = np.sqrt(variance_z1 + 1e-05)  # (h1,)    normalisation in layer 1
    zhat1 = (z1 - mu1) / s1            # (n, h1)  normalisation in layer 1
    u1 = gamma1 * zhat1 + beta1        # (n, h1)  normalisation in layer 1
    a1 = np.tanh(u1)                   # (n, h1)  activation of layer 1
    z2 = a1 @ W2.T + b2                # (n, k)   weighted input of layer 2
    a2 = softmax(z2)                   # (n, k)   activation of layer 2
    return a2


def moved_averages(x, W1, b1, gamma1, beta1, W2, b2, mean_z1, variance_z1, m1=1.0):
    # what becomes of the running averages in one step, from the batch's own mean and variance
    n = len(x)
    z1, mu1, _, _, _, _, _, _ = forward(x, W1, b1, gamma1, beta1, W2, b2, m1)
    mean_z1 = 0.9 * mean_z1 + 0.1 * mu1  # (h1,)  running average in layer 1
    # (h1,)  running average in layer 1
    variance_z1 = 0.9 * variance_z1 + 0.1 * np.sum((z1 - mu1)**2, axis=0) / np.maximum(n - 1, 1)
    return {"mean_z1": mean_z1, "variance_z1": variance_z1}


def initial_state(parameters):
    # what the optimizer remembers
    return {
        "m": {name: np.zeros_like(w) for name, w in parameters.items()},
        "v": {name: np.zeros_like(w) for name, w in parameters.items()},
    }


def step(parameters, averages, state, x, y, masks, t, lr=0.001):
    # one step of training: every parameter a little against its gradient
    averages.update(moved_averages(x, **parameters, **averages, **masks))
    for name, dw in gradients(x, y, **parameters, **masks).items():
        w, m, v = parameters[name], state["m"][name], state["v"][name]
        state["m"][name] = m = 0.9 * m + 0.1 * dw
        state["v"][name] = v = 0.999 * v + 0.001 * dw**2
        parameters[name] = w - lr * m / ((1 - 0.9**t) * (np.sqrt(v / (1 - 0.999**t)) + 1e-08))


if __name__ == "__main__":
    # try it: one entry of each gradient against a finite difference, then five steps
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, d))
    y = np.eye(k)[rng.integers(k, size=8)]
    parameters = initial_parameters()
    averages = initial_averages()
    state = initial_state(parameters)
    masks = draw_masks(len(x), rng)
    for name, dw in gradients(x, y, **parameters, **masks).items():
        place, h = tuple(rng.integers(s) for s in dw.shape), 1e-5
        above, below = (dict(parameters, **{name: parameters[name].copy()}) for _ in range(2))
        above[name][place] += h
        below[name][place] -= h
        numeric = (loss(x, y, **above, **masks) - loss(x, y, **below, **masks)) / (2 * h)
        print(f"d{name}{list(map(int, place))} = {dw[place]:+.9f}, numerically {numeric:+.9f}")
    for t in range(1, 6):
        print(f"step {t}: J = {loss(x, y, **parameters):.6f}")
        step(parameters, averages, state, x, y, draw_masks(len(x), rng), t=t)
