"""Tables of rows, found by name; a near name is suggested for an unknown one."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Generic, Protocol, TypeVar, get_type_hints

from chainrule.errors import Nearest, Sentence, UnknownNameError, UsageError, listed, shown


class Row(Protocol):
    """What every row has: a name, and the function whose keyword-only arguments are its settings."""

    @property
    def name(self) -> str: ...
    @property
    def function(self) -> Callable[..., Any]: ...


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Range:
    """The finite numbers that a setting may be: `least` and `most` may be reached, `above` and `below` not.

    A bound is a number, or the name of another setting of the same row. It is declared by the annotation of
    the row's keyword-only argument.
    """

    least: float | None = None
    above: float | None = None
    below: float | str | None = None
    most: float | None = None

    def text(self, name: str) -> str:
        """The range of the setting `name`, such as `0 <= momentum < 1`; empty where any number is right."""
        bounds = [
            "" if self.least is None else f"{self.least} <= ",
            "" if self.above is None else f"{self.above} < ",
            name,
            "" if self.below is None else f" < {self.below}",
            "" if self.most is None else f" <= {self.most}",
        ]
        return "".join(bounds) if any(bounds[:2] + bounds[3:]) else ""

    def holds(self, value: float, settings: Mapping[str, float]) -> bool:
        """Whether the value is right beside these settings of the row."""
        below = settings[self.below] if isinstance(self.below, str) else self.below
        return (
            (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (below is None or value < below)
            and (self.most is None or value <= self.most)
        )


Real = Annotated[float, Range()]
"""A setting that may be any finite number."""
Positive = Annotated[float, Range(above=0)]


class Catalogue(Generic[R]):
    """Rows by name, in the order in which they were added."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._rows: dict[str, R] = {}

    def add(self, row: R) -> R:
        self._rows[row.name] = row
        return row

    def remove(self, name: str) -> None:
        del self._rows[name]

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def names(self) -> list[str]:
        return list(self._rows)

    def __getitem__(self, name: str) -> R:
        """The row. Raises UnknownNameError, with the nearest name and all of them."""
        if name not in self._rows:
            raise unknown(self.kind, name, self.names())
        return self._rows[name]

    def choose(self, text: str) -> tuple[R, dict[str, float]]:
        """The row and the settings that `name` or `name:setting=number,...` asks for.

        Raises UnknownNameError for a name or setting that does not exist, UsageError for what is no text and
        for a value that is no finite number or out of its range.
        """
        if not isinstance(text, str):
            raise UsageError(
                "catalog.not_text", kind=_word(self.kind), example=self.names()[0], found=shown(text)
            )
        name, _, rest = text.partition(":")
        row = self[name.strip()]
        defaults = settings_of(row)
        settings = {}
        if rest.strip() and not defaults:
            raise UnknownNameError("catalog.no_settings", name=row.name, found=shown(rest))
        for part in filter(str.strip, rest.split(",")):
            key, _, value = (piece.strip() for piece in part.partition("="))
            if key not in defaults:
                raise unknown("setting", key, defaults)
            if (number := finite(value)) is None:
                raise UsageError("catalog.not_a_number", name=key, found=shown(value))
            settings[key] = number
        if settings:
            _check_ranges(row, {**defaults, **settings})
        return row, settings


def unknown(
    kind: str,
    name: object,
    names: Iterable[str],
    table: str = "",
    error: type[UnknownNameError] = UnknownNameError,
) -> UnknownNameError:
    """The error for a name that is not among `names`, and stands in the table of that name."""
    names = list(names)
    return error(
        "catalog.unknown",
        kind=_word(kind),
        name=shown(f"{table}.{name}" if table else name),
        hint=Nearest(name, names),
        names=listed(names),
    )


def settings_of(row: Row) -> dict[str, float]:
    """The settings of a row with their defaults."""
    return dict(_settings_of(row.function))


@lru_cache
def _settings_of(function: Callable[..., Any]) -> tuple[tuple[str, float], ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple((p.name, p.default) for p in parameters if p.kind is p.KEYWORD_ONLY)


def ranges_of(row: Row) -> dict[str, Range]:
    """The settings of a row whose range is declared, with that range."""
    names = settings_of(row)
    hints = get_type_hints(row.function, include_extras=True) if names else {}
    declared = {name: getattr(hints.get(name), "__metadata__", ()) for name in names}
    return {
        name: entry for name, entries in declared.items() for entry in entries if isinstance(entry, Range)
    }


def _check_ranges(row: Row, settings: Mapping[str, float]) -> None:
    for name, valid in ranges_of(row).items():
        if not valid.holds(settings[name], settings):
            of = [name, *([valid.below] if isinstance(valid.below, str) else [])]
            found = ", ".join(f"{key} = {settings[key]:g}" for key in of)
            raise UsageError("catalog.out_of_range", range=valid.text(name), found=found)


def _word(kind: str) -> Sentence:
    return Sentence(f"catalog.kind.{kind}")


def finite(text: str) -> float | None:
    """The finite number that a text says; None where it says none. 1_000 and digits of other scripts, which
    Python takes, are none."""
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
