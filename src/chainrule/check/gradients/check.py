"""Derived gradients against finite differences of the loss, in float64.

Of a large network some entries are moved one by one, and all entries together: each parameter along a random
direction (a network with very many parameters, several of them at a time).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import memory
from chainrule.check.differences import STEPS, Counter
from chainrule.check.directions import along, drawn_places, groups, joined
from chainrule.check.gradients.network import NetworkDifferences
from chainrule.check.gradients.samples import parameters_for, samples
from chainrule.check.report import GradientReport, compared
from chainrule.check.settings import check_settings
from chainrule.engines.choice import multiplications, threads_for
from chainrule.engines.limits import limited_to
from chainrule.engines.masks import first_masks
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.engines.space import of_check
from chainrule.errors import UsageError
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition
from chainrule.program import FORWARD, Program, build

MOST = 1000
"""How many entries are compared one by one."""
WORK = 2e9
"""How many numbers all evaluations of the loss together may read: some seconds' worth."""
LINE = 3000
"""A line of the program takes as long as that many numbers."""


def check_gradients(
    net: NetworkDefinition,
    x: Any = None,
    y: Any = None,
    parameters: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    most: int = MOST,
    tolerance: float = 1e-7,
    progress: Callable[[int, int], None] | None = None,
) -> GradientReport:
    """Compare the gradients that the program derives with finite differences of its loss, in float64.

    x: (n, d) inputs. y: (n, k) targets; (n,) where k is 1, or class numbers. parameters: arrays by name.
    What is not given is drawn from the seed: targets as the loss has them, and parameters that are nowhere
    0, so that no mistake hides behind a zero. The masks of dropout are drawn from it too, and stay as they
    are while parameters move.
    most: how many entries are compared one by one, fewer where one takes long. Of a network with more, as
    many are drawn from the seed, and all entries take part in derivatives along random directions.
    An entry is a kink, and left out, if the loss has a kink (such as relu's at 0) within every width tried,
    the smallest being 2e-6. progress: told how many of all derivatives are done.
    Raises ShapeError for arrays that do not fit, UsageError where the loss is not finite or a setting is
    wrong, DefinitionError for what is no seed, OutOfMemoryError where the memory does not suffice.
    """
    check_settings(most, tolerance)
    net = replace(net.resolved(), seed=seed)  # which refuses what is no seed
    seed = net.seed
    inputs, targets = samples(net, x, y, seed)
    sums_to_one = bool(np.all(np.abs(targets.sum(axis=1) - 1) < 1e-12))
    program = build(net, targets_sum_to_one=sums_to_one)
    space = of_check(program, len(inputs))
    memory.require(space)
    work = multiplications(program, len(inputs))
    with memory.told(space), limited_to(threads_for(work)) as limit, limit:
        masks = first_masks(program, len(inputs), seed)
        engine = NumpyEngine(program, parameters_for(program, parameters, seed))
        J, derived = engine.gradients(inputs, targets, *masks.values())
        if not np.isfinite(J):
            raise UsageError("check.not_finite", found=J)
        affordable = _affordable(program)
        places = drawn_places({name: g.size for name, g in derived.items()}, min(most, affordable), seed)
        partly = {name: g for name, g in derived.items() if len(places[name]) < g.size}
        together = groups(partly, affordable, abs(J))
        counter = Counter(sum(map(len, places.values())) + len(together), memory.callers(progress))
        differences = NetworkDifferences(engine, (inputs, targets, *masks.values()), counter)
        reports = {}
        for name, gradient in derived.items():
            found = [differences.by_entry(name, int(place)) for place in places[name]]
            reports[name] = compared(gradient, places[name], found, tolerance)
        for group in together:
            shared = along(differences.along, {name: derived[name] for name in group}, seed, tolerance)
            for name in group:
                # of parameters that disagree together, each is asked by itself
                alone = shared.ok or len(group) == 1
                own = shared if alone else along(differences.along, {name: derived[name]}, seed, tolerance)
                reports[name] = joined(reports[name], own)
    flat = find_activation(str(net.layers[-1].activation))[0].flat
    return GradientReport(reports, tolerance, len(net.layers) if flat else None)


def _affordable(program: Program) -> int:
    """How many derivatives can be had for the work."""
    loss = program.net.parameter_count + LINE * len(program.of(*FORWARD))
    return max(1, int(WORK / (2 * len(STEPS) * loss)))
