"""A drawing as PNG, by the library of the extra `plots`."""

from __future__ import annotations

import io
import os
import re
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING

from chainrule.pictures.drawing import (
    BASELINE,
    CHINESE,
    LATIN,
    Circle,
    Drawing,
    Element,
    Line,
    Placed,
    Rectangle,
    Text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

DENSITY = 2
"""Pixels of the file to one of the drawing."""
_INCH, _POINT = 96, 0.75
"""Pixels of a drawing in an inch, and points in such a pixel."""
_COMMAND = re.compile(r"([MLQCZ])([^MLQCZ]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_MISSING = "\u25a1"
"""An empty square, for a character that no font here has."""
_BUNDLED = "DejaVu Sans"
"""The font that comes with matplotlib."""
_drawing = RLock()
"""Matplotlib draws in one thread at a time."""


def _after_fork() -> None:
    global _drawing
    _drawing = RLock()  # whoever had the other one is not in this process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def has_chinese() -> bool:
    """Tell whether a font with Chinese characters is at hand."""
    from matplotlib.font_manager import fontManager

    return any(font.name in CHINESE for font in fontManager.ttflist)


@cache
def _families() -> tuple[str, ...]:
    """Name the fonts that are at hand, in the order they are wanted; of others matplotlib would warn."""
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return tuple(dict.fromkeys([*(name for name in (*LATIN, *CHINESE) if name in known), _BUNDLED]))


@cache
def _characters() -> frozenset[int]:
    """Look up which characters these fonts have; of others matplotlib would warn."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    files = [findfont(FontProperties(family=name)) for name in _families()]
    return frozenset(code for file in files for code in get_font(file).get_charmap())


def _shown(text: str) -> str:
    return "".join(each if each == "\n" or ord(each) in _characters() else _MISSING for each in text)


def png(drawing: Drawing) -> bytes:
    """Write a drawing as a PNG file."""
    from matplotlib.figure import Figure

    with _drawing:
        figure = Figure(figsize=(drawing.width / _INCH, drawing.height / _INCH))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, drawing.width), ylim=(drawing.height, 0))
        axes.set_axis_off()
        for order, element in enumerate(drawing.elements):
            _draw(axes, element, order)
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=DENSITY * _INCH)
    return content.getvalue()


def _draw(axes: Axes, each: Element, order: int) -> None:
    from matplotlib import patches

    match each:
        case Line():
            style = (0, tuple(length / each.width for length in each.dash)) if each.dash else "-"
            xs, ys = zip(*each.points, strict=True)
            (line,) = axes.plot(
                xs, ys, color=each.color, linewidth=_POINT * each.width, linestyle=style, zorder=order
            )
            if each.clip:
                left, top, width, height = each.clip
                line.set_clip_path(patches.Rectangle((left, top), width, height, transform=axes.transData))
        case Circle():
            disk = patches.Circle((each.x, each.y), each.radius, linewidth=_POINT, zorder=order)
            disk.set_facecolor((each.fill, each.opacity))
            disk.set_edgecolor(each.rim or "none")
            axes.add_patch(disk)
        case Rectangle():
            box = patches.Rectangle((each.x, each.y), each.width, each.height, linewidth=0, zorder=order)
            box.set_facecolor(each.fill)
            axes.add_patch(box)
        case Text():
            axes.text(
                each.x,
                each.y + BASELINE * each.size,
                _shown(each.text),
                color=each.color,
                family=list(_families()),
                fontsize=_POINT * each.size,
                ha={"start": "left", "middle": "center", "end": "right"}[each.anchor],
                va="baseline",
                weight="bold" if each.bold else "normal",
                zorder=order,
                parse_math=False,  # a file may be called $x$
            )
        case Placed():
            _set(axes, each, order)


def _set(axes: Axes, placed: Placed, order: int) -> None:
    from matplotlib import patches
    from matplotlib.transforms import Affine2D

    whole = Affine2D().scale(placed.size / 1000).rotate_deg(placed.angle).translate(placed.x, placed.y)
    formula = placed.formula
    for (x, y, width, height), color in [
        (formula.ground, "#ffffff"),
        *((bar, placed.color) for bar in formula.bars),
    ]:
        box = patches.Rectangle((x, y), width, height, facecolor=color, linewidth=0, zorder=order)
        box.set_transform(whole + axes.transData)
        axes.add_patch(box)
    for outline, x, y, scale in formula.glyphs:
        place = Affine2D().translate(x, y).scale(scale) + whole + axes.transData
        glyph = patches.PathPatch(_path(outline), facecolor=placed.color, linewidth=0, zorder=order)
        glyph.set_transform(place)
        axes.add_patch(glyph)


def _path(outline: str) -> Path:
    """Turn an outline of M, L, Q, C and Z with absolute places into a path of matplotlib."""
    from matplotlib.path import Path

    codes = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3, "C": Path.CURVE4}
    places: list[tuple[float, float]] = []
    kinds: list[int] = []
    for letter, text in _COMMAND.findall(outline):
        if letter == "Z":
            places.append((0.0, 0.0))
            kinds.append(int(Path.CLOSEPOLY))
            continue
        numbers = [float(number) for number in _NUMBER.findall(text)]
        here = list(zip(numbers[::2], numbers[1::2], strict=True))
        places += here
        kinds += [int(codes[letter])] * len(here)
    return Path(places, kinds)
