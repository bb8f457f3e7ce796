"""What the names in a formula stand for, in numbers: a network with parameters, inputs and targets drawn at
random, as the two layouts arrange them.

    column   one sample; vectors are columns: z1 = W1 @ a0 + b1
    rows     a batch, a sample a row: z1 = a0 @ W1.T + b1
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Literal, get_args

import numpy as np

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.check.formula.python import parse
from chainrule.check.network_values import NetworkValues
from chainrule.engines.expressions import Array, evaluate
from chainrule.engines.masks import first_masks
from chainrule.expr import Node, contract, leaf, size, total
from chainrule.formula import Tree, find_activation
from chainrule.network import NetworkDefinition, over_samples
from chainrule.notation.notation import Notation
from chainrule.program import UPDATE, build
from chainrule.reverse import reverse
from chainrule.simplify import simplify

Layout = Literal["column", "rows"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
KEPT = 8
"""Layers of up to so many units keep their size."""
MOST_OUTPUTS = 100
MOST_ENTRIES = 10**6
MOST_DIAGONAL = 100
NEAR_A_KINK = 1e-6


@dataclass(frozen=True)
class StandIn:
    """A network with layers as small as its formulas allow: layers of one size have one size, layers of
    different sizes different ones. sizes: the true size by the one it has here, `m` for the samples."""

    net: NetworkDefinition
    samples: int
    sizes: Mapping[int, str]

    def shape(self, array: Array) -> str:
        """A shape with the true sizes."""
        return " x ".join(self.sizes.get(n, str(n)) for n in array.shape) or "1"


def stand_in(net: NetworkDefinition, *, batch: bool) -> StandIn:
    """The number of outputs stays as it is: formulas may say it as a number. batch: several samples."""
    net = net.resolved()
    kept = {n for n in net.sizes if n <= KEPT} | ({net.outputs} if net.outputs <= MOST_OUTPUTS else set())
    free = (n for n in count(KEPT + 1) if n not in kept)
    small = {n: n if n in kept else next(free) for n in sorted(set(net.sizes))}
    layers = tuple(dataclasses.replace(layer, units=small[layer.units]) for layer in net.layers)
    taken = {factor * n for n in small.values() for factor in (1, 2)}
    samples = next(n for n in count(5, 2) if not taken & {n, 2 * n}) if batch else 1
    sizes = {new: str(old) for old, new in small.items()}
    if batch:
        sizes[samples] = "m"
    return StandIn(dataclasses.replace(net, inputs=small[net.inputs], layers=layers), samples, sizes)


class Draws:
    """Several draws for a network in a layout. Each is a table of arrays by name.

    notation: a textbook's, by which errors are those of one sample, and may have the other sign. batch: in
    the layout `column`, several samples along a first axis, as there always are where samples act on one
    another.
    """

    def __init__(
        self,
        net: NetworkDefinition,
        layout: Layout,
        notation: Notation | None = None,
        *,
        batch: bool = False,
        number: int = 3,
    ) -> None:
        self.layout, self.notation = layout, notation
        self.stand_in = stand_in(net, batch=batch or layout == "rows" or net.mixes_samples)
        self.of_each = notation is not None or (net.mixes_samples and layout == "column" and not batch)
        """Whether an error is that of one sample, and not its share in the mean."""
        self.net = self.stand_in.net
        self.program = build(self.net, targets_sum_to_one=False)
        self._calls: dict[tuple[int, Tree], Array] = {}
        """Values of functions of names, which are asked for again and again."""
        self._da = self._by_outputs()
        self.given: list[dict[str, Array]] = []
        """Inputs, targets and parameters of each draw, a sample a row."""
        self.tables = [self._table(at) for at in range(number)]

    def _by_outputs(self) -> dict[str, Node]:
        """dJ/da of every layer; at the last by the loss alone, also where J takes a short cut past it."""
        meaning = self.program.meaning
        *hidden, last = meaning.units
        derivatives = reverse(meaning.J, [unit.a for unit in hidden])
        row, settings = LOSSES.choose(str(self.net.loss))
        a = leaf("a", last.a.dims)
        loss = total(row.function(meaning.y, a, last.z, "k", **settings)) / size("n")
        derivatives += reverse(loss, [a])
        names = [f"da{unit.number}" for unit in meaning.units]
        return dict(zip(names, derivatives, strict=True))

    def _table(self, number: int) -> dict[str, Array]:
        """Drawn again while a weighted input or an error is close to 0, where kinks are, or all of a layer is
        dropped."""
        for attempt in range(20):
            table = self._drawn(np.random.default_rng([number, attempt]))
            nearest = min(
                np.abs(array).min() for name, array in table.items() if name[0] == "z" or name == "error"
            )
            if nearest > NEAR_A_KINK and all(table[name].any() for name in self.program.masks):
                break
        del table["error"], table["J"]
        given = ("x", "y", *self.program.masks, *self.program.parameters)
        self.given.append({name: table[name] for name in given})
        return self._arranged(table)

    def _drawn(self, rng: np.random.Generator) -> dict[str, Array]:
        net, m = self.net, self.stand_in.samples
        table: dict[str, Array] = {"x": rng.standard_normal((m, net.inputs)), "y": self._targets(rng)}
        if self.program.masks:
            table |= first_masks(self.program, m, int(rng.integers(2**32)))
        for name in self.program.parameters:
            shape = self.program.shape(name)
            table[name] = rng.standard_normal(shape) / np.sqrt(shape[-1]) + 0.1
        constants = {name: np.asarray(value) for name, value in self.program.constants.items()}
        sizes = {**self.program.sizes, "n": m}
        for line in self.program.lines:
            if line.role not in UPDATE:
                (table[line.name],) = evaluate(
                    [contract(line.dims, line.expr)], {**table, **constants}, sizes
                )
        last = len(net.layers)
        leaves = {**table, **constants, "a": table[f"a{last}"]}
        table |= zip(self._da, evaluate(list(self._da.values()), leaves, sizes), strict=True)
        table["error"] = table["y"] - table[f"a{last}"]
        return table

    def _targets(self, rng: np.random.Generator) -> Array:
        """Of the kind that the loss is for: probabilities that sum to 1, numbers from 0 to 1, any numbers."""
        shape = (self.stand_in.samples, self.net.outputs)
        loss, _ = LOSSES.choose(str(self.net.loss))
        if loss.name == "cross_entropy":
            y = rng.random(shape) + 0.1
            return np.asarray(y / y.sum(axis=1, keepdims=True))
        return rng.random(shape) if loss.highest == 1 else rng.standard_normal(shape)

    def _arranged(self, table: dict[str, Array]) -> dict[str, Array]:
        """The table in the layout, with every name that a formula may use."""
        net = self.net
        if self.of_each:
            for name in [name for name in table if name.startswith(("delta", "da", "du"))]:
                sign = self.notation.error_sign if self.notation and name.startswith("delta") else 1
                table[name] = sign * self.stand_in.samples * table[name]
        units = [
            p for p, layer in enumerate(net.layers, 1) if layer.norm and not over_samples(layer)
        ]  # in them mean and deviation are a number a sample
        table |= {name: table[name][:, None] for p in units for name in (f"mu{p}", f"s{p}")}
        if self.layout == "column":
            table = {
                name: array if name.lstrip("d")[0] == "W" else _columns(array, one=self.stand_in.samples == 1)
                for name, array in table.items()
            }
        table["a0"] = table["x"]
        for number, layer in enumerate(net.layers, 1):
            if layer.shared:
                table[f"W{number}"] = table[f"W{layer.shared}"]
            table[f"dz{number}"] = table[f"delta{number}"]
        if net.layers[-1].activation in ("softmax", "sigmoid"):
            table["p"] = table[f"a{len(net.layers)}"]
        numbers = {"m": float(self.stand_in.samples), "K": float(net.outputs)}
        numbers |= {"lam": net.penalties.get("l2", 0.0), "l1": net.penalties.get("l1", 0.0)}
        return {**table, **{name: np.asarray(value) for name, value in numbers.items()}}

    def with_shares(self) -> Draws:
        """The same draws, in which a derivative by a parameter is the share that each sample has in it."""
        shares = copy(self)
        shares.tables = [{**table} for table in self.tables]
        for given, table in zip(self.given, shares.tables, strict=True):
            values = NetworkValues(self.net, given["x"], given["y"], given, masks=given)
            for name in self.program.parameters:
                array = values[f"∂C/∂{name}"][0]
                table[f"d{name}"] = array if name[0] == "W" else array[..., None]
        return shares

    # Formulas in numbers.

    def value(self, tree: Tree, number: int = 0, known: Mapping[int, Array] | None = None) -> Array:
        """What a formula gives in draw `number`. known: values of its parts, by their id. ValueError where
        shapes do not fit."""
        if known and (array := known.get(id(tree))) is not None:
            return array
        match tree.kind:
            case "keepdims":
                raise ValueError  # which has no value
            case "number":
                return np.asarray(float(tree.text))
            case "name":
                return self.tables[number][tree.text]
            case "call" if tree.text == "samples":
                array = self.value(tree.parts[0], number, known)
                return np.asarray(array.sum(0)) if array.ndim > 2 else self.stand_in.samples * array
            case "call" if tree.text in SUMS:
                return self._summed(tree, self.value(tree.parts[0], number, known))
            case "call" if tree.parts[0].kind == "name":
                key = number, tree
                if key not in self._calls:
                    self._calls[key] = self._called(tree, [self.value(part, number) for part in tree.parts])
                return self._calls[key]
            case "call":
                return self._called(tree, [self.value(part, number, known) for part in tree.parts])
        return _OPERATORS[tree.kind](*[self.value(part, number, known) for part in tree.parts])

    def expected(self, of: str, number: int = 0) -> Array:
        """What a formula for a quantity has to give."""
        return self.tables[number][of]

    def spread(self, value: Array) -> Array:
        """A result with the axes of the quantity."""
        return value

    def back(self, p: int) -> Tree:
        """The error of layer p + 1 on its way back, up to the activations of layer p."""
        return parse(f"W{p + 1}.T @ delta{p + 1}" if self.layout == "column" else f"delta{p + 1} @ W{p + 1}")

    def part(self, text: str) -> Tree:
        """A part of a formula as it is written among its other parts."""
        return parse(text)

    def _summed(self, tree: Tree, array: Array) -> Array:
        axis = int(float(tree.parts[1].text)) if len(tree.parts) > 1 else None
        if axis is not None and axis >= array.ndim:
            raise ValueError
        function = np.sum if tree.text == "sum" else np.mean
        return np.asarray(function(array, axis=axis, keepdims=len(tree.parts) > 2))

    def _called(self, tree: Tree, arrays: list[Array]) -> Array:
        if tree.text == "outer":
            if arrays[0].size * arrays[1].size > MOST_ENTRIES:
                raise ValueError
            return np.outer(*arrays)
        if tree.text == "diag":
            if arrays[0].size > MOST_DIAGONAL:
                raise ValueError
            return np.diag(arrays[0].ravel())
        if function := ELEMENTARY.get(tree.text):
            return np.asarray(function(*arrays))
        text, derived = activation_named(tree.text, self.net)
        array = arrays[0]
        if array.ndim < 2:
            array = array.reshape(1, -1)
        columns = self.layout == "column"
        units = _transposed(array) if columns else array
        found = _function(text, derived)(units.reshape(-1, units.shape[-1])).reshape(units.shape)
        return (_transposed(found) if columns else found).reshape(arrays[0].shape)

    def same(self, value: Array, expected: Array) -> bool:
        """Whether a result is the quantity: the same numbers, and the same shape but for axes that NumPy
        leaves out."""
        if value.size != expected.size or (
            value.shape != expected.shape and min(value.ndim, expected.ndim) > 1
        ):
            return False
        largest = np.abs(expected).max()
        return bool(np.abs(value.ravel() - expected.ravel()).max() <= CLOSE * (largest or 1))


def _transposed(array: Array) -> Array:
    return array.swapaxes(-1, -2) if array.ndim > 1 else array


def _columns(array: Array, *, one: bool) -> Array:
    """Vectors as columns: that of one sample, or one for each."""
    return array.reshape(-1, 1) if one or array.ndim < 2 else array[..., None]


CLOSE = 1e-8
SUMS = ("sum", "mean")
ELEMENTARY: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
}
_OPERATORS: dict[str, Callable[..., Array]] = {
    "(": lambda a: a,
    "T": _transposed,
    "negative": np.negative,
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "@": np.matmul,
    "**": lambda a, b: np.asarray(np.power(a, b)),
    "<": lambda a, b: np.asarray(np.less(a, b), np.float64),
    ">": lambda a, b: np.asarray(np.greater(a, b), np.float64),
}


def functions(draws: Draws) -> dict[str, int]:
    """What a formula may call, with the most operands."""
    layers = {f"{d}g{number}": 1 for number in range(1, len(draws.net.layers) + 1) for d in ("", "d")}
    if draws.layout == "column" and draws.stand_in.samples > 1:
        layers["samples"] = 1
    activations = {f"{d}{row.name}": 1 for row in ACTIVATIONS for d in ("", "d")}
    return {
        **dict.fromkeys(ELEMENTARY, 1),
        "diag": 1,
        "outer": 2,
        "sum": 2,
        "mean": 2,
        **activations,
        **layers,
    }


def activation_named(name: str, net: NetworkDefinition) -> tuple[str, bool]:
    """The activation that a function's name stands for, and whether its derivative is meant."""
    derived = name not in ACTIVATIONS and name[0] == "d"
    name = name.removeprefix("d") if derived else name
    return (name if name in ACTIVATIONS else str(net.layers[int(name[1:]) - 1].activation)), derived


@cache
def _function(text: str, derived: bool) -> Callable[[Array], Array]:
    """An activation of every row, or its derivative; that of one which looks at whole rows is by each unit's
    own weighted input."""
    row, settings = find_activation(text)
    z = leaf("z", ("n", "unit"))
    node = row.apply(z, "unit", **settings)
    if derived:
        (node,) = [node * (1 - node)] if row.across else reverse(node, [z], contract(z.dims))
    (node,) = simplify([contract(z.dims, node)])
    return lambda array: evaluate([node], {"z": array}, dict(zip(z.dims, array.shape, strict=True)))[0]


def may_use(name: str, of: str) -> bool:
    """Whether a formula for `of` may use a quantity: not `of` itself, nor what comes after it going back."""
    used, asked = _step(name), _step(of)
    return not (used and asked) or used < asked or (used == asked and used[1] == 3 and name != of)


def _step(name: str) -> tuple[int, int] | None:
    """When the backward pass gets to a quantity; None for those it starts from."""
    if not (match := re.fullmatch(r"(da|du|delta|dz|dW|db|dgamma|dbeta)(\d+)", name)):
        return None
    return -int(match[2]), {"da": 0, "du": 1, "delta": 2, "dz": 2}.get(match[1], 3)
