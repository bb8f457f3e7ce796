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
LEAST_NEIGHBOURS = 20
"""Samples that have any and show something by it."""


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
    by chance. Also for the targets of the samples one row after and before those: {0: ..., 1: ..., -1: ...};
    what too few samples have to be compared with is left out.

    x: scaled inputs (n, d) of the samples that `neighbour_rows` names.
    """
    rows, y = neighbour_rows(samples), samples.y
    points, nearest = _nearest(np.asarray(x, np.float64))
    if samples.info.classes is None:
        largest = np.abs(y).max(axis=0)
        y = y / np.where(largest > 0, largest, 1)  # so that no square overflows, or is lost
        y = y[:, y.var(axis=0) > 0]
    found = {}
    for shift in (0, 1, -1):
        one, other = rows[points] + shift, rows[nearest] + shift
        inside = (np.minimum(one, other) >= 0) & (np.maximum(one, other) < len(y))
        agreement = None
        if inside.sum() >= LEAST_NEIGHBOURS:
            agreement = _agreement(y[one[inside]], y[other[inside]], y, samples.info)
        if agreement is not None:
            found[shift] = agreement
    return found


def _nearest(x: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which points (n, d) have a nearest other one, and which one that is; where half of the others are just
    as near, there is none."""
    x = x / max(float(np.abs(x).max(initial=0.0)), float(np.finfo(np.float64).tiny))
    squares = np.square(x).sum(axis=1)
    distance = squares[:, None] + squares - 2 * x @ x.T
    rounding = 1e-14 * (squares + np.median(squares))
    np.fill_diagonal(distance, np.inf)
    told_apart = np.flatnonzero(np.median(distance, axis=1) > distance.min(axis=1) + rounding)
    return told_apart, distance.argmin(axis=1)[told_apart]


def _agreement(one: NDArray[Any], other: NDArray[Any], y: NDArray[Any], info: Info) -> float | None:
    """How much more targets are the same, or alike, than by chance; None where all of y are the same."""
    if info.classes is not None:
        by_chance = float(np.square(np.bincount(y) / len(y)).sum())
        return (float((one == other).mean()) - by_chance) / (1 - by_chance) if by_chance < 1 else None
    if not y.shape[1]:
        return None
    return float(1 - (np.square(one - other).mean(axis=0) / (2 * y.var(axis=0))).mean())


def input_name(info: Info, place: int) -> str:
    """What an input is called; place: counted from 0."""
    names = [
        column.name if category is None else f"{column.name} = {category}"
        for column in info.columns
        for category in column.categories or [None]
    ]
    return names[place] if place < len(names) else f"x{place + 1}"
