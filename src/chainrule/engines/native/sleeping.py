"""How machine code puts threads to sleep and wakes them."""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Any

WAIT = 128
"""Linux's FUTEX_WAIT | FUTEX_PRIVATE_FLAG; its other operation here is to wake all."""
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
