"""Download of published files: several mirrors, checksums, and a broken download goes on where it broke."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from chainrule.errors import DataError, DownloadError, listed, reason
from chainrule.sentences import say

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes that are here, and all its bytes where the server tells."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CHUNK = 1 << 16
ATTEMPTS = 3  # at one mirror, as long as each brings something
SLOWEST = 1_000  # bytes a second, on average after the time-out's length


@dataclass(frozen=True)
class Published:
    """A file as it was published: gzipped, `size` bytes uncompressed, and the MD5 of one of the two."""

    name: str
    size: int
    md5: str
    of: Literal["file", "content"]


class MirrorError(Exception):
    """One attempt at one mirror failed; its text is a sentence for the summary."""

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(say(key, **fields))


def fetch(
    files: Sequence[Published],
    folder: Path,
    *,
    mirrors: Sequence[str],
    offline: bool = False,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> list[Path]:
    """The paths of `files` in `folder`; what is missing is downloaded from the first mirror that serves it.

    mirrors: addresses of folders; https only, or http to this machine itself.
    timeout: seconds without a byte before a mirror is given up. What is already there is not checked
    again. A file appears under its name only when it is complete and its checksum is right; until then
    it is `NAME.<mirror>.part`. Raises DataError with the reason for each mirror, or, where `offline`,
    one that says what to put where.
    """
    paths = [folder / file.name for file in files]
    missing = [file.name for file, path in zip(files, paths, strict=True) if not path.is_file()]
    if missing and offline:
        raise DataError("data.offline", names=listed(missing), folder=folder, address=mirrors[0])
    if missing:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder):
                for file, path in zip(files, paths, strict=True):
                    if not path.is_file():  # another process may have been faster
                        _from_any(file, path, mirrors, progress, timeout)
        except OSError as error:
            raise DownloadError("data.unwritable", path=folder, reason=reason(error)) from error
    return paths


def _from_any(
    file: Published, path: Path, mirrors: Sequence[str], progress: Progress | None, timeout: float
) -> None:
    reasons = []
    for mirror in mirrors:
        try:
            return _from_mirror(mirror + file.name, file, path, progress, timeout)
        except MirrorError as reason:
            reasons.append(f"\n  {mirror}: {reason}")
    raise DownloadError("data.no_mirror", name=file.name, reasons="".join(reasons), folder=path.parent)


def _from_mirror(url: str, file: Published, path: Path, progress: Progress | None, timeout: float) -> None:
    """Put the file at `path`, or raise MirrorError. What was received before the break is kept."""
    # Mirrors compress differently, so a part belongs to its mirror.
    part = path.with_name(f"{path.name}.{zlib.crc32(url.encode()):08x}.part")
    for left in reversed(range(ATTEMPTS)):
        had = part.stat().st_size if part.exists() else 0
        try:
            _receive(url, file, part, progress, timeout)
        except MirrorError:
            if left and part.exists() and part.stat().st_size > had:
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


def _receive(url: str, file: Published, part: Path, progress: Progress | None, timeout: float) -> None:
    """Bring `part` to its full length, from its present length where the server can."""
    had = part.stat().st_size if part.exists() else 0
    try:
        reply = _open(url, had, timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and had:  # nothing comes after what is here; the checksum tells if it is right
            return
        raise MirrorError("data.http_status", status=error.code) from error
    except (OSError, http.client.HTTPException) as error:
        raise _broken(error) from error
    with reply:
        if reply.status == 206 and not reply.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
            raise MirrorError("data.http_range")
        _store(reply, file, part, had if reply.status == 206 else 0, progress, timeout)


def _open(url: str, had: int, timeout: float) -> Any:
    """The reply to a request for what comes after the first `had` bytes."""
    _check_address(url)
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", "User-Agent": "chainrule"})
    if had:
        request.add_header("Range", f"bytes={had}-")
    return urllib.request.build_opener(_Redirects).open(request, timeout=timeout)


def _store(
    reply: Any, file: Published, part: Path, had: int, progress: Progress | None, timeout: float
) -> None:
    """Append a reply's body to the first `had` bytes of `part`, within the bounds of size and time."""
    length = reply.headers.get("Content-Length", "")
    total = had + int(length) if length.isdigit() else None
    most = file.size + CHUNK  # gzip never makes anything longer by more
    started = time.monotonic()
    received = had
    with part.open("r+b" if had else "wb") as out:
        out.seek(had)
        while chunk := _next(reply):
            out.write(chunk)
            received += len(chunk)
            if received > most:
                out.truncate(0)
                raise MirrorError("data.longer", limit=most)
            elapsed = time.monotonic() - started
            if elapsed > timeout and (received - had) / elapsed < SLOWEST:
                raise MirrorError("data.slow", rate=round((received - had) / elapsed))
            if progress:
                progress(file.name, received, total)
    if total is not None and received < total:
        raise MirrorError("data.cut_short", received=received, total=total)


def _next(reply: Any) -> bytes:
    """The next bytes of a reply; empty at its end."""
    try:
        chunk: bytes = reply.read1(CHUNK)
    except (OSError, http.client.HTTPException) as error:  # the network's; the disk's go further up
        raise _broken(error) from error
    return chunk


def _broken(error: OSError | http.client.HTTPException) -> MirrorError:
    """What is said of a connection that failed."""
    cause = getattr(error, "reason", error)  # urllib wraps what happened
    if isinstance(cause, socket.gaierror):
        return MirrorError("data.no_host")
    return MirrorError("data.connection", reason=reason(cause) if isinstance(cause, OSError) else cause)


def _is_right(part: Path, file: Published) -> bool:
    """Whether the checksum holds; unpacking stops as soon as there is more than there should be."""
    digest = hashlib.md5(usedforsecurity=False)
    if file.of == "file":
        digest.update(part.read_bytes())
        return digest.hexdigest() == file.md5
    unpacker = zlib.decompressobj(wbits=31)  # a gzip stream
    unpacked = 0
    try:
        with part.open("rb") as stream:
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


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but never from https down to anything else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> urllib.request.Request | None:
        request = super().redirect_request(*args, **kwargs)
        if request is not None:
            _check_address(request.full_url)
        return request


def _check_address(url: str) -> None:
    address = urllib.parse.urlsplit(url)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOOPBACK):
        raise MirrorError("data.https_only", address=url)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from downloading into `folder` meanwhile, where the system has such locks."""
    if sys.platform == "win32":
        yield  # two at once would spoil each other's part, which the checksum finds
        return
    import fcntl

    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
