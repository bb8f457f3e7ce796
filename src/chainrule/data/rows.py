"""Inputs that stay in their file, where it is large: a few rows are read when they are needed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, ShapeError, reason
from chainrule.files import cache_folder, make_cache_folder

MAPPED_FROM = 64 << 20
"""Bytes of inputs from which on they stay in their file; smaller ones are handled faster in memory."""
PART = 1 << 20
"""Numbers that are taken from inputs at once where all of them are gone through."""


class Rows:
    """Inputs (n, d) in a file: the rows of its array, or the chosen ones in their order.

    x[rows], for a slice or for numbers of rows, reads these into memory: uint8 as it is, any other numbers as
    float64. content: the file's rows as bytes, mapped. stored: the numbers that these are. image: height and
    width where the file has pictures.
    """

    ndim = 2

    def __init__(
        self,
        content: NDArray[np.uint8],
        stored: np.dtype[Any],
        image: tuple[int, int] | None = None,
        chosen: NDArray[np.intp] | None = None,
    ) -> None:
        self.content, self.stored, self.image, self.chosen = content, stored, image, chosen

    @property
    def shape(self) -> tuple[int, int]:
        rows = self.content if self.chosen is None else self.chosen
        return len(rows), self.content.shape[1] // self.stored.itemsize

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows when they are read."""
        return np.dtype(np.uint8 if self.stored == np.uint8 else np.float64)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> NDArray[Any]:
        places = rows if self.chosen is None else self.chosen[rows]
        # by bytes: numbers in a file need not lie where the processor can read them
        read = np.array(self.content[places]) if isinstance(places, slice) else self.content.take(places, 0)
        with np.errstate(invalid="ignore"):  # of NaN that signals, which is told by its place
            return read.view(self.stored).astype(self.dtype, copy=False)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[:].astype(dtype or self.dtype, copy=False)

    def take(self, rows: NDArray[np.intp] | slice) -> Rows:
        """Those rows, still in their file."""
        return Rows(self.content, self.stored, self.image, self.numbers[rows])

    @property
    def numbers(self) -> NDArray[np.intp]:
        """Which rows of the file these are, (n,)."""
        return np.arange(len(self.content)) if self.chosen is None else self.chosen


Inputs = NDArray[Any] | Rows


def mapped(path: Path, offset: int, stored: np.dtype[Any], shape: Sequence[int]) -> Rows:
    """The array (n, d), or (n, height, width), of that type and shape that stands in a file from `offset` on,
    row by row. Raises DataError where the file cannot be mapped, or holds what is no finite number."""
    width = math.prod(shape[1:]) * stored.itemsize
    try:
        content = np.memmap(path, np.uint8, "r", offset, (shape[0], width))
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    x = Rows(np.asarray(content), stored, (shape[1], shape[2]) if len(shape) == 3 else None)
    if stored.kind == "f":
        _check_finite(x, path)
    return x


def _check_finite(x: Rows, path: Path) -> None:
    first = 0
    for part in parts(x):
        if (bad := np.argwhere(~np.isfinite(part))).size:
            row, column = map(int, bad[0])
            position = f"[{first + row}, {column}]"
            problem = ShapeError("data.not_finite", what="x", value=part[row, column], position=position)
            raise DataError("data.in_file", path=path, problem=problem)
        first += len(part)


def gathered(parts: Iterable[NDArray[np.float64]]) -> Inputs:
    """The rows of all parts, each (n, d); where they are many, in a file without a name in the user's cache,
    which is gone with the process. Raises DataError where it cannot be written."""
    held: list[NDArray[np.float64]] = []
    total = 0
    folder = cache_folder()
    try:
        with ExitStack() as stack:
            file: IO[bytes] | None = None
            for part in parts:
                held.append(part)
                total += part.nbytes
                if file is None and total >= MAPPED_FROM:
                    make_cache_folder(folder)
                    file = stack.enter_context(TemporaryFile(dir=folder))
                if file is not None:
                    file.writelines(np.ascontiguousarray(each).data for each in held)
                    held = [part[:0]]
            if file is None:
                return np.concatenate(held)
            width = held[0].shape[1] * 8
            file.flush()
            content = np.memmap(file, np.uint8, "r", 0, (total // width, width))
            return Rows(np.asarray(content), np.dtype(np.float64))
    except OSError as error:
        raise DataError("data.unwritable", path=folder, reason=reason(error)) from error


def parts(x: Inputs) -> Iterator[NDArray[Any]]:
    """All rows, in their order, few at a time."""
    rows = max(1, PART // max(1, math.prod(x.shape[1:])))
    for first in range(0, len(x), rows):
        yield x[first : first + rows]


def joined(several: Sequence[Inputs]) -> Inputs:
    """The rows of several inputs as one; in their file where they come from the same one."""
    first = several[0]
    if isinstance(first, Rows) and all(isinstance(x, Rows) and x.content is first.content for x in several):
        numbers = [x.numbers for x in several if isinstance(x, Rows)]
        return Rows(first.content, first.stored, first.image, np.concatenate(numbers))
    return np.concatenate([np.asarray(x) for x in several])
