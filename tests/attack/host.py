"""Threads of one host do all that there is to do at once, again and again, in an order that is drawn.

`python tests/attack/host.py --minutes 1` counts what was done. Each result has to be the one that the same
work has alone, and after each round the host has to be as it was; `--seed` draws the same orders once more.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "host"))

from host_state import HostState
from operations import NET, OPERATIONS, RAISING, Operation, X, Y

import chainrule as cr
from chainrule.sentences import language

THREADS = 8
AT_ONCE = 6
"""Operations of a thread in a round."""
INTERVAL = 1e-4
"""Seconds after which the interpreter takes the next thread's turn."""

SELDOM = {"derive", "derive_html", "picture", "picture_as_png"}
"""What takes much longer than all else: a tenth as often."""


def failing(operation: Operation) -> Operation:
    """It with what it raises as its result."""

    def act(folder: Path) -> object:
        try:
            return operation(folder)
        except (cr.ChainruleError, ZeroDivisionError) as error:
            return type(error).__name__, str(getattr(error, "key", error))

    return act


def picture_as_png(folder: Path) -> object:
    return NET.trace(X[:1], np.eye(3)[Y[:1]]).picture("png")


def works() -> dict[str, Operation]:
    """What can be done with what is installed."""
    rows = {**OPERATIONS, **{name: failing(row) for name, row in RAISING.items()}}
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        del rows["fit_native"], rows["a_callback_of_distorted_pictures"]
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return rows
    return {**rows, "picture_as_png": picture_as_png}


@dataclass
class Count:
    """What was done, by name, and all that was not right."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    looks: int = 0


def attack(seed: int, go_on: Callable[[int], bool]) -> Count:
    """Rounds of what is drawn, as long as `go_on` says so of the number of operations."""
    draw, count, rows = random.Random(seed), Count(), works()
    with tempfile.TemporaryDirectory() as name, often():
        folder = Path(name)
        alone = {name: row(folder) for name, row in rows.items()}
        weights = [1 if name in SELDOM else 10 for name in rows]
        before = HostState.now()
        while go_on(count.done.total()) and not count.wrong:
            orders = [draw.choices([*rows], weights, k=AT_ONCE) for _ in range(THREADS)]
            threads = [
                threading.Thread(target=act, args=(order, rows, alone, folder, count)) for order in orders
            ]
            watched = whole()
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                count.looks += 1
                if whole() != watched:
                    count.wrong.append(f"meanwhile: {watched} -> {whole()}")
                time.sleep(1e-2)
            count.wrong += settled(before)
    return count


def act(
    order: list[str], rows: dict[str, Operation], alone: dict[str, object], folder: Path, count: Count
) -> None:
    for name in order:
        try:
            if rows[name](folder) != alone[name]:
                count.wrong.append(f"{name}: another result than alone")
        except Exception as error:
            count.wrong.append(f"{name}: {error!r}")
        count.done[name] += 1


def whole() -> tuple[object, ...]:
    """What nobody may change even for a moment."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    umask = [line for line in lines if line.startswith("Umask")]
    return language(), tuple(np.geterr().items()), os.getcwd(), umask, sys.getswitchinterval()


def settled(before: HostState) -> list[str]:
    """What of the host is different; a thread that has ended may be there for a moment."""
    gc.collect()
    found: list[str] = []
    for _ in range(2000):
        if not (found := before.differences(HostState.now())):
            break
        time.sleep(1e-3)
    return found


@contextmanager
def often() -> Iterator[None]:
    """Let threads take turns very often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    count = attack(given.seed, lambda done: time.monotonic() < end)
    lines = [f"{number:7,} {name}" for name, number in sorted(count.done.items())]
    lines += [f"{count.done.total():7,} in all, {count.looks:,} looks meanwhile, {len(count.wrong)} wrong"]
    sys.stdout.write("\n".join([*lines, *count.wrong]) + "\n")
    return 1 if count.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
