"""Right, wrong or unreadable, and what is printed."""

from __future__ import annotations

import os
import random
import string
import subprocess
import sys
from functools import partial

import pytest
from mistakes import MISTAKES, NETWORKS, Mistake, network
from right_formulas import RIGHT

import chainrule as cr
from chainrule.check.formula import check_formula
from chainrule.check.formula.draws import Draws
from chainrule.check.formula.python import parse, write
from chainrule.errors import FormulaError, UnknownNameError, UsageError
from counted import calls


@pytest.mark.parametrize(("name", "of", "layout", "formula"), RIGHT)
def test_right_formulas_in_many_forms(name, of, layout, formula):
    report = check_formula(formula, of=of, network=NETWORKS[name], layout=layout)
    assert (report.verdict, report.diagnosis) == ("correct", ())
    assert write(parse(formula)) == formula


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_mistakes_are_wrong(mistake: Mistake):
    report = check_formula(
        mistake.formula, of=mistake.of, network=NETWORKS[mistake.network], layout=mistake.layout
    )
    assert report.verdict == "wrong"


FEW = 100_000
"""Calls, for what is given up at once."""
UNREADABLE = {
    "__import__('os').system('true')": ("not_a_symbol", 11),
    "W1.__class__": ("not_a_symbol", 2),
    "delta2 @": ("ends_before_operand", 8),
    "delta2 @ ) a1": ("not_operand", 9),
    "(delta2 @ a1.T": ("ends_before_parenthesis", 14),
    "delta2 a1": ("not_operator", 7),
    "delta2 @ q.T": ("unknown_name", 9),
    "sinus(z1)": ("unknown_function", 0),
    "sigmoid(z1, z2)": ("operands", 0),
    "sum(delta2, 2)": ("axis", 0),
    "sum(delta2, a1)": ("axis", 0),
    "delta1": ("itself", 0),
    "dz1 * 1": ("itself", 0),
    "2 * dW1": ("later", 4),
    "(" * 41 + "x": ("too_deep", 40),
    "(" * 10**6: ("too_many", 300),
    "a1 +" + " " * 1000: ("too_long", 1000),
    "1 < x < 2": ("chained", 6),
    "1e999": ("infinite", 0),
    "": ("ends_before_operand", 0),
}


@pytest.mark.parametrize("formula", UNREADABLE, ids=lambda formula: formula[:20])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_cannot_be_read_is_told_with_its_place(formula, lang):
    reports = []
    ask = partial(check_formula, formula, of="delta1", network=NETWORKS["classes"], lang=lang)
    assert calls(lambda: reports.append(ask())) < FEW
    (report,) = reports
    assert (report.verdict, report.position) == ("unreadable", UNREADABLE[formula][1])
    (diagnosis,) = report.diagnosis
    assert (diagnosis.code, diagnosis.suggestion) == ("syntax", None)
    assert str(report.position + 1) in diagnosis.message
    assert report.to_dict()["position"] == report.position


def test_however_long_a_text_is_it_is_given_up_soon():
    def asked(length):
        return calls(lambda: check_formula("(" * length, of="delta1", network=NETWORKS["classes"]))

    asked(1000)
    assert asked(10**6) <= asked(1000) + 10


def test_fuzzed_text_is_never_more_than_unreadable_or_wrong():
    rng = random.Random(0)
    words = [
        "W1",
        "W2.T",
        "delta2",
        "a1",
        "x",
        "sum(",
        "outer(",
        "exp(",
        ")",
        "(",
        "@",
        "*",
        "**",
        "-",
        "/",
        ",",
        "9e9",
    ]
    draws_of = {"delta1": NETWORKS["classes"], "dW1": NETWORKS["decay"]}
    readable = 0
    for number in range(10_000):
        if number % 2:
            text = "".join(rng.choices(string.printable + "σδ∂，×", k=rng.randrange(40)))
        else:
            text = " ".join(rng.choices(words, k=rng.randrange(1, 12)))
        of = rng.choice(list(draws_of))
        try:
            tree = parse(text)
        except FormulaError as error:
            where = error.position
        else:
            where = None
        if where is not None:
            assert 0 <= where <= len(text)
            continue
        readable += 1
        if readable % 10 == 0:
            assert check_formula(text, of=of, network=draws_of[of]).verdict in (
                "wrong",
                "unreadable",
                "correct",
            )
        assert parse(write(tree)) is not None
    assert readable > 300


ASKING = """
import sys
from functools import partial
from counted import calls
from mistakes import NETWORKS
from chainrule.check.formula import check_formula
reports = []
ask = partial(check_formula, sys.argv[1], of="delta1", network=NETWORKS["classes"])
print(calls(lambda: reports.append(ask())), reports[0].verdict)
"""


@pytest.mark.parametrize(
    "formula",
    [
        "9 ** 9 ** 9 ** 9",
        "outer(outer(outer(x, x), x), outer(W1, W1))",
        "exp(exp(exp(exp(9 * a1))))",
        "a1 / (x - x)",
    ],
)
def test_monsters_are_answered_soon(formula):
    """In a process of its own, which can be ended: one operation on whole numbers may never be over, and
    within it no call is counted."""
    done = subprocess.run(
        [sys.executable, "-c", ASKING, formula],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    count, verdict = done.stdout.split()
    assert int(count) < 1_000_000
    assert verdict == "wrong"


def test_a_large_network_is_judged_with_a_small_one_in_its_place():
    net = network("784-300-300-10:sigmoid", "mean_squared_error", l2=1e-4)
    draws = Draws(net, "rows")
    assert draws.net.sizes == (11, 9, 9, 10)
    assert draws.stand_in.shape(draws.tables[0]["W1"]) == "300 x 784"
    assert draws.stand_in.shape(draws.tables[0]["z1"]) == "m x 300"
    assert cr.check_formula("2 / 10 * (a3 - y) * dsigmoid(z3)", of="delta3", network=cr.Network.of(net)).ok
    assert not cr.check_formula("(W2 @ delta2) * dsigmoid(z1)", of="delta1", network=net).ok
    largest = max(array.size for table in draws.tables for array in table.values())
    assert largest < 5_000  # as nothing of the large network is computed


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"of": "delta9"}, "catalog.unknown"),
        ({"of": "W1"}, "catalog.unknown"),
        ({"layout": "rwos"}, "catalog.unknown"),
        ({"formula": None}, "check_formula.no_text"),
    ],
)
def test_questions_that_make_no_sense(changed, key):
    asked = {"formula": "p - y", "of": "delta2", "network": "2-3-2", **changed}
    with pytest.raises((UnknownNameError, UsageError)) as caught:
        cr.check_formula(**asked)
    assert caught.value.key == key


def test_shared_weights_have_one_name_of_their_own():
    net = cr.Network(2, cr.Dense(2), cr.Dense(2, shared=1), cr.Dense(2))
    assert cr.check_formula("(W2.T @ delta2) * dsigmoid(z1)", of="delta1", network=net).ok
    assert cr.check_formula("delta1 @ x.T + delta2 @ a1.T", of="dW1", network=net).ok
    with pytest.raises(UnknownNameError):
        cr.check_formula("delta2 @ a1.T", of="dW2", network=net)
