"""Optimizers: the update expressions, followed for some steps, against a recursion by hand."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.registry import settings_of
from chainrule.expr import in_order, leaf
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from chainrule.simplify import simplify
from expression_evaluator import evaluate

w, g, v, lr, t = leaf("W", ["k", "d"]), leaf("dW", ["k", "d"]), leaf("v", ["k", "d"]), leaf("lr"), leaf("t")


def _gradient(weight: np.ndarray) -> np.ndarray:
    return 2 * weight - np.array([[1.0, -3.0]])


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_sgd_is_its_recursion(momentum):
    new_w, (new_v,) = OPTIMIZERS["sgd"].function(w, g, v, lr, t, momentum=momentum)
    weight, velocity = np.array([[0.5, 2.0]]), np.zeros((1, 2))
    by_hand, speed = weight.copy(), velocity.copy()
    for step in range(1, 6):
        numbers = {"W": weight, "dW": _gradient(weight), "v": velocity, "lr": 0.1, "t": step}
        weight, velocity = evaluate([new_w, new_v], numbers)
        speed = momentum * speed + _gradient(by_hand)
        by_hand = by_hand - 0.1 * speed
        np.testing.assert_allclose(weight, by_hand, rtol=1e-14)
        np.testing.assert_allclose(velocity, speed, rtol=1e-14)


def test_without_momentum_there_is_no_state():
    new_w, _ = OPTIMIZERS["sgd"].function(w, g, v, lr, t)
    assert v not in in_order(simplify([new_w]))
    assert simplify([new_w])[0] is w - lr * g


@pytest.mark.parametrize(
    "settings", [{}, {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01}], ids=["own", "other"]
)
def test_adam_is_its_algorithm(settings):
    """Kingma & Ba 2015, Algorithm 1, line by line; the states start at 0."""
    m = leaf("m", w.dims)
    nodes = OPTIMIZERS["adam"].function(w, g, m, v, lr, t, **settings)
    beta1, beta2, epsilon = ({"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8} | settings).values()
    weight, theta = np.array([[0.5, 2.0]]), np.array([[0.5, 2.0]])
    first, second = np.zeros((1, 2)), np.zeros((1, 2))
    moments = first, second
    for step in range(1, 7):
        numbers = {"W": weight, "dW": _gradient(weight), "m": first, "v": second, "lr": 0.1, "t": step}
        weight, first, second = evaluate([nodes[0], *nodes[1]], numbers)
        gradient = _gradient(theta)
        mean = beta1 * moments[0] + (1 - beta1) * gradient
        square = beta2 * moments[1] + (1 - beta2) * gradient * gradient
        moments = mean, square
        step_size = 0.1 * (mean / (1 - beta1**step)) / (np.sqrt(square / (1 - beta2**step)) + epsilon)
        theta = theta - step_size
        np.testing.assert_allclose(weight, theta, rtol=1e-12)


@pytest.mark.parametrize("row", list(OPTIMIZERS), ids=lambda row: row.name)
def test_a_row_gives_a_new_weight_and_its_states(row):
    states = [leaf(name, w.dims) for name in row.state]
    new_w, new_states = row.function(w, g, *states, lr, t)
    assert new_w.dims == w.dims
    assert [s.dims for s in new_states] == [w.dims] * len(states)
    assert row.rate > 0
    assert "lr" not in settings_of(row)


@pytest.mark.parametrize(("optimizer", "states"), [("sgd", set()), ("sgd:momentum=0.9", {"v_W1", "v_b1"})])
def test_a_program_keeps_only_the_states_that_matter(optimizer, states):
    program = build(NetworkDefinition(2, (Dense(1),)), optimizer)
    assert set(program.states) == states
    assert program.scalars == ("lr",)
