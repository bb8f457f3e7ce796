"""Tables in CSV and Parquet files: a sample a row; columns of numbers and of text.

A file is read part by part, twice: what its columns are, then its samples; so it may be larger than memory.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Literal, TextIO

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Column, Dataset, Info, Samples, holding_out
from chainrule.data.labels import TRUTHS, Kind
from chainrule.data.rows import Inputs, gathered
from chainrule.data.samples import MOST_CLASSES, width
from chainrule.errors import DataError, listed, nearest, reason
from chainrule.files import open_regular

Task = Literal["classes", "numbers"]
Cells = Sequence[str] | NDArray[np.float64]

DELIMITERS = ",;\t"
MISSING = {"", "?", "na", "n/a", "nan", "null"}  # in any case of letters
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
FEW = 20  # different whole numbers that may be classes, and different texts that are never suspicious
CELLS = 1 << 16
"""Cells that a part has, about."""
KEPT = 16 << 20
"""Bytes of a CSV file up to which its cells stay in memory from one reading to the next."""
MOST_COLUMNS = 1_000_000
"""Columns of a table: no network has more inputs."""
LONGEST_LINE = 32 << 20
"""Letters of a line of a CSV file."""
SEEN = 60_000
"""Letters at the start of a CSV file that tell its delimiter."""


@dataclass(frozen=True)
class Table:
    """Some rows of a table, as columns of the same length: of text, stripped of surrounding blanks, or of
    finite numbers where the file has these."""

    path: Path
    columns: Mapping[str, Cells]
    lines: Sequence[int]
    """Where in the file each row starts, counted from 1: its line, or in a Parquet file its number."""
    truths: frozenset[str] = frozenset()
    """The columns of truth values, where the file has types."""

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def column(self, name: str) -> Cells:
        """A column. Raises DataError where the file does not have it, or where a value is missing."""
        if name not in self.columns:
            near = nearest(name, self.columns)
            raise DataError(
                "data.near_column" if near else "data.no_column",
                path=self.path,
                column=name,
                near=near or "",
                columns=listed(self.header),
            )
        cells = self.columns[name]
        if not isinstance(cells, np.ndarray):
            absent = {cell for cell in set(cells) if cell.casefold() in MISSING}
            if absent:
                raise self.error("data.missing_value", name, cells, lambda cell: cell in absent)
        return cells

    def cells(self, name: str) -> Sequence[str]:
        """A column as text. Raises DataError as `column` does."""
        cells = self.column(name)
        return list(map(repr, cells.tolist())) if isinstance(cells, np.ndarray) else cells

    def error(
        self, key: str, name: str, cells: Sequence[str], wrong: Callable[[str], bool], **fields: object
    ) -> DataError:
        """The error `key` about the first cell of a column that is `wrong`."""
        i = next(i for i, cell in enumerate(cells) if wrong(cell))
        return DataError(key, path=self.path, line=self.lines[i], column=name, found=cells[i], **fields)


def load_table(
    path: str | os.PathLike[str],
    *,
    target: str | Sequence[str] | None = None,
    task: Task | None = None,
    weights: str | None = None,
) -> Dataset:
    """The samples of a Parquet file, or of a CSV file: UTF-8, a header, separated by commas, semicolons or
    tabs.

    target: the target column, or several columns of numbers (a list, or one text with commas); the last
    column but `weights` where it is None; `info.targets` tells. weights: the column of how much each sample
    counts in training, numbers of at least 0, not all of them 0. All others are inputs: numbers as they are,
    text as one input for each value, 0 or 1, in the order of `info.columns`. x is (n, d) float64.
    task: what the target means. Where it is None, text means classes; whole numbers with at most 20
    different values, each twice on average, mean classes too; all else means numbers.
    From about 50 rows on a fixed fifth, stratified by class, is the test part.
    Raises DataError with file, line and column.
    """
    path = Path(path)
    parts = _parts(path)
    first = next(iter(parts))
    targets = _target_names(target, first, weights)
    taken = targets if weights is None else (*targets, weights)
    inputs = [name for name in first.header if name not in taken]
    if not inputs:
        raise DataError("data.no_inputs", path=path, taken=listed(taken))
    if len(targets) > 1 and task == "classes":
        raise DataError("data.one_target", path=path, targets=listed(targets))
    described = {name: _Description(path, name) for name in (*taken, *inputs)}
    for part in parts:
        for each in described.values():
            each.add(part)
    numbers = task == "numbers" or len(targets) > 1
    answers = [described[name].column(numbers or name == weights) for name in taken]
    columns = tuple(described[name].column() for name in inputs)
    x, values, lines = _read(parts, columns, answers)
    count = len(targets)
    y, classes = _targets(path, answers[:count], values[:, :count], task)
    labels = None if classes is None else _kind(answers[0], classes, targets[0] in first.truths)
    info = Info(path.stem, classes=classes, columns=columns, targets=targets, labels=labels)
    own = None if weights is None else _weights(path, weights, values[:, count], lines)
    return holding_out(Samples(x, y, info, lines, own))


def read_rows(path: str | os.PathLike[str], info: Info) -> tuple[Inputs, NDArray[np.intp]]:
    """The inputs of new samples from a table, (n, d), for a model that learned from the data set `info`, and
    where each starts, (n,), as in Table.lines.

    Columns are found by name in any order; others, such as the target, are passed over. A CSV file whose
    first line is numbers, and not all of the names, has none: its columns are the inputs in their order. For
    a data set without named columns every column but the target is an input. Raises DataError with file,
    line and column.
    """
    parts = _parts(Path(path), tuple(column.name for column in info.columns))
    x, _, lines = _read(parts, _columns(parts, info, info.targets))
    return x, lines


def read_samples(
    path: str | os.PathLike[str], info: Info, *, target: str | Sequence[str] | None = None
) -> Samples:
    """New samples with their targets from a table, as the data set `info` has them: the same inputs, the
    same categories and classes. target: the columns of the targets where they have other names here.

    Raises DataError with file, line and column.
    """
    parts = _parts(Path(path))
    targets = _target_names(target or info.targets, next(iter(parts)))
    if info.classes is not None:
        targets = targets[:1]
    answers = [Column(name, info.classes) for name in targets]
    x, values, lines = _read(parts, _columns(parts, info, targets), answers)
    y = values if info.classes is None else values[:, 0].astype(np.int64)
    return Samples(x, y, replace(info, name=Path(path).stem), lines)


def _columns(parts: Iterable[Table], info: Info, targets: Sequence[str]) -> tuple[Column, ...]:
    """The inputs of the data set `info` in a table."""
    header = next(iter(parts)).header
    return info.columns or tuple(Column(name) for name in header if name not in targets)


def _read(
    parts: Iterable[Table], columns: tuple[Column, ...], answers: Sequence[Column] = ()
) -> tuple[Inputs, NDArray[np.float64], NDArray[np.intp]]:
    """Of all rows: the inputs, (n, d), the values of the `answers`, (n, k), a category by its number, and
    where each starts, (n,)."""
    values, lines = [], []

    def inputs() -> Iterator[NDArray[np.float64]]:
        for part in parts:
            found = [
                _numbers(part, name) if categories is None else _places(part, name, categories)
                for name, categories in ((each.name, each.categories) for each in answers)
            ]
            values.append(np.array(found, np.float64).reshape(len(answers), len(part.lines)).T)
            lines.append(np.asarray(part.lines))
            yield encode(part, columns)

    return gathered(inputs()), np.concatenate(values), np.concatenate(lines)


def encode(table: Table, columns: tuple[Column, ...]) -> NDArray[np.float64]:
    """The `columns` of a table as inputs, (n, d) float64: a number as it is, text as one 0 or 1 a category.

    Raises DataError for a column that is not there, and with line and column for a cell that is missing,
    no finite number, or none of the categories.
    """
    x = np.zeros((len(table.lines), width(columns)))
    start = 0
    for column in columns:
        if column.categories is None:
            x[:, start] = _numbers(table, column.name)
        else:
            x[np.arange(len(x)), start + _places(table, column.name, column.categories)] = 1.0
        start += width((column,))
    return x


class _Parts:
    """The rows of a table, part by part, read anew each time they are gone through."""

    def __init__(self, read: Callable[[], Iterator[Table]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[Table]:
        return self._read()


def _parts(path: Path, names: tuple[str, ...] | None = None) -> Iterable[Table]:
    """The rows of a file, part by part, as often as they are asked for. names: see csv_parts."""
    if path.suffix.lower() == ".parquet":
        from chainrule.data.parquet import parquet_parts

        return _Parts(partial(parquet_parts, path))
    parts = _Parts(partial(csv_parts, path, names))
    try:
        small = path.stat().st_size <= KEPT
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error
    return [*parts] if small else parts


def csv_parts(path: Path, names: tuple[str, ...] | None = None) -> Iterator[Table]:
    """The rows of a CSV file, part by part; empty lines are passed over.

    names: of the columns in a file that starts with a sample, numbered where there are none; where it is
    None, such a file is refused. Raises DataError.
    """
    try:
        with _opened(path) as file:
            delimiter = _delimiter(file.read(SEEN + 1))
        with _opened(path) as file:
            yield from _records(path, file, delimiter, names)
    except UnicodeError as error:
        raise DataError("data.encoding", path=path, line=_line_of_no_text(path)) from error
    except OSError as error:
        raise DataError("data.unreadable", path=path, reason=reason(error)) from error


def _opened(path: Path) -> TextIO:
    return io.TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="")


def _records(path: Path, file: TextIO, delimiter: str, names: tuple[str, ...] | None) -> Iterator[Table]:
    reader = csv.reader(
        _lines(path, file, delimiter), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    header: tuple[str, ...] = ()
    rows: list[list[str]] = []
    lines: list[int] = []
    before, given = 0, False

    def part() -> Table:
        return Table(path, dict(zip(header, zip(*rows, strict=True), strict=True)), lines)

    try:
        for record in reader:
            line, before = before + 1, reader.line_num
            cells = [cell.strip() for cell in record]
            if cells in ([], [""]):
                continue
            if not header and names is not None and _is_sample(cells) and not _are_among(names, cells):
                header = names or tuple(str(j + 1) for j in range(len(cells)))
            if not header:
                header = checked_header(path, cells, names or ())
            elif len(cells) != len(header):
                raise DataError(
                    "data.ragged_row", path=path, line=line, found=len(cells), expected=len(header)
                )
            else:
                rows.append(cells)
                lines.append(line)
                if len(rows) * len(header) >= CELLS:
                    yield part()
                    rows, lines, given = [], [], True
    except csv.Error as error:
        raise DataError("data.csv_syntax", path=path, line=before + 1) from error
    if not header:
        raise DataError("data.csv_empty", path=path)
    if rows:
        yield part()
    elif not given:
        raise DataError("data.csv_header_only", path=path)


def _lines(path: Path, file: TextIO, delimiter: str) -> Iterator[str]:
    """The lines of a file. Raises UnicodeError where it is no text, DataError for one that is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if "\0" in line:  # UTF-16, or no text at all
            raise UnicodeError
        if len(line) > LONGEST_LINE or line.count(delimiter) >= MOST_COLUMNS:
            raise DataError("data.long_line", path=path, line=number, most=MOST_COLUMNS, letters=LONGEST_LINE)
        yield line


def _line_of_no_text(path: Path) -> int:
    """The first line that is not text in UTF-8."""
    with open_regular(path) as file:
        number = 1
        while line := file.readline(LONGEST_LINE):
            try:
                text = line.decode()
            except UnicodeDecodeError:
                return number
            if "\0" in text:
                return number
            number += line.endswith(b"\n")
    return 1


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into equally many cells, and into the most."""

    def score(delimiter: str) -> tuple[bool, int]:
        reader = csv.reader(io.StringIO(text[:SEEN], newline=""), delimiter=delimiter, skipinitialspace=True)
        widths = [len(record) for record in islice((r for r in reader if r), FEW)]
        if len(text) > SEEN and len(widths) > 1 and len(widths) < FEW:
            widths.pop()  # it may be cut
        return len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0

    return max(DELIMITERS, key=score)


def _is_sample(cells: Sequence[str]) -> bool:
    return 2 * sum(_number(cell) is not None for cell in cells) > len(cells)


def _are_among(names: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether cells that look like a sample are a header all the same, as all names stand there."""
    return bool(names) and {*names} <= {*cells}


def checked_header(path: Path, names: Sequence[str], known: Sequence[str] = ()) -> tuple[str, ...]:
    if _is_sample(names) and not _are_among(known, names):
        raise DataError("data.no_header", path=path, found=listed(names, 4))
    if len(names) > MOST_COLUMNS:
        raise DataError("data.many_columns", path=path, found=len(names), most=MOST_COLUMNS)
    seen: set[str] = set()
    for j, name in enumerate(names):
        if not name:
            raise DataError("data.empty_name", path=path, position=j + 1)
        if name in seen:
            raise DataError("data.duplicate_name", path=path, column=name)
        seen.add(name)
    return tuple(names)


def _target_names(
    target: str | Sequence[str] | None, table: Table, weights: str | None = None
) -> tuple[str, ...]:
    """The columns of the targets, which that of the weights is not. Raises DataError."""
    if weights is not None:
        table.column(weights)
    if target is None:
        return tuple(name for name in table.header if name != weights)[-1:]
    if isinstance(target, str):
        target = [target] if target in table.header else [name.strip() for name in target.split(",")]
    for name in target:
        table.column(name)
        if name == weights:
            raise DataError("data.target_and_weights", path=table.path, column=name)
    return tuple(dict.fromkeys(target))


def _number(cell: str) -> float | None:
    """The number that a cell says, infinite ones included; None where it is text."""
    return float(cell) if NUMBER.fullmatch(cell) else None


class _Description:
    """Whether a column holds numbers or text, and which texts, after all of its parts were added.

    In a column where most cells are numbers, one that is not is taken for a slip.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._rows = self._in_words = 0
        self._texts: set[str] = set()  # no more than can be categories, and one
        self._numbers: set[str] = set()  # forgotten where they are more than can be categories
        self._many = False
        self._first: Callable[[str], DataError] | None = None  # an error about the first text

    def add(self, table: Table) -> None:
        """Raises DataError where a value is missing."""
        cells = table.column(self._name)
        self._rows += len(cells)
        if isinstance(cells, np.ndarray):
            return
        different = set(cells)
        texts = {cell for cell in different if _number(cell) is None}
        if texts:
            self._in_words += sum(cell in texts for cell in cells)
            first = partial(table.error, name=self._name, cells=cells, wrong=texts.__contains__)
            self._first = self._first or first
        self._texts.update(islice(texts - self._texts, MOST_CLASSES + 1 - len(self._texts)))
        if not self._many:
            self._numbers |= different - texts
            if len(self._numbers) > MOST_CLASSES:
                self._numbers, self._many = set(), True

    def column(self, numbers: bool = False) -> Column:
        """numbers: whether it is known to be numbers. Raises DataError where it is neither these nor
        categories."""
        if self._first is None:
            return Column(self._name)
        if all(map(DECIMAL_COMMA.fullmatch, self._texts)):
            raise self._first("data.decimal_comma")
        if numbers or 2 * (self._rows - self._in_words) > self._rows:
            raise self._first("data.not_a_number")
        categories = sorted(self._texts | self._numbers)
        many = self._many or len(categories) > MOST_CLASSES
        if many or len(categories) > max(FEW, self._rows // 2):
            count = f"{MOST_CLASSES}+" if many else len(categories)
            raise DataError(
                "data.many_texts", path=self._path, column=self._name, count=count, rows=self._rows
            )
        return Column(self._name, tuple(categories))


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    """A column of finite numbers, (n,)."""
    cells = table.column(name)
    if isinstance(cells, np.ndarray):
        return cells
    values = {cell: _number(cell) for cell in set(cells)}
    if any(value is None for value in values.values()):
        raise table.error("data.not_a_number", name, cells, lambda cell: values[cell] is None)
    numbers = np.array([values[cell] for cell in cells], np.float64)
    if not np.isfinite(numbers).all():
        raise table.error("data.infinite", name, cells, lambda cell: not math.isfinite(values[cell] or 0))
    return numbers


def _weights(
    path: Path, name: str, weights: NDArray[np.float64], lines: NDArray[np.intp]
) -> NDArray[np.float64]:
    """How much each sample counts, (n,), checked. lines: where each starts, (n,)."""
    if weights.min() < 0:
        row = int(np.argmax(weights < 0))
        raise DataError(
            "data.negative_weight", path=path, line=lines[row], column=name, found=float(weights[row])
        )
    if not weights.any():
        raise DataError("data.no_weight", path=path, column=name)
    return weights


def _places(table: Table, name: str, categories: tuple[str, ...]) -> NDArray[np.int64]:
    """Which of the categories each cell of a column is, (n,)."""
    cells = table.cells(name)
    place = {category: k for k, category in enumerate(categories)}
    numbers = {value: k for category, k in place.items() if (value := _number(category)) is not None}
    truths = {TRUTHS.get(category.casefold()): k for category, k in place.items()}
    for cell in set(cells) - place.keys():  # a known one may be written in another way
        if (value := _number(cell)) is not None and value in numbers:
            place[cell] = numbers[value]
        elif None not in truths and (truth := TRUTHS.get(cell.casefold())) in truths:
            place[cell] = truths[truth]
    if not place.keys() >= set(cells):
        known = listed(categories)
        raise table.error("data.unseen", name, cells, lambda cell: cell not in place, expected=known)
    return np.array([place[cell] for cell in cells], np.int64)


def _kind(answer: Column, classes: tuple[str, ...], truths: bool) -> Kind:
    """What the cells of a column are that names these classes."""
    if answer.categories is not None:
        return "truth" if truths else "text"
    return "whole" if all(name.lstrip("-").isdecimal() for name in classes) else "number"


def _targets(
    path: Path, answers: Sequence[Column], values: NDArray[np.float64], task: Task | None
) -> tuple[NDArray[np.int64] | NDArray[np.float64], tuple[str, ...] | None]:
    """y and the names of the classes: (n,) class numbers, or (n, k) numbers and None. values: see _read."""
    if len(answers) > 1:
        return values, None
    name, labels = answers[0].name, answers[0].categories
    if labels is not None:
        y = values[:, 0].astype(np.int64)
    else:
        different, y = np.unique(values[:, 0], return_inverse=True)
        whole = bool(np.all(different == np.floor(different)))
        few = len(different) <= min(FEW, len(values) / 2)
        if len(different) > 1 and (task == "numbers" or (task is None and not (whole and few))):
            return values, None
        if len(different) > MOST_CLASSES:
            raise DataError("data.many_texts", path=path, column=name, count=len(different), rows=len(values))
        labels = tuple(str(int(value)) if whole else repr(float(value)) for value in different)
    if len(labels) == 1:
        raise DataError("data.constant_target", path=path, column=name, found=labels[0])
    return y, labels
