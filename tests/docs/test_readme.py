"""The two READMEs: the same commands in both, and every one of them works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
INSTALL = "python3 -m venv"


def blocks(path: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def commands(path: Path) -> list[str]:
    lines = "".join(blocks(path, "sh")).splitlines()
    return [re.sub(r"\s+#.*", "", line) for line in lines]


def test_both_say_the_same_commands():
    assert commands(READMES["en"]) == commands(READMES["zh"])
    assert [re.sub("#.*", "", b) for b in blocks(READMES["en"], "toml")] == [
        re.sub("#.*", "", b) for b in blocks(READMES["zh"], "toml")
    ]
    headings = [re.findall(r"^#+", p.read_text(encoding="utf-8"), flags=re.M) for p in READMES.values()]
    assert headings[0] == headings[1]


def test_exactly_two_commands_install():
    found = [c for c in commands(READMES["en"]) if c.startswith(INSTALL)]
    assert len(found) == 2
    assert found[0].endswith("chainrule train digits")
    assert found[1].endswith("pytest -n 2")


@pytest.mark.parametrize("lang", READMES)
def test_the_shown_source_is_what_is_emitted(lang):
    from chainrule.program import build
    from chainrule.reading import read_network
    from chainrule.render.python_file import python_file
    from chainrule.sentences import speaking

    with speaking(lang):
        text = python_file(build(read_network("2-3-2").net.resolved()))
    shown, _ = blocks(READMES[lang], "python")
    assert shown.strip() in text


@pytest.mark.parametrize("lang", READMES)
def test_the_shown_formula_is_what_is_derived(lang):
    from chainrule.derivation.derive import derive
    from chainrule.reading import read_network

    shown, _ = blocks(READMES[lang], "text")
    assert shown.strip() in derive(read_network("2-3-2").net, lang=lang).terminal()


@pytest.mark.parametrize("lang", READMES)
def test_the_shown_numbers_are_those_of_the_trace(lang):
    from chainrule.presets import PRESETS
    from chainrule.trace import Trace

    preset = PRESETS["zhou"]
    example = preset.examples["step"]
    trace = Trace(preset.net, example.x, example.y, example.parameters, lr=example.lr)
    _, shown = blocks(READMES[lang], "text")
    assert shown.strip() in trace.follow("w1", notation="zhou", lang=lang, digits=3).terminal()


@pytest.fixture
def folder(tmp_path):
    """A user's folder with the files that the README speaks of, and `chainrule` on the path."""
    rows = [f"{50 + i},{150 + i},{'F' if i % 2 else 'M'}" for i in range(40)]
    (tmp_path / "people.csv").write_text("\n".join(["weight,height,gender", *rows]))
    picture = np.full((40, 40), 240, np.uint8)
    picture[8:32, 18:22] = 10
    Image.fromarray(picture).save(tmp_path / "photo.png")
    return tmp_path


def run(arguments: list[str], folder: Path) -> None:
    place = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}
    if data := os.environ.get("CHAINRULE_DATA"):
        environment["CHAINRULE_DATA"] = str(Path(data).resolve())
    done = subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, (arguments, done.stderr)


@pytest.mark.long
def test_every_command_works(folder):
    for command in commands(READMES["en"]):
        if command.startswith(INSTALL):
            continue
        arguments = shlex.split(command)
        if "mnist" in command and not os.environ.get("CHAINRULE_DATA"):
            continue
        if command.startswith("chainrule train mnist"):
            arguments += ["--epochs", "1"]
        run([sys.executable, *arguments[1:]] if arguments[0] == "python3" else arguments, folder)


@pytest.mark.long
def test_the_python_example_runs(folder):
    _, example = blocks(READMES["en"], "python")
    assert example == blocks(READMES["zh"], "python")[1]
    run([sys.executable, "-W", "error", "-c", example], folder)
