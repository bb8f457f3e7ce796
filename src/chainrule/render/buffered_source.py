"""A program as NumPy source that reuses its buffers: what the NumPy engine runs.

Every operation writes into an array that was made beforehand; an array whose value is no longer needed is
used again. Equal subexpressions of all lines are computed once, and what nothing needs is not computed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace as replace_field
from typing import NamedTuple

from chainrule.expr import (
    Dims,
    Node,
    contract,
    in_order,
    leaf,
    mul,
    replace,
    transform,
)
from chainrule.primitives import ATOM, PRIMITIVES
from chainrule.program import UPDATE, Line, Program
from chainrule.render.computable import computable
from chainrule.render.forms import matrix_product
from chainrule.render.numpy_source import aligned, source

_FUNCTIONS = {"select", *(name for name, row in PRIMITIVES.items() if row.ufunc)}
"""What NumPy computes into a given array."""


class _Buffer(NamedTuple):
    text: str
    dims: Dims
    boolean: bool


def buffered_source(
    program: Program, lines: Sequence[Line], returns: Sequence[str], arguments: Sequence[str]
) -> str:
    """Source of `make(np, special, dtype, n, arrays)`, which returns a function of `arguments` for batches
    of n samples. It computes the lines and returns the values of the names in `returns`.

    arrays: parameters and states by name, each weight's column by column (order F): the products of a batch
    are up to twice as fast that way. Updates write into them. What is returned is overwritten by the
    next call.
    """
    writer = _Writer(_rate_first(lines, returns, program.sizes), returns)
    given = [*program.held, *program.states]
    result = "".join(f"{writer.compute(writer.names[name])}, " for name in returns)
    return "\n".join(
        [
            "def make(np, special, dtype, n, arrays):",
            *(f"    {dim} = {size}" for dim, size in program.sizes.items()),
            *(f"    {name} = {value!r}" for name, value in program.constants.items()),
            *(f"    {name} = arrays[{name!r}]" for name in given),
            *(f"    {allocation}" for allocation in writer.allocations),
            f"    def run({', '.join(arguments)}):",
            *(f"        {statement}" for statement in writer.body),
            f"        return ({result})",
            "    return run",
            "",
        ]
    )


def _rate_first(lines: Sequence[Line], returns: Sequence[str], sizes: Mapping[str, int]) -> list[Line]:
    """The lines with lr (delta^T x) of an update as (lr delta)^T x where nothing else needs the product: a
    weight's array is far larger than delta's, and so goes through memory once less."""
    uses = Counter(node for line in lines for node in in_order([line.expr]) if node.op == "leaf")
    products = {
        name: line.expr
        for line in lines
        if line.expr.op == "contract"
        and len(line.expr.args) == 2
        and line.name not in returns
        and uses[name := leaf(line.name, line.dims)] == 1
    }

    def rate_first(node: Node) -> Node | None:
        if node.data != "mul" or node.args[0].dims or node.args[1] not in products:
            return None
        product = products[node.args[1]]
        small, large = sorted(product.args, key=lambda a: math.prod(sizes.get(d, 1) for d in a.dims))
        return contract(product.dims, mul(node.args[0], small), large)

    return [
        replace_field(line, expr=transform([line.expr], rate_first)[0]) if line.role in UPDATE else line
        for line in lines
    ]


def _numbers(exprs: Sequence[Node], lines: Container[Node]) -> set[Node]:
    """What is computed from given numbers alone, and so is written out where it is used. lines: names of what
    is computed by itself."""
    numbers: set[Node] = set()
    for node in in_order(exprs):
        scalar = not node.dims and node.op not in ("contract", "reduce") and node not in lines
        if scalar and numbers.issuperset(node.args):
            numbers.add(node)
    return numbers


class _Writer:
    """Writes statements while it keeps track of which array holds what, and until when.

    names: the lines' names as nodes. value: source of what is computed. left: how many uses of a node are
    still to come. buffer: the array that a node's value is in. free: arrays that hold nothing of use.
    """

    def __init__(self, lines: Sequence[Line], returns: Sequence[str]) -> None:
        exprs = computable([line.expr for line in lines], _FUNCTIONS)
        self.names = {line.name: leaf(line.name, line.dims) for line in lines if line.role not in UPDATE}
        self.meant = {
            self.names[line.name]: expr
            for line, expr in zip(lines, exprs, strict=True)
            if line.role not in UPDATE
        }
        self.body: list[str] = []
        self.allocations: list[str] = []
        self.value: dict[Node, str] = {}
        self.buffer: dict[Node, _Buffer] = {}
        self.free: dict[tuple[Dims, bool], list[_Buffer]] = {}
        results = [self.names[name] for name in returns]
        self.lines = set(map(self.home, self.names.values()))
        results += [expr for line, expr in zip(lines, exprs, strict=True) if line.role in UPDATE]
        needed = self._needed(results)
        self.left = Counter(self.home(arg) for node in needed for arg in node.args)
        self.numbers = _numbers(exprs, self.meant)
        self.leaves = {str(node.data): node for node in needed if node.op == "leaf"}
        self.users: dict[Node, list[Node]] = {}
        for node in needed:
            for arg in node.args:
                self.users.setdefault(self.home(arg), []).append(node)
        self.left.update(self.home(node) for node in results)
        for line, expr in zip(lines, exprs, strict=True):
            if line.role in UPDATE:
                self.body.append(f"# {line.name}")
                self.update(line.name, expr)
            elif self.home(expr) in needed:
                self.body.append(f"# {line.name}")
                self.compute(expr)

    def home(self, node: Node) -> Node:
        """The node whose value this one has: a name's is its expression's, and renaming changes no number."""
        while node in self.meant or node.op == "rename":
            node = self.meant[node] if node in self.meant else node.args[0]
        return node

    def _needed(self, results: Sequence[Node]) -> set[Node]:
        needed: set[Node] = set()
        ask = list(results)
        while ask:
            node = self.home(ask.pop())
            if node not in needed:
                needed.add(node)
                ask += node.args
        return needed

    def update(self, name: str, expr: Node) -> None:
        """Put the value of `expr` into the array `name`, which it is a new value of."""
        node = self.home(expr)
        if node in self.value or node.op != "elementwise" or node.data == "select":
            self.body.append(f"np.copyto({name}, {self.compute(node)})")
        else:
            operands = [self.compute(arg) for arg in node.args]
            self.elementwise(node, operands, name)
            self.use(node)
        self.forget(name)

    def forget(self, name: str) -> None:
        """Drop what was computed from the old value of `name`, up to the lines, which keep theirs."""
        above = [self.leaves[name]] if name in self.leaves else []
        while above:
            for user in self.users.get(above.pop(), ()):
                if user not in self.lines:
                    self.value.pop(user, None)
                    above.append(user)

    def compute(self, node: Node) -> str:
        """Source of the node's value, with the statements that compute it if it is not there yet."""
        node = self.home(node)
        for part in map(self.home, in_order([node], stop=self.value.__contains__)):  # a sum may be very deep
            if part not in self.value:
                self.value[part] = self.fresh(part)
        return self.value[node]

    def fresh(self, node: Node) -> str:
        if node.op == "leaf" or node in self.numbers:
            return source(node)
        if node.op in ("index", "identity"):
            self.allocations.append(f"c{len(self.allocations)} = {source(node)}.astype(dtype)")
            return self.allocations[-1].partition(" = ")[0]
        operands = [self.compute(arg) for arg in node.args]
        if not node.dims:
            text = self.scalar(node, operands)
            self.use(node)
            return text
        boolean = node.data in ("greater", "equal")
        if node.op == "elementwise" and node.data != "select":  # may overwrite an operand as it goes
            out = self.use(node, (node.dims, boolean)) or self.take(node.dims, boolean)
            self.elementwise(node, operands, out.text)
        else:
            out = self.take(node.dims, boolean)
            self.write(node, operands, out.text)
            self.use(node)
        self.buffer[node] = out
        return out.text

    def use(self, node: Node, wanted: tuple[Dims, bool] | None = None) -> _Buffer | None:
        """Count the operands of a node as used; of the arrays that become free, one that is `wanted` is
        handed over."""
        taken = None
        for arg in map(self.home, node.args):
            self.left[arg] -= 1
            if self.left[arg] == 0 and arg in self.buffer:
                buffer = self.buffer.pop(arg)
                del self.value[arg]
                if (buffer.dims, buffer.boolean) == wanted and taken is None:
                    taken = buffer
                else:
                    self.give_back(buffer)
        return taken

    def take(self, dims: Dims, boolean: bool = False) -> _Buffer:
        if free := self.free.get((dims, boolean)):
            return free.pop()
        name = f"t{len(self.allocations)}"
        shape = f"({', '.join(dims)},)"
        order = "" if "n" in dims else ", order='F'"  # as weights lie
        self.allocations.append(f"{name} = np.empty({shape}, {'bool' if boolean else 'dtype'}{order})")
        return _Buffer(name, dims, boolean)

    def give_back(self, buffer: _Buffer) -> None:
        self.free.setdefault((buffer.dims, buffer.boolean), []).append(buffer)

    def scalar(self, node: Node, operands: Sequence[str]) -> str:
        name = f"s{len(self.body)}"
        if node.op in ("contract", "reduce"):
            self.body.append(f"{name} = {source(_over(node, operands))}")
        else:
            row = PRIMITIVES[str(node.data)]
            self.body.append(f"{name} = {row.numpy.format(*(f'({text})' for text in operands))}")
        return name

    def write(self, node: Node, operands: Sequence[str], out: str) -> None:
        if node.data == "select":
            condition, yes, no = self.placed(node, operands)
            self.body += [f"np.copyto({out}, {no})", f"np.copyto({out}, {yes}, where={condition})"]
        elif node.op == "reduce":
            (axis,) = (i for i, d in enumerate(node.args[0].dims) if d not in node.dims)
            self.body.append(f"np.maximum.reduce({operands[0]}, axis={axis}, out={out})")
        elif product := matrix_product(node):
            text = dict(zip(node.args, operands, strict=True))
            left = text[product.left] + ".T" * product.left_transposed
            right = text[product.right] + ".T" * product.right_transposed
            self.body.append(f"np.matmul({left}, {right}, out={out})")
        elif len(node.args) == 1 and (axes := _summed(node)) is not None:
            self.body.append(f"np.add.reduce({operands[0]}, axis={axes}, out={out})")
        else:
            self.body.append(f"np.copyto({out}, {source(_over(node, operands))})")

    def elementwise(self, node: Node, operands: Sequence[str], out: str) -> None:
        parts = self.placed(node, operands)
        if node.data == "power" and node.args[1].data == 2.0:
            self.body.append(f"np.square({parts[0]}, out={out})")
            return
        function = PRIMITIVES[str(node.data)].ufunc or ""
        if "{out}" in function:
            self.body.append(function.format(*parts, out=out))
        else:
            self.body.append(f"{function}({', '.join(parts)}, out={out})")

    def placed(self, node: Node, operands: Sequence[str]) -> list[str]:
        return [
            aligned((text, ATOM), arg.dims, node.dims)[0]
            for text, arg in zip(operands, node.args, strict=True)
        ]


def _summed(node: Node) -> tuple[int, ...] | None:
    """The axes of a sum of one operand whose other axes stay as they are; None where it is more than that."""
    (x,) = node.args
    axes = tuple(i for i, d in enumerate(x.dims) if d not in node.dims)
    return axes if axes and tuple(d for d in x.dims if d in node.dims) == node.dims else None


def _over(node: Node, operands: Sequence[str]) -> Node:
    """The node with its operands' source in the operands' places."""
    names = {arg: leaf(text, arg.dims) for arg, text in zip(node.args, operands, strict=True)}
    return replace([node], names)[0]
