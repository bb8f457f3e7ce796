"""What is measured of a training at one moment: on some hundred of its samples, and nothing changed by it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
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
from chainrule.lazily import cached_property
from chainrule.reverse import reverse
from chainrule.training.loop import Epoch, Trainer

Array = NDArray[np.float64]
MOST = 256
"""Samples that are looked at."""
LEAST = 20
"""Samples that show anything by being compared with each other, or by being predicted."""
MOST_COMPARED, BYTES_COMPARED = 10_000, 8 << 20
"""Samples, and bytes of them, that are compared with each other."""
AT_CHANCE = 0.9
"""A loss above this share of what always the same answer costs shows that next to nothing is learned."""
LEARNED = 0.15
"""A loss below this share of it shows that nearly all is learned."""
FLAT = 0.02
"""A bounded unit is saturated where its slope is less than this share of its steepest one."""
NO_SLOPE = 1e-6
"""Where a unit's slope is less than this, or than this share of its steepest one, nothing passes through."""


class Patient:
    """A training at one moment; what is asked for is measured then, so the trainer must not go on before.

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
        else:
            self.test, self.samples = start.test, start.samples
            self.x, self.y, self.w = start.x, start.y, start.w
        self.done = trainer.steps
        self.trials: dict[tuple[float, int], float] = {}

    @cached_property
    def engine(self) -> NumpyEngine:
        """With the parameters of this moment."""
        engine = self.trainer.engine
        return NumpyEngine(self.trainer.program, engine.parameters, self.trainer.net.dtype, like=engine)

    @cached_property
    def forward(self) -> dict[str, NDArray[Any]]:
        """Lines of the network as it predicts, by name."""
        return self.engine.forward(self.x)

    @cached_property
    def u(self) -> list[Array]:
        """What each layer's activation takes, (n, units)."""
        values, layers = self.forward, range(1, len(self.trainer.net.layers) + 1)
        return [values.get(f"u{i}", values[f"z{i}"]).astype(np.float64) for i in layers]

    @cached_property
    def a(self) -> Array:
        """The network's outputs, (n, units)."""
        return self.forward[f"a{len(self.trainer.net.layers)}"].astype(np.float64)

    @property
    def steps(self) -> int:
        """Done since the start."""
        return self.done - self.start.done

    @cached_property
    def weights(self) -> float:
        """The root of the sum of all squared weights."""
        weights = (w for name, w in self.trainer.engine.parameters.items() if name[0] == "W")
        return math.sqrt(sum(float(np.square(w, dtype=np.float64).sum()) for w in weights))

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Which samples of the training part are compared byte by byte; few of a short training."""
        x = self.trainer.train.x
        learned = self.trainer.epochs * len(x)
        bounds = MOST_COMPARED, BYTES_COMPARED // (x.shape[1] * x.dtype.itemsize), learned // 32
        return some(len(x), max(MOST, min(bounds)))

    @cached_property
    def compared(self) -> Samples:
        """Those samples."""
        compared = self.trainer.train.take(self.rows)
        return Samples(np.asarray(compared.x), compared.y, compared.info)

    @cached_property
    def keys(self) -> list[int]:
        """A number for the inputs of each of those, the same for the same inputs."""
        return keys_of(self.trainer.train.x, self.rows)

    @cached_property
    def repeated(self) -> float:
        """The share of those that repeat an earlier one."""
        return 1 - len(set(self.keys)) / len(self.keys)

    @cached_property
    def loss(self) -> float:
        """The mean loss of the samples, without penalties."""
        return self._loss_of(self.a, self.u[-1])

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

    def learned(self, history: Sequence[Epoch]) -> bool:
        """Whether the loss by itself, that of the validation part where there is one, shows that nearly all
        there is was learned."""
        last = history[-1]
        loss = last.loss if last.validation_loss is None else last.validation_loss
        return loss < LEARNED * self.chance < math.inf

    @cached_property
    def accuracy(self) -> float | None:
        """The share of the samples that are recognised; None where the targets are numbers."""
        if self.samples.info.classes is None:
            return None
        return float((self.trainer.targets.decode(self.a) == self.samples.y).mean())

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
            float((slopes_of(name, u) < FLAT * steepest_of(name)).mean()) if is_bounded(name) else None
            for name, u in self._hidden
        ]

    @cached_property
    def dead(self) -> list[float | None]:
        """By hidden layer: the share of its units through which no sample's error passes; None where the
        activation has bounds, so that they are saturated instead."""
        return [
            None
            if is_bounded(name)
            else float((slopes_of(name, u) <= NO_SLOPE * min(steepest_of(name), 1.0)).all(axis=0).mean())
            for name, u in self._hidden
        ]

    @property
    def _hidden(self) -> list[tuple[str, Array]]:
        """Of each hidden layer: its activation, and what that takes, (n, units)."""
        return [
            (str(layer.activation), u) for layer, u in zip(self.trainer.net.layers, self.u[:-1], strict=False)
        ]

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


_WIDE = np.stack([np.linspace(-40, 40, 801), np.zeros(801)], axis=1)
"""z of a unit over all that matters, beside a second unit for activations that look across the layer."""


@cache
def bounds_of(activation: str) -> tuple[float, float]:
    """Between which values those of an activation by name or formula lie, infinite where they have no bound,
    as is seen between -40 and 40: a value that is not exceeded there beyond -20 and 20 is taken for one."""
    row, settings = find_activation(activation)
    (values,) = evaluate([row.apply(leaf("z", ["n", "k"]), "k", **settings)], {"z": _WIDE})
    near, whole = values[np.abs(_WIDE[:, 0]) <= 20, 0], values[:, 0]
    near, whole = near[np.isfinite(near)], whole[np.isfinite(whole)]
    if not near.size:
        return -math.inf, math.inf
    low, high = float(whole.min()), float(whole.max())
    return low if low > near.min() - 1e-3 else -math.inf, high if high < near.max() + 1e-3 else math.inf


def is_bounded(activation: str) -> bool:
    """Whether an activation's values have bounds on both sides."""
    return all(map(math.isfinite, bounds_of(activation)))


@cache
def steepest_of(activation: str) -> float:
    """The size of an activation's largest slope."""
    slope = slopes_of(activation, _WIDE)[:, 0]
    return float(slope[np.isfinite(slope)].max(initial=0.0))


def slopes_of(activation: str, z: Array) -> Array:
    """The size of the derivative of an activation by name or formula at z, (n, units)."""
    return np.abs(evaluate([_slope(activation)], {"z": z}, {"n": z.shape[0], "k": z.shape[1]})[0])


@cache
def _slope(activation: str) -> Node:
    row, settings = find_activation(activation)
    z = leaf("z", ["n", "k"])
    return reverse(total(row.apply(z, "k", **settings)), [z])[0]
