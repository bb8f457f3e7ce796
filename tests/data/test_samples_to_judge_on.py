"""Samples that a model is judged on: read as those that it learned from."""

from __future__ import annotations

import shutil

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


@pytest.mark.parametrize("place", ["first.csv", "elsewhere/first.csv", "elsewhere/renamed.txt"])
def test_the_file_that_was_learned_from_gives_its_test_part_wherever_it_is(learned, tmp_path, place):
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / place
    if not path.exists():
        shutil.move(tmp_path / "first.csv", path)
    samples, part = load_for(learned.info, path)
    assert part == "test"
    np.testing.assert_array_equal(samples.x, learned.test.x)
    np.testing.assert_array_equal(samples.y, learned.test.y)


@pytest.mark.parametrize(
    "rows",
    [
        [row(i) for i in range(100, 160)],
        [*map(row, range(59)), "59,green,118,0"],  # one class is another
        [*map(row, range(59)), "59,green,118.5,1"],  # one input is another
        [row(i) for i in range(61)],
        [row(i) for i in range(59)],
    ],
    ids=["other samples", "a class", "an input", "one more", "one less"],
)
def test_another_file_of_the_same_name_is_judged_whole(learned, tmp_path, rows):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "first.csv").write_text("\n".join([HEAD, *rows]))
    samples, part = load_for(learned.info, tmp_path / "elsewhere" / "first.csv")
    assert part == "all"
    assert len(samples) == len(rows)


def test_a_file_knows_where_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", x=np.eye(4), y=np.arange(4))
    assert load("a.npz").path == tmp_path / "a.npz"
    assert load("iris").path is None
    assert load("iris").info.digest is None


def test_classes_that_are_fractions_are_known_however_they_are_written(tmp_path):
    path = tmp_path / "halves.csv"
    path.write_text("a,b\n" + "".join(f"{i},{('0.50', '1', '1.5')[i % 3]}\n" for i in range(60)))
    learned = load(path, task="classes")
    assert learned.info.classes == ("0.5", "1.0", "1.5")
    samples, part = load_for(learned.info, path)
    assert part == "test"
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
    for name, inputs in (("a", x), ("b", x + 1)):
        np.savez(tmp_path / f"{name}.npz", x=inputs, y=y)
    info = load(tmp_path / "a.npz").info
    assert [len(load_for(info, tmp_path / f"{name}.npz")[0]) for name in ("a", "b")] == [12, 60]
    both, part = load_for(info, tmp_path / "b.npz")
    assert part == "all"
    assert sorted(both.x[:, 0]) == sorted(x[:, 0] + 1)


def test_a_file_that_lacks_some_of_the_classes_is_judged_by_their_names(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((60, 2)), y=[10, 20, 30] * 20)
    np.savez(tmp_path / "b.npz", x=np.ones((3, 2)), y=[30, 10, 30])
    np.savez(tmp_path / "c.npz", x=np.ones((3, 2)), y=[30, 10, 40])
    info = load(tmp_path / "a.npz").info
    some, _ = load_for(info, tmp_path / "b.npz")
    assert some.info.classes == ("10", "20", "30")
    np.testing.assert_array_equal(some.y, [2, 0, 2])
    with pytest.raises(DataError) as caught:
        load_for(info, tmp_path / "c.npz")
    problem = caught.value.fields["problem"]
    assert (problem.key, problem.fields["found"], problem.fields["row"]) == ("data.y_label", 40, 2)


def test_parts_of_a_file_that_trade_places_make_it_another(tmp_path):
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=-x, y_test=y)
    np.savez(tmp_path / "b.npz", x_train=-x, y_train=y, x_test=x, y_test=y)
    info = load(tmp_path / "a.npz").info
    assert [load_for(info, tmp_path / f"{name}.npz")[1] for name in ("a", "b")] == ["test", "all"]


def test_a_named_set_gives_its_test_part(learned):
    samples, part = load_for(learned.info, "digits")
    assert (part, len(samples)) == ("test", len(load("digits").test))
