"""Algebra that a derivation shows and a program does not need: multiplying out, and cancelling."""

from __future__ import annotations

from collections.abc import Iterable, Set

from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    add,
    contract,
    div,
    elementwise,
    identity,
    mul,
    neg,
    rename,
    summed_dims,
    transform,
)
from chainrule.simplify import simplify


def renamed(node: Node, old: str, new: str) -> Node:
    """The same along another dim, each leaf in it renamed by itself."""
    return transform([rename(node, {old: new})], _inward)[0]


def _inward(node: Node) -> Node | None:
    if node.op != "rename" or node.args[0].op != "elementwise":
        return None
    (x,) = node.args
    names = dict(zip(x.dims, node.dims, strict=True))
    inside = [transform([rename(arg, {d: names[d] for d in arg.dims})], _inward)[0] for arg in x.args]
    return elementwise(str(x.data), *inside)


def expanded(node: Node, nonzero: Set[Node] = frozenset()) -> Node:
    """The same, a sum of products: multiplied out over sums; a factor of `nonzero` that stands above and
    below a line goes."""
    summed = node.args if node.op == "contract" else (node,)
    product = ONE
    for factor in summed:
        product = mul(product, factor)
    terms = [_cancelled(term, nonzero) for term in _terms(product)]
    if node.op == "contract":
        terms = [_summed(node, _factors(term)) for term in terms]
    result = terms[0]
    for term in terms[1:]:
        result = add(result, term)
    return simplify([result])[0]


def _summed(node: Node, factors: list[Node]) -> Node:
    """The sum over what the contract sums over; factors that do not depend on it stand before the sum."""
    over = set(summed_dims(node))
    outside = [f for f in factors if f.dims and not over & set(f.dims)]
    inside = [f for f in factors if f not in outside]
    return mul(
        _product(outside), contract([d for d in node.dims if any(d in f.dims for f in inside)], *inside)
    )


def by_rows(node: Node, row: str, column: str) -> Node:
    """The same with identity(row, column) u_column written as identity(row, column) u_row."""
    same = identity(row, column)
    result = ZERO
    for term in _terms(node):
        factors = _factors(term)
        if same in factors:
            factors = [f if f is same else renamed(f, column, row) for f in factors]
        result = add(result, _product(factors))
    return simplify([result])[0]


def _is(node: Node, *names: str) -> bool:
    return node.op == "elementwise" and node.data in names


def _terms(node: Node) -> list[Node]:
    """What a product is the sum of once it is multiplied out."""
    if _is(node, "add"):
        return [*_terms(node.args[0]), *_terms(node.args[1])]
    if _is(node, "sub"):
        return [*_terms(node.args[0]), *map(neg, _terms(node.args[1]))]
    if _is(node, "neg"):
        return [neg(term) for term in _terms(node.args[0])]
    if _is(node, "mul"):
        return [mul(s, t) for s in _terms(node.args[0]) for t in _terms(node.args[1])]
    if _is(node, "div"):
        return [div(term, node.args[1]) for term in _terms(node.args[0])]
    return [node]


def _cancelled(node: Node, nonzero: Set[Node]) -> Node:
    top, bottom, sign = list[Node](), list[Node](), ONE
    stack = [(node, True)]
    while stack:
        part, above = stack.pop()
        if _is(part, "mul"):
            stack += [(part.args[1], above), (part.args[0], above)]
        elif _is(part, "div"):
            stack += [(part.args[1], not above), (part.args[0], above)]
        elif _is(part, "neg"):
            sign = neg(sign)
            stack.append((part.args[0], above))
        else:
            (top if above else bottom).append(part)
    for factor in list(bottom):
        if factor in nonzero and factor in top:
            top.remove(factor)
            bottom.remove(factor)
    return div(_product([sign, *top]), _product(bottom))


def _product(factors: Iterable[Node]) -> Node:
    result = ONE
    for factor in factors:
        result = mul(result, factor)
    return result


def _factors(term: Node) -> list[Node]:
    """The factors of a product, a quotient counting as one."""
    if _is(term, "mul"):
        return [*_factors(term.args[0]), *_factors(term.args[1])]
    if _is(term, "neg"):
        return [neg(ONE), *_factors(term.args[0])]
    return [term]
