"""The one definition of a network: names and numbers, checked as a whole, and the expressions they mean.

Shapes: a weight array W_l is (units of layer l, units of layer l - 1); data has a sample per row. Dims are
called n (samples), d (inputs), h1, h2, ... (hidden units) and k (outputs).
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import unknown
from chainrule.errors import ChainruleError, DefinitionError, UsageError
from chainrule.expr import Node, contract, leaf, rename, size, total
from chainrule.formula import find_activation

MOST_UNITS = 1_000_000
MOST_LAYERS = 10_000
MOST_PARAMETERS = 500_000_000
DTYPES = ("float32", "float64")
_LABEL = re.compile(r"\w[\w -]{0,39}")

Task = Literal["classes", "numbers"]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: a = g(W a' + b), where a' is what the layer before gives.

    units: how many. activation: a name of the catalogue or a formula in x; None: sigmoid in a hidden layer,
    and in the last layer what follows from the data. shared: number of an earlier layer whose weights this
    one uses too (1 is the first layer that has weights). initializer: for this layer's weights. name: a
    label for people.
    """

    units: int
    activation: str | None = None
    shared: int | None = None
    initializer: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class NetworkDefinition:
    """A network, valid by construction. Raises DefinitionError, which lists every problem, otherwise.

    loss: a name of the catalogue; None: what follows from the output. penalties: coefficients by name.
    initializer, bias_initializer: for all layers that name none; None: by activation. dtype: of training.
    """

    inputs: int
    layers: tuple[Dense, ...]
    loss: str | None = None
    penalties: Mapping[str, float] = field(default_factory=dict)
    initializer: str | None = None
    bias_initializer: str = "zeros"
    dtype: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise DefinitionError(problems)

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def outputs(self) -> int:
        return self.layers[-1].units

    @property
    def parameter_count(self) -> int:
        """Weights and biases; shared weights count once."""
        before = self.sizes
        return sum(
            n + (0 if layer.shared else n * m)
            for layer, m, n in zip(self.layers, before, before[1:], strict=False)
        )

    def resolved(self, task: Task | None = None) -> Self:
        """The same network with nothing left open.

        task: what the targets are: classes pick softmax (sigmoid for one output), numbers identity. Without
        it the shape decides: several outputs softmax, one identity.
        """
        several = self.outputs > 1
        if task == "classes":
            output = "softmax" if several else "sigmoid"
        else:
            output = "softmax" if several and task is None else "identity"
        *hidden, last = self.layers
        layers = [dataclasses.replace(layer, activation=layer.activation or "sigmoid") for layer in hidden]
        layers.append(dataclasses.replace(last, activation=last.activation or output))
        loss = self.loss or find_activation(str(layers[-1].activation))[0].loss
        return dataclasses.replace(self, layers=tuple(layers), loss=loss)

    def to_dict(self) -> dict[str, Any]:
        """Names and numbers that `from_dict` makes the same network of; what is left open is left out."""
        settings = {k: v for k, v in vars(self).items() if k not in ("layers", "penalties") and v is not None}
        layers = [{k: v for k, v in vars(layer).items() if v is not None} for layer in self.layers]
        return {**settings, "layers": layers, "penalties": dict(self.penalties)}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        """A network of the names and numbers in a table. Raises DefinitionError."""
        known = {f.name for f in dataclasses.fields(NetworkDefinition)}
        per_layer = {f.name for f in dataclasses.fields(Dense)}
        raw_layers = table.get("layers", [])
        if not isinstance(raw_layers, list) or not all(isinstance(r, Mapping) for r in raw_layers):
            raise DefinitionError([_problem("network.layers_not_tables", "layers", raw_layers)])
        problems: list[ChainruleError] = [
            unknown("key", str(k), sorted(known)) for k in table if k not in known
        ]
        for raw in raw_layers:
            problems += [unknown("key", str(k), sorted(per_layer)) for k in raw if k not in per_layer]
        layers = tuple(
            Dense(**{"units": None, **{k: raw[k] for k in raw if k in per_layer}}) for raw in raw_layers
        )
        values = {"inputs": None, **{k: v for k, v in table.items() if k in known}, "layers": layers}
        try:
            network = cls(**values)
        except DefinitionError as error:
            raise DefinitionError([*problems, *error.problems]) from None
        if problems:
            raise DefinitionError(problems)
        return network

    def __str__(self) -> str:
        """The shorthand: sizes and activations."""
        layers = ((layer.units, layer.activation) for layer in self.layers)
        return "-".join([str(self.inputs), *(f"{n}:{_in_shorthand(a)}" if a else str(n) for n, a in layers)])


def _in_shorthand(activation: str) -> str:
    return f"({activation})" if "-" in activation else activation


# The one validator.


def _problem(key: str, where: str, found: object, **fields: object) -> UsageError:
    text = repr(found)
    return UsageError(key, where=where, found=text if len(text) <= 60 else text[:57] + "...", **fields)


def _problems(net: NetworkDefinition) -> Iterator[ChainruleError]:
    """Everything that is wrong with a definition, each with where, what was found and what would be right."""
    bad_sizes = list(_bad_whole("inputs", net.inputs, 1, MOST_UNITS))
    yield from bad_sizes
    layers = net.layers if isinstance(net.layers, tuple) else ()
    if not 1 <= len(layers) <= MOST_LAYERS or not all(isinstance(layer, Dense) for layer in layers):
        yield _problem("network.layer_count", "layers", len(layers), most=MOST_LAYERS)
        return
    for number, layer in enumerate(layers, 1):
        where = f"layers[{number}]"
        bad_units = list(_bad_whole(f"{where}.units", layer.units, 1, MOST_UNITS))
        yield from bad_units
        bad_sizes += bad_units
        yield from _bad_activation(net, number, layer, f"{where}.activation")
        yield from _bad_choice(INITIALIZERS, layer.initializer, f"{where}.initializer")
        if layer.name is not None and not (isinstance(layer.name, str) and _LABEL.fullmatch(layer.name)):
            yield _problem("network.bad_label", f"{where}.name", layer.name)
        yield from _bad_sharing(net, number, layer, f"{where}.shared")
    yield from _bad_choice(INITIALIZERS, net.initializer, "initializer")
    if net.bias_initializer is None:
        yield _problem("network.not_a_name", "bias_initializer", None)
    yield from _bad_choice(INITIALIZERS, net.bias_initializer, "bias_initializer")
    yield from _bad_loss(net)
    if not isinstance(net.penalties, Mapping):
        yield _problem("network.penalties_not_table", "penalties", net.penalties)
    else:
        for name, value in net.penalties.items():
            if name not in PENALTIES:
                yield unknown("penalty", str(name), PENALTIES.names())
            elif not is_number(value) or value < 0:
                yield _problem("network.bad_coefficient", f"penalties.{name}", value)
    if net.dtype not in DTYPES:
        yield _problem("network.bad_dtype", "dtype", net.dtype, names=", ".join(DTYPES))
    yield from _bad_whole("seed", net.seed, 0, 2**63 - 1)
    if not bad_sizes and (count := net.parameter_count) > MOST_PARAMETERS:
        yield _problem("network.too_large", "layers", count, most=MOST_PARAMETERS)


def is_number(value: object) -> bool:
    """Whether it is a finite number, and not a whole one that is too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max


def _bad_whole(where: str, value: object, least: int, most: int) -> Iterator[ChainruleError]:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        yield _problem("network.bad_whole", where, value, least=least, most=most)


def _bad_choice(catalogue: Any, text: object, where: str) -> Iterator[ChainruleError]:
    if text is None:
        return
    if not isinstance(text, str):
        yield _problem("network.not_a_name", where, text)
        return
    try:
        catalogue.choose(text)
    except ChainruleError as error:
        yield UsageError("network.at", where=where, message=error)


def _bad_activation(
    net: NetworkDefinition, number: int, layer: Dense, where: str
) -> Iterator[ChainruleError]:
    if layer.activation is None:
        return
    if not isinstance(layer.activation, str):
        yield _problem("network.not_a_name", where, layer.activation)
        return
    try:
        row, _ = find_activation(layer.activation)
        flat = row.flat
    except ChainruleError as error:
        yield UsageError("network.at", where=where, message=error)
        return
    if number < len(net.layers):
        if flat:
            yield _problem("network.flat_hidden", where, layer.activation)
        elif row.across:
            yield _problem("network.across_hidden", where, layer.activation)


def _bad_sharing(net: NetworkDefinition, number: int, layer: Dense, where: str) -> Iterator[ChainruleError]:
    if layer.shared is None:
        return
    if isinstance(layer.shared, bool) or not isinstance(layer.shared, int) or not 1 <= layer.shared < number:
        yield _problem("network.shared_not_earlier", where, layer.shared, number=number)
        return
    shape = (layer.units, net.sizes[number - 1])
    other = net.layers[layer.shared - 1]
    if other.shared is not None:
        yield _problem("network.shared_not_own", where, layer.shared, owner=other.shared)
    elif shape != (other.units, net.sizes[layer.shared - 1]):
        found = (other.units, net.sizes[layer.shared - 1])
        yield _problem("network.shared_shape", where, found, layer=layer.shared, expected=shape)


def _bad_loss(net: NetworkDefinition) -> Iterator[ChainruleError]:
    if net.loss is not None and (problems := list(_bad_choice(LOSSES, net.loss, "loss"))):
        yield from problems
        return
    output = net.layers[-1].activation
    try:
        row = find_activation(output)[0] if isinstance(output, str) else None
    except ChainruleError:
        return  # said already
    if net.loss is None:
        if row and row.flat and row.name not in (LOSSES[row.loss].fits or ()):
            yield _problem("network.flat_output", f"layers[{len(net.layers)}].activation", output)
        return
    loss = LOSSES.choose(net.loss)[0]
    if row and loss.fits is not None and row.name not in loss.fits:
        yield _problem(
            "network.loss_does_not_fit", "loss", net.loss, output=output, expected=", ".join(loss.fits)
        )
    elif row and loss.fits is None and row.flat:
        yield _problem("network.flat_output", f"layers[{len(net.layers)}].activation", output)


# What a definition means.


@dataclass(frozen=True)
class Unit:
    """One layer's expressions."""

    number: int
    layer: Dense
    weights: Node
    """The layer's own array, or the one it shares."""
    z: Node
    a: Node


@dataclass(frozen=True)
class Meaning:
    """A network as expressions. `units` are the layers in order; `parameters` the arrays that are learned."""

    x: Node
    y: Node
    units: tuple[Unit, ...]
    parameters: dict[str, Node]
    constants: dict[str, float]
    """Values of the numbers that occur by name: coefficients of penalties."""
    sizes: dict[str, int]
    """Sizes of all dims but n."""
    J: Node

    @property
    def outputs(self) -> Node:
        return self.units[-1].a


def meaning(net: NetworkDefinition, *, one_sample: bool = False) -> Meaning:
    """The expressions of a network, its loss J over a batch included.

    one_sample: those of a single sample: no dim n, J its loss, without mean and penalties.
    """
    net = net.resolved()
    samples = [] if one_sample else ["n"]
    last = len(net.layers)
    dims = ["d", *(f"h{number}" for number in range(1, last)), "k"]
    x = a = leaf("x", [*samples, "d"])
    y = leaf("y", [*samples, "k"])
    units: list[Unit] = []
    parameters: dict[str, Node] = {}
    for number, layer in enumerate(net.layers, 1):
        into, out = dims[number - 1], dims[number]
        if layer.shared:
            weights = units[layer.shared - 1].weights
            placed = rename(weights, dict(zip(weights.dims, (out, into), strict=True)))
        else:
            placed = weights = parameters.setdefault(f"W{number}", leaf(f"W{number}", [out, into]))
        b = parameters.setdefault(f"b{number}", leaf(f"b{number}", [out]))
        z = contract([*samples, out], placed, a) + b
        row, settings = find_activation(str(layer.activation))
        a = row.apply(z, out, **settings)
        units.append(Unit(number, layer, weights, z, a))
    loss, loss_settings = LOSSES.choose(str(net.loss))
    formula = loss.from_z.get(row.name, loss.function)  # of the last layer's activation
    J = formula(y, a, units[-1].z, "k", **loss_settings)
    if not one_sample:
        J = total(J) / size("n")
    for name, value in net.penalties.items():
        if value and not one_sample:
            arrays = [node for key, node in parameters.items() if key.startswith("W")]
            J = J + leaf(name) * sum(
                (PENALTIES[name].function(w) for w in arrays[1:]), PENALTIES[name].function(arrays[0])
            )
    sizes = dict(zip(dims, net.sizes, strict=True))
    constants = {name: float(value) for name, value in net.penalties.items() if value and not one_sample}
    return Meaning(x, y, tuple(units), parameters, constants, sizes, J)


def starting_kinds(net: NetworkDefinition) -> dict[str, str]:
    """The initializer of each parameter, by name: the layer's, or the network's, or its activation's own."""
    kinds = {}
    for number, layer in enumerate(net.layers, 1):
        by_activation = find_activation(layer.activation or "sigmoid")[0].initializer
        if not layer.shared:
            kinds[f"W{number}"] = layer.initializer or net.initializer or by_activation
        kinds[f"b{number}"] = net.bias_initializer
    return kinds


def initial_parameters(net: NetworkDefinition, seed: int | None = None) -> dict[str, Any]:
    """Fresh parameters, drawn in float64 whatever the training's dtype is.

    Keyed by (seed, name): a layer's numbers do not depend on how many other layers there are.
    """
    from chainrule.randomness import generator

    seed = net.seed if seed is None else seed
    sizes = net.sizes
    drawn = {}
    for name, kind in starting_kinds(net).items():
        row, settings = INITIALIZERS.choose(kind)
        number = int(name[1:])
        fan_in, fan_out = sizes[number - 1], sizes[number]
        shape = (fan_out, fan_in) if name.startswith("W") else (fan_out,)
        drawn[name] = row.function(generator(seed, f"initialize {name}"), shape, fan_in, fan_out, **settings)
    return drawn
