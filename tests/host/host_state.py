"""What a process has that does not belong to a library: a snapshot, and what is different later."""

from __future__ import annotations

import gc
import io
import logging
import os
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import threadpoolctl

from chainrule.sentences import language

HOOKS = ("excepthook", "displayhook", "unraisablehook", "breakpointhook", "stdout", "stderr", "stdin")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV)
PATIENCE = 20.0
"""Seconds in which a thread that was told to end does so."""


@dataclass(frozen=True)
class HostState:
    """A snapshot, made in the main thread."""

    blas: tuple[tuple[str, int], ...]
    umask: int
    affinity: frozenset[int]
    handlers: tuple[Any, ...]
    language: str
    filters: tuple[Any, ...]
    errstate: tuple[tuple[str, str], ...]
    printing: str
    random_numbers: int
    numpy_numbers: bytes
    hooks: tuple[int, ...]
    interval: float
    recursion: int
    tracing: tuple[Any, ...]
    folder: str
    environment: tuple[tuple[str, str], ...]
    logging: tuple[Any, ...]
    matplotlib: str | None
    descriptors: tuple[str, ...]
    threads: tuple[str, ...]

    @classmethod
    def now(cls) -> HostState:
        mask = os.umask(0o22)  # nothing else runs now
        os.umask(mask)
        rows = threadpoolctl.threadpool_info()
        state: Any = np.random.get_state()
        return cls(
            blas=tuple((row["filepath"], row["num_threads"]) for row in rows if row["user_api"] == "blas"),
            umask=mask,
            affinity=frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset(),
            handlers=tuple(signal.getsignal(number) for number in SIGNALS),
            language=language(),
            filters=(id(warnings.filters), *warnings.filters, warnings.showwarning),
            errstate=tuple(np.geterr().items()),
            printing=repr(np.get_printoptions()),
            random_numbers=hash(random.getstate()),
            numpy_numbers=state[1].tobytes() + bytes([state[2] % 256]),
            hooks=tuple(id(getattr(sys, name)) for name in HOOKS),
            interval=sys.getswitchinterval(),
            recursion=sys.getrecursionlimit(),
            tracing=(sys.getprofile(), threading.excepthook, gc.isenabled(), gc.get_threshold()),
            folder=os.getcwd(),
            environment=tuple(sorted(os.environ.items())),
            logging=_logging(),
            matplotlib=repr(sys.modules["matplotlib"].rcParams) if "matplotlib" in sys.modules else None,
            descriptors=_descriptors(),
            threads=_threads(),
        )

    def differences(self, later: HostState) -> list[str]:
        """What another snapshot has that this one has not. A library that was loaded since has no earlier
        number of threads."""
        found = []
        for field in fields(self):
            before, after = getattr(self, field.name), getattr(later, field.name)
            if field.name == "blas":
                after = tuple(row for row in after if row[0] in dict(before))
            if field.name == "matplotlib" and before is None:
                continue
            if before != after:
                found.append(f"{field.name}: {before!r} -> {after!r}"[:2000])
        return found


@contextmanager
def unchanged() -> Iterator[None]:
    """Assert that nothing of the host is different after a block, however it ends, and that nothing was
    printed."""
    out, err = io.StringIO(), io.StringIO()
    gc.collect()  # what an exception of earlier kept is not this block's
    with redirect_stdout(out), redirect_stderr(err):
        before = HostState.now()
        try:
            yield
        finally:
            gc.collect()
            _wait_for(len(before.threads))
            found = before.differences(HostState.now())
    assert found == [], found
    printed = out.getvalue(), err.getvalue()
    assert printed == ("", ""), printed


def _wait_for(count: int) -> None:
    """A thread that nobody waits for is still there for a moment after its work."""
    end = time.monotonic() + PATIENCE
    while threading.active_count() > count and time.monotonic() < end:
        time.sleep(0.001)


def _threads() -> tuple[str, ...]:
    return tuple(sorted(thread.name for thread in threading.enumerate()))


def _descriptors() -> tuple[str, ...]:
    """What is open; nothing on systems that do not tell."""
    found = []
    for each in Path("/proc/self/fd").glob("*"):
        try:
            found.append(os.readlink(each))
        except OSError:  # that of the listing itself
            continue
    return tuple(sorted(name for name in found if not name.startswith("/proc/")))


def _logging() -> tuple[Any, ...]:
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("matplotlib.font_manager", "PIL"))]
    return tuple((each.level, tuple(map(id, each.handlers)), each.disabled) for each in loggers)
