"""What parameters are: their kinds, and how the text of an argument becomes a value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chainrule.catalog.registry import finite, unknown
from chainrule.errors import UsageError, reason, shown
from chainrule.files import read_regular
from chainrule.sentences import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Kind = click.ParamType[Any]
else:
    Kind = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])


MOST_BYTES = 16 << 20
"""Of a file of numbers."""
MOST = 10**18 - 1
MOST_DIGITS = 30
"""The largest whole number that can be given."""


class OneOf(Kind):
    """One of some names."""

    name = "one of"

    def __init__(self, kind: str, names: tuple[str, ...]) -> None:
        self.kind, self.names = kind, names

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.names:
            raise unknown(self.kind, value, list(self.names))
        return value


class Whole(Kind):
    """A whole number from `least` to `most`."""

    name = "whole"

    def __init__(self, least: int, most: int = MOST) -> None:
        self.least, self.most = least, most

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"\+?0*([0-9]+)", value.strip())
        large = found is not None and len(found[1]) > MOST_DIGITS  # more than Python makes a number of
        if found and not large and self.least <= int(found[1]) <= self.most:
            return int(found[1])
        key = "cli.too_large" if large or (found and int(found[1]) > self.most) else "cli.bad_whole"
        raise UsageError(key, name=_name(param), found=shown(value), least=self.least, most=self.most)


class Number(Kind):
    """A finite number from `least` on; `positive`: above 0. `below`: all must be less."""

    name = "number"

    def __init__(self, least: float = 0.0, *, positive: bool = False, below: float = math.inf) -> None:
        self.least, self.positive, self.below = least, positive, below

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = finite(value)
        if number is not None and self.least <= number < self.below and (number > 0 or not self.positive):
            return number
        key = "positive" if self.positive else "from" if math.isinf(self.below) else "between"
        limits = {"least": f"{self.least:g}", "below": f"{self.below:g}"}
        raise UsageError(f"cli.bad_number.{key}", name=_name(param), found=shown(value), **limits)


def _name(param: click.Parameter | None) -> str:
    return param.opts[0] if isinstance(param, click.Option) else say(f"cli.metavar.{param and param.name}")


def argument(name: str, kind: Kind | None = None, **how: Any) -> Callable[[F], F]:
    """A value that is known by its place."""
    return click.argument(name, type=kind or click.STRING, **how)


def option(name: str, kind: Kind | None = None, metavar: str | None = None) -> Callable[[F], F]:
    """An option with a value; None where it is not given. metavar: what stands for the value in help, by its
    sentence; None: what stands for a number."""
    shown = metavar or ("x" if isinstance(kind, Number) else "n")
    return click.option(name, type=kind or click.STRING, metavar=shown)


def flag(name: str) -> Callable[[F], F]:
    """An option without a value."""
    return click.option(name, is_flag=True)


def numbers(given: str, option: str) -> NDArray[np.float64]:
    """Numbers as (samples, outputs): separated by commas, samples by semicolons; or a file of them, in which
    a line is a sample. Raises UsageError."""
    import numpy as np

    try:
        is_file = Path(given).is_file()
    except OSError:  # longer than a file's name can be
        is_file = False
    try:
        content = read_regular(given, MOST_BYTES).decode("utf-8-sig") if is_file else given
    except OSError as error:
        raise UsageError("data.unreadable", path=given, reason=reason(error)) from error
    except UnicodeDecodeError as error:
        raise UsageError("cli.numbers.no_text", option=option, path=given) from error
    table = []
    content = re.sub(r"\r\n?|\n", ";", content.strip().rstrip(";"))
    for row, line in enumerate(content.split(";"), 1):
        for column, cell in enumerate(line.split(","), 1):
            if finite(cell) is None:
                place = {"option": option, "row": row, "column": column}
                raise UsageError("cli.numbers.not_number", found=shown(cell.strip()), **place)
        table.append([float(cell) for cell in line.split(",")])
        if len(table[-1]) != len(table[0]):
            counts = {"found": len(table[-1]), "expected": len(table[0])}
            raise UsageError("cli.numbers.ragged", option=option, row=row, **counts)
    return np.array(table)
