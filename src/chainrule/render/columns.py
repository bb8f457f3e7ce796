"""Plain text in columns, where a Chinese character takes two of them and a combining mark none."""

from __future__ import annotations

import re
import unicodedata

_OPEN, _CLOSE, _CHINESE = "（《“", "，。；：、）》”！？", r"\u2e80-\uffef"
_PIECE = re.compile(rf"\s+|[{_OPEN}]*(?:[^\s{_CHINESE}{_OPEN}{_CLOSE}]+|[{_CHINESE}])[{_CLOSE}]*")
"""Blanks, or what a line does not end inside of: a word or a Chinese character with the marks around it."""


def cells(text: str) -> int:
    """How many columns a text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """The text with blanks up to a width; on its left where it is to stand right."""
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def wrapped(text: str, width: int) -> list[str]:
    """A paragraph as lines of at most `width` columns, broken at blanks and between Chinese characters."""
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1].strip() and cells(lines[-1]) + cells(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece.lstrip() if not lines[-1] else piece
    return [line.rstrip() for line in lines]
