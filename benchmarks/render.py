"""docs/benchmarks.md, made of the results of cells.py.

python benchmarks/render.py [RESULTS.json [PAGE.md]]
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cells import RESULTS, label

from chainrule.bench.contenders import AUTO, PEERS
from chainrule.bench.race import Race
from chainrule.bench.report import share_of_peak
from chainrule.bench.words import duration, plain
from chainrule.bench.work import Work
from chainrule.sentences import choose_language

TORCH = ["pytorch", "pytorch-compiled"]
RIVALS = {"best peer": list(PEERS), "JAX": ["jax"], "PyTorch": TORCH, "scikit-learn": ["scikit-learn"]}
"""What a ratio is taken to: the fastest of these in each cell."""
SLOWER = 1.05
"""A cell is slower where it takes this many times as long, and the middle half of its pairs says so too."""
AGREE = 1e-3
"""How far apart, relatively, the lengths of equal paths may end in float32."""


def times(cell: Race, rival: str) -> float | None:
    """How many times as long the fastest of these peers takes: a ratio of medians."""
    peer = cell.fastest(RIVALS[rival])
    return cell.seconds(peer).median / cell.seconds(AUTO).median if peer else None


def page(results: dict[str, Any]) -> str:
    """The whole document."""
    everyone = [Race.from_dict(cell) for cell in results["cells"]]
    cells = [cell for cell in everyone if AUTO in cell.results]
    parts = [
        _head(results),
        _means(cells),
        _each(cells),
        _peak(cells),
        _method(cells),
        _gaps(results, everyone),
    ]
    return "\n\n".join(paragraph for part in parts for paragraph in part) + "\n"


def _head(results: dict[str, Any]) -> list[str]:
    machine = results["machine"]
    commands = ["pip install 'chainrule[peers]'", results["command"], "python benchmarks/render.py"]
    return [
        "# Benchmarks",
        "Made by `benchmarks/render.py` of [benchmarks.json](benchmarks.json), which holds every turn. To "
        "measure again:",
        "\n".join(["```", *commands, "```"]),
        f"Machine: {machine['processor']}, {machine['cores']} cores, {', '.join(machine['instructions'])}; "
        f"{machine['system']}; Python {machine['python']}. Begun {results['begun']}, the machine's load then "
        f"{results['load']:.2f}.",
    ]


def _means(cells: Sequence[Race]) -> list[str]:
    rows = []
    for rival in RIVALS:
        found = [ratio for cell in cells if (ratio := times(cell, rival)) is not None]
        if found:
            mean = math.exp(math.fsum(map(math.log, found)) / len(found))
            rows.append([rival, f"**{plain(mean)}**", plain(min(found)), plain(max(found)), str(len(found))])
    return [
        "## The same work",
        "How many times as long a peer takes for a step as `chainrule` with `engine=auto`: ratios of "
        "medians, and their geometric mean over the cells. *Best peer* is the fastest of all in each cell.",
        _table(["", "geometric mean", "least", "most", "cells"], rows),
    ]


def _each(cells: Sequence[Race]) -> list[str]:
    rows, slower = [], []
    for cell in cells:
        work, own = cell.work, cell.seconds(AUTO)
        ratios = {rival: times(cell, rival) for rival in RIVALS}
        best = cell.fastest(list(PEERS))
        spread = ""
        if best:
            pairs, ratio = cell.ratio(best, AUTO), ratios["best peer"]
            spread = f"{plain(pairs.low)} - {plain(pairs.high)}"
            if ratio < 1 / SLOWER and pairs.high < 1:
                slower.append(f"{label(work)}, {plain(1 / ratio)} times as long as {best}")
        settings = [label(work).split()[0], work.batch, work.net.layers[0].activation, work.optimizer]
        measured = [work.threads, duration(own.median), duration(own.low, own.high)]
        shown = ["" if ratio is None else plain(ratio) for ratio in ratios.values()]
        rows.append([*map(str, [*settings, *measured]), *shown, spread])
    names = ["network", "batch", "activation", "optimizer", "threads", "a step", "middle half"]
    return [
        "Each cell, with the ratio to each peer. The first *middle half* is that of the turns, the second "
        "that of the ratio to the best peer, turn by turn:",
        _table([*names, *RIVALS, "middle half"], rows),
        "Slower than the best peer by more than 5 % and by more than the cell's own spread: "
        f"{'; '.join(slower) or 'none'}.",
    ]


def _peak(cells: Sequence[Race]) -> list[str]:
    rows = []
    for cell in cells:
        share = share_of_peak(cell, AUTO)
        if share is not None:
            speed = cell.work.flops / cell.seconds(AUTO).median / 1e9
            rows.append([label(cell.work), f"{100 * share:.0f} %", plain(speed)])
    if not rows:
        return []
    return [
        "## Share of the machine's peak",
        "Useful floating-point operations a second, two for each multiply-add of a step's matrix products, "
        "over those of the fastest product of two large matrices that any installed library reaches, in the "
        "same rounds:",
        _table(["cell", "share", "GFLOP/s"], rows),
    ]


def _method(cells: Sequence[Race]) -> list[str]:
    about = {name: result.about for cell in cells for name, result in cell.results.items()}
    return [
        "## How it is measured",
        *METHOD,
        _agreement(cells),
        _table(["contender", "version"], about.items()),
    ]


def _gaps(results: dict[str, Any], cells: Sequence[Race]) -> list[str]:
    why: dict[str, list[str]] = {}
    for each in results["skipped"]:
        why.setdefault(each["why"], []).append(label(Work(**each["work"])))
    for cell in cells:
        for name, skipped in cell.skipped.items():
            why.setdefault(f"{name}: {skipped}", []).append(label(cell.work))
    if not why:
        return []
    lines = [f"- {reason} ({len(names)}): {'; '.join(names)}" for reason, names in why.items()]
    return ["Not measured:", "\n".join(lines)]


METHOD = [
    "Every contender is a process of its own, which prepares once and then does turns of at least 0.15 s on "
    "demand. The turns go round, forwards and backwards, so that a slow moment of the machine falls on all. "
    "Cores and threads are bound from outside: by the environment, and on Linux by the cores that a process "
    "may use.",
    "The work is the same for all: float32 samples in memory (20,000, or 128 MB of them), shuffled anew for "
    "each epoch, drawn by index in full mini-batches; forward, backward and update. chainrule runs in the "
    "training loop that users have, which looks at J now and then and sees that all stays finite. PyTorch is "
    "written twice, with its own optimizers and with the whole step compiled at once, and the better one "
    "counts; JAX runs up to an epoch in one `jit(scan)`, with donated parameters; scikit-learn's "
    "`MLPClassifier` shuffles by itself, and makes one output of two.",
]


def _agreement(cells: Sequence[Race]) -> str:
    """Whether those who start from the same parameters and draw the same batches also went the same way."""
    apart = []
    for cell in cells:
        own = cell.results[AUTO]
        for name, result in cell.results.items():
            if name == "scikit-learn" or result.moved is None or result.checked != own.checked:
                continue
            if abs(result.moved / own.moved - 1) > AGREE:
                apart.append(f"{name} in {label(cell.work)}")
    return (
        "All but scikit-learn start from the same parameters and draw the same batches, so that after the "
        "first steps their parameters must be equally far from where they began; different by more than "
        f"{100 * AGREE:g} %: {'; '.join(apart) or 'none'}."
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    choose_language("en")
    given = [Path(name) for name in sys.argv[1:]]
    source = given[0] if given else RESULTS
    target = given[1] if len(given) > 1 else source.with_suffix(".md")
    target.write_text(page(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
