"""What a race says of this machine: one table for people, programs and the picture."""

from __future__ import annotations

from typing import Any

from chainrule.bench.contenders import AUTO, EVERY, NUMPY, OBJECTS, ONE, OWN, PRODUCTS
from chainrule.bench.machine import describe
from chainrule.bench.peers import SIDE
from chainrule.bench.race import Race, Spread

PRODUCT = 2 * SIDE**3
"""Floating-point operations of a product."""

CHOICES = (ONE, EVERY, NUMPY)
"""What `auto` chooses among."""


def report(race: Race) -> dict[str, Any]:
    """The machine, the work, the contenders, the matrix products and who took no part, as plain values.

    Seconds are medians over the rounds, `low` and `high` quartiles; ratios are those of turns in the same
    round. times_objects, times_engine: how many times as fast as the network of objects and as the fastest
    engine here. share_of_peak: operations a second over those of the fastest product.
    """
    work = race.work
    engine = race.fastest(list(OWN))
    rows = []
    for name, result in race.results.items():
        if name in PRODUCTS:
            continue
        spread = race.seconds(name)
        rows.append(
            {
                "name": name,
                "about": result.about,
                "seconds_per_step": spread.median,
                "low": spread.low,
                "high": spread.high,
                "seconds_per_sample": spread.median / work.batch,
                "samples_per_second": work.batch / spread.median,
                "times_objects": _times(race, OBJECTS, name),
                "times_engine": _times(race, engine, name),
                "share_of_peak": share_of_peak(race, name),
                "turns": result.turns,
            }
        )
    products: list[dict[str, Any]] = [
        {"name": name, "about": result.about, "gflops": PRODUCT / race.seconds(name).median / 1e9}
        for name, result in race.results.items()
        if name in PRODUCTS
    ]
    return {
        "machine": describe(),
        "network": str(work.net),
        "loss": work.net.loss,
        "batch": work.batch,
        "optimizer": work.optimizer,
        "dtype": work.net.dtype,
        "threads": work.threads,
        "operations_per_step": work.flops,
        "peak_gflops": max((row["gflops"] for row in products), default=None),
        "contenders": rows,
        "products": products,
        "skipped": [{"name": name, "why": str(why)} for name, why in race.skipped.items()],
    }


def share_of_peak(race: Race, name: str) -> float | None:
    """Useful operations a second of a contender over those of the fastest matrix product of any library."""
    product = race.fastest(list(PRODUCTS))
    return race.work.flops / PRODUCT * race.ratio(product, name).median if product else None


def regret(race: Race) -> Spread | None:
    """Tell how many times as long `auto` takes as the best of CHOICES, turn by turn.

    The best is the one with the smallest median in these very turns, which makes regret a little too high. Of
    choices that are equally fast, chance favours one. None where one of the two was not measured.
    """
    best = race.fastest(CHOICES)
    return race.ratio(AUTO, best) if best and AUTO in race.results else None


def _times(race: Race, slow: str | None, fast: str) -> float | None:
    return race.ratio(slow, fast).median if slow in race.results else None
