"""Scales, their marks, and curves on a drawing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.pictures import Axes, Drawing, Scale
from chainrule.pictures.axes import number
from chainrule.pictures.drawing import Circle, Line

BOX = (50.0, 20.0, 200.0, 100.0)


def axes(x: Scale, y: Scale) -> Axes:
    return Axes(Drawing(300, 150, "t"), BOX, x, y)


def test_corners_are_where_the_scales_end():
    field = axes(Scale(1, 5), Scale(0.01, 100, log=True))
    assert field.place(1, 0.01) == pytest.approx((50, 120))
    assert field.place(5, 100) == pytest.approx((250, 20))
    assert field.place(3, 1) == pytest.approx((150, 70))


@pytest.mark.parametrize(
    ("scale", "most", "marks"),
    [
        (Scale(0, 10), 5, [0, 2, 4, 6, 8, 10]),
        (Scale(-0.3, 0.31), 7, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]),
        (Scale(1, 30), 10, [5, 10, 15, 20, 25, 30]),
        (Scale(1e-4, 10, log=True), 7, [1e-4, 1e-3, 0.01, 0.1, 1, 10]),
        (Scale(1e-12, 0.2, log=True), 7, [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2]),
        (Scale(0.06, 0.7, log=True), 7, [0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7]),
        (Scale(2.18, 2.31, log=True), 7, [2.18, 2.2, 2.22, 2.24, 2.26, 2.28, 2.3]),
    ],
)
def test_marks_are_round_numbers(scale: Scale, most: int, marks: list[float]):
    assert scale.marks(most) == pytest.approx(marks, abs=1e-15)


def test_epochs_have_whole_marks():
    assert Scale(1, 3).marks(10, whole=True) == [1, 2, 3]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=6),
    st.booleans(),
    st.integers(3, 10),
)
def test_any_numbers_have_a_scale_with_few_marks(values: list[float], log: bool, most: int):
    """Which holds all of them that it can show; numbers so far apart that their difference is none are not
    those of a training."""
    values = [v if not 1e150 < abs(v) < math.inf and not 0 < abs(v) < 1e-150 else 1.0 for v in values]
    scale = Scale.around(values, log=log)
    assert scale.low < scale.high
    shown = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    assert all(-1e-6 <= scale.share(v) <= 1 + 1e-6 for v in shown)
    marks = scale.marks(most)
    assert len(marks) <= 2 * most
    assert marks == sorted(marks)
    assert all(-1e-6 <= scale.share(mark) <= 1 + 1e-6 for mark in marks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.05, "0.05"),
        (2000.0, "2000"),
        (-0.5, "\u22120.5"),
        (1e-5, "10⁻⁵"),
        (2e-5, "2·10⁻⁵"),
        (1.5e6, "1.5·10⁶"),
        (1e-4, "10⁻⁴"),
        (-1e7, "\u22121·10⁷"),
    ],
)
def test_numbers_at_marks(value: float, text: str):
    assert number(value) == text


def test_a_curve_breaks_where_there_is_no_number():
    field = axes(Scale(1, 6), Scale(0.1, 10, log=True))
    field.curve([1, 2, 3, 4, 5, 6], [1, 1, math.nan, 2, 0, 3], "#000000", dash=(6, 4))
    *_, line, four, six = field.drawing.elements
    assert isinstance(line, Line)
    assert line.points == (field.place(1, 1), field.place(2, 1))
    assert line.clip == BOX
    for dot, place in ((four, field.place(4, 2)), (six, field.place(6, 3))):
        assert isinstance(dot, Circle)
        assert (dot.x, dot.y) == place
        assert dot.fill == "#ffffff"  # hollow, as the line has dashes


def test_a_long_curve_looks_the_same_in_few_points():
    field = axes(Scale(0, 99_999), Scale(-2, 2))
    ys = [math.sin(k / 7) for k in range(100_000)]
    ys[54_321] = 1.9
    field.curve(range(100_000), ys, "#000000")
    line = field.drawing.elements[-1]
    assert isinstance(line, Line)
    assert len(line.points) <= 4 * (BOX[2] + 1)
    assert line.points[0] == field.place(0, ys[0])
    assert line.points[-1] == field.place(99_999, ys[-1])
    assert min(y for _, y in line.points) == field.place(0, 1.9)[1]


def test_dots_outside_are_not_drawn():
    field = axes(Scale(0, 1), Scale(0, 1))
    before = len(field.drawing.elements)
    for x, y in ((2, 0.5), (0.5, -1), (math.nan, 0.5)):
        field.dot(x, y, "#000000")
    assert len(field.drawing.elements) == before
    field.dot(0.5, 0.5, "#000000")
    assert len(field.drawing.elements) == before + 1
