"""How pictures are drawn: lines, circles, texts and formulas at places that are computed here, written as SVG
and, with the extra `plots`, as PNG. Equal pictures are equal files."""

from chainrule.pictures.axes import Axes, Scale
from chainrule.pictures.drawing import Drawing, Formula, Glyph, width_of

FORMS = ("svg", "png")
"""What a picture can be written as; `png` needs the extra `plots`."""
INK, SOFT, GRID = "#1f2933", "#5f6c7b", "#e3e7ec"
RED, BLUE, GREY = "#c0392b", "#2563a8", "#9aa5b1"

__all__ = [
    "BLUE",
    "FORMS",
    "GREY",
    "GRID",
    "INK",
    "RED",
    "SOFT",
    "Axes",
    "Drawing",
    "Formula",
    "Glyph",
    "Scale",
    "width_of",
]
