"""Folders that are held by a descriptor: what lies in one is reached by its name, and no link is followed.

A run's folder may come from elsewhere, and what looks like its history may lead to any file of the user.
Where the system knows no folders by descriptor, each step is looked at before it is taken instead.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from chainrule.errors import RefusedFileError, system_error

_AT = {os.open, os.mkdir, os.rename, os.unlink, os.rmdir, os.stat, os.link}
BY_DESCRIPTOR = os.supports_dir_fd >= _AT and os.listdir in os.supports_fd
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)
_ITSELF = {"follow_symlinks": False} if os.link in os.supports_follow_symlinks else {}
_JUNCTION = 0xA0000003
"""What Windows calls a folder that leads to another one."""
LOST = {errno.EIO, errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What a disk says that has lost something; what else it says of flushing a folder is that it has no such
thing."""
PART = 1 << 16
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{16}\.part")


class Mark(NamedTuple):
    """What a file is known by as long as nobody writes to it."""

    device: int
    number: int
    size: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> Mark:
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class Folder:
    """A folder, of which the user may have named a link. Its methods take names of what lies in it, and raise
    OSError: RefusedFileError for a link and for what is no regular file."""

    def __init__(
        self, path: Path, above: Folder | None = None, *, descriptor: int | None = None, mode: int = 0o666
    ) -> None:
        """above: the folder that it lies in and that it is reached from; then it is refused where it is a
        link. descriptor: by which it is held already; it is closed with it. mode: the permissions of new
        files, of which the user's mask takes some."""
        self.path, self._above, self._mode = path, above, mode
        self._descriptor = self._opened() if descriptor is None and BY_DESCRIPTOR else descriptor
        if self._descriptor is not None:
            weakref.finalize(self, os.close, self._descriptor)
        elif above is not None:
            self._check()
        elif not path.is_dir():
            number = errno.ENOTDIR if os.path.lexists(path) else errno.ENOENT
            raise system_error(number, path)

    def _opened(self) -> int:
        if self._above is None:
            where, flags, above = str(self.path), os.O_RDONLY | _FOLDER, None
        else:
            refuse_link(self._above.stat(self.path.name))
            where, flags, above = self._above._at(self.path.name, os.O_RDONLY | _FOLDER | NOFOLLOW)
        try:
            return os.open(where, flags, dir_fd=above)
        except PermissionError:  # a folder that may be written to and not listed
            return os.open(where, flags | getattr(os, "O_PATH", 0), dir_fd=above)

    def _at(self, name: str, flags: int = 0) -> tuple[str, int, int | None]:
        """What the system's calls take for a name: it, flags, and the folder."""
        if self._descriptor is not None:
            return name, flags, self._descriptor
        self._check()
        return os.path.join(self.path, name), flags, None

    def _check(self) -> None:
        """Where nothing is held, see that no folder on the way has become a link."""
        if self._above is not None:
            self._above._check()
            refuse_link(found := os.stat(self.path, follow_symlinks=False))
            if not stat.S_ISDIR(found.st_mode):
                raise system_error(errno.ENOTDIR, self.path)

    def inside(self, name: str) -> Folder:
        """A folder in this one."""
        return Folder(self.path / name, self)

    def make(self, name: str) -> Folder:
        """A new folder in this one. Raises FileExistsError where there is something of that name."""
        where, _, at = self._at(name)
        os.mkdir(where, dir_fd=at)
        return self.inside(name)

    def inside_or_made(self, name: str) -> Folder:
        """A folder in this one; where it is missing it is made, and its name is on the disk."""
        try:
            return self.inside(name)
        except FileNotFoundError:
            made = self.make(name)
        self.flush()
        return made

    def stat(self, name: str) -> os.stat_result | None:
        """What stands at a name, links not followed; None where there is nothing."""
        where, _, at = self._at(name)
        try:
            return os.stat(where, dir_fd=at, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """The names of all that lies in it, sorted."""
        if self._descriptor is not None:
            return sorted(os.listdir(self._descriptor))
        self._check()
        return sorted(os.listdir(self.path))

    def is_at(self, path: Path) -> bool:
        """Whether a path, links followed, still leads to this folder."""
        try:
            there = os.stat(path)
        except OSError:
            return False
        if self._descriptor is None:
            return stat.S_ISDIR(there.st_mode)
        return os.path.samestat(there, os.fstat(self._descriptor))

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of a regular file. A pipe does not make it wait, and a device is not even opened."""
        for _ in range(3):
            found = self.stat(name)
            if found is not None:
                refuse_special(found, self.path / name)
            where, more, at = self._at(name, flags | NOFOLLOW | _FLAGS)
            try:
                descriptor = os.open(where, more, 0o666, dir_fd=at)
            except OSError as error:
                if error.errno != errno.ELOOP:
                    raise
                raise RefusedFileError("system.link") from error
            opened = os.fstat(descriptor)
            if not stat.S_ISREG(opened.st_mode):
                os.close(descriptor)
                refuse_special(opened, self.path / name)
            if NOFOLLOW or found is None or os.path.samestat(found, opened):
                return descriptor
            os.close(descriptor)  # another file since it was looked at, or a link to one
        raise RefusedFileError("system.link")

    def create(self, name: str) -> IO[bytes]:
        """A new file, with what permissions the user's mask leaves. Raises FileExistsError."""
        where, flags, at = self._at(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | _FLAGS)
        return open(os.open(where, flags, self._mode, dir_fd=at), "wb")

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """A regular file, open."""
        with open(self.open(name), "rb") as file:
            yield file

    def read(self, name: str, most: int) -> bytes:
        """The content of a regular file of at most `most` bytes."""
        return self.read_marked(name, most)[0]

    def read_marked(self, name: str, most: int) -> tuple[bytes, Mark]:
        """The same, with what the file is known by."""
        with self.reading(name) as file:
            return read_opened(file, most), Mark.of(os.fstat(file.fileno()))

    def write_new(self, name: str, content: bytes | Iterable[bytes]) -> Mark:
        """Write a file of a name that is free, at once or part by part, and see it on the disk."""
        with self.create(name) as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
            return Mark.of(os.fstat(file.fileno()))

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write all of a file, and only then give it the name. Whatever else has that name loses it, but for
        a folder, which is in the way."""
        temporary = _unfinished(name)
        try:
            self.write_new(temporary, content)
            self.rename(temporary, name)
        except BaseException:
            self.discard(temporary)
            raise
        self.flush()

    def append(self, name: str, data: bytes) -> None:
        """Write at the end of a file, all of it or nothing. One that has other names is written anew, as it
        would change under those too."""
        size = None
        try:
            with open(self.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab", buffering=0) as file:
                found = os.fstat(file.fileno())
                if found.st_nlink <= 1:
                    size = found.st_size
                    while data:
                        data = data[file.write(data) :]
                    return
        except OSError:  # which may come as late as the file is closed
            if size is not None:
                self._cut(name, size)
            raise
        with self.reading(name) as file:
            data = file.read() + data
        self.write(name, data)

    def _cut(self, name: str, size: int) -> None:
        with suppress(OSError), open(self.open(name, os.O_WRONLY), "wb", buffering=0) as file:
            file.truncate(size)

    def flush_file(self, name: str) -> None:
        """See on the disk what was appended to a file."""
        with open(self.open(name, os.O_RDWR), "r+b", buffering=0) as file:
            os.fsync(file.fileno())

    def put(self, source: Folder, mark: Mark, source_name: str, name: str, content: bytes) -> None:
        """Let a name stand for the same file as one in another folder, known by its mark; a file with that
        content on disks where a file has one name only."""
        temporary = _unfinished(name)
        try:
            theirs, _, there = source._at(source_name)
            ours, _, here = self._at(temporary)
            os.link(theirs, ours, src_dir_fd=there, dst_dir_fd=here, **_ITSELF)
            found = self.stat(temporary)
            if found is None or not stat.S_ISREG(found.st_mode) or Mark.of(found) != mark:
                raise RefusedFileError("system.link")
            self.rename(temporary, name)
        except OSError:
            self.discard(temporary)
            self.write(name, content)
        else:
            self.discard(temporary)  # two names of one file are not replaced

    def rename(self, name: str, to: str) -> None:
        """Give what has a name another one, which is taken from whatever had it."""
        ours, _, at = self._at(name)
        os.replace(ours, self._at(to)[0], src_dir_fd=at, dst_dir_fd=at)

    def remove(self, name: str) -> None:
        """Remove a file, or a link itself."""
        where, _, at = self._at(name)
        os.unlink(where, dir_fd=at)

    def discard(self, name: str) -> None:
        """The same, as far as it can be done."""
        with suppress(OSError):
            self.remove(name)

    def remove_folder(self, name: str) -> None:
        """Remove a folder that is empty."""
        where, _, at = self._at(name)
        os.rmdir(where, dir_fd=at)

    def unfinished(self) -> list[tuple[str, str]]:
        """What was being written when a process was killed: its names, and those that they were meant for."""
        pairs = [(name, match[1]) for name in self.names() if (match := _UNFINISHED.fullmatch(name))]
        found = [(name, meant, self.stat(name)) for name, meant in pairs]
        return [(name, meant) for name, meant, each in found if each and stat.S_ISREG(each.st_mode)]

    def flush(self) -> None:
        """See the names in it on the disk; nothing on systems that have no such thing. Raises OSError."""
        _flush(self.path if self._descriptor is None else ".", self._descriptor)

    def flush_above(self) -> None:
        """See its own name on the disk."""
        _flush(self.path / ".." if self._descriptor is None else "..", self._descriptor)


def _flush(path: Path | str, at: int | None) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY, dir_fd=at)
    except OSError:  # of a folder that may not be listed, and on Windows
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in LOST:
            raise
    finally:
        os.close(descriptor)


def _unfinished(name: str) -> str:
    return f".{name}.{secrets.token_hex(8)}.part"


def make_folder(path: Path) -> Folder:
    """A new folder, and those above it that there are not, their names on the disk. Raises OSError:
    FileExistsError where there is something, be it a link that leads nowhere."""
    make_missing(path.parent)
    above = Folder(path.parent)
    made = above.make(path.name)
    above.flush()
    return made


def make_missing(path: Path, mode: int = 0o777) -> None:
    """A folder and those above it, as far as there are none, their names on the disk. Raises OSError."""
    for each in reversed([each for each in (path, *path.parents) if not each.exists()]):
        with suppress(FileExistsError):
            each.mkdir(mode)
            _flush(each.parent, None)


def is_link(found: os.stat_result) -> bool:
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION


def refuse_link(found: os.stat_result | None) -> None:
    """Raises RefusedFileError for a link."""
    if found is not None and is_link(found):
        raise RefusedFileError("system.link")


def refuse_special(found: os.stat_result, path: Path) -> None:
    """Raises OSError for what is no regular file: RefusedFileError but for a folder."""
    refuse_link(found)
    if stat.S_ISDIR(found.st_mode):
        raise system_error(errno.EISDIR, path)
    if not stat.S_ISREG(found.st_mode):
        raise RefusedFileError(_special(found.st_mode))


def _special(mode: int) -> str:
    """The key of the sentence about what is neither a file nor a folder."""
    if stat.S_ISFIFO(mode):
        return "system.pipe"
    return "system.socket" if stat.S_ISSOCK(mode) else "system.device"


def read_opened(file: IO[bytes], most: int) -> bytes:
    """The content of a file of at most `most` bytes. Raises RefusedFileError for a larger one."""
    size = os.fstat(file.fileno()).st_size
    content = b""
    if size <= most:
        content = file.read(size + 1)  # Python takes memory for as many bytes as it is asked for
        while more := file.read(min(PART, most + 1 - len(content))):  # it grows, or hides its size
            content += more
    if size > most or len(content) > most:
        raise RefusedFileError("system.too_large", most=most)
    return content
