"""`chainrule bench`: how fast this machine trains, with the engines here and with other software."""

from __future__ import annotations

import json as json_text
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.bench.words import duration, plain, title
from chainrule.cli.app import command
from chainrule.cli.layout import paragraph, remark, show, show_entries, show_grid, show_json
from chainrule.cli.values import Number, Whole, flag, option
from chainrule.errors import UsageError
from chainrule.extras import need
from chainrule.files import write_atomically
from chainrule.render.columns import cells, padded
from chainrule.sentences import say

FORMS = ("svg", "png", "json")
BAR = 40
"""Columns of the longest bar."""
COLUMNS = ("step", "spread", "sample", "objects", "engine", "peak")


@command
@option("--network", metavar="network")
@option("--batch", Whole(1))
@option("--threads", Whole(1))
@option("--seconds", Number(positive=True))
@option("--out", metavar="file")
@flag("--json")
def bench(
    network: str | None,
    batch: int | None,
    threads: int | None,
    seconds: float | None,
    out: str | None,
    json: bool,
) -> None:
    from chainrule.bench.contenders import OBJECTS, OWN, PEERS, PRODUCTS
    from chainrule.bench.picture import picture
    from chainrule.bench.race import race
    from chainrule.bench.report import report
    from chainrule.bench.work import Work
    from chainrule.engines.choice import cores

    form = Path(out).suffix.lower().removeprefix(".") if out else ""
    if out and form not in FORMS:
        raise UsageError("bench.form", path=out, names=", ".join(f".{each}" for each in FORMS))
    if form == "png":
        need("matplotlib", "extras.png")
    most = len(cores())
    if threads and threads > most:
        raise UsageError("bench.threads", found=threads, most=most)
    work = Work(network or "784-300-10", batch or 64, threads=threads or most)
    seconds = 20.0 if seconds is None else seconds
    with _progress(seconds) as tell:
        found = report(race([OBJECTS, *OWN, *PEERS, *PRODUCTS], work, seconds=seconds, tell=tell))
    if out:
        content = json_text.dumps(found, indent=1) + "\n" if form == "json" else picture(found, form)
        write_atomically(out, content)
        remark(say("cli.written", path=out))
    if json:
        show_json(found)
    else:
        _show(found)


@contextmanager
def _progress(seconds: float) -> Iterator[Callable[[str], None]]:
    """What is to be told how far the race is: a line on stderr that changes where that is a terminal."""
    if not sys.stderr.isatty():
        remark(say("bench.begun", seconds=seconds))
        yield lambda sentence: None
        return

    def tell(sentence: str) -> None:
        sys.stderr.write(f"\r\x1b[K{sentence}")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        tell("")


def _show(found: Mapping[str, Any]) -> None:
    from chainrule.bench.peers import SIDE

    machine, rows = found["machine"], found["contenders"]
    abilities = ", ".join(machine["instructions"]) or "?"
    show(paragraph(say("bench.machine", **{**machine, "instructions": abilities})))
    show(paragraph(say("bench.work", **found)) + "\n")
    table = [
        (
            title(row["name"]),
            duration(row["seconds_per_step"]),
            duration(row["low"], row["high"]),
            duration(row["seconds_per_sample"]),
            _times(row["times_objects"]),
            _times(row["times_engine"]),
            "" if row["share_of_peak"] is None else f"{100 * row['share_of_peak']:.2g} %",
        )
        for row in rows
    ]
    show_grid(["", *(say(f"bench.column.{name}") for name in COLUMNS)], table)
    show("\n" + paragraph(say("bench.columns", side=SIDE)))
    show("\n" + say("bench.bars"))
    show(_bars([(title(row["name"]), row["samples_per_second"]) for row in rows]) + "\n")
    products = [(title(row["name"]), f"{row['gflops']:,.0f}") for row in found["products"]]
    show_grid([say("bench.products"), "GFLOP/s"], products)
    show()
    about = [(title(row["name"]), [row["about"]]) for row in [*rows, *found["products"]]]
    skipped = [(title(row["name"]), [row["why"]]) for row in found["skipped"]]
    show_entries(say("bench.versions"), dict(about + skipped).items())


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{plain(ratio)}×"


def _bars(speeds: Sequence[tuple[str, float]]) -> str:
    """Bars on a logarithmic scale, in which ten times as fast is always the same length more."""
    names = max((cells(name) for name, _ in speeds), default=0)
    logs = [math.log10(speed) for _, speed in speeds]
    least, most = min(logs, default=0.0) - 0.5, max(logs, default=0.0)
    lines = []
    for (name, speed), log in zip(speeds, logs, strict=True):
        bar = "█" * round(BAR * (log - least) / (most - least))
        lines.append(f"{padded(name, names)}  {bar} {plain(speed)}")
    return "\n".join(lines)
