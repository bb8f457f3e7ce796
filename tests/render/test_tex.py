r"""The TeX form: every row can be typeset; what carries an exponent never carries a second one."""

from __future__ import annotations

import re

import pytest

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.cli.listing import CATALOGUES
from chainrule.expr import const, contract, identity, index, leaf, reduce, select, size, total
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.render.tex import tex

A, B = leaf("a"), leaf("b")
U = leaf("u", ["k"])
CASES = re.compile(r"\\begin\{cases\}(.*?)\\end\{cases\}")


def typeset(formula):
    """Fails where the formula is not TeX; matplotlib knows neither cases nor \\ge, \\le nor line breaks."""
    mathtext = pytest.importorskip("matplotlib.mathtext", reason="matplotlib is the oracle")
    for cases in CASES.findall(formula):
        for cell in re.split(r"&|\\\\", cases):
            typeset(cell.strip())
    for line in CASES.sub("x", formula).split(r"\\"):
        line = line.replace(r"\ge ", r"\geq ").replace(r"\le ", r"\leq ").replace(r"\text", r"\mathrm")
        mathtext.MathTextParser("path").parse(f"${line}$")


@pytest.mark.heavy
@pytest.mark.parametrize(
    "table", [name for name in CATALOGUES if name not in ("datasets", "presets", "recipes")]
)
def test_every_row_of_every_catalogue(table):
    formulas = [value for row in CATALOGUES[table]() for key, value in row.items() if key.endswith("_tex")]
    assert len(formulas) >= 1
    for formula in formulas:
        typeset(formula)


@pytest.mark.heavy
@pytest.mark.parametrize("network", ["zhou", "testnet", "3-4:gelu-5:elu-2:sigmoid"])
def test_every_line_of_a_program(network):
    for line in build(read_network(network).net, "sgd:momentum=0.9").lines:
        typeset(tex(line.expr))


@pytest.mark.heavy
def test_every_primitive_squared_and_as_exponent():
    for name, row in p.PRIMITIVES.items():
        places = len({place for place in "012" if f"{{{place}}}" in row.text})
        form = p.elementwise(name, *([A, B, A][:places])) if name != "power" else A**3
        for node in (form**2, p.exp(form), 2 * form, -form, form / form):
            typeset(tex(node))


FORMS = [
    ((A + B) / 2, r"\frac{a + b}{2}"),
    ((A / B) ** 2, r"\left(\frac{a}{b}\right)^{2}"),
    (-(A / B), r"-\frac{a}{b}"),
    (-(A + B), r"-\left(a + b\right)"),
    (p.exp(A) ** 2, r"\left(e^{a}\right)^{2}"),
    ((A**2) ** 3, r"\left(a^{2}\right)^{3}"),
    (p.exp(A + B), r"e^{a + b}"),
    (0.5 * A, r"\frac{1}{2} \, a"),
    (const(1e-8) * A, r"1 \cdot 10^{-8} \, a"),
    (const(float("inf")) + A, r"\infty + a"),
    (p.xlogy(A, 1 - B), r"a \ln \left(1 - b\right)"),
    (select(A > B, A, -B), r"\begin{cases} a & a > b \\ -b & a \le b \end{cases}"),
    (leaf("delta2", ["n", "k"]), r"\delta_{n k}^{(2)}"),
    (leaf("W1", ["h1", "d"]) ** 2, r"\left(W_{h_{1}, d}^{(1)}\right)^{2}"),
    (leaf("beta1") * leaf("lr"), r"\beta_{1} \, \eta"),
    (leaf("l2") * size("h1"), r"\lambda_{2} \, H_{1}"),
    (leaf("v_W1", ["k"]), r"\mathrm{v\_W}_{k}^{(1)}"),
    (leaf("slope") * U, r"\mathrm{slope} \, u_{k}"),
    (total(U, "k") / size("k"), r"\frac{1}{K} \, \sum_{k} u_{k}"),
    (U / total(U, "k"), r"\frac{u_{k}}{\sum_{j} u_{j}}"),
    (reduce("max", U, "k"), r"\max_{k} u_{k}"),
    (contract(("i",), identity("i", "k"), U), r"\sum_{k} \mathbb{1}(i = k) \, u_{k}"),
    (index("h1") + 1, r"h_{1} + 1"),
]


@pytest.mark.parametrize(("node", "expected"), FORMS)
def test_forms(node, expected):
    assert tex(node) == expected


@pytest.mark.heavy
@pytest.mark.parametrize("formula", [expected for _, expected in FORMS])
def test_forms_are_tex(formula):
    typeset(formula)


def test_softmax_is_recognised():
    z = leaf("z", ["k"])
    assert tex(ACTIVATIONS["softmax"].function(z, "k")) == r"\frac{e^{z_{k}}}{\sum_{j} e^{z_{j}}}"


def test_losses_read_as_in_textbooks():
    y, a, z = (leaf(letter, ["k"]) for letter in "yaz")
    found = {row.name: tex(row.function(y, a, z, "k")) for row in LOSSES}
    assert found["half_squared_error"] == r"\frac{1}{2} \, \sum_{k} \left(y_{k} - a_{k}\right)^{2}"
    assert found["cross_entropy"] == r"-\sum_{k} y_{k} \ln a_{k}"
