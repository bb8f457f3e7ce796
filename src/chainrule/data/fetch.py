"""Download of published files: several mirrors, checksums, and a broken download goes on where it broke."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from chainrule.data.web import CHUNK, Answer, MirrorError, asked
from chainrule.errors import ChainruleError, DataError, DownloadError, RefusedFileError, listed, reason
from chainrule.files import make_cache_folder
from chainrule.folders import Folder
from chainrule.sentences import Said

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes that are here, and all its bytes where the server tells."""
Warn = Callable[[ChainruleError], None]
"""Told what a person should know who waits."""

ATTEMPTS = 3  # at one mirror, as long as each brings something
PATIENCE = 10  # times the time-out's length, with another process that gets nowhere
LOCK = ".lock"
GLANCE = 0.1  # seconds between two looks at what another process does


@dataclass(frozen=True)
class Published:
    """A file as it was published: gzipped, `size` bytes uncompressed, and the MD5 of one of the two."""

    name: str
    size: int
    md5: str
    of: Literal["file", "content"]


def fetch(
    files: Sequence[Published],
    folder: Path,
    *,
    mirrors: Sequence[str],
    offline: bool = False,
    progress: Progress | None = None,
    warn: Warn | None = None,
    timeout: float = 30.0,
) -> list[Path]:
    """The paths of `files` in `folder`; what is missing is downloaded from the first mirror that serves it.

    mirrors: addresses of folders; https only, or http to this machine itself.
    timeout: seconds in which a mirror must begin to serve, and over which it must not become slow.
    warn: told where another process downloads into the folder, so that this one waits for it.
    What is already there is not checked again. A file appears under its name only when it is complete and
    its checksum is right; until then it is `NAME.<mirror>.part`. Raises DataError with the reason for each
    mirror, where another process gets nowhere, or, where `offline`, one that says what to put where.
    """
    paths = [folder / file.name for file in files]
    missing = [file.name for file, path in zip(files, paths, strict=True) if not path.is_file()]
    if missing and offline:
        raise DataError("data.offline", names=listed(missing), folder=folder, address=mirrors[0])
    if missing:
        try:
            make_cache_folder(folder)
            with _alone(folder, timeout, warn):
                for file, path in zip(files, paths, strict=True):
                    if not path.is_file():  # another process may have been faster
                        _from_any(file, path, mirrors, progress, timeout)
        except OSError as error:
            place = error.filename if isinstance(error, RefusedFileError) else folder
            raise DownloadError("data.unwritable", path=place, reason=reason(error)) from error
    return paths


class _Reasons(list[tuple[str, MirrorError]], Said):
    """Why each mirror failed, a line each, in the language of the moment in which it is read."""

    def __str__(self) -> str:
        return "".join(f"\n  {mirror}: {error}" for mirror, error in self)


def _from_any(
    file: Published, path: Path, mirrors: Sequence[str], progress: Progress | None, timeout: float
) -> None:
    reasons = _Reasons()
    for mirror in mirrors:
        try:
            return _from_mirror(mirror + file.name, file, path, progress, timeout)
        except MirrorError as error:
            reasons.append((mirror, error))
    raise DownloadError("data.no_mirror", name=file.name, reasons=reasons, folder=path.parent)


def _from_mirror(url: str, file: Published, path: Path, progress: Progress | None, timeout: float) -> None:
    """Put the file at `path`, or raise MirrorError. What was received before the break is kept."""
    # Mirrors compress differently, so a part belongs to its mirror.
    part = path.with_name(f"{path.name}.{zlib.crc32(url.encode()):08x}.part")
    for left in reversed(range(ATTEMPTS)):
        had = _kept(part)
        try:
            _receive(url, file, part, had, progress, timeout)
        except MirrorError:
            if left and _kept(part) > had:
                continue
            raise
        if _is_right(part, file):
            os.replace(part, path)
            for broken in path.parent.glob(f"{path.name}.*.part"):  # what other mirrors left
                broken.unlink()
            return
        part.unlink()
        if not had:  # else the old beginning may be what is wrong
            break
    raise MirrorError("data.checksum", expected=file.md5)


def _receive(
    url: str, file: Published, part: Path, had: int, progress: Progress | None, timeout: float
) -> None:
    """Bring `part` to its full length, from its present length where the server can."""
    with asked(url, had, timeout) as answer:
        if answer.status == 416 and had:  # nothing comes after what is here; the checksum judges it
            return
        if answer.status not in (200, 206):
            raise MirrorError("data.http_status", status=answer.status)
        if answer.status == 206 and answer.start != had:
            raise MirrorError("data.http_range")
        _store(answer, file, part, had if answer.status == 206 else 0, progress)


def _store(answer: Answer, file: Published, part: Path, had: int, progress: Progress | None) -> None:
    """Append an answer's body to the first `had` bytes of `part`, within the bounds of size and time."""
    total = None if answer.length is None else had + answer.length
    most = file.size + CHUNK  # gzip never makes anything longer by more
    received = had
    with _opened(part, os.O_RDWR | os.O_CREAT) as out:
        out.truncate(had)
        out.seek(had)
        for piece in answer.body:
            out.write(piece)
            received += len(piece)
            if received > most:
                out.truncate(0)
                raise MirrorError("data.longer", limit=most)
            if progress:
                progress(file.name, received, total)
    if total is not None and received < total:
        raise MirrorError("data.cut_short", received=received, total=total)


def _kept(part: Path) -> int:
    """The bytes that a part has. What is none of this user's, such as a link, is removed."""
    try:
        found = part.lstat()
    except FileNotFoundError:
        return 0
    if _is_plain(found) and (not hasattr(os, "getuid") or found.st_uid == os.getuid()):
        return found.st_size
    part.unlink()
    return 0


def _is_plain(found: os.stat_result) -> bool:
    """Whether it is a regular file of one name, so that nothing else changes with it."""
    return stat.S_ISREG(found.st_mode) and found.st_nlink <= 1


def _opened(path: Path, how: int) -> IO[bytes]:
    """A file of the download's own; no link is followed, and no pipe waited for. Raises OSError."""
    try:
        descriptor = Folder(path.parent).open(path.name, how)
        if _is_plain(os.fstat(descriptor)):
            return open(descriptor, "r+b" if how & os.O_RDWR else "rb")
        os.close(descriptor)
        raise RefusedFileError("system.link")
    except RefusedFileError as error:
        error.filename = str(path)
        raise


def _is_right(part: Path, file: Published) -> bool:
    """Whether the checksum holds; unpacking stops as soon as there is more than there should be."""
    digest = hashlib.md5(usedforsecurity=False)
    if file.of == "file":
        with _opened(part, os.O_RDONLY) as stream:
            while packed := stream.read(CHUNK):
                digest.update(packed)
        return digest.hexdigest() == file.md5
    unpacker = zlib.decompressobj(wbits=31)  # a gzip stream
    unpacked = 0
    try:
        with _opened(part, os.O_RDONLY) as stream:
            while packed := stream.read(CHUNK):
                while packed:
                    content = unpacker.decompress(packed, CHUNK)
                    packed = unpacker.unconsumed_tail
                    digest.update(content)
                    unpacked += len(content)
                    if unpacked > file.size:
                        return False
    except zlib.error:
        return False
    return unpacker.eof and not unpacker.unused_data and digest.hexdigest() == file.md5


@contextmanager
def _alone(folder: Path, timeout: float, warn: Warn | None) -> Iterator[None]:
    """Keep other processes from downloading into `folder` meanwhile, where the system has such locks."""
    if sys.platform == "win32":
        yield  # two at once would spoil each other's part, which the checksum finds
        return
    with _opened(folder / LOCK, os.O_RDWR | os.O_CREAT) as lock:
        _wait_for(lock, folder, timeout, warn)
        yield


def _wait_for(lock: IO[bytes], folder: Path, timeout: float, warn: Warn | None) -> None:
    """Take the lock. Raises DownloadError where who has it gets nowhere, as a process that was stopped."""
    seen: list[tuple[str, int]] = []
    since = None
    while not _taken(lock):
        if since is None and warn:
            warn(DownloadError("data.waits", folder=folder))
        now_there = _sizes(folder)
        if since is None or now_there != seen:
            seen, since = now_there, time.monotonic()
        if time.monotonic() - since > PATIENCE * timeout:
            raise DownloadError("data.busy", folder=folder, seconds=PATIENCE * timeout)
        time.sleep(min(GLANCE, timeout))


def _taken(lock: IO[bytes]) -> bool:
    """Whether the lock is this process's now."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a disk without locks: two at once would spoil each other's part, as the checksum finds
        return True
    return True


def _sizes(folder: Path) -> list[tuple[str, int]]:
    """What another process changes in a folder as it gets on."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # it was renamed meanwhile
                found.append((entry.name, entry.stat(follow_symlinks=False).st_size))
    return sorted(found)
