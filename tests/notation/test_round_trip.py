"""What is printed means what is run: every formula of a derivation, read back from its TeX in its notation's
meaning, gives the numbers of the program."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from read_back import Printed, ReadBack, formulas

import network_table
from chainrule.errors import FormulaError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.reading import read_network

CLOSE = 1e-10


def network(text: str, **settings: object) -> NetworkDefinition:
    return dataclasses.replace(read_network(text).net, **settings)  # type: ignore[arg-type]  # any field


def shared(*activations: str) -> NetworkDefinition:
    """Two hidden layers with the same weights."""
    layers = [Dense(3, name, shared=1 if number == 2 else None) for number, name in enumerate(activations, 1)]
    return NetworkDefinition(3, (*layers, Dense(2)), penalties={"l2": 0.1})


FEW = {
    "textbook": network("2-3-2"),
    "neurons": network("2-2-1:sigmoid", loss="mean_squared_error"),
    "nodes": network("3-4-2:sigmoid", loss="half_squared_error"),
    "digits": network("3-3-3:sigmoid", loss="half_squared_error", penalties={"l2": 0.3}),
    "perceptron": network("3-2:step"),
    "one layer": network("3-1:sigmoid"),
    "all penalties": network("2-3:tanh-2:identity", penalties={"l1": 0.02, "l2": 0.3}),
    "bends": network("2-3:relu-4:leaky_relu-2", loss="mean_absolute_error"),
    "huber": network("2-3:gelu-2:silu-1:elu", loss="huber"),
    "formula": network("2-3:x * sigmoid(1.702 * x)-2"),
    "shared": shared("tanh", "sigmoid"),
    "linear": network("2-3:identity-2:identity-2:sigmoid"),
    "deep": network("2-3:tanh-3:tanh-4:tanh-2:tanh-3:relu-2:sigmoid", penalties={"l2": 0.1}),
}
"""One network of each kind."""


def check(net: NetworkDefinition, notation: str, optimizer: str = "sgd") -> None:
    """Hold every formula against the program; all that fail are told at once."""
    read_back = ReadBack(net, notation, optimizer)
    failed = []
    for printed in formulas(net, notation, optimizer):
        for one in (printed, *others_like_it(read_back, printed)):
            try:
                apart: float | str = read_back.apart(one)
            except FormulaError as error:
                apart = str(error)
            if isinstance(apart, str) or apart > CLOSE:
                failed.append((one.sides, one.place, apart))
    assert not failed, failed


def others_like_it(read_back: ReadBack, printed: Printed) -> Iterator[Printed]:
    """Where a letter l stands for several hidden layers, the others; not the first or last where inputs or
    outputs beside them have names of their own."""
    layers, notation = read_back.net.layers, read_back.notation
    place, p = printed.place, printed.place.anchor
    if p is None or place.letter != "l" or not 0 < p < len(layers) or any(layer.shared for layer in layers):
        return
    first = 2 if "x" in notation.symbols else 1
    last = len(layers) - 2 if notation.numbering == "name" else len(layers) - 1
    for other in range(first, last + 1):
        if other != p and layers[other - 1].activation == layers[p - 1].activation:
            yield printed.moved(other - p)


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", FEW.values(), ids=FEW)
def test_every_formula_of_one_network_of_each_kind(net: NetworkDefinition, notation: str) -> None:
    check(net, notation)


@pytest.mark.long
@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_formula_of_every_network(notation: str) -> None:
    networks = network_table.covering()
    assert len(networks) >= 60
    for net in networks:
        check(net, notation)
