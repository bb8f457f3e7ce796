"""Penalties in a loss and in a gradient: parts that are a number times the parameter itself."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from chainrule.check.differences import Array
from chainrule.check.function.compared import CLOSE, Cause

NEAR = 1e-5
"""Coefficients that differ by less than this, relatively, are the same."""


class Part(NamedTuple):
    """How many times the parameter itself a part of its gradient is; of which entries, where not of all."""

    times: float
    entries: tuple[bool, ...] = ()


def multiple(part: Array, base: Array, noise: float) -> Part | None:
    """The number by which some entries of `part` are those of `base`, 0 where all are 0, and which they are;
    None where it is no such part."""
    smooth = np.isfinite(part)
    limit = CLOSE * float(np.abs(part[smooth]).max(initial=0)) + 3 * noise
    if np.all(np.abs(part[smooth]) <= max(3 * noise, 1e-12)):
        return Part(0.0)
    taken = smooth & (np.abs(part) > limit) & (base != 0)
    if not taken.any():
        return None
    number = float(np.median(part[taken] / base[taken]))
    if not np.all(np.abs(part[taken] - number * base[taken]) <= limit):
        return None
    if np.any(np.abs(part[smooth & ~taken]) > limit):
        return None
    which = () if np.all(taken | (base == 0) | ~smooth) else tuple(map(bool, taken))
    return Part(float(f"{number:.6g}"), which)


def term(name: str, times: float, m: int) -> str:
    """So many times a coefficient, as text; nothing for 0 times. m: how many samples there are."""
    if not times:
        return ""
    if (whole := round(times * m)) % m and math.isclose(times * m, whole, rel_tol=NEAR):
        return f"{name} / {m}" if whole == 1 else f"{whole} * {name} / {m}"
    return name if math.isclose(times, 1, rel_tol=NEAR) else f"{times:.5g} * {name}"


def is_plain(times: float, m: int) -> bool:
    """Whether a penalty's derivative may have this many times its coefficient: 0, 1, 2, 1/2, 1/m, 2/m."""
    doubled = 2 * abs(times), 2 * abs(times) * m
    return any(math.isclose(each, wanted, rel_tol=NEAR) for each in doubled for wanted in (0, 1, 2, 4))


class Penalty(NamedTuple):
    """A penalty's coefficient, and how many times the parameter is in the derivative of the loss and in the
    gradient, as text; whether both reach the same entries, and whether the loss has it for all of them."""

    name: str
    right: str
    found: str
    same_entries: bool
    everywhere: bool

    @property
    def is_right(self) -> bool:
        return self.found == self.right and self.same_entries

    def cause(self) -> Cause:
        """What is wrong with it."""
        fields = (("right", self.right), ("found", self.found), ("name", self.name))
        if not self.found and not self.everywhere:
            return Cause("missing_penalty", "missing_penalty_of_some", fields)
        if not self.found:
            return Cause("missing_penalty", "missing_penalty_of", fields, f"{{d}} + {self.right} * {{p}}")
        if not self.right:
            return Cause("wrong_penalty", "penalty_not_in_loss", fields, f"{{d}} - {self.found} * {{p}}")
        if not self.same_entries:
            return Cause("wrong_penalty", "penalty_of_other_entries", fields)
        return Cause("wrong_penalty", "penalty_of_other_size", fields)


def beside(cause: Cause, penalties: list[Penalty]) -> Cause:
    """A cause that was found when penalties were taken away."""
    out = "".join(f" - {each.found} * {{p}}" for each in penalties if each.found)
    back = "".join(f" + {each.right} * {{p}}" for each in penalties if each.right)
    terms = ", ".join(f"{each.found or each.right} * {{p}}" for each in penalties)
    suggestion = (
        cause.suggestion and cause.suggestion.replace("{d}", f"({{d}}{out})" if out else "{d}") + back
    )
    return cause._replace(suggestion=suggestion, beside=terms)
