"""A program as kernels: loops over named dims, in the order in which they run. No target is known here.

A kernel goes over every place of its dims. At each place it computes its root, if it has one (a sum of
products, or a maximum), and then its statements, which are elementwise; what others need of that is put into
arrays. An update is stored in the kernel that computes it, after everything that reads the old value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chainrule.expr import Dims, Node, in_order, leaf, replace, summed_dims
from chainrule.program import UPDATE, Line, Program
from chainrule.render.computable import computable


@dataclass
class Kernel:
    """dims: what it goes over. root: what is computed first at each place; None where nothing is.
    statements: elementwise nodes, operands first. stores: arrays by name, and the node each one holds.
    look: whether it is needed for J alone, and so runs only where J is looked at."""

    dims: Dims
    root: Node | None = None
    statements: list[Node] = field(default_factory=list)
    stores: dict[str, Node] = field(default_factory=dict)
    look: bool = False

    @property
    def nodes(self) -> list[Node]:
        return [*([self.root] if self.root else []), *self.statements]


@dataclass(frozen=True)
class Plan:
    """Kernels in order. arrays: dims by name of what they store between them; home: the array of a node.
    given: by name, numbers that follow from a step's scalars alone, so are computed before it."""

    kernels: tuple[Kernel, ...]
    arrays: dict[str, Dims]
    home: dict[Node, str]
    given: dict[str, Node]
    J: Node


def plan(program: Program, can: Iterable[str]) -> Plan:
    """The kernels of one step, J included.

    can: names of the elementwise functions that the target has; the others are computed by definition.
    """
    return _Planner(program, frozenset(can)).plan


def is_view(node: Node) -> bool:
    """Whether a node is its operand with dims called otherwise, in another order, or repeated."""
    return node.op == "rename" or (node.op == "contract" and len(node.args) == 1 and not summed_dims(node))


def is_inline(node: Node) -> bool:
    """Whether a node is had wherever it is used: what is given, a number, a place, a view."""
    return node.op in ("leaf", "const", "size", "index", "identity") or is_view(node)


def _given(exprs: Sequence[Node], scalars: Sequence[str]) -> tuple[list[Node], dict[str, Node]]:
    """The expressions with a name for each number that follows from the scalars, and what the names mean."""
    leaves = {leaf(name) for name in scalars}
    order = in_order(exprs)
    numbers: set[Node] = set()
    for node in order:
        known = all(arg in numbers or isinstance(arg.data, float) for arg in node.args)
        if node in leaves or (node.op == "elementwise" and known and not numbers.isdisjoint(node.args)):
            numbers.add(node)
    wanted = dict.fromkeys(
        arg for node in order if node not in numbers for arg in node.args if arg in numbers
    )
    names = {node: leaf(f"given{i}") for i, node in enumerate(wanted)}
    return replace(exprs, names), {str(name.data): node for node, name in names.items()}


def _numbers(order: Sequence[Node]) -> set[Node]:
    """Nodes without dims that follow from numbers alone."""
    numbers: set[Node] = set()
    for node in order:
        simple = node.op == "elementwise" and numbers.issuperset(node.args)
        if not node.dims and (simple or is_inline(node)):
            numbers.add(node)
    return numbers


class _Planner:
    def __init__(self, program: Program, can: frozenset[str]) -> None:
        lines = program.lines
        exprs = computable([line.expr for line in lines], can)
        exprs, self.given = _given(exprs, program.scalars)
        named: dict[Node, Node] = {}
        self.values: list[tuple[Line, Node]] = []
        for line, expr in zip(lines, exprs, strict=True):
            (value,) = replace([expr], named)
            named[leaf(line.name, line.dims)] = value
            self.values.append((line, value))
        self.kernels: list[Kernel] = []
        self.at: dict[Node, int] = {}  # the kernel that computes a node
        updates = [(line.name, value) for line, value in self.values if line.role in UPDATE]
        (self.J,) = (value for line, value in self.values if line.role == "loss")
        results = [*(value for _, value in updates), self.J]
        needed = in_order(results)
        self.numbers = _numbers(needed)
        self.alone = self._alone(needed, results)
        step = set(in_order([value for _, value in updates]))
        for line, value in self.values:
            if line.role not in ("loss", "gradient", *UPDATE):
                for node in in_order([value]):
                    if node in step:
                        self._place(node, 0, look=False)
        for node in in_order([self.J]):
            self._place(node, 0, look=node not in step)
        floor = len(self.kernels)  # every old value has been read but in the update itself
        for _, value in updates:
            for node in in_order([value]):
                self._place(node, floor, look=False)
        self.plan = self._stored(updates)

    def _alone(self, needed: Sequence[Node], results: Sequence[Node]) -> set[Node]:
        """Elementwise nodes that one other node alone uses, in its own place: they are computed there."""
        uses = Counter(arg for node in needed for arg in node.args)
        uses.update(results)
        alone: set[Node] = set()
        for node in reversed(needed):
            sums = node.op == "contract" and len(node.args) == 1
            for arg in node.args:
                there = sums or (node.op == "elementwise" and set(arg.dims) == set(node.dims))
                if arg.op == "elementwise" and arg.dims and uses[arg] == 1 and there:
                    alone.add(arg)
        return alone

    def _free(self, node: Node) -> bool:
        return is_inline(node) or node in self.numbers or node in self.alone

    def _sources(self, node: Node) -> list[tuple[Node, bool]]:
        """The nodes with a kernel of their own that a node is made of, and whether at the same place."""
        found: list[tuple[Node, bool]] = []
        ask = [(arg, node.op == "elementwise" and set(arg.dims) == set(node.dims)) for arg in node.args]
        while ask:
            arg, here = ask.pop()
            if not self._free(arg):
                found.append((arg, here))
            elif not arg.dims or arg.op in ("rename", "contract"):
                ask += [(a, False) for a in arg.args]
            else:
                ask += [(a, here and set(a.dims) == set(arg.dims)) for a in arg.args]
        return found

    def _place(self, node: Node, floor: int, *, look: bool) -> None:
        if self._free(node) or node in self.at:
            return
        elementwise = node.op == "elementwise"
        first = floor
        for source, here in self._sources(node):
            first = max(first, self.at[source] + (not here))
        if elementwise:
            for number in range(first, len(self.kernels)):
                kernel = self.kernels[number]
                if set(kernel.dims) == set(node.dims) and kernel.look == look:
                    kernel.statements.append(node)
                    self.at[node] = number
                    return
            self.kernels.append(Kernel(node.dims, None, [node], look=look))
        else:
            self.kernels.append(Kernel(node.dims, node, look=look))
        self.at[node] = len(self.kernels) - 1

    def _stored(self, updates: Sequence[tuple[str, Node]]) -> Plan:
        arrays: dict[str, Dims] = {}
        home: dict[Node, str] = {}
        wanted: set[Node] = {self.J}
        for number, kernel in enumerate(self.kernels):
            for node in kernel.nodes:
                wanted.update(s for s, here in self._sources(node) if self.at[s] != number or not here)
        for node, number in self.at.items():
            if node in wanted:
                name = f"t{len(arrays)}"
                arrays[name] = node.dims
                home[node] = name
                self.kernels[number].stores[name] = node
        for name, value in updates:
            place = self.at[value]
            asked = [
                arg for kernel in self.kernels[place + 1 :] for node in kernel.nodes for arg in node.args
            ]
            later = in_order(asked, stop=self.at.__contains__)
            assert leaf(name, value.dims) not in later, f"{name} is read after its update"
            self.kernels[place].stores[name] = value
        return Plan(tuple(self.kernels), arrays, home, self.given, self.J)
