"""Which gradient that a user's function returns belongs to which of its arguments."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chainrule.check.function.call import Function, Values, described
from chainrule.check.function.values import Numbers, Path, as_numbers, at, is_real, leaves, name_of
from chainrule.errors import UsageError, listed

BEFORE = (
    "d",
    "d_",
    "grad_",
    "grad",
    "g_",
    "g",
    "nabla_",
    "delta_",
    "dJd",
    "dJ_d",
    "dLd",
    "dL_d",
    "dEd",
    "dE_d",
)
AFTER = ("_grad", "grad", "_g")

SELF, GLOBALS = "self", "globals"
"""What the arrays of a method's object, and those of a function's module, are called as an argument."""

Pairs = dict[Path, Any]
"""By the place of a parameter in the arguments, its gradient as it was returned."""


def matched(function: Function, values: Values, gradients: Any, of: Iterable[str] | None) -> Pairs:
    """The gradients by the parameters that they belong to: by name, as dW is W's; else by their order.

    of: names of the parameters in the order of the gradients; None: to be found. Raises UsageError.
    """
    places = {path: value for name in values for path, value in leaves(values[name], (name,))}
    named = {name_of(path): path for path in places}
    numbers = {path: array for path, value in places.items() if (array := as_numbers(value)) is not None}
    if isinstance(gradients, Mapping):
        return _by_key(gradients, named, of)
    parts = [gradients] if as_numbers(gradients) is not None else _listed(gradients)
    if of is not None:
        return _in_order(parts, [_place(name, named) for name in of])
    by_name = _by_return(function, parts, named)
    return by_name or _in_order(parts, _by_place(parts, numbers))


def forgotten(pairs: Pairs, values: Values) -> list[Path]:
    """The parameters that stand beside others in a list or dictionary, and got no gradient."""
    inside = {path[:-1] for path in pairs if len(path) > 1}
    found = []
    for folder in inside:
        if isinstance(at(values, folder), tuple) or folder[0] in (SELF, GLOBALS):
            continue  # where *arguments and other arrays are too
        for path, value in leaves(at(values, folder), folder):
            array = as_numbers(value)
            if path not in pairs and array is not None and is_real(array) and array.ndim:
                found.append(path)
    return found


def _by_key(gradients: Mapping[Any, Any], named: dict[str, Path], of: Iterable[str] | None) -> Pairs:
    found = {}
    for key, gradient in gradients.items():
        path = parameter_of(str(key), named)
        if path is not None and (of is None or name_of(path) in of):
            found[path] = gradient
    if not found:
        fields = {"keys": listed(gradients), "names": listed(named)}
        raise UsageError("check_function.unknown_gradients", **fields)
    return found


def parameter_of(gradient: str, named: Mapping[str, Path]) -> Path | None:
    """The parameter that a gradient's name speaks of: W for dW, grad_W, W_grad."""
    names = [gradient]
    names += [gradient[len(each) :] for each in BEFORE if gradient.startswith(each)]
    names += [gradient[: -len(each)] for each in AFTER if gradient.endswith(each)]
    lowered = {name.lower(): path for name, path in named.items()}
    exact = (named[name] for name in names if name in named)
    return next(exact, None) or next((lowered[n.lower()] for n in names if n.lower() in lowered), None)


def _listed(gradients: Any) -> list[Any]:
    if not isinstance(gradients, (list, tuple)):
        raise UsageError("check_function.no_gradient", found=described(gradients))
    return [value for _, value in leaves(gradients, ())]


def _place(name: str, named: Mapping[str, Path]) -> Path:
    if name not in named:
        raise UsageError("check_function.unknown_parameter", name=name, names=listed(named))
    return named[name]


def _in_order(parts: list[Any], paths: list[Path]) -> Pairs:
    if len(parts) != len(paths):
        names = listed([name_of(path) for path in paths])
        raise UsageError("check_function.count", gradients=len(parts), parameters=len(paths), names=names)
    return dict(zip(paths, parts, strict=True))


def _by_place(parts: list[Any], numbers: Mapping[Path, Numbers]) -> list[Path]:
    """The parameters of gradients without names: those of the list that has as many; one alone, the first
    that has its shape; else the first arguments. Whole numbers, as labels are, come last."""
    real = [path for path, array in numbers.items() if is_real(array)]
    for name in dict.fromkeys(path[0] for path in numbers):
        inside = [path for path in real if path[0] == name and len(path) > 1]
        if len(inside) == len(parts):
            return inside
    shapes = [getattr(as_numbers(part), "shape", None) for part in parts]
    whole = [path for path in numbers if path not in real]
    if len(parts) == 1 and shapes[0]:
        fitting = [path for path in (*real, *whole) if numbers[path].shape == shapes[0]]
        real = fitting or real
    return (real or whole)[: len(parts)]


def _by_return(function: Function, parts: list[Any], named: Mapping[str, Path]) -> Pairs | None:
    """By the names in the function's own return statement, where all of them tell; what has no name there,
    as a state that is handed on, is no gradient."""
    for elements in _returned(function):
        for returned in (elements, elements[1:], elements[:-1]):  # beside the loss
            names = [each.id if isinstance(each, ast.Name) else "" for each in returned]
            found = {
                path: part
                for name, part in zip(names, parts, strict=False)
                if (path := parameter_of(name, named))
            }
            others = [name for name in names if not parameter_of(name, named) and name.startswith(BEFORE)]
            if len(returned) == len(parts) and found and not others:
                return found
    return None


def _returned(function: Function) -> Iterable[list[ast.expr]]:
    """What stands in return statements, one by one."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            yield list(_elements(node.value))


def _elements(value: ast.expr) -> Iterator[ast.expr]:
    """What stands in a tuple or list, those inside it taken apart too."""
    if isinstance(value, (ast.Tuple, ast.List)):
        for each in value.elts:
            yield from _elements(each)
    else:
        yield value
