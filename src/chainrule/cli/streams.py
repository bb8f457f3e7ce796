"""Standard output and standard error, which are the process's: a command may be run by a program of its own
and by one that goes on afterwards."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from threading import RLock
from types import TracebackType
from typing import Any, Self

_NAMES = ("stdout", "stderr")
_lock = RLock()
_lent: dict[lent_streams, None] = {}
"""The blocks that are in force."""
_found: list[tuple[Any, str]] = []
"""The streams that were changed, and what each did before with what it cannot show."""
_made: list[str] = []
"""The streams that there were not."""


class lent_streams:  # noqa: N801 - it is used like a function
    """Inside a with block a stream shows something in place of what it cannot show, and does not raise; where
    a stream was closed by whoever began the process, what is written is gone.

    The last of several blocks, in whatever threads, gives back what the first one found. It may be left
    twice, as `engines.limits.limited_to`.
    """

    def __enter__(self) -> Self:
        try:
            with _lock:
                _lent[self] = None
                _take()
        except BaseException:  # an interrupt
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        with _lock:
            _lent.pop(self, None)
            if not _lent:
                _give_back()


def _take() -> None:
    for name in _NAMES:
        if getattr(sys, name) is None:
            _made.append(name)
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - until it is given back
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure") and stream.errors != "replace":
            _found.append((stream, stream.errors))
            stream.reconfigure(errors="replace")


def _give_back() -> None:
    while _found:
        stream, errors = _found[-1]
        with suppress(OSError, ValueError):  # it is closed, or takes no more
            stream.reconfigure(errors=errors)
        _found.pop()
    while _made:
        stream = getattr(sys, _made[-1])
        setattr(sys, _made.pop(), None)
        if stream is not None:  # an interrupt came before it was made
            stream.close()
