"""What a sample's target is as numbers that a network is to give, and what its outputs say in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.losses import LOSSES
from chainrule.data.dataset import MOST_FACTOR, Info, Samples, Scaling
from chainrule.data.rows import Inputs, parts
from chainrule.errors import Sentence, UsageError
from chainrule.network import NetworkDefinition

Array = NDArray[Any]


@dataclass(frozen=True)
class ClassTargets:
    """Classes as outputs: `high` for the right one and `low` for the others; one output stands for two
    classes, `high` for the second. smoothing: the share by which each is drawn to their mean over the
    classes, which is 1/K for K classes from 0 to 1."""

    outputs: int
    low: float = 0.0
    high: float = 1.0
    smoothing: float = 0.0

    def encode(self, y: Array, dtype: Any = np.float64) -> Array:
        """Targets (n, outputs) of class numbers (n,)."""
        if self.outputs == 1:
            table = np.array([[self.low], [self.high]])
        else:
            table = np.full((self.outputs, self.outputs), self.low)
            np.fill_diagonal(table, self.high)
        if self.smoothing:
            table = (1 - self.smoothing) * table + self.smoothing * table.mean(axis=0)
        coded: Array = np.take(table.astype(dtype), y, axis=0)
        return coded

    def decode(self, outputs: Array) -> Array:
        """Class numbers (n,) that outputs (n, outputs) speak for."""
        if self.outputs == 1:
            return np.asarray(outputs[:, 0] > (self.low + self.high) / 2, np.int64)
        return np.asarray(outputs.argmax(axis=1))

    def probabilities(self, outputs: Array) -> Array:
        """Shares (n, classes) that sum to 1: softmax outputs as they are, others from `low`..`high` to 0..1
        and then divided by their sum."""
        shares = np.clip((outputs - self.low) / (self.high - self.low), 0, 1)
        if self.outputs == 1:
            return np.concatenate([1 - shares, shares], axis=1)
        total = shares.sum(axis=1, keepdims=True)
        return np.where(total > 0, shares / np.where(total > 0, total, 1), 1 / self.outputs)

    @property
    def sum_to_one(self) -> bool:
        return self.outputs > 1 and (self.low, self.high) == (0.0, 1.0)


@dataclass(frozen=True)
class NumberTargets:
    """Numbers as outputs, scaled where an unbounded output is to give them."""

    scaling: Scaling

    sum_to_one = False

    def encode(self, y: Array, dtype: Any = np.float64) -> Array:
        """Scaled targets (n, k)."""
        return self.scaling(y, dtype)

    def decode(self, outputs: Array) -> Array:
        """The numbers (n, k) that outputs stand for; infinite where they are beyond float64."""
        with np.errstate(over="ignore", under="ignore"):
            numbers: Array = outputs / self.scaling.factor + self.scaling.shift
        return numbers


Targets = ClassTargets | NumberTargets


def smoothed(targets: Targets, share: float) -> Targets:
    """The targets to learn from where they are smoothed. Raises UsageError for numbers, which have no
    classes to share among."""
    if share and isinstance(targets, NumberTargets):
        raise UsageError("training.smoothing_numbers")
    return replace(targets, smoothing=share) if isinstance(targets, ClassTargets) else targets


def targets_for(net: NetworkDefinition, train: Samples, low: float = 0.0, high: float = 1.0) -> Targets:
    """How the targets of `train` become outputs of `net`, whose activations are named.

    Numbers are standardised with the training part's mean and deviation where the output is the identity;
    any other output has a range of its own, and the targets are taken as they are.
    Raises UsageError where the number of outputs does not fit, or where numbers cannot be scaled.
    """
    check_outputs(net, train.info)
    if train.info.classes is not None:
        return ClassTargets(net.outputs, low, high)
    _check_range(net, train)
    if net.layers[-1].activation == "identity":
        return NumberTargets(_standardising(train.y, train, train.target))
    return NumberTargets(Scaling.fixed())


def _check_range(net: NetworkDefinition, samples: Samples) -> None:
    """Raises UsageError for target numbers that the loss is not made for."""
    row, _ = LOSSES.choose(str(net.loss))
    wrong = (samples.y < row.lowest) | (samples.y > row.highest)
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise UsageError(
            "training.target_range",
            name=samples.info.name,
            loss=row.name,
            lowest=row.lowest,
            highest=row.highest,
            found=samples.y[place],
            place=samples.place(place[0]),
        )


def check_outputs(net: NetworkDefinition, info: Info) -> None:
    """Raises UsageError where the network's outputs do not fit the data set's targets."""
    if info.classes is not None:
        count = len(info.classes)
        if count == 1:
            raise UsageError("training.one_class", name=info.name, found=info.classes[0])
        if net.outputs != count and not (net.outputs == 1 and count == 2):
            expected = "1 / 2" if count == 2 else str(count)
            raise UsageError(
                "training.class_outputs", name=info.name, classes=count, found=net.outputs, expected=expected
            )
    elif net.outputs != len(info.targets):
        raise UsageError(
            "training.number_outputs", name=info.name, expected=len(info.targets), found=net.outputs
        )


def check_inputs(net: NetworkDefinition, info: Info, width: int) -> None:
    """Raises UsageError where the network's inputs do not fit the samples' features."""
    if net.inputs != width:
        raise UsageError("training.inputs", name=info.name, expected=width, found=net.inputs)


def input_scaling(train: Samples) -> Scaling:
    """The data set's own scaling; else pictures of bytes from 0..255 to 0..1, and tables of any type by mean
    and deviation. Raises UsageError for a column that cannot be scaled."""
    if train.info.scaling is not None:
        return train.info.scaling
    if train.info.image is not None and train.x.dtype == np.uint8:
        return Scaling.fixed(0.0, 1 / 255)
    return _standardising(train.x, train, train.feature)


def _standardising(numbers: Inputs, samples: Samples, name: Callable[[int], Sentence]) -> Scaling:
    """The scaling of numbers (n, d) of `samples` by mean and deviation. name: what a column is called.
    Raises UsageError where a column's numbers differ by too little or too much for it."""
    scaling = Scaling.standardising(numbers)
    if not scaling.unusable.any():
        return scaling
    column = int(scaling.unusable.argmax())
    small = scaling.factor[column] > MOST_FACTOR
    values = np.concatenate([part[:, column] for part in parts(numbers)])
    row = int(np.abs(values).argmax())
    raise UsageError(
        "training.too_close" if small else "training.too_far_apart",
        name=samples.info.name,
        column=name(column),
        found=float(values[row]),
        place=samples.place(row),
        factor="1e300" if small else "1e-300",
    )
