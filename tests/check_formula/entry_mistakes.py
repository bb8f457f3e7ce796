r"""Mistakes in formulas for single entries, as people make them who write indices, with what is wrong.

They were collected, and what is expected written down, before such formulas could be explained.
"""

from __future__ import annotations

from typing import NamedTuple


class EntryMistake(NamedTuple):
    """book: a notation; None: the program's names. code: of the first explanation."""

    network: str
    of: str
    book: str | None
    formula: str
    code: str


ZHOU_DW1 = r"\frac{\partial L}{\partial w_1} = "

ENTRY_MISTAKES = (
    # Nielsen: the output's error.
    EntryMistake("half", "delta2", "nielsen", r"(y_j - a^3_j) \sigma'(z^3_j)", "sign"),
    EntryMistake("half", "delta2", "nielsen", r"a^3_j - y_j", "missing_derivative"),
    EntryMistake("half", "delta2", "nielsen", r"(a^3_j - y_j) \sigma'(a^3_j)", "wrong_argument"),
    EntryMistake("half", "delta2", "nielsen", r"(a^3_j - y_j) a^3_j", "missing_derivative"),
    EntryMistake("half", "delta2", "nielsen", r"(z^3_j - y_j) \sigma'(z^3_j)", "wrong_argument"),
    EntryMistake("half", "delta2", "nielsen", r"2 (a^3_j - y_j) \sigma'(z^3_j)", "scale"),
    EntryMistake("classes", "delta2", "nielsen", r"(a^3_j - y_j) a^3_j (1 - a^3_j)", "extra_derivative"),
    # Nielsen: an error handed back.
    EntryMistake("half", "delta1", "nielsen", r"\sum_k w^3_{jk} \delta^3_k \sigma'(z^2_j)", "transpose"),
    EntryMistake("square", "delta1", "nielsen", r"\sum_k w^3_{jk} \delta^3_k \sigma'(z^2_j)", "transpose"),
    EntryMistake("half", "delta1", "nielsen", r"\sum_k w^3_{kj} \delta^3_k", "missing_derivative"),
    EntryMistake("half", "delta1", "nielsen", r"w^3_{kj} \delta^3_k \sigma'(z^2_j)", "missing_sum"),
    EntryMistake("half", "delta1", "nielsen", r"\sum_k w^3_{kj} \delta^3_k \sigma'(a^2_j)", "wrong_argument"),
    EntryMistake(
        "half", "delta1", "nielsen", r"\sum_k w^3_{kj} \delta^3_k \sigma(z^2_j)", "missing_derivative"
    ),
    EntryMistake("half", "delta1", "nielsen", r"\sum_k w^3_{kj} \delta^3_k a^2_j (1 + a^2_j)", "sign"),
    EntryMistake("square", "delta1", "nielsen", r"\sum_k w^2_{kj} \delta^3_k \sigma'(z^2_j)", "wrong_layer"),
    EntryMistake("square", "delta1", "nielsen", r"\sum_k w^3_{kj} \delta^3_k \sigma'(z^3_j)", "wrong_layer"),
    EntryMistake("square", "delta1", "nielsen", r"\sum_k w^3_{kj} \delta^3_k \sigma'(z^2_k)", "wrong_axis"),
    EntryMistake("half", "delta1", "nielsen", r"-\sum_k w^3_{kj} \delta^3_k \sigma'(z^2_j)", "sign"),
    EntryMistake(
        "square", "delta2", "nielsen", r"\delta^3_j = \sum_k w^4_{jk} \delta^4_k \sigma'(z^3_j)", "transpose"
    ),
    # Nielsen: gradients.
    EntryMistake("half", "dW2", "nielsen", r"\frac{1}{2} a^2_k \delta^3_j", "scale"),
    EntryMistake("half", "dW2", "nielsen", r"z^2_k \delta^3_j", "wrong_argument"),
    EntryMistake("square", "dW2", "nielsen", r"a^3_k \delta^3_j", "wrong_layer"),
    EntryMistake(
        "square", "dW2", "nielsen", r"\frac{\partial C}{\partial w^3_{jk}} = a^2_j \delta^3_k", "transpose"
    ),
    EntryMistake(
        "square", "dW2", "nielsen", r"\frac{\partial C}{\partial w^3_{jk}} = a^2_j \delta^3_j", "wrong_axis"
    ),
    EntryMistake("half", "dW2", "nielsen", r"\sum_k a^2_k \delta^3_j", "wrong_axis"),
    EntryMistake("square", "db2", "nielsen", r"\delta^4_j", "wrong_layer"),
    EntryMistake("half", "db2", "nielsen", r"\delta^3_j \sigma'(z^3_j)", "extra_derivative"),
    # UFLDL.
    EntryMistake("half", "delta2", "ufldl", r"(y_i - a^{(3)}_i) f'(z^{(3)}_i)", "sign"),
    EntryMistake("half", "delta2", "ufldl", r"-(y_i - a^{(3)}_i)", "missing_derivative"),
    EntryMistake(
        "half", "delta1", "ufldl", r"(\sum_{j=1}^{2} W^{(2)}_{ij} \delta^{(3)}_j) f'(z^{(2)}_i)", "transpose"
    ),
    EntryMistake(
        "half", "delta1", "ufldl", r"(\sum_j W^{(2)}_{ji} \delta^{(3)}_j) a^{(2)}_i", "missing_derivative"
    ),
    EntryMistake("decay", "dW2", "ufldl", r"a^{(2)}_j \delta^{(3)}_i", "missing_penalty"),
    EntryMistake(
        "decay", "dW2", "ufldl", r"a^{(2)}_j \delta^{(3)}_i + \frac{\lambda}{2} W^{(2)}_{ij}", "wrong_penalty"
    ),
    EntryMistake(
        "decay", "dW2", "ufldl", r"a^{(2)}_j \delta^{(3)}_i + 2 \lambda W^{(2)}_{ij}", "wrong_penalty"
    ),
    EntryMistake("decay", "dW2", "ufldl", r"a^{(2)}_j \delta^{(3)}_i - \lambda W^{(2)}_{ij}", "sign"),
    EntryMistake("decay", "db2", "ufldl", r"\delta^{(3)}_i + \lambda b^{(2)}_i", "wrong_penalty"),
    EntryMistake("square", "dW3", "ufldl", r"a^{(4)}_j \delta^{(4)}_i", "wrong_layer"),
    # TestNet, and the program's names.
    EntryMistake(
        "classes", "delta2", "testnet", r"(p_i - \mathbb{1}(y = i)) p_i (1 - p_i)", "extra_derivative"
    ),
    EntryMistake("classes", "delta2", "testnet", r"\mathbb{1}(y = i) - p_i", "sign"),
    EntryMistake("classes", "delta2", None, r"y_i - p_i", "sign"),
    EntryMistake("classes", "da1", None, r"\sum_k W^{(2)}_{jk} \delta^{(2)}_k", "transpose"),
    EntryMistake(
        "classes", "da1", None, r"\sum_k W^{(2)}_{kj} \delta^{(2)}_k \sigma'(z^{(1)}_j)", "extra_derivative"
    ),
    EntryMistake("decay", "dW1", None, r"\delta^{(1)}_i x_j", "missing_penalty"),
    EntryMistake("decay", "dW1", None, r"\delta^{(1)}_i x_j + \lambda", "wrong_penalty"),
    EntryMistake("decay", "db1", None, r"\delta^{(1)}_i a^{(1)}_i", "extra_derivative"),
    EntryMistake("numbers", "delta2", None, r"2 (a^{(2)}_k - y_k)", "scale"),
    EntryMistake(
        "numbers", "delta1", None, r"(1 - a^{(1)}_j) \sum_k W^{(2)}_{kj} \delta^{(2)}_k", "missing_derivative"
    ),
    EntryMistake("numbers", "dW1", None, r"\delta^{(2)}_j x_k", "wrong_layer"),
    # Han: nodes have numbers, and the error is the negative of the derivative.
    EntryMistake("half", "delta2", "han", r"\delta_i = y_i (1 - y_i) (y_i - t_i)", "sign"),
    EntryMistake("half", "delta2", "han", r"\delta_i = y_i (t_i - y_i)", "missing_derivative"),
    EntryMistake("half", "delta2", "han", r"t_i - y_i", "missing_derivative"),
    EntryMistake("half", "delta2", "han", r"2 y_i (1 - y_i) (t_i - y_i)", "scale"),
    EntryMistake(
        "half", "delta1", "han", r"\delta_i = a_i \sum_{k \in outputs} w_{ki} \delta_k", "missing_derivative"
    ),
    EntryMistake("half", "delta1", "han", r"\sum_k w_{ki} \delta_k", "missing_derivative"),
    EntryMistake("half", "delta1", "han", r"a_i (1 - a_i) \sum_k w_{ik} \delta_k", "transpose"),
    EntryMistake("half", "delta1", "han", r"-a_i (1 - a_i) \sum_k w_{ki} \delta_k", "sign"),
    EntryMistake("half", "delta1", "han", r"a_i (1 - a_i) w_{ki} \delta_k", "missing_sum"),
    EntryMistake("half", "dW1", "han", r"\delta_j x_i", "sign"),
    EntryMistake("half", "dW2", "han", r"\frac{\partial E_d}{\partial w_{ji}} = \delta_j a_i", "sign"),
    EntryMistake("half", "delta1", "han", r"\delta_4 = a_4 (1 - a_4) w_{84} \delta_8", "missing_sum"),
    EntryMistake(
        "half", "delta1", "han", r"\delta_4 = a_4 (w_{84} \delta_8 + w_{94} \delta_9)", "missing_derivative"
    ),
    # Zhou: every weight has a name.
    EntryMistake(
        "zhou",
        "dW1",
        "zhou",
        ZHOU_DW1 + r"2 (y_{true} - y_{pred}) w_5 f'(sum_{o_1}) x_1 f'(sum_{h_1})",
        "sign",
    ),
    EntryMistake(
        "zhou",
        "dW1",
        "zhou",
        ZHOU_DW1 + r"-(y_{true} - y_{pred}) w_5 f'(sum_{o_1}) x_1 f'(sum_{h_1})",
        "scale",
    ),
    EntryMistake(
        "zhou",
        "dW1",
        "zhou",
        ZHOU_DW1 + r"-2 (y_{true} - y_{pred}) w_5 x_1 f'(sum_{h_1})",
        "missing_derivative",
    ),
    EntryMistake(
        "zhou",
        "dW1",
        "zhou",
        ZHOU_DW1 + r"-2 (y_{true} - y_{pred}) w_5 f'(sum_{o_1}) x_2 f'(sum_{h_1})",
        "wrong_axis",
    ),
    EntryMistake(
        "zhou",
        "dW1",
        "zhou",
        ZHOU_DW1 + r"-2 (y_{true} - y_{pred}) w_6 f'(sum_{o_1}) x_1 f'(sum_{h_1})",
        "wrong_axis",
    ),
    # Much as in Python: single entries of one sample, and of a batch.
    EntryMistake(
        "half", "delta1", "python", "delta1[j] = sum_k(W2[j,k] * delta2[k]) * dsigmoid(z1[j])", "transpose"
    ),
    EntryMistake("half", "delta1", "python", "sum_k(W2[k,j] * delta2[k])", "missing_derivative"),
    EntryMistake("half", "delta1", "python", "W2[k,j] * delta2[k] * a1[j] * (1 - a1[j])", "missing_sum"),
    EntryMistake(
        "half", "dW1", "python", "dW1[j,k] = delta1[j] * x[k] * dsigmoid(z1[j])", "extra_derivative"
    ),
    EntryMistake("square", "dW2", "python", "dW2[j,k] = delta2[k] * a1[j]", "transpose"),
    EntryMistake("classes", "delta2", "python", "y[k] - p[k]", "sign"),
    EntryMistake("half", "dW2", "rows", "dW2[j,k] = delta2[i,j] * a1[i,k]", "missing_sum"),
    EntryMistake("half", "dW2", "rows", "dW2[j,k] = sum_i(delta2[i,j] * a1[i,k]) / m", "extra_mean"),
    EntryMistake("decay", "dW1", "rows", "dW1[j,k] = sum_i(delta1[i,j] * x[i,k])", "missing_penalty"),
    EntryMistake("classes", "delta2", "rows", "delta2[i,k] = p[i,k] - y[i,k]", "missing_mean"),
    EntryMistake("classes", "db1", "rows", "db1[j] = sum_j(delta1[i,j])", "wrong_axis"),
)
