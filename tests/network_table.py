"""The table of networks that derived gradients are held to: every activation with every loss it fits, one
and three outputs (softmax: two and three), every penalty, and five shapes. Rows of the catalogues enter by
themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.formula import find_activation
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import Program, leaves

Array = NDArray[np.float64]

FORMULA = "x * sigmoid(1.702 * x)"
OUTPUTS = (1, 3)
PENALTIES: tuple[Mapping[str, float], ...] = ({}, {"l1": 0.03}, {"l2": 0.1}, {"l1": 0.02, "l2": 0.3})
SHAPES = ("none", "one", "three", "square", "shared")
HIDDEN = {"none": (), "one": (4,), "three": (3, 4, 2), "square": (2, 2), "shared": (2, 2)}
"""Units of the hidden layers; there are two inputs, so `square` has square weights."""


def outputs_of(activation: str) -> tuple[int, ...]:
    """How many outputs are tried; one that ties units together needs several."""
    return (2, 3) if find_activation(activation)[0].across else OUTPUTS


def network(
    shape: str,
    outputs: int,
    hidden: str,
    output: str,
    loss: str | None = None,
    penalties: Mapping[str, float] | None = None,
) -> NetworkDefinition:
    """A network of two inputs; `shared` lets the second layer use the weights of the first."""
    layers = [
        Dense(units, hidden, shared=1 if shape == "shared" and number == 2 else None)
        for number, units in enumerate(HIDDEN[shape], 1)
    ]
    return NetworkDefinition(2, (*layers, Dense(outputs, output)), loss, penalties or {}, dtype="float64")


def pairs() -> Iterator[tuple[str, str, str]]:
    """(hidden activation, output activation, loss): each activation at the output with each loss it fits,
    and each in a hidden layer before the outputs that have a loss of their own."""
    rows = [*ACTIVATIONS, find_activation(FORMULA)[0]]
    inner = [row.name for row in rows if not row.flat and not row.across]
    for row in rows:
        for loss in LOSSES:
            if row.name in (loss.fits or ()) or (loss.fits is None and not row.flat):
                yield row.name if row.name in inner else "tanh", row.name, loss.name
    for hidden in inner:
        yield hidden, "softmax", "cross_entropy"
        yield hidden, "sigmoid", "binary_cross_entropy"


def rows() -> tuple[str, ...]:
    """What the table is made of at this moment, as tests add rows and take them away again."""
    return *(row.name for row in ACTIVATIONS), *(row.name for row in LOSSES)


def table(*shapes: str) -> Iterator[NetworkDefinition]:
    """Every network of the shapes."""
    for hidden, output, loss in _pairs(rows()):
        for outputs in outputs_of(output):
            for shape in shapes:
                for penalties in PENALTIES:
                    yield network(shape, outputs, hidden, output, loss, penalties)


@cache
def _pairs(names: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Each of the pairs once. names: the rows there are."""
    return tuple(dict.fromkeys(pairs()))


def covering() -> tuple[NetworkDefinition, ...]:
    """Every (activation, loss, outputs), with shapes and penalties taken in turn."""
    return _covering(rows())


@cache
def _covering(names: tuple[str, ...]) -> tuple[NetworkDefinition, ...]:
    networks = []
    for number, (hidden, output, loss) in enumerate(_pairs(names)):
        for outputs in outputs_of(output):
            at = 2 * number + outputs
            shape, penalties = SHAPES[at % len(SHAPES)], PENALTIES[at % len(PENALTIES)]
            networks.append(network(shape, outputs, hidden, output, loss, penalties))
    return tuple(networks)


def title(net: NetworkDefinition) -> str:
    """A network in one line, for messages and test names."""
    shared = " shared" if any(layer.shared for layer in net.layers) else ""
    penalties = "".join(f" {name}={value}" for name, value in net.penalties.items())
    return f"{net}{shared} {net.loss}{penalties}"


def batch(net: NetworkDefinition, n: int = 5, seed: int = 0) -> tuple[Array, Array]:
    """Inputs (n, d) and targets (n, k) of the kind that the loss is for; targets need not sum to 1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, net.inputs))
    loss, _ = LOSSES.choose(str(net.resolved().loss))
    y = rng.random((n, net.outputs)) if loss.lowest == 0 else rng.standard_normal((n, net.outputs))
    return x, y


def parameters(net: NetworkDefinition, seed: int = 0) -> dict[str, Array]:
    """Parameters that are nowhere 0, and running averages."""
    rng = np.random.default_rng([seed, 1])
    drawn = {}
    for number, (layer, fan_in) in enumerate(zip(net.layers, net.sizes, strict=False), 1):
        if not layer.shared:
            drawn[f"W{number}"] = rng.standard_normal((layer.units, fan_in)) / np.sqrt(fan_in)
        drawn[f"b{number}"] = rng.standard_normal(layer.units) / 2
        if layer.norm:
            drawn |= {f"{name}{number}": rng.standard_normal(layer.units) for name in ("gamma", "beta")}
        if layer.norm and layer.norm.startswith("batch"):
            drawn[f"mean_z{number}"] = rng.standard_normal(layer.units)
            drawn[f"variance_z{number}"] = rng.random(layer.units) + 0.5
    return drawn


def assert_stands_on_earlier_lines(program: Program) -> None:
    """Every line has a name of its own, and its expression has nothing that is not known before it."""
    known = {"x", "y", *program.parameters, *program.states, *program.constants, *program.scalars}
    names = [line.name for line in program.lines]
    assert len(set(names)) == len(names)
    for line in program.lines:
        assert leaves([line.expr]) <= known, line.name
        assert line.expr.dims == line.dims
        known.add(line.name)
