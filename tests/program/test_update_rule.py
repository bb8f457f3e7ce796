"""Clipping, max-norm and averages: their lines, and their numbers in every engine against loops by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines import make_engine
from chainrule.engines.choice import native_runs
from chainrule.engines.feed import Feed
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.expr import in_order, leaf
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build, leaves
from chainrule.render.numpy_source import source
from chainrule.update import UpdateRule
from network_table import Array, assert_stands_on_earlier_lines, network, parameters
from optimizers_by_hand import BY_HAND

pytestmark = pytest.mark.usefixtures("own_cache")

SMALL = NetworkDefinition(2, (Dense(3, "sigmoid"), Dense(2)))
ALL = UpdateRule("sgd:momentum=0.9", clip_value=0.5, clip_norm=2.0, max_norm=3.0, ema=0.99)


def updates(rule: UpdateRule, net: NetworkDefinition = SMALL) -> dict[str, tuple[str, str]]:
    """Role and source by name of every line behind the gradients."""
    lines = build(net, rule).lines
    last = max(i for i, line in enumerate(lines) if line.role == "gradient")
    return {line.name: (line.role, source(line.expr)) for line in lines[last + 1 :]}


def test_without_any_of_it_the_lines_are_those_of_the_optimizer() -> None:
    assert build(SMALL, UpdateRule("adam")).lines == build(SMALL, "adam").lines
    assert set(updates(UpdateRule())) == {"W1", "b1", "W2", "b2"}


def test_clipping_by_norm() -> None:
    lines = updates(UpdateRule(clip_norm=5.0))
    assert lines == {
        "gradient_norm": (
            "clipping",
            "np.sqrt(np.sum(dW1**2) + np.sum(db1**2) + np.sum(dW2**2) + np.sum(db2**2))",
        ),
        "gradient_scale": ("clipping", "5 / np.maximum(gradient_norm, 5)"),
        **{f"clipped_{name}": ("clipping", f"gradient_scale * d{name}") for name in ("W1", "b1", "W2", "b2")},
        **{name: ("update", f"{name} - lr * clipped_{name}") for name in ("W1", "b1", "W2", "b2")},
    }


def test_clipping_by_value() -> None:
    lines = updates(UpdateRule(clip_value=0.5))
    assert lines["clipped_W1"] == ("clipping", "np.maximum(np.minimum(dW1, 0.5), -0.5)")
    assert set(lines) == {f"{kind}{name}" for kind in ("clipped_", "") for name in ("W1", "b1", "W2", "b2")}


def test_max_norm_is_for_weights_alone() -> None:
    lines = updates(UpdateRule(max_norm=3.0))
    assert lines["moved_W1"] == ("move", "W1 - lr * dW1")
    assert lines["W1"][0] == "update"
    assert "moved_W1" in lines["W1"][1]
    assert lines["b1"] == ("update", "b1 - lr * db1")
    assert "moved_b1" not in lines


def test_an_average_follows_its_parameter() -> None:
    program = build(SMALL, UpdateRule(ema=0.75))
    names = [line.name for line in program.lines]
    assert set(program.states) == {f"ema_{name}" for name in program.parameters}
    assert all(names.index(name) < names.index(f"ema_{name}") for name in program.parameters)
    assert program.scalars == ("lr", "t")


@pytest.mark.parametrize("net", [network("shared", 2, "tanh", "softmax"), SMALL], ids=str)
def test_every_line_stands_on_earlier_ones_and_has_a_name_of_its_own(net: NetworkDefinition) -> None:
    assert_stands_on_earlier_lines(build(net, ALL))


def test_what_stays_within_its_bound_is_left_as_it_is() -> None:
    """But for the order of factors in a product."""
    net = network("three", 3, "tanh", "softmax")
    x, y = data(net, np.float64)
    free, bound = (
        NumpyEngine(build(net, rule, targets_sum_to_one=False), parameters(net))
        for rule in (UpdateRule(), UpdateRule(clip_value=1e6, clip_norm=1e6, max_norm=1e6))
    )
    for _ in range(5):
        for engine in (free, bound):
            engine.step(x, y, 0.3)
    for name, w in free.parameters.items():
        np.testing.assert_allclose(bound.parameters[name], w, 1e-13)


def test_a_gradient_that_is_no_number_is_not_hidden() -> None:
    net = network("one", 1, "tanh", "identity")
    engine = NumpyEngine(build(net, UpdateRule(clip_norm=1.0, clip_value=1.0)), parameters(net))
    engine.step(np.full((1, 2), np.nan), np.ones((1, 1)), 0.1)
    assert np.isnan(engine.parameters["W1"]).any()


# numbers

NET = network("three", 3, "tanh", "softmax", penalties={"l2": 0.01})
STEPS = 12
BOUNDS = {"clip_value": 0.05, "clip_norm": 0.12, "max_norm": 0.9, "ema": 0.8}
RATES = {"sgd": 0.5, "nesterov": 0.2, "adagrad": 0.2}
"""Large enough that every bound is met; 0.05 for the others."""


def data(net: NetworkDefinition, dtype: Any, n: int = 7) -> tuple[Array, Array]:
    rng = np.random.default_rng(3)
    y = np.eye(net.outputs)[rng.integers(net.outputs, size=n)] + 0.1 * rng.random((n, net.outputs))
    return rng.standard_normal((n, net.inputs)).astype(dtype), y.astype(dtype)


def by_hand(name: str, x: Array, y: Array, lr: float) -> tuple[dict[str, Array], dict[str, Array], set[str]]:
    """Weights and averages after the steps, and which bounds were met; gradients are the engine's own."""
    plain = NumpyEngine(build(NET, targets_sum_to_one=False), parameters(NET))
    rules = {key: BY_HAND[name]() for key in plain.parameters}
    for key, rule in rules.items():
        if hasattr(rule, "decay") and key.startswith("b"):
            rule.decay = 0.0
    seen: list[dict[str, Array]] = []
    met = set()
    for _ in range(STEPS):
        _, g = plain.gradients(x, y)
        cut = {key: np.clip(value, -BOUNDS["clip_value"], BOUNDS["clip_value"]) for key, value in g.items()}
        norm = np.linalg.norm(np.concatenate([value.ravel() for value in cut.values()]))
        met |= {"clip_value"} if any((cut[key] != g[key]).any() for key in g) else set()
        met |= {"clip_norm"} if norm > BOUNDS["clip_norm"] else set()
        for key, w in plain.parameters.items():
            scaled = cut[key] * min(1.0, BOUNDS["clip_norm"] / norm)
            new = rules[key].step(w.copy(), scaled, lr)
            if key.startswith("W"):
                for row in new:
                    if (length := np.linalg.norm(row)) > BOUNDS["max_norm"]:
                        met.add("max_norm")
                        row *= BOUNDS["max_norm"] / length
            w[...] = new
        seen.append({key: w.copy() for key, w in plain.parameters.items()})
    weights = BOUNDS["ema"] ** np.arange(STEPS - 1, -1, -1)
    means = {
        key: np.average([step[key] for step in seen], axis=0, weights=weights) for key in plain.parameters
    }
    return dict(plain.parameters), means, met


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_with_every_bound(name: str, engine: str) -> None:
    if engine == "native" and not native_runs():
        pytest.skip("no native engine here")
    x, y = data(NET, np.float64)
    lr = RATES.get(name, 0.05)
    expected, means, met = by_hand(name, x, y, lr)
    assert met == {"clip_value", "clip_norm", "max_norm"}
    for dtype, tolerance in ((np.float64, 1e-9), (np.float32, 2e-4)):
        program = build(NET, UpdateRule(name, **BOUNDS), targets_sum_to_one=False)
        trained = make_engine(engine, program, parameters(NET), np.dtype(dtype))
        ones = np.ones(NET.inputs, dtype)
        feed = Feed(x.astype(dtype), 0 * ones, ones, y.astype(dtype), None, len(x))
        for step in range(STEPS):
            scalars = [{"lr": lr, "t": step + 1.0}[scalar] for scalar in program.scalars]
            trained.steps(feed, np.arange(len(x)), 0, np.array([scalars]), 1, 1)
        for key, value in expected.items():
            assert trained.parameters[key].dtype == dtype
            np.testing.assert_allclose(trained.parameters[key], value, tolerance, tolerance, err_msg=key)
            np.testing.assert_allclose(trained.states[f"ema_{key}"], means[key], tolerance, tolerance)


def test_threads_make_the_same_steps() -> None:
    if not native_runs():
        pytest.skip("no native engine here")
    net = NetworkDefinition(19, (Dense(33, "relu"), Dense(21, "tanh"), Dense(5)), dtype="float64")
    x, y = data(net, np.float64, 24)
    ones = np.ones(net.inputs)
    feed = Feed(x, 0 * ones, ones, y, None, 8)
    program = build(net, UpdateRule("adamw", clip_norm=0.05, max_norm=0.8, ema=0.9), targets_sum_to_one=False)
    given = np.array([[0.02, t + 1.0] for t in range(3)])
    results = []
    for name, threads in (("numpy", 1), ("native", 1), ("native", 3)):
        engine = make_engine(name, program, parameters(net), np.dtype("float64"))
        engine.steps(feed, np.arange(24), 0, given, 1, threads)
        results.append({**engine.parameters, **engine.states})
    for other in results[1:]:
        for key, value in results[0].items():
            np.testing.assert_allclose(other[key], value, 1e-9, 1e-12, err_msg=key)


def test_no_line_of_an_update_reads_what_it_overwrites() -> None:
    """An old value that a later line needs is read before it is gone."""
    for name in OPTIMIZERS.names():
        program = build(SMALL, UpdateRule(name, max_norm=1.0, ema=0.9))
        for array, dims in {**program.parameters, **program.states}.items():
            written = [line.name for line in program.lines].index(array)
            later = [line.expr for line in program.lines[written + 1 :] if line.role == "state"]
            readers = [expr for expr in later if leaf(array, dims) in in_order([expr])]
            assert all(f"ema_{array}" in leaves([expr]) or array in program.states for expr in readers)
