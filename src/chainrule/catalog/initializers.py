"""Initializers: where weights and biases start."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.registry import Catalogue, Positive, Range, Real

Array = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Initializer:
    """function: from (generator, shape, fan_in, fan_out) to float64 values of that shape."""

    name: str
    function: Callable[..., Array]
    tex: str
    cite: str = ""


INITIALIZERS: Catalogue[Initializer] = Catalogue("initializer")


def initializer(tex: str, cite: str = "") -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Array]) -> Callable[..., Array]:
        INITIALIZERS.add(Initializer(function.__name__, function, tex, cite))
        return function

    return register


@initializer("0")
def zeros(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    return np.zeros(shape)


@initializer(r"\text{value}")
def constant(
    rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int, *, value: Real = 1.0
) -> Array:
    return np.full(shape, float(value))


@initializer(r"\mathcal{N}(0, \text{std}^2)")
def normal(
    rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int, *, std: Positive = 1.0
) -> Array:
    return std * rng.standard_normal(shape)


@initializer(r"\mathcal{U}(\text{low}, \text{high})")
def uniform(
    rng: np.random.Generator,
    shape: Shape,
    fan_in: int,
    fan_out: int,
    *,
    low: Annotated[float, Range(below="high")] = -0.1,
    high: Real = 0.1,
) -> Array:
    return low + (high - low) * rng.random(shape)


@initializer(r"\mathcal{N}(0, 1/n_{\text{in}})", "LeCun et al. 1998, Efficient BackProp, section 4.6")
def scaled_normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    return rng.standard_normal(shape) / math.sqrt(fan_in)


@initializer(
    r"\mathcal{U}(-r, r), \; r = \sqrt{6/(n_{\text{in}} + n_{\text{out}})}",
    "Glorot & Bengio 2010, eq. 16",
)
def glorot(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    limit = math.sqrt(6 / (fan_in + fan_out))
    return limit * (2 * rng.random(shape) - 1)


@initializer(r"\mathcal{N}(0, 2/n_{\text{in}})", "He et al. 2015, eq. 10, arXiv:1502.01852")
def he(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    return rng.standard_normal(shape) * math.sqrt(2 / fan_in)
