"""How far a run or a download is, on stderr: a bar where that is a terminal, else now and then a line."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chainrule.cli.layout import remark
from chainrule.sentences import say

if TYPE_CHECKING:
    from chainrule.training.loop import Progress

LINES = 20
"""About how many lines a run says where there is no bar."""
FEW = 5000
"""So many entries are checked without a word."""


@contextmanager
def training(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """What is to be told how a run goes."""
    if quiet:
        yield lambda state: None
    elif sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _line


def _line(state: Progress) -> None:
    every = math.ceil(state.epochs / LINES)
    if state.step == state.steps and (state.epoch % every == 0 or state.epoch == state.epochs):
        place = say("cli.train.epoch", epoch=state.epoch, epochs=state.epochs)
        remark(f"{place}  {_described(state)}")


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=None),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("")

        def tell(state: Progress) -> None:
            place = say("cli.train.epoch", epoch=state.epoch, epochs=state.epochs)
            bar.update(
                task,
                total=state.epochs * state.steps,
                completed=(state.epoch - 1) * state.steps + state.step,
                description=f"{place}  {_described(state)}",
            )

        yield tell


def _described(state: Progress) -> str:
    parts = [] if state.loss is None else [f"J {state.loss:.4g}"]
    if state.validation_accuracy is not None:
        parts.append(say("cli.train.validated", accuracy=f"{100 * state.validation_accuracy:.2f} %"))
    parts.append(say("cli.train.speed", speed=f"{state.samples_per_second:,.0f}"))
    return "  ".join(parts)


def checking(entries: int) -> Callable[[int, int], None] | None:
    """What is to be told how a check of so many entries goes; nothing where it is over in no time."""
    if entries <= FEW:
        return None
    remark(say("cli.check.begun", entries=entries))
    return compared


def compared(done: int, total: int) -> None:
    """Say how many derivatives are compared, where stderr is a terminal."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write("\r" + say("cli.check.compared", done=done, total=total) + end)
        sys.stderr.flush()


def download(name: str, here: int, size: int | None) -> None:
    """Say how much of a file has come; called again and again."""
    whole = f" / {size / 1e6:.1f}" if size else ""
    if sys.stderr.isatty():
        end = "\n" if here == size else ""
        sys.stderr.write(f"\r{say('cli.download', name=name)} {here / 1e6:.1f}{whole} MB{end}")
        sys.stderr.flush()
    elif here == size:
        remark(f"{say('cli.download', name=name)} {here / 1e6:.1f} MB")
