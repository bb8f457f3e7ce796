"""Notations and languages in which the documents of a network are written; most of them in long tests."""

from __future__ import annotations

import pytest

SHORT = (("nielsen", "en"), ("zhou", "zh"))
LONG = (("testnet", "zh"), ("ufldl", "en"), ("han", "zh"), ("zhou", "en"))
in_some_notations = pytest.mark.parametrize(
    ("notation", "lang"), [*SHORT, *(pytest.param(*each, marks=pytest.mark.long) for each in LONG)]
)
