"""Runs whose files say anything at all: they are listed as damaged, with a reason, and others beside them are
listed as ever; to take one up, or to compare it, comes to one sentence."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from types import SimpleNamespace

import pytest

from chainrule.training import run as run_room
from chainrule.training import runs as runs_room
from chainrule.training.folder import HISTORY, MOST_PLAN, PLAN
from chainrule.training.record import STATES
from chainrule.training.runs import ORDERS, ordered, summaries

SOME = (None, 5, "x", [], {"a": 5}, 10**400)
MORE = (
    -1, 1.5, 1e300, float("nan"), float("inf"), True, "", "a\0b", "a\nb", "\ud800", "\udcff", "\x1b[2J", {},
    [[]], [5],
)  # fmt: skip
FREE = "machine"
"""What says nothing of how a run is listed."""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    from chainrule.cli import main

    place = tmp_path_factory.mktemp("source")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")
        main(["train", "iris", "4-3-3", "--epochs", "2", "--out", str(place / "run"), "--quiet", "--json"])
    return place / "run"


@pytest.fixture
def damaged(source, tmp_path):
    """A run to be damaged, beside a sound one."""
    shutil.copytree(source, tmp_path / "runs/sound")
    return shutil.copytree(source, tmp_path / "runs/damaged")


def _places(value, path=()):
    """The paths of all that stands in a table, tables themselves among them."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*path, name))


def _with(table, path, value):
    table = copy.deepcopy(table)
    at = table
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return table


def _kind(value):
    numbers = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float if numbers else type(value)


@pytest.mark.parametrize("anything", [SOME, pytest.param(MORE, marks=pytest.mark.long)])
def test_whatever_a_field_says_no_other_run_suffers(damaged, anything):
    table = json.loads((damaged / PLAN).read_text())
    for path in _places(table):
        before = table
        for name in path:
            before = before[name]
        for value in anything:
            (damaged / PLAN).write_text(json.dumps(_with(table, path, value)))
            found = {run.run.rpartition("/")[2]: run for run in summaries(damaged.parent)}
            for order in ORDERS:
                assert len(ordered([*found.values()], order)) == 2
            json.dumps([run.to_dict() for run in found.values()])
            assert found["sound"].state == "finished"
            said = found["damaged"]
            assert said.state in ("damaged", "killed", *STATES)
            assert (said.problem is not None) == (said.state == "damaged")
            other = _kind(value) is not _kind(before) and None not in (value, before)
            if (other or value in (10**400, "\ud800")) and path[0] != FREE:
                assert said.state == "damaged", (path, value)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of targets such as 1e300
def test_whatever_a_field_says_taking_it_up_comes_to_one_sentence(run, source, tmp_path, monkeypatch):
    monkeypatch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")
    table = json.loads((source / PLAN).read_text())
    for path in _places(table):
        for value in SOME + MORE:
            shutil.rmtree(tmp_path / "run", ignore_errors=True)
            folder = shutil.copytree(source, tmp_path / "run")
            (folder / PLAN).write_text(json.dumps(_with(table, path, value)))
            answer = run("train", "--resume", str(folder), "--quiet")
            assert answer.code in (0, 1, 2, 130), (path, value)
            assert "something unexpected" not in answer.err, (path, value, answer.err)
            assert "__init__" not in answer.err
            if answer.code in (1, 2):
                assert answer.out == ""


FOREIGN = re.compile(
    "unexpected|codec|Exceeds|recursion|Expecting|Invalid|set_int_max|Error|line [0-9]+ column"
)
"""What Python says of a damaged file, and nobody who reads a sentence in another language can use."""
CONTENTS = {
    "cut": '{"plan": {',
    "one byte": b'{"plan": "\xff"}',
    "no plan": '{"status": "finished"}',
    "nested": "[" * 100_000,
    "nested tables": '{"a":' * 100_000,
    "deep and whole": json.dumps({"plan": {"recipe": json.loads("[" * 300 + "]" * 300)}}),
    "a list": "[]",
    "a number": "5",
    "nothing": "",
    "no UTF-8": b"\xff\xfe",
    "many digits": '{"begun": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_no_plan_is_said_in_one_sentence(run, damaged, content, lang):
    (damaged / PLAN).write_bytes(content if isinstance(content, bytes) else content.encode())
    listed = {
        each["run"].rpartition("/")[2]: each
        for each in run("runs", str(damaged.parent), "--json").json["runs"]
    }
    assert (listed["sound"]["state"], listed["damaged"]["state"]) == ("finished", "damaged")
    assert PLAN in listed["damaged"]["problem"]
    answer = run("train", "--resume", str(damaged), "--lang", lang)
    assert (answer.code, answer.out) == (2, "")
    compared = run("runs", str(damaged), str(damaged.with_name("sound")), "--lang", lang)
    assert compared.code == 0
    assert "4-3-3" in compared.out  # the other one
    for text in (answer.err, compared.out):
        assert "run.json" in text
        assert not FOREIGN.search(text)


def test_sound_runs_are_compared_beside_a_damaged_one(run, damaged):
    shutil.copytree(damaged, damaged.with_name("other"))
    folders = [str(damaged.with_name(name)) for name in ("sound", "damaged", "other")]
    table = json.loads((damaged / PLAN).read_text())
    changed = _with(table, ("plan", "seed"), 7)
    (damaged.with_name("other") / PLAN).write_text(json.dumps(changed))
    (damaged / PLAN).write_text("[")
    answer = run("runs", *folders)
    assert answer.code == 0
    assert "seed" in answer.out
    assert str(damaged / PLAN) in "".join(answer.out.split())
    table = run("runs", *folders, "--json").json
    assert table["differences"]["seed"] == [0, None, 7]
    assert [each["state"] for each in table["runs"]] == ["finished", "damaged", "finished"]


def test_a_text_without_end_is_cut_where_a_person_reads_it(run, damaged):
    table = json.loads((damaged / PLAN).read_text())
    (damaged / PLAN).write_text(json.dumps(_with(table, ("plan", "dataset"), "x" * 1_000_000)))
    for folders in ((damaged.parent,), (damaged, damaged.with_name("sound"))):
        answer = run("runs", *map(str, folders))
        assert answer.code == 0
        assert len(answer.out) < 20_000
    listed = run("runs", str(damaged.parent), "--json").json["runs"]
    assert {len(each["dataset"]) for each in listed} == {4, 1_000_000}


LINES = ["[" * 100_000, '{"epoch": "x", "loss": {}}', '{"epoch": 1, "loss": [5]}', "[5]", "5", "null", "\xff"]


@pytest.mark.parametrize("history", LINES, ids=range(len(LINES)))
def test_a_history_that_says_nothing_is_damage(damaged, history):
    (damaged / HISTORY).write_text(history + "\n", encoding="latin-1")
    found = {run.run.rpartition("/")[2]: run for run in summaries(damaged.parent)}
    assert found["sound"].state == "finished"
    assert found["damaged"].state == "damaged"
    assert str(damaged / HISTORY) in found["damaged"].problem


def test_of_a_long_history_the_end_is_read(damaged, monkeypatch):
    """Of a million epochs, and of the first half of a line that a killed run wrote."""
    table = json.loads((damaged / PLAN).read_text())
    (damaged / PLAN).write_text(json.dumps({**table, "status": "interrupted", "result": None}))
    line = '{"epoch": %d, "loss": 0.5, "validation_loss": null, "seconds": 7.5}\n'
    with (damaged / HISTORY).open("w") as file:
        file.truncate(200_000_000)  # which takes no space
        file.seek(0, os.SEEK_END)
        file.write("\n" + line % 999_999 + line % 1_000_000 + '{"epoch": 1000001, "lo')
    found = next(run for run in summaries(damaged.parent) if run.run.endswith("damaged"))
    assert (found.state, dict(found.results)) == ("interrupted", {"epochs": 1_000_000, "seconds": 7.5})


def test_a_plan_that_is_too_large_is_not_read(damaged):
    with (damaged / PLAN).open("a") as file:
        file.truncate(MOST_PLAN + 1)
    found = next(run for run in summaries(damaged.parent) if run.run.endswith("damaged"))
    assert found.state == "damaged"
    assert f"{MOST_PLAN:,}" in found.problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_folder_without_rights_or_that_is_a_file_is_told(run, damaged):
    (damaged.parent / "file").write_text("x")
    (damaged.parent / "nowhere").symlink_to("nothing")
    os.mkfifo(damaged.parent / "pipe")
    names = [each["run"] for each in run("runs", str(damaged.parent), "--json").json["runs"]]
    assert sorted(name.rpartition("/")[2] for name in names) == ["damaged", "sound"]
    for name in ("file", "nowhere", "pipe"):
        assert run("runs", str(damaged.parent / name)).code in (0, 2)
        answer = run("runs", str(damaged.parent / name), str(damaged))
        assert (answer.code, answer.out) == (2, "")
        assert "unexpected" not in answer.err


@pytest.mark.parametrize("changed", [1e15, -1e15, 1e300, float("nan"), float("inf")])
def test_a_folder_that_was_changed_at_no_time_is_listed(changed):
    folder = SimpleNamespace(stat=lambda: SimpleNamespace(st_mtime=changed))
    assert runs_room._changed(folder) == "1970-01-01T00:00:00+00:00"


def test_names_with_digits_of_any_script_are_sorted(source, tmp_path):
    names = ["9", "10", "٣", "a", "a10", "a9", "a09", "0" * 200]
    for name in names:
        shutil.copytree(source, tmp_path / name)
    found = [run.run.rpartition("/")[2] for run in ordered(summaries(tmp_path), "name")]
    assert sorted(found) == sorted(names)
    assert found.index("9") < found.index("10")
    assert max(found.index("a9"), found.index("a09")) < found.index("a10")
