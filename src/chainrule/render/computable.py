"""Expressions as a machine computes them: what it has no function for is replaced by its definition, and no
digits are lost at large values."""

from __future__ import annotations

from collections.abc import Container, Iterable

from chainrule.expr import Node, elementwise, reduce, summed_dims, total, transform
from chainrule.primitives import PRIMITIVES
from chainrule.render.forms import softmax_operand


def computable(exprs: Iterable[Node], functions: Container[str]) -> list[Node]:
    """The same expressions by the elementwise functions named in `functions`, sums, products and maxima."""

    def by_definition(node: Node) -> Node | None:
        if node.data == "logsumexp":
            (x,), (dim,) = node.args, summed_dims(node)
            return reduce("max", x, dim) + elementwise("log", total(_shifted_exp(x, dim), dim))
        known = node.op != "elementwise" or node.data in functions
        definition = None if known else PRIMITIVES[str(node.data)].definition
        return definition(*node.args) if definition else None

    exprs = transform(exprs, _shifted_softmax)
    while (expanded := transform(exprs, by_definition)) != exprs:
        exprs = expanded
    return exprs


def _shifted_softmax(node: Node) -> Node | None:
    """exp(x - logsumexp(x)) = e / sum(e) with e = exp(x - max(x))."""
    if found := softmax_operand(node):
        e = _shifted_exp(*found)
        return e / total(e, found[1])
    return None


def _shifted_exp(x: Node, dim: str) -> Node:
    return elementwise("exp", x - reduce("max", x, dim))
