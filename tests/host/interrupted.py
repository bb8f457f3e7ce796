"""A KeyboardInterrupt at each place where the interpreter looks for signals."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import Any

LOOKING = ("CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD")
"""After these instructions the interpreter looks for signals, and at the beginning of a function."""
MOST = 5_000


def at_every_place(work: Callable[[], object], files: Collection[str]) -> Iterator[int]:
    """Do `work` again and again, interrupted at the n-th place in the code of these files, for every n. Gives
    n after each time; the last one has come to its end."""
    for n in range(MOST):
        yield n
        if not _interrupted(work, files, n):
            yield n
            return
    raise AssertionError("it never came to its end")


def _interrupted(work: Callable[[], object], files: Collection[str], n: int) -> bool:
    left, last = n, {}

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        frame.f_trace_opcodes = True
        done = last.get(frame)  # the instruction before this one
        last[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]] if event == "opcode" else done
        if event == "call" or (event == "opcode" and done in LOOKING):
            if left == 0:
                left = -1
                sys.settrace(None)
                raise KeyboardInterrupt
            left -= 1
        return trace

    old = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(old)
    return False
