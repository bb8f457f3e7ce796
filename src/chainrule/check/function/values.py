"""Arguments and results of a user's own function: what is an array in them, whatever library made it.

Known by what it can do and never by its type: NumPy and JAX arrays, PyTorch tensors, numbers, lists of
numbers; and dictionaries, lists and tuples of those. No framework is imported here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Path = tuple[Any, ...]
"""Where an array stands: the argument's name, and keys or numbers inside it."""


def as_numbers(value: Any) -> Numbers | None:
    """The numbers of a value as a NumPy array of their own type; None where it is no array of numbers."""
    if isinstance(value, (list, tuple)) and not _is_table(value):
        return None
    if not isinstance(value, (list, tuple, int, float, complex)) and not hasattr(value, "__array__"):
        return None
    for step in ("detach", "cpu"):  # a tensor that takes part in automatic differentiation, or lies elsewhere
        value = getattr(value, step)() if hasattr(value, step) else value
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biufc" else None


def _is_table(value: list[Any] | tuple[Any, ...]) -> bool:
    """Whether it is rows of numbers, all of them in lists, rather than a list of arrays."""
    if not value or any(getattr(each, "ndim", 0) for each in value):
        return False
    rows = [isinstance(each, (list, tuple)) for each in value]
    if any(rows):
        return all(rows) and all(map(_is_table, value)) and len({len(each) for each in value}) == 1
    return all(as_numbers(each) is not None for each in value)


def is_real(array: Numbers | None) -> bool:
    """Whether an array has numbers that can be moved a little."""
    return array is not None and array.dtype.kind == "f" and array.size > 0


def like(original: Any, array: Numbers) -> Any:
    """An array as a value of the same kind as the original one: a list as a list, a tensor as a tensor."""
    if isinstance(original, (list, tuple)):
        return type(original)(array.tolist())
    if isinstance(original, (int, float)):
        return array.item()
    if hasattr(original, "new_tensor"):  # PyTorch, whose new tensors have the old one's precision
        tensor = (original.double() if array.dtype == np.float64 else original).new_tensor(array)
        return tensor.requires_grad_() if original.requires_grad else tensor
    if isinstance(original, np.ndarray):
        return array.copy().view(type(original))
    if hasattr(original, "__array_namespace__"):
        return original.__array_namespace__().asarray(array)
    return array.copy()


def copied(value: Any) -> Any:
    """A value of its own, as far as it can be copied."""
    try:
        return copy.deepcopy(value)
    except Exception:  # what a user's object raises
        return value


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """The arrays and other single values in a value, with where they stand."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, (list, tuple)) and as_numbers(value) is None:
        for place, each in enumerate(value):
            yield from leaves(each, (*path, place))
    else:
        yield path, value


def at(value: Any, path: Path) -> Any:
    """What stands at a path inside a value."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """The same value with another one at a path inside it; nothing of the value is changed."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, tuple):
        inside = [*value]
        inside[key] = replaced(value[key], tuple(rest), new)
        return type(value)(*inside) if hasattr(value, "_fields") else tuple(inside)
    other = copy.copy(value)
    other[key] = replaced(value[key], tuple(rest), new)
    return other


def name_of(path: Path) -> str:
    """What an array is called: by its own key, or by its place in the argument."""
    name, *rest = path
    for key in rest:
        name = key if isinstance(key, str) else f"{name}[{key}]"
    return str(name)


def same_values(one: Any, other: Any) -> bool:
    """Whether two values hold the same numbers; what is no array counts as the same."""
    first, second = dict(leaves(one, ())), dict(leaves(other, ()))
    if first.keys() != second.keys():
        return False
    for path, value in first.items():
        left, right = as_numbers(value), as_numbers(second[path])
        if (left is None) != (right is None):
            return False
        if left is not None and right is not None and not _equal(left, right):
            return False
    return True


def _equal(left: Numbers, right: Numbers) -> bool:
    return left.shape == right.shape and np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")
