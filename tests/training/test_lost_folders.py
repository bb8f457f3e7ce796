"""Folders that are read-only, deleted or taken by another run while a run trains, and clocks that move."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from run_files import contents

from chainrule.data.dataset import Dataset
from chainrule.errors import TrainingError, UsageError
from chainrule.model import LAST
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training.checkpoints import BEST, PLACE
from chainrule.training.folder import CURVE, HISTORY, LOG, NETWORK, PLAN, read_run
from chainrule.training.lock import LOCK
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

pytestmark = pytest.mark.usefixtures("undrawn")
DATA = Dataset(classes(40))
PLAN_ = Plan("clouds", parse_shorthand("3-4:tanh-3"), Recipe(epochs=6, batch_size=12, log_steps=1))
ALL = {PLAN, NETWORK, HISTORY, LOG, LAST, BEST, CURVE, LOCK, PLACE}
NOBODY = 65534


def _models(folder):
    return [(folder / name).read_bytes() for name in (LAST, BEST)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The models of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    Run.begin(PLAN_, DATA, [], folder).go()
    return _models(folder)


def _at(epoch, what):
    """A progress that does something once, in the middle of that epoch."""
    left = [what]

    def progress(seen):
        if seen.epoch == epoch and seen.step == 2 and left:
            left.pop()()

    return progress


@pytest.fixture
def own_folder(whole):
    """A folder of a user who may not write everywhere, as root may; root is that user meanwhile."""
    with tempfile.TemporaryDirectory() as place:
        if os.geteuid() == 0:
            os.chown(place, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(place)
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
            for path in (Path(place), *Path(place).rglob("*")):
                if path.is_dir():
                    path.chmod(0o700)


def test_no_run_begins_in_a_folder_that_is_read_only(own_folder):
    own_folder.chmod(0o500)
    for folder in (own_folder, own_folder / "run"):
        with pytest.raises(TrainingError) as caught, speaking("en"):
            Run.begin(PLAN_, DATA, [], folder)
        assert str(folder) in str(caught.value)
        with speaking("en"):
            assert str(caught.value).endswith("cannot be written: permission is denied")
    own_folder.chmod(0o700)
    Run.begin(PLAN_, DATA, [], own_folder)  # what is left there is in nobody's way


def test_a_folder_that_becomes_read_only_costs_no_more_than_the_time_since_its_last_checkpoint(
    own_folder, whole
):
    run = Run.begin(PLAN_, DATA, [], own_folder)

    def lock_up():
        for path in (own_folder, own_folder / PLACE):
            path.chmod(0o500)

    warnings = []
    with pytest.raises(TrainingError) as caught:
        run.go(progress=_at(4, lock_up), warn=warnings.append, checkpoint_every=0)
    assert caught.value.key == "training.cannot_write"
    assert {problem.key for problem in warnings} == {"training.cannot_write"}
    with pytest.raises(TrainingError):  # and is taken up by nobody, as what it does could not be kept
        Run.take_up(own_folder, PLAN_, DATA, []).go()
    for path in (own_folder, own_folder / PLACE):
        path.chmod(0o700)
    again = Run.take_up(own_folder, PLAN_, DATA, [])
    assert again.trainer.epoch == 3
    again.go()
    assert _models(own_folder) == whole


@pytest.mark.parametrize("parent", [False, True])
def test_a_folder_that_is_deleted_is_made_again(tmp_path, whole, parent):
    folder = tmp_path / "runs" / "here"
    run = Run.begin(PLAN_, DATA, [], folder)
    warnings = []
    run.go(
        progress=_at(3, lambda: shutil.rmtree(folder.parent if parent else folder)),
        warn=warnings.append,
        checkpoint_every=0,
    )
    assert [problem.key for problem in warnings] == ["training.folder_gone"]
    assert warnings[0].fields == {"lost": folder, "folder": folder}
    assert {path.name for path in folder.iterdir()} == ALL
    assert _models(folder) == whole
    assert len((folder / HISTORY).read_text().splitlines()) == 6
    assert read_run(folder)[1] == "finished"


def test_a_folder_that_another_run_has_now_is_left_to_it(tmp_path, whole):
    folder = tmp_path / "here"
    run, others = Run.begin(PLAN_, DATA, [], folder), []

    def take():
        shutil.rmtree(folder)
        others.append(Run.begin(PLAN_, DATA, [], folder))
        others[0].go(stop=lambda: others[0].trainer.steps >= 2)
        others.append(contents(folder))

    warnings = []
    result = run.go(progress=_at(3, take), warn=warnings.append, checkpoint_every=0)
    assert [problem.key for problem in warnings] == ["training.folder_gone"]
    assert result["run"] == str(tmp_path / "here-2")
    assert _models(tmp_path / "here-2") == whole
    assert contents(folder) == others[1]
    Run.take_up(folder, PLAN_, DATA, []).go()
    assert _models(folder) == whole


def test_a_lock_that_is_deleted_by_itself_is_taken_again(tmp_path, whole):
    warnings = []
    run = Run.begin(PLAN_, DATA, [], tmp_path)

    def held(seen):
        if seen.epoch == 5:
            with pytest.raises(UsageError):
                Run.take_up(tmp_path, PLAN_, DATA, [])

    run.go(
        progress=lambda seen: _at(3, (tmp_path / LOCK).unlink)(seen) if seen.epoch == 3 else held(seen),
        warn=warnings.append,
        checkpoint_every=0,
    )
    assert warnings == []
    assert _models(tmp_path) == whole


def test_where_the_folder_cannot_be_made_again_it_is_said(tmp_path):
    folder = tmp_path / "runs" / "here"
    run = Run.begin(PLAN_, DATA, [], folder)

    def replace():
        shutil.rmtree(folder.parent)
        folder.parent.write_text("a file")

    warnings = []
    with pytest.raises(TrainingError) as caught:
        run.go(progress=_at(3, replace), warn=warnings.append, checkpoint_every=0)
    assert caught.value.fields["path"] == folder
    assert [problem.key for problem in warnings] == ["training.cannot_write"]
    assert (tmp_path / "runs").read_text() == "a file"


def test_a_clock_that_moves_changes_nothing(tmp_path, whole, monkeypatch):
    when = iter(range(2_000_000_000, 0, -100_000))  # backwards, by a day and more
    monkeypatch.setattr(time, "time", lambda: float(next(when)))
    run = Run.begin(PLAN_, DATA, [], tmp_path)
    result = run.go(stop=lambda: run.trainer.steps >= 10, checkpoint_every=0)
    again = Run.take_up(tmp_path, PLAN_, DATA, []).go(checkpoint_every=0)
    assert 0 < result["seconds"] < again["seconds"] < 100
    assert _models(tmp_path) == whole
