"""Runs whose process is killed, at any moment and again and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from chainrule.cli import INTERRUPTED
from chainrule.model import load
from chainrule.training.run import BEST, LAST, read_run

TESTS = Path(__file__).parents[1]
CHILD = """
import sys
from chainrule.data.dataset import Dataset
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training import run as room
from small_samples import classes

room.SECONDS_BETWEEN_CHECKPOINTS = 0.0
folder = sys.argv[1]
data = Dataset(classes(600, features=20), classes(50, features=20, seed=1))
plan = room.Plan("clouds", parse_shorthand("20-60:tanh-3"), Recipe(epochs=400, batch_size=16))
if sys.argv[2] == "begin":
    run = room.Run.begin(plan, data, [], folder)
else:
    run = room.Run.take_up(folder, plan, data, [])
print("training", flush=True)
run.go()
"""


def _start(folder, how):
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), how], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "training\n"
    return process


def _finish(process):
    process.stdout.close()
    return process.wait(timeout=120)


@pytest.mark.long
def test_a_run_that_is_killed_again_and_again_ends_as_if_it_never_was(tmp_path):
    assert _finish(_start(tmp_path / "whole", "begin")) == 0
    rng = random.Random(0)
    how, kills, epochs = "begin", 0, 0
    folder = tmp_path / "killed"
    while kills < 8:
        process = _start(folder, how)
        time.sleep(rng.uniform(0.01, 0.3))
        process.send_signal(signal.SIGKILL)
        if _finish(process) == 0:
            break  # it was through before
        how, kills = "resume", kills + 1
        if read_run(folder)[1] == "finished":
            break  # killed on its way out
        for name in (LAST, BEST):
            if (folder / name).exists():
                load(folder / name)
        if (folder / LAST).exists():
            assert len(load(folder / LAST).history) >= epochs
            epochs = len(load(folder / LAST).history)
    assert kills >= 3
    assert epochs > 0
    assert _finish(_start(folder, "resume")) == 0
    assert read_run(folder)[1] == "finished"
    assert {path.name for path in folder.iterdir()} == {path.name for path in (tmp_path / "whole").iterdir()}
    for name in (LAST, BEST):
        ours, theirs = load(folder / name), load(tmp_path / "whole" / name)
        assert len(ours.history) == len(theirs.history)
        for key, value in theirs.parameters.items():
            assert_array_equal(ours.parameters[key], value)


CLI = [sys.executable, "-c", "import sys; from chainrule.cli import main; sys.exit(main())"]
COMMAND = [*CLI, "train", "digits", "--epochs", "5000", "--quiet", "--json"]


@pytest.mark.long
def test_ctrl_c_keeps_what_was_learned_and_the_run_can_go_on(tmp_path):
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [*COMMAND, "--out", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    history = folder / "history.jsonl"
    until = time.monotonic() + 60
    while not (history.exists() and history.read_text().count("\n") > 3) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, complaints = process.communicate(timeout=60)
    assert "Traceback" not in complaints
    assert process.returncode == INTERRUPTED
    assert '"interrupted": true' in output
    plan, status, result = read_run(folder)
    assert (status, plan.recipe.epochs) == ("interrupted", 5000)
    assert len(load(folder / LAST).history) == result["epochs"] >= 3
    load(folder / BEST)
