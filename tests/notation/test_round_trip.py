"""What is printed means what is run: every formula of a derivation, read back from its TeX in its notation's
meaning, gives the numbers of the program."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from read_back import Layers, Printed, ReadBack, formulas

import network_table
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.check.formula.values import FormulaValues
from chainrule.documents.document import Table
from chainrule.errors import FormulaError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.program import STEP, UPDATE, build
from chainrule.reading import read_network
from chainrule.sentences import speaking
from chainrule.update import UpdateRule

CLOSE = 1e-10


def network(text: str, **settings: object) -> NetworkDefinition:
    return dataclasses.replace(read_network(text).net, **settings)  # type: ignore[arg-type]  # any field


def shared(*activations: str) -> NetworkDefinition:
    """Two hidden layers with the same weights."""
    layers = [Dense(3, name, shared=1 if number == 2 else None) for number, name in enumerate(activations, 1)]
    return NetworkDefinition(3, (*layers, Dense(2)), penalties={"l2": 0.1})


def normalised(net: NetworkDefinition, *norms: str) -> NetworkDefinition:
    """All hidden layers with normalisations, which are taken in turns."""
    *hidden, last = net.layers
    turns = zip(hidden, itertools.cycle(norms), strict=False)
    layers = (*(dataclasses.replace(layer, norm=norm) for layer, norm in turns), last)
    return dataclasses.replace(net, layers=layers)


FEW = {
    "textbook": network("2-3-2"),
    "neurons": network("2-2-1:sigmoid", loss="mean_squared_error"),
    "nodes": network("3-4-2:sigmoid", loss="half_squared_error"),
    "square": network("3-3-3:sigmoid", loss="half_squared_error", penalties={"l2": 0.3}),
    "perceptron": network("3-2:step"),
    "one unit each": network("1-1-1:sigmoid"),
    "wide": network("3-12-11-2"),
    "penalties": network("2-3:tanh-2:identity", penalties={"l1": 0.02, "l2": 0.3}),
    "bends": network("2-3:relu-4:leaky_relu-2", loss="mean_absolute_error"),
    "huber": network("2-3:gelu-2:silu-1:elu", loss="huber:threshold=0.2"),
    "formulas": network("2-3:x * sigmoid(1.702 * x)-2:(x - sin(x))-2"),
    "settings": network("2-3:leaky_relu:slope=0.1-3:leaky_relu:slope=0.3-2:softmax", loss="huber"),
    "shared": shared("tanh", "sigmoid"),
    "dropout": network("2-3:tanh-3-2").with_dropout(0.5, 0.25),
    "normalised": normalised(network("2-3-2", penalties={"l2": 0.1}), "layer"),
    "batches": normalised(network("2-3:tanh-2:relu-2", penalties={"l2": 0.1}), "batch", "layer"),
    "linear": network("2-3:identity-2:identity-2:sigmoid"),
    "deep": network("2-3:tanh-3:tanh-4:tanh-2:tanh-3:relu-2:sigmoid", penalties={"l2": 0.1}),
}
"""One network of each kind."""

MORE = {
    "normalised one by one": normalised(network("2-3:tanh-4:relu-1:identity"), "layer"),
    "a batch": normalised(network("2-3:identity-1:sigmoid", loss="half_squared_error"), "batch"),
    "batches of shared": normalised(shared("tanh", "sigmoid").with_dropout(0.5, 0.25), "batch"),
    "deep batches": normalised(network("2-3:tanh-3:tanh-4:tanh-2:tanh-3:relu-2"), "batch"),
    "alternating": network("2-3:tanh-3:relu-3:tanh-3:relu-3:tanh-3:relu-2"),
    "deep, one unit each": network("1-1:tanh-1:tanh-1:tanh-1:tanh-1:tanh-1:sigmoid", penalties={"l1": 0.1}),
    "cases": network("2-3:abs(x)-3:max(x, 0.1*x)-2:where(x > 0, x, x*x)"),
    "many outputs": network("2-3:tanh-30:softmax"),
    "all the same weights": shared(*["tanh"] * 6),
    "twenty layers": network("-".join(["3", *["3:tanh"] * 19, "2:softmax"])),
}

PARTS = 6
"""Into how many tests the whole table of networks is divided."""


def check(net: NetworkDefinition, notation: str, update: str | UpdateRule = "sgd") -> None:
    """Hold every formula against the program; all that fail are told at once."""
    read_back = ReadBack(net, notation, update)
    failed = []
    for printed in formulas(net, notation, update):
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
        kinds = {(layer.activation, layer.norm) for layer in (layers[other - 1], layers[p - 1])}
        if other != p and len(kinds) == 1:
            yield printed.moved(other - p)


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", FEW.values(), ids=FEW)
def test_every_formula_of_one_network_of_each_kind(net: NetworkDefinition, notation: str) -> None:
    check(net, notation)


@pytest.mark.parametrize(
    ("optimizer", "notation"),
    [
        *itertools.product(["sgd:momentum=0.9", "adam"], NOTATIONS),
        *zip(OPTIMIZERS.names()[1:], itertools.cycle(NOTATIONS), strict=False),
    ],
)
def test_updates_of_every_optimizer(optimizer: str, notation: str) -> None:
    net = network("2-2:sigmoid", penalties={"l2": 0.3})
    check(net, notation, optimizer)
    printed = [each.of for each in formulas(net, notation, optimizer)]
    assert {line.name for line in build(net, optimizer).of(*UPDATE)} <= set(printed)


BOUNDED = {
    "by norm": (network("2-3:tanh-2"), UpdateRule("sgd:momentum=0.9", clip_norm=0.1, max_norm=0.5)),
    "all": (network("2-2-1:sigmoid"), UpdateRule("adam", 0.05, 0.1, 0.5, ema=0.9)),
    "deep": (FEW["deep"], UpdateRule(clip_norm=0.1, max_norm=0.5, ema=0.9)),
}
"""Steps in which there is more than an optimizer, with bounds that are met."""


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    ("net", "rule"),
    [
        pytest.param(*row, id=name, marks=[pytest.mark.long] * (name == "deep"))
        for name, row in BOUNDED.items()
    ],
)
def test_what_a_step_has_beside_the_optimizer(
    net: NetworkDefinition, rule: UpdateRule, notation: str
) -> None:
    check(net, notation, rule)
    printed = {each.of for each in formulas(net, notation, rule)}
    lines = {line.name for line in build(net, rule).of(*STEP)}
    assert (lines if len(net.layers) <= 2 else {"gradient_norm", "gradient_scale"}) <= printed


@pytest.mark.long
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_formula_of_every_network(part: int, notation: str) -> None:
    networks = [*MORE.values(), *network_table.covering()]
    assert len(networks) >= 60
    for net in networks[part::PARTS]:
        check(net, notation)


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", [FEW["square"], FEW["bends"], FEW["deep"]], ids=["square", "bends", "deep"])
def test_formulas_are_the_same_in_both_languages(net: NetworkDefinition, notation: str) -> None:
    with speaking("en"):
        english = [printed.sides for printed in formulas(net, notation)]
    with speaking("zh"):
        assert [printed.sides for printed in formulas(net, notation)] == english


# What is not right is found.

MISTAKES: dict[str, tuple[str, Callable[[re.Match[str]], str]]] = {
    "sign": (r"[-+]", lambda m: "-" if m[0] == "+" else "+"),
    "transpose": (r"\^\{T\}", lambda m: ""),
    "order of indices": (r"_\{(\w)(,?)(\w)\}", lambda m: f"_{{{m[3]}{m[2]}{m[1]}}}"),
    "factor": (r"\\frac\{(1|\\?\w+)\}\{(2|m|n)\}", lambda m: ""),
    "layer": (r"(?<=\^\{)(\(?)(\w,)?(\d)(?=\)?\})", lambda m: f"{m[1]}{m[2] or ''}{int(m[3]) + 1}"),
    "Hadamard product": (r"\\odot", lambda m: ""),
    "derivative": (r"'", lambda m: ""),
    "sum": (r"\\sum_(\{[^{}]*\}|\w)(\^\{\w\})?", lambda m: ""),
    "square": (r"\^\{2\}(?!_)", lambda m: "^{3}"),
}


def altered(tex: str) -> Iterator[tuple[str, str]]:
    """A formula with one mistake in it: which, and the TeX."""
    for mistake, (where, instead) in MISTAKES.items():
        for match in re.finditer(where, tex):
            wrong = tex[: match.start()] + instead(match) + tex[match.end() :]
            if wrong != tex:
                yield mistake, wrong


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", [FEW["square"], FEW["textbook"]], ids=["square", "textbook"])
def test_a_formula_with_a_mistake_is_found(net: NetworkDefinition, notation: str) -> None:
    read_back = ReadBack(net, notation)
    made, seen = Counter[str](), set[tuple[str, ...]]()
    for printed in formulas(net, notation):
        for number, tex in enumerate(printed.sides[1:], 1):
            if (printed.sides[0], tex) in seen:
                continue
            seen.add((printed.sides[0], tex))
            for mistake, wrong in altered(tex):
                made[mistake] += 1
                try:
                    apart = read_back.apart(printed.with_side(number, wrong))
                except FormulaError:
                    continue
                assert apart > 1e-6, (mistake, printed.sides[0], tex, wrong)
    assert made.keys() >= MISTAKES.keys() - {"layer", "square", "factor"}, made


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", [FEW["nodes"], FEW["neurons"], FEW["bends"], FEW["deep"]], ids=str)
def test_the_table_of_symbols_tells_their_shapes(net: NetworkDefinition, notation: str) -> None:
    read_back = ReadBack(net, notation)
    layers = Layers(net, read_back.notation)
    places = [place for _, place in layers.layers()]
    (table,) = (block for block in layers.blocks() if isinstance(block, Table))
    rows_of_a_layer = len(table.rows) // len(places)
    for number, row in enumerate(table.rows):
        symbol, shape = (cell.strip("$") for cell in row[:2])
        place = places[number // rows_of_a_layer]
        term = read_back.reader.read(rf"\underbrace{{{symbol}}}_{{{shape}}}", place)
        assert FormulaValues(read_back.reader, read_back.values).cases([term])
