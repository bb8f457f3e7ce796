"""Numeric derivatives of a user's function, of which nothing is known but its values."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.check.differences import (
    ROUNDING,
    SHRINK,
    TRIES,
    WIDTH,
    Array,
    Counter,
    Difference,
    difference,
    width_at,
)
from chainrule.check.function.call import Caller, Values
from chainrule.check.function.values import Path, as_numbers, at, is_real, like, replaced

Loss = Callable[[float], float | None]
"""The loss by how far one goes."""

EPS = float(np.finfo(np.float64).eps)
DOUBTFUL = 1e-6
"""A numeric derivative that may be off by so much, relatively, is looked at for a kink."""
BENT = 0.75
"""Where the slopes of the two sides come no nearer than this at half the step, there may be a kink."""
STEADY = 0.5
"""Where the slopes on the two sides come no nearer than this at an eighth of it, there is one."""


class FunctionDifferences:
    """Differences of a function's loss around some arguments. eps: of the numbers that it computes with."""

    def __init__(self, caller: Caller, values: Values, eps: float, counter: Counter | None = None) -> None:
        self.caller, self.values, self.counter = caller, values, counter
        coarse = eps / EPS
        self.rounding = ROUNDING * coarse
        # a difference is off by the sixth power of the step, and by rounding divided by the step
        self.width = WIDTH * 2.0 ** round(math.log2(coarse) / 5)

    @property
    def digits(self) -> int:
        """How many significant digits can be compared, about."""
        return int(-math.log10(self.rounding / self.width))

    def elsewhere(self, values: Values) -> FunctionDifferences:
        """The differences around other arguments."""
        other = copy.copy(self)
        other.values, other.counter = values, None
        return other

    def loss(self, values: Values) -> float | None:
        """The loss; None where it is no finite number."""
        array = as_numbers(self.caller(values).loss)
        if array is None or array.size != 1 or array.dtype.kind == "c" or not math.isfinite(array.item()):
            return None
        return float(array.item())

    def by_entry(self, path: Path, number: int, derived: float = math.nan) -> Difference | None:
        """The derivative by one entry, counted row by row; at a kink, the slope between those of the two
        sides that is nearest to the one `derived`, and None where that is one of them."""
        array = self._parameter(path)
        step = np.zeros_like(array)
        step.flat[number] = 1
        return self._along({path: step}, float(np.spacing(abs(array.flat[number]))), derived)

    def along(self, direction: Mapping[Path, Array]) -> Difference | None:
        """The derivative along a direction, an array for each parameter that is moved; None at a kink."""
        finest = max(
            np.spacing(np.abs(self._parameter(path)).max()) / np.abs(step).max()
            for path, step in direction.items()
        )
        return self._along(direction, float(finest), math.nan)

    def entries(self, path: Path, places: Sequence[int]) -> Array:
        """The derivatives by some entries; NaN where there is a kink."""
        found = [self.by_entry(path, place) for place in places]
        return np.array([math.nan if each is None else each.value for each in found])

    def _parameter(self, path: Path) -> Array:
        numbers = as_numbers(at(self.values, path))
        assert numbers is not None
        return np.array(numbers, np.float64)

    def _precision(self, path: Path) -> np.dtype[Any]:
        """What a parameter's numbers are: those of some functions cannot be given as float64."""
        numbers = as_numbers(at(self.values, path))
        return numbers.dtype if is_real(numbers) and numbers is not None else np.dtype(np.float64)

    def _along(self, direction: Mapping[Path, Array], spacing: float, derived: float) -> Difference | None:
        if self.counter:
            self.counter.count()
        middle = {path: self._parameter(path) for path in direction}
        known: dict[float, float | None] = {}

        def loss(distance: float) -> float | None:
            if distance not in known:
                values = self.values
                for path, step in direction.items():
                    moved = (middle[path] + distance * step).astype(self._precision(path))
                    values = replaced(values, path, like(at(values, path), moved))
                known[distance] = self.loss(values)
            return known[distance]

        width = width_at(spacing, self.width)
        best = difference(loss, width, 0.0, self.rounding)
        if best is None:
            return self._at_kink(loss, width, derived, None)
        found = Difference(best.value, best.off, best.off)
        sure = best.off <= DOUBTFUL * abs(best.value) + 4 * best.noise
        least = min(map(abs, filter(None, known)))
        near, far = self._gap(loss, least), self._gap(loss, 2 * least)
        bent = near is None or far is None or abs(near[0]) > max(BENT * abs(far[0]), 8 * near[1])
        return self._at_kink(loss, width, derived, found) if bent or not sure else found

    def _gap(self, loss: Loss, step: float) -> tuple[float, float] | None:
        """By how much the slopes of the two sides differ, and what rounding may add to it."""
        below, here, above = loss(-step), loss(0.0), loss(step)
        if below is None or here is None or above is None:
            return None
        noise = self.rounding * max(map(abs, (below, here, above))) / step
        return (above - here) / step - (here - below) / step, noise

    def _at_kink(
        self, loss: Loss, width: float, derived: float, found: Difference | None
    ) -> Difference | None:
        """What a derivative is that may stand at a kink."""
        steps = [width * SHRINK**number for number in (TRIES - 2, TRIES - 1)]
        wide, narrow = (self._gap(loss, step) for step in steps)
        if wide is None or narrow is None:
            return found
        gap, noise = narrow
        if abs(gap) < STEADY * abs(wide[0]) or abs(gap) < 8 * noise:
            return found
        step = steps[1]
        here, above = loss(0.0), loss(step)
        assert here is not None
        assert above is not None
        right = (above - here) / step
        low, high = sorted((right, right - gap))
        if not math.isfinite(derived) or low - noise <= derived <= high + noise:
            return None
        return Difference(low if derived < low else high, noise, noise)
