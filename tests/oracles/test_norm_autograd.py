"""Loss and gradients of networks with normalised layers against autograd, and the native engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from autograd import value_and_grad
from by_hand import loss
from test_autograd import XP

from chainrule.engines.feed import Feed
from chainrule.engines.native.engine import NativeEngine
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build
from network_table import batch, covering, parameters, title


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def normed(net: NetworkDefinition) -> NetworkDefinition:
    *hidden, last = net.layers
    layers = [*(dataclasses.replace(layer, norm="layer") for layer in hidden), last]
    return dataclasses.replace(net, layers=tuple(layers))


NETS = [normed(net) for net in covering() if len(net.layers) > 1][::3]


@pytest.mark.parametrize("net", NETS, ids=title)
def test_every_activation_with_every_loss(net: NetworkDefinition) -> None:
    (x, y), values = batch(net, 7), parameters(net)
    expected_J, expected = value_and_grad(lambda given: loss(net, XP, x, y, given))(values)
    J, gradients = NumpyEngine(build(net, targets_sum_to_one=False), values).gradients(x, y)
    np.testing.assert_allclose(J, expected_J, rtol=1e-10, atol=1e-15)
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        atol = 1e-11 * np.abs(expected[name]).max() + 1e-15
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-8, atol=atol, err_msg=name)


WIDE = NetworkDefinition(37, (Dense(19, "relu", norm="layer"), Dense(3)))


@pytest.mark.parametrize("net", [NETS[3], WIDE], ids=title)
@pytest.mark.parametrize("threads", [2])
def test_the_native_engine_makes_the_same_steps(net: NetworkDefinition, threads: int) -> None:
    program = build(net, "sgd:momentum=0.9", targets_sum_to_one=False)
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((23, net.inputs)), rng.random((23, net.outputs))
    order, rates = np.arange(23), np.full((5, 1), 0.02)
    found = []
    for kind, dtype in ((NumpyEngine, "float64"), (NativeEngine, "float64"), (NativeEngine, "float32")):
        ones = np.ones(net.inputs, dtype)
        feed = Feed(x.astype(dtype), ones * 0, ones, y.astype(dtype), None, 5)
        engine = kind(program, parameters(net), np.dtype(dtype))
        found.append((engine.steps(feed, order, 0, rates, 1, threads), engine.parameters))
    (looks, expected), *others = found
    for own, tolerance in zip(others, (1e-10, 5e-4), strict=True):
        np.testing.assert_allclose(own[0], looks, rtol=tolerance, atol=tolerance)
        for name, w in expected.items():
            assert np.abs(own[1][name] - w).max() <= tolerance * (np.abs(w).max() or 1), name
