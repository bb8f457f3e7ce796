"""What run.json and a checkpoint may say, field by field: a run's folder may come from elsewhere, or be
damaged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeGuard

from chainrule.errors import UsageError, shown
from chainrule.recipe import Recipe
from chainrule.sentences import CATALOGUE
from chainrule.training.plan import Plan

STATES = ("running", "finished", "interrupted", "failed")
"""What a run can say of itself."""
DEEPEST = 32
"""Tables inside tables; a plan has five."""
LARGEST = 1 << 63

Holds = Callable[[Any], bool]


def checked(table: Any) -> dict[str, Any]:
    """The table of a run.json in which every value is of the kind that a run writes; its plan's network and
    recipe are checked by those who make them. Raises UsageError, which names the first that is not."""
    for name, value in _walk(table):
        if not _is_plain(value):
            raise _bad(name, value)
    for fields, prefix in ((TOP, ""), (OF_PLAN, "plan."), (RESULT, "result.")):
        part = table if not prefix else table[prefix[:-1]]
        if part is None and prefix == "result.":
            continue
        if not isinstance(part, dict):
            raise _bad(prefix[:-1] or "run.json", part)
        if prefix == "plan.":
            refuse_unknown(part, Plan, prefix)
            if isinstance(recipe := part.get("recipe"), dict):
                refuse_unknown(recipe, Recipe, "plan.recipe.")
        for name, holds in fields.items():
            if name not in part and name not in NEEDED:
                continue
            if not holds(value := part.get(name)):
                raise _bad(prefix + name, value)
    return dict(table)


def refuse_unknown(table: Mapping[str, Any], made: type, prefix: str) -> None:
    """Raises UsageError for a name that what is made of a table does not have."""
    known = {field.name for field in dataclasses.fields(made)}
    for name in table:
        if name not in known:
            raise UsageError("training.unknown_field", name=prefix + name)


def check_kept(counters: Any, history: Sequence[Any], steps: int) -> None:
    """Whether a checkpoint is of a place that a training with so many steps an epoch comes to. Raises
    ValueError, which names the first that is not."""
    for number, entry in enumerate(history, 1):
        _check_fields(entry, EPOCH, f"history[{number}]")
        if entry["epoch"] != number:
            raise ValueError(_bad(f"history[{number}].epoch", entry["epoch"]))
    _check_fields(counters, COUNTERS, "counters")
    for name, holds in (("epoch", counters["epoch"] == len(history)), ("step", counters["step"] < steps)):
        if not holds:
            raise ValueError(_bad(f"counters.{name}", counters[name]))


def _check_fields(table: Any, fields: Mapping[str, Holds], where: str) -> None:
    if not isinstance(table, dict):
        raise ValueError(_bad(where, table))
    for name, holds in fields.items():
        if (name in table or name not in LATER) and not holds(table.get(name)):
            raise ValueError(_bad(f"{where}.{name}", table.get(name)))


def is_number(value: object) -> bool:
    """Whether a value is a number that can be shown and compared with others."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST


def is_score(value: object) -> bool:
    """Whether a value is a result of any kind, which may be beyond all numbers, or is unknown."""
    return value is None or is_number(value) or isinstance(value, float)


def is_whole(value: object) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 0


def _bad(name: str, value: object) -> UsageError:
    return UsageError("training.bad_field", name=name, found=shown(value))


def _walk(table: Any) -> Iterator[tuple[str, Any]]:
    """All names and values that are no tables. Raises UsageError where tables lie too deep inside others."""
    left = [("", table, 0)]
    while left:
        name, value, depth = left.pop()
        if depth > DEEPEST:
            raise UsageError("json.deep")
        if isinstance(value, dict):
            yield from ((name, key) for key in value)
            left += [(f"{name}.{key}".lstrip("."), each, depth + 1) for key, each in value.items()]
        elif isinstance(value, list):
            left += [(name, each, depth + 1) for each in value]
        else:
            yield name, value


def _is_plain(value: object) -> bool:
    """Whether text may be a name of a file, and a number fits in 64 bits; any float is right somewhere."""
    if isinstance(value, str):
        return not any("\ud800" <= each < "\udc80" or "\udcff" < each <= "\udfff" for each in value)
    return not isinstance(value, int) or abs(value) < LARGEST


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def is_date(value: object) -> TypeGuard[str]:
    """Whether a value is a moment in ISO 8601."""
    try:
        datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _or_none(holds: Holds) -> Holds:
    return lambda value: value is None or holds(value)


def _is_amount(value: object) -> bool:
    return is_number(value) and value >= 0  # type: ignore[operator]


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_share(value: object) -> bool:
    return is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def _list_of(holds: Holds) -> Holds:
    return lambda value: isinstance(value, list) and all(map(holds, value))


def _is_finding(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(value.get(name), str) for name in ("code", "message", "suggestion")
    )


EPOCH: dict[str, Holds] = {
    "epoch": is_whole,
    "loss": lambda value: value is not None and is_score(value),
    "validation_loss": is_score,
    "validation_accuracy": _or_none(_is_share),
}
COUNTERS: dict[str, Holds] = {
    **dict.fromkeys(("epoch", "step", "parts"), is_whole),
    "looks": _list_of(lambda value: value is not None and is_score(value)),
    "converged": _is_bool,
}
LATER = {"parts", "converged"}
"""What not every checkpoint has."""
NEEDED = {"plan", "status", "result", "dataset", "interrupted"}
TOP: dict[str, Holds] = {
    "chainrule": _is_text,
    "command": _list_of(lambda value: isinstance(value, str)),
    "begun": is_date,
    "plan": lambda value: isinstance(value, dict),
    "engine": _is_text,
    "parts": _or_none(is_whole),
    "threads": _or_none(is_whole),
    "status": lambda value: value in STATES,
    "seconds": _is_amount,
    "findings": _list_of(_is_finding),
    "result": _or_none(lambda value: isinstance(value, dict)),
}
OF_PLAN: dict[str, Holds] = {
    "dataset": _is_text,
    "seed": is_whole,
    "engine": _is_text,
    "samples": _or_none(is_whole),
    "threads": _or_none(is_whole),
    **dict.fromkeys(("target", "task", "data_dir", "weights"), _or_none(_is_text)),
}
RESULT: dict[str, Holds] = {
    **dict.fromkeys(("dataset", "network", "optimizer", "engine", "run"), _is_text),
    "task": lambda value: isinstance(value, str) and f"cli.task.{value}" in CATALOGUE,
    **dict.fromkeys(("parameters", "batch_size", "seed", "epochs", "steps"), is_whole),
    "seconds": _is_amount,
    "lr": _or_none(_is_amount),
    "samples_per_second": is_score,
    "train_loss": is_score,
    "best_epoch": _or_none(is_whole),
    **dict.fromkeys(("stopped_early", "interrupted"), _is_bool),
    **dict.fromkeys(
        ("train_accuracy", "validation_accuracy", "test_accuracy", "test_error"), _or_none(_is_share)
    ),
    **dict.fromkeys(("test_mean_absolute_error", "test_r2"), is_score),
    "findings": _list_of(_is_finding),
}
