"""Parameters that are no arguments: those that a method's object keeps, and variables beside a function."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np

from chainrule.check.function.names import GLOBALS, SELF, parameter_of
from chainrule.check.function.values import as_numbers, copied, is_real

NAMES = ("params", "parameters", "weights")
"""What objects call the dictionary of their parameters."""

Held = MutableMapping[str, Any]


def with_parameters(
    function: Callable[..., Any], gradient: Callable[..., Any] | None
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A function that takes what it has beside its arguments as one argument more, and the value of that by
    its name: of a method the object's dictionary of parameters or, where it has none, its arrays; of a
    function the arrays of its module that gradients are named after. Any other function as it is, and
    nothing."""
    name, held, keys = _held(function, gradient)
    own = inspect.signature(function) if keys else inspect.Signature()
    if not keys or name in own.parameters:
        return function, {}

    def taken() -> dict[str, Any]:
        return {key: copied(held[key]) for key in keys if key in held}

    @functools.wraps(function)
    def of_parameters(*arguments: Any, **named: Any) -> Any:
        given, before = named.pop(name), taken()
        _put(given, held)
        try:
            return function(*arguments, **named)
        finally:
            given.update(taken())  # with what the call did to them
            _put(before, held)

    last = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(own.parameters.values())
    rest = [p for p in parameters if p.kind is p.VAR_KEYWORD]
    changed = own.replace(parameters=[*parameters[: len(parameters) - len(rest)], last, *rest])
    setattr(of_parameters, "__signature__", changed)  # noqa: B010 - a function's type does not have it
    return of_parameters, {name: taken()}


def _held(function: Callable[..., Any], gradient: Callable[..., Any] | None) -> tuple[str, Held, list[str]]:
    """The name of what a function has beside its arguments, where it is kept, and the keys of parameters."""
    if inspect.ismethod(function):
        owner = function.__self__
        for name in NAMES:
            held = getattr(owner, name, None)
            if isinstance(held, MutableMapping):
                return name, held, list(held)
        own = getattr(owner, "__dict__", {})
        return SELF, own, [key for key, value in own.items() if _is_array(value)]
    variables = getattr(function, "__globals__", {})
    names, words = _words(function)
    if gradient:
        words = words | _words(gradient)[1]
    own = getattr(getattr(function, "__code__", None), "co_varnames", ())
    arrays = sorted(name for name in names if name not in own and _is_array(variables.get(name)))
    return GLOBALS, variables, [name for name in arrays if _has_gradient(name, words)]


def _has_gradient(name: str, words: set[str]) -> bool:
    """Whether one of the words is the name of this variable's gradient, and not its own."""
    return any(word.lower() != name.lower() and parameter_of(word, {name: (name,)}) for word in words)


def _is_array(value: Any) -> bool:
    array = as_numbers(value) if hasattr(value, "shape") else None
    return is_real(array) and array is not None and array.ndim > 0


def _words(function: Callable[..., Any]) -> tuple[set[str], set[str]]:
    """The names in a function's source, and names and texts together."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return set(), set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return names, names | {text for text in texts if isinstance(text, str)}


def _put(values: dict[str, Any], held: Held) -> None:
    """Put values where they are kept: into the arrays themselves, as layers may share them."""
    for key, value in values.items():
        array = held.get(key)
        if isinstance(array, np.ndarray) and is_real(array) and array.shape == np.shape(value):
            array[...] = value
        else:
            held[key] = value
