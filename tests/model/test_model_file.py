"""Model files: the same model comes back, and whatever else is in a file is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import save as save_tensors

from chainrule import model as model_room
from chainrule.data.dataset import Column, Info, Samples
from chainrule.errors import ModelFileError, TrainingError
from chainrule.model import NO_DIGEST, load, load_with_extra
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from in_both_languages import said
from small_samples import classes, numbers, pictures


def _trained(text, samples, **settings):
    net = dataclasses.replace(parse_shorthand(text), **settings)
    return Trainer(net, samples, Recipe(2, 16), validation=samples).run()


def _table():
    """Two numbers and a word; what a CSV file with text in it gives."""
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.random((40, 2)), np.eye(3)[rng.integers(3, size=40)]])
    columns = (Column("length"), Column("宽"), Column("colour", ("red", "green", "blue, or 蓝")))
    info = Info("table.csv", ("no", "yes"), columns, ("bought",), digest="0f" * 32)
    return Samples(x, rng.integers(2, size=40), info)


MODELS = {
    "classes": ("3-4:relu-3", classes(), {}),
    "one output": ("3-4-1", classes(count=2), {"dtype": "float64"}),
    "numbers": ("3-4:tanh-2", numbers(outputs=2), {"penalties": {"l2": 0.1}}),
    "numbers as they are": ("3-4-1:sigmoid", numbers(), {"loss": "huber"}),
    "pictures": ("16-4-3", pictures(), {}),
    "table": ("5-4-1", _table(), {}),
    "formula": ("3-4:x * sigmoid(1.702 * x)-3", classes(), {}),
    "no hidden layer": ("3-3", classes(), {}),
}


@pytest.fixture(scope="module")
def small():
    """The bytes of a small model file."""
    return _trained("3-2-3", classes(), dtype="float64").to_bytes({"v": np.ones(2)}, note="kept")


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_comes_back_as_it_was(kind, tmp_path):
    text, samples, settings = MODELS[kind]
    model = _trained(text, samples, **settings)
    path = tmp_path / "m.safetensors"
    model.save(path)
    again = load(path)
    assert again.net == model.net
    assert type(again.targets) is type(model.targets)
    assert_array_equal(again.targets.encode(samples.y), model.targets.encode(samples.y))
    assert again.info == dataclasses.replace(model.info, scaling=None)  # the model holds the scaling itself
    assert again.history == model.history
    assert len(again.history) == 2
    assert list(again.parameters) == list(model.parameters)
    for name, value in model.parameters.items():
        assert again.parameters[name].dtype == value.dtype
        assert_array_equal(again.parameters[name], value)
    x = np.random.default_rng(0).random((9, model.net.inputs)) * 5
    assert_array_equal(again.outputs(x), model.outputs(x))
    assert_array_equal(again.predict(x), model.predict(x))
    assert again.to_bytes() == model.to_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("names", "answers"),
    [
        (("0", "1", "2"), [0, 1, 2]),
        (("1", "2", "3"), ["1", "2", "3"]),
        (("False", "True", "u"), ["False", "True", "u"]),
    ],
)
def test_a_file_of_before_that_does_not_tell_its_labels_type_answers_as_before(names, answers, tmp_path):
    samples = classes()
    named = Samples(samples.x, samples.y, Info("t", names, targets=("y",), labels="text"))
    content = _forged(_trained("3-2-3", named).to_bytes(), lambda table: table["info"].pop("labels"))
    (tmp_path / "m").write_bytes(content)
    model = load(tmp_path / "m")
    assert set(model.predict(samples.x).tolist()) <= set(answers)
    assert model.info.values.tolist() == answers
    text = np.array(names)[samples.y]
    assert model.evaluate((samples.x, text)).accuracy == np.mean(model.predict(samples.x).astype(str) == text)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("whole", ("1", "2", "b")),
        ("truth", ("False", "True", "2")),
        ("number", ("1", "2", "x")),
        ("whole", ("1", "2", "9" * 40)),
        ("others", ("1", "2", "3")),
        (3, ("1", "2", "3")),
        (["whole"], ("1", "2", "3")),
    ],
)
def test_a_type_that_the_names_of_classes_are_not_of(labels, names, small, tmp_path):
    error = _refused(
        tmp_path, _forged(small, lambda table: table["info"].update(labels=labels, classes=names))
    )
    assert error.key == "model.inconsistent"


def test_two_models_of_one_seed_are_the_same_bytes():
    first, second = (_trained("3-4:relu-3", classes()) for _ in range(2))
    assert first.to_bytes() == second.to_bytes()


def test_arrays_and_notes_of_a_run_come_back_too(small, tmp_path):
    (tmp_path / "m").write_bytes(small)
    _, extra, notes = load_with_extra(tmp_path / "m")
    assert_array_equal(extra["v"], [1, 1])
    assert notes["note"] == "kept"


def _refused(tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    return caught.value


def test_every_flipped_byte_is_found(small, tmp_path):
    keys = set()
    for place in range(len(small)):
        content = bytearray(small)
        content[place] ^= 1 << place % 8
        keys.add(_refused(tmp_path, content).key)
    assert keys <= {"model.damaged", "model.foreign"}
    assert "model.damaged" in keys


def test_every_cut_is_found(small, tmp_path):
    for length in [*range(0, len(small), 7), len(small) - 1]:
        assert _refused(tmp_path, small[:length]).key in ("model.damaged", "model.foreign")
    assert _refused(tmp_path, small + b"\0").key == "model.damaged"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff" * 100,
        b"PK\x03\x04" + b"\0" * 100,
        save_tensors({"a": np.zeros(3)}),
        save_tensors({"a": np.zeros(3)}, {"chainrule": "{}"}),
        save_tensors({"a": np.zeros(3)}, {"sha256": NO_DIGEST}),
        (1 << 62).to_bytes(8, "little") + b"{}",
    ],
    ids=["empty", "zeros", "ones", "zip", "tensors", "no digest", "no table", "long header"],
)
def test_files_of_others(content, tmp_path):
    error = _refused(tmp_path, content)
    assert error.key == "model.foreign"
    assert all(str(tmp_path / "m.safetensors") in text for text in said(error))


def test_a_file_whose_digest_was_never_filled_in_is_damaged(tmp_path):
    table = json.dumps({"sha256": NO_DIGEST, "format": 1})
    assert _refused(tmp_path, save_tensors({}, {"chainrule": table})).key == "model.damaged"


def test_names_full_of_zeros_are_no_digest(tmp_path):
    samples = classes()
    named = Samples(samples.x, samples.y, Info("0" * 99, (NO_DIGEST, "1" + NO_DIGEST, "2"), targets=("y",)))
    model = _trained("3-2-3", named)
    model.save(tmp_path / "m")
    assert load(tmp_path / "m").info.classes == model.info.classes


def _forged(small, change_table=lambda table: None, change_tensors=lambda tensors: None, text=""):
    """A file with a right digest whose table or tensors were changed."""
    from safetensors.numpy import load as load_tensors

    tensors = load_tensors(small)
    header = json.loads(small[8 : 8 + int.from_bytes(small[:8], "little")])
    table = json.loads(header["__metadata__"]["chainrule"])
    change_table(table)
    change_tensors(tensors)
    table["sha256"] = NO_DIGEST
    content = save_tensors(tensors, {"chainrule": json.dumps(table) + text})
    return content.replace(NO_DIGEST.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def test_a_forged_file_without_changes_is_a_model(small, tmp_path):
    (tmp_path / "m").write_bytes(_forged(small))
    assert load(tmp_path / "m").net.sizes == (3, 2, 3)


@pytest.mark.parametrize("found", [0, 2, "1", None])
def test_another_format(found, small, tmp_path):
    content = _forged(small, lambda table: table.update(format=found))
    assert _refused(tmp_path, content).key == "model.other_format"


@pytest.mark.parametrize("text", ["x", "[" * 50_000])
def test_a_table_that_is_none(text, small, tmp_path):
    assert _refused(tmp_path, _forged(small, text=text)).key == "model.foreign"


@pytest.mark.parametrize(
    "change",
    [
        {"network": None},
        {"network": {"inputs": 3, "layers": []}},
        {"network": {"inputs": 3, "layers": [{"units": "__import__('os')"}], "penalties": {}}},
        {"network": {"inputs": 3, "layers": [{"units": 10**9}], "penalties": {}}},
        {"network": parse_shorthand("3-4-3").to_dict()},
        {"network": parse_shorthand("3-2-2-3").to_dict()},
        {"network": parse_shorthand("3-2-2").to_dict()},
        {"targets": {}},
        {"targets": None},
        {"targets": {"low": "x", "high": 1}},
        {"targets": {"low": 10**400, "high": 1}},
        {"targets": {"low": 1.0, "high": 1.0}},
        {"targets": {"low": float("nan"), "high": 1.0}},
        {"info": None},
        {"info": {}},
        {"info": {"name": "x", "columns": [], "classes": ["a", "b"]}},
        {"info": {"name": "x", "columns": [1], "classes": ["a", "b", "c"]}},
        {"info": {"name": "x", "columns": [], "classes": ["a", "b", "c"], "more": 1}},
        {"info": {"name": "x", "columns": [], "classes": 3}},
        {"info": {"name": "x", "columns": [], "classes": [["a"], {}, 3]}},
        {"info": {"name": "x", "columns": [], "classes": ["a", "b", "c"], "image": [7, 9]}},
        {"info": {"name": "x", "columns": [["a", None]], "classes": ["a", "b", "c"]}},
        {"info": {"name": "x", "columns": [], "classes": ["a", "b", "c"], "targets": 3}},
        {"info": {"name": 3, "columns": [], "classes": ["a", "b", "c"]}},
        {"info": {"name": "x", "columns": [], "classes": ["a", "b", "c"], "digest": 3}},
        {"history": None},
        {"history": 3},
    ],
    ids=lambda change: str(change)[:60],
)
def test_tables_that_do_not_hold_together(change, small, tmp_path):
    error = _refused(tmp_path, _forged(small, lambda table: table.update(change)))
    assert error.key == "model.inconsistent"
    assert len(str(error)) < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ("parameter.W1", "parameter.b2", "input.shift", "input.factor")),
        ("parameter.W1", np.zeros((3, 2))),
        ("parameter.b1", np.zeros(())),
        ("parameter.b1", np.full(2, np.nan)),
        ("parameter.W2", np.full((3, 2), -np.inf)),
        ("input.shift", np.zeros(4)),
        ("input.factor", np.zeros((3, 1))),
        ("input.more", np.zeros(3)),
        ("other.W1", np.zeros(3)),
        ("W1", np.zeros(3)),
    ],
)
def test_tensors_that_do_not_hold_together(name, value, small, tmp_path):
    def change(tensors):
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value

    assert _refused(tmp_path, _forged(small, change_tensors=change)).key == "model.inconsistent"


def test_numbers_need_their_scaling(tmp_path):
    content = _trained("3-2-2", numbers(outputs=2)).to_bytes()
    for change in (
        lambda tensors: tensors.pop("target.shift"),
        lambda tensors: tensors.update({"target.factor": np.ones(3)}),
    ):
        error = _refused(tmp_path, _forged(content, change_tensors=change))
        assert error.key == "model.inconsistent"


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch, small):
    monkeypatch.setattr(model_room, "MOST_BYTES", len(small) - 1)
    assert _refused(tmp_path, small).key == "model.unreadable"


def test_files_that_are_not_there(tmp_path):
    for path in (tmp_path / "none.safetensors", tmp_path, tmp_path / "a" / "b"):
        with pytest.raises(ModelFileError) as caught:
            load(path)
        assert caught.value.key == "model.unreadable"


def test_saving_leaves_the_old_file_where_it_fails(tmp_path, monkeypatch):
    model = _trained("3-2-3", classes())
    path = tmp_path / "m.safetensors"
    model.save(path)
    before = path.read_bytes()

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError) as caught:
        dataclasses.replace(model, history=()).save(path)
    assert caught.value.key == "training.cannot_write"
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.safetensors"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TrainingError) as caught:
        _trained("3-2-3", classes()).save(tmp_path / "no" / "m")
    assert str(tmp_path / "no" / "m") in str(caught.value)


def test_a_definition_in_a_file_is_checked_like_any_other(small, tmp_path):
    def change(table):
        table["network"]["layers"][0]["activation"] = "exec('1')"

    assert _refused(tmp_path, _forged(small, change)).key == "model.inconsistent"


def test_the_scaling_of_a_data_set_is_in_the_file(tmp_path):
    _trained("16-4-3", pictures()).save(tmp_path / "m")
    scaling = load(tmp_path / "m").scaling
    assert (scaling.shift, scaling.factor) == (0.0, 1 / 255)
