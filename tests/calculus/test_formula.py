"""Formulas as users type them: Python's precedence, positions of mistakes, nothing ever executed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.errors import FormulaError, UnknownNameError
from chainrule.expr import ONE, ZERO, leaf
from chainrule.formula import DEEPEST, LONGEST, expression, find_activation, functions, names_in, parse
from chainrule.reverse import reverse
from chainrule.sentences import speaking
from chainrule.simplify import simplify
from expression_evaluator import FUNCTIONS, evaluate

X = np.array([-2.3, -0.7, 0.05, 0.4, 1.9])

NAMES = {
    **FUNCTIONS,
    "ln": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "where": lambda c, a, b: np.where(c != 0, a, b),
    "relu": lambda z: np.maximum(z, 0),
    "silu": lambda z: z * FUNCTIONS["sigmoid"](z),
}


def _of_numbers(function: Callable[..., object]) -> Callable[..., object]:
    """The same of numbers alone: of a truth value NumPy computes in 16 bits."""
    return lambda *given: function(*map(float, given))


# What Python makes of the same text.
PYTHON = {name: _of_numbers(function) for name, function in NAMES.items()}


def _value(text: str) -> np.ndarray:
    x = leaf("x", ["n"])
    return evaluate([expression(parse(text), {"x": x})], {"x": X}, {"n": len(X)})[0]


def _by_python(text: str) -> np.ndarray:
    """One number at a time: of arrays of truth values Python makes something else than of numbers."""
    code = compile(" ".join(text.split()), "<formula>", "eval")
    return np.array([float(eval(code, {**PYTHON, "x": x})) for x in X.tolist()])  # noqa: S307 - written here


@pytest.mark.parametrize(
    "text",
    [
        "x * sigmoid(1.702 * x)",
        "-x ** 2",
        "(-x) ** 2",
        "2 ** -x",
        "2 ** x ** 2",
        "2 ** 3 ** 2 * x",
        "x ** -2",
        "-2 ** 2 + x",
        "- - x",
        "-+-x",
        "2 * -x",
        "x - -x",
        "x - 1 - 2",
        "x / 2 / 4",
        "x / 2 * 4",
        "x * 2 / 4",
        "1 - x * 2 + 3",
        "x + 1 > 2 * x",
        "(x > 0) * x + (x < 0) * 3",
        "(x > 0) + (x > 1)",
        "(x > 0) - (x < 0)",
        "-(x > 0)",
        "where(x > 0, x, exp(x) - 1)",
        "where(x, 1, 2)",
        "where((x > 0) - (x < 1), x, 7)",
        "max(x, 0) + 0.1 * min(x, 0)",
        "relu(x) - silu(x) + erf(x) + abs(x) + sign(x)",
        "sin(x) ** 2 + cos(x) ** 2",
        "ln(exp(x)) + log(exp(x)) + sqrt(x ** 2)",
        "1e-3 * x + .5 + 2. + 1E2",
        " \t x\n+ 1 ",
        "((((x))))",
        "3",
    ],
)
def test_a_formula_means_what_python_means(text):
    np.testing.assert_allclose(_value(text), _by_python(text), rtol=1e-13, atol=1e-15)


def _trees(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, children, st.sampled_from("+-*"), children),
        st.builds("{} / {}".format, children, st.sampled_from(["2", "7.5", "-4"])),
        st.builds("-{}".format, children),
        st.builds("({})".format, children),
        st.builds(
            "{} ** {}".format, st.sampled_from(["x", "(x + 3)", "2"]), st.sampled_from(["2", "3", "2 ** 1"])
        ),
        st.builds("tanh({})".format, children),
        st.builds("({} > {})".format, children, children),
        st.builds("max({}, {})".format, children, children),
    )


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.recursive(st.sampled_from(["x", "1", "2.5", "0.25"]), _trees, max_leaves=12))
def test_any_formula_means_what_python_means(text):
    expected = _by_python(text)
    np.testing.assert_allclose(_value(text), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max(initial=1))


@pytest.mark.parametrize("text", ["x < 1", "x > 1"])
def test_a_comparison_is_a_number_and_no_truth_value(text):
    node = expression(parse(text), {"x": leaf("x")})
    assert (node.data, node.args[1:]) == ("select", (ONE, ZERO))


def test_a_long_sum_is_read_without_recursion():
    terms = LONGEST // 2
    np.testing.assert_allclose(_value("x" + "+x" * (terms - 1)), terms * X)
    np.testing.assert_allclose(_value("x" + "-x" * (terms - 1)), (2 - terms) * X)
    row, _ = find_activation("x" + "*x" * 30)
    (gradient,) = reverse(row.function(leaf("z")), [leaf("z")])
    assert evaluate([gradient], {"z": 1.1})[0] == pytest.approx(31 * 1.1**30)


@pytest.mark.parametrize(
    ("text", "key", "position"),
    [
        ("", "formula.ends_before_operand", 0),
        ("   ", "formula.ends_before_operand", 0),
        ("x +", "formula.ends_before_operand", 3),
        ("x + * 2", "formula.not_operand", 4),
        ("(x", "formula.ends_before_parenthesis", 2),
        ("(x,", "formula.not_parenthesis", 2),
        ("x)", "formula.not_operator", 1),
        ("2 x", "formula.not_operator", 2),
        ("x x", "formula.not_operator", 2),
        ("()", "formula.not_operand", 1),
        ("exp()", "formula.not_operand", 4),
        ("x ^ 2", "formula.not_a_symbol", 2),
        ("x == 2", "formula.not_a_symbol", 2),
        ("x >= 2", "formula.not_a_symbol", 3),
        ("0 < x < 1", "formula.chained", 6),
        ("x > 1 > 0", "formula.chained", 6),
        ("x.real", "formula.not_a_symbol", 1),
        ("x.__class__", "formula.not_a_symbol", 1),
        ("x[0]", "formula.not_a_symbol", 1),
        ("'x'", "formula.not_a_symbol", 0),
        ("lambda: x", "formula.not_a_symbol", 6),
        ("x; x", "formula.not_a_symbol", 1),
        ("x # y", "formula.not_a_symbol", 2),
        ("x\\\nx", "formula.not_a_symbol", 1),
        ("x\0", "formula.not_a_symbol", 1),
        ("x + \u0663", "formula.not_a_symbol", 4),
        ("x \u00d7 2", "formula.not_a_symbol", 2),
        ("x + \U0001f600", "formula.not_a_symbol", 4),
        ("\uff58 + 1", "formula.unknown_name", 0),
        ("\u8f93\u5165 * 2", "formula.unknown_name", 0),
        ("1 + y", "formula.unknown_name", 4),
        ("__import__", "formula.unknown_name", 0),
        ("1 + __import__(x)", "formula.unknown_function", 4),
        ("eval(x)", "formula.unknown_function", 0),
        ("x(2)", "formula.unknown_function", 0),
        ("softmax(x)", "formula.unknown_function", 0),
        ("1 + exp(x, 2)", "formula.operands", 4),
        ("max(x)", "formula.operands", 0),
        ("x ** x", "formula.exponent", 5),
        ("(-2) ** x", "formula.exponent", 8),
        ("1 + x / 0", "formula.division_by_zero", 6),
        ("x / (1 - 1)", "formula.division_by_zero", 2),
        ("x + 1e999", "formula.infinite", 4),
        ("9 ** 9 ** 9 * x", "formula.infinite", 2),
        ("0 ** -1", "formula.infinite", 2),
        ("(-1) ** 0.5 * x", "formula.infinite", 5),
        ("(" * (DEEPEST + 1) + "x", "formula.too_deep", DEEPEST),
        ("-" * (DEEPEST + 1) + "x", "formula.too_deep", DEEPEST),
        ("(" * 10**6, "formula.too_long", LONGEST),
        ("x" * (LONGEST + 1), "formula.too_long", LONGEST),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text, key, position):
    with pytest.raises(FormulaError) as caught:
        expression(parse(text), {"x": leaf("x")})
    assert (caught.value.key, caught.value.position) == (key, position)
    for lang in ("en", "zh"):
        with speaking(lang):
            assert len(str(caught.value)) < 1000


def test_a_message_counts_characters_from_one():
    with pytest.raises(FormulaError) as caught:
        parse("1 + ?")
    with speaking("en"):
        assert str(caught.value).startswith("at character 5 there is '?'")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=40) | st.text(alphabet="xz123.e+-*/(),<> sinmax", max_size=30))
def test_any_text_is_read_or_refused_in_place(text):
    position = 0
    try:
        expression(parse(text), {"x": leaf("x")})
    except FormulaError as error:
        position = error.position
    assert 0 <= position <= len(text)


def test_every_elementwise_activation_can_be_called():
    assert {row.name for row in ACTIVATIONS if not row.across} <= functions().keys()
    assert "softmax" not in functions()


def test_an_activation_given_as_a_formula():
    row, settings_ = find_activation("x*sigmoid( 1.702*x )")
    assert (row.name, settings_) == ("x*sigmoid( 1.702*x )", {})
    z = leaf("z")
    g, slope = row.function(z), simplify(reverse(row.function(z), [z]))[0]
    s = 1 / (1 + math.exp(-1.702 * 0.8))
    values = evaluate([g, slope], {"z": 0.8})
    np.testing.assert_allclose(values, [0.8 * s, s + 0.8 * 1.702 * s * (1 - s)], rtol=1e-14)
    assert find_activation("z * sigmoid(1.702 * z)")[0].function(z) is g


def test_a_name_with_settings_is_a_row_of_the_catalogue():
    row, chosen = find_activation(" leaky_relu : slope = 0.2 ")
    assert (row.name, chosen) == ("leaky_relu", {"slope": 0.2})


@pytest.mark.parametrize("text", ["sigmoyd", "Sigmoid", "import_os", "os"])
def test_a_name_that_is_no_activation_is_unknown(text):
    with pytest.raises(UnknownNameError, match="sigmoid"):
        find_activation(text)


@pytest.mark.parametrize(
    "text",
    [
        "sigmoid + x",
        "y * 2",
        "x * 1e308 * 1e308",
        "1e308 * x ** 3",
        "__import__('os')",
        "/etc/passwd",
        "../x",
    ],
)
def test_a_formula_that_is_no_activation_is_refused(text):
    with pytest.raises(FormulaError):
        find_activation(text)


def test_the_names_in_a_formula_come_from_left_to_right():
    assert names_in(parse("sigmoid(w0 + w1*x1 + w0*exp(-x1)) + 2")) == ["w0", "w1", "x1"]
    assert names_in(parse("sigmoid(2)")) == []
