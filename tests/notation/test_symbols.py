"""Every symbol that a notation writes is read back as what it was written for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS, find_notation
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.quantity import RANKS, quantity
from chainrule.notation.reader import Reader
from chainrule.notation.terms import Activation, Choice, Named
from chainrule.reading import read_network
from chainrule.render.entries import entry_name

NETWORKS = {
    text: read_network(text).net.resolved()
    for text in ("2-3-2", "3-4-2:sigmoid", "2-2-1:sigmoid", "1-1-1-1", "2-3:tanh-12:relu-3:relu-11")
}
PLACES = (NUMBERED, Place(batch=True), Place(sample=True), Place(anchor=2), Place(anchor=1, letter="L"))
SHARED = NetworkDefinition(3, (Dense(3, "tanh"), Dense(3, "tanh", shared=1), Dense(2))).resolved()


def names(net: NetworkDefinition, notation: Notation, cost: str = "C") -> Iterator[str]:
    """All quantities with a symbol."""
    last = len(net.layers)
    yield from (cost, "lr", "l1", "l2", "y", "a0")
    for p in range(1, last + 1):
        yield from (f"{kind}{p}" for kind in ("W", "b", "z", "a", "delta"))
        yield from (f"∂{cost}/∂{kind}{p}" for kind in ("W", "b", "z", "a"))
        if "in[]" in notation.symbols:
            yield f"in{p}"


def layers(net: NetworkDefinition, name: str) -> tuple[int, ...]:
    """The layers that a quantity's indices count."""
    what = quantity(quantity(name).parts[-1]) if name.startswith("∂") else quantity(name)
    own = len(net.layers) if what.kind == "y" else what.layer or 0
    return (own, own - 1)[: RANKS.get(what.kind, 0)]


def read(reader: Reader, tex: str, place: Place = NUMBERED) -> Named:
    term = reader.read(tex, place)
    assert isinstance(term, Named), (tex, term)
    return term


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", NETWORKS.values(), ids=NETWORKS)
def test_arrays_and_entries(net: NetworkDefinition, notation: str, place: Place) -> None:
    wanted = find_notation(notation)
    reader = Reader(wanted, net)
    cost = "J" if place.batch else "C"  # they may be written alike
    for name in names(net, wanted, cost):
        own, rank = name, len(layers(net, name))
        if name.startswith("delta") and not wanted.named_errors:
            own = f"∂{cost}/∂z{name.removeprefix('delta')}"
        if not name.startswith("in"):
            whole = read(reader, wanted.symbol(name, (), net, place), place)
            assert [choice.name for choice in whole.choices] == [own]
        if rank and not place.sample:
            entry = read(reader, wanted.symbol(name, ("j", "k'")[:rank], net, place), place)
            assert entry.indices == ("j", "k'")[:rank]
            assert (own, layers(net, name)) in [(c.name, c.layers) for c in entry.choices]


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", NETWORKS.values(), ids=NETWORKS)
def test_entries_with_numbers(net: NetworkDefinition, notation: str) -> None:
    wanted = find_notation(notation)
    reader = Reader(wanted, net)
    for name in names(net, wanted):
        sizes = [net.sizes[p] for p in layers(net, name)]
        if (
            not sizes
            or name.startswith(("in", "∂"))
            or (name.startswith("delta") and not wanted.named_errors)
        ):
            continue
        for places in {(1,) * len(sizes), tuple(sizes)}:
            entry = read(reader, wanted.symbol(entry_name(name, places), (), net))
            assert meant(entry, net) == [(name, places)]


def meant(entry: Named, net: NetworkDefinition) -> list[tuple[str, tuple[int, ...]]]:
    """The entries, counted from 1 in their layers, that a symbol with numbers may be."""
    found = []
    for choice in entry.choices:
        at = tuple(int(i) - start + 1 for i, start in zip(entry.indices, choice.starts, strict=True))
        if all(1 <= i <= net.sizes[p] for i, p in zip(at, choice.layers, strict=True)):
            found.append((choice.name, at))
    return found


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("net", NETWORKS.values(), ids=NETWORKS)
def test_activations(net: NetworkDefinition, notation: str) -> None:
    wanted = find_notation(notation)
    reader = Reader(wanted, net)
    for number, layer in enumerate(net.layers, 1):
        for kind, prime in ((f"g{number}", False), (f"g{number}'", True)):
            term = reader.read(wanted.symbol(kind, (), net))
            assert isinstance(term, Activation)
            assert (term.name, term.derived) == (layer.activation, prime)
            assert isinstance(term.operand, Named)
            assert term.operand.choices[0].name == f"z{number}"


def test_nodes_have_numbers_through_the_network() -> None:
    reader = Reader(find_notation("han"), NETWORKS["3-4-2:sigmoid"])
    weight = read(reader, "w_{ji}")
    assert weight.choices == (Choice("W2", (2, 1), (8, 4)), Choice("W1", (1, 0), (4, 1)))
    assert meant(read(reader, "w_{84}"), reader.net) == [("W2", (1, 1))]
    assert meant(read(reader, "w_{84}"), reader.net) == meant(read(reader, "w_{8,4}"), reader.net)
    assert meant(read(reader, r"\delta_9"), reader.net) == [("delta2", (2,))]
    bias = read(reader, "w_{jb}")
    assert {choice.name for choice in bias.choices} == {"b1", "b2"}


def test_shared_weights_are_those_of_every_layer_that_uses_them() -> None:
    reader = Reader(find_notation("han"), SHARED)
    weight = read(reader, "w_{ji}")
    assert {(c.name, c.layers) for c in weight.choices} == {("W1", (1, 0)), ("W1", (2, 1)), ("W3", (3, 2))}
    weight = read(Reader(find_notation("nielsen"), SHARED), "w^{2}_{jk}")
    assert {choice.name for choice in weight.choices} == {"W1"}


def test_the_only_unit_of_a_layer_needs_no_index() -> None:
    reader = Reader(find_notation("zhou"), NETWORKS["2-2-1:sigmoid"])
    assert read(reader, r"y_{\mathrm{pred}}").indices == (1,)
    assert read(reader, "w_3").choices[0].name == "W1"
    assert read(reader, "w_3").indices == (2, 1)
    assert read(reader, "w_6").choices[0].name == "W2"


def test_a_cost_is_that_of_the_batch_where_the_formula_is() -> None:
    reader = Reader(find_notation("nielsen"), NETWORKS["2-3-2"])
    assert read(reader, "C").choices[0].name == "C"
    assert read(reader, "C", Place(batch=True)).choices[0].name == "J"
    assert read(reader, "C_{x}", Place(batch=True, sample=True)).choices[0].name == "C"
