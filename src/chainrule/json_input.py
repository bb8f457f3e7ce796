"""JSON that users write: finite numbers, each name once, and no deeper than what it is for."""

from __future__ import annotations

import json
import os
from typing import Any, NoReturn

from chainrule.errors import Sentence, UsageError, cause, shown
from chainrule.files import read_regular

MOST_BYTES = 64 << 20
"""Of a file of parameters."""


def json_file(path: str | os.PathLike[str]) -> Any:
    """What the JSON of a regular file holds. Raises UsageError as `json_value` does; OSError."""
    try:
        text = read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("json.no_text") from error
    return json_value(text)


def json_value(text: str) -> Any:
    """What JSON holds. Raises UsageError, as a part of a sentence, for what is none or has numbers that no
    computer computes with."""
    try:
        return loaded(text, parse_constant=_refuse_constant, object_pairs_hook=_table)
    except (ValueError, RecursionError) as error:
        said = cause(error)
        assert isinstance(said, Sentence)
        raise UsageError(said.key, **said.fields) from error


def loaded(text: str | bytes, **how: Any) -> Any:
    """What JSON, or its UTF-8, holds. how: for `json.loads`. Raises ValueError and RecursionError, whose
    `cause` is a sentence."""
    if isinstance(text, bytes):
        text = text.decode()
    try:
        return json.loads(text, **how)
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # from a whole number of thousands of digits
        raise ValueError(Sentence("json.long_number")) from error


def _refuse_constant(name: str) -> NoReturn:
    raise UsageError("json.not_finite", found=name)


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        if name in table:
            raise UsageError("json.twice", name=shown(name))
        table[name] = value
    return table
