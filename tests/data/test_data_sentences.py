"""The data room says nothing that no test has heard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chainrule.data
from chainrule.sentences import CATALOGUE, model, system
from chainrule.sentences.data import SENTENCES

HERE = Path(__file__)
CODE = "".join(path.read_text("utf-8") for path in Path(chainrule.data.__file__).parent.glob("*.py"))
TESTS = "".join(path.read_text("utf-8") for path in HERE.parent.glob("*.py") if path != HERE)
# Reasons inside `data.no_mirror`, which tests know by their words.
REASONS = {
    *("no_host", "connection", "http_status", "http_range", "https_only"),
    *("checksum", "longer", "slow", "cut_short"),
}


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_is_said_and_tested(key: str) -> None:
    assert f'"{key}"' in CODE
    assert f'"{key}"' in TESTS or key.removeprefix("data.") in REASONS


def test_every_sentence_that_is_said_exists() -> None:
    assert set(re.findall(r'"(data\.\w+)"', CODE)) <= SENTENCES.keys()


@pytest.mark.parametrize("key", [*SENTENCES, *model.SENTENCES, *system.SENTENCES])
def test_a_message_is_one_sentence_that_can_stand_inside_another(key: str) -> None:
    english, chinese = CATALOGUE[key]
    assert not re.match("[A-Z]", english)
    assert not re.search(r"[a-z0-9})]\.( |$)", english)
    assert "。" not in chinese


@pytest.mark.parametrize("key", SENTENCES)
def test_both_languages_tell_the_same(key: str) -> None:
    english, chinese = (set(re.findall(r"\{(\w+)", text)) for text in SENTENCES[key])
    assert english == chinese
