"""Two processes never train in one folder."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest
from run_files import contents

from chainrule.data.dataset import Dataset
from chainrule.errors import UsageError
from chainrule.folders import Folder
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training import lock
from chainrule.training.folder import read_run
from chainrule.training.lock import LOCK, hold, release
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

HOLDER = """
import sys
from pathlib import Path
from chainrule.folders import Folder
from chainrule.training.folder import read_run
from chainrule.training.lock import hold
assert hold(Folder(Path(sys.argv[1]))) is not None
print("held", flush=True)
sys.stdin.read()
"""
pytestmark = pytest.mark.usefixtures("undrawn")
DATA = Dataset(classes(40))
PLAN = Plan("clouds", parse_shorthand("3-4:tanh-3"), Recipe(epochs=2))


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().strip() == b"held"
        yield process
        process.kill()


def refused(what):
    with pytest.raises(UsageError) as caught:
        what()
    assert caught.value.key == "training.folder_busy"


def test_a_folder_in_which_another_process_trains_is_refused(tmp_path):
    Run.begin(PLAN, DATA, [], tmp_path / "run").go(stop=lambda: True)
    before = contents(tmp_path / "run")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "run")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().strip() == b"held"
        refused(lambda: Run.take_up(tmp_path / "run", PLAN, DATA, []))
        assert contents(tmp_path / "run") == before
        process.kill()  # which leaves nothing that is in the way
        process.wait()
        assert Run.take_up(tmp_path / "run", PLAN, DATA, []).go()["epochs"] == 2


@pytest.mark.usefixtures("holder")
def test_it_is_held_for_as_long_as_a_process_has_it(tmp_path):
    refused(lambda: hold(Folder(tmp_path)))
    refused(lambda: hold(Folder(tmp_path)))


def test_a_run_holds_its_folder_from_its_beginning_to_its_end(tmp_path):
    run = Run.begin(PLAN, DATA, [], tmp_path / "run")
    refused(lambda: hold(run.files.at))
    run.go(progress=lambda seen: refused(lambda: hold(run.files.at)))
    release(hold(run.files.at))
    again = Run.take_up(run.folder, PLAN, DATA, [])
    refused(lambda: hold(run.files.at))
    del again  # given up
    release(hold(run.files.at))


def test_a_run_that_breaks_down_gives_its_folder_back(tmp_path):
    def pressed(seen):
        raise KeyboardInterrupt

    run = Run.begin(PLAN, DATA, [], tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        run.go(progress=pressed)
    release(hold(run.files.at))
    assert read_run(run.folder)[1:] == ("interrupted", None)
    assert Run.take_up(run.folder, PLAN, DATA, []).go()["interrupted"] is False


def test_where_no_lock_can_be_had_training_goes_on(tmp_path, monkeypatch):
    def none(descriptor):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_lock", none)
    assert hold(Folder(tmp_path)) is None
    place = Folder(tmp_path).make("gone")
    (tmp_path / "gone").rmdir()
    assert hold(place) is None
    assert Run.begin(PLAN, DATA, [], tmp_path / "run").go()["epochs"] == 2
    assert (tmp_path / "run" / LOCK).exists()
