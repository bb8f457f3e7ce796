"""The list of lines: names, order, roles, dims; what a line may stand on; deep and shared networks."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.program import build
from chainrule.render.numpy_source import source
from network_table import FORMULA, assert_stands_on_earlier_lines, batch, covering, network, parameters, title
from plain_values import run


def test_two_layers_line_by_line() -> None:
    program = build(NetworkDefinition(2, (Dense(3, "sigmoid"), Dense(2))))
    assert [(line.name, line.role, line.layer, line.dims) for line in program.lines] == [
        ("z1", "weighted input", 1, ("n", "h1")),
        ("a1", "activation", 1, ("n", "h1")),
        ("z2", "weighted input", 2, ("n", "k")),
        ("a2", "activation", 2, ("n", "k")),
        ("J", "loss", None, ()),
        ("delta2", "error", 2, ("n", "k")),
        ("dW2", "gradient", 2, ("k", "h1")),
        ("db2", "gradient", 2, ("k",)),
        ("delta1", "error", 1, ("n", "h1")),
        ("dW1", "gradient", 1, ("h1", "d")),
        ("db1", "gradient", 1, ("h1",)),
        ("W1", "update", 1, ("h1", "d")),
        ("b1", "update", 1, ("h1",)),
        ("W2", "update", 2, ("k", "h1")),
        ("b2", "update", 2, ("k",)),
    ]
    assert program.parameters == {"W1": ("h1", "d"), "b1": ("h1",), "W2": ("k", "h1"), "b2": ("k",)}
    assert program.sizes == {"d": 2, "h1": 3, "k": 2}
    assert program.scalars == ("lr",)
    assert program.output == "a2"
    assert program.states == {}
    assert program.shape("W1") == (3, 2)


def test_the_backward_pass_as_a_person_writes_it() -> None:
    program = build(NetworkDefinition(2, (Dense(3, "sigmoid"), Dense(2)), penalties={"l2": 0.1}))
    written = {line.name: source(line.expr) for line in program.lines}
    assert {name: written[name] for name in ("delta2", "dW2", "db2", "delta1", "dW1", "db1")} == {
        "delta2": "(a2 - y) / n",
        "dW2": "delta2.T @ a1 + l2 * W2",
        "db2": "np.sum(delta2, axis=0)",
        "delta1": "(delta2 @ W2) * a1 * (1 - a1)",
        "dW1": "delta1.T @ x + l2 * W1",
        "db1": "np.sum(delta1, axis=0)",
    }
    assert written["W1"] == "W1 - lr * dW1"


def test_targets_that_need_not_sum_to_1_keep_their_sum() -> None:
    net = NetworkDefinition(2, (Dense(3, "softmax"),))
    with_sum, without = (build(net, targets_sum_to_one=known) for known in (False, True))
    assert [source(p.of("error")[0].expr) for p in (with_sum, without)] == [
        "(np.sum(y, axis=1)[:, None] * a1 - y) / n",
        "(a1 - y) / n",
    ]


def test_a_state_line_stands_before_its_update() -> None:
    program = build(NetworkDefinition(2, (Dense(2, "identity"),)), "sgd:momentum=0.9")
    assert [(line.name, line.role) for line in program.lines][-4:] == [
        ("v_W1", "state"),
        ("W1", "update"),
        ("v_b1", "state"),
        ("b1", "update"),
    ]
    assert program.states == {"v_W1": ("k", "d"), "v_b1": ("k",)}


def test_momentum_0_needs_no_state() -> None:
    net = NetworkDefinition(2, (Dense(2, "identity"),))
    assert build(net, "sgd:momentum=0").lines == build(net).lines


@pytest.mark.parametrize("net", covering(), ids=title)
def test_every_line_stands_on_earlier_ones(net: NetworkDefinition) -> None:
    program = build(net, "sgd:momentum=0.9")
    assert_stands_on_earlier_lines(program)
    names = {line.name for line in program.lines}
    depth = len(net.layers)
    assert {f"{letter}{number}" for letter in "za" for number in range(1, depth + 1)} <= names
    assert {f"delta{number}" for number in range(1, depth + 1)} <= names
    assert [f"d{name}" in names for name in program.parameters] == [True] * len(program.parameters)


def test_delta_is_the_derivative_by_the_weighted_input() -> None:
    """Moving b_l moves z_l of every sample alike: dJ/db_l is the sum of delta_l, which plain lines give."""
    net = network("three", 3, "tanh", "softmax")
    (x, y), values = batch(net), parameters(net)
    plain = run(build(net, targets_sum_to_one=False), values, x, y)
    for number in range(1, 5):
        np.testing.assert_allclose(plain[f"delta{number}"].sum(axis=0), plain[f"db{number}"], rtol=1e-13)


def test_shared_weights_are_one_parameter_with_one_gradient() -> None:
    """The gradient is the sum of what two separate matrices of the same value would get."""
    shared, apart = (network(shape, 2, "tanh", "softmax") for shape in ("shared", "square"))
    (x, y), values = batch(shared), parameters(shared)
    assert "W2" not in build(shared).parameters
    one = run(build(shared), values, x, y)
    two = run(build(apart), {**values, "W2": values["W1"]}, x, y)
    np.testing.assert_allclose(one["dW1"], two["dW1"] + two["dW2"], rtol=1e-12)
    np.testing.assert_allclose(one["dW3"], two["dW3"], rtol=1e-12)


@pytest.mark.parametrize("depth", [1100, pytest.param(2000, marks=pytest.mark.long)])
def test_many_layers(depth: int) -> None:
    """Far more than Python would nest, against a backward pass written as a loop."""
    net = NetworkDefinition(2, (*[Dense(2, "tanh")] * depth, Dense(2, "identity")))
    assert depth > sys.getrecursionlimit()
    program = build(net)
    assert len(program.lines) == (2 + 3 + 2) * (depth + 1) + 1
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    engine = NumpyEngine(
        program, {name: rotation if name[0] == "W" else np.zeros(2) for name in program.parameters}
    )
    x, y = np.array([[0.3, -0.2], [0.1, 0.4]]), np.eye(2)
    J, gradients = engine.gradients(x, y)

    a = [x]
    for _ in range(depth):
        a.append(np.tanh(a[-1] @ rotation.T))
    delta = (a[-1] @ rotation.T - y) / 2
    assert pytest.approx(np.sum((2 * delta) ** 2) / 4, rel=1e-12) == J
    for number in range(depth + 1, 0, -1):
        np.testing.assert_allclose(gradients[f"W{number}"], delta.T @ a[number - 1], rtol=1e-9, atol=1e-18)
        np.testing.assert_allclose(gradients[f"b{number}"], delta.sum(axis=0), rtol=1e-9, atol=1e-18)
        delta = (delta @ rotation) * (1 - a[number - 1] ** 2)
    assert np.abs(gradients["W1"]).max() > 1e-9


@pytest.mark.long
@pytest.mark.parametrize("hidden", ["tanh", FORMULA])
def test_2000_layers_with_penalties_and_momentum(hidden: str) -> None:
    net = NetworkDefinition(2, (*[Dense(2, hidden)] * 2000, Dense(2)), penalties={"l1": 1e-4, "l2": 1e-2})
    program = build(net, "sgd:momentum=0.9")
    engine = NumpyEngine(program, initial_parameters(net))
    x, y = np.array([[0.3, -0.2], [0.1, 0.4]]), np.eye(2)
    before = engine.step_with_loss(x, y, 0.01)
    assert engine.loss(x, y) < before
