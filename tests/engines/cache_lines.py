"""Which cache lines generated code touches, found by following each of its loads and stores.

It knows LLVM's language and the names of two functions, and nothing of why the code is as it is. Each load
and store of the text gets a call before it, to a recorder that is LLVM source as well. The recorder notes in
a table, for the part of the step and the stretch between two meetings that are under way, that a line was
read or written. One thread does all parts, one after the other.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from chainrule.engines.masks import KEYS
from chainrule.engines.native import compile as compiling
from chainrule.engines.native.layout import FACTOR, SHIFT, Layout
from chainrule.engines.native.sleeping import futex
from chainrule.engines.native.steps import Source

READ, WRITTEN, ATOMIC = 1, 2, 4
Table = NDArray[np.uint8]
"""(stretches, rows, lines): what was done. The first row is of what is done outside of the parts, each other
one of a part."""

_PLACE = r'(?P<place>%"[^"]+"|%[\w.]+)'
_TYPE = r"(?P<type><[^>]+>|\w+)"
_END = r"(?:, align \d+)?"
ACCESSES = {
    READ: re.compile(rf"  %\S+ = load {_TYPE}, ptr {_PLACE}{_END}"),
    WRITTEN: re.compile(rf"  store {_TYPE} .*, ptr {_PLACE}{_END}"),
    ATOMIC: re.compile(
        r"  (?:%\S+ = )?(?:load atomic|store atomic|atomicrmw|cmpxchg)\b"
        rf"(?=.*\b(?P<type>i\d+)\b).*?\bptr {_PLACE}.*"
    ),
}
CALL = re.compile(r"\bcall [^@%]*(?P<function>[@%][\w.]+)\((?P<operands>.*)\)")
CLAIM = re.compile(r"  (?P<mine>%\S+) = call i1 @claim\(ptr %arena, i64 (?P<part>\S+), i32 \S+\)")
BRANCH = re.compile(r"  br i1 (?P<condition>%\S+), label %\S+, label %(?P<after>\S+)")
MEETING = "  call void @meet("
WORDS = re.compile(r"^  (?:%\S+ = )?(?:(load|store|atomicrmw|cmpxchg)|call void (@touch))\b", re.M)
BYTES = {"float": 4, "double": 8, "i64": 8, "i32": 4, "i8": 1}

RECORDER = """
@table = global ptr null
@row = global i64 0
@stretch = global i64 0

define internal void @touch(ptr %arena, ptr %place, i64 %bytes, i8 %kind) noinline {{
entry:
  %from = ptrtoint ptr %arena to i64
  %at = ptrtoint ptr %place to i64
  %offset = sub i64 %at, %from
  %inside = icmp ult i64 %offset, {size}
  br i1 %inside, label %find, label %done
find:
  %table = load ptr, ptr @table
  %row = load i64, ptr @row
  %stretch = load i64, ptr @stretch
  %rows = mul i64 %stretch, {rows}
  %passed = add i64 %rows, %row
  %skipped = mul i64 %passed, {lines}
  %first = lshr i64 %offset, {shift}
  %behind = add i64 %offset, %bytes
  %final = sub i64 %behind, 1
  %last = lshr i64 %final, {shift}
  br label %mark
mark:
  %line = phi i64 [ %first, %find ], [ %next, %mark ]
  %number = add i64 %skipped, %line
  %where = getelementptr i8, ptr %table, i64 %number
  %old = load i8, ptr %where
  %new = or i8 %old, %kind
  store i8 %new, ptr %where
  %next = add i64 %line, 1
  %more = icmp ule i64 %next, %last
  br i1 %more, label %mark, label %done
done:
  ret void
}}

define internal void @enter(i64 %part, i1 %mine) noinline {{
  %own = add i64 %part, 1
  %row = select i1 %mine, i64 %own, i64 0
  store i64 %row, ptr @row
  ret void
}}

define internal void @ended() noinline {{
  %stretch = load i64, ptr @stretch
  %next = add i64 %stretch, 1
  store i64 %next, ptr @stretch
  ret void
}}
"""


class Instrumented(NamedTuple):
    """Source with its calls of the recorder. meetings: in a step. lines: of the arena, and one behind it."""

    text: str
    meetings: int
    lines: int


def instrumented(text: str, size: int, line: int, parts: int, unseen: int | None = None) -> Instrumented:
    """Source whose every load and store is recorded.

    size: of the arena; line: of a cache line, in bytes. unseen: number of a meeting that ends no stretch.
    """
    lines: list[str] = []
    claims: set[str] = set()
    ends: set[str] = set()  # labels of the blocks behind what is done where a claim is granted
    seen: Counter[str] = Counter()
    defined = set(re.findall(r"^define .*?(@\w+)\(", text, re.M))
    stack = set(re.findall(r"^  (%\S+) = alloca ", text, re.M))
    leaving = False
    for each in text.split("\n"):
        if each.startswith("define "):
            assert "(ptr noalias %arena" in each or "(ptr %arena" in each, f"nobody knows its arena: {each}"
        if leaving and " phi " not in each:
            lines.append("  call void @enter(i64 0, i1 false)")
            leaving = False
        for kind, pattern in ACCESSES.items():
            if access := pattern.fullmatch(each):
                where = f"ptr {access['place']}, i64 {bytes_of(access['type'])}"
                lines.append(f"  call void @touch(ptr %arena, {where}, i8 {kind})")
                seen["access"] += 1
        lines.append(each)
        if claim := CLAIM.fullmatch(each):
            lines.append(f"  call void @enter(i64 {claim['part']}, i1 {claim['mine']})")
            claims.add(claim["mine"])
        elif each.startswith(MEETING):
            if seen["meeting"] != unseen:
                lines.append("  call void @ended()")
            seen["meeting"] += 1
        elif call := CALL.search(each):
            function, places = call["function"], re.findall(r"\bptr ([^,]+)", call["operands"])
            elsewhere = function.startswith("@llvm.") and stack.issuperset(places)
            known = elsewhere or function[0] == "%" or function in defined
            assert known, f"nobody knows what it touches: {each}"
        elif (branch := BRANCH.fullmatch(each)) and branch["condition"] in claims:
            ends.add(f"{branch['after']}:")
        leaving = leaving or each in ends
    assert len(ends) == len(claims), "what follows a claim is not understood"
    every = len(re.findall(r"^  .*\b(?:load|store|atomicrmw|cmpxchg)\b", text, re.M))
    assert seen["access"] == every, f"{every - seen['access']} loads and stores are not understood"
    lines_in_all = -(-size // line) + 1
    recorder = RECORDER.format(size=size, rows=parts + 1, lines=lines_in_all, shift=line.bit_length() - 1)
    return Instrumented(recorder + "\n".join(lines), seen["meeting"], lines_in_all)


def bytes_of(kind: str) -> int:
    """The size of a number or of a vector, by its name."""
    count, _, number = kind.strip("<>").rpartition(" x ")
    return int(count or 1) * BYTES[number]


def machine_code(text: str) -> bytes:
    """As it stands, which is quicker; what an optimizer leaves out or moves makes no part touch more."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = compiling._processor()
    target = llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=0)
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = target.triple, str(target.target_data)
    module.verify()
    own = ("touch", "enter", "ended")
    written = "".join(str(each) for each in module.functions if each.name not in own)  # as LLVM writes it
    found = Counter(word or call for word, call in WORDS.findall(written))
    assert found.pop("@touch") == found.total(), "LLVM finds other loads and stores than the text's"
    code: bytes = target.emit_object(module)
    return code


def followed(
    text: str,
    size: int,
    line: int,
    parts: int,
    steps: int,
    given: Sequence[Any],
    unseen: int | None = None,
) -> Table:
    """What source touches in so many steps, the first of which looks at J.

    size: of the arena, in bytes. given: the arguments of `steps` behind it up to `first`.
    unseen: as for `instrumented`.
    """
    found = instrumented(text, size, line, parts, unseen)
    table = np.zeros((steps * found.meetings + 1, parts + 1, found.lines), np.uint8)
    memory = np.zeros(size + 2 * line, np.uint8)
    start = -memory.ctypes.data % line
    function: Any = compiling._loaded(machine_code(found.text))

    def variable(name: str) -> ctypes.c_int64:
        return ctypes.c_int64.from_address(function.engine.get_global_value_address(name))

    variable("table").value = table.ctypes.data
    pointers = [each.ctypes.data if isinstance(each, np.ndarray) else each for each in given]
    function(memory[start:].ctypes.data, *pointers, 0, steps, steps, 0, 1)
    assert variable("stretch").value == steps * (found.meetings - (unseen is not None))
    return table


def touched(source: Source, text: str = "", unseen: int | None = None) -> Table:
    """What two steps of a source touch, on random data. text: other code in the place of its own. unseen: as
    for `instrumented`."""
    layout, steps = source.layout, 2
    dtype = {4: np.float32, 8: np.float64}[layout.bytes]
    rng = np.random.default_rng(0)
    samples = steps * layout.sizes["n"]
    rows = 3 if source.labels else samples
    x = rng.random((samples, layout.sizes["d"]))
    keys = KEYS * len(source.program.masks)
    given = [
        (255 * x).astype(np.uint8) if source.grey else x.astype(dtype),
        rng.random((rows, layout.sizes["k"])).astype(dtype),
        rng.integers(rows, size=samples),
        rng.random(samples).astype(dtype),
        rng.permutation(samples),
        np.full((steps, len(source.plan.given) + 1), 0.1, dtype),
        rng.integers(1 << 32, size=(steps, keys + 1), dtype=np.uint32),
        np.zeros(steps, dtype),
        futex(),
    ]
    return followed(text or source.text, layout.size, line_of(source), source.parts, steps, given, unseen)


def line_of(source: Source) -> int:
    """Bytes of a cache line."""
    return source.layout.machine.line


def shared_lines(table: Table, source: Source) -> list[str]:
    """Lines that one part writes and another one touches in the same stretch, one for each array; lines of
    numbers that are touched by atomic operations as well."""
    wrong: dict[str, str] = {}

    def note(stretch: int | str, number: int, by_part: Table) -> None:
        names = " and ".join(arrays_at(source.layout, number * line_of(source), line_of(source)))
        told = ", ".join(
            f"{f'part {row - 1}' if row else 'every thread'} {done(int(what))}"
            for row, what in enumerate(by_part)
            if what
        )
        wrong.setdefault(names, f"{names}: in stretch {stretch}, line {number}: {told}")

    for stretch, by_part in enumerate(table & (READ | WRITTEN)):
        written = (by_part & WRITTEN).any(axis=0)
        for number in np.flatnonzero(written & (np.count_nonzero(by_part, axis=0) > 1)):
            note(stretch, int(number), by_part[:, number])
    ever = np.bitwise_or.reduce(table, axis=0)
    atomic = (ever & ATOMIC).any(axis=0)
    for number in np.flatnonzero(atomic & (ever & (READ | WRITTEN)).any(axis=0)):
        note("any", int(number), ever[:, number])
    return [*wrong.values()]


def done(what: int) -> str:
    """In words."""
    words = {READ: "reads", WRITTEN: "writes", ATOMIC: "counts"}
    return " and ".join(word for kind, word in words.items() if what & kind)


def arrays_at(layout: Layout, start: int, length: int) -> list[str]:
    """The names of the arrays that lie in a piece of the arena, or what else is there."""
    places = sorted((array.offset, name) for name, array in layout.arrays.items())
    first = max((offset for offset, _ in places if offset <= start), default=-1)
    return [name for offset, name in places if first <= offset < start + length] or ["no array"]


def left_out(table: Table, source: Source) -> list[str]:
    """Arrays of the step of which a line has numbers and none was touched."""
    layout, program = source.layout, source.program
    seen = table.any(axis=(0, 1))
    scales = {SHIFT, FACTOR} if source.grey else set()
    missing = []
    for name in sorted({"x", "y", *program.held, *program.states, *source.plan.arrays, *scales}):
        array = layout.arrays[name]
        places = np.zeros((), np.int64)
        for dim in array.order:
            at = np.arange(layout.sizes[dim])
            if array.panel and dim == array.order[-1]:
                places = places[..., None] + at // layout.line * array.panel + at % layout.line
            else:
                places = places[..., None] + at * array.strides[dim]
        if not seen[(places * layout.bytes + array.offset) // line_of(source)].all():
            missing.append(name)
    return missing
