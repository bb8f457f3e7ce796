"""How machine code puts threads to sleep and wakes them."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import threading
from typing import Any

CALL = 202 if platform.machine().lower() in ("x86_64", "amd64") else 98
"""Number of Linux's system call `futex`."""
WAIT, WAKE = 128, 129
"""Its operations, between threads of one process."""
_SIGNATURE = ctypes.CFUNCTYPE(
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.POINTER(ctypes.c_int32),
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int64,
)
_changed = threading.Condition()


def _after_fork() -> None:
    global _changed
    _changed = threading.Condition()  # whoever had the other one is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _wait_or_wake(
    number: int, word: Any, operation: int, value: int, timeout: Any, second: Any, third: int
) -> int:
    """Do what the system call does, by a condition: wait while the word has that value, or wake everybody."""
    with _changed:
        if operation != WAIT:
            _changed.notify_all()
        elif word[0] == ctypes.c_int32(value).value:
            _changed.wait()
    return 0


_by_condition = _SIGNATURE(_wait_or_wake)


def futex(system: str = sys.platform) -> int | None:
    """Return the address of a function with the signature of Linux's `syscall`, of which only that one call
    is asked."""
    function: Any = ctypes.CDLL(None).syscall if system == "linux" else _by_condition
    return ctypes.cast(function, ctypes.c_void_p).value
