"""IDX files written for tests."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from chainrule.data.mnist import FILES

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: np.ndarray) -> bytes:
    """An array in the IDX format, by its definition."""
    kind = array.dtype.str[1:]
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, CODES[kind], array.ndim]) + sizes + array.astype(f">{kind}").tobytes()


def small_set(train: int = 4, test: int = 2, side: int = 28) -> list[bytes]:
    """The four files of a data set like MNIST, in the order of FILES."""
    rng = np.random.default_rng(0)
    arrays = []
    for count in (train, test):
        arrays += [rng.integers(0, 256, (count, side, side), np.uint8), (np.arange(count) % 10).astype("u1")]
    return [idx(array) for array in arrays]


def write_set(folder: Path, contents: list[bytes], *, zipped: bool = False, dotted: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(FILES, contents, strict=True):
        stem = name.replace("-idx", ".idx") if dotted else name
        if zipped:
            (folder / f"{stem}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (folder / stem).write_bytes(content)
