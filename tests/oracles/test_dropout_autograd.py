"""Loss and gradients of networks with dropout against autograd, with the masks given."""

from __future__ import annotations

import numpy as np
import pytest
from autograd import value_and_grad
from autograd_functions import XP
from by_hand import loss

from chainrule.engines.masks import first_masks
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import NetworkDefinition
from chainrule.program import build
from network_table import batch, covering, parameters, title


@pytest.mark.parametrize("net", covering()[::3], ids=title)
def test_every_activation_with_every_loss(net: NetworkDefinition) -> None:
    net = net.with_dropout(0.4, 0.25)
    (x, y), values = batch(net, 7), parameters(net)
    program = build(net, targets_sum_to_one=False)
    masks = first_masks(program, len(x), seed=3)
    expected_J, expected = value_and_grad(lambda given: loss(net, XP, x, y, given, masks))(values)
    J, gradients = NumpyEngine(program, values).gradients(x, y, *masks.values())
    np.testing.assert_allclose(J, expected_J, rtol=1e-10, atol=1e-15)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("net", covering()[::13], ids=title)
def test_prediction_is_that_of_the_same_network_without_dropout(net: NetworkDefinition) -> None:
    (x, y), values = batch(net, 7), parameters(net)
    engines = [
        NumpyEngine(build(each, targets_sum_to_one=False), values)
        for each in (net, net.with_dropout(0.4, 0.25))
    ]
    (plain, J), (dropped, own_J) = (engine.outputs_and_loss(x, y) for engine in engines)
    np.testing.assert_array_equal(plain, dropped)
    assert own_J == J
    np.testing.assert_array_equal(engines[0].outputs(x), engines[1].outputs(x))
