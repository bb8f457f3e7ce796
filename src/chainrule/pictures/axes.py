"""Axes: from numbers to places on a drawing, the marks that tell the numbers, and curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.pictures.colors import GREY, GRID, SOFT
from chainrule.pictures.drawing import Box, Drawing, Point

SIZE = 11
"""Of the numbers at the marks."""
NICE = (1, 2, 5, 10)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Scale:
    """A map from the numbers between `low` and `high` to shares of an axis, by logarithms where `log`."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, values: Iterable[float], *, log: bool = False, margin: float = 0.05) -> Scale:
        """Choose a scale with all finite values, positive ones where `log`, and a share of room at both
        ends; where they are one number, or none, with room around it."""
        known = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
        low, high = min(known), max(known)
        if log:
            low, high = math.log10(max(low, 1e-300)), math.log10(max(high, 1e-300))
        if high - low <= 1e-9 * max(abs(low), abs(high)):
            room = 0.2 if log else abs(high) / 10 or 1.0
        else:
            room = margin * (high - low)
        low, high = low - room, high + room
        if log:
            low, high = 10 ** max(low, -307.0), 10 ** min(high, 308.0)
        return cls(low, high, log)

    def share(self, value: float) -> float:
        """Tell how far along the axis a number is, 0 at `low` and 1 at `high`."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(value) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def marks(self, most: int, *, whole: bool = False) -> list[float]:
        """Choose about `most` numbers, or fewer, that are easily read; whole ones where `whole`."""
        if not self.log:
            return _even(self.low, self.high, most, whole)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = max(1, math.ceil((last - first) / most))
        for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
            powers = [e for e in range(first, last + 1) if e % every == 0]
            marks = [float(f"{d}e{e}") for e in powers for d in digits]  # 0.7, not 7 times 0.1
            found = [m for m in marks if self.low <= m <= self.high]
            if len(found) >= min(4, most):
                return found
            if every > 1:
                return found
        return _even(self.low, self.high, most, whole)


def number(value: float) -> str:
    """Write a number at a mark: 0.05, 2000, 10⁻⁵, 2·10⁻⁵."""
    if value == 0:
        return "0"
    digits, _, power = f"{value:.9e}".partition("e")
    if -4 < int(power) < 6:
        return f"{value:.10g}".replace("-", "\u2212")
    digits = digits.rstrip("0").rstrip(".").replace("-", "\u2212")
    raised = "10" + str(int(power)).translate(_RAISED)
    return raised if digits == "1" else f"{digits}·{raised}"


def _even(low: float, high: float, most: int, whole: bool) -> list[float]:
    """List multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in NICE if n * power >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


class Axes:
    """A field of a drawing, x and y in pixels from its upper left corner, with a scale along each side."""

    def __init__(
        self,
        drawing: Drawing,
        box: Box,
        x: Scale,
        y: Scale,
    ) -> None:
        self.drawing, self.box, self.x, self.y = drawing, box, x, y

    def place(self, x: float, y: float) -> Point:
        """Tell where numbers are on the drawing."""
        left, top, width, height = self.box
        return left + width * self.x.share(x), top + height * (1 - self.y.share(y))

    def marks(self, *, x: Sequence[float] = (), y: Sequence[float] = (), tell_x: bool = True) -> None:
        """Draw pale lines at numbers of both axes, and write them there; those of x only where `tell_x`."""
        left, top, width, height = self.box
        for value in x:
            at = self.place(value, self.y.low)[0]
            self.drawing.line([(at, top), (at, top + height)], GRID)
            if tell_x:
                self.drawing.text(at, top + height + 14, number(value), SOFT, size=SIZE, anchor="middle")
        for value in y:
            at = self.place(self.x.low, value)[1]
            self.drawing.line([(left, at), (left + width, at)], GRID)
            self.drawing.text(left - 8, at, number(value), SOFT, size=SIZE, anchor="end")
        self.drawing.line([(left, top), (left, top + height), (left + width, top + height)], GREY)

    def curve(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        color: str,
        width: float = 1.6,
        dash: Sequence[float] = (),
    ) -> None:
        """Draw a line through points, cut off at the field's edges and interrupted where the scale lacks a
        number. A point between two gaps is a dot, hollow where the line has dashes."""
        for part in self._parts(xs, ys):
            if len(part) == 1:
                self.drawing.circle(*part[0], 4.0, "#ffffff" if dash else color, rim=color)
            else:
                self.drawing.line(_thinned(part), color, width, dash=dash, clip=self.box)

    def dot(self, x: float, y: float, color: str, radius: float = 4.0, opacity: float = 1.0) -> None:
        """Draw a dot, if it is within the field."""
        if self._shown(x, y) and 0 <= self.x.share(x) <= 1 and 0 <= self.y.share(y) <= 1:
            self.drawing.circle(*self.place(x, y), radius, color, opacity=opacity)

    def _shown(self, x: float, y: float) -> bool:
        return all(math.isfinite(v) and (v > 0 or not scale.log) for v, scale in ((x, self.x), (y, self.y)))

    def _parts(self, xs: Sequence[float], ys: Sequence[float]) -> list[list[Point]]:
        parts: list[list[Point]] = [[]]
        for x, y in zip(xs, ys, strict=True):
            if self._shown(x, y):
                parts[-1].append(self.place(x, y))
            elif parts[-1]:
                parts.append([])
        return [part for part in parts if part]


def _thinned(points: list[Point]) -> list[Point]:
    """Keep of many points in one column of pixels the first, the highest, the lowest and the last, which look
    the same."""
    columns = [math.floor(x) for x, _ in points]
    begins = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(columns)) if a != b), len(points)]
    kept: list[Point] = []
    for begin, end in pairwise(begins):
        column = range(begin, end)
        extremes = {min(column, key=lambda i: points[i][1]), max(column, key=lambda i: points[i][1])}
        kept += [points[i] for i in sorted({begin, end - 1} | extremes)]
    return kept
