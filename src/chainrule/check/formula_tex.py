r"""Formulas in LaTeX: read to the same trees as those in Python's manner, and written.

Vectors are columns, also those of a batch, over which `\sum_{i=1}^{m}` sums: a call of `samples` in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.check.formula_draws import Draws
from chainrule.check.formula_entries import factor_of_entries
from chainrule.check.formula_forms import EntriesError
from chainrule.check.python_formula import BINDS, LONGEST, bare, names_in
from chainrule.errors import FormulaError
from chainrule.formula import Tree
from chainrule.network import NetworkDefinition
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.reader import Reader
from chainrule.notation.symbols import Function, Match, SymbolTable
from chainrule.notation.terms import (
    Activation,
    Apply,
    Named,
    Number,
    Product,
    Series,
    Shaped,
    Sum,
    Term,
)
from chainrule.notation.testnet import TESTNET
from chainrule.render.tex_layout import Layout, Symbol

_LETTERS = {"W": "W", "b": "b", "z": "z", "a": "a", "delta": r"\delta"}
PROGRAM = replace(
    TESTNET,
    name="program",
    symbols={
        **{kind: tex + "^{{({l})}}" for kind, tex in _LETTERS.items()},
        "x": "x",
        "p": "p",
        "y": "y",
        "C": "C",
        "J": "J",
        "lr": r"\eta",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    sigmoid=r"\sigma",
    softmax=r"\operatorname{softmax}",
    generic=None,
)
"""LaTeX for the program's own names."""
BY_NUMBER = replace(PROGRAM, symbols={k: v for k, v in PROGRAM.symbols.items() if k not in ("x", "p")})
"""The same with a^{(0)} for x and a^{(L)} for p."""
_OWN = "own"
"""The activation of whatever layer the operand is of."""


class TexForm:
    """LaTeX in a notation; None: the program's names, which are read in two ways."""

    def __init__(self, notation: Notation | None) -> None:
        self.notations = (notation,) if notation else (PROGRAM, BY_NUMBER)

    def read(self, text: str, draws: Draws) -> Tree:
        if len(text) > LONGEST:
            raise FormulaError("check_formula.too_long", position=LONGEST, most=LONGEST)
        self.net = draws.net
        reader = _AnyReader(self.notations, draws)
        term = reader.read(text)
        try:
            return _Trees(draws).tree(term)
        except FormulaError as error:
            if error.key != "check_formula.entries" or draws.stand_in.samples > 1 or draws.layout == "rows":
                raise
            raise EntriesError(
                error.position, lambda of: factor_of_entries(term, reader, draws, of)
            ) from None

    def write(self, tree: Tree) -> str:
        return _TexWriter(self.notations[0], self.net).write(bare(tree))


class _Tables:
    """The symbols of several notations."""

    def __init__(self, tables: Sequence[SymbolTable]) -> None:
        self.tables = tables

    def match(self, found: Sequence[Layout]) -> Match | None:
        matches = [match for table in self.tables if (match := table.match(found))]
        return max(matches, key=lambda match: match.length, default=None)


class _AnyReader(Reader):
    """Reads what any of some notations would write, and the names for activations that all texts use."""

    def __init__(self, notations: Sequence[Notation], draws: Draws) -> None:
        super().__init__(notations[0], draws.net)
        self.others = notations[1:]
        if self.others:
            own: dict[Layout, Function] = {Symbol(letter): Function(_OWN, True, 1) for letter in "gf"}
            self.functions = {**self.functions, **own, Symbol(r"\sigma"): Function("sigmoid", True, 1)}

    def symbols(self, place: Place = NUMBERED) -> SymbolTable:
        first = super().symbols(place)
        if not self.others:
            return first
        tables: SymbolTable = _Tables(  # type: ignore[assignment]  # it answers the same question
            [first, *(SymbolTable(notation, self.net, place) for notation in self.others)]
        )
        return tables


class _Trees:
    """From what a reader has read to a tree, where that is possible: not for single entries."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws

    def tree(self, term: Term) -> Tree:
        at = term.position
        match term:
            case Number():
                return Tree("number", at, f"{term.value:g}")
            case Named():
                return self._named(term)
            case Sum():
                return self._sum(term)
            case Product():
                first, *rest = map(self.tree, term.factors)
                for factor in rest:
                    kind = "*" if term.entrywise else self._kind(first, factor)
                    first = Tree(kind, at, parts=(_held(first, kind), _held(factor, kind, right=True)))
                return first
            case Apply():
                return self._apply(term)
            case Activation():
                operand = self.tree(term.operand)
                return Tree("call", at, "d" * term.derived + self._activation(term, operand), (operand,))
            case Series(kind="samples"):
                if self.draws.stand_in.samples == 1:
                    return self.tree(term.body)
                return Tree("call", at, "samples", (self.tree(term.body),))
            case Shaped():
                return self.tree(term.body)
        raise FormulaError("check_formula.entries", position=at)

    def _named(self, term: Named) -> Tree:
        if term.indices or len({choice.name for choice in term.choices}) > 1:
            raise FormulaError("check_formula.entries", position=term.position)
        name = term.choices[0].name
        if match := re.fullmatch(r"∂[JC]/∂([a-zA-Z]+)(\d+)", name):
            name = {"z": "delta"}.get(match[1], f"d{match[1]}") + match[2]
        return Tree("name", term.position, {"l2": "lam", "a0": "x"}.get(name, name))

    def _sum(self, term: Sum) -> Tree:
        tree: Tree | None = None
        for sign, part in zip(term.signs, map(self.tree, term.terms), strict=True):
            if tree is None:
                held = _held(part, "*", right=True)
                tree = part if sign > 0 else Tree("negative", term.position, parts=(held,))
            else:
                tree = Tree(
                    "+" if sign > 0 else "-", part.position, parts=(tree, _held(part, "+", right=True))
                )
        assert tree is not None
        return tree

    def _kind(self, left: Tree, right: Tree) -> str:
        """Juxtaposition: a matrix product, or a factor where one side is a number."""
        try:
            a, b = self.draws.value(left), self.draws.value(right)
        except (ValueError, KeyError):
            return "@"
        if not a.ndim or not b.ndim:
            return "*"
        single = (1, 1) in (a.shape[-2:], b.shape[-2:])
        return "*" if single and a.shape[-1] != b.shape[-2] else "@"

    def _apply(self, term: Apply) -> Tree:
        operands = [self.tree(operand) for operand in term.operands]
        if kind := {"div": "/", "power": "**", "greater": ">"}.get(term.function):
            left, right = operands
            return Tree(kind, term.position, parts=(_held(left, kind), _held(right, kind, right=True)))
        if term.function == "transpose":
            return Tree("T", term.position, parts=(_held(operands[0], "**"),))
        if term.function in ("exp", "log", "sqrt", "abs", "sign", *ACTIVATIONS.names()):
            return Tree("call", term.position, term.function, tuple(operands))
        raise FormulaError("check_formula.entries", position=term.position)

    def _activation(self, term: Activation, operand: Tree) -> str:
        if term.name in ACTIVATIONS:
            return term.name
        layers = [re.sub(r"\D", "", name) for name in names_in(operand) if re.fullmatch(r"[az]\d+", name)]
        if term.name == _OWN and not layers:
            raise FormulaError("check_formula.whose_activation", position=term.position)
        if term.name == _OWN:
            return f"g{layers[0]}"
        names = [layer.activation for layer in self.draws.net.layers]
        return f"g{names.index(term.name) + 1}"


def _held(part: Tree, kind: str, *, right: bool = False) -> Tree:
    """A part in parentheses where it needs them beside an operator."""
    weakest = BINDS[kind] + (right and kind != "**")
    binds = 4 if part.kind == "negative" else BINDS.get(part.kind, 6)
    if kind == "**":
        weakest = 6 if not right else 4
    return Tree("(", part.position, parts=(part,)) if binds < weakest else part


class _TexWriter:
    def __init__(self, notation: Notation, net: NetworkDefinition, place: Place = NUMBERED) -> None:
        self.notation, self.net, self.place = notation, net, place

    def write(self, tree: Tree) -> str:
        tree = bare(tree)
        match tree.kind:
            case "number":
                return tree.text
            case "name":
                return self._name(tree.text)
            case "call":
                return self._call(tree)
            case "T":
                text = self.write(tree.parts[0])
                return f"{text}^T" if text.isalpha() else f"({text})^T"
            case "negative":
                return f"-{self._factor(tree.parts[0])}"
            case "**":
                return f"({self.write(tree.parts[0])})^{{{self.write(tree.parts[1])}}}"
        left, right = tree.parts
        match tree.kind:
            case "/" if _is_number(right) and not _is_number(left):
                return rf"\frac{{1}}{{{self.write(right)}}} {self._factor(left)}"
            case "/":
                return rf"\frac{{{self.write(left)}}}{{{self.write(right)}}}"
            case "+" | "-" | "<" | ">":
                behind = self._factor(right) if tree.kind == "-" else self.write(right)
                return f"{self.write(left)} {tree.kind} {behind}"
            case "*" if not _is_number(left) and not _is_number(right):
                return rf"{self._factor(left, of='*')} \odot {self._factor(right)}"
        return f"{self._factor(left, of='@')} {self._factor(right)}"

    def _factor(self, part: Tree, of: str = "") -> str:
        text = self.write(part)
        kind = bare(part).kind
        loose = kind in ("+", "-", "<", ">", "negative") or (kind in ("*", "@") and kind != of)
        return f"({text})" if loose else text

    def _name(self, name: str) -> str:
        if name in ("m", "K"):
            return self.notation.sample_count if name == "m" else "K"
        name = {"lam": "l2", "x": "a0", "p": f"a{len(self.net.layers)}"}.get(name, name).replace(
            "dz", "delta"
        )
        name = re.sub(r"^d(?=[aWb])", "∂J/∂", name)
        return self.notation.symbol(name, (), self.net, self.place)

    def _call(self, tree: Tree) -> str:
        inside = ", ".join(map(self.write, tree.parts))
        if tree.text == "samples":
            body = bare(tree.parts[0])
            each = _TexWriter(self.notation, self.net, replace(self.place, sample=True))
            return f"{self.notation.samples} {each._factor(body, of=body.kind)}"
        name = tree.text
        prime = "'" if name not in ACTIVATIONS and name[0] == "d" else ""
        name = name.removeprefix("d") if prime else name
        if match := re.fullmatch(r"g(\d+)", name):
            sign = "g" if self.notation is PROGRAM else self.notation.activation(self.net, int(match[1]))
            return f"{sign}{prime}({inside})"
        layers = [p for p, layer in enumerate(self.net.layers, 1) if layer.activation == name]
        if layers:
            return f"{self.notation.activation(self.net, layers[0])}{prime}({inside})"
        if name in ("exp", "log"):
            return rf"\{name}({inside})"
        return rf"\operatorname{{{name}}}{prime}({inside})"


def _is_number(part: Tree) -> bool:
    return {*names_in(part)} <= {"m", "K", "lam", "l1"}
