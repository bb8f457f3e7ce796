r"""What comes from outside as it may be shown: nothing in it can move a cursor, forge a line or hide.

Names, classes, files and servers say what they like. Control characters, marks that turn the direction of
writing, separators of lines, invisible characters and halves of pairs are written as Python writes them
(`\x1b`, `\u202e`), in one place, here. Joiners and variation selectors stay where writing needs them: in
emoji, Persian, Hindi.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Control characters, surrogates, what Unicode calls default ignorable, and what is no character."""
_BASE = rf"[^\x00-\x7e{_HIDDEN}]"
_SELECTOR = r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_SPELLED = re.compile(
    rf"{_BASE}(?:{_SELECTOR}(?:\u200d(?={_BASE}))?|[\u200c\u200d](?={_BASE}))"  # an emoji, a ligature
    r"|[0-9#*]\ufe0f\u20e3"  # a key
    r"|\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"  # a flag
    rf"|([{_HIDDEN}])"
)
_LOOKED_FOR = re.compile(f"[{_HIDDEN}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def printable(text: str) -> str:
    """The text on one line, with a visible escape for each character that is not seen as itself."""
    return _escaped(text, lambda c: _SHORT.get(c) or _by_number(c))


def printable_lines(text: str) -> str:
    """The same of a text whose line ends are the program's own."""
    return "\n".join(map(printable, text.split("\n"))) if _LOOKED_FOR.search(text) else text


def printable_json(value: Any, **how: Any) -> str:
    """JSON whose texts are the same ones when it is read, and which can be shown. how: for `json.dumps`."""
    lines = json.dumps(value, ensure_ascii=False, **how).split("\n")  # in texts they are escaped already
    return "\n".join(_escaped(line, lambda c: json.dumps(c)[1:-1]) for line in lines)


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if not _LOOKED_FOR.search(text):
        return text
    return _SPELLED.sub(lambda found: escape(found[1]) if found[1] else found[0], text)


def _by_number(character: str) -> str:
    number = ord(character)
    form = rf"\x{number:02x}" if number < 0x100 else rf"\u{number:04x}"
    return form if number < 0x10000 else rf"\U{number:08x}"
