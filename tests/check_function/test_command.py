"""`check function` on the command line: files, arguments, languages, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.cli import main

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command in this process, in an empty folder, in English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAINRULE_LANG", "en")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["check", "function", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


def program(name: str) -> str:
    return str(PROGRAMS / name)


def test_a_right_function(ask: Any) -> None:
    code, out, err = ask(program("right_svm_naive.py:svm_loss_naive"))
    assert (code, err) == (0, "")
    assert out.startswith("Correct: the gradients agree")
    assert "returned" in out
    assert "dW" in out


def test_a_wrong_function_in_both_languages(ask: Any) -> None:
    code, out, err = ask(program("logistic_y_minus_p.py:propagate"))
    assert (code, err) == (1, "")
    assert "dw, db: the sign is wrong." in out
    assert "  -dw, -db\n" in out
    code, out, err = ask(program("logistic_y_minus_p.py:propagate"), "--lang", "zh")
    assert (code, err) == (1, "")
    assert "符号相反" in out


def test_json(ask: Any) -> None:
    code, out, _ = ask(program("affine_layer_transposed.py:affine_forward,affine_backward"), "--json")
    assert code == 1
    found = json.loads(out)
    assert found["verdict"] == "wrong"
    assert set(found["diagnosis"][0]) == {"code", "message", "suggestion"}
    assert found["diagnosis"][0]["code"] == "transpose"
    assert {name: p["ok"] for name, p in found["parameters"].items()} == {"x": True, "w": False, "b": True}
    assert {"relative_error", "digits", "worst_index", "kinks"} <= found["parameters"]["x"].keys()
    code, out, _ = ask(program("logistic_saturated.py:loss"), "--json")
    assert (code, json.loads(out)["diagnosis"][0]["code"]) == (1, "not_finite")


# Where it is called


CODE = """
import numpy as np
print("hello")
scale = 2.0
def point():
    return {"w": np.ones(3), "x": np.arange(3.0)}
def loss(w, x, scale=1.0):
    return scale * float(np.sum(w**2 * x)), 2 * scale * w * x
def two(w, v):
    return float(np.sum(w**2 * v**2)), 2 * w * v**2, 2 * v * w**2
def seeded(w, seed, lang):
    return float(seed * np.sum(w**2)), 2 * seed * w
if __name__ == "__main__":
    raise SystemExit("not to be run")
"""


def test_arguments_from_everywhere(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    np.savez(tmp_path / "p.npz", w=np.array([0.3, 0.4]), x=np.ones(2))
    (tmp_path / "p.json").write_text('{"w": [1, 2.5], "x": [1, 1], "scale": 3}')
    target = "mine.py:loss"
    for options in (
        ["--params", "p.npz"],
        ["--params", "p.json"],
        ["--params", '{"w": [[1, 2], [3, 4]], "x": [[1, 1], [1, 2]]}'],
        ["--shape", "w=4; x=4"],
        ["--shape", "w=2,3;x=2,3:5"],
        ["--inputs", "point"],
        ["--inputs", "point", "--params", '{"scale": 0.5}'],
        ["--shape", "w=3", "--inputs", "point", "--of", "w", "--seed", "3"],
    ):
        code, out, err = ask(target, *options)
        assert (code, err) == (0, "hello\n"), options
    code, out, _ = ask("mine.py:two", "--shape", "w=3; v=3", "--json", "--of", "v,w")
    assert code == 1
    assert json.loads(out)["diagnosis"][0]["code"] == "order"
    assert ask("mine.py:seeded", "--params", '{"w": [1, 2], "seed": 3, "lang": 0}')[0] == 0


def test_drawn_arguments_follow_the_seed(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    outs = [ask("mine.py:loss", "--shape", "w=4; x=4", "--seed", seed)[1] for seed in ("0", "0", "1")]
    assert outs[0] == outs[1] != outs[2]


def test_modules_beside_the_file_are_found(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "beside.py").write_text("def square(x):\n    return x * x\n")
    (tmp_path / "code" / "mine.py").write_text(
        "from beside import square\nx = 3.0\ndef f(x):\n    return square(x), 2 * x\n"
    )
    assert ask("code/mine.py:f")[0] == 0


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("mine.py", [], "FILE.py:NAME"),
        ("mine.py:a,b,c", [], "FILE.py:LOSS,GRADIENT"),
        ("none.py:loss", [], "there is no file none.py"),
        ("mine.py:los", [], "mine.py has no los (did you mean loss?)"),
        ("mine.py:scale", [], "must be a function, not float"),
        ("mine.py:loss", [], "there is no value for w, x; give"),
        ("mine.py:loss", ["--inputs", "nothing"], "no function nothing"),
        ("mine.py:loss", ["--params", "nothing.json"], "there is no file nothing.json"),
        ("mine.py:loss", ["--params", "mine.py"], "must be an NPZ file, or JSON such as"),
        ("mine.py:loss", ["--params", "{1}"], "must be an NPZ file, or JSON such as"),
        ("mine.py:loss", ["--shape", "w=a"], "shapes are given as"),
        ("mine.py:loss", ["--shape", "w=3;v=3"], "there is no parameter v; there are: w, x, scale"),
        ("mine.py:loss", ["--shape", "w=3;x=4"], "mine.py failed in line 8: ValueError: operands could not"),
        ("mine.py:point", [], "must return the loss and the gradients, but it returns dict"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_cannot_be_run(
    ask: Any, tmp_path: Path, target: str, options: list[str], said: str, lang: str
) -> None:
    (tmp_path / "mine.py").write_text(CODE.replace('print("hello")', "pass"))
    code, out, err = ask(target, *options, "--lang", lang)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert lang == "zh" or said in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef f(x:\n", "mine.py failed in line 2: SyntaxError"),
        ("x = 1\ny = 1 / 0\n", "mine.py failed in line 2: ZeroDivisionError: division by zero"),
        ("import no_such_module\n", "mine.py failed in line 1: ModuleNotFoundError: No module named"),
        ("\nraise SystemExit(3)\n", "mine.py failed in line 2: SystemExit: 3"),
        (
            "def f(x):\n    def g():\n        raise KeyError('a')\n    return g()\nx = 1.0",
            "line 3: KeyError: 'a'",
        ),
        ("def f(x):\n    return f(x)\nx = 1.0", "RecursionError"),
        ("def f(x):\n    assert x > 3, 'too small'\nx = 1.0", "line 2: AssertionError: too small"),
        (
            "import numpy as np\ndef f(x):\n    return np.linalg.inv(x)\nx = np.ones((2, 2))",
            "line 3: LinAlgError",
        ),
        ("def inputs():\n    return undefined\ndef f(x):\n    return x, 1\n", "line 2: NameError"),
    ],
)
def test_a_file_that_fails_tells_its_own_error_and_line(
    ask: Any, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "mine.py").write_text(text)
    code, out, err = ask("mine.py:f")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.long
def test_in_a_fresh_process(tmp_path: Path) -> None:
    """As it is called: prints of the file go to stderr, and one JSON object to stdout."""
    (tmp_path / "mine.py").write_text(CODE)
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "chainrule",
        "check",
        "function",
        "mine.py:loss",
        "--json",
    ]
    done = subprocess.run(
        [*command, "--inputs", "point"], cwd=tmp_path, capture_output=True, text=True, env={**os.environ}
    )
    assert (done.returncode, done.stderr) == (0, "hello\n")
    assert json.loads(done.stdout)["verdict"] == "correct"
