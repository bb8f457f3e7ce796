r"""What formulas mean: how far signs reach, what may be left out, and what cannot be read."""

from __future__ import annotations

import numpy as np
import pytest
from read_back import difference, values

from chainrule.check.formula.values import FormulaValues
from chainrule.errors import FormulaError
from chainrule.notation import find_notation
from chainrule.notation.notation import NUMBERED, Place
from chainrule.notation.reader import Reader
from chainrule.reading import read_network
from chainrule.sentences import speaking

NET = read_network("2-3-2").net.resolved()
SQUARE = read_network("3-3-3").net.resolved()
NUMBERS = values(NET)
BATCH = Place(batch=True)


def amount(tex: str, place: Place = NUMBERED, notation: str = "nielsen") -> np.ndarray:
    """What one side amounts to: letters in alphabetical order, behind the samples."""
    reader = Reader(find_notation(notation), NET)
    (case,) = FormulaValues(reader, NUMBERS).cases([reader.read(tex, place)])
    return case.values[0]


x, a, p, y = (NUMBERS[name][0] for name in ("a0", "a1", "a2", "y"))
z, W1, W2, b1, d2 = (NUMBERS[name][0] for name in ("z1", "W1", "W2", "b1", "delta2"))


@pytest.mark.parametrize(
    ("tex", "number"),
    [
        ("2 + 3 \\cdot 4", 14),
        ("2 - 3 - 4", -5),
        ("-2^{2}", -4),
        ("(-2)^{2}", 4),
        ("{2^{3}}^{2}", 64),
        (r"\frac{1}{2} \, (3 - 2)", 0.5),
        (r"\frac{1}{2} 4 \cdot 3", 6),
        ("6 / 2 \\cdot 3", 9),
        ("6 / (2 \\cdot 3)", 1),
        (r"\left|2 - 5\right| + |1 - 3|", 5),
        (r"\sqrt{9} + e^{0} + \exp(0)", 5),
        (r"\ln e^{2} \cdot 3", 6),
        (r"\ln (2 - 1) + 4", 4),
        (r"2 \cdot 10^{-3}", 0.002),
        (r"\max\left(2, 3\right) \min(4, 5)", 12),
        (r"\operatorname{sign}\left(-3\right)", -1),
        (r"\mathbb{1}(2 > 1) + \mathbb{1}\left(2 \ge 2\right) + \mathbb{1}(2 < 1) + \mathbb{1}(1 \le 0)", 2),
        (r"\mathbb{1}(1 \ne 2)", 1),
        (r"\begin{cases} 1 & 2 > 3 \\ 5 & \text{otherwise} \end{cases}", 5),
        (r"\begin{cases} 1 & 2 > 3 \\ 6 & 2 \le 3 \end{cases}", 6),
        (r"\begin{cases} 1 & \text{if } 3 > 2 \\ 6 \end{cases} \cdot 2", 2),
        (r"\sigma(0) + \sigma'(0)", 0.75),
        (r"\tanh(0) + \tanh'(0)", 1),
        (r"m + \sum_{x} 2", 9),
    ],
)
def test_numbers(tex: str, number: float) -> None:
    assert difference(amount(tex), np.asarray(float(number))) < 1e-15


@pytest.mark.parametrize(
    ("tex", "meant"),
    [
        # entries: a sum takes what is multiplied, not what is added
        (r"\sum_{k} w^{2}_{jk} a^{1}_{k} + b^{2}_{j}", x @ W1.T + b1),
        (r"b^{2}_{j} + \sum_{k} a^{1}_{k} w^{2}_{jk}", x @ W1.T + b1),
        (r"\sum_{k} (w^{2}_{jk} + b^{2}_{j}) a^{1}_{k}", x @ W1.T + np.outer(x.sum(1), b1)),
        (r"\sum_{k = 1}^{2} w^{2}_{jk} a^{1}_{k}", x @ W1.T),
        (r"\sum_{j k} w^{2}_{jk} a^{1}_{k}", (x @ W1.T).sum(1)),
        (r"\sum_j \sum_k w^2_{jk} a^1_k a^2_j", ((x @ W1.T) * a).sum(1)),
        (r"-\sum_{j} y_{j} \ln a^{3}_{j}", -(y * np.log(p)).sum(1)),
        (r"\sum_{j} y_{j} \ln a^{3}_{j} \cdot 2", 2 * (y * np.log(p)).sum(1)),
        (r"\frac{e^{z^{3}_{j}}}{\sum_{k} e^{z^{3}_{k}}}", p),
        (r"\max_{k} a^{3}_{k}", p.max(1)),
        (r"a^{2}_{j} (1 - a^{2}_{j})", a * (1 - a)),
        (r"(a^{2}_{j})^{2}", a**2),
        (r"w^{2}_{31} - w^{2}_{3,1} + w^{2}_{12}", W1[0, 1]),
        (r"\delta^{3}_{j} a^{2}_{k}", d2[:, :, None] * a[:, None, :]),
        (r"\mathbb{1}(j = k) a^{3}_{j}", None),
        # matrices
        (r"w^{2} a^{1} + b^{2}", (x @ W1.T + b1)[..., None]),
        (r"(w^3)^T \delta^3 \odot a^2", ((d2 @ W2) * a)[..., None]),
        (r"a^2 \odot (w^3)^T \delta^3", ((d2 @ W2) * a)[..., None]),
        (r"((w^{3})^{\top} \delta^{3}) \odot \sigma'(z^{2})", ((d2 @ W2) * a * (1 - a))[..., None]),
        (r"\delta^{3} (a^{2})^{T}", d2[:, :, None] * a[:, None, :]),
        (r"2 \delta^{3} (a^{2})^{T} \frac{1}{2}", d2[:, :, None] * a[:, None, :]),
        (
            r"\underbrace{\delta^{3}}_{2 \times 1} \underbrace{(a^{2})^{T}}_{1 \times 3}",
            d2[:, :, None] * a[:, None, :],
        ),
        (r"1 - a^{2}", (1 - a)[..., None]),
        (r"(a^{3})^{T} a^{3}", (p**2).sum(1)),
        (r"\|w^{2}\|^{2}", (W1**2).sum()),
        (r"\|w^{2}\|_{1}", np.abs(W1).sum()),
        (r"\operatorname{softmax}(z^{3})", p[..., None]),
        (r"\sum_{j} \|w^{2}\|^{2} a^{2}_{j}", (W1**2).sum() * a.sum(1)),
    ],
)
def test_quantities(tex: str, meant: np.ndarray | None) -> None:
    if meant is None:
        with pytest.raises(FormulaError) as caught:
            amount(tex)
        assert caught.value.key == "reader.no_range"
        return
    found = amount(tex)
    assert found.shape == meant.shape
    assert difference(found, meant) < 1e-14


TEXTBOOKS = {
    "nielsen": [
        (Place(2, "L"), r"\nabla_a C \odot \sigma'(z^L)", r"\delta^L"),
        (NUMBERED, r"((w^3)^T \delta^3) \odot \sigma'(z^2)", r"\delta^2"),
        (Place(1), r"((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", r"\delta^l"),
        (NUMBERED, r"a^2_k \delta^3_j", r"\frac{\partial C}{\partial w^3_{jk}}"),
        (BATCH, r"\frac{1}{m} \sum_x \delta^{x,3} (a^{x,2})^T", r"\frac{\partial C}{\partial w^3}"),
    ],
    "testnet": [
        (NUMBERED, r"\delta^{(2)} (a^{(1)})^T", r"\frac{\partial J}{\partial W^{(2)}}"),
        (NUMBERED, r"(W^{(2)})^T \cdot \delta^{(2)} \odot g'(z^{(1)})", r"\delta^{(1)}"),
        (NUMBERED, r"p_i - \mathbb{1}(y = i)", r"\frac{\partial J}{\partial z^{(2)}_i}"),
        (NUMBERED, r"p_{i} (\mathbb{1}(i=j) - p_{j})", r"\frac{\partial p_i}{\partial z^{(2)}_j}"),
    ],
    "ufldl": [
        (Place(1), r"\delta^{(l)} (a^{(l-1)})^T", r"\nabla_{W^{(l-1)}} J(W,b;x,y)"),
        (NUMBERED, r"(\sum_j W^{(2)}_{ji} \delta^{(3)}_j) f'(z^{(2)}_i)", r"\delta^{(2)}_i"),
        (BATCH, r"\frac{1}{m} \sum_{i=1}^m J(W,b;x^{(i)},y^{(i)})", "J(W,b)"),
    ],
    "han": [
        (NUMBERED, r"a_i (1 - a_i) \sum_{k \in outputs} w_{ki} \delta_k", r"\delta_i"),
        (NUMBERED, r"a_3 (1 - a_3) (w_{63} \delta_6 + w_{73} \delta_7)", r"\delta_3"),
        (NUMBERED, "t_1 - y_1", r"-\frac{\partial E_d}{\partial net_6}"),
        (NUMBERED, r"w_{31} x_1 + w_{32} x_2 + w_{3b}", "net_3"),
        (NUMBERED, r"-\delta_j x_{ji}", r"\frac{\partial E_d}{\partial w_{ji}}"),
    ],
    "zhou": [
        (NUMBERED, "f(w_1 x_1 + w_2 x_2 + b_1)", "h_1"),
        (
            NUMBERED,
            " + ".join(
                rf"\frac{{\partial L}}{{\partial sum_{{o_{k}}}}}"
                rf" \frac{{\partial sum_{{o_{k}}}}}{{\partial h_1}} \frac{{\partial h_1}}{{\partial w_1}}"
                for k in (1, 2)
            ),
            r"\frac{\partial L}{\partial w_1}",
        ),
        (NUMBERED, "y_{pred,1} - y_{true,1}", r"\frac{\partial L}{\partial \mathrm{sum}_{o_1}}"),
    ],
}


@pytest.mark.parametrize(
    ("notation", "place", "right", "left"),
    [(name, *row) for name, rows in TEXTBOOKS.items() for row in rows],
)
def test_formulas_as_people_write_them(notation: str, place: Place, right: str, left: str) -> None:
    net = NET if place != Place(2, "L") else read_network("2-3-2:sigmoid").net.resolved()
    reader = Reader(find_notation(notation), net)
    evaluated = FormulaValues(reader, values(net) if net is not NET else NUMBERS)
    cases = evaluated.cases([reader.read(left, place), reader.read(right, place)])
    assert all(difference(*case.values) < 1e-14 for case in cases)


@pytest.mark.parametrize(
    ("tex", "key", "position"),
    [
        ("", "no_operand_end", 0),
        ("a^{2}_{j} +", "no_operand_end", 10),
        ("a^{2}_{j} + + 1", "no_operand", 12),
        (r"a^{2} \odot", "no_operand_end", 6),
        (r"\frac{1}{}", "no_operand_end", 9),
        ("a^{2} = 1", "unexpected", 6),
        ("1, 2", "unexpected", 1),
        ("(1, 2)", "unexpected", 2),
        ("a^{2})", "unexpected", 5),
        ("(a^{2}", "not_closed", 0),
        ("((1) + 2", "not_closed", 0),
        (r"\left(1\right]", "not_a_pair", 0),
        ("a^{7}_{j}", "unknown_like", 0),
        ("2 q", "unknown", 2),
        (r"\frac{\partial C}{\partial q}", "unknown", 27),
        (r"\frac{\partial C}{\partial}", "unknown", 0),
        (r"\frac{\partial 2}{\partial z^{2}}", "unknown", 15),
        (r"\frac{\partial C}{\partial \delta^{2}}", "no_partial", 0),
        (r"\frac{\partial w^{2}}{\partial b^{2}}", "no_partial", 0),
        (r"\frac{\partial C}{\partial \eta}", "no_partial", 0),
        (r"\sum a^{2}_{j}", "unknown", 0),
        (r"\sum_{k=2}^{3} a^{2}_{k}", "limits", 0),
        (r"\sum_{2} a^{2}_{k}", "limits", 0),
        (r"\sum_{k k} a^{2}_{k}", "limits", 0),
        (r"\ln", "no_operand_end", 0),
        (r"\ln'(2)", "no_derivative", 0),
        (r"\sin\left(1, 2\right)", "operands", 0),
        (r"1 + \max\left(1\right)", "operands", 4),
        (r"\sigma(1, 2)", "operands", 0),
        (r"\mathbb{1} 3", "condition", 0),
        (r"\mathbb{1}(3)", "condition", 0),
        (r"\begin{cases} 1 & 2 \\ 3 & 4 > 5 \end{cases}", "condition", 0),
        (r"\underbrace{a^{2}}_{3}", "no_shape", 20),
        ("(" * 60 + "1" + ")" * 60, "too_deep", 39),
        (r"\ln " * 60 + "2", "too_deep", 160),
    ],
)
def test_what_cannot_be_read(tex: str, key: str, position: int) -> None:
    reader = Reader(find_notation("nielsen"), NET)
    with pytest.raises(FormulaError) as caught:
        reader.read(tex)
    assert (caught.value.key, caught.value.position) == (f"reader.{key}", position)
    for language in ("en", "zh"):
        with speaking(language):
            assert str(caught.value)


@pytest.mark.parametrize(
    ("tex", "key"),
    [
        (r"\sum_{k} w^{2}_{jk} a^{2}_{k}", "sizes"),
        (r"\sum_{k} a^{3}_{j}", "no_range"),
        (r"\mathbb{1}(j = k)", "no_range"),
        (r"\mathbb{1}(q > 1)", "no_range"),
        (r"\sum_{k=1}^{3} w^{2}_{jk} a^{1}_{k}", "end"),
        (r"w^{2}_{j}", "unknown_like"),
        (r"w^{2}_{41}", "index_range"),
        (r"w^{2}_{10}", "index_range"),
        (r"\frac{\partial a^{2}}{\partial z^{2}_{j}}", "indices"),
        (r"\frac{\partial z^{2}}{\partial w^{2}}", "not_a_matrix"),
        (r"w^{2} a^{2}", "product_shapes"),
        (r"w^{2} \odot a^{1}", "entry_shapes"),
        (r"2 \odot a^{1}", "entry_shapes"),
        (r"w^{2} + a^{1}", "entry_shapes"),
        (r"\frac{a^{2}}{a^{2}}", "no_scalar"),
        (r"(a^{2})^{2}", "no_scalar"),
        (r"\operatorname{softmax}'(z^{3})", "no_scalar"),
        (r"\underbrace{a^{2}}_{1 \times 3}", "wrong_shape"),
    ],
)
def test_what_means_nothing(tex: str, key: str) -> None:
    with pytest.raises(FormulaError) as caught:
        amount(tex)
    assert caught.value.key == f"reader.{key}"
    for language in ("en", "zh"):
        with speaking(language):
            assert str(caught.value)


def test_sides_of_different_shapes() -> None:
    reader = Reader(find_notation("nielsen"), NET)
    with pytest.raises(FormulaError) as caught:
        FormulaValues(reader, NUMBERS).cases([reader.read(tex) for tex in (r"\delta^{3}", r"\delta^{2}")])
    assert caught.value.key == "reader.side_shapes"


def test_nodes_for_which_nothing_is_defined() -> None:
    reader = Reader(find_notation("han"), NET)
    for tex in (r"a_{i} \, x_{i}", r"\sum_{k} a_{k} \, x_{k}", "a_{1}"):
        with pytest.raises(FormulaError) as caught:
            FormulaValues(reader, NUMBERS).cases([reader.read(tex)])
        assert caught.value.key == "reader.undefined"


def test_a_derivative_of_very_many_entries_is_refused() -> None:
    reader = Reader(find_notation("nielsen"), read_network("784-300-10").net.resolved())
    term = reader.read(r"\frac{\partial z^{2}_{j}}{\partial w^{2}_{jk}}")
    evaluated = FormulaValues(reader, NUMBERS)  # whose numbers are not asked for
    with pytest.raises(FormulaError) as caught:
        evaluated.cases([term])
    assert caught.value.key == "reader.too_large"
    assert caught.value.fields["count"] == 300 * 300 * 784


def test_a_long_sum_is_no_deep_tree() -> None:
    assert amount(" + ".join(["1"] * 3000)) == 3000
    assert difference(amount(" ".join(["2 / 2"] * 1000)), np.asarray(1.0)) < 1e-12
