"""What nodes are worth at a place: loaded from arrays, computed, and stored again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chainrule.engines.masks import KEYS, LAST, ROUNDS, threshold
from chainrule.engines.native.functions import FUNCTIONS, Vector
from chainrule.engines.native.ir import Code, Int
from chainrule.engines.native.kernels import Kernel, Plan, is_view
from chainrule.engines.native.layout import Layout
from chainrule.expr import Dims, Node, in_order
from chainrule.program import Program

CAN = frozenset({*FUNCTIONS, "select", "power"})
"""The elementwise functions that there are; others go by their definitions."""
UNROLLED = 4
"""Loops of at most so many turns are written out."""


@dataclass(frozen=True)
class Span:
    """A part of a dim: `length` places from `start` on."""

    start: Int
    length: int


@dataclass(frozen=True)
class Place:
    """An index for each dim; along `vector`, if there is one, `width` places at once. known: what has been
    computed there."""

    at: dict[str, Int]
    vector: str | None = None
    width: int = 1
    known: dict[Node, str] = field(default_factory=dict)


class Values:
    """Writes code for values. A condition is worth 1 or 0."""

    def __init__(self, program: Program, plan: Plan, layout: Layout) -> None:
        self.program, self.plan, self.layout = program, plan, layout
        self.code = Code(layout.number)

    def pointer(self, name: str) -> str:
        """Where an array starts."""
        return f'%"array {name}"'

    def address(self, name: str, at: dict[str, Int]) -> str:
        """Where the array has the number of those indices, by its own dims."""
        array, code, size = self.layout.arrays[name], self.code, self.layout.bytes
        offset: Int = 0
        for dim in array.order:
            place = at[dim]
            if array.panel and dim == array.order[-1]:
                panel, place = code.divided(place, self.layout.line)
                offset = code.add(offset, code.mul(panel, array.panel * size))
            offset = code.add(offset, code.mul(place, array.strides[dim] * size))
        return code.pointer(self.pointer(name), offset)

    def load(self, name: str, dims: Dims, place: Place) -> str:
        """An array's numbers at a place, which calls its dims `dims`."""
        code, size = self.code, self.layout.bytes
        own = self.layout.dims[name]
        at = {d: place.at[called] for d, called in zip(own, dims, strict=True)}
        if place.vector in dims and self.layout.arrays[name].strides[own[dims.index(place.vector)]] != 1:
            return self._spread(name, at, own[dims.index(place.vector)], place.width)
        address = self.address(name, at)
        if place.vector not in dims:
            return code.splat(code.let(f"load {code.number}, ptr {address}, align {size}"), place.width)
        return code.let(f"load {code.type(place.width)}, ptr {address}, align {size}")

    def _spread(self, name: str, at: dict[str, Int], dim: str, width: int) -> str:
        """A vector along a dim along which the array does not lie; behind the last place, the last one."""
        code, kind, value = self.code, self.code.type(width), "poison"
        for lane in range(width):
            place = code.least(code.add(at[dim], lane), self.layout.sizes[dim] - 1)
            address = self.address(name, {**at, dim: place})
            one = code.let(f"load {code.number}, ptr {address}, align {self.layout.bytes}")
            value = code.let(f"insertelement {kind} {value}, {code.number} {one}, i64 {lane}")
        return value

    def store(self, name: str, value: str, place: Place) -> None:
        """Put numbers into an array that lies along the place's vector, or one number into any."""
        assert place.width == 1 or self.layout.arrays[name].strides[str(place.vector)] == 1
        address = self.address(name, place.at)
        self.code.line(
            f"store {self.code.type(place.width)} {value}, ptr {address}, align {self.layout.bytes}"
        )

    def value(self, node: Node, place: Place) -> str:
        """The node's numbers at a place."""

        def ready(part: Node) -> bool:
            return part in place.known or part in self.plan.home or is_view(part)

        for part in in_order([node], stop=ready):
            if part in place.known:
                continue
            home = self.plan.home.get(part)
            found = self.load(home, part.dims, place) if home else self.computed(part, place)
            place.known[part] = found
        return place.known[node]

    def computed(self, node: Node, place: Place) -> str:
        """The node's numbers from those of its operands."""
        vector = Vector(self.code, place.width)
        if node.op == "leaf":
            return self._leaf(str(node.data), node.dims, place)
        if node.op == "const":
            return vector.number(float(node.data or 0.0))
        if node.op == "size":
            return vector.number(float(self.layout.sizes[str(node.data)]))
        if node.op == "index":
            return self._index(node.dims[0], place)
        if node.op == "identity":
            return vector.truth("oeq", *(self._index(dim, place) for dim in node.dims))
        if is_view(node):
            return self._view(node, place)
        operands = [self.value(arg, place) for arg in node.args]
        if node.data == "select":
            condition, yes, no = operands
            return vector.choose(vector.compare("une", condition, vector.number(0)), yes, no)
        if node.data == "power":
            return vector.power(operands[0], float(node.args[1].data or 0.0))
        return FUNCTIONS[str(node.data)](vector, *operands)

    def _leaf(self, name: str, dims: Dims, place: Place) -> str:
        if name in self.program.constants:
            return Vector(self.code, place.width).number(self.program.constants[name])
        if name in self.plan.given:
            return self.code.splat(f"%{name}", place.width)
        if name in self.program.masks:
            return self._mask(name, dims, place)
        return self.load(name, dims, place)

    def _mask(self, name: str, dims: Dims, place: Place) -> str:
        """A mask's numbers, computed where they are used as `masks.masks_of` does."""
        code, width, (n, unit) = self.code, place.width, dims
        number, keep = list(self.program.masks).index(name), self.program.masks[name].keep
        units = self.layout.sizes[self.program.masks[name].array.dims[1]]
        kind = f"<{width} x i32>"

        def two(op: str, a: str, b: str) -> str:
            return code.let(f"{op} {kind} {a}, {b}")

        def everywhere(value: str) -> str:
            one = code.let(f"insertelement {kind} poison, i32 {value}, i64 0")
            return code.let(f"shufflevector {kind} {one}, {kind} poison, <{width} x i32> zeroinitializer")

        first = code.add(code.mul(place.at[n], units), place.at[unit])
        x = everywhere(code.let(f"trunc i64 {first} to i32"))
        apart = {unit: 1, n: units}.get(str(place.vector), 0)
        x = two("add", x, f"<{', '.join(f'i32 {apart * lane}' for lane in range(width))}>")
        for i, (shift, factor) in enumerate(ROUNDS):
            x = two("add", x, everywhere(f"%key{KEYS * number + i}"))
            x = two("xor", x, two("lshr", x, f"splat (i32 {shift})"))
            x = two("mul", x, f"splat (i32 {factor})")
        x = two("xor", x, two("lshr", x, f"splat (i32 {LAST})"))
        kept = code.let(f"icmp ult {kind} {x}, splat (i32 {threshold(keep)})")
        vector = Vector(code, width)
        return vector.choose(kept, vector.number(1 / keep), vector.number(0))

    def _index(self, dim: str, place: Place) -> str:
        code = self.code
        value = code.splat(code.let(f"sitofp i64 {place.at[dim]} to {code.number}"), place.width)
        if dim != place.vector:
            return value
        steps = ", ".join(f"{code.number} {float(lane)}" for lane in range(place.width))
        return code.let(f"fadd {code.type(place.width)} {value}, <{steps}>")

    def _view(self, node: Node, place: Place) -> str:
        (arg,) = node.args
        called = dict(zip(arg.dims, node.dims if node.op == "rename" else arg.dims, strict=True))
        vector = next((own for own, name in called.items() if name == place.vector), None)
        at = {own: place.at[name] for own, name in called.items()}
        return self.value(arg, Place(at, vector, place.width))

    # at every place

    def finish(self, kernel: Kernel, place: Place) -> None:
        """Compute the kernel's statements and store what is wanted of them."""
        for node in kernel.statements:
            place.known[node] = self.computed(node, place)
        for name, node in kernel.stores.items():
            self.store(name, self.value(node, place), place)

    def places(
        self, order: Sequence[str], spans: dict[str, Span], vector: str | None, body: Callable[[Place], None]
    ) -> None:
        """body at each place, the first dim outermost; along `vector` many at once."""
        width = self.layout.width(vector) if vector else 1

        def inner(number: int, at: dict[str, Int]) -> None:
            if number == len(order):
                body(Place(at, vector, width))
                return
            dim = order[number]
            span, step = spans[dim], width if dim == vector else 1

            def turn(i: Int) -> list[str]:
                inner(number + 1, {**at, dim: self.code.add(span.start, self.code.mul(i, step))})
                return []

            count = math.ceil(span.length / step)
            self.code.loop(count, turn, unrolled=count <= UNROLLED)

        inner(0, {})
