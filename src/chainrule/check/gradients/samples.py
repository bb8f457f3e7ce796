"""What gradients are checked on: samples and parameters, given or drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.losses import LOSSES
from chainrule.check.differences import Array
from chainrule.data.outside import unmasked
from chainrule.errors import ShapeError, listed, shown
from chainrule.network import NetworkDefinition
from chainrule.program import Program
from chainrule.randomness import generator
from chainrule.sentences import say

SAMPLES = 5
"""How many samples are drawn where none are given."""


def samples(net: NetworkDefinition, x: Any, y: Any, seed: int) -> tuple[Array, Array]:
    n = next((len(given) for given in (x, y) if hasattr(given, "__len__")), SAMPLES)
    inputs = drawn_inputs(net, n, seed) if x is None else _array("x", x, (n, net.inputs))
    if y is None:
        return inputs, drawn_targets(net, n, seed)
    targets = _array("y", y, (n, net.outputs), (n,))
    if targets.ndim == 1:
        targets = targets[:, None] if net.outputs == 1 else _one_hot(net, targets)
    return inputs, targets


def drawn_inputs(net: NetworkDefinition, n: int, seed: int) -> Array:
    """Inputs (n, d), standard normal."""
    return generator(seed, "check x").standard_normal((n, net.inputs))


def drawn_targets(net: NetworkDefinition, n: int, seed: int) -> Array:
    """Targets (n, k): zeros and ones where the loss wants them no larger, one class a sample where none
    negative."""
    rng = generator(seed, "check y")
    loss = LOSSES.choose(str(net.loss))[0]
    if loss.highest == 1:
        return rng.integers(2, size=(n, net.outputs)).astype(np.float64)
    if loss.lowest == 0:
        return _one_each(rng.integers(net.outputs, size=n), net.outputs)
    return rng.standard_normal((n, net.outputs))


def _one_hot(net: NetworkDefinition, labels: Array) -> Array:
    if not np.all(np.isin(labels, np.arange(net.outputs))):
        raise ShapeError("check.labels", last=net.outputs - 1, outputs=net.outputs)
    return _one_each(labels.astype(np.int64), net.outputs)


def _one_each(labels: NDArray[np.int64], outputs: int) -> Array:
    """Rows (n, outputs) of zeros with one 1 each."""
    rows = np.zeros((len(labels), outputs))
    rows[np.arange(len(labels)), labels] = 1.0
    return rows


def parameters_for(program: Program, given: Mapping[str, Any] | None, seed: int) -> dict[str, Array]:
    names = list(program.parameters)
    idle = {name: np.ones(program.shape(name)) for name in program.statistics}  # J in training has none
    if given is None:
        return idle | {name: _drawn_parameter(name, program.shape(name), seed) for name in names}
    if not isinstance(given, Mapping) or set(given) - set(idle) != set(names):
        named = listed(given) if isinstance(given, Mapping) else shown(given)
        found = named or say("catalog.none")
        raise ShapeError("check.parameters", expected=listed(names), found=found)
    return idle | {name: _array(name, given[name], program.shape(name)) for name in names}


def _drawn_parameter(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Weights that keep the size of what goes through them, and biases of half that size."""
    values = generator(seed, f"check parameter {name}").standard_normal(shape)
    return values / np.sqrt(shape[1]) if len(shape) == 2 else values / 2


def _array(name: str, value: Any, *shapes: tuple[int, ...]) -> Array:
    expected = " / ".join(map(str, shapes))
    try:
        array = np.ascontiguousarray(unmasked(value, name), np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ShapeError("check.no_numbers", name=name, expected=expected) from error
    if array.shape not in shapes or array.size == 0:
        raise ShapeError("check.shape", name=name, expected=expected, found=array.shape)
    if not np.all(np.isfinite(array)):
        raise ShapeError("check.no_numbers", name=name, expected=expected)
    return array
