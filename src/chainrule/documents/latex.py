r"""A document as LaTeX that compiles as it is: with `xelatex`, or in English with `pdflatex` too.

Formulas stand at the left. Their reasons stand beside them where the page leaves room, else below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.documents.boxes import box, one_line
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
from chainrule.render.columns import cells
from chainrule.render.tex_layout import LOOKS, Command, Layout, Row, Symbol, Word, changed, parse, write
from chainrule.sentences import say, speaking

# Widths in em, of a page of A4 in a font of 11 points.
_LINE = 42
_INDENT = 4
_REASON = 11
"""A reason stands beside its formula where so much is left for it."""
_COLUMN = 0.53
"""A column of plain text, in formulas and in words; seldom more than it takes in print."""
_WIDE = 12
"""A left side wider than this stands on a line of its own where the sides behind it are wide, too."""

_PREAMBLE = r"""
\usepackage[margin=2.4cm]{geometry}
\usepackage{amsmath,amssymb,array,longtable}
\allowdisplaybreaks
\setlength{\mathindent}{4em}
\setlength{\jot}{6pt}
\setlength{\extrarowheight}{2pt}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 2pt}
\setlength{\emergencystretch}{4em}
\newcommand{\numbered}[1]{\llap{\makebox[4em][l]{(#1)}}}
\newcommand{\reason}[2]{\parbox[t]{#1em}{\raggedright\small #2}}
\newenvironment{source}{\par\medskip\setlength{\parskip}{0pt}\footnotesize\ttfamily\raggedright}{\par\medskip}
\newcommand{\sourceline}[1]{\hangindent=4em #1\strut\par}
\newcommand{\tight}{\setlength{\parsep}{0pt}\setlength{\itemsep}{2pt}\setlength{\parskip}{0pt}}
\AtBeginDocument{
  \setlength{\abovedisplayskip}{6pt plus 2pt}\setlength{\belowdisplayskip}{6pt plus 2pt}
  \setlength{\abovedisplayshortskip}{6pt plus 2pt}\setlength{\belowdisplayshortskip}{6pt plus 2pt}
}
""".strip()

_ESCAPES = {
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
    **{look.text: rf"\ensuremath{{{tex}}}" for tex, look in LOOKS.items() if not look.text.isascii()},
    "…": "…",
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
}
_CHINESE = re.compile(r"[\u2e80-\uffef]")
_SECTIONS = {2: "section", 3: "subsection"}


def latex(document: Document) -> str:
    """The document as the text of a `.tex` file."""
    with speaking(document.lang) as speech, speech:
        body = _body(document.blocks)
    scheme = "chinese" if document.lang == "zh" else "plain"
    fonts = [rf"\usepackage[fontset=fandol,scheme={scheme}]{{ctex}}"] if _CHINESE.search(body) else []
    head = ["% compile with xelatex", r"\documentclass[11pt,a4paper,fleqn]{article}", *fonts, _PREAMBLE]
    return "\n".join([*head, "", r"\begin{document}", "", body, "", r"\end{document}", ""])


def _body(blocks: Sequence[Block]) -> str:
    text = ""
    for block in blocks:
        if shown := _block(block):
            # an empty line before a formula would become an empty line on the page
            text += ("\n" if isinstance(block, Formula) else "\n\n") * bool(text) + shown
    return text


def _block(block: Block) -> str:
    match block:
        case Heading(level=1):
            return rf"{{\LARGE\bfseries\raggedright {_text(block.text)}\par}}\medskip"
        case Heading():
            return rf"\{_SECTIONS.get(block.level, 'subsubsection')}*{{{_text(block.text)}}}"
        case Paragraph():
            return _text(block.text)
        case Note():
            return _environment("quote", [rf"\small {_text(say('documents.note', text=block.text))}"])
        case Bullets():
            # braces: an item may begin with a bracket
            found = [rf"\item {{}}{_text(item)}" for item in block.items]
            return _environment("enumerate" if block.numbered else "itemize", [r"\tight", *found])
        case Table():
            return _table(block)
        case Code():
            lines = [rf"\sourceline{{{_source(line)}}}" for line in block.source.splitlines()]
            return _environment("source", lines) if block.shown else ""
        case Formula():
            return _formula(block)


def _environment(name: str, lines: Sequence[str], options: str = "") -> str:
    return "\n".join([rf"\begin{{{name}}}{options}", *lines, rf"\end{{{name}}}"])


# Text.


def _text(text: str) -> str:
    return inline(text, _escaped, lambda tex: f"${_tex(parse(tex))}$")


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in text).replace("--", "-{}-")


def _source(line: str) -> str:
    return _escaped(line).replace("'", r"\textquotesingle{}").replace(" ", r"\ ")


def _table(table: Table) -> str:
    rows = [table.head, *table.rows]
    widths = [max(map(_words, column)) for column in zip(*rows, strict=True)]
    columns = ["l"] * len(widths)
    while sum(widths) + len(widths) - 1 > _LINE and max(widths) > 4:
        widest = widths.index(max(widths))
        widths[widest] -= 1
        columns[widest] = rf">{{\raggedright\arraybackslash}}p{{{widths[widest]:.0f}em}}"
    head = " & ".join(rf"\textbf{{{_text(cell)}}}" for cell in table.head)
    body = [" & ".join(map(_text, row)) + r" \\" for row in table.rows]
    return _environment(
        "longtable", [rf"{head} \\ \hline", r"\endhead", *body], f"[l]{{@{{}}{''.join(columns)}@{{}}}}"
    )


# Formulas.


def _formula(formula: Formula) -> str:
    left = parse(formula.left)
    steps = formula.steps or (Step("", ""),)
    room = _LINE - _INDENT - _width(left) - 2
    widest = max(_width(parse(step.tex)) for step in steps)
    alone = _width(left) > _WIDE and widest > room
    if alone:
        room = _LINE - _INDENT - 4
    sides = [broken(parse(step.tex), int(room / _COLUMN)) for step in steps]
    free = room - max(_width(line) for lines in sides for line in lines) - 2
    needed = max(_words(step.reason) for step in steps)
    label = rf"\numbered{{{_escaped(formula.label)}}} " if formula.label else ""
    rows = [rf"{label}\rlap{{$\displaystyle {_tex(left)}$}}"] if alone else []
    before = r"\qquad" if alone else label + _tex(left)
    for step, (first, *others) in zip(steps, sides, strict=True):
        row = f"{before} & {_tex(parse(step.relation))} {_tex(first)}"
        beside = step.reason and free >= min(_REASON, needed)
        rows.append(rf"{row} & & \quad \reason{{{free:.0f}}}{{{_text(step.reason)}}}" if beside else row)
        rows += [rf"& \qquad {_tex(line)}" for line in others]
        if step.reason and not beside:
            rows.append(rf"& \quad \reason{{{room - 2:.0f}}}{{{_text(step.reason)}}}")
        before = ""
    return _environment("alignat*", [" \\\\\n".join(" ".join(row.split()) for row in rows)], "{2}")


def _words(text: str) -> float:
    return cells(inline(text, str, lambda tex: one_line(parse(tex)))) * _COLUMN


def _width(layout: Layout) -> float:
    return box(layout).width * _COLUMN


def _tex(layout: Layout) -> str:
    return write(changed(layout, _known))


_KNOWN = {r"\lt": "<", r"\gt": ">"}


def _known(part: Layout) -> Layout:
    """A sign by one that LaTeX has: no blackboard digits, no arrow over a word, no other name for `<`."""
    match part:
        case Symbol():
            return Symbol(_KNOWN.get(part.text, part.text))
        case Word(font=r"\mathbb") if part.text.isdecimal():
            return Word(r"\mathbf", part.text)
        case Command(name=r"\vec", arguments=(Word() | Row(),)):
            return Command(r"\overrightarrow", part.arguments)
        case _:
            return part
