"""What a work with a program takes of the memory, before anything of it is taken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.engines import special
from chainrule.engines.numpy_engine import function_from, source_of
from chainrule.program import Program

SMALL = 1 << 26
"""Bytes up to which it is not worth counting every buffer."""
DRAWN = np.dtype(np.float64)
"""As what parameters are drawn, whatever a training's dtype is."""


def of_training(program: Program, dtype: Any, n: int, engine: str, remembered: int = 0) -> int:
    """Count the bytes that a training takes at least: those of the engine, twice where it has an arena of its
    own; then the best parameters so far, and those of the model.

    n: samples at once. remembered: of how many steps L-BFGS remembers a point and a gradient, in float64; 0:
    each step is an update by the engine.
    """
    one = int(np.dtype(dtype).itemsize)
    held, kept = _numbers(program, program.held), _numbers(program, {**program.held, **program.states})
    activations = n * sum(program.net.sizes[1:-1])  # which going back needs
    working = (2 * kept + activations) * one
    if engine == "numpy":
        working = kept * one + of_buffers(program, dtype, n, "gradients" if remembered else "step")
        working += 2 * remembered * held * DRAWN.itemsize
    return max(kept * one + held * DRAWN.itemsize, working + 2 * held * one)


def of_check(program: Program, n: int) -> int:
    """Count the bytes that a check of the gradients takes at least, in float64: parameters, buffers, and the
    gradients that are compared."""
    numbers = _numbers(program, program.held) + _numbers(program, program.parameters)
    return DRAWN.itemsize * numbers + of_buffers(program, DRAWN, n, "gradients")


def of_trace(program: Program, n: int) -> int:
    """Count the bytes that a trace takes at least, in float64: the parameters; of a step of n samples also
    the new ones, and the gradients of all samples together and of each. n: 0 for a forward pass alone."""
    arrays = 1 if n == 0 else 3 + n
    return DRAWN.itemsize * arrays * _numbers(program, program.held)


def of_buffers(program: Program, dtype: Any, n: int, what: str) -> int:
    """Count the bytes that the NumPy engine's `what` of n samples has for what it computes; 0 where they are
    few. The source itself is asked: something that counts stands in NumPy's place."""
    widest = n * sum(program.net.sizes)
    if np.dtype(dtype).itemsize * (widest + _numbers(program, program.held)) < SMALL:
        return 0
    counted = _Counted()
    arrays = dict.fromkeys((*program.held, *program.states))
    function_from("make", source_of(program, what))(counted, special, np.dtype(dtype), n, arrays)
    return counted.bytes


def _numbers(program: Program, names: Iterable[str]) -> int:
    return sum(math.prod(program.shape(name)) for name in names)


class _Counted:
    """NumPy, but for `empty`, which only counts."""

    def __init__(self) -> None:
        self.bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Sequence[int], dtype: Any, order: str = "C") -> None:
        self.bytes += math.prod(shape) * np.dtype(dtype).itemsize
