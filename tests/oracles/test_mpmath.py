"""Tiny networks in 50 digits: loss and gradients, and what happens far out on the number line."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from by_hand import ACTIVATIONS, LOSSES
from mpmath import diff, mp, mpf

from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from network_table import FORMULA, Array, batch, network, parameters, title

XP = SimpleNamespace(
    exp=mp.exp, log=mp.log, tanh=mp.tanh, erf=mp.erf, abs=abs, where=lambda c, a, b: a if c else b
)


@pytest.fixture(autouse=True)
def fifty_digits() -> Iterator[None]:
    with mp.workdps(50):
        yield


def loss(net: NetworkDefinition, x: Array, y: Array, values: dict[str, Any]) -> Any:
    """J by loops over samples and units."""
    J = mpf(0)
    for inputs, targets in zip(x.tolist(), y.tolist(), strict=True):
        a = [mpf(v) for v in inputs]
        for number, dense in enumerate(net.layers, 1):
            rows = zip(values[f"W{number}"], values[f"b{number}"], strict=True)
            z = [sum((w * v for w, v in zip(row, a, strict=True)), b) for row, b in rows]
            if dense.activation == "softmax":
                a = [mp.exp(v) / sum(map(mp.exp, z)) for v in z]
            else:
                a = [ACTIVATIONS[str(dense.activation)](XP, v) for v in z]
        J += sum(
            LOSSES[str(net.loss)](XP, mpf(t), p, u, len(a)) for t, p, u in zip(targets, a, z, strict=True)
        )
    J /= len(x)
    for name in ("W1", "W2"):
        J += sum(
            mpf(net.penalties["l1"]) * abs(w) + mpf(net.penalties["l2"]) / 2 * w**2
            for row in values[name]
            for w in row
        )
    return J


@pytest.mark.parametrize(
    ("hidden", "output", "loss_name"),
    [
        ("tanh", "softmax", "cross_entropy"),
        ("gelu", "sigmoid", "binary_cross_entropy"),
        ("elu", "identity", "huber"),
        (FORMULA, "softplus", "mean_squared_error"),
        ("leaky_relu", "silu", "mean_absolute_error"),
    ],
)
def test_loss_and_gradients_to_the_last_digits(hidden: str, output: str, loss_name: str) -> None:
    net = network("square", 2, hidden, output, loss_name, {"l1": 0.03, "l2": 0.1})
    net = NetworkDefinition(2, net.layers[1:], loss_name, net.penalties)
    (x, y), arrays = batch(net, 3), parameters(net)
    J, gradients = NumpyEngine(build(net, targets_sum_to_one=False), arrays).gradients(x, y)
    values = {name: [[mpf(v) for v in row] if w.ndim == 2 else mpf(row) for row in w.tolist()]
              for name, w in arrays.items()}  # fmt: skip
    assert abs(J - loss(net, x, y, values)) <= 1e-15 * abs(J), title(net)
    for name, gradient in gradients.items():
        for place, derived in np.ndenumerate(gradient):
            row = values[name][place[0]] if len(place) == 2 else values[name]
            kept = row[place[-1]]

            def moved(v: Any, row: list[Any] = row, at: int = place[-1]) -> Any:
                row[at] = v
                return loss(net, x, y, values)

            expected = diff(moved, kept)
            row[place[-1]] = kept
            assert abs(derived - expected) <= 1e-14 * np.linalg.norm(gradient), f"{name}{place}"


SMOOTH = [name for name in ACTIVATIONS if name not in ("step", "softmax")]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("z", [-1e4, -40.0, -1.5, 0.3, 40.0, 1e4])
@pytest.mark.parametrize("activation", SMOOTH)
def test_activations_far_out(activation: str, z: float, dtype: type[np.floating[Any]]) -> None:
    """One unit, y = 0, J = g(b)^2 / 2: dJ/db = g g', right to the precision of the engine's type."""
    net = NetworkDefinition(1, (Dense(1, activation),), "half_squared_error")
    engine = NumpyEngine(build(net), {"W1": np.array([[1.0]]), "b1": np.array([z])}, dtype)
    x = y = np.zeros((1, 1), dtype)
    J, gradients = engine.gradients(x, y)
    exact = mpf(float(dtype(z)))
    value = ACTIVATIONS[activation](XP, exact)
    slope = diff(lambda v: ACTIVATIONS[activation](XP, v), exact)
    close = 40 * float(np.finfo(dtype).eps)
    assert abs(J - value**2 / 2) <= close * (1 + value**2)
    assert abs(gradients["b1"][0] - value * slope) <= close * (1 + abs(value * slope))
    assert gradients["b1"].dtype == dtype
