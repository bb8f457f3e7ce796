r"""Formulas for single entries: `\sum_k w^3_{kj} \delta^3_k \sigma'(z^2_j)`, `sum_k(W2[k,j] * delta2[k])`."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from breaking import NETS
from entry_breaking import WRITINGS, BrokenEntry, broken, entries
from entry_mistakes import ENTRY_MISTAKES, EntryMistake
from mistakes import NETWORKS

from chainrule.check.formula import FormulaReport, check_formula
from chainrule.reading import read_network
from chainrule.sentences import LANGUAGES

RATE = 0.95
ALL = {**NETWORKS, "zhou": read_network("zhou").net, "large": read_network("784-300-10").net}


def ask(network: str, of: str, book: str | None, formula: str, lang: str = "en") -> FormulaReport:
    """book: a notation, None for the program's names in LaTeX; `python` or `rows`, the layout, for the other
    language."""
    python = book in ("python", "rows")
    return check_formula(
        formula,
        of=of,
        network=ALL[network],
        layout="rows" if book == "rows" else "column",
        latex=not python,
        notation=None if python else book,
        lang=lang,  # type: ignore[arg-type]  # every language there is
    )


@pytest.mark.parametrize("mistake", ENTRY_MISTAKES, ids=str)
def test_mistakes_are_explained_and_put_right(mistake: EntryMistake):
    asked = mistake.network, mistake.of, mistake.book
    told = set()
    for lang in LANGUAGES:
        report = ask(*asked, mistake.formula, lang)
        first = report.diagnosis[0]
        assert (report.verdict, first.code) == ("wrong", mistake.code)
        assert ask(*asked, str(first.suggestion)).ok
        told.add(first.message)
    assert len(told) == len(LANGUAGES)


def test_a_left_side_stays_what_is_asked_for():
    first = ask("square", "dW2", "nielsen", r"\frac{\partial C}{\partial w^3_{jk}} = a^2_j \delta^3_k")
    assert first.diagnosis[0].suggestion == r"a^{2}_{k} \delta^{3}_{j}"


def judge(case: BrokenEntry, formula: str) -> FormulaReport:
    writing = WRITINGS[case.writing]
    return check_formula(
        formula,
        of=case.of,
        network=NETS[case.net],
        latex=not writing.python,
        notation=writing.book,
        lang="en",
    )


def hits(cases: list[BrokenEntry]) -> float:
    """The part whose first explanation is right; the verdict and what is suggested must always be."""
    right = 0
    for case in cases:
        report = judge(case, case.formula)
        assert report.verdict == "wrong", case
        first = report.diagnosis[0]
        assert first.suggestion is None or judge(case, first.suggestion).ok, (case, first)
        right += first.code == case.code
    return right / len(cases)


def test_some_formulas_broken_once():
    assert hits(random.Random(0).sample(list(broken()), 60)) >= RATE


@pytest.mark.long
def test_many_formulas_broken_once():
    cases = list(broken())
    assert len(cases) > 700
    assert hits(random.Random(1).sample(cases, 300)) >= RATE


def test_what_is_broken_was_right():
    for net, writing, of, formula, _ in entries():
        assert judge(BrokenEntry(net, writing, of, formula, ""), formula).ok, (net, writing, of, formula)


RIGHT = (
    ("half", "delta1", "han", r"\delta_i = a_i (1 - a_i) \sum_{k \in outputs} w_{ki} \delta_k"),
    ("half", "delta1", "han", r"\delta_4 = a_4 (1 - a_4) (w_{84} \delta_8 + w_{94} \delta_9)"),
    ("half", "dW1", "han", r"\frac{\partial E_d}{\partial w_{ji}} = -\delta_j x_{ji}"),
    ("half", "dW1", "han", r"-\delta_j x_i"),
    ("square", "delta1", "han", r"a_i (1 - a_i) \sum_k w_{ki} \delta_k"),
    ("square", "delta2", "han", r"\delta_j = a_j (1 - a_j) \sum_k w_{kj} \delta_k"),
    ("zhou", "dW1", "zhou", r"-2 (y_{true} - y_{pred}) w_5 f'(sum_{o_1}) x_1 f'(sum_{h_1})"),
    (
        "zhou",
        "dW1",
        "zhou",
        r"\frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial y_{pred}}"
        r" \frac{\partial y_{pred}}{\partial h_1} \frac{\partial h_1}{\partial w_1}",
    ),
    (
        "half",
        "delta2",
        "nielsen",
        r"\delta^3_j = \frac{\partial C}{\partial z^3_j} = (a^3_j - y_j) \sigma'(z^3_j)",
    ),
    ("half", "dW2", "nielsen", r"\frac{1}{m} \sum_x a^{x,2}_k \delta^{x,3}_j"),
    ("large", "delta1", "nielsen", r"\sum_{k=1}^{10} w^3_{kj} \delta^3_k \sigma'(z^2_j)"),
    (
        "classes",
        "delta2",
        None,
        r"\sum_k \frac{\partial J}{\partial a^{(2)}_k} p_k (\mathbb{1}(k = j) - p_j)",
    ),
    ("half", "dW1", "rows", "dW1[j,k] = sum_i(delta1[i,j] * x[i,k])"),
    ("half", "db1", "rows", "sum_i(delta1[i,j])"),
    ("half", "dW2", "python", "dW2[0,1] = delta2[0] * a1[1]"),
)


@pytest.mark.parametrize(("network", "of", "book", "formula"), RIGHT)
def test_right_formulas(network, of, book, formula):
    assert ask(network, of, book, formula).verdict == "correct"


UNREADABLE = (
    ("classes", "delta1", "han", r"\delta_j", 0, "itself"),
    ("classes", "delta1", "nielsen", r"\delta^2_j", 0, "itself"),
    ("half", "delta2", "han", r"\delta_8 = 2 \delta_8", 13, "itself"),
    ("half", "delta1", "nielsen", r"\delta^3_j = \sum_k w^3_{kj} \delta^3_k", 0, "asked for"),
    ("half", "dW1", "python", "delta1[j] * x", 12, "as in x[j]"),
    ("half", "dW1", "python", "dW1[j] = delta1[j] * x[j]", 0, "as in dW1[j,k]"),
    ("half", "dW1", "python", "dW1[9,0] = delta1[9] * x[0]", 4, "from 0 to 3"),
    ("half", "dW1", "nielsen", r"\frac{\partial C}{\partial w^2_{91}} = \delta^2_9 a^1_1", 0, "from 1 to 4"),
    ("half", "delta1", "ufldl", r"a^{(2)} W^{(2)}_{ji}", 0, "as in a^{(2)}_{j}"),
    ("half", "delta1", "nielsen", r"\delta_j", 0, r"\delta^{3} does"),
    ("half", "delta1", "ufldl", r"2 W^{(5)}", 2, "there is W^{(5)}, which"),
    ("half", "dW1", "python", "delta1[j] @ x[k]", 10, "whole arrays"),
    ("half", "dW1", "python", "delta1[jk] * x", 7, "index"),
    ("half", "dW1", "python", "delta1[j * x", 9, "bracket"),
    ("half", "db1", "python", "sum_k(delta1[j])", 0, "runs"),
    ("large", "delta1", "nielsen", r"\sum_{k=1}^{300} w^3_{kj} \delta^3_k \sigma'(z^2_j)", 0, "ends at 300"),
)


@pytest.mark.parametrize(("network", "of", "book", "formula", "position", "told"), UNREADABLE)
def test_what_cannot_be_read_is_told_with_its_place(network, of, book, formula, position, told):
    report = ask(network, of, book, formula)
    assert (report.verdict, report.position) == ("unreadable", position)
    assert told in report.diagnosis[0].message
    assert ask(network, of, book, formula, "zh").diagnosis[0].message != report.diagnosis[0].message


def explained(ask: Callable[..., FormulaReport], *asked: str) -> str:
    return ask(*asked).diagnosis[0].message


def test_indices_that_do_not_fit_are_named():
    told = explained(ask, "large", "delta1", "nielsen", r"\sum_k w^3_{jk} \delta^3_k \sigma'(z^2_j)")
    assert (
        r"The index k counts different numbers of units in w^{3}_{jk} (300) and in \delta^{3}_{k} (10)."
        in told
    )
    told = explained(ask, "half", "delta1", "python", "exp(W2[k,j]) * y[k] * a1[j] ** 3")
    assert told == "The formula depends on k, which is neither summed over nor an index of delta1."


def test_where_nothing_fits_the_first_factor_that_is_absent_is_named():
    report = ask("half", "delta1", "nielsen", r"\exp(z^2_j) + (a^2_j)^3")
    assert (report.diagnosis[0].code, report.diagnosis[0].suggestion) == ("unknown", None)
    assert r"\sum_k w^{3}_{kj} \delta^{3}_{k}" in report.diagnosis[0].message
