r"""Formulas as plain text: lines of Unicode characters, one of which is the baseline.

∂C                                n
──── = ((wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ′(zˡ)    ∑  wₖ xₖ
∂zˡ                              k=1
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chainrule.render.columns import cells, padded
from chainrule.render.tex_layout import (
    SPACES,
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

Style = Literal["display", "line", "script"]
"""display: as many lines as it takes. line: one. script: one, without blanks around signs."""

_RAISED = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθϕχ⊤′,*∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ′,**",
        strict=True,
    )
)
_LOWERED = dict(
    zip(
        "0123456789+−=()aehijklmnoprstuvxβγρϕχ,",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ,",
        strict=True,
    )
)
_FRACTIONS = {("1", "2"): "½", ("1", "3"): "⅓", ("2", "3"): "⅔", ("1", "4"): "¼", ("3", "4"): "¾"}
_ACCENTS = {
    r"\vec": "\u20d7",
    r"\hat": "\u0302",
    r"\bar": "\u0304",
    r"\tilde": "\u0303",
    r"\overline": "\u0305",
}
_LETTERS = {(r"\mathbb", "R"): "ℝ", (r"\mathbb", "N"): "ℕ", (r"\mathbb", "E"): "𝔼"}

# A tall delimiter: its top, what repeats, its middle, its bottom.
_TALL = {
    "(": "⎛⎜⎜⎝",
    ")": "⎞⎟⎟⎠",
    "[": "⎡⎢⎢⎣",
    "]": "⎤⎥⎥⎦",
    "{": "⎧⎪⎨⎩",
    "}": "⎫⎪⎬⎭",
    "|": "││││",
    "‖": "║║║║",
    "⌊": "││││",
    "⌋": "││││",
    "⌈": "││││",
    "⌉": "││││",
}
_OF_TWO = {"{": "⎰⎱", "}": "⎱⎰"}
_CLOSES = {"(": ")", "[": "]", "{": "}", "|": "|", "‖": "‖", "⟨": "⟩", "⌊": "⌋", "⌈": "⌉"}


@dataclass(frozen=True)
class Box:
    """Lines of equal width; `baseline` is the index of the one that stands on the line of text.

    foot: how many lines at the bottom only remark on what stands above them; brackets do not reach so far.
    """

    lines: tuple[str, ...]
    baseline: int = 0
    foot: int = 0

    @property
    def width(self) -> int:
        return cells(self.lines[0])

    @property
    def below(self) -> int:
        """How many lines stand below the baseline."""
        return len(self.lines) - 1 - self.baseline


EMPTY = Box(("",))


def one_line(layout: Layout) -> str:
    """A formula as it stands in a line of text."""
    return _box(layout, "line").lines[0]


def box(layout: Layout) -> Box:
    """A formula as it stands by itself."""
    return _box(layout, "display")


def beside(boxes: Iterable[Box], gaps: Iterable[int] = ()) -> Box:
    """Boxes on one baseline; `gaps` are the blanks before each, none where they end."""
    boxes = list(boxes)
    if not boxes:
        return EMPTY
    blanks = [*gaps, *[0] * len(boxes)]
    above = max(each.baseline for each in boxes)
    below = max(each.below for each in boxes)
    lines = [""] * (above + 1 + below)
    for each, gap in zip(boxes, blanks, strict=False):
        top = above - each.baseline
        for i in range(len(lines)):
            inside = 0 <= i - top < len(each.lines)
            lines[i] += " " * gap + (each.lines[i - top] if inside else " " * each.width)
    return Box(tuple(lines), above, below - max(each.below - each.foot for each in boxes))


def stacked(boxes: Sequence[Box], base: int, *, centred: bool = True) -> Box:
    """Boxes one below the other; the baseline is that of box `base`."""
    width = max(each.width for each in boxes)
    lines = []
    for each in boxes:
        left = (width - each.width) // 2 if centred else 0
        lines += [padded(" " * left + line, width) for line in each.lines]
    return Box(tuple(lines), sum(len(each.lines) for each in boxes[:base]) + boxes[base].baseline)


# Rows: which blanks stand between things, and brackets that grow with what they hold.


class Plain(Fenced):
    """Brackets that are symbols of the row they stand in."""


def bracketed(row: Sequence[Layout]) -> list[Layout]:
    """The row with what stands between two plain brackets of a kind, and those, as one thing."""
    done: list[Layout] = []
    opened: list[int] = []
    for item in row:
        closing = item.base if isinstance(item, Scripts) else item
        if isinstance(item, Symbol) and item.kind == "open":
            opened.append(len(done))
        elif isinstance(closing, Symbol) and closing.kind == "close" and opened:
            start = opened.pop()
            left = done[start]
            if isinstance(left, Symbol) and _CLOSES[left.look.text] == closing.look.text:
                inner = Plain(left.text, Row(tuple(done[start + 1 :])), closing.text)
                del done[start:]
                done.append(Scripts(inner, item.below, item.above) if isinstance(item, Scripts) else inner)
                continue
        done.append(item)
    return done


_PREFIXES = (Symbol(r"\partial"), Symbol(r"\nabla"), Symbol(r"\Delta"))
_FUNCTIONS = tuple(map(Symbol, ("f", "g", "h", "s", r"\sigma", r"\phi", r"\varphi", r"\Phi")))
"""Letters that are applied to what stands in brackets behind them, though they carry scripts."""


def with_gaps(row: Sequence[Layout], style: Style) -> list[tuple[Layout, Kind, int]]:
    """What is visible in a row, how it is set, and the number of blanks before it."""
    found: list[tuple[Layout, Kind, int]] = []
    asked = 0
    for item, kind in zip(row, kinds(row), strict=True):
        if isinstance(item, Space):
            asked = max(asked, SPACES[item.text])
            continue
        gap = _gap(*found[-1][:2], item, kind, style) if found else 0
        found.append((item, kind, gap if style == "script" else max(gap, asked if found else 0)))
        asked = 0
    return found


def _gap(left: Layout, before: Kind, right: Layout, kind: Kind, style: Style) -> int:
    """The number of blanks between two neighbours."""
    if isinstance(left, Word) and isinstance(right, Word):
        return int(not left.text.endswith(" ") and not right.text.startswith(" "))
    if style == "script":
        return 0
    if {"binary", "relation"} & {before, kind} or before == "punctuation":
        return 1
    base = left.base if isinstance(left, Scripts) else left
    if before == "open" or kind not in ("ordinary", "function", "series") or base in _PREFIXES:
        return 0
    if isinstance(base, Symbol) and base.look.kind in ("binary", "relation"):  # a sign of one operand
        return int(style == "display" and _is_fraction(right))  # whose line would lengthen the sign
    if isinstance(left, Word) and left.font == r"\text" and left.text.endswith(" "):
        return 0
    brackets = right.base if isinstance(right, Scripts) else right
    if isinstance(brackets, Fenced):
        if before in ("function", "series") and base != Symbol(r"\sum"):
            return 0
        applied = isinstance(base, Symbol | Word) and (left is base or base in _FUNCTIONS)
        return int(not applied or right is not brackets)
    if kind != "ordinary" or before in ("function", "series"):
        return 1
    return int(not isinstance(left, Symbol) or isinstance(right, Word | Command | Environment))


def _row(row: Sequence[Layout], style: Style) -> Box:
    parts = with_gaps(bracketed(row), style)
    return beside([_box(item, style) for item, *_ in parts], [gap for *_, gap in parts])


def _box(layout: Layout, style: Style) -> Box:
    match layout:
        case Symbol():
            return Box((layout.look.text,))
        case Space():
            return Box((" " * SPACES[layout.text],))
        case Word():
            return Box((_LETTERS.get((layout.font, layout.text), layout.text),))
        case Row():
            return _row(layout.items, style)
        case Scripts():
            return _scripts(layout, style)
        case Command():
            return _command(layout, style)
        case Fenced():
            left, right = (Symbol(side).look.text.strip(".") for side in (layout.left, layout.right))
            return fenced(left, _box(layout.body, style), right)
        case Environment():
            return _environment(layout, style)


def fenced(left: str, inner: Box, right: str) -> Box:
    """A box between two delimiters as tall as it is; each may be empty."""
    sides = [_delimiter(side, inner) for side in (left, right)]
    return beside([sides[0], inner, sides[1]])


def _delimiter(sign: str, inner: Box) -> Box:
    height = len(inner.lines) - inner.foot
    if height == 1 or not sign:
        return Box((sign,))
    if height == 2 and sign in _OF_TWO:
        return Box(tuple(_OF_TWO[sign]), inner.baseline)
    if sign not in _TALL:
        return Box((sign,))
    shape = _TALL[sign]
    lines = [shape[0], *shape[1] * (height - 2), shape[3]]
    if height > 2:
        lines[min(max(inner.baseline, 1), height - 2)] = shape[2]
    return Box(tuple(lines), inner.baseline)


# Scripts.


def _scripts(layout: Scripts, style: Style) -> Box:
    base, brace = layout.base, isinstance(layout.base, Command) and layout.base.name.endswith("brace")
    if style == "display" and (brace or kinds([base]) == ["series"]):
        parts = [_box(part, "script") for part in (layout.above,) if part is not None]
        place = len(parts)
        parts.append(_box(base, style))
        parts += [_box(part, "script") for part in (layout.below,) if part is not None]
        whole = stacked(parts, place)
        return replace(whole, foot=whole.below - parts[place].below + parts[place].foot) if brace else whole
    carrier = _box(base, style)
    above, below = (_flat(part) for part in (layout.above, layout.below))
    raised, lowered = _all_of(above, _RAISED), _all_of(below, _LOWERED)
    parts_below = items(layout.below) if layout.below else ()
    words = any(isinstance(part, Word) and len(part.text) > 1 for part in parts_below)
    if (lowered is None and below.isalnum()) or (words and below.replace(",", "").isalnum()):
        lowered = f"_{below}"  # a word is read more easily on the line: y_pred
    if len(carrier.lines) == 1:
        if raised is not None and lowered is not None:
            text = lowered + raised if above in ("T", "⊤") else raised + lowered
            return beside([carrier, Box((text,))])
        if style != "display":
            raised = raised if raised is not None else f"^{_grouped(above)}"
            lowered = lowered if lowered is not None else f"_{_grouped(below)}"
            return beside([carrier, Box((raised + lowered,))])
        inline = raised if raised is not None else lowered if lowered is not None else ""
        top = [above] if raised is None else []
        bottom = [below] if lowered is None else []
        lines = [*top, inline, *bottom]
        width = max(map(cells, lines))
        return beside([carrier, Box(tuple(padded(line, width) for line in lines), len(top))])
    up, down = above if raised is None else raised, below if lowered is None else lowered
    width = max(cells(up), cells(down))
    middle = [" " * width] * (len(carrier.lines) - 2)
    return beside([carrier, Box((padded(up, width), *middle, padded(down, width)), carrier.baseline)])


def _flat(script: Layout | None) -> str:
    return "" if script is None else _box(script, "script").lines[0]


def _all_of(text: str, table: dict[str, str]) -> str | None:
    """The text in the characters of the table, or None where one is missing."""
    found = [table.get(c) for c in text]
    return None if None in found else "".join(c for c in found if c)


def _grouped(text: str) -> str:
    closed = text.startswith("(") and text.find(")") == len(text) - 1
    return text if closed or text.isalnum() else f"({text})"


# Commands and environments.


def _command(layout: Command, style: Style) -> Box:
    name, arguments = layout.name, layout.arguments
    if name.endswith("frac"):
        return _fraction(arguments[0], arguments[1], style)
    if name == r"\sqrt":
        inner = _box(arguments[0], style)
        simple = isinstance(arguments[0], Symbol | Scripts) and len(inner.lines) == 1
        return beside([Box(("√",)), inner if simple else fenced("(", inner, ")")])
    if name in _ACCENTS:
        text, mark = _flat(arguments[0]), _ACCENTS[name]
        if name == r"\overline":
            return Box(("".join(c + mark for c in text),))
        return Box((unicodedata.normalize("NFC", text[:1] + mark) + text[1:],))
    if name.endswith("brace"):
        inner = _box(arguments[0], style)
        if style != "display":
            return inner
        line = Box((_brace(inner.width, name == r"\overbrace"),))
        if name == r"\overbrace":
            return stacked([line, inner], 1)
        return replace(stacked([inner, line], 0), foot=inner.foot + 1)
    aside, inner = _box(arguments[0], "script"), _box(arguments[1], style)
    if style != "display":
        return inner
    return stacked([aside, inner], 1) if name == r"\overset" else stacked([inner, aside], 0)


def _brace(width: int, over: bool) -> str:
    left, middle, right = "┌┴┐" if over else "└┬┘"
    if width < 3:
        return middle if width == 1 else left + right
    before = (width - 3) // 2
    return left + "─" * before + middle + "─" * (width - 3 - before) + right


def _fraction(top: Layout, bottom: Layout, style: Style) -> Box:
    if isinstance(top, Symbol) and isinstance(bottom, Symbol):
        character = _FRACTIONS.get((top.text, bottom.text))
        if character:
            return Box((character,))
    over, under = _box(top, style), _box(bottom, style)
    if style == "display":
        nested = any("─" in box.lines[box.baseline] and box.baseline for box in (over, under))
        line = "─" * (max(over.width, under.width) + 2 * nested)
        return stacked([over, Box((line,)), under], 1)
    if _is_fraction(top) or any(kind in ("binary", "relation") for kind in kinds(items(top))):
        over = fenced("(", over, ")")
    factors = [
        part for part in bracketed(items(bottom)) if part not in _PREFIXES and not isinstance(part, Space)
    ]
    if _is_fraction(bottom) or len(factors) > 1 + (factors[:1] == [Symbol("d")]):
        under = fenced("(", under, ")")
    return beside([over, Box(("/",)), under])


def _is_fraction(layout: Layout) -> bool:
    return isinstance(layout, Command) and layout.name.endswith("frac")


_FENCES = {"cases": ("{", ""), "bmatrix": ("[", "]"), "pmatrix": ("(", ")")}


def _environment(layout: Environment, style: Style) -> Box:
    left, right = _FENCES.get(layout.name, ("", ""))
    rows = [[_box(cell, style) for cell in row] for row in layout.rows]
    if style != "display":
        words = [" ".join(cell.lines[0] for cell in row if cell.width) for row in rows]
        return Box((f"{left}{'; '.join(words)}{_CLOSES.get(left, '')}",))
    if not rows:
        return EMPTY
    cases = layout.name == "cases"
    count = max(map(len, rows))
    rows = [[*row, *[EMPTY] * (count - len(row))] for row in rows]
    widths = [max(row[i].width for row in rows) for i in range(count)]
    gaps = [0, *([1, 3] * count if layout.name == "aligned" else [2] * count)]
    lines: list[Box] = []
    for row in rows:
        filled = [_filled(cell, widths[i], _side(layout.name, i)) for i, cell in enumerate(row)]
        line = beside([Box((" " * cases,)), *filled], [0, *gaps])
        tip = cases and len(rows) == 2  # of the brace, for which there must be a line
        if lines and (lines[-1].below or line.baseline or tip):
            lines.append(EMPTY)
        lines.append(line)
    whole = stacked(lines, 0, centred=False)
    return fenced(left, Box(whole.lines, (len(whole.lines) - 1) // 2), right)


def _side(environment: str, column: int) -> float:
    """Where a cell stands in its column: 0 at the left, 1 at the right."""
    if environment == "aligned":
        return 1 - column % 2
    return 0 if environment == "cases" else 0.5


def _filled(box: Box, width: int, side: float) -> Box:
    before = math.ceil((width - box.width) * side)
    return Box(tuple(padded(" " * before + line, width) for line in box.lines), box.baseline)
