"""Between two meetings no thread touches what another one writes, number by number.

What a thread reads and writes is found here from the kernels' expressions alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from chainrule.engines.native.kernels import Kernel, Plan, plan
from chainrule.engines.native.layout import Layout, Machine
from chainrule.engines.native.threads import Share, Sharing, Turn
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


def regions(share: Share, sizes: dict[str, int], lanes: int, threads: int) -> list[list[Region]]:
    """Of each thread the parts of a kernel that it does."""
    rows = 1 not in [size for dim, size in sizes.items() if dim != "n"]

    def width(dim: str) -> int:
        whole = 1
        while whole < min(lanes, sizes[dim]) and not (rows and dim == "n"):
            whole *= 2
        return whole

    def cut(dim: str, first: int, last: int) -> list[slice]:
        """The vectors from `first` to `last` dealt out in runs, the longer ones first."""
        runs = np.array_split(np.arange(first, last), threads)
        return [
            slice(run[0] * width(dim), (run[-1] + 1) * width(dim)) if len(run) else slice(0) for run in runs
        ]

    if share.dim is None:
        return [[{}], *([] for _ in range(threads - 1))]
    vectors = -(-sizes[share.dim] // width(share.dim))
    even = vectors if share.left is None else vectors // threads * threads
    found: list[list[Region]] = [[{share.dim: part}] for part in cut(share.dim, 0, even)]
    if share.left is not None:
        rest = slice(even * width(share.dim), None)
        parts = cut(share.left, 0, -(-sizes[share.left] // width(share.left)))
        for own, part in zip(found, parts, strict=True):
            own.append({share.dim: rest, share.left: part})
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


def races(program: Program, turns: tuple[Turn, ...], found: Plan, layout: Layout, threads: int) -> list[str]:
    """Arrays of which a thread reads or writes what another has written, or writes what another has read,
    since they met last."""
    sizes, dims = layout.sizes, layout.dims
    shape = {name: [threads, *(sizes[d] for d in own)] for name, own in dims.items()}
    written = {name: np.zeros(size, bool) for name, size in shape.items()}  # by each thread
    seen = {name: np.zeros(size, bool) for name, size in shape.items()}
    wrong = []

    def others(done: np.ndarray, thread: int) -> np.ndarray:
        return np.delete(done, thread, axis=0).any(axis=0)

    for thread, parts in enumerate(regions(Share("n"), sizes, layout.lanes, threads)):
        written["x"][thread, parts[0]["n"]] = written["y"][thread, parts[0]["n"]] = True
    for kernel, share, meet in turns:
        if meet:
            for done in (*written.values(), *seen.values()):
                done[...] = False
        own = regions(share, sizes, layout.lanes, threads)
        for thread, parts in enumerate(own):
            for part in parts:
                for name, called in reads(kernel, found, set(dims)):
                    at = tuple(part.get(d or "", slice(None)) for d in called)
                    if others(written[name], thread)[at].any():
                        wrong.append(f"{name} is read")
                    seen[name][(thread, *at)] = True
        for thread, parts in enumerate(own):
            for part in parts:
                for name in kernel.stores:
                    at = tuple(part.get(d, slice(None)) for d in dims[name])
                    if (others(written[name], thread) | others(seen[name], thread))[at].any():
                        wrong.append(f"{name} is written")
                    written[name][(thread, *at)] = True
    return wrong


def prepared(net: NetworkDefinition, optimizer: str, batch: int) -> tuple[Program, Plan, Layout]:
    program = build(net, optimizer, targets_sum_to_one=False)
    found = plan(program, CAN)
    return program, found, Layout(program, found, batch, "float32", Machine(16, 32))


@pytest.mark.parametrize("net", [*NETWORKS, *list(table("square", "shared"))[::17]], ids=title)
def test_no_thread_touches_what_another_writes(net: NetworkDefinition) -> None:
    for optimizer, batch in (("sgd", 1), ("adam", 13), ("sgd:momentum=0.9", 64)):
        program, found, layout = prepared(net, optimizer, batch)
        for threads in (2, 3, 8):
            turns = Sharing(program, found, layout, threads).turns
            assert not races(program, turns, found, layout, threads), (optimizer, batch, threads)


def test_every_meeting_but_the_last_one_is_needed() -> None:
    """Without it there is a race, so the test above would see one."""
    program, found, layout = prepared(NETWORKS[0], "sgd", 64)
    turns = Sharing(program, found, layout, 2).turns
    places = [number for number, turn in enumerate(turns) if turn.meet]
    assert len(places) >= 3
    for place in places:
        fewer = (*turns[:place], turns[place]._replace(meet=False), *turns[place + 1 :])
        assert races(program, fewer, found, layout, 2), f"before kernel {place}"


def test_each_number_is_computed_by_one_thread() -> None:
    for net in NETWORKS:
        program, found, layout = prepared(net, "sgd", 64)
        for threads in (2, 3, 8):
            for kernel, share, _ in Sharing(program, found, layout, threads).turns:
                done = np.zeros([layout.sizes[d] for d in kernel.dims], int)
                for parts in regions(share, layout.sizes, layout.lanes, threads):
                    for part in parts:
                        done[tuple(part.get(d, slice(None)) for d in kernel.dims)] += 1
                assert (done == 1).all(), (title(net), threads, share)


def test_what_a_division_leaves_over_is_divided_too() -> None:
    """300 units are 19 vectors, of which two threads get nine each and half of the rows of the last one."""
    program, found, layout = prepared(NETWORKS[0], "sgd", 64)
    shares = {
        name: turn.share for turn in Sharing(program, found, layout, 2).turns for name in turn.kernel.stores
    }
    assert shares["W1"] == Share("h1", "d")
    assert Share("h1", "n") in shares.values()
