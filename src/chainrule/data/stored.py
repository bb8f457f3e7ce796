"""What a model file says of the data that its model learned from: nothing of it is taken on trust."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chainrule.data.dataset import Column, Info
from chainrule.data.labels import KINDS, Kind
from chainrule.data.samples import expected_width
from chainrule.errors import unfit

SHA256 = re.compile(r"[0-9a-f]{64}")


def info_of_table(table: object, inputs: int) -> Info:
    """The description of a data set in a model file, for a network of that many inputs.

    Raises ValueError or LookupError for one that no data set has.
    """
    if not isinstance(table, Mapping):
        raise unfit("info")
    fields = {"name", "classes", "columns", "targets", "image", "ink_share", "digest", "labels"}
    if more := table.keys() - fields:
        raise unfit(f"info.{sorted(map(str, more))[0]}")
    info = Info(
        name=_text("name", table["name"]),
        classes=_optional("classes", table.get("classes"), _texts),
        columns=_columns(table["columns"]),
        targets=_texts("targets", table.get("targets", [])),
        image=_optional("image", table.get("image"), _image),
        ink_share=_optional("ink_share", table.get("ink_share"), _share),
        digest=_optional("digest", table.get("digest"), _digest),
        labels=_optional("labels", table.get("labels"), _kind),
    )
    if len(info.values) != len(info.classes or ()):
        raise unfit("info.labels")
    if info.image is not None and info.columns:
        raise unfit("info.image")
    if expected_width(info) not in (None, inputs):
        raise unfit("info.columns" if info.columns else "info.image")
    return info


def history_of_list(entries: object) -> tuple[dict[str, Any], ...]:
    """What a model file tells of each epoch: numbers and texts by name. Raises ValueError."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise unfit("history")
    if not all(_is_plain(value) for entry in entries for value in entry.values()):
        raise unfit("history")
    return tuple(entries)


def _is_plain(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return -(2**63) <= value < 2**63
    return value is None or isinstance(value, (bool, float, str))


def _optional(name: str, value: Any, read: Any) -> Any:
    return None if value is None else read(name, value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise unfit(f"info.{name}")
    return value


def _texts(name: str, values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise unfit(f"info.{name}")
    return tuple(_text(name, value) for value in values)


def _columns(values: object) -> tuple[Column, ...]:
    if not isinstance(values, list) or not all(isinstance(v, list) and len(v) == 2 for v in values):
        raise unfit("info.columns")
    columns = tuple(
        Column(_text("columns", name), _optional("columns", known, _texts)) for name, known in values
    )
    if any(column.categories == () for column in columns):
        raise unfit("info.columns")
    return columns


def _image(name: str, sides: Any) -> tuple[int, int]:
    if not isinstance(sides, list) or [type(side) for side in sides] != [int, int] or min(sides) < 1:
        raise unfit(f"info.{name}")
    return sides[0], sides[1]


def _share(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= 1:
        raise unfit(f"info.{name}")
    return float(value)


def _kind(name: str, value: Any) -> Kind:
    if value not in KINDS:
        raise unfit(f"info.{name}")
    kind: Kind = value
    return kind


def _digest(name: str, value: Any) -> str:
    if not SHA256.fullmatch(_text(name, value)):
        raise unfit(f"info.{name}")
    return str(value)
