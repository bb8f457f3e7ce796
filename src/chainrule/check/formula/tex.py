r"""Formulas in LaTeX: read to the same trees as those in Python's manner, and written.

Vectors are columns, also those of a batch, over which `\sum_{i=1}^{m}` sums: a call of `samples` in the tree.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.check.formula.draws import Draws
from chainrule.check.formula.entries import counted, has_entries
from chainrule.check.formula.forms import CAPITALS, EntriesError, Equation, layer_of
from chainrule.check.formula.python import BINDS, LONGEST, bare, names_in
from chainrule.check.formula.terms import NEAR, chosen, factor_of_entries, program_name
from chainrule.errors import FormulaError
from chainrule.formula import Tree
from chainrule.network import NetworkDefinition
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.quantity import quantity
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
    parts_of,
)
from chainrule.notation.testnet import TESTNET
from chainrule.render.entries import entry_name
from chainrule.render.tex_layout import Layout, Symbol, Word

PROGRAM = replace(
    TESTNET,
    name="program",
    symbols={
        "W": "W^{{({l})}}",
        "b": "b^{{({l})}}",
        "z": "z^{{({l})}}",
        "mu": r"\mu^{{({l})}}",
        "s": "s^{{({l})}}",
        "mean_z": r"\bar{{\mu}}^{{({l})}}",
        "variance_z": r"\bar{{v}}^{{({l})}}",
        "zhat": r"\hat{{z}}^{{({l})}}",
        "u": "u^{{({l})}}",
        "gamma": r"\gamma^{{({l})}}",
        "beta": r"\beta^{{({l})}}",
        "a": "a^{{({l})}}",
        "m": "r^{{({l})}}",
        "delta": r"\delta^{{({l})}}",
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
_OF_LAYERS = (*"Wbzumsa", "mu", "delta", "gamma", "beta", "zhat", "mean_z", "variance_z")
_NUMBERS = {
    r"\^\{?\s*\(": "^{{({l})}}",
    r"\^\{?\s*\[": "^{{[{l}]}}",
    r"(?:[WbzarAZ]|delta)\s*_\{?\s*[0-9lL]": "_{{{l}}}",
    r"(?:[WbzarAZ]|delta)\s*\^\{?\s*[0-9lL]": "^{{{l}}}",
}
"""How layers' numbers are written, by what tells it."""


def _program_notations(text: str) -> tuple[Notation, ...]:
    """The program's names as a formula writes them; the first has the form of most of its symbols."""
    counts = {form: len(re.findall(pattern, text)) for pattern, form in _NUMBERS.items()}
    forms = sorted((form for form in counts if counts[form]), key=lambda form: -counts[form])
    return tuple(each for form in forms or ["^{{({l})}}"] for each in _notations(form, text))


def _notations(form: str, text: str) -> list[Notation]:
    """With layers' numbers in one form; the second has a^{(0)} for x, a^{(L)} for p, dW for a derivative."""
    letters = {"a": "A", "z": "Z", "x": "X", "y": "Y"} if CAPITALS.search(text) else {}
    symbols = {
        kind: letters.get(kind, tex[0]) + tex[1:].replace("^{{({l})}}", form)
        for kind, tex in PROGRAM.symbols.items()
    }
    if form.startswith("_"):
        symbols |= {f"{kind}[]": symbols[kind].replace("{{{l}}}", "{{{l},{i}}}") for kind in _OF_LAYERS}
    if re.search(r"\\hat\s*\{?\s*[yY]", text):
        symbols["p"] = symbols["output"] = rf"\hat{{{{{symbols['y']}}}}}"
    numbered = {kind: tex for kind, tex in symbols.items() if kind not in ("x", "p", "output")}
    numbered |= {"C": "L", "J": r"\mathcal{{L}}" if r"\mathcal" in text else "E"}
    differentials = dict.fromkeys("Wbza", "d{v}")
    return [replace(PROGRAM, symbols=symbols), replace(PROGRAM, symbols=numbered, nabla=differentials)]


_OWN = "own"
"""The activation of whatever layer the operand is of."""


class TexForm:
    """LaTeX in a notation; None: the program's names, which are written in several ways."""

    def __init__(self, notation: Notation | None) -> None:
        self.notation = notation

    def read(self, text: str, draws: Draws, of: str) -> Equation:
        if len(text) > LONGEST:
            raise FormulaError("check_formula.too_long", position=LONGEST, most=LONGEST)
        self.net = draws.net
        self.notations = (self.notation,) if self.notation else _program_notations(text)
        reader = _AnyReader(self.notations, draws, of)
        terms = reader.sides(text)
        try:
            *lefts, right = map(_Trees(draws).tree, chosen(terms, of, draws))
            return Equation(lefts, right)
        except FormulaError as error:
            own = any(part.name == _OWN for part in parts_of(terms[-1]) if isinstance(part, Activation))
            of_one = draws.stand_in.samples == 1 and draws.layout == "column"
            if error.key != "check_formula.entries" or own or not of_one:
                raise
            raise EntriesError(
                error.position, lambda of: factor_of_entries(terms[-1], reader, draws, of)
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

    def like(self, found: Layout) -> str:
        return next((like for table in self.tables if (like := table.like(found))), "")


class _AnyReader(Reader):
    """Reads what any of some notations would write, with layers' numbers or `l` for the layer in question and
    `L` for the last; and the names of functions that all texts use."""

    def __init__(self, notations: Sequence[Notation], draws: Draws, of: str) -> None:
        super().__init__(notations[0], draws.net)
        self.notations = notations
        self.layer = int(re.sub(r"\D", "", of))
        self.letters = {"l": self.layer, notations[0].last: len(draws.net.layers)}
        common: dict[Layout, Function] = {Symbol(letter): Function(_OWN, True, 1) for letter in "gf"}
        common[Symbol(r"\sigma")] = Function("sigmoid", True, 1)
        common |= {Word(font, "diag"): Function("diag", False, 1) for font in (r"\operatorname", r"\text")}
        own = self.functions if len(notations) == 1 else {}
        self.functions = {**self.functions, **common, **own}

    def sides(self, tex: str, place: Place = NUMBERED) -> list[Term]:
        self.letters = {letter: p for letter, p in self.letters.items() if f"^{_bare(letter)}" in _bare(tex)}
        self.layers = self._mentioned(tex)
        return super().sides(tex, place)

    def _mentioned(self, tex: str) -> set[int]:
        """The layers of which a formula may speak: near ones, the last, and those whose number, or the number
        of whose node, stands in it. There may be hundreds of others."""
        last = len(self.net.layers)
        numbers = {min(int(text), 10**9) for text in re.findall(r"[0-9]+", tex)}
        nodes = [bisect(list(accumulate(self.net.sizes)), number - 1) for number in numbers]
        centres = [*numbers, *nodes, self.layer, last]
        return {p for centre in centres for p in range(centre - NEAR, centre + NEAR + 1) if p <= last}

    def symbols(self, place: Place = NUMBERED) -> SymbolTable:
        if place not in self._tables:
            places = [place, *(replace(place, anchor=p, letter=letter) for letter, p in self.letters.items())]
            tables = [
                SymbolTable(each, self.net, at, layers=self.layers)
                for at in places
                for each in self.notations
            ]
            self._tables[place] = _Tables(tables)  # type: ignore[assignment]  # it answers the same question
        return self._tables[place]


def _bare(tex: str) -> str:
    return re.sub(r"[\s{}()\[\]]", "", tex)


class _Trees:
    """From what a reader has read to a tree, where that is possible."""

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
                for number, factor in enumerate(rest, 1):
                    kind = "*" if term.entrywise else self._kind(first, factor, dotted=number in term.dotted)
                    first = Tree(kind, at, parts=(_held(first, kind), _held(factor, kind, right=True)))
                return first
            case Apply():
                return self._apply(term)
            case Activation():
                operand = self.tree(term.operand)
                return Tree("call", at, "d" * term.derived + self._activation(term, operand), (operand,))
            case Series(kind="samples"):
                return self._over_samples(self.tree(term.body), at)
            case Series(kind="sum"):
                return self._series(term)
            case Shaped():
                return self.tree(term.body)
        raise FormulaError("check_formula.entries", position=at)

    def _named(self, term: Named) -> Tree:
        choice, at = term.choices[0], term.position
        name = program_name(choice.name)
        if (match := re.fullmatch(r"∂a(\d+)/∂z\1", name)) and not term.indices and len(term.choices) == 1:
            return Tree("call", at, f"dg{match[1]}", (Tree("name", at, f"z{match[1]}"),))
        if len(term.choices) > 1 or "*" in name or (name.startswith("∂") and not term.indices):
            raise FormulaError("check_formula.entries", position=at)
        indices = []
        for index, layer, start in zip(term.indices, choice.layers, choice.starts, strict=False):
            last = start + self.draws.net.sizes[layer] - 1
            if isinstance(index, int) and not start <= index <= last:
                raise FormulaError("reader.index_range", position=at, index=index, first=start, last=last)
            indices.append(Tree("index", at, index if isinstance(index, str) else str(index - start)))
        if any(len(index.text) > 1 and index.text.isalpha() for index in indices):
            raise FormulaError("check_formula.entries", position=at)
        if match := re.fullmatch(r"in(\d+)", name):  # what a weight is multiplied with: its inputs
            name, indices = f"a{int(match[1]) - 1}", indices[1:]
        return Tree("name", at, {"l2": "lam", "a0": "x"}.get(name, name), tuple(indices))

    def _over_samples(self, tree: Tree, position: int) -> Tree:
        return tree if self.draws.stand_in.samples == 1 else Tree("call", position, "samples", (tree,))

    def _series(self, term: Series) -> Tree:
        """A sum over letters. Where its end is written, it must be the last of the units that are counted."""
        tree = self.tree(term.body)
        if not has_entries(tree):  # the letter counts nothing else
            return self._over_samples(tree, term.position)
        for letter in reversed(term.letters):
            tree = Tree("series", term.position, letter, (tree,))
        if isinstance(term.end, Number):
            last, letter = f"{term.end.value:g}", term.letters[0]
            layers = counted(tree, self.draws.net, rows=False).get(letter, [])
            sizes = {self.draws.stand_in.sizes[self.draws.net.sizes[p]] for p in layers}
            if sizes and last not in sizes:
                fields = {"letter": letter, "found": last, "expected": min(sizes)}
                raise FormulaError("reader.end", position=term.position, **fields)
        return tree

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

    def _kind(self, left: Tree, right: Tree, *, dotted: bool) -> str:
        """Juxtaposition: a matrix product, or a factor where one side is a number or an entry; with a dot
        between vectors that have no matrix product, the product entry by entry."""
        if has_entries(left) or has_entries(right):
            return "*"
        try:
            a, b = self.draws.value(left), self.draws.value(right)
        except (ValueError, KeyError):
            return "@"
        if not a.ndim or not b.ndim:
            return "*"
        if dotted and a.shape == b.shape and a.shape[-1] != b.shape[-2]:
            return "*"
        single = (1, 1) in (a.shape[-2:], b.shape[-2:])
        return "*" if single and a.shape[-1] != b.shape[-2] else "@"

    def _apply(self, term: Apply) -> Tree:
        operands = [self.tree(operand) for operand in term.operands]
        if kind := {"div": "/", "quotient": "/", "power": "**", "greater": ">"}.get(term.function):
            left, right = operands
            return Tree(kind, term.position, parts=(_held(left, kind), _held(right, kind, right=True)))
        if term.function == "transpose":
            return Tree("T", term.position, parts=(_held(operands[0], "**"),))
        if term.function in ("exp", "log", "diag", "sqrt", "abs", "sign", *ACTIVATIONS.names()):
            return Tree("call", term.position, term.function, tuple(operands))
        raise FormulaError("check_formula.entries", position=term.position)

    def _activation(self, term: Activation, operand: Tree) -> str:
        if term.name in ACTIVATIONS:
            return term.name
        if term.name == _OWN:
            return f"g{layer_of(operand, term.position)}"
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
                return self._name(tree.text, [index.text for index in tree.parts])
            case "series":
                return rf"\sum_{tree.text} {self.write(tree.parts[0])}"
            case "call":
                return self._call(tree)
            case "T":
                text = self.write(tree.parts[0])
                return f"{text}^T" if text.isalpha() else f"({text})^T"
            case "negative":
                return f"-{self._factor(tree.parts[0], _signed(tree.parts[0]))}"
            case "**":
                return f"({self.write(tree.parts[0])})^{{{self.write(tree.parts[1])}}}"
        left, right = tree.parts
        match tree.kind:
            case "/" if _is_number(right) and not _is_number(left):
                return rf"\frac{{1}}{{{self.write(right)}}} {self._factor(left, ' ')}"
            case "/":
                return rf"\frac{{{self.write(left)}}}{{{self.write(right)}}}"
            case "+" | "-" | "<" | ">":
                behind = self._factor(right, _signed(right)) if tree.kind == "-" else self.write(right)
                return f"{self.write(left)} {tree.kind} {behind}"
        sign = _signed(tree)
        return f"{self._factor(left, sign, last=False)}{sign}{self._factor(right, sign)}"

    def _factor(self, part: Tree, sign: str, *, last: bool = True) -> str:
        """A factor, in parentheses where it needs them before or behind a sign. last: no other follows."""
        text, part = self.write(part), bare(part)
        loose = part.kind in ("+", "-", "<", ">", "negative") or (part.kind in "*@" and _signed(part) != sign)
        return f"({text})" if loose or (not last and _ends_in_series(part)) else text

    def _name(self, name: str, indices: Sequence[str]) -> str:
        if name in ("m", "K"):
            return self.notation.sample_count if name == "m" else "K"
        numbers = [int(i) + 1 if i.isdecimal() else 1 for i in indices]
        name = {"lam": "l2", "x": "a0", "p": f"a{len(self.net.layers)}"}.get(name, name).replace(
            "dz", "delta"
        )
        name = re.sub(r"^d(?=[aWbug])", "∂J/∂", name)
        if indices and all(i.isdecimal() for i in indices) and not name.startswith("∂"):
            return self.notation.symbol(entry_name(name, numbers), (), self.net, self.place)
        told = self.notation.entry_indices(quantity(name), numbers, self.net) if indices else []
        own = [i if i.isalpha() else number for i, number in zip(indices, told, strict=False)]
        return self.notation.symbol(name, own, self.net, self.place)

    def _call(self, tree: Tree) -> str:
        inside = ", ".join(map(self.write, tree.parts))
        if tree.text == "samples":
            body = bare(tree.parts[0])
            each = _TexWriter(self.notation, self.net, replace(self.place, sample=True))
            return f"{self.notation.samples} {each._factor(body, _signed(body))}"
        name = tree.text
        prime = "'" if name not in ACTIVATIONS and name[0] == "d" else ""
        name = name.removeprefix("d") if prime else name
        if match := re.fullmatch(r"g(\d+)", name):
            sign = (
                "g"
                if self.notation.name == PROGRAM.name
                else self.notation.activation(self.net, int(match[1]))
            )
            return f"{sign}{prime}({inside})"
        layers = [p for p, layer in enumerate(self.net.layers, 1) if layer.activation == name]
        if layers:
            return f"{self.notation.activation(self.net, layers[0])}{prime}({inside})"
        if name in ("exp", "log"):
            return rf"\{name}({inside})"
        return rf"\operatorname{{{name}}}{prime}({inside})"


def _signed(part: Tree) -> str:
    """The sign between the factors of a product: none of matrices, of numbers, and of single entries."""
    part = bare(part)
    entrywise = part.kind == "*" and not any(map(_is_number, part.parts)) and not has_entries(part)
    return r" \odot " if entrywise else " "


def _ends_in_series(part: Tree) -> bool:
    """Whether a sum would take in what is written behind."""
    while part.kind == "*":
        part = part.parts[1]
    return part.kind == "series"


def _is_number(part: Tree) -> bool:
    return {*names_in(part)} <= {"m", "K", "lam", "l1"}
