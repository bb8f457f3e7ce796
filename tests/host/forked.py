"""What a forked process does."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable

import pytest

forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
PATIENCE = 120.0
"""Seconds after which a child is taken to wait for ever."""


def in_child(work: Callable[[], object]) -> str:
    """What `work` gives in a forked process, as `repr` has it; nothing where it raises or waits for ever."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, repr(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read() if select.select([pipe], [], [], PATIENCE)[0] else ""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said
