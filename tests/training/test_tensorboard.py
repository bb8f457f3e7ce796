"""The history as TensorBoard reads it: records with their checksums, taken apart by hand."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import struct

import pytest

from chainrule import extras
from chainrule.data.dataset import Dataset
from chainrule.errors import UsageError
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training.folder import EVENTS, HISTORY, LOG
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

pytestmark = pytest.mark.usefixtures("undrawn")
DATA = Dataset(classes(40), classes(20, seed=1))
PLAN = Plan(
    "clouds", parse_shorthand("3-4:tanh-3"), Recipe(epochs=3, batch_size=9, log_steps=2)
)  # 4 steps each
written = pytest.mark.skipif(
    importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is not installed"
)


def _crc32c(data):
    """The checksum of Castagnoli, a bit at a time."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _masked(data):
    crc = _crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _events(path):
    from tensorboardX.proto.event_pb2 import Event

    content, found = path.read_bytes(), []
    while content:
        head, length = content[:8], struct.unpack("<Q", content[:8])[0]
        record = content[12 : 12 + length]
        assert struct.unpack("<I", content[8:12])[0] == _masked(head)
        assert struct.unpack("<I", content[12 + length : 16 + length])[0] == _masked(record)
        found.append(Event.FromString(record))
        content = content[16 + length :]
    assert found[0].file_version == "brain.Event:2"
    return found[1:]


def _scalars(folder):
    """By tag: the step and the value of each event, of all files in the order in which they were written;
    what a later start voids is left out, as TensorBoard does."""
    known = {}
    for path in sorted((folder / EVENTS).iterdir(), key=_begun):
        for event in _events(path):
            if event.HasField("session_log"):
                known = {tag: [v for v in values if v[0] < event.step] for tag, values in known.items()}
            for value in event.summary.value:
                known.setdefault(value.tag, []).append(
                    (event.step, pytest.approx(value.simple_value, rel=1e-6))
                )
    return known


def _begun(path):
    """The second in which a file was begun, and the step."""
    parts = path.name.split(".")
    return int(parts[3]), int(parts[-1])


def _lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def _expected(folder):
    history, log = _lines(folder / HISTORY), _lines(folder / LOG)
    return {
        "loss/train": [(4 * e["epoch"], e["loss"]) for e in history],
        "loss/validation": [(4 * e["epoch"], e["validation_loss"]) for e in history],
        "accuracy/validation": [(4 * e["epoch"], e["validation_accuracy"]) for e in history],
        "loss/step": [(4 * (e["epoch"] - 1) + e["step"], e["loss"]) for e in log],
        "learning rate": [(4 * (e["epoch"] - 1) + e["step"], e["lr"]) for e in log],
    }


@written
def test_it_has_the_history_and_the_log_of_steps(tmp_path):
    Run.begin(PLAN, DATA, [], tmp_path).go(tensorboard=True)
    assert len(list((tmp_path / EVENTS).iterdir())) == 1
    expected = _expected(tmp_path)
    assert [step for step, _ in expected["loss/step"]] == [1, 3, 5, 7, 9, 11]
    assert _scalars(tmp_path) == expected


@written
@pytest.mark.parametrize("before", [True, False])
def test_a_run_that_is_taken_up_voids_what_it_does_again(tmp_path, before):
    """Killed, as it were, after its seventh step, and its last checkpoint was after the fifth one."""
    run = Run.begin(PLAN, DATA, [], tmp_path)
    run.go(stop=lambda: run.trainer.steps >= 5, tensorboard=before)
    kept = shutil.copytree(tmp_path / "checkpoints", tmp_path.with_suffix(".kept"))
    run = Run.take_up(tmp_path, PLAN, DATA, [])
    run.go(stop=lambda: run.trainer.steps >= 7, tensorboard=before)
    shutil.rmtree(tmp_path / "checkpoints")
    shutil.copytree(kept, tmp_path / "checkpoints")
    Run.take_up(tmp_path, PLAN, DATA, []).go(tensorboard=True)
    expected = _expected(tmp_path)
    if not before:  # asked for later: the epochs are there, the steps from now on
        for tag in ("loss/step", "learning rate"):
            expected[tag] = [entry for entry in expected[tag] if entry[0] > 5]
    assert _scalars(tmp_path) == expected


@written
def test_it_goes_on_where_the_folder_is_deleted(tmp_path):
    plain = dataclasses.replace(PLAN, recipe=dataclasses.replace(PLAN.recipe, log_steps=None))
    run = Run.begin(plain, DATA, [], tmp_path / "run")
    left = [tmp_path / "run"]
    run.go(tensorboard=True, progress=lambda seen: seen.epoch == 2 and left and shutil.rmtree(left.pop()))
    assert [step for step, _ in _scalars(tmp_path / "run")["loss/train"]] == [4, 8, 12]


def test_where_nothing_writes_it_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    for lang in ("en", "zh"):
        with pytest.raises(UsageError) as caught, speaking(lang):
            Run.begin(PLAN, DATA, [], tmp_path / lang).go(tensorboard=True)
        with speaking(lang):
            assert "pip install 'chainrule[tensorboard]'" in str(caught.value)
