"""Tables in CSV files: a header, then a sample a row; columns of numbers and of text."""

from __future__ import annotations

import csv
import difflib
import io
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Column, Dataset, Info, Samples, holding_out
from chainrule.data.samples import MOST_CLASSES, width
from chainrule.errors import DataError, reason

Task = Literal["classes", "numbers"]

DELIMITERS = ",;\t"
MISSING = {"", "?", "na", "n/a", "nan", "null"}  # in any case of letters
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
FEW = 20  # different whole numbers that may be classes, and different texts that are never suspicious
MAX_BYTES = 1 << 30


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file as text; every row as long as the header."""

    path: Path
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    """The line of the file in which each row starts, counted from 1."""

    def position(self, name: str) -> int:
        """Where a column is. Raises DataError where the file does not have it."""
        if name not in self.header:
            folded = {each.casefold(): each for each in self.header}
            near = difflib.get_close_matches(name.casefold(), folded, n=1)
            raise DataError(
                "data.near_column" if near else "data.no_column",
                path=self.path,
                column=name,
                near="".join(map(folded.__getitem__, near)),
                columns=", ".join(self.header),
            )
        return self.header.index(name)

    def cells(self, name: str) -> list[str]:
        """A column. Raises DataError where it is not there, or where a value is missing."""
        j = self.position(name)
        cells = [row[j] for row in self.rows]
        absent = {cell for cell in set(cells) if cell.casefold() in MISSING}
        if absent:
            raise self.error("data.missing_value", name, cells, lambda cell: cell in absent)
        return cells

    def error(
        self, key: str, name: str, cells: list[str], wrong: Callable[[str], bool], **fields: object
    ) -> DataError:
        """The error `key` about the first cell of a column that is `wrong`."""
        i = next(i for i, cell in enumerate(cells) if wrong(cell))
        return DataError(key, path=self.path, line=self.lines[i], column=name, found=cells[i], **fields)


def load_csv(
    path: str | os.PathLike[str], *, target: str | Sequence[str] | None = None, task: Task | None = None
) -> Dataset:
    """The samples of a CSV file: UTF-8, a header, separated by commas, semicolons or tabs.

    target: the target column, or several columns of numbers (a list, or one text with commas); the last
    column where it is None; `info.targets` tells. All others are inputs: numbers as they are, text as
    one input for each value, 0 or 1, in the order of `info.columns`. x is (n, d) float64.
    task: what the target means. Where it is None, text means classes; whole numbers with at most 20
    different values, each twice on average, mean classes too; all else means numbers.
    From about 50 rows on a fixed fifth, stratified by class, is the test part.
    Raises DataError with file, line and column.
    """
    table = read_table(Path(path))
    targets = _target_names(target, table)
    inputs = [name for name in table.header if name not in targets]
    if not inputs:
        raise DataError("data.no_inputs", path=path, targets=", ".join(targets))
    y, classes = _targets(table, targets, task)
    columns = tuple(_describe(table, name) for name in inputs)
    info = Info(Path(path).stem, classes=classes, columns=columns, targets=targets)
    return holding_out(Samples(encode(table, columns), y, info, np.array(table.lines)))


def read_rows(path: str | os.PathLike[str], info: Info) -> tuple[NDArray[np.float64], list[int]]:
    """The inputs of new samples from a CSV file, (n, d), for a model that learned from the data set `info`,
    and the line in which each starts, counted from 1.

    Columns are found by name in any order; others, such as the target, are passed over. A file whose
    first line is numbers has no names: its columns are the inputs in their order. For a data set without
    named columns every column but the target is an input. Raises DataError with file, line and column.
    """
    table = read_table(Path(path), tuple(column.name for column in info.columns))
    columns = info.columns or tuple(Column(name) for name in table.header if name not in info.targets)
    return encode(table, columns), table.lines


def read_samples(
    path: str | os.PathLike[str], info: Info, *, target: str | Sequence[str] | None = None
) -> Samples:
    """New samples with their targets from a CSV file, as the data set `info` has them: the same inputs, the
    same categories and classes. target: the columns of the targets where they have other names here.

    Raises DataError with file, line and column.
    """
    table = read_table(Path(path))
    targets = _target_names(target or info.targets, table)
    if info.classes is None:
        y: NDArray[np.int64] | NDArray[np.float64] = np.stack([_numbers(table, t) for t in targets], axis=1)
    else:
        y = _places(table, targets[0], info.classes)
    columns = info.columns or tuple(Column(name) for name in table.header if name not in targets)
    info = replace(info, name=Path(path).stem)
    return Samples(encode(table, columns), y, info, np.array(table.lines))


def encode(table: Table, columns: tuple[Column, ...]) -> NDArray[np.float64]:
    """The `columns` of a table as inputs, (n, d) float64: a number as it is, text as one 0 or 1 a category.

    Raises DataError for a column that is not there, and with line and column for a cell that is missing,
    no finite number, or none of the categories.
    """
    x = np.zeros((len(table.rows), width(columns)))
    start = 0
    for column in columns:
        if column.categories is None:
            x[:, start] = _numbers(table, column.name)
        else:
            x[np.arange(len(x)), start + _places(table, column.name, column.categories)] = 1.0
        start += width((column,))
    return x


def read_table(path: Path, names: tuple[str, ...] | None = None) -> Table:
    """The cells of a CSV file, stripped of surrounding blanks; empty lines are passed over.

    names: of the columns in a file that starts with a sample, numbered where there are none; where it is
    None, such a file is refused. Raises DataError.
    """
    text = _text(path)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True, skipinitialspace=True
    )
    header: tuple[str, ...] = ()
    rows, lines = [], []
    before = 0
    try:
        for record in reader:
            line, before = before + 1, reader.line_num
            cells = [cell.strip() for cell in record]
            if cells in ([], [""]):
                continue
            if not header and names is not None and _is_sample(cells):
                header = names or tuple(str(j + 1) for j in range(len(cells)))
            if not header:
                header = _checked_header(path, cells)
            elif len(cells) != len(header):
                raise DataError(
                    "data.ragged_row", path=path, line=line, found=len(cells), expected=len(header)
                )
            else:
                rows.append(cells)
                lines.append(line)
    except csv.Error as error:
        raise DataError("data.csv_syntax", path=path, line=before + 1) from error
    if not header:
        raise DataError("data.csv_empty", path=path)
    if not rows:
        raise DataError("data.csv_header_only", path=path)
    return Table(path, header, rows, lines)


def _text(path: Path) -> str:
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise DataError("data.too_large", path=path, size=size, limit=MAX_BYTES)
        content = path.read_bytes()
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    nul = content.find(b"\0")  # UTF-16, or no text at all
    try:
        if nul < 0:
            return content.decode("utf-8-sig")
        wrong = nul
    except UnicodeDecodeError as error:
        wrong = error.start
    raise DataError("data.encoding", path=path, line=content.count(b"\n", 0, wrong) + 1)


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into equally many cells, and into the most."""

    def score(delimiter: str) -> tuple[bool, int]:
        reader = csv.reader(
            io.StringIO(text[:60_000], newline=""), delimiter=delimiter, skipinitialspace=True
        )
        widths = [len(record) for record in islice((r for r in reader if r), FEW)]
        if len(text) > 60_000 and len(widths) > 1 and len(widths) < FEW:
            widths.pop()  # it may be cut
        return len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0

    return max(DELIMITERS, key=score)


def _is_sample(cells: list[str]) -> bool:
    return 2 * sum(_number(cell) is not None for cell in cells) > len(cells)


def _checked_header(path: Path, names: list[str]) -> tuple[str, ...]:
    if _is_sample(names):
        raise DataError("data.no_header", path=path, found=", ".join(names[:4]))
    for j, name in enumerate(names):
        if not name:
            raise DataError("data.empty_name", path=path, position=j + 1)
        if name in names[:j]:
            raise DataError("data.duplicate_name", path=path, column=name)
    return tuple(names)


def _target_names(target: str | Sequence[str] | None, table: Table) -> tuple[str, ...]:
    if target is None:
        return (table.header[-1],)
    if isinstance(target, str):
        target = [target] if target in table.header else [name.strip() for name in target.split(",")]
    for name in target:
        table.position(name)
    return tuple(dict.fromkeys(target))


def _number(cell: str) -> float | None:
    """The number that a cell says, infinite ones included; None where it is text."""
    return float(cell) if NUMBER.fullmatch(cell) else None


def _describe(table: Table, name: str) -> Column:
    """Whether a column holds numbers or text, and which texts.

    In a column where most cells are numbers, one that is not is taken for a slip.
    """
    cells = table.cells(name)
    texts = {cell for cell in set(cells) if _number(cell) is None}
    if not texts:
        return Column(name)
    if all(DECIMAL_COMMA.fullmatch(cell) for cell in texts):
        raise table.error("data.decimal_comma", name, cells, texts.__contains__)
    if 2 * sum(cell not in texts for cell in cells) > len(cells):
        raise table.error("data.not_a_number", name, cells, texts.__contains__)
    categories = sorted(set(cells))
    if len(categories) > MOST_CLASSES or len(categories) > max(FEW, len(cells) // 2):
        raise DataError(
            "data.many_texts", path=table.path, column=name, count=len(categories), rows=len(cells)
        )
    return Column(name, tuple(categories))


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    """A column of finite numbers, (n,)."""
    cells = table.cells(name)
    values = {cell: _number(cell) for cell in set(cells)}
    if any(value is None for value in values.values()):
        raise table.error("data.not_a_number", name, cells, lambda cell: values[cell] is None)
    numbers = np.array([values[cell] for cell in cells], np.float64)
    if not np.isfinite(numbers).all():
        raise table.error("data.infinite", name, cells, lambda cell: not math.isfinite(values[cell] or 0))
    return numbers


def _places(table: Table, name: str, categories: tuple[str, ...]) -> NDArray[np.int64]:
    """Which of the categories each cell of a column is, (n,)."""
    cells = table.cells(name)
    place = {category: k for k, category in enumerate(categories)}
    numbers = {value: k for category, k in place.items() if (value := _number(category)) is not None}
    for cell in set(cells) - place.keys():
        if (value := _number(cell)) is not None and value in numbers:  # a known one, written in another way
            place[cell] = numbers[value]
    if not place.keys() >= set(cells):
        known = ", ".join(categories[:FEW]) + (", ..." if len(categories) > FEW else "")
        raise table.error("data.unseen", name, cells, lambda cell: cell not in place, expected=known)
    return np.array([place[cell] for cell in cells], np.int64)


def _targets(
    table: Table, names: tuple[str, ...], task: Task | None
) -> tuple[NDArray[np.int64] | NDArray[np.float64], tuple[str, ...] | None]:
    """y and the names of the classes: (n,) class numbers, or (n, k) numbers and None."""
    if len(names) > 1:
        if task == "classes":
            raise DataError("data.one_target", path=table.path, targets=", ".join(names))
        return np.stack([_numbers(table, name) for name in names], axis=1), None
    (name,) = names
    categories = _describe(table, name).categories
    if categories is not None:
        if task == "numbers":
            cells = table.cells(name)
            raise table.error("data.not_a_number", name, cells, lambda cell: _number(cell) is None)
        y, labels = _places(table, name, categories), categories
    else:
        numbers = _numbers(table, name)
        values, y = np.unique(numbers, return_inverse=True)
        whole = bool(np.all(values == np.floor(values)))
        few = len(values) <= min(FEW, len(numbers) / 2)
        if len(values) > 1 and (task == "numbers" or (task is None and not (whole and few))):
            return numbers[:, None], None
        if len(values) > MOST_CLASSES:
            raise DataError(
                "data.many_texts", path=table.path, column=name, count=len(values), rows=len(numbers)
            )
        labels = tuple(str(int(value)) if whole else repr(float(value)) for value in values)
    if len(labels) == 1:
        raise DataError("data.constant_target", path=table.path, column=name, found=labels[0])
    return y, labels
