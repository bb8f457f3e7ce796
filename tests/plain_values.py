"""The plain reading of expressions and programs: one line after the other, one operation after the other,
broadcasting by name. Slow, and independent of every renderer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from chainrule.expr import Node, in_order
from chainrule.primitives import PRIMITIVES
from chainrule.program import BACKWARD, FORWARD, Program, Role
from network_table import Array

SCALAR: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "power": np.power,
    "exp": np.exp,
    "log": np.log,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "sigmoid": special.expit,
    "tanh": np.tanh,
    "softplus": lambda z: np.logaddexp(0, z),
    "xlogy": special.xlogy,
    "erf": special.erf,
    "normal_cdf": special.ndtr,
    "normal_pdf": lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    "greater": np.greater,
    "equal": np.equal,
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda z: (np.asarray(z) >= 0) * 1.0,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "select": np.where,
}


def evaluate(nodes: Sequence[Node], leaves: Mapping[str, Any], sizes: Mapping[str, int]) -> list[Any]:
    """Values of expressions, their axes in the order of their dims."""
    value: dict[Node, Any] = {}
    for node in in_order(nodes):
        value[node] = _value(node, [value[a] for a in node.args], leaves, sizes)
        assert np.shape(value[node]) == tuple(sizes[d] for d in node.dims), node
    return [value[node] for node in nodes]


def _value(node: Node, args: list[Any], leaves: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    if node.op == "leaf":
        return leaves[str(node.data)]
    if node.op == "const":
        return node.data
    if node.op == "size":
        return float(sizes[str(node.data)])
    if node.op == "index":
        return np.arange(sizes[node.dims[0]], dtype=float)
    if node.op == "identity":
        return np.eye(sizes[node.dims[0]], sizes[node.dims[1]])
    if node.op == "rename":
        return args[0]
    if node.op == "reduce":
        (gone,) = (i for i, d in enumerate(node.args[0].dims) if d not in node.dims)
        function = np.max if node.data == "max" else special.logsumexp
        return function(args[0], axis=gone)
    if node.op == "contract":
        return _contract(node, args, sizes)
    placed = [_placed(v, a.dims, node.dims, sizes) for v, a in zip(args, node.args, strict=True)]
    name = str(node.data)
    if name in SCALAR:
        with np.errstate(all="ignore"):
            return SCALAR[name](*placed)
    definition = PRIMITIVES[name].definition
    assert definition is not None, f"no plain value of {name}"
    return evaluate([definition(*node.args)], leaves, sizes)[0]


def _placed(value: Any, dims: Sequence[str], wanted: Sequence[str], sizes: Mapping[str, int]) -> Any:
    order = [d for d in wanted if d in dims]
    value = np.transpose(value, [dims.index(d) for d in order])
    value = value.reshape([sizes[d] if d in dims else 1 for d in wanted])
    return np.broadcast_to(value, [sizes[d] for d in wanted])


def _contract(node: Node, args: list[Any], sizes: Mapping[str, int]) -> Any:
    """einsum with numbers for dims; a dim that no operand has is an axis of ones."""
    number = {
        d: i for i, d in enumerate(dict.fromkeys([*node.dims, *(d for a in node.args for d in a.dims)]))
    }
    carried = {d for a in node.args for d in a.dims}
    ones = [d for d in node.dims if d not in carried]
    operands: list[Any] = []
    for a, v in zip(node.args, args, strict=True):
        operands += [v, [number[d] for d in a.dims]]
    for d in ones:
        operands += [np.ones(sizes[d]), [number[d]]]
    return np.einsum(*operands, [number[d] for d in node.dims])


def run(
    program: Program, parameters: Mapping[str, Array], x: Array, y: Array, **others: Any
) -> dict[str, Any]:
    """Values of all lines but the updates, by name."""
    values: dict[str, Any] = {**program.constants, **parameters, **others, "x": x, "y": y}
    roles: Iterable[Role] = (*FORWARD, "loss", *BACKWARD)
    for line in program.lines:
        if line.role in roles:
            (values[line.name],) = evaluate([line.expr], values, {**program.sizes, "n": len(x)})
    return values
