"""Optimizers as their papers state them, in loops over arrays; nothing of the program's expressions.

Each is a class: made with settings, asked for `step(w, g, lr)` once a step; it keeps its own arrays. `w` is
what the program calls so, which is where the gradient was taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Sgd:
    """Polyak 1964, with the rate outside of the velocity."""

    def __init__(self, momentum: float = 0.0) -> None:
        self.momentum, self.velocity = momentum, 0.0

    def step(self, w: Array, g: Array, lr: float) -> Array:
        self.velocity = self.momentum * self.velocity + g
        return w - lr * self.velocity


class Nesterov:
    """Sutskever et al. 2013, equations 3 and 4: the velocity has the rate in it, the parameters are theta,
    and the gradient is taken at theta + momentum * velocity. The rate must stay."""

    def __init__(self, momentum: float = 0.9) -> None:
        self.momentum, self.velocity = momentum, 0.0

    def step(self, w: Array, g: Array, lr: float) -> Array:
        theta = w - self.momentum * self.velocity
        self.velocity = self.momentum * self.velocity - lr * g
        return theta + self.velocity + self.momentum * self.velocity


class Adagrad:
    """Duchi et al. 2011, figure 1, diagonal: H = delta + the norm of all gradients so far."""

    def __init__(self, epsilon: float = 1e-10) -> None:
        self.epsilon, self.seen = epsilon, []

    def step(self, w: Array, g: Array, lr: float) -> Array:
        self.seen.append(g)
        return w - lr * g / (self.epsilon + np.linalg.norm(self.seen, axis=0))


class Rmsprop:
    """Tieleman & Hinton 2012: MeanSquare = 0.9 MeanSquare + 0.1 g^2."""

    def __init__(self, beta: float = 0.9, epsilon: float = 1e-8) -> None:
        self.beta, self.epsilon, self.mean_square = beta, epsilon, 0.0

    def step(self, w: Array, g: Array, lr: float) -> Array:
        self.mean_square = self.beta * self.mean_square + (1 - self.beta) * g * g
        return w - lr * g / (np.sqrt(self.mean_square) + self.epsilon)


class Adam:
    """Kingma & Ba 2015, Algorithm 1; `decay` as Algorithm 2 of Loshchilov & Hutter 2019 adds it, times lr."""

    def __init__(
        self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, decay: float = 0.0
    ) -> None:
        self.beta1, self.beta2, self.epsilon, self.decay = beta1, beta2, epsilon, decay
        self.m = self.v = 0.0
        self.t = 0

    def step(self, w: Array, g: Array, lr: float) -> Array:
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g * g
        m_hat = self.m / (1 - self.beta1**self.t)
        v_hat = self.v / (1 - self.beta2**self.t)
        return w - lr * (m_hat / (np.sqrt(v_hat) + self.epsilon) + self.decay * w)


class Adamw(Adam):
    def __init__(self, decay: float = 0.01, **settings: float) -> None:
        super().__init__(decay=decay, **settings)


class Adabelief:
    """Zhuang et al. 2020, Algorithm 2."""

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.m = self.s = 0.0
        self.t = 0

    def step(self, w: Array, g: Array, lr: float) -> Array:
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.s = self.beta2 * self.s + (1 - self.beta2) * (g - self.m) ** 2 + self.epsilon
        m_hat = self.m / (1 - self.beta1**self.t)
        s_hat = self.s / (1 - self.beta2**self.t)
        return w - lr * m_hat / (np.sqrt(s_hat) + self.epsilon)


class Lion:
    """Chen et al. 2023, Algorithm 2."""

    def __init__(self, beta1: float = 0.9, beta2: float = 0.99, decay: float = 0.0) -> None:
        self.beta1, self.beta2, self.decay, self.m = beta1, beta2, decay, 0.0

    def step(self, w: Array, g: Array, lr: float) -> Array:
        c = self.beta1 * self.m + (1 - self.beta1) * g
        w = w - lr * (np.sign(c) + self.decay * w)
        self.m = self.beta2 * self.m + (1 - self.beta2) * g
        return w


BY_HAND = {
    "sgd": Sgd,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "rmsprop": Rmsprop,
    "adam": Adam,
    "adamw": Adamw,
    "adabelief": Adabelief,
    "lion": Lion,
}
"""By the names of the catalogue."""

OTHER_SETTINGS = {
    "sgd": {"momentum": 0.9},
    "nesterov": {"momentum": 0.5},
    "adagrad": {"epsilon": 0.01},
    "rmsprop": {"beta": 0.75, "epsilon": 0.001},
    "adam": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01},
    "adamw": {"decay": 0.3, "beta1": 0.5},
    "adabelief": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01},
    "lion": {"beta1": 0.5, "beta2": 0.75, "decay": 0.3},
}
"""For each one settings that are not its own."""
