"""The one definition of a network: names and numbers, checked as a whole, and the expressions they mean.

Shapes: a weight array W_l is (units of layer l, units of layer l - 1); data has a sample per row. Dims are
called n (samples), d (inputs), h1, h2, ... (hidden units) and k (outputs).
"""

from __future__ import annotations

import dataclasses
import numbers
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from string import ascii_letters
from types import MappingProxyType
from typing import Any, Literal, Self

from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.norms import NORMS
from chainrule.catalog.optimizers import rest
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import Catalogue, shown, unknown
from chainrule.errors import ChainruleError, DefinitionError, UsageError
from chainrule.expr import Node, contract, leaf, rename, size, total
from chainrule.formula import find_activation
from chainrule.primitives import maximum, sqrt

MOST_UNITS = 1_000_000
MOST_LAYERS = 10_000
MOST_PARAMETERS = 500_000_000
MOST_SEED = 2**63 - 1
DTYPES = ("float32", "float64")
_LABEL = re.compile(r"\w[\w -]{0,39}")

Task = Literal["classes", "numbers"]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: a = g(W a' + b), where a' is what the layer before gives.

    units: how many. activation: a name of the catalogue or a formula in x; None: sigmoid in a hidden layer,
    and in the last layer what follows from the data. shared: number of an earlier layer whose weights this
    one uses too (1 is the first layer that has weights). initializer: for this layer's weights. name: a
    label for people. dropout: the share of this layer's outputs that is dropped in training, drawn anew for
    every sample and step; None: none (see `Mask`). norm: a normalisation of the catalogue, between the
    weighted inputs and the activation (see `Normalised`). The last layer has neither.
    """

    units: int
    activation: str | None = None
    shared: int | None = None
    initializer: str | None = None
    name: str | None = None
    dropout: float | None = None
    norm: str | None = None

    def __post_init__(self) -> None:
        for name in ("units", "shared", "dropout"):
            object.__setattr__(self, name, plain(getattr(self, name)))


def over_samples(layer: Dense) -> bool:
    """Whether a layer is normalised over the samples of a batch."""
    return layer.norm is not None and NORMS.choose(layer.norm)[0].over == "samples"


@dataclass(frozen=True)
class NetworkDefinition:
    """A network, valid by construction. Raises DefinitionError, which lists every problem, otherwise.

    loss: a name of the catalogue; None: what follows from the output. penalties: coefficients by name.
    initializer, bias_initializer: for all layers that name none; None: by activation. dtype: of training.
    input_dropout: the share of the inputs that is dropped in training, as a layer's `dropout`.
    Layers may be given as a list, and numbers as NumPy's. `penalties` cannot be changed.
    """

    inputs: int
    layers: tuple[Dense, ...]
    loss: str | None = None
    penalties: Mapping[str, float] = field(default_factory=dict, hash=False)
    initializer: str | None = None
    bias_initializer: str = "zeros"
    dtype: str = "float32"
    seed: int = 0
    input_dropout: float | None = None

    def __post_init__(self) -> None:
        set_to = object.__setattr__  # as the definition itself is frozen
        for name in ("inputs", "seed", "input_dropout"):
            set_to(self, name, plain(getattr(self, name)))
        if isinstance(self.layers, list):
            set_to(self, "layers", tuple(self.layers))
        if isinstance(self.penalties, Mapping):
            penalties = {name: plain(value) for name, value in self.penalties.items()}
            set_to(self, "penalties", MappingProxyType(penalties))
        if problems := list(_problems(self)):
            raise DefinitionError(problems)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_dict, (self.to_dict(),)  # as a MappingProxyType cannot be copied

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def outputs(self) -> int:
        return self.layers[-1].units

    @property
    def parameter_count(self) -> int:
        """Weights, biases, and the scales and shifts of normalisations; shared weights count once, and
        running averages do not, as they are not learned.
        """
        before = self.sizes
        return sum(
            n + (0 if layer.shared else n * m) + (2 * n if layer.norm else 0)
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

    @property
    def mixes_samples(self) -> bool:
        """Whether the samples of a batch act on one another in training, by a mean over them."""
        return any(over_samples(layer) for layer in self.layers)

    def dropped(self, number: int) -> float:
        """The share that is dropped in training of what a layer gives, 0 being the inputs."""
        return (self.layers[number - 1].dropout if number else self.input_dropout) or 0.0

    @property
    def beside_sizes(self) -> dict[str, str]:
        """What the shorthand leaves out of the layers: the shares that are dropped, the inputs' first, and
        the normalisations of the hidden ones, where there are any."""
        shares = [self.dropped(number) for number in range(len(self.layers))]
        norms = [layer.norm or "-" for layer in self.layers[:-1]]
        told = {"dropout": [f"{share:g}" for share in shares] if any(shares) else []}
        told["norm"] = norms if any(layer.norm for layer in self.layers) else []
        return {name: " ".join(values) for name, values in told.items() if values}

    def with_dropout(self, hidden: float | None, inputs: float | None) -> Self:
        """The same network with that share dropped of each hidden layer, and of the inputs. Raises
        DefinitionError for what is no share."""
        *layers, last = self.layers
        layers = [*(dataclasses.replace(layer, dropout=hidden) for layer in layers), last]
        return dataclasses.replace(self, layers=tuple(layers), input_dropout=inputs)

    def with_norm(self, norm: str) -> Self:
        """The same network with every hidden layer normalised so: a name of the catalogue, with settings.

        Raises UnknownNameError, UsageError for what is none and where there is no hidden layer;
        DefinitionError for a layer that cannot be normalised so.
        """
        NORMS.choose(norm)
        *layers, last = self.layers
        if not layers:
            raise UsageError("network.nothing_to_normalise", norm=norm, network=self)
        layers = [*(dataclasses.replace(layer, norm=norm) for layer in layers), last]
        return dataclasses.replace(self, layers=tuple(layers))

    def to_dict(self) -> dict[str, Any]:
        """Names and numbers that `from_dict` makes the same network of; what is left open is left out."""
        settings = {k: v for k, v in vars(self).items() if k not in ("layers", "penalties") and v is not None}
        layers = [{k: v for k, v in vars(layer).items() if v is not None} for layer in self.layers]
        return {**settings, "layers": layers, "penalties": dict(self.penalties)}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        """A network of the names and numbers in a table. Raises DefinitionError.

        `sizes`, a list of the inputs and the units of every layer, may stand in place of `inputs` and of the
        `units` in `layers`; `activations`, one per layer, in place of each `activation`.
        """
        values, problems, places = _read_table(table)
        return cls.checked(values, problems, places)

    @classmethod
    def checked(
        cls,
        values: Mapping[str, Any],
        problems: Iterable[ChainruleError] = (),
        places: Mapping[str, str | None] | None = None,
    ) -> Self:
        """The network of the values, where they and what they were read from have no problems.

        places: what the user calls `inputs`, `layers[1].units`, ...; None where a problem is told already.
        Raises DefinitionError with all problems.
        """
        problems, places = list(problems), places or {}
        try:
            network = cls(**values)
        except DefinitionError as error:
            for problem in error.problems:
                where = str(problem.fields.get("where"))
                if where not in places:
                    problems.append(problem)
                elif place := places[where]:
                    problems.append(type(problem)(problem.key, **{**problem.fields, "where": place}))
        if problems:
            raise DefinitionError(problems)
        return network

    def __str__(self) -> str:
        """The shorthand: sizes and activations."""
        layers = ((layer.units, layer.activation) for layer in self.layers)
        return "-".join([str(self.inputs), *(f"{n}:{_in_shorthand(a)}" if a else str(n) for n, a in layers)])


def _in_shorthand(activation: str) -> str:
    return f"({activation})" if "-" in activation else activation


# From a table.

_KEYS = [f.name for f in dataclasses.fields(NetworkDefinition)]
_LISTS = ["sizes", "activations"]
_LAYER_KEYS = [f.name for f in dataclasses.fields(Dense)]


def _read_table(
    table: Mapping[str, Any],
) -> tuple[dict[str, Any], list[ChainruleError], dict[str, str | None]]:
    """The values of a definition, the problems of the table's form, and `places` for `checked`."""
    if not isinstance(table, Mapping):
        raise DefinitionError([_problem("network.not_a_table", "network", table)])
    problems: list[ChainruleError] = [
        unknown("key", key, _KEYS + _LISTS) for key in table if key not in _KEYS + _LISTS
    ]
    places: dict[str, str | None] = {}
    values = {"inputs": None, **{key: table[key] for key in _KEYS if key in table}}
    lists = {key: table[key] for key in (*_LISTS, "layers") if table.get(key) is not None}
    for key in [key for key, given in lists.items() if not isinstance(given, list)]:
        problems.append(_problem(f"network.bad_{key}", key, lists.pop(key)))
        places[key] = None

    sized = "sizes" in table or not table.keys() & {"inputs", "layers"}
    sizes = lists.pop("sizes", [])
    if sized and len(sizes) < 2:
        if "sizes" not in places:
            key = "network.bad_sizes" if "sizes" in table else "network.no_sizes"
            problems.append(_problem(key, "sizes", table.get("sizes")))
        places |= {"inputs": None, "layers": None}
    elif sized:
        values["inputs"], places["inputs"] = sizes[0], "sizes[1]"
    if sized and "inputs" in table:
        problems.append(UsageError("network.said_twice", where="inputs", other="sizes"))

    rows, activations = lists.get("layers", []), lists.get("activations", [])
    count = len(sizes[1:] or rows or activations)
    for key, given in lists.items():
        if len(given) != count:
            problems.append(UsageError("network.one_per_layer", where=key, count=count, found=len(given)))
    layers = []
    for number in range(1, count + 1):
        where = f"layers[{number}]"
        row = rows[number - 1] if number <= len(rows) else {}
        if not isinstance(row, Mapping):
            problems.append(_problem("network.bad_layer", where, row))
            places[f"{where}.units"] = None
            row = {}
        problems += [unknown("key", key, _LAYER_KEYS, where) for key in row if key not in _LAYER_KEYS]
        layer = {"units": None, **{key: row[key] for key in _LAYER_KEYS if key in row}}
        for key, name, given in (("units", "sizes", sizes[1:]), ("activation", "activations", activations)):
            if key in row and given:
                problems.append(UsageError("network.said_twice", where=f"{where}.{key}", other=name))
            elif number <= len(given):
                layer[key] = given[number - 1]
                places[f"{where}.{key}"] = f"{name}[{number + (name == 'sizes')}]"
        if sized and not sizes[1:]:
            places[f"{where}.units"] = None
        layers.append(Dense(**layer))
    return {**values, "layers": tuple(layers)}, problems, places


# The one validator.


def _problem(key: str, where: str, found: object, **fields: object) -> UsageError:
    return UsageError(key, where=where, found=shown(found), **fields)


def _problems(net: NetworkDefinition) -> Iterator[ChainruleError]:
    """Everything that is wrong with a definition, each with where, what was found and what would be right."""
    bad_sizes = list(_bad_whole("inputs", net.inputs, 1, MOST_UNITS))
    yield from bad_sizes
    layers = net.layers if isinstance(net.layers, tuple) else ()
    if not 1 <= len(layers) <= MOST_LAYERS:
        bad_sizes.append(_problem("network.layer_count", "layers", len(layers), most=MOST_LAYERS))
        yield bad_sizes[-1]
        layers = ()
    for number, layer in enumerate(layers, 1):
        where = f"layers[{number}]"
        if not isinstance(layer, Dense):
            bad_sizes.append(_problem("network.not_a_layer", where, layer))
            yield bad_sizes[-1]
            continue
        bad_units = list(_bad_whole(f"{where}.units", layer.units, 1, MOST_UNITS))
        yield from bad_units
        bad_sizes += bad_units
        last = number == len(layers)
        yield from _bad_activation(layer.activation, f"{where}.activation", last=last)
        yield from _bad_choice(INITIALIZERS, layer.initializer, f"{where}.initializer")
        yield from _bad_dropout(layer.dropout, f"{where}.dropout", last=last)
        yield from _bad_norm(layer, f"{where}.norm", last=last)
        if layer.name is not None and not (isinstance(layer.name, str) and _LABEL.fullmatch(layer.name)):
            yield _problem("network.bad_label", f"{where}.name", layer.name)
        yield from _bad_sharing(net, number, layer, f"{where}.shared", sizes_known=not bad_sizes)
    yield from _bad_choice(INITIALIZERS, net.initializer, "initializer")
    yield from _bad_choice(INITIALIZERS, net.bias_initializer, "bias_initializer", optional=False)
    yield from _bad_dropout(net.input_dropout, "input_dropout", last=False)
    yield from _bad_loss(net.loss, getattr(layers[-1], "activation", None) if layers else None, len(layers))
    if not isinstance(net.penalties, Mapping):
        yield _problem("network.penalties_not_table", "penalties", net.penalties)
    else:
        for name, value in net.penalties.items():
            if name not in PENALTIES:
                yield unknown("penalty", name, PENALTIES.names())
            elif not is_number(value) or value < 0:
                yield _problem("network.bad_coefficient", f"penalties.{name}", value)
    if not (isinstance(net.dtype, str) and net.dtype in DTYPES):
        yield _problem("network.bad_dtype", "dtype", net.dtype, names=", ".join(DTYPES))
    yield from _bad_whole("seed", net.seed, 0, MOST_SEED)
    if not bad_sizes and (count := net.parameter_count) > MOST_PARAMETERS:
        yield _problem("network.too_large", "layers", count, most=MOST_PARAMETERS)


def plain(value: Any) -> Any:
    """Python's own number for one of NumPy's; anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


def is_number(value: object) -> bool:
    """Whether it is a finite number, and not a whole one that is too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max


def _bad_whole(where: str, value: object, least: int, most: int) -> Iterator[ChainruleError]:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        key = "network.missing" if value is None else "network.bad_whole"
        yield _problem(key, where, value, least=least, most=most)


def _bad_choice(
    catalogue: Catalogue[Any], text: Any, where: str, *, optional: bool = True
) -> Iterator[ChainruleError]:
    if text is None and optional:
        return
    try:
        catalogue.choose(text)
    except ChainruleError as error:
        yield UsageError("network.at", where=where, message=error)


def _bad_activation(text: str | None, where: str, *, last: bool) -> Iterator[ChainruleError]:
    if text is None:
        return
    try:
        row, _ = find_activation(text)
        flat = row.flat
    except ChainruleError as error:
        yield UsageError("network.at", where=where, message=error)
        return
    if flat and not last:
        yield _problem("network.flat_hidden", where, text)
    elif row.across and not last:
        yield _problem("network.across_hidden", where, text)


def _bad_norm(layer: Dense, where: str, *, last: bool) -> Iterator[ChainruleError]:
    bad = list(_bad_choice(NORMS, layer.norm, where))
    yield from bad
    if layer.norm is None:
        return
    if last:
        yield _problem("network.output_norm", where, layer.norm)
    elif layer.units == 1 and not bad and NORMS.choose(layer.norm)[0].over == "units":
        yield _problem("network.norm_of_one", where, layer.norm)


def _bad_dropout(share: Any, where: str, *, last: bool) -> Iterator[ChainruleError]:
    if share is None:
        return
    if not (is_number(share) and 0 <= share < 1):
        yield _problem("network.bad_dropout", where, share)
    elif share and last:
        yield _problem("network.output_dropout", where, share)


def _bad_sharing(
    net: NetworkDefinition, number: int, layer: Dense, where: str, *, sizes_known: bool
) -> Iterator[ChainruleError]:
    if layer.shared is None:
        return
    if isinstance(layer.shared, bool) or not isinstance(layer.shared, int) or not 1 <= layer.shared < number:
        yield _problem("network.shared_not_earlier", where, layer.shared, number=number)
        return
    other = net.layers[layer.shared - 1]
    if isinstance(other, Dense) and other.shared is not None:
        yield _problem("network.shared_not_own", where, layer.shared, owner=other.shared)
    elif sizes_known:
        before = [net.inputs if at == 1 else net.layers[at - 2].units for at in (number, layer.shared)]
        expected, found = (layer.units, before[0]), (other.units, before[1])
        if found != expected:
            yield _problem("network.shared_shape", where, found, layer=layer.shared, expected=expected)


def _bad_loss(loss: str | None, output: str | None, last: int) -> Iterator[ChainruleError]:
    """output: the last layer's activation, None where it is left open."""
    if problems := list(_bad_choice(LOSSES, loss, "loss")):
        yield from problems
        return
    try:
        row = None if output is None else find_activation(output)[0]
    except ChainruleError:
        return  # said already
    if row is None:
        return
    fits = LOSSES.choose(row.loss if loss is None else loss)[0].fits
    if fits is None and row.flat:
        yield _problem("network.flat_output", f"layers[{last}].activation", output)
    elif fits is not None and row.name not in fits:
        yield _problem("network.loss_does_not_fit", "loss", loss, output=output, expected=", ".join(fits))


# What a definition means.


@dataclass(frozen=True)
class Mask:
    """What outputs of a layer are multiplied with in training, place by place: 0 where one is dropped, else
    1 / keep, so that the mean stays what it is without. keep: the share that is not dropped.

    Source: Srivastava et al. 2014, section 10, where it is the weights that are divided.
    """

    array: Node
    keep: float


@dataclass(frozen=True)
class Normalised:
    """The weighted inputs of a layer with the mean 0 and the deviation 1, then scaled and shifted by what is
    learned: u = gamma hat + beta, which the activation takes."""

    z: Node
    """What is normalised; over samples, those of all of them."""
    mean: Node
    deviation: Node
    hat: Node
    """z less the mean, divided by the deviation."""
    gamma: Node
    beta: Node
    u: Node
    statistics: dict[str, Node]
    """Running averages by name, and what they become in a step; they stand for mean and variance of a batch
    in prediction."""

    @property
    def parts(self) -> dict[str, Node]:
        """By the letter that a line's name begins with, in order."""
        return {"mu": self.mean, "s": self.deviation, "zhat": self.hat, "u": self.u}


@dataclass(frozen=True)
class Unit:
    """One layer's expressions."""

    number: int
    layer: Dense
    weights: Node
    """The layer's own array, or the one it shares."""
    z: Node
    normalised: Normalised | None
    u: Node
    """What the activation takes: z, or what a normalisation makes of it."""
    g: Node
    """The activation's value."""
    a: Node
    """What the next layer gets: g, times the mask where there is one."""


@dataclass(frozen=True)
class Meaning:
    """A network as expressions. `units` are the layers in order; `parameters` the arrays that are learned;
    `masks` by name, m0 that of the inputs."""

    x: Node
    y: Node
    units: tuple[Unit, ...]
    masks: dict[str, Mask]
    parameters: dict[str, Node]
    constants: dict[str, float]
    """Values of the numbers that occur by name: coefficients of penalties."""
    sizes: dict[str, int]
    """Sizes of all dims but n."""
    J: Node
    statistics: dict[str, Node]
    """Arrays that are averaged over the steps of training and used in prediction."""
    w: Node | None = None
    """How much each sample counts in J, where they do not count alike."""

    @property
    def outputs(self) -> Node:
        return self.units[-1].a


def meaning(
    net: NetworkDefinition, *, one_sample: bool = False, prediction: bool = False, weighted: bool = False
) -> Meaning:
    """The expressions of a network as it is trained, its loss J over a batch included.

    one_sample: those of a single sample: no dim n, J its loss, without mean and penalties. prediction: as it
    predicts, without masks. weighted: each sample's loss is multiplied by a weight of its own.
    """
    net = net.resolved()
    samples = [] if one_sample else ["n"]
    last = len(net.layers)
    dims = ["d", *(f"h{number}" for number in range(1, last)), "k"]
    x = leaf("x", [*samples, "d"])
    y = leaf("y", [*samples, "k"])
    units: list[Unit] = []
    masks: dict[str, Mask] = {}
    parameters: dict[str, Node] = {}
    statistics: dict[str, Node] = {}

    def masked(number: int, node: Node) -> Node:
        dropped = net.dropped(number)
        if not dropped or prediction:
            return node
        name = f"m{number}"
        keep = float(f"{1 - dropped:.15g}")  # 0.3, and not 0.30000000000000004
        masks[name] = Mask(leaf(name, node.dims), keep)
        return masks[name].array * node

    a = masked(0, x)
    for number, layer in enumerate(net.layers, 1):
        into, out = dims[number - 1], dims[number]
        if layer.shared:
            weights = units[layer.shared - 1].weights
            placed = rename(weights, dict(zip(weights.dims, (out, into), strict=True)))
        else:
            placed = weights = parameters.setdefault(f"W{number}", leaf(f"W{number}", [out, into]))
        b = parameters.setdefault(f"b{number}", leaf(f"b{number}", [out]))
        z = contract([*samples, out], placed, a) + b
        normalised = None
        if layer.norm:
            normalised = normalise(layer.norm, z, number, out, prediction=prediction)
            parameters |= {str(node.data): node for node in (normalised.gamma, normalised.beta)}
            statistics |= {name: leaf(name, node.dims) for name, node in normalised.statistics.items()}
        row, settings = find_activation(str(layer.activation))
        u = normalised.u if normalised else z
        g = row.apply(u, out, **settings)
        a = masked(number, g)
        units.append(Unit(number, layer, weights, z, normalised, u, g, a))
    loss, loss_settings = LOSSES.choose(str(net.loss))
    formula = loss.from_z.get(row.name, loss.function)  # of the last layer's activation
    J = formula(y, a, units[-1].z, "k", **loss_settings)
    w = leaf("w", samples) if weighted else None
    if w is not None:
        J = w * J
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
    return Meaning(x, y, tuple(units), masks, parameters, constants, sizes, J, statistics, w)


def normalise(norm: str, z: Node, number: int, unit: str, *, prediction: bool = False) -> Normalised:
    """What a normalisation makes of the weighted inputs z of a layer. unit: the dim of its units. Of a single
    sample z has no dim n; mean and deviation over samples are those of all of them, of which it is one."""
    row, settings = NORMS.choose(norm)
    samples = row.over == "samples"
    every = leaf(f"z{number}", ["n", unit]) if samples and "n" not in z.dims else z
    moments = row.function(every, "n" if samples else unit, **settings)
    mean, variance = moments.mean, moments.variance
    statistics: dict[str, Node] = {}
    if moments.momentum is not None:
        old_mean, old_variance = leaf(f"mean_z{number}", mean.dims), leaf(f"variance_z{number}", mean.dims)
        of_all = size("n") / maximum(size("n") - 1, 1) * variance  # the batch is a sample of all data
        share = rest(moments.momentum)
        statistics = {
            str(old.data): moments.momentum * old + share * new
            for old, new in ((old_mean, mean), (old_variance, of_all))
        }
        if prediction:
            mean, variance = old_mean, old_variance
    deviation = sqrt(variance + moments.eps)
    gamma, beta = (leaf(f"{name}{number}", [unit]) for name in ("gamma", "beta"))
    hat = (z - mean) / deviation
    return Normalised(every, mean, deviation, hat, gamma, beta, gamma * hat + beta, statistics)


def starting_kinds(net: NetworkDefinition) -> dict[str, str]:
    """The initializer of each parameter and running average, by name: the layer's, or the network's, or its
    activation's own."""
    kinds = {}
    for number, layer in enumerate(net.layers, 1):
        by_activation = find_activation(layer.activation or "sigmoid")[0].initializer
        if not layer.shared:
            kinds[f"W{number}"] = layer.initializer or net.initializer or by_activation
        kinds[f"b{number}"] = net.bias_initializer
        if layer.norm:
            kinds |= {f"gamma{number}": "constant", f"beta{number}": "zeros"}
            if over_samples(layer):
                kinds |= {f"mean_z{number}": "zeros", f"variance_z{number}": "constant"}
    return kinds


def layer_of(parameter: str) -> int:
    """The layer of a parameter, by its name: 1 of W1, of gamma1 and of mean_z1."""
    return int(parameter.lstrip(f"{ascii_letters}_"))


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
        number = layer_of(name)
        fan_in, fan_out = sizes[number - 1], sizes[number]
        shape = (fan_out, fan_in) if name.startswith("W") else (fan_out,)
        drawn[name] = row.function(generator(seed, f"initialize {name}"), shape, fan_in, fan_out, **settings)
    return drawn
