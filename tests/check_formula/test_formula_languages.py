"""LaTeX, and the notations of textbooks."""

from __future__ import annotations

import pytest
from mistakes import NETWORKS

from chainrule.check.formula import check_formula

RIGHT_TEX = (
    ("classes", "dW2", r"\delta^{(2)} (a^{(1)})^T"),
    ("classes", "delta1", r"((W^{(2)})^T \delta^{(2)}) \odot \sigma'(z^{(1)})"),
    ("classes", "delta1", r"(W^{(2)})^T \delta^{(2)} \odot a^{(1)} \odot (1 - a^{(1)})"),
    ("classes", "delta1", r"(W^{(2)})^T \delta^{(2)} \odot g'(z^{(1)})"),
    *(
        ("classes", "delta1", rf"{transposed} \delta^{{(2)}} \odot g'(z^{{(1)}})")
        for transposed in (
            "W^{(2)T}",
            "W^{(2) T}",
            r"W^{(2)\top}",
            r"W^{(2),\mathrm{T}}",
            "W^{(2)^T}",
            "{W^{(2)}}^T",
            r"{W^{(2)}}^{\top}",
            "(W^{(2)})^{T}",
            r"\left(W^{(2)}\right)^{\top}",
            "W^{[2]T}",
            "W_2^T",
            "W_{2}^{T}",
        )
    ),
    ("classes", "dW1", r"\delta_1 x^T"),
    ("classes", "dW2", r"dW^{[2]} = \delta^{[2]} a^{[1]T}"),
    ("classes", "dW2", r"\frac{\partial J}{\partial W_2} = \delta_2 a_1^T"),
    ("classes", "delta2", r"\frac{dL}{dz^{(2)}} = \hat{y} - y"),
    ("classes", "dW2", r"dW^{[2]} = dZ^{[2]} A^{[1]T}"),
    ("classes", "dW1", r"dZ^{[1]} X^T"),
    ("classes", "delta1", r"W^{[2]T} dZ^{[2]} * g'(Z^{[1]})"),
    ("classes", "delta1", r"W^{2T} \delta^2 \circ \sigma'(z^1)"),
    ("deep", "delta1", r"((W^{(2)})^T \delta^{(2)}) \odot f'(z^{(1)})"),
    ("deep", "delta2", r"((W^{(3)})^T \delta^{(3)}) \odot g'(z^{(2)})"),
    ("numbers", "delta1", r"((W^{(2)})^T \delta^{(2)}) \odot (1 - (a^{(1)})^2)"),
    ("classes", "delta1", r"\frac{\partial J}{\partial a^{(1)}} \odot \sigma'(z^{(1)})"),
    ("classes", "delta2", r"\frac{1}{m} (p - y)"),
    ("classes", "delta2", r"\frac{a^{(2)} - y}{m}"),
    ("decay", "dW1", r"\delta^{(1)} x^T + \lambda W^{(1)}"),
    ("decay", "dW1", r"\sum_{i=1}^{m} \delta^{(1)} (a^{(0)})^T + \lambda W^{(1)}"),
    ("decay", "db1", r"\sum_{i=1}^{m} \delta^{(1)}"),
    ("decay", "dW2", r"\frac{1}{m} \sum_{i=1}^{m} (p - y) (a^{(1)})^T + \lambda W^{(2)}"),
)
WRONG_TEX = (
    ("classes", "delta2", r"\frac{1}{m} (y - p)", "sign", r"\frac{1}{m} (p - y)"),
    (
        "classes",
        "delta1",
        r"W^{(2)} \delta^{(2)} \odot \sigma'(z^{(1)})",
        "transpose",
        r"((W^{(2)})^T \delta^{(2)}) \odot \sigma'(z^{(1)})",
    ),
    ("classes", "dW2", r"a^{(1)} (\delta^{(2)})^T", "order", r"\delta^{(2)} (a^{(1)})^T"),
    ("classes", "dW1", r"x (\delta^{(1)})^T", "order", r"\delta^{(1)} x^T"),
    (
        "decay",
        "dW1",
        r"\frac{1}{m} \sum_{i=1}^{m} \delta^{(1)} x^T + \lambda W^{(1)}",
        "extra_mean",
        r"\sum_{i=1}^{m} \delta^{(1)} x^T + \lambda W^{(1)}",
    ),
    (
        "decay",
        "dW1",
        r"\sum_{i=1}^{m} \delta^{(1)} x^T + \frac{\lambda}{m} W^{(1)}",
        "wrong_penalty",
        r"\sum_{i=1}^{m} \delta^{(1)} x^T + \lambda W^{(1)}",
    ),
    (
        "decay",
        "dW1",
        r"\sum_{i=1}^{m} \delta^{(1)} x^T",
        "missing_penalty",
        r"\sum_{i=1}^{m} \delta^{(1)} x^T + \lambda W^{(1)}",
    ),
)


SPELLINGS = (
    ("classes", "delta1", "column", "np.dot(W2.T, delta2) * a1 * (1 - a1)"),
    ("classes", "delta1", "column", "delta_1 = W_2.T.dot(delta_2) * sigmoid(z_1)*(1-sigmoid(z_1))"),
    ("classes", "delta1", "column", "np.diag(a1*(1-a1)) @ W2.T @ delta2"),
    ("classes", "delta1", "rows", "np.multiply(np.matmul(delta2, W2), sigmoid_prime(z1))"),
    ("half", "delta1", "column", "σ'(z1) ⊙ (W2ᵀ @ δ2)"),
    ("half", "delta1", "column", "W2^T @ delta2 .* (a1 - a1^2)"),
    ("half", "delta2", "column", "(a2 - y) * g'(z2)"),
    ("classes", "dW1", "rows", "np.dot(X.T, dZ1).T"),
    ("classes", "dW1", "column", "dL/dW1 = delta1 ∘ x.T"),
    ("classes", "dW2", "rows", "1/m * (y_hat - Y).T @ A1"),
    ("classes", "db1", "rows", "np.sum(delta1, axis=0, keepdims=True)"),
    ("classes", "db1", "rows", "delta1.sum(axis=0)"),
    ("classes", "db1", "column", "np.sum(delta1, axis=-1, keepdims=True)"),
    ("decay", "dW1", "column", "delta1 @ x.T + λ*W1"),
)


@pytest.mark.parametrize(("name", "of", "layout", "formula"), SPELLINGS)
def test_other_spellings_mean_the_same(name, of, layout, formula):
    report = check_formula(formula, of=of, network=NETWORKS[name], layout=layout)
    assert report.verdict == "correct"


OTHER = (
    ("classes", "delta2", "-y / p", "missing_derivative", "This is da2, not delta2."),
    ("classes", "delta2", "(p - y) ** 2", "scale", "A power is too much"),
    ("classes", "delta1", "1", "shape", "The formula gives a number, but delta1 is 3 x 1."),
    (
        "classes",
        "delta1",
        "W2.T @ delta2 * dsigmoid(z1) + b1",
        "unknown",
        "The term b1 does not belong",
    ),
    ("classes", "dW1", "exp(delta1) @ x.T", "unknown", "all factors of the chain occur in it"),
    (
        "classes",
        "dW1",
        "(delta1 * log(a1)) @ x.T",
        "extra_derivative",
        "The factor log(a1) does not",
    ),
)


@pytest.mark.parametrize(("name", "of", "formula", "code", "told"), OTHER)
def test_odd_formulas_are_told_what_is_known_and_no_more(name, of, formula, code, told):
    first = check_formula(formula, of=of, network=NETWORKS[name], lang="en").diagnosis[0]
    assert first.code == code
    assert told in first.message


GENERAL = (
    ("half", "delta1", "nielsen", r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"),
    ("half", "delta2", "nielsen", r"\nabla_a C \odot \sigma'(z^L)"),
    ("half", "delta1", "ufldl", r"\delta^{(l)} = ((W^{(l)})^T \delta^{(l+1)}) \odot f'(z^{(l)})"),
    ("half", "delta2", "ufldl", r"-(y - a^{(n_l)}) \odot f'(z^{(n_l)})"),
    ("half", "delta1", None, r"\delta^{l} = W^{(l+1)T} \delta^{l+1} \odot \sigma'(z^{l})"),
    ("half", "delta1", "han", r"W^{(2)T} \vec{\delta}^{(2)} \odot f'(\vec{net}^{(1)})"),
)


@pytest.mark.parametrize(("name", "of", "book", "tex"), GENERAL)
def test_layers_may_have_letters(name, of, book, tex):
    assert check_formula(tex, of=of, network=NETWORKS[name], notation=book).verdict == "correct"


@pytest.mark.parametrize(("name", "of", "tex"), RIGHT_TEX)
def test_right_formulas_in_latex(name, of, tex):
    assert check_formula(tex, of=of, network=NETWORKS[name]).verdict == "correct"


@pytest.mark.parametrize(("name", "of", "tex", "code", "right"), WRONG_TEX)
def test_wrong_formulas_in_latex_are_put_right_in_latex(name, of, tex, code, right):
    report = check_formula(tex, of=of, network=NETWORKS[name])
    assert (report.diagnosis[0].code, report.diagnosis[0].suggestion) == (code, right)
    assert check_formula(right, of=of, network=NETWORKS[name]).ok


@pytest.mark.parametrize(
    ("tex", "position"),
    [
        (r"\delta^{(1)}", 0),
        (r"\delta^{(2) x", 7),
        (r"\sum_k W^{(2)}_{kj} \delta^{(1)}_j", 20),
        (r"m \|W^{(2)}\| \sum_k W^{(2)}_{kj} \delta^{(2)}_k", 2),
        (r"g'(y)", 0),
        (r"\beta x", 0),
        (r"\frac{" * 300, 1000),
    ],
)
def test_unreadable_latex_is_told_with_its_place(tex, position):
    report = check_formula(tex, of="delta1", network=NETWORKS["classes"], latex=True)
    assert (report.verdict, report.diagnosis[0].code) == ("unreadable", "syntax")
    assert report.position == position


BOOKS = (
    ("classes", "delta2", "han", "y - p", "p - y", "sign"),
    ("half", "delta2", "han", "a2 * (1 - a2) * (y - a2)", "a2 * (1 - a2) * (a2 - y)", "sign"),
    (
        "half",
        "delta1",
        "han",
        "a1 * (1 - a1) * (W2.T @ delta2)",
        "a1 * (W2.T @ delta2)",
        "missing_derivative",
    ),
    ("half", "dW1", "han", "-delta1 @ x.T", "delta1 @ x.T", "sign"),
    (
        "half",
        "delta2",
        "han",
        r"\vec{y} \odot (1 - \vec{y}) \odot (\vec{t} - \vec{y})",
        r"\vec{y} \odot (1 - \vec{y}) \odot (\vec{y} - \vec{t})",
        "sign",
    ),
    (
        "half",
        "delta1",
        "nielsen",
        r"((w^3)^T \delta^3) \odot \sigma'(z^2)",
        r"(w^3 \delta^3) \odot \sigma'(z^2)",
        "transpose",
    ),
    ("half", "dW2", "nielsen", r"\delta^3 (a^2)^T", r"\delta^3 (a^3)^T", "wrong_layer"),
    ("half", "dW2", "nielsen", "delta3 @ a2.T", "delta3 @ a1.T", "wrong_layer"),
    (
        "half",
        "dW2",
        "nielsen",
        r"\frac{1}{m} \sum_{x} \delta^{x,3} (a^{x,2})^T",
        r"\sum_{x} \delta^{x,3} (a^{x,2})^T",
        "missing_mean",
    ),
    ("half", "delta1", "ufldl", "(W2.T @ delta3) * dsigmoid(z2)", "W2.T @ delta3", "missing_derivative"),
)


@pytest.mark.parametrize(("name", "of", "book", "right", "wrong", "code"), BOOKS)
def test_formulas_mean_what_they_mean_in_the_textbook(name, of, book, right, wrong, code):
    asked = {"of": of, "network": NETWORKS[name], "notation": book}
    assert check_formula(right, **asked).verdict == "correct"
    report = check_formula(wrong, **asked)
    assert report.diagnosis[0].code == code
    assert check_formula(str(report.diagnosis[0].suggestion), **asked).ok


def test_the_other_sign_is_called_a_convention():
    told = check_formula("y - p", of="delta2", network=NETWORKS["classes"], lang="en").diagnosis[0].message
    assert "-dJ/dz" in told
    assert "han" in told
    asked = {"of": "delta2", "network": NETWORKS["classes"], "lang": "en"}
    assert "han" in check_formula("p - y", notation="han", **asked).diagnosis[0].message


def test_a_batch_of_errors_in_a_textbook_is_not_averaged_yet():
    asked = {"network": NETWORKS["half"], "notation": "nielsen", "layout": "rows"}
    assert check_formula("(a3 - y) * dsigmoid(z3)", of="delta2", **asked).ok
    assert check_formula("delta3.T @ a2 / m", of="dW2", **asked).ok
    assert check_formula("delta3.T @ a2", of="dW2", **asked).diagnosis[0].code == "missing_mean"


ENTRIES = (
    ("half", "delta2", "han", r"y_i (1 - y_i) (t_i - y_i)", r"y_i (1 - y_i) (y_i - t_i)", "sign"),
    (
        "half",
        "delta1",
        "han",
        r"a_i (1 - a_i) \sum_k w_{ki} \delta_k",
        r"a_i \sum_k w_{ki} \delta_k",
        "missing_derivative",
    ),
    (
        "square",
        "delta1",
        "nielsen",
        r"\sum_k w^3_{kj} \delta^3_k \sigma'(z^2_j)",
        r"\sum_k w^3_{jk} \delta^3_k \sigma'(z^2_j)",
        "transpose",
    ),
    ("half", "dW2", "nielsen", r"a^2_k \delta^3_j", r"2 a^2_k \delta^3_j", "scale"),
    (
        "classes",
        "da1",
        None,
        r"\sum_k W^{(2)}_{kj} \delta^{(2)}_k",
        r"-\sum_k W^{(2)}_{kj} \delta^{(2)}_k",
        "sign",
    ),
    (
        "decay",
        "dW1",
        None,
        r"\delta^{(1)}_i x_j + \lambda W^{(1)}_{ij}",
        r"\delta^{(1)}_i x_j",
        "missing_penalty",
    ),
    ("decay", "db1", None, r"\delta^{(1)}_i", r"\delta^{(1)}_i a^{(1)}_i", "extra_derivative"),
)


@pytest.mark.parametrize(("name", "of", "book", "right", "wrong", "code"), ENTRIES)
def test_formulas_for_single_entries_are_judged(name, of, book, right, wrong, code):
    asked = {"of": of, "network": NETWORKS[name], "notation": book, "latex": True}
    assert check_formula(right, **asked).verdict == "correct"
    report = check_formula(wrong, **asked)
    assert (report.verdict, report.diagnosis[0].code) == ("wrong", code)
