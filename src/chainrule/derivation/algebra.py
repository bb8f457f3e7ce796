"""Algebra that a derivation shows and a program does not need: multiplying out, and cancelling."""

from __future__ import annotations

from collections.abc import Set

from chainrule.expr import ONE, Node, add, contract, div, mul, neg, sub, transform
from chainrule.simplify import simplify


def expanded(node: Node, nonzero: Set[Node] = frozenset()) -> Node:
    """The same, products multiplied out over sums, and what is known not to be 0 cancelled."""
    (wide,) = transform([node], lambda part: _wide(part, nonzero))
    return simplify([wide])[0]


def _wide(node: Node, nonzero: Set[Node]) -> Node | None:
    if node.op == "contract" and len(node.args) > 1 and node.args:
        product = node.args[0]
        for arg in node.args[1:]:
            product = mul(product, arg)
        return _split(node, _terms(_cancelled(product, nonzero), nonzero))
    if node.op == "elementwise" and node.data in ("mul", "div"):
        terms = _terms(_cancelled(node, nonzero), nonzero)
        return _sum([t for t in terms]) if len(terms) > 1 else None
    return None


def _split(node: Node, terms: list[Node]) -> Node:
    """The sum of products as a sum of sums."""
    return _sum([contract(node.dims, *_operands(term)) for term in terms])


def _operands(term: Node) -> list[Node]:
    """The factors of a product, as operands of a contract."""
    if term.op == "elementwise" and term.data == "mul":
        return [*_operands(term.args[0]), *_operands(term.args[1])]
    if term.op == "elementwise" and term.data == "neg":
        return [neg(ONE), *_operands(term.args[0])]
    return [term]


def _sum(terms: list[Node]) -> Node:
    result = terms[0]
    for term in terms[1:]:
        result = sub(result, term.args[0]) if term.data == "neg" else add(result, term)
    return result


def _terms(node: Node, nonzero: Set[Node]) -> list[Node]:
    """What a product is the sum of once it is multiplied out."""
    if node.op != "elementwise":
        return [node]
    match node.data, node.args:
        case "add", (a, b):
            return [*_terms(a, nonzero), *_terms(b, nonzero)]
        case "sub", (a, b):
            return [*_terms(a, nonzero), *(neg(t) for t in _terms(b, nonzero))]
        case "neg", (a,):
            return [neg(t) for t in _terms(a, nonzero)]
        case "mul", (a, b):
            pairs = [(s, t) for s in _terms(a, nonzero) for t in _terms(b, nonzero)]
            return [_cancelled(mul(s, t), nonzero) for s, t in pairs]
        case "div", (a, b):
            return [_cancelled(div(t, b), nonzero) for t in _terms(a, nonzero)]
    return [node]


def _cancelled(node: Node, nonzero: Set[Node]) -> Node:
    """A product without the factors that stand above and below and are not 0."""
    top, bottom, negative = list[Node](), list[Node](), False
    stack = [(node, True)]
    while stack:
        part, above = stack.pop()
        if part.op == "elementwise" and part.data == "mul":
            stack += [(part.args[1], above), (part.args[0], above)]
        elif part.op == "elementwise" and part.data == "div":
            stack += [(part.args[1], not above), (part.args[0], above)]
        elif part.op == "elementwise" and part.data == "neg":
            negative = not negative
            stack.append((part.args[0], above))
        elif part is not ONE:
            (top if above else bottom).append(part)
    for factor in list(bottom):
        if factor in nonzero and factor in top:
            top.remove(factor)
            bottom.remove(factor)
    result, under = ONE, ONE
    for factor in top:
        result = mul(result, factor)
    for factor in bottom:
        under = mul(under, factor)
    result = div(result, under)
    return neg(result) if negative else result
