"""Notations: how textbooks write the same network. One file each."""

from __future__ import annotations

from chainrule.catalog.registry import unknown
from chainrule.notation.nielsen import NIELSEN
from chainrule.notation.notation import Notation

NOTATIONS = {notation.name: notation for notation in (NIELSEN,)}


def find_notation(name: str) -> Notation:
    """The notation of that name. Raises UnknownNameError."""
    if name not in NOTATIONS:
        raise unknown("notation", name, list(NOTATIONS))
    return NOTATIONS[name]
