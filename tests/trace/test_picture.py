"""The network drawn with its numbers."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from chainrule.derivation import picture as drawing
from chainrule.errors import UnknownNameError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.pictures import Drawing
from chainrule.presets import PRESETS
from chainrule.trace import Trace

SMALL = ["zhou", "mazur", "han-small", "testnet"]


def trace_of(preset):
    net, example = PRESETS[preset].net, next(iter(PRESETS[preset].examples.values()))
    return Trace(net, example.x, example.y, example.parameters, lr=example.lr)


@pytest.fixture
def set_(monkeypatch):
    """The formulas that are set: TeX, colour, place and angle."""
    found = []

    def text(self, x, y, tex, color, *, angle=0, **how):
        found.append((tex, color, (x, y), angle))
        plain(self, x, y, tex, color, angle=angle, **how)

    plain = drawing._Drawing.text
    monkeypatch.setattr(drawing._Drawing, "text", text)
    return found


def texts(found, color):
    return sorted(tex.split(" = ")[-1] for tex, its, _, _ in found if its == color)


@pytest.mark.parametrize(("preset", "book"), list(zip([*SMALL, *SMALL], [*NOTATIONS] * 2, strict=False)))
def test_every_number_is_in_it(preset, book, set_):
    trace = trace_of(preset)
    trace.picture(notation=book, digits=12)
    layers = range(1, len(trace.net.layers) + 1)
    l2 = trace.net.penalties.get("l2", 0)
    slopes = [trace[f"delta{p}"][0] for p in layers]
    slopes += [trace[f"dW{p}"] - l2 * trace[f"W{p}"] for p in layers]  # of one sample's cost
    found = [float(s) for s in texts(set_, drawing.SLOPE) if "partial" not in s and "cdot" not in s]
    expected = np.sort(np.concatenate([np.ravel(s) for s in slopes]))
    np.testing.assert_allclose(np.sort(found), expected, rtol=1e-10, atol=1e-12)
    values = set(texts(set_, drawing.VALUE))
    for name in ("x", *(f"{kind}{p}" for kind in "aWb" for p in layers)):
        assert {f"{v:.12g}" for v in trace[name].ravel()} <= values


def test_files_are_what_they_are_called_and_the_same_each_time():
    trace = trace_of("mazur")
    svg = trace.picture("svg")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert svg == trace.picture("svg")


@pytest.mark.heavy
def test_a_png_needs_its_extra():
    pytest.importorskip("matplotlib", reason="the extra plots draws PNG")
    assert trace_of("mazur").picture("png").startswith(b"\x89PNG")


@pytest.mark.parametrize("side", ["above", "below", "middle"])
@pytest.mark.parametrize("angle", [0, 30, -50, 90])
def test_formulas_stand_at_their_points(side, angle):
    """Their box, turned about where it begins, has the point in its middle or just above or below it."""
    sheet = Drawing(100, 100, "t")
    drawing._Drawing.text(
        SimpleNamespace(drawing=sheet), 40, 60, "w^2_{11} = 0.25", "#000000", angle=angle, side=side
    )
    placed, em, turn = sheet.elements[-1], sheet.elements[-1].size / 1000, np.radians(angle)
    box = placed.formula
    middle = em * np.array([box.left + box.width / 2, box.top + box.height / 2])
    around = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    away = around.T @ (around @ middle + [placed.x, placed.y] - [40, 60])
    assert away[0] == pytest.approx(0, abs=1e-9)
    half = em * box.height / 2
    assert away[1] == pytest.approx({"middle": 0, "above": -half - 1.5, "below": half + 1.5}[side])


@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 8, 8, 3)])
def test_numbers_on_connections_keep_clear_of_each_other(set_, sizes):
    layers = [Dense(size, "tanh") for size in sizes[1:]]
    Trace(NetworkDefinition(sizes[0], layers), [1] * sizes[0], [1] * sizes[-1]).picture()
    spots = [place for _, color, place, angle in set_ if angle and color == drawing.SLOPE]
    assert len(spots) > 10
    distances = [np.hypot(*np.subtract(a, b)) for i, a in enumerate(spots) for b in spots[:i]]
    assert min(distances) > 36


def test_forward_alone_has_nothing_red(set_):
    example = PRESETS["zhou"].examples["forward"]
    Trace(PRESETS["zhou"].net, example.x, None, example.parameters).picture()
    assert texts(set_, drawing.SLOPE) == []


def test_what_is_not_drawn():
    trace = trace_of("mazur")
    with pytest.raises(UnknownNameError):
        trace.picture("pdf")
    with pytest.raises(UsageError) as caught:
        Trace(PRESETS["nielsen"].net, [0] * 784).picture()
    assert caught.value.key == "trace.too_large_to_draw"
