"""What is wrong, and the formula that is right."""

from __future__ import annotations

import pytest
from mistakes import MISTAKES, NETWORKS, Mistake

from chainrule.check.formula import check_formula
from chainrule.sentences import LANGUAGES


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_mistakes_are_explained_and_put_right(mistake: Mistake):
    asked = {"of": mistake.of, "network": NETWORKS[mistake.network], "layout": mistake.layout}
    told = set()
    for lang in LANGUAGES:
        report = check_formula(mistake.formula, lang=lang, **asked)
        first = report.diagnosis[0]
        assert first.code == mistake.code
        assert first.suggestion
        assert check_formula(first.suggestion, **asked).ok
        told.add(first.message)
    assert len(told) == len(LANGUAGES)
