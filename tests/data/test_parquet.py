"""Parquet files: what a CSV file of the same cells says, and what cannot be learned from."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from chainrule import extras
from chainrule.data import load
from chainrule.data import parquet as parquet_module
from chainrule.data import rows as rows_module
from chainrule.data.rows import Rows
from chainrule.data.tables import read_rows
from chainrule.errors import UsageError

pytestmark = pytest.mark.heavy
N = 300
KINDS = {"kind": ("text", "text"), "whole": ("whole", "whole"), "truth": ("truth", "text")}
"""Of classes from Parquet, which has types, and from CSV."""
RNG = np.random.default_rng(0)
COLUMNS = {
    "whole": RNG.integers(-5, 5, N),
    "single": RNG.normal(size=N).astype(np.float32),
    "double": RNG.normal(size=N) * 10.0 ** RNG.integers(-12, 12, N),
    "text": [("red", " blue", "3")[i % 3] for i in range(N)],
    "known": [("no", "yes")[i % 2] for i in range(N)],
    "truth": [i % 5 == 0 for i in range(N)],
    "trust": RNG.random(N),
    "kind": ["ab"[i % 2] for i in range(N)],
}


@pytest.fixture
def write(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def write(columns: dict[str, object], **settings: object) -> Path:
        arrays = {name: pyarrow.array(values) for name, values in columns.items()}
        if "known" in arrays:
            arrays["known"] = arrays["known"].dictionary_encode()
        path = tmp_path / "t.parquet"
        parquet.write_table(pyarrow.table(arrays), path, **settings)
        return path

    return write


def as_csv(folder: Path, columns: dict[str, object]) -> Path:
    path = folder / "t.csv"
    cells = [
        [str(value).lower() if isinstance(value, bool) else str(value) for value in column]
        for column in ([v.item() if hasattr(v, "item") else v for v in c] for c in columns.values())
    ]
    path.write_text("\n".join(map(",".join, [tuple(columns), *zip(*cells, strict=True)])), encoding="utf-8")
    return path


@pytest.mark.parametrize("target", ["kind", "double", "whole", "truth", "single,double"])
def test_it_is_what_a_csv_file_of_the_same_cells_is(write, tmp_path: Path, target: str) -> None:
    there = load(as_csv(tmp_path, COLUMNS), target=target, weights="trust")
    here = load(write(COLUMNS), target=target, weights="trust")
    assert here.info == replace(there.info, labels=here.info.labels)
    assert (here.info.labels, there.info.labels) == KINDS.get(target, (None, None))
    assert here.test is not None
    for part, other in ((here.train, there.train), (here.test, there.test)):
        np.testing.assert_array_equal(part.x, other.x)
        np.testing.assert_array_equal(part.y, other.y)
        np.testing.assert_array_equal(part.weights, other.weights)
        np.testing.assert_array_equal(part.lines, other.lines - 1)  # rows, where a CSV file has a header
    x, lines = read_rows(tmp_path / "t.parquet", here.info)
    np.testing.assert_array_equal(x[here.train.lines - 1], here.train.x)
    np.testing.assert_array_equal(lines, range(1, N + 1))


def test_one_that_is_larger_than_memory(write, monkeypatch) -> None:
    whole = load(write(COLUMNS))
    monkeypatch.setattr(parquet_module, "CELLS", 50)
    monkeypatch.setattr(rows_module, "MAPPED_FROM", 1)
    found = load(write(COLUMNS, row_group_size=40))
    assert isinstance(found.train.x, Rows)
    assert found.info == whole.info
    np.testing.assert_array_equal(np.asarray(found.train.x), whole.train.x)
    np.testing.assert_array_equal(found.train.y, whole.train.y)


@pytest.mark.parametrize(
    ("key", "column", "fields"),
    [
        ("data.missing_value", [1.0, None, 2.0], {"line": 2, "column": "x", "found": ""}),
        ("data.missing_value", [1.0, 2.0, float("nan")], {"line": 3, "found": "nan"}),
        ("data.missing_value", ["a", None, "b"], {"line": 2}),
        ("data.infinite", [1.0, 2.0, float("inf")], {"line": 3, "found": "inf"}),
        ("data.parquet_column", [[1], [2], [3]], {"column": "x"}),
        ("data.no_samples", np.zeros(0), {}),
    ],
)
def test_what_cannot_be_learned_from_is_refused(write, key: str, column, fields) -> None:
    path = write({"x": column, "y": ["p", "q", "p"][: len(column)]})
    with refused(key, path=path, **fields):
        load(path)


def test_dates_are_texts(write) -> None:
    days = [datetime.date(2000, 1, 1) + datetime.timedelta(i) for i in range(60)]
    with refused("data.many_texts", column="x", count=60):
        load(write({"x": days, "y": ["p", "q"] * 30}))


def test_names_are_those_of_a_table(write) -> None:
    with refused("data.empty_name", position=1):
        load(write({"": [1, 2], "y": ["p", "q"]}))
    with refused("data.near_column", column="Y", near="y"):
        load(write({"x": [1, 2], "y": ["p", "q"]}), target="Y")


def test_damage_is_found(write) -> None:
    path = write(COLUMNS)
    content = path.read_bytes()
    for change in (b"", b"PAR1", content[:-1], content[: len(content) // 2]):
        path.write_bytes(change)
        with refused("data.parquet_damaged", path=path):
            load(path)


def test_what_reads_it_may_be_missing(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with refused("extras.missing", UsageError, library="pyarrow", command="pip install 'chainrule[parquet]'"):
        load(tmp_path / "t.parquet")
