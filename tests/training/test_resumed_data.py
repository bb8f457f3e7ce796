"""A run goes on with its own data only: an edit of any sample is found, and its part is named."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli import main
from chainrule.data import dataset as dataset_room
from chainrule.data import load
from chainrule.data.dataset import Dataset, Info, Samples, digests_of
from chainrule.data.rows import Rows
from chainrule.model import LAST
from chainrule.training import run as run_room
from chainrule.training.run import fingerprint

pytestmark = pytest.mark.usefixtures("undrawn")
PARTS = ("training", "validation", "test")
HEAD = "height,width,kind,share\n"
GIVEN = (
    "2-4-2",
    "--target",
    "kind",
    "--weights",
    "share",
    "--validation",
    "0.2",
    "--samples",
    "70",
    "--schedule",
    "constant",
)
BEGUN = ("train", "flowers.csv", *GIVEN, "--epochs", "3", "--out", "run", "--quiet")
RESUMED = ("train", "--resume", "run", "--epochs", "5", "--quiet")


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """The rows of a table, in a folder where a run learned from it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAINRULE_LANG", "en")
    rng = random.Random(3)
    points = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(120)]
    rows = [
        [f"{a:.4f}", f"{b:.4f}", "fir" if a > b else "oak", f"{1 + i % 3}"] for i, (a, b) in enumerate(points)
    ]
    _write(rows)
    return rows


def _write(rows, head=HEAD):
    Path("flowers.csv").write_text(head + "".join(",".join(row) + "\n" for row in rows))


def _rows_of_parts():
    """By the name of each part, and of what no part takes, which rows of the table are in it."""
    data = load("flowers.csv", target="kind", weights="share")
    split = data.split(0.2, seed=0, samples=70)
    found = {name: [int(line) - 2 for line in part.lines] for name, part in zip(PARTS, split, strict=True)}
    taken = {row for rows in found.values() for row in rows}
    return {**found, "outside": [row for row in range(120) if row not in taken]}


def _input(rows, places):
    rows[places[0]][1] = "7.5"


def _target(rows, places):
    rows[places[0]][2] = "oak" if rows[places[0]][2] == "fir" else "fir"


def _weight(rows, places):
    rows[places[0]][3] = "9"


def _removed(rows, places):
    del rows[places[0]]


def _swapped(rows, places):
    """Of one class, so that both stay in their part."""
    first = places[0]
    other = next(place for place in places[1:] if rows[place][2] == rows[first][2])
    rows[first], rows[other] = rows[other], rows[first]


def _resumed(capsys):
    capsys.readouterr()
    code = main([*RESUMED])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("part", [*PARTS, "outside"])
@pytest.mark.parametrize("change", [_input, _target, _weight, _removed, _swapped])
def test_an_edit_is_refused_and_its_part_named(rows, capsys, change, part):
    main([*BEGUN])
    places = _rows_of_parts()[part]
    change(rows, places)
    _write(rows)
    code, said = _resumed(capsys)
    if part == "outside" and change is _weight:  # by which no number of the run changes
        assert code == 0
        return
    assert (code, said.count("\n")) == (2, 1)
    named = said.strip().rpartition("what changed: ")[2].split(", ")
    expected = "samples outside the training part" if part == "outside" else f"the {part} part"
    if change in (_input, _weight, _swapped):  # which move no other sample
        assert named == [expected]
    else:
        assert expected in named or part == "outside"


@pytest.mark.parametrize(
    "change",
    [
        lambda: _write_text("fir", "elm"),
        lambda: _write_text("oak", "yew"),
        lambda: _write_text("width", "depth"),
    ],
    ids=["first class", "last class", "column"],
)
def test_what_is_called_otherwise_is_refused(rows, capsys, change):
    main([*BEGUN])
    change()
    code, said = _resumed(capsys)
    assert code == 2
    assert said.endswith("what changed: the names of its classes or columns\n")


def _write_text(old, new):
    path = Path("flowers.csv")
    path.write_text(path.read_text().replace(old, new))


def test_pictures_of_another_shape_are_other_data():
    x, y = np.zeros((40, 16), np.uint8), np.arange(40) % 2
    wide, high = (Dataset(Samples(x, y, Info("p", ("a", "b"), image=shape))) for shape in ((2, 8), (8, 2)))
    assert fingerprint(wide.split()) == fingerprint(high.split())
    assert "image" in run_room.DESCRIBED["pictures"]


@pytest.mark.parametrize("old", [False, True])
def test_with_the_same_data_it_goes_on_with_the_same_bits(rows, capsys, monkeypatch, old):
    """Also from a checkpoint of a version that kept the digest of the training part alone."""
    main([*BEGUN[:-4], "5", "--out", "whole", "--quiet"])
    with monkeypatch.context() as patch:
        if old:
            patch.setattr(run_room, "fingerprint", lambda split: fingerprint(split)["training"])
        main([*BEGUN])
    _write(rows)
    assert _resumed(capsys) == (0, "")
    assert Path("run", LAST).read_bytes() == Path("whole", LAST).read_bytes()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("training", "the training part"),
        ("validation", "samples outside the training part"),
        ("test", "samples outside the training part"),
    ],
)
def test_a_checkpoint_with_one_digest_is_checked_by_what_it_has(rows, capsys, monkeypatch, part, said):
    with monkeypatch.context() as patch:
        patch.setattr(run_room, "fingerprint", lambda split: fingerprint(split)["training"])
        main([*BEGUN])
    _input(rows, _rows_of_parts()[part])
    _write(rows)
    code, told = _resumed(capsys)
    assert code == 2
    assert told.endswith(f"what changed: {said}\n")


def _by_hand(*arrays):
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_a_digest_does_not_depend_on_how_much_is_read_at_once(monkeypatch, at_once):
    monkeypatch.setattr(dataset_room, "PART", at_once)
    rng, several = np.random.default_rng(0), []
    for n, weights in ((23, None), (2, rng.random(2)), (1, None), (60, rng.random(60))):
        x, y = rng.random((n, 3)), rng.integers(0, 2, n)
        several.append(Samples(x, y, Info("any"), weights=weights))
    arrays = [[part.x, part.y, *([] if part.weights is None else [part.weights])] for part in several]
    assert digests_of(several) == [_by_hand(*each) for each in arrays]


def test_what_lies_in_a_file_is_read_once_and_side_by_side(monkeypatch):
    """However the parts were dealt out, reading moves through the file from its begin to its end."""
    n, at_once = 6000, 100
    content = np.random.default_rng(0).integers(0, 255, (n, 8), np.uint8)
    x = Rows(content, np.dtype(np.uint8))
    everything = Samples(x, np.arange(n) % 3, Info("big", ("a", "b", "c")))
    chosen = np.random.default_rng(1).permutation(n)
    data = Dataset(everything.take(np.sort(chosen[1200:])), everything.take(np.sort(chosen[:1200])))
    read = []

    def counted(self, rows):
        read.append(self.numbers[rows])
        return content[self.numbers[rows]]

    split = data.split(0.1)
    monkeypatch.setattr(dataset_room, "PART", at_once * 8)
    monkeypatch.setattr(Rows, "__getitem__", counted)
    found = fingerprint(split)
    order = np.concatenate(read)
    assert sorted(order) == [*range(n)]
    behind = np.maximum.accumulate(order) - order
    assert behind.max() < n / 10
    monkeypatch.undo()
    assert found == {
        part: _by_hand(np.asarray(samples.x), samples.y) for part, samples in zip(PARTS, split, strict=True)
    }
