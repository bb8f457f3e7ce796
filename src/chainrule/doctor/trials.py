"""How far some steps at other rates get, so that a rate is measured and not guessed; and the first number of
a training that is not finite."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.patient import Patient
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import TrainingError
from chainrule.program import Line
from chainrule.training.loop import Trainer

MOST_STEPS = 20_000
"""That are done once more to find a number that is not finite."""
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
    then; None where that does not show.

    before: a state of the training before it broke down, which goes on from there.
    """
    for _ in range(MOST_STEPS):
        if before.finished:
            return None
        state = before.twin()
        broken = False
        try:
            before.one_step()
        except TrainingError:
            broken = True
        if broken or not all(np.isfinite(w).all() for w in before.engine.parameters.values()):
            line = _first_line(state, before)
            return _described(line, state) if line else None
    return None


def _first_line(state: Trainer, after: Trainer) -> Line | None:
    """The first line of the step from `state` to `after` that has a number that is not finite."""
    program = state.program
    engine = NumpyEngine(program, state.engine.parameters, state.net.dtype)
    values = engine.lines(*state.fed())
    values = {**after.engine.states, **after.engine.parameters, **values}
    return next((line for line in program.lines if not np.isfinite(values.get(line.name, 0.0)).all()), None)


def _described(line: Line, state: Trainer) -> dict[str, Any]:
    from chainrule.render.text import text  # few trainings break down

    expression = text(line.expr)
    if len(expression) > MOST_LETTERS:
        expression = f"{expression[:MOST_LETTERS]} …"
    weights = (w for name, w in state.engine.parameters.items() if name[0] == "W")
    return {
        "epoch": state.epoch + 1,
        "step": state.step + 1,
        "layer": line.layer or len(state.net.layers),
        "line": f"{line.name} = {expression}",
        "largest": max(float(np.abs(w).max()) for w in weights),
        "rate": float(state.recipe.top_rate),
    }
