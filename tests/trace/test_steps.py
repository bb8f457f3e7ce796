"""A step with all that belongs to it beside the optimizer: its numbers, by hand."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import UnknownNameError, UsageError
from chainrule.program import build
from chainrule.update import UpdateRule

NET = cr.Network(2, cr.Dense(3, "tanh"), 2, l2=0.1)
RATE = 0.3


def traced(**settings):
    rng = np.random.default_rng(3)
    parameters = {name: rng.normal(size=shape) for name, shape in (("W1", (3, 2)), ("b1", 3), ("W2", (2, 3)))}
    return NET.trace(rng.normal(size=(4, 2)), np.eye(2)[[0, 1, 1, 0]], parameters, lr=RATE, **settings)


@pytest.mark.parametrize(
    "bounds",
    [
        {"clip_norm": 0.2},
        {"clip_value": 0.05},
        {"max_norm": 0.6},
        {"ema": 0.9},
        {"clip_norm": 0.2, "clip_value": 0.05, "max_norm": 0.6, "ema": 0.9},
        {"clip_norm": 1e3, "clip_value": 1e3, "max_norm": 1e3},
    ],
    ids=" ".join,
)
def test_every_line_by_hand(bounds):
    trace = traced(optimizer="sgd:momentum=0.9", **bounds)
    lines = {line.name: line.value for line in trace.lines}
    gradients = {name: trace[f"d{name}"] for name in ("W1", "b1", "W2", "b2")}
    expected = {}
    if "clip_value" in bounds:
        top = bounds["clip_value"]
        gradients = {name: np.clip(g, -top, top) for name, g in gradients.items()}
    if "clip_norm" in bounds:
        norm = np.linalg.norm(np.concatenate([g.ravel() for g in gradients.values()]))
        scale = min(1, bounds["clip_norm"] / norm)
        expected |= {"gradient_norm": norm, "gradient_scale": scale}
        gradients = {name: scale * g for name, g in gradients.items()}
    if bounds.keys() & {"clip_value", "clip_norm"}:
        expected |= {f"clipped_{name}": g for name, g in gradients.items()}
    for name, g in gradients.items():
        new = trace[name] - RATE * g
        if "max_norm" in bounds and name.startswith("W"):
            expected[f"moved_{name}"] = new
            norms = np.linalg.norm(new, axis=1, keepdims=True)
            new = np.where(norms > bounds["max_norm"], new * bounds["max_norm"] / norms, new)
        expected |= {name: new, f"v_{name}": g}
        if "ema" in bounds:
            expected[f"ema_{name}"] = new  # the first of the values that it is the mean of
    last = [line.role for line in trace.lines].index("gradient")
    gradients_and_later = {line.name for line in trace.lines[last:] if line.role not in ("error", "gradient")}
    assert gradients_and_later == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(lines[name], value, rtol=1e-12, atol=1e-15, err_msg=name)
    for name in expected.keys() - {"W1", "b1", "W2", "b2"}:
        if name.startswith(("moved", "clipped", "gradient")):
            np.testing.assert_array_equal(trace[name], lines[name])


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"clip_norm": 0.0}, "training.bad_positive"),
        ({"max_norm": -1}, "training.bad_positive"),
        ({"clip_value": "1"}, "training.bad_positive"),
        ({"ema": 1.0}, "training.bad_ema"),
        ({"optimizer": "lbfgs", "ema": 0.9}, "catalog.no_step"),
    ],
)
@pytest.mark.parametrize("door", [traced, NET.derive, NET.to_python], ids=["trace", "derive", "emit"])
def test_what_makes_no_sense_is_refused_at_every_door(door, settings, key):
    with pytest.raises(UsageError) as caught:
        door(**settings)
    assert caught.value.key == key
    with pytest.raises(UnknownNameError):
        door(optimizer="adamm")


@pytest.mark.parametrize("optimizer", OPTIMIZERS.names())
def test_a_step_is_the_one_that_trains(optimizer):
    bounds = {"clip_norm": 0.2, "clip_value": 0.05, "max_norm": 0.6, "ema": 0.9}
    trace = traced(optimizer=optimizer, **bounds)
    program = build(NET.definition, UpdateRule(optimizer, **bounds))
    engine = NumpyEngine(program, {name: trace[name] for name in program.parameters})
    engine.step(trace["x"], trace["y"], *({"lr": RATE, "t": 1.0}[name] for name in program.scalars))
    lines = {line.name: line.value for line in trace.lines}
    for name, value in {**engine.parameters, **engine.states}.items():
        np.testing.assert_allclose(lines[name], value, rtol=1e-11, atol=1e-14, err_msg=name)
