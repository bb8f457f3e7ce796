"""Losses and penalties against their definitions in plain Python; closed forms against the chain rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.penalties import PENALTIES
from chainrule.expr import leaf
from chainrule.reverse import reverse
from chainrule.simplify import simplify
from expression_evaluator import evaluate

Row = Sequence[float]


def _huber(e: float, d: float = 1.0) -> float:
    return 0.5 * e * e if abs(e) <= d else d * (abs(e) - d / 2)


DEFINITIONS: dict[str, Callable[[Row, Row, Row], float]] = {
    "half_squared_error": lambda y, a, z: sum((t - p) ** 2 for t, p in zip(y, a, strict=True)) / 2,
    "mean_squared_error": lambda y, a, z: sum((t - p) ** 2 for t, p in zip(y, a, strict=True)) / len(y),
    "mean_absolute_error": lambda y, a, z: sum(abs(t - p) for t, p in zip(y, a, strict=True)) / len(y),
    "huber": lambda y, a, z: sum(_huber(t - p) for t, p in zip(y, a, strict=True)) / len(y),
    "cross_entropy": lambda y, a, z: -sum(t * math.log(p) for t, p in zip(y, a, strict=True) if t),
    "binary_cross_entropy": lambda y, a, z: (
        -sum(
            (t * math.log(p) if t else 0) + ((1 - t) * math.log(1 - p) if t != 1 else 0)
            for t, p in zip(y, a, strict=True)
        )
    ),
    "perceptron": lambda y, a, z: sum((p - t) * s for t, p, s in zip(y, a, z, strict=True)),
}
OUTPUTS = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "perceptron": "step"}
PAIRS = [(loss.name, output) for loss in LOSSES for output in loss.from_z]
y, z = leaf("y", ["n", "k"]), leaf("z", ["n", "k"])


def test_every_loss_has_a_definition():
    assert list(DEFINITIONS) == LOSSES.names()


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("targets", ["hard", "soft", "any sum"])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_loss_is_its_definition(name, targets, outputs):
    rng = np.random.default_rng(outputs)
    logits = 2 * rng.standard_normal((5, outputs))
    true = {
        "hard": np.eye(max(outputs, 2))[rng.integers(2, size=5)][:, :outputs],
        "soft": rng.dirichlet(np.ones(outputs + 1), 5)[:, :outputs],
        "any sum": rng.random((5, outputs)),
    }[targets]
    if name not in OUTPUTS:
        true = 3 * true - 1
    a = ACTIVATIONS[OUTPUTS.get(name, "identity")].apply(z, "k")
    forms = [LOSSES[name].function(y, a, z, "k"), *(f(y, a, z, "k") for f in LOSSES[name].from_z.values())]
    answers, *values = evaluate([a, *forms], {"y": true, "z": logits})
    expected = [
        DEFINITIONS[name](*rows)
        for rows in zip(true.tolist(), answers.tolist(), logits.tolist(), strict=True)
    ]
    for value in values:
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)


def test_hubers_threshold():
    (value,) = evaluate(
        [LOSSES["huber"].function(y, z, z, "k", threshold=0.25)], {"y": [[0.0, 0.0]], "z": [[0.2, -3.0]]}
    )
    assert value[0] == pytest.approx((_huber(0.2, 0.25) + _huber(3.0, 0.25)) / 2)


def _gradient(form):
    return simplify(reverse(form, [z]))[0]


def test_there_are_closed_forms():
    assert PAIRS == [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")]


@pytest.mark.parametrize(("name", "output"), PAIRS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_closed_form_is_what_the_chain_rule_gives(name, output, outputs):
    a = ACTIVATIONS[output].apply(z, "k")
    plain, closed = (f(y, a, z, "k") for f in (LOSSES[name].function, LOSSES[name].from_z[output]))
    rng = np.random.default_rng(0)
    numbers = {"y": rng.random((20, outputs)), "z": 3 * rng.standard_normal((20, outputs))}
    assert plain is not closed
    for pair in (
        (plain, closed),
        (_gradient(plain), _gradient(closed)),
        (reverse(plain, [z])[0], _gradient(closed)),
    ):
        np.testing.assert_allclose(*evaluate(pair, numbers), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "output"), PAIRS)
@pytest.mark.parametrize(
    "logits",
    [
        [1e4, -1e4, 0.0],
        [-1e4, 1e4, 1e4],
        [1e4, 1e4, 1e4],
        [0.0, 0.0, 0.0],
        [-1e4, -1e4, -1e4],
        [745.0, -745.0, 40.0],
    ],
)
@pytest.mark.parametrize("targets", [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.2, 0.3, 0.5], [0.0, 0.0, 0.0]])
def test_a_closed_form_stays_finite_and_right_far_out(name, output, logits, targets):
    a = ACTIVATIONS[output].apply(z, "k")
    closed = LOSSES[name].from_z[output](y, a, z, "k")
    value, gradient, answers = evaluate([closed, _gradient(closed), a], {"y": [targets], "z": [logits]})
    if output == "softmax":
        top = max(logits)
        log_p = [t - top - math.log(sum(math.exp(s - top) for s in logits)) for t in logits]
        expected = -sum(t * q for t, q in zip(targets, log_p, strict=True))
        slope = answers * sum(targets) - np.array(targets)
    else:
        softplus = [max(t, 0) + math.log1p(math.exp(-abs(t))) for t in logits]
        expected = sum(s - t * q for s, t, q in zip(softplus, targets, logits, strict=True))
        slope = answers - np.array(targets)
    np.testing.assert_allclose(value, [expected], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradient, slope, atol=1e-12)
    assert np.isfinite(gradient).all()


def test_the_perceptrons_gradient_is_rosenblatts_rule():
    a = ACTIVATIONS["step"].apply(z, "k")
    gradient = _gradient(LOSSES["perceptron"].function(y, a, z, "k"))
    (found,) = evaluate([gradient], {"y": [[1.0, 0.0, 1.0, 0.0]], "z": [[-2.0, 3.0, 1.0, -1.0]]})
    np.testing.assert_array_equal(found, [[-1, 1, 0, 0]])


def test_penalties_are_half_the_squares_and_the_absolute_values():
    w = leaf("W", ["k", "d"])
    numbers = {"W": np.array([[1.0, -2.0], [0.0, 0.5]])}
    rows = [PENALTIES["l1"].function(w), PENALTIES["l2"].function(w)]
    l1, l2, by_l1, by_l2 = evaluate([*rows, *(reverse(r, [w])[0] for r in rows)], numbers)
    assert (l1, l2) == (3.5, 0.5 * 5.25)
    np.testing.assert_array_equal(by_l1, np.sign(numbers["W"]))
    np.testing.assert_array_equal(by_l2, numbers["W"])
