"""Distortions of pictures: from where in a picture each pixel of its distorted copy is taken.

The drawn digits that a distortion makes of one are digits that people might have drawn, so a network that
sees new ones in each epoch learns what does not depend on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.registry import Catalogue, Positive, Range, settings_of
from chainrule.errors import UsageError, listed

Floats = NDArray[np.float32]
Places = tuple[Floats, Floats]
"""Rows v and columns u in pixels from a picture's middle, which together broadcast to (n, height, width)."""
LEAST_VARIANCE = 1e-4
"""Parts of an elastic field that carry less of a pixel's variance are left out."""


@dataclass(frozen=True)
class Distortion:
    """function: from (generator, n, v, u) to the places (v, u) from which the pixels of n pictures are taken.
    Sample i's numbers are drawn before those of sample i + 1, so that they do not depend on n."""

    name: str
    function: Callable[..., Places]
    tex: str
    cite: str = ""


DISTORTIONS: Catalogue[Distortion] = Catalogue("distortion")


def distortion(tex: str, cite: str = "") -> Callable[[Callable[..., Places]], Callable[..., Places]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Places]) -> Callable[..., Places]:
        DISTORTIONS.add(Distortion(function.__name__, function, tex, cite))
        return function

    return register


def chosen(text: str) -> list[tuple[Distortion, dict[str, float]]]:
    """The rows and all their settings that text such as `rotate elastic:strength=36,width=6` asks for, in the
    order of the catalogue, in which they are applied whatever the order of the text.

    Raises UnknownNameError, UsageError.
    """
    if not isinstance(text, str):
        DISTORTIONS.choose(text)  # which says what is wrong with it
    found: dict[str, dict[str, float]] = {}
    for part in text.split():
        row, settings = DISTORTIONS.choose(part)
        if row.name in found:
            raise UsageError("catalog.twice", name=row.name, text=repr(text))
        found[row.name] = {**settings_of(row), **settings}
    if not found:
        raise UsageError("catalog.no_distortion", names=listed(DISTORTIONS.names()))
    return [(row, found[row.name]) for row in DISTORTIONS if row.name in found]


@distortion(r"v + d, u + e; d, e: \mathcal{U}(-\text{pixels}, \text{pixels})")
def shift(rng: np.random.Generator, n: int, v: Floats, u: Floats, *, pixels: Positive = 2.0) -> Places:
    down, right = _uniform(rng, n, 2, pixels)
    return v + down, u + right


@distortion(
    r"v / s, u / t; s, t: \mathcal{U}(1 - \text{share}, 1 + \text{share})",
    "Ciresan et al. 2010, arXiv:1003.0358",
)
def scale(
    rng: np.random.Generator,
    n: int,
    v: Floats,
    u: Floats,
    *,
    share: Annotated[float, Range(above=0, below=1)] = 0.15,
) -> Places:
    height, width = np.float32(1) + _uniform(rng, n, 2, share)
    return v / height, u / width


@distortion(
    r"v, u + v \tan(t); t: \mathcal{U}(-\text{degrees}, \text{degrees})",
    "Ciresan et al. 2010, arXiv:1003.0358",
)
def shear(
    rng: np.random.Generator,
    n: int,
    v: Floats,
    u: Floats,
    *,
    degrees: Annotated[float, Range(above=0, below=90)] = 15.0,
) -> Places:
    (angle,) = _uniform(rng, n, 1, math.radians(degrees))
    return v, u + np.tan(angle) * v


@distortion(
    r"v \cos(t) - u \sin(t), v \sin(t) + u \cos(t); t: \mathcal{U}(-\text{degrees}, \text{degrees})",
    "Ciresan et al. 2010, arXiv:1003.0358",
)
def rotate(
    rng: np.random.Generator,
    n: int,
    v: Floats,
    u: Floats,
    *,
    degrees: Annotated[float, Range(above=0, most=180)] = 15.0,
) -> Places:
    (angle,) = _uniform(rng, n, 1, math.radians(degrees))
    cos, sin = np.cos(angle), np.sin(angle)
    return v * cos - u * sin, v * sin + u * cos


@distortion(
    r"v + \text{strength} d, u + \text{strength} e; "
    r"d, e: \mathcal{U}(-1, 1) * \mathcal{N}(0, \text{width}^2)",
    "Simard, Steinkraus & Platt 2003, Best practices for convolutional neural networks",
)
def elastic(
    rng: np.random.Generator,
    n: int,
    v: Floats,
    u: Floats,
    *,
    strength: Positive = 36.0,
    width: Positive = 6.0,
) -> Places:
    """A sum of so many draws is normal: the smoothed field is drawn at once, from its own distribution.
    Smoothing spreads a draw's variance 1/3 so that two places of the field, a distance r apart, have the
    covariance exp(-(r / (2 width))^2) / (12 pi width^2), a product of one of rows and one of columns."""
    height, across = np.broadcast_shapes(v.shape, u.shape)[1:]
    rows, columns = _root(height, width), _root(across, width)
    draws = rng.standard_normal((n, 2, rows.shape[1], columns.shape[1]), dtype=np.float32)
    field: Floats = np.matmul(np.matmul(rows, draws), columns.T)
    field *= np.float32(strength / (width * math.sqrt(12 * math.pi)))
    return v + field[:, 0], u + field[:, 1]


@lru_cache
def _root(side: int, width: float) -> Floats:
    """A matrix, (side, few), whose product with its transpose is the covariance exp(-(r / (2 width))^2)."""
    place = np.arange(side)
    values, vectors = np.linalg.eigh(np.exp(-(((place[:, None] - place) / (2 * width)) ** 2)))
    kept = values > LEAST_VARIANCE
    root: Floats = (vectors[:, kept] * np.sqrt(values[kept])).astype(np.float32)
    return root


def _uniform(rng: np.random.Generator, n: int, count: int, most: float) -> Floats:
    """`count` arrays of n numbers between -most and most, (count, n, 1, 1)."""
    drawn = 2 * rng.random((n, count), dtype=np.float32) - 1
    return (drawn.T * np.float32(most))[:, :, None, None]
