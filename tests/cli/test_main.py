"""The frame: languages, exit codes, one sentence for whatever goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import chainrule.cli.suggest
from chainrule import __version__
from chainrule.cli import main

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CLICK = re.compile(
    r"Usage: |Try '|No such (command|option)|Got unexpected|Missing (argument|option)|Invalid value|Did you"
)

BAD = {
    "unknown command": (["chek"], "did you mean check"),
    "unknown sub-command": (["check", "gradient"], "did you mean gradients"),
    "unknown option": (["suggest", "2", "3", "--sample", "5"], "did you mean --samples"),
    "unknown option before a command": (["--foo", "list"], "--foo"),
    "missing argument": (["suggest", "2"], "OUTPUTS is missing"),
    "missing arguments": (["predict", "model.safetensors"], "FILE... is missing"),
    "missing option": (["loss", "huber", "--true", "1"], "--predicted is missing"),
    "nothing to train on": (["train"], "DATASET is missing"),
    "too many arguments": (["suggest", "2", "3", "4"], "'4' is one value too many"),
    "a word where a number belongs": (["suggest", "two", "3"], "INPUTS must be a whole number of at least 1"),
    "a fraction where a whole number belongs": (["suggest", "2", "3.5"], "OUTPUTS must be a whole number"),
    "a negative number": (["suggest", "-2", "3"], "not '-2'"),
    "an option without its value": (["suggest", "2", "3", "--samples"], "--samples needs a value"),
    "an option in place of a value": (["emit", "2-3-2", "--out", "--optimizer", "sgd"], "--out needs a"),
    "a value for a flag": (["suggest", "2", "3", "--json=1"], "--json takes no value"),
    "not a number": (["train", "xor", "--lr", "nan"], "--lr must be a positive number, not 'nan'"),
    "an underscore in a number": (
        ["train", "xor", "--lr", "1_0"],
        "--lr must be a positive number, not '1_0'",
    ),
    "a negative coefficient": (
        ["train", "xor", "--l2", "-1"],
        "--l2 must be a number of at least 0, not '-1'",
    ),
    "a fraction out of range": (
        ["train", "xor", "--validation", "1"],
        "--validation must be a number from 0 to below 1, not '1'",
    ),
    "a seed that is too large": (
        ["train", "xor", "--seed", "1000000000000000000"],
        "--seed must be at most 999999999999999999, not '1000000000000000000'",
    ),
    "a seed of thousands of digits": (
        ["train", "xor", "--seed", "9" * 5000],
        "--seed must be at most 999999999999999999, not '999",
    ),
    "a name that is empty": (["train", ""], "DATASET is empty"),
    "an option's value that is empty": (["train", "xor", "--out="], "--out needs a value"),
    "another empty value": (["train", "xor", "--resume", ""], "--resume needs a value"),
    "unknown language": (["list", "--lang", "fr"], "--lang must be one of en, zh, not 'fr'"),
    "language without a value": (["list", "--lang"], "--lang must be one of"),
    "unknown catalogue": (["list", "activation"], "did you mean activations"),
    "unknown preset": (["train", "xor", "--preset", "nilsen"], "did you mean nielsen"),
    "unknown data set": (["train", "mnits"], "mnist"),
    "unknown optimizer": (["emit", "2-3-2", "--optimizer", "sdg"], "did you mean sgd"),
    "unknown engine": (["train", "xor", "--engine", "numpi"], "did you mean numpy"),
    "unknown activation": (["emit", "2-3:relo-2"], "did you mean relu"),
    "no network": (["check", "gradients", "2--3"], "2--3"),
    "unreadable formula": (["check", "gradients", "2-3:x*-2"], "layers"),
    "no model": (["evaluate", "nothing.safetensors", "xor"], "nothing.safetensors"),
    "network and preset": (["train", "xor", "2-2", "--preset", "zhou"], "keep one of them"),
    "wrong sizes": (["train", "xor", "3-2"], "2 features"),
    "no run": (["train", "--resume", "nowhere"], "there is no run in nowhere"),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_input_is_one_sentence(run, what, lang):
    arguments, expected = BAD[what]
    answer = run("--lang", lang, *arguments) if "language" not in what else run(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert not CLICK.search(answer.err)
    if lang == "en" or "language" in what:
        assert answer.err.startswith("error: ")
        assert expected in answer.err
    else:
        assert answer.err.startswith("错误：")
        assert CHINESE.search(answer.err.removeprefix("错误："))


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_the_language_may_stand_anywhere(run, place):
    arguments = ["suggest", "4", "3"]
    for option in (["--lang", "zh"], ["--lang=zh"]):
        answer = run(*arguments[:place], *option, *arguments[place:])
        assert answer.code == 0
        assert "经验公式" in answer.out


@pytest.mark.parametrize(
    ("variables", "chinese"),
    [
        ({"CHAINRULE_LANG": "zh"}, True),
        ({"CHAINRULE_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, False),
        ({"LC_ALL": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_TW.UTF-8"}, True),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({}, False),
    ],
)
def test_the_language_of_the_environment(run, monkeypatch, variables, chinese):
    for name in ("CHAINRULE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("经验公式" in run("suggest", "4", "3").out) == chinese
    assert "rule of thumb" in run("suggest", "4", "3", "--lang", "en").out


def test_a_language_that_was_chosen_does_not_stay(run):
    assert run("list", "--lang", "zh").out != run("list").out


def test_version(run):
    assert run("--version").out == f"chainrule {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["check"], ["check", "--help"]])
def test_groups_show_their_commands(run, arguments):
    answer = run(*arguments)
    assert answer.code == 0
    assert "Commands:" in answer.out
    assert answer.err == ""


def test_a_value_may_start_with_a_minus(run):
    given = ["loss", "mean_squared_error", "--true", "-1,2", "--predicted", "-.5,-2"]
    assert run(*given, "--json").json["samples"] == [pytest.approx((0.25 + 16) / 2)]
    assert "not '-(x)'" in run("suggest", "-(x)", "2").err
    assert "not '-5'" in run("suggest", "2", "--json", "-5").err
    assert "not '--5'" in run("suggest", "2", "--", "--5").err


def test_options_may_be_joined_to_their_value(run):
    assert run("suggest", "--samples=10", "4", "3").out == run("suggest", "4", "3", "--samples", "10").out


def fails_with(error):
    def fail(inputs, outputs):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ZeroDivisionError("by zero"), 1, "something unexpected happened (ZeroDivisionError)"),
        (MemoryError(), 1, "error: there is not enough memory"),
        (RecursionError("maximum recursion depth exceeded"), 2, "is nested too deeply"),
        (OverflowError("int too large to convert to float"), 2, "is too large to calculate with"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), 2, "is not UTF-8 text"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 2, "is not UTF-8 text"),
        (
            OSError(28, "No space left on device", "a.txt"),
            1,
            "the system refused: a.txt: the disk is full",
        ),
        (KeyboardInterrupt(), 130, "stopped from the keyboard"),
    ],
)
def test_what_nobody_expected(run, monkeypatch, error, code, said):
    monkeypatch.setattr(chainrule.cli.suggest, "rules", fails_with(error))
    answer = run("suggest", "2", "3")
    assert answer.code == code
    assert answer.out == ""
    assert said in answer.err
    assert answer.err.strip().count("\n") == 0


@pytest.mark.parametrize("place", [0, 1, 3])
def test_debug_shows_where(run, monkeypatch, place):
    monkeypatch.setattr(chainrule.cli.suggest, "rules", fails_with(ZeroDivisionError("by zero")))
    arguments = ["suggest", "2", "3"]
    answer = run(*arguments[:place], "--debug", *arguments[place:])
    assert answer.code == 1
    assert "Traceback" in answer.err
    assert "by zero" in answer.err
    assert "Traceback" in run("chek", "--debug").err


def command(*arguments, **variables):
    code = "import sys; from chainrule.cli import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "CHAINRULE_LANG": "en", **variables},
    )


def test_a_process_exits_with_the_code():
    process = command("chek")
    out, err = process.communicate(timeout=1800)
    assert process.returncode == 2
    assert (out, err.count(b"\n")) == (b"", 1)


def test_a_reader_that_has_had_enough_is_no_error():
    process = command("list", "activations")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=1800) in (0, 1)


def test_a_terminal_that_cannot_show_chinese():
    process = command("list", "--lang", "zh", PYTHONIOENCODING="ascii")
    out, err = process.communicate(timeout=1800)
    assert (process.returncode, err) == (0, b"")
    assert b"?" in out


def test_main_takes_the_process_arguments_by_default(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["chainrule", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"chainrule {__version__}\n"
