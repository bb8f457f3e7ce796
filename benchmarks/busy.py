"""Time of a training step beside busy processes: the native engine on one thread and on several, in turns.

    python benchmarks/busy.py [--networks 784-300-10,784-30-10] [--batch 64] [--threads 2] [--seconds 8]
    python benchmarks/render.py

They run beside 0, n and 2n busy processes, n being the number of cores. Those do nothing but
arithmetic, from before the first turn that counts until after the last one. All share the same cores: nobody
is bound to some of them. In the same turns a step that is not cut into parts runs on one thread.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.bench.contenders import EVERY, ONE, WHOLE
from chainrule.bench.machine import occasion
from chainrule.bench.race import Race, Spread, race
from chainrule.bench.words import duration
from chainrule.bench.work import Work
from chainrule.engines.choice import cores
from chainrule.sentences import choose_language

RESULTS = Path(__file__).parents[1] / "docs" / "busy.json"
NETWORKS = "784-300-10,784-30-10,784-800-800-10"
RATIOS = {"several": (EVERY, ONE), "cut": (ONE, WHOLE)}
"""What is compared: several threads with one; on one thread, a step cut into parts with one that is not."""
LOOP = """
import os
parent = os.getppid()
while os.getppid() == parent:
    total = 0
    for i in range(200_000):
        total += i * i % 7
"""
"""What keeps a processor busy, until the process that wanted it is gone."""


@dataclass(frozen=True)
class Row:
    """Figures of a race beside `busy` processes.

    seconds: of a step, by contender. cpu: those of all processors together, as far as they were told. ratios:
    RATIOS of turns in the same round, where both took part.
    """

    busy: int
    race: Race

    @property
    def seconds(self) -> dict[str, Spread]:
        return {name: self.race.seconds(name) for name in self.race.results}

    @property
    def cpu(self) -> dict[str, Spread]:
        return {name: Spread.of(result.cpu) for name, result in self.race.results.items() if result.cpu}

    @property
    def ratios(self) -> dict[str, Spread]:
        return {
            key: self.race.ratio(a, b)
            for key, (a, b) in RATIOS.items()
            if a in self.race.results and b in self.race.results
        }

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Row:
        return cls(given["busy"], Race.from_dict(given["race"]))


@contextmanager
def busy(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run so many busy processes inside a with block."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(subprocess.Popen([sys.executable, "-S", "-c", LOOP]))
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def lines(row: Row) -> Iterator[str]:
    """Tell people what a race said."""
    yield f"beside {row.busy} busy processes:"
    for name, spread in row.seconds.items():
        middle = duration(spread.low, spread.high)
        used = f", {duration(row.cpu[name].median)} of processors" if name in row.cpu else ""
        yield f"  {name:20} {duration(spread.median):>8} a step ({middle}){used}"
    for key, spread in row.ratios.items():
        a, b = RATIOS[key]
        turns = len(row.race.results[a].turns)
        middle = f"{spread.low:.2f} to {spread.high:.2f}"
        yield f"  {a} / {b}: {spread.median:.2f} ({middle}, the middle half of {turns} turns)"
    for name, why in row.race.skipped.items():
        yield f"  {name}: {why}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", default=NETWORKS, help="with commas between")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=min(2, len(cores())))
    parser.add_argument("--seconds", type=float, default=8.0, help="of measuring, for each network and load")
    parser.add_argument("--rounds", type=int, default=9, help="at least, however long they take")
    parser.add_argument("--turn", type=float, default=0.3, help="seconds of a turn")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    count = len(cores())
    results: dict[str, Any] = {
        "command": shlex.join(["python", "benchmarks/busy.py", *sys.argv[1:]]),
        **occasion(),
        "rows": [],
    }
    for network in args.networks.split(","):
        work = Work(network, args.batch, threads=args.threads)
        print(f"{network}, batch {args.batch}, {args.threads} threads")
        for beside in (0, count, 2 * count):
            found = race(
                [ONE, EVERY, WHOLE],
                work,
                seconds=args.seconds,
                turn=args.turn,
                bound=False,
                fewest=args.rounds,
                beside=busy(beside),
            )
            results["rows"].append({"busy": beside, "race": found.to_dict()})
            print("\n".join(lines(Row(beside, found))), flush=True)
            args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    choose_language("en")
    main()
