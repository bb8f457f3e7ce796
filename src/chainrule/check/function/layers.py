"""Derivatives of activations that a gradient has lost, kept or taken at the wrong place.

For one sample the gradient of a layer's weights is its error times its inputs. Where only the error is
wrong, each unit's gradient is off by a factor of its own, and the factor tells what was done to the error: it
is held against what activations of all weighted inputs that the arguments allow would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.check.differences import Array
from chainrule.check.function.compared import Cause, Compared
from chainrule.check.function.values import as_numbers, is_real, leaves

if TYPE_CHECKING:
    from chainrule.check.function.causes import Causes

SAMPLES = 6
LARGEST = 400
"""Parameters with more entries are not asked for sample by sample."""
DEEPEST = 3
"""So many layers of weighted inputs are looked through."""
MOST = 400
"""So many weighted inputs are looked at."""
CLOSE = 1e-5
FEW = 8
"""So many factors of 0 and 1 tell something."""

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}
SLOPES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: ACTIVATIONS["sigmoid"](z) * ACTIVATIONS["sigmoid"](-z),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0).astype(float),
}


def activation_cause(causes: Causes, each: Compared) -> Cause | None:
    """What was done with the derivative of an activation, if that is what is wrong with a gradient."""
    if causes.samples is None or each.value.size > LARGEST:
        return None
    numbers = range(min(SAMPLES, causes.samples[0]))
    ones = [one for number in numbers if (one := causes.sample(each, number)) is not None]
    cuts = [cut for number in numbers if (cut := causes.of_sample(number, causes.values)) is not None]
    if len(ones) < len(numbers) or len(ones) < 2:
        return None
    with np.errstate(all="ignore"):
        for factors in _factors(ones):
            for z in _weighted_inputs(causes, cuts, factors.shape[1]):
                for code, key, activation, wanted in _patterns(z):
                    if _agree(factors, wanted):
                        return Cause(code, key, (("activation", activation),))
    return None


def _factors(ones: list[Compared]) -> Iterator[Array]:
    """What each unit's gradient is to be multiplied by, (samples, units); NaN where that is open."""
    shape = ones[0].value.shape
    if any(len(one.places) < one.value.size or np.isnan(one.numeric).any() for one in ones):
        return
    tables = [(one.numeric.reshape(shape), one.derived) for one in ones]
    if len(shape) == 2:
        for axis in (1, 0):  # along the inputs of a unit
            found = [_ratio(numeric, derived, axis) for numeric, derived in tables]
            if all(each is not None for each in found):
                yield np.array(found)
    else:
        yield np.array([(numeric / derived).reshape(-1) for numeric, derived in tables])
        found = [_ratio(numeric.reshape(1, -1), derived.reshape(1, -1), 1) for numeric, derived in tables]
        if all(each is not None for each in found):
            yield np.array(found)


def _ratio(numeric: Array, derived: Array, axis: int) -> Array | None:
    """The factor between two tables where it is the same along an axis, else None."""
    square = np.sum(derived**2, axis=axis)
    ratio = np.sum(derived * numeric, axis=axis) / square
    left = numeric - derived * np.nan_to_num(np.expand_dims(ratio, axis))
    if np.linalg.norm(left) > CLOSE * np.linalg.norm(numeric):
        return None
    return np.asarray(ratio)


def _weighted_inputs(causes: Causes, cuts: list[Any], units: int) -> Iterator[Array]:
    """The weighted inputs of layers with so many units, (samples, units), that the arguments allow."""
    tables = [
        {
            path: array.astype(float)
            for name in cut
            for path, leaf in leaves(cut[name], (name,))
            if (array := as_numbers(leaf)) is not None and array.size
        }
        for cut in cuts
    ]
    real = [path for path in tables[0] if is_real(as_numbers(tables[0][path]))]
    data = [path for path in real if path not in causes.parameters]
    weights = [path for path in real if path in causes.parameters]
    inputs = [np.array([table[path].reshape(-1) for table in tables]) for path in data]
    seen = 0
    for _ in range(DEEPEST):
        found = []
        for a in inputs:
            for path in weights:
                for z in _products(a, tables[0][path]):
                    biases = [tables[0][b].reshape(-1) for b in weights if b != path]
                    found += [z + b for b in biases if b.size in (1, z.shape[1])] + [z]
        for z in found:
            seen += 1
            if seen > MOST:
                return
            if z.shape[1] == units:
                yield z
        inputs = [activation(z) for z in found for activation in ACTIVATIONS.values()]


def _products(a: Array, W: Array) -> Iterator[Array]:
    W = W.reshape(len(W), -1) if W.ndim else W.reshape(1, 1)
    if W.shape[0] == a.shape[1]:
        yield a @ W
    if W.shape[1] == a.shape[1]:
        yield a @ W.T


def _patterns(z: Array) -> Iterator[tuple[str, str, str, Array]]:
    """What a gradient would have to be multiplied by after each mistake with an activation."""
    for name, function in ACTIVATIONS.items():
        a, slope = function(z), SLOPES[name](z)
        yield "missing_derivative", "derivative_missing", name, slope
        yield "extra_derivative", "derivative_kept", name, 1 / slope
        yield "missing_derivative", "not_derived", name, slope / a
        yield "wrong_argument", "derivative_of_output", name, slope / SLOPES[name](a)
        for other in ACTIVATIONS:
            if other != name:
                yield "missing_derivative", "other_derivative", name, slope / SLOPES[other](z)
    a = ACTIVATIONS["sigmoid"](z)
    yield "missing_derivative", "half_derivative", "sigmoid", a
    yield "missing_derivative", "half_derivative", "sigmoid", 1 - a
    yield "wrong_argument", "derivative_of_input", "sigmoid", a * (1 - a) / (z * (1 - z))
    yield "wrong_argument", "derivative_of_input", "tanh", (1 - np.tanh(z) ** 2) / (1 - z**2)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    yield "extra_derivative", "derivative_kept", "softmax", 1 / (p * (1 - p))


def _agree(factors: Array, wanted: Array) -> bool:
    """Whether factors that differ among themselves are the ones wanted."""
    known = np.isfinite(factors)
    if known.sum() < 2 or np.ptp(factors[known]) < CLOSE or not np.all(np.isfinite(wanted[known])):
        return False
    if np.all(np.isin(factors[known], (0, 1))) and known.sum() < FEW:
        return False  # which happens by chance
    size = np.abs(factors[known]).max()
    return bool(np.all(np.abs(factors - wanted)[known] <= CLOSE * size))
