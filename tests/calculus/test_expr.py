"""The language: interning, names instead of positions, meaning kept when operands change, no recursion."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest

from chainrule import expr
from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    add,
    const,
    contract,
    div,
    elementwise,
    identity,
    in_order,
    index,
    leaf,
    mul,
    neg,
    power,
    reduce,
    rename,
    replace,
    select,
    size,
    sub,
    total,
    transform,
    with_args,
)
from chainrule.reverse import reverse
from expression_evaluator import evaluate

A, B, v, w = leaf("A", ["i", "j"]), leaf("B", ["j", "k"]), leaf("v", ["i"]), leaf("w", ["j"])


def _numbers(*nodes: Node, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    lengths = {"i": 2, "j": 3, "k": 4}
    return {str(n.data): rng.standard_normal([lengths[d] for d in n.dims]) for n in nodes}


def test_structurally_equal_nodes_are_identical():
    assert leaf("A", ["i", "j"]) is A
    assert (A + v) * 2 is (A + v) * 2.0
    assert contract(["i"], A, w) is contract(("i",), A, w)
    assert reduce("max", A, "j") is reduce("max", A, "j")
    assert rename(A, {"i": "r"}) is rename(A, {"i": "r"})
    assert const(-0.0) is ZERO
    different = [
        A,
        leaf("A", ["j", "i"]),
        size("i"),
        index("i"),
        identity("i", "j"),
        leaf("i"),
        const(1),
        const(2),
    ]
    assert len({id(n) for n in different}) == len(different)


def test_nodes_that_nobody_holds_are_freed():
    gc.collect()
    before = len(expr._table)
    node = leaf("only here", ["i"])
    for _ in range(50):
        node = elementwise("tanh", node) + node
    assert len(expr._table) >= before + 100
    del node
    gc.collect()
    assert len(expr._table) == before


def test_freeing_a_deep_chain_does_not_recurse():
    node = leaf("x")
    for _ in range(20_000):
        node = elementwise("tanh", node)
    before = len(expr._table)
    del node
    gc.collect()
    assert len(expr._table) <= before - 20_000


def test_broadcasting_goes_by_name_and_keeps_the_order_of_the_widest():
    assert (v + A).dims == ("i", "j")
    assert (w + A).dims == ("i", "j")
    assert (v * w).dims == ("i", "j")
    assert (w * v).dims == ("j", "i")
    assert elementwise("add", w, A, leaf("u", ["k"])).dims == ("i", "j", "k")
    numbers = _numbers(A, v, w)
    (sum_by_name,) = evaluate([w + (v + A)], numbers)
    np.testing.assert_allclose(sum_by_name, numbers["A"] + numbers["v"][:, None] + numbers["w"])


@pytest.mark.parametrize(
    "make",
    [
        lambda: leaf("Z", ["i", "i"]),
        lambda: identity("i", "i"),
        lambda: contract(["i", "i"], A),
        lambda: rename(A, {"i": "j"}),
        lambda: rename(A, {"i": "z", "j": "z"}),
    ],
)
def test_a_dim_twice_in_one_array_is_an_error(make):
    with pytest.raises(ValueError, match="occurs twice"):
        make()


def test_swapping_two_names_is_a_rename():
    assert rename(A, {"i": "j", "j": "i"}).dims == ("j", "i")


def test_reducing_along_a_dim_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="no dim 'k'"):
        reduce("max", A, "k")


def test_nan_is_no_constant():
    with pytest.raises(ValueError, match="NaN"):
        const(float("nan"))


def test_arithmetic_knows_zero_and_one():
    assert add(A, 0) is A
    assert add(0, A) is A
    assert sub(A, 0) is A
    assert sub(0, A) is neg(A)
    assert mul(A, 1) is A
    assert mul(A, 0) is ZERO
    assert div(A, 1) is A
    assert div(0, A) is ZERO
    assert neg(neg(A)) is A
    assert power(A, 0) is ONE
    assert power(A, 1) is A
    assert const(2) + 3 is const(5)
    assert const(1) / 4 is const(0.25)
    assert select(A > 0, v, v) is v


def test_numbers_are_folded_only_where_the_result_is_finite():
    assert (const(1e308) * 10).op == "elementwise"
    assert (const(1) / 0).op == "elementwise"


def test_nothing_times_infinity_stays_nothing():
    """select(c, u, 0) * t is select(c, u t, 0), so an unused branch cannot bring in 0 * inf = NaN."""
    x = leaf("x", ["i"])
    product = select(x > 0, 1, 0) * elementwise("exp", -1000 * x)
    (value,) = evaluate([product], {"x": np.array([-1.0, 1.0])})
    np.testing.assert_array_equal(value, [0.0, 0.0])


def test_total_sums_the_named_dims_or_all():
    numbers = _numbers(A)
    rows, everything = evaluate([total(A, "j"), total(A)], numbers)
    np.testing.assert_allclose(rows, numbers["A"].sum(axis=1))
    np.testing.assert_allclose(everything, numbers["A"].sum())


# An operand that loses a dim: the value is that of the operand repeated along it.

SMALLER = {"i": leaf("u", ["i"]), "j": leaf("u", ["j"]), "": leaf("u", [])}
WORDS = {
    "sum over i": contract(["j"], A),
    "sum over all": contract([], A),
    "transposition": contract(["j", "i"], A),
    "repetition": contract(["k", "i"], A),
    "product": contract(["i", "k"], A, B),
    "product kept whole": contract(["i", "j", "k"], A, B),
    "with itself": contract(["i"], A, A, w),
    "max over i": reduce("max", A, "i"),
    "max over j": reduce("max", A, "j"),
    "logsumexp over i": reduce("logsumexp", A, "i"),
    "logsumexp over j": reduce("logsumexp", A, "j"),
    "rename": rename(A, {"i": "r"}),
    "elementwise": elementwise("tanh", A),
    "select": select(w < A, A, v),
    "quotient": v / A,
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("kept", SMALLER)
def test_an_operand_that_loses_a_dim_keeps_the_meaning(word, kept):
    node, smaller = WORDS[word], SMALLER[kept]
    numbers = _numbers(A, B, v, w, smaller)
    sizes = {"i": 2, "j": 3, "k": 4}
    (repeated,) = evaluate([contract(A.dims, smaller)], numbers, sizes)
    (before,) = evaluate([node], numbers | {"A": repeated}, sizes)
    changed = transform([node], lambda n: smaller if n is A else None)[0]
    (after,) = evaluate([contract(node.dims, changed)], numbers, sizes | {"r": 2})
    np.testing.assert_allclose(after, before, rtol=1e-12)


def test_with_args_of_the_same_operands_is_the_same_node():
    for node in WORDS.values():
        assert with_args(node, node.args) is node


def test_replace_can_leave_the_root_alone():
    z = elementwise("tanh", v)
    name = leaf("z", ["i"])
    assert replace([z * z], {z: name})[0] is name * name
    assert replace([z], {z: name})[0] is name
    assert replace([z], {z: name}, below=True)[0] is z


# Depth.


def _chain(depth: int) -> tuple[Node, Node]:
    x = leaf("x")
    y = x
    for _ in range(depth):
        y = elementwise("tanh", y)
    return x, y


def test_a_chain_of_20000_is_differentiated_without_recursion():
    assert sys.getrecursionlimit() < 20_000
    x, y = _chain(20_000)
    assert len(in_order([y])) == 20_001
    (gradient,) = reverse(y, [x])
    (doubled,) = transform([gradient], lambda n: None)
    assert doubled is gradient
    (value,) = evaluate([gradient], {"x": 0.3})
    below, above = (evaluate([y], {"x": 0.3 + h})[0] for h in (-1e-4, 1e-4))
    assert value == pytest.approx((above - below) / 2e-4, rel=1e-6)


def test_a_derivative_grows_linearly_with_its_chain():
    counts = [len(in_order(reverse(y, [x]))) for x, y in map(_chain, (500, 1000, 2000))]
    assert counts[2] - counts[1] == pytest.approx(2 * (counts[1] - counts[0]), abs=2)


def test_operands_come_before_what_uses_them_and_nothing_comes_twice():
    order = in_order([A * v + A, total(A)])
    assert len(set(order)) == len(order)
    for place, node in enumerate(order):
        assert set(node.args) <= set(order[:place])
    stopped = in_order([elementwise("tanh", A * v)], stop=lambda n: n.data == "mul")
    assert stopped == [A * v, elementwise("tanh", A * v)]


def test_a_node_shows_what_it_is():
    assert repr(A) == "leaf('A')[i, j]"
    assert repr(A + v) == "elementwise('add', <leaf>, <leaf>)[i, j]"
