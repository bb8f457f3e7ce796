"""Paths as they are given, and files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import glob
import os
import stat
import sys
import tempfile
from contextlib import suppress
from errno import EISDIR
from io import BufferedReader
from pathlib import Path

from chainrule.errors import RefusedFileError, TrainingError, UsageError, reason, shortened


def path_text(given: object, example: str) -> str:
    """The text of a name or a path. Raises UsageError, with an example, for what is neither."""
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str) or "\0" in text:  # no name of a file can hold the latter
        raise UsageError("reading.not_text", example=example, found=shortened(ascii(given), 60))
    return text


def cache_folder() -> Path:
    """The folder of this user where what can be had again is kept, by the custom of the operating system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        named = os.environ.get("XDG_CACHE_HOME", "")
        base = named if os.path.isabs(named) else Path.home() / ".cache"  # as the XDG specification asks
    return Path(base) / "chainrule"


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises RefusedFileError for one that is larger, and what `open_regular` raises.
    """
    with open_regular(path) as file:
        # of a file that grows meanwhile, no more either
        if os.fstat(file.fileno()).st_size > most or len(content := file.read(most + 1)) > most:
            raise RefusedFileError("system.too_large", most=most)
    return content


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """A regular file, open to be read: neither a pipe without a writer nor an endless device.

    Never waits. Raises RefusedFileError, whose `reason` is a sentence, for what is no regular file; OSError
    where the system refuses.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(EISDIR, "a folder", str(path))
        if not stat.S_ISREG(mode):
            raise RefusedFileError("system.not_regular")
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write the whole of `content` and only then give it the name `path`; text as UTF-8.

    A link stays one, and what it leads to is written. What is no regular file, such as a terminal or a pipe,
    is written to as it is. Raises TrainingError where it cannot be written (no such folder, no permission, a
    full disk); what was there before stays.
    """
    path = Path(os.path.realpath(path))
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
        write_and_flush(temporary, data)
        temporary.chmod(0o666 & ~_umask())  # a temporary file is its owner's alone
        temporary.replace(path)
        temporary = None
        flush_folder(path.parent)
    except OSError as error:
        raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def append(path: Path, text: str) -> None:
    """Write at the end of a file, as UTF-8: all of it, or nothing. Raises TrainingError where it cannot be
    written."""
    try:
        with path.open("ab", buffering=0) as file:
            size, data = file.tell(), text.encode()
            try:
                while data:
                    data = data[file.write(data) :]
            except OSError:
                file.truncate(size)
                raise
    except OSError as error:
        raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error


def write_and_flush(path: Path, content: bytes) -> None:
    """Write a file, and see it on the disk. Raises OSError."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """See the names in a folder on the disk; nothing on systems that have no such thing."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def put(source: Path, path: Path) -> None:
    """Let `path` be the same file as `source`; a copy of it on disks where a file has one name only.

    Raises TrainingError where it cannot be written; what was there before stays.
    """
    temporary = path.with_name(f".{path.name}.link")
    try:
        temporary.unlink(missing_ok=True)
        os.link(source, temporary)
        temporary.replace(path)
        temporary.unlink(missing_ok=True)  # two names of one file are not replaced
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        try:
            content = source.read_bytes()
        except OSError as error:
            raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error
        write_atomically(path, content)


def remove_unfinished(path: Path) -> None:
    """Remove what was being written for `path` when its process was killed."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*"):
        with suppress(OSError):
            left.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
