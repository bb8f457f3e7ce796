"""What comes from a file, a name, a class, the environment reaches a terminal with visible escapes only."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import hostile
from chainrule.cli import main
from chainrule.errors import DownloadError, UsageError
from chainrule.model import load
from chainrule.printable import printable, printable_json, printable_lines
from chainrule.sentences import Told, say, speaking
from hostile import ALL, ENCODABLE, FILE_NAME

NAME, TEXT = FILE_NAME, ENCODABLE.replace("\n", " ").replace("\r", " ")  # what one cell, one line can have
TOML = '"' + "".join(f"\\U{ord(c):08x}" for c in TEXT) + '"'

RUNS = ("dataset", "status", "begun", "result", "findings", "optimizer", "key", "network")
DEFINITIONS = ("key", "value", "activation", "layer", "penalty", "raw", "twice")
OF = ["--of", "delta1", "--network", "2-3-2"]

ARGUMENTS = {
    "command": [ALL],
    "command of a group": ["check", ALL],
    "option": ["list", f"--{ALL}"],
    "language": ["list", "--lang", ALL],
    "whole number": ["suggest", ALL, "2"],
    "number": ["train", "xor", "--lr", ALL],
    "one of some": ["derive", "2-3-2", "--notation", ALL],
    "one too many": ["suggest", "2", "3", ALL],
    "catalogue": ["list", ALL],
    "data set": ["train", ALL],
    "network": ["emit", ALL],
    "activation": ["emit", f"2-3:({ALL})-2"],
    "setting": ["emit", f"2-3:leaky_relu:{ALL}=1-2"],
    "optimizer": ["emit", "2-3-2", "--optimizer", ALL],
    "preset": ["train", "xor", "--preset", ALL],
    "recipe": ["train", "xor", "--recipe", ALL],
    "engine": ["train", "xor", "--engine", ALL],
    "distortion": ["train", "digits", "--distort", ALL],
    "norm": ["train", "xor", "2-3-2", "--norm", ALL],
    "class weights": ["train", "xor", "--class-weights", ALL],
    "target of what is no table": ["train", "xor", "--target", ALL],
    "resumed": ["train", "--resume", ALL],
    "model": ["evaluate", ALL, "xor"],
    "kind of file": ["predict", "model.safetensors", ALL],
    "picture": ["predict", "model.safetensors", f"{NAME}.png"],
    "table": ["predict", "model.safetensors", f"{NAME}.csv"],
    "arrays": ["predict", "model.safetensors", f"{NAME}.npz"],
    "out": ["emit", "2-3-2", "--out", f"nowhere/{NAME}"],
    "out that is written": ["emit", "2-3-2", "--out", f"{NAME}.py"],
    "picture of rates": ["find-rate", "xor", "--out", ALL],
    "derived function": ["derive", "--function", ALL],
    "derived weight": ["derive", "2-3-2", "--of", ALL],
    "followed weight": ["trace", "2-3-2", "--of", ALL],
    "neuron": ["trace", "2-3-2", "--neuron", ALL],
    "example": ["trace", "2-3-2", "--example", ALL],
    "numbers": ["trace", "2-3-2", "--input", ALL],
    "parameters": ["trace", "2-3-2", "--params", NAME],
    "loss": ["loss", ALL, "--true", "1", "--predicted", "1"],
    "true": ["loss", "huber", "--true", ALL, "--predicted", "1"],
    "formula": ["check", "formula", ALL, *OF],
    "formula as JSON": ["check", "formula", f"delta1 {ALL}", *OF, "--json"],
    "formula in LaTeX": ["check", "formula", rf"\delta {ALL}", *OF, "--latex"],
    "environment in LaTeX": [
        "check", "formula", rf"\begin{{{ALL}}}", *OF, "--latex",
    ],
    "quantity": ["check", "formula", "z1", "--of", ALL, "--network", "2-3-2"],
    "function's file": ["check", "function", f"{NAME}.py"],
    "function's name": ["check", "function", f"own.py:{ALL}"],
    "function's shapes": ["check", "function", "own.py:loss", "--shape", ALL],
    "runs": ["runs", ALL],
    "order of runs": ["runs", "--sort", ALL],
    "bench": ["bench", "--out", ALL],
    "debug": ["train", ALL, "--debug"],
}  # fmt: skip
"""Arguments that are echoed."""
PARTLY = {
    "target of what is no table",
    "neuron",
    "formula",
    "formula as JSON",
    "formula in LaTeX",
    "environment in LaTeX",
    "derived function",
    "activation",
    "setting",
    "function's shapes",
    "engine",
    "network",
}
"""Of which a message shows a part: the character that does not fit, or what is before a colon."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run on a table whose every name is hostile, and files that are damaged or do not fit."""
    place = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("CHAINRULE_DATA", str(place))
        classes = [
            f"{name} {text}"
            for name, text in hostile.HOSTILE.items()
            if name not in ("surrogate", "line", "return", "form feed")
        ]
        with open(f"{NAME}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["a" + TEXT, "b", "class" + TEXT])
            writer.writerows([i % 7, i % 5, classes[i % len(classes)]] for i in range(12 * len(classes)))
        assert (
            main(
                [
                    "train",
                    f"{NAME}.csv",
                    "2-3-" + str(len(classes)),
                    "--epochs",
                    "2",
                    "--out",
                    f"run{NAME}",
                    "--quiet",
                ]
            )
            == 0
        )
        model = load(f"run{NAME}/model.safetensors")
        replace(model, info=replace(model.info, name="n" + TEXT)).save("model.safetensors")
        with open("other.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(
                [["a" + TEXT, "b", "class" + TEXT], [1, 2, "new" + TEXT], [1, TEXT, classes[0]]]
            )
        with open("named.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["x" + TEXT, "x" + TEXT], [1, 2]])
        (place / "own.py").write_text("def loss(W):\n    return float((W**2).sum()), 2 * W\n")
        (place / "raises.py").write_text(f"def loss(W):\n    raise ValueError({ALL!r})\n")
        plan = json.loads((place / f"run{NAME}/run.json").read_text())
        made = {
            "dataset": {"plan": {**plan["plan"], "dataset": "d" + ALL, "target": ALL}},
            "status": {"status": ALL},
            "begun": {"begun": ALL},
            "result": {"result": {**plan["result"], "dataset": ALL, "optimizer": ALL}},
            "findings": {
                "result": {**plan["result"], "findings": [{"message": ALL, "suggestion": ALL, "code": ALL}]}
            },
            "optimizer": {"plan": {**plan["plan"], "recipe": {**plan["plan"]["recipe"], "optimizer": ALL}}},
            "key": {"plan": {**plan["plan"], ALL: 1}},
            "network": {"plan": {**plan["plan"], "network": {ALL: ALL}}},
        }
        for name, change in made.items():
            (place / "runs" / name).mkdir(parents=True)
            (place / "runs" / name / "run.json").write_text(json.dumps(plan | change))
        toml = {
            "key": f"sizes = [2, 3]\n{TOML} = 1",
            "value": f"sizes = [2, 3]\nloss = {TOML}",
            "activation": f"sizes = [2, 3]\nactivations = [{TOML}]",
            "layer": f"inputs = 2\n[[layers]]\nunits = 2\n{TOML} = 3",
            "penalty": f"sizes = [2, 3]\n[penalties]\n{TOML} = 3",
            "raw": f"sizes = [2, 3]\n{TEXT} = 3",
            "twice": f"a = 1\n{TOML} = 3\n{TOML} = 3",
        }
        for name, text in toml.items():
            (place / f"{name}.toml").write_text(text, encoding="utf-8")
        (place / "params.json").write_text(json.dumps({ALL: [1]}))
        (place / f"{NAME}.npy").write_bytes(b"damaged")
        (place / f"{NAME}.png").write_bytes(b"damaged")
        (place / f"{NAME}.safetensors").write_bytes(b"damaged")
    return place


FILES = {
    "classes predicted": ["predict", "model.safetensors", f"{NAME}.csv"],
    "classes predicted as JSON": ["predict", "model.safetensors", f"{NAME}.csv", "--json"],
    "classes evaluated": ["evaluate", "model.safetensors", f"{NAME}.csv"],
    "classes evaluated as JSON": ["evaluate", "model.safetensors", f"{NAME}.csv", "--json"],
    "classes emitted": ["emit", "model.safetensors"],
    "run's folder": ["evaluate", f"run{NAME}", f"{NAME}.csv"],
    "finished run": ["train", "--resume", f"run{NAME}"],
    "training on it": ["train", f"{NAME}.csv", "--epochs", "1", "--out", f"new{NAME}"],
    "training as JSON": ["train", f"{NAME}.csv", "--epochs", "1", "--out", f"newer{NAME}", "--json"],
    "rates": ["find-rate", f"{NAME}.csv", "--steps", "10", "--json"],
    "class that is new": ["evaluate", "model.safetensors", "other.csv"],
    "cell that is no number": ["predict", "model.safetensors", "other.csv"],
    "column that is twice": ["train", "named.csv"],
    "no such column": ["train", f"{NAME}.csv", "--target", "no" + ALL],
    "damaged array": ["train", f"{NAME}.npy"],
    "damaged picture": ["predict", "model.safetensors", f"{NAME}.png"],
    "damaged model": ["evaluate", f"{NAME}.safetensors", "xor"],
    **{f"run with such a {name}": ["runs", f"runs/{name}"] for name in RUNS},
    "runs": ["runs", "runs"],
    "runs as JSON": ["runs", "runs", "--json"],
    "runs apart": ["runs", "runs/dataset", "runs/begun"],
    "runs apart as JSON": ["runs", "runs/dataset", "runs/begun", "--json"],
    **{f"TOML: {name}": ["check", "gradients", f"{name}.toml"] for name in DEFINITIONS},
    "parameters by name": ["trace", "2-3-2", "--input", "1,2", "--target", "1,0", "--params", "params.json"],
    "what a function raises": ["check", "function", "raises.py:loss", "--shape", "W=2"],
}  # fmt: skip
"""Commands that read hostile files."""


@pytest.fixture
def asked(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CHAINRULE_DATA", str(folder))

    def ask(lang, *arguments):
        capsys.readouterr()
        code = main([*arguments, "--lang", lang] if "--lang" not in arguments else list(arguments))
        return code, *capsys.readouterr()

    return ask


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("what", [*ARGUMENTS, *FILES])
def test_nothing_hidden_is_printed(asked, what, lang):
    _, out, err = asked(lang, *{**ARGUMENTS, **FILES}[what])
    assert not hostile.moving(out + err), (out, err)
    assert say("cli.unexpected", kind="").partition("(")[0].partition("（")[0] not in err
    assert not any(line.startswith("finished") for line in (out + err).split("\n"))


@pytest.mark.parametrize("what", sorted({*ARGUMENTS} - PARTLY))
def test_what_was_hidden_can_be_recognised(asked, what):
    _, out, err = asked("en", *ARGUMENTS[what])
    assert r"\x1b" in out + err


@pytest.mark.long
@pytest.mark.parametrize("what", [*ARGUMENTS, *FILES])
def test_nothing_hidden_leaves_a_process(folder, what):
    environment = {**os.environ, "CHAINRULE_DATA": str(folder), "CHAINRULE_LANG": "en"}
    command = [sys.executable, "-m", "chainrule", *{**ARGUMENTS, **FILES}[what]]
    answer = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=120)
    text = (answer.stdout + answer.stderr).decode("utf-8")  # which is no text but UTF-8
    assert text
    assert not hostile.moving(text)


TABLES = {
    "classes": ["predict", "model.safetensors", f"{NAME}.csv"],
    "confusions": ["evaluate", "model.safetensors", f"{NAME}.csv"],
    "entries": ["train", "--resume", f"run{NAME}"],
}


@pytest.mark.parametrize("what", TABLES)
def test_a_terminal_gets_colours_and_lines_and_nothing_else(asked, monkeypatch, what):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    code, out, err = asked("en", *TABLES[what])
    assert code == 0
    colourless = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert not hostile.moving(colourless + err)
    assert "\x1b[31m" not in out


def test_markup_is_shown_as_it_is(monkeypatch, capsys):
    from chainrule.cli import layout

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    text = "[red]x[/red] [link=file:///]y[/link] :smile:"
    layout.show_grid([text, "n"], [[text, "1"]])
    assert capsys.readouterr().out.count(text) == 2


@pytest.mark.parametrize(
    ("variable", "arguments"),
    [
        ("CHAINRULE_LANG", ["list", "--nothing"]),
        ("CHAINRULE_WITHOUT", ["train", "xor", "--engine", "native"]),
        ("CHAINRULE_DATA", ["train", "mnist", "--offline"]),
        ("XDG_CACHE_HOME", ["train", "mnist", "--offline"]),
    ],
)
def test_nothing_hidden_in_the_environment_is_printed(run, monkeypatch, variable, arguments):
    monkeypatch.setenv(variable, ALL)
    answer = run(*arguments)
    assert answer.code in (1, 2)
    assert not hostile.moving(answer.out + answer.err)


# The one place.


@pytest.mark.parametrize("text", hostile.HOSTILE.values())
def test_what_is_hidden_is_escaped(text):
    shown = printable(text)
    assert not hostile.characters(shown)
    assert "\n" not in shown
    assert shown.isascii()
    assert shown.encode().decode("unicode_escape") == text  # nothing is lost
    assert printable(shown) == shown
    assert json.loads(printable_json({text: [text]})) == {text: [text]}
    assert not hostile.characters(printable_json({text: [text]}))


@pytest.mark.parametrize("text", hostile.HARMLESS)
def test_what_is_harmless_stays(text):
    assert printable(text) == text
    assert say("network.at", where=text, message=text).count(text) == 2
    assert json.loads(printable_json(text)) == text


def test_every_character_without_a_look_is_escaped():
    hidden = [c for c in map(chr, range(sys.maxunicode + 1)) if hostile.characters(c)]
    signs = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    seen = {ord(c) for c in hidden if printable(f"a{c}b") == f"a{c}b"}
    assert {
        n for n in seen if not 0x13430 <= n <= 0x1343F
    } == signs  # Arabic and Egyptian ones, which are seen


def test_lines_of_the_program_stay():
    assert printable_lines("a\n\x1bb\r\n") == "a\n\\x1bb\\r\n"
    inner = UsageError("network.at", where="x\ny", message="1\r2")
    with speaking("en"):
        assert str(UsageError("network.at", where="a", message=inner)) == r"a: x\ny: 1\r2"
        told = Told("\n  a mirror: why")
        error = DownloadError("data.no_mirror", name="a\nb", folder="c", reasons=told)
        assert str(error).count("\n") == 1


def test_only_the_layout_writes():
    """Of the command line, apart from the bars and lines that change in place."""
    import chainrule.cli

    writes = re.compile(r"\bprint\(|sys\.(stdout|stderr)\.write|click\.s?echo")
    folder = Path(chainrule.cli.__file__).parent
    found = {path.name for path in folder.glob("*.py") if writes.search(path.read_text(encoding="utf-8"))}
    assert found == {"__init__.py", "bench.py", "layout.py", "progress.py"}
