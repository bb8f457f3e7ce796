"""What other people's code warns of.

Python keeps the filters of warnings for the whole process, and a block that changes them puts back what it
found: of two threads that do so at once, one would put back what the other has set. Blocks stand in one
another here, so that an interrupt while the inner one is left does not keep its filters.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import TypeVar

T = TypeVar("T")
_turn = RLock()
_found = warnings.catch_warnings()
"""What puts back what the one who has the turn has found."""


def _after_fork() -> None:
    global _turn
    if not _turn.acquire(blocking=False):  # a thread has the turn that is not in this process
        with suppress(RuntimeError, AttributeError):  # it had not changed anything yet
            _found.__exit__(None, None, None)
    _turn = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def unheard(work: Callable[[], T]) -> T:
    """What some work gives, of whose warnings nobody hears. One thread at a time does such work."""
    global _found
    with _turn:
        _found = warnings.catch_warnings()
        with _found, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()


def heard(work: Callable[[], T]) -> tuple[T, list[warnings.WarningMessage]]:
    """What some work gives, and all its warnings. One thread at a time does such work."""
    global _found
    with _turn:
        _found = warnings.catch_warnings()
        with _found, warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            return work(), warned
