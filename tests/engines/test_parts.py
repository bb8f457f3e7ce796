"""Between two meetings no part touches what another one writes, number by number.

What a part reads and writes is found here from the kernels' expressions alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

from chainrule.engines.choice import WITHOUT
from chainrule.engines.native.kernels import Kernel, Plan, plan
from chainrule.engines.native.layout import Layout, Machine
from chainrule.engines.native.parts import Share, Sharing, Turn, parts_for
from chainrule.engines.native.values import CAN
from chainrule.expr import Node
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import Program, build
from chainrule.reading import parse_shorthand
from network_table import table, title

Region = dict[str, slice]

SIZES = ["784-300-10", "784-30-10", "64-32-10", "37-70-70-19-11", "5-200-200-3", "400-20-1"]
NETWORKS = [
    *(parse_shorthand(text) for text in SIZES),
    NetworkDefinition(784, (Dense(300, norm="batch"), Dense(10))),
    NetworkDefinition(37, (Dense(70, norm="batch"), Dense(19, norm="layer"), Dense(11))),
]


def regions(share: Share, layout: Layout, count: int) -> list[list[Region]]:
    """What each of so many parts does of a kernel. Where numbers lie side by side along a dim, those of a
    cache line, 16, stay together."""
    sizes = layout.sizes
    last = {array.order[-1] for array in layout.arrays.values() if array.order}

    def cut(dim: str, first: int, end: int) -> list[slice]:
        """The units from `first` to `end` dealt out in runs, the longer ones first."""
        size = unit(dim)
        runs = np.array_split(np.arange(first, end), count)
        return [slice(run[0] * size, (run[-1] + 1) * size) if len(run) else slice(0) for run in runs]

    def unit(dim: str) -> int:
        return 16 if dim in last else 1

    if share.dim is None:
        return [[{}], *([] for _ in range(count - 1))]
    units = -(-sizes[share.dim] // unit(share.dim))
    even = units if share.left is None else units // count * count
    found: list[list[Region]] = [[{share.dim: run}] for run in cut(share.dim, 0, even)]
    if share.left is not None:
        rest = slice(even * unit(share.dim), None)
        runs = cut(share.left, 0, -(-sizes[share.left] // unit(share.left)))
        for own, run in zip(found, runs, strict=True):
            own.append({share.dim: rest, share.left: run})
    return found


def reads(kernel: Kernel, found: Plan, arrays: set[str]) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """Each array that a kernel reads, with what its dims are called in the kernel; None: all of that dim."""

    def below(node: Node, called: dict[str, str | None]) -> Iterator[tuple[str, tuple[str | None, ...]]]:
        name = found.home.get(node) or (str(node.data) if node.op == "leaf" else "")
        if node in kernel.nodes:
            return
        if name in arrays:
            yield name, tuple(called.get(d) for d in node.dims)
        elif not name:
            for arg in node.args:
                if node.op == "rename":
                    inner = {a: called.get(d) for a, d in zip(arg.dims, node.dims, strict=True)}
                else:
                    inner = {d: called[d] for d in arg.dims if d in called}
                yield from below(arg, inner)

    for node in kernel.nodes:
        for arg in node.args:
            names = {d: d for d in kernel.dims}
            if node.op == "rename":
                names = dict(zip(arg.dims, node.dims, strict=True))
            yield from below(arg, dict(names))


def races(program: Program, turns: tuple[Turn, ...], found: Plan, layout: Layout) -> list[str]:
    """Arrays of which a part reads or writes what another has written, or writes what another has read,
    since the last meeting."""
    sizes, dims, count = layout.sizes, layout.dims, layout.parts
    shape = {name: [count, *(sizes[d] for d in own)] for name, own in dims.items()}
    written = {name: np.zeros(size, bool) for name, size in shape.items()}  # by each part
    seen = {name: np.zeros(size, bool) for name, size in shape.items()}
    wrong = []

    def others(done: np.ndarray, part: int) -> np.ndarray:
        return np.delete(done, part, axis=0).any(axis=0)

    for part, own in enumerate(regions(Share("n"), layout, count)):
        written["x"][part, own[0]["n"]] = written["y"][part, own[0]["n"]] = True
    for kernel, share, meet in turns:
        if meet:
            for done in (*written.values(), *seen.values()):
                done[...] = False
        shares = regions(share, layout, count)
        for part, own in enumerate(shares):
            for region in own:
                for name, called in reads(kernel, found, set(dims)):
                    at = tuple(region.get(d or "", slice(None)) for d in called)
                    if others(written[name], part)[at].any():
                        wrong.append(f"{name} is read")
                    seen[name][(part, *at)] = True
        for part, own in enumerate(shares):
            for region in own:
                for name in kernel.stores:
                    at = tuple(region.get(d, slice(None)) for d in dims[name])
                    if (others(written[name], part) | others(seen[name], part))[at].any():
                        wrong.append(f"{name} is written")
                    written[name][(part, *at)] = True
    return wrong


def prepared(net: NetworkDefinition, optimizer: str, batch: int, parts: int) -> tuple[Program, Plan, Layout]:
    program = build(net, optimizer, targets_sum_to_one=False)
    found = plan(program, CAN)
    return program, found, Layout(program, found, batch, "float32", Machine(16, 32), parts)


@pytest.mark.parametrize("net", [*NETWORKS, *list(table("square", "shared"))[::17]], ids=title)
def test_no_part_touches_what_another_writes(net: NetworkDefinition) -> None:
    for optimizer, batch in (("sgd", 1), ("adam", 13), ("sgd:momentum=0.9", 64)):
        for parts in (2, 3, 8):
            program, found, layout = prepared(net, optimizer, batch, parts)
            turns = Sharing(program, found, layout).turns
            assert not races(program, turns, found, layout), (optimizer, batch, parts)


def test_every_meeting_but_the_last_one_is_needed() -> None:
    """Without it there is a race, so the test above would see one."""
    program, found, layout = prepared(NETWORKS[0], "sgd", 64, 2)
    turns = Sharing(program, found, layout).turns
    places = [number for number, turn in enumerate(turns) if turn.meet]
    assert len(places) >= 3
    for place in places:
        fewer = (*turns[:place], turns[place]._replace(meet=False), *turns[place + 1 :])
        assert races(program, fewer, found, layout), f"before kernel {place}"


def test_each_number_is_computed_by_one_part() -> None:
    for net in NETWORKS:
        for parts in (2, 3, 8):
            program, found, layout = prepared(net, "sgd", 64, parts)
            for kernel, share, _ in Sharing(program, found, layout).turns:
                done = np.zeros([layout.sizes[d] for d in kernel.dims], int)
                for own in regions(share, layout, parts):
                    for region in own:
                        done[tuple(region.get(d, slice(None)) for d in kernel.dims)] += 1
                assert (done == 1).all(), (title(net), parts, share)


def test_what_a_division_leaves_over_is_divided_too() -> None:
    """300 units are 19 lines, of which two parts get nine each and half of the rows of the last one."""
    program, found, layout = prepared(NETWORKS[0], "sgd", 64, 2)
    shares = {
        name: turn.share for turn in Sharing(program, found, layout).turns for name in turn.kernel.stores
    }
    assert shares["W1"] == Share("h1", "d")
    assert Share("h1", "n") in shares.values()


def test_parts_follow_from_the_work_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has no say: not its processors, and not their features."""

    def asked() -> list[int]:
        steps = {"2-3-2": 64, "784-30-10": 64, "784-300-10": 64, "784-800-800-10": 128, "784-3000-10": 512}
        return [parts_for(build(parse_shorthand(net)), n) for net, n in steps.items()]

    assert asked() == [1, 2, 4, 8, 16]
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setenv(WITHOUT, "avx2")
    assert asked() == [1, 2, 4, 8, 16]
