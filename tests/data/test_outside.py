"""What callers hand over as arrays: objects, masks, missing values, sparse matrices, tables with names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from refusal import refused

import chainrule as cr
from chainrule.data import Column, Info, Samples, as_samples
from chainrule.data.outside import array_of, column_names
from chainrule.data.samples import as_inputs, matched, weighted
from chainrule.errors import ShapeError, UsageError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)) * [1, 10, 100] + [0, 5, 9]
Y = (X @ [1, -0.2, 0.03] > 0).astype(int)


class NAType:
    """What a library of tables has where nothing is: it cannot even be compared."""

    def __eq__(self, other: object) -> Any:
        raise TypeError

    __hash__ = None  # type: ignore[assignment]


class Unspeakable:
    """What cannot say what it is."""

    def __repr__(self) -> str:
        raise RuntimeError


class Frame:
    """A table with names, as libraries of tables have it: columns beside the values."""

    def __init__(self, values: Any, columns: Any) -> None:
        self.values, self.columns = np.asarray(values), columns

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.values.astype(dtype or self.values.dtype)


class ArrowTable:
    """A table whose `columns` are its values, and whose names are beside them."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.column_names, self.columns = frame, [*frame.columns], [*frame.values.T]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.frame.values


class Sparse:
    def toarray(self) -> Any:
        raise AssertionError


def objects(*values: Any) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


# Objects


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2, 3], "i", [1, 2, 3]),
        ([np.int8(1), 2, np.uint64(3)], "i", [1, 2, 3]),
        ([2**63, 1], "u", [2**63, 1]),
        ([True, 2], "i", [1, 2]),
        ([True, np.False_], "b", [True, False]),
        ([1, 2.5, np.float32(3)], "f", [1, 2.5, 3]),
        ([Decimal("0.5"), Fraction(1, 4), True], "f", [0.5, 0.25, 1]),
        ([2**1023, -(10**300)], "f", [2.0**1023, -1e300]),
        (["a", np.str_("b")], "U", ["a", "b"]),
        ([], "U", []),
    ],
)
def test_objects_are_what_all_of_them_are(values, dtype: str, expected) -> None:
    array = array_of(objects(*values), "x")
    assert array.dtype.kind == dtype
    assert array.tolist() == expected


def test_a_table_of_objects_trains_as_numbers() -> None:
    mixed = X.astype(object)
    mixed[:, 2] = X[:, 2] > 9
    plain = np.array(mixed, float)
    ours, theirs = (cr.Network(3, 2).fit((x, Y), epochs=2) for x in (mixed, plain))
    assert_array_equal(ours.parameters["W1"], theirs.parameters["W1"])
    assert ours.evaluate((mixed, Y.astype(object))).accuracy == theirs.evaluate((plain, Y)).accuracy


@pytest.mark.parametrize(
    ("key", "value", "fields"),
    [
        ("data.no_number", 1j, {"found": "1j"}),
        ("data.no_number", [1, 2], {"found": "[1, 2]"}),
        ("data.no_number", Unspeakable(), {}),
        ("data.missing", None, {"found": "None"}),
        ("data.missing", NAType(), {}),
        ("data.missing", np.ma.masked, {"found": "--"}),
        ("data.missing", np.datetime64("NaT"), None),
        ("data.missing", float("nan"), {"found": "nan"}),
        ("data.missing", Decimal("NaN"), {"found": "NaN"}),
        ("data.beyond", 10**400, {}),
        ("data.beyond", Fraction(-(10**400)), {}),
    ],
)
def test_the_first_object_that_is_no_number_is_named(
    key: str, value: Any, fields: dict[str, Any] | None
) -> None:
    if fields is None:
        value, fields = type("NaTType", (), {})(), {}
    x = np.ones((3, 2), object)
    x[1, 1], x[2, 0] = value, value
    y = objects(1.5, 2, value)
    with refused(key, ShapeError, what="x", position="[1, 1]", **fields):
        as_samples((x, Y[:3]))
    with refused(key, ShapeError, what="sample_weight", position="[2]", **fields):
        weighted(as_samples((X[:3], Y[:3])), y)
    with refused(key, ShapeError, what="y", position="[2]", **fields):
        as_samples((X[:3], y))


@pytest.mark.parametrize("value", ["a", b"1"])
def test_text_and_bytes_are_no_numbers_of_inputs_and_weights(value: Any) -> None:
    for x in ([[1, 2], [3, value]], np.array([[1, 2], [3, value]], object)):
        with refused("data.no_number", ShapeError, what="x", found=repr(value), position="[1, 1]"):
            as_samples((x, [0, 1]))
    with refused("data.no_number", ShapeError, what="sample_weight", found=repr(value), position="[1]"):
        weighted(as_samples((X[:2], Y[:2])), [1.5, value])


@pytest.mark.parametrize("wrap", [list, tuple, lambda values: objects(*values)])
@pytest.mark.parametrize(
    ("values", "found", "position"),
    [
        ([1, "1", "b"], "1", "[0]"),
        (["b", "1", 1], "1", "[2]"),
        (["a", True, "b"], "True", "[1]"),
        (["a", "b", 2.5], "2.5", "[2]"),
    ],
)
def test_labels_of_text_and_of_numbers_are_not_mixed(
    values: list[Any], found: str, position: str, wrap: Any
) -> None:
    with refused("data.mixed", ShapeError, what="y", found=found, position=position):
        as_samples((X[:3], wrap(values)))


@pytest.mark.parametrize("wrap", [list, np.array, lambda values: objects(*values)])
@pytest.mark.parametrize(("values", "position"), [([b"a", b"b", b"a"], "[0]"), (["a", b"a", "b"], "[1]")])
def test_labels_of_bytes_are_to_be_text(values: list[Any], position: str, wrap: Any) -> None:
    if wrap is np.array and isinstance(values[0], str):
        pytest.skip("NumPy makes text of both")
    with refused("data.bytes", ShapeError, what="y", found="b'a'", position=position):
        as_samples((X[:3], wrap(values)))


@pytest.mark.parametrize("value", [{"a": [1, 2]}, {1, 2}, (row for row in X), None, object()])
def test_what_is_no_array_is_named_by_its_type(value: Any) -> None:
    with refused("data.not_array", ShapeError, what="x", found=type(value).__name__):
        as_samples((value, Y))
    with refused("data.not_array", ShapeError, what="y", found=type(value).__name__):
        as_samples((X, value))


def test_records_are_refused_with_their_fields() -> None:
    records = np.zeros(40, [("a", float), ("b", int)])
    for x in (records, records.view(np.recarray)):
        with refused("data.records", ShapeError, what="x", fields="a, b"):
            as_samples((x, Y))


def test_text_with_a_value_that_is_missing() -> None:
    with refused("data.missing", ShapeError, what="y", position="[1]"):
        as_samples((X[:3], objects("a", None, "b")))


def test_sparse_matrices_are_refused_with_the_way_out() -> None:
    with refused("data.sparse", ShapeError, what="x", found="Sparse"):
        as_samples((Sparse(), Y))


# Masks


@pytest.mark.parametrize("fill", [-999.0, np.nan])
def test_masked_values_are_missing(fill: float) -> None:
    hidden = np.zeros(X.shape, bool)
    hidden[4, 1] = True
    x = np.ma.array(np.where(hidden, fill, X), mask=hidden)
    y = np.ma.array(Y, mask=np.arange(40) == 7)
    model = cr.Network(3, 2).fit((np.ma.array(X, mask=False), np.ma.array(Y)), epochs=1)
    for use in (lambda: as_samples((x, Y)), lambda: model.predict(x), lambda: model.evaluate((x, Y))):
        with refused("data.masked", ShapeError, what="x", position="[4, 1]"):
            use()
    with refused("data.masked", ShapeError, what="y", position="[7]"):
        model.evaluate((X, y))
    with refused("data.masked", ShapeError, what="sample_weight", position="[7]"):
        cr.Network(3, 2).fit((X, Y), sample_weight=y)
    with refused("data.masked", ShapeError, what="x", position="[4, 1]"):
        as_samples(([*x], Y))
    with refused("data.masked", ShapeError, what="y", position="[1]"):
        as_samples((X[:2], [1, np.ma.masked]))


def test_masked_values_are_missing_in_a_trace_and_in_a_check_of_gradients() -> None:
    net = cr.Network(3, 2)
    x, y, W1 = (np.ma.array(np.ones((2, k)), mask=np.arange(2 * k).reshape(2, k) == k) for k in (3, 2, 3))
    for name, given in (("x", {"x": x, "y": [[0, 1]] * 2}), ("y", {"x": x.data, "y": y})):
        for use in (net.trace, net.check_gradients):
            with refused("data.masked", ShapeError, what=name, position="[1, 0]"):
                use(**given)
    with refused("data.masked", ShapeError, what="W1", position="[1, 0]"):
        net.trace(x.data, params={"W1": W1})
    with refused("data.masked", ShapeError, what="W1", position="[1, 0]"):
        net.check_gradients(parameters={"W1": W1, "b1": np.zeros(2)})


def test_a_mask_of_nothing_changes_nothing() -> None:
    plain, masked = (
        cr.Network(3, 2).fit(data, epochs=2)
        for data in ((X, Y), (np.ma.array(X), np.ma.array(Y, mask=np.zeros(40, bool))))
    )
    assert_array_equal(plain.parameters["W1"], masked.parameters["W1"])


# Columns


@pytest.mark.parametrize("wrap", [lambda frame: frame, ArrowTable])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 0, 2]])
def test_columns_go_by_their_names(order: list[int], wrap: Any, tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    model = cr.Network(3, 4, 2).fit((wrap(Frame(X, names)), Y), epochs=3)
    assert model.info.columns == tuple(map(Column, names))
    model.save(tmp_path / "m")
    turned = wrap(Frame(X[:, order], [names[k] for k in order]))
    for each in (model, cr.load(tmp_path / "m")):
        assert_array_equal(each.outputs(turned), model.outputs(X))
        assert_array_equal(each.probabilities(turned), model.probabilities(X))
        assert each.evaluate((turned, Y)).loss == model.evaluate((X, Y)).loss
    watched = cr.Network(3, 4, 2).fit((Frame(X, names), Y), validation=(turned, Y), epochs=3)
    assert watched.history[-1]["validation_accuracy"] == model.evaluate((X, Y)).accuracy


@pytest.mark.parametrize(
    ("key", "names", "missing", "extra"),
    [
        ("data.columns_missing", ["a", "b"], "c", None),
        ("data.columns_unknown", ["a", "b", "c", "d"], None, "d"),
        ("data.columns", ["a", "b", "C"], "c", "C"),
        ("data.columns", [2, 1, 0], "a, b, c", "2, 1, 0"),
        ("data.columns", [("a", 1), "b", "c"], "a", "('a', '1')"),
    ],
)
def test_other_columns_are_refused_with_their_names(
    key: str, names: list[Any], missing: str | None, extra: str | None
) -> None:
    model = cr.Network(3, 2).fit((Frame(X, ["a", "b", "c"]), Y), epochs=1)
    other = Frame(np.ones((2, len(names))), names)
    for use in (lambda: model.predict(other), lambda: model.evaluate((other, Y[:2]))):
        with refused(key, ShapeError, missing=missing, extra=extra):
            use()


class Day:
    """A name that is no text, and that libraries of tables compare by its value."""

    def __init__(self, day: int) -> None:
        self.day = day

    def __str__(self) -> str:
        return f"2026-01-{self.day:02}"


TYPES: dict[str, list[Any]] = {
    "text": ["a", "b", "c"],
    "years": [2019, 2020, 2021],
    "whole numbers of NumPy": [*np.array([7, 8, 9])],
    "numbers from 1": [1, 2, 3],
    "numbers from 0": [0, 1, 2],
    "numbers as text": ["0", "1", "2"],
    "text and numbers": ["a", 1, "b"],
    "floats": [0.5, 1.5, float("nan")],
    "truth values": [True, False, "true"],
    "dates": [date(2026, 1, day) for day in (1, 2, 3)],
    "dates of NumPy": [*np.array(["2026-01-01", "2026-01-02", "2026-01-03"], "M8[D]")],
    "objects": [Day(1), Day(2), Day(3)],
    "several levels": [("a", "p"), ("a", "q"), ("b", "p")],
    "levels of numbers": [("a", 1), ("a", np.int64(2)), ("b", 1)],
    "none and bytes": [None, b"a", "a"],
}


def placed(values: np.ndarray, names: list[Any], order: tuple[int, ...]) -> Frame:
    return Frame(values[:, order], [names[k] for k in order])


@pytest.mark.parametrize("learned", list(permutations(range(3))))
@pytest.mark.parametrize("kind", TYPES)
def test_names_of_every_type_go_with_their_columns(
    kind: str, learned: tuple[int, ...], tmp_path: Path
) -> None:
    """Whatever the order in training and asking, each column meets the weights that it had."""
    names = TYPES[kind]
    first = placed(X, names, learned)
    model = cr.Network(3, 2).fit((first, Y), epochs=1, doctor=False)
    model.save(tmp_path / "m")
    expected, score = model.outputs(first.values), model.evaluate((first.values, Y))
    both = model, cr.load(tmp_path / "m")
    for asked in permutations(range(3)):
        table = placed(X, names, asked)
        for each in both:
            assert_array_equal(each.outputs(table), expected)
            assert each.evaluate((table, Y)).loss == score.loss
    turned = placed(X, names, learned[::-1])
    watched = cr.Network(3, 2).fit((first, Y), validation=(turned, Y), epochs=1, doctor=False)
    assert watched.history[-1]["validation_loss"] == score.loss


@pytest.mark.parametrize("asked", TYPES)
@pytest.mark.parametrize("learned", TYPES)
def test_tables_with_names_of_another_type_are_refused(learned: str, asked: str) -> None:
    """Only names 0, 1, 2 in this order stand for none, and only where they are not among the others."""
    ours, theirs = [column_names(Frame(X, TYPES[kind])) for kind in (learned, asked)]
    known = as_samples((Frame(X, TYPES[learned]), Y)).info
    numbers = ("0", "1", "2")
    right = {*ours} == {*theirs} or (numbers in (ours, theirs) and not {*ours} & {*theirs})
    if right:
        assert_array_equal(as_inputs(Frame(X, TYPES[asked]), known)[0], X)
    else:
        with refused("data.columns", ShapeError):
            as_inputs(Frame(X, TYPES[asked]), known)


@pytest.mark.parametrize(
    ("names", "key", "found"),
    [
        ("aab", "data.column_twice", "a"),
        ([1, "b", 1], "data.column_twice", "1"),
        ([("a", 1), ("b", 1), ("a", 1)], "data.column_twice", "('a', '1')"),
        ([1, "1", "b"], "data.columns_alike", "1"),
        (["b", "2.5", 2.5], "data.columns_alike", "2.5"),
        (["a", None, "None"], "data.columns_alike", "None"),
    ],
)
def test_a_name_of_two_columns_is_refused_at_every_door(names: Any, key: str, found: str) -> None:
    table = Frame(X, [*names])
    named, plain = (cr.Network(3, 2).fit((x, Y), epochs=1) for x in (Frame(X, [*"abc"]), X))
    for use in (
        lambda: cr.Network(3, 2).fit((table, Y), epochs=1),
        lambda: named.predict(table),
        lambda: plain.evaluate((table, Y)),
    ):
        with refused(key, ShapeError, what="x", found=found):
            use()
    with pytest.raises(cr.ChainruleError) as caught:
        cr.Network(3, 2).fit((X, Y), validation=(table, Y), epochs=1)
    assert str(ShapeError(key, what="x", found=found)) in str(caught.value)


@pytest.mark.parametrize("columns", [range(3), ["0", "1", "2"], None, lambda: ["a"]])
def test_columns_that_have_no_names_go_by_place(columns: Any) -> None:
    assert as_samples((Frame(X, columns), Y)).info.columns == ()
    known = Info("t", columns=(Column("p"), Column("q"), Column("r")))
    assert_array_equal(as_inputs(Frame(X, columns), known)[0], X)
    assert_array_equal(as_inputs(X, known)[0], X)


def test_numbered_columns_in_another_order_are_named_by_their_numbers() -> None:
    model = cr.Network(3, 2).fit((Frame(X, range(3)), Y), epochs=1)
    turned = Frame(X[:, ::-1], [2, 1, 0])
    assert_array_equal(model.outputs(turned), model.outputs(X))
    assert model.evaluate(as_samples((turned, Y))).loss == model.evaluate((X, Y)).loss
    with refused("data.columns", ShapeError, missing="0", extra="3"):
        model.outputs(Frame(X, [1, 2, 3]))
    assert_array_equal(model.outputs(Frame(X, ["a", "b", "c"])), model.outputs(X))


def test_names_are_as_many_as_the_columns() -> None:
    with refused("data.rank", ShapeError, what="x", expected="(n, 2)"):
        as_samples((Frame(X, ["a", "b"]), Y))


def test_the_columns_of_samples_go_by_their_names_too() -> None:
    size, colour = Column("size"), Column("colour", ("blue", "red"))
    learned = Info("t", classes=("a", "b"), columns=(size, colour))
    x, y = np.array([[1.0, 0.0, 7.0], [0.0, 1.0, 8.0]]), np.array([1, 0])
    turned = Samples(x, y, Info("other", classes=("a", "b"), columns=(colour, size)))
    assert_array_equal(matched(turned, learned).x, [[7, 1, 0], [8, 0, 1]])
    both = matched(replace(turned, info=replace(turned.info, classes=("b", "a"))), learned)
    assert both.info.columns == learned.columns  # else they would be turned once more
    for found in (both, matched(both, learned)):
        assert_array_equal(found.x, [[7, 1, 0], [8, 0, 1]])
        assert_array_equal(found.y, [0, 1])
    other = Column("colour", ("blue", "green"))
    with refused("data.other_values", UsageError, column="colour"):
        matched(Samples(x, y, Info("other", classes=("a", "b"), columns=(size, other))), learned)
    with refused("data.columns", UsageError, missing="colour", extra="color"):
        color = Column("color", ("blue", "red"))
        matched(Samples(x, y, Info("other", classes=("a", "b"), columns=(size, color))), learned)


# Types of numbers


KINDS = {
    "bits": RNG.integers(0, 2, (60, 12)),
    "counts": RNG.integers(0, 6, (60, 5)),
    "one-hot": np.eye(9, dtype=int)[RNG.integers(0, 9, 60)],
    "levels in rows": RNG.integers(0, 256, (60, 64)),
    "binary pictures": RNG.integers(0, 2, (60, 4, 4)),
    "pictures of few levels": RNG.integers(0, 17, (60, 8, 8)),
    "pictures": RNG.integers(0, 251, (60, 4, 4)),
}


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_numbers_train_alike_in_every_type(kind: str, engine: str) -> None:
    x = KINDS[kind]
    y = np.arange(60) % 2
    width = x[0].size
    models = {
        dtype: cr.Network(width, 5, 2).fit((x.astype(dtype), y), epochs=3, engine=engine, doctor=False)
        for dtype in ("uint8", "int64", "float64", "float32")
    }
    expected = models["int64"]
    for dtype, model in models.items():
        assert_array_equal(model.scaling.factor, expected.scaling.factor)
        close = {"rtol": 0, "atol": 2e-5 if x.ndim == 3 and dtype == "uint8" else 0}
        for name, w in model.parameters.items():
            np.testing.assert_allclose(w, expected.parameters[name], **close)
        np.testing.assert_allclose(model.outputs(x.astype(dtype)), expected.outputs(x), **close)


def test_a_table_of_bytes_is_learned() -> None:
    """Each of twelve bits is 0 or 1, and the answer is (a and b) or (c and d)."""
    bits = np.random.default_rng(3).integers(0, 2, (400, 12), dtype=np.uint8)
    a, b, c, d, *_ = bits.T.astype(bool)
    y = (a & b) | (c & d)
    model = cr.Network(12, 16, 2).fit((bits, y), epochs=60, seed=1)
    assert model.evaluate((bits, y)).accuracy > 0.95
