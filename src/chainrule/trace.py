"""The worked example: every line of a network's program with its numbers, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.registry import unknown
from chainrule.check.network_values import NetworkValues, evaluate
from chainrule.derivation.node import NodeDerivation
from chainrule.derivation.worked import Worked
from chainrule.documents.document import Document
from chainrule.errors import ShapeError
from chainrule.expr import Dims, leaf, total
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, initial_parameters
from chainrule.notation import find_notation
from chainrule.notation.quantity import quantity, split_entry
from chainrule.program import FORWARD, UPDATE, Role
from chainrule.recipe import Recipe
from chainrule.reverse import reverse
from chainrule.sentences import Language, language, speaking

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TracedLine:
    """A line of the program and its value, with the dims as axes; `n` is that of the samples."""

    name: str
    role: Role
    layer: int | None
    dims: Dims
    value: Array


class Trace:
    """All numbers of one step of a network on some samples; `trace["delta1"]` is an array, (n, h1).

    x: (n, inputs), scaled as the network takes it. y: (n, outputs); None: the forward pass alone. parameters:
    arrays by name; None: drawn from the network's seed. lr: learning rate of the update.
    Raises ShapeError.
    """

    def __init__(
        self,
        net: NetworkDefinition,
        x: object,
        y: object = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        optimizer: str = "sgd",
        lr: float | None = None,
    ) -> None:
        self.net = net.resolved()
        self.optimizer = optimizer
        inputs = _rows("x", x, net.inputs)
        self.forward_only = y is None
        targets = np.zeros((len(inputs), net.outputs)) if y is None else _rows("y", y, net.outputs)
        if len(targets) != len(inputs):
            raise ShapeError("trace.samples", inputs=len(inputs), targets=len(targets))
        drawn = initial_parameters(self.net)
        given = {**drawn, **_parameters(drawn, parameters or {})}
        self.lr = Recipe(optimizer=optimizer, lr=lr, schedule="constant").rate()
        self.values = NetworkValues(
            self.net, inputs, targets, given, optimizer, scalars={"lr": self.lr, "t": 1.0}
        )
        self.lines = tuple(self._traced())

    def _traced(self) -> list[TracedLine]:
        values = self.values
        traced = []
        for line in values.batch.lines:
            if self.forward_only and line.role not in FORWARD:
                continue
            if line.role in UPDATE:
                value = values.at_update(line.name, batch=True)[f"new {line.name}"][0]
            else:
                value = values.of_batch[line.name]
            traced.append(TracedLine(line.name, line.role, line.layer, line.dims, np.asarray(value)))
        return traced

    def __getitem__(self, name: str) -> Array:
        """The value of a line: `z1`, `a1`, `J`, `delta1`, `dW1`; also `x`, `y` and parameters as they were
        before the update."""
        values = self.values
        for known in (values.of_batch, values.parameters):
            if name in known and not (self.forward_only and name not in self.names):
                return np.array(known[name])
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """What has a value, in order."""
        return ["x", *self.values.parameters, *dict.fromkeys(line.name for line in self.lines)]

    @property
    def loss(self) -> float | None:
        """J; None for a forward pass alone."""
        return None if self.forward_only else float(self["J"])

    def to_dict(self) -> dict[str, Any]:
        """What `trace --json` prints."""
        lines = [
            {
                "name": line.name,
                "role": line.role,
                "layer": line.layer,
                "dims": list(line.dims),
                "shape": list(line.value.shape),
                "value": line.value.tolist(),
            }
            for line in self.lines
        ]
        return {"network": str(self.net), "lines": lines, "loss": self.loss}

    def number(self, name: str) -> float:
        """An entry by its name, places counted from 1: `a1[2]`, `∂C/∂W1[1,2]`; of the first sample."""
        if name.startswith("∂"):
            top, bottom = (split_entry(part) for part in name[1:].split("/∂"))
            array, by_sample = self.values[f"∂{top[0]}/∂{bottom[0]}"]
            places = (*top[1], *bottom[1])
        else:
            array_name, places = split_entry(name)
            what = quantity(array_name)
            if what.kind in ("g", "g'"):
                return self._activation(what.layer or 0, places, slope=what.kind == "g'")
            array, by_sample = self.values[array_name]
        at = (0,) * by_sample + tuple(place - 1 for place in places)
        return float(array[at])

    def _activation(self, layer: int, places: tuple[int, ...], *, slope: bool) -> float:
        z = np.asarray([self.number(f"z{layer}[{places[0]}]")])
        row, settings = find_activation(str(self.net.layers[layer - 1].activation))
        g = row.apply(leaf("z", ["k"]), "k", **settings)
        node = reverse(total(g), [leaf("z", ["k"])])[0] if slope else g
        return float(evaluate([node], {"z": z}, {"k": 1})[0][0])

    def follow(
        self,
        array: str,
        *places: int,
        notation: str = "nielsen",
        lang: Language | None = None,
        digits: int = 4,
    ) -> Document:
        """One weight from the loss down with all numbers, for the first sample; places counted from 0:
        `trace.follow("W1", 0, 1)`. Raises UsageError, UnknownNameError."""
        of = f"{array}[{','.join(map(str, places))}]" if places else array
        with speaking(lang):
            book = find_notation(notation)
            writer = NodeDerivation(self.net, book, self.optimizer)

            def number(name: str) -> float:
                return self.number(name) * (book.error_sign if name.startswith("delta") else 1)

            writer.worked = Worked(number, digits)
            return Document(language(), tuple(writer.follow(of)))


def _rows(name: str, given: object, width: int) -> Array:
    """Samples as rows of float64. Raises ShapeError."""
    try:
        array: Array = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError("trace.not_numbers", name=name) from error
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != width or not len(array):
        found = " x ".join(map(str, array.shape)) or "1"
        raise ShapeError("trace.shape", name=name, expected=width, found=found)
    if not np.isfinite(array).all():
        raise ShapeError("trace.not_numbers", name=name)
    return array


def _parameters(expected: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Array]:
    """Parameters by name, of the shapes that the network has. Raises ShapeError, UnknownNameError."""
    arrays = {}
    for name, value in given.items():
        if name not in expected:
            raise unknown("parameter", name, list(expected))
        try:
            arrays[name] = np.asarray(value, np.float64)
        except (TypeError, ValueError) as error:
            raise ShapeError("trace.not_numbers", name=name) from error
        if arrays[name].shape != expected[name].shape or not np.isfinite(arrays[name]).all():
            shapes = [" x ".join(map(str, shape)) for shape in (expected[name].shape, arrays[name].shape)]
            raise ShapeError("trace.parameter", name=name, expected=shapes[0], found=shapes[1])
    return arrays
