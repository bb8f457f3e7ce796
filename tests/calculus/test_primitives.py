"""The table of primitives: every row against mpmath, in every form it can be computed or printed in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest

from chainrule.engines import special
from chainrule.expr import Node, const, elementwise, in_order, leaf
from chainrule.primitives import PRIMITIVES, kinks, partials
from expression_evaluator import evaluate

mp = mpmath.mp.clone()
mp.dps = 40

ANYWHERE = [(-30.0,), (-3.0,), (-1.2,), (-0.4,), (0.3,), (0.9,), (2.5,), (30.0,), (-1e4,), (1e4,)]
POSITIVE = [(1e-3,), (0.3,), (1.0,), (2.5,), (1e4,)]
PAIRS = [(-2.0, 0.7), (0.3, -1.1), (1.5, 2.5), (1e4, 3.0), (-3.0, -1e4)]


@dataclass
class Oracle:
    """function: in mpmath. points: operands inside the domain, away from kinks. smooth_by: which operands
    have a derivative. corner: a point inside the domain where a kink could be."""

    function: Callable
    points: list[tuple[float, ...]]
    smooth_by: tuple[int, ...] = (0,)
    corner: tuple[float, ...] | None = (0.0,)


ORACLES = {
    "add": Oracle(lambda a, b: a + b, PAIRS, (0, 1), (1.0, 1.0)),
    "sub": Oracle(lambda a, b: a - b, PAIRS, (0, 1), (1.0, 1.0)),
    "mul": Oracle(lambda a, b: a * b, PAIRS, (0, 1), (1.0, 1.0)),
    "div": Oracle(lambda a, b: a / b, PAIRS, (0, 1), (1.0, 1.0)),
    "neg": Oracle(lambda a: -a, ANYWHERE),
    "power": Oracle(
        lambda a, b: a**b, [(-2.0, 3.0), (0.3, 2.0), (1.7, -1.5), (1e4, 2.0), (4.0, 0.5)], (0,), (0.0, 2.0)
    ),
    "exp": Oracle(mp.exp, ANYWHERE),
    "log": Oracle(mp.log, POSITIVE, corner=None),
    "expm1": Oracle(mp.expm1, ANYWHERE),
    "sqrt": Oracle(mp.sqrt, POSITIVE, corner=None),
    "sin": Oracle(mp.sin, ANYWHERE),
    "cos": Oracle(mp.cos, ANYWHERE),
    "sigmoid": Oracle(lambda a: 1 / (1 + mp.exp(-a)), ANYWHERE),
    "tanh": Oracle(mp.tanh, ANYWHERE),
    "softplus": Oracle(lambda a: mp.log1p(mp.exp(a)), ANYWHERE),
    "xlogy": Oracle(lambda a, b: a * mp.log(b), [(-2.0, 0.7), (0.3, 1.1), (1e4, 1e-4)], (0, 1), (1.0, 1.0)),
    "erf": Oracle(mp.erf, ANYWHERE),
    "normal_cdf": Oracle(lambda a: mp.erfc(-a / mp.sqrt(2)) / 2, ANYWHERE),
    "normal_pdf": Oracle(lambda a: mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi), ANYWHERE),
    "greater": Oracle(lambda a, b: mp.mpf(a > b), PAIRS, (), (1.0, 1.0)),
    "equal": Oracle(lambda a, b: mp.mpf(a == b), [*PAIRS, (2.0, 2.0)], (), None),
    "abs": Oracle(abs, ANYWHERE),
    "sign": Oracle(mp.sign, ANYWHERE, ()),
    "step": Oracle(lambda a: mp.mpf(a >= 0), [*ANYWHERE, (0.0,)], ()),
    "maximum": Oracle(max, PAIRS, (0, 1), (1.0, 1.0)),
    "minimum": Oracle(min, PAIRS, (0, 1), (1.0, 1.0)),
    "select": Oracle(lambda c, a, b: a if c else b, [(1.0, 2.0, 3.0), (0.0, 2.0, 3.0)], (1, 2), None),
}
NAMES = "abc"
EVERY_POINT = [(name, point) for name, oracle in ORACLES.items() for point in oracle.points]
every_row = pytest.mark.parametrize("name", ORACLES)
every_point = pytest.mark.parametrize(("name", "point"), EVERY_POINT)


def test_every_row_has_an_oracle():
    assert list(ORACLES) == list(PRIMITIVES)


def _exact(name: str, point: tuple[float, ...]) -> float:
    return float(ORACLES[name].function(*map(mp.mpf, point)))


def _node(name: str, point: tuple[float, ...]) -> Node:
    """The primitive over leaves a, b, c; an exponent has to be a constant."""
    operands = [leaf(n) for n, _ in zip(NAMES, point, strict=False)]
    if name == "power":
        operands[1] = const(point[1])
    return elementwise(name, *operands)


def _run(source: str, names: dict[str, object]) -> object:
    return eval(source, names)  # noqa: S307 - a row's own template


def _values(point: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(NAMES, point, strict=False))


@every_point
def test_a_local_derivative_is_mpmaths(name, point):
    with mp.workdps(60):
        exact = _exact(name, point)
    node = _node(name, point)
    assert math.isfinite(exact) or abs(point[0]) == 1e4
    for place, part in enumerate(partials(node)):
        if place not in ORACLES[name].smooth_by:
            assert part is None
            continue
        order = tuple(int(i == place) for i in range(len(point)))
        with mp.workdps(60):
            expected = float(mp.diff(ORACLES[name].function, tuple(map(mp.mpf, point)), order))
        assert part is not None
        (found,) = evaluate([part], _values(point))
        if math.isfinite(expected):  # e^10000 is not, whatever one does
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


@every_row
def test_the_numpy_form_is_mpmaths(name):
    row = PRIMITIVES[name]
    columns = np.array(ORACLES[name].points).T
    namespace: dict = {"np": np, "math": math}
    exec(row.helper or "", namespace)  # the table's own text, as emitted files hold it
    expression = row.numpy.format(*NAMES)
    with np.errstate(over="ignore"):
        found = _run(expression, namespace | dict(zip(NAMES, columns, strict=False)))
    np.testing.assert_allclose(
        found, [_exact(name, p) for p in ORACLES[name].points], rtol=1e-12, atol=1e-300
    )
    assert np.shape(found) == columns[0].shape


@every_row
def test_the_form_that_writes_into_an_array_is_mpmaths(name):
    row = PRIMITIVES[name]
    if row.ufunc is None:
        assert row.definition is not None or name == "select"  # `select` is copied by its mask
        return
    columns = np.array(ORACLES[name].points).T
    out = np.empty(columns[0].shape, bool if name in ("greater", "equal") else float)
    operands = NAMES[: len(columns)]
    call = row.ufunc if "{out}" in row.ufunc else f"{row.ufunc}({', '.join(operands)}, out={{out}})"
    with np.errstate(over="ignore"):
        _run(
            call.format(*operands, out="out"),
            {"np": np, "special": special, "out": out, **dict(zip(NAMES, columns, strict=False))},
        )
    np.testing.assert_allclose(out, [_exact(name, p) for p in ORACLES[name].points], rtol=1e-12, atol=1e-300)


@every_row
def test_a_definition_is_the_primitive(name):
    row = PRIMITIVES[name]
    if row.definition is None:
        return
    for point in ORACLES[name].points:
        defined = row.definition(*map(leaf, NAMES[: len(point)]))
        assert elementwise(name, *map(leaf, NAMES[: len(point)])) not in in_order([defined])
        if max(map(abs, point)) <= 30:  # e^10000 overflows in a definition; the primitive does not
            (found,) = evaluate([defined], _values(point))
            assert found == pytest.approx(_exact(name, point), rel=1e-9, abs=1e-12)


@every_row
def test_the_text_form_says_what_it_computes(name):
    text = PRIMITIVES[name].text.format(*NAMES)
    for pattern, python in [
        (r"\^", "**"),
        (r"\|(.)\|", r"abs(\1)"),
        (r"1\((.*)\)$", r"(\1)"),
        (" = ", " == "),
    ]:
        text = re.sub(pattern, python, text)
    functions = {n: oracle.function for n, oracle in ORACLES.items()} | {"max": max, "min": min}
    for point in ORACLES[name].points:
        found = _run(text, functions | {n: mp.mpf(v) for n, v in _values(point).items()})
        assert float(found) == pytest.approx(_exact(name, point), rel=1e-12)


@every_row
def test_the_tex_form_is_whole(name):
    oracle, row = ORACLES[name], PRIMITIVES[name]
    if name == "select":  # its form has more than its operands: the opposite of its condition
        assert not row.tex
        return
    operands = [rf"\omega_{i}" for i in range(len(oracle.points[0]))]
    tex = row.tex.format(*operands)
    assert all(tex.count(o) == 1 for o in operands)
    assert tex.count("{") == tex.count("}")
    assert tex.count(r"\left") == tex.count(r"\right")
    assert tex.count(r"\begin") == tex.count(r"\end")


@every_row
def test_a_kink_is_declared_exactly_where_the_slope_jumps(name):
    oracle, row = ORACLES[name], PRIMITIVES[name]
    if oracle.corner is None:
        assert row.kink is None
        return
    h = mp.mpf("1e-12")
    jumps = False
    for place in range(len(oracle.corner)):
        here = list(map(mp.mpf, oracle.corner))
        above, below = ([x + s * h * (i == place) for i, x in enumerate(here)] for s in (1, -1))
        if name == "power" and place == 1:
            continue
        middle, f = oracle.function(*here), oracle.function
        left, right = middle - f(*below), f(*above) - middle
        jumps |= abs(right - left) > 1e-6 * h or abs(right + left) > 1e-6
    assert (row.kink is not None) == jumps
    if row.kink:
        node = _node(name, oracle.corner)
        (distance,) = evaluate([kinks([node])[node]], _values(oracle.corner))
        assert distance == 0
        assert row.convention or name == "greater"


@pytest.mark.parametrize(
    ("name", "point", "declared"),
    [
        ("abs", (0.0,), [0.0]),
        ("maximum", (1.5, 1.5), [0.0, 1.0]),
        ("minimum", (1.5, 1.5), [0.0, 1.0]),
        ("sign", (0.0,), [None]),
        ("step", (0.0,), [None]),
    ],
)
def test_at_a_kink_the_derivative_is_what_is_declared(name, point, declared):
    parts = partials(_node(name, point))
    assert [p if p is None else float(evaluate([p], _values(point))[0]) for p in parts] == declared


def test_nothing_times_the_logarithm_of_nothing_is_nothing():
    (value,) = evaluate([elementwise("xlogy", leaf("a"), leaf("b"))], {"a": 0.0, "b": 0.0})
    namespace: dict = {"np": np}
    exec(PRIMITIVES["xlogy"].helper, namespace)  # the table's own text
    assert value == namespace["xlogy"](np.zeros(1), np.zeros(1))[0] == 0


def test_an_exponent_is_a_constant():
    with pytest.raises(ValueError, match="constant"):
        partials(elementwise("power", leaf("a"), leaf("b")))


def test_kinks_of_an_expression_are_those_of_its_parts():
    a, b = leaf("a"), leaf("b")
    expression = elementwise("abs", a - b) + elementwise("maximum", a, 0) * elementwise("tanh", a)
    found = kinks(in_order([expression]))
    assert {n.data: where for n, where in found.items()} == {"abs": a - b, "maximum": a}
