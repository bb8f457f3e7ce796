"""How pictures are drawn: lines, circles, texts and formulas at places that are computed here, written as SVG
and, with the extra `plots`, as PNG. Equal pictures are equal files."""

from chainrule.pictures.axes import Axes, Scale
from chainrule.pictures.colors import BLUE, GREY, INK, RED, SOFT
from chainrule.pictures.drawing import Drawing, Formula, Glyph, shortened, width_of

FORMS = ("svg", "png")
"""What a picture can be written as; `png` needs the extra `plots`."""

__all__ = [
    "BLUE",
    "FORMS",
    "GREY",
    "INK",
    "RED",
    "SOFT",
    "Axes",
    "Drawing",
    "Formula",
    "Glyph",
    "Scale",
    "shortened",
    "width_of",
]
