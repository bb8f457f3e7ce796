"""The plane's two classes of points that are drawn at random: half moons and circles within each other.

The numbers are those that scikit-learn's `make_moons` and `make_circles` give for the same seed: first the
order of the points, then their noise, from NumPy's generator of 2014, whose stream is kept as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def half_moons(count: int, noise: float, seed: int) -> Points:
    """Draw points on two half circles of radius 1 that reach into each other: (count, 2) and their classes.

    noise: the deviation of what is added to each coordinate. seed: 0 to 2^32 - 1.
    """
    upper, lower = (np.linspace(0, np.pi, n) for n in _halves(count))
    moons = [(np.cos(upper), np.sin(upper)), (1 - np.cos(lower), 1 - np.sin(lower) - 0.5)]
    return _drawn(moons, noise, seed)


def two_circles(count: int, noise: float, seed: int) -> Points:
    """Draw points on a circle of radius 1 and on one of half of it: (count, 2) and their classes.

    noise: the deviation of what is added to each coordinate. seed: 0 to 2^32 - 1.
    """
    outer, inner = (np.linspace(0, 2 * np.pi, n, endpoint=False) for n in _halves(count))
    circles = [(np.cos(outer), np.sin(outer)), (np.cos(inner) * 0.5, np.sin(inner) * 0.5)]
    return _drawn(circles, noise, seed)


def _halves(count: int) -> tuple[int, int]:
    return count // 2, count - count // 2


def _drawn(shapes: list[tuple[NDArray[np.float64], NDArray[np.float64]]], noise: float, seed: int) -> Points:
    rng = np.random.RandomState(seed)
    points = np.concatenate([np.stack(shape, axis=1) for shape in shapes])
    classes = np.repeat(np.arange(len(shapes)), [len(x) for x, _ in shapes])
    order = np.arange(len(points))
    rng.shuffle(order)
    return points[order] + rng.normal(scale=noise, size=points.shape), classes[order]
