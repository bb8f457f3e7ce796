"""Other ways to write an expression, each equal to it: what leads by hand from one form to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce as fold

from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    add,
    contract,
    div,
    in_order,
    mul,
    neg,
    sub,
    summed_dims,
    transform,
)
from chainrule.primitives import PRIMITIVES, exp, log, sigmoid
from chainrule.simplify import factors_of, product_of, simplify, terms_of

NAMED = frozenset(name for name, row in PRIMITIVES.items() if row.definition) - {"xlogy", "expm1"}
"""Functions with a symbol of their own and a definition by simpler ones."""


def simple(node: Node) -> Node:
    """One expression, simplified."""
    return simplify([node])[0]


def written_out(node: Node) -> Node:
    """The same with what exists for numerical safety alone written as it is meant: a softmax as a quotient,
    logsumexp and xlogy by their logarithms."""

    def change(part: Node) -> Node | None:
        if part.op == "reduce" and part.data == "logsumexp":
            return log(_sum_of_exp(part))
        if part.data == "xlogy":
            a, b = part.args
            return mul(a, log(b))
        if part.data == "exp" and (difference := part.args[0]).data == "sub":
            x, shift = difference.args
            if shift.data == "log":  # exp(x - ln s) = exp(x) / s
                return div(exp(x), shift.args[0])
        return None

    return transform([node], change)[0]


def _sum_of_exp(node: Node) -> Node:
    (x,) = node.args
    return contract([d for d in x.dims if d not in summed_dims(node)], exp(x))


def opened(node: Node) -> Node:
    """The same with every named function replaced by its definition."""

    def change(part: Node) -> Node | None:
        definition = (
            PRIMITIVES[part.data].definition if part.op == "elementwise" and part.data in NAMED else None
        )
        return definition(*part.args) if definition else None

    return transform([node], change)[0]


def _put(parts: Sequence[tuple[float, Node]]) -> Node:
    """The sum of coefficient * term, what is subtracted last."""
    result = ZERO
    for c, term in sorted(parts, key=lambda part: part[0] < 0):
        scaled = product_of(abs(c), *factors_of(term)[1:])
        result = add(result, scaled) if c > 0 else sub(result, scaled)
    return result


def symbols(node: Node) -> Counter[object]:
    """How often each symbol occurs where an expression is written out.

    Of equal expressions those with the same symbols differ in their order alone.
    """
    found: dict[Node, Counter[object]] = {}
    for part in in_order([node]):
        found[part] = sum((found[a] for a in part.args), Counter([(part.op, part.data)]))
    return found[node]


def together(node: Node) -> Node:
    """A sum over its common denominator: 1 - 1/d = (d - 1)/d."""
    parts = [(c, *factors_of(term)[1:]) for term, c in terms_of(node).items()]
    common: Counter[Node] = fold(lambda found, part: found | Counter(part[2]), parts, Counter())
    top = _put(
        [(c, product_of(1.0, [*over, *(common - Counter(under)).elements()], [])) for c, over, under in parts]
    )
    return div(simple(top), product_of(1.0, list(common.elements()), []))


def sums_in(product: Node) -> dict[Node, Node]:
    """The factors of a product that are sums of fractions, each with what it is over one line."""
    stack, found = [product], dict[Node, Node]()
    while stack:
        factor = stack.pop()
        if factor.data in ("mul", "neg"):
            stack += factor.args
        elif factor.data in ("add", "sub") and factor is not product:
            found[factor] = together(factor)
    return found


def over_exponential(node: Node) -> tuple[Node, Node] | None:
    """A quotient with both sides divided by a growing exponential of the lower one, and that exponential."""
    if node.data != "div":
        return None
    top, bottom = node.args
    for part in in_order([bottom]):
        if part.data == "exp" and factors_of(part.args[0])[0] > 0:
            return div(_divided(top, part), _divided(bottom, part)), part
    return None


def _divided(node: Node, by: Node) -> Node:
    """A sum divided term by term by an exponential."""
    parts = []
    for term, c in terms_of(node).items():
        own, top, bottom = factors_of(term)
        rest = [f for f in top if f.data != "exp"]
        exponent = simple(fold(sub, by.args, fold(add, (f.args[0] for f in top if f.data == "exp"), ZERO)))
        power = [] if exponent is ZERO else [exp(exponent)]
        parts.append((c * own, product_of(1.0, rest + power, bottom)))
    return _put(sorted(parts, key=lambda part: part[1] is not ONE))


def split(node: Node) -> Node | None:
    """(c - d)/d = c/d - 1, for a number c; None where it is no such quotient."""
    if node.data != "div":
        return None
    top, bottom = node.args
    whole = simple(add(top, bottom))
    return sub(div(whole, bottom), ONE) if isinstance(whole.data, float) else None


def with_sigmoids(node: Node) -> Node:
    """The same with c / (1 + e^-u) written as c sigmoid(u)."""

    def change(part: Node) -> Node | None:
        if part.data != "div" or not isinstance(part.args[0].data, float) or part.args[1].data != "add":
            return None
        one, power = part.args[1].args
        if one is not ONE or power.data != "exp":
            return None
        return mul(part.args[0], sigmoid(simple(neg(power.args[0]))))

    return transform([node], change)[0]


def spread(node: Node) -> list[Node]:
    """A product with a sum among its factors as the terms it is the sum of: (a - b) c is a c and -b c."""
    coefficient, top, bottom = factors_of(node)
    for i, factor in enumerate(top):
        if factor.data in ("add", "sub"):
            parts = [(c, *factors_of(term)) for term, c in terms_of(factor).items()]
            return [
                product_of(coefficient * c * own, [*top[:i], *over, *top[i + 1 :]], under + bottom)
                for c, own, over, under in parts
            ]
    return [node]


def summed(terms: Iterable[Node]) -> Node:
    """The sum of some terms; one with a minus sign is subtracted."""
    return fold(
        lambda found, term: sub(found, term.args[0]) if term.data == "neg" else add(found, term), terms
    )


def cancelled(node: Node, nonzero: Node) -> Node:
    """A quotient without a factor, not 0, that stands above and below its line."""
    coefficient, top, bottom = factors_of(node)
    both = (Counter(top) & Counter(bottom))[nonzero]
    for side in (top, bottom):
        for _ in range(both):
            side.remove(nonzero)
    return product_of(coefficient, top, bottom)
