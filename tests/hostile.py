"""Texts by which names from outside would move a cursor, colour a terminal, forge a line or hide."""

from __future__ import annotations

import unicodedata

HOSTILE = {
    "colour": "\x1b[31m",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "clear": "\x1b[2J\x1b[H",
    "line": "\nfinished  97%",
    "return": "\rerror",
    "tab": "\t",
    "backspace": "\b\b\b",
    "form feed": "\v\f",
    "C1": "\x9b31m\x85\x90",
    "delete": "\x7f",
    "direction": "\u202egnp.\u202c\u2066\u2069\u200e\u200f\u061c",
    "separators": "\u2028\u2029",
    "invisible": "a\u200bb\u2060c\ufeffd\xade\u3164f\u034fg\ufff9",
    "joiner": "ad\u200dmin\u200c",
    "selector": "a\ufe0f",
    "tags": "a\U000e0041\U000e007f",
    "surrogate": "\udcff",
}
"""By what they do."""
HARMLESS = (
    "中文（“名”）",
    "é e\u0301 ñ ß İ",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "❤\ufe0f\u200d\U0001f525 1\ufe0f\u20e3",
    "می\u200cخواهم क्\u200dष עברית",
    "葛\U000e0100",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a\xa0b\u3000c",
    "[red]x[/red] [link=file:///]y[/link] :smile:",
    "$HOME `id` %s {0} \\n C:\\new",
)
"""What must be shown as it is."""
ALL = "".join(f"<{text}>" for text in HOSTILE.values())
"""All at once."""
ENCODABLE = ALL.encode(errors="ignore").decode()
"""All that UTF-8 can say."""
FILE_NAME = "".join(f"<{HOSTILE[name]}>" for name in ("colour", "line", "C1", "direction", "joiner"))
"""Short enough for the name of a file."""


def characters(text: str) -> set[str]:
    """Those of a hostile text that may not reach a terminal: all that Unicode gives no look."""
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return {c for c in text if unicodedata.category(c) in kinds or c in "\u3164\u034f\ufe0f"}


def moving(text: str) -> set[str]:
    """What of a program's output is a control character or hidden, but for ends of lines."""
    return characters(text) - {"\n"}
