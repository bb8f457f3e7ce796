"""The engine held against another framework."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import NetworkDefinition
from chainrule.program import build
from network_table import Array, batch, parameters, title

Oracle = Callable[[NetworkDefinition, Array, Array, dict[str, Array]], tuple[float, dict[str, Array]]]


def assert_agreement(net: NetworkDefinition, oracle: Oracle) -> None:
    """Loss and every parameter's gradient, to a relative difference of 1e-10."""
    (x, y), values = batch(net), parameters(net)
    expected_J, expected = oracle(net, x, y, values)
    engine = NumpyEngine(build(net, targets_sum_to_one=False), values)
    J, gradients = engine.gradients(x, y)
    assert abs(J - expected_J) <= 1e-10 * abs(expected_J) + 1e-15, title(net)
    assert gradients.keys() == values.keys()
    for name, gradient in gradients.items():
        other = expected[name]
        distance = np.linalg.norm(gradient - other)
        norms = np.linalg.norm(gradient) + np.linalg.norm(other)
        assert distance <= 1e-10 * norms + 1e-15, f"{title(net)}: d{name} {distance / norms}"
