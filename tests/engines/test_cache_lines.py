"""Within a stretch between two meetings no cache line is written by one part and touched by another.

What a part touches is found by following the loads and stores of the code that runs, whatever shares it out.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import pytest
from cache_lines import (
    ATOMIC,
    MEETING,
    READ,
    WRITTEN,
    followed,
    instrumented,
    left_out,
    line_of,
    shared_lines,
    touched,
)

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines.native.layout import Machine
from chainrule.engines.native.steps import ARGUMENTS, Source
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from chainrule.reading import parse_shorthand
from chainrule.update import UpdateRule
from network_table import covering, title

LANES, TYPES, LINES, PARTS = (4, 8, 16), ("float32", "float64"), (64, 128), (2, 3, 4, 7)
BATCHES = (1, 5, 13, 33, 64)
KINDS = tuple(product(BATCHES, product(LANES, TYPES, LINES, PARTS)))
RULES = (
    *(row.name for row in OPTIMIZERS),
    "sgd:momentum=0.9",
    UpdateRule("sgd", clip_value=0.1, clip_norm=1.0),
    UpdateRule("adam", max_norm=2.0, ema=0.9),
)
"""How parameters are updated: every optimizer, and all that comes before and after it."""

SIZES = ("784-300-10", "784-30-10", "64-32-10", "37-70-70-19-11", "5-200-200-3", "400-20-1")


class Case(NamedTuple):
    """Code that is made and followed. weighted: samples count by weights. grey, labels: as in a feed."""

    net: NetworkDefinition
    rule: str | UpdateRule
    n: int
    lanes: int
    dtype: str
    line: int
    parts: int
    weighted: bool = False
    grey: bool = False
    labels: bool = False

    def source(self) -> Source:
        program = build(self.net, self.rule, targets_sum_to_one=False, weighted=self.weighted)
        machine = Machine(self.lanes, 32 if self.lanes == 16 else 16, self.line)
        return Source(program, self.n, self.dtype, machine, self.parts, grey=self.grey, labels=self.labels)


def name(case: Case) -> str:
    """For messages and test names."""
    rule = case.rule if isinstance(case.rule, str) else "rule"
    given = [key for key in ("weighted", "grey", "labels") if getattr(case, key)]
    return " ".join([title(case.net), rule, *map(str, case[2:7]), *given])


def wide(net: NetworkDefinition) -> NetworkDefinition:
    """A network of the table with layers of several vectors and lines."""
    units = {1: 1, 2: 33, 3: 19, 4: 70}
    layers = tuple(dataclasses.replace(layer, units=units[layer.units]) for layer in net.layers)
    return dataclasses.replace(net, inputs=units[net.inputs], layers=layers)


def cases(*groups: Sequence[NetworkDefinition], fed: bool = False) -> Iterator[Case]:
    """The networks, each with another update, batch, processor and number of parts than the one before.
    fed: with weighted samples, grey levels or labels, too."""
    nets = [net for group in groups for net in group]
    draw = random.Random(len(nets))
    kinds: list[tuple[int, tuple[int, str, int, int]]] = []
    for i, net in enumerate(nets):
        kinds = kinds or draw.sample(KINDS, len(KINDS))
        n, kind = kinds.pop()
        given = [fed and draw.random() < 0.5 for _ in range(3)]
        yield Case(net, RULES[i % len(RULES)], n, *kind, *given)


NETWORKS = [parse_shorthand(text) for text in SIZES]
LARGE = parse_shorthand("784-800-800-10")
SPECIAL = [
    NetworkDefinition(37, (Dense(70, "tanh", norm="batch"), Dense(19, "relu", norm="layer"), Dense(11))),
    NetworkDefinition(784, (Dense(300, norm="batch"), Dense(10))),
    NetworkDefinition(40, (Dense(72, norm="layer"), Dense(24, norm="layer"), Dense(1))),
    NetworkDefinition(
        37, (Dense(70, "relu", dropout=0.5), Dense(19, dropout=0.2), Dense(11)), input_dropout=0.1
    ),
    NetworkDefinition(20, (Dense(33, "relu", dropout=0.5, norm="batch"), Dense(3))),
    NetworkDefinition(
        37, (Dense(37, "tanh"), Dense(37, "relu", shared=1), Dense(3)), penalties={"l1": 0.001, "l2": 0.01}
    ),
    NetworkDefinition(
        72, (Dense(72, "tanh"), Dense(72, shared=1, dropout=0.5), Dense(72, shared=1), Dense(5))
    ),
]
"""Normalisations, masks, weights that are shared, and some of them together."""

TABLE = [*cases(covering())]
SOME = [
    *cases([wide(net) for net in covering()[::7]], fed=True),
    *cases(NETWORKS, NETWORKS),
    *cases(SPECIAL, SPECIAL, fed=True),
    Case(LARGE, "sgd", 5, 8, "float32", 64, 2),
    *(Case(NETWORKS[3], rule, 13, 8, "float32", 64, 3) for rule in RULES),
]


def problems(case: Case) -> list[str]:
    """What parts share, in words. Every number of the step must have been touched, and by parts alone."""
    source = case.source()
    table = touched(source)
    assert not left_out(table, source), name(case)
    assert not (table[:, 0] & (READ | WRITTEN)).any(), f"{name(case)}: touched outside of the parts"
    return [f"{name(case)}: {told}" for told in shared_lines(table, source)]


def assert_apart(some: Iterable[Case]) -> None:
    wrong = [told for case in some for told in problems(case)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("tenth", range(10))
def test_the_table_of_networks(tenth: int) -> None:
    assert_apart(TABLE[tenth::10])


@pytest.mark.parametrize("case", SOME, ids=name)
def test_no_line_is_written_by_one_part_and_touched_by_another(case: Case) -> None:
    assert_apart([case])


@pytest.mark.long
@pytest.mark.parametrize("net", [*NETWORKS, *SPECIAL], ids=title)
def test_every_processor_and_number_of_parts(net: NetworkDefinition) -> None:
    """All combinations for plain networks, some for others, with batches, updates and feeds by turns."""
    kinds = [*product(LANES, TYPES, LINES, PARTS)][:: 1 if net in NETWORKS else 5]
    some = cases([net] * len(kinds), fed=True)
    assert_apart(
        case._replace(lanes=lanes, dtype=dtype, line=line, parts=parts)
        for case, (lanes, dtype, line, parts) in zip(some, kinds, strict=True)
    )


@pytest.mark.long
@pytest.mark.parametrize("tenth", range(10))
def test_the_table_of_networks_with_wide_layers(tenth: int) -> None:
    assert_apart([*cases([wide(net) for net in covering()], fed=True)][tenth::10])


@pytest.mark.long
@pytest.mark.parametrize("parts", PARTS)
def test_large_weights(parts: int) -> None:
    assert_apart(
        Case(LARGE, "sgd:momentum=0.9", n, lanes, dtype, 64, parts)
        for n, lanes, dtype in ((1, 16, "float32"), (5, 4, "float64"), (13, 8, "float32"))
    )


def test_what_is_covered() -> None:
    """Each two of batch, processor and number of parts meet; every update and every kind of feed is there."""
    some = [*TABLE, *SOME]
    values = {"n": BATCHES, "lanes": LANES, "dtype": TYPES, "line": LINES, "parts": PARTS}
    for one, other in combinations(values, 2):
        met = {(getattr(case, one), getattr(case, other)) for case in some}
        assert met == {*product(values[one], values[other])}, (one, other)
    assert {case.net for case in TABLE} == {*covering()}
    for group in (TABLE, SOME):
        assert all(any(case.rule == rule for case in group) for rule in RULES)
    feeds = {(case.weighted, case.grey, case.labels) for case in SOME}
    assert feeds == {*product((False, True), repeat=3)}


# the oracle itself

BY_HAND = f"""
define internal void @meet(ptr %arena, i32 %stretch, i32 %did, ptr %futex) {{
  ret void
}}
define internal i1 @claim(ptr %arena, i64 %part, i32 %stretch) {{
  ret i1 true
}}
define void @steps({ARGUMENTS}) {{
entry:
  %one = getelementptr inbounds i8, ptr %arena, i64 96
  %"array two" = getelementptr inbounds i8, ptr %arena, i64 184
  %v0 = load double, ptr %x, align 8
  %c1 = call i1 @claim(ptr %arena, i64 0, i32 1)
  br i1 %c1, label %b1, label %b2
b1:
  store <16 x float> splat (float 1.0), ptr %one, align 4
  br label %b2
b2:
  %outside = load float, ptr %"array two", align 4
  %c2 = call i1 @claim(ptr %arena, i64 1, i32 1)
  br i1 %c2, label %b3, label %b4
b3:
  %v1 = load double, ptr %"array two", align 8
  store double %v1, ptr %"array two"
  br label %b4
b4:
  call void @meet(ptr %arena, i32 1, i32 2, ptr %futex)
  %c3 = call i1 @claim(ptr %arena, i64 1, i32 2)
  br i1 %c3, label %b5, label %b6
b5:
  %v2 = load <2 x i8>, ptr %one, align 1
  store i64 0, ptr %arena
  br label %b6
b6:
  ret void
}}
"""
"""Lines of 64 bytes: part 0 writes lines 1 and 2; outside of the parts line 2 is read; part 1 reads and
writes line 2. Then part 1 reads line 1 and writes line 0."""


def test_a_line_is_marked_for_the_part_and_the_stretch() -> None:
    table = followed(BY_HAND, 256, 64, 2, 1, [*[np.ones(8)] * 8, None])
    found = {tuple(map(int, at)): int(table[tuple(at)]) for at in np.argwhere(table)}
    assert found == {
        (0, 1, 1): WRITTEN,
        (0, 1, 2): WRITTEN,
        (0, 0, 2): READ,
        (0, 2, 2): READ | WRITTEN,
        (1, 2, 1): READ,
        (1, 2, 0): WRITTEN,
    }
    wider = followed(BY_HAND, 256, 128, 2, 1, [*[np.ones(8)] * 8, None])
    assert wider.shape[-1] == 3
    assert wider[0, 1, :2].tolist() == [WRITTEN, WRITTEN]


@pytest.mark.parametrize(
    "more",
    [
        "call void @llvm.memset.p0.i64(ptr %arena, i8 0, i64 8, i1 false)",
        "call void @meet2(ptr %arena)",
        "%v3 = load volatile float, ptr %arena",
        "store float 1.0, ptr getelementptr (i8, ptr null, i64 8)",
        "%v3 = load [2 x float], ptr %arena",
    ],
)
def test_what_is_not_understood_is_not_passed_over(more: str) -> None:
    with pytest.raises(AssertionError, match=r"understood|nobody knows"):
        instrumented(BY_HAND.replace("b6:\n", f"b6:\n  {more}\n"), 256, 64, 2)


PLAIN = Case(NETWORKS[0], "sgd", 64, 16, "float32", 64, 2)
"""Rows of its weights end within a line."""


def with_array_at(source: Source, array: str, place: int) -> str:
    """The source's text, with an array somewhere else in the arena; the layout is told."""
    own = source.layout.arrays[array]
    source.layout.arrays[array] = dataclasses.replace(own, offset=place)
    before, after = (
        f'%"array {array}" = getelementptr inbounds i8, ptr %arena, i64 {offset}\n'
        for offset in (own.offset, place)
    )
    assert source.text.count(before) == 1
    return source.text.replace(before, after)


@pytest.mark.parametrize("array", ["W1", "b1", "x"])
def test_an_array_out_of_place_is_seen(array: str) -> None:
    """It goes behind all others, half a line further on than it should."""
    source = PLAIN.source()
    assert not shared_lines(touched(source), source)
    place = source.layout.size + line_of(source) // 2
    source.layout.size += place  # more than enough
    wrong = shared_lines(touched(source, with_array_at(source, array, place)), source)
    assert [told.partition(":")[0] for told in wrong] == [array]


def test_numbers_beside_a_word_by_which_threads_meet_are_seen() -> None:
    source = PLAIN.source()
    first = min(array.offset for array in source.layout.arrays.values()) // line_of(source)
    table = touched(source)
    assert (table[..., :first] & ATOMIC).any()
    assert not (table[..., first:] & ATOMIC).any()
    last = int(np.flatnonzero((table & ATOMIC).any(axis=(0, 1)))[-1])
    text = with_array_at(source, "b2", last * line_of(source) + 16)
    wrong = shared_lines(touched(source, text), source)
    assert any(told.startswith("b2: ") and "counts" in told for told in wrong)


@pytest.mark.parametrize("parts", PARTS)
def test_every_part_is_seen_at_work(parts: int) -> None:
    source = PLAIN._replace(parts=parts, n=33).source()
    written = (touched(source) & WRITTEN).any(axis=-1)
    assert written[:, 1:].any(axis=0).all()


def test_a_meeting_that_is_missing_is_seen() -> None:
    source = PLAIN.source()
    meetings = source.text.count(MEETING)
    assert meetings >= 3
    for number in range(meetings):
        assert shared_lines(touched(source, unseen=number), source), f"without meeting {number}"
