"""Optimizers: the update expressions, followed for some steps, against a recursion by hand."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.catalog.optimizers import OPTIMIZERS, Optimizer, assignments
from chainrule.catalog.registry import settings_of
from chainrule.expr import in_order, leaf
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from chainrule.simplify import simplify
from expression_evaluator import evaluate
from optimizers_by_hand import BY_HAND, OTHER_SETTINGS

w, g, v, lr, t = leaf("W", ["k", "d"]), leaf("dW", ["k", "d"]), leaf("v", ["k", "d"]), leaf("lr"), leaf("t")


def _gradient(weight: np.ndarray) -> np.ndarray:
    return 2 * weight - np.array([[1.0, -3.0, 0.5]]) + np.sin(3 * weight)


CASES = [(name, {}) for name in BY_HAND] + list(OTHER_SETTINGS.items())


@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_every_row_is_its_papers_algorithm(name, settings):
    """Line after line in the order of the assignments, beside the loop; the rate changes where it may."""
    row, weight = OPTIMIZERS[name], np.array([[0.5, 2.0, -1.0]])
    states = [leaf(state, w.dims) for state in row.state]
    lines = assignments(row, w, g, states, settings)
    numbers = {"W": weight, **{state: np.zeros_like(weight) for state in row.state}}
    by_hand = BY_HAND[name](**settings)
    for step in range(1, 41):
        rate = 0.05 if name == "nesterov" else 0.1 / step
        numbers |= {"dW": _gradient(numbers["W"]), "lr": rate, "t": step}
        for place, node in lines:
            (numbers[str(place.data)],) = evaluate([node], numbers)
        weight = by_hand.step(weight, _gradient(weight), rate)
        np.testing.assert_allclose(numbers["W"], weight, rtol=1e-10, err_msg=f"step {step}")


def test_every_row_is_written_down_a_second_time():
    assert set(BY_HAND) == set(OTHER_SETTINGS) == set(OPTIMIZERS.names())


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


def test_what_reads_an_old_state_stands_before_its_new_value():
    """As in Lion, where the weight moves by the average before this step is taken into it."""

    def late(w, g, m, lr, t):
        return w - lr * m, (m + g,)

    lines = assignments(Optimizer("late", late, ("m",), 0.1), w, g, [leaf("m", w.dims)], {})
    assert [place.data for place, _ in lines] == ["W", "m"]


def test_a_state_may_read_the_new_value_of_the_one_before():
    def chained(w, g, m, v, lr, t):
        m = 0.5 * m + g
        v = v + (g - m) ** 2
        return w - lr * v, (m, v)

    m = leaf("m", w.dims)
    row = Optimizer("chained", chained, ("m", "v"), 0.1)
    (_, _), (_, new_v), (_, new_w) = assignments(row, w, g, [m, v], {})
    assert new_v is v + (g - m) ** 2
    assert new_w is w - lr * v


@pytest.mark.parametrize("row", [row for row in OPTIMIZERS if row.weights_only], ids=lambda row: row.name)
def test_decay_is_for_weights_alone(row):
    program = build(NetworkDefinition(2, (Dense(1),)), f"{row.name}:decay=0.25")
    without = build(NetworkDefinition(2, (Dense(1),)), f"{row.name}:decay=0")
    lines, plain = ({line.name: line.expr for line in p.of("update")} for p in (program, without))
    assert lines["b1"] is plain["b1"]
    assert lines["W1"] is not plain["W1"]
