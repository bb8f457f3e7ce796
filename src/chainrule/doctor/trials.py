"""How far some steps at other rates get, so that a rate is measured and not guessed; and the first number of
a training that is not finite."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.patient import Patient
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import TrainingError
from chainrule.training.loop import Trainer

STRETCH = 64
"""Steps that are done once more in one go to find a number that is not finite; then one by one."""
MOST_SECONDS = 30.0
"""That may be spent on it: nobody waits longer for why a training failed."""
MOST_LETTERS = 70
"""Of a line's expression."""


def after_trial(start: Patient, rate: float, steps: int) -> float:
    """The loss, as a part of what always the same answer costs, after so many steps at this rate from the
    start; infinite where it is not finite."""
    if (rate, steps) not in start.trials:
        start.trials[rate, steps] = _part_after(start, rate, steps)
    return start.trials[rate, steps]


def _part_after(start: Patient, rate: float, steps: int) -> float:
    recipe = replace(start.trainer.recipe, lr=rate, schedule="constant", patience=None, stop_when_worse=None)
    trial = start.trainer.twin(recipe)
    last = trial.steps + steps
    trial.epochs = trial.epoch + steps + 1  # more than enough
    try:
        trial.run(stop=lambda: trial.steps >= last)
    except TrainingError:
        return math.inf
    part = Patient(trial, start).part
    return math.inf if math.isnan(part) else part


def first_not_finite(before: Trainer) -> dict[str, Any] | None:
    """Which line gives the first number that is not finite, in which step, and how large the weights are
    then; None where that does not show soon.

    before: a state of the training before it broke down, which goes on from there.
    """
    end = time.monotonic() + MOST_SECONDS
    steps = STRETCH
    while not before.finished and time.monotonic() < end:
        state = before.twin()
        if not _breaks(before, steps):
            continue
        if steps == 1:
            values = state.twin().engine.lines(*state.fed())
            values = {**before.engine.states, **before.engine.parameters, **values}
            found = _first_of(values, state, state.engine.parameters)
            return found and {**found, "step": state.step + 1, "rate": float(state.recipe.top_rate)}
        before, steps = state, 1  # the same stretch once more
    return None


def _breaks(trainer: Trainer, steps: int) -> bool:
    """Go on for so many steps; whether there are numbers then that are not finite."""
    last = trainer.steps + steps
    try:
        trainer.run(stop=lambda: trainer.steps >= last)
    except TrainingError:
        return True
    return not all(np.isfinite(w).all() for w in trainer.engine.parameters.values())


def not_finite_at_once(trainer: Trainer) -> dict[str, Any] | None:
    """The same of a training that takes all samples at once, at the weights where it broke down."""
    tried = trainer.broke_at
    if tried is None:
        return None
    engine = NumpyEngine(trainer.program, tried, trainer.net.dtype)
    order = np.arange(len(trainer.train))
    for number in range(len(trainer.batches)):
        x, y = trainer.batches.batch(order, number)
        values = engine.lines(x, y, *trainer.batches.weights_of(order, number))
        if found := _first_of(values, trainer, tried):
            return found
    return None


def _first_of(
    values: Mapping[str, Any], state: Trainer, parameters: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The first line whose values are not all finite, in what follows a state with those parameters."""
    from chainrule.render.text import text  # few trainings break down

    lines = state.program.lines
    line = next((line for line in lines if not np.isfinite(values.get(line.name, 0.0)).all()), None)
    if line is None:
        return None
    expression = text(line.expr)
    if len(expression) > MOST_LETTERS:
        expression = f"{expression[:MOST_LETTERS]} …"
    return {
        "epoch": state.epoch + 1,
        "layer": line.layer or len(state.net.layers),
        "line": f"{line.name} = {expression}",
        "largest": max(float(np.abs(w).max()) for name, w in parameters.items() if name[0] == "W"),
    }
