"""The whole function: many steps of a training, by any number of threads."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Sequence
from itertools import pairwise

from chainrule.engines.masks import KEYS
from chainrule.engines.native.functions import Vector
from chainrule.engines.native.ir import Int
from chainrule.engines.native.kernels import plan
from chainrule.engines.native.layout import APART, FACTOR, SHIFT, Layout, Machine
from chainrule.engines.native.parts import GATHERING, Share, Sharing, Turn, parts_for
from chainrule.engines.native.sleeping import CALL, WAIT, WAKE
from chainrule.engines.native.sums import write_kernel
from chainrule.engines.native.values import CAN, Place, Span, Values
from chainrule.program import Program

ARGUMENTS = (
    "ptr noalias %arena, ptr noalias readonly %x, ptr noalias readonly %y, ptr noalias readonly %labels, "
    "ptr noalias readonly %weights, ptr noalias readonly %order, ptr noalias readonly %given, "
    "ptr noalias readonly %keys, "
    "ptr noalias %looks, ptr %futex, "
    "i64 %first, i64 %count, i64 %every, i64 %thread, i64 %threads"
)


class Source:
    """LLVM source of `steps`, which runs `count` steps from number `first` of an epoch on, and the layout of
    the arena that it works in.

    Its arguments: arena: all arrays. x: samples, a row each; uint8 where `grey`. y: rows of targets; labels:
    which row belongs to which sample, where `labels`. weights: of the samples, where the program has them.
    order: the samples' numbers in the epoch's order. given: `plan.given` of each step. keys: of each step's
    masks. looks: J of each step whose number is a multiple of `every`. futex: puts a thread to sleep and
    wakes it, as Linux's system call of that name. thread: which one this is, below `threads`; all of them run
    the function at the same time.

    parts: into how many a step is cut; None: as `parts_for` says. Between two meetings a thread first claims
    the parts that are its own, which lie in its cache, and then any that nobody has begun. A thread that has
    begun no part holds nobody up, and no number of threads changes a bit of what comes out.
    """

    def __init__(
        self,
        program: Program,
        n: int,
        dtype: str,
        machine: Machine,
        parts: int | None = None,
        *,
        grey: bool = False,
        labels: bool = False,
    ) -> None:
        self.program, self.grey, self.labels = program, grey, labels
        self.parts = parts_for(program, n) if parts is None else parts
        self.plan = plan(program, CAN)
        self.layout = Layout(program, self.plan, n, dtype, machine, self.parts)
        self.sharing = Sharing(program, self.plan, self.layout)
        self.values = Values(program, self.plan, self.layout)
        self.code = self.values.code
        self.text = self._function()

    def _function(self) -> str:
        code = self.code

        def step(i: Int, until: str) -> list[str]:
            look = code.let(f"icmp eq i64 {until}, 0")
            self._step(i, look)
            from_here = code.let(f"select i1 {look}, i64 %every, i64 {until}")
            return [code.let(f"sub i64 {from_here}, 1")]

        after = code.let("urem i64 %first, %every")  # steps since J was looked at
        first = code.let(f"icmp eq i64 {after}, 0")
        until = code.let(f"select i1 {first}, i64 0, i64 {code.let(f'sub i64 %every, {after}')}")
        code.loop("%count", step, [("i64", until)])
        arrays = [
            f"  {self.values.pointer(name)} = getelementptr inbounds i8, ptr %arena, i64 {array.offset}"
            for name, array in self.layout.arrays.items()
        ]
        return "\n".join(
            [
                *sorted(code.intrinsics),
                *([_meeting(self.parts)] if self.parts > 1 else []),
                *_ROUNDING[0],
                f"define void @steps({ARGUMENTS}) {{",
                "entry:",
                *arrays,
                *_ROUNDING[1],
                *code.lines,
                *_ROUNDING[2],
                "  ret void",
                "}",
                "",
            ]
        )

    def _step(self, i: Int, look: str) -> None:
        code, size = self.code, self.layout.bytes
        for number, name in enumerate(self.plan.given):
            at = code.mul(code.add(code.mul(i, len(self.plan.given)), number), size)
            code.line(f"%{name} = load {code.number}, ptr {code.pointer('%given', at)}, align {size}")
        keys = KEYS * len(self.program.masks)
        for number in range(keys):
            at = code.mul(code.add(code.mul(i, keys), number), 4)
            code.line(f"%key{number} = load i32, ptr {code.pointer('%keys', at)}, align 4")
        step = code.let(f"add nuw nsw i64 %first, {i}")
        stretches = self.sharing.stretches
        for number, turns in enumerate(stretches):
            first, last = number == 0, number == len(stretches) - 1

            def stretch(part: Int, turns: list[Turn] = turns, first: bool = first, last: bool = last) -> None:
                if first:
                    self._cut(["n"], GATHERING, part, lambda spans: self._gather(step, spans["n"]))
                for turn in turns:
                    self._turn(turn, part, look)
                if last:
                    with code.when(look):
                        self._cut((), Share(None), part, lambda spans: self._keep(i))

            self._stretch(code.add(code.mul(i, len(stretches)), number + 1), stretch)

    def _turn(self, turn: Turn, part: Int, look: str) -> None:
        kernel, share, _ = turn

        def write(spans: dict[str, Span]) -> None:
            write_kernel(self.values, kernel, spans)

        if kernel.look:
            with self.code.when(look):
                self._cut(kernel.dims, share, part, write)
        else:
            self._cut(kernel.dims, share, part, write)

    def _keep(self, i: Int) -> None:
        """Put J where it is looked at."""
        code = self.code
        J = self.values.value(self.plan.J, Place({}))
        pointer = code.pointer("%looks", code.mul(i, self.layout.bytes))
        code.line(f"store {code.type(1)} {J}, ptr {pointer}, align {self.layout.bytes}")

    # parts

    def _stretch(self, number: Int, body: Callable[[Int], None]) -> None:
        """Write the body for each part that this thread claims, then the meeting. number: which stretch this
        is since `steps` was called, from 1."""
        if self.parts == 1:
            body(0)
            return
        code = self.code
        now = code.let(f"trunc i64 {number} to i32")

        def visit(_: Int, part: str, own: str, did: str) -> list[str]:
            mine = code.let(f"call i1 @claim(ptr %arena, i64 {part}, i32 {now})")
            with code.when(mine):
                body(part)
            more = code.let(f"zext i1 {mine} to i32")
            following = code.let(f"add nuw nsw i64 {part}, %threads")
            over = code.let(f"icmp uge i64 {following}, {self.parts}")
            next_own = code.let(f"add nuw nsw i64 {own}, 1")
            around = code.let(f"icmp eq i64 {next_own}, %threads")
            next_own = code.let(f"select i1 {around}, i64 0, i64 {next_own}")
            return [
                code.let(f"select i1 {over}, i64 {next_own}, i64 {following}"),
                code.let(f"select i1 {over}, i64 {next_own}, i64 {own}"),
                code.let(f"add i32 {did}, {more}"),
            ]

        start = [("i64", "%thread"), ("i64", "%thread"), ("i32", "0")]
        _, _, did = code.loop(self.parts, visit, start)
        code.line(f"call void @meet(ptr %arena, i32 {now}, i32 {did}, ptr %futex)")

    def _cut(
        self, dims: Sequence[str], share: Share, part: Int, body: Callable[[dict[str, Span]], None]
    ) -> None:
        """Write the body for one part of the dims."""
        sizes = self.layout.sizes
        spans = {d: Span(0, sizes[d]) for d in dims}
        if self.parts == 1:
            body(spans)
        elif share.dim is None:
            with self.code.when(self.code.let(f"icmp eq i64 {part}, 0")):
                body(spans)
        elif share.left is None:
            self._divided(share.dim, 0, part, lambda span: body({**spans, str(share.dim): span}))
        else:
            dim = share.dim
            even = self.layout.units(dim) // self.parts * self.parts * self.layout.unit(dim)
            rest = Span(even, sizes[dim] - even)
            if even:
                self._divided(dim, even, part, lambda span: body({**spans, dim: span}))
            self._divided(share.left, 0, part, lambda span: body({**spans, dim: rest, str(share.left): span}))

    def _divided(self, dim: str, size: int, part: Int, body: Callable[[Span], None]) -> None:
        """Write the body for one part of the first `size` places of a dim; 0: of all."""
        code, unit = self.code, self.layout.unit(dim)
        size = size or self.layout.sizes[dim]
        low, more = divmod(math.ceil(size / unit), self.parts)
        starts = [min(unit * (low * p + min(p, more)), size) for p in range(self.parts + 1)]
        lengths = [end - start for start, end in pairwise(starts)]
        longer = code.least(part, more)
        units = code.let(f"add nuw nsw i64 {code.let(f'mul nuw nsw i64 {part}, {low}')}, {longer}")
        start = code.mul(units, unit)
        for length in sorted({*lengths} - {0}):  # code for each length that occurs
            first, last = lengths.index(length), len(lengths) - 1 - lengths[::-1].index(length)
            place = code.let(f"sub i64 {part}, {first}")  # of a part before: very large
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


_X86 = platform.machine().lower() in ("x86_64", "amd64")
_ROUNDING = (
    (
        ("declare void @llvm.x86.sse.stmxcsr(ptr)", "declare void @llvm.x86.sse.ldmxcsr(ptr)"),
        (
            "  %found = alloca i32",
            "  %wanted = alloca i32",
            "  call void @llvm.x86.sse.stmxcsr(ptr %found)",
            "  %control = load i32, ptr %found",
            f"  %flushing = or i32 %control, {1 << 15 | 1 << 6}",
            "  store i32 %flushing, ptr %wanted",
            "  call void @llvm.x86.sse.ldmxcsr(ptr %wanted)",
        ),
        ("  call void @llvm.x86.sse.ldmxcsr(ptr %found)",),
    )
    if _X86
    else (
        ("declare i64 @llvm.aarch64.get.fpcr()", "declare void @llvm.aarch64.set.fpcr(i64)"),
        (
            "  %control = call i64 @llvm.aarch64.get.fpcr()",
            f"  %flushing = or i64 %control, {1 << 24}",
            "  call void @llvm.aarch64.set.fpcr(i64 %flushing)",
        ),
        ("  call void @llvm.aarch64.set.fpcr(i64 %control)",),
    )
)
"""What is declared, done first, and taken back: numbers below the smallest normal one count as 0. Averages
of an optimizer pass through them on their way to 0, and a step then takes five times as long."""
SPINS = 100_000
"""How often a thread looks whether all parts are done before it sleeps: for about a tenth of a millisecond,
as being woken takes half of that."""


def _meeting(parts: int) -> str:
    """Write `claim` and `meet`. The arena begins with the parts' words, each the number of the stretch in
    which the part was begun last; then how many parts were done in all, and how many threads sleep."""
    return f"""define internal i1 @claim(ptr %arena, i64 %part, i32 %stretch) {{
entry:
  %offset = mul i64 %part, {APART}
  %word = getelementptr i8, ptr %arena, i64 %offset
  %before = sub i32 %stretch, 1
  %seen = load atomic i32, ptr %word monotonic, align 4
  %free = icmp eq i32 %seen, %before
  br i1 %free, label %try, label %lost
try:
  %pair = cmpxchg ptr %word, i32 %before, i32 %stretch acquire monotonic
  %won = extractvalue {{ i32, i1 }} %pair, 1
  ret i1 %won
lost:
  ret i1 false
}}
define internal void @meet(ptr %arena, i32 %stretch, i32 %did, ptr %futex) noinline {{
entry:
  %done = getelementptr i8, ptr %arena, i64 {parts * APART}
  %sleepers = getelementptr i8, ptr %arena, i64 {(parts + 1) * APART}
  %wanted = mul i32 %stretch, {parts}
  %some = icmp ne i32 %did, 0
  br i1 %some, label %count, label %wait
count:
  %old = atomicrmw add ptr %done, i32 %did seq_cst
  %new = add i32 %old, %did
  %last = icmp eq i32 %new, %wanted
  br i1 %last, label %look, label %wait
look:
  %sleeping = load atomic i32, ptr %sleepers seq_cst, align 4
  %nobody = icmp eq i32 %sleeping, 0
  br i1 %nobody, label %over, label %wake
wake:
  call i64 %futex(i64 {CALL}, ptr %done, i64 {WAKE}, i64 {2**31 - 1}, ptr null, ptr null, i64 0)
  ret void
wait:
  %turn = phi i64 [ 0, %entry ], [ 0, %count ], [ %following, %again ], [ 0, %woken ]
  %seen = load atomic i32, ptr %done acquire, align 4
  %left = sub i32 %wanted, %seen
  %all = icmp sle i32 %left, 0
  br i1 %all, label %over, label %again
again:
  %following = add i64 %turn, 1
  %long = icmp uge i64 %following, {SPINS}
  br i1 %long, label %sleep, label %wait
sleep:
  %before = atomicrmw add ptr %sleepers, i32 1 seq_cst
  %now = load atomic i32, ptr %done seq_cst, align 4
  %open = sub i32 %wanted, %now
  %still = icmp sgt i32 %open, 0
  br i1 %still, label %down, label %woken
down:
  %value = zext i32 %now to i64
  call i64 %futex(i64 {CALL}, ptr %done, i64 {WAIT}, i64 %value, ptr null, ptr null, i64 0)
  br label %woken
woken:
  %after = atomicrmw sub ptr %sleepers, i32 1 seq_cst
  br label %wait
over:
  ret void
}}"""
