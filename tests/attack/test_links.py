"""A run's folder that comes from elsewhere: whatever stands at a name in it, nothing outside is touched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("links and pipes are made as POSIX systems make them", allow_module_level=True)

import links

from chainrule import folders
from chainrule.errors import ChainruleError
from chainrule.model import LAST
from chainrule.training import run as run_room
from chainrule.training.checkpoints import BEST, PLACE
from chainrule.training.folder import EVENTS, read_run
from chainrule.training.run import Run
from chainrule.training.runs import summaries

SHORT = ("link to file", "hard link")
KINDS = [kind if kind in SHORT else pytest.param(kind, marks=pytest.mark.long) for kind in links.KINDS]
PLACES = {PLACE, EVENTS, *(f"{PLACE}/{step}" for step in links.STEP)}


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    monkeypatch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")


@pytest.fixture(params=["by descriptor", pytest.param("by looking", marks=pytest.mark.long)])
def way(request, monkeypatch):
    """As on systems whose calls take a folder's descriptor, and as on others."""
    if request.param == "by looking":
        monkeypatch.setattr(folders, "BY_DESCRIPTOR", False)
        monkeypatch.setattr(folders, "NOFOLLOW", 0)
    return request.param


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")
        folder = links.stopped(tmp_path_factory.mktemp("source"))
    (folder / EVENTS).mkdir()
    return folder


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    """The models that the run comes to."""
    folder = shutil.copytree(source, tmp_path_factory.mktemp("whole") / "run")
    Run.take_up(folder, links.PLAN_, links.DATA, []).go()
    return _models(folder)


def _take_up(folder):
    Run.take_up(folder, links.PLAN_, links.DATA, [], lambda problem: None).go(checkpoint_every=0)


def _begin(folder):
    Run.begin(links.PLAN_, links.DATA, [], folder).go()


def _models(folder):
    return [(folder / name).read_bytes() for name in (LAST, BEST)]


def _planted(place, source, kind, name):
    """A run's folder with something at a name, and the victim; None where that cannot be made."""
    place.mkdir()
    outside = links.victim(place, source)
    folder = shutil.copytree(source, place / "run")
    return (folder, outside) if links.plant(kind, name, folder, outside) else None


def _problem(what):
    """Of the program's own, that something ends with; None where it does not."""
    try:
        with links.unhung():
            what()
    except ChainruleError as problem:
        return problem
    return None


def _thesis(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("thesis"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_taken_up_without_touching_what_its_names_lead_to(tmp_path, source, whole, kind, way):
    for number, name in enumerate(links.NAMES):
        if not (made := _planted(tmp_path / str(number), source, kind, name)):
            continue
        folder, outside = made
        before, inside, precious = links.state(outside), links.state(folder), _thesis(folder)
        refused = name in links.OWN and kind != "hard link" and not (kind == "folder" and name in PLACES)
        problem = _problem(partial(_take_up, folder))
        if problem:
            assert refused or name in links.LATER, (name, problem)
            assert problem.key == "training.strange"
            assert problem.fields["path"] == folder / name
            assert links.state(folder) == inside, name
        else:
            assert not refused, name
            assert _models(folder) == whole, name
            assert _thesis(folder) == precious, name
        assert links.state(outside) == before, name


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_begins_without_touching_what_names_lead_to(tmp_path, source, kind, way):
    for number, name in enumerate(links.NAMES):
        place = tmp_path / str(number)
        place.mkdir()
        outside, folder = links.victim(place, source), place / "run"
        folder.mkdir()
        if not links.plant(kind, name, folder, outside):
            continue
        before, inside = links.state(outside), links.state(folder)
        problem = _problem(partial(_begin, folder))
        if problem:
            assert problem.key in ("training.folder_in_use", "training.strange"), name
            assert links.state(folder) == inside, name
        else:
            assert kind == "hard link", name
            assert read_run(folder)[1] == "finished"
        assert links.state(outside) == before, name


@pytest.mark.parametrize("kind", KINDS)
def test_what_appears_during_a_run_moves_it_and_is_left_alone(tmp_path, source, whole, kind, way):
    for number, name in enumerate((*links.FILES, PLACE, EVENTS)):
        place = tmp_path / str(number)
        place.mkdir()
        outside, folder = links.victim(place, source), shutil.copytree(source, place / "run")
        run, warnings, seen = Run.take_up(folder, links.PLAN_, links.DATA, []), [], []

        def appear(progress, name=name, folder=folder, outside=outside, seen=seen):
            if progress.epoch == 5 and not seen:
                seen.append(links.plant(kind, name, folder, outside))
                seen.append(links.state(outside))

        with links.unhung():
            run.go(progress=appear, warn=warnings.append, checkpoint_every=0)
        assert links.state(outside) == seen[1], name
        assert _models(run.folder) == whole, name
        assert read_run(run.folder)[1] == "finished"
        stays = not seen[0] or (kind == "folder" and name in PLACES) or kind == "hard link"
        if name != links.LOCK or kind != "hard link":  # which is another's, as it seems
            assert run.folder == (folder if stays else folder.with_name("run-2")), name
            told = [problem.key for problem in warnings]
            assert told == ([] if stays else ["training.folder_strange"]), name


def test_what_appears_while_the_end_is_written_moves_the_run_as_well(tmp_path, source, whole, monkeypatch):
    outside, folder = links.victim(tmp_path, source), shutil.copytree(source, tmp_path / "run")
    run, warnings, write = Run.take_up(folder, links.PLAN_, links.DATA, []), [], Run._checkpoint
    before = links.state(outside)

    def appear(self):
        if self.trainer.finished and not (folder / PLACE).is_symlink():
            links.plant("link to folder", PLACE, folder, outside)
        write(self)

    monkeypatch.setattr(Run, "_checkpoint", appear)
    result = run.go(warn=warnings.append)
    assert [problem.key for problem in warnings] == ["training.folder_strange"]
    assert result["run"] == str(tmp_path / "run-2")
    assert _models(tmp_path / "run-2") == whole
    assert read_run(tmp_path / "run-2")[1] == "finished"
    assert links.state(outside) == before


@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_listed_whatever_is_in_one_of_them(tmp_path, source, kind):
    for number, name in enumerate(links.NAMES):
        if not (made := _planted(tmp_path / str(number), source, kind, name)):
            continue
        folder, outside = made
        shutil.copytree(source, folder.with_name("sound"))
        before, inside = links.state(outside), links.state(folder)
        with links.unhung():
            found = {Path(run.run).name: run for run in summaries(folder.parent)}
        assert found["sound"].state == "interrupted"
        bad = name in ("run.json", "history.jsonl") and kind != "hard link"
        assert found["run"].state == ("damaged" if bad else "interrupted"), name
        assert (str(folder / name) in str(found["run"].problem)) == (bad and name != "run.json")
        assert (links.state(outside), links.state(folder)) == (before, inside)


@pytest.mark.quick
def test_a_folder_that_the_user_names_may_be_a_link(tmp_path, source, whole):
    shutil.copytree(source, tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    Run.take_up(tmp_path / "link", links.PLAN_, links.DATA, []).go(checkpoint_every=0)
    assert _models(tmp_path / "real") == whole
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").symlink_to("empty")
    assert Run.begin(links.PLAN_, links.DATA, [], tmp_path / "other").go()["epochs"] == 6
    assert (tmp_path / "other").is_symlink()
    (tmp_path / "nowhere").symlink_to("nothing")
    with pytest.raises(ChainruleError):
        Run.begin(links.PLAN_, links.DATA, [], tmp_path / "nowhere")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.long
def test_names_that_turn_into_links_at_any_moment_win_nothing():
    command = [sys.executable, Path(__file__).with_name("links.py"), "--minutes", "0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "nothing outside was touched" in done.stdout
