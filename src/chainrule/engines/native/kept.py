"""A folder that only this user can change, and files in it that nobody else has put there.

What lies there is run as machine code, so whose it is counts, and not only what it says of itself. Folders
are opened name by name and judged by their descriptors, as a name may mean something else a moment later.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from chainrule.folders import BY_DESCRIPTOR, Folder, make_missing, read_opened

_LINKS = 40
"""Links on the way to a folder, after which they lead in a circle."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_BY_DESCRIPTOR = BY_DESCRIPTOR and hasattr(os, "getuid")


class ForeignError(OSError):
    """Something that others can change, or have put there."""


class OwnFolder:
    """A folder by its descriptor: whatever its name means later, it is this one. Where there are none, the
    system keeps others out of what is a user's own. Its methods raise OSError."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def read(self, name: str, most: int, *, noted_after: float) -> bytes:
        """The content of a file of this user's own, of at most `most` bytes; that it is in use is noted after
        so many seconds."""
        with self._folder.reading(name) as file:
            found = os.fstat(file.fileno())
            if _BY_DESCRIPTOR and not (_is_own(found) and found.st_nlink == 1):
                raise ForeignError(name)
            content = read_opened(file, most)
            if found.st_mtime < time.time() - noted_after:
                with suppress(OSError):  # a disk that can only be read
                    os.utime(file.fileno() if os.utime in os.supports_fd else self._folder.path / name)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Give a file its content, all at once."""
        self._folder.write(name, content)

    def names(self) -> list[str]:
        """The names in the folder."""
        return self._folder.names()

    def remove(self, name: str, *, unused_for: float) -> None:
        """Remove a regular file of this user's that was not used for so many seconds."""
        found = self._folder.stat(name)
        if found is None or not stat.S_ISREG(found.st_mode) or found.st_mtime > time.time() - unused_for:
            return
        if not _BY_DESCRIPTOR or found.st_uid == os.getuid():
            self._folder.remove(name)


def own_folder(base: Path, *names: str) -> OwnFolder | None:
    """The folder `names` below `base`, which is made where it is missing; None where others could change it,
    or where there is none.

    On the way to `base`, links are followed that only this user or the system's administrator can change;
    none below it.
    """
    path = base.joinpath(*names)
    try:
        if _BY_DESCRIPTOR:
            return OwnFolder(Folder(path, descriptor=_opened(base.absolute(), names), mode=0o600))
        make_missing(path)
        return OwnFolder(Folder(path))
    except OSError:
        return None


def _opened(base: Path, names: tuple[str, ...]) -> int:
    """Open a folder for reading, judging each one on the way. Raises OSError."""
    if os.getuid() != os.geteuid():
        raise ForeignError(base)  # a program that acts for another: whose environment names this folder?
    here = _at_base(base)
    for name in names:
        here = _next(here, name)
        if not _is_own(os.fstat(here)):
            os.close(here)
            raise ForeignError(name)
    try:
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=here)
    finally:
        os.close(here)


def _at_base(base: Path) -> int:
    """Open an absolute folder by following its names, and its links, by hand."""
    names, links = [*reversed(base.parts[1:])], 0
    here = _entered(base.anchor)
    while names:
        name = names.pop()
        try:
            target = os.readlink(name, dir_fd=here)
            trusted = _is_trusted(os.stat(name, dir_fd=here, follow_symlinks=False))
        except OSError:  # no link
            here = _next(here, name)
            continue
        links += 1
        if not trusted or links > _LINKS:
            os.close(here)
            raise ForeignError(base)
        to = Path(target)
        if to.is_absolute():
            os.close(here)
            here = _entered(to.anchor)
        names += reversed(to.parts[1:] if to.is_absolute() else to.parts)
    return here


def _next(here: int, name: str) -> int:
    """Enter a folder from another, which is closed; it is made, for this user alone, where it is missing."""
    try:
        with suppress(FileExistsError):
            if not _is_there(here, name):
                os.mkdir(name, 0o700, dir_fd=here)
        return _entered(name, here)
    finally:
        os.close(here)


def _is_there(here: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=here, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _entered(name: str, here: int | None = None) -> int:
    """Open a folder that only trusted users can change; no link is followed. Raises OSError."""
    # O_PATH: a folder may be passed through that may not be read
    how = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, how, dir_fd=here)
    if not _is_trusted(os.fstat(descriptor)):
        os.close(descriptor)
        raise ForeignError(name)
    return descriptor


def _is_trusted(found: os.stat_result) -> bool:
    """Whether only this user and the administrator can change where it leads; the sticky bit keeps names."""
    if found.st_uid not in (0, os.getuid()):
        return False
    if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX:
        return True
    return not found.st_mode & _OTHERS_WRITE


def _is_own(found: os.stat_result) -> bool:
    """Whether it is this user's, and nobody else can write to it."""
    return found.st_uid == os.getuid() and not found.st_mode & _OTHERS_WRITE
