"""Formulas of gradients as users type them, much as in Python: `(W2.T @ delta2) * a1 * (1 - a1)`.

    expression: comparison of sums of products of powers; + - * / @ ** < > and unary minus as in NumPy,
    numbers, names, A.T, calls f(a, b), parentheses

Read by precedence climbing; nothing is ever executed. Parentheses stay in the tree, so that a formula which
is changed in one place is written as its author wrote it in all others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from chainrule.errors import FormulaError
from chainrule.formula import Tree

LONGEST = 1000
MOST_TOKENS = 300
DEEPEST = 40
_TOKEN = re.compile(
    r"\s*(?:((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(\.T\b|[A-Za-z_]\w*)|(\*\*|[-+*/@(),<>]))",
    re.ASCII,
)
BINDS = {"<": 1, ">": 1, "+": 2, "-": 2, "*": 3, "/": 3, "@": 3, "**": 5}
_COMPARISON, _UNARY, _POSTFIX = 1, 4, 6

Tokens = list[tuple[str, int]]
"""Text and position; the empty text is the end."""


def parse(text: str) -> Tree:
    """The tree of a formula. Kinds of its nodes: "number", "name", "call", "(", "T", "negative" and the
    operators. Raises FormulaError with the position of what cannot be read."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> str:
        return self.tokens[self.at][0]

    @property
    def position(self) -> int:
        return self.tokens[self.at][1]

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def unexpected(self, wanted: str) -> FormulaError:
        key = f"check_formula.not_{wanted}" if self.token else f"check_formula.ends_before_{wanted}"
        return FormulaError(key, position=self.position, found=self.token)

    def whole(self) -> Tree:
        tree = self.expression(0)
        if self.token:
            raise self.unexpected("operator")
        return tree

    def expression(self, weakest: int) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError("formula.too_deep", position=self.position, most=DEEPEST)
        left = self.operand()
        while (binds := BINDS.get(self.token, 0)) > weakest:
            position, operator = self.position, self.next()
            # a power takes everything to its right: a ** b ** c = a ** (b ** c), 2 ** -x
            right = self.expression(_UNARY if operator == "**" else binds)
            left = Tree(operator, position, parts=(left, right))
            if binds == _COMPARISON and BINDS.get(self.token) == _COMPARISON:
                raise FormulaError("formula.chained", position=self.position)
        self.depth -= 1
        return left

    def operand(self) -> Tree:
        if self.token in ("-", "+"):
            position, sign = self.position, self.next()
            inner = self.expression(_UNARY)
            return Tree("negative", position, parts=(inner,)) if sign == "-" else inner
        tree = self.atom()
        while self.token == ".T":
            tree = Tree("T", self.position, parts=(tree,))
            self.next()
        return tree

    def atom(self) -> Tree:
        token, position = self.token, self.position
        if token == "(":
            self.next()
            return Tree("(", position, parts=(self.closed(self.expression(0)),))
        if token[:1].isdecimal() or re.match(r"\.[0-9]", token):
            if not math.isfinite(float(token)):
                raise FormulaError("formula.infinite", position=position)
            return Tree("number", position, self.next())
        if token[:1].isalpha() or token[:1] == "_":
            self.next()
            if self.token != "(":
                return Tree("name", position, token)
            self.next()
            parts = [self.expression(0)]
            while self.token == ",":
                self.next()
                parts.append(self.expression(0))
            return self.closed(Tree("call", position, token, tuple(parts)))
        raise self.unexpected("operand")

    def closed(self, tree: Tree) -> Tree:
        if self.token != ")":
            raise self.unexpected("parenthesis")
        self.next()
        return tree


def _tokens(text: str) -> Tokens:
    tokens: Tokens = []
    at, end = 0, len(text[: LONGEST + 1].rstrip())
    while at < min(end, LONGEST):
        match = _TOKEN.match(text, at)
        if not match:
            at += len(text[at:end]) - len(text[at:end].lstrip())
            raise FormulaError("check_formula.not_a_symbol", position=at, found=text[at])
        place = match.lastindex or 1
        tokens.append((match[place], match.start(place)))
        at = match.end()
        if len(tokens) > MOST_TOKENS:
            raise FormulaError("check_formula.too_many", position=match.start(place), most=MOST_TOKENS)
    if len(text) > LONGEST:
        raise FormulaError("check_formula.too_long", position=LONGEST, most=LONGEST)
    return [*tokens, ("", end)]


# Trees: how they are written, walked and changed.


def write(tree: Tree) -> str:
    """A tree as its author would write it."""
    match tree.kind:
        case "number" | "name":
            return tree.text
        case "call":
            return f"{tree.text}({', '.join(map(write, tree.parts))})"
        case "(":
            return f"({write(tree.parts[0])})"
        case "T":
            return f"{_within(tree.parts[0], _POSTFIX)}.T"
        case "negative":
            return f"-{_within(tree.parts[0], _UNARY)}"
        case "**":
            base, exponent = tree.parts
            return f"{_within(base, _POSTFIX)} ** {_within(exponent, _UNARY)}"
    left, right = tree.parts
    binds = BINDS[tree.kind]
    return f"{_within(left, binds)} {tree.kind} {_within(right, binds + 1)}"


def _within(tree: Tree, weakest: int) -> str:
    """In parentheses where it binds more weakly than what it stands in."""
    text = write(tree)
    binds = _UNARY if tree.kind == "negative" else BINDS.get(tree.kind, _POSTFIX)
    return f"({text})" if binds < weakest else text


def bare(tree: Tree) -> Tree:
    """Without the parentheses around it."""
    while tree.kind == "(":
        (tree,) = tree.parts
    return tree


Put = Callable[[Tree], Tree]
"""From a part of a formula to the formula with that part in its place."""


def places(tree: Tree) -> Iterator[tuple[Tree, Put]]:
    """Every part of a tree, and the tree with something else in that part's place."""
    yield tree, lambda new: new
    for number, part in enumerate(tree.parts):
        for inner, put in places(part):
            yield inner, partial(_put, tree, number, put)


def _put(tree: Tree, number: int, put: Put, new: Tree) -> Tree:
    parts = (*tree.parts[:number], put(new), *tree.parts[number + 1 :])
    return replace(tree, parts=parts)


def parts_of(tree: Tree) -> Iterator[Tree]:
    """A tree and everything in it, from left to right."""
    yield tree
    for part in tree.parts:
        yield from parts_of(part)


def names_in(tree: Tree) -> list[str]:
    """The names of quantities, as often as they occur."""
    return [part.text for part in parts_of(tree) if part.kind == "name"]
