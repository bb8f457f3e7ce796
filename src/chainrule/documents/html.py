"""A document as one HTML file that asks for nothing else: its formulas are drawings in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import resources

from chainrule.documents.boxes import one_line
from chainrule.documents.document import (
    Block,
    Bullets,
    Code,
    Document,
    Formula,
    Heading,
    Note,
    Paragraph,
    Step,
    Table,
)
from chainrule.documents.inline import inline
from chainrule.documents.lines import broken
from chainrule.documents.svg import Drawing
from chainrule.render.tex_layout import parse, write
from chainrule.sentences import say, speaking

WIDTH = 60
"""A side of a formula takes at most so many columns of plain text, about half an em each."""
_WITH_MARKS = re.compile(
    r'[（(“《]*<svg class="math"(?:(?!</svg>).)*</svg>[，。；：、）》”！？,.;:)!?]*', re.DOTALL
)
_WIDE = 12
"""A left side wider than this, in em, stands on a line of its own above a chain of several sides."""


def html(document: Document) -> str:
    """The document as one HTML file."""
    with speaking(document.lang) as speech, speech:
        page = _Page()
        blocks = "\n".join(filter(None, map(page.block, document.blocks)))
    lang = {"zh": "zh-Hans"}.get(document.lang, document.lang)
    style = resources.files("chainrule.documents").joinpath("page.css").read_text(encoding="utf-8").strip()
    title = escape(inline(document.title, str, lambda tex: one_line(parse(tex))))
    return f"""<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{page.drawing.definitions()}
<main>
{blocks}
</main>
</body>
</html>
"""


class _Page:
    def __init__(self) -> None:
        self.drawing = Drawing()

    def block(self, block: Block) -> str:
        match block:
            case Heading():
                return f"<h{block.level}>{self.text(block.text)}</h{block.level}>"
            case Paragraph():
                return f"<p>{self.text(block.text)}</p>"
            case Note():
                return f"<aside>{self.text(say('documents.note', text=block.text))}</aside>"
            case Bullets():
                tag = "ol" if block.numbered else "ul"
                return f"<{tag}>{self.each('li', block.items)}</{tag}>"
            case Table():
                head = f"<tr>{self.each('th', block.head)}</tr>"
                rows = "".join(f"<tr>{self.each('td', row)}</tr>" for row in block.rows)
                return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
            case Code():
                return f"<pre><code>{escape(block.source)}</code></pre>" if block.shown else ""
            case Formula():
                return self.formula(block)

    def text(self, text: str) -> str:
        shown = inline(text, escape, lambda tex: self.drawing.picture(tex, display=False).svg)
        return _WITH_MARKS.sub(_kept_together, shown)

    def each(self, tag: str, texts: Sequence[str]) -> str:
        return "".join(f"<{tag}>{self.text(text)}</{tag}>" for text in texts)

    def formula(self, formula: Formula) -> str:
        """A chain as cells of a grid, each with its column; a row ends where one stands left of the last."""
        cells = [_cell("label", f"({escape(formula.label)})")] if formula.label else []
        if formula.left:
            left = self.drawing.picture(formula.left, display=True)
            alone = left.width > _WIDE and len(formula.steps) > 1
            cells.append(_cell("alone" if alone else "left", left.svg))
        for step in formula.steps:
            cells += self.step(step)
        return f'<div class="chain">{"".join(cells)}</div>'

    def step(self, step: Step) -> list[str]:
        cells = []
        if step.relation:
            cells.append(_cell("sign", self.picture(step.relation)))
        lines = broken(parse(step.tex), WIDTH)
        pictures = (
            [self.picture(step.tex)] if len(lines) == 1 else [self.picture(write(each)) for each in lines]
        )
        cells.append(_cell("side", "".join(_cell("line", picture) for picture in pictures)))
        if step.reason:
            cells.append(_cell("reason", self.text(step.reason)))
        return cells

    def picture(self, tex: str) -> str:
        return self.drawing.picture(tex, display=True).svg


def _kept_together(match: re.Match[str]) -> str:
    """A formula with the marks before and behind it, between which no line ends."""
    shown = match[0]
    bare = shown.startswith("<") and shown.endswith(">")
    return shown if bare else f'<span class="whole">{shown}</span>'


def _cell(kind: str, inside: str) -> str:
    return f'<div class="{kind}">{inside}</div>'
