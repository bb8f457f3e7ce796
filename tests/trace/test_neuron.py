"""One neuron: its connections add up to what goes into it, and send back what its error is."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.documents.document import Paragraph, Table
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.presets import PRESETS
from chainrule.sentences import speaking
from chainrule.trace import Trace


def trace_of(preset, **settings):
    net, example = PRESETS[preset].net, next(iter(PRESETS[preset].examples.values()))
    return Trace(net, example.x, example.y, example.parameters, lr=example.lr, **settings)


def numbers(table, column):
    return [float(row[column].strip("$").replace(r" \cdot 10^{", "e").replace("}", "")) for row in table.rows]


@pytest.mark.parametrize("book", NOTATIONS)
@pytest.mark.parametrize("preset", ["zhou", "mazur", "han-small", "testnet"])
def test_products_add_up(preset, book):
    trace = trace_of(preset)
    sign = NOTATIONS[book].error_sign
    sizes = trace.net.sizes
    for p in range(1, len(sizes)):
        for k in range(sizes[p]):
            document = trace.neuron(f"a{p}[{k}]", notation=book, digits=17)
            incoming, *outgoing = (block for block in document.blocks if isinstance(block, Table))
            assert sum(numbers(incoming, 4)) == pytest.approx(trace[f"z{p}"][0, k], rel=1e-14)
            slopes = numbers(incoming, 5)
            np.testing.assert_allclose(slopes[-1], trace[f"db{p}"][k], rtol=1e-14)
            penalty = trace.net.penalties.get("l2", 0) * trace[f"W{p}"][k]  # not of one sample's cost
            np.testing.assert_allclose(slopes[:-1], trace[f"dW{p}"][k] - penalty, rtol=1e-13, atol=1e-16)
            assert len(outgoing) == (p < len(sizes) - 1)
            if outgoing:
                a = trace[f"a{p}"][0, k]
                back = sign * sum(numbers(outgoing[0], 4)) * a * (1 - a)
                assert back == pytest.approx(trace[f"delta{p}"][0, k], rel=1e-13)


@pytest.mark.parametrize(
    ("preset", "book", "name", "place"),
    [
        ("zhou", "zhou", "h1", "a1[0]"),
        ("zhou", "zhou", "y_pred", "a2[0]"),
        ("han-small", "han", "a6", "a1[2]"),
        ("han-small", "han", "y2", "a2[1]"),
        ("mazur", "nielsen", "a^3_2", "a2[1]"),
    ],
)
def test_names_of_the_notation(preset, book, name, place):
    trace = trace_of(preset)
    assert trace.neuron(name, notation=book) == trace.neuron(place, notation=book)


@pytest.mark.parametrize("name", ["a0[0]", "a1[2]", "a3[0]", "h7", "", "a1[-1]"])
def test_a_neuron_that_is_none(name):
    with pytest.raises(UsageError) as caught:
        trace_of("zhou").neuron(name)
    assert caught.value.key == "trace.no_such_neuron"


def test_of_many_connections_the_first():
    rng = np.random.default_rng(0)
    net = NetworkDefinition(30, (Dense(20, "tanh"), Dense(2, "softmax")))
    trace = Trace(net, rng.standard_normal(30), [1, 0])
    with speaking("en"):
        blocks = trace.neuron("a1[3]").blocks
    assert Paragraph("The first 8 of 31 connections are shown.") in blocks
    assert all(len(block.rows) <= 9 for block in blocks if isinstance(block, Table))


def test_forward_alone_has_nothing_that_comes_back():
    net, example = PRESETS["zhou"].net, PRESETS["zhou"].examples["forward"]
    document = Trace(net, example.x, None, example.parameters).neuron("a1[0]")
    (table,) = (block for block in document.blocks if isinstance(block, Table))
    assert len(table.head) == 5


def test_shared_weights():
    layers = (Dense(2, "sigmoid"), Dense(2, "sigmoid", shared=1), Dense(1, "identity"))
    trace = Trace(NetworkDefinition(2, layers), [0.5, -1], [0.3])
    for p in (1, 2):
        tables = [b for b in trace.neuron(f"a{p}[1]", digits=17).blocks if isinstance(b, Table)]
        assert sum(numbers(tables[0], 4)) == pytest.approx(trace[f"z{p}"][0, 1], rel=1e-14)
