"""Runs that are killed, or whose disk is full, at any moment and again and again: nothing is lost, and what
they come to is the same byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
@pytest.mark.parametrize(("what", "count"), [("kills", 24), ("full", 12), ("limit", 4)])
def test_a_run_that_is_disturbed_ends_as_if_it_never_was(what, count):
    command = [sys.executable, Path(__file__).with_name("disturbing.py"), what, str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{count} ")
