"""Every network of the table: derived gradients against finite differences."""

from __future__ import annotations

import pytest

from chainrule.check.gradients import check_gradients
from chainrule.network import NetworkDefinition
from network_table import SHAPES, covering, table, title


def assert_right(net: NetworkDefinition) -> None:
    report = check_gradients(net, seed=1)
    assert report.ok, f"{title(net)}\n{report}"
    assert report.worst_relative_error <= 1e-7, f"{title(net)}\n{report}"
    for name, p in report.parameters.items():
        assert p.checked == p.entries, f"{title(net)}: {name} drawn at a kink"


@pytest.mark.parametrize("net", covering(), ids=title)
def test_every_activation_with_every_loss(net: NetworkDefinition) -> None:
    assert_right(net)


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_the_whole_table(shape: str) -> None:
    for net in table(shape):
        assert_right(net)
