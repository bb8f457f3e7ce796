"""Paths as they are given, and files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from chainrule.errors import TrainingError, UsageError, reason, shortened
from chainrule.folders import Folder, make_missing, read_opened, refuse_special


def path_text(given: object, example: str) -> str:
    """The text of a name or a path. Raises UsageError, with an example, for what is neither, and for what no
    file can be called."""
    text = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str):
        raise UsageError("reading.not_text", example=example, found=shortened(ascii(given), 60))
    try:
        possible = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise UsageError("reading.no_file_name", found=shortened(ascii(text), 60))
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


def make_cache_folder(folder: Path) -> None:
    """Make a folder of the cache and those above it. Others may write to none that it makes, whatever the
    umask says: what a user's cache holds is trusted, such as machine code. Raises OSError."""
    make_missing(folder, 0o755)


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises RefusedFileError for one that is larger, and what `open_regular` raises.
    """
    with open_regular(path) as file:
        return read_opened(file, most)


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """A regular file, open to be read: neither a pipe without a writer nor an endless device.

    Never waits. Raises RefusedFileError, whose `reason` is a sentence, for what is no regular file; OSError
    where the system refuses.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket cannot even be opened
            refuse_special(os.stat(path), Path(path))
        raise
    try:
        refuse_special(os.fstat(descriptor), Path(path))
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write the whole of `content` and only then give it the name `path`; text as UTF-8.

    A link stays one, and what it leads to is written. What is no regular file, such as a terminal or a pipe,
    is written to as it is. Raises TrainingError where it cannot be written (no such folder, no permission, a
    full disk), and UsageError for what no file can be called; what was there before stays.
    """
    path = Path(os.path.realpath(path_text(path, "model.safetensors")))
    data = content.encode() if isinstance(content, str) else content
    with writing(path):
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            Folder(path.parent).write(path.name, data)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises TrainingError, with the reason, where the system refuses to write at a path."""
    try:
        yield
    except OSError as error:
        raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error
