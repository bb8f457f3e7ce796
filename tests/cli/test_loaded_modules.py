"""What a command loads: little, so that it answers soon."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = "import sys; from chainrule.cli import main; sys.exit(main() or print(*sys.modules, file=sys.stderr))"
ENVIRONMENT = {**os.environ, "CHAINRULE_LANG": "en"}


def modules(*arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE, *arguments],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
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
