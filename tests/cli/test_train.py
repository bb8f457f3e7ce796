"""`train`, `evaluate` and `predict`, on small data."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli import evaluate as evaluate_command
from chainrule.cli.layout import cells
from chainrule.data import load
from chainrule.folders import Folder
from chainrule.training.lock import hold, release

KEYS = {
    "dataset", "network", "parameters", "engine", "seed", "epochs", "steps", "seconds", "samples_per_second",
    "train_loss", "validation_accuracy", "test_accuracy", "test_error", "run",
}  # fmt: skip
QUICK = ("train", "iris", "4-5-3", "--epochs", "4")


def test_the_result_as_json(run, tmp_path):
    answer = run(*QUICK, "--json")
    found = answer.json
    assert answer.code == 0
    assert found.keys() >= KEYS
    assert (found["dataset"], found["network"]) == ("iris", "4-5:sigmoid-3:softmax")
    assert (found["parameters"], found["epochs"], found["seed"]) == (4 * 5 + 5 + 5 * 3 + 3, 4, 0)
    assert found["steps"] == 4 * -(-108 // 32)  # 120 to learn from, of which a tenth is held out
    assert found["test_error"] == pytest.approx(1 - found["test_accuracy"])
    assert (tmp_path / found["run"] / "model.safetensors").is_file()
    assert "epoch 4 of 4" in answer.err


def test_the_result_for_people(run):
    answer = run(*QUICK, "--quiet")
    assert (answer.code, answer.err) == (0, "")
    for said in ("data set", "test accuracy", "loss J, training part", "runs/iris-1"):
        assert said in answer.out
    assert "测试集准确率" in run(*QUICK, "--lang", "zh").out


def test_the_same_seed_gives_the_same_run(run):
    first, second, other = (run(*QUICK, "--seed", seed, "--json").json for seed in ("3", "3", "4"))
    assert first["train_loss"] == second["train_loss"] != other["train_loss"]
    assert (first["run"], second["run"]) == ("runs/iris-1", "runs/iris-2")


def test_every_setting_arrives(run, tmp_path):
    given = {
        "--batch-size": 10, "--lr": 0.25, "--optimizer": "sgd:momentum=0.5", "--schedule": "constant",
        "--l2": 0.01, "--seed": 5, "--validation": 0.2, "--samples": 60, "--engine": "numpy",
    }  # fmt: skip
    options = [str(each) for pair in given.items() for each in pair]
    answer = run(*QUICK, *options, "--out", "here", "--json")
    plan = json.loads((tmp_path / "here" / "run.json").read_text())
    assert plan["command"] == ["chainrule", *QUICK, *options, "--out", "here", "--json"]
    recipe = {
        "optimizer": "sgd:momentum=0.5",
        "batch_size": 10,
        "lr": 0.25,
        "schedule": "constant",
        "validation": 0.2,
        "epochs": 4,
    }
    assert recipe.items() <= plan["plan"]["recipe"].items()
    assert plan["plan"]["network"]["penalties"] == {"l2": 0.01}
    assert (plan["plan"]["seed"], plan["plan"]["samples"], plan["plan"]["engine"]) == (5, 60, "numpy")
    assert answer.json["steps"] == 4 * 5  # of 60 samples 48 are learned from


def test_the_preset_of_a_data_set_and_others(run):
    found = run("train", "zhou", "--epochs", "2", "--json").json
    assert (found["network"], found["steps"]) == ("2-2:sigmoid-1:sigmoid", 8)
    assert found["validation_accuracy"] is None
    assert run("train", "xor", "--preset", "zhou", "--epochs", "1", "--json").json["steps"] == 4
    assert run("train", "xor", "zhou", "--epochs", "1", "--json").json["steps"] == 4


def test_a_network_that_nobody_named_fits_the_data(run):
    assert run("train", "digits", "--epochs", "1", "--json").json["network"] == "64-128:relu-10:softmax"


@pytest.fixture
def numbers(tmp_path):
    rows = [f"{i / 10},{'red' if i % 2 else 'blue'},{3 * i + (i % 2)}" for i in range(60)]
    (tmp_path / "numbers.csv").write_text("\n".join(["length,colour,price", *rows]))


@pytest.mark.usefixtures("numbers")
def test_numbers_as_targets(run):
    result = run("train", "numbers.csv", "--target", "price", "--epochs", "30", "--json").json
    assert result["network"] == "3-64:relu-1:identity"
    assert result["test_accuracy"] is None
    assert result["test_r2"] > 0.9
    answer = run("evaluate", result["run"], "numbers.csv", "--target", "price")
    assert "R2" in answer.out
    assert "mean absolute error" in answer.out
    assert "accuracy" not in answer.out
    found = run("predict", result["run"], "numbers.csv", "--json").json["predictions"]
    assert len(found) == 60
    assert [(each["file"], each["row"], each["line"]) for each in found[:2]] == [
        ("numbers.csv", 1, 2),  # below the header
        ("numbers.csv", 2, 3),
    ]
    assert found[50]["values"]["price"] == pytest.approx(150, abs=30)
    answer = run("predict", result["run"], "numbers.csv")
    assert "price" in answer.out
    assert "numbers.csv:61 " in answer.out
    Path("far.csv").write_text(Path("numbers.csv").read_text().replace("\n", "\n" + 60 * "1", 1))
    answer = run("predict", result["run"], "far.csv")
    assert (answer.code, answer.out) == (2, "")
    assert "far.csv: the inputs of line 2 are too large for float32" in answer.err


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_evaluate(run, lang):
    result = run(*QUICK, "--json").json
    found = run("evaluate", f"{result['run']}/model.safetensors", "iris", "--json").json
    assert found["accuracy"] == result["test_accuracy"]
    assert (found["dataset"], found["part"], found["samples"]) == ("iris", "test", 30)
    assert np.sum(found["confusion_matrix"]) == 30
    answer = run("evaluate", result["run"], "iris", "--lang", lang)
    assert (answer.code, answer.err) == (0, "")
    assert f"{100 * found['accuracy']:.2f} %" in answer.out
    assert "2 virginica" in answer.out
    assert max(map(cells, answer.out.splitlines())) <= 80


def test_a_wide_confusion_matrix_is_told_by_its_largest_entries(capsys):
    count = 40
    matrix = np.diag([100] * count)
    matrix[3, 7], matrix[8, 2] = 5, 9
    evaluate_command.show_confusion(matrix.tolist(), [f"class {i}" for i in range(count)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[-2:]] == ["9", "5"]
    assert "8 class 8" in lines[-2]
    assert "2 class 2" in lines[-2]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_predict_classes(run, tmp_path, lang):
    result = run("train", "digits", "64-10", "--epochs", "5", "--json").json
    test = load("digits").test
    np.savez(tmp_path / "some.npz", x=test.x[:3])
    from PIL import Image

    picture = (test.x[0].reshape(8, 8) / 16 * 255).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "digit.png")
    found = run("predict", result["run"], "some.npz", "digit.png", "--json").json["predictions"]
    assert [(each["file"], each["row"]) for each in found] == [
        *(("some.npz", row) for row in (1, 2, 3)),
        ("digit.png", None),
    ]
    assert [each["class"] for each in found[:3]] == test.y[:3].tolist()
    assert found[3]["class"] == found[0]["class"]
    for each in found:
        assert sum(each["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert max(each["probabilities"], key=each["probabilities"].get) == str(each["class"])
    answer = run("predict", result["run"], "some.npz", "digit.png", "--lang", lang)
    assert (answer.code, answer.err) == (0, "")
    assert "some.npz:3" in answer.out


def test_what_cannot_be_predicted(run, tmp_path):
    result = run(*QUICK, "--json").json
    (tmp_path / "text.docx").write_text("")
    answer = run("predict", result["run"], "text.docx")
    assert (answer.code, answer.out) == (2, "")
    assert "text.docx is of no kind that can be read here" in answer.err
    assert run("predict", result["run"], "nothing.csv").code == 2
    assert run("evaluate", result["run"], "xor").code == 2
    assert run("evaluate", "nothing", "xor").code == 2


def test_a_finished_run_tells_its_result_again_and_goes_on_only_for_more_epochs(run):
    quick = (*QUICK, "--schedule", "constant")
    first = run(*quick, "--json").json
    assert run("train", "--resume", first["run"], "--json").json == first
    assert run(*quick, "--resume", first["run"], "--json").json == first
    more = run("train", "--resume", first["run"], "--epochs", "7", "--json").json
    whole = run(*quick, "--epochs", "7", "--json").json
    assert "already past 6: it has 7" in run("train", "--resume", first["run"], "--epochs", "6").err
    assert (more["epochs"], more["train_loss"]) == (7, whole["train_loss"])


@pytest.mark.parametrize(
    ("option", "value", "name"),
    [
        ("--lr", "0.5", "--lr"), ("--batch-size", "8", "--batch-size"), ("--seed", "1", "--seed"),
        ("--l2", "0.1", "--l2"), ("--out", "elsewhere", "--out"), ("--samples", "50", "--samples"),
        ("--preset", "zhou", "NETWORK"),
    ],
)  # fmt: skip
def test_a_run_goes_on_as_it_was_begun(run, option, value, name):
    folder = run(*QUICK, "--json").json["run"]
    answer = run("train", "--resume", folder, option, value)
    assert (answer.code, answer.out) == (2, "")
    assert f"{name} says" in answer.err
    assert run("train", "xor", "--resume", folder).code == 2


def test_networks_that_read_alike_are_told_apart(run, tmp_path):
    def toml(more):
        (tmp_path / "net.toml").write_text(f"sizes = [4, 3]\n{more}")
        return "net.toml"

    folder = run("train", "iris", toml('initializer = "he"'), "--epochs", "1", "--json").json["run"]
    assert run("train", "iris", f"{folder}/network.toml", "--resume", folder).code == 0
    for more, wanted, kept in (
        ('initializer = "zeros"', "initializer = zeros", "initializer = he"),
        ('initializer = "he"\nloss = "cross_entropy"', None, None),  # which is what it comes to
        (
            'initializer = "he"\nloss = "half_squared_error"',
            "loss = half_squared_error",
            "loss = cross_entropy",
        ),
        (
            'initializer = "he"\nlayers = [{initializer = "zeros"}]',
            "layers[1].initializer = zeros",
            "layers[1].initializer = nothing (it was not given)",
        ),
    ):
        answer = run("train", "iris", toml(more), "--resume", folder)
        assert answer.code == (2 if wanted else 0)
        if wanted:
            assert f"NETWORK says {wanted}, but the run in {folder} was begun with {kept};" in answer.err


def test_what_was_not_given_is_not_called_none(run):
    folder = run(*QUICK, "--json").json["run"]
    answer = run("train", "--resume", folder, "--samples", "50")
    assert "--samples says 50, but the run" in answer.err
    assert "was begun with nothing (it was not given)" in answer.err
    assert "None" not in run("train", "--resume", folder, "--target", "x", "--lang", "zh").err


def test_the_result_says_how_it_was_trained(run):
    found = run(*QUICK, "--lr", "0.05", "--batch-size", "10", "--json").json
    assert (found["optimizer"], found["lr"], found["batch_size"]) == ("sgd:momentum=0.9", 0.05, 10)
    assert run(*QUICK, "--json").json["lr"] == 0.1
    told = run(*QUICK, "--quiet").out
    assert all(name in told for name in ("optimizer", "initial learning rate", "batch size"))


@pytest.fixture
def ratings(tmp_path):
    """Whole numbers from 1 to 5, which could be classes, and years, which hardly could."""
    rows = [f"{i % 5 + i / 100},{i},{i % 5 + 1},{1900 + i}" for i in range(60)]
    (tmp_path / "ratings.csv").write_text("\n".join(["a,b,rating,year", *rows]))


@pytest.mark.usefixtures("ratings")
def test_whole_numbers_are_classes_or_numbers_and_it_is_said(run):
    fast = ("--epochs", "1", "--quiet")
    ask = ("train", "ratings.csv", "--target", "rating", *fast)
    guessed = run(*ask, "--json")
    assert "The target rating holds 5 different whole numbers, so they are taken for classes" in guessed.err
    assert (guessed.json["task"], guessed.json["network"][-9:]) == ("classes", "5:softmax")
    told = run(*ask, "--task", "numbers", "--json")
    assert told.err == ""
    assert (told.json["task"], told.json["network"][-10:]) == ("numbers", "1:identity")
    assert run(*ask, "--task", "classes").err == ""
    assert "--task numbers" in run(*ask, "--lang", "zh").err
    years = run("train", "ratings.csv", "--target", "year", *fast, "--json")
    assert "--task classes" in years.err
    assert years.json["task"] == "numbers"
    measured = run("train", "ratings.csv", "--target", "a", *fast)
    assert measured.err == ""
    assert re.search("targets are +numbers", measured.out)


@pytest.mark.usefixtures("ratings")
def test_the_task_is_kept_on_resume(run):
    ask = ("train", "ratings.csv", "--target", "rating", "--epochs", "1", "--quiet", "--json")
    run(*ask, "--task", "numbers", "--out", "told")
    run(*ask, "--out", "guessed")
    assert run("train", "--resume", "told", "--epochs", "2", "--json").json["task"] == "numbers"
    assert run("train", "--resume", "told", "--task", "numbers").code == 0
    assert run("train", "--resume", "guessed", "--task", "classes").code == 0
    for folder, other in (("told", "classes"), ("guessed", "numbers")):
        answer = run("train", "--resume", folder, "--task", other)
        assert answer.code == 2
        assert f"--task says {other}, but the run in {folder} was begun with" in answer.err
    assert "did you mean" in run(*ask, "--task", "class").err
    assert run("train", "iris", "--task", "numbers").code == 2


@pytest.mark.usefixtures("ratings")
def test_a_run_on_a_file_goes_on_from_any_folder(run, tmp_path, monkeypatch):
    ask = ("train", "ratings.csv", "--target", "a", "--quiet", "--epochs")
    first = run(*ask, "1", "--out", "run", "--json").json
    assert first["dataset"] == "ratings.csv"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("train", "--resume", "../run", "--epochs", "2", "--json").json["epochs"] == 2
    assert run("train", "../ratings.csv", "--resume", "../run", "--epochs", "3", "--json").json["epochs"] == 3
    answer = run(*ask, "4", "--resume", "../run")
    assert answer.code == 2
    assert "DATASET says" in answer.err


def test_a_folder_in_which_another_process_trains(run, tmp_path):
    folder = run(*QUICK, "--json").json["run"]
    descriptor = hold(Folder(tmp_path / folder))
    try:
        answer = run("train", "--resume", folder, "--epochs", "9")
    finally:
        release(descriptor)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert f"another process is training in the folder {folder}" in answer.err
    assert run("train", "--resume", folder, "--epochs", "9", "--json").json["epochs"] == 9


PLAIN = "import sys; from chainrule.cli import main; sys.exit(main())"
WAITING = (
    """
import signal, sys, time

class Told:
    def write(self, text):
        print(text, end="", file=sys.__stderr__, flush=True)
        while "epoch 6 of" in text and not arrived:
            time.sleep(0.01)
    def __getattr__(self, name):
        return getattr(sys.__stderr__, name)

def handle(number, handler):
    def arrive(*given):
        arrived.append(number)
        return handler(*given)
    return kept(number, arrive if callable(handler) else handler)

arrived, kept, signal.signal, sys.stderr = [], signal.signal, handle, Told()
"""
    + PLAIN
)
"""The command, which goes on after it has told of epoch 6 when a signal has come."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_asked_to_end_keeps_what_was_learned(tmp_path, number):
    """Stopped after some epochs and taken up again, a run ends as one that was never stopped."""
    base = [sys.executable, "-W", "error", "-c", PLAIN]
    given = {"cwd": tmp_path, "env": {**os.environ, "CHAINRULE_LANG": "en"}, "stdout": subprocess.PIPE}
    ask = [*base, "train", "digits", "64-10", "--epochs", "120", "--batch-size", "100", "--json"]
    waiting = [WAITING if part is PLAIN else part for part in ask]
    with subprocess.Popen([*waiting, "--out", "run"], stderr=subprocess.PIPE, **given) as process:
        assert b"epoch 6 of 120" in process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=1800)
    stopped = json.loads(out)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert stopped["interrupted"] is True
    assert 6 <= stopped["epochs"] < 120
    again = subprocess.run([*ask, "--resume", "run", "--quiet"], timeout=1800, check=True, **given)
    whole = subprocess.run([*ask, "--out", "whole", "--quiet"], timeout=1800, check=True, **given)
    told = [{k: v for k, v in json.loads(each.stdout).items() if k in KEYS} for each in (again, whole)]
    for each in told:
        for key in ("seconds", "samples_per_second", "run"):
            del each[key]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--out", "full"], 2, "the folder full is not empty"),
        (["--out", "full/file/run"], 1, "full/file/run cannot be written"),
        (["--l2", "1e30", "--no-doctor"], 1, "the loss stopped being a finite number"),
        (["--samples", "1000"], 2, "1000"),
        (["--target", "species"], 2, "iris"),
        (["--optimizer", "sgd:momentum=fast"], 2, "momentum needs a finite number"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_training_that_cannot_be(run, tmp_path, arguments, code, said, lang):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    answer = run(*QUICK, *arguments, "--quiet", "--json", "--lang", lang)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert lang == "zh" or said in answer.err
