"""Methods of objects that keep their parameters: seen as functions of those parameters too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np

from chainrule.check.function_values import copied, is_real

NAMES = ("params", "parameters", "weights")
"""What objects call the dictionary of their parameters."""


def with_parameters(function: Callable[..., Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A method of an object with a dictionary of parameters as a function that takes this dictionary first,
    and the dictionary by its name; any other function as it is, and nothing."""
    owner = getattr(function, "__self__", None)
    name = next((n for n in NAMES if isinstance(getattr(owner, n, None), MutableMapping)), None)
    own = inspect.signature(function) if name else inspect.Signature()
    if name is None or name in own.parameters:
        return function, {}
    held: MutableMapping[str, Any] = getattr(owner, name)

    @functools.wraps(function)
    def of_parameters(params: MutableMapping[str, Any], *args: Any, **named: Any) -> Any:
        before = copied(held)
        _put(params, held)
        try:
            return function(*args, **named)
        finally:
            params.update(copied(held))  # with what the method did to them
            _put(before, held)

    first = inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY)
    changed = own.replace(parameters=[first, *own.parameters.values()])
    setattr(of_parameters, "__signature__", changed)  # noqa: B010 - a function's type does not have it
    return of_parameters, {name: copied(held)}


def _put(values: MutableMapping[str, Any], held: MutableMapping[str, Any]) -> None:
    """Put values into an object's dictionary: into the arrays themselves, as its layers may share them."""
    for key, value in values.items():
        if (
            isinstance(held.get(key), np.ndarray)
            and is_real(held[key])
            and held[key].shape == np.shape(value)
        ):
            held[key][...] = value
        else:
            held[key] = value
