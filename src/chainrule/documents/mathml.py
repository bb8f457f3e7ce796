"""Formulas as MathML: what draws them for HTML takes it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from xml.etree.ElementTree import Element

from chainrule.render.tex_layout import (
    Command,
    Environment,
    Fenced,
    Kind,
    Layout,
    Row,
    Scripts,
    Space,
    Symbol,
    Word,
    items,
    kinds,
)

_SPACES = {
    r"\!": -1 / 6,
    r"\negthinspace": -1 / 6,
    r"\,": 1 / 6,
    r"\thinspace": 1 / 6,
    r"\:": 2 / 9,
    r"\;": 5 / 18,
}
_WIDER = {r"\enspace": 0.5, r"\quad": 1.0, r"\qquad": 2.0, "~": 0.25, r"\ ": 0.25}
_THIN = 1 / 6
_VARIANTS = {
    r"\mathrm": "normal",
    r"\operatorname": "normal",
    r"\mathit": "italic",
    r"\mathbf": "bold",
    r"\mathcal": "script",
}
_ACCENTS = {r"\vec": "\u20d7", r"\hat": "ˆ", r"\bar": "¯", r"\tilde": "˜", r"\overline": "‾"}
_FENCES = {"cases": ("{", ""), "bmatrix": ("[", "]"), "pmatrix": ("(", ")")}
_UPRIGHT = "ΓΔΘΛΞΠΣΥΦΨΩ"


def mathml(layout: Layout, *, display: bool) -> Element:
    """A formula as a `math` element; display: set by itself, with limits above and below sums."""
    math = _element("math", _row(items(layout), display))
    math.set("display", "block" if display else "inline")
    return math


def _element(tag: str, *children: Element, **attributes: str) -> Element:
    element = Element(tag, attributes)
    element.extend(children)
    return element


def _word(tag: str, text: str, **attributes: str) -> Element:
    element = Element(tag, attributes)
    element.text = text
    return element


def _space(width: float) -> Element:
    return Element("mspace", width=f"{width:.4f}em")


def _row(row: Sequence[Layout], display: bool) -> Element:
    found: list[Element] = []
    before: tuple[Layout, Kind] | None = None
    for item, kind in zip(row, kinds(row), strict=True):
        if before and _thin_space(*before, item, kind):
            found.append(_space(_THIN))
        found.append(_layout(item, kind, display))
        before = None if isinstance(item, Space) else (item, kind)
    return found[0] if len(found) == 1 else _element("mrow", *found)


def _thin_space(left: Layout, before: Kind, right: Layout, kind: Kind) -> bool:
    """Whether a thin space stands between two neighbours, as TeX puts it around functions and sums."""
    if before in ("function", "series") and kind in ("ordinary", "open", "function", "series"):
        base = left.base if isinstance(left, Scripts) else left
        brackets = kind == "open" or isinstance(right.base if isinstance(right, Scripts) else right, Fenced)
        return not brackets or base in (Symbol(r"\sum"), Symbol(r"\prod"))
    return kind in ("function", "series") and before in ("ordinary", "close")


def _layout(layout: Layout, kind: Kind, display: bool) -> Element:
    match layout:
        case Symbol():
            return _symbol(layout, kind)
        case Space():
            return _space(_SPACES.get(layout.text, _WIDER.get(layout.text, 0.0)))
        case Word():
            return _font(layout)
        case Row():
            return _row(layout.items, display)
        case Scripts():
            return _scripts(layout, kind, display)
        case Command():
            return _command(layout, kind, display)
        case Fenced():
            body = _row(items(layout.body), display)
            return _fenced(_bracket(layout.left), [body], _bracket(layout.right))
        case Environment():
            return _environment(layout, display)


def _alone(layout: Layout, display: bool) -> Element:
    """Something that stands in a place of its own, as a numerator does."""
    return _row(items(layout), display)


_AROUND: dict[Kind, tuple[float, float]] = {"binary": (2 / 9, 2 / 9), "relation": (5 / 18, 5 / 18)}
"""Distances before and after a sign, in em; TeX's own."""


def _symbol(symbol: Symbol, kind: Kind) -> Element:
    text = symbol.look.text
    if text[0].isdecimal():
        return _word("mn", text)
    if kind in ("binary", "relation"):
        return _sign(text, *_AROUND[kind])
    if kind == "punctuation":
        return _sign(text, 0, _THIN)
    if kind == "function":
        return _word("mo", text, mathvariant="normal", stretchy="false", lspace="0", rspace="0")
    if kind != "ordinary" or not text.isalpha():
        return _sign(text)
    return _word("mi", text, mathvariant="normal") if text in _UPRIGHT else _word("mi", text)


def _sign(text: str, before: float = 0, after: float = 0) -> Element:
    return _word("mo", text, stretchy="false", lspace=f"{before:.4f}em", rspace=f"{after:.4f}em")


def _font(word: Word) -> Element:
    if word.font == r"\text":
        return _word("mtext", word.text)
    if word.font == r"\mathbb":
        return _word("mi", "".join(map(_double_struck, word.text)), mathvariant="normal")
    return _word("mi", word.text, mathvariant=_VARIANTS[word.font])


def _double_struck(character: str) -> str:
    kind = "DIGIT" if character.isdecimal() else "CAPITAL" if character.isupper() else "SMALL"
    name = unicodedata.name(character).split()[-1]
    for full in (f"DOUBLE-STRUCK {kind} {name}", f"MATHEMATICAL DOUBLE-STRUCK {kind} {name}"):
        with suppress(KeyError):
            return unicodedata.lookup(full)
    return character


def _bracket(delimiter: str) -> str:
    return "" if delimiter == "." else Symbol(delimiter).look.text


def _fenced(left: str, inner: Iterable[Element], right: str) -> Element:
    opening = [_word("mo", left, form="prefix", stretchy="true", fence="true")] if left else []
    closing = [_word("mo", right, form="postfix", stretchy="true", fence="true")] if right else []
    return _element("mrow", *opening, *inner, *closing)


def _scripts(layout: Scripts, kind: Kind, display: bool) -> Element:
    brace = isinstance(layout.base, Command) and layout.base.name.endswith("brace")
    limits = brace or (display and kind == "series")
    base = _layout(layout.base, kind, display)
    if layout.above is not None and isinstance(layout.base, Command) and layout.base.name in _ACCENTS:
        base = _element("mpadded", base, height="0.6em")  # the accent does not lift what is raised
    below, above = (None if part is None else _alone(part, False) for part in (layout.below, layout.above))
    if brace and below is not None:
        below = _element("mrow", _space(_THIN), below, _space(_THIN))  # apart from the neighbour's
    tags = ("munder", "mover", "munderover") if limits else ("msub", "msup", "msubsup")
    if below is not None and above is not None:
        return _element(tags[2], base, below, above)
    if below is not None:
        return _element(tags[0], base, below)
    return base if above is None else _element(tags[1], base, above)


def _command(command: Command, kind: Kind, display: bool) -> Element:
    name, arguments = command.name, command.arguments
    if name.endswith("frac"):
        return _element("mfrac", *(_alone(part, False) for part in arguments))
    if name == r"\sqrt":
        return _element("msqrt", _alone(arguments[0], display))
    if name in _ACCENTS:
        mark = _word("mo", _ACCENTS[name], stretchy="true" if name == r"\overline" else "false")
        return _element("mover", _alone(arguments[0], display), mark, accent="true")
    if name.endswith("brace"):
        under = name == r"\underbrace"
        brace = _word("mo", "⏟" if under else "⏞", stretchy="true")
        return _element("munder" if under else "mover", _alone(arguments[0], display), brace)
    base = _layout(arguments[1], kind, display)
    return _element("mover" if name == r"\overset" else "munder", base, _alone(arguments[0], False))


def _environment(layout: Environment, display: bool) -> Element:
    aligned = layout.name == "aligned"
    columns = {"aligned": "right left", "cases": "left"}.get(layout.name, "center")
    spacing = {"aligned": "0em", "cases": "1em"}.get(layout.name, "0.8em")
    rows = [
        _element("mtr", *(_element("mtd", _alone(cell, aligned and display)) for cell in row))
        for row in layout.rows
    ]
    table = _element("mtable", *rows, columnalign=columns, columnspacing=spacing)
    left, right = _FENCES.get(layout.name, ("", ""))
    return _fenced(left, [table], right)
