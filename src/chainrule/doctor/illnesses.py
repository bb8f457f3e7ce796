"""The table of illnesses: a row each, in the order in which they are looked for.

A row's test takes a patient and returns the numbers that show the illness, or None. What it says stands in
`sentences/doctor.py` under its name. The thresholds were chosen on other trainings than those of the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.norms import NORMS
from chainrule.catalog.registry import settings_of
from chainrule.data.dataset import Samples
from chainrule.data.rows import parts
from chainrule.doctor.patient import LEAST, MOST, Patient, bounds_of
from chainrule.doctor.samples import (
    best_accuracy,
    bound_to_repeat,
    input_name,
    keys_of,
    majority_of,
    neighbour_rows,
    neighbours,
    some,
)
from chainrule.doctor.trials import after_trial, first_not_finite, not_finite_at_once
from chainrule.targets import ClassTargets
from chainrule.training.loop import Trainer

STEPS, ITERATIONS = 100, 10
"""From which on it is said that next to nothing is learned; an iteration over all samples at once looks for a
step along a line, until none brings J down."""
LONGEST = 200
"""Steps of a trial."""
LOWER = (0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)
"""Multiples of a rate that are tried; of one that is too low it is divided by them."""
Numbers = dict[str, Any]
Test = Callable[[Patient], Numbers | None]
BEGIN, EARLY, MIDWAY, LATE, END = range(5)
"""Before the first step; from the first steps, from a quarter, from half of the training on; at its end."""


class Illness(NamedTuple):
    """name: its code. when: from which stage on it is looked for; what is seen BEGIN is looked for then
    alone. hopeless: whether it may be why nothing of use is learned, of which the first found is named."""

    name: str
    when: int
    hopeless: bool
    test: Test


ILLNESSES: list[Illness] = []


def illness(when: int, *, hopeless: bool = False) -> Callable[[Test], Test]:
    """Add the decorated test to the table, under its own name."""

    def register(test: Test) -> Test:
        ILLNESSES.append(Illness(test.__name__, when, hopeless, test))
        return test

    return register


# Of the samples.


@illness(BEGIN, hopeless=True)
def targets_constant(patient: Patient) -> Numbers | None:
    samples = patient.trainer.train
    if samples.info.classes is not None or len(samples) < 2 or np.ptp(samples.y, axis=0).any():
        return None
    return {"value": float(samples.y[0, 0]), "samples": len(samples)}


@illness(BEGIN, hopeless=True)
def targets_out_of_reach(patient: Patient) -> Numbers | None:
    """Outputs come near the bounds of their activation, and never go beyond them."""
    output = str(patient.trainer.net.layers[-1].activation)
    low, high = bounds_of(output)
    beyond = (patient.y < low - 0.01) | (patient.y > high + 0.01)
    if beyond.mean() < 0.01:
        return None
    most, least = float(patient.y.max()), float(patient.y.min())
    limit, farthest = (high, most) if most - high > low - least else (low, least)
    return {"output": output, "limit": limit, "farthest": farthest, "share": float(beyond.mean())}


@illness(BEGIN, hopeless=True)
def inputs_outliers(patient: Patient) -> Numbers | None:
    """Where inputs are scaled by their deviation, a single value far out makes all others alike."""
    info = patient.samples.info
    if info.scaling is not None or info.image is not None or len(patient.x) < LEAST:
        return None
    # as they are given: scaled, they may be the same
    low, middle, high = np.quantile(np.asarray(patient.samples.x) * 0.5, [0.25, 0.5, 0.75], axis=0)
    spread = np.where(high > low, (high - low) * patient.trainer.scaling.factor * 2 / 1.35, 1.0)
    worst = int(spread.argmin())
    if spread[worst] > 0.02:
        return None
    ends = [
        (float(column[place]), abs(float(column[place]) * 0.5 - float(middle[worst])))
        for column in (part[:, worst] for part in parts(patient.trainer.train.x))
        for place in (column.argmin(), column.argmax())
    ]
    farthest, _ = max(ends, key=lambda end: end[1])
    return {"input": input_name(info, worst), "value": farthest, "spread": float(spread[worst])}


@illness(BEGIN, hopeless=True)
def inputs_unscaled(patient: Patient) -> Numbers | None:
    sizes = np.sqrt(np.einsum("nj,nj->j", patient.x, patient.x, dtype=np.float64) / len(patient.x))
    worst = int(sizes.argmax())
    if sizes[worst] <= 30:
        return None
    column = patient.x[:, worst]
    name = input_name(patient.samples.info, worst)
    return {"input": name, "least": float(column.min()), "most": float(column.max())}


@illness(BEGIN)
def inputs_constant(patient: Patient) -> Numbers | None:
    """In pictures, borders are the same everywhere; in a table it is a column that says nothing."""
    if not patient.samples.info.columns or len(patient.rows) < LEAST:
        return None
    x = np.asarray(patient.compared.x)
    places = np.flatnonzero(np.ptp(x, axis=0) == 0)
    if not len(places):
        return None
    names = ", ".join(input_name(patient.samples.info, place) for place in places[:5].tolist())
    shown = names + (", ..." if len(places) > 5 else "")
    return {"names": shown, "count": len(places), "value": float(x[0, places[0]])}


@illness(BEGIN)
def class_missing(patient: Patient) -> Numbers | None:
    samples = patient.trainer.train
    names = samples.info.classes or ()
    missing = [name for k, name in enumerate(names) if not (samples.y == k).any()]
    if not missing:
        return None
    shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    return {"names": shown, "count": len(missing), "classes": len(names), "samples": len(samples)}


@illness(BEGIN, hopeless=True)
def classes_unbalanced(patient: Patient) -> Numbers | None:
    samples = patient.trainer.train
    majority = majority_of(samples)
    if len(samples) < 50 or majority < 0.95:
        return None
    name = (samples.info.classes or ())[int(np.bincount(samples.y).argmax())]
    return {"name": name, "share": majority, "rest": round((1 - majority) * len(samples))}


@illness(BEGIN, hopeless=True)
def contradictions(patient: Patient) -> Numbers | None:
    rows, samples = patient.rows, patient.trainer.train
    if len(rows) < LEAST or samples.info.classes is None or patient.repeated < 0.01:
        return None
    best = best_accuracy(patient.keys, samples.y[rows])
    return {"best": best, "samples": len(rows)} if best < 0.9 else None


@illness(BEGIN)
def leakage(patient: Patient) -> Numbers | None:
    return _found_again(patient, patient.test)


@illness(BEGIN)
def validation_leakage(patient: Patient) -> Numbers | None:
    return _found_again(patient, patient.trainer.validation)


def _found_again(patient: Patient, part: Samples | None) -> Numbers | None:
    """How many samples of another part are among those that are learned from: more than samples repeat."""
    train, rows = patient.trainer.train, patient.rows
    if part is None or not len(part) or len(rows) < LEAST or part.x.dtype != train.x.dtype:
        return None
    looked_at, known = some(len(part), min(1000, len(rows))), set(patient.keys)
    again = sum(key in known for key in keys_of(part.x, looked_at))
    share = again / len(looked_at) * len(train) / len(rows)  # of which some are compared
    if share < 0.05 or again < 5 or share < 2 * patient.repeated:
        return None
    return {"share": min(share, 1.0), "samples": len(part)}


@illness(BEGIN)
def duplicates(patient: Patient) -> Numbers | None:
    share = patient.repeated
    if len(patient.rows) < LEAST or share < 0.5 or bound_to_repeat(np.asarray(patient.compared.x)):
        return None
    return {"share": share, "samples": len(patient.rows)}


@illness(BEGIN, hopeless=True)
def sorted_batches(patient: Patient) -> Numbers | None:
    """Batches of one class each undo what those of the others taught."""
    trainer, samples = patient.trainer, patient.trainer.train
    if trainer.recipe.shuffle or samples.info.classes is None:
        return None
    if min(len(trainer.batches), trainer.batches.size) < 4:
        return None
    same = float((samples.y[1:] == samples.y[:-1]).mean())
    by_chance = float(np.square(np.bincount(samples.y) / len(samples)).sum())
    return {"share": same, "expected": by_chance} if same > max(0.9, by_chance + 0.1) else None


@illness(BEGIN, hopeless=True)
def units_alike(patient: Patient) -> Numbers | None:
    """Units that start with the same weights into and out of them get the same gradients for ever."""
    weights, layers = patient.engine.parameters, patient.trainer.net.layers
    for number, (layer, after) in enumerate(pairwise(layers), 1):
        into, out = weights[f"W{layer.shared or number}"], weights[f"W{after.shared or number + 1}"]
        alike = not np.ptp(into, axis=0).any() and not np.ptp(out, axis=1).any()
        if layer.units > 1 and alike and not layer.dropout and not np.ptp(weights.get(f"b{number}", 0.0)):
            return {"layer": number, "units": layer.units, "value": float(into.flat[0])}
    return None


# Of predictions, from which all that follows is seen.


@illness(END, hopeless=True)
def averages_behind(patient: Patient) -> Numbers | None:
    if not patient.averages_behind:
        return None
    chosen = [NORMS.choose(layer.norm) for layer in patient.trainer.net.layers if layer.norm]
    momenta = [{**settings_of(row), **settings}.get("momentum", 0.0) for row, settings in chosen]
    numbers = {"momentum": max(momenta), "steps": patient.steps}
    return {**numbers, "loss": patient.loss, "together": patient.loss_together}


# Of the rate.


@illness(EARLY, hopeless=True)
def loss_rising(patient: Patient) -> Numbers | None:
    """The loss is far above where it started, and a smaller rate would have brought it down."""
    much = 1.2 if patient.steps >= 30 else 10.0
    if patient.loss < much * patient.start.loss or patient.part < 1.05:
        return None
    better = _better(patient)
    return better and {"before": patient.start.loss, "after": patient.loss, **better}


@illness(EARLY, hopeless=True)
def rate_too_high(patient: Patient) -> Numbers | None:
    return _better(patient) if patient.at_chance and patient.steps >= STEPS // 2 else None


def _better(patient: Patient) -> Numbers | None:
    """A lower rate at which far more is learned by the same number of steps, where there is one."""
    if patient.trainer.recipe.all_at_once:
        return None
    rate, steps = float(patient.trainer.recipe.top_rate), min(LONGEST, patient.steps)
    here = min(after_trial(patient.start, rate, steps), 10.0)
    then, better = _best(patient.start, [multiple * rate for multiple in LOWER], steps)
    found = {"rate": rate, "better": better, "then": then, "steps": steps}
    return found if then < min(0.8 * here, 0.9) else None


def _best(start: Patient, rates: Iterable[float], steps: int) -> tuple[float, float]:
    """What is left of the loss after so many steps at the best of some rates, and that rate."""
    return min(((after_trial(start, rate, steps), rate) for rate in rates), default=(math.inf, 0.0))


def _enough(patient: Patient) -> bool:
    """Whether so much was done that something should have been learned."""
    if patient.trainer.recipe.all_at_once:
        return patient.steps >= ITERATIONS or patient.trainer.converged
    return patient.steps >= STEPS


# Of the units.


@illness(EARLY, hopeless=True)
def dead_relus(patient: Patient) -> Numbers | None:
    for number, share in enumerate(patient.dead, 1):
        if share is not None and share > 0.7:
            layer = patient.trainer.net.layers[number - 1]
            return {"layer": number, "share": share, "units": layer.units, "activation": layer.activation}
    return None


@illness(EARLY, hopeless=True)
def saturated(patient: Patient) -> Numbers | None:
    """From the start on: flat nearly everywhere; or mostly flat, and next to nothing is learned."""
    most = 0.5 if patient.at_chance and _enough(patient) else 0.9
    for number, (share, before) in enumerate(zip(patient.saturated, patient.start.saturated, strict=True), 1):
        if share is not None and before is not None and share > most and before > 0.5:
            activation = patient.trainer.net.layers[number - 1].activation
            shown = _shown(patient.gradients)
            return {"layer": number, "share": share, "activation": activation, "gradients": shown}
    return None


def _shown(gradients: list[float]) -> str:
    return ", ".join(f"{size:.2g}" for size in gradients)


# Of labels and predictions.


@illness(MIDWAY, hopeless=True)
def labels_shifted(patient: Patient) -> Numbers | None:
    found = _neighbours(patient)
    if not found.keys() >= {0, 1, -1}:
        return None
    shift = max((1, -1), key=found.__getitem__)
    if found[0] > 0.15 or found[shift] < max(found[0], 0.0) + 0.25:
        return None
    return {"agreement": max(found[0], 0.0), "moved": found[shift], "rows": shift}


@illness(MIDWAY, hopeless=True)
def labels_shuffled(patient: Patient) -> Numbers | None:
    found = _neighbours(patient)
    return {"agreement": max(found[0], 0.0)} if found.get(0, 1.0) < 0.15 else None


def _neighbours(patient: Patient) -> dict[int, float]:
    """How well targets agree with those of the nearest samples, where what is learned is of no use."""
    samples, trainer = patient.trainer.train, patient.trainer
    if len(samples) < 50 or not _enough(patient) or not (patient.at_chance or patient.by_heart):
        return {}
    return neighbours(trainer.scaling(samples.x[neighbour_rows(samples)], np.float64), samples)


@illness(MIDWAY, hopeless=True)
def labels_renumbered(patient: Patient) -> Numbers | None:
    """What the network takes validation samples for is always another class than theirs, and the same."""
    trainer, targets = patient.trainer, patient.trainer.targets
    if trainer.validation is None or not isinstance(targets, ClassTargets) or not patient.by_heart:
        return None
    part = trainer.validation.take(some(len(trainer.validation), MOST))
    said = targets.decode(patient.engine.outputs(trainer.scaling(part.x, trainer.net.dtype)))
    counts: NDArray[np.int64] = np.zeros((len(part.info.classes or ()),) * 2, np.int64)
    np.add.at(counts, (said, part.y), 1)
    fitting, accuracy = (float(n / len(part)) for n in (counts.max(axis=1).sum(), np.trace(counts)))
    meant = counts.argmax(axis=1)[counts.any(axis=1)]
    if fitting < max(0.7, accuracy + 0.4) or len(np.unique(meant)) < len(meant):
        return None
    return {"accuracy": accuracy, "renumbered": fitting, "samples": len(part)}


@illness(LATE, hopeless=True)
def overfitting(patient: Patient) -> Numbers | None:
    history = patient.trainer.history
    losses = [entry.validation_loss for entry in history if entry.validation_loss is not None]
    watched, least = patient.trainer.validation, 0.15 * patient.chance
    if watched is None or len(watched) < LEAST or len(losses) < 4 or patient.trainer.recipe.stops_early:
        return None
    best = int(np.argmin(losses))
    now = float(np.mean(losses[-max(1, len(losses) // 10) :]))
    if best > 0.7 * len(losses) or not now - losses[best] > least > 0:
        return None
    accuracy = history[-1].validation_accuracy
    if accuracy is not None and patient.accuracy is not None and patient.accuracy - accuracy < 0.15:
        return None  # it is only the more certain of its few mistakes
    if history[-1].loss > 0.8 * history[best].loss:  # it is not that the training part is learned too well
        return None
    return {
        "best_epoch": history[best].epoch,
        "best": losses[best],
        "now": now,
        "train_before": history[best].loss,
        "train_now": history[-1].loss,
    }


# What is left where next to nothing is learned.


@illness(MIDWAY, hopeless=True)
def penalty_too_strong(patient: Patient) -> Numbers | None:
    penalties = {name: value for name, value in patient.trainer.net.penalties.items() if value}
    if not patient.at_chance or not penalties or patient.weights > 0.1 * patient.start.weights:
        return None
    name, value = max(penalties.items(), key=lambda item: item[1])
    return {"name": name, "value": value, "before": patient.start.weights, "after": patient.weights}


@illness(LATE, hopeless=True)
def rate_too_low(patient: Patient) -> Numbers | None:
    if patient.part < 0.9 * min(1.0, patient.start.part) or patient.steps < STEPS:
        return None
    if patient.trainer.recipe.all_at_once:
        return None
    rate, steps = float(patient.trainer.recipe.top_rate), min(LONGEST, patient.steps)
    then, better = _best(patient.start, [rate / multiple for multiple in LOWER], steps)
    if then >= 0.75 * patient.part:
        return None
    numbers = {"rate": rate, "part": patient.part, "done": patient.steps}
    return {**numbers, "better": better, "then": then, "steps": steps}


@illness(LATE, hopeless=True)
def vanishing_gradients(patient: Patient) -> Numbers | None:
    if not patient.at_chance or not _enough(patient) or len(patient.trainer.net.layers) < 3:
        return None
    sizes = patient.gradients
    if not sizes[0] < 1e-2 * sizes[-1]:  # also of what is no number
        return None
    return {"gradients": _shown(sizes), "share": sizes[0] / sizes[-1], "part": patient.part}


@illness(END, hopeless=True)
def stuck_at_chance(patient: Patient) -> Numbers | None:
    if not patient.at_chance or not _enough(patient):
        return None
    return {"part": patient.part, "steps": patient.steps, "loss": patient.loss, "chance": patient.chance}


# Of a training that broke down.


def broken_down(before: Trainer, start: Patient, named: Iterable[float] = ()) -> tuple[str, Numbers] | None:
    """Why J stopped being a number: a name and numbers as in the table; None where it does not again.

    before: the training in an earlier state, which goes on from there; where it takes all samples at once, as
    it is. start: how it started. named: rates that were said to be better before; a lower one of them is
    named again if it helps.
    """
    at_once = before.recipe.all_at_once
    numbers = not_finite_at_once(before) if at_once else first_not_finite(before)
    if numbers is None:
        return None
    if not math.isfinite(start.loss):
        return "never_finite", numbers
    if at_once:
        return "beyond_numbers", numbers
    lower = [rate for rate in named if rate < numbers["rate"]]
    for rates in lower, [multiple * numbers["rate"] for multiple in LOWER]:
        then, better = _best(start, rates, LONGEST)
        if then < 1.0:
            return "non_finite", {**numbers, "better": better, "then": then, "steps": LONGEST}
    return "overflow", numbers
