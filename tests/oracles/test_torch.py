"""Loss and gradients of the whole table against PyTorch."""

from __future__ import annotations

import pytest
from agreement import assert_agreement
from by_hand import loss

from chainrule.network import NetworkDefinition
from network_table import SHAPES, Array, table


def oracle(
    net: NetworkDefinition, x: Array, y: Array, parameters: dict[str, Array]
) -> tuple[float, dict[str, Array]]:
    import torch

    values = {name: torch.tensor(w, requires_grad=True) for name, w in parameters.items()}
    J = loss(net, torch, torch.from_numpy(x), torch.from_numpy(y), values)
    J.backward()
    return J.item(), {name: w.grad.numpy() for name, w in values.items()}


@pytest.mark.heavy
@pytest.mark.parametrize("shape", SHAPES)
def test_the_whole_table(shape: str) -> None:
    pytest.importorskip("torch")
    for net in table(shape):
        assert_agreement(net, oracle)
