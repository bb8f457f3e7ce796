"""Values of expressions by themselves, without a program, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.engines.numpy_engine import function_from
from chainrule.expr import Node, in_order
from chainrule.primitives import PRIMITIVES

Array = NDArray[np.float64]


def evaluate(
    nodes: Sequence[Node], leaves: Mapping[str, Array], sizes: Mapping[str, int] | None = None
) -> list[Array]:
    """The value of each expression, with its dims as axes.

    leaves: arrays by name, with the leaf's dims as axes; they tell the size of each dim. sizes: of dims that
    no leaf has.
    """
    order = in_order(nodes)
    known = dict(sizes or {})
    for node in order:
        if node.op == "leaf":
            known |= zip(node.dims, np.shape(leaves[str(node.data)]), strict=True)
    found: dict[Node, Array] = {}
    with np.errstate(all="ignore"):  # overflow is part of the arithmetic: exp(1000) = inf, 1 / inf = 0
        for node in order:
            array = _value(node, [found[a] for a in node.args], leaves, known)
            known |= zip(node.dims, array.shape, strict=True)
            found[node] = array
    return [found[node] for node in nodes]


def _value(
    node: Node, operands: Sequence[Array], leaves: Mapping[str, Array], sizes: Mapping[str, int]
) -> Array:
    match node.op:
        case "leaf":
            return np.asarray(leaves[str(node.data)], np.float64)
        case "const":
            return np.asarray(node.data, np.float64)
        case "size":
            return np.asarray(sizes[str(node.data)], np.float64)
        case "index":
            return np.arange(sizes[node.dims[0]], dtype=np.float64)
        case "identity":
            return np.eye(sizes[node.dims[1]])
        case "rename":
            return operands[0]
        case "reduce":
            (axis,) = (i for i, d in enumerate(node.args[0].dims) if d not in node.dims)
            top = operands[0].max(axis, keepdims=True)
            if node.data == "max":
                return np.asarray(top.squeeze(axis))
            return np.asarray(
                (top + np.log(np.exp(operands[0] - top).sum(axis, keepdims=True))).squeeze(axis)
            )
        case "contract":
            parts = [(a.dims, v) for a, v in zip(node.args, operands, strict=True)]
            parts += [((d,), np.ones(sizes[d])) for d in node.dims if not any(d in dims for dims, _ in parts)]
            numbers: dict[str, int] = {}
            for d in (d for dims, _ in parts for d in dims):
                numbers.setdefault(d, len(numbers))
            places: list[Any] = [x for dims, array in parts for x in (array, [numbers[d] for d in dims])]
            return np.asarray(np.einsum(*places, [numbers[d] for d in node.dims]) if places else np.ones(()))
    lined_up = [along(array, arg.dims, node.dims) for arg, array in zip(node.args, operands, strict=True)]
    result = function_of(str(node.data), len(operands))(*lined_up)
    return np.broadcast_to(np.asarray(result, np.float64), [sizes[d] for d in node.dims])


def along(array: Array, dims: Sequence[str], wanted: Sequence[str]) -> Array:
    """An array with its axes in the order of `wanted`, and an axis of length 1 for what it lacks."""
    order = [d for d in wanted if d in dims]
    rest = range(len(dims), array.ndim)
    array = array.transpose([*(dims.index(d) for d in order), *rest])
    return array[tuple(slice(None) if d in order else None for d in wanted)]


@cache
def function_of(name: str, operands: int) -> Callable[..., Any]:
    """A primitive as a function of arrays, made of its NumPy form."""
    row = PRIMITIVES[name]
    names = "abc"[:operands]
    text = f"def function({', '.join(names)}):\n    return {row.numpy.format(*names)}\n"
    return function_from("function", (row.helper or "") + text)
