"""Contenders that take turns: processes started, bound to their share of the machine, and timed in rounds."""

from __future__ import annotations

import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any, Self

from chainrule.bench.contenders import CONTENDERS
from chainrule.bench.machine import instructions
from chainrule.bench.masks import without
from chainrule.bench.words import title
from chainrule.bench.work import Work
from chainrule.engines.choice import cores
from chainrule.sentences import say

PATIENCE = 300.0
"""Seconds in which a contender must answer; a compiler may need a minute."""
PAUSE = 0.05
"""Seconds between turns, in which the threads of the last one stop looking for work: those of OpenBLAS do so
for up to 30 ms."""
FEWEST = 3
"""Rounds, however long they take."""
LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "VECLIB_MAXIMUM")


@dataclass(frozen=True)
class Skipped:
    """Why a contender takes no part. why: missing, unsuited, refused, failed."""

    why: str
    detail: str

    def __str__(self) -> str:
        return say(f"bench.skipped.{self.why}", detail=self.detail)


@dataclass(frozen=True)
class Result:
    """What a contender did. about: its version and kernels. turns: seconds a step, one for each round; cpu:
    those of all processors together, as far as they were told.

    moved: how far its parameters were from the start after `checked` steps; None where that says nothing.
    """

    about: str
    turns: list[float] = field(default_factory=list)
    checked: int | None = None
    moved: float | None = None
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        return cls(*statistics.quantiles(values, n=4, method="inclusive"))


@dataclass(frozen=True)
class Race:
    """The turns of all contenders at one work."""

    work: Work
    results: dict[str, Result]
    skipped: dict[str, Skipped]

    def seconds(self, name: str) -> Spread:
        """Of a step."""
        return Spread.of(self.results[name].turns)

    def ratio(self, name: str, other: str) -> Spread:
        """How many times as long `name` takes as `other`, each turn against that of the same round."""
        turns = zip(self.results[name].turns, self.results[other].turns, strict=True)
        return Spread.of([a / b for a, b in turns])

    def fastest(self, names: Sequence[str]) -> str | None:
        """Of those that took part, the one with the smallest median."""
        there = [name for name in names if name in self.results]
        return min(there, key=lambda name: self.seconds(name).median, default=None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(
            Work(**given["work"]),
            {name: Result(**result) for name, result in given["results"].items()},
            {name: Skipped(**skipped) for name, skipped in given["skipped"].items()},
        )


def race(
    names: Sequence[str],
    work: Work,
    *,
    seconds: float = 10.0,
    turn: float = 0.15,
    tell: Callable[[str], None] = lambda sentence: None,
    bound: bool = True,
    fewest: int = FEWEST,
    beside: AbstractContextManager[object] | None = None,
) -> Race:
    """Let them take turns of at least `turn` seconds until `seconds` are over.

    All prepare at the same time, and none computes while another is timed. tell: is told how far it is.
    bound: to cores of their own; otherwise they may use all that this process may. fewest: rounds, however
    long they take. beside: entered before the first turn that counts, and left after the last one.
    """
    missing = {name: CONTENDERS[name].module for name in names if find_spec(CONTENDERS[name].module) is None}
    skipped = {name: Skipped("missing", module) for name, module in missing.items()}
    for name in names:
        if lacking := CONTENDERS[name].instructions - instructions():
            skipped[name] = Skipped("unsuited", ", ".join(sorted(lacking)))
    with ExitStack() as stack:
        able = [name for name in names if name not in skipped]
        started = {name: stack.enter_context(_Process(name, work, bound)) for name in able}
        results = {}
        for name, process in started.items():
            tell(say("bench.preparing", name=title(name)))
            ready = process.answer()
            if isinstance(ready, Skipped):
                skipped[name] = ready
            else:
                results[name] = Result(**ready)
        rounds, begun = -1, time.perf_counter()
        while results and (rounds < fewest or time.perf_counter() - begun < seconds):
            rounds += 1
            if rounds == 1:  # the one before finds out how much a turn is, and does not count
                stack.enter_context(beside or nullcontext())
                begun = time.perf_counter()
            tell(say("bench.round", number=rounds))
            order = list(results) if rounds % 2 else list(reversed(results))
            for name in order:
                time.sleep(PAUSE)
                took = started[name].ask(turn)
                if isinstance(took, Skipped):
                    skipped[name] = took
                    del results[name]
                elif rounds:
                    results[name].turns.append(took[0] / took[1])
                    results[name].cpu.append(took[2] / took[1])
    return Race(work, results, skipped)


class _Process:
    """A contender's process, from its start to its end in a with block."""

    def __init__(self, name: str, work: Work, bound: bool) -> None:
        self.name, self.work, self.bound = name, work, bound

    def __enter__(self) -> Self:
        threads = CONTENDERS[self.name].threads or self.work.threads
        with bound_to(cores()[-threads:]) if self.bound else nullcontext():
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chainrule.bench.child", self.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(threads) | dict(CONTENDERS[self.name].environment),
                text=True,
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._say(json.dumps(asdict(self.work)))
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _say(self, line: str) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer will be that it has ended

    def ask(self, seconds: float) -> Any:
        """Let it do a turn: its seconds, steps and seconds of processors, or Skipped."""
        self._say(str(seconds))
        return self.answer()

    def answer(self) -> Any:
        """What it says next, or Skipped."""
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            return Skipped("failed", f"> {PATIENCE:.0f} s")
        if not line:
            return Skipped("failed", f"exit {self.process.wait()}")
        value = json.loads(line)
        if "skipped" in value:
            return Skipped(value["skipped"], value["detail"])
        return value


def environment(threads: int) -> dict[str, str]:
    """That of a process which is to use so many threads, what the mask leaves of a processor, and no GPU."""
    bounds = {f"{library}_NUM_THREADS": str(threads) for library in LIBRARIES}
    return {**without(os.environ), **bounds, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}


@contextmanager
def bound_to(chosen: Sequence[int]) -> Iterator[None]:
    """Let processes that are started inside a with block use these cores only, where the system can do that:
    not every library asks the environment how many threads are wanted."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
