"""What a command loads: little, so that it answers soon."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = "import sys; from chainrule.cli import main; sys.exit(main() or print(*sys.modules, file=sys.stderr))"
FONT = "ignore:path is deprecated:DeprecationWarning"  # how ziamath finds its font
ENVIRONMENT = {**os.environ, "CHAINRULE_LANG": "en"}


def modules(*arguments, folder=None):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", FONT, "-c", CODE, *arguments],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd=folder,
    )
    assert done.returncode == 0
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_help_loads_no_arrays(arguments):
    assert not modules(*arguments) & {"numpy", "rich", "matplotlib", "sklearn", "scipy", "PIL", "safetensors"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--help"],
        ["list", "--json"],
        ["suggest", "4", "3"],
        ["check", "gradients", "2-3-2"],
        ["emit", "2-2"],
    ],
)
def test_commands_load_what_they_need(arguments):
    assert not modules(*arguments) & {"rich", "matplotlib", "sklearn", "scipy", "PIL", "safetensors"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "digits", "64-8:gelu-10", "--epochs", "1"],
        ["train", "moons", "--epochs", "1"],
        ["check", "gradients", "2-3:gelu-2"],
        ["trace", "mazur", "--picture", "network.svg"],
        ["find-rate", "iris", "--steps", "20", "--out", "rates.svg"],
    ],
)
def test_the_base_works_without_what_extras_bring(arguments, tmp_path):
    """Even where they are installed, so that results do not depend on it."""
    assert not modules(*arguments, folder=tmp_path) & {"matplotlib", "sklearn", "scipy", "pyarrow"}
