"""A drawing: what is on it, in the order in which it was drawn, and its SVG."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import Literal, NamedTuple

from chainrule.extras import need
from chainrule.printable import printable
from chainrule.sentences import language

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]
Box = tuple[float, float, float, float]

LATIN = ("Helvetica Neue", "Arial", "DejaVu Sans")
CHINESE = (
    "Noto Sans CJK SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",  # where Noto's are one file, it goes by the name of its first
)
"""Fonts with Chinese characters."""
ROOM = 50
"""Around a formula, in thousandths of the font's size."""
BASELINE = 0.35
"""How far below the middle of a text its baseline is, in sizes of the font."""
ELLIPSIS = "…"
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}  # by which fonts choose forms of characters
_NARROW, _WIDE = frozenset("fijlrtI.,:;'|!()[]{}- "), frozenset("mwMW%@−—")


class Glyph(NamedTuple):
    """An outline at a place of a formula: `outline`, a path in thousandths of the font's size, is enlarged by
    `scale` after it was put at (x, y), y downward from the baseline."""

    outline: str
    x: int
    y: int
    scale: float


class Formula(NamedTuple):
    """A formula that is laid out, in thousandths of the font's size: its glyphs, its bars (x, y, width,
    height), and the box that it takes."""

    glyphs: tuple[Glyph, ...]
    bars: tuple[tuple[int, int, int, int], ...]
    left: int
    top: int
    width: int
    height: int

    @property
    def ground(self) -> tuple[int, int, int, int]:
        """The box with a little room around it: x, y, width, height."""
        return self.left - ROOM, self.top - ROOM, self.width + 2 * ROOM, self.height + 2 * ROOM


@dataclass(frozen=True)
class Line:
    """A line through points. dash: lengths of strokes and gaps. clip: where it shows."""

    points: tuple[Point, ...]
    color: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    clip: Box | None = None


@dataclass(frozen=True)
class Circle:
    """A disk, with a rim where `rim` is a colour."""

    x: float
    y: float
    radius: float
    fill: str
    rim: str = ""
    opacity: float = 1.0


@dataclass(frozen=True)
class Rectangle:
    """A filled box."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True)
class Text:
    """A text whose middle line is at y."""

    x: float
    y: float
    text: str
    size: float
    color: str
    anchor: Anchor = "start"
    bold: bool = False


@dataclass(frozen=True)
class Placed:
    """A formula whose baseline begins at (x, y), turned by `angle` degrees, clockwise, about that point; on a
    white ground."""

    x: float
    y: float
    formula: Formula
    size: float
    color: str
    angle: float = 0.0


Element = Line | Circle | Rectangle | Text | Placed


class Drawing:
    """A picture of width x height pixels, y downward. title: what it shows, for those who cannot see it."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self.language = language()
        self.elements: list[Element] = [Rectangle(0, 0, width, height, "#ffffff")]

    def line(
        self,
        points: Iterable[Point],
        color: str,
        width: float = 1.0,
        *,
        dash: Sequence[float] = (),
        clip: Box | None = None,
    ) -> None:
        """Draw a line through points."""
        self.elements.append(Line(tuple(points), color, width, tuple(dash), clip))

    def circle(
        self, x: float, y: float, radius: float, fill: str, *, rim: str = "", opacity: float = 1.0
    ) -> None:
        """Draw a disk."""
        self.elements.append(Circle(x, y, radius, fill, rim, opacity))

    def rectangle(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """Draw a filled box."""
        self.elements.append(Rectangle(x, y, width, height, fill))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        color: str,
        *,
        size: float = 12,
        anchor: Anchor = "start",
        bold: bool = False,
    ) -> None:
        """Write a text whose middle line is at y."""
        self.elements.append(Text(x, y, text, size, color, anchor, bold))

    def formula(
        self, x: float, y: float, formula: Formula, color: str, *, size: float = 12, angle: float = 0.0
    ) -> None:
        """Set a formula whose baseline begins at (x, y)."""
        self.elements.append(Placed(x, y, formula, size, color, angle))

    def svg(self) -> str:
        """Write it as SVG, which needs no font that is not everywhere; glyphs and boxes stand in it once."""
        glyphs: dict[str, str] = {}
        clips: dict[Box, str] = {}
        body = [_written(each, glyphs, clips) for each in self.elements]
        defined = [f'<path id="{name}" d="{outline}"/>' for outline, name in glyphs.items()]
        for (x, y, width, height), name in clips.items():
            box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            defined.append(f'<clipPath id="{name}"><rect {box}/></clipPath>')
        fonts = ", ".join(f"'{name}'" if " " in name else name for name in (*LATIN, *CHINESE, "sans-serif"))
        size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
                f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" role="img" '
                f'xml:lang="{_LANGUAGES[self.language]}" font-family="{fonts}">',
                f"<title>{_escaped(self.title)}</title>",
                *([f"<defs>{''.join(defined)}</defs>"] if defined else []),
                *body,
                "</svg>\n",
            ]
        )

    def written(self, form: str) -> bytes:
        """Write it as `svg` or `png`. Raises UsageError without the extra that a PNG needs."""
        if form == "svg":
            return self.svg().encode()
        need("matplotlib", "extras.png")
        from chainrule.pictures.png import png

        return png(self)


def width_of(text: str, size: float) -> float:
    """Estimate how wide a text is in pixels, whatever font it is set in; rather too much than too little."""
    return size * sum(map(_width, text))


def shortened(text: str, size: float, room: float) -> str:
    """Cut a text off where it is estimated to be wider than `room` pixels, with an ellipsis for the rest."""
    if width_of(text, size) <= room:
        return text
    left = room - width_of(ELLIPSIS, size)
    ends = accumulate(size * _width(character) for character in text)
    kept = next((number for number, end in enumerate(ends) if end > left), len(text))
    return text[:kept] + ELLIPSIS


def _width(character: str) -> float:
    """Estimate how wide a character is, in sizes of the font."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.95
    return 0.75 if character.isupper() else 0.64


def _written(element: Element, glyphs: dict[str, str], clips: dict[Box, str]) -> str:
    match element:
        case Line():
            places = " ".join(f"{_n(x)},{_n(y)}" for x, y in element.points)
            dash = f' stroke-dasharray="{" ".join(map(_n, element.dash))}"' if element.dash else ""
            clip = ""
            if element.clip:
                clip = f' clip-path="url(#{clips.setdefault(element.clip, f"c{len(clips)}")})"'
            stroke = f'stroke="{element.color}" stroke-width="{_n(element.width)}" stroke-linejoin="round"'
            return f'<polyline points="{places}" fill="none" {stroke}{dash}{clip}/>'
        case Circle():
            rim = f' stroke="{element.rim}"' if element.rim else ""
            pale = f' fill-opacity="{_n(element.opacity)}"' if element.opacity < 1 else ""
            place = f'cx="{_n(element.x)}" cy="{_n(element.y)}" r="{_n(element.radius)}"'
            return f'<circle {place} fill="{element.fill}"{rim}{pale}/>'
        case Rectangle():
            place = f'x="{_n(element.x)}" y="{_n(element.y)}"'
            size = f'width="{_n(element.width)}" height="{_n(element.height)}"'
            return f'<rect {place} {size} fill="{element.fill}"/>'
        case Text():
            place = f'x="{_n(element.x)}" y="{_n(element.y + BASELINE * element.size)}"'
            anchor = f' text-anchor="{element.anchor}"' if element.anchor != "start" else ""
            bold = ' font-weight="bold"' if element.bold else ""
            how = f'font-size="{_n(element.size)}" fill="{element.color}"{anchor}{bold}'
            return f"<text {place} {how}>{_escaped(element.text)}</text>"
        case Placed():
            turn = f" rotate({_n(element.angle)})" if element.angle else ""
            move = f"translate({_n(element.x)} {_n(element.y)}){turn} scale({element.size / 1000:.4g})"
            inside = []
            for glyph in element.formula.glyphs:
                name = glyphs.setdefault(glyph.outline, f"g{len(glyphs)}")
                scaled = f' transform="scale({glyph.scale})"' if glyph.scale != 1 else ""
                inside.append(f'<use href="#{name}" x="{glyph.x}" y="{glyph.y}"{scaled}/>')
            for bar in element.formula.bars:
                inside.append(_box(bar))
            ground = _box(element.formula.ground, ' fill="#ffffff"')
            return f'<g transform="{move}" fill="{element.color}">{ground}{"".join(inside)}</g>'


def _box(box: tuple[int, int, int, int], more: str = "") -> str:
    x, y, width, height = box
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}"{more}/>'


def _n(value: float) -> str:
    """Write a number of pixels, to a hundredth."""
    return f"{round(value, 2) + 0.0:.10g}"


def _escaped(text: str) -> str:
    """Escape text for XML, in which most control characters may not stand; the ends of lines are blanks."""
    return escape(printable("".join(c if c >= " " else " " for c in text)))
