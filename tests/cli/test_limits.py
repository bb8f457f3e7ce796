"""Too much of anything: a command says so in one sentence, with the right code, and never that something
unexpected happened."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from chainrule import Network, datasets, load
from chainrule.errors import ChainruleError
from needing import NEEDS_SCIPY

resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has")
HUGE = "999999999999999999"
SPACE = 2 << 30

LARGE = "64-10000-10000-10"
"""A network of 100 million parameters: 0.8 GB of one copy in float64."""
TOO_LARGE = {
    "training": ["train", "digits", LARGE, "--epochs", "1"],
    "training with states": ["train", "digits", LARGE, "--epochs", "1", "--optimizer", "adam"],
    "training on NumPy": ["train", "digits", LARGE, "--epochs", "1", "--engine", "numpy"],
    "training of all at once": ["train", "digits", LARGE, "--epochs", "1", "--optimizer", "lbfgs"],
    "sweep": ["find-rate", "digits", LARGE, "--steps", "10"],
    "check": ["check", "gradients", LARGE],
    "check on samples": ["check", "gradients", LARGE, "--dataset", "digits"],
    "trace": ["trace", "2-10000-10000-2", "--input", "1,2", "--target", "1,0", "--seed", "1"],
}
BEYOND = {
    "sizes in TOML": "sizes = [1000000000, 1000000000]",
    "units in TOML": f"inputs = 2\n[[layers]]\nunits = {HUGE}",
    "many parameters": "sizes = [1000000, 1000000]",
    "units": "2-1000000000000-2",
    "inputs": f"{HUGE}-2",
    "digits without end": f"2-{'9' * 5000}-2",
}
COMMANDS = {
    "check": ["check", "gradients", "{}"],
    "emit": ["emit", "{}"],
    "derive": ["derive", "{}"],
    "derive a weight": ["derive", "{}", "--of", "W1[0,0]"],
    "trace": ["trace", "{}", "--input", "1,2"],
    "train": ["train", "xor", "{}"],
    "find-rate": ["find-rate", "xor", "{}"],
    "formula": ["check", "formula", "z1", "--of", "delta1", "--network", "{}"],
    "bench": ["bench", "--network", "{}"],
}
NUMBERS = {
    "batch": (["train", "xor", "--epochs", "1", "--batch-size", HUGE], 0),
    "threads": (["train", "xor", "--epochs", "1", "--threads", HUGE], 0),
    "seed": (["train", "xor", "--epochs", "1", "--seed", HUGE], 0),
    "patience": (["train", "iris", "--epochs", "1", "--patience", HUGE], 0),
    "steps of the log": (["train", "xor", "--epochs", "1", "--log-steps", HUGE], 0),
    "samples": (["train", "xor", "--samples", HUGE], 2),
    "steps of a sweep": (["find-rate", "xor", "--steps", "999999999999"], 2),
    "batch of a race": (["bench", "--batch", HUGE], 2),
    "threads of a race": (["bench", "--threads", HUGE], 2),
    "sample": (["trace", "2-3-2", "--input", "1,2", "--target", "1,0", "--sample", HUGE], 2),
    "digits": (["trace", "2-3-2", "--input", "1,2", "--digits", HUGE], 2),
    "memory of L-BFGS": (["train", "iris", "--epochs", "1", "--optimizer", "lbfgs:memory=1e300"], 1),
    "rate": (["train", "xor", "--epochs", "1", "--lr", "1e308"], 1),
    "penalty": (["train", "xor", "--epochs", "1", "--l2", "1e308"], 1),
    "numbers": (["loss", "mean_squared_error", "--true", "1e308", "--predicted", "-1e308"], 0),
    "shape": (["check", "function", "own.py:f", "--shape", "W=1000000,1000000"], 1),
    "suggested": (["suggest", HUGE, HUGE], 2),
    "seed beyond": (["train", "xor", "--seed", "9" * 5000], 2),
    "epochs beyond": (["train", "xor", "--epochs", "1" + "0" * 400], 2),
}


def rows(table):
    """The names of a table's rows; those about L-BFGS need SciPy."""
    needing = [NEEDS_SCIPY, pytest.mark.heavy]
    return [pytest.param(name, marks=needing if "lbfgs" in repr(row) else []) for name, row in table.items()]


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))


def asked(folder, *arguments, lang="en", **more):
    environment = {**os.environ, "CHAINRULE_LANG": lang, "CHAINRULE_DATA": str(folder)}
    environment["OPENBLAS_NUM_THREADS"] = "2"  # each takes space of its own when it is loaded
    return subprocess.run(
        [sys.executable, "-m", "chainrule", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=600,
        **more,
    )


def said(answer):
    """The one sentence on stderr."""
    text = answer.stderr.decode()
    assert "Traceback" not in text
    assert "unexpected" not in text
    lines = [line for line in text.splitlines() if line.startswith(("error: ", "错误："))]
    assert len(lines) == 1, text
    return lines[0]


@LINUX
@pytest.mark.long
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("what", rows(TOO_LARGE))
def test_too_large_a_network_says_what_it_takes(tmp_path, what, lang):
    answer = asked(tmp_path, *TOO_LARGE[what], lang=lang, preexec_fn=limited)
    assert answer.returncode == 1
    assert answer.stdout == b""
    needed, left = (float(number) for number in re.findall(r"([0-9.]+) GB", said(answer)))
    assert left < SPACE / 1e9 < needed < 30


@LINUX
def test_one_network_that_is_too_large(tmp_path):
    answer = asked(tmp_path, *TOO_LARGE["training"], preexec_fn=limited)
    assert answer.returncode == 1
    assert "this takes at least" in said(answer)
    assert not [*tmp_path.glob("runs/*")]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", BEYOND)
def test_a_network_beyond_all_limits_is_refused(run, tmp_path, what, command):
    given = BEYOND[what]
    if "TOML" in what or "=" in given:
        (tmp_path / "net.toml").write_text(given)
        given = "net.toml"
    answer = run(*(each.format(given) for each in COMMANDS[command]))
    assert answer.code == 2
    assert answer.out == ""
    assert "unexpected" not in answer.err
    assert len(answer.err) < 1000


@pytest.mark.parametrize("what", rows(NUMBERS))
def test_huge_numbers(run, tmp_path, what):
    arguments, code = NUMBERS[what]
    (tmp_path / "own.py").write_text("def f(W):\n    return float((W**2).sum()), 2 * W\n")
    answer = run(*arguments)
    assert "unexpected" not in answer.err
    assert answer.code == code
    assert len(answer.err) < 1000


# Streams.


@LINUX
@pytest.mark.parametrize("arguments", [["list"], ["list", "activations", "--json"], ["suggest", "3", "2"]])
def test_a_full_disk_for_the_output_is_one_sentence(tmp_path, arguments):
    environment = {**os.environ, "CHAINRULE_LANG": "en"}
    command = [sys.executable, "-m", "chainrule", *arguments]
    with open("/dev/full", "w") as full:
        answer = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, timeout=600)
    assert answer.returncode == 1
    assert answer.stderr == b"error: the system refused: the disk is full\n"


@LINUX
@pytest.mark.parametrize(
    ("arguments", "code"), [(["nothing"], 2), (["train", "xor", "--epochs", "1"], 1), (["list"], 0)]
)
def test_a_full_disk_for_the_messages_changes_no_code(tmp_path, arguments, code):
    environment = {**os.environ, "CHAINRULE_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "chainrule", *arguments]
    with open("/dev/full", "w") as full:
        answer = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=full, cwd=tmp_path, env=environment, timeout=600
        )
    assert answer.returncode == code


@pytest.mark.parametrize(("closed", "code"), [((1,), 0), ((2,), 0), ((1, 2), 0)])
def test_closed_streams(tmp_path, closed, code):
    def close():
        for number in closed:
            with contextlib.suppress(OSError):
                os.close(number)

    answer = asked(tmp_path, "list", preexec_fn=close)
    assert answer.returncode == code
    assert b"Traceback" not in answer.stderr


ENCODINGS = {
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "ASCII, strictly": {"PYTHONIOENCODING": "ascii:strict"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "GBK": {"PYTHONIOENCODING": "gbk"},
}


@pytest.mark.parametrize("what", ENCODINGS)
def test_a_stream_of_another_encoding_gets_what_it_can_show(tmp_path, what):
    environment = {**os.environ, "CHAINRULE_LANG": "zh", **ENCODINGS[what]}
    for arguments, code in ((["derive", "2-3-2"], 0), (["train", "数据"], 2)):
        command = [sys.executable, "-m", "chainrule", *arguments]
        answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=600)
        assert answer.returncode == code
        assert b"Traceback" not in answer.stderr
        shown = answer.stdout if code == 0 else answer.stderr
        assert (b"2-3:sigmoid-2:softmax" if code == 0 else b"digits, iris, mnist") in shown


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_text(tmp_path):
    """Bytes that are not UTF-8, as names of a table, of a run and of what is written."""
    bad = os.fsdecode(b"a\xffb")
    rows = "".join(f"{i},{i % 3},{'xy'[i % 2]}\n" for i in range(30))
    (tmp_path / f"{bad}.csv").write_text("a,b,c\n" + rows)
    for arguments in (
        ["train", f"{bad}.csv", "--epochs", "1", "--out", f"{bad}/run", "--quiet"],
        ["train", "--resume", f"{bad}/run", "--epochs", "2"],
        ["runs", bad],
        ["evaluate", f"{bad}/run", f"{bad}.csv"],
        ["predict", f"{bad}/run", f"{bad}.csv", "--json"],
        ["find-rate", f"{bad}.csv", "--steps", "10", "--out", f"{bad}.svg"],
        ["derive", "2-3-2", "--out", f"{bad}.html"],
        ["emit", f"{bad}/run", "--out", f"{bad}.py"],
    ):
        answer = asked(tmp_path, *arguments)
        assert answer.returncode == 0, (arguments, answer.stderr)
        assert rb"a\udcffb" in answer.stdout + answer.stderr
    assert (tmp_path / f"{bad}.svg").read_text(encoding="utf-8").startswith("<svg")
    for arguments in (["train", bad], ["emit", bad], ["evaluate", bad, "xor"], ["predict", bad, bad]):
        answer = asked(tmp_path, *arguments)
        assert answer.returncode == 2
        said(answer)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_what_no_file_can_be_called_is_refused_in_a_sentence(run, tmp_path, name):
    """As other programs may give it: a command line has no such text."""
    model = Network(2, 2).fit((np.eye(2), [0, 1]), epochs=1)
    for work in (load, Network.parse, datasets.load, model.save):
        with pytest.raises(ChainruleError):
            work(name)
        with pytest.raises(ChainruleError):
            work(f"{name}.toml")
    for arguments in (
        ["evaluate", name, "xor"],
        ["emit", "2-3-2", "--out", name],
        ["derive", "2-3-2", "--out", f"{name}.html"],
        ["train", name],
        ["trace", "2-3-2", "--input", "1,2", "--picture", f"{name}.svg"],
    ):
        answer = run(*arguments)
        assert answer.code == 2
        assert "unexpected" not in answer.err
