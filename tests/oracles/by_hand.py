"""Networks written down a second time, for frameworks that differentiate by themselves.

`xp` is what the framework calls its array functions: exp, log, tanh, sin, cos, where, abs, sum and erf. A row
of a catalogue that has no second formula here is taken as it is, and only differentiated a second time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.catalog.losses import LOSSES as ROWS
from chainrule.expr import Node, in_order, leaf
from chainrule.formula import find_activation
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


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda xp, a, b: a + b,
    "sub": lambda xp, a, b: a - b,
    "mul": lambda xp, a, b: a * b,
    "div": lambda xp, a, b: a / b,
    "neg": lambda xp, z: -z,
    "power": lambda xp, z, n: z**n,
    "exp": lambda xp, z: xp.exp(z),
    "log": lambda xp, z: xp.log(z),
    "expm1": lambda xp, z: xp.exp(z) - 1,
    "sqrt": lambda xp, z: z**0.5,
    "sin": lambda xp, z: xp.sin(z),
    "cos": lambda xp, z: xp.cos(z),
    "sigmoid": lambda xp, z: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z: xp.tanh(z),
    "softplus": lambda xp, z: xp.log(1 + xp.exp(z)),
    "xlogy": lambda xp, x, y: x * xp.log(y),
    "erf": lambda xp, z: xp.erf(z),
    "normal_cdf": lambda xp, z: (1 + xp.erf(z / math.sqrt(2))) / 2,
    "normal_pdf": lambda xp, z: xp.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
    "greater": lambda xp, a, b: a > b,
    "equal": lambda xp, a, b: a == b,
    "abs": lambda xp, z: xp.abs(z),
    "sign": lambda xp, z: 0 * z + (z > 0) - (z < 0),
    "step": lambda xp, z: 0 * z + (z >= 0),
    "maximum": lambda xp, a, b: xp.where(a > b, a, 0 * a + b),
    "minimum": lambda xp, a, b: xp.where(a < b, a, 0 * a + b),
    "select": lambda xp, c, yes, no: xp.where(c > 0, yes, no),
}
"""Primitives, for rows that are taken as they are."""


def activation(name: str) -> Callable[[Any, Any], Any]:
    """An activation by hand, or as its row has it."""
    return ACTIVATIONS.get(name) or activation_of_row(name)


def loss_of_sample(name: str) -> Callable[[Any, Any, Any, Any, int], Any]:
    """A loss by hand, or as its row has it."""
    return LOSSES.get(name) or loss_of_row(name)


def activation_of_row(name: str) -> Callable[[Any, Any], Any]:
    """An activation as its row has it."""
    row, settings = find_activation(name)
    node = row.apply(leaf("z", ["k"]), "k", **settings)
    return lambda xp, z: evaluated(node, xp, {"z": z})


def loss_of_row(name: str) -> Callable[[Any, Any, Any, Any, int], Any]:
    """A loss as its row has it."""
    row, settings = ROWS.choose(name)
    y, a, z = (leaf(name, ["k"]) for name in "yaz")
    node = row.function(y, a, z, "k", **settings)
    return lambda xp, y, a, z, k: evaluated(node, xp, {"y": y, "a": a, "z": z})


def evaluated(node: Node, xp: Any, values: Mapping[str, Any]) -> Any:
    """The value (n, k), or (n, 1) where k is summed. values: of the leaves, (n, k) each."""
    found: dict[Node, Any] = {}
    for each in in_order([node]):
        operands = [found[argument] for argument in each.args]
        match each.op:
            case "leaf":
                found[each] = values[str(each.data)]
            case "const":
                found[each] = each.data
            case "size":
                found[each] = next(iter(values.values())).shape[1]
            case "elementwise":
                found[each] = FUNCTIONS[str(each.data)](xp, *operands)
            case "contract" if "k" in each.dims or all("k" not in argument.dims for argument in each.args):
                found[each] = math.prod(operands)
            case "contract":
                found[each] = xp.sum(math.prod(operands), axis=1)[:, None]
            case "reduce" if each.data == "logsumexp":
                found[each] = xp.log(xp.sum(xp.exp(operands[0]), axis=1))[:, None]
            case _:
                raise AssertionError(f"{each.op} {each.data}: to be written down here")
    return found[node]


def loss(
    net: NetworkDefinition,
    xp: Any,
    x: Any,
    y: Any,
    parameters: Mapping[str, Any],
    masks: Mapping[str, Any] | None = None,
) -> Any:
    """J. masks: those of dropout."""
    masks = masks or {}
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
        a = activation(str(layer.activation))(xp, z) * masks.get(f"m{number}", 1.0)
    J = xp.sum(loss_of_sample(str(net.loss))(xp, y, a, z, net.outputs)) / len(x)
    l1, l2 = (net.penalties.get(name, 0.0) for name in ("l1", "l2"))
    for w in weights:
        J = J + l1 * xp.sum(xp.abs(w)) + l2 / 2 * xp.sum(w**2)
    return J
