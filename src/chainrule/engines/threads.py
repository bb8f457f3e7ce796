"""How many threads the matrix products of a batch are worth."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.program import Program

WORTH = 30e6
"""Multiplications a step from which on threads gain more than their coming together costs. Below it they lose
a little where the processor is idle, and very much where it is not."""


def threads_for(program: Program, batch: int) -> int:
    """The number of threads for steps of `batch` samples: one, or all processors that may be used."""
    weights = sum(math.prod(program.shape(name)) for name in program.parameters)
    return 1 if 3 * batch * weights < WORTH else _processors()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limited_to(threads: int) -> Iterator[None]:
    """Let the libraries that multiply matrices use at most so many threads inside a with block."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(threads, user_api="blas"):
        yield
