"""Parquet files as tables, by the library of the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.tables import CELLS, Cells, Table, checked_header
from chainrule.errors import DataError, RefusedFileError, Sentence, reason
from chainrule.extras import need
from chainrule.files import open_regular

DAMAGE = (OSError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, Warning)
"""What the library raises besides its own errors: names that are no text, and whatever its parts say."""


def parquet_parts(path: Path) -> Iterator[Table]:
    """The rows of a Parquet file, part by part. Raises DataError, and UsageError without the extra."""
    need("pyarrow", "extras.parquet", path=path)
    import pyarrow
    from pyarrow import parquet

    first = 1
    damage = (pyarrow.ArrowException, *DAMAGE)
    try:
        open_regular(path).close()
        with parquet.ParquetFile(path, memory_map=True) as file:
            names = checked_header(path, file.schema_arrow.names)
            kinds = zip(names, file.schema_arrow.types, strict=True)
            truths = frozenset(name for name, kind in kinds if pyarrow.types.is_boolean(kind))
            rows = max(1, CELLS // max(1, len(names)))
            for batch in file.iter_batches(rows, use_threads=False):
                lines = range(first, first + batch.num_rows)
                columns = {
                    name: _cells(path, name, column)
                    for name, column in zip(names, batch.columns, strict=True)
                }
                yield Table(path, columns, lines, truths)
                first = lines.stop
    except MemoryError as error:  # it has a place among the library's own errors too
        raise DataError("data.unreadable", path=path, reason=Sentence("system.enomem")) from error
    except RefusedFileError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    except damage as error:
        if isinstance(error, OSError) and error.errno is not None:  # else it tells of the file's content
            raise DataError("data.unreadable", path=path, reason=reason(error)) from error
        raise DataError("data.parquet_damaged", path=path) from error
    if first == 1:
        raise DataError("data.no_samples", path=path)


def _cells(path: Path, name: str, column: Any) -> Cells:
    """Numbers where all are there and finite; else text, a value that is missing as an empty one."""
    import pyarrow
    from pyarrow import types

    kind = column.type
    if (types.is_integer(kind) or types.is_floating(kind)) and not column.null_count:
        with np.errstate(invalid="ignore"):  # of NaN that signals
            numbers: NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64)
        if np.isfinite(numbers).all():
            return numbers
    try:
        text = column.cast(pyarrow.string()).to_pylist()
    except (pyarrow.ArrowNotImplementedError, pyarrow.ArrowInvalid) as error:
        raise DataError("data.parquet_column", path=path, column=name, found=kind) from error
    return [(cell or "").strip() for cell in text]
