"""Samples that a model is judged on: read as those that it learned from."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.data import load, load_for
from chainrule.errors import DataError

HEAD = "size,colour,price,kind"


def row(i: int) -> str:
    return f"{i},{('red', 'blue', 'green')[i % 3]},{2 * i},{i % 2}"


@pytest.fixture
def learned(tmp_path):
    (tmp_path / "first.csv").write_text("\n".join([HEAD, *map(row, range(60))]))
    return load(tmp_path / "first.csv")


def test_another_file_has_the_categories_and_classes_of_the_first(learned, tmp_path):
    (tmp_path / "second.csv").write_text("kind,price,colour,size,extra\n1.0,8,green,4,x\n1,2,red,1,y\n")
    samples, part = load_for(learned.info, tmp_path / "second.csv")
    assert part == "all"
    assert samples.info.name == "second"
    assert samples.info.classes == ("0", "1")
    columns = [c.name for c in samples.info.columns]
    assert columns == ["size", "colour", "price"]
    np.testing.assert_array_equal(samples.x, [[4, 0, 1, 0, 8], [1, 0, 0, 1, 2]])  # blue, green, red
    np.testing.assert_array_equal(samples.y, [1, 1])


def test_the_file_that_was_learned_from_gives_its_test_part(learned, tmp_path):
    samples, part = load_for(learned.info, tmp_path / "first.csv")
    assert part == "test"
    np.testing.assert_array_equal(samples.x, learned.test.x)
    np.testing.assert_array_equal(samples.y, learned.test.y)


def test_numbers_under_another_name(tmp_path):
    (tmp_path / "first.csv").write_text("\n".join([HEAD, *map(row, range(60))]))
    info = load(tmp_path / "first.csv", target="price").info
    (tmp_path / "other.csv").write_text("size,colour,kind,cost\n3,red,1,7.5\n")
    samples, _ = load_for(info, tmp_path / "other.csv", target="cost")
    np.testing.assert_array_equal(samples.y, [[7.5]])


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("size,colour,price,kind\n1,pink,2,0\n", "data.unseen"),
        ("size,colour,price,kind\n1,red,2,7\n", "data.unseen"),
        ("size,price,kind\n1,2,0\n", "data.no_column"),
        ("size,colour,price\n1,red,2\n", "data.no_column"),
    ],
)
def test_what_does_not_fit_is_named(learned, tmp_path, text, key):
    (tmp_path / "wrong.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        load_for(learned.info, tmp_path / "wrong.csv")
    assert caught.value.key == key


def test_arrays_in_a_file_are_judged_whole_unless_they_were_learned_from(tmp_path):
    x, y = np.arange(120.0).reshape(60, 2), np.arange(60) % 2
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", x=x, y=y)
    info = load(tmp_path / "a.npz").info
    assert [len(load_for(info, tmp_path / f"{name}.npz")[0]) for name in ("a", "b")] == [12, 60]
    both, part = load_for(info, tmp_path / "b.npz")
    assert part == "all"
    assert sorted(both.x[:, 0]) == sorted(x[:, 0])


def test_a_named_set_gives_its_test_part(learned):
    samples, part = load_for(learned.info, "digits")
    assert (part, len(samples)) == ("test", len(load("digits").test))
