"""How the arrays of a program lie in memory: in one arena, each in the order of dims that suits its use."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chainrule.engines.native.kernels import Plan
from chainrule.expr import Dims
from chainrule.program import Program
from chainrule.render.forms import Product, matrix_product

LINE = 64
"""Bytes of a cache line: arrays start on one, so that threads which write into two never share one."""
ACROSS = 5.0
"""What it costs to add up a vector's own numbers, in vector operations."""
SHIFT, FACTOR = "x shift", "x factor"
"""Names of the arrays by which grey levels are scaled."""


@dataclass(frozen=True)
class Machine:
    """A processor's vector registers. lanes: float32 numbers in one. registers: how many there are."""

    lanes: int
    registers: int


@dataclass(frozen=True)
class Array:
    """order: the dims as they lie, the last one side by side and filled up to whole vectors. strides: in
    numbers. offset: bytes from the arena's start."""

    order: Dims
    strides: dict[str, int]
    offset: int


class Layout:
    """The arrays of a program for batches of n samples.

    dims: of each array, as the program has them. size: of the arena, in bytes; its first line counts how
    often threads have met.
    """

    def __init__(self, program: Program, plan: Plan, n: int, dtype: str, machine: Machine) -> None:
        self.machine = machine
        self.number, self.bytes = {"float32": ("float", 4), "float64": ("double", 8)}[dtype]
        self.lanes = machine.lanes * 4 // self.bytes
        self.sizes = {**program.sizes, "n": n}
        self.size = LINE
        self.dims: dict[str, Dims] = {}
        self.arrays: dict[str, Array] = {}
        self._orders = self._weights(program, plan)
        m = program.meaning
        given = {"x": m.x.dims, "y": m.y.dims, SHIFT: ("d",), FACTOR: ("d",)}
        if m.w is not None:
            given["w"] = m.w.dims
        for name, dims in {**program.held, **program.states, **given, **plan.arrays}.items():
            self.lay(name, dims)

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

    @property
    def side_by_side(self) -> bool:
        """Whether in a matrix samples lie side by side."""
        return any(len(array.order) > 1 and array.order[-1] == "n" for array in self.arrays.values())

    def count(self, name: str) -> int:
        """The numbers in an array."""
        return math.prod(self.sizes[d] for d in self.dims[name])

    def lay(self, name: str, dims: Dims) -> None:
        """Give an array its place; once for each name."""
        if name in self.arrays:
            return
        order, strides, stride = self.order(dims), {}, 1
        for dim in reversed(order):
            strides[dim] = stride
            stride *= self.sizes[dim] if dim != order[-1] else self.vectors(dim) * self.width(dim)
        self.dims[name] = dims
        self.arrays[name] = Array(order, strides, self.size)
        self.size += math.ceil(stride * self.bytes / LINE) * LINE

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
