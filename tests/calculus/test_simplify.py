"""Simplifying: no rule changes a value, and what comes out reads as a person would write it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chainrule import primitives as p
from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    add,
    const,
    contract,
    identity,
    in_order,
    leaf,
    neg,
    reduce,
    rename,
    select,
    size,
    sub,
    total,
)
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from chainrule.reverse import reverse
from chainrule.simplify import simplify
from expression_evaluator import evaluate

SIZES = {"i": 2, "j": 3, "k": 2}
LEAVES = [leaf("A", "ij"), leaf("B", "jk"), leaf("C", "ik"), leaf("u", "i"), leaf("v", "j"), leaf("c")]
_rng = np.random.default_rng(5)
NUMBERS = {
    str(a.data): _rng.uniform(0.4, 2, [SIZES[d] for d in a.dims]) * _rng.choice([-1, 1]) for a in LEAVES
}
NUMBERS["A"][0, 1] = NUMBERS["v"][2] = 0.0

CONDITIONS = [LEAVES[0] > 0, LEAVES[4] < LEAVES[0], p.greater(LEAVES[3], 1)]
ATOMS = [*LEAVES, ONE, const(2), const(-0.5), const(3), size("i"), size("j"), identity("i", "k")]


def _renamed(x: Node) -> Node:
    """Dims i and k are equally long, so one may stand for the other."""
    return rename(x, {"i": "k", "k": "i"})


def _contracts(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    dims = st.lists(st.sampled_from("ijk"), unique=True, max_size=3)
    return st.builds(lambda d, xs: contract(d, *xs), dims, st.lists(children, min_size=1, max_size=3))


def _larger(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(lambda a, b: a + b, children, children),
        st.builds(lambda a, b: a - b, children, children),
        st.builds(lambda a, b: a * b, children, children),
        st.builds(lambda a, b: a / b, children, st.sampled_from([*LEAVES[1:4], *ATOMS[6:12]])),
        st.builds(neg, children),
        st.builds(lambda a: a**2, children),
        st.builds(select, st.sampled_from(CONDITIONS), children, children),
        st.builds(
            lambda c, a, b: select(c, a, 0) + select(c, 0, b), st.sampled_from(CONDITIONS), children, children
        ),
        st.builds(lambda c, a, b: select(c, a, 0) - b, st.sampled_from(CONDITIONS), children, children),
        st.builds(lambda a: p.tanh(a), children),
        st.builds(lambda a: a * p.sign(a), children),
        st.builds(
            lambda a, b: p.sqrt(p.absolute(a) + 1) * (p.sqrt(p.absolute(a) + 1) - b), children, children
        ),
        st.builds(lambda a, b: b / (1 + a**2) - (b - 1) * 2 / (2 + 2 * a**2), children, children),
        st.builds(_renamed, children),
        _contracts(children),
        _contracts(children),
    )


EXPRESSIONS = st.recursive(st.sampled_from(ATOMS), _larger, max_leaves=12)

A, B, C, u, v, c = LEAVES


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(EXPRESSIONS)
@example(contract(["i", "j"], total(A, "j")))  # a sum repeated along the dim it went over is no sum of sums
@example(contract(["j"], contract(["i"], A)))
@example(select(A > 0, 2 * A, 0) + select(A > 0, 0, 2 * A))  # both branches alike
@example(c / c)
@example(contract(["i"], identity("i", "k"), C))
@example(contract([], identity("i", "k"), u))
@example(reduce("logsumexp", A - A, "i") + reduce("max", contract("ij", u), "j"))
def test_simplifying_changes_no_value(expression):
    before = evaluate([expression], NUMBERS, SIZES)[0]
    assume(np.all(np.isfinite(before)) and np.abs(before).max(initial=0) < 1e6)
    (simpler,) = simplify([expression])
    assert simpler.dims == expression.dims
    after = evaluate([simpler], NUMBERS, SIZES)[0]
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9 * max(1, _largest(expression)))


def _largest(expression: Node) -> float:
    """The largest number on the way: what rounding errors are measured by."""
    with np.errstate(all="ignore"):
        return max(np.abs(value).max(initial=0) for value in evaluate(in_order([expression]), NUMBERS, SIZES))


z = leaf("z", ["n"])


def _derivative(function: Callable[[Node], Node]) -> Node:
    return simplify(reverse(function(z), [z]))[0]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (p.sigmoid, p.sigmoid(z) * (1 - p.sigmoid(z))),
        (p.tanh, 1 - p.tanh(z) ** 2),
        (lambda t: p.maximum(t, 0), select(z > 0, ONE, ZERO)),
        (p.softplus, p.sigmoid(z)),
        (lambda t: t * p.sigmoid(t), p.sigmoid(z) * (z * (1 - p.sigmoid(z)) + 1)),
        (lambda t: t**2, 2 * z),
        (lambda t: 0.5 * t**2, z),
        (lambda t: 1 / t, -(1 / z**2)),
        (lambda t: t * p.normal_cdf(t), z * p.normal_pdf(z) + p.normal_cdf(z)),
        (lambda t: t / (1 + p.absolute(t)), 1 / (1 + p.absolute(z)) ** 2),
    ],
)
def test_a_derivative_reads_as_in_a_textbook(function, expected):
    assert _derivative(function) is expected


a, b, d, n = leaf("a", ["n"]), leaf("b", ["n"]), leaf("d", ["n"]), size("n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (a + a, 2 * a),
        (a - a, contract(["n"], ZERO)),
        (a * b - b * a + d, d),
        (-b + a, a - b),
        (-(a - b), b - a),
        (-a - b, -(a + b)),
        (a * leaf("c") / leaf("c"), a * leaf("c") / leaf("c")),  # c may be 0
        (a * b + a * d, a * (b + d)),
        (2 * a - 2 * b, 2 * (a - b)),
        (a * a * a, a**3),
        (a * b / n * n, a * b),
        (n * a / n, a),
        (3 * a - 2 * a, a),
        ((a + b) - (b - d), a + d),
        (-a * -b, a * b),
        (a / 2 + b / 2, 0.5 * (a + b)),
        (select(a > 0, b, 0) + select(a > 0, 0, d), select(a > 0, b, d)),
        (select(a > 0, b, 0) + select(a > 0, 0, b) + b, 2 * b),
        (select(a > 0, b, 0) * d, select(a > 0, b * d, 0)),
        (contract([], contract(["n"], leaf("M", ["n", "k"]))), total(leaf("M", ["n", "k"]))),
        (contract(["n"], identity("n", "r"), leaf("e", ["r"])), rename(leaf("e", ["r"]), {"r": "n"})),
        (total(2 * a), 2 * total(a)),
        (total(leaf("c") * a), total(a) * leaf("c")),
        (total(a * leaf("q", ["k"]), "n"), total(a) * leaf("q", ["k"])),
        (total(contract(["n", "k"], a)), size("k") * total(a)),
        ((0.5 * a) ** 2, 0.25 * a**2),
        (a * p.sign(a), p.absolute(a)),
        (p.sqrt(a) * p.sqrt(a) * b, a * b),
        (a / 3, a / 3),
        (a / 4, 0.25 * a),
        (1 / (1 + p.absolute(a)) - p.absolute(a) / (1 + p.absolute(a)) ** 2, 1 / (1 + p.absolute(a)) ** 2),
        (1 / p.sqrt(1 + a**2) - a**2 / (1 + a**2) / p.sqrt(1 + a**2), 1 / (p.sqrt(1 + a**2) * (1 + a**2))),
        (1 - 1 / (1 + a), 1 - 1 / (1 + a)),  # a may be infinite, a / (1 + a) is then no number
    ],
)
def test_a_known_form_comes_out(before, after):
    assert simplify([before])[0] is after


def test_a_part_that_is_asked_for_too_is_simplified_itself():
    first, second = simplify([a + a, (a + a) + b])
    assert first is 2 * a
    assert second is 2 * a + b


def test_doubling_often_does_not_take_every_copy_apart():
    y = a
    for _ in range(60):
        y = y + y
    assert simplify([y])[0] is 2.0**60 * a


def _delta(loss: str, output: str, **how: bool) -> tuple[Node, Node, Node]:
    """delta of the output layer, with its a and y."""
    net = NetworkDefinition(2, (Dense(3), Dense(3, output)), loss=loss)
    program = build(net, **how)
    (line,) = (line for line in program.lines if line.name == "delta2")
    return line.expr, leaf("a2", ["n", "k"]), leaf("y", ["n", "k"])


def test_softmax_with_cross_entropy_leaves_p_minus_y():
    delta, p_, y = _delta("cross_entropy", "softmax")
    assert delta is (p_ - y) / size("n")


def test_targets_that_need_not_sum_to_one_keep_their_sum():
    delta, p_, y = _delta("cross_entropy", "softmax", targets_sum_to_one=False)
    assert delta is (total(y, "k") * p_ - y) / size("n")


def test_sigmoid_with_binary_cross_entropy_leaves_a_minus_y():
    delta, a2, y = _delta("binary_cross_entropy", "sigmoid")
    assert delta is (a2 - y) / size("n")


def test_squared_error_keeps_the_derivative_of_the_output():
    delta, a2, y = _delta("half_squared_error", "sigmoid")
    assert delta is (a2 - y) * a2 * (1 - a2) / size("n")


def test_a_fact_is_used_wherever_it_stands():
    y, q = leaf("y", ["n", "k"]), leaf("q", ["n", "k"])
    facts = {total(y, "k"): ONE}
    assert simplify([q * total(y, "k") - y], facts)[0] is q - y
    assert simplify([contract(["n"], 2 * y)], facts)[0] is contract(["n"], const(2))
    assert simplify([q * total(y, "k")])[0] is q * total(y, "k")
    assert simplify([(a + b) * d], {a + b: ONE})[0] is d
    assert simplify([a * b], {a: d})[0] is d * b


# Work.


def _calls(function: Callable[[], object]) -> int:
    """How many Python functions are entered."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def _chain_of(length: int, shape: Callable[[Node, Node], Node]) -> Node:
    result = leaf("w0")
    for i in range(1, length):
        result = shape(result, leaf(f"w{i}") ** 2)
    return result


@pytest.mark.parametrize(
    "shape", [add, sub, lambda x, y: y - x, lambda x, y: x * y, lambda x, y: y * 3 + (x + 1)]
)
def test_a_long_chain_is_simplified_in_linear_time(shape):
    chains = [_chain_of(length, shape) for length in (200, 400, 800)]
    short, middle, long = (_calls(partial(simplify, [chain])) for chain in chains)
    assert long - middle <= 2.2 * (middle - short)


def test_the_program_of_a_deep_network_with_penalties_is_built_in_linear_time():
    def work(layers: int) -> int:
        net = NetworkDefinition(2, (Dense(2),) * layers, penalties={"l1": 0.1, "l2": 0.1})
        return _calls(lambda: build(net))

    few, more, many = map(work, (20, 40, 80))
    assert many - more <= 2.2 * (more - few)
