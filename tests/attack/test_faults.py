"""Whatever call fails while a training writes, it says so or does not need it, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from calls import why_not
from faults import KINDS

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(why_not()), reason=str(why_not()))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_loses_nothing(kind):
    command = [sys.executable, str(Path(__file__).with_name("faults.py")), "--calls", "12", "--kinds", kind]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, ""), found.stdout + found.stderr
    assert "0 judged wrong" in found.stdout  # a last call may not come again, as the clock decides on some
