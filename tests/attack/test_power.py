"""After a power cut at any moment a run goes on, and ends with the bits that it would have had."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from calls import Event, why_not
from power import MODELS, Disk, promised_after

HERE = Path(__file__).parent
traced = pytest.mark.skipif(bool(why_not()), reason=str(why_not()))
TOP, FOLDER, FILE, OTHER = range(4)
MAKE = Event("make", "", FOLDER, TOP, "folder", is_folder=True)
LOG = [
    MAKE,
    Event("make", "", FILE, FOLDER, "new"),
    Event("write", "", FILE, data=b"abc"),
    Event("flush", "", FILE),
    Event("write", "", FILE, at=5, data=b"f"),
    Event("name", "", FILE, FOLDER, "file", instead_of=(FOLDER, "new")),
    Event("flush", "", TOP),
    Event("flush", "", FOLDER),
    Event("make", "", OTHER, TOP, "other"),
    Event("write", "", OTHER, data=b"xy"),
    Event("name", "", FILE, TOP, "again"),
    Event("drop", "", folder=FOLDER, name="file"),
    Event("cut", "", FILE, at=1),
]


def _left(tmp_path, count, model, seed=0):
    """What the first events of LOG leave by a model: each file's bytes, and folders."""
    disk = Disk({tmp_path: TOP}, None)
    for event in LOG[:count]:
        disk.apply(event)
    place = tmp_path / "rebuilt"
    disk.rebuild(place, model, random.Random(seed))
    found = {path.relative_to(place).as_posix(): path for path in place.rglob("*")}
    return {name: path.read_bytes() if path.is_file() else None for name, path in found.items()}


@pytest.mark.quick
@pytest.mark.parametrize(
    ("count", "model", "expected"),
    [
        (3, "killed", {"folder": None, "folder/new": b"abc"}),
        (3, "strict", {}),
        (3, "data", {}),
        (6, "killed", {"folder": None, "folder/file": b"abc\0\0f"}),
        (6, "strict", {}),
        (7, "strict", {"folder": None}),
        (8, "strict", {"folder": None, "folder/file": b"abc"}),
        (8, "data", {"folder": None, "folder/file": b"abc\0\0f"}),
        (10, "strict", {"folder": None, "folder/file": b"abc"}),
        (12, "killed", {"folder": None, "other": b"xy", "again": b"abc\0\0f"}),
        (12, "strict", {"folder": None, "folder/file": b"abc"}),
        (13, "killed", {"folder": None, "other": b"xy", "again": b"a"}),
        (13, "data", {"folder": None, "folder/file": b"a"}),
    ],
)
def test_what_each_model_leaves(tmp_path, count, model, expected):
    assert _left(tmp_path, count, model) == expected


def test_all_names_with_bytes_that_are_missing_or_zero(tmp_path):
    seen = set()
    for seed in range(20):
        (tmp_path / f"{seed}").mkdir()
        left = _left(tmp_path / f"{seed}", 10, "names", seed)
        assert left.keys() == {"folder", "folder/file", "other"}
        assert left["folder/file"] in (b"abc", b"abc\0\0\0")
        seen.add(left["other"])
    assert seen == {b"", b"\0\0"}


def test_two_names_stay_two_names_of_one_file(tmp_path):
    disk = Disk({tmp_path: TOP}, None)
    for event in [MAKE, Event("make", "", FILE, FOLDER, "a"), Event("name", "", FILE, FOLDER, "b")]:
        disk.apply(event)
    disk.rebuild(tmp_path / "rebuilt", "killed", random.Random(0))
    assert (tmp_path / "rebuilt/folder/a").samefile(tmp_path / "rebuilt/folder/b")


def test_from_when_on_a_run_may_not_be_lost():
    plan = [MAKE, Event("name", "", FILE, FOLDER, "run.json", instead_of=(FOLDER, "new"))]
    flushed = [*plan, Event("flush", "", FILE), Event("flush", "", FOLDER)]
    assert promised_after(flushed, is_there=False) == 4
    assert promised_after(flushed, is_there=True) == 0
    assert promised_after(plan, is_there=False) > len(plan)


def _asked(*arguments):
    command = [sys.executable, str(HERE / "power.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@traced
@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_goes_on_after_a_power_cut(seed):
    found = _asked("--states", "40", "--seed", f"{seed}")
    assert (found.returncode, found.stderr) == (0, ""), found.stdout + found.stderr
    assert all(f"{model} " in found.stdout for model in MODELS)


@traced
@pytest.mark.long
def test_without_flushes_runs_would_be_lost():
    """So the test above sees loss where there is one."""
    found = _asked("--control", "--states", "24")
    assert (found.returncode, found.stderr) == (0, ""), found.stdout + found.stderr
