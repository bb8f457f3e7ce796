"""Numbers at which a careless implementation gives inf or NaN, with the results that are exact there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from network_table import Array, batch, covering, network, parameters, title

DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
BIG = 1e4


def few(dtype: type[np.floating]) -> float:
    """Some units in the last place."""
    return 4 * float(np.finfo(dtype).eps)


def at_logits(
    output: str, loss: str, z: Sequence[float], y: Sequence[float], dtype: type[np.floating]
) -> tuple[float, Array, Array]:
    """J, dJ/db and the outputs of one layer whose weighted inputs are z."""
    net = NetworkDefinition(1, (Dense(len(z), output),), loss)
    program = build(net, targets_sum_to_one=math.isclose(sum(y), 1))
    engine = NumpyEngine(program, {"W1": np.zeros((len(z), 1)), "b1": np.array(z)}, dtype)
    x, targets = np.ones((1, 1), dtype), np.array([y], dtype)
    J, gradients = engine.gradients(x, targets)
    assert np.array_equal(gradients["W1"][:, 0], gradients["b1"])  # x = 1
    return J, gradients["b1"], engine.outputs(x)[0]


@DTYPES
@pytest.mark.parametrize(
    ("y", "J", "delta"),
    [
        ([1, 0, 0], 0, [0, 0, 0]),
        ([0, 0, 1], BIG, [1, 0, -1]),
        ([0, 1, 0], 2 * BIG, [1, -1, 0]),
        ([0.25, 0.25, 0.5], BIG, [0.75, -0.25, -0.5]),
        ([0, 2, 1], 5 * BIG, [3, -2, -1]),
        ([0, 0, 0], 0, [0, 0, 0]),
    ],
)
def test_softmax_and_cross_entropy(
    y: list[float], J: float, delta: list[float], dtype: type[np.floating]
) -> None:
    found_J, found, p = at_logits("softmax", "cross_entropy", [BIG, -BIG, 0], y, dtype)
    assert found_J == J
    assert found.tolist() == delta
    assert p.tolist() == [1, 0, 0]


@DTYPES
@pytest.mark.parametrize(
    ("y", "J", "delta"),
    [
        ([1, 0, 0], 0, [0, 0, 0.5]),
        ([0, 1, 1], 2 * BIG, [1, -1, -0.5]),
        ([0.5, 0.5, 0.5], BIG, [0.5, -0.5, 0]),
    ],
)
def test_sigmoid_and_binary_cross_entropy(
    y: list[float], J: float, delta: list[float], dtype: type[np.floating]
) -> None:
    found_J, found, a = at_logits("sigmoid", "binary_cross_entropy", [BIG, -BIG, 0], y, dtype)
    assert found_J == pytest.approx(J + math.log(2), rel=few(dtype))
    assert found.tolist() == delta
    assert a.tolist() == [1, 0, 0.5]


@DTYPES
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error", "mean_absolute_error", "huber"])
def test_saturated_outputs_have_no_slope(output: str, loss: str, dtype: type[np.floating]) -> None:
    J, delta, a = at_logits(output, loss, [BIG, -BIG, -BIG], [0.0, 0.25, 1.0], dtype)
    assert a.tolist() == [1, 0, 0]
    assert delta.tolist() == [0, 0, 0]
    squares = 1 + 1 / 16 + 1
    expected = {
        "half_squared_error": squares / 2,
        "mean_squared_error": squares / 3,
        "mean_absolute_error": 2.25 / 3,
        "huber": squares / 6,
    }
    assert pytest.approx(expected[loss], rel=few(dtype)) == J


@DTYPES
@pytest.mark.parametrize("level", [0.0, 1.0, -1e2, 1e4, -1e4])
def test_equal_logits_share_equally(level: float, dtype: type[np.floating]) -> None:
    J, delta, p = at_logits("softmax", "cross_entropy", [level] * 3, [0, 1, 0], dtype)
    close = few(dtype) * (1 + abs(level))  # what a logit of this size itself is known to
    assert p.tolist() == pytest.approx([1 / 3] * 3, abs=close)
    assert delta.tolist() == pytest.approx([1 / 3, -2 / 3, 1 / 3], abs=close)
    assert pytest.approx(math.log(3), abs=close) == J


@DTYPES
def test_saturated_hidden_units(dtype: type[np.floating]) -> None:
    """Hidden units are exactly 0 or 1: nothing comes through them, and the output layer learns as ever."""
    net = NetworkDefinition(2, (Dense(3, "sigmoid"), Dense(2, "softmax")))
    values = {
        "W1": 1e4 * np.array([[1.0, 1], [-1, -1], [1, 2]]),
        "b1": np.zeros(3),
        "W2": np.array([[0.5, -1, 2], [1, 0, 1]]),
        "b2": np.zeros(2),
    }
    x, y = np.array([[1, 2], [2, 0.5]], dtype), np.array([[1, 0], [1, 0]], dtype)
    J, gradients = NumpyEngine(build(net), values, dtype).gradients(x, y)
    close = few(dtype)
    p = 1 / (1 + math.exp(-0.5))  # z2 = (2.5, 2)
    assert pytest.approx(-math.log(p), rel=close) == J
    assert not gradients["W1"].any()
    assert not gradients["b1"].any()
    delta = np.array([p - 1, 1 - p])
    np.testing.assert_allclose(gradients["b2"], delta, rtol=close)
    np.testing.assert_allclose(gradients["W2"], np.outer(delta, [1, 0, 1]), rtol=close)


@pytest.mark.parametrize("net", covering(), ids=title)
def test_a_batch_is_the_mean_of_its_samples(net: NetworkDefinition) -> None:
    """Loss and gradients of five samples, and of each as a batch of one; so are five equal ones."""
    (x, y), values = batch(net), parameters(net)
    engine = NumpyEngine(build(net, targets_sum_to_one=False), values)
    J, gradients = engine.gradients(x, y)
    single = [engine.gradients(x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    assert pytest.approx(np.mean([s[0] for s in single]), rel=1e-12) == J
    for name, gradient in gradients.items():
        mean = np.mean([s[1][name] for s in single], axis=0)
        np.testing.assert_allclose(gradient, mean, rtol=1e-11, atol=1e-14)
    equal = engine.gradients(np.repeat(x[:1], 7, axis=0), np.repeat(y[:1], 7, axis=0))
    for name, gradient in equal[1].items():
        np.testing.assert_allclose(gradient, single[0][1][name], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("net", covering(), ids=title)
def test_float32_is_float64_rounded(net: NetworkDefinition) -> None:
    (x, y), values = batch(net), parameters(net)
    program = build(net, targets_sum_to_one=False)
    _, exact = NumpyEngine(program, values).gradients(x, y)
    J, rounded = NumpyEngine(program, values, np.float32).gradients(
        x.astype(np.float32), y.astype(np.float32)
    )
    assert math.isfinite(J)
    for name, gradient in rounded.items():
        assert gradient.dtype == np.float32
        norm = np.linalg.norm(exact[name])
        assert np.linalg.norm(gradient - exact[name]) <= 2e-5 * norm + 1e-7, name


@DTYPES
def test_equal_inputs_and_targets(dtype: type[np.floating]) -> None:
    net = network("one", 3, "tanh", "softmax")
    x, y = np.full((6, 2), 0.5, dtype), np.full((6, 3), 1 / 3, dtype)
    zero = {name: 0 * w for name, w in parameters(net).items()}
    J, gradients = NumpyEngine(build(net), zero, dtype).gradients(x, y)
    assert pytest.approx(math.log(3), rel=few(dtype)) == J
    for gradient in gradients.values():
        np.testing.assert_allclose(gradient, 0, atol=few(dtype))
