"""The data room says nothing that no test has heard."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule.data
from chainrule.sentences import CATALOGUE, model, system
from chainrule.sentences.data import SENTENCES

HERE = Path(__file__)
CODE = [path.read_text("utf-8") for path in Path(chainrule.data.__file__).parent.glob("*.py")]
TESTS = [path.read_text("utf-8") for path in HERE.parent.glob("*.py") if path != HERE]
REASONS = {
    "data.connection": "connection failed",
    "data.http_status": "status 404",
    "data.http_range": "another piece",
    "data.https_only": "is not an https address",
    "data.checksum": "its MD5 is not",
    "data.longer": "sends more than",
    "data.slow": "bytes a second",
    "data.cut_short": "after 0 of",
    "data.hung_up": "hung up",
    "data.not_http": "not send valid HTTP",
    "data.beside": "too much beside",
    "data.redirections": "redirects more than",
    "data.address": "is not an address",
    "data.proxy": "the proxy that https_proxy names",
    "data.proxy_status": "the proxy answered with status 407",
}
"""Reasons inside `data.no_mirror`, by the words from which tests know them."""


def texts_in_use(source: str) -> Iterator[str]:
    """The texts that code works with: no comment, no docstring, nothing that stands by itself."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_a_text_that_only_stands_there_is_not_in_use() -> None:
    source = (
        '"""data.a"""\n# "data.b"\ndef test_it():\n    "data.c"\n    with refused("data.d"):\n        ...'
    )
    assert [*texts_in_use(source)] == ["data.d"]


def test_every_sentence_is_said_and_tested() -> None:
    said = {text for source in CODE for text in texts_in_use(source)}
    tested = {text for source in TESTS for text in texts_in_use(source)}
    assert [key for key in SENTENCES if key not in said] == []
    assert [key for key in SENTENCES if REASONS.get(key, key) not in tested] == []


def test_every_sentence_that_is_said_exists() -> None:
    said = {key for source in CODE for key in re.findall(r'"(data\.\w+)"', source)}
    assert said <= SENTENCES.keys()


@pytest.mark.parametrize(
    "room", [SENTENCES, model.SENTENCES, system.SENTENCES], ids=["data", "model", "system"]
)
def test_messages_are_sentences_that_can_stand_inside_others(room: dict[str, tuple[str, str]]) -> None:
    capital = [key for key in room if re.match("[A-Z]", CATALOGUE[key][0])]
    stop = [
        key for key in room if re.search(r"[a-z0-9})]\.( |$)", CATALOGUE[key][0]) or "。" in CATALOGUE[key][1]
    ]
    assert (capital, stop) == ([], [])
