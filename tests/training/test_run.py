"""Runs and their folders: what is kept, and what disturbs them."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import files, folders
from chainrule.data.dataset import Dataset
from chainrule.errors import TrainingError, UsageError
from chainrule.files import write_atomically
from chainrule.folders import Folder
from chainrule.model import LAST, load
from chainrule.reading import parse_shorthand, read_network
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training import run as run_room
from chainrule.training.checkpoints import BEST, PLACE, Checkpoints
from chainrule.training.folder import CURVE, HISTORY, LOG, NETWORK, PLAN, read_run
from chainrule.training.lock import LOCK
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes, numbers, pictures

pytestmark = pytest.mark.usefixtures("undrawn")
DATA = Dataset(classes(80), classes(30, seed=1))
PLAN_ = Plan("clouds", parse_shorthand("3-4:tanh-3"), Recipe(epochs=4, batch_size=8), seed=3)
COMMAND = ["chainrule", "train", "clouds"]
ALL = {PLAN, NETWORK, HISTORY, LAST, BEST, CURVE, LOCK, PLACE}


def _begin(folder, plan=PLAN_, data=DATA):
    return Run.begin(plan, data, COMMAND, folder)


def _table(folder):
    return json.loads((folder / PLAN).read_text(encoding="utf-8"))


def _content(folder):
    """Every file in a folder and the folders in it, by its path."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _history(folder):
    return [json.loads(line) for line in (folder / HISTORY).read_text().splitlines()]


def _assert_same_end(folder, other):
    """The same last and best model, byte for byte, and the same history but for the seconds."""
    for name in (LAST, BEST):
        assert (folder / name).read_bytes() == (other / name).read_bytes()
    without = [[{**e, "seconds": 0} for e in _history(each)] for each in (folder, other)]
    assert without[0] == without[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    _begin(folder).go()
    return folder


@pytest.mark.usefixtures("drawn")
def test_a_finished_run_leaves_everything(tmp_path):
    run = _begin(tmp_path / "a" / "b")
    result = run.go()
    folder = run.folder
    assert {path.name for path in folder.iterdir()} == ALL
    assert read_network(str(folder / NETWORK)).net == run.trainer.net
    assert [entry["epoch"] for entry in _history(folder)] == [1, 2, 3, 4]
    assert ElementTree.parse(folder / CURVE).getroot().tag.endswith("svg")
    table = _table(folder)
    assert table["command"] == COMMAND
    assert table["status"] == "finished"
    assert table["engine"] == "numpy"
    assert table["result"] == result
    assert read_run(folder) == (dataclasses.replace(PLAN_, engine="numpy"), "finished", result)
    last = load(folder / LAST)
    for name, value in run.trainer.model.parameters.items():
        assert_array_equal(last.parameters[name], value)
    assert len(load(folder / BEST).history) == len(run.trainer.best.history)


def test_two_runs_with_one_seed_write_the_same_models(tmp_path, whole):
    _begin(tmp_path).go()
    _assert_same_end(tmp_path, whole)
    assert b"seconds" not in (tmp_path / LAST).read_bytes()


def test_a_run_that_is_taken_up_goes_on_with_its_clock(tmp_path):
    """Stopped within an epoch, where the history tells too little; and after a damaged one."""
    run = _begin(tmp_path)
    stopped = run.go(stop=lambda: run.trainer.steps >= 22)["seconds"]
    before = _history(tmp_path)
    assert before[-1]["seconds"] < stopped
    again = Run.take_up(tmp_path, PLAN_, DATA, COMMAND)
    assert again.trainer.seconds == stopped
    assert again.go()["seconds"] > stopped
    after = _history(tmp_path)
    assert after[:2] == before
    assert [e["seconds"] for e in after] == sorted(e["seconds"] for e in after)
    again.files.free()
    (tmp_path / HISTORY).write_text(json.dumps(after[0]) + '\n{"epo\n')
    longer = dataclasses.replace(PLAN_, recipe=dataclasses.replace(PLAN_.recipe, epochs=5))
    Run.take_up(tmp_path, longer, DATA, COMMAND).go()
    assert [e["seconds"] is None for e in _history(tmp_path)] == [False, True, True, True, False]


def test_what_a_result_says(whole):
    result = _table(whole)["result"]
    split = DATA.split(0.1, seed=3)
    last = load(whole / LAST)
    test = last.evaluate(DATA.test)
    assert result | {"seconds": 0, "samples_per_second": 0, "run": ""} == {
        "dataset": "clouds",
        "task": "classes",
        "network": "3-4:tanh-3:softmax",
        "parameters": 31,
        "optimizer": "sgd:momentum=0.9",
        "lr": 0.1,
        "batch_size": 8,
        "engine": "numpy",
        "seed": 3,
        "epochs": 4,
        "steps": 36,  # 72 samples in batches of 8
        "seconds": 0,
        "samples_per_second": 0,
        "train_loss": last.evaluate(split.train).loss,
        "train_accuracy": last.evaluate(split.train).accuracy,
        "validation_accuracy": last.evaluate(split.validation).accuracy,
        "test_accuracy": test.accuracy,
        "test_error": test.error_rate,
        "test_mean_absolute_error": None,
        "test_r2": None,
        "best_epoch": None,
        "stopped_early": False,
        "interrupted": False,
        "findings": [],
        "run": "",
    }
    assert result["seconds"] > 0
    assert result["samples_per_second"] == pytest.approx(4 * 72 / result["seconds"])
    assert result["run"] == str(whole)


def test_numbers_and_no_test_part(tmp_path):
    plan = dataclasses.replace(PLAN_, network=parse_shorthand("3-4:tanh-2"))
    result = _begin(tmp_path, plan, Dataset(numbers(outputs=2), numbers(20, outputs=2, seed=1))).go()
    assert result["test_accuracy"] is None
    assert result["validation_accuracy"] is None
    assert 0 < result["test_r2"] < 1
    plan = dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, validation=0))
    result = _begin(tmp_path / "b", plan, Dataset(numbers(outputs=2))).go()
    assert result["test_r2"] is None


def test_fewer_samples_can_be_asked_for(tmp_path):
    plan = dataclasses.replace(PLAN_, samples=40)
    run = _begin(tmp_path, plan)
    assert (len(run.split.train), len(run.split.validation), len(run.split.test)) == (36, 4, 30)


def test_plans_survive_their_file(tmp_path):
    recipe = Recipe(7, 10, "sgd", 0.5, "constant", 0.2, 0.1, 0.9, False)
    net = dataclasses.replace(parse_shorthand("3-4:relu-3"), penalties={"l2": 0.1}, seed=2)
    plan = Plan("clouds", net, recipe, 9, "numpy", 50, "cloud", "classes", str(tmp_path))
    _begin(tmp_path / "run", plan)
    assert read_run(tmp_path / "run") == (plan, "running", None)


@pytest.mark.parametrize("done", [0, 1, 8, 9, 10, 17, 35])
def test_a_stopped_run_is_taken_up_as_if_never_stopped(tmp_path, whole, done):
    run = _begin(tmp_path)
    result = run.go(stop=lambda: run.trainer.steps >= done)
    assert result["interrupted"]
    assert (result["steps"], result["epochs"]) == (done, done // 9)
    assert read_run(tmp_path)[1] == "interrupted"
    load(tmp_path / BEST)
    again = Run.take_up(tmp_path, PLAN_, DATA, COMMAND)
    assert again.trainer.steps == done
    assert not again.go()["interrupted"]
    _assert_same_end(tmp_path, whole)


def test_a_finished_run_has_nothing_left_to_do(tmp_path, whole):
    again = Run.take_up(whole, PLAN_, DATA, COMMAND)
    assert again.trainer.finished
    result = _table(whole)["result"]
    assert again.result() == result


def test_a_run_without_a_checkpoint_starts_over(tmp_path, whole):
    _begin(tmp_path)
    Run.take_up(tmp_path, PLAN_, DATA, COMMAND).go()
    _assert_same_end(tmp_path, whole)


def test_a_run_that_was_taken_up_is_written_down_with_its_plan_of_now(tmp_path):
    _begin(tmp_path).go()
    longer = dataclasses.replace(PLAN_, recipe=dataclasses.replace(PLAN_.recipe, epochs=6))
    run = Run.take_up(tmp_path, longer, DATA, COMMAND)
    seen = []
    run.go(progress=lambda progress: seen.append(read_run(tmp_path)[:2]))
    assert set(map(str, seen)) == {str((dataclasses.replace(longer, engine="numpy"), "running"))}
    assert [entry["epoch"] for entry in _history(tmp_path)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("plan", "data", "key"),
    [
        (PLAN_, Dataset(classes(80, seed=5)), "training.other_data"),
        (dataclasses.replace(PLAN_, seed=4), DATA, "training.other_data"),  # which splits them otherwise
        (dataclasses.replace(PLAN_, network=parse_shorthand("3-5:tanh-3")), DATA, "training.changed"),
        (
            dataclasses.replace(PLAN_, network=dataclasses.replace(PLAN_.network, penalties={"l1": 1})),
            DATA,
            "training.changed",
        ),
    ],
    ids=["data", "seed", "network", "penalty"],
)
def test_what_cannot_be_gone_on_with_is_refused(whole, plan, data, key):
    before = _content(whole)
    with pytest.raises(UsageError) as caught:
        Run.take_up(whole, plan, data, COMMAND)
    assert caught.value.key == key
    assert _content(whole) == before


def test_a_checkpoint_of_another_optimizer_is_refused(tmp_path):
    plain = dataclasses.replace(PLAN_, recipe=dataclasses.replace(PLAN_.recipe, optimizer="sgd"))
    _begin(tmp_path, plain).go()
    with pytest.raises(UsageError) as caught:
        Run.take_up(tmp_path, PLAN_, DATA, COMMAND)
    assert caught.value.key == "training.changed"
    assert "optimizer = sgd:momentum=0.9, but the run was begun with recipe.optimizer = sgd" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (None, "training.no_run"),
        ("", "training.bad_run"),
        ("{", "training.bad_run"),
        ("[]", "training.bad_run"),
        ("{}", "training.bad_run"),
        ('{"plan": 3, "status": "", "result": null}', "training.bad_run"),
        ("[" * 100_000, "training.bad_run"),
        (b"\xff\xff", "training.bad_run"),
    ],
)
def test_a_folder_that_holds_no_run(tmp_path, content, key):
    if content is not None:
        (tmp_path / PLAN).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        read_run(tmp_path)
    assert caught.value.key == key


@pytest.mark.parametrize(
    "change",
    [
        {"network": {"inputs": 3, "layers": []}},
        {"network": {"inputs": 3, "layers": [{"units": 10**12}], "penalties": {}}},
        {"recipe": {"epochs": -1}},
        {"recipe": {"optimizer": 3}},
        {"recipe": []},
        {"more": 1},
    ],
)
def test_a_plan_that_was_tampered_with(tmp_path, change):
    _begin(tmp_path)
    table = _table(tmp_path)
    table["plan"] |= change
    (tmp_path / PLAN).write_text(json.dumps(table))
    with pytest.raises(UsageError) as caught:
        read_run(tmp_path)
    assert caught.value.key == "training.bad_run"


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError) as caught:
        _begin(tmp_path)
    assert caught.value.key == "training.folder_in_use"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "run", tmp_path / "file", tmp_path / ("n" * 300)):
        with pytest.raises(TrainingError) as caught:
            _begin(folder)
        assert caught.value.key == "training.cannot_write"
    assert (tmp_path / "file").read_text() == ""


def test_without_a_name_runs_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "clouds-2").mkdir(parents=True)
    assert [str(_begin(None).folder) for _ in range(3)] == ["runs/clouds-1", "runs/clouds-3", "runs/clouds-4"]


def test_data_that_does_not_fit_makes_no_folder(tmp_path):
    with pytest.raises(UsageError):
        _begin(tmp_path / "run", data=Dataset(pictures()))
    assert not (tmp_path / "run").exists()


def _full_disk(monkeypatch, where="fsync"):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, where, full)


def test_a_full_disk_spares_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_atomically(path, "old")
    _full_disk(monkeypatch)
    with pytest.raises(TrainingError) as caught:
        write_atomically(path, "new")
    assert caught.value.key == "training.cannot_write"
    assert "the disk is full" in str(caught.value)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_an_interruption_spares_the_old_file_too(tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_atomically(path, b"old")

    def pressed(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", pressed)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_a_written_file_has_the_rights_of_any_other(tmp_path):
    write_atomically(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_disk_that_is_full_for_a_while_costs_no_training(tmp_path, whole, monkeypatch):
    run = _begin(tmp_path)
    warnings = []

    def progress(seen):
        if seen.epoch == 2:
            _full_disk(monkeypatch)
        elif seen.epoch == 4:
            monkeypatch.undo()

    run.go(progress=progress, warn=warnings.append, checkpoint_every=0)
    assert [problem.key for problem in warnings] == ["training.cannot_write"]
    assert {path.name for path in tmp_path.iterdir()} == ALL
    _assert_same_end(tmp_path, whole)


def test_a_disk_that_stays_full_ends_in_an_error_with_the_last_checkpoint_whole(tmp_path, monkeypatch):
    run = _begin(tmp_path)
    with pytest.raises(TrainingError) as caught:
        run.go(progress=lambda seen: _full_disk(monkeypatch) if seen.epoch == 3 else None, checkpoint_every=0)
    assert caught.value.key == "training.cannot_write"
    assert len(load(tmp_path / LAST).history) == 2
    assert not [path for path in tmp_path.iterdir() if path.name not in ALL]


def test_a_history_that_could_not_be_appended_to_is_whole_at_the_end(tmp_path, whole, monkeypatch):
    run = _begin(tmp_path)
    warnings = []

    class Full(io.FileIO):
        def write(self, data):
            super().write(data[:5])  # as much as there was room for
            raise OSError(errno.ENOSPC, "No space left on device")

    def full(file, mode="r", *arguments, **settings):
        if mode == "ab" and run.trainer.epoch == 2:
            return Full(file, mode)
        return open(file, mode, *arguments, **settings)

    monkeypatch.setattr(folders, "open", full, raising=False)
    monkeypatch.setattr(run_room, "SECONDS_BETWEEN_LINES", 0)
    seen = []
    run.go(warn=warnings.append, progress=lambda _: seen.append([e["epoch"] for e in _history(tmp_path)]))
    assert [problem.key for problem in warnings] == ["training.cannot_write"]
    assert seen[::9] == [[], [1], [1], [1, 3]]
    _assert_same_end(tmp_path, whole)


@pytest.mark.parametrize("end", ["through", "stopped"])
def test_epochs_that_follow_fast_are_written_down_together(tmp_path, monkeypatch, end):
    monkeypatch.setattr(run_room, "SECONDS_BETWEEN_LINES", 1000)
    run, seen = _begin(tmp_path), []
    run.go(
        stop=lambda: end == "stopped" and run.trainer.epoch == 3,
        progress=lambda _: seen.append(len(_history(tmp_path))),
    )
    assert seen[::9] == [0, 1, 1, 1][: len(seen) // 9]
    assert [e["epoch"] for e in _history(tmp_path)] == list(range(1, run.trainer.epoch + 1))


def test_a_run_that_breaks_down_keeps_its_best_model(tmp_path):
    data = Dataset(numbers())
    net = parse_shorthand("3-8:relu-1")
    plan = Plan("lines", net, Recipe(9, 8, "sgd", 0.01, "constant"))
    run = _begin(tmp_path, plan, data)

    def progress(seen):
        if seen.epoch == 2:  # for the next one
            run.trainer.recipe = dataclasses.replace(plan.recipe, lr=1e6)

    with pytest.raises(TrainingError) as caught:
        run.go(progress=progress)
    assert caught.value.key == "training.diverged"
    assert read_run(tmp_path)[1:] == ("failed", None)
    best = load(tmp_path / BEST)
    assert 1 <= len(best.history) <= 2
    assert all(np.isfinite(w).all() for w in best.parameters.values())
    assert len(_history(tmp_path)) == 2
    again = Run.take_up(tmp_path, plan, data, COMMAND)  # with the rate that was meant
    assert again.go()["epochs"] == 9


@pytest.mark.parametrize("best", ["whole", "lost", "damaged"])
def test_a_run_of_a_version_without_a_folder_of_checkpoints_goes_on(tmp_path, whole, best):
    run = _begin(tmp_path)
    run.go(stop=lambda: run.trainer.steps >= 30)
    for name in (LAST, BEST):  # which were files of their own
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(content)
    shutil.rmtree(tmp_path / PLACE)
    if best != "whole":
        (tmp_path / BEST).unlink()
    if best == "damaged":
        (tmp_path / BEST).write_bytes(b"damaged")
    Run.take_up(tmp_path, PLAN_, DATA, COMMAND).go()
    if best == "whole":
        _assert_same_end(tmp_path, whole)
    else:
        assert (tmp_path / LAST).read_bytes() == (whole / LAST).read_bytes()
        load(tmp_path / BEST)


def test_what_a_killed_process_was_writing_is_removed(tmp_path):
    _begin(tmp_path)
    others = {f".{LAST}.x1y2", f".{PLAN}.original", ".run.json.20260101.part", ".mine"}
    for name in (f".{LAST}.{'0a' * 8}.part", f".{PLAN}.{'f1' * 8}.part", *others):
        (tmp_path / name).write_text("half")
    (tmp_path / PLACE / ".step-9").mkdir(parents=True)
    (tmp_path / PLACE / ".step-9" / LAST).write_text("half")
    Run.take_up(tmp_path, PLAN_, DATA, COMMAND).go()
    assert {path.name for path in tmp_path.iterdir()} == ALL | others
    assert [path.name for path in (tmp_path / PLACE).iterdir()] == ["step-36"]


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_learning_curve_speaks_the_language_of_the_run(tmp_path, lang):
    with speaking(lang):
        _begin(tmp_path).go()
    assert ("验证集" in (tmp_path / CURVE).read_text(encoding="utf-8")) == (lang == "zh")


def test_what_was_being_written_is_removed_also_where_nothing_is_left_to_do(tmp_path):
    _begin(tmp_path).go()
    whole = _content(tmp_path)
    (tmp_path / f".{LAST}.{'0a' * 8}.part").write_bytes(b"half")
    assert Run.take_up(tmp_path, PLAN_, DATA, COMMAND).trainer.finished
    assert _content(tmp_path) == whole


def test_the_log_of_steps_is_on_the_disk_before_a_checkpoint_that_has_them(tmp_path, monkeypatch):
    done = []

    def noted(owner, name, what):
        kept = getattr(owner, name)

        def call(self, *args, **more):
            done.append(what(*args))
            return kept(self, *args, **more)

        monkeypatch.setattr(owner, name, call)

    noted(Folder, "append", lambda name, data: f"append {name}")
    noted(Folder, "flush_file", lambda name: f"flush {name}")
    noted(Checkpoints, "write", lambda step, files: "checkpoint")
    recipe = dataclasses.replace(PLAN_.recipe, log_steps=1)
    _begin(tmp_path, dataclasses.replace(PLAN_, recipe=recipe)).go(checkpoint_every=0)
    assert done.count("checkpoint") >= 4
    assert done.count(f"append {LOG}") >= 4
    for number, what in enumerate(done):
        if what == "checkpoint":
            last = max(i for i, each in enumerate(done[:number]) if each == f"append {LOG}")
            assert f"flush {LOG}" in done[last:number]
