"""Documents as LaTeX: what is written, and that TeX sets it without a complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sample_documents import LONG, NASTY, everything, small

from chainrule.documents.document import Bullets, Document, Formula, Heading, Note, Paragraph, Step, Table
from chainrule.documents.latex import latex
from chainrule.render.tex_layout import parse

SNAPSHOTS = Path(__file__).parent / "snapshots"


def body(*blocks, lang="en"):
    text = latex(Document(lang, blocks))
    return text.partition("\\begin{document}")[2].partition("\\end{document}")[0].strip()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("50% & #1_{a}", r"50\% \& \#1\_\{a\}"),
        (r"\alpha ^ ~", r"\textbackslash{}alpha \textasciicircum{} \textasciitilde{}"),
        ("<b> | `c`", r"\textless{}b\textgreater{} \textbar{} \textasciigrave{}c\textasciigrave{}"),
        (r"\$5 -- $a_1$", r"\$5 -{}- $a_{1}$"),
        ("2 × 3 → ≥ δ", r"2 \ensuremath{\times} 3 \ensuremath{\to} \ensuremath{\ge} \ensuremath{\delta}"),
    ],
)  # fmt: skip
def test_text_is_escaped(text, written):
    found = body(Paragraph(text))
    synonyms = {r"\rightarrow": r"\to", r"\geq": r"\ge"}
    for other, one in synonyms.items():
        found = found.replace(other, one)
    assert found == written


def test_a_chain_with_its_label_and_its_reasons():
    steps = (Step("b", reason="by $x$"), Step("c + d", r"\gets"))
    written = body(Formula("a", steps, "BP_1"))
    assert re.sub(r"\{\d\d\}", "{N}", written) == (
        "\\begin{alignat*}{2}\n"
        "\\numbered{BP\\_1} a & = b & & \\quad \\reason{N}{by $x$} \\\\\n"
        "& \\gets c + d\n"
        "\\end{alignat*}"
    )


def test_a_long_side_is_broken_and_its_reason_stands_below():
    rows = body(Formula("x", (Step(LONG, reason="because"), Step("y", reason="so")))).split("\\\\\n")
    assert len(rows) > 4
    assert ["because" in row for row in rows] == [False] * (len(rows) - 3) + [True, False, False]
    assert rows[-1].startswith(r"& \quad \reason{") == ("so" in rows[-1])
    assert all(row.startswith(r"& \qquad {} +") for row in rows[1:-3])
    assert not any("& &" in row for row in rows)


def test_a_long_left_side_stands_alone():
    rows = body(Formula(r"\frac{a}{b} + c + d + e + f + g = x", (Step(LONG),), "1")).split("\\\\\n")
    assert r"\numbered{1} \rlap{$\displaystyle \frac{a}{b} + c + d + e + f + g = x$}" in rows[0]
    assert rows[1].startswith(r"\qquad & = \frac")


def test_what_latex_lacks_is_written_otherwise():
    written = body(Paragraph(r"$\mathbb{1}(a \lt b)$, $\vec{\mathrm{net}}_j \gt \vec{x}$, $\mathbb{R}$"))
    assert written == r"$\mathbf{1}(a < b)$, $\overrightarrow{\mathrm{net}}_{j} > \vec{x}$, $\mathbb{R}$"


def test_a_wide_table_has_columns_that_wrap():
    assert r"[l]{@{}ll@{}}" in body(Table(("a", "b"), (("c", "d"),)))
    written = body(Table(("a", "b"), (("word " * 30, "d"),)))
    assert re.search(r"\[l\]\{@\{\}>\{\\raggedright\\arraybackslash\}p\{\d\dem\}l@\{\}\}", written)


@pytest.mark.parametrize("document", [small("en"), small("zh"), everything("en"), everything("zh")])
def test_every_formula_can_be_read_back(document):
    text = latex(document)
    inline = re.findall(r"(?<!\\)\$((?:[^$\\]|\\.)*)\$", text.partition("\\begin{document}")[2])
    assert len(inline) >= 10
    for tex in inline:
        parse(tex.replace(r"\displaystyle", "").replace(r"\overrightarrow", r"\vec"))
    assert text.count(r"\begin{alignat*}") == len(list(document.formulas()))


def test_chinese_is_set_with_fonts_of_its_own():
    assert "fandol,scheme=chinese" in latex(small("zh"))
    assert "ctex" not in latex(small("en"))
    assert "fandol,scheme=plain" in latex(Document("en", (Paragraph("net 网络"),)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_small_document_is_as_it_was(lang, rewrite_snapshots):
    path = SNAPSHOTS / f"small.{lang}.tex"
    if rewrite_snapshots:
        path.write_text(latex(small(lang)), encoding="utf-8")
    assert latex(small(lang)) == path.read_text(encoding="utf-8")


# Set by TeX.


def complaints(text, engine, folder):
    """What TeX says that matters: errors, characters without a glyph, lines that stick out by 10 points."""
    (folder / "document.tex").write_text(text, encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=1800, check=False)
    log = (folder / "document.log").read_text(encoding="utf-8", errors="replace")
    found = [line for line in log.splitlines() if line.startswith(("!", "Missing character"))]
    wide = [
        line
        for line in log.splitlines()
        if (match := re.match(r"Overfull \\hbox \((.*)pt too wide", line)) and float(match[1]) > 10
    ]
    assert found or run.returncode == 0
    return [*found, *wide]


def needed(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@pytest.mark.long
@needed("xelatex")
@pytest.mark.parametrize("document", [small("en"), small("zh"), everything("en"), everything("zh")])
def test_xelatex_sets_it(document, tmp_path):
    assert complaints(latex(document), "xelatex", tmp_path) == []


@pytest.mark.long
@needed("pdflatex")
def test_pdflatex_sets_it_in_english(tmp_path):
    blocks = (
        *small("en").blocks,
        Heading(NASTY, 1),
        Note(NASTY),
        Bullets((NASTY, "[a]")),
        Paragraph("2 × 3 — α"),
    )
    assert complaints(latex(Document("en", blocks)), "pdflatex", tmp_path) == []


@pytest.mark.long
@needed("xelatex")
@needed("pdftotext")
def test_the_text_is_on_the_page(tmp_path):
    assert complaints(latex(everything("zh")), "xelatex", tmp_path) == []
    run = subprocess.run(
        ["pdftotext", "-layout", "document.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    )
    shown = "".join(run.stdout.decode().split())
    for part in (
        "a_b_c*stars***bold**",
        "<b>tag</b>&amp;50%#1",
        r"pipe\alpha{braces}$5",
        "中文，混排",
        "(A.1)",
    ):
        assert part in shown
    assert r"$x_1$<&>\end{document}\end{verbatim}中文\verb|~|" in shown
