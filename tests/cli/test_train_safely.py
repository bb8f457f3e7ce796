"""`train` and what it keeps: checkpoints, a log of steps, TensorBoard's files; and what `--resume` says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from chainrule import extras
from chainrule.training import run as run_room

BEGUN = ("train", "iris", "4-5-3", "--epochs", "6", "--out", "run", "--quiet", "--json")
RESUMED = ("train", "--resume", "run", "--epochs", "9", "--quiet", "--json")


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    monkeypatch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")


def _generations():
    return sorted((int(path.name[5:]) for path in Path("run/checkpoints").iterdir()), reverse=True)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "so the run goes on from the one before it, after step {step}"),
        ("zh", "因此从前一个检查点（第 {step} 步之后）继续训练"),
    ],
)
@pytest.mark.parametrize("json", [True, False])
def test_a_damaged_checkpoint_is_told_of_and_the_one_before_it_taken(run, lang, said, json):
    run(*BEGUN, "--checkpoint-every", "0")
    whole = run(*RESUMED[:-1], "--lang", lang, "--json").json
    newest, before = _generations()
    path = Path(f"run/checkpoints/step-{newest}/model.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    answer = run(*RESUMED[: 7 if json else 6], "--lang", lang)
    assert answer.code == 0
    assert said.format(step=before) in answer.err
    assert f"step-{newest}" in answer.err
    assert answer.err.count("\n") == 1
    if json:
        times = dict.fromkeys(("seconds", "samples_per_second"))
        assert {**answer.json, **times} == {**whole, **times}
    assert said.partition("{")[0] not in run(*RESUMED, "--lang", lang).err


def test_checkpoints_are_as_far_apart_as_is_asked(run):
    run(*BEGUN)
    assert len(_generations()) == 1  # within 5 seconds there is the last one only
    assert run("train", "iris", "--checkpoint-every", "-1").code == 2
    run(*RESUMED, "--checkpoint-every", "0")
    assert len(_generations()) == 2


@pytest.mark.parametrize(
    ("lang", "lr"),
    [("en", "recipe.lr = 0.5, but the run was begun with recipe.lr = nothing"), ("zh", "recipe.lr = 0.5")],
)
def test_what_was_changed_is_named(run, lang, lr):
    run(*BEGUN)
    network = Path("run/network.toml").read_text()
    Path("run/network.toml").write_text(network.replace('"sigmoid"', '"tanh"'))
    answer = run(*RESUMED, "--lang", lang)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    for said in ("run/network.toml", "layers[1].activation = tanh", "layers[1].activation = sigmoid"):
        assert said in answer.err
    Path("run/network.toml").write_text(network)
    table = json.loads(Path("run/run.json").read_text())
    table["plan"]["recipe"]["lr"] = 0.5
    Path("run/run.json").write_text(json.dumps(table))
    answer = run(*RESUMED, "--lang", lang)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert lr in answer.err
    assert "run/run.json" in answer.err


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "was made with other samples than line.csv has now"), ("zh", "与现在的 line.csv 不同")],
)
def test_other_data_are_named(run, lang, said):
    rows = [f"{i / 9},{i / 3}" for i in range(40)]
    Path("line.csv").write_text("\n".join(["a,b", *rows]))
    run("train", "line.csv", "--target", "b", "--epochs", "2", "--out", "run", "--quiet")
    Path("line.csv").write_text("\n".join(["a,b", *rows[:-1], "9,9"]))
    answer = run(*RESUMED, "--lang", lang)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err


def test_a_log_of_steps(run):
    run(*BEGUN, "--log-steps", "3")
    entries = [json.loads(line) for line in Path("run/steps.jsonl").read_text().splitlines()]
    assert [(e["epoch"], e["step"]) for e in entries] == [(n, step) for n in range(1, 7) for step in (1, 4)]
    answer = run(*RESUMED, "--log-steps", "2")
    assert answer.code == 2
    assert "--log-steps says 2, but the run in run was begun with 3" in answer.err
    assert run(*RESUMED, "--log-steps", "3").code == 0
    assert len(Path("run/steps.jsonl").read_text().splitlines()) == 18
    assert run("train", "iris", "--log-steps", "0").code == 2


def test_without_its_writer_nothing_is_begun_for_tensorboard(run, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    answer = run(*BEGUN, "--tensorboard")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "pip install 'chainrule[tensorboard]'" in answer.err
    assert not Path("run").exists()
    assert "tensorboard" in run(*BEGUN, "--tensorboard", "--lang", "zh").err


@pytest.mark.skipif(importlib.util.find_spec("tensorboardX") is None, reason="tensorboardX is not installed")
def test_files_for_tensorboard(run):
    assert run(*BEGUN, "--tensorboard").code == 0
    assert len(list(Path("run/tensorboard").iterdir())) == 1
