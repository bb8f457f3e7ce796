r"""The languages in which a formula is written: much as in Python, and in `formula_tex` a textbook's LaTeX.

Both are read to the same trees, in the program's names: the input is layer 0, delta is dJ/dz. In a textbook's
notation layers have its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from chainrule.check.formula_draws import Draws
from chainrule.check.python_formula import bare, parse, write
from chainrule.errors import FormulaError
from chainrule.formula import Tree
from chainrule.notation.notation import Notation


class EntriesError(FormulaError):
    """A formula for single entries, which is no tree. factor: from the quantity that it is for to the number
    that it has to be multiplied by, None where there is none; may raise FormulaError."""

    def __init__(self, position: int, factor: Callable[[str], float | None]) -> None:
        super().__init__("check_formula.entries", position=position)
        self.factor = factor


class Form(Protocol):
    """A language for formulas of one network."""

    def read(self, text: str, draws: Draws) -> Tree:
        """The tree of a formula, in the program's names. Raises FormulaError."""

    def write(self, tree: Tree) -> str:
        """The formula in this language."""


class PythonForm:
    """Much as in Python. notation: whose numbers layers have; None: the program's."""

    def __init__(self, notation: Notation | None) -> None:
        self.first = notation.first if notation else 0
        self.weights = notation.weights if notation else 0

    def read(self, text: str, draws: Draws) -> Tree:
        return self._moved(parse(text), -1)

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


def is_latex(text: str) -> bool:
    """Whether a formula is LaTeX beyond doubt."""
    return re.search(r"\\[a-zA-Z]|\^\s*\{", text) is not None


def is_of_batch(text: str, notation: Notation | None) -> bool:
    """Whether LaTeX speaks of several samples: it sums over them, or has their number."""
    if re.search(r"(?<![a-zA-Z\\])m(?![a-zA-Z])", text):
        return True
    return notation is not None and _bare_tex(notation.samples) in _bare_tex(text)


def _bare_tex(tex: str) -> str:
    return re.sub(r"[\s{}]", "", tex)
