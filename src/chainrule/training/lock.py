"""A folder is one process's at a time: a lock of the operating system on a file in it, which ends with the
process, however that ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from errno import EACCES, EAGAIN, EDEADLK
from pathlib import Path

from chainrule.errors import UsageError

LOCK = ".lock"
HELD = (EACCES, EAGAIN, EDEADLK)
"""What the system says of a lock that another has."""


def hold(folder: Path) -> int | None:
    """Take a folder for this process until the descriptor that comes back is closed; None where there is no
    taking it: in a folder that cannot be written to, or on a disk without locks.

    Raises UsageError where another process has it.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return None
    try:
        _lock(descriptor)
    except OSError as error:
        os.close(descriptor)
        if error.errno in HELD:
            raise UsageError("training.folder_busy", folder=folder) from error
        return None
    return descriptor


def release(descriptor: int) -> None:
    """Give the folder back. The file stays: another process may have opened it already."""
    with suppress(OSError):
        os.close(descriptor)


def is_held(folder: Path, descriptor: int) -> bool:
    """Whether the folder's lock is still the one that was taken: neither deleted nor another's."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(folder / LOCK))
    except OSError:
        return False


def is_busy(folder: Path) -> bool:
    """Whether a process has the folder. Leaves no trace."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(descriptor)
    except OSError as error:
        return error.errno in HELD
    finally:
        os.close(descriptor)
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
