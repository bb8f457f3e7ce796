"""The derivative of a number that moves with another, by finite differences.

A central difference of width h is off by terms in h^2, h^4, ...; three of them, of widths h, 2h and 4h,
cancel the first two terms (Richardson 1911), and how much the last cancellation changed tells how far off
the result can be. Where that is too much, or where the loss has a kink in between, h is made smaller.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH = 2.0**-10
"""The first width tried; a power of two, so that adding it to a parameter is exact."""
STEPS = (4, 2, 1)
"""How many widths the entry is moved; the farthest finds kinks first."""
SHRINK = 1 / 8
TRIES = 4
GOOD_ENOUGH = 1e-10
"""A relative error of one entry's numeric derivative that needs no further try."""
ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""Relative rounding error that one evaluation of the loss may have."""


class Difference(NamedTuple):
    """value: the derivative. noise: what rounding may add to it. off: how far off it may be in all."""

    value: float
    noise: float
    off: float


@dataclass
class Counter:
    """Counts derivatives, and tells who watches."""

    total: int
    progress: Callable[[int, int], None] | None
    done: int = 0

    def count(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(min(self.done, self.total), self.total)


def width_at(spacing: float, width: float = WIDTH) -> float:
    """The first width to try where neighbouring numbers are `spacing` apart: wider for large parameters."""
    return max(width, 2.0**20 * spacing)


def difference(
    J: Callable[[float], float | None], width: float, largest: float, rounding: float = ROUNDING
) -> Difference | None:
    """The derivative of J by how far one goes, at 0; None where there is a kink within every width tried.

    J: the loss at a distance; None where there is a kink before it, or where it is not finite. largest: the
    largest number that J is a sum or difference of. rounding: what is lost of it, relatively.
    """
    best: Difference | None = None
    for _ in range(TRIES):
        pairs = _around(J, width)
        if pairs is not None:
            far, middle, near = (
                (above - below) / (2 * steps * width)
                for steps, (below, above) in zip(STEPS, pairs, strict=True)
            )
            good, fair = (4 * near - middle) / 3, (4 * middle - far) / 3
            value = (16 * good - fair) / 15
            noise = rounding * max(largest, *(abs(v) for pair in pairs for v in pair)) / width
            off = abs(value - good) + noise
            if best is None or off < best.off:
                best = Difference(value, noise, off)
            if off <= max(2 * noise, GOOD_ENOUGH * abs(value)):
                break
        width *= SHRINK
    return best


def _around(J: Callable[[float], float | None], width: float) -> list[tuple[float, float]] | None:
    """J some widths below and above."""
    pairs = []
    for steps in STEPS:
        pair = []
        for distance in (-steps * width, steps * width):
            value = J(distance)
            if value is None or not math.isfinite(value):
                return None
            pair.append(value)
        pairs.append((pair[0], pair[1]))
    return pairs
