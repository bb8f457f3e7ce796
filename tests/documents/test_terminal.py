"""Documents and formulas as text for a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sample_documents import FORMULAS, LONG, everything, small

from chainrule.documents.boxes import box, one_line
from chainrule.documents.document import Document, Formula, Paragraph, Step, Table
from chainrule.documents.lines import broken
from chainrule.documents.terminal import terminal
from chainrule.render.columns import cells
from chainrule.render.tex_layout import parse, write

SNAPSHOTS = Path(__file__).parent / "snapshots"


def drawn(tex):
    """A formula's lines, without blanks at their ends."""
    return "\n".join(line.rstrip() for line in box(parse(tex)).lines)


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        (r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", "δˡ = ((wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ′(zˡ)"),
        (r"\delta^{(2)}_j = \nabla_a C", "δ⁽²⁾ⱼ = ∇ₐC"),
        (r"x_i^2 + W^{(2)T} - w_{jb}", "x²ᵢ + W⁽²⁾ᵀ − w_jb"),
        (r"\frac{\partial C}{\partial w^l_{jk}}", "∂C/∂wˡⱼₖ"),
        (r"\frac{a+b}{2 m} - \frac{1}{2} \cdot \frac{\frac{a}{b}}{c}", "(a + b)/(2m) − ½ · (a/b)/c"),
        (r"-\frac{\eta}{m} \sum_x \delta^{x,l} (a^{x,l-1})^T", "−η/m ∑ₓ δˣ,ˡ (aˣ,ˡ⁻¹)ᵀ"),
        (r"\sum_{k=1}^{n} w_k \, \ln a_k", "∑ⁿₖ₌₁ wₖ ln aₖ"),
        (r"e^{-z_k^{(2)}} + \delta^{(n_l)}", "e^(−z⁽²⁾ₖ) + δ^(nₗ)"),
        (r"\frac{\partial L}{\partial y_{pred}}", "∂L/∂y_pred"),
        (r"\vec{w} \cdot \hat{y}, \left|z\right| \quad \|x\|", "w⃗ · ŷ, |z|  ‖x‖"),
        (r"\begin{cases} z & \text{if } z > 0 \\ 0 & \text{else} \end{cases}", "{z if z > 0; 0 else}"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} \in \mathbb{R}^{2 \times 2}", "[1 2; 3 4] ∈ ℝ^(2×2)"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b; c = d"),
        (r"\sqrt{v + \epsilon} + \sqrt{x_1} + \sqrt 2", "√(v + ϵ) + √x₁ + √2"),
        (r"\operatorname{softmax}(z)_k (1 - p_k)", "softmax(z)ₖ (1 − pₖ)"),
        (r"\underbrace{a}_{3 \times 1} \overset{\text{def}}{=} \mathrm{net}_j", "a_(3×1) = netⱼ"),
        (r"y_{\mathrm{true}} - y_{pred} + w_b", "y_true − y_pred + w_b"),
        (r"\max\left(0, z\right) + \max_j a_j", "max(0, z) + maxⱼ aⱼ"),
        (r"\eta\delta_j x_{ji}, -b + (-c), 2 x", "ηδⱼ xⱼᵢ, −b + (−c), 2x"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_formula_on_one_line(tex, line):
    assert one_line(parse(tex)) == line


@pytest.mark.parametrize(
    ("tex", "lines"),
    [
        (r"a = \frac{\partial C}{\partial z^l}", "    ∂C\na = ───\n    ∂zˡ"),
        (r"\frac{\frac{a}{b}}{c}", " a\n ─\n b\n───\n c"),
        (r"a - \frac{1}{m} b", "    1\na − ─ b\n    m"),
        (r"\sum_{k=1}^n w_k", " n\n ∑  wₖ\nk=1"),
        (r"e^{-z_k^{(2)}} b", " −z⁽²⁾ₖ\ne       b"),
        (r"x_{a_b} y", "x    y\n a_b"),
        (r"\left(\frac{1}{m} x\right)^T_k", "⎛1  ⎞ᵀ\n⎜─ x⎟\n⎝m  ⎠ₖ"),
        (r"(\frac{a}{b})(c)", "⎛a⎞\n⎜─⎟ (c)\n⎝b⎠"),
        (r"\left.\frac{a}{b}\right|_{x=0}", "a│\n─│\nb│ₓ₌₀"),
        (r"\left\{\begin{matrix} a \\ b \end{matrix}\right\}", "⎰a⎱\n⎱b⎰"),
        (r"\sqrt{\frac{a}{b}}", " ⎛a⎞\n√⎜─⎟\n ⎝b⎠"),
        (
            r"g = \begin{cases} z & \text{if } z \ge 0 \\ 0 & \text{otherwise} \end{cases}",
            "    ⎧ z  if z ≥ 0\ng = ⎨\n    ⎩ 0  otherwise",
        ),
        (
            r"\begin{bmatrix} 10 & 2 \\ 3 & 4 \\ 5 & 6 \end{bmatrix} x",
            "⎡10  2⎤\n⎢ 3  4⎥ x\n⎣ 5  6⎦",
        ),
        (r"\underbrace{(W^{(2)})^T}_{3 \times 2} \delta", "(W⁽²⁾)ᵀ δ\n└──┬──┘\n  3×2"),
        (r"\underbrace{a}_{1} \odot \underbrace{a b}_n", "a ⊙ ab\n┬   └┘\n1   n"),
        (r"(\underbrace{abc}_{n} + \frac{1}{m} d)", "⎛      1  ⎞\n⎜abc + ─ d⎟\n⎝└┬┘   m  ⎠\n  n"),
        (r"(\underbrace{abc}_{n} d)^T", "(abc d)ᵀ\n └┬┘\n  n"),
        (r"\overbrace{abc}^m", " m\n┌┴┐\nabc"),
        (r"\overset{\text{def}}{=}", "def\n ="),
        (r"\begin{aligned} a &= b \\ cd &= \frac{e}{f} \end{aligned}", " a = b\n\n     e\ncd = ─\n     f"),
    ],
)  # fmt: skip
def test_a_formula_by_itself(tex, lines):
    assert drawn(tex) == lines


@pytest.mark.parametrize("width", [30, 44, 60, 79])
@pytest.mark.parametrize(
    "tex",
    [f"{FORMULAS[0]} + {FORMULAS[0]}", LONG, rf"\left({LONG}\right)^T \cdot ({LONG})", f"a = {LONG} = b"],
)
def test_a_broken_formula_keeps_its_width_and_its_signs(tex, width):
    lines = [box(line) for line in broken(parse(tex), width)]
    assert len(lines) > 1
    assert all(line.width <= width for line in lines)
    baselines = "".join(line.lines[line.baseline] for line in lines).replace(" ", "")
    for sign in "=+∑λσ":
        whole = box(parse(tex))
        assert baselines.count(sign) == whole.lines[whole.baseline].count(sign)


def test_a_bracket_with_one_side_is_not_opened():
    whole = parse(rf"a = \left.{LONG}\right|_{{x}}")
    assert "".join(map(write, broken(whole, 60))).replace(" ", "") == write(whole).replace(" ", "")


def test_a_formula_breaks_outside_brackets_and_before_a_sum():
    tex = "aaaaaa = bbbbbb (cccccc + dddddd) + eeeeee ffffff"
    lines = [one_line(line).strip() for line in broken(parse(tex), 34)]
    assert lines == ["aaaaaa = bbbbbb(cccccc + dddddd)", "+ eeeeeeffffff"]
    lines = [one_line(line).strip() for line in broken(parse("f(cccccc + dddddd + eeeeee)"), 20)]
    assert lines == ["f(cccccc + dddddd", "+ eeeeee)"]


@pytest.mark.parametrize("width", [48, 60, 80, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_wider_than_the_terminal(lang, width):
    for document in (everything(lang), small(lang)):
        lines = terminal(document, width).splitlines()
        assert [line for line in lines if cells(line) > width and "verb" not in line] == []
        assert not re.search(r" $", terminal(document, width), re.MULTILINE)


def test_everything_is_shown():
    shown = terminal(everything())
    words = " ".join(shown.replace("│", " ").split())
    for part in (
        r"pipe \alpha {braces} $5",
        "<b>tag</b> &amp; 50% #1",
        "中文，混排",
        "(A.1) x ←",
        "10. 9",
        "注：a_b_c",
    ):
        assert part in words
    assert "assert a.shape == z.shape" in shown
    assert "hidden" not in shown


def test_reasons_stand_in_one_column_and_below_where_a_side_is_too_wide():
    chain = Formula("a", (Step("b", reason="first"), Step(LONG, reason="second"), Step("cc", reason="third")))
    lines = terminal(Document("en", (chain,))).splitlines()
    (first,), (second,), (third,) = (
        [i for i, s in enumerate(lines) if word in s] for word in ("first", "second", "third")
    )
    assert lines[first] == "    a = b    first"
    assert lines[second].strip() == "second"
    assert lines[third] == "      = cc   third"
    assert lines[first].index("first") == lines[second].index("second")


def test_a_long_left_side_stands_on_a_line_of_its_own():
    left = r"\frac{\partial J}{\partial a} + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    lines = terminal(Document("en", (Formula(left, (Step(LONG),), "X"),))).splitlines()
    assert lines[1].startswith("(X) ")
    assert lines[1].endswith("b")
    assert lines[5].startswith("       = ──")


def test_an_inline_formula_is_not_broken():
    document = Document("en", (Paragraph("word " * 8 + "$a + b = c + d$ and"),))
    assert terminal(document, 44).splitlines() == ["word " * 7 + "word", "a + b = c + d and"]


def test_columns_of_a_table_are_aligned_whatever_its_language():
    rows = (("误差", "1"), ("error", "22"), (r"$\delta^l$", "333"))
    lines = terminal(Document("zh", (Table(("名称", "值"), rows),))).splitlines()
    assert {cells(line[: len(line) - len(line.split()[-1])]) for line in lines} == {7}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_small_document_is_as_it_was(lang, rewrite_snapshots):
    path = SNAPSHOTS / f"small.{lang}.txt"
    if rewrite_snapshots:
        path.write_text(terminal(small(lang)), encoding="utf-8")
    assert terminal(small(lang)) == path.read_text(encoding="utf-8")
