"""Schedules: what becomes of the learning rate as training goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from chainrule.catalog.registry import Catalogue, Range


@dataclass(frozen=True)
class Schedule:
    """function: from the share of all steps that is done, in [0, 1), to the factor of the learning rate; of
    an array of shares to an array of factors, or one for all. by_scores: it gets the scores of the epochs so
    far as well, the higher the better."""

    name: str
    function: Callable[..., Any]
    tex: str
    cite: str = ""
    by_scores: bool = False


SCHEDULES: Catalogue[Schedule] = Catalogue("schedule")


def schedule(
    tex: str, *, cite: str = "", by_scores: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        SCHEDULES.add(Schedule(function.__name__, function, tex, cite, by_scores))
        return function

    return register


@schedule(r"\eta")
def constant(done: Any) -> Any:
    return 1.0


@schedule(r"\eta \, (1 - s/S)")
def linear(done: Any) -> Any:
    """From the whole rate to nothing: steps get finer as the end comes nearer."""
    return 1.0 - done


@schedule(r"\eta \, \text{factor}^{k}")
def step(
    done: Any,
    *,
    factor: Annotated[float, Range(above=0, below=1)] = 0.1,
    every: Annotated[float, Range(above=0, below=1)] = 0.4,
) -> Any:
    """k is how often the share `every` of the steps is over."""
    return factor ** np.floor(done / every + 1e-9)  # 0.6 / 0.2 is 2.9999999999999996


@schedule(r"\eta \, \text{final}^{s/S}")
def exponential(done: Any, *, final: Annotated[float, Range(above=0, below=1)] = 0.01) -> Any:
    """From the whole rate to `final` of it, by the same factor in every step."""
    return final**done


@schedule(
    r"\eta \, (1 + \cos(\pi u))/2",
    cite="Loshchilov & Hutter 2017, arXiv:1608.03983; warm-up: Goyal et al. 2017, arXiv:1706.02677",
)
def cosine(done: Any, *, warmup: Annotated[float, Range(least=0, below=1)] = 0.0) -> Any:
    """After the warm-up, a share of the steps in which the rate rises in a line, it falls as half a cosine
    does; u is the share done of the steps that are left then."""
    falling = (1 + np.cos(np.pi * np.maximum(done - warmup, 0) / (1 - warmup))) / 2
    return falling * np.minimum(1, done / warmup) if warmup else falling


@schedule(r"\eta \, c", cite="Smith 2018, arXiv:1803.09820")
def one_cycle(
    done: Any,
    *,
    start: Annotated[float, Range(above=0, below=1)] = 0.1,
    end: Annotated[float, Range(least=0, below=1)] = 0.1,
) -> Any:
    """In lines from `start` up to the whole rate, as long down again, and to nothing in the share `end` of
    the steps. The momentum stays as it is."""
    turn = 1 - end
    return np.interp(done, [0, turn / 2, turn, 1], [start, 1, start, 0])


@schedule(r"\eta \, \text{factor}^{k}", by_scores=True)
def plateau(
    done: Any,
    scores: Iterable[tuple[float, ...]],
    *,
    factor: Annotated[float, Range(above=0, below=1)] = 0.5,
    patience: Annotated[float, Range(least=1)] = 5.0,
) -> Any:
    """k is how often the validation score (without a validation part, J) was no better than before for
    `patience` epochs in a row."""
    best: tuple[float, ...] | None = None
    drops = since = 0
    for score in scores:
        if best is None or score > best:
            best, since = score, 0
        else:
            since += 1
        if since >= patience:
            drops, since = drops + 1, 0
    return factor**drops
