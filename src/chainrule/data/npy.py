"""NPY files: one array each, read without ever unpickling and without trusting what they claim.

Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
"""

from __future__ import annotations

import math
import os
import re
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.rows import MAPPED_FROM, Inputs, mapped
from chainrule.errors import DataError, reason
from chainrule.files import open_regular

MAGIC = b"\x93NUMPY"
MAX_BYTES = 4 << 30
MAX_HEADER = 4096
HEADER = re.compile(
    rb"\{'descr': '([<>|=]?(?:b1|[iu][1248]|f[248]|U\d{1,6}))', "
    rb"'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n"
)


@dataclass(frozen=True)
class Header:
    """What an NPY file says of its array: type, shape, whether it is written column by column, and with how
    many bytes it says so."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    by_columns: bool
    size: int

    @property
    def claimed(self) -> int:
        """The bytes that the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def in_rows(self) -> bool:
        """Whether the array is inputs that can stay in their file: large, numbers, and row by row."""
        plain = self.dtype.kind in "biuf" and len(self.shape) in (2, 3) and not self.by_columns
        return plain and self.claimed >= MAPPED_FROM

    def array(self, content: bytearray) -> NDArray[Any] | None:
        """The array of that content, whose size is right; None where NumPy cannot have it."""
        if self.dtype.kind == "U":
            letters = np.frombuffer(content, self.dtype.byteorder + "u4")
            if np.any(letters > sys.maxunicode):
                return None
        try:
            return np.frombuffer(content, self.dtype).reshape(
                self.shape, order="F" if self.by_columns else "C"
            )
        except (ValueError, OverflowError):
            return None


def read_header(stream: IO[bytes]) -> Header | None:
    """The header at the start of a stream; None where it is none, or one of an array of other than numbers,
    truth values and text."""
    start = stream.read(8)
    if start[:6] != MAGIC or start[6:7] not in (b"\1", b"\2", b"\3"):
        return None
    layout = "<H" if start[6] == 1 else "<I"
    (length,) = struct.unpack(layout, stream.read(struct.calcsize(layout)))
    described = HEADER.fullmatch(stream.read(min(length, MAX_HEADER)))
    if described is None:
        return None
    shape = tuple(int(n) for n in re.findall(rb"\d+", described[3]))
    dtype = np.dtype(described[1].decode())
    return Header(dtype, shape, described[2] == b"True", len(start) + struct.calcsize(layout) + length)


def read_npy(path: Path, *, inputs: bool) -> Inputs:
    """The array of an NPY file: numbers, truth values or text. Large `inputs` stay in it. Raises
    DataError."""
    try:
        with open_regular(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            header = read_header(stream)
            if header is None:
                raise DataError("data.npy_kind", path=path)
            if header.claimed != size - header.size:
                raise DataError(
                    "data.npy_claims", path=path, expected=header.claimed, found=size - header.size
                )
            if inputs and header.in_rows:
                return mapped(path, header.size, header.dtype, header.shape)
            if header.claimed > MAX_BYTES:
                raise DataError("data.too_large", path=path, size=header.claimed, limit=MAX_BYTES)
            array = header.array(bytearray(stream.read(header.claimed)))
    except struct.error as error:
        raise DataError("data.npy_kind", path=path) from error
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    if array is None:
        raise DataError("data.npy_kind", path=path)
    return array
