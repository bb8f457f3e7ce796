"""How pictures are drawn: fonts that have Chinese characters, text that stays text, equal files for equal
pictures."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHINESE = (
    "Noto Sans CJK SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",  # where Noto's are one file, it goes by the name of its first
)
"""Fonts with Chinese characters."""
FONTS = (*CHINESE, "DejaVu Sans", "sans-serif")


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with matplotlib inside a with block. In an SVG text stays text, which the viewer's fonts set;
    widths are measured with what is at hand."""
    import matplotlib as mpl

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": "chainrule", "font.family": list(FONTS)}
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
