"""LLVM's language, written line by line: values, blocks and loops."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Int = int | str
"""A place or a count: a number that is known, or the name of a value of type i64."""


class Code:
    """The body of one function. `number` is its floating-point type, float or double."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.lines: list[str] = []
        self.intrinsics: set[str] = set()
        self._count = 0
        self.block = "entry"

    def name(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def let(self, text: str) -> str:
        """The value of an instruction."""
        name = self.name()
        self.line(f"{name} = {text}")
        return name

    def start(self, block: str) -> None:
        self.lines.append(f"{block}:")
        self.block = block

    def label(self) -> str:
        return f"b{self.name()[2:]}"

    # places

    def add(self, a: Int, b: Int) -> Int:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if a == 0 or b == 0:
            return b if a == 0 else a
        return self.let(f"add nuw nsw i64 {a}, {b}")

    def mul(self, a: Int, b: Int) -> Int:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if a == 0 or b == 0:
            return 0
        if a == 1 or b == 1:
            return b if a == 1 else a
        return self.let(f"mul nuw nsw i64 {a}, {b}")

    def divided(self, a: Int, b: int) -> tuple[Int, Int]:
        """Divide by a power of two: the quotient, and what is left over."""
        if isinstance(a, int):
            return divmod(a, b)
        return self.let(f"lshr i64 {a}, {b.bit_length() - 1}"), self.let(f"and i64 {a}, {b - 1}")

    def pointer(self, base: str, offset: Int) -> str:
        """base + offset in bytes."""
        return base if offset == 0 else self.let(f"getelementptr inbounds i8, ptr {base}, i64 {offset}")

    # numbers and vectors of them

    def type(self, width: int) -> str:
        return f"<{width} x {self.number}>"

    def constant(self, value: float) -> str:
        """A number in every place of a vector."""
        return f"splat ({self.number} {literal(value, self.number)})"

    def splat(self, scalar: str, width: int) -> str:
        """A vector of equal numbers."""
        kind = self.type(width)
        one = self.let(f"insertelement {kind} poison, {self.number} {scalar}, i64 0")
        return self.let(f"shufflevector {kind} {one}, {kind} poison, <{width} x i32> zeroinitializer")

    def less(self, a: int, b: Int) -> Int:
        """Subtract b from a, which is at least as large."""
        return a - b if isinstance(b, int) else self.let(f"sub nuw nsw i64 {a}, {b}")

    def turned(self, rows: Sequence[str]) -> list[str]:
        """Turn as many vectors as each has numbers: the result begins with the first number of each."""
        width, found = len(rows), list(rows)
        step, kind = width // 2, self.type(width)
        while step:
            for r in (r for r in range(width) if not r & step):
                a, b = found[r], found[r + step]
                picks = (
                    [lane if not lane & step else width + lane - step for lane in range(width)],
                    [lane + step if not lane & step else width + lane for lane in range(width)],
                )
                found[r], found[r + step] = (
                    self.let(
                        f"shufflevector {kind} {a}, {kind} {b}, "
                        f"<{width} x i32> <{', '.join(f'i32 {lane}' for lane in pick)}>"
                    )
                    for pick in picks
                )
            step //= 2
        return found

    def least(self, a: Int, b: Int) -> Int:
        """The smaller one."""
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        self.intrinsics.add("declare i64 @llvm.umin.i64(i64, i64)")
        return self.let(f"call i64 @llvm.umin.i64(i64 {a}, i64 {b})")

    def call(self, name: str, kind: str, *operands: str) -> str:
        """An intrinsic whose operands and result are of one type."""
        width, number = kind[1:-1].split(" x ") if kind[0] == "<" else ("", kind)
        suffix = (f"v{width}" if width else "") + {"float": "f32", "double": "f64"}[number]
        full = f"@llvm.{name}.{suffix}"
        self.intrinsics.add(f"declare {kind} {full}({', '.join([kind] * len(operands))})")
        return self.let(f"call {kind} {full}({', '.join(f'{kind} {o}' for o in operands)})")

    # control

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        yes, after = self.label(), self.label()
        self.line(f"br i1 {condition}, label %{yes}, label %{after}")
        self.start(yes)
        yield
        self.line(f"br label %{after}")
        self.start(after)

    def loop(
        self,
        count: Int,
        body: Callable[..., Sequence[str]],
        carried: Sequence[tuple[str, str]] = (),
        *,
        unrolled: bool = False,
    ) -> list[str]:
        """body(i, *values) for i = 0, 1, ... below `count`; returns the values after the last one.

        carried: types and first values of what goes from one turn to the next. unrolled: write each turn out.
        """
        if isinstance(count, int) and (count <= 1 or unrolled):
            values = [value for _, value in carried]
            for turn in range(count):
                values = list(body(turn, *values))
            return values
        head, after = self.label(), self.label()
        before = self.block
        i, following = self.name(), self.name()
        names = [self.name() for _ in carried]
        if not isinstance(count, int):
            some = self.let(f"icmp sgt i64 {count}, 0")
            self.line(f"br i1 {some}, label %{head}, label %{after}")
        else:
            self.line(f"br label %{head}")
        self.start(head)
        at = len(self.lines)
        results = list(body(i, *names))
        self.line(f"{following} = add nuw nsw i64 {i}, 1")
        done = self.let(f"icmp eq i64 {following}, {count}")
        self.line(f"br i1 {done}, label %{after}, label %{head}")
        last = self.block
        phis = [f"  {i} = phi i64 [ 0, %{before} ], [ {following}, %{last} ]"]
        for name, (kind, first), result in zip(names, carried, results, strict=True):
            phis.append(f"  {name} = phi {kind} [ {first}, %{before} ], [ {result}, %{last} ]")
        self.lines[at:at] = phis
        self.start(after)
        if isinstance(count, int):
            return results
        merged = []
        for (kind, first), result in zip(carried, results, strict=True):
            merged.append(self.let(f"phi {kind} [ {first}, %{before} ], [ {result}, %{last} ]"))
        return merged


def literal(value: float, number: str) -> str:
    """A number as LLVM writes it: the bits of a double, rounded first to the type."""
    if number == "float" and math.isfinite(value):
        beyond = abs(value) >= 3.4028235677973366e38  # halfway between the largest one and the next
        value = math.copysign(math.inf, value) if beyond else struct.unpack("<f", struct.pack("<f", value))[0]
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
