"""A gradient that a user's function returns beside numeric derivatives, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.check.differences import Array
from chainrule.check.function.values import Path, name_of

CLOSE = 1e-6
"""Gradients that differ by less than this, relatively, are the same."""


class Cause(NamedTuple):
    """code: of the mistake. key: its sentence. fields: of the sentence. suggestion: with {d} for the gradient
    and {p} for the parameter. beside: the penalty without which the gradient was looked at."""

    code: str
    key: str
    fields: tuple[tuple[str, str], ...] = ()
    suggestion: str | None = None
    beside: str = ""


@dataclass(frozen=True)
class Compared:
    """A parameter, its gradient as it was returned, and its numeric derivatives at some places, counted row
    by row; NaN at a kink. noise: how far off those may be together. whole: the gradient came as whole
    numbers."""

    path: Path
    value: Array
    derived: Array
    places: NDArray[np.int64]
    numeric: Array
    noise: float
    whole: bool = False

    @property
    def name(self) -> str:
        return name_of(self.path)

    @property
    def fits(self) -> bool:
        return self.derived.shape == self.value.shape

    def same(self, gradient: Array) -> bool:
        """Whether a gradient of the parameter's shape agrees with the numeric one."""
        return gradient.shape == self.value.shape and same(self.at(gradient), self.numeric, self.noise)

    def at(self, array: Array) -> Array:
        """An array's entries at the places."""
        return array.reshape(-1)[self.places]

    @property
    def closeness(self) -> float:
        """How far factors may be apart, relatively, that count as the same."""
        size = float(np.linalg.norm(np.nan_to_num(self.numeric)))
        return max(CLOSE, 3 * self.noise / size) if size else CLOSE

    def factor(self) -> float | None:
        """What the gradient has to be multiplied by; None where no number makes it right."""
        derived = self.at(self.derived)
        smooth = np.isfinite(self.numeric)
        square = float(np.sum(derived[smooth] ** 2))
        if not square:
            return None
        factor = float(derived[smooth] @ self.numeric[smooth]) / square
        return factor if factor and self.same(factor * self.derived) else None


def same(one: Array, other: Array, noise: float = 0.0) -> bool:
    """Whether two arrays agree wherever both are numbers."""
    smooth = np.isfinite(one) & np.isfinite(other)
    if not smooth.any() or not np.all(np.isfinite(one) | np.isnan(other)):
        return False
    apart = float(np.linalg.norm(one[smooth] - other[smooth]))
    size = max(float(np.linalg.norm(one[smooth])), float(np.linalg.norm(other[smooth])))
    return apart <= CLOSE * size + 3 * noise
