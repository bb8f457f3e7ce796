"""A folder that only this user can change, and files in it that nobody else has put there.

What lies there is run as machine code, so whose it is counts, and not only what it says of itself. Folders
are opened name by name and judged by their descriptors, as a name may mean something else a moment later.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chainrule.errors import ChainruleError
from chainrule.files import read_regular, write_atomically

_LINKS = 40
"""Links on the way to a folder, after which they lead in a circle."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_BY_DESCRIPTOR = hasattr(os, "getuid") and {os.open, os.stat, os.mkdir, os.unlink} <= os.supports_dir_fd


class ForeignError(OSError):
    """Something that others can change, or have put there."""


class OwnFolder:
    """A folder by its name, where the system keeps others out of what is a user's own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str, most: int, *, noted_after: float) -> bytes:
        """The content of a file, of at most `most` bytes; that it is in use is noted after so many seconds.

        Raises OSError, also for what is not this user's own.
        """
        path = self._path / name
        content = read_regular(path, most)
        if path.stat().st_mtime < time.time() - noted_after:
            with suppress(OSError):
                os.utime(path)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Give a file its content, all at once. Raises OSError."""
        try:
            write_atomically(self._path / name, content)
        except ChainruleError as error:
            raise OSError(str(error)) from error

    def names(self) -> list[str]:
        """The names in the folder. Raises OSError."""
        return os.listdir(self._path)

    def remove(self, name: str, *, unused_for: float) -> None:
        """Remove a regular file of this user's that was not used for so many seconds. Raises OSError."""
        path = self._path / name
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and found.st_mtime < time.time() - unused_for:
            path.unlink()


class _Held(OwnFolder):
    """A folder by its descriptor: whatever its name means later, it is this one."""

    def __init__(self, path: Path, descriptor: int) -> None:
        super().__init__(path)
        self._folder = descriptor

    def read(self, name: str, most: int, *, noted_after: float) -> bytes:
        how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, how, dir_fd=self._folder)
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not (_is_own(found) and stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
                raise ForeignError(name)
            # of a file that grows meanwhile, no more either
            if found.st_size > most or len(content := file.read(most + 1)) > most:
                raise ForeignError(name)
            if found.st_mtime < time.time() - noted_after:
                with suppress(OSError):  # a disk that can only be read
                    os.utime(descriptor)
        return content

    def write(self, name: str, content: bytes) -> None:
        # named like a file of the folder, so that what a killed process leaves is removed as one
        temporary = secrets.token_hex(32) + Path(name).suffix
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, how, 0o600, dir_fd=self._folder)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            os.rename(temporary, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=self._folder)
            raise

    def names(self) -> list[str]:
        return os.listdir(self._folder)

    def remove(self, name: str, *, unused_for: float) -> None:
        found = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        own = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()
        if own and found.st_mtime < time.time() - unused_for:
            os.unlink(name, dir_fd=self._folder)


@contextmanager
def own_folder(base: Path, *names: str) -> Iterator[OwnFolder | None]:
    """The folder `names` below `base`, which is made where it is missing; None where others could change it,
    or where there is none.

    On the way to `base`, links are followed that only this user or the system's administrator can change;
    none below it.
    """
    path = base.joinpath(*names)
    descriptor: int | None = None
    folder: OwnFolder | None = None
    with suppress(OSError):
        if _BY_DESCRIPTOR:
            descriptor = _opened(base.absolute(), names)
            folder = _Held(path, descriptor)
        else:
            path.mkdir(parents=True, exist_ok=True)
            folder = OwnFolder(path)
    try:
        yield folder
    finally:
        if descriptor is not None:
            os.close(descriptor)


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
