"""Formulas of gradients as users type them, much as in Python: `(W2.T @ delta2) * a1 * (1 - a1)`.

    formula:    QUANTITY = expression, or the expression alone
    expression: comparison of sums of products of powers; + - * / @ ** < > and unary minus as in NumPy,
                numbers, names, A.T, calls f(a, b), parentheses
    entries:    W2[k, j], and sum_k(...) over all that the letter k counts; numbers count from 0

Other spellings in common use mean the same: `np.dot(a, b)`, `a.sum(axis=0)`, `A^T`, `a1^2`, `.*`, `⊙`, `δ2`,
`σ'(z1)`, `sigmoid_prime(z1)`, `dL/dW2`. Read by precedence climbing; nothing is ever executed. Parentheses
stay in the tree, so that a formula changed in one place is written as its author wrote it in all others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import partial

from chainrule.errors import FormulaError
from chainrule.formula import Tree

LONGEST = 1000
MOST_TOKENS = 300
DEEPEST = 40
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<transpose>\.T\b|\^\s*T\b|ᵀ|\.transpose\(\))
    |(?P<by>[d∂][JLCE]\s*/\s*[d∂]\s*(?P<bottom>[A-Za-z]_?[0-9]+))
    |(?P<name>(?:(?:np|numpy|jnp|torch)\.)?[A-Za-z_δσλ][A-Za-z0-9_]*)
    |(?P<sign>(?<=[A-Za-z0-9_σ])'(?=\s*\()|\*\*|\.\*|\.(?=(?:dot|sum|mean)\b)|[-+*/@(),<>=\[\]^⊙∘·×−])
    )""",
    re.VERBOSE,
)
_SIGNS = {"^": "**", ".*": "*", "−": "-", **dict.fromkeys("⊙∘·×", "*")}
_LETTERS = {"δ": "delta", "σ": "sigma", "λ": "lam"}
_ALIASES = {"sigma": "sigmoid", "dsigma": "dsigmoid", "ln": "log", "absolute": "abs"}
_AS_OPERATORS = {"dot": "@", "matmul": "@", "multiply": "*", "subtract": "-", "add": "+", "power": "**"}
"""Functions that stand for an operator between two operands."""
_DERIVED = re.compile(r"(?:d_)?([a-z]+?)(?:_?(?:prime|deriv|derivative|grad))|d_([a-z]+)")
BINDS = {"<": 1, ">": 1, "+": 2, "-": 2, "*": 3, "/": 3, "@": 3, "**": 5}
_COMPARISON, _UNARY, _POSTFIX = 1, 4, 6

Tokens = list[tuple[str, int]]
"""Text and position; the empty text is the end."""


def parse(text: str) -> Tree:
    """The tree of a formula. Kinds of its nodes: "number", "name", "call", "(", "T", "negative" and the
    operators; a name may have parts of the kind "index", and "series" is a sum over such a letter. A left
    side stands in a root of the kind "=". Raises FormulaError with the position of what cannot be read."""
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

    def take(self, sign: str, wanted: str) -> None:
        if self.token != sign:
            raise self.unexpected(wanted)
        self.next()

    def whole(self) -> Tree:
        tree = self.expression(0)
        if self.token == "=":
            position = self.position
            self.next()
            tree = Tree("=", position, parts=(tree, self.expression(0)))
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
        while self.token in (".T", "."):
            position = self.position
            if self.next() == ".T":
                tree = Tree("T", position, parts=(tree,))
            else:
                name = self.next()
                tree = self.call(name, position, tree)
        return tree

    def atom(self) -> Tree:
        token, position = self.token, self.position
        if token == "(":
            self.next()
            inner = self.expression(0)
            self.take(")", "parenthesis")
            return Tree("(", position, parts=(inner,))
        if token[:1].isdecimal() or re.match(r"\.[0-9]", token):
            if not math.isfinite(float(token)):
                raise FormulaError("formula.infinite", position=position)
            return Tree("number", position, self.next())
        if token[:1].isalpha() or token[:1] == "_":
            name = self.next()
            if self.token == "'":
                self.next()
                name = f"d{name}"
            if self.token == "(":
                return self.call(name, position)
            return Tree("name", position, name, self.indices() if self.token == "[" else ())
        raise self.unexpected("operand")

    def indices(self) -> tuple[Tree, ...]:
        """Letters and numbers in brackets, `[k, j]` or `[k][j]`."""
        found: list[Tree] = []
        while self.token == "[":
            while self.next() in ("[", ","):
                if not re.fullmatch(r"[A-Za-z]|[0-9]{1,6}", self.token):
                    raise self.unexpected("index")
                found.append(Tree("index", self.position, self.next()))
                if self.token not in (",", "]"):
                    raise self.unexpected("bracket")
        return tuple(found)

    def call(self, name: str, position: int, *first: Tree) -> Tree:
        """A function with what stands in parentheses; first: of a method, what it is called on."""
        self.take("(", "opening")
        parts, keywords = [*first], dict[str, Tree]()
        while self.token != ")" or not parts:
            key = self.token
            part = self.expression(0)
            if part.kind == "name" and self.token == "=":
                self.next()
                keywords[key] = self.expression(0)
            else:
                parts.append(part)
            if self.token != ",":
                break
            self.next()
        self.take(")", "parenthesis")
        if not keywords.keys() <= {"axis", "keepdims"}:
            raise FormulaError("check_formula.keyword", position=position, found=min(keywords), function=name)
        return _called(name, position, parts, **keywords)


def _called(
    name: str, position: int, parts: list[Tree], axis: Tree | None = None, keepdims: Tree | None = None
) -> Tree:
    """A call under the function's own name, or the operator it stands for."""
    name = name.partition(".")[2] or name
    if match := _DERIVED.fullmatch(name):
        name = f"d{match[1] or match[2]}"
    name = _ALIASES.get(name, name)
    if name.startswith("sum_") and len(name) == 5 and len(parts) == 1:
        return Tree("series", position, name[-1], tuple(parts))
    if name in _AS_OPERATORS and len(parts) == 2:
        kind = _AS_OPERATORS[name]
        held = (
            Tree("(", part.position, parts=(part,))
            if part.kind == "negative" or BINDS.get(part.kind, _POSTFIX) <= BINDS[kind]
            else part
            for part in parts
        )
        return Tree("(", position, parts=(Tree(kind, position, parts=tuple(held)),))
    if name == "transpose" and len(parts) == 1:
        return Tree("T", position, parts=tuple(parts))
    if name == "square" and len(parts) == 1:
        return Tree(
            "**", position, parts=(Tree("(", position, parts=tuple(parts)), Tree("number", position, "2"))
        )
    if axis:
        last = axis.kind == "negative" and axis.parts[0].text == "1"
        parts = [*parts, Tree("number", axis.position, "1") if last else axis]
    if len(parts) == 2 and keepdims and keepdims.text == "True":
        parts = [*parts, Tree("keepdims", keepdims.position)]
    return Tree("call", position, name, tuple(parts))


def _tokens(text: str) -> Tokens:
    tokens: Tokens = []
    at, end = 0, len(text[: LONGEST + 1].rstrip())
    while at < min(end, LONGEST):
        match = _TOKEN.match(text, at)
        if not match:
            at += len(text[at:end]) - len(text[at:end].lstrip())
            raise FormulaError("check_formula.not_a_symbol", position=at, found=text[at])
        kind = "by" if match["by"] else str(match.lastgroup)
        tokens.append((_token(match, kind), match.start(kind)))
        at = match.end()
        if len(tokens) > MOST_TOKENS:
            raise FormulaError("check_formula.too_many", position=match.start(kind), most=MOST_TOKENS)
    if len(text) > LONGEST:
        raise FormulaError("check_formula.too_long", position=LONGEST, most=LONGEST)
    return [*tokens, ("", end)]


def _token(match: re.Match[str], kind: str) -> str:
    """What was found, in the one spelling that is read on."""
    match kind:
        case "transpose":
            return ".T"
        case "by":
            return f"d{match['bottom']}"
        case "name":
            return "".join(_LETTERS.get(letter, letter) for letter in match[kind])
    return _SIGNS.get(match[kind], match[kind])


# Trees: how they are written, walked and changed.


def write(tree: Tree) -> str:
    """A tree as its author would write it."""
    match tree.kind:
        case "number" | "index" | "keepdims":
            return tree.text
        case "name":
            return tree.text + (f"[{','.join(map(write, tree.parts))}]" if tree.parts else "")
        case "series":
            return f"sum_{tree.text}({write(bare(tree.parts[0]))})"
        case "call" if len(tree.parts) == 3:
            array, axis, _ = map(write, tree.parts)
            return f"{tree.text}({array}, axis={axis}, keepdims=True)"
        case "call":
            return f"{tree.text}({', '.join(map(write, tree.parts))})"
        case "(":
            return f"({write(bare(tree))})"
        case "T":
            return f"{_within(tree.parts[0], _POSTFIX)}.T"
        case "negative":
            return f"-{_within(tree.parts[0], _UNARY)}"
        case "**":
            base, exponent = tree.parts
            return f"{_within(base, _POSTFIX)} ** {_within(exponent, _UNARY)}"
    left, right = tree.parts
    if tree.kind == "=":
        return f"{write(left)} = {write(right)}"
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
    return Tree(tree.kind, tree.position, tree.text, parts)


def parts_of(tree: Tree) -> Iterator[Tree]:
    """A tree and everything in it, from left to right."""
    yield tree
    for part in tree.parts:
        yield from parts_of(part)


def names_in(tree: Tree) -> list[str]:
    """The names of quantities, as often as they occur."""
    return [part.text for part in parts_of(tree) if part.kind == "name"]
