"""Documents as HTML: whole, self-contained, with formulas drawn and said."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sample_documents import FORMULAS, LONG, NASTY, everything, small
from ziamath.nodes import mnode
from ziamath.nodes.mrow import Mrow

from chainrule.documents.document import Bullets, Document, Formula, Heading, Note, Paragraph, Step, Table
from chainrule.documents.html import html
from chainrule.documents.svg import Drawing
from chainrule.render.tex_layout import ARGUMENTS, LOOKS

SNAPSHOTS = Path(__file__).parent / "snapshots"
VOID = {"meta", "br", "hr", "img", "link"}


class Page(HTMLParser):
    """The elements of a page, with their text; what is not closed in order is an error."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.elements = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        element = [tag, dict(attributes), ""]
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def all(self, tag, kind=None):
        return [e for e in self.elements if e[0] == tag and kind in (None, e[1].get("class"))]


@cache
def page_of(which, lang):
    return html(which(lang))


@pytest.mark.parametrize(
    ("which", "lang"), [(small, "en"), (small, "zh"), (everything, "en"), (everything, "zh")]
)
def test_a_page_is_whole_and_asks_for_nothing(which, lang):
    page = Page(page_of(which, lang))
    assert not {"script", "link", "img", "iframe", "object", "a"} & {tag for tag, *_ in page.elements}
    addresses = [
        value
        for _, attributes, _ in page.elements
        for name, value in attributes.items()
        if name in ("href", "src", "action", "data", "srcset")
    ]
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    assert "url(" not in page.all("style")[0][2]
    assert "@import" not in page.all("style")[0][2]
    (policy,) = [a for _, a, _ in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy["content"].startswith("default-src 'none'")
    assert page.all("html")[0][1]["lang"] == {"en": "en", "zh": "zh-Hans"}[lang]


@pytest.mark.parametrize(("which", "lang"), [(small, "en"), (everything, "zh")])
def test_every_glyph_is_there_once(which, lang):
    page = Page(page_of(which, lang))
    names = [attributes["id"] for _, attributes, _ in page.all("path")]
    outlines = [attributes["d"] for _, attributes, _ in page.all("path")]
    used = {attributes["href"].removeprefix("#") for _, attributes, _ in page.all("use")}
    assert len(names) == len(set(names)) == len(set(outlines))
    assert used == set(names)


def test_every_formula_is_said_and_can_be_copied():
    page = Page(page_of(small, "en"))
    pictures = page.all("svg", "math")
    assert len(pictures) > 15
    for _, attributes, text in pictures:
        assert attributes["role"] == "img"
        assert text == attributes["data-tex"]
    said = {attributes["data-tex"] for _, attributes, _ in pictures}
    document = small("en")
    assert {formula.left for formula in document.formulas()} <= said
    assert {step.tex for formula in document.formulas() for step in formula.steps} <= said


def test_pictures_are_xml_with_whole_numbers_inside():
    text = page_of(everything, "zh")
    for picture in re.findall(r'<svg class="math".*?</svg>', text, re.DOTALL):
        svg = ElementTree.fromstring(picture)
        x, _, width, height = map(int, svg.attrib["viewBox"].split())
        assert width > 0
        assert height > 0
        for group in [svg, *svg.iter("g")]:
            scale = float(group.attrib.get("transform", "scale(1)")[6:-1])
            for use in group.findall("use"):
                assert (
                    x - 1 <= int(use.attrib["x"]) * scale < x + width + 600
                )  # accents stand left of their origin


TEXT = NASTY.replace(r"\$", "$")


def test_text_is_shown_as_it_is():
    blocks = (
        Heading(NASTY, 1),
        Paragraph(NASTY),
        Note(NASTY),
        Bullets((NASTY,)),
        Table((NASTY,), ((NASTY,),)),
        Formula("a", (Step("b", reason=NASTY),), "<A>"),
    )
    page = Page(html(Document("en", blocks)))
    for tag in ("h1", "p", "li", "th", "td", "title"):
        assert page.all(tag)[0][2] == TEXT
    assert page.all("aside")[0][2] == f"Note: {TEXT}"
    assert page.all("div", "reason")[0][2] == TEXT
    assert page.all("div", "label")[0][2] == "(<A>)"


def test_formulas_in_headings_are_plain_text_in_the_title():
    page = Page(html(Document("en", (Heading(r"On $\delta^{(2)}_j$", 1),))))
    assert page.all("title")[0][2] == "On δ⁽²⁾ⱼ"


def test_marks_stay_with_their_formula():
    shown = html(Document("zh", (Paragraph("由（$a$）与 $b$，得 $c$ 和 $d$。"),)))
    whole = re.findall(r'<span class="whole">(.*?)</span>', shown)
    assert [re.sub("<svg.*?</svg>", "·", each) for each in whole] == ["（·）", "·，", "·。"]


def test_a_chain_has_a_cell_for_each_part():
    page = Page(page_of(small, "zh"))
    cells = [
        a["class"] for tag, a, _ in page.elements if tag == "div" and a["class"] not in ("line", "scroll")
    ]
    assert cells == [
        *("chain", "label", "left", "sign", "side", "reason", "sign", "side", "reason"),
        *("chain", "label", "left", "sign", "side", "reason", "sign", "side"),
    ]


def test_a_wide_side_is_broken_and_a_wide_left_side_stands_alone():
    page = Page(html(Document("en", (Formula("a + b + c + d + e + f + g = x y", (Step(LONG), Step("b"))),))))
    assert len(page.all("div", "alone")) == 1
    assert len(page.all("div", "line")) > 3
    widths = [
        float(a["style"].partition("em")[0].removeprefix("width:")) for _, a, _ in page.all("svg", "math")
    ]
    assert max(widths) < 34


def test_hidden_code_is_not_shown():
    shown = page_of(everything, "zh")
    assert "hidden = 1" not in shown
    assert [unescape(text) for _, _, text in Page(shown).all("code")][1].startswith("s = '''\n```\n$x_1$ <&>")


def test_sixty_formulas_are_a_small_file():
    formulas = tuple(
        Formula(f"x_{{{i}}}", (Step(FORMULAS[i % len(FORMULAS)], reason="because $a_1 = b$"),), f"{i}")
        for i in range(60)
    )
    assert len(html(Document("en", formulas)).encode()) < 400_000


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_small_document_is_as_it_was(lang, rewrite_snapshots):
    """Without the style, and with TeX in the places of the drawings."""
    path = SNAPSHOTS / f"small.{lang}.html"
    shown = re.sub('<svg class="math" role="img" data-tex="(.*?)".*?</svg>', r"[\1]", page_of(small, lang))
    shown = re.sub("(<style>|<defs>).*?(?=</style>|</defs>)", r"\1", shown, flags=re.DOTALL)
    if rewrite_snapshots:
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


# Drawings.


def picture(tex, display=True):
    """A formula's picture, and the outlines in it."""
    drawing = Drawing()
    return drawing.picture(tex, display=display).svg, set(drawing.glyphs)


MISSING = picture(r"\text{中}")[1]
"""What the font draws for a character that it has not."""


@pytest.mark.parametrize("symbol", LOOKS)
def test_every_symbol_has_a_glyph(symbol):
    _, outlines = picture(symbol)
    assert outlines
    assert not outlines & MISSING


@pytest.mark.parametrize(
    "text", [r"\mathbb{1}", r"\mathbb{R}", r"\mathcal{L}", r"\mathbf{w}", r"\mathrm{a\_b}"]
)
def test_every_font_has_its_glyphs(text):
    _, outlines = picture(text)
    assert not outlines & (MISSING | picture(r"1RLw")[1])


@pytest.mark.parametrize("command", ARGUMENTS)
def test_every_command_is_drawn(command):
    svg, outlines = picture(f"{command}{{a}}{{c}}")
    drawn = {r"\overset": 2, r"\underset": 2, r"\sqrt": 4}.get(command, 3)
    assert svg.count("<use") + svg.count("<rect") == drawn
    assert not outlines & MISSING


def test_tall_brackets_hold_what_they_stand_around():
    for tex in (
        r"\frac{\sum_i a}{b}",
        r"\begin{matrix} a \\ b \\ c \end{matrix}",
        r"\ln \frac{a}{\sum_k e^{b_k}}",
    ):
        plain, fenced = (height_and_depth(each) for each in (tex, rf"\left[{tex}\right]"))
        assert plain[0] <= fenced[0] < 1.6 * plain[0]


NESTED = [
    r"\left(\frac{\left[\sum_{i=1}^{n} a_{i}\right]^{2}}{1 + \left|\frac{x}{y}\right|}\right)^{\frac{1}{2}}",
    r"\begin{bmatrix} 1 & -\frac{1}{2} \\ \left(\frac{a}{b}\right) & \vec{x} \end{bmatrix}^{T}",
    r"\underbrace{(W^{(2)})^{T}}_{2 \times 1} + \begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
    r"\sqrt{\left(\frac{a}{\left(\frac{b}{c}\right)}\right)}",
]


@pytest.mark.parametrize("tex", [*FORMULAS, *NESTED])
def test_rows_that_are_laid_out_once_are_drawn_as_by_the_library(tex, monkeypatch):
    ours = picture(tex)
    monkeypatch.setitem(mnode._node_classes, "mrow", Mrow)
    assert picture(tex) == ours


def test_what_stands_deep_in_rows_is_laid_out_as_often_as_it_is_high(monkeypatch):
    """Each pair of brackets is fitted to what it holds, so that is laid out twice; other rows are not."""
    made = Counter()
    build = mnode.Mnode.fromelement.__func__

    def counted(cls, element, *arguments, **settings):
        made[element.text] += 1
        return build(cls, element, *arguments, **settings)

    monkeypatch.setattr(mnode.Mnode, "fromelement", classmethod(counted))
    picture("a + {{{{{b + {{{c}_{d + {e}}}}}}}}}")
    assert made["e"] == 1
    picture(r"\frac{1}{\begin{bmatrix} \frac{z}{2} \end{bmatrix}}")
    assert made["z"] == 2


def height_and_depth(tex, display=True):
    style = re.search('style="(.*?)"', picture(tex, display)[0])[1]
    found = {name: float(value[:-2]) for name, value in (each.split(":") for each in style.split(";"))}
    return found["height"], -found["vertical-align"]


def test_a_formula_stands_on_the_line_of_text():
    assert height_and_depth("x", False)[1] == pytest.approx(0, abs=0.03)
    assert height_and_depth("y", False)[1] == pytest.approx(0.2, abs=0.06)
    height, depth = height_and_depth(r"\frac{a}{b}", False)
    assert 0.3 < depth < height / 2
