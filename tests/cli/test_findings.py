"""What the doctor finds, as the command line and a run's folder tell it."""

from __future__ import annotations

import json

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.errors import TrainingError


def test_a_run_keeps_what_was_found(tmp_path, run):
    ill = ("train", "iris", "4-5-3", "--epochs", "8", "--batch-size", "4", "--lr", "1e-7")
    answer = run(*ill, "--out", "ill", "--json")
    (found,) = answer.json["findings"]
    assert found["code"] == "rate_too_low"
    assert f"Doctor: {found['message']} {found['suggestion']}" in answer.err
    kept = json.loads((tmp_path / "ill" / "run.json").read_text())
    assert kept["findings"] == kept["result"]["findings"] == [found]
    answer = run("train", "--resume", "ill", "--epochs", "10")
    assert "Doctor" not in answer.err, "it was told before"
    assert "what the doctor found" in answer.out
    assert "--lr" in answer.out
    assert run(*ill, "--no-doctor", "--json").json["findings"] == []
    assert "诊断：" in run(*ill, "--lang", "zh").err


def test_a_training_that_fails_is_explained(tmp_path, run):
    answer = run("train", "iris", "4-5:log(x)-3", "--out", "ill")
    assert answer.code == 1
    told, error = answer.err.splitlines()[-2:]
    assert told.startswith("Doctor: The network as it starts gives numbers that are not finite")
    assert "a1 = log(z1" in told
    assert error.startswith("error: the loss is no finite number before the first update")
    assert error.endswith("; what the doctor found tells what to try")
    plain = run("train", "iris", "4-5:log(x)-3", "--no-doctor").err.splitlines()[-1]
    assert plain.endswith("; change an activation, or the unit of the inputs, targets or weights")
    assert json.loads((tmp_path / "ill" / "run.json").read_text())["findings"][0]["code"] == "never_finite"
    with pytest.raises(TrainingError) as failure:
        cr.Network.parse("4-5:log(x)-3").fit(load("iris"))
    assert failure.value.__notes__
