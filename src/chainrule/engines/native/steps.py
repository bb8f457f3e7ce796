"""The whole function: many steps of a training, by every thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from chainrule.engines.masks import KEYS
from chainrule.engines.native.functions import Vector
from chainrule.engines.native.ir import Int
from chainrule.engines.native.kernels import Kernel, plan
from chainrule.engines.native.layout import FACTOR, SHIFT, Layout, Machine
from chainrule.engines.native.sums import write_kernel
from chainrule.engines.native.threads import GATHERING, Share, Sharing
from chainrule.engines.native.values import CAN, Place, Span, Values
from chainrule.program import Program

ARGUMENTS = (
    "ptr noalias %arena, ptr noalias readonly %x, ptr noalias readonly %y, ptr noalias readonly %labels, "
    "ptr noalias readonly %weights, ptr noalias readonly %order, ptr noalias readonly %given, "
    "ptr noalias readonly %keys, "
    "ptr noalias %looks, ptr %rest, "
    "i64 %first, i64 %count, i64 %every, i64 %thread"
)


class Source:
    """LLVM source of `steps`, which runs `count` steps from number `first` of an epoch on, and the layout of
    the arena that it works in.

    Its arguments: arena: all arrays. x: samples, a row each; uint8 where `grey`. y: rows of targets; labels:
    which row belongs to which sample, where `labels`. weights: of the samples, where the program has them.
    order: the samples' numbers in the epoch's order. given: `plan.given` of each step. keys: of each step's
    masks. looks: J of each step whose number is a multiple of `every`. rest: called by a thread that waits
    long for another. thread: which one this is, below `threads`; all of them run the function at the same
    time.

    Threads share a kernel along one dim. Where one reads what another has written they meet first
    (`sharing`).
    """

    def __init__(
        self,
        program: Program,
        n: int,
        dtype: str,
        machine: Machine,
        threads: int = 1,
        *,
        grey: bool = False,
        labels: bool = False,
    ) -> None:
        self.program, self.threads, self.grey, self.labels = program, threads, grey, labels
        self.plan = plan(program, CAN)
        self.layout = Layout(program, self.plan, n, dtype, machine)
        self.sharing = Sharing(program, self.plan, self.layout, threads)
        self.values = Values(program, self.plan, self.layout)
        self.code = self.values.code
        self.text = self._function()

    def _function(self) -> str:
        code = self.code

        def step(i: Int) -> list[str]:
            self._step(i)
            return []

        code.loop("%count", step)
        arrays = [
            f"  {self.values.pointer(name)} = getelementptr inbounds i8, ptr %arena, i64 {array.offset}"
            for name, array in self.layout.arrays.items()
        ]
        met = ["  %met = alloca i64", "  store i64 0, ptr %met"] if self.threads > 1 else []
        return "\n".join(
            [
                *sorted(code.intrinsics),
                *([_MEETING.format(threads=self.threads)] if self.threads > 1 else []),
                f"define void @steps({ARGUMENTS}) {{",
                "entry:",
                *arrays,
                *met,
                *code.lines,
                "  ret void",
                "}",
                "",
            ]
        )

    def _step(self, i: Int) -> None:
        code, size = self.code, self.layout.bytes
        for number, name in enumerate(self.plan.given):
            at = code.mul(code.add(code.mul(i, len(self.plan.given)), number), size)
            code.line(f"%{name} = load {code.number}, ptr {code.pointer('%given', at)}, align {size}")
        keys = KEYS * len(self.program.masks)
        for number in range(keys):
            at = code.mul(code.add(code.mul(i, keys), number), 4)
            code.line(f"%key{number} = load i32, ptr {code.pointer('%keys', at)}, align 4")
        step = code.let(f"add nuw nsw i64 %first, {i}")
        look = code.let(f"icmp eq i64 {code.let(f'urem i64 {step}, %every')}, 0")
        self._part(["n"], GATHERING, lambda spans: self._gather(step, spans["n"]))
        for kernel, share, meet in self.sharing.turns:
            if meet:
                self._meet()

            def write(spans: dict[str, Span], kernel: Kernel = kernel) -> None:
                write_kernel(self.values, kernel, spans)

            if kernel.look:
                with code.when(look):
                    self._part(kernel.dims, share, write)
            else:
                self._part(kernel.dims, share, write)
        with code.when(look):
            self._part((), Share(None), lambda spans: self._keep(i))
        self._meet()

    def _keep(self, i: Int) -> None:
        """Put J where it is looked at."""
        code = self.code
        J = self.values.value(self.plan.J, Place({}))
        pointer = code.pointer("%looks", code.mul(i, self.layout.bytes))
        code.line(f"store {code.type(1)} {J}, ptr {pointer}, align {self.layout.bytes}")

    # threads

    def _meet(self) -> None:
        if self.threads > 1:
            self.code.line("call void @meet(ptr %arena, ptr %met, ptr %rest)")

    def _part(self, dims: Sequence[str], share: Share, body: Callable[[dict[str, Span]], None]) -> None:
        """The body for this thread's part of the dims."""
        sizes = self.layout.sizes
        spans = {d: Span(0, sizes[d]) for d in dims}
        if self.threads == 1:
            body(spans)
        elif share.dim is None:
            with self.code.when(self.code.let("icmp eq i64 %thread, 0")):
                body(spans)
        elif share.left is None:
            self._divided(share.dim, 0, lambda part: body({**spans, str(share.dim): part}))
        else:
            dim = share.dim
            even = self.sharing.units(dim) // self.threads * self.threads * self.sharing.unit(dim)
            rest = Span(even, sizes[dim] - even)
            if even:
                self._divided(dim, even, lambda part: body({**spans, dim: part}))
            self._divided(share.left, 0, lambda part: body({**spans, dim: rest, str(share.left): part}))

    def _divided(self, dim: str, size: int, body: Callable[[Span], None]) -> None:
        """The body for this thread's part of the first `size` places of a dim; 0: of all."""
        code, unit = self.code, self.sharing.unit(dim)
        size = size or self.layout.sizes[dim]
        low, more = divmod(math.ceil(size / unit), self.threads)
        starts = [min(unit * (low * t + min(t, more)), size) for t in range(self.threads + 1)]
        lengths = [end - start for start, end in pairwise(starts)]
        longer = code.least("%thread", more)
        units = code.let(f"add nuw nsw i64 {code.let(f'mul nuw nsw i64 %thread, {low}')}, {longer}")
        start = code.mul(units, unit)
        for length in sorted({*lengths} - {0}):  # code for each length that occurs
            first, last = lengths.index(length), len(lengths) - 1 - lengths[::-1].index(length)
            place = code.let(f"sub i64 %thread, {first}")  # of a thread before: very large
            with code.when(code.let(f"icmp ule i64 {place}, {last - first}")):
                body(Span(start, length))

    # samples

    def _gather(self, step: str, span: Span) -> None:
        """This batch's samples, x scaled, and their targets."""
        code = self.code
        begin = code.mul(step, self.layout.sizes["n"])

        def whole(pointer: str, number: Int) -> str:
            return code.let(f"load i64, ptr {code.pointer(pointer, code.mul(number, 8))}, align 8")

        def sample(i: Int) -> list[str]:
            n = code.add(span.start, i)
            number = whole("%order", code.add(begin, n))
            self._row("x", n, number, grey=self.grey)
            self._row("y", n, whole("%labels", number) if self.labels else number, grey=False)
            if self.program.meaning.w is not None:
                size = self.layout.bytes
                place = code.pointer("%weights", code.mul(number, size))
                weight = code.let(f"load {code.type(1)}, ptr {place}, align {size}")
                self.values.store("w", weight, Place({"n": n}))
            return []

        code.loop(span.length, sample)

    def _row(self, name: str, n: Int, number: str, *, grey: bool) -> None:
        """Copy a row of what was given into the array of that name."""
        code, layout = self.code, self.layout
        dim = layout.dims[name][1]
        each = 1 if grey else layout.bytes
        source = code.pointer(f"%{name}", code.mul(number, layout.sizes[dim] * each))

        def copy(at: Int, width: int) -> None:
            ops = Vector(code, width)
            place = code.pointer(source, code.mul(at, each))
            if grey:
                levels = code.let(f"load <{width} x i8>, ptr {place}, align 1")
                value = code.let(f"uitofp <{width} x i8> {levels} to {ops.kind}")
                scale = Place({dim: at}, dim, width)
                value = ops.sub(value, self.values.load(SHIFT, (dim,), scale))
                value = ops.mul(value, self.values.load(FACTOR, (dim,), scale))
            else:
                value = code.let(f"load {ops.kind}, ptr {place}, align {layout.bytes}")
            self.values.store(name, value, Place({"n": n, dim: at}, dim, width))

        width, done = layout.width(dim), 0
        while done < layout.sizes[dim]:  # the last few by narrower vectors, as nothing may lie behind
            count = (layout.sizes[dim] - done) // width

            def turn(i: Int, width: int = width, done: int = done) -> list[str]:
                copy(code.add(done, code.mul(i, width)), width)
                return []

            code.loop(count, turn, unrolled=count <= 1)
            done, width = done + count * width, width // 2


_MEETING = """define internal void @meet(ptr %arena, ptr %met, ptr %rest) noinline {{
entry:
  %before = load i64, ptr %met
  %wanted = add i64 %before, {threads}
  store i64 %wanted, ptr %met
  %old = atomicrmw add ptr %arena, i64 1 acq_rel
  br label %wait
wait:
  %turn = phi i64 [ 0, %entry ], [ %next, %again ]
  %count = load atomic i64, ptr %arena acquire, align 64
  %all = icmp uge i64 %count, %wanted
  br i1 %all, label %done, label %more
more:
  %next = add i64 %turn, 1
  %long = icmp uge i64 %turn, 4000
  br i1 %long, label %others, label %again
others:
  call void %rest()
  br label %again
again:
  br label %wait
done:
  ret void
}}"""
