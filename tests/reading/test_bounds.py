"""Definitions of any size and kind: a sentence of bounded length comes before any work."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from chainrule.cli.trace import _parameters
from chainrule.cli.values import numbers
from chainrule.errors import ChainruleError, DefinitionError, UsageError, listed, shortened
from chainrule.json_input import json_value
from chainrule.network import NetworkDefinition
from chainrule.network.problems import MOST_LAYERS
from chainrule.reading import parse_shorthand, read_network, read_toml
from chainrule.sentences import LANGUAGES, speaking
from in_both_languages import said

HEX = "0x" + "f" * 5000
TOML = {
    "sizes": "sizes = [" + "2," * 200_000 + "2]",
    "layers": "inputs = 2\n" + "[[layers]]\n" * 80_000,
    "no layers": "inputs = 2\nlayers = [" + "1," * 200_000 + "]",
    "keys": "\n".join(f"k{i} = 1" for i in range(20_000)),
    "penalties": "sizes = [2, 3]\n[penalties]\n" + "\n".join(f"k{i} = 1" for i in range(20_000)),
    "tables": "\n".join(f"[k{i}]" for i in range(20_000)),
    "a long key": "a" * 1_000_000 + " = 1",
    "a long name": 'sizes = [2, 3]\nloss = "' + "a" * 1_000_000 + '"',
    "settings": 'sizes = [2, 3]\nactivations = ["leaky_relu:' + "a=1," * 200_000 + '"]',
}


@pytest.mark.parametrize("name", TOML)
def test_what_is_too_much_is_told_in_few_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "n.toml").write_text(TOML[name], encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_toml(tmp_path / "n.toml")
    assert all(len(text) < 20_000 for text in said(caught.value))
    assert len(str(caught.value).splitlines()) <= 22


def test_too_many_layers_are_counted_before_they_are_made(monkeypatch) -> None:
    monkeypatch.setattr("chainrule.network.definition.Dense", None)
    for table in ({"sizes": [2] * (MOST_LAYERS + 2)}, {"inputs": 2, "layers": [{}] * (MOST_LAYERS + 1)}):
        with pytest.raises(DefinitionError) as caught:
            NetworkDefinition.from_dict(table)
        assert [problem.key for problem in caught.value.problems] == ["network.layer_count"]
    with pytest.raises(DefinitionError):
        parse_shorthand("-".join(["2"] * (MOST_LAYERS + 2)))


def test_the_first_problems_are_listed_and_the_others_counted() -> None:
    with pytest.raises(DefinitionError) as caught:
        NetworkDefinition.from_dict({"sizes": [2, 3], **{f"k{i}": 1 for i in range(25)}})
    with speaking("en"):
        lines = str(caught.value).splitlines()
    assert (len(lines), lines[-1], len(caught.value.problems)) == (22, "  - and 5 more", 25)
    assert "25 problems" in lines[0]


KEYS = (
    "sizes",
    "inputs",
    "seed",
    "loss",
    "activations",
    "dtype",
    "penalties",
    "initializer",
    "input_dropout",
)
OF_LAYERS = ("units", "activation", "shared", "initializer", "name", "dropout", "norm")
VALUES = (HEX, "1979-05-27", "1979-05-27T00:00:00Z", "07:32:00", "inf", "nan", "[[[]]]", "{}", '"\\u0000"')


@pytest.mark.parametrize("value", [*VALUES, "-1e400", "true", "{a = " + HEX + "}", "[" + HEX + "]"])
def test_any_value_in_any_place_is_refused_with_a_sentence(tmp_path: Path, value: str) -> None:
    for text in (
        *(("" if key == "sizes" else "sizes = [2, 3]\n") + f"{key} = {value}" for key in KEYS),
        *(f"inputs = 2\n[[layers]]\nunits = 3\n[[layers]]\nunits2 = 1\n{key} = {value}" for key in OF_LAYERS),
        f"sizes = [2, 3]\n[penalties]\nl2 = {value}",
        f"sizes = [2, {value}]",
    ):
        (tmp_path / "n.toml").write_text(text, encoding="utf-8")
        try:
            read_toml(tmp_path / "n.toml")
        except ChainruleError as error:
            _check_said(error)


def _check_said(error: ChainruleError) -> None:
    for language in LANGUAGES:
        with speaking(language):
            assert 0 < len(str(error)) < 5000


@pytest.mark.parametrize(
    "blank", [*map(chr, range(0x1C, 0x20)), "\x85", "\xa0", "\u2028", "\u3000", "\x0b", "\x00"]
)
def test_blanks_of_other_kinds_are_no_part_of_a_size(blank: str) -> None:
    for text in (f"{blank}2-3", f"2{blank}-3", f"2-{blank}3", f"2-3{blank}", f"2-3{blank}:relu-1"):
        with pytest.raises(ChainruleError):
            parse_shorthand(text)
    assert parse_shorthand(" 2 -\t3\n").sizes == (2, 3)


@pytest.mark.parametrize("digit", ["٣", "３", "²", "①", "三"])
def test_digits_of_other_scripts_are_no_size(digit: str) -> None:
    for text in (f"{digit}-3", f"2-{digit}", f"2-3{digit}-1"):
        with pytest.raises(ChainruleError):
            read_network(text)


def test_a_path_without_an_end_is_no_path() -> None:
    for path in ("a\0b.toml", "a\0b", "\0"):
        with pytest.raises(UsageError):
            read_network(path)


def test_lists_of_names_and_long_texts_end() -> None:
    with speaking("en"):
        assert str(listed(list("abc"))) == "a, b, c"
        assert str(listed(range(30), 2)) == "0, 1 and 28 more"
        assert len(str(listed(["x" * 10**6] * 100))) < 2500
        assert (
            len(str(UsageError("reading.no_file", path="x" * 10**6, reason=ValueError("y" * 10**6)))) < 5000
        )
    assert shortened("a" * 50 + "b" * 50, 13) == "aaaaa...bbbbb"


# JSON and numbers


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("json.deep", "[" * 100_000),
        ("json.deep", '{"a":' * 100_000),
        ("json.long_number", '{"a": ' + "9" * 5000 + "}"),
        ("json.not_finite", '{"a": NaN}'),
        ("json.not_finite", "[-Infinity]"),
        ("json.twice", '{"W1": 1, "W1": 2}'),
        ("json.syntax", '{"a": 1,}'),
        ("json.syntax", ""),
    ],
)
def test_json_that_is_none_is_told_in_a_part_of_a_sentence(tmp_path: Path, key: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        json_value(text)
    assert caught.value.key == key
    assert said(caught.value)
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        _parameters(str(tmp_path / "p.json"))
    assert caught.value.key == "trace.params_unreadable"


def test_parameters_and_numbers_come_from_regular_files_only(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("chainrule.json_input.MOST_BYTES", 100)
    monkeypatch.setattr("chainrule.cli.values.MOST_BYTES", 100)
    (tmp_path / "large").write_text(json.dumps([0] * 100), encoding="utf-8")
    (tmp_path / "no text").write_bytes(b"\xff")
    for path in (tmp_path / "large", tmp_path / "no text", tmp_path):
        with pytest.raises(UsageError):
            _parameters(str(path))
        with pytest.raises(UsageError):
            numbers(str(path), "--input")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UsageError):
            _parameters(str(tmp_path / "pipe"))
        with pytest.raises(UsageError):
            numbers(str(tmp_path / "pipe"), "--input")


def test_numbers_of_a_file_may_have_any_ends_of_lines(tmp_path: Path) -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        (tmp_path / "x").write_bytes(b"1,2" + end + b"3,4" + end)
        assert numbers(str(tmp_path / "x"), "--input").tolist() == [[1, 2], [3, 4]]
