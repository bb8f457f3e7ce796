"""Text for a terminal of 80 columns, where a Chinese character takes two of them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from chainrule.errors import LONGEST_TEXT, shortened
from chainrule.printable import printable, printable_json, printable_lines
from chainrule.render.columns import cells, padded, wrapped

WIDTH = 80
NAMES = 24
"""Names longer than this stand on a line of their own."""
MOST_NAME = 200
"""Characters of a name, or of a cell of a table; of what is too long the middle is left out."""


def bounded(text: str, most: int = MOST_NAME) -> str:
    """A text as one entry of a list or table shows it: printable, on one line, and not too long."""
    return printable(shortened(text, most))


def paragraph(text: str) -> str:
    """The text as a paragraph of the terminal's width."""
    return "\n".join(wrapped(text, WIDTH))


def entries(
    items: Iterable[tuple[str, Sequence[str]]], indent: int = 2, style: Callable[[str], str] = str
) -> str:
    """Names, in a style, with what is said about each, in two columns; a paragraph starts a line."""
    items = [
        (bounded(name), [bounded(text, LONGEST_TEXT) for text in paragraphs]) for name, paragraphs in items
    ]
    short = [cells(name) for name, _ in items if cells(name) <= NAMES]
    column = indent + max(short, default=0) + 2
    lines = []
    for name, paragraphs in items:
        head = " " * indent + name
        said = [line for paragraph in paragraphs for line in wrapped(paragraph, WIDTH - column)]
        if cells(head) + 2 > column or not said:
            lines.append(style(head))
        else:
            lines.append(style(padded(head, column)) + said.pop(0))
        lines += [" " * column + line for line in said]
    return "\n".join(line.rstrip() for line in lines)


def grid(header: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table with aligned columns; the first `texts` stand left, the others, which are numbers, right."""
    table = [[*map(bounded, row)] for row in (header, *rows)]
    widths = [max(cells(row[i]) for row in table) for i in range(len(header))]
    lines = [
        "  ".join(
            padded(text, w, right=i >= texts) for i, (text, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(line.rstrip() for line in lines)


def show(text: str = "") -> None:
    """Print lines to stdout; whatever they are made of, they move no cursor."""
    sys.stdout.write(printable_lines(text) + "\n")


def remark(text: str) -> None:
    """Print lines to stderr; whatever they are made of, they move no cursor."""
    sys.stderr.write(printable_lines(text) + "\n")


def show_entries(title: str, items: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print entries under a title; with colours where stdout is a terminal."""
    if not sys.stdout.isatty():
        show(f"{title}\n\n{entries(items)}")
    else:
        named = entries(items, style=lambda name: click.style(name, fg="cyan", bold=True))
        sys.stdout.write(f"{click.style(bounded(title), bold=True)}\n\n{named}\n")


def show_grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of numbers; with rules where stdout is a terminal."""
    if not sys.stdout.isatty():
        show(grid(header, rows))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for place, name in enumerate(header):
        table.add_column(Text(bounded(name)), justify="right" if place else "left")
    for row in rows:
        table.add_row(*(Text(bounded(cell)) for cell in row))
    Console(highlight=False).print(table)


def show_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object, on one line; null stands for a number that is not finite."""
    sys.stdout.write(printable_json(_finite(value), allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
