"""Each command once, in about the simplest way there is: what a change anywhere breaks, breaks here."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.cli.app import app

pytestmark = pytest.mark.quick

TRAIN = ["train", "xor", "2-2-1", "--epochs", "2", "--out", "run"]
MODEL = "run/model.safetensors"
BEFORE = {"evaluate", "predict", "runs"}
"""Commands that want a model, or a run."""
ONCE = {
    "train": (TRAIN, "run"),
    "evaluate": (["evaluate", MODEL, "xor"], "accuracy"),
    "predict": (["predict", MODEL, "points.csv"], "points.csv"),
    "derive": (["derive", "2-2-1"], "nielsen"),
    "trace": (["trace", "mazur", "--of", "W1[0,0]"], "0.15"),
    "emit": (["emit", "2-2-1"], "import numpy"),
    "suggest": (["suggest", "4", "3"], "hidden"),
    "loss": (["loss", "cross_entropy", "--true", "0,1", "--predicted", "0.5,0.5"], "0.693"),
    "bench": (["bench", "--network", "2-2-1", "--threads", "100000"], "100000"),
    "runs": (["runs"], "run"),
    "find-rate": (["find-rate", "xor", "2-2-1"], "rate"),
    "list": (["list", "activations"], "softplus"),
    "check": (["check", "gradients", "2-2-1"], "W1"),
}
"""What is typed, and a word of what is said. `bench` only says that it cannot."""


def test_every_command_is_here():
    assert set(app.list_commands(None)) == ONCE.keys()


@pytest.mark.parametrize("name", ONCE)
def test_a_command(run, name):
    Path("points.csv").write_text("x1,x2\n0,1\n1,1\n")
    if name in BEFORE:
        assert run(*TRAIN).code == 0
    arguments, word = ONCE[name]
    answer = run(*arguments)
    assert answer.code == (2 if name == "bench" else 0), answer.err
    assert word in answer.out + answer.err
