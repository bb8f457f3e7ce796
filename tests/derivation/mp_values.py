"""Expressions of a derivation as numbers of mpmath, one entry at a time: of the project only the nodes.

A derivative that is not yet taken is mpmath's numerical one.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import mpmath

from chainrule.expr import Node

mp = mpmath.mp.clone()
mp.dps = 30

SIZE = 3
"""How long every dim is."""

FUNCTIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "power": lambda a, b: a**b,
    "exp": mp.exp,
    "log": mp.log,
    "expm1": mp.expm1,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "xlogy": lambda a, b: a * mp.log(b),
    "erf": mp.erf,
    "normal_cdf": lambda z: mp.erfc(-z / mp.sqrt(2)) / 2,
    "normal_pdf": lambda z: mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi),
    "greater": lambda a, b: a > b,
    "equal": lambda a, b: a == b,
    "abs": abs,
    "sign": mp.sign,
    "step": lambda z: mp.mpf(z >= 0),
    "maximum": max,
    "minimum": min,
}


def number(node: Node, values: Mapping, place: Mapping[str, int] = {}):
    """The entry of an expression at a place; values: numbers and nested lists by the names of leaves."""
    match node.op:
        case "leaf":
            found = values[node.data]
            for dim in node.dims:
                found = found[place[dim]]
            return found
        case "const":
            return mp.mpf(node.data)
        case "size":
            return mp.mpf(SIZE)
        case "identity":
            return mp.mpf(len({place[d] for d in node.dims}) == 1)
        case "rename":
            (x,) = node.args
            return number(x, values, {old: place[new] for old, new in zip(x.dims, node.dims, strict=True)})
        case "contract":
            summed = sorted({d for a in node.args for d in a.dims} - set(node.dims))
            return mp.fsum(
                mp.fprod(
                    number(a, values, {**place, **dict(zip(summed, at, strict=True))}) for a in node.args
                )
                for at in product(range(SIZE), repeat=len(summed))
            )
    assert node.op == "elementwise", node
    if node.data == "select":
        condition, yes, no = node.args
        return number(yes if number(condition, values, place) else no, values, place)
    if node.data == "derivative":
        u, variable = node.args
        at = [place[d] for d in variable.dims]
        return mp.diff(
            lambda t: number(u, with_entry(values, variable.data, at, t), place),
            number(variable, values, place),
        )
    return FUNCTIONS[node.data](*(number(a, values, place) for a in node.args))


def with_entry(values: Mapping, name: str, at: list[int], value) -> dict:
    """The values with one entry replaced."""

    def changed(array, places):
        if not places:
            return value
        return [changed(x, places[1:]) if i == places[0] else x for i, x in enumerate(array)]

    return {**values, name: changed(values[name], at)}


def same(a, b) -> bool:
    """Whether two numbers are equal but for the rounding of the constants, which are float64."""
    return abs(a - b) <= 1e-12 * max(1, abs(a), abs(b))
