"""What is measured of the samples alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Info, Samples
from chainrule.randomness import generator

MOST_NEIGHBOURS = 400
"""Samples whose nearest neighbours are looked for."""


def some(count: int, most: int) -> NDArray[np.intp]:
    """Up to so many of `count` rows, drawn once for all, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(generator(0, "doctor").choice(count, most, replace=False, shuffle=False))


def majority_of(samples: Samples) -> float:
    """The share of the most frequent class; 0 where the targets are numbers."""
    if samples.info.classes is None:
        return 0.0
    return float(np.bincount(samples.y).max() / len(samples))


def keys_of(x: Any, rows: NDArray[np.intp]) -> list[int]:
    """A number for each of those rows of x (n, d), the same for the same bytes."""
    parts = (x[rows[at : at + 256]] for at in range(0, len(rows), 256))  # little memory, used again
    return [hash(row.tobytes()) for part in parts for row in part]


def bound_to_repeat(x: NDArray[Any]) -> bool:
    """Whether the columns of x (n, d) have so few different values that rows are the same by chance."""
    combinations = sum(math.log(len(np.unique(column))) for column in x.T)
    return combinations < math.log(100 * len(x))


def best_accuracy(keys: list[int], y: NDArray[Any]) -> float:
    """The share of samples that could be right at best, where the same inputs get the same class y (n,)."""
    _, group = np.unique(keys, return_inverse=True)
    pairs, counts = np.unique(np.stack([group, y]), axis=1, return_counts=True)
    best = np.zeros(group.max() + 1, np.int64)
    np.maximum.at(best, pairs[0], counts)
    return float(best.sum() / len(keys))


def neighbour_rows(samples: Samples) -> NDArray[np.intp]:
    """The rows whose nearest neighbours `neighbours` looks for."""
    return some(len(samples), MOST_NEIGHBOURS)


def neighbours(x: NDArray[Any], samples: Samples) -> dict[int, float]:
    """How well the target of a sample is that of the sample whose inputs are nearest: 1 always, 0 as often as
    by chance. Also for the targets of the samples one row after and before those: {0: ..., 1: ..., -1: ...}.

    x: scaled inputs (n, d) of the samples that `neighbour_rows` names.
    """
    rows, y = neighbour_rows(samples), samples.y
    points = np.asarray(x, np.float64)
    squares = np.square(points).sum(axis=1)
    distance = squares[:, None] + squares - 2 * points @ points.T
    np.fill_diagonal(distance, np.inf)
    nearest = rows[distance.argmin(axis=1)]
    found = {}
    for shift in (0, 1, -1):
        inside = (np.minimum(rows, nearest) + shift >= 0) & (np.maximum(rows, nearest) + shift < len(y))
        one, other = y[rows[inside] + shift], y[nearest[inside] + shift]
        if samples.info.classes is not None:
            by_chance = float(np.square(np.bincount(y) / len(y)).sum())
            found[shift] = (float((one == other).mean()) - by_chance) / max(1 - by_chance, 1e-12)
        else:
            spread = 2 * y.var(axis=0)
            error = np.square(one - other).mean(axis=0)
            found[shift] = float(1 - (error / np.where(spread > 0, spread, 1)).mean())
    return found


def input_name(info: Info, place: int) -> str:
    """What an input is called; place: counted from 0."""
    names = [
        column.name if category is None else f"{column.name} = {category}"
        for column in info.columns
        for category in column.categories or [None]
    ]
    return names[place] if place < len(names) else f"x{place + 1}"
