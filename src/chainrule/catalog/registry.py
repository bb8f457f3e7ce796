"""Tables of rows, found by name; a near name is suggested for an unknown one."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from chainrule.errors import Sentence, UnknownNameError, UsageError


class Row(Protocol):
    """What every row has: a name, and the function whose keyword-only arguments are its settings."""

    @property
    def name(self) -> str: ...
    @property
    def function(self) -> Callable[..., Any]: ...


R = TypeVar("R", bound=Row)


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

        Raises UnknownNameError for a name or setting that does not exist, UsageError for a value that is
        no finite number.
        """
        name, _, rest = text.partition(":")
        row = self[name.strip()]
        allowed = settings_of(row)
        settings = {}
        for part in filter(str.strip, rest.split(",")):
            key, _, value = (piece.strip() for piece in part.partition("="))
            if key not in allowed:
                raise unknown("setting", key, list(allowed))
            settings[key] = _number(key, value)
        return row, settings


def unknown(kind: str, name: str, names: list[str]) -> UnknownNameError:
    """The error for a name that is not among `names`."""
    lowered = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name[:100].lower(), lowered, 1, 0.5)
    return UnknownNameError(
        "catalog.unknown",
        kind=Sentence(f"catalog.kind.{kind}"),
        name=_short(name),
        hint=Sentence("catalog.near", name=lowered[near[0]]) if near else "",
        names=", ".join(names) or Sentence("catalog.none"),
    )


def settings_of(row: Row) -> dict[str, float | None]:
    """The settings of a row with their defaults; None for one that must be given."""
    parameters = inspect.signature(row.function).parameters.values()
    return {
        p.name: None if p.default is p.empty else p.default for p in parameters if p.kind is p.KEYWORD_ONLY
    }


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError("catalog.not_a_number", name=name, found=_short(text))
    return value


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
