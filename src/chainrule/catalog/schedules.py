"""Schedules: what becomes of the learning rate as training goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.catalog.registry import Catalogue


@dataclass(frozen=True)
class Schedule:
    """function: from the share of all steps that is done, in [0, 1), to the factor of the learning rate; of
    an array of shares to an array of factors, or one for all."""

    name: str
    function: Callable[..., float]
    tex: str


SCHEDULES: Catalogue[Schedule] = Catalogue("schedule")


def schedule(tex: str) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        SCHEDULES.add(Schedule(function.__name__, function, tex))
        return function

    return register


@schedule(r"\eta")
def constant(done: float) -> float:
    return 1.0


@schedule(r"\eta \, (1 - s/S)")
def linear(done: float) -> float:
    """From the whole rate to nothing: steps get finer as the end comes nearer."""
    return 1.0 - done
