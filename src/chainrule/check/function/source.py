"""What the source of a user's function tells: lines that change an array which is still needed."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from chainrule.check.function.call import Function

RANDOM = {"random", "rand", "randn", "randint", "normal", "uniform", "choice", "shuffle", "permutation"} | {
    "default_rng",
    "binomial",
    "standard_normal",
    "rand_like",
    "randn_like",
    "bernoulli",
    "dropout",
}
"""Names that functions which draw random numbers go by."""


class Change(NamedTuple):
    """A line that changes `name`, which is `other` at that time."""

    line: int
    name: str
    other: str


class Source:
    """The source of a function; without lines where it cannot be had."""

    def __init__(self, function: Function) -> None:
        self.function = function
        try:
            lines, first = inspect.getsourcelines(function)
            tree: ast.AST = ast.parse(textwrap.dedent("".join(lines)))
        except (OSError, TypeError, SyntaxError):  # written in C, at a prompt, or inside another expression
            tree, first = ast.Module([], []), 1
        ast.increment_lineno(tree, first - 1)
        self.tree = tree
        self.statements = sorted(
            (node for node in ast.walk(tree) if isinstance(node, ast.stmt)), key=lambda node: node.lineno
        )

    def draws(self) -> bool:
        """Whether it, or a function that it calls, draws random numbers by name."""
        return any(RANDOM & {*each.__code__.co_names} for each in _called(self.function))

    def changes(self, argument: str) -> Change | None:
        """The first line that changes an argument in place, by its own name or another one."""
        names = {argument}
        for statement in self.statements:
            for name in _changed(statement):
                if name in names:
                    return Change(statement.lineno, name, argument)
            names |= {new for new, old in _bound(statement) if old in names}
        return None

    def moves(self, arguments: Iterable[str]) -> Change | None:
        """The first line that gives a parameter another value, as b = b - ... does."""
        wanted = {*arguments}
        for node in self.statements:
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                name = node.target.id
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
                left, target = node.value.left, node.targets[0]
                same = isinstance(left, ast.Name) and isinstance(target, ast.Name) and left.id == target.id
                name = target.id if same and isinstance(target, ast.Name) else ""
            else:
                continue
            if name in wanted:
                return Change(node.lineno, name, name)
        return None

    def shared(self) -> Change | None:
        """The first line that changes an array which has another name, by which it is used afterwards."""
        other: dict[str, str] = {}
        for statement in self.statements:
            for name in _changed(statement):
                if name in other and self._used(other[name], statement):
                    return Change(statement.lineno, name, other[name])
            for new, old in _bound(statement):
                other |= {new: old, old: new}
        return None

    def _used(self, name: str, after: ast.stmt) -> bool:
        last = after.end_lineno or after.lineno
        return any(
            isinstance(node, ast.Name) and node.id == name and node.lineno > last
            for node in ast.walk(self.tree)
        )


def _bound(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """The new names of arrays that have one already: b = a, b = a[...], b, c = a, d."""
    if not isinstance(statement, ast.Assign):
        return
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs = list(zip(target.elts, statement.value.elts, strict=False))
        elif isinstance(target, ast.Tuple):
            pairs = [(each, statement.value) for each in target.elts]
        else:
            pairs = [(target, statement.value)]
        for new, value in pairs:
            old = value.value if isinstance(value, ast.Subscript) and _is_key(value) else value
            if isinstance(new, ast.Name) and isinstance(old, ast.Name):
                yield new.id, old.id


def _is_key(value: ast.Subscript) -> bool:
    """Whether it is a dictionary's entry, and no copy of part of an array."""
    return isinstance(value.slice, ast.Constant) and isinstance(value.slice.value, str)


def _changed(statement: ast.stmt) -> Iterator[str]:
    """The names whose arrays a statement changes in place."""
    if isinstance(statement, ast.AugAssign):
        yield from _base(statement.target)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Subscript):
                yield from _base(target)
    if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)):
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                yield from (name for key in node.keywords if key.arg == "out" for name in _base(key.value))
                if isinstance(node.func, ast.Attribute) and node.func.attr in ("sort", "fill", "append"):
                    yield from _base(node.func.value)


def _base(target: ast.AST) -> Iterator[str]:
    while isinstance(target, ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id


def _called(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A function and those of its module that it calls, directly or not."""
    waiting, seen = [inspect.unwrap(function)], set()
    while waiting:
        each = getattr(each := waiting.pop(), "__func__", each)
        if not hasattr(each, "__code__") or each in seen:
            continue
        seen.add(each)
        yield each
        waiting += [each.__globals__[name] for name in each.__code__.co_names if name in each.__globals__]
