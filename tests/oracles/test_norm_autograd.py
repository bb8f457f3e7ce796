"""Loss and gradients of networks with normalised layers against autograd, and the native engine."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from autograd import value_and_grad
from autograd_functions import XP
from by_hand import ACTIVATIONS, loss

from chainrule.engines.feed import Feed
from chainrule.engines.masks import mask_keys, masks_of
from chainrule.engines.native.engine import NativeEngine
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from network_table import batch, covering, network, parameters, title

pytestmark = pytest.mark.usefixtures("own_cache")


def normed(net: NetworkDefinition, norm: str) -> NetworkDefinition:
    *hidden, last = net.layers
    layers = [*(dataclasses.replace(layer, norm=norm) for layer in hidden), last]
    return dataclasses.replace(net, layers=tuple(layers))


DEEP = [net for net in covering() if len(net.layers) > 1]
NETS = [normed(net, norm) for first, norm in enumerate(("layer", "batch")) for net in DEEP[first::3]]


@pytest.mark.parametrize("net", NETS, ids=lambda net: f"{net.layers[0].norm} {title(net)}")
def test_every_activation_with_every_loss(net: NetworkDefinition) -> None:
    (x, y), values = batch(net, 7), parameters(net)
    expected_J, expected = value_and_grad(lambda given: loss(net, XP, x, y, given))(values)
    program = build(net, targets_sum_to_one=False)
    J, gradients = NumpyEngine(program, values).gradients(x, y)
    np.testing.assert_allclose(J, expected_J, rtol=1e-10, atol=1e-15)
    assert gradients.keys() == expected.keys() - program.statistics.keys()
    largest = max(np.abs(each).max() for each in expected.values())
    for name, gradient in gradients.items():  # of those that must be 0, only one may be exactly so
        atol = 1e-11 * np.abs(expected[name]).max() + 1e-12 * largest
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-8, atol=atol, err_msg=name)


WIDE = NetworkDefinition(37, (Dense(19, "relu", norm="layer"), Dense(3)))
DROPPED = NetworkDefinition(
    37, (Dense(19, "relu", norm="batch", dropout=0.3), Dense(8, "tanh", norm="batch:momentum=0.5"), Dense(3))
)
SHARED = normed(network("shared", 3, "tanh", "softmax", penalties={"l1": 0.02, "l2": 0.3}), "batch")


@pytest.mark.parametrize(("net", "threads"), [(WIDE, 2), (DROPPED, 1), (DROPPED, 2), (SHARED, 2)])
def test_the_native_engine_makes_the_same_steps(net: NetworkDefinition, threads: int) -> None:
    """Samples have weights, and the last batch is a smaller one; then they predict the same."""
    program = build(net, "sgd:momentum=0.9", targets_sum_to_one=False, weighted=True)
    rng = np.random.default_rng(5)
    x, y, w = rng.standard_normal((23, net.inputs)), rng.random((23, net.outputs)), 2 * rng.random(23)
    order, rates = np.arange(23), np.full((5, 1), 0.02)
    keys = mask_keys(program, 0, 0, 5)
    found = []
    for kind, dtype in ((NumpyEngine, "float64"), (NativeEngine, "float64"), (NativeEngine, "float32")):
        ones = np.ones(net.inputs, dtype)
        feed = Feed(x.astype(dtype), ones * 0, ones, y.astype(dtype), None, 5, w.astype(dtype))
        engine = kind(program, parameters(net), np.dtype(dtype))
        looks = engine.steps(feed, order, 0, rates, 1, threads, keys)
        outputs = {"outputs": engine.outputs(feed.x)}
        found.append((looks, engine.parameters | outputs))
    (looks, expected), *others = found
    assert expected.keys() == program.held.keys() | {"outputs"}
    for own, tolerance in zip(others, (1e-10, 5e-4), strict=True):
        np.testing.assert_allclose(own[0], looks, rtol=tolerance, atol=tolerance)
        for name, value in expected.items():
            assert np.abs(own[1][name] - value).max() <= tolerance * (np.abs(value).max() or 1), name


@pytest.mark.parametrize("net", [DROPPED, SHARED], ids=title)
def test_running_averages_are_those_of_the_batches_and_predict(net: NetworkDefinition) -> None:
    """Of samples that count differently in J, all count alike in them; here with NumPy's own moments."""
    program = build(net, targets_sum_to_one=False, weighted=True)
    engine, values, rng = NumpyEngine(program, parameters(net)), parameters(net), np.random.default_rng(6)
    for n in (9, 4, 2):
        x, y = batch(net, n, seed=n)
        masks = masks_of(program, n, mask_keys(program, n, 0, 1)[0], np.dtype("float64")).values()
        beside = *masks, rng.random(n)
        lines = engine.lines(x, y, *beside)
        engine.step(x, y, 0.1, *beside)
        for number, layer in enumerate(net.layers[:-1], 1):
            z, kept = lines[f"z{number}"], 0.5 if "0.5" in str(layer.norm) else 0.9
            for name, new in (("mean", z.mean(axis=0)), ("variance", z.var(axis=0, ddof=1))):
                values[f"{name}_z{number}"] = kept * values[f"{name}_z{number}"] + (1 - kept) * new
                found = engine.parameters[f"{name}_z{number}"]
                np.testing.assert_allclose(found, values[f"{name}_z{number}"], rtol=1e-12, atol=1e-14)
    x, held = batch(net, 3)[0], engine.parameters
    a = x
    for number, layer in enumerate(net.layers, 1):
        z = a @ held[f"W{layer.shared or number}"].T + held[f"b{number}"]
        if layer.norm:
            spread = np.sqrt(held[f"variance_z{number}"] + 1e-5)
            z = held[f"gamma{number}"] * (z - held[f"mean_z{number}"]) / spread + held[f"beta{number}"]
        a = ACTIVATIONS[str(layer.activation or "softmax")](XP, z)
    np.testing.assert_allclose(engine.outputs(x), a, rtol=1e-12)
    np.testing.assert_allclose(engine.outputs(x[:1]), a[:1], rtol=1e-12)
