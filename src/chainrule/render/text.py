"""Expressions as a line of plain text: `sum_k y_k * log(a_k)`.

A formula without sums is written in the grammar that the program itself reads, but for `^` and `|z|`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.expr import Node
from chainrule.primitives import ATOM, PRIMITIVES, PRODUCT, SUM, Primitive
from chainrule.render.index_form import Code, IndexForm, Letters
from chainrule.render.numpy_source import number

SAMPLES = "m"
"""How many samples there are; the size of any other dim is its letter in upper case."""


def text(node: Node) -> str:
    """An expression as one line of text; dims are letters behind an underscore."""
    return _TEXT.write(node)


class _Text(IndexForm):
    def leaf(self, name: str, letters: Sequence[str]) -> Code:
        if not letters:
            return name, ATOM
        together = _together(letters)
        short = len(together) == len(letters)
        return f"{name}_{together}" if short else f"{name}[{together}]", ATOM

    def number(self, value: float) -> Code:
        if value == 0.5:
            return self.one_over("2"), PRODUCT
        return number(value)[0], SUM if value < 0 else ATOM

    def one_over(self, number: str) -> str:
        return f"1/{number}"

    def size(self, dim: str) -> str:
        return SAMPLES if dim == "n" else dim.upper()

    def letter(self, dim: str) -> str:
        return dim

    def over(self, word: str, dims: Sequence[str], letters: Letters) -> str:
        return f"{word}_{_together([letters[dim] for dim in dims])}"

    def brackets(self, code: str) -> str:
        return f"({code})"

    def where(self, condition: str) -> str:
        return f"1({condition})"

    def template(self, row: Primitive) -> str:
        return row.text

    def strength(self, name: str) -> float:
        # -a b and -(a b) are the same, so a minus sign takes in a product without parentheses
        return SUM if name == "neg" else PRIMITIVES[name].binds


def _together(letters: Sequence[str]) -> str:
    return ("" if all(len(letter) == 1 for letter in letters) else ",").join(letters)


_TEXT = _Text()

_PLAIN = [
    (r"\\text\{([^{}]*)\}|\\math(?:cal|bb)\{(\w)\}", r"\1\2"),
    (r"\\hat (\w)", "\\1\N{COMBINING CIRCUMFLEX ACCENT}"),
    (r"\\bar (\w)", "\\1\N{COMBINING MACRON}"),
    (r"\\leftarrow\b", "<-"),
    (r"\\left|\\right|\\[;,]|\\(?=[{}#])", ""),
    (r"\^\{([^{}]*[-+*/ ][^{}]*)\}", r"^(\1)"),
    (r"([_^])\{([^{}]*)\}", r"\1\2"),
    (r"\\ne\b", "≠"),
    (r"\\sum", "sum"),
    (r"\\(cos|sin|tan)\b", r"\1"),
    (r"\\eta\b", "lr"),
    (r"\\alpha\b", "α"),
    (r"\\pi\b", "π"),
    (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
    (r"\\frac\{(\w+)\}\{(\w+)\}", r"\1/\2"),
    (r"\\frac\{(\w+)\}\{([^{}]*)\}", r"\1/(\2)"),
    (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1) / (\2)"),
    (r" {2,}", " "),
]


def from_tex(tex: str) -> str:
    """The simple TeX of a catalogue row whose function is no expression, as a line of text."""
    for pattern, plain in _PLAIN:
        tex = re.sub(pattern, plain, tex)
    return tex
