"""What parameters are: their kinds, and how the text of an argument becomes a value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chainrule.errors import UsageError

if TYPE_CHECKING:
    Kind = click.ParamType[Any]
else:
    Kind = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])


class Whole(Kind):
    """A whole number from `least` on."""

    name = "whole"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(r"\+?[0-9]{1,18}", value.strip()) or int(value) < self.least:
            raise UsageError("cli.bad_whole", name=_name(param), found=repr(value), least=self.least)
        return int(value)


class Number(Kind):
    """A finite number from `least` on; `above`: least itself is too small. `below`: all must be less."""

    name = "number"

    def __init__(self, least: float, *, above: bool = False, below: float = math.inf) -> None:
        self.least, self.above, self.below = least, above, below

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if self.least <= number < self.below and not (self.above and number == self.least):
            return number
        start = f"{'>' if self.above else '>='} {self.least:g}"
        limits = start if math.isinf(self.below) else f"{start}, < {self.below:g}"
        raise UsageError("cli.bad_number", name=_name(param), found=repr(value), limits=limits)


def _name(param: click.Parameter | None) -> str:
    return param.opts[0] if isinstance(param, click.Option) else str(param and param.name).upper()


def argument(name: str, kind: Kind | None = None, **how: Any) -> Callable[[F], F]:
    """A value that is known by its place."""
    return click.argument(name, type=kind or click.STRING, **how)


def option(name: str, kind: Kind | None = None, metavar: str | None = None) -> Callable[[F], F]:
    """An option with a value; None where it is not given. A number's metavar is N or X."""
    shown = metavar or ("X" if isinstance(kind, Number) else "N")
    return click.option(name, type=kind or click.STRING, metavar=shown)


def flag(name: str) -> Callable[[F], F]:
    """An option without a value."""
    return click.option(name, is_flag=True)
