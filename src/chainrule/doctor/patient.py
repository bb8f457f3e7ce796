"""What is measured of a training at one moment: on some hundred of its samples, and nothing changed by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.losses import LOSSES, Formula
from chainrule.data.dataset import Samples
from chainrule.doctor.samples import keys_of, majority_of, some
from chainrule.engines.expressions import evaluate
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.expr import Node, leaf, total
from chainrule.formula import find_activation
from chainrule.reverse import reverse
from chainrule.training.loop import Trainer

Array = NDArray[np.float64]
MOST = 256
"""Samples that are looked at."""
LEAST = 20
"""Samples that show anything by being compared with each other, or by being predicted."""
MOST_COMPARED, BYTES_COMPARED = 10_000, 8 << 20
"""Samples, and bytes of them, that are compared with each other."""
AT_CHANCE = 0.9
"""A loss above this share of what always the same answer costs shows that next to nothing is learned."""
FLAT = 0.02
"""A bounded unit is saturated where its slope is less than this share of its steepest one."""
NO_SLOPE = 1e-6
"""Where a unit's slope is less than this share of its steepest one, nothing passes through it."""


class Patient:
    """A training at one moment.

    start: the same training when it was first looked at, of a trainer that stays there; None where this is
    it. test: its test part.
    """

    def __init__(self, trainer: Trainer, start: Patient | None = None, test: Samples | None = None) -> None:
        self.trainer, self.start = trainer, start or self
        if start is None:
            self.test = test
            looked_at = some(len(trainer.train), MOST)
            self.samples = trainer.train.take(looked_at)
            w = trainer.weights
            self.w = () if w is None else (w[looked_at].astype(trainer.net.dtype),)
            self.x = trainer.scaling(self.samples.x, trainer.net.dtype)
            self.y = trainer.targets.encode(self.samples.y, trainer.net.dtype)
            self.engine = NumpyEngine(trainer.program, trainer.engine.parameters, trainer.net.dtype)
        else:
            self.test, self.samples = start.test, start.samples
            self.x, self.y, self.w, self.engine = start.x, start.y, start.w, start.engine
            for name, w in trainer.engine.parameters.items():
                np.copyto(self.engine.parameters[name], w)
        self.done = trainer.steps
        self.trials: dict[tuple[float, int], float] = {}
        values = self.engine.forward(self.x)
        layers = range(1, len(trainer.net.layers) + 1)
        self.u, self.a = (
            [values.get(f"{letter}{i}", values[f"z{i}"]).astype(np.float64) for i in layers]
            for letter in "ua"
        )
        """What each layer's activation takes and gives, (n, units), as the network predicts."""
        weights = [w for name, w in self.engine.parameters.items() if name[0] == "W"]
        self.weights = math.sqrt(sum(float(np.square(w, dtype=np.float64).sum()) for w in weights))
        """The root of the sum of all squared weights."""

    @property
    def steps(self) -> int:
        """Done since the start."""
        return self.done - self.start.done

    @cached_property
    def compared(self) -> Samples:
        """Those of the training part that are compared byte by byte."""
        stored = self.trainer.train.x
        most = max(MOST, min(MOST_COMPARED, BYTES_COMPARED // (stored.shape[1] * stored.dtype.itemsize)))
        compared = self.trainer.train.take(some(len(stored), most))
        return Samples(np.asarray(compared.x), compared.y, compared.info)

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """A number for the inputs of each of those, the same for the same inputs."""
        return keys_of(np.asarray(self.compared.x))

    @cached_property
    def repeated(self) -> float:
        """The share of those that repeat an earlier one."""
        return 1 - len(set(self.keys.tolist())) / len(self.keys)

    @cached_property
    def loss(self) -> float:
        """The mean loss of the samples, without penalties."""
        return self._loss_of(self.a[-1], self.u[-1])

    @cached_property
    def loss_together(self) -> float:
        """The same with layers normalised as in training: by the mean and deviation of these samples
        themselves, where it is over samples."""
        last = self.trainer.program.meaning.units[-1]
        a, z = self.engine.values([last.a, last.z], self.x, self.y, *self._undropped)
        return self._loss_of(a.astype(np.float64), z.astype(np.float64))

    @cached_property
    def averages_behind(self) -> bool:
        """Whether predictions show little of what is learned: where layers are normalised over samples, the
        running averages that stand for mean and deviation then are not those of the weights."""
        if not self.trainer.program.statistics or len(self.x) < LEAST:
            return False
        together = self.loss_together
        return self.loss > 1.5 * together and self.loss - together > 0.15 * self.chance > 0

    def _loss_of(self, a: Array, z: Array) -> float:
        net = self.trainer.net
        row, settings = LOSSES.choose(str(net.loss))
        output = find_activation(str(net.layers[-1].activation))[0].name
        return _mean_loss(row.from_z.get(output, row.function), settings, self.y, a, z)

    @cached_property
    def chance(self) -> float:
        """What always the same answer costs, the mean of the targets; infinite where that makes no sense."""
        if self.start is not self:
            return self.start.chance
        row, settings = LOSSES.choose(str(self.trainer.net.loss))
        if row.fits == ("step",):
            return math.inf
        mean = np.broadcast_to(self.y.mean(axis=0, dtype=np.float64), self.y.shape)
        return _mean_loss(row.function, settings, self.y, mean, mean)

    @property
    def part(self) -> float:
        """The loss as a part of what always the same answer costs."""
        return self.loss / self.chance if self.chance > 0 else 0.0

    @cached_property
    def accuracy(self) -> float | None:
        """The share of the samples that are recognised; None where the targets are numbers."""
        if self.samples.info.classes is None:
            return None
        return float((self.trainer.targets.decode(self.a[-1]) == self.samples.y).mean())

    @property
    def at_chance(self) -> bool:
        """Whether next to nothing is learned: neither the loss nor the accuracy is better than that of always
        the same answer."""
        blind = self.accuracy is None or at_majority(self.accuracy, majority_of(self.samples))
        return self.part > AT_CHANCE and blind

    @property
    def by_heart(self) -> bool:
        """Whether nothing of what is learned was ever of use for the validation part."""
        watched, history = self.trainer.validation, self.trainer.history
        if watched is None or len(watched) < LEAST or not history or self.at_chance:
            return False
        if min(entry.validation_loss or 0.0 for entry in history) < 0.8 * self.chance:
            return False
        if (accuracy := history[-1].validation_accuracy) is not None:
            return majority_of(watched) < 0.9 and at_majority(accuracy, majority_of(watched))
        loss = history[-1].validation_loss
        return loss is not None and self.part < 0.7 and loss > AT_CHANCE * self.chance

    @cached_property
    def saturated(self) -> list[float | None]:
        """By hidden layer: the share of its values, of all units and samples, where a bounded activation is
        flat; None where it has no bounds."""
        return [
            float((slope < FLAT * shape.steepest).mean()) if shape.bounded else None
            for slope, shape in self._hidden
        ]

    @cached_property
    def dead(self) -> list[float | None]:
        """By hidden layer: the share of its units through which no sample's error passes; None where the
        activation has bounds, so that they are saturated instead."""
        return [
            None if shape.bounded else float((slope <= NO_SLOPE * shape.steepest).all(axis=0).mean())
            for slope, shape in self._hidden
        ]

    @cached_property
    def _hidden(self) -> list[tuple[Array, Shape]]:
        """Of each hidden layer: the sizes of its units' slopes, (n, units), and its activation's shape."""
        names = [str(layer.activation) for layer in self.trainer.net.layers[:-1]]
        return [(np.abs(slopes(name, u)), shape_of(name)) for name, u in zip(names, self.u, strict=False)]

    @cached_property
    def gradients(self) -> list[float]:
        """By layer with weights of its own: the root mean square of J's gradient by them, nothing dropped."""
        found = self.engine.gradients(self.x, self.y, *self._undropped)[1]
        return [
            math.sqrt(np.square(g, dtype=np.float64).mean()) for name, g in found.items() if name[0] == "W"
        ]

    @property
    def _undropped(self) -> list[NDArray[Any]]:
        """What a step is given beside the samples: masks that drop nothing, and their weights."""
        program = self.trainer.program
        sizes = (program.sizes[mask.array.dims[-1]] for mask in program.masks.values())
        return [*(np.ones((len(self.x), size), self.engine.dtype) for size in sizes), *self.w]


def at_majority(accuracy: float, majority: float) -> bool:
    """Whether an accuracy is next to that of always naming the most frequent class."""
    return accuracy < majority + 0.1 * (1 - majority)


def _mean_loss(formula: Formula, settings: dict[str, float], y: NDArray[Any], a: Array, z: Array) -> float:
    leaves = {"y": np.asarray(y, np.float64), "a": a, "z": z}
    nodes = [leaf(name, ["n", "k"]) for name in leaves]
    (each,) = evaluate([formula(*nodes, "k", **settings)], leaves)
    return float(np.mean(each))


@dataclass(frozen=True)
class Shape:
    """What an activation's values and slopes look like. low, high: between which its values lie, infinite
    where they have no bound. steepest: the size of its largest slope."""

    low: float
    high: float
    steepest: float

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)


@cache
def shape_of(activation: str) -> Shape:
    """The shape of an activation by name or formula, as it is seen between -40 and 40: a value that is not
    exceeded there beyond -20 and 20 is taken for a bound."""
    z = np.zeros((801, 2))  # a second unit, for those that look across the layer
    z[:, 0] = np.linspace(-40, 40, len(z))
    row, settings = find_activation(activation)
    (values,) = evaluate([row.apply(leaf("z", ["n", "k"]), "k", **settings)], {"z": z})
    near, whole = values[np.abs(z[:, 0]) <= 20, 0], values[:, 0]
    near, whole = near[np.isfinite(near)], whole[np.isfinite(whole)]
    if not near.size:
        return Shape(-math.inf, math.inf, 1.0)
    slope = np.abs(slopes(activation, z)[:, 0])
    return Shape(
        float(whole.min()) if whole.min() > near.min() - 1e-3 else -math.inf,
        float(whole.max()) if whole.max() < near.max() + 1e-3 else math.inf,
        float(slope[np.isfinite(slope)].max(initial=0.0)),
    )


def slopes(activation: str, z: Array) -> Array:
    """The derivative of an activation by name or formula at z, (n, units)."""
    return evaluate([_slope(activation)], {"z": z}, {"n": z.shape[0], "k": z.shape[1]})[0]


@cache
def _slope(activation: str) -> Node:
    row, settings = find_activation(activation)
    z = leaf("z", ["n", "k"])
    return reverse(total(row.apply(z, "k", **settings)), [z])[0]
