"""NPZ files: arrays in a ZIP archive, read without ever unpickling and without trusting what they claim.

Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
"""

from __future__ import annotations

import lzma
import math
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Dataset, Info, Scaling
from chainrule.data.samples import as_inputs, as_samples
from chainrule.errors import DataError, ShapeError

MAX_BYTES = 4 << 30
HARMLESS_BYTES = 64 << 20
MAX_HEADER = 4096
MOST_RATIO = 200  # of unpacked to packed bytes, above HARMLESS_BYTES
HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[a-zA-Z]\d+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n"
)


def load_npz(path: str | os.PathLike[str]) -> Dataset:
    """The samples of an NPZ file with x and y (or X), or with x_train, y_train and x_test, y_test.

    x: (n, d), or pictures (n, height, width). y as samples.as_samples takes it. An array `classes` of
    text may name the classes. uint8 inputs are taken for pictures with levels 0..255.
    Raises DataError.
    """
    path = Path(path)
    arrays = read_npz(path)
    arrays = {name.lower(): array for name, array in arrays.items()}
    test = "x_test" in arrays and "y_test" in arrays
    x, y = (arrays.get(part, arrays.get(f"{part}_train")) for part in ("x", "y"))
    if x is None or y is None or ("x_test" in arrays) != ("y_test" in arrays):
        raise DataError("data.npz_names", path=path, found=", ".join(arrays) or "-")
    try:
        train = as_samples((x, y), _info(path, x, y, arrays.get("classes")))
        if not test:
            return Dataset(train)
        return Dataset(train, as_samples((arrays["x_test"], arrays["y_test"]), train.info))
    except ShapeError as error:
        raise DataError("data.in_file", path=path, problem=error) from error


def load_inputs(path: str | os.PathLike[str]) -> NDArray[Any]:
    """The inputs of new samples from an NPZ file: its array x (or X, or x_test), (n, d).

    Raises DataError.
    """
    path = Path(path)
    arrays = {name.lower(): array for name, array in read_npz(path).items()}
    x = arrays.get("x", arrays.get("x_test"))
    if x is None:
        raise DataError("data.npz_names", path=path, found=", ".join(arrays) or "-")
    try:
        return as_inputs(x)[0]
    except ShapeError as error:
        raise DataError("data.in_file", path=path, problem=error) from error


def _info(path: Path, x: NDArray[Any], y: NDArray[Any], classes: NDArray[Any] | None) -> Info:
    """What the arrays show beyond what as_samples sees: the pictures' size and scaling, the classes' names."""
    image = (x.shape[1], x.shape[2]) if x.ndim == 3 else None
    if x.ndim == 2 and x.dtype == np.uint8 and (side := math.isqrt(x.shape[1])) ** 2 == x.shape[1] >= 64:
        image = (side, side)
    scaling = Scaling.fixed(0.0, 1 / 255) if x.dtype == np.uint8 else None
    names = None if classes is None else tuple(str(name) for name in classes.reshape(-1))
    return Info(path.stem, classes=names, image=image, scaling=scaling)


def read_npz(path: Path, *, max_bytes: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """The arrays of an NPZ file by name: numbers, truth values and text; nothing else is let in.

    Sizes are read from the archive's directory before anything is unpacked, and no more is unpacked than
    the directory and the array's own header agree on. Raises DataError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size, packed = (
                sum(each) for each in zip((0, 0), *((m.file_size, m.compress_size) for m in members))
            )
            if size > HARMLESS_BYTES and size > MOST_RATIO * packed:
                raise DataError("data.npz_bomb", path=path, packed=packed, size=size)
            if size > max_bytes:
                raise DataError("data.too_large", path=path, size=size, limit=max_bytes)
            return {member.filename.removesuffix(".npy"): _read(path, archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError) as error:
        raise DataError("data.npz_damaged", path=path, reason=error) from error
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=error.strerror or error) from error


def _read(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """One array; `member.file_size` bounds what is unpacked."""

    def refuse(reason: str) -> DataError:
        return DataError("data.npz_member", path=path, name=member.filename, reason=reason)

    if member.flag_bits & 1:
        raise refuse("encrypted")
    with archive.open(member) as stream:
        start = stream.read(8)
        if start[:6] != b"\x93NUMPY" or start[6:7] not in (b"\1", b"\2", b"\3"):
            raise refuse("not .npy")
        layout = "<H" if start[6] == 1 else "<I"
        field = stream.read(struct.calcsize(layout))
        length = struct.unpack(layout, field)[0] if len(field) == struct.calcsize(layout) else MAX_HEADER + 1
        header = stream.read(length) if length <= MAX_HEADER else b""
        described = HEADER.fullmatch(header)
        if described is None:
            raise refuse("header")
        dtype = np.dtype(described[1].decode())
        if dtype.kind not in "biufU":
            raise refuse(f"dtype {dtype}")
        shape = tuple(int(n) for n in re.findall(rb"\d+", described[3]))
        claimed = math.prod(shape) * dtype.itemsize
        there = member.file_size - len(start) - len(field) - length
        if claimed != there:
            raise refuse(f"{shape} {dtype}: {claimed:,} != {there:,} bytes")
        content = bytearray(stream.read(claimed + 1))
    if len(content) != claimed:
        raise refuse(f"{len(content):,} != {claimed:,} bytes")
    order: Literal["F", "C"] = "F" if described[2] == b"True" else "C"
    return np.frombuffer(content, dtype).reshape(shape, order=order)
