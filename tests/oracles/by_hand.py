"""Networks written down a second time, for frameworks that differentiate by themselves.

`xp` is what the framework calls its array functions: exp, log, tanh, where, abs, sum and erf.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chainrule.network import NetworkDefinition
from network_table import FORMULA

ACTIVATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "identity": lambda xp, z: z,
    "step": lambda xp, z: xp.where(z >= 0, 1.0 + 0 * z, 0 * z),
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z: xp.tanh(z),
    "relu": lambda xp, z: xp.where(z > 0, z, 0 * z),
    "leaky_relu": lambda xp, z: xp.where(z > 0, z, 0.01 * z),
    "elu": lambda xp, z: xp.where(z > 0, z, xp.exp(z) - 1),
    "gelu": lambda xp, z: z * (1 + xp.erf(z / math.sqrt(2))) / 2,
    "silu": lambda xp, z: z / (1 + xp.exp(-z)),
    "softplus": lambda xp, z: xp.log(1 + xp.exp(z)),
    "softmax": lambda xp, z: xp.exp(z) / xp.sum(xp.exp(z), axis=1)[:, None],
    FORMULA: lambda xp, z: z / (1 + xp.exp(-1.702 * z)),
}

LOSSES: dict[str, Callable[[Any, Any, Any, Any, int], Any]] = {
    "half_squared_error": lambda xp, y, a, z, k: (y - a) ** 2 / 2,
    "mean_squared_error": lambda xp, y, a, z, k: (y - a) ** 2 / k,
    "mean_absolute_error": lambda xp, y, a, z, k: xp.abs(y - a) / k,
    "huber": lambda xp, y, a, z, k: xp.where(xp.abs(y - a) <= 1, (y - a) ** 2 / 2, xp.abs(y - a) - 0.5) / k,
    "cross_entropy": lambda xp, y, a, z, k: -y * xp.log(a),
    "binary_cross_entropy": lambda xp, y, a, z, k: -y * xp.log(a) - (1 - y) * xp.log(1 - a),
    "perceptron": lambda xp, y, a, z, k: (a - y) * z,
}


def loss(
    net: NetworkDefinition,
    xp: Any,
    x: Any,
    y: Any,
    parameters: Mapping[str, Any],
    masks: Mapping[str, Any] | None = None,
) -> Any:
    """J. masks: those of dropout. Skips the test where a row of a catalogue is not written down here."""
    masks = masks or {}
    for name in (*(layer.activation for layer in net.layers), net.loss):
        if name not in ACTIVATIONS and name not in LOSSES:
            pytest.skip(f"no second formula of {name}")
    a, weights = x * masks.get("m0", 1.0), []
    for number, layer in enumerate(net.layers, 1):
        w = parameters[f"W{layer.shared or number}"]
        if not layer.shared:
            weights.append(w)
        z = a @ w.T + parameters[f"b{number}"]
        if (
            layer.norm
        ):  # as Ba et al. 2016 write it, over the units, and Ioffe & Szegedy 2015, over the samples
            z = z if layer.norm == "batch" else z.T
            off = z - xp.sum(z, axis=0) / len(z)
            off = off / (xp.sum(off**2, axis=0) / len(z) + 1e-5) ** 0.5
            off = off if layer.norm == "batch" else off.T
            z = parameters[f"gamma{number}"] * off + parameters[f"beta{number}"]
        a = ACTIVATIONS[str(layer.activation)](xp, z) * masks.get(f"m{number}", 1.0)
    J = xp.sum(LOSSES[str(net.loss)](xp, y, a, z, net.outputs)) / len(x)
    l1, l2 = (net.penalties.get(name, 0.0) for name in ("l1", "l2"))
    for w in weights:
        J = J + l1 * xp.sum(xp.abs(w)) + l2 / 2 * xp.sum(w**2)
    return J
