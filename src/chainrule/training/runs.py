"""Runs that lie in folders: what each was, how it went, and what tells several apart."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chainrule.errors import ChainruleError, Sentence, UsageError, reason
from chainrule.folders import Folder
from chainrule.recipe import Recipe
from chainrule.training.differences import differing, flat
from chainrule.training.folder import HISTORY, PLAN, UNREADABLE, last_line, read_run, table_in
from chainrule.training.lock import LOCK, is_busy
from chainrule.training.plan import Plan
from chainrule.training.record import is_date, is_number, is_score, is_whole

RESULTS = (
    "epochs", "seconds", "train_loss", "validation_accuracy", "validation_loss", "test_accuracy",
    "test_mean_absolute_error", "test_r2",
)  # fmt: skip
"""What is known of how a run went, by the names of its result and of its history."""


@dataclass(frozen=True)
class Summary:
    """A run in short.

    state: finished, interrupted, failed, running; killed, where it was running and no process is there; or
    damaged, with the problem. begun: in UTC, ISO 8601. settings: what was asked for otherwise than by
    default. results: by RESULTS; of a run without a result, as its last epoch was.
    """

    run: str
    state: str
    begun: str
    problem: str | None = None
    dataset: str | None = None
    network: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    results: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; None for a result that there is not."""
        table = asdict(self)
        results = table.pop("results")
        return {**table, **dict.fromkeys(RESULTS), **results}


ORDERS: dict[str, tuple[Callable[[Summary], Any], bool]] = {
    "newest": (lambda run: run.begun, True),
    "name": (lambda run: _by_number(run.run), False),
    "epochs": (lambda run: run.results.get("epochs"), True),
    "validation": (lambda run: run.results.get("validation_accuracy"), True),
    "test": (lambda run: run.results.get("test_accuracy", run.results.get("test_r2")), True),
    "seconds": (lambda run: run.results.get("seconds"), False),
}
"""How runs can be sorted: by what, and whether the most comes first."""


def _by_number(name: str) -> list[tuple[int, str]]:
    """What names are sorted by so that 10 comes after 9: the text between numbers, and they with as many
    digits as they have."""
    parts = re.split(r"([0-9]+)", name)
    digits = (part.lstrip("0") if place % 2 else part for place, part in enumerate(parts))
    return [(len(part) if place % 2 else 0, part) for place, part in enumerate(digits)]


def summaries(folder: Path) -> list[Summary]:
    """The run in a folder, or those in the folders inside it. Raises UsageError where there is no such
    folder."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError("runs.no_folder", folder=folder, reason=reason(error)) from error
    return [summary(path) for path in ([folder] if is_run(folder) else filter(is_run, inside))]


def is_run(folder: Path) -> bool:
    """Whether a run was begun there, whatever is left of it."""
    return any(os.path.lexists(folder / name) for name in (PLAN, HISTORY, LOCK))


def ordered(found: Sequence[Summary], order: str) -> list[Summary]:
    """Runs in one of ORDERS; those without a value come last."""
    key, most_first = ORDERS[order]
    known = [run for run in found if key(run) is not None]
    return sorted(known, key=key, reverse=most_first) + [run for run in found if key(run) is None]


def summary(folder: Path) -> Summary:
    """The run of a folder in short; one that cannot be read is called damaged."""
    try:
        at = Folder(folder)
    except OSError as error:
        unread = UsageError("training.no_run", folder=folder, reason=reason(error))
        return Summary(str(folder), "damaged", _changed(folder), str(unread))
    begun = _begun(folder)
    try:
        plan, status, result = read_run(folder)
        known = {**_last_epoch(at), **(result or {})}
    except ChainruleError as problem:
        return Summary(str(folder), "damaged", begun, str(problem))
    return Summary(
        str(folder),
        "killed" if status == "running" and not is_busy(at) else status,
        begun,
        None,
        Path(plan.dataset).name,
        str(plan.network),
        asked_for(plan),
        {name: known[name] for name in RESULTS if is_number(known.get(name))},
    )


def asked_for(plan: Plan) -> dict[str, object]:
    """The settings of a plan that are not those of a plan that names none."""
    usual = {**Recipe().to_dict(), "seed": 0, "samples": None}
    given = {**plan.recipe.to_dict(), "seed": plan.seed, "samples": plan.samples}
    return {n: v for n, v in given.items() if v != usual[n]} | dict(plan.network.penalties)


def comparison(plans: Iterable[Plan]) -> dict[str, list[object]]:
    """The settings that are not the same in all plans, each with its values in their order."""
    tables = [_settings(plan) for plan in plans]
    return {name: [table.get(name) for table in tables] for name in differing(*tables)}


def _settings(plan: Plan) -> dict[str, object]:
    """All settings of a plan; the network's sizes and activations as one text."""
    table = plan.to_dict()
    recipe, network = table.pop("recipe"), flat(table.pop("network"))
    rest = {n: v for n, v in network.items() if not re.fullmatch(r"inputs|layers.*\.(units|activation)", n)}
    return {**table, "network": str(plan.network), **recipe, **{n: v for n, v in rest.items() if n != "seed"}}


def _last_epoch(folder: Folder) -> dict[str, Any]:
    """What the history's last line says, by the names of a result; one that was cut short is left out. Raises
    UsageError where the history cannot be read."""
    path = folder.path / HISTORY
    try:
        last = last_line(folder, HISTORY)
        if last and not (is_whole(last["epoch"]) and all(map(is_score, last.values()))):
            raise ValueError(HISTORY)
        return {**last, "epochs": last["epoch"]} if last else {}
    except FileNotFoundError:  # of a run that was begun just now
        return {}
    except OSError as error:
        raise UsageError("training.bad_history", path=path, reason=reason(error)) from error
    except UNREADABLE as error:
        raise UsageError("training.bad_history", path=path, reason=Sentence("training.no_epoch")) from error


def _begun(folder: Path) -> str:
    """When a run was begun; where it does not say so, when its folder was last changed."""
    try:
        begun = table_in(folder)["begun"]
    except UNREADABLE:
        begun = None
    return begun if is_date(begun) else _changed(folder)


def _changed(folder: Path) -> str:
    try:
        changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):  # of a disk that keeps any number, also a year 30 000
        changed = datetime.fromtimestamp(0, UTC)
    return changed.isoformat(timespec="seconds")
