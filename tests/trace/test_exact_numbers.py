"""Every number of a trace against an evaluation with 50 digits, over random networks."""

from __future__ import annotations

import numpy as np
import pytest
from exact_network import ACTIVATIONS, ExactNetwork

from chainrule.network import Dense, NetworkDefinition
from chainrule.trace import Trace

OUTPUTS = [
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    ("sigmoid", "half_squared_error"),
    ("tanh", "mean_squared_error"),
    ("identity", "half_squared_error"),
]


def drawn(number):
    """A network with numbers for it: all from the number alone."""
    rng = np.random.default_rng(number)
    hidden = [Dense(int(rng.integers(1, 5)), str(rng.choice(list(ACTIVATIONS)))) for _ in range(number % 4)]
    output, loss = OUTPUTS[number % len(OUTPUTS)]
    outputs = int(rng.integers(2, 4)) if output == "softmax" else int(rng.integers(1, 4))
    penalties = [{}, {"l2": 0.01}, {"l1": 0.02, "l2": 0.1}][number % 3]
    net = NetworkDefinition(int(rng.integers(1, 4)), (*hidden, Dense(outputs, output)), loss, penalties)
    m = 1 + number % 3
    x, y = rng.standard_normal((m, net.inputs)), rng.random((m, outputs))
    if output == "softmax":
        y = np.eye(outputs)[rng.integers(outputs, size=m)] if number % 2 else y  # need not sum to 1
    sizes = net.sizes
    parameters = {}
    for place, (above, below) in enumerate(zip(sizes[1:], sizes, strict=False), 1):
        parameters |= {
            f"W{place}": rng.standard_normal((above, below)),
            f"b{place}": rng.standard_normal(above),
        }
    return net, x, y, parameters


@pytest.mark.parametrize("number", range(30))
def test_every_line_of_a_random_network(number):
    net, x, y, parameters = drawn(number)
    trace = Trace(net, x, y, parameters, lr=0.3)
    listed = {name: array.tolist() for name, array in parameters.items()}
    oracle = ExactNetwork(
        [str(layer.activation) for layer in net.layers],
        net.loss,
        net.penalties,
        x.tolist(),
        y.tolist(),
        listed,
    )
    lines = oracle.lines(0.3)
    assert {line.name for line in trace.lines} == set(lines)
    for line in trace.lines:
        expected = np.array(lines[line.name], float)
        assert line.value.shape == expected.shape, line.name
        scale = max(1e-3, np.abs(expected).max(initial=0))  # what cancels is as exact as its parts
        np.testing.assert_allclose(line.value, expected, rtol=1e-12, atol=1e-14 * scale, err_msg=line.name)
