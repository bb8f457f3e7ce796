"""What tells two tables of settings apart, setting by setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chainrule.errors import UsageError
from chainrule.sentences import say


def flat(table: Mapping[str, Any]) -> dict[str, object]:
    """A nested table as one by paths: `layers[1].units`, `penalties.l2`."""
    values: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            values |= {f"{name}.{path}": each for path, each in flat(value).items()}
        elif isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value):
            values |= flat({f"{name}[{number}]": each for number, each in enumerate(value, 1)})
        else:
            values[name] = value
    return values


def differing(*tables: Mapping[str, object]) -> list[str]:
    """The names whose values are not the same in all flat tables; what a table lacks counts as None."""
    names = dict.fromkeys(name for table in tables for name in table)
    return [name for name in names if any(table.get(name) != tables[0].get(name) for table in tables)]


def listed(table: Mapping[str, object], names: Iterable[str]) -> str:
    """`units = 3, lr = 0.1`."""
    values = ((name, table.get(name)) for name in names)
    return ", ".join(f"{name} = {say('cli.train.not_given') if v is None else v}" for name, v in values)


def other_machine(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names, as `flat` has them, of what tells two kinds of machine apart; what only one of them knows
    tells nothing."""
    ours, theirs = flat(now), flat(before)
    return [name for name in ours if name in theirs and not _alike(name, theirs[name], ours[name])]


def _alike(name: str, one: object, other: object) -> bool:
    if name == "kernels" and isinstance(one, list) and isinstance(other, list) and one and other:
        # a library that is loaded at one time and not at the other brings kernels of its own
        return all(each in other for each in one) or all(each in one for each in other)
    return one == other


def refuse_changes(path: Path, found: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Raises UsageError where a file of a run says something else than the run was begun with."""
    ours, theirs = flat(found), flat(kept)
    if names := differing(ours, theirs):
        raise UsageError("training.changed", path=path, found=listed(ours, names), kept=listed(theirs, names))
