"""How the arrays of a program lie in memory: in one arena, each in the order of dims that suits its use."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chainrule.engines.native.kernels import Plan
from chainrule.expr import Dims
from chainrule.program import Program
from chainrule.render.forms import Product, matrix_product

APART = 128
"""Bytes between words by which threads meet: a pair of cache lines, as processors fetch them in pairs."""
MANY = 256
"""Samples of a batch from which on its arrays lie in panels too."""
ACROSS = 5.0
"""What it costs to add up a vector's own numbers, in vector operations."""
SHIFT, FACTOR = "x shift", "x factor"
"""Names of the arrays by which grey levels are scaled."""


@dataclass(frozen=True)
class Machine:
    """A processor's vector registers and cache. lanes: float32 numbers in a register. registers: how many
    there are. line: bytes of a cache line. fused: whether it has a * b + c in one rounding."""

    lanes: int
    registers: int
    line: int = 64
    fused: bool = False


@dataclass(frozen=True)
class Array:
    """order: the dims as they lie, the last one side by side and filled up to whole vectors. strides: in
    numbers. offset: bytes from the arena's start. panel: numbers from one panel to the next; 0: there are
    none.

    A large weight lies in panels: a cache line of each row, one row under the other, then the next line of
    each row. So a product reads it as a stream, and what a processor fetches ahead belongs to the same part.
    """

    order: Dims
    strides: dict[str, int]
    offset: int
    panel: int = 0


class Layout:
    """The arrays of a program for batches of n samples, in steps that are cut into so many parts.

    dims: of each array, as the program has them. size: of the arena, in bytes; it begins with `words` words,
    APART bytes each, by which threads meet. Arrays start on a cache line; where there are parts, so does each
    row, so that parts which divide either dim by `unit` places have no line in common.
    """

    def __init__(
        self, program: Program, plan: Plan, n: int, dtype: str, machine: Machine, parts: int = 1
    ) -> None:
        self.machine, self.parts = machine, parts
        self.number, self.bytes = {"float32": ("float", 4), "float64": ("double", 8)}[dtype]
        self.lanes = machine.lanes * 4 // self.bytes
        self.sizes = {**program.sizes, "n": n}
        self.words = parts + 2 if parts > 1 else 0
        self.size = self.words * APART
        self.dims: dict[str, Dims] = {}
        self.arrays: dict[str, Array] = {}
        self._orders = self._weights(program, plan)
        m = program.meaning
        given = {"x": m.x.dims, "y": m.y.dims, SHIFT: ("d",), FACTOR: ("d",)}
        if m.w is not None:
            given["w"] = m.w.dims
        for name, dims in {**program.held, **program.states, **given, **plan.arrays}.items():
            self.lay(name, dims)
        along = {array.order[-1] for array in self.arrays.values() if array.order}
        self._along = along | {self.order(k.dims)[-1] for k in plan.kernels if k.dims}

    def unit(self, dim: str) -> int:
        """Count the places of a dim that stay in one part: whole lines where numbers lie side by side along
        it, else one row."""
        return self.line if dim in self._along else 1

    def units(self, dim: str) -> int:
        return math.ceil(self.sizes[dim] / self.unit(dim))

    def width(self, dim: str) -> int:
        """How many places along dim are computed at once."""
        return min(self.lanes, 1 << (self.sizes[dim] - 1).bit_length())

    def vectors(self, dim: str) -> int:
        return math.ceil(self.sizes[dim] / self.width(dim))

    def order(self, dims: Dims) -> Dims:
        """The order in which an array of these dims lies: samples outermost, unless each has one number."""
        samples, others = [d for d in dims if d == "n"], sorted(d for d in dims if d != "n")
        single = all(self.sizes[d] == 1 for d in others)
        own = (*others, *samples) if single else (*samples, *others)
        return self._orders.get(frozenset(dims), own)

    def count(self, name: str) -> int:
        """The numbers in an array."""
        return math.prod(self.sizes[d] for d in self.dims[name])

    def lay(self, name: str, dims: Dims, order: Dims | None = None) -> None:
        """Give an array its place; once for each name. order: how its dims are to lie; None: as suits all."""
        if name in self.arrays:
            return
        order = order or self.order(dims)
        strides, stride, panel = {}, 1, 0
        for dim in reversed(order):
            strides[dim] = stride
            if dim != order[-1]:
                stride *= self.sizes[dim]
                continue
            stride = self.vectors(dim) * self.width(dim)
            if self.parts > 1 and len(order) > 1:
                stride = self._whole(stride)
        large = frozenset(dims) in self._orders or self.sizes["n"] >= MANY
        if large and len(order) == 2 and self.sizes[order[-1]] > self.line:
            # an odd number of lines, so that a row of a panel does not fall into the same few sets of a cache
            # as those of the others
            panel = (self.sizes[order[0]] | 1) * self.line
            strides[order[0]] = self.line
            stride = panel * math.ceil(self.sizes[order[-1]] / self.line)
        self.dims[name] = dims
        self.arrays[name] = Array(order, strides, self.size, panel)
        self.size += self._whole(stride) * self.bytes

    @property
    def line(self) -> int:
        """The numbers in a cache line, or in a vector where that is longer."""
        return max(self.machine.line // self.bytes, self.lanes)

    def _whole(self, count: int) -> int:
        """Round a count of numbers up to whole lines."""
        return math.ceil(count / self.line) * self.line

    def _weights(self, program: Program, plan: Plan) -> dict[frozenset[str], Dims]:
        """For each weight the order of its dims in which its products take least time."""
        products = [product for k in plan.kernels if k.root and (product := matrix_product(k.root))]
        return {
            frozenset(dims): min(
                (dims, dims[::-1]), key=lambda order: sum(self._cost(p, order) for p in products)
            )
            for dims in program.parameters.values()
            if len(dims) == 2
        }

    def _cost(self, product: Product, order: Dims) -> float:
        """Vector operations of a product with a weight that lies in that order; 0 where there is none."""
        left, right = set(product.left.dims), set(product.right.dims)
        if set(order) not in (left, right):
            return 0.0
        (summed,) = left & right
        others = math.prod(self.sizes[d] for d in left | right if d != order[-1])
        across = ACROSS * others if order[-1] == summed else 0.0
        return others * self.vectors(order[-1]) + across
