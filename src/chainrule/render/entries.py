"""Single entries of arrays: an expression over vectors and matrices as one over numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from chainrule.expr import ONE, ZERO, Node, add, div, leaf, mul, summed_dims, with_args
from chainrule.primitives import exp, log
from chainrule.render.forms import softmax_operand


def entry_name(name: str, at: Sequence[int]) -> str:
    """The name of an entry, counted from 1: W1[2,1]."""
    return f"{name}[{','.join(map(str, at))}]" if at else name


def entry(node: Node, at: Mapping[str, int], sizes: Mapping[str, int]) -> Node:
    """One entry of an expression, its sums written out: leaves are entries of the leaves, without dims.

    at: the place along each dim of the node, counted from 1. sizes: how many places each dim has.
    """
    own = {dim: at[dim] for dim in node.dims}
    if softmax := softmax_operand(node):
        x, dim = softmax
        return div(exp(entry(x, own, sizes)), _sum_of_exp(x, dim, own, sizes))
    match node.op:
        case "leaf":
            return leaf(entry_name(str(node.data), list(own.values())))
        case "identity":
            return ONE if len(set(own.values())) == 1 else ZERO
        case "rename":
            (x,) = node.args
            return entry(x, {old: own[new] for old, new in zip(x.dims, node.dims, strict=True)}, sizes)
        case "contract":
            return _total(node, own, sizes)
        case "reduce":
            (dim,) = summed_dims(node)
            return log(_sum_of_exp(node.args[0], dim, own, sizes))
        case "elementwise":
            return with_args(node, tuple(entry(arg, own, sizes) for arg in node.args))
    return node


def _total(node: Node, own: Mapping[str, int], sizes: Mapping[str, int]) -> Node:
    summed = summed_dims(node)
    result = ZERO
    for places in product(*(range(1, sizes[dim] + 1) for dim in summed)):
        here = {**own, **dict(zip(summed, places, strict=True))}
        term = ONE
        for arg in node.args:
            term = mul(term, entry(arg, here, sizes))
        result = add(result, term)
    return result


def _sum_of_exp(x: Node, dim: str, own: Mapping[str, int], sizes: Mapping[str, int]) -> Node:
    result = ZERO
    for place in range(1, sizes[dim] + 1):
        result = add(result, exp(entry(x, {**own, dim: place}, sizes)))
    return result
