r"""A document as Markdown that GitHub and Jupyter show alike.

Both set formulas with MathJax, but GitHub reads the text as Markdown first: it takes a backslash from before
punctuation, sees emphasis around underscores, tags behind `<`, links in brackets and columns at bars, and
knows no `\operatorname`. So formulas are written without any of these: `\lbrace` for `\{`, `\vert` for `|`, a
blank before every underscore (which then may open emphasis, but never ends it), and `\\` at the end of a line
only, the one place where GitHub leaves it alone. There a dollar sign opens a formula only behind a blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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
from chainrule.documents.inline import pieces
from chainrule.documents.lines import broken
from chainrule.render.tex_layout import Fenced, Layout, Space, Symbol, Word, changed, parse, write
from chainrule.sentences import say, speaking

WIDTH = 80
"""A side of a formula takes at most so many columns of plain text; what is wider is broken."""

_SAFE = {
    "|": r"\vert",
    r"\|": r"\Vert",
    "<": r"\lt",
    ">": r"\gt",
    "*": r"\ast",
    r"\{": r"\lbrace",
    r"\}": r"\rbrace",
    "[": r"\lbrack",
    "]": r"\rbrack",
    r"\,": r"\thinspace",
    r"\:": r"\thinspace",
    r"\;": r"\enspace",
    r"\!": r"\negthinspace",
    "~": r"\ ",
    r"\operatorname": r"\mathrm",
}
_SPECIAL = re.compile(r"[\\`*\[\]<>&~|$#]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown takes for its own anywhere in a text; an underscore inside a word it leaves alone."""
_BEGINS_A_BLOCK = re.compile(r"[-+=#](?=\W|$)|\d+(?=[.)]( |$))")


def markdown(document: Document) -> str:
    """The document as Markdown, with formulas between dollar signs."""
    with speaking(document.lang) as speech, speech:
        return blocks_markdown(document.blocks) + "\n"


def blocks_markdown(blocks: Sequence[Block]) -> str:
    """Some blocks of a document, without a line break at their end, in the language in force."""
    text = ""
    before: Block | None = None
    for block in blocks:
        if shown := _block(block):
            apart = isinstance(block, Bullets) and isinstance(before, Bullets)  # or they would be one list
            text += ("\n\n<!-- -->\n\n" if apart else "\n\n" if text else "") + shown
            before = block
    return text


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_text(block.text)}"
        case Paragraph():
            return _line(block.text)
        case Note():
            return f"> {_line(say('documents.note', text=block.text))}"
        case Bullets():
            return _list(block.items, "{}." if block.numbered else "-")
        case Table():
            rows = [
                map(_text, block.head),
                ["---"] * len(block.head),
                *(map(_text, row) for row in block.rows),
            ]
            return "\n".join(f"| {' | '.join(row)} |" for row in rows)
        case Code():
            return _fenced(block.source) if block.shown else ""
        case Formula():
            return _formula(block)


def _list(found: Sequence[str], mark: str) -> str:
    """A list; one with other marks than the list before it is another one."""
    return "\n".join(f"{mark.format(i)} {_line(item)}" for i, item in enumerate(found, 1))


# Text.


def _text(text: str) -> str:
    """Text with its formulas, escaped; formulas have blanks around them where GitHub needs them."""
    done = ""
    for part, is_tex in pieces(text):
        if is_tex:
            blank = " " if done and not done.endswith(" ") else ""
            done += f"{blank}${_inline(part)}$"
        else:
            blank = " " if done and part[:1].isalnum() else ""
            done += blank + _SPECIAL.sub(r"\\\g<0>", part)
    return done


def _line(text: str) -> str:
    """Text where a block may begin: what would begin another kind of block is escaped."""
    escaped = _text(text)
    if match := _BEGINS_A_BLOCK.match(escaped):
        end = match.end() if match[0].isdecimal() else 0
        return f"{escaped[:end]}\\{escaped[end:]}"
    return escaped


def _fenced(source: str) -> str:
    longest = max(map(len, re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{source.strip()}\n{fence}"


# Formulas.


def _formula(formula: Formula) -> str:
    reasons = [step.reason for step in formula.steps if step.reason]
    numbers = iter(range(1, len(reasons) + 1))
    left = _safe(parse(formula.left))
    rows: list[tuple[str, str]] = []
    for step in formula.steps or (Step("", ""),):
        relation = _relation(step, next(numbers) if step.reason and len(reasons) > 1 else None)
        first, *others = (_safe(line) for line in broken(parse(step.tex), WIDTH))
        rows += [(left, f"{relation} {first}"), *(("", rf"\quad {line}") for line in others)]
        left = ""
    if len(rows) > 1:
        aligned = " \\\\\n".join(f"{left} & {right}" for left, right in rows)
        body = f"\\begin{{aligned}}\n{aligned}\n\\end{{aligned}}"
    else:
        body = " ".join(rows[0])
    if formula.label:
        body += rf" \tag{{{formula.label}}}"
    text = "\n".join(["$$", *map(_guarded, body.splitlines()), "$$"])
    if not reasons:
        return text
    return f"{text}\n\n{_list(reasons, '{})' if len(reasons) > 1 else '*')}"


def _relation(step: Step, number: int | None) -> str:
    """The sign before a side, with the number of the reason above it."""
    relation = _safe(parse(step.relation))
    if number is None:
        return relation
    return rf"\overset{{({number})}}{{{relation}}}" if relation else rf"({number}) \quad"


def _guarded(line: str) -> str:
    """A line of a formula that begins no list, heading or rule."""
    line = " ".join(line.split())
    return f"{{{line[0]}}}{line[1:]}" if line[0] in "-+=#" else line


def _inline(tex: str) -> str:
    """A formula within a line; `\\cr` ends rows, since GitHub would take one backslash of the other sign."""
    return _safe(parse(tex)).replace(" \\\\\n", r" \cr ")


def _safe(layout: Layout) -> str:
    text = write(changed(layout, _replaced)).replace(r"\_", "_").replace("_{", " _{")
    return text.replace(r" \\ ", " \\\\\n")


def _replaced(part: Layout) -> Layout:
    """A sign by one that Markdown leaves alone."""
    match part:
        case Symbol(text=r"\_"):
            return Word(r"\text", "_")
        case Symbol():
            return Symbol(_SAFE.get(part.text, part.text))
        case Space():
            return Space(_SAFE.get(part.text, part.text))
        case Word():
            # an underscore needs no backslash in \text alone
            return Word(r"\text" if "_" in part.text else _SAFE.get(part.font, part.font), part.text)
        case Fenced():
            left, right = (_SAFE.get(side, side) for side in (part.left, part.right))
            return Fenced(left, part.body, right)
        case _:
            return part
