"""How a network is trained, apart from what it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self, TypeGuard

from chainrule.catalog.distortions import chosen as distortions
from chainrule.catalog.optimizers import chosen, is_minimizer, step_of
from chainrule.catalog.schedules import SCHEDULES, Schedule
from chainrule.errors import UsageError
from chainrule.lazily import cached_property
from chainrule.network import is_number, plain
from chainrule.update import UpdateRule

LEAST_EPOCHS, MOST_EPOCHS = 20, 2000
LEAST_STEPS = 1000
WHOLE = ("epochs", "batch_size", "patience", "stop_when_worse", "log_steps")
POSITIVE = ("clip_norm", "clip_value", "max_norm", "input_noise")
BALANCED = "balanced"
ClassWeights = str | Mapping[str, float]
OF_STEPS = ("batch_size", "lr", "schedule", *POSITIVE, "ema", "distort", "log_steps")
"""What only training by mini-batches has."""
ITERATIONS = 200
"""The most that a method which takes all samples at once makes where no number is given."""


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run. Raises UsageError for those that make no sense, UnknownNameError for an
    optimizer or a schedule that does not exist. Numbers may be NumPy's.

    epochs: None: 20, or as many more as make 1,000 steps (at most 2,000 epochs). batch_size: samples a step.
    optimizer: a name of the catalogue with settings. With lbfgs, which takes all samples at once, an epoch is
    an iteration of it, None stands for 200 at most, and what only mini-batches have is refused.
    lr: learning rate; None: the optimizer's own, or a fifth of it where the targets are numbers.
    schedule: a name of the catalogue: what becomes of the rate.
    validation: fraction of the training part held out to watch. low, high: the targets of the outputs of the
    wrong classes and of the right one. smoothing: the share s by which targets that are classes are drawn to
    their mean in training, (1 - s) y + s/K (Szegedy et al. 2016, section 7). shuffle: whether each epoch has
    its own order.
    clip_norm, clip_value, max_norm, ema: see UpdateRule; with ema, scores and models are those of the
    averages.
    distort: distortions of pictures with their settings, drawn anew for each epoch (see catalog.distortions).
    input_noise: deviation of the normal noise that is added to the inputs in training, behind their scaling,
    drawn anew for each epoch (Bishop 1995, Training with noise is equivalent to Tikhonov regularization).
    patience: stop after so many epochs without a better validation score. stop_when_worse: hold the
    validation score every so many epochs against the one before, and stop when it is worse. With either, the
    weights that were best on the validation part are those that training gives. log_steps: look at J every so
    many steps of an epoch; None: about 50 times.
    class_weights: what the losses of each class's samples are multiplied by, in proportion, as the mean over
    the samples is 1: `balanced`, which gives every class the same share, or numbers by the classes' names,
    `a=2,b=0.5` or {"a": 2, "b": 0.5}, 1 for a class that is not named.
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
    clip_norm: float | None = None
    clip_value: float | None = None
    max_norm: float | None = None
    ema: float | None = None
    distort: str | None = None
    input_noise: float | None = None
    patience: int | None = None
    stop_when_worse: int | None = None
    log_steps: int | None = None
    smoothing: float = 0.0
    class_weights: ClassWeights | None = None

    def __post_init__(self) -> None:
        for name in (*WHOLE, *POSITIVE, "lr", "ema", "validation", "low", "high", "smoothing"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        chosen(self.optimizer)
        SCHEDULES.choose(self.schedule)
        if self.distort is not None:
            distortions(self.distort)
        if isinstance(self.class_weights, Mapping):
            object.__setattr__(self, "class_weights", class_weights(self.class_weights))
        elif self.class_weights not in (None, BALANCED):
            class_weights(self.class_weights)
        for name in WHOLE:
            value = getattr(self, name)
            left_open = name != "batch_size" and value is None
            if not (left_open or (_is_whole(value) and value >= 1)):
                raise UsageError("training.bad_whole", name=name, found=repr(value), least=1)
        if not isinstance(self.shuffle, bool):
            raise UsageError("training.bad_shuffle", found=repr(self.shuffle))
        if self.lr is not None and not (is_number(self.lr) and self.lr > 0):
            raise UsageError("training.bad_rate", found=repr(self.lr))
        for name in POSITIVE:
            if (value := getattr(self, name)) is not None and not (is_number(value) and value > 0):
                raise UsageError("training.bad_positive", name=name, found=repr(value))
        if self.ema is not None and not (is_number(self.ema) and 0 < self.ema < 1):
            raise UsageError("training.bad_ema", found=repr(self.ema))
        if not (is_number(self.smoothing) and 0 <= self.smoothing < 1):
            raise UsageError("training.bad_smoothing", found=repr(self.smoothing))
        if not (is_number(self.validation) and 0 <= self.validation < 1):
            raise UsageError("data.validation_fraction", value=repr(self.validation))
        if not (is_number(self.low) and is_number(self.high) and self.low < self.high):
            raise UsageError("training.bad_targets", low=repr(self.low), high=repr(self.high))
        if self.all_at_once:
            for field in fields(self):
                if field.name in OF_STEPS and getattr(self, field.name) != field.default:
                    raise UsageError("training.for_steps", name=field.name, optimizer=self.optimizer)

    @property
    def top_rate(self) -> float:
        """The learning rate that the schedule multiplies."""
        return self.lr or step_of(self.optimizer)[0].rate

    def rate(self, done: Any = 0.0, scores: Iterable[tuple[float, ...]] = ()) -> Any:
        """The learning rate when that share of all steps is done; of an array of shares all their rates, or
        one for all. scores: of the epochs so far, the higher the better; some schedules go by them."""
        top, row, settings = self._chosen
        return top * row.function(done, *([scores] if row.by_scores else []), **settings)

    @cached_property
    def _chosen(self) -> tuple[float, Schedule, dict[str, float]]:
        """What `rate` needs every time."""
        return self.top_rate, *SCHEDULES.choose(self.schedule)

    @property
    def all_at_once(self) -> bool:
        """Whether the optimizer takes all samples at once, and an epoch is one iteration of it."""
        return is_minimizer(self.optimizer)

    def without_steps(self) -> Self:
        """The same without what only training by mini-batches has."""
        defaults: dict[str, Any] = {f.name: f.default for f in fields(self) if f.name in OF_STEPS}
        return replace(self, **defaults)

    @property
    def update(self) -> UpdateRule:
        """How a step updates the parameters; nobody asks where all samples are taken at once."""
        if self.all_at_once:
            return UpdateRule()
        return UpdateRule(self.optimizer, self.clip_value, self.clip_norm, self.max_norm, self.ema)

    @property
    def stops_early(self) -> bool:
        """Whether training may end before its last epoch."""
        return bool(self.patience or self.stop_when_worse)

    def for_numbers(self) -> Self:
        """The same for targets that are numbers: where no rate is named, a fifth of the optimizer's own, as
        the error of an output without bounds has none either."""
        if self.all_at_once:
            return self
        return replace(self, lr=self.lr or self.top_rate / 5)

    def epochs_for(self, samples: int) -> int:
        """The number of epochs for a training part of that many samples."""
        if self.epochs is not None:
            return self.epochs
        if self.all_at_once:
            return ITERATIONS
        steps = math.ceil(samples / self.batch_size)
        return min(max(LEAST_EPOCHS, math.ceil(LEAST_STEPS / steps)), MOST_EPOCHS)

    def to_dict(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        """Raises UsageError, UnknownNameError or TypeError where the table holds anything else."""
        return cls(**table)


def update_of(
    optimizer: str,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    max_norm: float | None = None,
    ema: float | None = None,
) -> UpdateRule:
    """A step by an optimizer, and what else belongs to it, checked. Raises UsageError, UnknownNameError."""
    step_of(optimizer)  # refuses what has none
    return Recipe(
        optimizer=optimizer, clip_norm=clip_norm, clip_value=clip_value, max_norm=max_norm, ema=ema
    ).update


def class_weights(weights: object) -> dict[str, float]:
    """Numbers by the names of classes, from text such as `a=2,b=0.5` or a table. Raises UsageError."""
    given: dict[str, float] = {}
    for name, number in _pairs(weights):
        try:
            weight = math.nan if isinstance(number, bool) else float(number)
        except (TypeError, ValueError, OverflowError):
            weight = math.nan
        if not (isinstance(name, str) and name) or name in given or not 0 <= weight < math.inf:
            raise UsageError("training.bad_class_weights", found=repr(weights))
        given[name] = weight
    return given


def _pairs(weights: object) -> Iterable[tuple[Any, Any]]:
    """Names with numbers, as they stand in text or in a table; an empty name where there are none."""
    if isinstance(weights, Mapping):
        return weights.items()
    parts = weights.split(",") if isinstance(weights, str) else [""]
    halves = (part.rpartition("=") for part in parts)
    return [(name.strip(), number.strip()) for name, _, number in halves]


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
