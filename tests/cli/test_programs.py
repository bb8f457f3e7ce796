"""`emit` and `check gradients`."""

from __future__ import annotations

import ast
import dataclasses
import json
import runpy
import subprocess
import sys

import numpy as np
import pytest

from chainrule import primitives
from chainrule.cli import emit as emit_command
from chainrule.presets import PRESETS
from chainrule.reading import Reading
from counted import calls


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_emit_prints_a_file_that_runs(run, tmp_path, lang):
    answer = run("emit", "2-3:tanh-2", "--optimizer", "sgd:momentum=0.9", "--lang", lang)
    assert (answer.code, answer.err) == (0, "")
    ast.parse(answer.out)
    (tmp_path / "net.py").write_text(answer.out, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "net.py"], cwd=tmp_path, capture_output=True, timeout=1800
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_emit_writes_what_it_prints(run, tmp_path):
    printed = run("emit", "testnet").out
    answer = run("emit", "testnet", "--out", "net.py")
    assert (answer.code, answer.out, answer.err) == (0, "", "written to net.py\n")
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == printed
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]


def test_emit_into_a_folder_that_is_not_there(run, tmp_path):
    answer = run("emit", "testnet", "--out", "nowhere/net.py")
    assert answer.code == 1
    assert "nowhere" in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("dataset", [[], ["--dataset", "iris"]])
def test_right_gradients(run, dataset, lang):
    answer = run("check", "gradients", "4-5:relu-3", *dataset, "--lang", lang)
    assert (answer.code, answer.err) == (0, "")
    assert "dW1" in answer.out


def test_gradients_as_json(run):
    found = run("check", "gradients", "2-3-2", "--json").json
    assert found["ok"] is True
    assert found["worst_relative_error"] < 1e-7
    assert set(found["parameters"]) == {"W1", "b1", "W2", "b2"}
    assert found["parameters"]["W1"].keys() >= {"relative_error", "worst_index", "kinks"}
    other = run("check", "gradients", "2-3-2", "--json", "--seed", "1").json
    assert other["worst_relative_error"] != found["worst_relative_error"]


def test_a_large_network_is_checked_in_part_and_says_so(run):
    answer = run("check", "gradients", "784-30-10")
    assert answer.code == 0
    assert answer.err == "checking 23,860 gradients …\n"
    assert "1,000 of 23,860 entries were compared one by one" in answer.out
    assert json.loads(run("check", "gradients", "784-30-10", "--json").out)["ok"] is True


def test_what_a_check_takes_grows_as_the_layers_do(run):
    def check(layers):
        return lambda: run("check", "gradients", "-".join(["2"] * (layers + 1)))

    check(10)()  # what is imported and kept
    few, twice = calls(check(30)), calls(check(60))
    assert twice < 2.2 * few


@pytest.mark.long
def test_2000_layers_are_checked(run):
    answers = []

    def check(layers):
        return lambda: answers.append(run("check", "gradients", "-".join(["2"] * (layers + 1))))

    check(10)()  # what is imported and kept
    few, many = calls(check(100)), calls(check(2000))
    assert many < 22 * few
    answer = answers[-1]
    assert answer.code == 0
    assert answer.out.count("\n") < 80


@pytest.mark.parametrize("network", ["zhou", "2-3-2"])
def test_a_preset_or_a_shape_on_its_data_set(run, network):
    assert run("check", "gradients", network, "--dataset", "zhou").code == 0


def test_a_saved_model_is_checked_with_its_own_parameters(run):
    folder = run("train", "iris", "4-3", "--epochs", "2", "--json").json["run"]
    found = run("check", "gradients", f"{folder}/model.safetensors", "--json").json
    other = run("check", "gradients", "4-3", "--json").json
    assert found["ok"]
    assert found["parameters"]["W1"]["derived"] != other["parameters"]["W1"]["derived"]


def test_a_wrong_gradient_is_a_no(run, monkeypatch):
    row = primitives.PRIMITIVES["tanh"]
    monkeypatch.setitem(
        primitives.PRIMITIVES, "tanh", type(row)(**{**vars(row), "partials": lambda y, a: (1 + y**2,)})
    )
    answer = run("check", "gradients", "2-3:tanh-2")
    assert answer.code == 1
    assert "dW1" in answer.out
    assert run("check", "gradients", "2-3:tanh-2", "--json").json["ok"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["3-2", "--dataset", "xor"], "2 features"),
        (["2-3", "--dataset", "xor"], "2 classes"),
        (["2-2", "--dataset", "xro"], "xor"),
        (["2-0"], "whole number from 1 to"),
        (["net.toml"], "net.toml"),
    ],
)
def test_networks_that_do_not_fit(run, arguments, said):
    answer = run("check", "gradients", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


BOUNDS = ("--clip-norm", "0.1", "--clip-value", "0.05", "--max-norm", "0.5", "--ema", "0.9")


def test_what_a_step_has_beside_the_optimizer_is_shown_by_every_command(run, tmp_path):
    found = run("trace", "2-3:tanh-2", *BOUNDS, "--json").json
    lines = {line["name"]: line["value"] for line in found["lines"]}
    assert lines["gradient_norm"] * lines["gradient_scale"] <= 0.1 + 1e-15
    assert lines.keys() >= {"clipped_W1", "moved_W2", "ema_b1"}
    document = run("derive", "2-3:tanh-2", *BOUNDS, "--format", "markdown").out
    assert all(sign in document for sign in (r"\rho", r"\hat{g}", r"\theta", r"\bar{\theta}"))
    run("emit", "2-3:tanh-2", *BOUNDS, "--out", "net.py")
    made = runpy.run_path(str(tmp_path / "net.py"))
    parameters = made["initial_parameters"]()
    state = made["initial_state"](parameters)
    made["step"](parameters, state, np.ones((1, 2)), np.eye(2)[:1], t=1)
    assert np.linalg.norm(parameters["W1"], axis=1).max() <= 0.5 + 1e-15
    np.testing.assert_allclose(state["ema"]["b2"], parameters["b2"])
    answer = run("derive", "--function", "x*y", "--max-norm", "1")
    assert (answer.code, answer.out) == (2, "")
    assert "--max-norm" in answer.err


def test_a_preset_shows_what_belongs_to_its_step(run, monkeypatch):
    preset = PRESETS["han-small"]
    preset = dataclasses.replace(preset, recipe=dataclasses.replace(preset.recipe, max_norm=3.0))
    monkeypatch.setattr(emit_command, "read_network", lambda _: Reading(preset.net, preset))
    assert "np.maximum(1, np.sqrt(np.sum(moved**2, axis=1)) / 3)" in run("emit", "han-small").out
    assert "axis=1)) / 6)" in run("emit", "han-small", "--max-norm", "6").out
