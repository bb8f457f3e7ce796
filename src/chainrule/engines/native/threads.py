"""How threads share the kernels of a step, and before which kernels they must meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from chainrule.engines.native.kernels import Kernel, Plan
from chainrule.engines.native.layout import Layout
from chainrule.program import Program


class Share(NamedTuple):
    """How threads share a kernel. dim: along which; None: one thread does it all. left: along which dim they
    share what is left over when each has as much of the first; None: some have more to do than others."""

    dim: str | None
    left: str | None = None


GATHERING = Share("n")
"""How threads share the samples of a batch."""


class Turn(NamedTuple):
    """A kernel, how threads share it, and whether they meet before it."""

    kernel: Kernel
    share: Share
    meet: bool


class Sharing:
    """How `threads` threads do a step: its gathering, then `turns` in order, then a meeting."""

    def __init__(self, program: Program, plan: Plan, layout: Layout, threads: int) -> None:
        self._program, self._plan, self._layout, self._threads = program, plan, layout, threads
        gathered = ("x", "y", "w")
        self._shared = dict.fromkeys(gathered, GATHERING)  # how each array was shared when it was written
        self._written = {*gathered}  # since threads met
        self._read: dict[str, set[Share | None]] = {}  # since then: each its own share, or None: all of it
        self.turns = tuple(self._turn(kernel) for kernel in plan.kernels)

    def unit(self, dim: str) -> int:
        """Places of a dim that stay with one thread: whole vectors, but for samples where each is a row."""
        return 1 if dim == "n" and not self._layout.side_by_side else self._layout.width(dim)

    def units(self, dim: str) -> int:
        return math.ceil(self._layout.sizes[dim] / self.unit(dim))

    def _turn(self, kernel: Kernel) -> Turn:
        reads = self._reads(kernel)
        share = self._share(kernel, [*reads, *kernel.stores])
        parts = {name: share if self._own(name, plain, share) else None for name, plain in reads.items()}
        meet = any(part is None and name in self._written for name, part in parts.items())
        meet = meet or any(self._read.get(name, set()) - {share} for name in kernel.stores)
        if meet:
            self._written, self._read = set(), {}
        for name, part in parts.items():
            self._read.setdefault(name, set()).add(part)
        self._written |= set(kernel.stores)
        self._shared |= dict.fromkeys(kernel.stores, share)
        return Turn(kernel, share, meet)

    def _own(self, name: str, plain: bool, share: Share) -> bool:
        """Whether of an array each thread reads only what it has written itself, or nobody has."""
        if share.dim is None:
            return self._shared.get(name) == share
        return plain and self._shared.get(name, share) == share and share.dim in self._layout.dims[name]

    def _reads(self, kernel: Kernel) -> dict[str, bool]:
        """The arrays that a kernel reads, and whether by their own dims: each place what lies at it."""
        own = set(kernel.nodes)
        found: dict[str, bool] = {}
        ask = [(arg, node.op != "rename") for node in own for arg in node.args]
        while ask:
            node, plain = ask.pop()
            if node in own:
                continue
            name = self._plan.home.get(node) or (str(node.data) if node.op == "leaf" else None)
            if name is None:
                ask += [(arg, plain and node.op != "rename") for arg in node.args]
            elif name in self._layout.arrays:
                found[name] = found.get(name, True) and plain
        return found

    def _share(self, kernel: Kernel, touched: Sequence[str]) -> Share:
        """A large weight stays where it is: each thread has its own part of it, all the time. Else it is the
        dim along which the largest array that is touched has been written."""
        layout = self._layout
        order = layout.order(kernel.dims)
        can = [d for d in order if layout.sizes[d] >= 2 * self.unit(d)]
        if kernel.root is None and order[-1:] == ("n",) and self.unit("n") == 1:
            can = []  # it goes by vectors of samples, which no two threads may share
        batch = max(layout.count(name) for name, dims in layout.dims.items() if "n" in dims)
        for name in sorted(set(touched), key=lambda name: (-layout.count(name), name)):
            large = name in self._program.parameters and layout.count(name) > batch
            dim = layout.arrays[name].order[-1] if large else self._shared.get(name, Share(None)).dim
            if dim in can:
                return self._divided(dim, can)
        return self._divided(can[0], can) if can else Share(None)

    def _divided(self, dim: str, can: Sequence[str]) -> Share:
        """Along that dim, and what is left over along another one that has a place for each thread."""
        uneven = self.units(dim) % self._threads
        others = [d for d in can if d != dim and self.units(d) >= self._threads]
        return Share(dim, max(others, key=self.units) if uneven and others else None)
