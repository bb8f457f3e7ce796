"""The native engine: the kernels of a program as machine code, which runs many steps in one call."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.engines.choice import cores
from chainrule.engines.expressions import evaluate
from chainrule.engines.feed import Feed
from chainrule.engines.masks import Keys
from chainrule.engines.native.compile import Steps, compiled, this_machine
from chainrule.engines.native.layout import APART, FACTOR, SHIFT
from chainrule.engines.native.parts import parts_for
from chainrule.engines.native.sleeping import futex
from chainrule.engines.native.steps import Source
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.expr import Node, leaf, replace, transform
from chainrule.primitives import exp
from chainrule.program import Program

Array = NDArray[Any]
ALIGNED = 128
"""Bytes: the longest cache line, and more than the widest vector."""


class NativeEngine(NumpyEngine):
    """Trains by machine code made for the program, the batch size and the processor.

    While it trains, parameters and states lie in an arena of its own, in the order that suits its kernels;
    `parameters` and `states` are brought up to date when they are asked for, and may be written into until
    the next steps. What is no training (outputs, a
    loss, the smaller batch at the end of an epoch) is the NumPy engine's.
    """

    name = "native"
    most_at_once = 1_000_000

    def __init__(
        self,
        program: Program,
        parameters: Mapping[str, Array],
        dtype: Any = np.float64,
        states: Mapping[str, Array] | None = None,
    ) -> None:
        self._ahead: _Arena | None = None  # the arena whose numbers are newer than the arrays'
        self._arenas: dict[tuple[int, bool, bool, int], _Arena] = {}
        super().__init__(program, parameters, dtype, states)

    @property
    def parameters(self) -> dict[str, Array]:
        self._settle()
        return self._parameters

    @parameters.setter
    def parameters(self, arrays: dict[str, Array]) -> None:
        self._parameters = arrays

    @property
    def states(self) -> dict[str, Array]:
        self._settle()
        return self._states

    @states.setter
    def states(self, arrays: dict[str, Array]) -> None:
        self._states = arrays

    def _settle(self) -> None:
        """Bring the arrays up to date."""
        if self._ahead is not None:
            for name, array in (*self._parameters.items(), *self._states.items()):
                array[...] = self._ahead.taken(name)
            self._ahead = None

    def _run(self, *args: Any) -> tuple[Any, ...]:
        self._settle()
        return super()._run(*args)

    @property
    def vectors(self) -> int:  # type: ignore[override]
        return 32 * this_machine().lanes

    @property
    def fused(self) -> bool:  # type: ignore[override]
        return this_machine().fused

    def cut(self, n: int) -> int:
        return parts_for(self.program, n) if self.parts is None else self.parts

    def steps(
        self,
        feed: Feed,
        order: NDArray[np.int64],
        first: int,
        given: Array,
        every: int,
        threads: int,
        keys: Keys | None = None,
    ) -> list[float]:
        whole = max(min(len(given), len(order) // feed.size - first), 0)
        looks: list[float] = []
        if whole:
            looks += self._native(feed, order, first, given[:whole], every, threads, keys)
        if whole < len(given):
            rest = None if keys is None else keys[whole:]
            looks += super().steps(feed, order, first + whole, given[whole:], every, threads, rest)
        return looks

    def _native(
        self,
        feed: Feed,
        order: NDArray[np.int64],
        first: int,
        given: Array,
        every: int,
        threads: int,
        keys: Keys | None,
    ) -> list[float]:
        key = feed.size, feed.grey, feed.labels is not None, self.cut(feed.size)
        arena = self._arenas.get(key)
        if arena is None:
            arena = self._arenas[key] = _Arena(self.program, feed, self.dtype, self.cut(feed.size))
        if self._ahead is not arena:
            self._settle()
            for name, array in (*self._parameters.items(), *self._states.items()):
                arena.put(name, array)
        arena.scale(feed)
        self._ahead = arena
        return arena.run(feed, order, first, given, every, threads, keys)


class _Arena:
    """The memory that compiled steps work in, and the steps."""

    def __init__(self, program: Program, feed: Feed, dtype: Any, parts: int) -> None:
        machine = this_machine()
        source = Source(
            program, feed.size, dtype.name, machine, parts, grey=feed.grey, labels=feed.labels is not None
        )
        layout, self.dtype, self.parts = source.layout, dtype, source.parts
        self.scalars = program.scalars
        steps = {leaf(name): leaf(name, ["step"]) for name in self.scalars}
        self.given = transform(replace(source.plan.given.values(), steps), _exponential)
        self.code: Steps = compiled(source.text)
        self.words = layout.words * APART
        memory = np.zeros(layout.size + ALIGNED, np.uint8)
        start = -memory.ctypes.data % ALIGNED
        self.memory = memory[start : start + layout.size]
        self.layout = layout

    def _rows(self, name: str) -> Array:
        """View an array by its dims as they lie; in panels, as (panels, rows, numbers of a line)."""
        layout, array = self.layout, self.layout.arrays[name]
        shape = [layout.sizes[d] for d in array.order]
        strides = [array.strides[d] for d in array.order]
        if array.panel:
            shape = [math.ceil(shape[1] / layout.line), shape[0], layout.line]
            strides = [array.panel, *strides]
        sizes = [stride * self.dtype.itemsize for stride in strides]
        return np.ndarray(shape, self.dtype, self.memory.data, array.offset, sizes)

    def put(self, name: str, values: Array) -> None:
        """Write an array (by its dims as the program has them) to its place."""
        array, rows = self.layout.arrays[name], self._rows(name)
        values = np.transpose(values, [self.layout.dims[name].index(d) for d in array.order])
        if not array.panel:
            rows[...] = values
            return
        for panel, first in zip(rows, range(0, values.shape[1], self.layout.line), strict=True):
            part = values[:, first : first + self.layout.line]
            panel[:, : part.shape[1]] = part

    def taken(self, name: str) -> Array:
        """Read an array by its dims as the program has them."""
        array, rows = self.layout.arrays[name], self._rows(name)
        if array.panel:
            size = self.layout.sizes[array.order[-1]]
            rows = rows.transpose(1, 0, 2).reshape(rows.shape[1], -1)[:, :size]
        return rows.transpose([array.order.index(d) for d in self.layout.dims[name]])

    def scale(self, feed: Feed) -> None:
        """Put what grey levels are scaled by into the arena."""
        self.put(SHIFT, feed.shift)
        self.put(FACTOR, feed.factor)

    def run(
        self,
        feed: Feed,
        order: NDArray[np.int64],
        first: int,
        given: Array,
        every: int,
        threads: int,
        keys: Keys | None,
    ) -> list[float]:
        looks = np.zeros(len(given), self.dtype)
        self.memory[: self.words] = 0
        threads = min(threads, self.parts)
        order = np.ascontiguousarray(order, np.int64)
        keys = None if keys is None else np.ascontiguousarray(keys)
        given_to = feed.x, feed.rows, feed.labels, feed.weights, order
        arrays = self.memory, *given_to, self._given(given), keys, looks

        def work(thread: int) -> None:
            pointers = [None if array is None else array.ctypes.data for array in arrays]
            self.code(*pointers, FUTEX, first, len(given), every, thread, threads)

        if threads == 1:
            work(0)
        else:
            _together(work, threads)
        return [float(J) for J in looks[-first % every :: every]]

    def _given(self, scalars: Array) -> Array:
        """What the kernels are given of each step's scalars, in float64 until the end."""
        columns = dict(zip(self.scalars, scalars.T, strict=True))
        return np.stack(evaluate(self.given, columns), axis=1, dtype=self.dtype, casting="same_kind")


def _exponential(node: Node) -> Node | None:
    """A power of a positive number by way of its logarithm: NumPy's own is slow where nothing is left of it,
    as of 0.9 to the number of a late step."""
    if node.op != "elementwise" or node.data != "power":
        return None
    base, exponent = node.args
    return exp(exponent * math.log(base.data)) if isinstance(base.data, float) and base.data > 0 else None


def _together(work: Callable[[int], None], threads: int) -> None:
    """Call work(0), work(1), ... at the same time, each in a thread; where not all can be started, those that
    can are enough, as they claim all parts.

    The thread that asks, which Ctrl-C may interrupt, takes no part, and is interrupted when they are done.
    """
    places = cores()
    lock, done = threading.Lock(), threading.Event()
    begun = called_off = False
    failed: list[BaseException] = []

    def one(thread: int) -> None:
        _go_to(places[thread % len(places)])
        work(thread)

    def lead() -> None:
        nonlocal begun
        with lock:
            begun = not called_off
        others: list[threading.Thread] = []
        try:
            with suppress(RuntimeError, MemoryError):
                while begun and len(others) + 1 < threads:
                    other = threading.Thread(target=one, args=(len(others) + 1,), daemon=True)
                    other.start()
                    others.append(other)
            if begun:
                one(0)
            for other in others:
                other.join()
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    interrupted: BaseException | None = None
    try:
        threading.Thread(target=lead, daemon=True).start()
    except (RuntimeError, MemoryError):
        work(0)  # in the thread of whoever asks, which stays on its processors
        return
    except BaseException as error:  # while it was starting: nobody knows whether it will
        with lock:
            called_off = not begun
        if called_off:
            raise
        interrupted = error
    while not done.is_set():
        try:
            done.wait()
        except BaseException as error:
            interrupted = error
    if failed:
        raise failed[0]
    if interrupted:
        raise interrupted


def _go_to(core: int) -> None:
    """Put this thread on a processor, where it stays until the system has a reason to move it. Left alone, it
    may start threads that wait for each other on one processor, and takes up to 50 ms to part them."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            bound = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {core})
            os.sched_setaffinity(0, bound)


FUTEX = futex()
