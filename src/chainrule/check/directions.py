"""Which entries of large parameters are moved one by one, and how all of them are moved together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chainrule.check.differences import ROUNDING, WIDTH, Array, Difference
from chainrule.check.report import ParameterReport, agreeing_digits
from chainrule.randomness import generator

LIKE = 10.0
"""By which factor the gradients of parameters that are moved together may differ in size."""


def drawn_places(sizes: Mapping[str, int], most: int, seed: int) -> dict[str, NDArray[np.int64]]:
    """By parameter the entries that are compared one by one: equally many of each, as far as it has so many;
    where there are more parameters than entries to compare, of some none."""
    names = [str(name) for name in generator(seed, "check parameters").permutation(list(sizes))]
    left = most
    if left >= len(names):
        names.sort(key=sizes.__getitem__)
    places = {}
    for place, name in enumerate(names):
        count = min(sizes[name], left // (len(names) - place))
        left -= count
        rng = generator(seed, f"check {name}")
        places[name] = np.sort(rng.choice(sizes[name], count, replace=False))
    return places


def groups(gradients: Mapping[str, Array], most: int, J: float) -> list[list[str]]:
    """The parameters that are moved together: each alone or, where there are more than `most`, those whose
    gradients are of like size, so that none drowns in another's."""
    least = ROUNDING * max(J, 1.0) / WIDTH  # smaller ones cannot be seen
    norms = {name: max(float(np.linalg.norm(g)), least) for name, g in gradients.items()}
    size = math.ceil(len(norms) / most)
    found: list[list[str]] = []
    for name in sorted(norms, key=norms.__getitem__):
        if found and len(found[-1]) < size and norms[name] <= LIKE * norms[found[-1][0]]:
            found[-1].append(name)
        else:
            found.append([name])
    return found


@dataclass(frozen=True)
class Direction:
    """How the derivative along a direction compares; error: None at a kink."""

    ok: bool
    error: float | None


def along(
    difference: Callable[[dict[str, Array]], Difference | None],
    gradients: Mapping[str, Array],
    seed: int,
    tolerance: float,
) -> Direction:
    """Compare the derivative along one direction that moves every entry of some parameters, each up or down
    by the same: an error e of the gradient is on average seen as ||e||, wherever it sits.

    difference: the numeric derivative along a direction, an array for each parameter."""
    count = sum(g.size for g in gradients.values())
    unit = 2.0 ** -round(math.log2(count) / 2)  # about 1 / sqrt(count); with a power of two steps stay exact
    direction = {
        # in the order of the engine's own arrays, which would else be walked across
        name: generator(seed, f"check direction {name}")
        .choice([-unit, unit], g.size)
        .reshape(g.shape, order="F")
        for name, g in gradients.items()
    }
    result = difference(direction)
    if result is None:
        return Direction(True, None)
    derived = sum(float(np.vdot(direction[name], g)) for name, g in gradients.items())
    norm = unit * math.hypot(*(float(np.linalg.norm(g)) for g in gradients.values()))
    apart = abs(derived - result.value)
    if not math.isfinite(apart):
        return Direction(False, 1.0)
    error = apart / (norm + abs(result.value)) if apart > result.off else 0.0
    return Direction(error <= tolerance, error)


def joined(report: ParameterReport, direction: Direction) -> ParameterReport:
    """What is known of a parameter by its entries and by a direction."""
    own = (
        report
        if report.drawn or direction.error is None
        else replace(report, relative_error=direction.error, digits=agreeing_digits(direction.error))
    )
    return replace(own, ok=report.ok and direction.ok, direction_error=direction.error)
