"""The IDX format of MNIST: a big-endian header of type and sizes, then the numbers.

Source: LeCun, Cortes and Burges, "The MNIST database", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from chainrule.data.rows import MAPPED_FROM, Rows, mapped
from chainrule.errors import DataError, reason
from chainrule.files import open_regular

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
MAX_RANK = 8  # more than any data have, and far from what NumPy cannot hold
MAX_BYTES = 4 << 30
MAX_DEFLATE_RATIO = 1032  # no deflate stream says more than this many bytes in one
CHUNK = 1 << 20


def read_idx(path: Path, *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """The array in an IDX file, gzipped or not, in the machine's byte order; uint8 stays uint8.

    Nothing larger than the file can hold is ever allocated, whatever the header says.
    Raises DataError for anything but a complete IDX file with something in it, of at most `max_bytes`.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            zipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            stream = gzip.GzipFile(fileobj=file) if zipped else file
            return _read(stream, path, size * MAX_DEFLATE_RATIO if zipped else size, max_bytes)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError("data.gzip_damaged", path=path) from error
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error


def map_idx(path: Path) -> Rows | None:
    """The array of an IDX file that stays there, where it is large, of bytes, and not compressed; else None.

    Raises DataError for a file that is not complete.
    """
    try:
        with open_regular(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size < MAPPED_FROM:
                return None
            if stream.read(2) == GZIP_MAGIC:
                return None
            stream.seek(0)
            dtype, shape, before = _header(stream, path, size)
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    expected = before + math.prod(shape) * dtype.itemsize
    if expected < size:
        raise DataError("data.idx_trailing", path=path, shape=_sizes(shape), expected=expected)
    return mapped(path, before, dtype, shape) if dtype == np.uint8 and len(shape) == 3 else None


def _header(
    stream: BinaryIO | gzip.GzipFile, path: Path, most: int
) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type and shape of the array in a stream, which can give `most` bytes at the very most, and the number
    of bytes before it."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= MAX_RANK:
        raise DataError("data.idx_magic", path=path, found=magic.hex(" ") or "-")
    dtype, rank = np.dtype(TYPES[magic[2]]), magic[3]
    header = stream.read(4 * rank)
    if len(header) < 4 * rank:
        raise DataError("data.idx_length", path=path, expected=4 + 4 * rank, found=4 + len(header))
    shape = tuple(int(n) for n in np.frombuffer(header, ">u4"))
    before = 4 + 4 * rank
    expected = before + math.prod(shape) * dtype.itemsize  # Python's integers do not wrap around
    if expected == before:
        raise DataError("data.no_samples", path=path)
    if expected > most:
        raise DataError("data.idx_claims", path=path, shape=_sizes(shape), expected=expected, found=most)
    return dtype, shape, before


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _read(stream: BinaryIO | gzip.GzipFile, path: Path, most: int, max_bytes: int) -> NDArray[Any]:
    dtype, shape, before = _header(stream, path, most)
    expected = math.prod(shape) * dtype.itemsize
    if expected > max_bytes:
        raise DataError("data.too_large", path=path, size=expected, limit=max_bytes)
    content = bytearray()
    while chunk := stream.read(min(CHUNK, expected + 1 - len(content))):
        content += chunk
    if len(content) < expected:
        raise DataError("data.idx_length", path=path, expected=expected + before, found=len(content) + before)
    if len(content) > expected:
        raise DataError("data.idx_trailing", path=path, shape=_sizes(shape), expected=expected + before)
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
