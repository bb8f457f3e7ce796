"""Notations: how textbooks write the same network. One file each."""

from __future__ import annotations

from chainrule.catalog.registry import unknown
from chainrule.notation.han import HAN
from chainrule.notation.nielsen import NIELSEN
from chainrule.notation.notation import Notation
from chainrule.notation.testnet import TESTNET
from chainrule.notation.ufldl import UFLDL
from chainrule.notation.zhou import ZHOU

NOTATIONS = {notation.name: notation for notation in (NIELSEN, TESTNET, UFLDL, HAN, ZHOU)}


def find_notation(name: str) -> Notation:
    """The notation of that name. Raises UnknownNameError."""
    if name not in NOTATIONS:
        raise unknown("notation", name, list(NOTATIONS))
    return NOTATIONS[name]
