"""Differentiation by rules: every side of every chain is the same number, and ends with what trains."""

from __future__ import annotations

from string import Formatter

import pytest
from mp_values import FUNCTIONS, mp, number, same

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.derivation.elementary import (
    LARGEST_SIDE,
    MOST_STEPS,
    as_sigmoid,
    by_definition,
    by_rules,
    derivative,
    differentiated,
)
from chainrule.derivation.numbers import exactly, fraction, value
from chainrule.derivation.rewriting import (
    NAMED,
    cancelled,
    opened,
    over_exponential,
    simple,
    split,
    spread,
    summed,
    symbols,
    together,
    with_sigmoids,
    written_out,
)
from chainrule.expr import const, elementwise, leaf, total
from chainrule.formula import expression, parse
from chainrule.reverse import reverse
from chainrule.simplify import simplify

X = leaf("x")
POINTS = [-1.7, -0.31, 0.44, 1.13, 2.9]

FORMULAS = [
    "x",
    "3",
    "x + 2",
    "-x",
    "x / 3",
    "x ** 3 / 3 - 2 * x",
    "x * sigmoid(1.702 * x)",
    "x / (1 + abs(x))",
    "1 / (1 + exp(-x))",
    "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    "x * tanh(softplus(x))",
    "0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x ** 3)))",
    "sqrt(1 + x ** 2)",
    "x / sqrt(1 + x ** 2)",
    "(1 + x ** 2) ** -1.5",
    "exp(-x ** 2 / 2) * sin(3 * x)",
    "sin(x) * cos(x) / x",
    "log(1 + x ** 2) ** 2",
    "log(abs(x))",
    "2 ** x + 10 ** -x",
    "max(0, x) ** 2",
    "max(-1, min(1, x))",
    "x * max(0, min(1, (x + 3) / 6))",
    "max(x, 0.1 * x) - min(x ** 2, 1.5)",
    "where(x < 0, x, x ** 2 - x)",
    "where(x > 1, log(x), (x - 1) * exp(x))",
    "erf(x / 2) * x",
    "gelu(x) + silu(2 * x) - elu(x)",
    "leaky_relu(x) * sign(x)",
    "sigmoid(sigmoid(sigmoid(x)))",
    "tanh(x) ** 3",
    "exp(sin(x ** 2)) / (2 + cos(x))",
    "1.0507009873554805 * where(x > 0, x, 1.6732632423543772 * (exp(x) - 1))",
]

PYTHON = {
    **FUNCTIONS,
    "max": max,
    "min": min,
    "where": lambda c, a, b: a if c else b,
    "gelu": lambda z: z * FUNCTIONS["normal_cdf"](z),
    "silu": lambda z: z * FUNCTIONS["sigmoid"](z),
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
}


def by_mpmath(text, x):
    """The derivative of a formula as mpmath finds it from the text itself."""
    code = compile(text, "<formula>", "eval")
    return mp.diff(lambda t: eval(code, {**PYTHON, "x": t}), mp.mpf(x))  # noqa: S307 - written here


def rules(chain):
    return [[rule.key.removeprefix("rules.") for rule in side.rules] for side in chain]


@pytest.mark.parametrize("text", FORMULAS)
def test_every_side_is_the_derivative(text):
    u = expression(parse(text), {"x": X})
    chain = differentiated(u, X)
    assert chain[0].node is derivative(u, X)
    assert chain[-1].node is simplify(reverse(u, [X]))[0]
    assert all(side.rules for side in chain[1:])
    for x in POINTS:
        expected = by_mpmath(text, x)
        for side in chain:
            assert same(number(side.node, {"x": mp.mpf(x)}), expected), (text, x, side)


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_function_from_its_definition(name):
    chain = by_definition(name, X)
    assert chain[-1].node is simple(p.partials(elementwise(name, X))[0])
    assert chain[0].node is derivative(p.PRIMITIVES[name].definition(X), X)
    for x in POINTS:
        for side in chain:
            assert same(number(side.node, {"x": mp.mpf(x)}), mp.diff(FUNCTIONS[name], mp.mpf(x)))


def test_named_functions_are_those_with_a_definition_and_a_symbol():
    assert sorted(NAMED) == ["normal_cdf", "normal_pdf", "sigmoid", "softplus", "tanh"]


@pytest.mark.parametrize("row", list(ACTIVATIONS), ids=lambda row: row.name)
def test_every_activation_ends_with_what_trains(row):
    if row.across:
        return
    z = leaf("z")
    chain = differentiated(row.function(z), z)
    assert chain[-1].node is simplify(reverse(row.function(z), [z]))[0]


@pytest.mark.parametrize("row", list(LOSSES), ids=lambda row: row.name)
def test_every_loss_ends_with_what_trains(row):
    y, a, z = (leaf(letter, ["k"]) for letter in "yaz")
    values = {
        name: [mp.mpf(v) for v in numbers]
        for name, numbers in {"y": [0.7, 0.1, 0.2], "a": [0.4, 0.9, 2.9], "z": [1.0, -2.0, 0.3]}.items()
    }
    if row.highest == 1:
        values["a"][2] = mp.mpf("0.3")
    J = row.function(y, a, z, "k")
    chain = differentiated(written_out(J), a)
    assert chain[-1].node is simplify(reverse(written_out(J), [a]))[0]
    assert ["one_term"] in rules(chain)
    for k in range(3):
        expected = number(derivative(J, a), values, {"k": k})
        for side in chain:
            assert same(number(side.node, values, {"k": k}), expected)


def test_the_sigmoid_takes_the_steps_of_a_textbook():
    assert rules(by_definition("sigmoid", X)) == [
        ["definition"],
        ["reciprocal"],
        ["sum", "constant"],
        ["chain"],
        ["linear"],
        ["simplified"],
        ["factors"],
        ["together"],
        ["definition"],
    ]
    power = p.exp(-X)
    sides = [side.node for side in by_definition("sigmoid", X)]
    assert sides[5] is power / (1 + power) ** 2
    assert sides[6] is 1 / (1 + power) * (power / (1 + power))
    assert sides[7] is 1 / (1 + power) * (1 - 1 / (1 + power))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", [[], ["variable"]]),
        ("3", [[], ["constant"]]),
        ("x + 2", [[], ["sum", "constant"]]),
        ("5 * x", [[], ["linear"]]),
        ("5 * sin(x)", [[], ["factor"], ["known"]]),
        ("x ** 3", [[], ["power"]]),
        ("sin(x) ** 3", [[], ["power_chain"], ["known"]]),
        ("sin(x) * exp(x)", [[], ["product"], ["known", "known"], ["simplified"]]),
        ("sin(x) / exp(x)", [[], ["quotient"], ["known", "known"], ["simplified"], ["collected"]]),
        ("1 / sin(x)", [[], ["reciprocal"], ["known"]]),
        ("exp(sin(x))", [[], ["chain"], ["known"]]),
        ("max(x, 1)", [[], ["max"]]),
        ("min(x, 1)", [[], ["min"]]),
        ("where(x > 1, x, 2)", [[], ["cases"]]),
        ("sign(x)", [[], ["flat"]]),
        ("erf(x)", [[], ["erf"]]),
        ("erf(2 * x)", [[], ["erf_chain"], ["linear"], ["simplified"]]),
    ],
)
def test_each_rule_by_its_name(text, expected):
    assert rules(differentiated(expression(parse(text), {"x": X}), X)) == expected


def test_at_a_tie_the_derivative_is_passed_to_the_second():
    (last,) = differentiated(p.maximum(X, 1), X)[1:]
    assert value(last.node, {"x": 1.0}) == 0
    (last,) = differentiated(p.maximum(1, X), X)[1:]
    assert value(last.node, {"x": 1.0}) == 1


def test_of_several_variables_the_others_are_constants():
    w, b = leaf("w"), leaf("b")
    values = {"w": mp.mpf(2), "b": mp.mpf(1), "x": mp.mpf(3)}
    for side in differentiated(p.sigmoid(w * X + b), w):
        assert same(number(side.node, values), 3 * mp.diff(FUNCTIONS["sigmoid"], 7))
    assert rules(by_rules(w * X + b, b)) == [[], ["sum", "constant"]]


def test_another_entry_has_the_derivative_nothing():
    z_j, z_k = leaf("z", ["j"]), leaf("z", ["k"])
    values = {"z": [mp.mpf(v) for v in ("0.3", "-1.2", "0.8")]}
    chain = by_rules(p.exp(z_j) / total(p.exp(leaf("z", ["i"]))), z_k)
    for j in range(3):
        for k in range(3):
            numbers = [number(side.node, values, {"j": j, "k": k}) for side in chain]
            assert all(same(n, numbers[0]) for n in numbers)


def test_a_sum_whose_terms_hold_several_entries_is_refused():
    z_j, z_k = leaf("z", ["j"]), leaf("z", ["k"])
    for several in (total(z_j * z_k), total(z_j * z_k, "j"), total(p.exp(leaf("z", ["i"])) * z_k, "i")):
        with pytest.raises(ValueError, match="one entry"):
            by_rules(several, z_k)


def test_a_long_derivation_ends_with_its_result():
    u = X
    for _ in range(25):
        u = p.sin(u) + 1
    chain = differentiated(u, X)
    assert len(chain) <= MOST_STEPS + 2
    assert [rule.key for rule in chain[-1].rules] == ["rules.rest"]
    assert all(symbols(side.node).total() <= LARGEST_SIDE for side in chain[:-1])
    for side in chain[-2:]:
        assert same(number(side.node, {"x": mp.mpf("0.4")}), number(chain[0].node, {"x": mp.mpf("0.4")}))


# Rewriting.

V = {"x": mp.mpf("0.7"), "y": mp.mpf("1.9"), "w": mp.mpf("-0.4")}
Y, W = leaf("y"), leaf("w")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (together(1 - 1 / (1 + Y)), Y / (1 + Y)),
        (together(X / Y + W / Y**2), (X * Y + W) / Y**2),
        (split((1 - Y) / (1 + Y)), 2 / (1 + Y) - 1),
        (split((1 + Y) / (1 + X)), None),
        (split(X + Y), None),
        (cancelled(X * Y / (W * Y), Y), X / W),
        (cancelled(X * Y / W, Y), X * Y / W),
        (with_sigmoids(3 / (1 + p.exp(-2 * X))), 3 * p.sigmoid(2 * X)),
        (with_sigmoids(X / (1 + p.exp(-X))), X / (1 + p.exp(-X))),
        (summed([X, -Y, W]), X - Y + W),
        (opened(p.softplus(X)), p.log(1 + p.exp(X))),
        (written_out(p.xlogy(X, Y)), X * p.log(Y)),
    ],
)
def test_a_rewriting(before, after):
    assert before is after


def test_a_product_is_spread_over_its_sum():
    terms = spread((X - Y) * W)
    assert terms == [X * W, -(Y * W)]
    assert spread(X * Y) == [X * Y]


def test_a_quotient_is_divided_by_its_growing_exponential():
    quotient, by = over_exponential((p.exp(X) - p.exp(-X)) / (p.exp(X) + p.exp(-X)))
    assert by is p.exp(X)
    assert quotient is (1 - p.exp(-(2 * X))) / (1 + p.exp(-(2 * X)))
    assert over_exponential(1 / (1 + p.exp(-X))) is None
    assert over_exponential(X + Y) is None


def test_a_softmax_is_written_as_a_quotient():
    z = leaf("z", ["k"])
    assert written_out(ACTIVATIONS["softmax"].function(z, "k")) is p.exp(z) / total(p.exp(z))


def test_tanh_is_a_sigmoid():
    chain = as_sigmoid("tanh", X)
    assert chain[-1].node is 2 * p.sigmoid(2 * X) - 1
    for side in chain:
        assert same(number(side.node, V), mp.tanh(V["x"]))
    assert [name for name in sorted(NAMED) if as_sigmoid(name, X)] == ["tanh"]


# Numbers.


@pytest.mark.parametrize(
    ("number", "tex"),
    [
        (0.25, r"\frac{1}{4}"),
        (1 / 3, r"\frac{1}{3}"),
        (2.0, "2"),
        (2**0.5, r"\sqrt{2}"),
        (0.5**0.5, r"\frac{1}{\sqrt{2}}"),
        (0.3989422804014327, r"\frac{1}{\sqrt{2 \pi}}"),
        (1.1283791670955126, r"\frac{2}{\sqrt{\pi}}"),
        (3.141592653589793, r"\pi"),
        (0.6931471805599453, r"\ln(2)"),
        (1.702, None),
        (0.7978845608, None),
        (0.044715, None),
        (1.6732632423543772, None),
    ],
)
def test_what_a_number_is_exactly(number, tex):
    assert exactly(number) == tex


def test_a_fraction_is_simple_or_none():
    assert fraction(0.375) == 0.375
    assert fraction(0.123456) is None
    assert fraction(0.0) is None


@pytest.mark.parametrize("text", FORMULAS)
def test_a_value_without_arrays(text):
    u = expression(parse(text), {"x": X})
    for x in POINTS:
        assert value(u, {"x": x}) == pytest.approx(float(number(u, {"x": mp.mpf(x)})), rel=1e-13)


@pytest.mark.parametrize("name", [n for n in p.PRIMITIVES if n not in ("select", "power")])
def test_every_function_has_a_value(name):
    count = len({field for _, field, _, _ in Formatter().parse(p.PRIMITIVES[name].tex) if field})
    operands = [const(0.7), const(1.3)][:count]
    found = value(elementwise(name, *operands), {})
    assert found == pytest.approx(float(FUNCTIONS[name](*(mp.mpf(o.data) for o in operands))), rel=1e-14)


def test_a_value_that_is_none_is_no_number():
    assert str(value(p.log(X), {"x": -1.0})) == "nan"
    assert str(value(X**0.5, {"x": -1.0})) == "nan"
    assert str(value(p.exp(X), {"x": 1e4})) == "nan"
    assert value(p.sigmoid(X), {"x": -1e4}) == 0
    assert value(p.sigmoid(X), {"x": 1e4}) == 1
