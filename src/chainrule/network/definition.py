"""The one definition of a network: names and numbers, checked as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Self

from chainrule.catalog.norms import NORMS
from chainrule.catalog.registry import unknown
from chainrule.errors import ChainruleError, DefinitionError, UsageError
from chainrule.formula import find_activation
from chainrule.network.given import plain
from chainrule.network.layer import Dense, over_samples
from chainrule.network.problems import MOST_LAYERS, MOST_NAMES, problem, problems_of

Task = Literal["classes", "numbers"]


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
        if problems := list(problems_of(self)):
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
        raise DefinitionError([problem("network.not_a_table", "network", table)])
    if len(table) > MOST_NAMES:  # each of which would be a problem of its own
        raise DefinitionError([problem("network.name_count", "network", len(table), most=MOST_NAMES)])
    problems: list[ChainruleError] = [
        unknown("key", key, _KEYS + _LISTS) for key in table if key not in _KEYS + _LISTS
    ]
    places: dict[str, str | None] = {}
    values = {"inputs": None, **{key: table[key] for key in _KEYS if key in table}}
    lists = {key: table[key] for key in (*_LISTS, "layers") if table.get(key) is not None}
    for key in [key for key, given in lists.items() if not isinstance(given, list)]:
        problems.append(problem(f"network.bad_{key}", key, lists.pop(key)))
        places[key] = None

    sized = "sizes" in table or not table.keys() & {"inputs", "layers"}
    sizes = lists.pop("sizes", [])
    if sized and len(sizes) < 2:
        if "sizes" not in places:
            key = "network.bad_sizes" if "sizes" in table else "network.no_sizes"
            problems.append(problem(key, "sizes", table.get("sizes")))
        places |= {"inputs": None, "layers": None}
    elif sized:
        values["inputs"], places["inputs"] = sizes[0], "sizes[1]"
    if sized and "inputs" in table:
        problems.append(UsageError("network.said_twice", where="inputs", other="sizes"))

    rows, activations = lists.get("layers", []), lists.get("activations", [])
    units = sizes[1:]
    count = len(units or rows or activations)
    if count > MOST_LAYERS:  # before anything is made of them
        problems.append(problem("network.layer_count", "layers", count, most=MOST_LAYERS))
        return {**values, "layers": ()}, problems, {**places, "layers": None}
    for key, given in lists.items():
        if len(given) != count:
            problems.append(UsageError("network.one_per_layer", where=key, count=count, found=len(given)))
    layers = []
    for number in range(1, count + 1):
        where = f"layers[{number}]"
        row = rows[number - 1] if number <= len(rows) else {}
        if not isinstance(row, Mapping):
            problems.append(problem("network.bad_layer", where, row))
            places[f"{where}.units"] = None
            row = {}
        if len(row) > MOST_NAMES:
            problems.append(problem("network.name_count", where, len(row), most=MOST_NAMES))
            row = {key: row.get(key) for key in _LAYER_KEYS if key in row}
        problems += [unknown("key", key, _LAYER_KEYS, where) for key in row if key not in _LAYER_KEYS]
        layer = {"units": None, **{key: row[key] for key in _LAYER_KEYS if key in row}}
        for key, name, given in (("units", "sizes", units), ("activation", "activations", activations)):
            if key in row and given:
                problems.append(UsageError("network.said_twice", where=f"{where}.{key}", other=name))
            elif number <= len(given):
                layer[key] = given[number - 1]
                places[f"{where}.{key}"] = f"{name}[{number + (name == 'sizes')}]"
        if sized and not units:
            places[f"{where}.units"] = None
        layers.append(Dense(**layer))
    return {**values, "layers": tuple(layers)}, problems, places
