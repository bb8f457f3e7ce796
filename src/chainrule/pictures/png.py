"""A drawing as PNG, by the library of the extra `plots`."""

from __future__ import annotations

import io
import logging
import re
import warnings

from chainrule.pictures.drawing import BASELINE, CHINESE, LATIN, Circle, Drawing, Line, Placed, Rectangle, Text

DENSITY = 2
"""Pixels of the file to one of the drawing."""
_INCH, _POINT = 96, 0.75
"""Pixels of a drawing in an inch, and points in such a pixel."""


def has_chinese() -> bool:
    """Tell whether a font with Chinese characters is at hand."""
    from matplotlib.font_manager import fontManager

    return any(font.name in CHINESE for font in fontManager.ttflist)


def png(drawing: Drawing) -> bytes:
    """Write a drawing as a PNG file."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle as Disk
    from matplotlib.patches import PathPatch
    from matplotlib.patches import Rectangle as Box
    from matplotlib.transforms import Affine2D

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with mpl.rc_context({"font.family": [*LATIN, *CHINESE, "sans-serif"]}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(drawing.width / _INCH, drawing.height / _INCH))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, drawing.width), ylim=(drawing.height, 0))
        axes.set_axis_off()
        for order, each in enumerate(drawing.elements):
            match each:
                case Line():
                    style = (0, [length / each.width for length in each.dash]) if each.dash else "-"
                    (line,) = axes.plot(
                        *zip(*each.points, strict=True),
                        color=each.color,
                        linewidth=_POINT * each.width,
                        linestyle=style,
                        zorder=order,
                    )
                    if each.clip:
                        x, y, width, height = each.clip
                        line.set_clip_path(Box((x, y), width, height, transform=axes.transData))
                case Circle():
                    rim = {"edgecolor": each.rim, "linewidth": _POINT} if each.rim else {"linewidth": 0}
                    place = (each.x, each.y)
                    disk = Disk(place, each.radius, facecolor=(each.fill, each.opacity), zorder=order, **rim)
                    axes.add_patch(disk)
                case Rectangle():
                    place = (each.x, each.y)
                    box = Box(place, each.width, each.height, facecolor=each.fill, zorder=order, linewidth=0)
                    axes.add_patch(box)
                case Text():
                    align = {"start": "left", "middle": "center", "end": "right"}[each.anchor]
                    axes.text(
                        each.x,
                        each.y + BASELINE * each.size,
                        each.text,
                        color=each.color,
                        fontsize=_POINT * each.size,
                        ha=align,
                        va="baseline",
                        weight="bold" if each.bold else "normal",
                        zorder=order,
                        parse_math=False,  # a file may be called $x$
                    )
                case Placed():
                    whole = Affine2D().scale(each.size / 1000).rotate_deg(each.angle)
                    whole = whole.translate(each.x, each.y) + axes.transData
                    for glyph in each.formula.glyphs:
                        inside = Affine2D().translate(glyph.x, glyph.y).scale(glyph.scale)
                        patch = PathPatch(_path(glyph.outline), transform=inside + whole)
                        patch.set(facecolor=each.color, linewidth=0, zorder=order)
                        axes.add_patch(patch)
                    for x, y, width, height in each.formula.bars:
                        bar = Box((x, y), width, height, facecolor=each.color, linewidth=0, zorder=order)
                        bar.set_transform(whole)
                        axes.add_patch(bar)
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=DENSITY * _INCH)
    return content.getvalue()


_COMMAND = re.compile(r"([MLQCZ])([^MLQCZ]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _path(outline: str):  # type: ignore[no-untyped-def]
    """An outline of M, L, Q, C and Z with absolute places, as matplotlib has it."""
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
