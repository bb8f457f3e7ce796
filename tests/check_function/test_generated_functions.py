"""Two-layer networks over many shapes, written by hand and broken in one place each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

SLOPES: dict[str, Any] = {
    "sigmoid": lambda z, a: a * (1 - a),
    "tanh": lambda z, a: 1 - a**2,
    "relu": lambda z, a: 1.0 * (z > 0),
}


def activated(name: str, z: Any) -> Any:
    if name == "relu":
        return np.maximum(z, 0)
    return np.tanh(z) if name == "tanh" else 1 / (1 + np.exp(-z))


def network(hidden: str, output: str, mistake: str) -> Any:
    """A function (params, X, T, reg) that returns the loss and gradients, with one mistake."""

    def loss_and_gradients(params: dict[str, Any], X: Any, T: Any, reg: float) -> Any:
        W1, b1, W2, b2 = (params[name] for name in ("W1", "b1", "W2", "b2"))
        m = len(X)
        z1 = X @ W1 + b1
        a1 = activated(hidden, z1)
        z2 = a1 @ W2 + b2
        if output == "softmax":
            p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
            loss = -np.sum(T * np.log(p)) / m
        elif output == "sigmoid":
            p = activated("sigmoid", z2)
            loss = -np.sum(T * np.log(p) + (1 - T) * np.log(1 - p)) / m
        else:
            p = z2
            loss = 0.5 * np.sum((p - T) ** 2) / m
        loss += 0.5 * reg * (np.sum(W1**2) + np.sum(W2**2))
        delta2 = (p - T) / m
        slope = SLOPES[hidden](z1, a1)
        delta1 = {
            "lost": lambda: delta2 @ W2.T,
            "of_output": lambda: (delta2 @ W2.T) * SLOPES[hidden](a1, activated(hidden, a1)),
            "twice": lambda: (delta2 @ W2.T) * slope * slope,
            "not_derived": lambda: (delta2 @ W2.T) * a1,
        }.get(mistake, lambda: (delta2 @ W2.T) * slope)()
        if mistake == "sign":
            delta1, delta2 = -delta1, -delta2
        if mistake == "hidden_sign":
            delta1 = -delta1
        if mistake == "kept":
            delta2 = delta2 * p * (1 - p)
        grads = {
            "W1": X.T @ delta1 + reg * W1,
            "b1": delta1.sum(axis=0),
            "W2": a1.T @ delta2 + reg * W2,
            "b2": delta2.sum(axis=0),
        }
        if mistake == "inputs":
            grads["W2"] = z1.T @ delta2 + reg * W2
        if mistake == "bias_sum":
            grads["b1"] = delta1.sum(axis=0) * m
        if mistake == "bias_mean":
            grads["b2"] = delta2.mean(axis=0)
        if mistake == "bias_axis":
            grads["b1"] = delta1.sum(axis=1)
        if mistake == "bias_not_summed":
            grads["b1"] = delta1
        if mistake == "bias_last":
            grads["b2"] = delta2[-1]
        if mistake == "penalty_lost":
            grads["W1"] = X.T @ delta1
        if mistake == "penalty_over_m":
            grads["W1"] = X.T @ delta1 + reg / m * W1
        if mistake == "penalty_on_bias":
            grads["b1"] = delta1.sum(axis=0) + reg * b1
        if mistake == "transposed":
            grads["W2"] = grads["W2"].T
        return loss, grads

    return loss_and_gradients


EXPECTED = {
    "lost": ("missing_derivative", "dW1, db1"),
    "of_output": ("wrong_argument", "dW1, db1"),
    "twice": ("extra_derivative", "dW1, db1"),
    "not_derived": ("missing_derivative", "dW1, db1"),
    "sign": ("sign", "dW1, db1, dW2, db2"),
    "hidden_sign": ("sign", "dW1, db1"),
    "kept": ("extra_derivative", "dW2, db2"),
    "bias_sum": ("missing_mean", "db1"),
    "bias_mean": ("extra_mean", "db2"),
    "bias_axis": ("wrong_axis", "db1"),
    "bias_not_summed": ("missing_sum", "db1"),
    "bias_last": ("missing_sum", "db2"),
    "penalty_lost": ("missing_penalty", "dW1"),
    "penalty_over_m": ("wrong_penalty", "dW1"),
    "penalty_on_bias": ("wrong_penalty", "db1"),
    "transposed": ("transpose", "dW2"),
}
NETWORKS = [
    (hidden, output, sizes)
    for number, hidden in enumerate(SLOPES)
    for place, output in enumerate(("softmax", "sigmoid", "identity"))
    for sizes in [((6, 3, 4, 2), (4, 3, 5, 3), (7, 2, 2, 2))[(number + place) % 3]]
]
"""Activations of the hidden and the output layer; samples, inputs, hidden units, outputs."""


def point(sizes: tuple[int, ...], output: str, seed: int) -> tuple[Any, ...]:
    m, d, h, k = sizes
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.normal(size=(d, h)),
        "b1": rng.normal(size=h),
        "W2": rng.normal(size=(h, k)),
        "b2": rng.normal(size=k),
    }
    T = np.eye(k)[rng.integers(k, size=m)] if output == "softmax" else rng.integers(2, size=(m, k)) * 1.0
    return params, rng.normal(size=(m, d)), T, 0.1


def means_the_same(mistake: str, hidden: str, output: str) -> bool:
    """Whether a mistake is none here, or has no name."""
    if mistake in ("of_output", "twice", "not_derived") and hidden == "relu":
        return True  # relu'(a) is relu'(z), and 1 times 1 is 1
    return mistake == "kept" and output == "identity"


@pytest.mark.parametrize("mistake", EXPECTED)
@pytest.mark.parametrize(("hidden", "output", "sizes"), NETWORKS)
def test_the_mistake_is_named(hidden: str, output: str, sizes: tuple[int, ...], mistake: str) -> None:
    if means_the_same(mistake, hidden, output):
        return
    report = cr.check_function(network(hidden, output, mistake), *point(sizes, output, 1), lang="en")
    code, names = EXPECTED[mistake]
    assert report.verdict == "wrong"
    assert report.diagnosis[0].code == code, report
    assert report.diagnosis[0].message.startswith(f"{names}:"), report
    wrong = [f"d{name}" for name, p in report.parameters.items() if not p.ok]
    explained = ", ".join(each.message.partition(":")[0] for each in report.diagnosis)
    assert sorted(wrong) == sorted(explained.split(", "))


@pytest.mark.parametrize(("hidden", "output", "sizes"), NETWORKS)
@pytest.mark.parametrize("seed", range(4))
def test_a_right_network_is_not_blamed(hidden: str, output: str, sizes: tuple[int, ...], seed: int) -> None:
    report = cr.check_function(network(hidden, output, "none"), *point(sizes, output, seed))
    assert report.ok, report


def test_what_has_no_name_is_narrowed_down() -> None:
    report = cr.check_function(
        network("tanh", "softmax", "inputs"), *point((6, 3, 4, 2), "softmax", 1), lang="en"
    )
    assert [each.code for each in report.diagnosis] == ["unknown"]
    assert "Right are dW1, db1, db2" in report.diagnosis[0].message
