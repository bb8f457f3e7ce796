"""The network drawn with its numbers."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from chainrule.derivation import picture as drawing
from chainrule.errors import UnknownNameError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.presets import PRESETS
from chainrule.trace import Trace

SMALL = ["zhou", "mazur", "han-small", "testnet"]


def trace_of(preset):
    net, example = PRESETS[preset].net, next(iter(PRESETS[preset].examples.values()))
    return Trace(net, example.x, example.y, example.parameters, lr=example.lr)


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are made, in order."""
    figures = []

    def made(*arguments, **settings):
        figures.append(Figure(*arguments, **settings))
        return figures[-1]

    monkeypatch.setattr("matplotlib.figure.Figure", made)
    return figures


def texts(figure, color):
    return sorted(
        t.get_text().strip("$").split(" = ")[-1] for t in figure.axes[0].texts if t.get_color() == color
    )


@pytest.mark.parametrize(("preset", "book"), list(zip([*SMALL, *SMALL], [*NOTATIONS] * 2, strict=False)))
def test_every_number_is_in_it(preset, book, drawn):
    trace = trace_of(preset)
    trace.picture(notation=book, digits=12)
    (figure,) = drawn
    layers = range(1, len(trace.net.layers) + 1)
    l2 = trace.net.penalties.get("l2", 0)
    slopes = [trace[f"delta{p}"][0] for p in layers]
    slopes += [trace[f"dW{p}"] - l2 * trace[f"W{p}"] for p in layers]  # of one sample's cost
    found = [float(s) for s in texts(figure, drawing.SLOPE) if "partial" not in s and "cdot" not in s]
    expected = np.sort(np.concatenate([np.ravel(s) for s in slopes]))
    np.testing.assert_allclose(np.sort(found), expected, rtol=1e-10, atol=1e-12)
    values = set(texts(figure, drawing.VALUE))
    for name in ("x", *(f"{kind}{p}" for kind in "aWb" for p in layers)):
        assert {f"{v:.12g}" for v in trace[name].ravel()} <= values


def test_files_are_what_they_are_called_and_the_same_each_time():
    trace = trace_of("mazur")
    svg, png = trace.picture("svg"), trace.picture("png")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert png.startswith(b"\x89PNG")
    assert svg == trace.picture("svg")


@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 8, 8, 3)])
def test_numbers_on_connections_keep_clear_of_each_other(drawn, sizes):
    layers = [Dense(size, "tanh") for size in sizes[1:]]
    Trace(NetworkDefinition(sizes[0], layers), [1] * sizes[0], [1] * sizes[-1]).picture()
    spots = [
        t.get_position()
        for t in drawn[0].axes[0].texts
        if t.get_rotation() and t.get_color() == drawing.SLOPE
    ]
    assert len(spots) > 10
    distances = [np.hypot(*np.subtract(a, b)) for i, a in enumerate(spots) for b in spots[:i]]
    assert min(distances) > 0.38


def test_forward_alone_has_nothing_red(drawn):
    example = PRESETS["zhou"].examples["forward"]
    Trace(PRESETS["zhou"].net, example.x, None, example.parameters).picture()
    assert texts(drawn[0], drawing.SLOPE) == []


def test_what_is_not_drawn():
    trace = trace_of("mazur")
    with pytest.raises(UnknownNameError):
        trace.picture("pdf")
    with pytest.raises(UsageError) as caught:
        Trace(PRESETS["nielsen"].net, [0] * 784).picture()
    assert caught.value.key == "trace.too_large_to_draw"
