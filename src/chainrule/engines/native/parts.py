"""How a step is cut into parts, and before which kernels all of them must be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.engines.choice import multiplications
from chainrule.engines.native.kernels import Kernel, Plan
from chainrule.engines.native.layout import Layout
from chainrule.program import Program

PARTS = {2e9: 16, 2e8: 8, 2e7: 4, 2e6: 2}
"""Into how many parts a step is cut, by the multiplications from which on that many threads gain more than
their coming together costs."""


def parts_for(program: Program, n: int) -> int:
    """Choose into how many parts a step of n samples is cut, by its work alone: the numbers that come out
    depend on the cut, so the machine has no say in it."""
    work = multiplications(program, n)
    return next((parts for least, parts in PARTS.items() if work >= least), 1)


class Share(NamedTuple):
    """How a kernel is cut. dim: along which; None: the first part does it all. left: along which dim what is
    left over is cut when each part has as much of the first; None: some parts have more to do than others."""

    dim: str | None
    left: str | None = None


GATHERING = Share("n")
"""How the samples of a batch are shared out."""


class Turn(NamedTuple):
    """A kernel, how it is cut, and whether all parts of what stands before it must be done first."""

    kernel: Kernel
    share: Share
    meet: bool


class Sharing:
    """How a step is done in `layout.parts` parts: its gathering, then `turns` in order, then a meeting."""

    def __init__(self, program: Program, plan: Plan, layout: Layout) -> None:
        self._program, self._plan, self._layout = program, plan, layout
        gathered = ("x", "y", "w")
        self._shared = dict.fromkeys(gathered, GATHERING)  # how each array was cut when it was written
        self._written = {*gathered}  # since the last meeting
        self._read: dict[str, set[Share | None]] = {}  # since then: each part its own, or None: all of it
        self.turns = tuple(self._turn(kernel) for kernel in plan.kernels)

    @property
    def stretches(self) -> list[list[Turn]]:
        """List the turns from one meeting to the next; the first ones follow upon the gathering."""
        found: list[list[Turn]] = [[]]
        for turn in self.turns:
            if turn.meet:
                found.append([])
            found[-1].append(turn)
        return found

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
        """Tell whether every part reads only its own part of the array, or nobody has written to it."""
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
        """Choose the dim. A large weight stays where it is: each part has its own share of it, all the time.
        Else it is the dim along which the largest array that is touched has been written."""
        layout = self._layout
        can = [d for d in layout.order(kernel.dims) if layout.units(d) > 1]
        batch = max(layout.count(name) for name, dims in layout.dims.items() if "n" in dims)
        for name in sorted(set(touched), key=lambda name: (-layout.count(name), name)):
            large = name in self._program.parameters and layout.count(name) > batch
            shared = self._shared.get(name, Share(None)).dim
            for dim in layout.arrays[name].order[::-1] if large else [shared]:
                if dim in can:
                    return self._divided(dim, can)
        return self._divided(can[0], can) if can else Share(None)

    def _divided(self, dim: str, can: Sequence[str]) -> Share:
        """Cut along that dim, and what is left over along another one that has a unit for each part."""
        layout = self._layout
        uneven = layout.units(dim) % layout.parts
        others = [d for d in can if d != dim and layout.units(d) >= layout.parts]
        return Share(dim, max(others, key=layout.units) if uneven and others else None)
