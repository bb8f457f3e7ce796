"""How a network is trained, apart from what it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self, TypeGuard

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules import SCHEDULES
from chainrule.errors import UsageError
from chainrule.network import is_number, plain

LEAST_EPOCHS, MOST_EPOCHS = 20, 2000
LEAST_STEPS = 1000


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run. Raises UsageError for those that make no sense, UnknownNameError for an
    optimizer or a schedule that does not exist. Numbers may be NumPy's.

    epochs: None: 20, or as many more as make 1,000 steps (at most 2,000 epochs). batch_size: samples a step.
    optimizer: a name of the catalogue with settings. lr: learning rate; None: the optimizer's own, or a fifth
    of it where the targets are numbers.
    schedule: a name of the catalogue: what becomes of the rate.
    validation: fraction of the training part held out to watch. low, high: the targets of the outputs of the
    wrong classes and of the right one. shuffle: whether each epoch has its own order.
    """

    epochs: int | None = None
    batch_size: int = 32
    optimizer: str = "sgd:momentum=0.9"
    lr: float | None = None
    schedule: str = "linear"
    validation: float = 0.1
    low: float = 0.0
    high: float = 1.0
    shuffle: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "lr", "validation", "low", "high"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        OPTIMIZERS.choose(self.optimizer)
        SCHEDULES.choose(self.schedule)
        for name, value in (("epochs", self.epochs), ("batch_size", self.batch_size)):
            left_open = name == "epochs" and value is None
            if not (left_open or (_is_whole(value) and value >= 1)):
                raise UsageError("training.bad_whole", name=name, found=repr(value), least=1)
        if not isinstance(self.shuffle, bool):
            raise UsageError("training.bad_shuffle", found=repr(self.shuffle))
        if self.lr is not None and not (is_number(self.lr) and self.lr > 0):
            raise UsageError("training.bad_rate", found=repr(self.lr))
        if not (is_number(self.validation) and 0 <= self.validation < 1):
            raise UsageError("data.validation_fraction", value=repr(self.validation))
        if not (is_number(self.low) and is_number(self.high) and self.low < self.high):
            raise UsageError("training.bad_targets", low=repr(self.low), high=repr(self.high))

    def rate(self, done: Any = 0.0) -> Any:
        """The learning rate when that share of all steps is done; of an array of shares all their rates, or
        one for all."""
        rate, schedule, settings = self._chosen
        return rate * schedule(done, **settings)

    @cached_property
    def _chosen(self) -> tuple[float, Callable[..., float], dict[str, float]]:
        """What `rate` needs in every step."""
        row, settings = SCHEDULES.choose(self.schedule)
        return self.lr or OPTIMIZERS.choose(self.optimizer)[0].rate, row.function, settings

    def for_numbers(self) -> Self:
        """The same for targets that are numbers: where no rate is named, a fifth of the optimizer's own, as
        the error of an output without bounds has none either."""
        return replace(self, lr=self.lr or self.rate() / 5)

    def epochs_for(self, samples: int) -> int:
        """The number of epochs for a training part of that many samples."""
        if self.epochs is not None:
            return self.epochs
        steps = math.ceil(samples / self.batch_size)
        return min(max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / steps)), MOST_EPOCHS)

    def to_dict(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        """Raises UsageError, UnknownNameError or TypeError where the table holds anything else."""
        return cls(**table)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
