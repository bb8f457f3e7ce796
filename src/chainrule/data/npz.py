"""NPZ files: arrays in a ZIP archive, read without ever unpickling and without trusting what they claim.

Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
"""

from __future__ import annotations

import lzma
import math
import os
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Dataset, holding_out
from chainrule.data.samples import as_inputs, as_samples, info_of_inputs
from chainrule.errors import DataError, ShapeError, reason

MAX_BYTES = 4 << 30
HARMLESS_BYTES = 64 << 20
MAX_HEADER = 4096
MOST_RATIO = 200  # of unpacked to packed bytes, above HARMLESS_BYTES
ENCRYPTED = 1  # bit of a member's flags
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, struct.error),
    *(ValueError, OverflowError),  # names that are no text, offsets outside the file
)
HEADER = re.compile(
    rb"\{'descr': '([<>|=]?(?:b1|[iu][1248]|f[248]|U\d{1,6}))', "
    rb"'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n"
)


def load_npz(path: str | os.PathLike[str]) -> Dataset:
    """The samples of an NPZ file with x and y (or X), or with x_train, y_train and x_test, y_test.

    x: (n, d), or pictures (n, height, width). y as samples.as_samples takes it. An array `classes` of
    text may name the classes. Without x_test and y_test a fixed fifth is the test part. Raises DataError.
    """
    path = Path(path)
    arrays = read_npz(path, {"x", "y", "x_train", "y_train", "x_test", "y_test", "classes"})
    x, y = (arrays.get(part, arrays.get(f"{part}_train")) for part in ("x", "y"))
    if x is None or y is None or ("x_test" in arrays) != ("y_test" in arrays):
        raise _other_names(path)
    try:
        inputs, image = as_inputs(x)
        info = info_of_inputs(path.stem, inputs, image)
        if "classes" in arrays:
            info = replace(info, classes=tuple(str(name) for name in arrays["classes"].reshape(-1)))
        train = as_samples((inputs, y), info)
        if "x_test" not in arrays:
            return holding_out(train)
        return Dataset(train, as_samples((arrays["x_test"], arrays["y_test"]), train.info))
    except ShapeError as error:
        raise DataError("data.in_file", path=path, problem=error) from error


def load_inputs(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The inputs of new samples from an NPZ file: its array x (or X, or x_test), (n, d).

    Raises DataError.
    """
    path = Path(path)
    arrays = read_npz(path, {"x", "x_test"})
    if not arrays:
        raise _other_names(path)
    try:
        return as_inputs(arrays.get("x", arrays.get("x_test")))[0]
    except ShapeError as error:
        raise DataError("data.in_file", path=path, problem=error) from error


def _other_names(path: Path) -> DataError:
    with zipfile.ZipFile(path) as archive:
        found = ", ".join(name.removesuffix(".npy") for name in archive.namelist())
    return DataError("data.npz_names", path=path, found=found or "-")


def read_npz(path: Path, wanted: Set[str], *, max_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """Those arrays of an NPZ file whose name, in lower case, is `wanted`: numbers, truth values and text.

    Sizes are read from the archive's directory before anything is unpacked, and no more is unpacked than
    the directory and the array's own header agree on. Raises DataError.
    """
    try:
        packed = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > HARMLESS_BYTES and size > MOST_RATIO * packed:
                raise DataError("data.npz_bomb", path=path, packed=packed, size=size)
            if size > max_bytes:
                raise DataError("data.too_large", path=path, size=size, limit=max_bytes)
            arrays: dict[str, NDArray[Any]] = {}
            for member in members:
                name = member.filename.removesuffix(".npy").lower()
                if name in arrays:
                    raise DataError("data.npz_twice", path=path, name=name)
                if name in wanted:
                    arrays[name] = _read(path, archive, member)
            return arrays
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    except DAMAGE as error:
        raise DataError("data.npz_damaged", path=path) from error


def _read(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """One array; `member.file_size` bounds what is unpacked."""

    name = member.filename.removesuffix(".npy")
    if member.flag_bits & ENCRYPTED:
        raise DataError("data.npz_encrypted", path=path, name=name)
    no_plain_array = DataError("data.npz_member", path=path, name=name)
    with archive.open(member) as stream:
        start = stream.read(8)
        if start[:6] != b"\x93NUMPY" or start[6:7] not in (b"\1", b"\2", b"\3"):
            raise no_plain_array
        layout = "<H" if start[6] == 1 else "<I"
        (length,) = struct.unpack(layout, stream.read(struct.calcsize(layout)))
        described = HEADER.fullmatch(stream.read(min(length, MAX_HEADER)))
        if described is None:
            raise no_plain_array
        dtype = np.dtype(described[1].decode())
        shape = tuple(int(n) for n in re.findall(rb"\d+", described[3]))
        claimed = math.prod(shape) * dtype.itemsize
        there = member.file_size - len(start) - struct.calcsize(layout) - length
        if claimed != there:
            raise DataError("data.npz_claims", path=path, name=name, expected=claimed, found=there)
        content = bytearray(stream.read(claimed + 1))
    if len(content) != claimed:
        raise DataError("data.npz_claims", path=path, name=name, expected=claimed, found=len(content))
    if dtype.kind == "U" and np.any(np.frombuffer(content, dtype.byteorder + "u4") > sys.maxunicode):
        raise no_plain_array
    order: Literal["F", "C"] = "F" if described[2] == b"True" else "C"
    try:
        return np.frombuffer(content, dtype).reshape(shape, order=order)
    except ValueError as error:  # a shape that NumPy cannot have
        raise no_plain_array from error
