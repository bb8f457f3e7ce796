"""Loss and gradients of the whole table against autograd (Maclaurin, Duvenaud & Adams)."""

from __future__ import annotations

import pytest
from agreement import assert_agreement
from autograd import value_and_grad
from autograd_functions import XP
from by_hand import loss

from chainrule.network import NetworkDefinition
from network_table import SHAPES, Array, covering, table, title


def oracle(
    net: NetworkDefinition, x: Array, y: Array, parameters: dict[str, Array]
) -> tuple[float, dict[str, Array]]:
    J, gradients = value_and_grad(lambda values: loss(net, XP, x, y, values))(parameters)
    return float(J), gradients


@pytest.mark.parametrize("net", covering(), ids=title)
def test_every_activation_with_every_loss(net: NetworkDefinition) -> None:
    assert_agreement(net, oracle)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_the_whole_table(shape: str) -> None:
    for net in table(shape):
        assert_agreement(net, oracle)
