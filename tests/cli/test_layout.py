"""Text in columns, where a Chinese character takes two."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.cli import layout

WORDS = ["sum ", "of ", "gradient", "梯度", "（梯度", "反向传播）", "反向，", "W1", "W1，", "《a》", " "]


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("梯度", 4), ("J，", 3), ("y\u0302", 1), ("", 0), ("≠", 1)]
)
def test_cells(text, width):
    assert layout.cells(text) == width


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30), st.integers(12, 60))
def test_wrapping_keeps_the_text_and_the_width(words, width):
    text = "".join(words)
    lines = layout.wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    latin = max(map(len, re.findall(r"[\x21-\x7f]+", text)), default=0)
    assert all(layout.cells(line) <= max(width, latin + 4) for line in lines)
    assert not any(line.startswith(("，", "）", "》")) for line in lines)
    assert not any(line.endswith(("（", "《")) for line in lines)


def test_wrapping_breaks_between_chinese_characters_only():
    assert layout.wrapped("反向传播 backward pass", 8) == ["反向传播", "backward", "pass"]
    assert layout.wrapped("反向传播算法", 8) == ["反向传播", "算法"]
    assert layout.wrapped("unbreakable", 4) == ["unbreakable"]


def test_entries_align():
    items = [("a", ["first", "second"]), ("梯度", ["third"]), ("n" * 30, ["fourth"]), ("empty", [])]
    assert layout.entries(items).split("\n") == [
        "  a      first",
        "         second",
        "  梯度   third",
        "  " + "n" * 30,
        "         fourth",
        "  empty",
    ]


def test_a_grid_aligns_numbers_right():
    assert layout.grid(["name", "数"], [["a", "1"], ["梯度下降", "1,000"]]).split("\n") == [
        "name         数",
        "--------  -----",
        "a             1",
        "梯度下降  1,000",
    ]


def test_json_knows_no_infinity(capsys):
    layout.show_json({"a": math.inf, "b": [math.nan, 1.5], "c": {"d": -math.inf}, "名": "值"})
    assert capsys.readouterr().out == '{"a": null, "b": [null, 1.5], "c": {"d": null}, "名": "值"}\n'


@pytest.mark.parametrize("form", ["entries", "grid"])
def test_on_a_terminal_the_same_is_said(capsys, monkeypatch, form):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")

    def said():
        if form == "entries":
            layout.show_entries("Title [1]", [("name", ["a_k[0]", "second"]), ("other", ["z"])])
        else:
            layout.show_grid(["", "n [x]"], [["a", "1"], ["b", "22"]])
        return capsys.readouterr().out

    plain = said()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    styled = re.sub(r"\x1b\[\d*m", "", said())
    assert styled.replace("─", " ").split() == plain.replace("-", " ").split()
