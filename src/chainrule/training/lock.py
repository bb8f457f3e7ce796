"""A folder is one process's at a time: a lock of the operating system on a file in it, which ends with the
process, however that ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from errno import EACCES, EAGAIN, EDEADLK

from chainrule.errors import RefusedFileError, UsageError, reason
from chainrule.folders import Folder

LOCK = ".lock"
TRIES = 100
"""So often a lock is looked for that somebody replaces each time."""
HELD = (EACCES, EAGAIN, EDEADLK)
"""What the system says of a lock that another has."""


def hold(folder: Folder) -> int | None:
    """Take a folder for this process until the descriptor that comes back is closed; None where there is no
    taking it: in a folder that cannot be written to, or on a disk without locks.

    Raises UsageError where another process has it, and where its lock is a link or no file.
    """
    for _ in range(TRIES):
        try:
            descriptor = folder.open(LOCK, os.O_RDWR | os.O_CREAT)
        except (RefusedFileError, IsADirectoryError) as error:
            raise UsageError("training.strange", path=folder.path / LOCK, reason=reason(error)) from error
        except OSError:
            return None
        try:
            _lock(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in HELD:
                raise UsageError("training.folder_busy", folder=folder.path) from error
            return None
        if is_held(folder, descriptor):
            if os.fstat(descriptor).st_nlink <= 1:
                return descriptor
            try:
                folder.remove(LOCK)  # which has other names, and would be locked under those too
            except OSError:
                return descriptor
        os.close(descriptor)  # a file that was replaced before it was locked
    raise UsageError("training.folder_busy", folder=folder.path)


def release(descriptor: int) -> None:
    """Give the folder back. The file stays: another process may have opened it already."""
    with suppress(OSError):
        os.close(descriptor)


def is_held(folder: Folder, descriptor: int) -> bool:
    """Whether the folder's lock is still the one that was taken: neither deleted nor another's."""
    try:
        found = folder.stat(LOCK)
        return found is not None and os.path.samestat(os.fstat(descriptor), found)
    except OSError:
        return False


def is_busy(folder: Folder) -> bool:
    """Whether a process has the folder. Leaves no trace."""
    try:
        descriptor = folder.open(LOCK, os.O_RDWR)
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
