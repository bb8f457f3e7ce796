"""Programs with planted mistakes are explained, and right ones are not blamed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from planted import PLANTED, RIGHT, Planted

from chainrule.check.function import FunctionReport, check_values
from chainrule.check.function.file import arguments_for, load_function
from chainrule.sentences import Language, speaking

PROGRAMS = Path(__file__).parent / "programs"


@cache
def checked(planted: Planted, lang: Language = "en", seed: int = 0) -> FunctionReport:
    options = dict(zip(planted.options[::2], planted.options[1::2], strict=True))
    with speaking(lang):
        found = load_function(f"{PROGRAMS / planted.program}.py:{planted.target}")
        values = arguments_for(found, None, options.get("--shape"), None, seed)
        return check_values(found.function, values, gradient=found.gradient, seed=seed)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: p.program)
def test_a_planted_mistake_is_found_and_explained(planted: Planted) -> None:
    report = checked(planted)
    assert report.verdict == "wrong"
    first = report.diagnosis[0]
    assert first.code == planted.code
    assert planted.said in first.message
    for name in planted.wrong:
        assert re.search(rf"\bd?{name}\b", first.message)


@pytest.mark.parametrize("planted", RIGHT, ids=lambda p: p.program)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_program_is_not_blamed(planted: Planted, seed: int) -> None:
    report = checked(planted, seed=seed)
    assert report.verdict == "correct", report
    assert report.diagnosis == ()
    assert report.parameters
    assert all(p.ok and p.checked for p in report.parameters.values())
    assert planted.said in " ".join(report.notes)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: p.program)
def test_it_is_said_in_chinese_too(planted: Planted) -> None:
    report = checked(planted, "zh")
    assert [each.code for each in report.diagnosis] == [each.code for each in checked(planted).diagnosis]
    assert all(any("\u4e00" <= c <= "\u9fff" for c in each.message) for each in report.diagnosis)


def test_every_program_is_in_the_table() -> None:
    assert sorted(p.program for p in (*PLANTED, *RIGHT)) == sorted(p.stem for p in PROGRAMS.glob("*.py"))
    assert len(PLANTED) >= 20
    assert len(RIGHT) >= 10
