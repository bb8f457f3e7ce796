"""What all forms of a document share."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sample_documents import everything, small

from chainrule.documents import SUFFIXES, form_of, render
from chainrule.documents.document import Document, Formula, Paragraph, Step
from chainrule.documents.inline import inline, pieces
from chainrule.errors import FormulaError, UnknownNameError
from chainrule.render.columns import cells, padded, wrapped
from chainrule.sentences import speaking


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a", [("a", False)]),
        ("a $b$ c", [("a ", False), ("b", True), (" c", False)]),
        ("$a$$b$", [("a", True), ("b", True)]),
        (r"\$5 and $x_{\$}$", [("$5 and ", False), (r"x_{\$}", True)]),
        ("5$ and more", [("5$ and more", False)]),
        ("$a$ for 5$", [("a", True), (" for 5$", False)]),
        (" a\n  $b\n c$ ", [("a ", False), ("b c", True)]),
    ],
)
def test_text_comes_apart_at_dollar_signs(text, found):
    assert pieces(text) == found


def test_text_and_formulas_are_treated_each_in_its_way():
    assert inline("a $b$ c", str.upper, lambda tex: f"<{tex}>") == "A <b> C"


@pytest.mark.parametrize("form", SUFFIXES)
def test_every_form_writes_every_block_in_its_own_language(form):
    for lang, word in (("en", "Note: "), ("zh", "注：")):
        with speaking("zh" if lang == "en" else "en"):
            assert word in render(small(lang), form)
        assert render(everything(lang), form).endswith("\n")
        assert render(Document(lang), form)


@pytest.mark.parametrize("form", SUFFIXES)
def test_a_formula_that_is_none_is_an_error_in_every_form(form):
    for block in (Formula("a", (Step(r"\nosuch"),)), Paragraph(r"so $\nosuch$")):
        with pytest.raises(FormulaError):
            render(Document("en", (block,)), form)


@pytest.mark.parametrize("form", SUFFIXES)
def test_a_form_is_known_by_the_name_of_its_file(form):
    assert form_of(f"a/b.x{SUFFIXES[form]}") == form
    assert form_of(f"A{SUFFIXES[form].upper()}") == form


def test_a_form_that_is_none():
    assert form_of(None) == form_of("a.pdf") == form_of("a") == "terminal"
    with pytest.raises(UnknownNameError, match="html"):
        render(small("en"), "htm")


def test_only_drawing_loads_what_draws():
    code = (
        "import sys; sys.path.insert(0, 'tests/documents'); from sample_documents import small; "
        "from chainrule.documents import render; "
        "[render(small('en'), form) for form in ('terminal', 'markdown', 'latex', 'ipynb')]; "
        "print({'ziamath', 'numpy', 'rich'} & {name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# Columns.


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("误差", 4), ("δ⁽²⁾ⱼ", 5), ("w⃗", 1), ("，a", 3)]
)
def test_a_text_takes_so_many_columns(text, width):
    assert cells(text) == width
    assert cells(padded(text, 8)) == cells(padded(text, 8, right=True)) == 8


def test_lines_end_at_blanks_and_between_chinese_characters_but_before_no_mark():
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("误差由后一层求得。", 8) == ["误差由后", "一层求", "得。"]
    assert wrapped("a（见表）", 4) == ["a", "（见", "表）"]
    assert wrapped("", 8) == [""]
