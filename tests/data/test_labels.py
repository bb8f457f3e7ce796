"""What labels name: one rule for training, validation, test and prediction, for arrays and for files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from refusal import refused

import chainrule as cr
from chainrule.cli import main
from chainrule.data import Column, Info, Samples, as_samples, load, load_for
from chainrule.data.labels import class_values
from chainrule.data.samples import matched
from chainrule.errors import DataError, ShapeError, UsageError

N = 90
Labels = np.ndarray[Any, Any]


def drawn(seed: int) -> list[Labels]:
    """Alphabets of classes, each in its own type: of every type, with names that no other place has."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    start = int(rng.integers(1, 90))
    words = ["ant", "Bee", "猫", "x y", "a=b,c", "-", "True", "none"]
    whole = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
    return [
        np.arange(count),
        np.arange(1, count + 1, dtype=whole[seed % 8]),
        np.sort(rng.choice(120, count, replace=False)).astype(whole[(seed + 3) % 8]),
        np.array([-1, 1], [np.int8, np.int64][seed % 2]),
        np.arange(2015, 2015 + count),
        np.array([3, *range(2**63, 2**63 + count - 1)], np.uint64),
        np.array([False, True]),
        np.sort(rng.choice(words, count, replace=False)),
        np.sort(np.array([str(start + k) for k in range(count)])),
        np.array(["no", "yes"]),
    ]


ALPHABETS = [alphabet for seed in range(4) for alphabet in drawn(seed)]
FEW = ALPHABETS[:10]


def title(alphabet: object) -> str | None:
    return f"{alphabet.dtype} {alphabet.tolist()}" if isinstance(alphabet, np.ndarray) else None


def samples_of(alphabet: Labels, seed: int = 0) -> tuple[np.ndarray, Labels]:
    """Overlapping clouds, so that some answers are wrong; x (n, 3), y (n,) in the alphabet's type."""
    rng = np.random.default_rng(seed)
    count = len(alphabet)
    which = np.r_[np.arange(count), rng.integers(count, size=N - count)]
    centres = 1.5 * np.random.default_rng(7).standard_normal((count, 3))
    return centres[which] + rng.standard_normal((N, 3)), alphabet[which]


def learned(alphabet: Labels, **settings: Any) -> cr.Model:
    x, y = samples_of(alphabet)
    return cr.Network(3, len(alphabet)).fit((x, y), epochs=2, engine="numpy", doctor=False, **settings)


def parts_of(alphabet: Labels) -> list[np.ndarray]:
    """Rows of other samples with labels of all classes, of some of them, of a single one, in any order."""
    _, y = samples_of(alphabet, 1)
    rng = np.random.default_rng(2)
    chosen = [alphabet, alphabet[1:], alphabet[:-1], alphabet[-1:], alphabet[:1]]
    return [rng.permutation(np.flatnonzero(np.isin(y, some))) for some in chosen]


def by_hand(model: cr.Model, x: np.ndarray, y: Labels) -> float:
    return float(np.mean(model.predict(x) == y))


# Arrays


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=title)
def test_scores_are_what_one_counts_by_hand(alphabet: Labels, tmp_path: Path) -> None:
    model = learned(alphabet)
    model.save(tmp_path / "m")
    x, y = samples_of(alphabet, 1)
    kinds = {"i": "iu", "u": "iu", "b": "b", "U": "U"}
    for each in (model, cr.load(tmp_path / "m")):
        assert each.predict(x).dtype.kind in kinds[y.dtype.kind]
        assert set(each.predict(x).tolist()) <= set(alphabet.tolist())
        for rows in parts_of(alphabet):
            expected = by_hand(model, x[rows], y[rows])
            assert each.evaluate((x[rows], y[rows])).accuracy == expected
            for same in (y[rows].tolist(), y[rows].astype(object), y[rows][:, None], y[rows].astype(str)):
                assert each.evaluate((x[rows], same)).accuracy == expected
            if y.dtype.kind in "iu" and y.max() < 2**53:
                assert each.evaluate((x[rows], y[rows].astype(float))).accuracy == expected


@pytest.mark.parametrize("alphabet", ALPHABETS, ids=title)
def test_a_validation_part_is_read_like_the_training_part(alphabet: Labels) -> None:
    x, y = samples_of(alphabet, 1)
    for rows in parts_of(alphabet)[1:3]:
        model = learned(alphabet, validation=(x[rows], y[rows]))
        assert model.history[-1]["validation_accuracy"] == by_hand(model, x[rows], y[rows])


def test_one_hot_labels_are_classes_from_0() -> None:
    x, y = samples_of(np.arange(4))
    model = cr.Network(3, 4).fit((x, np.eye(4)[y]), epochs=2)
    assert (
        model.evaluate((x, np.eye(4)[y])).accuracy == model.evaluate((x, y)).accuracy == by_hand(model, x, y)
    )
    with refused("data.one_hot", ShapeError, found=3, expected=4):
        model.evaluate((x[:3], np.eye(3)))


@pytest.mark.quick
@pytest.mark.parametrize(
    ("classes", "kind", "y", "numbers"),
    [
        (("1", "2", "3"), "whole", [3, 1], [2, 0]),
        (("1", "2", "3"), "whole", [3.0, 1.0], [2, 0]),
        (("1", "2", "3"), "whole", ["3", "1"], [2, 0]),
        (("0", "2", "1"), "whole", [2, 1], [1, 2]),
        (("False", "True"), "truth", [1, 0], [1, 0]),
        (("False", "True"), "truth", [True, False], [1, 0]),
        (("True", "False"), "text", [True, False], [0, 1]),
        (("cat", "dog"), "text", [1, 0], [1, 0]),
        (("cat", "dog"), None, [1.0, 0.0], [1, 0]),
        (("7", "8"), None, [8, 7], [1, 0]),
        (("1", "2", "3"), None, [3, 1], [2, 0]),
        (("1", "2", "3"), None, [0, 1], [0, 1]),
        (("0.5", "1.0"), "number", [0.5, 1], [0, 1]),
        (("cat", "3"), "text", [3, 3], [1, 1]),
        (("cat", "3"), "text", [0, 1], [0, 1]),
        (("0", "1"), None, [1, 0], [1, 0]),
    ],
)
def test_numbers_are_names_first(classes, kind, y, numbers) -> None:
    info = Info("t", classes=classes, labels=kind)
    assert_array_equal(as_samples((np.ones((len(y), 1)), y), info).y, numbers)


@pytest.mark.parametrize(
    ("classes", "kind", "y", "key", "fields"),
    [
        (("1", "2", "3"), "text", [1, 2], "data.two_readings", {"row": 0, "found": 1, "place": "2"}),
        (("1", "2", "3"), None, [2, 2], "data.two_readings", {"found": 2, "place": "3"}),
        (("1", "0"), None, [0, 1], "data.two_readings", {"found": 0, "place": "1"}),
        (("true", "false"), "text", [0, 1], "data.two_readings", {"found": 0, "place": "true"}),
        (("1", "2", "3"), "whole", [1, 0], "data.y_label", {"row": 1, "found": 0, "expected": "1, 2, 3"}),
        (("1", "2", "3"), "whole", [1, 4], "data.y_label", {"row": 1, "found": 4}),
        (("False", "True"), "truth", [True, 2], "data.y_label", {"row": 1, "found": 2}),
        (("cat", "dog"), "text", [1, 2], "data.y_label", {"row": 1, "found": 2, "expected": "0..1"}),
        (("cat", "dog"), "text", ["cat", "cow"], "data.y_label", {"row": 1, "found": "cow"}),
        (("1", "2"), "whole", [1.5, 1], "data.y_label", {"row": 0, "found": 1.5}),
    ],
)
def test_what_names_no_class_or_may_be_two_is_refused(classes, kind, y, key, fields) -> None:
    with refused(key, ShapeError, **fields):
        as_samples((np.ones((2, 1)), y), Info("t", classes=classes, labels=kind))


def test_the_labels_of_samples_are_places() -> None:
    info = Info("t", classes=("1", "2", "3"), labels="whole")
    samples = Samples(np.ones((3, 1)), np.array([0, 2, 1]), info)
    assert_array_equal(as_samples(samples).y, [0, 2, 1])


def test_a_class_that_training_never_saw_is_named_with_its_place() -> None:
    x, y = samples_of(np.array([1, 2, 3]))
    strange = np.where(np.arange(N) == 5, 9, y)
    with refused("training.in_validation", ShapeError):
        learned(np.array([1, 2, 3]), validation=(x, strange))
    with refused("data.y_label", ShapeError, row=5, found=9, expected="1, 2, 3"):
        learned(np.array([1, 2, 3])).evaluate((x, strange))
    info = Info("other", classes=("9", "3"))
    with refused("model.unseen_class", UsageError, found="9", name="other"):
        matched(Samples(x[:2], np.array([1, 0]), info), Info("t", classes=("1", "3")))


@pytest.mark.parametrize(
    ("names", "kind"),
    [(("a", "b"), "whole"), (("1", "2"), "truth"), (("a",), "number"), (("1", "9" * 30), "whole")],
)
def test_names_that_are_not_of_their_kind(names, kind) -> None:
    with pytest.raises(ValueError, match=r"classes|could not convert|invalid literal"):
        class_values(names, kind)


@pytest.mark.parametrize("names", [("2", "1"), ("a", "b"), ("1", "2", "3")])
def test_classes_named_by_themselves_are_text_unless_they_count_from_0(names) -> None:
    assert class_values(names, None).tolist() == [*names]
    assert class_values(("0", "1", "2"), None).tolist() == [0, 1, 2]


# Files


def save(folder: Path, kind: str, **arrays: np.ndarray) -> Path:
    if kind == "npz":
        np.savez(folder / "t.npz", **arrays)
        return folder / "t.npz"
    place = folder / "t"
    place.mkdir()
    for name, array in arrays.items():
        np.save(place / f"{name}.npy", array)
    return place


@pytest.mark.parametrize("kind", ["npz", "npy"])
@pytest.mark.parametrize("alphabet", FEW, ids=title)
def test_the_test_part_of_a_file_is_read_like_its_training_part(
    alphabet: Labels, kind: str, tmp_path: Path
) -> None:
    (x, y), (new, labels) = samples_of(alphabet), samples_of(alphabet, 1)
    for number, rows in enumerate(parts_of(alphabet)[:4]):
        (tmp_path / str(number)).mkdir()
        arrays = {"x_train": x, "y_train": y, "x_test": new[rows], "y_test": labels[rows]}
        data = load(save(tmp_path / str(number), kind, **arrays))
        model = cr.Network(3, len(alphabet)).fit(data, epochs=2, doctor=False)
        assert model.evaluate(data.test).accuracy == by_hand(model, new[rows], labels[rows])
        assert_array_equal(model.info.values[data.test.y], labels[rows])


def test_a_label_of_the_test_part_that_the_training_part_lacks(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "t.npz", x_train=np.ones((3, 2)), y_train=[1, 2, 3], x_test=np.ones((2, 2)), y_test=[3, 4]
    )
    with refused("data.in_file", DataError) as _:
        load(tmp_path / "t.npz")
    with pytest.raises(DataError, match=r"y_test\[1\]"):
        load(tmp_path / "t.npz")


@pytest.mark.parametrize(
    ("names", "train", "test", "numbers"),
    [
        (["cat", "dog", "cow"], [0, 1, 2, 1], [2, 0], [2, 0]),
        (["cat", "dog", "cow"], ["dog", "cat", "cow", "cat"], [1, 0], [1, 0]),
        (["1", "2", "3"], [0, 1, 2, 0], [1, 2], [1, 2]),  # places in the training part, so in both
        (["1", "2", "3"], [3, 1, 2, 1], [1, 2], [0, 1]),
        ([1, 2, 3], [0, 1, 2, 0], [1, 2], [1, 2]),
        (["0", "1", "2"], [0, 1, 2, 0], [1, 2], [1, 2]),
    ],
)
def test_classes_that_are_named_in_a_file(names, train, test, numbers, tmp_path: Path) -> None:
    x = np.ones((4, 2))
    np.savez(tmp_path / "t.npz", x_train=x, y_train=train, x_test=x[:2], y_test=test, classes=names)
    data = load(tmp_path / "t.npz")
    assert data.test is not None
    assert_array_equal(data.test.y, numbers)
    assert data.info.classes == tuple(map(str, names))


@pytest.mark.parametrize(
    ("names", "y", "key"),
    [
        (["1", "2", "3"], [1, 2], "data.two_readings"),
        (["cat", "dog", "cat"], [0, 1], "data.class_twice"),
        (["cat", "dog"], [0, 2], "data.y_label"),
    ],
)
def test_classes_in_a_file_that_do_not_tell_what_labels_mean(names, y, key: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.ones((2, 2)), y=y, classes=names)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "t.npz")
    assert caught.value.fields["problem"].key == key


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main([*map(str, words), "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("kind", ["npz", "npy", "csv"])
@pytest.mark.parametrize("alphabet", [FEW[k] for k in (1, 3, 4, 6, 7)], ids=title)
def test_the_command_line_says_what_python_does(
    alphabet: Labels, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, seed, chosen in (("train", 0, alphabet), ("new", 1, alphabet[1:])):
        x, y = samples_of(alphabet, seed)
        x, y = x[np.isin(y, chosen)], y[np.isin(y, chosen)]
        (tmp_path / name).mkdir()
        if kind == "csv":
            files.append(tmp_path / name / "t.csv")
            cells = [
                ",".join([*map(repr, row.tolist()), f'"{label}"']) for row, label in zip(x, y, strict=True)
            ]
            files[-1].write_text("\n".join(["p,q,r,kind", *cells]), encoding="utf-8")
        else:
            files.append(save(tmp_path / name, kind, x=x, y=y))
    run = tmp_path / "run"
    asked(capsys, "train", files[0], "--epochs", 2, "--out", run, "--quiet")
    truth = y.astype(str) if kind == "csv" and y.dtype.kind == "b" else y
    scored = asked(capsys, "evaluate", run, files[1])
    assert scored["part"] == "all"
    if kind == "npy":
        np.savez(tmp_path / "x.npz", x=x)
    said = asked(capsys, "predict", run, tmp_path / "x.npz" if kind == "npy" else files[1])["predictions"]
    found = [each["class"] for each in said]
    assert found == cr.load(run).predict(x).tolist()
    assert scored["accuracy"] == np.mean(np.array(found) == truth)
    for each in said:
        assert str(each["class"]) == max(each["probabilities"], key=each["probabilities"].get)


@pytest.mark.parametrize(
    ("learned", "cells"), [("FT", "false,true"), ("ft", "False,TRUE"), ("TF", "true,false")]
)
def test_truth_values_are_known_however_a_table_writes_them(learned: str, cells: str, tmp_path: Path) -> None:
    names = {"F": "False", "T": "True", "f": "false", "t": "true"}
    info = Info(
        "t", classes=tuple(names[letter] for letter in learned), targets=("kind",), columns=(Column("p"),)
    )
    (tmp_path / "t.csv").write_text("p,kind\n" + "\n".join(f"1,{cell}" for cell in cells.split(",")))
    samples, _ = load_for(info, tmp_path / "t.csv")
    assert_array_equal(samples.y, [0, 1])
