"""How much memory there is, and what is said where it does not suffice.

What a work certainly takes is estimated before it is begun: a system that promises more memory than it has
would end the process in the middle, without a word.
"""

from __future__ import annotations

import math
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from chainrule.errors import OutOfMemoryError

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any] | None)
PROCESS = Path("/proc/self")
SYSTEM = Path("/proc/meminfo")
GROUPS = Path("/sys/fs/cgroup")
"""Where Linux tells what it has, and what it lets a group of processes have."""
UNITS = ("kB", "MB", "GB", "TB")


CALLERS = "chainrule_callers"
"""What a MemoryError has that the caller's own code raised."""


def callers(function: F) -> F:
    """A function of the caller's that is called where `told` is in force: its MemoryError is its own, and
    passes as it is."""
    if function is None:
        return function

    def inner(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except MemoryError as error:
            setattr(error, CALLERS, True)
            raise

    return cast(F, inner)


def _is_callers(error: MemoryError) -> bool:
    return hasattr(error, CALLERS)


class told:  # noqa: N801 - it is used like a function
    """Raise OutOfMemoryError where the memory does not suffice for what is done inside a with block, or in a
    function that it decorates. needed: bytes that it takes at least, where that is known."""

    def __init__(self, needed: int | None = None) -> None:
        self.needed = needed

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, MemoryError) and not _is_callers(error):
            raise self._sentence(error) from error

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def inner(*arguments: P.args, **named: P.kwargs) -> R:
            try:
                return function(*arguments, **named)
            except MemoryError as error:
                if _is_callers(error):
                    raise
                raise self._sentence(error) from error

        return inner

    def _sentence(self, error: MemoryError) -> OutOfMemoryError:
        traceback.clear_frames(error.__traceback__)  # what they hold is room for the sentence
        if self.needed is None:
            return OutOfMemoryError("memory.used_up")
        return OutOfMemoryError("memory.used_up_by", needed=size(self.needed))


def require(needed: int) -> None:
    """Raise OutOfMemoryError where there are fewer bytes than that."""
    there = available()
    if there is not None and needed > there:
        raise OutOfMemoryError("memory.too_little", needed=size(needed), there=size(there))


def available() -> int | None:
    """How many bytes this process may still take: by its own limits, those of its container, and what the
    machine has left, swap included; None where the system does not say."""
    known = [*_own_limits(), *_of_groups(), *_of_the_machine()]
    return max(0, min(known)) if known else None


def size(count: float) -> str:
    """A number of bytes, as it is read by people."""
    power = min(max(1, int(math.log10(max(count, 1)) // 3)), len(UNITS))
    return f"{count / 1000**power:.3g} {UNITS[power - 1]}"


def _own_limits() -> Iterator[int]:
    """What the limits of the process (`ulimit -v`, `ulimit -d`) leave of its address space and its data."""
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        pages = (PROCESS / "statm").read_text(encoding="ascii").split()
        for kind, used in ((resource.RLIMIT_AS, pages[0]), (resource.RLIMIT_DATA, pages[5])):
            most, _ = resource.getrlimit(kind)
            if most != resource.RLIM_INFINITY:
                yield most - int(used) * resource.getpagesize()


def _of_groups() -> Iterator[int]:
    """What is left to the control groups that the process is in, of both versions. What a group has in
    memory of files that are not in use is given up where it is needed."""
    with suppress(OSError, ValueError):
        for line in (PROCESS / "cgroup").read_text(encoding="utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds == "":
                base, most, used, files = GROUPS, "memory.max", "memory.current", "inactive_file"
            elif "memory" in kinds.split(","):
                base, most, used = GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
                files = "total_inactive_file"
            else:
                continue
            own = base / path.strip("/")  # inside a container it may not be there, and the root is its own
            for folder in {own, *(each for each in own.parents if each.is_relative_to(base)), base}:
                with suppress(OSError, ValueError):  # no limit: `max`
                    limit = int((folder / most).read_text(encoding="ascii"))
                    taken = int((folder / used).read_text(encoding="ascii"))
                    yield limit - taken + _entry(folder / "memory.stat", files)


def _of_the_machine() -> Iterator[int]:
    try:
        swap = _entry(SYSTEM, "SwapFree:")
        yield 1024 * (_entry(SYSTEM, "MemAvailable:") + swap)
    except (OSError, ValueError):
        with suppress(AttributeError, OSError, ValueError):  # of other systems only what they have in all
            yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _entry(path: Path, name: str) -> int:
    """The number behind a name in a file of the kernel. Raises OSError, ValueError."""
    for line in path.read_text(encoding="ascii").splitlines():
        first, *rest = line.split()
        if first == name:
            return int(rest[0])
    raise ValueError(name)
