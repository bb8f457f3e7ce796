"""What a gradient check found: numbers for programs, sentences for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.check.differences import Array, Difference
from chainrule.errors import listed
from chainrule.sentences import say

LINES = 40
"""How many parameters a report shows, the worst ones."""
MOST_DIGITS = 15
"""So many decimal digits a float64 holds."""
FEWEST_DIGITS = 4
"""So many digits must agree. Source: 003 (5.4)."""


@dataclass(frozen=True)
class ParameterReport:
    """One parameter's gradient.

    relative_error: ||derived - numeric|| / (||derived|| + ||numeric||), 2-norms over the checked entries; 0
    where both are 0 but for rounding, 1 where a derived entry is not finite. Where no entry was drawn to be
    checked by itself, that along the direction.
    digits: how many significant digits agree, by that error; None where nothing can be seen.
    worst_index: the entry with the largest difference, whose two values are `derived` and `numeric`; all
    None where nothing could be checked.
    kinks: entries left out because the loss has no derivative there. checked: of how many `entries`.
    rounding: the size of difference that finite differences cannot see.
    direction_error: the same quotient for all entries, judged by one derivative along a random direction;
    None where every entry was drawn, and where the loss has a kink on the way.
    """

    ok: bool
    relative_error: float
    digits: int | None
    worst_index: tuple[int, ...] | None
    derived: float | None
    numeric: float | None
    kinks: int
    checked: int
    entries: int
    rounding: float
    direction_error: float | None = None

    @property
    def drawn(self) -> int:
        """How many entries were drawn to be checked by themselves, kinks among them."""
        return self.checked + self.kinks

    @property
    def partly(self) -> bool:
        """Whether there are entries that were not drawn."""
        return self.drawn < self.entries

    def to_dict(self) -> dict[str, Any]:
        """Names and numbers for JSON, which has no NaN or infinity: None."""
        table = asdict(self)
        if self.worst_index is not None:
            table["worst_index"] = list(self.worst_index)
        if self.derived is not None and not np.isfinite(self.derived):
            table["derived"] = None
        return table


def digits_of(parameters: Mapping[str, ParameterReport]) -> int | None:
    """How many significant digits agree in every gradient; None where nothing can be seen."""
    return min((p.digits for p in parameters.values() if p.digits is not None), default=None)


def digits_shown(report: ParameterReport) -> str:
    """How many digits agree, for people."""
    return "-" if report.digits is None else str(report.digits)


@dataclass(frozen=True)
class GradientReport:
    """All gradients of a network. `str` is for people, `to_dict` for programs.

    learning_rule: the number of the layer whose error is a learning rule and no derivative, else None.
    """

    parameters: dict[str, ParameterReport]
    tolerance: float
    learning_rule: int | None = None

    @property
    def ok(self) -> bool:
        return all(p.ok for p in self.parameters.values())

    @property
    def worst_relative_error(self) -> float:
        return max(p.relative_error for p in self.parameters.values())

    @property
    def digits(self) -> int | None:
        """How many significant digits agree in every gradient; None where nothing can be seen."""
        return digits_of(self.parameters)

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "worst_relative_error": self.worst_relative_error,
            "digits": self.digits,
            "tolerance": self.tolerance,
            "parameters": {name: p.to_dict() for name, p in self.parameters.items()},
        }

    @property
    def verdict(self) -> str:
        """What came of it, in one sentence."""
        tolerance = f"{self.tolerance:.0e}"
        wrong = listed([f"d{name}" for name, p in self.parameters.items() if not p.ok])
        if wrong:
            return say("check.wrong", names=wrong, tolerance=tolerance)
        if not any(p.checked or p.direction_error is not None for p in self.parameters.values()):
            return say("check.nothing")
        return say("check.right", error=f"{self.worst_relative_error:.1e}", tolerance=tolerance)

    @property
    def shown(self) -> dict[str, ParameterReport]:
        """The parameters that a person is shown: all, or the worst of very many, in the network's order."""
        by_badness = sorted(
            self.parameters,
            key=lambda name: (self.parameters[name].ok, -self.parameters[name].relative_error),
        )
        worst = set(by_badness[:LINES])
        return {name: p for name, p in self.parameters.items() if name in worst}

    @property
    def notes(self) -> list[str]:
        """What must be known to read the numbers, a sentence each."""
        kinks = sum(p.kinks for p in self.parameters.values())
        rounded = any(p.ok and p.relative_error > self.tolerance for p in self.parameters.values())
        checked = sum(p.drawn for p in self.parameters.values())
        entries = sum(p.entries for p in self.parameters.values())
        unseen = [f"d{name}" for name, p in self.parameters.items() if p.partly and p.direction_error is None]
        hidden = len(self.parameters) - len(self.shown)
        return [
            *([say("check.hidden", hidden=hidden)] if hidden else []),
            *([say("check.sampled", checked=checked, entries=entries)] if checked < entries else []),
            *([say("check.unseen", names=listed(unseen))] if unseen else []),
            *([say("check.kinks", kinks=kinks)] if kinks else []),
            *([say("check.rounding")] if rounded else []),
            *([say("check.learning_rule", layer=self.learning_rule)] if self.learning_rule else []),
            *self._agreement(),
        ]

    def _agreement(self) -> list[str]:
        """How many digits agree, where the gradients are right."""
        if not self.ok or self.digits is None:
            return []
        if self.digits >= FEWEST_DIGITS:
            return [say("check.digits", digits=self.digits, fewest=FEWEST_DIGITS)]
        few = [n for n, p in self.parameters.items() if p.digits is not None and p.digits < FEWEST_DIGITS]
        return [say("check.few_digits", names=listed([f"d{name}" for name in few]), fewest=FEWEST_DIGITS)]

    def __str__(self) -> str:
        return "\n".join([self.verdict, *(f"  {self._line(name)}" for name in self.shown), *self.notes])

    def _line(self, name: str) -> str:
        p = self.parameters[name]
        parts = [
            say(
                "check.parameter",
                name=name,
                error=f"{p.relative_error:.1e}",
                digits=digits_shown(p),
                checked=p.checked,
                entries=p.entries,
            )
        ]
        if p.worst_index is not None:
            derived, numeric = f"{p.derived:.9g}", f"{p.numeric:.9g}"
            parts.append(say("check.worst", place=list(p.worst_index), derived=derived, numeric=numeric))
        return say("check.separator").join(parts)


def compared(
    gradient: Array, places: NDArray[np.int64], found: Sequence[Difference | None], tolerance: float
) -> ParameterReport:
    """A gradient beside the numeric derivatives of some of its entries, counted row by row; None: a kink."""
    smooth = [i for i, result in enumerate(found) if result is not None]
    kinked, entries = len(found) - len(smooth), gradient.size
    if not smooth:
        return ParameterReport(True, 0.0, None, None, None, None, kinked, 0, entries, 0.0)
    numeric = np.array([result.value for result in found if result is not None])
    derived = gradient.reshape(-1)[places[smooth]]
    apart = np.abs(derived - numeric)
    rounding = math.hypot(*(result.noise for result in found if result is not None))
    if np.all(np.isfinite(derived)):
        norms = float(np.linalg.norm(derived)), float(np.linalg.norm(numeric))
        distance = float(np.linalg.norm(apart))
        seen = max(norms) > rounding
        relative = distance / sum(norms) if seen else 0.0
        ok = relative <= tolerance or distance <= rounding
    else:
        relative, ok, seen = 1.0, False, True
    worst = int(np.argmax(np.where(np.isfinite(apart), apart, np.inf)))
    index = tuple(int(i) for i in np.unravel_index(places[smooth[worst]], gradient.shape))
    return ParameterReport(
        ok,
        relative,
        agreeing_digits(relative) if seen else None,
        index,
        float(derived[worst]),
        float(numeric[worst]),
        kinked,
        len(smooth),
        entries,
        rounding,
    )


def agreeing_digits(relative_error: float) -> int:
    """How many significant digits agree, by ||derived - numeric|| / (||derived|| + ||numeric||)."""
    if relative_error < 10.0**-MOST_DIGITS / 2:
        return MOST_DIGITS
    return max(0, math.floor(-math.log10(2 * relative_error)))
