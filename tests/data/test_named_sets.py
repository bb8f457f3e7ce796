"""The data sets that need no files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from chainrule.data import DATASETS, Column, Dataset, Info, load, load_for, names
from chainrule.data.samples import info_of_inputs
from chainrule.errors import UnknownNameError, UsageError
from chainrule.sentences import LANGUAGES, speaking

EMBEDDED = ("digits", "iris")
DRAWN = ("spiral", "moons", "circles")
SHAPES = {  # of the part to learn from, and of the test part
    "digits": ((1438, 64), (359, 64)),
    "iris": ((120, 4), (30, 4)),
    "zhou": ((4, 2), (2, 2)),
    "xor": ((4, 2), None),
    "spiral": ((900, 2), (300, 2)),
    "moons": ((900, 2), (300, 2)),
    "circles": ((900, 2), (300, 2)),
}


def same(a: Dataset, b: Dataset) -> bool:
    assert a.test is not None
    assert b.test is not None
    pairs = [(a.train, b.train), (a.test, b.test)]
    return all(np.array_equal(s.x, t.x) and np.array_equal(s.y, t.y) for s, t in pairs)


@pytest.mark.parametrize("name", SHAPES)
def test_sizes_and_types(name: str) -> None:
    data = load(name)
    assert data.info.name == name
    expected_train, expected_test = SHAPES[name]
    assert data.train.x.shape == expected_train
    assert (data.test.x.shape if data.test else None) == expected_test
    for part in filter(None, (data.train, data.test)):
        assert part.info == data.info
        assert part.x.dtype == (np.uint8 if name == "digits" else np.float64)
        assert part.y.dtype == np.int64
        assert part.y.shape == (len(part),)
        assert set(part.y) == set(range(len(data.info.classes or ())))


@pytest.mark.parametrize("name", names())
def test_every_data_set_is_described_in_both_languages(name: str) -> None:
    said = set()
    for language in LANGUAGES:
        with speaking(language):
            said.add(DATASETS[name].description)
    assert len(said) == 2


def test_the_table_of_data_sets_is_keyed_by_name() -> None:
    assert names() == tuple(entry.name for entry in DATASETS.values())
    assert {entry.sentence for entry in DATASETS.values()} == {
        *("data.about_digits", "data.about_iris", "data.about_mnist", "data.about_fashion_mnist"),
        *("data.about_zhou", "data.about_xor", "data.about_spiral", "data.about_moons"),
        "data.about_circles",
    }


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_test_part_is_fixed_and_stratified(name: str) -> None:
    data = load(name)
    assert data.test is not None
    assert same(data, load(name, seed=1))
    for k in range(len(data.info.classes or ())):
        here, there = int((data.train.y == k).sum()), int((data.test.y == k).sum())
        assert there == round(0.2 * (here + there))


def test_digits_are_ink_on_a_dark_ground_with_levels_to_16() -> None:
    data = load("digits")
    assert (data.train.x.min(), data.train.x.max()) == (0, 16)
    scaling = data.info.scaling
    assert scaling is not None
    assert (scaling(data.train.x).min(), scaling(data.train.x).max()) == (0.0, 1.0)
    shown = info_of_inputs("digits", data.train.x.astype(float), data.info.image)
    assert shown.ink_share == data.info.ink_share == 1.0
    assert shown.scaling == scaling


def test_iris_tells_its_columns() -> None:
    info = load("iris").info
    assert info.classes == ("setosa", "versicolor", "virginica")
    assert [column.name for column in info.columns][:2] == ["sepal length (cm)", "sepal width (cm)"]
    assert info.targets == ("species",)
    assert info.scaling is None


def test_zhou_has_the_numbers_of_the_article() -> None:
    data = load("zhou")
    assert data.info.columns == (Column("weight"), Column("height"))
    assert data.info.classes == ("M", "F")
    scaling = data.info.scaling
    assert scaling is not None
    np.testing.assert_array_equal(scaling(data.train.x), [[-2, -1], [25, 6], [17, 4], [-15, -6]])
    np.testing.assert_array_equal(data.train.y, [1, 0, 0, 1])
    assert data.test is not None
    np.testing.assert_array_equal(scaling(data.test.x), [[-7, -3], [20, 2]])
    np.testing.assert_array_equal(data.test.y, [1, 0])


def test_xor_is_the_exclusive_or() -> None:
    train = load("xor").train
    assert len(np.unique(train.x, axis=0)) == 4
    np.testing.assert_array_equal(train.y, train.x[:, 0].astype(bool) ^ train.x[:, 1].astype(bool))


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_sets_depend_on_the_seed_alone(name: str) -> None:
    data = load(name, seed=3)
    assert same(data, load(name, seed=3))
    assert not same(data, load(name, seed=4))
    assert data.test is not None
    assert not set(map(bytes, data.train.x)) & set(map(bytes, data.test.x))
    for part in (data.train, data.test):
        counts = np.bincount(part.y)
        assert len(set(counts)) == 1


def test_circles_lie_inside_each_other() -> None:
    train = load("circles").train
    radius = np.linalg.norm(train.x, axis=1)
    assert radius[train.y == 0].mean() == pytest.approx(1.0, abs=0.05)
    assert radius[train.y == 1].mean() == pytest.approx(0.5, abs=0.05)


def test_spiral_arms_wind_around_the_origin() -> None:
    train = load("spiral").train
    radius, angle = np.linalg.norm(train.x, axis=1), np.arctan2(train.x[:, 0], train.x[:, 1])
    assert radius.max() < 1
    off = np.angle(np.exp(1j * (angle - 4 * (train.y + radius))))  # from the middle of its own arm
    assert off.std() == pytest.approx(0.2, abs=0.02)


def test_moons_are_half_circles() -> None:
    train = load("moons").train
    centre = np.where(train.y[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    radius = np.linalg.norm(train.x - centre, axis=1)
    assert radius.mean() == pytest.approx(1.0, abs=0.05)
    above = np.where(train.y == 0, train.x[:, 1], 0.5 - train.x[:, 1])
    assert (above > -0.6).all()


def test_unknown_names_are_met_with_a_suggestion() -> None:
    with refused("data.near_name", UnknownNameError, near="fashion-mnist"):
        load("Fashion_MNIST")
    with refused("data.near_name", UnknownNameError, near="digits"):
        load("digit")
    with refused("data.unknown_name", UnknownNameError, name="zzzzzz"):
        load("zzzzzz")


def test_what_is_a_path_is_not_taken_for_a_name(tmp_path) -> None:
    with refused("data.no_file", path=str(tmp_path / "digits")):
        load(tmp_path / "digits")
    with refused("data.no_file", path="iris.csv"):
        load("iris.csv")
    (tmp_path / "notes.pdf").write_text("%PDF")
    with refused("data.file_kind", path=tmp_path / "notes.pdf"):
        load(tmp_path / "notes.pdf")


def test_paths_that_the_system_refuses(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("data.unreadable", because="the name is too long"):
        load("x" * 5000)
    with refused("data.unreadable", because="the name is too long"):
        load_for(Info("learned"), "x" * 5000 + ".csv")
    with refused("data.unreadable", because="the name is too long"):
        load("mnist", data_dir="x" * 5000)
    with refused("data.no_file"):
        load("~nobody-of-this-name/set.csv")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with refused("data.unreadable", path=str(tmp_path), because="permission is denied"):
        load(tmp_path)


def test_only_tables_have_a_target_to_choose(tmp_path) -> None:
    with refused("data.only_tables", UsageError, path="iris"):
        load("iris", target="species")
    with refused("data.only_tables", UsageError):
        load(tmp_path / "x.npz", task="classes")
