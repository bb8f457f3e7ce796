"""Many formulas: right ones in random forms, and right ones broken in one or two places."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from breaking import NETS, Broken, doubles, formulas, singles
from mistakes import NETWORKS
from rewriting import rewritten
from right_formulas import RIGHT

from chainrule.check.formula import check_formula

SINGLES, DOUBLES = list(singles()), list(doubles())
SINGLE_RATE, DOUBLE_RATE = 0.99, 0.95


def hits(cases: Sequence[Broken]) -> float:
    """The part of broken formulas whose first explanation is right; the verdict must always be."""
    right = 0
    for case in cases:
        report = check_formula(case.formula, of=case.of, network=NETS[case.net], layout=case.layout)
        assert report.verdict == "wrong", case
        right += report.diagnosis[0].code in case.codes
        suggestion = report.diagnosis[0].suggestion
        assert (
            suggestion is None
            or check_formula(suggestion, of=case.of, network=NETS[case.net], layout=case.layout).ok
        ), (case, suggestion)
    return right / len(cases)


def test_some_formulas_broken_once():
    assert hits(random.Random(0).sample(SINGLES, 150)) >= SINGLE_RATE


def test_some_formulas_broken_twice():
    assert hits(random.Random(0).sample(DOUBLES, 60)) >= DOUBLE_RATE


@pytest.mark.long
def test_all_formulas_broken_once():
    assert len(SINGLES) > 1000
    assert hits(SINGLES) >= SINGLE_RATE


@pytest.mark.long
def test_formulas_broken_twice():
    assert hits(random.Random(0).sample(DOUBLES, 500)) >= DOUBLE_RATE


def test_what_is_broken_was_right():
    for each in formulas():
        report = check_formula(each.text(), of=each.of, network=NETS[each.net], layout=each.layout)
        assert report.ok, each.text()


@pytest.mark.parametrize("seed", range(5))
def test_right_formulas_in_random_forms_are_no_false_alarms(seed):
    rng = random.Random(seed)
    for name, of, layout, formula in RIGHT:
        text = rewritten(formula, rng)
        report = check_formula(text, of=of, network=NETWORKS[name], layout=layout)
        assert report.ok, (text, formula, report.diagnosis)
