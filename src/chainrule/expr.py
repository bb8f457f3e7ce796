"""The language that networks, losses, derivatives and updates are written in.

A `Node` is an immutable expression. Nodes are interned: structurally equal means identical, so a
common subexpression costs nothing and dictionaries can be keyed by node. Dimensions have names, not
positions, and broadcasting is by name. The words:

    leaf(name, dims)             an array given from outside       W1[h1, d]
    const(v), size(dim)          numbers; size(n) prints as m, not as 5
    index(dim)                   0, 1, ... along dim
    identity(i, j)               1 where i = j, else 0
    elementwise(op, *operands)   a scalar function (`primitives` has the table) mapped over all dims
    contract(dims, *operands)    the product of the operands, summed over every dim not in `dims`
    reduce(kind, x, dim)         max or logsumexp along dim
    rename(x, {old: new})        the same numbers, with a dim called otherwise

A node's `dims` are also the order of its axes where it becomes an array.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from weakref import WeakValueDictionary

Dims = tuple[str, ...]


class Node:
    """One expression. Make nodes with the functions of this module, never directly.

    op: the word. args: operands. dims: names of the axes, in order. data: what the word needs besides
    (a leaf's name, a constant's value, an elementwise function's name ...).
    """

    __slots__ = ("__weakref__", "args", "data", "dims", "op")
    op: str
    args: tuple[Node, ...]
    dims: Dims
    data: str | float | None

    def __add__(self, other: Operand) -> Node:
        return add(self, other)

    def __radd__(self, other: Operand) -> Node:
        return add(other, self)

    def __sub__(self, other: Operand) -> Node:
        return sub(self, other)

    def __rsub__(self, other: Operand) -> Node:
        return sub(other, self)

    def __mul__(self, other: Operand) -> Node:
        return mul(self, other)

    def __rmul__(self, other: Operand) -> Node:
        return mul(other, self)

    def __truediv__(self, other: Operand) -> Node:
        return div(self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        return div(other, self)

    def __neg__(self) -> Node:
        return neg(self)

    def __pow__(self, exponent: float) -> Node:
        return power(self, exponent)

    def __gt__(self, other: Operand) -> Node:
        return elementwise("greater", self, other)

    def __lt__(self, other: Operand) -> Node:
        return elementwise("greater", other, self)

    def __repr__(self) -> str:
        inside = ", ".join([repr(self.data)] * (self.data is not None) + [f"<{a.op}>" for a in self.args])
        return f"{self.op}({inside})[{', '.join(self.dims)}]"


Operand = Node | float

# Keyed by the operands' identities: an entry goes before its node's operands do, so identities are not
# used twice, and freeing a deep chain does not recurse.
_table: WeakValueDictionary[tuple[object, ...], Node] = WeakValueDictionary()
_adding = RLock()  # of two threads that build the same node, one is first


def _after_fork() -> None:
    global _adding
    _adding = RLock()  # whoever held the other one is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _node(op: str, args: tuple[Node, ...], dims: Dims, data: str | float | None = None) -> Node:
    key = (op, tuple(map(id, args)), dims, data.hex() if isinstance(data, float) else data)
    node = _table.get(key)
    if node is None:
        new = object.__new__(Node)
        new.op, new.args, new.dims, new.data = op, args, dims, data
        with _adding:
            node = _table.setdefault(key, new)
    return node


def lift(value: Operand) -> Node:
    """A number as a constant; a node as it is."""
    return value if isinstance(value, Node) else const(value)


def leaf(name: str, dims: Iterable[str] = ()) -> Node:
    """An array given from outside, by name."""
    return _node("leaf", (), _distinct(tuple(dims)), name)


def const(value: float) -> Node:
    """A number. NaN is none: it would be equal to nothing, itself included."""
    if math.isnan(value):
        raise ValueError("NaN is not a constant")
    return _node("const", (), (), float(value) + 0.0)  # + 0.0: no negative zero


def size(dim: str) -> Node:
    """How many places a dim has, as a number."""
    return _node("size", (), (), dim)


def index(dim: str) -> Node:
    """The place along dim, counted from 0."""
    return _node("index", (), (dim,), None)


def identity(row: str, column: str) -> Node:
    """Kronecker's delta: 1 where the two places are equal, else 0."""
    return _node("identity", (), _distinct((row, column)), None)


def elementwise(op: str, *operands: Operand) -> Node:
    """The scalar function `op` over the union of the operands' dims.

    The order of the axes is that of the operand with most of them; others are put behind.
    """
    args = tuple(map(lift, operands))
    widest = max(args, key=lambda a: len(a.dims)).dims
    extra = dict.fromkeys(d for a in args for d in a.dims if d not in widest)
    return _node("elementwise", args, (*widest, *extra), op)


def contract(dims: Iterable[str], *operands: Node) -> Node:
    """The product of the operands, summed over every dim of theirs that is not in `dims`.

    A dim that no operand has is a repetition. One operand and a new order of its dims is a transposition.
    """
    dims = _distinct(tuple(dims))
    if len(operands) == 1 and operands[0].dims == dims:
        return operands[0]
    return _node("contract", operands, dims)


def total(x: Node, *dims: str) -> Node:
    """The sum of x along `dims`; along all of them where none is named."""
    return contract([d for d in x.dims if dims and d not in dims], x)


def reduce(kind: str, x: Node, dim: str) -> Node:
    """`max` or `logsumexp` of x along dim."""
    if dim not in x.dims:
        raise ValueError(f"no dim {dim!r} in {x!r}")
    return _node("reduce", (x,), tuple(d for d in x.dims if d != dim), kind)


def rename(x: Node, names: Mapping[str, str]) -> Node:
    """x with dims called otherwise. Two dims of one array cannot get the same name."""
    dims = _distinct(tuple(names.get(d, d) for d in x.dims))
    return x if dims == x.dims else _node("rename", (x,), dims)


def _distinct(dims: Dims) -> Dims:
    if len(set(dims)) != len(dims):
        raise ValueError(f"a dim occurs twice in {dims}: rename one of them")
    return dims


# Arithmetic, with what is true of 0 and 1 applied at once.

ZERO, ONE = const(0), const(1)


def add(a: Operand, b: Operand) -> Node:
    a, b = lift(a), lift(b)
    if a is ZERO:
        return b
    if b is ZERO:
        return a
    return _folded("add", lambda x, y: x + y, a, b)


def sub(a: Operand, b: Operand) -> Node:
    a, b = lift(a), lift(b)
    if b is ZERO:
        return a
    if a is ZERO:
        return neg(b)
    return _folded("sub", lambda x, y: x - y, a, b)


def mul(a: Operand, b: Operand) -> Node:
    a, b = lift(a), lift(b)
    if a is ZERO or b is ZERO:
        return ZERO
    if a is ONE:
        return b
    if b is ONE:
        return a
    for this, other in ((a, b), (b, a)):
        # an empty branch stays empty whatever it is multiplied by: no 0 times infinity
        if this.data == "select" and ZERO in this.args[1:]:
            condition, yes, no = this.args
            return select(condition, mul(yes, other), mul(no, other))
    return _folded("mul", lambda x, y: x * y, a, b)


def div(a: Operand, b: Operand) -> Node:
    a, b = lift(a), lift(b)
    if a is ZERO:
        return ZERO
    if b is ONE:
        return a
    if b is ZERO:
        return elementwise("div", a, b)
    return _folded("div", lambda x, y: x / y, a, b)


def neg(a: Operand) -> Node:
    a = lift(a)
    if a.data == "neg" and a.op == "elementwise":
        return a.args[0]
    return const(-a.data) if isinstance(a.data, float) else elementwise("neg", a)


def power(a: Operand, exponent: Operand) -> Node:
    """a to a power; it has a derivative where the exponent is a constant."""
    a = lift(a)
    if exponent == 0:
        return ONE
    return a if exponent == 1 else elementwise("power", a, exponent)


def select(condition: Node, yes: Operand, no: Operand) -> Node:
    """`yes` where the condition is not 0, else `no`."""
    yes, no = lift(yes), lift(no)
    return yes if yes is no else elementwise("select", condition, yes, no)


def _folded(op: str, function: Callable[[float, float], float], a: Node, b: Node) -> Node:
    if isinstance(a.data, float) and isinstance(b.data, float):
        value = function(a.data, b.data)
        if math.isfinite(value):
            return const(value)
    return elementwise(op, a, b)


# Walking. None of these recurses: a network may be thousands of layers deep.


def in_order(roots: Iterable[Node], *, stop: Callable[[Node], bool] | None = None) -> list[Node]:
    """Every node below the roots once, operands before what uses them; below `stop` nothing is walked."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(root, False) for root in reversed(tuple(roots))]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            if stop is None or not stop(node):
                stack += [(a, False) for a in reversed(node.args) if a not in seen]
    return order


_BUILD: dict[str, Callable[..., Node]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "div": div,
    "neg": neg,
    "select": select,
}


def with_args(node: Node, args: tuple[Node, ...]) -> Node:
    """The same word applied to other operands.

    A new operand may lack a dim of the old one: it is the same all along that dim, and the result is that
    of the operand repeated along it.
    """
    if args == node.args:
        return node
    if node.op == "elementwise":
        name = str(node.data)
        return _BUILD[name](*args) if name in _BUILD else elementwise(name, *args)
    if node.op == "contract":
        result = contract(node.dims, *args)
        for dim in summed_dims(node):
            if not any(dim in a.dims for a in args):  # a sum of m equal terms
                result = mul(size(dim), result)
        return result
    (old,), (new,) = node.args, args
    if node.op == "rename":
        return rename(new, dict(zip(old.dims, node.dims, strict=True)))
    (dim,) = summed_dims(node)
    if dim in new.dims:
        return reduce(str(node.data), new, dim)
    # the largest of m equal values is that value; ln(m e^x) = x + ln m
    return new if node.data == "max" else add(new, elementwise("log", size(dim)))


def summed_dims(node: Node) -> list[str]:
    """The dims along which a contract sums, or the one along which a reduce goes."""
    return [d for d in dict.fromkeys(d for a in node.args for d in a.dims) if d not in node.dims]


def transform(roots: Iterable[Node], change: Callable[[Node], Node | None]) -> list[Node]:
    """Rebuild expressions from the leaves up.

    `change` sees each node after its operands were rebuilt and returns another, or None to keep it.
    """
    roots = tuple(roots)
    new: dict[Node, Node] = {}
    for node in in_order(roots):
        rebuilt = with_args(node, tuple(new[a] for a in node.args))
        new[node] = change(rebuilt) or rebuilt
    return [new[root] for root in roots]


def replace(roots: Iterable[Node], names: Mapping[Node, Node], *, below: bool = False) -> list[Node]:
    """Expressions with the nodes of `names` replaced by others of the same dims.

    below: the roots themselves stand, only what is below them is replaced.
    """
    roots = tuple(roots)
    new: dict[Node, Node] = {}
    starts = tuple(a for root in roots for a in root.args) if below else roots
    for node in in_order(starts, stop=names.__contains__):
        new[node] = names[node] if node in names else with_args(node, tuple(new[a] for a in node.args))
    return [with_args(r, tuple(new[a] for a in r.args)) if below else new[r] for r in roots]
