"""Mistakes that are made in public, with what is wrong with each.

They were put into the formula language from questions, corrections and course notes in which people found
them, one mistake a formula, before anything could explain them; what is expected is never fitted to what is
answered.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.network import NetworkDefinition
from chainrule.reading import parse_shorthand


def network(text: str, loss: str | None = None, **penalties: float) -> NetworkDefinition:
    """A shorthand with a loss and penalties."""
    net = parse_shorthand(text).to_dict()
    return NetworkDefinition.from_dict({**net, "loss": loss, "penalties": penalties})


NETWORKS = {
    "classes": network("2-3-2"),
    "decay": network("4-3-2", l2=0.1),
    "deep": network("4-5:tanh-3:relu-2"),
    "numbers": network("3-4:tanh-2:identity", "mean_squared_error"),
    "half": network("3-4-2:sigmoid", "half_squared_error"),
    "square": network("3-3-3-3:sigmoid", "half_squared_error"),
    "binary": network("3-4:relu-1:sigmoid"),
    "silu": network("3-4:silu-2", l2=0.05),
    "dropped": network("2-3-4:tanh-2").with_dropout(0.5, None),
}


class Mistake(NamedTuple):
    """code: of the first explanation."""

    network: str
    of: str
    layout: str
    formula: str
    code: str


COLUMN, ROWS = "column", "rows"

MISTAKES = (
    # The sign: targets minus outputs, as in rules that step uphill.
    Mistake("classes", "delta2", COLUMN, "y - p", "sign"),
    Mistake("classes", "delta2", ROWS, "(y - p) / m", "sign"),
    Mistake("half", "delta2", COLUMN, "(y - a2) * a2 * (1 - a2)", "sign"),
    Mistake("half", "delta2", COLUMN, "-(a2 - y) * dsigmoid(z2)", "sign"),
    Mistake("half", "delta1", COLUMN, "(W2.T @ delta2) * a1 * (1 + a1)", "sign"),
    Mistake("decay", "dW1", COLUMN, "delta1 @ x.T - lam * W1", "sign"),
    Mistake("numbers", "delta1", COLUMN, "(W2.T @ delta2) * (1 + a1 ** 2)", "sign"),
    # The derivative kept where the loss has taken it away, or taken twice.
    Mistake("classes", "delta2", COLUMN, "(p - y) * p * (1 - p)", "extra_derivative"),
    Mistake("classes", "delta2", COLUMN, "(p - y) * dsigmoid(z2)", "extra_derivative"),
    Mistake("classes", "delta2", ROWS, "(p - y) * p * (1 - p) / m", "extra_derivative"),
    Mistake("binary", "delta2", COLUMN, "(a2 - y) * a2 * (1 - a2)", "extra_derivative"),
    Mistake("half", "dW2", COLUMN, "(delta2 * dsigmoid(z2)) @ a1.T", "extra_derivative"),
    Mistake("half", "delta1", COLUMN, "(W2.T @ (delta2 * dsigmoid(z2))) * dsigmoid(z1)", "extra_derivative"),
    Mistake("half", "db1", COLUMN, "delta1 * a1 * (1 - a1)", "extra_derivative"),
    # The derivative lost.
    Mistake("half", "delta1", COLUMN, "W2.T @ delta2", "missing_derivative"),
    Mistake("half", "delta2", COLUMN, "a2 - y", "missing_derivative"),
    Mistake("deep", "delta1", ROWS, "delta2 @ W2", "missing_derivative"),
    Mistake("half", "delta2", COLUMN, "(a2 - y) * (1 - a2)", "missing_derivative"),
    Mistake("half", "delta2", COLUMN, "(a2 - y) * a2", "missing_derivative"),
    Mistake("half", "dW1", COLUMN, "(W2.T @ delta2) @ x.T", "missing_derivative"),
    Mistake("half", "delta1", COLUMN, "(W2.T @ delta2) * sigmoid(z1)", "missing_derivative"),
    Mistake("silu", "delta1", COLUMN, "(W2.T @ delta2) * g1(z1)", "missing_derivative"),
    Mistake("deep", "delta1", COLUMN, "(W2.T @ delta2) * a1 * (1 - a1)", "missing_derivative"),
    # The derivative at the wrong place.
    Mistake("half", "delta1", COLUMN, "(W2.T @ delta2) * dsigmoid(a1)", "wrong_argument"),
    Mistake("half", "delta1", COLUMN, "(W2.T @ delta2) * z1 * (1 - z1)", "wrong_argument"),
    Mistake("numbers", "delta1", COLUMN, "(W2.T @ delta2) * (1 - z1 ** 2)", "wrong_argument"),
    Mistake("silu", "delta1", ROWS, "(delta2 @ W2) * dg1(a1)", "wrong_argument"),
    Mistake("half", "dW2", COLUMN, "delta2 @ z1.T", "wrong_argument"),
    Mistake("half", "delta2", COLUMN, "(z2 - y) * dsigmoid(z2)", "wrong_argument"),
    # Transposes and order.
    Mistake("classes", "dW1", COLUMN, "x @ delta1.T", "order"),
    Mistake("classes", "delta1", COLUMN, "(W2 @ delta2) * a1 * (1 - a1)", "transpose"),
    Mistake("square", "delta2", COLUMN, "(W3 @ delta3) * dsigmoid(z2)", "transpose"),
    Mistake("square", "delta1", ROWS, "(delta2 @ W2.T) * a1 * (1 - a1)", "transpose"),
    Mistake("square", "dW2", COLUMN, "a1 @ delta2.T", "order"),
    Mistake("classes", "dW2", COLUMN, "delta2 @ a1", "transpose"),
    Mistake("deep", "dW2", ROWS, "a1.T @ delta2", "order"),
    Mistake("classes", "delta1", COLUMN, "(delta2 @ W2.T) * a1 * (1 - a1)", "order"),
    Mistake("classes", "delta1", ROWS, "(W2.T @ delta2) * a1 * (1 - a1)", "order"),
    Mistake("classes", "dW2", COLUMN, "a1.T @ delta2", "order"),
    # A product of the other kind.
    Mistake("square", "delta1", COLUMN, "(W2.T * delta2) * dsigmoid(z1)", "hadamard_vs_matmul"),
    Mistake("classes", "delta1", COLUMN, "(W2.T * delta2) * a1 * (1 - a1)", "hadamard_vs_matmul"),
    Mistake("square", "delta1", COLUMN, "(W2.T @ delta2) @ dsigmoid(z1)", "hadamard_vs_matmul"),
    Mistake("half", "dW2", COLUMN, "delta2 * a1", "hadamard_vs_matmul"),
    # The mean over the samples.
    Mistake("classes", "delta2", ROWS, "p - y", "missing_mean"),
    Mistake("classes", "dW2", ROWS, "delta2.T @ a1 / m", "extra_mean"),
    Mistake("classes", "db1", ROWS, "sum(delta1, 0) / m", "extra_mean"),
    Mistake("decay", "db2", ROWS, "mean(delta2, 0)", "extra_mean"),
    Mistake("decay", "dW1", ROWS, "delta1.T @ x / m + lam * W1", "extra_mean"),
    Mistake("numbers", "delta2", ROWS, "2 / 2 * (a2 - y)", "missing_mean"),
    # The penalty.
    Mistake("decay", "dW1", COLUMN, "delta1 @ x.T", "missing_penalty"),
    Mistake("decay", "dW2", ROWS, "delta2.T @ a1 + lam / 2 * W2", "wrong_penalty"),
    Mistake("decay", "dW2", ROWS, "delta2.T @ a1 + lam / m * W2", "wrong_penalty"),
    Mistake("decay", "dW1", COLUMN, "delta1 @ x.T + 2 * lam * W1", "wrong_penalty"),
    Mistake("decay", "db1", COLUMN, "delta1 + lam * b1", "wrong_penalty"),
    Mistake("decay", "dW1", ROWS, "delta1.T @ x + lam * W1 ** 2", "wrong_penalty"),
    Mistake("decay", "dW1", COLUMN, "delta1 @ x.T + lam", "wrong_penalty"),
    Mistake("decay", "dW1", COLUMN, "delta1 @ x.T + lam * W2.T @ W1", "wrong_penalty"),
    # Factors.
    Mistake("numbers", "delta2", COLUMN, "2 * (a2 - y)", "scale"),
    Mistake("numbers", "delta2", COLUMN, "(a2 - y) / 2", "scale"),
    Mistake("half", "delta2", COLUMN, "2 * (a2 - y) * dsigmoid(z2)", "scale"),
    Mistake("half", "dW1", COLUMN, "0.5 * delta1 @ x.T", "scale"),
    # The wrong layer.
    Mistake("numbers", "dW1", COLUMN, "delta2 @ x.T", "wrong_layer"),
    Mistake("square", "delta1", COLUMN, "(W1.T @ delta2) * dsigmoid(z1)", "wrong_layer"),
    Mistake("square", "delta1", COLUMN, "(W2.T @ delta2) * dsigmoid(z2)", "wrong_layer"),
    Mistake("square", "dW3", COLUMN, "delta3 @ a3.T", "wrong_layer"),
    Mistake("square", "delta1", COLUMN, "(W2.T @ delta2) * a2 * (1 - a2)", "wrong_layer"),
    Mistake("square", "db2", COLUMN, "delta3", "wrong_layer"),
    Mistake("square", "dW1", ROWS, "delta1.T @ a1", "wrong_layer"),
    # Sums.
    Mistake("classes", "db1", ROWS, "sum(delta1, 1)", "wrong_axis"),
    Mistake("classes", "db2", ROWS, "delta2", "missing_sum"),
    Mistake("classes", "db2", COLUMN, "sum(delta2, 0)", "wrong_axis"),
    Mistake("square", "db1", ROWS, "sum(delta1)", "wrong_axis"),
    # Outputs of which some are dropped are not what the activation gave.
    Mistake("dropped", "delta1", COLUMN, "(W2.T @ delta2) * a1 * (1 - a1)", "missing_mask"),
    Mistake("dropped", "delta1", COLUMN, "(W2.T @ delta2) * m1 * a1 * (1 - a1)", "missing_mask"),
    Mistake("dropped", "delta2", ROWS, "(delta3 @ W3) * (1 - a2 ** 2)", "missing_mask"),
    Mistake("dropped", "delta2", COLUMN, "(W3.T @ delta3) * m2 * (1 + a2) * (1 - a2)", "missing_mask"),
    Mistake("dropped", "dW1", COLUMN, "outer((W2.T @ delta2) * dsigmoid(z1), x)", "missing_mask"),
    # The softmax has a derivative for every pair of outputs.
    Mistake("classes", "delta2", COLUMN, "-y / p * p * (1 - p)", "missing_sum"),
    Mistake("classes", "delta2", COLUMN, "da2 * p * (1 - p)", "missing_sum"),
)
