"""Threads that prepare what an engine is fed next."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """Some threads, which begin when there is work. A process that is forked meanwhile has none of them, and
    what they were about to do is done by nobody there."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ThreadPoolExecutor | None = None  # while it is needed
        self._process = os.getpid()

    def lost(self) -> bool:
        """Tell, once, that this process was forked since, so that all work is to be given anew."""
        if self._process == os.getpid():
            return False
        self._process, self._pool = os.getpid(), None
        return True

    def submit(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> Future[R]:
        self._pool = self._pool or ThreadPoolExecutor(self._count)
        return self._pool.submit(work, *arguments, **named)

    def rest(self) -> None:
        """End the threads; what they have not begun is not done."""
        pool, self._pool = self._pool, None
        if not self.lost() and pool is not None:
            pool.shutdown(cancel_futures=True)
