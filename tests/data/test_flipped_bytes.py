"""Small files of each kind in which every byte was changed: they are read, or refused with a sentence, and no
other error and no warning comes out."""

from __future__ import annotations

import gzip
import io
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chainrule.data import load
from chainrule.data.images import digit_from_image, read_grey
from chainrule.errors import DataError


def csv() -> bytes:
    rows = [f"{k / 3:.2f},{'ab'[k % 2]},{k % 3},{'é' * (k % 2) + 'x'}" for k in range(7)]
    return "\n".join(["wide,class,n,w", *rows]).encode()


def npz(packed: bool = False) -> bytes:
    stream = io.BytesIO()
    write = np.savez_compressed if packed else np.savez
    write(stream, x=np.arange(6.0).reshape(3, 2), y=np.array(["a", "b", "a"]))
    return stream.getvalue()


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(6.0).reshape(3, 2))
    return stream.getvalue()


def idx() -> bytes:
    return b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 3) + bytes(range(18))


def picture(kind: str, mode: str = "L", **options: object) -> bytes:
    levels = np.full((12, 12), 230, np.uint8)
    levels[3:9, 5:7] = 20
    stream = io.BytesIO()
    Image.fromarray(levels).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


def parquet() -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    stream = io.BytesIO()
    columns = {"é": [1, 2, 3], "x": [0.5, None, 2.0], "t": ["a", "né", "a"], "y": ["p", "q", "p"]}
    parquet.write_table(pyarrow.table(columns), stream, compression="none", use_dictionary=["y"])
    return stream.getvalue()


KINDS = {
    "t.csv": csv,
    "t.npz": npz,
    "packed.npz": lambda: npz(packed=True),
    "x.npy": npy,
    "a-images-idx3-ubyte": idx,
    "a-images-idx3-ubyte.gz": lambda: gzip.compress(idx(), mtime=0),
    "grey.png": lambda: picture("PNG"),
    "palette.png": lambda: picture("PNG", "P", transparency=bytes(range(256))),
    "colours.png": lambda: picture("PNG", "RGBA"),
    "grey.jpg": lambda: picture("JPEG"),
    "colours.jpg": lambda: picture("JPEG", "RGB", progressive=True, exif=oriented()),
    "t.parquet": parquet,
}
SLOW = ("t.npz", "t.parquet", "colours.jpg", "palette.png", "grey.jpg", "packed.npz")


def oriented() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def changed(content: bytes, step: int) -> Iterator[bytes]:
    """Each byte, or each of some, with other values; and the file cut there."""
    for place in range(0, len(content), step):
        old = content[place]
        for new in {old ^ 1, old ^ 0x80, 0, 255} - {old}:
            yield content[:place] + bytes([new]) + content[place + 1 :]
        yield content[:place]


def _tried(path: Path, content: bytes, step: int) -> int:
    """How many of the changed files were read."""
    read = 0
    for broken in changed(content, step):
        path.write_bytes(broken)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                if path.suffix in (".png", ".jpg"):
                    read_grey(path)
                    digit_from_image(path)
                else:
                    load(path)
                read += 1
            except DataError as error:
                _check_said(error)
    return read


def _check_said(error: DataError) -> None:
    assert 0 < len(str(error)) < 3000


def _beside(folder: Path) -> None:
    (folder / "a-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 2) + b"\0\1")
    np.save(folder / "y.npy", np.array([0, 1, 0]))


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_byte_is_no_unexpected_error(tmp_path: Path, name: str) -> None:
    content = KINDS[name]()
    _beside(tmp_path)
    _tried(tmp_path / name, content, 13 if name in SLOW else 1)


@pytest.mark.long
@pytest.mark.parametrize("name", SLOW)
def test_no_changed_byte_of_the_longer_files_is(tmp_path: Path, name: str) -> None:
    _tried(tmp_path / name, KINDS[name](), 1)
