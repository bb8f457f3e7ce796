r"""One way of writing for what can be written in several: every pair of brackets is a `Fenced`, whether it
has `\left` and `\right` or not; a word that is set as a name is its letters, so that `net` is `\mathit{net}`;
a T stands on what it transposes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from chainrule.errors import FormulaError
from chainrule.render.tex_layout import (
    Command,
    Environment,
    Fenced,
    Layout,
    Row,
    Scripts,
    Space,
    Symbol,
    Word,
    items,
    write,
)

DEEPEST = 40
"""How many groups and brackets may stand inside one another."""

PAIRS: Mapping[str, str] = MappingProxyType(
    {
        "(": ")",
        "[": "]",
        r"\{": r"\}",
        "|": "|",
        r"\|": r"\|",
        r"\lvert": r"\rvert",
        r"\lVert": r"\rVert",
    }
)
"""Brackets that open, and those that close them."""


@dataclass
class _Open:
    """A bracket that is not closed yet, and what has come since."""

    bracket: Symbol | None
    found: list[Layout] = field(default_factory=list)

    @property
    def wanted(self) -> str:
        return PAIRS[self.bracket.text] if self.bracket else ""


def normal_form(layout: Layout, depth: int = 0) -> Layout:
    """The same in the one way of writing. Raises FormulaError for a bracket without a partner."""
    if depth > DEEPEST:
        raise FormulaError("reader.too_deep", position=layout.position, most=DEEPEST)
    open_ = [_Open(None)]
    for item in (letter for whole in items(layout) for letter in _spelled(whole)):
        base = item.base if isinstance(item, Scripts) else item
        sign = base.text if isinstance(base, Symbol) else ""
        if sign and sign == open_[-1].wanted:
            closed = open_.pop()
            assert closed.bracket
            body = _row(closed.found, closed.bracket)
            pair = Fenced(closed.bracket.text, body, sign, closed.bracket.position)
            open_[-1].found.append(_scripted(item, pair, depth) if isinstance(item, Scripts) else pair)
        elif sign in PAIRS and base is item and isinstance(base, Symbol):
            open_.append(_Open(base))
        elif sign in PAIRS.values():
            raise FormulaError("reader.unexpected", position=item.position, found=write(item))
        else:
            open_[-1].found.append(_inside(item, depth + len(open_)))
        if depth + len(open_) > DEEPEST:
            raise FormulaError("reader.too_deep", position=item.position, most=DEEPEST)
    if bracket := open_[-1].bracket:
        raise FormulaError("reader.not_closed", position=bracket.position, found=bracket.text)
    return _row(open_[0].found, layout)


def _spelled(item: Layout) -> list[Layout]:
    """A name letter by letter; its last letter carries the scripts."""
    word = item.base if isinstance(item, Scripts) else item
    if not isinstance(word, Word) or word.font not in (r"\mathrm", r"\mathit") or not word.text.isalpha():
        return [item]
    letters: list[Layout] = [Symbol(letter, word.position) for letter in word.text]
    if isinstance(item, Scripts):
        letters[-1] = replace(item, base=letters[-1])
    return letters


def _row(found: list[Layout], at: Layout) -> Layout:
    return found[0] if len(found) == 1 else Row(tuple(found), at.position)


def _scripted(item: Scripts, base: Layout, depth: int) -> Scripts:
    """Scripts on a base that has been seen; they begin where it does. A T behind another thing, `W^{(2)T}`,
    stands on the whole."""
    below, above = (
        None if script is None else normal_form(script, depth + 1) for script in (item.below, item.above)
    )
    sign: Layout | None = None
    match above:
        case Row(items=(*rest, Symbol(text="T" | r"\top") as sign)):
            rest = [part for part in rest if part != Symbol(",") and not isinstance(part, Space)]
            above = _row(rest, above)
        case Scripts(base=Fenced() as above, below=None, above=Symbol(text="T" | r"\top") as sign):
            pass
    whole = Scripts(base, below, above, base.position)
    return Scripts(whole, None, sign, base.position) if sign else whole


def _inside(item: Layout, depth: int) -> Layout:
    """The same of the parts of one thing."""
    match item:
        case Scripts():
            return _scripted(item, normal_form(item.base, depth + 1), depth)
        case Row():
            return normal_form(item, depth + 1)
        case Command():
            return replace(item, arguments=tuple(normal_form(part, depth + 1) for part in item.arguments))
        case Fenced():
            return replace(item, body=normal_form(item.body, depth + 1))
        case Environment():
            rows = tuple(tuple(normal_form(cell, depth + 1) for cell in cells) for cells in item.rows)
            return replace(item, rows=rows)
    return item
