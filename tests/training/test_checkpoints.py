"""Checkpoints: every byte of them counts, and the one before serves where the newest is damaged."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil

import pytest

from chainrule.data.dataset import Dataset
from chainrule.errors import ModelFileError, UsageError
from chainrule.model import LAST, load_with_extra
from chainrule.reading import parse_shorthand, write_toml
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training import checkpoints
from chainrule.training.checkpoints import BEST, MANIFEST, PLACE, Checkpoints
from chainrule.training.folder import NETWORK, PLAN
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

pytestmark = pytest.mark.usefixtures("undrawn")
DATA = Dataset(classes(40))
PLAN_ = Plan("clouds", parse_shorthand("3-3"), Recipe(epochs=6, batch_size=12))  # 3 steps an epoch
FILES = (LAST, BEST, MANIFEST)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run with checkpoints after 5 and 8 of its 18 steps."""
    folder = tmp_path_factory.mktemp("stopped")
    _go(Run.begin(PLAN_, DATA, [], folder), 5)
    _go(Run.take_up(folder, PLAN_, DATA, []), 8)
    return folder


def _go(run, steps):
    run.go(stop=lambda: run.trainer.steps >= steps)


@pytest.fixture
def folder(stopped, tmp_path):
    return shutil.copytree(stopped, tmp_path / "run")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    Run.begin(PLAN_, DATA, [], folder).go()
    return {name: (folder / name).read_bytes() for name in (LAST, BEST)}


def _names(folder):
    return sorted(path.name for path in (folder / PLACE).iterdir())


def test_two_are_kept_with_the_digests_of_their_files(folder):
    assert _names(folder) == ["step-5", "step-8"]
    for path in (folder / PLACE).iterdir():
        assert sorted(each.name for each in path.iterdir()) == sorted(FILES)
        lines = [line.split("  ") for line in (path / MANIFEST).read_text().splitlines()]
        assert {name: digest for digest, name in lines} == {
            name: hashlib.sha256((path / name).read_bytes()).hexdigest() for name in (LAST, BEST)
        }
    newest = folder / PLACE / "step-8"
    assert load_with_extra(newest / LAST)[2]["counters"] | {"looks": 0} == {
        "epoch": 2, "step": 2, "parts": 1, "looks": 0,
    }  # fmt: skip
    assert (folder / LAST).read_bytes() == (newest / LAST).read_bytes()


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_every_byte_counts(folder, monkeypatch, name, how):
    """A bit of each byte flipped, and every length that is too short: refused, before anything is read out
    of it, with a message that names the checkpoint; the one before is taken."""
    before, path = Checkpoints(folder).read()[0], folder / PLACE / "step-8" / name
    older = {
        folder / PLACE / "step-5" / each: load_with_extra(folder / PLACE / "step-5" / each)
        for each in FILES[:2]
    }
    # for the sake of speed
    monkeypatch.setattr(checkpoints, "read_model", lambda content, path: older[path])
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content[: place + (how == "flipped")])
        if how == "flipped":
            damaged[place] ^= 1 << place % 8
            damaged += content[place + 1 :]
        path.write_bytes(damaged)
        found, (problem,) = Checkpoints(folder).read()
        assert found.notes["counters"]["epoch"] == 1
        assert problem.key == "training.damaged_checkpoint"
        assert name in str(problem)
        assert str(path.parent) in str(problem)
    path.write_bytes(content)
    monkeypatch.undo()
    assert Checkpoints(folder).read()[0].notes == before.notes


def _damage(path, how):
    if how == "lost":
        path.unlink()
    elif how == "longer":
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize(("name", "how"), [(LAST, "lost"), (BEST, "changed"), (MANIFEST, "longer")])
def test_a_run_goes_on_from_the_one_before_and_ends_as_if_nothing_was(folder, whole, name, how):
    _damage(folder / PLACE / "step-8" / name, how)
    warnings = []
    run = Run.take_up(folder, PLAN_, DATA, [], warnings.append)
    assert run.trainer.steps == 5
    assert [problem.key for problem in warnings] == ["training.older_checkpoint"]
    with speaking("en"):
        assert "step-8" in str(warnings[0])
        assert str(warnings[0]).endswith("so the run goes on from the one before it, after step 5")
    _go(run, 8)
    assert _names(folder) == ["step-5", "step-8"]  # which is as it was
    assert Checkpoints(folder).read()[1] == []
    Run.take_up(folder, PLAN_, DATA, [], warnings.append).go()
    assert len(warnings) == 1
    assert {each: (folder / each).read_bytes() for each in whole} == whole


def test_where_none_is_whole_it_is_said_and_nothing_is_changed(folder):
    for path in (folder / PLACE).iterdir():
        _damage(path / BEST, "changed")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for lang, said in (("en", "begin it again in another folder"), ("zh", "请在另一个文件夹中重新开始")):
        with pytest.raises(ModelFileError) as caught, speaking(lang):
            Run.take_up(folder, PLAN_, DATA, [])
        assert caught.value.key == "training.no_checkpoint"
        with speaking(lang):
            assert said in str(caught.value)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_newest_is_the_one_of_the_most_steps_whatever_the_clock_says(folder):

    for path, when in ((folder / PLACE / "step-5", 4e9), (folder / PLACE / "step-8", 0)):
        for each in (path, *path.iterdir()):
            os.utime(each, (when, when))
    assert Run.take_up(folder, PLAN_, DATA, []).trainer.steps == 8


def test_what_is_no_checkpoint_is_left_alone(folder):
    for name in ("step-x", "step-", "notes"):
        (folder / PLACE / name).mkdir()
    (folder / PLACE / "step-9").write_text("a file")
    assert Run.take_up(folder, PLAN_, DATA, [], lambda problem: None).trainer.steps == 8


def test_without_its_checkpoints_a_run_that_may_end_early_is_refused(tmp_path):
    recipe = dataclasses.replace(PLAN_.recipe, patience=5)
    plan = dataclasses.replace(PLAN_, recipe=recipe)
    _go(Run.begin(plan, DATA, [], tmp_path), 8)
    shutil.rmtree(tmp_path / PLACE)
    with pytest.raises(ModelFileError) as caught:
        Run.take_up(tmp_path, plan, DATA, [])
    assert caught.value.key == "training.no_checkpoint"


def test_a_changed_definition_is_named(folder):
    """In run.json, which the plan is read from, or in network.toml beside it."""
    for recipe, said in (
        ({"lr": 0.3}, "recipe.lr = 0.3, but"),
        ({"batch_size": 8, "schedule": "constant"}, "recipe.batch_size = 8, recipe.schedule = constant, but"),
    ):
        plan = dataclasses.replace(PLAN_, recipe=dataclasses.replace(PLAN_.recipe, **recipe))
        with pytest.raises(UsageError, match=said.replace(".", r"\.")) as caught, speaking("en"):
            Run.take_up(folder, plan, DATA, [])
        assert caught.value.fields["path"] == folder / PLAN
    (folder / NETWORK).write_text(write_toml(parse_shorthand("3-3:sigmoid")))
    with pytest.raises(UsageError) as caught:
        Run.take_up(folder, PLAN_, DATA, [])
    assert caught.value.key == "training.changed"
    assert caught.value.fields["path"] == folder / NETWORK
    assert "layers[1].activation = sigmoid" in str(caught.value)
    assert "layers[1].activation = softmax" in str(caught.value)
