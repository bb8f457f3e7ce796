"""Expressions evaluated the plain way, for tests: numpy.einsum and math, no reader of the project."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chainrule.expr import Dims, Node, in_order

Array = NDArray[np.float64]

FUNCTIONS = {
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
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.asarray(z))),
    "tanh": np.tanh,
    "softplus": lambda z: np.logaddexp(0, z),
    "xlogy": lambda x, y: np.where(np.equal(x, 0), 0, x * np.log(np.where(np.equal(x, 0), 1, y))),
    "erf": np.vectorize(math.erf, otypes=[float]),
    "normal_cdf": np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2, otypes=[float]),
    "normal_pdf": lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    "greater": np.greater,
    "equal": np.equal,
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda z: z >= 0,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "select": lambda condition, yes, no: np.where(condition != 0, yes, no),
}


def evaluate(
    nodes: Sequence[Node], values: Mapping[str, object], sizes: Mapping[str, int] | None = None
) -> list[Array]:
    """The value of each node, with the node's dims as its axes. sizes: of dims that no leaf tells."""
    order = in_order(nodes)
    known = dict(sizes or {})
    for node in order:
        if node.op == "leaf":
            known |= zip(node.dims, np.shape(values[str(node.data)]), strict=True)
    found: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in order:
            array = _value(node, [found[a] for a in node.args], values, known)
            found[node] = np.broadcast_to(np.asarray(array, float), [known[d] for d in node.dims])
            if node.op == "rename":
                known |= zip(node.dims, found[node].shape, strict=True)
    return [found[node] for node in nodes]


def aligned(array: Array, dims: Dims, wanted: Dims) -> Array:
    """The array with its axes in the order of `wanted` and an axis of length 1 for each dim it lacks."""
    order = [d for d in wanted if d in dims]
    array = np.transpose(array, [dims.index(d) for d in order])
    return array.reshape([array.shape[order.index(d)] if d in order else 1 for d in wanted])


def _value(node: Node, operands: list[Array], values: Mapping[str, object], sizes: dict[str, int]) -> object:
    match node.op:
        case "leaf":
            return values[str(node.data)]
        case "const":
            return node.data
        case "size":
            return sizes[str(node.data)]
        case "index":
            return np.arange(sizes[node.dims[0]])
        case "identity":
            row, column = node.dims
            sizes.setdefault(row, sizes.get(column, 0))
            sizes.setdefault(column, sizes[row])
            return np.eye(sizes[row])
        case "elementwise":
            lined_up = (aligned(v, a.dims, node.dims) for v, a in zip(operands, node.args, strict=True))
            return FUNCTIONS[str(node.data)](*lined_up)
        case "rename":
            sizes |= zip(node.dims, operands[0].shape, strict=True)
            return operands[0]
        case "reduce":
            (axis,) = (i for i, d in enumerate(node.args[0].dims) if d not in node.dims)
            return (np.max if node.data == "max" else np.logaddexp.reduce)(operands[0], axis=axis)
        case "contract":
            dims = [a.dims for a in node.args] + [(d,) for d in node.dims]
            arrays = [*operands, *(np.ones(sizes[d]) for d in node.dims)]
            numbers = {d: i for i, d in enumerate({d for ds in (*dims, node.dims) for d in ds})}
            places = [
                x for array, ds in zip(arrays, dims, strict=True) for x in (array, [numbers[d] for d in ds])
            ]
            return np.einsum(*places, [numbers[d] for d in node.dims])
    raise AssertionError(node)
