"""Formulas of normalised layers: what is right in many forms, and the paths that are forgotten most often."""

from __future__ import annotations

import pytest

from chainrule.check.formula import check_formula
from chainrule.derivation.derive import derive
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS

BATCH, LAYER = (
    NetworkDefinition(2, (Dense(3, "tanh", norm=norm), Dense(4, "sigmoid"), Dense(2)))
    for norm in ("batch", "layer")
)
RIGHT = [
    (BATCH, "column", "delta1", "gamma1 / s1 * (du1 - samples(du1) / m - zhat1 * samples(du1 * zhat1) / m)"),
    (BATCH, "rows", "delta1", "gamma1 / s1 * (du1 - du1.mean(0) - zhat1 * sum(du1 * zhat1, 0) / m)"),
    (
        BATCH,
        "column",
        "delta1",
        "gamma1[j]/s1[j]*(du1[j]-samples(du1[j])/m-zhat1[j]*samples(du1[j]*zhat1[j])/m)",
    ),
    (BATCH, "column", "du1", "(W2.T @ delta2) * (1 - a1**2)"),
    (BATCH, "column", "delta3", "p - y"),
    (BATCH, "rows", "delta3", "(p - y) / m"),
    (BATCH, "column", "dW1", "delta1 @ x.T"),
    (BATCH, "column", "dW1", "samples(delta1 @ x.T) / m"),
    (BATCH, "rows", "dW1", "delta1.T @ x"),
    (BATCH, "column", "dgamma1", "du1 * zhat1"),
    (BATCH, "rows", "dgamma1", "sum(du1 * zhat1, 0)"),
    (BATCH, "rows", "db1", "sum(delta1, 0)"),
    (BATCH, "rows", "db1", "0 * b1"),
    (
        LAYER,
        "column",
        "delta1",
        "(gamma1 * du1 - mean(gamma1 * du1) - zhat1 * mean(gamma1 * du1 * zhat1)) / s1",
    ),
]


@pytest.mark.parametrize(("net", "layout", "of", "formula"), RIGHT)
def test_right_formulas(net, layout, of, formula):
    assert check_formula(formula, of=of, network=net, layout=layout).ok


@pytest.mark.parametrize("notation", NOTATIONS)
def test_printed_formulas_are_right(notation):
    """Those of the derivation, in index and in matrix form."""
    asked = 0
    for formula in derive(BATCH, notation=notation).formulas():
        tex = formula.steps[-1].tex
        if r"\sum" in tex and r"\gamma" in tex and formula.label == "BP2" and not formula.place.anchor:
            assert check_formula(tex, of="delta1", network=BATCH, notation=notation).ok, tex
            asked += 1
    assert asked == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("net", "layout", "notation", "formula", "told"),
    [
        (BATCH, "column", None, "gamma1 * du1 / s1", "two paths"),
        (BATCH, "rows", None, "gamma1 * (du1 - du1.mean(0)) / s1", "the deviation is missing"),
        (
            BATCH,
            "column",
            "nielsen",
            r"\gamma^2 \odot \frac{\partial C}{\partial u^2} \oslash s^2",
            "two paths",
        ),
        (
            BATCH,
            "column",
            "han",
            r"-\frac{\gamma_j}{s^{(1)}_j} \frac{\partial E_d}{\partial u_j}",
            "two paths",
        ),
        (
            LAYER,
            "rows",
            None,
            "(gamma1*du1 - zhat1*mean(gamma1*du1*zhat1, 1, keepdims=True)) / s1",
            "the mean is",
        ),
    ],
)
def test_forgotten_paths_are_told(net, layout, notation, formula, told, lang):
    how = {"of": "delta1", "network": net, "notation": notation, "lang": lang}
    report = check_formula(formula, layout=layout, **how)
    (diagnosis,) = report.diagnosis
    assert (report.verdict, diagnosis.code) == ("wrong", "missing_paths")
    assert (told in diagnosis.message) == (lang == "en")
    assert check_formula(diagnosis.suggestion, layout=layout, **how).ok
