"""The roots of kernels: sums of products, maxima, and products of matrices tile by tile."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from chainrule.engines.native.functions import Vector
from chainrule.engines.native.ir import Int
from chainrule.engines.native.kernels import Kernel, is_view
from chainrule.engines.native.values import UNROLLED, Place, Span, Values
from chainrule.expr import Node, summed_dims
from chainrule.render.forms import matrix_product

SUMS = 8
"""Sums that must be under way at once, as each addition has to wait for the one before."""
BLOCK = 1 << 19
"""Bytes of the rows that stay in a cache while all columns pass by."""
TURNED = 96
"""Rows of a from which on b is worth turning, so that it lies along the result."""
HIGHEST = 8
"""Rows of a tile: each is a stream of its own, and processors fetch few of them ahead."""
WRITTEN = 64
"""A loop of at most so many vector operations is written out."""


def write_kernel(values: Values, kernel: Kernel, spans: dict[str, Span]) -> None:
    """Code for a kernel over a part of each of its dims."""
    if kernel.root is None:
        order = values.layout.order(kernel.dims)
        values.places(order, spans, order[-1] if order else None, lambda at: values.finish(kernel, at))
        return
    factors = _factors(values, kernel.root)
    if factors is None:
        _sum(values, kernel, kernel.root, spans)
        return
    tiles = _Tiles(values, kernel, kernel.root, factors, spans)
    if factors.outer:
        tiles.outer()
    elif tiles.worth_turning:
        tiles.turned()
    else:
        tiles.dots()


def _one(values: Values, number: str) -> str:
    """A number as a vector of one."""
    kind = values.code.type(1)
    return values.code.let(f"insertelement {kind} poison, {values.code.number} {number}, i64 0")


def _vector(values: Values, ones: Sequence[str], width: int) -> str:
    """Make a vector that begins with those numbers, each a vector of one; 0 stands behind them."""
    code = values.code
    vector = Vector(code, width).number(0.0)
    for lane, one in enumerate(ones):
        number = code.let(f"extractelement {code.type(1)} {one}, i64 0")
        vector = code.let(f"insertelement {code.type(width)} {vector}, {code.number} {number}, i64 {lane}")
    return vector


def _across(values: Values, value: str, width: int, *, largest: bool = False) -> str:
    """The sum or the maximum of a vector's numbers, as a vector of one."""
    code = values.code
    while width > 1:
        half, kind = width // 2, code.type(width)
        parts = [
            code.let(
                f"shufflevector {kind} {value}, {kind} poison, "
                f"<{half} x i32> <{', '.join(f'i32 {start + lane}' for lane in range(half))}>"
            )
            for start in (0, half)
        ]
        ops = Vector(code, half)
        value, width = ops.maximum(*parts) if largest else ops.add(*parts), half
    return value


def _first(count: int, width: int) -> str:
    """A condition that holds for the first places of a vector."""
    return f"<{', '.join(f'i1 {str(lane < count).lower()}' for lane in range(width))}>"


def _sum(values: Values, kernel: Kernel, root: Node, spans: dict[str, Span]) -> None:
    """A sum or a maximum by loops at each place: along vectors of places where the operand lies along a dim
    that stays, else along vectors of terms, which are then added up across."""
    code, layout = values.code, values.layout
    inside = max((layout.order(arg.dims) for arg in root.args), key=len)
    summed = [*(d for d in inside if d not in root.dims), *(d for d in summed_dims(root) if d not in inside)]
    last = inside[-1]
    across = last in summed
    if across:  # innermost
        summed.append(summed.pop(summed.index(last)))
    largest = root.op == "reduce"

    def at_place(place: Place) -> None:
        width = layout.width(last) if across else place.width
        ops = Vector(code, width)

        def term(at: dict[str, Int], value: str) -> str:
            there = Place(at, last if across else place.vector, width)
            found = values.value(root.args[0], there)
            for other in root.args[1:]:
                found = ops.mul(found, values.value(other, there))
            return ops.maximum(value, found) if largest else ops.add(value, found)

        def over(number: int, at: dict[str, Int], value: str) -> str:
            if number == len(summed):
                return term(at, value)
            dim = summed[number]
            step = width if across and dim == last else 1
            whole, left = divmod(layout.sizes[dim], step)

            def turn(i: Int, value: str) -> list[str]:
                return [over(number + 1, {**at, dim: code.mul(i, step)}, value)]

            (value,) = code.loop(whole, turn, [(ops.kind, value)], unrolled=whole <= UNROLLED)
            if left:
                more = over(number + 1, {**at, dim: whole * step}, value)
                value = ops.choose(_first(left, width), more, value)
            return value

        total = over(0, place.at, ops.number(-math.inf if largest else 0.0))
        place.known[root] = _across(values, total, width, largest=largest) if across else total
        values.finish(kernel, place)

    order = layout.order(kernel.dims)
    # of samples one by one: parts share them out, and no vector
    values.places(order, spans, last if order[-1:] == (last,) and last != "n" else None, at_place)


# products of matrices


class _Factors(NamedTuple):
    """sum over s of a[i, s] b[s, j], where the result lies along j. outer: b lies along j too; else both lie
    along s."""

    a: Node
    b: Node
    i: str
    j: str
    s: str
    outer: bool


def _factors(values: Values, root: Node) -> _Factors | None:
    """The two matrices of a product; None where it is none, or none that tiles are made for."""
    if matrix_product(root) is None or len(root.dims) != 2 or any(len(a.dims) != 2 for a in root.args):
        return None
    i, j = values.layout.order(root.dims)
    a, b = root.args if j in root.args[1].dims else reversed(root.args)
    (s,) = set(a.dims) & set(b.dims)
    last_a, last_b = (_last(values, node) for node in (a, b))
    if last_b == j:
        return _Factors(a, b, i, j, s, outer=True)
    return _Factors(a, b, i, j, s, outer=False) if last_a == last_b == s else None


def _last(values: Values, node: Node) -> str | None:
    """The dim along which an operand lies, by its own name; None where it is no array."""
    called = {d: d for d in node.dims}
    while is_view(node):
        (inner,) = node.args
        if len(inner.dims) != len(node.dims):
            return None
        if node.op == "rename":
            called = {own: called[name] for own, name in zip(inner.dims, node.dims, strict=True)}
        node = inner
    is_array = node in values.plan.home or (node.op == "leaf" and node.data in values.layout.arrays)
    return called[values.layout.order(node.dims)[-1]] if is_array else None


class _Tiles:
    """A product of two matrices, tile by tile of its result."""

    def __init__(
        self, values: Values, kernel: Kernel, root: Node, factors: _Factors, spans: dict[str, Span]
    ) -> None:
        self.values, self.code, self.kernel, self.root, self.spans = values, values.code, kernel, root, spans
        self.a, self.b, self.i, self.j, self.s, _ = factors

    @property
    def worth_turning(self) -> bool:
        """Tell whether b is large both ways and this part has all rows of a, so no other turns it too."""
        layout = self.values.layout
        narrow = min(layout.width(self.j), layout.width(self.s)) < layout.lanes
        return not narrow and self.spans[self.i].length == layout.sizes[self.i] >= TURNED

    def turned(self) -> None:
        """First turn this part's share of b, block by block of as many rows as a vector has numbers."""
        code, values, layout = self.code, self.values, self.values.layout
        width = layout.lanes
        dims = (self.s, self.j)
        name = f"turned {len(layout.arrays)}"
        layout.lay(name, dims, dims)
        size, span = layout.sizes[self.s], self.spans[self.j]

        def block(j: Int, s: Int, columns: int) -> None:
            rows = [code.least(code.add(j, r), layout.sizes[self.j] - 1) for r in range(width)]
            vectors = [values.value(self.b, Place({self.j: row, self.s: s}, self.s, width)) for row in rows]
            for c, vector in enumerate(code.turned(vectors)[:columns]):
                values.store(name, vector, Place({self.s: code.add(s, c), self.j: j}, self.j, width))

        def over(q: Int) -> list[str]:
            j = code.add(span.start, code.mul(q, width))

            def along(r: Int) -> list[str]:
                block(j, code.mul(r, width), width)
                return []

            code.loop(size // width, along)
            if size % width:
                block(j, size - size % width, size % width)
            return []

        code.loop(math.ceil(span.length / width), over)
        self.outer(name)

    def outer(self, turned: str | None = None) -> None:
        """Vectors along j: at every step of the sum, numbers of a times vectors of b. turned: the array that
        b has been turned into."""
        code, values = self.code, self.values
        width = values.layout.width(self.j)
        ops = Vector(code, width)
        length = values.layout.sizes[self.s]

        def tile(high: int, wide: int, i0: Int, j0: Int) -> None:
            columns = [code.add(j0, w * width) for w in range(wide)]
            each = high * wide
            parts = max(1, min(4, SUMS // each)) if length >= 2 * SUMS else 1

            def step(k: Int, sums: Sequence[str]) -> list[str]:
                places = [Place({self.s: k, self.j: j}, self.j, width) for j in columns]
                if turned:
                    rows = [values.load(turned, (self.s, self.j), place) for place in places]
                else:
                    rows = [values.value(self.b, place) for place in places]
                factors = [
                    values.value(self.a, Place({self.i: code.add(i0, h), self.s: k}, None, width))
                    for h in range(high)
                ]
                products = [ops.mul(factor, row) for factor in factors for row in rows]
                return [ops.add(total, product) for total, product in zip(sums, products, strict=True)]

            steps = max(parts, 2 if each <= 2 * SUMS else 1)  # in one turn; of more, some would not fit

            def turn(k: Int, *sums: str) -> list[str]:
                found = list(sums)
                for number in range(steps):
                    group = slice(number % parts * each, (number % parts + 1) * each)
                    found[group] = step(code.add(code.mul(k, steps), number), found[group])
                return found

            turns, left = divmod(length, steps)
            zero = [(ops.kind, ops.number(0.0))] * (each * parts)
            sums = code.loop(turns, turn, zero, unrolled=turns * steps * each <= WRITTEN)
            for k in range(length - left, length):
                sums[:each] = step(k, sums[:each])
            for part in range(1, parts):
                more = sums[part * each : (part + 1) * each]
                sums[:each] = [ops.add(total, term) for total, term in zip(sums[:each], more, strict=True)]
            for number, total in enumerate(sums[:each]):
                h, w = divmod(number, wide)
                place = Place({self.i: code.add(i0, h), self.j: columns[w]}, self.j, width)
                place.known[self.root] = total
                values.finish(self.kernel, place)

        vectors = math.ceil(self.spans[self.j].length / width)
        lines, columns = _outer_tiles(self.spans[self.i].length, vectors, values.layout.machine.registers)
        self._over(lines, columns, width, tile)

    def dots(self) -> None:
        """Vectors along s: rows of a times rows of b, added up across each vector at the end. The results
        come one by one: a row that a tile holds whole is made a vector at once, longer ones are put down
        first and the statements are computed afterwards."""
        code, values, layout = self.code, self.values, self.values.layout
        width = layout.width(self.s)
        ops = Vector(code, width)
        whole, left = divmod(layout.sizes[self.s], width)
        most = 4 if layout.machine.registers >= 32 else 3  # their sums, one row of them and a number fit
        at_once = self.spans[self.j].length == layout.sizes[self.j] <= min(most, layout.width(self.j))
        into = next((name for name, node in self.kernel.stores.items() if node is self.root), None)
        into = into or f"product {len(layout.arrays)}"
        if not at_once:
            layout.lay(into, self.root.dims)

        def tile(high: int, wide: int, i0: Int, j0: Int) -> None:
            rows = [{self.i: code.add(i0, h)} for h in range(high)]
            columns = [{self.j: code.add(j0, w)} for w in range(wide)]

            def step(k: Int, *sums: str) -> list[str]:
                at = code.mul(k, width)
                left = [values.value(self.a, Place({**row, self.s: at}, self.s, width)) for row in rows]
                right = [values.value(self.b, Place({**col, self.s: at}, self.s, width)) for col in columns]
                products = [ops.mul(a, b) for a in left for b in right]
                return [ops.add(total, product) for total, product in zip(sums, products, strict=True)]

            zero = [(ops.kind, ops.number(0.0))] * (high * wide)
            sums = code.loop(whole, step, zero, unrolled=whole <= UNROLLED)
            if left:
                more = step(whole, *sums)
                sums = [
                    ops.choose(_first(left, width), new, old) for new, old in zip(more, sums, strict=True)
                ]
            found = [_across(values, total, width) for total in sums]
            for h, row in enumerate(rows):
                if at_once:
                    place = Place({**row, **columns[0]}, self.j, layout.width(self.j))
                    place.known[self.root] = _vector(values, found[h * wide : (h + 1) * wide], place.width)
                    values.finish(self.kernel, place)
                    continue
                for w, column in enumerate(columns):
                    values.store(into, found[h * wide + w], Place({**row, **column}))

        self._over(_cut(self.spans[self.i].length, 4), _cut(self.spans[self.j].length, most), 1, tile)
        if at_once:
            return

        def rest(place: Place) -> None:
            place.known[self.root] = values.load(into, self.root.dims, place)
            values.finish(self.kernel, place)

        if self.kernel.statements or len(self.kernel.stores) > 1:
            values.places((self.i, self.j), self.spans, self.j, rest)

    def _over(
        self,
        lines: Sequence[int],
        columns: Sequence[int],
        width: int,
        tile: Callable[[int, int, Int, Int], None],
    ) -> None:
        """Write tile(high, wide, i, j) for each pair of a piece of the rows and a piece of the columns. The
        rows that fit into a cache go through all columns before the next ones do."""
        code = self.code
        each = self.values.layout.sizes[self.s] * self.values.layout.bytes

        def over(high: int, count: Int, i0: Int, wide: int, n_wide: int, j0: Int) -> None:
            def column(q: Int) -> list[str]:
                j = code.add(j0, code.mul(q, wide * width))

                def line(r: Int) -> list[str]:
                    tile(high, wide, code.add(i0, code.mul(r, high)), j)
                    return []

                code.loop(count, line)
                return []

            code.loop(n_wide, column)

        start_i, start_j = self.spans[self.i].start, self.spans[self.j].start
        if self.spans[self.i].length * each <= BLOCK:
            for wide, n_wide, column in _runs(columns):
                for high, n_high, line in _runs(lines):
                    j0, i0 = code.add(start_j, column * width), code.add(start_i, line)
                    over(high, n_high, i0, wide, n_wide, j0)
            return
        for high, n_high, line in _runs(lines):
            most = max(1, BLOCK // (high * each))
            blocks = math.ceil(n_high / most)
            most = math.ceil(n_high / blocks)

            def block(q: Int) -> list[str]:
                done = code.mul(q, most)  # noqa: B023 (the loop is written at once)
                count = code.least(most, code.less(n_high, done))  # noqa: B023
                i0 = code.add(code.add(start_i, line), code.mul(done, high))  # noqa: B023
                for wide, n_wide, column in _runs(columns):
                    over(high, count, i0, wide, n_wide, code.add(start_j, column * width))  # noqa: B023
                return []

            code.loop(blocks, block)


def _outer_tiles(rows: int, vectors: int, registers: int) -> tuple[list[int], list[int]]:
    """How rows and vectors are cut into tiles: the cheapest way in which the sums and a row of b fit into the
    registers, with some to spare, as what is put on the stack in between costs a great deal. A tile costs its
    multiplications, and to load its rows and numbers."""
    room = registers - (5 if registers >= 32 else 2)
    best: tuple[float, list[int], list[int]] | None = None
    for wide in range(1, min(vectors, 6) + 1):
        for high in range(1, min(rows, HIGHEST, max(1, room // wide - 1)) + 1):
            lines, columns = _cut(rows, high), _cut(vectors, wide)
            cost = sum(max(h * w, SUMS) + 0.35 * w + 0.1 * h for w in columns for h in lines)
            if best is None or cost < best[0]:
                best = cost, lines, columns
    assert best is not None
    return best[1], best[2]


def _cut(length: int, most: int) -> list[int]:
    """`length` in pieces of at most `most`, as even as can be, the longer ones first."""
    count = math.ceil(length / most)
    low, more = divmod(length, count)
    return [low + 1] * more + [low] * (count - more)


def _runs(pieces: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Equal pieces: their size, how many there are, and where the first starts."""
    start = 0
    for size in dict.fromkeys(pieces):
        count = pieces.count(size)
        yield size, count, start
        start += size * count
