"""What other people's code warns of.

Python keeps the filters of warnings for the whole process, and a block that changes them puts back what it
found: of two threads that do so at once, one would put back what the other has set.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_turn = RLock()


def _after_fork() -> None:
    global _turn
    _turn = RLock()  # whoever had the turn is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def unheard() -> Iterator[None]:
    """Let nobody hear warnings inside a with block, which one thread enters at a time."""
    with _turn, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def heard() -> Iterator[list[warnings.WarningMessage]]:
    """Collect all warnings inside a with block, which one thread enters at a time."""
    with _turn, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield warned
