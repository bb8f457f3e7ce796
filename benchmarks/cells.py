"""Time of a training step beside scikit-learn, PyTorch and JAX: 36 cells of networks, batches and settings.

    python benchmarks/cells.py [--full] [--only "784-300-10 batch 64"] [--seconds 10] [--rounds 5]
    CHAINRULE_WITHOUT=avx512 python benchmarks/cells.py
    python benchmarks/cells.py --only "784-300-10 batch 64" --update
    python benchmarks/render.py

Needs the extra `peers`; who is not installed takes no part. Beside `auto` stand what it chooses among: the
native engine on one thread and on all, and NumPy. How a cell is measured: `chainrule.bench`.

--full: every network with every batch and setting, 288 cells. --update: the results file stays as it is but
for the cells that are measured now; each of them tells when that was. Without --out, results go to
docs/benchmarks.KIND.json, by the kind of processor; CHAINRULE_WITHOUT makes another kind of it. `render.py`
makes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chainrule.bench.contenders import AUTO, EVERY, NUMPY, ONE, PEERS, PRODUCTS
from chainrule.bench.machine import kind, occasion
from chainrule.bench.race import race
from chainrule.bench.report import regret
from chainrule.bench.words import duration
from chainrule.bench.work import Work
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines.choice import cores
from chainrule.errors import ChainruleError
from chainrule.files import write_atomically
from chainrule.sentences import choose_language

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = "benchmarks.{kind}.json"
BATCHES = (1, 10, 32, 64, 128, 512)
ACTIVATIONS = {"s": "sigmoid", "r": "relu"}
UPDATES = {"g": "sgd", "a": "adam"}
CELLS = {  # activation, optimizer, threads: each network and each batch meets every pair of settings
    "784-300-10": "ra1 sg1 ra1 sg2 rg2 sa2",
    "784-30-10": "rg1 sa1 rg1 sa2 ra2 sg2",
    "784-800-800-10": "sa2 rg2 sa2 rg1 sg1 ra1",
    "64-32-10": "rg2 sa2 rg2 sa1 ra1 sg1",
    "2-3-2": "sg2 ra2 sg2 ra1 sa1 rg1",
    "2-2-1": "sa1 rg1 sa1 rg2 sg2 ra2",
}

PEAK = ((784, 300, 10), (784, 800, 800, 10))
"""Networks whose share of the machine's peak is asked for, from a batch of 64 on."""


def works(*, full: bool) -> Iterator[Work]:
    """Yield what is measured, one cell after the other."""
    settings = ["".join(each) for each in itertools.product(ACTIVATIONS, UPDATES, "12")]
    for network, row in CELLS.items():
        for batch, chosen in zip(BATCHES, row.split(), strict=True):
            for activation, update, threads in settings if full else [chosen]:
                first, *hidden, last = network.split("-")
                layers = [f"{units}:{ACTIVATIONS[activation]}" for units in hidden]
                yield Work("-".join([first, *layers, last]), batch, UPDATES[update], int(threads))


def label(work: Work) -> str:
    """Name a cell: 784-300-10 batch 64 sigmoid sgd threads 2."""
    sizes = "-".join(map(str, work.net.sizes))
    activation = work.net.layers[0].activation
    return f"{sizes} batch {work.batch} {activation} {work.optimizer} threads {work.threads}"


def contenders(work: Work) -> list[str]:
    """Choose who takes part: where the share of the peak is asked for, also the products that reach it."""
    natives = [ONE, EVERY] if work.threads > 1 else [ONE]
    products = list(PRODUCTS) if work.net.sizes in PEAK and work.batch >= 64 else []
    return [AUTO, *natives, NUMPY, *PEERS, *products]


def unable(work: Work) -> str | None:
    """Tell why a cell cannot be measured at all, before anybody prepares for it."""
    if work.threads > len(cores()):
        return f"there are {len(cores())} cores"
    try:
        OPTIMIZERS.choose(work.optimizer)
    except ChainruleError as error:
        return str(error)
    return None


class OtherMachineError(Exception):
    """Results of two machines, which are never mixed; `str` of it names what differs."""


def updated(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Put cells that were measured anew in the place of the old ones, and keep all others.

    Both are contents of results files. Each cell of `new` tells from then on when it was measured: `measured`
    has its command, when it began and the load then. A cell in which `auto` took no part now stays as it was.
    Raises OtherMachineError where the machine is not the same.
    """
    one, other = old["machine"], new["machine"]
    if differ := [key for key in dict.fromkeys([*one, *other]) if one.get(key) != other.get(key)]:
        raise OtherMachineError(", ".join(differ))
    measured = {key: new[key] for key in ("command", "begun", "load") if key in new}
    cells = {_name(cell): cell for cell in old["cells"]}
    cells |= {
        name: {**cell, "measured": measured}
        for name, cell in zip(map(_name, new["cells"]), new["cells"], strict=True)
        if AUTO in cell["results"] or name not in cells
    }
    skipped = {_name(each): each for each in [*old["skipped"], *new["skipped"]]}
    left = [each for name, each in skipped.items() if name not in cells]
    return {**old, "cells": list(cells.values()), "skipped": left}


def _name(cell: Mapping[str, Any]) -> str:
    return label(Work(**cell["work"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="288 cells")
    parser.add_argument("--only", default="", help="cells whose name has this text")
    parser.add_argument("--update", action="store_true", help="keep all other cells of the results file")
    parser.add_argument("--seconds", type=float, default=10.0, help="of measuring, for each cell")
    parser.add_argument("--rounds", type=int, default=5, help="at least, however long they take")
    parser.add_argument("--out", type=Path, help="instead of docs/benchmarks.KIND.json")
    args = parser.parse_args()
    out = args.out or DOCS / RESULTS.format(kind=kind())
    chosen = [work for work in works(full=args.full) if args.only in label(work)]
    if not chosen:
        parser.error(f"no cell has {args.only!r} in its name")
    results: dict[str, Any] = {
        "command": shlex.join(["python", "benchmarks/cells.py", *sys.argv[1:]]),
        **occasion(),
        "cells": [],
        "skipped": [],
    }
    old: dict[str, Any] | None = None
    if args.update:
        try:
            old = json.loads(out.read_text(encoding="utf-8"))
            updated(old, results)
        except FileNotFoundError:
            parser.error(f"there is no {out} to update; measure all cells first")
        except OtherMachineError as error:
            parser.error(f"{out} is of another machine, which differs in {error}")
    for work in chosen:
        if why := unable(work):
            results["skipped"].append({"work": asdict(work), "why": why})
            print(f"{label(work)}: skipped, as {why}")
            continue
        cell = race(contenders(work), work, seconds=args.seconds, fewest=args.rounds)
        results["cells"].append(cell.to_dict())
        times = [f"{name} {duration(cell.seconds(name).median)}" for name in cell.results]
        lost = regret(cell)
        behind = f"; regret {lost.median:.2f}" if lost else ""
        missing = "".join(f"; {name}: {why}" for name, why in cell.skipped.items())
        print(f"{label(work)}: {', '.join(times)}{behind}{missing}", flush=True)
        content = updated(old, results) if old else results
        write_atomically(out, json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    choose_language("en")
    main()
