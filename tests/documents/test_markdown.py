"""Documents as Markdown: what GitHub and Jupyter see in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sample_documents import FORMULAS, NASTY, everything, small

from chainrule.documents.boxes import one_line
from chainrule.documents.document import Bullets, Document, Formula, Heading, Note, Paragraph, Step, Table
from chainrule.documents.inline import pieces
from chainrule.documents.markdown import markdown
from chainrule.render.tex_layout import parse

SNAPSHOTS = Path(__file__).parent / "snapshots"

# Jupyter takes formulas out before it reads Markdown; GitHub reads Markdown first.
WITH_MATH = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(dollarmath_plugin)
WITHOUT = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(parser, text):
    """All tokens, those inside blocks after the block's own."""
    for token in parser.parse(text):
        yield token
        yield from token.children or ()


def formulas_of(document):
    """Every piece of TeX in a document."""
    for block in document.blocks:
        match block:
            case Formula():
                yield "".join([block.left, *(step.relation + step.tex for step in block.steps)])
                texts = [step.reason for step in block.steps]
            case Heading() | Paragraph() | Note():
                texts = [block.text]
            case Bullets():
                texts = block.items
            case Table():
                texts = [*block.head, *(cell for row in block.rows for cell in row)]
            case _:
                texts = []
        yield from (part for text in texts for part, is_tex in pieces(text) if is_tex)


def read(tex):
    """What a formula of Markdown says, without what only places it: alignment, tags, numbers of reasons."""
    tex = re.sub(r"\\tag\{.*\}|\\begin\{aligned\}|\\end\{aligned\}|\\quad|\{\}", " ", tex)
    tex = re.sub(r"\\overset\{\(\d+\)\}\{([^}]*)\}", r"\1", tex)
    if "begin" not in tex:
        tex = re.sub(r"&|\\\\|\\cr", " ", tex)
    return tex


def as_text(tex):
    return one_line(parse(read(tex))).replace(" ", "")


@pytest.mark.parametrize("document", [small("en"), small("zh"), everything("en"), everything("zh")])
def test_every_formula_arrives_whole(document):
    found = [t.content for t in tokens(WITH_MATH, markdown(document)) if t.type.startswith("math")]
    expected = list(formulas_of(document))
    assert len(found) == len(expected)
    assert [as_text(tex) for tex in found if "cases" not in tex] == [
        as_text(tex) for tex in expected if "cases" not in tex
    ]


@pytest.mark.parametrize("document", [small("en"), small("zh"), everything("en"), everything("zh")])
def test_a_reader_that_knows_no_formulas_leaves_them_alone(document):
    """One backslash of two at the end of a line is lost; that one GitHub puts back."""
    text = markdown(document)
    formulas = [t.content for t in tokens(WITH_MATH, text) if t.type.startswith("math")]
    shown = "".join(
        "\n" if t.type == "softbreak" else t.content for t in tokens(WITHOUT, text) if not t.children
    )
    for formula in formulas:
        assert formula.strip().replace("\\\\\n", "\\\n") in shown
    kinds = {token.type for token in tokens(WITHOUT, text)}
    assert kinds.isdisjoint(
        {"em_open", "strong_open", "link_open", "image", "html_inline", "s_open", "code_inline"}
    )
    assert kinds.isdisjoint({"hr", "code_block", "lheading_open", "hardbreak"})


def test_a_dollar_sign_opens_behind_a_blank_and_closes_before_no_letter():
    for document in (everything("en"), everything("zh")):
        text = markdown(document).partition("```python")[0]
        for match in re.finditer(r"(?<![\\$])\$(?!\$)[^$]+\$", text):
            assert text[match.start() - 1] in " \n"
            assert not text[match.end()].isalnum()


@pytest.mark.parametrize(
    "text", [NASTY, "- x", "+", "# y", "1. z", "2) z", "> q", "===", "---", "```", "* * *", "\\"]
)
def test_text_is_shown_as_it_is(text):
    document = Document("en", (Paragraph(text), Bullets((text,)), Heading(text), Table((text,), ((text,),))))
    inline = [t for t in WITH_MATH.parse(markdown(document)) if t.type == "inline"]
    shown = ["".join(child.content for child in token.children) for token in inline]
    assert shown == [text.replace(r"\$", "$")] * 5
    assert [t.tag for t in WITH_MATH.parse(markdown(document)) if t.type.endswith("_open")] == [
        "p", "ul", "li", "p", "h2", "table", "thead", "tr", "th", "tbody", "tr", "td"
    ]  # fmt: skip


def test_reasons_are_numbered_where_there_are_several():
    steps = (Step("b", reason="x"), Step("c"), Step("d", r"\gets", "y"))
    several = markdown(Document("en", (Formula("a", steps, "A"),)))
    assert r"a & \overset{(1)}{=} b \\" in several
    assert r"& = c \\" in several
    assert r"& \overset{(2)}{\gets} d" in several
    assert several.endswith("\\end{aligned} \\tag{A}\n$$\n\n1) x\n2) y\n")
    assert markdown(Document("en", (Formula("a", steps[:1]),))) == "$$\na = b\n$$\n\n* x\n"


def test_lists_that_follow_one_another_stay_apart():
    lists = (
        Formula("a", (Step("b", reason="x"), Step("c", reason="y"))),
        *[Bullets(("1", "2"), numbered=True)] * 2,
    )
    html = WITH_MATH.render(markdown(Document("en", lists)))
    assert html.count("<ol>") == 3
    assert html.count("<li>") == 6


def test_no_line_of_a_formula_begins_a_block():
    document = Document(
        "en", (Formula("-a", (Step("b"), Step(f"x = {FORMULAS[2]}"))), Formula("", (Step("- a", ""),)))
    )
    lines = markdown(document).splitlines()
    assert "{-}a & = b \\\\" in lines
    assert "{-}a" in lines
    assert not [line for line in lines if re.match(r"[-+=#>|]|\d+[.)]( |$)", line)]


def test_hidden_code_is_not_shown_and_a_fence_is_longer_than_those_in_the_source():
    text = markdown(everything())
    assert "hidden" not in text
    fences = [t for t in WITH_MATH.parse(text) if t.type == "fence"]
    assert [t.info for t in fences] == ["python", "python"]
    assert "```\n$x_1$" in fences[1].content


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_small_document_is_as_it_was(lang, rewrite_snapshots):
    path = SNAPSHOTS / f"small.{lang}.md"
    if rewrite_snapshots:
        path.write_text(markdown(small(lang)), encoding="utf-8")
    assert markdown(small(lang)) == path.read_text(encoding="utf-8")
