"""One row more in a catalogue, and everything else follows: value, gradient check, formulas, source, list."""

from __future__ import annotations

import json
import math
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS, activation
from chainrule.catalog.losses import LOSSES, loss
from chainrule.catalog.optimizers import OPTIMIZERS, optimizer
from chainrule.catalog.penalties import PENALTIES, penalty
from chainrule.check.gradients import check_gradients
from chainrule.cli import main
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.expr import Node, const, div, sub, total
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from chainrule.render.python_file import python_file
from network_table import batch, covering, network, parameters


@pytest.fixture
def bend() -> Iterator[str]:
    """The activation z / sqrt(1 + s z^2) (Carlile et al. 2017, ISRU)."""

    @activation(cite="Carlile et al. 2017, arXiv:1710.09967")
    def bend(z: Node, *, s: float = 1.0) -> Node:
        return z / p.sqrt(1 + s * z**2)

    yield "bend"
    ACTIVATIONS.remove("bend")


def test_an_activation_has_its_value(bend: str) -> None:
    net = NetworkDefinition(1, (Dense(1, bend),))
    engine = NumpyEngine(build(net), {"W1": [[1.0]], "b1": [0.0]})
    z = np.linspace(-50, 50, 101)[:, None]
    np.testing.assert_allclose(engine.outputs(z), z / np.sqrt(1 + z**2), rtol=1e-14)
    steeper = NumpyEngine(build(NetworkDefinition(1, (Dense(1, "bend:s=4"),))), {"W1": [[1.0]], "b1": [0.0]})
    np.testing.assert_allclose(steeper.outputs(z), z / np.sqrt(1 + 4 * z**2), rtol=1e-14)


def test_an_activation_is_checked_in_every_place(bend: str) -> None:
    """It enters the table of networks by itself, at the output and in hidden layers."""
    mine = [net for net in covering() if bend in str(net)]
    assert {net.loss for net in mine} >= {"half_squared_error", "huber", "cross_entropy"}
    for net in mine:
        report = check_gradients(net)
        assert report.worst_relative_error <= 1e-7, report


def test_an_activation_can_be_called_in_a_formula(bend: str) -> None:
    assert check_gradients(network("one", 1, "x * bend(2 * x)", "identity")).worst_relative_error <= 1e-7


def test_an_activation_is_in_the_emitted_source(bend: str, tmp_path: Path) -> None:
    net = network("one", 2, bend, "softmax")
    file = tmp_path / "net.py"
    file.write_text(python_file(build(net, targets_sum_to_one=False)), "utf-8")
    emitted = runpy.run_path(str(file))
    (x, y), values = batch(net), parameters(net)
    J, gradients = NumpyEngine(build(net, targets_sum_to_one=False), values).gradients(x, y)
    assert emitted["loss"](x, y, **values) == pytest.approx(J, rel=1e-12)
    for name, gradient in emitted["gradients"](x, y, **values).items():
        np.testing.assert_allclose(gradient, gradients[name], rtol=1e-12, atol=1e-15)


def test_an_activation_is_listed(bend: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With its formula and derivative, as text and as TeX, its settings and its source."""
    assert main(["list", "activations", "--json"]) == 0
    listed: Any = json.loads(capsys.readouterr().out)
    rows = [row for rows in listed.values() for row in rows] if isinstance(listed, dict) else listed
    (row,) = [row for row in rows if row["name"] == bend]
    assert row["formula"] == "z / sqrt(1 + s * z^2)"
    assert "sqrt" in row["derivative"]
    assert r"\sqrt" in row["formula_tex"]
    assert r"\sqrt" in row["derivative_tex"]
    assert row["settings"] == {"s": 1.0}
    assert "Carlile" in row["source"]
    assert main(["list", "activations"]) == 0
    assert bend in capsys.readouterr().out


@pytest.fixture
def adamlike() -> Iterator[str]:
    """Kingma & Ba 2015, Algorithm 1: two states, and the number of the step."""

    @optimizer(state=("m", "v"), rate=0.001, cite="Kingma & Ba 2015, Algorithm 1")
    def adamlike(
        w: Node,
        g: Node,
        m: Node,
        v: Node,
        lr: Node,
        t: Node,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> tuple[Node, tuple[Node, ...]]:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = div(m, sub(1, p.exp(t * math.log(beta1))))
        v_hat = div(v, sub(1, p.exp(t * math.log(beta2))))
        return w - lr * m_hat / (p.sqrt(v_hat) + eps), (m, v)

    yield "adamlike"
    OPTIMIZERS.remove("adamlike")


def test_an_optimizer_with_state_steps_and_is_emitted(adamlike: str, tmp_path: Path) -> None:
    net = network("one", 2, "tanh", "softmax")
    program = build(net, f"{adamlike}:beta1=0.8")
    assert program.scalars == ("lr", "t")
    assert set(program.states) == {f"{s}_{w}" for s in "mv" for w in program.parameters}
    (x, y), w = batch(net), parameters(net)
    engine = NumpyEngine(program, w)
    file = tmp_path / "net.py"
    file.write_text(python_file(program, f"{adamlike}:beta1=0.8"), "utf-8")
    emitted = runpy.run_path(str(file))
    own = {name: value.copy() for name, value in w.items()}
    state = emitted["initial_state"](own)
    m, v = ({name: 0 * value for name, value in w.items()} for _ in "mv")
    for t in range(1, 6):
        _, g = NumpyEngine(program, w).gradients(x, y)
        engine.step(x, y, 0.05, t)
        emitted["step"](own, state, x, y, lr=0.05, t=t)
        for name in w:
            m[name] = 0.8 * m[name] + 0.2 * g[name]
            v[name] = 0.999 * v[name] + 0.001 * g[name] ** 2
            m_hat, v_hat = m[name] / (1 - 0.8**t), v[name] / (1 - 0.999**t)
            w[name] = w[name] - 0.05 * m_hat / (np.sqrt(v_hat) + 1e-8)
            np.testing.assert_allclose(engine.parameters[name], w[name], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(own[name], engine.parameters[name], rtol=1e-12, atol=1e-14)


def test_a_loss_and_a_penalty() -> None:
    @loss(cite="Green 1990")
    def log_cosh(y: Node, a: Node, z: Node, k: str) -> Node:
        e = y - a
        return total(p.softplus(2 * e) - e - const(math.log(2)), k)

    @penalty
    def quartic(w: Node) -> Node:
        return total(w**4)

    try:
        net = network("one", 3, "tanh", "identity", "log_cosh", {"quartic": 0.1, "l2": 0.2})
        assert check_gradients(net).worst_relative_error <= 1e-7
        (x, y), values = batch(net), parameters(net)
        engine = NumpyEngine(build(net), values)
        e = y - engine.outputs(x)
        weights = [values["W1"], values["W2"]]
        expected = np.mean(np.sum(np.log(np.cosh(e)), axis=1)) + sum(
            np.sum(0.1 * w**4 + 0.1 * w**2) for w in weights
        )
        assert engine.loss(x, y) == pytest.approx(float(expected), rel=1e-12)
    finally:
        LOSSES.remove("log_cosh")
        PENALTIES.remove("quartic")
