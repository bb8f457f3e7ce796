"""How J falls and rises as the learning rate grows from step to step, and the rate that this suggests."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chainrule.catalog.optimizers import is_minimizer
from chainrule.errors import TrainingError, UsageError
from chainrule.training.loop import Trainer

SMOOTHING = 0.9
"""The share of the running mean of J that stays in each step."""
WORSE = 4.0
"""How many times as large as the least J ends the sweep; at first J is large by itself."""
FALLEN = 0.95
"""The share of J at the lowest rate below which J has fallen."""
RISEN = 1.3
"""How many times the least J shows that it rises again."""
SAFE = 10.0
"""The suggested rate is so many times below the one at which J is least."""


@dataclass(frozen=True)
class Sweep:
    """rates: the learning rate of each step. losses: J of its mini-batch before it. smoothed: the running
    mean of these. least: the place of the least of those. rises: whether J is higher again at the end."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    least: int
    rises: bool

    @property
    def suggested(self) -> float | None:
        """A rate well below the one at which J is least; None where J falls at none."""
        falls = self.smoothed[self.least] < FALLEN * self.smoothed[0]
        return self.rates[self.least] / SAFE if falls else None


def refuse_without_rate(optimizer: str) -> None:
    """Raise UsageError for an optimizer that has no rate."""
    if is_minimizer(optimizer):
        raise UsageError("rates.no_rate", optimizer=optimizer)


def sweep(trainer: Trainer, low: float, high: float, steps: int) -> Sweep:
    """Train some steps on from a trainer's state, which stays as it is, at rates from low to high, each the
    same factor above the one before. Source: Smith 2017, "Cyclical learning rates for training neural
    networks", arXiv:1506.01186, section 3.3.

    Raises UsageError where the rates are none, or the optimizer has no rate; TrainingError where J is no
    finite number at the lowest rate.
    """
    if not 0 < low < high:
        raise UsageError("rates.range", low=low, high=high)
    refuse_without_rate(trainer.recipe.optimizer)
    recipe = replace(
        trainer.recipe, schedule="constant", log_steps=1, patience=None, stop_when_worse=None, lr=low
    )
    twin = trainer.twin(recipe)
    twin.epochs = twin.epoch + steps + 1  # more than enough
    rates = np.geomspace(low, high, steps).tolist()
    mean, smoothed, least = 0.0, list[float](), 0
    for number, rate in enumerate(rates, 1):
        twin.recipe = replace(recipe, lr=rate)
        try:
            twin.one_step()
        except TrainingError:
            if number == 1:
                raise
        if len(twin.log) < number:  # J was no finite number
            break
        mean = SMOOTHING * mean + (1 - SMOOTHING) * twin.log[-1].loss
        smoothed.append(mean / (1 - SMOOTHING**number))
        if smoothed[-1] < smoothed[least]:
            least = number - 1
        if smoothed[-1] > WORSE * smoothed[least] and smoothed[-1] > smoothed[0]:
            break
    done = len(smoothed)
    losses = tuple(step.loss for step in twin.log[:done])
    rises = done < steps or smoothed[-1] > RISEN * smoothed[least]
    return Sweep(tuple(rates[:done]), losses, tuple(smoothed), least, rises)
