"""CSV files."""

from __future__ import annotations

import csv
import errno
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from chainrule.data import Column, Info, load
from chainrule.data import rows as rows_module
from chainrule.data import tables as tables_module
from chainrule.data.rows import Rows
from chainrule.data.tables import csv_parts, load_table, read_rows
from chainrule.errors import UsageError
from chainrule.files import cache_folder

MIXED = "size,colour,price,kind\n1,red,2.5,a\n2,blue,-1e3,b\n3,red,.5,a\n"


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes, name: str = "t.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table count as one that is larger than memory."""
    monkeypatch.setattr(tables_module, "CELLS", 1)
    monkeypatch.setattr(tables_module, "KEPT", 0)
    monkeypatch.setattr(rows_module, "MAPPED_FROM", 1)


def test_mixed_columns(write) -> None:
    data = load(write(MIXED))
    assert data.info.name == "t"
    assert data.info.columns == (Column("size"), Column("colour", ("blue", "red")), Column("price"))
    assert data.info.targets == ("kind",)
    assert data.info.classes == ("a", "b")
    np.testing.assert_array_equal(data.train.x, [[1, 0, 1, 2.5], [2, 1, 0, -1000], [3, 0, 1, 0.5]])
    np.testing.assert_array_equal(data.train.y, [0, 1, 0])
    assert data.test is None


@pytest.mark.parametrize(
    "content",
    [
        MIXED.replace("\n", "\r\n"),
        MIXED.replace("\n", "\r"),
        b"\xef\xbb\xbf" + MIXED.encode(),
        MIXED.replace(",", ";"),
        MIXED.replace(",", "\t"),
        MIXED.rstrip("\n"),
        MIXED.replace("\n", "\n\n") + "\n   \n",
        MIXED.replace(",", " , "),
        MIXED.replace("red", '"red"').replace("size", '"size"'),
    ],
    ids=["CRLF", "CR", "BOM", "semicolons", "tabs", "no last newline", "empty lines", "blanks", "quotes"],
)
def test_dialects_say_the_same(write, content) -> None:
    expected, found = load(write(MIXED)), load(write(content))
    assert found.info == expected.info
    np.testing.assert_array_equal(found.train.x, expected.train.x)


def test_quotes_protect_delimiters_and_line_ends(write) -> None:
    path = write('"a, ""b""",y\n"one\ntwo","p,q"\nx,r\nx,\n')
    with refused("data.missing_value", line=5, column="y"):  # the second sample takes two lines
        load(path)
    data = load(write('"a, ""b""",y\n"one\ntwo","p,q"\nx,r\n'))
    assert data.info.columns == (Column('a, "b"', ("one\ntwo", "x")),)
    assert data.info.classes == ("p,q", "r")


def test_chinese_names_and_labels(write) -> None:
    info = load(write("长度,颜色\n1,红\n2,蓝\n", "花.csv")).info
    assert (info.name, info.targets, info.classes) == ("花", ("颜色",), ("红", "蓝"))


@pytest.mark.parametrize("suffix", ["csv", "CSV", "tsv", "txt"])
def test_tables_are_known_by_their_suffix(write, suffix: str) -> None:
    assert len(load(write(MIXED, f"t.{suffix}")).train) == 3


def test_the_target_may_be_any_column(write) -> None:
    data = load(write(MIXED), target="price")
    assert data.info.targets == ("price",)
    assert data.info.classes is None
    np.testing.assert_array_equal(data.train.y, [[2.5], [-1000], [0.5]])
    assert [column.name for column in data.info.columns] == ["size", "colour", "kind"]


@pytest.mark.parametrize("target", ["size,price", ["size", "price"], "size, price"])
def test_several_targets_are_numbers(write, target) -> None:
    data = load(write(MIXED), target=target)
    assert data.info.targets == ("size", "price")
    np.testing.assert_array_equal(data.train.y, [[1, 2.5], [2, -1000], [3, 0.5]])


def test_a_target_with_a_comma_in_its_name(write) -> None:
    assert load(write('a,"b,c"\n1,x\n2,y\n'), target="b,c").info.targets == ("b,c",)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ("1 2 1 2", None, ("1", "2")),
        ("1 2 1 2", "numbers", None),
        ("1 2 3 4", None, None),
        ("1 2 3 4", "classes", ("1", "2", "3", "4")),
        ("1.5 2 1.5 2", None, None),
        ("1.5 2 1.5 2", "classes", ("1.5", "2.0")),
        ("10 9 10 9", None, ("9", "10")),
        ("a b a b", None, ("a", "b")),
    ],
)
def test_what_a_target_means(write, values: str, task, classes) -> None:
    rows = "".join(f"{i},{value}\n" for i, value in enumerate(values.split()))
    data = load(write("x,y\n" + rows), task=task)
    assert data.info.classes == classes
    named = [classes[k] for k in data.train.y] if classes else None
    if named:
        assert [float(v) if v[0].isdigit() else v for v in named] == [
            float(v) if v[0].isdigit() else v for v in values.split()
        ]
    else:
        np.testing.assert_array_equal(data.train.y[:, 0], [float(v) for v in values.split()])


def test_a_fifth_of_a_longer_table_is_its_test_part(write) -> None:
    data = load(write("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(60))))
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (48, 12)
    np.testing.assert_array_equal(np.bincount(data.test.y), [6, 6])
    np.testing.assert_array_equal(data.test.y, data.test.x[:, 0].astype(int) % 2)


def rows(column: list[str], name: str = "v") -> str:
    return f"{name},y\n" + "".join(f"{value},{'ab'[i % 2]}\n" for i, value in enumerate(column))


REFUSED = [
    ("data.csv_empty", "", {}),
    ("data.csv_empty", "\n \n\n", {}),
    ("data.csv_header_only", "a,b\n", {}),
    ("data.no_header", "1,2,a\n3,4,b\n", {"found": "1, 2, a"}),
    ("data.empty_name", "a,,y\n1,2,3\n", {"position": 2}),
    ("data.duplicate_name", "a,b,a\n1,2,3\n", {"column": "a"}),
    ("data.ragged_row", "a,b\n1,2\n\n3\n", {"line": 4, "found": 1, "expected": 2}),
    ("data.ragged_row", "a,b\n1,2,3\n", {"line": 2, "found": 3}),
    ("data.csv_syntax", 'a,b\n1,"x\n', {"line": 2}),
    ("data.csv_syntax", 'a,b\n1,"x"z\n', {"line": 2}),
    ("data.csv_syntax", "a,b\n1,2\n3," + "x" * 200_000 + "\n", {"line": 3}),
    ("data.encoding", b"a,b\n1,2\n3,\xff\n", {"line": 3}),
    ("data.encoding", MIXED.encode("utf-16"), {"line": 1}),
    ("data.encoding", b"a,b\n1,\0\n", {"line": 2}),
    ("data.missing_value", "a,b,y\n1,2,p\n,3,q\n", {"line": 3, "column": "a", "found": ""}),
    ("data.missing_value", "a,b,y\n1,NA,p\n2,3,q\n", {"line": 2, "column": "b", "found": "NA"}),
    ("data.missing_value", "a,b,y\n1,2,p\n2,nan,q\n", {"line": 3, "column": "b"}),
    ("data.missing_value", "a,b,y\n1,2,p\n2,3,?\n", {"line": 3, "column": "y"}),
    ("data.not_a_number", rows(["1", "2", "3", "4x"]), {"line": 5, "column": "v", "found": "4x"}),
    ("data.not_a_number", rows(["1", "2", "1_000"]), {"line": 4, "found": "1_000"}),
    ("data.not_a_number", rows(["1", "2", "0x10"]), {"line": 4}),
    ("data.not_a_number", rows(["1", "2", "３"]), {"line": 4}),
    ("data.decimal_comma", "v;y\n1,5;a\n2,5;b\n", {"line": 2, "column": "v", "found": "1,5"}),
    ("data.infinite", rows(["1", "inf", "2"]), {"line": 3, "found": "inf"}),
    ("data.infinite", rows(["1", "2", "-1e999"]), {"line": 4, "found": "-1e999"}),
    ("data.many_texts", rows([f"name {i}" for i in range(60)]), {"column": "v", "count": 60, "rows": 60}),
    ("data.constant_target", "a,y\n1,p\n2,p\n", {"column": "y", "found": "p"}),
    ("data.constant_target", "a,y\n1,7\n2,7\n", {"column": "y", "found": "7"}),
    ("data.no_inputs", "y\na\nb\n", {"taken": "y"}),
]


@pytest.mark.parametrize(("key", "content", "fields"), REFUSED)
def test_what_is_no_table_is_refused(write, monkeypatch, key: str, content, fields) -> None:
    path = write(content)
    with refused(key, path=path, **fields):
        load(path)
    row_by_row(monkeypatch)
    with refused(key, path=path, **fields):
        load(path)


def test_targets_that_do_not_fit(write) -> None:
    path = write(MIXED)
    with refused("data.near_column", column="Prise", near="price", columns="size, colour, price, kind"):
        load(path, target="Prise")
    with refused("data.no_column", column=""):
        load(path, target="")
    with refused("data.not_a_number", column="kind", line=2, found="a"):
        load(path, target="kind", task="numbers")
    with refused("data.not_a_number", column="colour", line=2):
        load(path, target="size,colour")
    with refused("data.one_target", targets="size, price"):
        load(path, target=["size", "price"], task="classes")
    with refused("data.no_inputs"):
        load(path, target=["size", "price", "colour", "kind"])
    many = write("a,y\n" + "".join(f"{i},{i / 2}\n" for i in range(1001)))
    with refused("data.many_texts", column="y", count=1001):
        load(many, target="y", task="classes")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with refused("data.unreadable", path=tmp_path / "gone.csv"):
        load_table(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with refused("data.unreadable"):
        load(tmp_path / "folder.csv")


def test_what_csv_writes_is_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 3)) * 10.0 ** rng.integers(-12, 12, (30, 3))
    labels = ["plain", 'quo"ted', "com,ma", "line\nend", "semi;colon"]
    path = tmp_path / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "c", "label"])
        for i, row in enumerate(values):
            writer.writerow([*map(repr, map(float, row)), labels[i % 5]])
    train = load(path).train
    np.testing.assert_array_equal(train.x, values)
    assert [train.info.classes[k] for k in train.y] == [labels[i % 5] for i in range(30)]


# Tables that are larger than memory

LARGE = "size,colour,price,kind\n" + "".join(
    f"{i % 7},{('red', 'blue', '3')[i % 3]},{i / 8!r},{'ab'[i % 2]}\n" for i in range(400)
)


@pytest.mark.parametrize("target", ["kind", "price", "size,price", "size"])
def test_a_table_in_parts_is_the_same_data_set(write, monkeypatch, target: str) -> None:
    whole = load(write(LARGE), target=target)
    row_by_row(monkeypatch)
    found = load(write(LARGE), target=target)
    assert found.info == whole.info
    for here, there in ((found.train, whole.train), (found.test, whole.test)):
        assert isinstance(here.x, Rows)
        np.testing.assert_array_equal(np.asarray(here.x), there.x)
        np.testing.assert_array_equal(here.y, there.y)
        np.testing.assert_array_equal(here.lines, there.lines)
    x, lines = read_rows(write(LARGE), whole.info)
    np.testing.assert_array_equal(np.asarray(x)[whole.train.lines - 2], whole.train.x)
    np.testing.assert_array_equal(lines, range(2, 402))


def test_reading_takes_a_few_parts_of_memory(write, monkeypatch) -> None:
    path = write("a,b,c,y\n" + "".join(f"{i}.25,{i * i},-1e-{i % 9},{i % 2}\n" for i in range(20_000)))
    monkeypatch.setattr(tables_module, "CELLS", 1000)
    monkeypatch.setattr(tables_module, "KEPT", 0)
    monkeypatch.setattr(rows_module, "MAPPED_FROM", 10_000)
    read_rows(path, Info("t", targets=("y",)))
    tracemalloc.start()
    x, _ = read_rows(path, Info("t", targets=("y",)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert x.shape == (20_000, 3)
    assert peak < 20_000 * 3 * 16  # the cells as text take more than 200 bytes a row


def test_texts_of_a_large_table_are_not_counted_to_the_end(write) -> None:
    with refused("data.many_texts", column="v", count="1000+", rows=3000):
        load(write(rows([f"name {i}" for i in range(3000)])))


def test_a_column_of_words_and_too_many_numbers_is_no_category(write) -> None:
    with refused("data.many_texts", column="v", count="1000+", rows=3000):
        load(write(rows([str(i) for i in range(1400)] + ["none of them"] * 1600)))


def test_a_disk_that_is_full(write, monkeypatch) -> None:
    def full(*, dir: Path) -> None:
        raise OSError(errno.ENOSPC, "")

    row_by_row(monkeypatch)
    monkeypatch.setattr(rows_module, "TemporaryFile", full)
    with refused("data.unwritable", path=cache_folder(), because="the disk is full"):
        load(write(LARGE))


# New samples to predict

INFO = Info(
    "t", classes=("a", "b"), columns=(Column("size"), Column("colour", ("blue", "red"))), targets=("kind",)
)


@pytest.mark.parametrize(
    "content",
    [
        "size,colour\n1,red\n2,blue\n",
        "colour,size\nred,1\nblue,2\n",
        "kind,size,note,colour\n,1,,red\nb,2,x,blue\n",
    ],
    ids=["as trained", "another order", "target and others passed over"],
)
def test_rows_are_found_by_column_name(write, content: str) -> None:
    np.testing.assert_array_equal(read_rows(write(content), INFO)[0], [[1, 0, 1], [2, 1, 0]])


def test_rows_of_the_training_file_are_its_inputs(write) -> None:
    path = write(MIXED)
    train = load(path).train
    np.testing.assert_array_equal(read_rows(path, train.info)[0], train.x)


def test_rows_without_names_are_taken_in_order(write) -> None:
    info = Info("t", columns=(Column("p"), Column("c", ("no", "yes")), Column("q")), targets=("y",))
    np.testing.assert_array_equal(
        read_rows(write("1,yes,2\n3,no,4\n"), info)[0], [[1, 0, 1, 2], [3, 1, 0, 4]]
    )
    with refused("data.ragged_row", line=1, found=4, expected=3):
        read_rows(write("1,yes,2,5\n"), info)


def test_a_header_of_numbers_is_one_where_these_are_the_names(write) -> None:
    info = Info("t", columns=(Column("2019"), Column("2020")), targets=("y",))
    x = [[1, 2], [3, 4]]
    for content in ("2019,2020\n1,2\n3,4\n", "2020,7,2019\n2,0,1\n4,0,3\n", "1,2\n3,4\n"):
        np.testing.assert_array_equal(read_rows(write(content), info)[0], x)


def test_rows_for_a_model_that_learned_from_arrays(write) -> None:
    info = Info("arrays", classes=("0", "1"), targets=("y",))
    np.testing.assert_array_equal(read_rows(write("1,2\n3,4\n"), info)[0], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(read_rows(write("p,y,q\n1,0,2\n"), info)[0], [[1, 2]])
    with refused("data.not_a_number", line=2, column="2", found="x"):
        read_rows(write("1,2,3\n4,x,5\n"), info)


@pytest.mark.parametrize(
    ("key", "content", "fields"),
    [
        ("data.near_column", "size,color\n1,red\n", {"column": "colour", "near": "color"}),
        ("data.unseen", "size,colour\n1,red\n2,green\n", {"line": 3, "column": "colour", "found": "green"}),
        ("data.not_a_number", "size,colour\nbig,red\n", {"line": 2, "column": "size", "found": "big"}),
        ("data.missing_value", "size,colour\n1,red\n,red\n", {"line": 3, "column": "size"}),
        ("data.csv_header_only", "size,colour\n", {}),
    ],
)
def test_rows_that_do_not_fit(write, key: str, content: str, fields) -> None:
    with refused(key, **fields):
        read_rows(write(content), INFO)


def test_lines_are_counted_as_an_editor_does(write) -> None:
    (part,) = csv_parts(write('a,b\n\n"x\ny",1\n\n2,3\n'))
    assert part.lines == [3, 6]
    assert read_rows(write("size,colour\n1,red\n\n2,blue\n"), INFO)[1].tolist() == [2, 4]
    assert read_rows(write("1,2\n\n3,4\n"), Info("arrays"))[1].tolist() == [1, 3]


# How much each sample counts


def test_a_column_of_weights_is_neither_input_nor_target(write, monkeypatch) -> None:
    text = "p,trust,q,kind,more\n1,0.5,3,a,1\n4,2,6,b,0\n7,.25,9,a,2\n"
    plain = load(write(text), target="kind", weights="more")
    assert [column.name for column in plain.info.columns] == ["p", "trust", "q"]
    row_by_row(monkeypatch)
    data = load(write(text), target="kind", weights="trust")
    assert [column.name for column in data.info.columns] == ["p", "q", "more"]
    np.testing.assert_array_equal(data.train.weights, [0.5, 2, 0.25])
    np.testing.assert_array_equal(data.train.x, [[1, 3, 1], [4, 6, 0], [7, 9, 2]])
    assert load(write(text), weights="more").info.targets == ("kind",)  # the last one but it
    both = load(write(text), target="q,p", weights="trust")
    np.testing.assert_array_equal(both.train.y, [[3, 1], [6, 4], [9, 7]])
    assert load(write(text)).train.weights is None
    rows = "".join(f"{i},{i % 2},{i}\n" for i in range(60))
    data = load(write("x,kind,w\n" + rows), weights="w")
    for part in (data.train, data.test, data.everything):
        np.testing.assert_array_equal(part.weights, np.asarray(part.x)[:, 0])


@pytest.mark.parametrize(
    ("cells", "key", "fields"),
    [
        (["1", "-2", "0"], "data.negative_weight", {"line": 3, "found": -2.0}),
        (["0", "0.0", "-0"], "data.no_weight", {}),
        (["1", "", "0"], "data.missing_value", {"line": 3}),
        (["1", "2", "1e999"], "data.infinite", {"line": 4}),
        (["1", "2", "much"], "data.not_a_number", {"line": 4}),
        (["1,5", "2,5", "0,5"], "data.decimal_comma", {"line": 2}),
    ],
)
def test_weights_that_cannot_be(write, cells, key, fields) -> None:
    rows = [f"{i};{cell};{'ab'[i % 2]}" for i, cell in enumerate(cells)]
    with refused(key, column="w", **fields):
        load(write("\n".join(["x;w;kind", *rows])), weights="w")


def test_columns_of_weights_that_cannot_be(write) -> None:
    path = write("trust,x,kind\n1,1,a\n1,2,b\n")
    for names, key, fields in (
        ({"weights": "Trust"}, "data.near_column", {"near": "trust"}),
        ({"weights": "kind", "target": "kind"}, "data.target_and_weights", {"column": "kind"}),
        ({"weights": "trust", "target": "kind,x"}, "data.no_inputs", {"taken": "kind, x, trust"}),
    ):
        with refused(key, **fields):
            load(path, **names)
    with refused("data.only_tables", UsageError):
        load("iris", weights="trust")
