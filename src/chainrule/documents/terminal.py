"""A document as plain text for a terminal: formulas of Unicode characters, on as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chainrule.documents.boxes import EMPTY, Box, beside, box, one_line, stacked
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
from chainrule.render.columns import cells, padded, wrapped
from chainrule.render.tex_layout import parse
from chainrule.sentences import say, speaking

_GLUE = "\x00"
"""A blank at which no line ends."""
_REASON = 24
"""A reason stands at the right of its step where at least so many columns are left for it."""


def terminal(document: Document, width: int = 80) -> str:
    """The document as text of lines no wider than `width` columns, wherever they can be broken."""
    with speaking(document.lang) as speech, speech:
        return _Page(document, width).text()


class _Page:
    def __init__(self, document: Document, width: int) -> None:
        self.blocks = document.blocks
        self.width = width
        labels = [cells(formula.label) + 4 for formula in document.formulas() if formula.label]
        self.indent = max([4, *labels])
        """Where formulas begin; their labels stand before it."""

    def text(self) -> str:
        lines: list[str] = []
        for block in self.blocks:
            if shown := self.block(block):
                lines += [*([""] if lines else []), *shown]
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def block(self, block: Block) -> list[str]:
        match block:
            case Heading():
                return self.heading(block)
            case Paragraph():
                return self.paragraph(block.text)
            case Note():
                return [f"│ {line}" for line in self.paragraph(say("documents.note", text=block.text), 2)]
            case Bullets():
                return self.bullets(block)
            case Table():
                return self.table(block)
            case Code():
                return [f"    {line}" for line in block.source.splitlines()] if block.shown else []
            case Formula():
                return self.formula(block)

    def heading(self, heading: Heading) -> list[str]:
        lines = self.paragraph(heading.text)
        rule = {1: "═", 2: "─"}.get(heading.level)
        return [*lines, rule * min(max(map(cells, lines)), self.width)] if rule else lines

    def paragraph(self, text: str, indent: int = 0) -> list[str]:
        """Text as lines that leave `indent` columns free."""
        width = self.width - indent

        def formula(tex: str) -> str:
            line = one_line(parse(tex))
            return line.replace(" ", _GLUE) if cells(line) <= width // 2 else line

        return [line.replace(_GLUE, " ") for line in wrapped(inline(text, str, formula), width)]

    def bullets(self, bullets: Bullets) -> list[str]:
        marks = [f"{i}. " if bullets.numbered else "• " for i in range(1, len(bullets.items) + 1)]
        indent = max(map(cells, marks), default=0)
        lines = []
        for mark, item in zip(marks, bullets.items, strict=True):
            first, *rest = self.paragraph(item, indent)
            lines += [padded(mark, indent, right=True) + first, *(" " * indent + line for line in rest)]
        return lines

    def table(self, table: Table) -> list[str]:
        rows = [table.head, *table.rows]
        text = [[" ".join(self.paragraph(cell)) for cell in row] for row in rows]
        widths = [max(map(cells, column)) for column in zip(*text, strict=True)]
        while sum(widths) + 2 * (len(widths) - 1) > self.width and max(widths) > 8:
            widths[widths.index(max(widths))] -= 1
        lines = []
        for number, row in enumerate(rows):
            columns = [
                self.paragraph(cell, self.width - width) for cell, width in zip(row, widths, strict=True)
            ]
            lines += _side_by_side(columns, widths)
            if number == 0:
                lines.append("  ".join("─" * width for width in widths))
        return lines

    def formula(self, formula: Formula) -> list[str]:
        steps = formula.steps or (Step("", ""),)
        left = box(parse(formula.left))
        signs = max((cells(one_line(parse(step.relation))) for step in steps), default=0)
        start = self.indent + left.width + (1 if left.width else 0)
        widest = max((box(parse(step.tex)).width for step in steps), default=0)
        boxes: list[Box] = []
        if start + signs + 1 + widest > self.width and left.width > self.width // 3:
            boxes.append(_indented(left, self.indent))
            left, start = EMPTY, self.indent + 2
        for step in steps:
            side = beside(
                [left, self.side(step, signs, self.width - start)], [0, start - self.indent - left.width]
            )
            boxes.append(_indented(side, self.indent))
            left = EMPTY
        reasons = [*[""] * (len(boxes) - len(steps)), *(step.reason for step in steps)]
        column = self.column(boxes, reasons, start)
        lines: list[str] = []
        for number, (each, reason) in enumerate(zip(boxes, reasons, strict=True)):
            if number and each.baseline and boxes[number - 1].below:
                lines.append("")
            label = f"({formula.label})" if formula.label and not number else ""
            lines += self.with_reason(each, reason, column, label)
        return lines

    def side(self, step: Step, signs: int, room: int) -> Box:
        """A relation sign, in `signs` columns, and what stands behind it, on as many lines as it needs."""
        layout = parse(step.tex)
        sign = box(parse(step.relation))
        sign = Box(tuple(padded(line, signs) for line in sign.lines), sign.baseline)
        room -= signs + 1
        body = box(layout)
        if body.width > room:
            first, *others = map(box, broken(layout, room - 2))
            body = _lines([first, *(_indented(_unindented(line), 2) for line in others)])
        return beside([sign, body], [0, 1 if signs else 0])

    def column(self, boxes: Sequence[Box], reasons: Sequence[str], start: int) -> int:
        """The column in which reasons begin: behind the widest side that leaves room for them."""
        longest = max(map(cells, reasons))
        ends = [each.width + 3 for each in boxes]
        return max([end for end in ends if self.width - end >= min(_REASON, longest)], default=start + 4)

    def with_reason(self, side: Box, reason: str, column: int, label: str) -> list[str]:
        """A side with its label before it, and its reason beside it where that fits, else below."""
        lines = [line.rstrip() for line in side.lines]
        lines[side.baseline] = label + lines[side.baseline][len(label) :]
        if not reason:
            return lines
        if (end := max(map(cells, lines)) + 3) + cells(" ".join(self.paragraph(reason))) <= self.width:
            column = max(column, end)
        said = self.paragraph(reason, column)
        fits = all(cells(line) + 2 <= column for line in lines[side.baseline :][: len(said)])
        at = side.baseline if fits else len(lines)
        lines += [""] * (at + len(said) - len(lines))
        for i, line in enumerate(said, at):
            lines[i] = padded(lines[i], column) + line
        return lines


def _indented(box: Box, by: int) -> Box:
    return Box(tuple(" " * by + line for line in box.lines), box.baseline)


def _unindented(box: Box) -> Box:
    """A box without the blank before a sign that begins a line."""
    blank = all(line.startswith(" ") for line in box.lines)
    return replace(box, lines=tuple(line[blank:] for line in box.lines))


def _lines(boxes: Sequence[Box]) -> Box:
    """Lines of a formula one below the other, with a blank one between such as would touch."""
    placed: list[Box] = []
    for each in boxes:
        if placed and each.baseline and placed[-1].below:
            placed.append(EMPTY)
        placed.append(each)
    return stacked(placed, 0, centred=False)


def _side_by_side(columns: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Columns of lines, from the top, with two blanks between them."""
    height = max(map(len, columns))
    filled = [[*lines, *[""] * (height - len(lines))] for lines in columns]
    return [
        "  ".join(padded(line, width) for line, width in zip(row, widths, strict=True))
        for row in zip(*filled, strict=True)
    ]
