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
