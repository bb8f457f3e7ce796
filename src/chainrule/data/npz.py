"""Samples as arrays with names, in an NPZ file or in a folder of NPY files; nothing is ever unpickled, and
what a file claims is never trusted."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Dataset, Info, holding_out
from chainrule.data.labels import are_places, kind_of
from chainrule.data.npy import MAX_BYTES, read_header, read_npy
from chainrule.data.rows import Inputs, mapped
from chainrule.data.samples import as_inputs, as_samples, info_of_inputs, matched
from chainrule.errors import DataError, Sentence, ShapeError, listed, reason
from chainrule.files import open_regular

NAMES = frozenset({"x", "y", "x_train", "y_train", "x_test", "y_test", "classes"})
HARMLESS_BYTES = 64 << 20
MOST_RATIO = 200  # of unpacked to packed bytes, above HARMLESS_BYTES
ENCRYPTED = 1  # bit of a member's flags
LOCAL_HEADER = struct.Struct("<26xHH")  # of a member: lengths of its name and of what follows that
CHUNK = 1 << 20
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, struct.error),
    *(ValueError, OverflowError),  # names that are no text, offsets outside the file
)


def load_npz(path: str | os.PathLike[str], learned: Info | None = None) -> Dataset:
    """The samples of an NPZ file with x and y (or X), or with x_train, y_train and x_test, y_test.

    x: (n, d), or pictures (n, height, width); where they are large and not compressed they stay in the file.
    y as samples.as_samples takes it; y_test means what y_train does. An array `classes` may name the classes,
    in the order of their numbers. Without x_test and y_test a fixed fifth is the test part. learned: of the
    data set that a model learned from, with whose classes y is read. Raises DataError.
    """
    path = Path(path)
    return _dataset(path, read_npz(path, NAMES), learned) or _refuse_names(path)


def load_npy(path: str | os.PathLike[str], learned: Info | None = None) -> Dataset:
    """The samples in a folder of NPY files that are named as the arrays of an NPZ file: x.npy and y.npy, or
    x_train.npy and so on. path: of the folder, or of one of these files. learned: as in load_npz. Raises
    DataError."""
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    files = npy_files(folder)
    if path != folder and path not in files.values():
        raise DataError("data.npy_names", path=path, found=path.name)
    arrays = {name: read_npy(file, inputs=name.startswith("x")) for name, file in files.items()}
    data = _dataset(folder, arrays, learned)
    if data is None:
        found = listed([file.name for file in files.values()])
        raise DataError("data.npy_names", path=folder, found=found)
    return data


def npy_files(folder: Path) -> dict[str, Path]:
    """The files in a folder that are arrays of samples, by the arrays' names."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() == ".npy"]
    return {name: file for file in files if (name := file.stem.lower()) in NAMES}


def load_inputs(path: str | os.PathLike[str]) -> Inputs:
    """The inputs of new samples from an NPZ file: its array x (or X, or x_test), (n, d).

    Raises DataError.
    """
    path = Path(path)
    arrays = read_npz(path, {"x", "x_test"})
    if not arrays:
        return _refuse_names(path)
    try:
        return as_inputs(arrays.get("x", arrays.get("x_test")))[0]
    except ShapeError as error:
        raise DataError("data.in_file", path=path, problem=error) from error


def _dataset(path: Path, arrays: dict[str, Inputs], learned: Info | None) -> Dataset | None:
    """The data set that arrays with these names are; None where they are none. learned: see load_npz."""
    x, y = (arrays.get(part, arrays.get(f"{part}_train")) for part in ("x", "y"))
    if x is None or y is None or ("x_test" in arrays) != ("y_test" in arrays):
        return None
    part = "" if "x" in arrays else "_train"
    try:
        inputs, image = as_inputs(x)
        info, places = info_of_inputs(path.stem, inputs, image), None
        if "classes" in arrays:
            info = _with_classes(info, np.ravel(np.asarray(arrays["classes"])))
            places = _places(np.asarray(y), info)
        elif learned is not None:
            info = replace(info, classes=learned.classes, labels=learned.labels, targets=learned.targets)
        found = [as_samples((inputs, y), info, places=places, part=part)]
        if "x_test" in arrays:
            both = arrays["x_test"], arrays["y_test"]
            found.append(as_samples(both, found[0].info, places=places, part="_test"))
        found = found if learned is None else [matched(samples, learned) for samples in found]
        return holding_out(found[0]) if len(found) == 1 else Dataset(found[0], found[1])
    except ShapeError as error:
        raise DataError("data.in_file", path=path, problem=error) from error


def _with_classes(info: Info, names: NDArray[Any]) -> Info:
    """`info` with classes of these names. Raises ShapeError for one that is there twice."""
    classes = tuple(map(str, names.tolist()))
    if len(classes) > len(set(classes)):
        raise ShapeError("data.class_twice", found=Counter(classes).most_common(1)[0][0])
    return replace(info, classes=classes, labels=kind_of(names))


def _places(y: NDArray[Any], info: Info) -> bool | None:
    """Whether the numbers in y, (n,) or (n, 1), are places of the classes that are named beside it; None for
    text and one-hot y. Raises ShapeError where that cannot be told."""
    if y.ndim == 0 or y.size != len(y) or y.dtype.kind not in "biuf":
        return None
    return are_places(y.ravel(), info.classes or (), None, info.name)


def _refuse_names(path: Path) -> NoReturn:
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        found = listed([name.removesuffix(".npy") for name in archive.namelist()])
    raise DataError("data.npz_names", path=path, found=found or "-")


def read_npz(path: Path, wanted: Set[str], *, max_bytes: int = MAX_BYTES) -> dict[str, Inputs]:
    """Those arrays of an NPZ file whose name, in lower case, is `wanted`: numbers, truth values and text.

    Sizes are read from the archive's directory before anything is unpacked, and no more is unpacked than
    the directory and the array's own header agree on. Large inputs that are not compressed stay in the file,
    beside which at most `max_bytes` are read. Raises DataError.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            packed = os.fstat(file.fileno()).st_size
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > HARMLESS_BYTES and size > MOST_RATIO * packed:
                raise DataError("data.npz_bomb", path=path, packed=packed, size=size)
            arrays: dict[str, Inputs] = {}
            for member in members:
                name = member.filename.removesuffix(".npy").lower()
                if name in arrays:
                    raise DataError("data.npz_twice", path=path, name=name)
                if name in wanted:
                    arrays[name] = _read(path, archive, member, max_bytes)
            return arrays
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    except MemoryError as error:
        raise DataError("data.unreadable", path=path, reason=Sentence("system.enomem")) from error
    except DAMAGE as error:
        raise DataError("data.npz_damaged", path=path) from error


def _read(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_bytes: int) -> Inputs:
    """One array; `member.file_size` bounds what is unpacked."""
    name = member.filename.removesuffix(".npy")
    if member.flag_bits & ENCRYPTED:
        raise DataError("data.npz_encrypted", path=path, name=name)
    no_plain_array = DataError("data.npz_member", path=path, name=name)
    with archive.open(member) as stream:
        header = read_header(stream)
        if header is None:
            raise no_plain_array
        claimed, there = header.claimed, member.file_size - header.size
        if claimed != there:
            raise DataError("data.npz_claims", path=path, name=name, expected=claimed, found=there)
        if name.lower().startswith("x") and header.in_rows and member.compress_type == zipfile.ZIP_STORED:
            while stream.read(CHUNK):  # at the end of which the checksum is looked at
                pass
            return mapped(path, _start(path, member) + header.size, header.dtype, header.shape)
        if member.file_size > max_bytes:
            raise DataError("data.too_large", path=path, size=member.file_size, limit=max_bytes)
        content = bytearray(stream.read(claimed + 1))
    if len(content) != claimed:
        raise DataError("data.npz_claims", path=path, name=name, expected=claimed, found=len(content))
    array = header.array(content)
    if array is None:
        raise no_plain_array
    return array


def _start(path: Path, member: zipfile.ZipInfo) -> int:
    """Where the content of a member that is not compressed starts in the archive."""
    with open_regular(path) as file:
        file.seek(member.header_offset)
        name, more = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
    return member.header_offset + LOCAL_HEADER.size + int(name) + int(more)
