"""Samples from arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from refusal import refused

from chainrule.data import Column, Info, Scaling, as_samples, load
from chainrule.data.dataset import Samples
from chainrule.data.samples import as_inputs, expected_width, info_of_inputs, ink_share, weighted, width
from chainrule.errors import ShapeError

X = np.arange(6.0).reshape(3, 2)


def test_plain_lists_will_do() -> None:
    samples = as_samples(([[0, 1], [1, 0]], [0, 1]))
    assert samples.x.dtype == np.float64
    assert samples.y.dtype == np.int64
    assert samples.info.classes == ("0", "1")
    assert samples.info.targets == ("y",)
    assert len(samples) == 2


def test_samples_pass_through() -> None:
    train = load("iris").train
    again = as_samples(train)
    np.testing.assert_array_equal(again.x, train.x)
    np.testing.assert_array_equal(again.y, train.y)
    assert again.info is train.info


@pytest.mark.parametrize(
    ("y", "classes", "numbers"),
    [
        ([2, 0, 1], ("0", "1", "2"), [2, 0, 1]),
        ([0, 3, 0], ("0", "3"), [0, 1, 0]),
        ([-1, 1, -1], ("-1", "1"), [0, 1, 0]),
        ([10, 9, 10], ("9", "10"), [1, 0, 1]),
        ([True, False, True], ("False", "True"), [1, 0, 1]),
        (["b", "a", "b"], ("a", "b"), [1, 0, 1]),
        (np.array(["猫", "狗", "猫"], object), ("狗", "猫"), [1, 0, 1]),
        ([[2], [0], [1]], ("0", "1", "2"), [2, 0, 1]),
        ([[0, 1, 0], [1, 0, 0], [0, 1, 0]], ("0", "1", "2"), [1, 0, 1]),
        ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], ("0", "1"), [1, 0, 1]),
        ([[True, False], [True, False], [False, True]], ("0", "1"), [0, 0, 1]),
    ],
)
def test_whole_numbers_and_text_are_classes(y, classes, numbers) -> None:
    samples = as_samples((X, y))
    assert samples.info.classes == classes
    np.testing.assert_array_equal(samples.y, numbers)


@pytest.mark.parametrize(
    ("y", "outputs", "classes", "numbers"),
    [
        ([0, 2, 0], 4, ("0", "1", "2", "3"), [0, 2, 0]),
        (np.array([3, 2, 3], np.uint8), 4, ("0", "1", "2", "3"), [3, 2, 3]),
        ([0, 0, 0], 1, ("0", "1"), [0, 0, 0]),
        ([1, 2, 1], 2, ("1", "2"), [0, 1, 0]),  # 2 is no number of two classes
        ([7, 8, 9], 3, ("7", "8", "9"), [0, 1, 2]),
        ([-1, 1, -1], 3, ("-1", "1"), [0, 1, 0]),
        (["a", "c", "a"], 3, ("a", "c"), [0, 1, 0]),
        ([True, False, True], 2, ("False", "True"), [1, 0, 1]),
        ([True, True, True], 1, ("False", "True"), [1, 1, 1]),
        ([[0, 0, 1], [1, 0, 0], [1, 0, 0]], 5, ("0", "1", "2"), [2, 0, 0]),
    ],
)
def test_the_outputs_tell_of_classes_that_do_not_occur(y, outputs, classes, numbers) -> None:
    samples = as_samples((X, y), outputs=outputs)
    assert samples.info.classes == classes
    np.testing.assert_array_equal(samples.y, numbers)


@pytest.mark.parametrize(
    "y",
    [
        [[0, 1], [1, 1], [1, 0]],
        [[0, 1], [0, 0], [1, 0]],
        [[0, 1], [0, 2], [1, 0]],
        [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]],
        [[-1, 2], [1, 0], [0, 1]],
        [[1.0], [1.0], [1.0]],
    ],
)
def test_columns_that_are_not_one_hot_are_numbers(y) -> None:
    info = as_samples((X, y)).info
    assert info.classes is None
    assert len(info.targets) == len(y[0])


def test_floats_are_numbers() -> None:
    assert as_samples((X, [0.0, 1.0, 2.0])).y.shape == (3, 1)
    two = as_samples((X, np.ones((3, 2), np.float32)))
    assert two.info.classes is None
    assert two.info.targets == ("y1", "y2")
    assert two.y.dtype == np.float64


def test_known_classes_are_given_by_number_or_by_name() -> None:
    info = load("iris").info
    x = np.ones((2, 4))
    for y in ([2, 0], [2.0, 0.0], ["virginica", "setosa"], [[2], [0]], [[0, 0, 1], [1, 0, 0]]):
        np.testing.assert_array_equal(as_samples((x, y), info).y, [2, 0])


def test_pictures_become_rows() -> None:
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    samples = as_samples((pictures, [0, 1]))
    assert samples.x.dtype == np.uint8
    np.testing.assert_array_equal(samples.x, pictures.reshape(2, 12))
    assert samples.info.image == (3, 4)
    assert samples.info.scaling == Scaling.fixed(0.0, 1 / 255)


@pytest.mark.parametrize(
    ("x", "image", "shift", "factor"),
    [
        (np.full((2, 3, 3), 17, np.uint8), (3, 3), 0, 1 / 255),
        (np.full((2, 3, 3), 200), (3, 3), 0, 1 / 255),
        (np.full((2, 3, 3), 254.5), (3, 3), 0, 1 / 255),
        (np.full((2, 3, 3), 256), (3, 3), 0, 1 / 256),
        (np.ones((2, 3, 3), np.uint8), (3, 3), 0, 1),
        (np.full((2, 3, 3), 16, np.uint8), (3, 3), 0, 1 / 16),
        (np.full((2, 3, 3), 0.5), (3, 3), 0, 1),
        (np.full((2, 3, 3), 16.0), (3, 3), 0, 1 / 16),
        (np.array([[[-1.0, 3.0]]]), (1, 2), -1, 1 / 4),
    ],
)
def test_pictures_are_scaled_to_0_1(x, image, shift, factor) -> None:
    info = info_of_inputs("x", *as_inputs(x))
    assert info.image == image
    assert info.scaling is not None
    assert (info.scaling.shift, info.scaling.factor) == (shift, factor)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64, bool])
@pytest.mark.parametrize("columns", [2, 64, 784])
def test_tables_of_any_type_are_left_to_be_standardised(dtype, columns: int) -> None:
    info = as_samples((np.ones((3, columns), dtype), [0, 1, 0])).info
    assert (info.scaling, info.image) == (None, None)


def test_the_share_of_ink_is_that_of_its_longer_side() -> None:
    pictures = np.zeros((3, 10, 10))
    pictures[0, 2:8, 4:6] = 1.0
    pictures[1, 4:6, 2:8] = 1.0
    pictures[2, 3:9, 3:9] = 1.0
    assert ink_share(pictures) == 0.6
    assert ink_share(1 - pictures) is None
    assert ink_share(np.zeros((3, 10, 10))) is None


def test_the_width_counts_an_input_a_category() -> None:
    columns = (Column("a"), Column("b", ("x", "y", "z")))
    assert width(columns) == 4
    assert expected_width(Info("t", columns=columns)) == 4
    assert expected_width(Info("p", image=(3, 4))) == 12
    assert expected_width(Info("a")) is None


IRIS = Info("iris", classes=("a", "b"), columns=(Column("p"), Column("q")))
NUMBERS = Info("n", targets=("u", "v"))

REFUSED = [
    ("data.not_pair", X, None, {"found": "ndarray"}),
    ("data.not_pair", (X, [0], 1), None, {"found": "tuple"}),
    ("data.not_pair", None, None, {"found": "NoneType"}),
    ("data.ragged", ([[1, 2], [3]], [0, 1]), None, {"what": "x"}),
    ("data.ragged", (X[:2], [[1, 2], [3]]), None, {"what": "y"}),
    ("data.flat_x", (X[0], [0, 1]), None, {"shape": (2,), "count": 2}),
    ("data.rank", (np.ones((1, 2, 3, 4)), [0]), None, {"what": "x"}),
    ("data.rank", (7.0, [0]), None, {"what": "x", "shape": ()}),
    ("data.rank", (X, np.ones((3, 2, 2))), None, {"what": "y"}),
    ("data.rank", (X, np.ones((3, 0))), None, {"what": "y"}),
    ("data.rank", (X, np.ones((3, 2))), IRIS, {"what": "y", "expected": "(3,)"}),
    ("data.empty_array", (np.ones((0, 2)), []), None, {"what": "x"}),
    ("data.empty_array", (np.ones((2, 0)), [0, 1]), None, {"what": "x"}),
    ("data.no_numbers", ([["a", "b"]], [0]), None, {"what": "x"}),
    ("data.no_numbers", (X + 1j, [0, 1, 0]), None, {"what": "x"}),
    ("data.missing", (X, np.array([1, "a", None], object)), None, {"what": "y", "position": "[2]"}),
    ("data.no_numbers", (X, np.array(["2020"] * 3, "M8[Y]")), None, {"what": "y"}),
    ("data.not_finite", ([[1, 2], [3, np.nan]], [0, 1]), None, {"what": "x", "position": "[1, 1]"}),
    ("data.not_finite", ([[-np.inf, 2]], [0]), None, {"what": "x", "value": -np.inf}),
    ("data.not_finite", (X, [0.5, np.nan, 1.0]), None, {"what": "y", "position": "[1, 0]"}),
    ("data.not_finite", (X, [0.0, np.nan, 1.0]), IRIS, {"what": "y", "position": "[1]"}),
    ("data.lengths", (X, [0, 1]), None, {"x": 3, "y": 2}),
    ("data.lengths", (X, 1), None, {"x": 3, "y": 1}),
    ("data.width", (np.ones((1, 3)), [0]), IRIS, {"found": 3, "expected": 2, "name": "iris"}),
    ("data.y_label", (X, [0, 1, 2]), IRIS, {"row": 2, "found": 2, "expected": "0..1"}),
    ("data.y_label", (X, [0, -1, 1]), IRIS, {"row": 1}),
    ("data.y_label", (X, [0.5, 1, 1]), IRIS, {"row": 0}),
    ("data.y_label", (X, ["a", "b", "c"]), IRIS, {"row": 2, "found": "c", "expected": "a, b"}),
    ("data.one_hot", (X, np.eye(3)), IRIS, {"what": "y", "found": 3, "expected": 2}),
    ("data.negative_label", (X, [3, 0, -1]), None, {"row": 2, "found": -1}),
    ("data.negative_label", (X, [-1, 0, 1]), None, {"row": 0}),
    ("data.negative_label", (X, [-1, -1, -1]), None, {"row": 0}),
    ("data.negative_label", (X, [5, -2, 1]), None, {"found": -2}),
    ("data.y_kind", (X, [1.0, 2.0, 3.0]), NUMBERS, {"expected": 2}),
    ("data.y_kind", (X, [["a", "b"]] * 3), NUMBERS, {"expected": 2}),
    ("data.many_classes", (np.ones((1001, 1)), np.arange(1001)), None, {"count": 1001, "limit": 1000}),
]


@pytest.mark.parametrize(("key", "data", "info", "fields"), REFUSED)
def test_what_is_no_samples_is_refused(key, data, info, fields) -> None:
    with refused(key, ShapeError, **fields):
        as_samples(data, info)


@pytest.mark.parametrize("y", [[3, 5, 9], [[3], [5], [9]], [0, 1, 2]])
def test_more_whole_numbers_than_one_output_tells_apart(y) -> None:
    with refused("data.whole_numbers", ShapeError, count=3):
        as_samples((X, y), outputs=1)
    assert as_samples((X, np.array(y, float)), outputs=1).info.classes is None


@pytest.mark.parametrize(
    ("key", "weights", "fields"),
    [
        ("data.rank", [1, 2], {"shape": (2,), "expected": "(3,)"}),
        ("data.rank", [[1], [2], [3]], {"shape": (3, 1)}),
        ("data.rank", 1, {"shape": ()}),
        ("data.weights", [1, -1, 2], {"row": 1, "found": -1.0}),
        ("data.weights", [0, 0, 0], {"row": 0, "found": 0.0}),
        ("data.not_finite", [1, 2, np.nan], {"what": "sample_weight", "position": "[2]"}),
        ("data.no_numbers", ["1", "2", "3"], {"what": "sample_weight"}),
        ("data.ragged", [1, [2], 3], {"what": "sample_weight"}),
    ],
)
def test_weights_that_are_none(key: str, weights: object, fields: dict[str, object]) -> None:
    samples = as_samples(([[1.0], [2.0], [3.0]], ["a", "b", "a"]))
    with refused(key, ShapeError, **fields):
        weighted(samples, weights)


def test_weights_are_numbers_of_the_samples_own() -> None:
    given = weighted(as_samples(([[1.0], [2.0], [3.0]], ["a", "b", "a"])), [True, 2, 0])
    np.testing.assert_array_equal(given.weights, [1.0, 2.0, 0.0])
    np.testing.assert_array_equal(as_samples(given).take(np.array([2, 0])).weights, [0.0, 1.0])


def test_an_input_is_called_by_its_column_or_by_its_number() -> None:
    table = Info("t", columns=(Column("size"), Column("colour", ("red", "blue"))))
    samples = Samples(np.zeros((2, 3)), np.zeros((2, 1)), table)
    assert [samples.feature(j).fields.get("name") for j in range(3)] == ["size", "colour", "colour"]
    assert samples.feature(0).key == "data.column"
    assert replace(samples, info=Info("a")).feature(2).key == "data.feature"


def test_pictures_whose_levels_are_too_far_apart() -> None:
    with pytest.raises(ShapeError) as caught:
        as_samples((np.array([[[-1.7e308, 1.7e308]]] * 4), [0, 1, 0, 1]))
    assert caught.value.key == "data.levels"
