"""The text form: read back, it is worth what the expression is worth; parentheses only where needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from printed import value

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.registry import settings_of
from chainrule.expr import (
    const,
    contract,
    elementwise,
    identity,
    index,
    leaf,
    reduce,
    rename,
    select,
    size,
    total,
)
from chainrule.formula import expression, parse
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.render.text import from_tex, text
from chainrule.reverse import jacobian, reverse
from chainrule.simplify import simplify
from expression_evaluator import evaluate

A, B, C = (leaf(name) for name in "abc")
Z = leaf("z")


def number(node, names, places=None):
    """What an expression is worth, at one place of its dims."""
    (array,) = evaluate([node], names, {"j": 3, "k": 3})
    return float(array[tuple((places or {})[dim] for dim in node.dims)])


def scalars():
    numbers = st.sampled_from([0.5, 1.0, 2.0, 3.0, -2.0, 0.25])
    start = st.sampled_from([A, B, C]) | numbers.map(const)

    def larger(inner):
        pair = st.tuples(inner, inner)
        return st.one_of(
            *(pair.map(lambda ab, op=op: elementwise(op, *ab)) for op in ("add", "sub", "mul", "div")),
            inner.map(lambda a: elementwise("neg", a)),
            inner.map(lambda a: a**2),
            inner.map(p.sigmoid),
            inner.map(p.tanh),
            inner.map(p.expm1),
            inner.map(p.absolute),
            inner.map(p.step),
            pair.map(lambda ab: p.maximum(*ab)),
            st.tuples(inner, inner, inner, inner).map(lambda abcd: select(abcd[0] > abcd[1], *abcd[2:])),
        )

    return st.recursive(start, larger, max_leaves=8)


NAMES = {"a": 0.7, "b": -1.3, "c": 2.1}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(scalars())
def test_text_read_by_python_is_worth_what_the_expression_is(node):
    expected = number(node, NAMES)
    assume(abs(expected) < 1e9)
    printed = text(node)
    assume(printed.count("|") <= 2)  # the oracle cannot tell where nested ones end
    assert value(printed, NAMES) == pytest.approx(expected, rel=1e-9, abs=1e-9), printed


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(scalars())
def test_text_is_in_the_grammar_of_formulas(node):
    printed = text(node)
    assume(" if " not in printed and "|" not in printed and "1(" not in printed)
    expected = number(node, NAMES)
    assume(abs(expected) < 1e9)
    back = expression(parse(printed.replace("^", "**")), {"a": A, "b": B, "c": C})
    assert number(back, NAMES) == pytest.approx(expected, rel=1e-9, abs=1e-9), printed


@pytest.mark.parametrize("name", ACTIVATIONS.names())
@pytest.mark.parametrize("z", [-1.7, 0.3, 2.5])
def test_every_activation_and_its_derivative(name, z):
    row = ACTIVATIONS[name]
    given = dict.fromkeys(settings_of(row), 0.3)
    symbols = {key: leaf(key) for key in given}
    if row.across:
        vector = leaf("z", ["k"])
        names = {"z": [z, 0.4, -0.2], **given}
        a = row.function(vector, "k", **symbols)
        assert value(text(a), {**names, "k": 1}, 3) == pytest.approx(number(a, names, {"k": 1}))
        slope = simplify([jacobian(a, vector, "j", "k")])[0]
        for j, k in np.ndindex(3, 3):
            found = value(text(slope), {**names, "j": j, "k": k}, 3)
            assert found == pytest.approx(number(slope, names, {"j": j, "k": k}))
    else:
        names = {"z": z, **given}
        a = row.function(Z, **symbols)
        slope = simplify(reverse(a, [Z]))[0]
        assert value(text(a), names) == pytest.approx(number(a, names))
        assert value(text(slope), names) == pytest.approx(number(slope, names))


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_loss(name):
    row = LOSSES[name]
    y, a, z = (leaf(letter, ["k"]) for letter in "yaz")
    given = dict.fromkeys(settings_of(row), 0.3)
    names = {"y": [0.2, 0.5, 0.3], "a": [0.1, 0.1, 0.8], "z": [0.3, -0.4, 1.5], "K": 3, **given}
    forms = [row.function, *row.from_z.values()]
    for form in forms:
        node = form(y, a, z, "k", **{key: leaf(key) for key in given})
        assert value(text(node), names, 3) == pytest.approx(number(node, names))


def test_every_line_of_a_program():
    program = build(read_network("testnet").net, "sgd:momentum=0.9")
    found = {line.name: text(line.expr) for line in program.lines if line.role not in ("state", "update")}
    assert found == {
        "z1": "sum_d W1[h1,d] * x_nd + b1[h1]",
        "a1": "sigmoid(z1[n,h1])",
        "z2": "sum_h1 W2[k,h1] * a1[n,h1] + b2_k",
        "a2": "exp(z2_nk) / sum_j exp(z2_nj)",
        "J": "1/m * sum_nk y_nk * (log(sum_j exp(z2_nj)) - z2_nk) + "
        "1/2 * l2 * (sum_h1,d W1[h1,d]^2 + sum_k,h1 W2[k,h1]^2)",
        "delta2": "(a2_nk - y_nk) / m",
        "dW2": "sum_n delta2_nk * a1[n,h1] + l2 * W2[k,h1]",
        "db2": "sum_n delta2_nk",
        "delta1": "(sum_k W2[k,h1] * delta2_nk) * a1[n,h1] * (1 - a1[n,h1])",
        "dW1": "sum_n delta1[n,h1] * x_nd + l2 * W1[h1,d]",
        "db1": "sum_n delta1[n,h1]",
    }


U, V = leaf("u", ["k"]), leaf("v", ["k"])


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (A + (B + C), "a + b + c"),
        (A - (B - C), "a - (b - c)"),
        (A - B - C, "a - b - c"),
        ((A + B) * C, "(a + b) * c"),
        (A / (B * C), "a / (b * c)"),
        (A / B * C, "a / b * c"),
        (-(A * B), "-a * b"),
        (-(A + B), "-(a + b)"),
        (A + -B, "a + (-b)"),
        ((-A) ** 2, "(-a)^2"),
        (-(A**2), "-a^2"),
        ((A + B) ** -1, "(a + b)^(-1)"),
        (A**0.5, "a^(1/2)"),
        (p.maximum(A + B, 0), "max(a + b, 0)"),
        (2 * p.expm1(A), "2 * (exp(a) - 1)"),
        (p.xlogy(1 - A, 1 - B), "(1 - a) * log(1 - b)"),
        (2 * select(A > B, A, B), "2 * (a if a > b else b)"),
        (p.step(A - B), "1(a - b >= 0)"),
        (total(U, "k") * A, "(sum_k u_k) * a"),
        (A * total(U, "k"), "a * sum_k u_k"),
        (A * total(U, "k") * B, "(a * sum_k u_k) * b"),
        (total(U, "k") + total(V, "k"), "sum_k u_k + sum_k v_k"),
        (total(U + V, "k"), "sum_k (u_k + v_k)"),
        (total(U, "k") / size("k"), "1/K * sum_k u_k"),
        (total(U, "k") / A, "(sum_k u_k) / a"),
        (A / total(U, "k"), "a / sum_k u_k"),
        (U / total(U, "k"), "u_k / sum_j u_j"),
        (reduce("max", U, "k") - U, "max_j u_j - u_k"),
        (reduce("logsumexp", U, "k"), "log(sum_k exp(u_k))"),
        (contract((), U, V), "sum_k u_k * v_k"),
        (contract((), U, U + V), "sum_k u_k * (u_k + v_k)"),
        (contract(("i",), identity("i", "k"), U), "sum_k 1(i = k) * u_k"),
        (rename(U, {"k": "i"}) * V, "u_i * v_k"),
        (index("k") + U, "k + u_k"),
        (leaf("x", ["n", "d"]) / size("n"), "x_nd / m"),
        (leaf("W1", ["h1", "d"]) * size("h1"), "W1[h1,d] * H1"),
        (contract((), U) * contract((), U), "(sum_k u_k) * sum_k u_k"),
    ],
)
def test_parentheses_and_letters(node, expected):
    assert text(node) == expected


def test_a_sum_of_many_terms_does_not_recurse():
    node = A
    for _ in range(3000):
        node = node + B - C
    assert text(node) == "a" + " + b - c" * 3000


def test_a_letter_that_is_taken_is_not_used_inside():
    inner = total(U * total(V * total(U, "k"), "k"), "k") * U
    letters = text(inner)
    assert letters == "(sum_j u_j * sum_i v_i * sum_l u_l) * u_k"


def test_more_sums_inside_each_other_than_there_are_letters():
    node = U
    for _ in range(12):
        node = U * total(node, "k")
    assert len(set(text(node).split("sum_")[1:])) == 12


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\mathcal{N}(0, 2/n_{\text{in}})", "N(0, 2/n_in)"),
        (r"\frac{1}{n} \sum_i \mathbb{1}(\hat y_i \ne y_i)", "1/n sum_i 1(y\u0302_i ≠ y_i)"),
        (r"r = \sqrt{6/(n_{\text{in}} + n_{\text{out}})}", "r = sqrt(6/(n_in + n_out))"),
        (r"\frac{a + b}{c_{ij}}", "(a + b) / (c_ij)"),
    ],
)
def test_simple_tex_as_text(tex, plain):
    assert from_tex(tex) == plain
