r"""The languages in which a formula is written: much as in Python, and in `tex` a textbook's LaTeX.

Both are read to the same trees, in the program's names: the input is layer 0, delta is dJ/dz. In a textbook's
notation layers have its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chainrule.check.formula.draws import Draws
from chainrule.check.formula.python import bare, names_in, parse, write
from chainrule.errors import FormulaError
from chainrule.formula import Tree
from chainrule.notation.notation import Notation


class EntriesError(FormulaError):
    """A formula for single entries, which is no tree. factor: from the quantity that it is for to the number
    that it has to be multiplied by, None where there is none; may raise FormulaError."""

    def __init__(self, position: int, factor: Callable[[str], float | None]) -> None:
        super().__init__("check_formula.entries", position=position)
        self.factor = factor


@dataclass(frozen=True)
class Equation:
    """lefts: what stands before each sign of equality; right: behind the last one."""

    lefts: Sequence[Tree]
    right: Tree


class Form(Protocol):
    """A language for formulas of one network."""

    def read(self, text: str, draws: Draws, of: str) -> Equation:
        """A formula for a quantity, in the program's names. Raises FormulaError."""

    def write(self, tree: Tree) -> str:
        """The formula in this language."""


class PythonForm:
    """Much as in Python. notation: whose numbers layers have; None: the program's."""

    def __init__(self, notation: Notation | None) -> None:
        self.first = notation.first if notation else 0
        self.weights = notation.weights if notation else 0

    def read(self, text: str, draws: Draws, of: str) -> Equation:
        self.last = len(draws.net.layers)
        lefts, tree = [], self._moved(self._spelled(parse(text)), -1)
        while tree.kind == "=":
            left, tree = tree.parts
            lefts.append(left)
        return Equation(lefts, tree)

    def _spelled(self, tree: Tree) -> Tree:
        """With the one name of every quantity: W1 for w_1, delta2 for delta_2, x for X."""
        parts = tuple(map(self._spelled, tree.parts))
        text = tree.text
        if tree.kind == "name":
            if match := _NAMES.fullmatch(text):
                kind = match[2].lower()
                text = f"{match[1] and 'd'}{'W' if kind == 'w' else kind}{match[3]}"
            text = f"a{self.last + self.first}" if text in _OUTPUTS else _OTHER_NAMES.get(text, text)
        elif tree.kind == "call" and text in ("g", "f", "dg", "df") and len(parts) == 1:
            text = text.replace("f", "g") + layer_of(parts[0], tree.position)
        return replace(tree, text=text, parts=parts)

    def write(self, tree: Tree) -> str:
        return write(self._moved(bare(tree), 1))

    def _moved(self, tree: Tree, way: int) -> Tree:
        """With every layer's number moved, which is 1 from the notation's to the program's or back."""
        parts = tuple(self._moved(part, way) for part in tree.parts)
        match = re.fullmatch(r"([a-zA-Z]+)(\d{1,6})", tree.text) if tree.kind in ("name", "call") else None
        if not match or not self.first:
            return replace(tree, parts=parts)
        moved = int(match[2]) + way * (self.first + self.weights * (match[1].lstrip("d") in ("W", "b")))
        return replace(tree, text=f"{match[1]}{moved}" if moved >= 0 else f"{match[1]}_{moved}", parts=parts)


_NAMES = re.compile(r"(d?|d[JLCE]_?d)_?(delta|[wbza])_?([0-9]{1,6})", re.IGNORECASE)
_OUTPUTS = ("y_hat", "yhat", "y_pred")
_OTHER_NAMES = {"X": "x", "Y": "y", "P": "p", "n": "m", "N": "m", "lambda": "lam", "lmbda": "lam"}


def layer_of(operand: Tree, position: int) -> str:
    """The number of the layer whose activation g or f is that is applied to something."""
    for name in names_in(operand):
        if match := re.fullmatch(r"[az](\d+)", name):
            return match[1]
    raise FormulaError("check_formula.whose_activation", position=position)


def is_latex(text: str) -> bool:
    """Whether a formula is LaTeX beyond doubt."""
    return re.search(r"\\[a-zA-Z]|[\^_]\s*\{|\b[A-Za-z](\^[0-9A-Za-z])?_[A-Za-z]\b", text) is not None


def is_of_batch(text: str, notation: Notation | None) -> bool:
    """Whether LaTeX speaks of several samples: it sums over them, or has their number. Capital letters hold
    all samples as their columns, so that beside these the number alone says nothing."""
    if re.search(r"(?<![a-zA-Z\\])m(?![a-zA-Z])", text):
        return r"\sum" in text or not CAPITALS.search(text)
    return notation is not None and _bare_tex(notation.samples) in _bare_tex(text)


CAPITALS = re.compile(r"(?<![\\A-Za-z])[AZX](?![A-Za-z])|\bd[AZ]\b")


def _bare_tex(tex: str) -> str:
    return re.sub(r"[\s{}]", "", tex)
