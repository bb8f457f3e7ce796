"""What a user waits for and pays: an epoch of MNIST with every engine and with the network of objects, the
memory that it takes, and the time until a training of the embedded digits shows its first progress.

    CHAINRULE_DATA=FOLDER python benchmarks/training.py [--rounds 5] [--out FILE]
    python benchmarks/render.py

Every figure is of `chainrule train` in a process of its own; engines take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from chainrule.bench.contenders import OBJECTS
from chainrule.bench.machine import occasion
from chainrule.bench.race import race
from chainrule.bench.words import duration
from chainrule.bench.work import Work
from chainrule.data import load
from chainrule.engines import ENGINES
from chainrule.engines.choice import cores

RESULTS = Path(__file__).parents[1] / "docs" / "training.json"
TRAIN = [sys.executable, "-m", "chainrule", "train"]
MNIST = ["mnist", "784-300-10", "--optimizer", "sgd", "--batch-size", "64", "--validation", "0"]
IMPORTS = (
    "import chainrule.cli.train, chainrule.training.run, chainrule.data.mnist\n"
    "from chainrule.engines.native.compile import this_machine\nthis_machine()"
)
"""What is there before there is any data."""


def epochs(engine: str, count: int) -> list[float]:
    """Seconds of each epoch of a training."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        told = ["--engine", engine, "--epochs", f"{count}", "--out", f"{out}", "--quiet"]
        subprocess.run([*TRAIN, *MNIST, *told], check=True, capture_output=True)
        lines = (out / "history.jsonl").read_text(encoding="utf-8").splitlines()
    ends = [0.0, *(json.loads(line)["seconds"] for line in lines)]
    return [after - before for before, after in pairwise(ends)]


def peak_memory(command: list[str]) -> int:
    """Bytes that a process holds at most."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = [sys.executable, "-c", code, *command]
    done = subprocess.run(told, check=True, capture_output=True, text=True)
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


def first_progress(cold: bool) -> float:
    """Seconds until `chainrule train digits` shows an epoch on a terminal. cold: nothing is in any cache of
    Python's or the project's, as after an installation."""
    with tempfile.TemporaryDirectory() as folder:
        place = {"XDG_CACHE_HOME": folder, "PYTHONPYCACHEPREFIX": folder} if cold else {}
        environment = {**os.environ, "CHAINRULE_LANG": "en", "TERM": "xterm", "COLUMNS": "100", **place}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # writing it is part of a first start
        ours, theirs = pty.openpty()
        begun = time.perf_counter()
        command = [*TRAIN, "digits", "--out", f"{folder}/run"]
        process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment)
        os.close(theirs)
        seen = b""
        while b"epoch" not in seen:
            seen += os.read(ours, 4096)
        seconds = time.perf_counter() - begun
        try:
            while os.read(ours, 4096):
                pass
        except OSError:  # Linux's way to say that it is over
            pass
        os.close(ours)
        process.wait()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    results: dict[str, Any] = {**occasion(), "threads": len(cores()), "epoch": {}}
    found: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    for _ in range(args.rounds):
        for engine, seconds in found.items():
            seconds += epochs(engine, 4)[1:]  # the first one compiles
    for engine, seconds in found.items():
        results["epoch"][engine] = seconds
        print(f"an epoch, {engine}: {duration(statistics.median(seconds))}")
    data = load("mnist")
    objects = race([OBJECTS], Work("784-300-10", 1), seconds=10).seconds(OBJECTS)
    results["epoch"]["objects"] = [objects.median * len(data.train)]
    print(f"an epoch, objects: {duration(objects.median * len(data.train))}, from some samples")
    parts = [part for part in (data.train, data.test) if part]
    with tempfile.TemporaryDirectory() as folder:
        training = peak_memory([*TRAIN, *MNIST, "--epochs", "2", "--out", f"{folder}/run"])
    results["memory"] = {
        "training": training,
        "imports": peak_memory([sys.executable, "-c", IMPORTS]),
        "data": sum(part.x.nbytes + part.y.nbytes for part in parts),
    }
    for name, size in results["memory"].items():
        print(f"memory, {name}: {size / 1e6:.0f} MB")
    results["first progress"] = {
        "warm": [first_progress(cold=False) for _ in range(args.rounds + 1)][1:],
        "cold": [first_progress(cold=True) for _ in range(args.rounds)],
    }
    for name, seconds in results["first progress"].items():
        each = ", ".join(f"{start:.2f}" for start in seconds)
        print(f"first progress, {name}: {duration(statistics.median(seconds))}; each start: {each} s")
    args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
