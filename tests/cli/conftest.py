"""What the tests of the command line share."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from chainrule.cli import main


@dataclass
class Answer:
    """What a command said, and what it exited with."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one JSON object on stdout."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs a command in this process, in an empty folder, in English unless it says otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAINRULE_LANG", "en")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    capsys.readouterr()

    def ask(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        assert "Traceback" not in err or "--debug" in arguments
        return Answer(code, out, err)

    return ask
