"""Forms that have a name: which contractions are matrix products, in which order and orientation they stand,
and which exponentials are a softmax."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.expr import Node, summed_dims


@dataclass(frozen=True)
class Product:
    """left @ right, each transposed first where its flag says so."""

    left: Node
    left_transposed: bool
    right: Node
    right_transposed: bool


def matrix_product(node: Node) -> Product | None:
    """The matrix product that a contract of two operands is, or None where it is none.

    It is one if exactly one dim is summed, both operands have it and have at most one dim besides, and
    every other dim is kept once. The operand that has the result's first dim stands left.
    """
    if node.op != "contract" or len(node.args) != 2:
        return None
    a, b = node.args
    shared = [d for d in a.dims if d in b.dims]
    kept = [d for d in (*a.dims, *b.dims) if d not in shared]
    if (
        len(shared) != 1
        or sorted(kept) != sorted(node.dims)
        or not all(1 <= len(o.dims) <= 2 for o in (a, b))
    ):
        return None
    (summed,) = shared
    left, right = (b, a) if node.dims and node.dims[0] in b.dims else (a, b)
    return Product(
        left,
        left.dims[0] == summed and len(left.dims) == 2,
        right,
        right.dims[-1] == summed and len(right.dims) == 2,
    )


def outer_product(node: Node) -> tuple[Node, Node] | None:
    """The two vectors, row dim first, that a contract multiplies each with each; None where it does not."""
    if node.op != "contract" or len(node.args) != 2 or not all(len(o.dims) == 1 for o in node.args):
        return None
    a, b = node.args
    if node.dims == (*a.dims, *b.dims):
        return a, b
    return (b, a) if node.dims == (*b.dims, *a.dims) else None


def softmax_operand(node: Node) -> tuple[Node, str] | None:
    """What a node is the softmax of, and along which dim: exp(x - logsumexp(x)). None where it is none."""
    if node.data != "exp" or node.args[0].data != "sub":
        return None
    x, shift = node.args[0].args
    if shift.data != "logsumexp" or shift.args[0] is not x:
        return None
    (dim,) = summed_dims(shift)
    return x, dim
