"""Formulas with very large and very small numbers, terms that cancel, and kinks inside kinks: each is refused
with a sentence, or means what real numbers of any size say."""

from __future__ import annotations

import re
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import ChainruleError
from chainrule.expr import leaf
from chainrule.formula import find_activation
from chainrule.reverse import reverse
from chainrule.simplify import simplify
from expression_evaluator import evaluate

PLACES = np.array([-2.3, -0.71, 0.013, 0.42, 1.9])
Z = leaf("z", ("n",))
EXTREMES = [
    *("0", "1", "2", "3", "0.1", "1e16", "1e-16", "1e150", "1e-150", "1e154", "1e-155", "1e200", "1e-200"),
    *("1e300", "1e-300", "1e308", "1.7e308", "2.3e-308", "1e-308", "1e-320", "5e-324", "9e15"),
]
ATOMS = st.sampled_from(["x", "x", "x", *EXTREMES])


def _larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, parts, st.sampled_from("+-*/"), parts),
        st.builds("({0} - {0})".format, parts),
        st.builds("({0} - {1} * {0})".format, parts, st.sampled_from(["1", "2", "1e16"])),
        st.builds("-{}".format, parts),
        st.builds("({})**{}".format, parts, st.sampled_from(["2", "3", "0.5", "-1", "2"])),
        st.builds("{}({}, {})".format, st.sampled_from(["max", "min"]), parts, parts),
        st.builds("{0}({1}, {1})".format, st.sampled_from(["max", "min"]), parts),
        st.builds("abs({})".format, parts),
        st.builds("where({} > {}, {}, {})".format, parts, parts, parts, parts),
        st.builds("{}({})".format, st.sampled_from(["tanh", "exp", "relu", "sqrt", "sign", "sin"]), parts),
    )


FORMULAS = st.recursive(ATOMS, _larger, max_leaves=8)


def _as_mpmath(text: str, x: mpmath.mpf) -> mpmath.mpf:
    """The formula's value with 700 digits: numbers of 1e600 and of 1e-600 can be added."""
    functions = {
        "max": max,
        "min": min,
        "abs": abs,
        "tanh": mpmath.tanh,
        "exp": mpmath.exp,
        "sqrt": lambda u: mpmath.sqrt(u) if u >= 0 else mpmath.nan,
        "sin": mpmath.sin,
        "sign": mpmath.sign,
        "relu": lambda u: max(u, mpmath.mpf(0)),
        "where": lambda condition, a, b: a if condition else b,
        "x": x,
        "number": mpmath.mpf,
    }
    numbers = r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)"
    code = re.sub(numbers, lambda m: f"number({float(m[1])!r})", text)
    return eval(code, {"__builtins__": {}}, functions)  # noqa: S307 - written here


def _accepted(text: str):
    """Value and derivative as the program computes them; None where the formula is refused."""
    try:
        row, _ = find_activation(text)
    except ChainruleError:
        return None
    g = row.function(Z)
    with np.errstate(all="ignore"):
        plain = evaluate([g], {"z": PLACES}, {"n": len(PLACES)})[0]
        simple = evaluate(simplify([g, *reverse(g, [Z])]), {"z": PLACES}, {"n": len(PLACES)})
    return [np.broadcast_to(value, PLACES.shape) for value in (plain, *simple)]


CASES = [
    *("max(x,x)-x", "-abs(x-max(x,x))", "abs(max(x,1*x)-x-3)", "-abs(x+x-3-max(x,x)-x)", "x+x/1e-320"),
    *("abs(x+x/1e-320)", "x/1e-320-x/1e-320", "1e308*x+1e308*x", "1e308*x+1e308*x-1e308*x", "x*1e308*1e308"),
    *("x*1e-200*1e-200", "1e-300*x*1e-300/1e-300", "x/1e-308/1e-308", "(1e200*x)**2", "(1e-200*x)**2"),
    *("x/(x-x)", "(x-x)/x", "x*(1e308-1e308)", "x*1e308*0", "1e308*x/1e308", "max(1e308*x,-1e308*x)*10"),
    *("(1e-300*x)/(1e-300*x)", "where(x>0,1e308*x,-1e308*x)*1e308", "x**1e300", "x**-1e308", "2**(1e308*x)"),
    *("relu(max(x,x)-x)", "max(max(x,x),x)-max(x,x)", "abs(abs(x)-abs(x))", "x-1e-320*x", "5e-324*x/5e-324"),
    *(
        "1e-160*x*1e-160*1e300",
        "x*1e300*1e-300*1e300",
        "sqrt(1e308*x*x)*1e200",
        "1/(1e-320*x)",
        "1/(1e308*x)/1e308",
    ),
]


def _agrees(text: str) -> bool:
    """Whether a formula that is accepted agrees with mpmath wherever floats can say it; False where it is
    refused."""
    found = _accepted(text)
    if found is None:
        return False
    plain, value, slope = found
    with mpmath.workdps(700):
        for place, p, v, d in zip(PLACES.tolist(), plain, value, slope, strict=True):
            x, h = mpmath.mpf(place), mpmath.mpf(10) ** -640
            try:
                low, middle, high = (_as_mpmath(text, x + step * h) for step in (-1, 0, 1))
            except (ZeroDivisionError, OverflowError, ValueError, TypeError):
                continue
            if not all(map(mpmath.isfinite, (low, middle, high))) or abs(p) in (np.inf,) or np.isnan(p):
                continue
            # what plain evaluation of the text as it stands loses by rounding is no fault of simplifying
            scale = max(abs(middle), mpmath.mpf(sys.float_info.min))
            if abs(mpmath.mpf(float(p)) - middle) > 1e-9 * scale:
                continue
            assert abs(mpmath.mpf(float(v)) - middle) <= 1e-6 * scale, (text, place, float(v), float(middle))
            left, right = (middle - low) / h, (high - middle) / h
            if abs(left - right) > 1e-9 * max(abs(left), abs(right)):
                continue  # a kink, or a place where it is not smooth at this distance
            if abs(left) > sys.float_info.max or not np.isfinite(d):
                continue
            scale = max(abs(left), 1e-6 * abs(middle), mpmath.mpf(1e-300))
            assert abs(mpmath.mpf(float(d)) - left) <= 1e-5 * scale, (text, place, float(d), float(left))
    return True


@pytest.mark.parametrize("text", CASES)
def test_formulas_at_the_ends_of_what_numbers_can_be(text: str) -> None:
    _agrees(text)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(FORMULAS)
def test_any_formula_of_extreme_numbers_is_refused_or_right(text: str) -> None:
    _agrees(text)


def test_what_cancels_is_accepted() -> None:
    for text in (
        "max(x,x)-x+x",
        "abs(max(x,1*x)-x-3)+x",
        "1e-300*x*1e-300/1e-300",
        "1e308*x+1e308*x-1e308*x",
    ):
        assert _agrees(text), text
