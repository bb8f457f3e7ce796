"""The only chain rule.

A cotangent is dJ/dv of a node v. It may lack a dim of v: then it is the same all along that dim. Sums
over dims that an operand does not have (a bias that serves all samples) are written in one place, `_to`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    add,
    contract,
    elementwise,
    identity,
    in_order,
    mul,
    rename,
    size,
    summed_dims,
    total,
)
from chainrule.primitives import exp, partials


def reverse(loss: Node, wrt: Sequence[Node], seed: Node = ONE) -> list[Node]:
    """The derivative of `loss` by each node of `wrt`, with that node's dims: ordinary expressions.

    seed: what the derivative is multiplied by from the left, with the dims of `loss`; extra dims of it
    are carried through (a Jacobian is the identity carried through). ValueError: an extra dim that occurs
    inside the expression, where it would be summed over.
    Source: Linnainmaa 1976; the sum over all paths, each node visited once.
    """
    bar = cotangents(loss, wrt, seed)
    free = _free(loss, seed)
    return [contract((*free, *w.dims), bar.get(w, ZERO)) for w in wrt]


def jacobian(y: Node, x: Node, row: str, dim: str) -> Node:
    """dy/dx of two vectors y, x along `dim`, with dims (row, dim): entry (i, j) is dy_i / dx_j."""
    return reverse(y, [x], identity(row, dim))[0]


def cotangents(loss: Node, wrt: Iterable[Node], seed: Node = ONE) -> dict[Node, Node]:
    """dJ/dv for every node v between `loss` and `wrt`, where it is not 0 throughout."""
    order = in_order([loss])
    free = _free(loss, seed)
    if taken := {d for node in order for d in node.dims}.intersection(free):
        raise ValueError(f"dims {sorted(taken)} of the seed occur inside the expression: rename them")
    reached = set(wrt)
    for node in order:
        if any(a in reached for a in node.args):
            reached.add(node)
    bar: dict[Node, Node] = {loss: seed} if loss in reached else {}
    for node in reversed(order):
        if node not in bar:
            continue
        for arg, part in zip(node.args, _parts(node, bar[node], free, reached), strict=True):
            if part is not None and part is not ZERO:
                bar[arg] = add(part, bar[arg]) if arg in bar else part
    return bar


def _parts(node: Node, bar: Node, free: Sequence[str], reached: set[Node]) -> list[Node | None]:
    """What a node's cotangent gives to each of its operands; None where nothing is asked for or goes."""
    asked = [a in reached for a in node.args]
    x = node.args[0] if node.args else node
    if not any(asked):
        return [None] * len(asked)
    if node.op == "contract":  # the cotangent takes the operand's place
        placed = [(*node.args[:i], bar, *node.args[i + 1 :]) for i in range(len(node.args))]
        return [
            _to((*free, *a.dims), node, *factors) if wanted else None
            for a, factors, wanted in zip(node.args, placed, asked, strict=True)
        ]
    if node.op == "elementwise":
        return [
            _to((*free, *a.dims), node, mul(bar, p)) if wanted and p is not None else None
            for a, p, wanted in zip(node.args, partials(node), asked, strict=True)
        ]
    if node.op == "rename":
        back = dict(zip(node.dims, x.dims, strict=True))
        return [rename(bar, {d: back[d] for d in bar.dims if d in back})]
    assert node.op == "reduce"
    if node.data == "logsumexp":
        return [mul(bar, exp(x - node))]  # the softmax of x
    (dim,) = summed_dims(node)
    largest = elementwise("equal", x, node)  # declared: at a tie the largest share it equally
    return [mul(bar, largest / total(largest, dim))]


def _to(kept: Sequence[str], node: Node, *factors: Node) -> Node:
    """The product of the factors, summed over every dim of `node` and its operands that is not kept."""
    carried = {d for f in factors for d in f.dims}
    space = dict.fromkeys((*node.dims, *(d for a in node.args for d in a.dims)))
    factors = tuple(f for f in factors if f is not ONE)
    result = contract([d for d in kept if d in carried], *factors) if factors else ONE
    for dim in space:
        if dim not in kept and dim not in carried:
            result = mul(size(dim), result)
    return result


def _free(loss: Node, seed: Node) -> list[str]:
    return [d for d in seed.dims if d not in loss.dims]
