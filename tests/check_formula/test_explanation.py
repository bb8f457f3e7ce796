"""What is wrong, and the formula that is right."""

from __future__ import annotations

import pytest
from mistakes import MISTAKES, NETWORKS, Mistake, network

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


def explained(formula: str, of: str, name: str = "classes", layout: str = "column"):
    """The first explanation."""
    report = check_formula(formula, of=of, network=NETWORKS[name], layout=layout, lang="en")
    assert report.verdict == "wrong"
    return report.diagnosis[0]


def test_where_nothing_fits_the_first_factor_that_is_absent_is_named():
    first = explained("y * log(p)", "delta1", "half")
    assert first.code == "shape"
    first = explained("exp(z1) + a1 ** 3", "delta1")
    assert (first.code, first.suggestion) == ("unknown", None)
    assert "W2.T @ delta2" in first.message
    assert "delta1" in explained("exp(W1) ** 3", "dW1").message


def test_shapes_are_told_with_what_would_fit():
    first = explained("(W2 @ delta2) ** 3 + exp(a1)", "delta1")
    assert (first.code, first.suggestion) == ("shape", None)
    assert "W2 (2 x 3) and delta2 (2 x 1)" in first.message
    assert "W2.T @ delta2" in first.message
    assert explained("exp(x)", "delta1").message == "The formula gives a 2 x 1 array, but delta1 is 3 x 1."


def test_true_sizes_are_told_of_large_networks():
    told = check_formula("W2 @ delta2", of="delta1", network=network("784-300-10"), lang="en").diagnosis[0]
    assert "W2 (10 x 300) and delta2 (10 x 1)" in told.message


def test_two_mistakes_are_both_explained():
    report = check_formula(
        "(W2 @ delta2) * z1 * (1 - z1)", of="delta1", network=NETWORKS["classes"], lang="en"
    )
    assert {each.code for each in report.diagnosis} == {"transpose", "wrong_argument"}
    assert "Two things are wrong." in report.diagnosis[0].message
    assert report.diagnosis[0].suggestion == "(W2.T @ delta2) * a1 * (1 - a1)"


def test_any_number_is_found():
    first = explained("2.5 * p - 2.5 * y", "delta2")
    assert first.code == "scale"
    assert check_formula(str(first.suggestion), of="delta2", network=NETWORKS["classes"]).ok


def test_the_author_s_form_is_kept():
    assert explained("( y-p )", "delta2").suggestion == "p - y"
    assert explained("W2.T@(p-y)", "delta1").suggestion == "(W2.T @ (p - y)) * dsigmoid(z1)"
