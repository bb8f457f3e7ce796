"""Formulas as users type them: a small grammar, read by precedence climbing; nothing is ever executed.

    expression: comparison of sums of products of powers; + - * / ** and unary minus as in Python,
    numbers, names, calls f(a, b), parentheses, < and >

`parse` gives a tree with positions, `activation_formula` makes an activation of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS, Activation
from chainrule.catalog.registry import unknown
from chainrule.errors import FormulaError
from chainrule.expr import Node, const, in_order, leaf, power, select

LONGEST = 1000
DEEPEST = 40
_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([^\W\d]\w*)|(\*\*|[-+*/(),<>]))"
)
_BINDS = {"<": 1, ">": 1, "+": 2, "-": 2, "*": 3, "/": 3, "**": 5}
_UNARY = 4


@dataclass(frozen=True)
class Tree:
    """A part of a parsed formula: kind "number", "name", "call" or an operator; where it starts."""

    kind: str
    position: int
    text: str = ""
    parts: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(text: str) -> Tree:
    """The tree of a formula. Raises FormulaError with the position of what cannot be read."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise FormulaError("formula.too_long", position=LONGEST, found=len(text), most=LONGEST)
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0

    def whole(self) -> Tree:
        tree = self.expression(0)
        if self.token.kind != "end":
            raise self.unexpected("operator")
        return tree

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def unexpected(self, wanted: str) -> FormulaError:
        token = self.token
        if token.kind == "end":
            return FormulaError(f"formula.ends_before_{wanted}", position=token.position)
        return FormulaError(f"formula.not_{wanted}", position=token.position, found=token.text)

    def expression(self, weakest: int) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError("formula.too_deep", position=self.token.position, most=DEEPEST)
        left = self.operand()
        while (binds := _BINDS.get(self.token.text, 0)) > weakest:
            operator = self.next()
            # a power takes everything to its right: a ** b ** c = a ** (b ** c), 2 ** -x
            right = self.expression(_UNARY if operator.text == "**" else binds)
            left = Tree(operator.text, operator.position, parts=(left, right))
        self.depth -= 1
        return left

    def operand(self) -> Tree:
        token = self.token
        if token.text == "-" or token.text == "+":
            self.next()
            inner = self.expression(_UNARY)
            return Tree("negative", token.position, parts=(inner,)) if token.text == "-" else inner
        if token.kind == "number":
            return Tree("number", self.next().position, token.text)
        if token.kind == "name":
            self.next()
            if self.token.text != "(":
                return Tree("name", token.position, token.text)
            self.next()
            parts = [self.expression(0)]
            while self.token.text == ",":
                self.next()
                parts.append(self.expression(0))
            self.close()
            return Tree("call", token.position, token.text, tuple(parts))
        if token.text == "(":
            self.next()
            inner = self.expression(0)
            self.close()
            return inner
        raise self.unexpected("operand")

    def close(self) -> None:
        if self.token.text != ")":
            raise self.unexpected("parenthesis")
        self.next()


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise FormulaError("formula.not_a_symbol", position=at, found=text[at])
        kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
        tokens.append(_Token(kind, match[match.lastindex or 1], match.start(match.lastindex or 1)))
        at = match.end()
    return [*tokens, _Token("end", "", end)]


_FUNCTIONS: dict[str, tuple[int, Callable[..., Node]]] = {
    "exp": (1, p.exp),
    "log": (1, p.log),
    "ln": (1, p.log),
    "sqrt": (1, p.sqrt),
    "sin": (1, p.sin),
    "cos": (1, p.cos),
    "abs": (1, p.absolute),
    "sign": (1, p.sign),
    "erf": (1, p.erf),
    "max": (2, p.maximum),
    "min": (2, p.minimum),
    "where": (3, select),
}


def functions() -> dict[str, tuple[int, Callable[..., Node]]]:
    """What a formula may call, with the number of operands: the elementary functions and every activation."""
    rows = {row.name: (1, row.function) for row in ACTIVATIONS if not row.across}
    return {**_FUNCTIONS, **rows}


def expression(tree: Tree, names: Mapping[str, Node]) -> Node:
    """The expression a tree stands for. Raises FormulaError for a name or function that does not exist."""
    node = _expression(tree, names)
    for part in in_order([node]):
        if isinstance(part.data, float) and not math.isfinite(part.data):
            raise FormulaError("formula.infinite", position=tree.position)
    return node


def _expression(tree: Tree, names: Mapping[str, Node]) -> Node:
    if tree.kind == "number":
        value = float(tree.text)
        if not math.isfinite(value):
            raise FormulaError("formula.infinite", position=tree.position)
        return const(value)
    if tree.kind == "name":
        if tree.text not in names:
            known = ", ".join(names)
            raise FormulaError("formula.unknown_name", position=tree.position, found=tree.text, names=known)
        return names[tree.text]
    if tree.kind == "call":
        table = functions()
        if tree.text not in table:
            message = unknown("function", tree.text, sorted(table))
            raise FormulaError("formula.unknown_function", position=tree.position, message=message)
        count, function = table[tree.text]
        if count != len(tree.parts):
            raise FormulaError(
                "formula.operands",
                position=tree.position,
                function=tree.text,
                expected=count,
                found=len(tree.parts),
            )
        return function(*(_expression(part, names) for part in tree.parts))
    parts = [_expression(part, names) for part in tree.parts]
    if tree.kind == "**":
        base, exponent = parts
        if isinstance(base.data, float) and base.data > 0 and not isinstance(exponent.data, float):
            return p.exp(math.log(base.data) * exponent)
        if not isinstance(exponent.data, float):
            raise FormulaError("formula.exponent", position=tree.parts[1].position)
        if isinstance(base.data, float):
            return const(_constant_power(base.data, exponent.data, tree.position))
        return power(base, exponent.data)
    if tree.kind == "/" and parts[1] is const(0):
        raise FormulaError("formula.division_by_zero", position=tree.position)
    build: dict[str, Callable[..., Node]] = {
        "negative": lambda a: -a,
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
    }
    return build[tree.kind](*parts)


def _constant_power(base: float, exponent: float, position: int) -> float:
    try:
        value = base**exponent
    except (OverflowError, ZeroDivisionError):
        value = math.inf
    if isinstance(value, complex) or not math.isfinite(value):
        raise FormulaError("formula.infinite", position=position)
    return value


def find_activation(text: str) -> tuple[Activation, dict[str, float]]:
    """The activation that `name`, `name:setting=number` or a formula in x (or z) asks for.

    Raises UnknownNameError or FormulaError.
    """
    name = text.partition(":")[0].strip()
    if name in ACTIVATIONS or (re.fullmatch(r"[^\W\d]\w*", name) and name not in ("x", "z")):
        return ACTIVATIONS.choose(text)
    tree = parse(text)

    def function(z: Node) -> Node:
        return expression(tree, {"x": z, "z": z})

    function(leaf("z"))  # an unknown name in it is found here
    return Activation(" ".join(text.split()), function), {}
