"""Formulas as SVG whose glyphs are drawn once for a whole document.

A `Drawing` collects the glyphs; each formula refers to them. Coordinates are thousandths of the font's size,
so they are whole numbers, and the size of a formula follows that of the text around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from html import escape
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from chainrule.documents.mathml import mathml
from chainrule.pictures import Formula, Glyph
from chainrule.render.tex_layout import Layout, parse

_SIZE = 12.0
"""The font size, in pixels, at which formulas are laid out: that of the outlines, so they need no scaling."""
_UNITS = 1000
"""Units of a drawing in one font size."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


class Picture(NamedTuple):
    """A formula as SVG, and its width in em."""

    svg: str
    width: float


class Drawing:
    """The formulas of one document."""

    def __init__(self) -> None:
        self.glyphs: dict[str, str] = {}
        """From the outline of each glyph that is used to its name."""
        self._pictures: dict[tuple[str, bool], Picture] = {}

    def picture(self, tex: str, *, display: bool) -> Picture:
        """A formula; display: set by itself, with limits above and below sums. Raises FormulaError."""
        key = tex, display
        if key not in self._pictures:
            self._pictures[key] = self._drawn(tex, formula(tex, display=display))
        return self._pictures[key]

    def _drawn(self, tex: str, laid_out: Formula) -> Picture:
        """What is laid out, in the glyphs of this document, and with its TeX for those who cannot see it."""
        groups: dict[float, list[str]] = {}
        for outline, x, y, scale in laid_out.glyphs:
            name = self.glyphs.setdefault(outline, f"g{len(self.glyphs)}")
            groups.setdefault(scale, []).append(f'<use href="#{name}" x="{x}" y="{y}"/>')
        lines = [f'<rect x="{x}" y="{y}" width="{w}" height="{h}"/>' for x, y, w, h in laid_out.bars]
        for scale, glyphs in groups.items():
            inside = "".join(glyphs)
            lines.append(inside if scale == 1 else f'<g transform="scale({scale})">{inside}</g>')
        _, _, left, top, width, height = laid_out
        said = escape(tex)
        size = f"width:{width / _UNITS}em;height:{height / _UNITS}em"
        svg = (
            f'<svg class="math" role="img" data-tex="{said}" viewBox="{left} {top} {width} {height}" '
            f'style="{size};vertical-align:{-(top + height) / _UNITS}em">'
            f"<title>{said}</title>{''.join(lines)}</svg>"
        )
        return Picture(svg, width / _UNITS)

    def definitions(self) -> str:
        """The glyphs of all formulas so far, to stand once in the document."""
        paths = "".join(f'<path id="{name}" d="{outline}"/>' for outline, name in self.glyphs.items())
        return f'<svg class="glyphs" aria-hidden="true"><defs>{paths}</defs></svg>'


def formula(tex: str, *, display: bool = False) -> Formula:
    """Lay a formula out: which outlines stand where; display: by itself. Raises FormulaError."""
    root = _laid_out(parse(tex), display)
    left, top, width, height = _rounded(map(float, root.attrib["viewBox"].split()))
    right = left + width
    symbols = {symbol.attrib["id"]: symbol for symbol in root.iter("symbol")}
    glyphs, bars = [], []
    for element in root:
        if element.tag == "rect":
            bars.append(_rectangle(element))
        elif element.tag == "use" and (outline := _outline(symbols[element.attrib["href"][1:]])):
            glyph = _place(element, symbols[element.attrib["href"][1:]])
            x, y = _rounded((glyph.x / glyph.scale, glyph.y / glyph.scale))
            glyphs.append(Glyph(outline, x, y, glyph.scale))
            begin, end = _rounded((glyph.x, glyph.x + glyph.width))
            left, right = min(left, begin), max(right, end)
    return Formula(tuple(glyphs), tuple(bars), left, top, right - left, height)


def _laid_out(layout: Layout, display: bool) -> Element:
    """The formula as ziamath draws it: `rect` for lines, `use` of a `symbol` for glyphs."""
    from ziamath.zmath import Math

    _lay_rows_out_once()
    return Math(mathml(layout, display=display), size=_SIZE, margin=0).svgxml()


@cache
def _lay_rows_out_once() -> None:
    """Lets ziamath measure a row beforehand only where something in it stretches to the row's height.

    It lays every row out twice, first for its height, so what stands in n rows within each other is laid out
    2^n times. A class for a tag takes the place of the one before; what is drawn stays the same.
    """
    from ziamath.nodes.mrow import Mrow

    class Row(Mrow, tag="mrow"):
        def _get_height_nostretch(self, line: list[Element], **settings: Any) -> tuple[float, float]:
            return super()._get_height_nostretch(line, **settings) if any(map(_stretches, line)) else (0, 0)


_ROWS = ("mrow", "mtd", "msqrt", "mfenced")
"""What stretches within these stretches to their height."""


def _stretches(element: Element) -> bool:
    if element.tag == "mo":
        return element.get("stretchy") != "false"
    return element.tag not in _ROWS and any(map(_stretches, element))


def _rounded(pixels: Iterable[float]) -> list[int]:
    """Pixels in units of the drawing."""
    return [round(each * _UNITS / _SIZE) for each in pixels]


def _outline(symbol: Element) -> str:
    """The path of a glyph in units of the drawing; empty for a blank."""
    return _in_units(" ".join(path.attrib["d"] for path in symbol.iter("path")))


@lru_cache(maxsize=1000)
def _in_units(path: str) -> str:
    numbers = _NUMBER.sub(lambda match: str(*_rounded([float(match[0])])), path)
    return re.sub(r" ?([MLQCZ]) ?| (?=-)", r"\1", numbers).strip()


class _Place(NamedTuple):
    """Where a glyph's origin stands, in pixels, how large it is and how far it reaches to the right."""

    x: float
    y: float
    scale: float
    width: float


def _place(use: Element, symbol: Element) -> _Place:
    """What fitting a symbol's box into that of its use comes to."""
    left, top, width, height = map(float, symbol.attrib["viewBox"].split())
    x, y, wide, high = (float(use.attrib[name]) for name in ("x", "y", "width", "height"))
    scale = min(wide / width, high / height)
    x += (wide - scale * width) / 2 - scale * left
    y += (high - scale * height) / 2 - scale * top
    return _Place(x, y, round(scale, 2), scale * (left + width))


def _rectangle(rect: Element) -> tuple[int, int, int, int]:
    x, y, width, height = _rounded(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return x, y, width, height
