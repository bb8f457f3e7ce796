"""`train --resume` on another machine than before: one line says so, and what is different."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.training import run as run_room

BEGUN = ("train", "iris", "4-5-3", "--epochs", "3", "--out", "run", "--quiet", "--json")
RESUMED = ("train", "--resume", "run", "--epochs", "6", "--quiet", "--json")
SAID = "the last digits may differ"


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    monkeypatch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")


def _rewrite(change):
    """Change what run.json says of the machine."""
    path = Path("run/run.json")
    table = json.loads(path.read_text(encoding="utf-8"))
    table["machine"] = change(table["machine"])
    path.write_text(json.dumps(table), encoding="utf-8")


def _with(**other):
    return lambda machine: {**machine, **other}


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"processor": "riscv64"}, "processor"),
        ({"vectors": 64}, "vectors"),
        ({"fused": None}, "fused"),
        ({"kernels": ["mkl 2024.1 Zen"]}, "kernels"),
        ({"kernels": []}, "kernels"),
        ({"simd": ["NONE"]}, "simd"),
        ({"versions": {"numpy": "1.0"}}, "versions.numpy"),
    ],
)
def test_one_line_says_what_is_different(run, engine, other, name):
    run(*BEGUN, "--engine", engine)
    _rewrite(_with(**other))
    answer = run(*RESUMED)
    assert answer.code == 0
    assert answer.json["epochs"] == 6
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("warning: " + SAID)
    assert answer.err.count(f"{name} = ") == 2
    assert run(*RESUMED[:3], "--epochs", "8", *RESUMED[5:]).err == ""  # it was here that it went on


def test_it_is_said_in_chinese_as_well(run):
    run(*BEGUN)
    _rewrite(_with(processor="riscv64"))
    assert "最后几位数字可能" in run(*RESUMED, "--lang", "zh").err


def test_another_compiler_matters_to_machine_code_alone(run):
    run(*BEGUN, "--engine", "native")
    _rewrite(lambda machine: {**machine, "versions": {**machine["versions"], "llvmlite": "0.1"}})
    assert "versions.llvmlite = 0.1" in run(*RESUMED).err
    run(*BEGUN[:5], "--out", "other", *BEGUN[7:], "--engine", "numpy")
    assert "llvmlite" not in json.loads(Path("other/run.json").read_text())["machine"]["versions"]


@pytest.mark.parametrize(
    "change",
    [
        lambda machine: machine,
        lambda machine: {**machine, "kernels": [*machine["kernels"], "a library that is not loaded now"]},
        lambda machine: {},  # of a version that kept less
        lambda machine: None,
        lambda machine: 5,
        lambda machine: [machine],
    ],
)
def test_nothing_is_said_where_nothing_is_known_to_differ(run, change):
    run(*BEGUN)
    _rewrite(change)
    assert run(*RESUMED).err == ""


@pytest.mark.parametrize("kernels", [5, None, {"a": 1}, [None], [["a"]], {}])
def test_a_record_that_means_nothing_stops_no_run(run, kernels):
    run(*BEGUN)
    _rewrite(_with(kernels=kernels, simd=kernels, versions=kernels, vectors=kernels))
    assert run(*RESUMED).code == 0


def test_nothing_is_said_of_numbers_that_are_done_or_not_begun(run):
    run(*BEGUN)
    _rewrite(_with(processor="riscv64"))
    assert SAID not in run(*RESUMED[:3], *RESUMED[5:]).err  # it is finished
    for path in sorted(Path("run/checkpoints").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Path("run/checkpoints").rmdir()
    Path("run/model.safetensors").unlink()
    Path("run/best.safetensors").unlink()
    answer = run(*RESUMED)  # from the start, all of it here
    assert (answer.code, answer.err) == (0, "")


def test_other_kernels_of_the_library_are_told(run):
    """OpenBLAS takes the kernels of another processor where it is asked to, before it is loaded."""
    environment = {**os.environ, "OPENBLAS_CORETYPE": "Prescott"}
    subprocess.run(
        [sys.executable, "-m", "chainrule", *BEGUN], env=environment, check=True, capture_output=True
    )
    kernels = json.loads(Path("run/run.json").read_text())["machine"]["kernels"]
    run(*BEGUN[:5], "--out", "here", *BEGUN[7:])
    if kernels == json.loads(Path("here/run.json").read_text())["machine"]["kernels"]:
        pytest.skip("NumPy's library for matrix products has no kernels to choose from here")
    answer = run(*RESUMED)
    assert answer.code == 0
    assert kernels[0] in answer.err
    assert answer.err.count("\n") == 1
