"""The engine that reuses its buffers, against the plain reading of the same program."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.engines.expressions import evaluate as evaluated
from chainrule.engines.numpy_engine import CHUNK, NumpyEngine
from chainrule.expr import leaf
from chainrule.network import NetworkDefinition
from chainrule.program import Program, build
from expression_evaluator import evaluate
from network_table import SHAPES, Array, batch, covering, network, parameters, table, title
from plain_values import run

CLOSE = {"rtol": 1e-12, "atol": 1e-15}


def assert_same(net: NetworkDefinition) -> None:
    (x, y), values = batch(net), parameters(net)
    program = build(net, targets_sum_to_one=False)
    plain = run(program, values, x, y)
    engine = NumpyEngine(program, values)
    J, gradients = engine.gradients(x, y)
    assert abs(J - plain["J"]) <= 1e-12 * abs(plain["J"]), title(net)
    assert engine.loss(x, y) == pytest.approx(J, rel=1e-14)
    np.testing.assert_allclose(engine.outputs(x), plain[program.output], **CLOSE)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, plain[f"d{name}"], **CLOSE, err_msg=f"{title(net)} d{name}")


@pytest.mark.parametrize("net", covering(), ids=title)
def test_every_activation_with_every_loss(net: NetworkDefinition) -> None:
    assert_same(net)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_the_whole_table(shape: str) -> None:
    for net in table(shape):
        assert_same(net)


NET = network("three", 3, "tanh", "softmax", penalties={"l1": 0.02, "l2": 0.1})


def ready(optimizer: str = "sgd", dtype: Any = np.float64) -> tuple[Program, NumpyEngine, Array, Array]:
    program = build(NET, optimizer, targets_sum_to_one=False)
    x, y = batch(NET)
    return program, NumpyEngine(program, parameters(NET), dtype), x.astype(dtype), y.astype(dtype)


@pytest.mark.parametrize("net", covering()[::3], ids=title)
def test_values_of_any_expression(net: NetworkDefinition) -> None:
    program = build(net)
    (x, y), values = batch(net), parameters(net)
    nodes = [unit.z for unit in program.meaning.units] + [unit.a for unit in program.meaning.units]
    given = {**program.constants, **values, "x": x, "y": y}
    plain = evaluate(nodes, given, {**program.sizes, "n": len(x)})
    engine = NumpyEngine(program, values)
    for _ in range(2):
        for found, expected in zip(engine.values(nodes, x, y), plain, strict=True):
            np.testing.assert_allclose(found, expected, **CLOSE)


def test_expressions_without_a_program() -> None:
    """Every activation and every loss, of arrays that no network made."""
    z, y, a = (leaf(name, ["n", "k"]) for name in ("z", "y", "a"))
    nodes = [row.apply(z, "k") for row in ACTIVATIONS]
    nodes += [row.function(y, a, z, "k") for row in LOSSES]
    rng = np.random.default_rng(0)
    given = {"z": rng.standard_normal((5, 3)), "y": np.eye(3)[[0, 2, 1, 1, 0]], "a": rng.random((5, 3))}
    for node, found, expected in zip(nodes, evaluated(nodes, given), evaluate(nodes, given), strict=True):
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, **CLOSE, err_msg=str(node))


def test_values_follow_the_parameters() -> None:
    program, engine, x, y = ready()
    nodes = [program.meaning.J]
    before = float(engine.values(nodes, x, y)[0])
    engine.step(x, y, 0.1)
    after = float(engine.values(nodes, x, y)[0])
    assert after != before
    assert after == pytest.approx(engine.loss(x, y), rel=1e-13)


def test_steps_of_gradient_descent() -> None:
    """w <- w - lr dJ/dw, the gradient by the plain reading."""
    program, engine, x, y = ready()
    w = parameters(NET)
    for lr in (0.1, 0.1, 0.5, 0.01):
        plain = run(program, w, x, y)
        engine.step(x, y, lr)
        w = {name: v - lr * plain[f"d{name}"] for name, v in w.items()}
        for name, v in w.items():
            np.testing.assert_allclose(engine.parameters[name], v, **CLOSE)


def test_steps_with_momentum() -> None:
    """v <- 0.9 v + dJ/dw, w <- w - lr v."""
    program, engine, x, y = ready("sgd:momentum=0.9")
    w = parameters(NET)
    v = {name: 0 * value for name, value in w.items()}
    assert set(engine.states) == {f"v_{name}" for name in w}
    for _ in range(5):
        plain = run(program, w, x, y)
        engine.step(x, y, 0.1)
        v = {name: 0.9 * v[name] + plain[f"d{name}"] for name in w}
        w = {name: w[name] - 0.1 * v[name] for name in w}
        for name in w:
            np.testing.assert_allclose(engine.parameters[name], w[name], **CLOSE)
            np.testing.assert_allclose(engine.states[f"v_{name}"], v[name], **CLOSE)


def test_states_given_go_on_where_they_were() -> None:
    _, through, x, y = ready("sgd:momentum=0.5")
    for _ in range(3):
        through.step(x, y, 0.1)
    program, first, x, y = ready("sgd:momentum=0.5")
    first.step(x, y, 0.1)
    resumed = NumpyEngine(program, first.parameters, np.float64, first.states)
    for _ in range(2):
        resumed.step(x, y, 0.1)
    for name, value in through.parameters.items():
        assert np.array_equal(resumed.parameters[name], value)


def test_the_loss_beside_a_step_is_the_one_before_it() -> None:
    _, engine, x, y = ready()
    before = engine.loss(x, y)
    _, other, _, _ = ready()
    assert engine.step_with_loss(x, y, 0.1) == pytest.approx(before, rel=1e-14)
    other.step(x, y, 0.1)
    for name, value in other.parameters.items():
        assert np.array_equal(engine.parameters[name], value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_of_many_sizes_in_turn(dtype: type[np.floating]) -> None:
    """More sizes than are kept at once, each used again; a size's buffers do not leak into another's."""
    program = build(NET)
    x, y = batch(NET, 20)
    x, y = x.astype(dtype), y.astype(dtype)
    mixed = NumpyEngine(program, parameters(NET), dtype)
    for n in [*range(1, 21), 3, 20, 1]:
        fresh = NumpyEngine(program, mixed.parameters, dtype)
        mixed.step(x[:n], y[:n], 0.05)
        fresh.step(x[:n], y[:n], 0.05)
        for name, value in fresh.parameters.items():
            assert np.array_equal(mixed.parameters[name], value)
            assert mixed.parameters[name].dtype == dtype


@pytest.mark.parametrize("n", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 452])
def test_large_batches_in_parts(n: int) -> None:
    """The loss of many samples: a mean over all of them, with the penalties in it once."""
    program = build(NET, targets_sum_to_one=False)
    (x, y), values = batch(NET, n), parameters(NET)
    engine = NumpyEngine(program, values)
    plain = run(program, values, x, y)
    assert engine.loss(x, y) == pytest.approx(float(plain["J"]), rel=1e-12)
    np.testing.assert_allclose(engine.outputs(x), plain[program.output], **CLOSE)


def test_what_is_given_stays_as_it_was() -> None:
    program = build(NET, "sgd:momentum=0.9")
    (x, y), values = batch(NET), parameters(NET)
    kept = [v.copy() for v in (x, y, *values.values())]
    engine = NumpyEngine(program, values)
    engine.gradients(x, y)
    engine.outputs(x)
    for _ in range(3):
        engine.step(x, y, 0.1)
    for now, before in zip((x, y, *values.values()), kept, strict=True):
        assert np.array_equal(now, before)


def test_gradients_and_outputs_are_the_callers_own() -> None:
    _, engine, x, y = ready()
    (_, gradients), outputs = engine.gradients(x, y), engine.outputs(x)
    kept = {name: g.copy() for name, g in gradients.items()}, outputs.copy()
    engine.step(x, y, 1.0)
    engine.gradients(-x, y)
    engine.outputs(-x)
    assert all(np.array_equal(gradients[name], g) for name, g in kept[0].items())
    assert np.array_equal(outputs, kept[1])


@pytest.mark.parametrize("hidden", ["sigmoid", "relu", "gelu", "elu", "x * sigmoid(1.702 * x)"])
@pytest.mark.parametrize("optimizer", ["sgd", "sgd:momentum=0.9"])
def test_steps_allocate_no_arrays(hidden: str, optimizer: str) -> None:
    """What is left is NumPy's own: a broadcast goes through buffers of 8,192 numbers. (n, h1) has 80,000."""
    net = NetworkDefinition(8, network("one", 10, hidden, "softmax").layers, penalties={"l2": 1e-3})
    program = build(net, optimizer)
    rng = np.random.default_rng(0)
    n = 20_000
    x, y = rng.random((n, 8)), np.eye(10)[rng.integers(10, size=n)]
    engine = NumpyEngine(program, parameters(net))
    engine.step(x, y, 0.1)
    tracemalloc.start()
    try:
        for _ in range(3):
            engine.step(x, y, 0.1)
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 4_000
    assert peak < 250_000
