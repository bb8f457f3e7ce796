"""Formulas as users type them: a small grammar, read by precedence climbing; nothing is ever executed.

    expression: comparison of sums of products of powers; + - * / ** and unary minus as in Python,
    numbers, names, calls f(a, b), parentheses, < and > (whose value is 1 or 0)

`parse` gives a tree with positions, `activation_formula` makes an activation of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS, Activation
from chainrule.catalog.registry import unknown
from chainrule.errors import FormulaError, listed
from chainrule.expr import ONE, ZERO, Node, add, const, div, in_order, leaf, mul, neg, power, select, sub
from chainrule.reverse import reverse
from chainrule.simplify import factors_of, simplify

LONGEST = 1000
DEEPEST = 40
_TOKEN = re.compile(
    r"\s*(?:((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([^\W\d]\w*)|(\*\*|[-+*/(),<>]))"
)
_BINDS = {"<": 1, ">": 1, "+": 2, "-": 2, "*": 3, "/": 3, "**": 5}
_COMPARISON, _UNARY = 1, 4


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
            if binds == _COMPARISON and _BINDS.get(self.token.text) == _COMPARISON:
                raise FormulaError("formula.chained", position=self.token.position)
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


def _where(condition: Node, yes: Node, no: Node) -> Node:
    if condition.data == "select" and condition.args[1:] == (ONE, ZERO):  # a comparison
        return select(condition.args[0], yes, no)
    return select(p.equal(condition, 0), no, yes)


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
    "where": (3, _where),
}


def functions() -> dict[str, tuple[int, Callable[..., Node]]]:
    """What a formula may call, with the number of operands: the elementary functions and every activation."""
    rows = {row.name: (1, row.function) for row in ACTIVATIONS if not row.across}
    return {**_FUNCTIONS, **rows}


def expression(tree: Tree, names: Mapping[str, Node]) -> Node:
    """The expression a tree stands for. Raises FormulaError for a name or function that does not exist."""
    values: list[Node] = []
    for part in _operands_first(tree):
        first = len(values) - len(part.parts)
        values[first:] = [_meaning(part, values[first:], names)]
    (node,) = values
    _refuse_infinity([node], tree.position, set(names.values()))
    return node


def names_in(tree: Tree) -> list[str]:
    """The names in a formula that stand for numbers, each once, from left to right."""
    return list(dict.fromkeys(part.text for part in _operands_first(tree) if part.kind == "name"))


def _operands_first(tree: Tree) -> list[Tree]:
    """All parts of a tree, operands before what uses them; a long sum is a deep tree, so not by recursion."""
    order: list[Tree] = []
    stack = [tree]
    while stack:
        order.append(stack.pop())
        stack += order[-1].parts
    return order[::-1]


def _refuse_infinity(nodes: Iterable[Node], position: int, given: Set[Node] = frozenset()) -> None:
    """Look through the nodes, but not below what was given: that may be a whole network."""
    order = in_order(nodes, stop=given.__contains__)
    if any(isinstance(n.data, float) and not math.isfinite(n.data) for n in order):
        raise FormulaError("formula.infinite", position=position)


def _refuse_extremes(nodes: Sequence[Node], position: int) -> None:
    """Numbers that together are too large or too small to compute with, and what is divided by 0."""
    _refuse_infinity(nodes, position)
    for node in in_order(nodes):
        if node.op == "elementwise" and node.data == "div" and node.args[1] is ZERO:
            raise FormulaError("formula.division_by_zero", position=position)
        _, top, bottom = factors_of(node)
        if any(isinstance(factor.data, float) for factor in top + bottom if factor is not ZERO):
            raise FormulaError("formula.extreme", position=position)


_OPERATORS: dict[str, Callable[..., Node]] = {
    "negative": neg,
    "+": add,
    "-": sub,
    "*": mul,
    "/": div,
    "<": lambda a, b: select(p.greater(b, a), 1, 0),
    ">": lambda a, b: select(p.greater(a, b), 1, 0),
}


def _meaning(tree: Tree, operands: Sequence[Node], names: Mapping[str, Node]) -> Node:
    """What one part of a tree stands for, given its operands."""
    if tree.kind == "number":
        value = float(tree.text)
        if not math.isfinite(value):
            raise FormulaError("formula.infinite", position=tree.position)
        return const(value)
    if tree.kind == "name":
        if tree.text not in names:
            known = listed(names)
            raise FormulaError("formula.unknown_name", position=tree.position, found=tree.text, names=known)
        return names[tree.text]
    if tree.kind == "call":
        table = functions()
        if tree.text not in table:
            message = unknown("function", tree.text, sorted(table))
            raise FormulaError("formula.unknown_function", position=tree.position, message=message)
        count, function = table[tree.text]
        if count != len(operands):
            raise FormulaError(
                "formula.operands",
                position=tree.position,
                function=tree.text,
                expected=count,
                found=len(operands),
            )
        return function(*operands)
    if tree.kind == "**":
        return _power(tree, *operands)
    if tree.kind == "/" and operands[1] is ZERO:
        raise FormulaError("formula.division_by_zero", position=tree.position)
    return _OPERATORS[tree.kind](*operands)


def _power(tree: Tree, base: Node, exponent: Node) -> Node:
    if not isinstance(exponent.data, float):
        if isinstance(base.data, float) and base.data > 0:
            return p.exp(math.log(base.data) * exponent)
        raise FormulaError("formula.exponent", position=tree.parts[1].position)
    if isinstance(base.data, float):
        return const(_constant_power(base.data, exponent.data, tree.position))
    return power(base, exponent.data)


def _constant_power(base: float, exponent: float, position: int) -> float:
    try:
        value = base**exponent
    except (OverflowError, ZeroDivisionError):
        value = math.inf
    if isinstance(value, complex) or not math.isfinite(value):
        raise FormulaError("formula.infinite", position=position)
    return float(value)


def find_activation(text: str) -> tuple[Activation, dict[str, float]]:
    """The activation that `name`, `name:setting=number` or a formula in x (or z) asks for.

    Raises UnknownNameError or FormulaError; UsageError for settings that are wrong and for what is no text.
    """
    name = text.partition(":")[0].strip() if isinstance(text, str) else ""
    if (
        not isinstance(text, str)
        or name in ACTIVATIONS
        or (re.fullmatch(r"[^\W\d]\w*", name) and name not in ("x", "z"))
    ):
        return ACTIVATIONS.choose(text)
    tree = parse(text)

    def function(z: Node) -> Node:
        return expression(tree, {"x": z, "z": z})

    z = leaf("z")
    g = function(z)  # an unknown name in it is found here
    _refuse_extremes(simplify([g, *reverse(g, [z])]), tree.position)
    return Activation(" ".join(text.split()), function), {}
