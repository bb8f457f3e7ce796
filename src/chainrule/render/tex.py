r"""Expressions as TeX: `\sum_{k} y_{k} \, \ln\left(a_{k}\right)`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from chainrule.expr import Node
from chainrule.primitives import ATOM, POWER, PRIMITIVES, PRODUCT, SUM, Primitive
from chainrule.render.index_form import Code, IndexForm, Letters
from chainrule.render.numpy_source import number
from chainrule.render.text import SAMPLES

_SYMBOLS = {"lr": r"\eta", "l1": r"\lambda_{1}", "l2": r"\lambda_{2}"}
_GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "lambda", "mu", "rho", "sigma", "tau"}
_OF_A_LAYER = re.compile(r"((?:d|\w_)?(?:W|b|z|a|delta))(\d+)")
"""Names whose number is a layer's; it is written on top, where it is no index."""


def tex(node: Node) -> str:
    """An expression as TeX for mathematics mode."""
    return _TEX.write(node)


_NEGATED = {"greater": r"\le", "equal": r"\ne"}
_TURNED = {">": "<", r"\le": r"\ge", "=": "=", r"\ne": r"\ne"}


class TexForm(IndexForm):
    def code(self, node: Node, letters: Letters) -> Code:
        if node.op == "elementwise" and node.data == "select":
            return self._cases(node, letters)
        return super().code(node, letters)

    def leaf(self, name: str, letters: Sequence[str]) -> Code:
        below = [self.letter(letter) for letter in letters]
        if name in _SYMBOLS:
            return _SYMBOLS[name], ATOM
        if match := _OF_A_LAYER.fullmatch(name):
            # what carries an exponent cannot carry another one
            return f"{_symbol(match[1])}{_below(below)}^{{({match[2]})}}", POWER
        base = name.rstrip("0123456789")
        number = name[len(base) :]
        return _symbol(base) + _below([*([number] if number else []), *below]), ATOM

    def number(self, value: float) -> Code:
        if value == 0.5:
            return self.one_over("2"), PRODUCT
        if math.isinf(value):
            digits = r"\infty" if value > 0 else r"-\infty"
        else:
            digits = re.sub(r"e([-+]?)0*(\d+)", r" \\cdot 10^{\1\2}", number(value)[0]).replace("{+", "{")
        return digits, SUM if value < 0 else PRODUCT if "cdot" in digits else ATOM

    def one_over(self, number: str) -> str:
        return rf"\frac{{1}}{{{number}}}"

    def size(self, dim: str) -> str:
        return SAMPLES if dim == "n" else self.letter(dim.upper())

    def letter(self, dim: str) -> str:
        return re.sub(r"(?<=[A-Za-z])(\d+)$", r"_{\1}", dim)

    def over(self, word: str, dims: Sequence[str], letters: Letters) -> str:
        return rf"\{word}_{{{' '.join(self.letter(letters[dim]) for dim in dims)}}}"

    def brackets(self, code: str) -> str:
        return rf"\left({code}\right)"

    def where(self, condition: str) -> str:
        return rf"\mathbb{{1}}({condition})"

    def _cases(self, node: Node, letters: Letters) -> Code:
        condition, yes, no = node.args
        holds, fails = self._comparison(condition, letters)
        rows = [(self.code(yes, letters)[0], holds), (self.code(no, letters)[0], fails)]
        return r"\begin{cases} " + r" \\ ".join(f"{u} & {c}" for u, c in rows) + r" \end{cases}", ATOM

    def _comparison(self, condition: Node, letters: Letters) -> tuple[str, str]:
        """A condition and its opposite; a number stands on the right."""
        if condition.data not in _NEGATED:
            text = self.code(condition, letters)[0]
            return rf"{text} \ne 0", f"{text} = 0"
        a, b = condition.args
        holds, fails = (">" if condition.data == "greater" else "="), _NEGATED[str(condition.data)]
        if isinstance(a.data, float):
            a, b, holds, fails = b, a, _TURNED[holds], _TURNED[fails]
        left, right = (self.code(side, letters)[0] for side in (a, b))
        return f"{left} {holds} {right}", f"{left} {fails} {right}"

    def template(self, row: Primitive) -> str:
        return row.tex

    def strength(self, name: str) -> float:
        row = PRIMITIVES[name]
        if name == "neg":
            return SUM
        return min(row.binds, POWER) if "^" in row.tex else row.binds


def _below(letters: Sequence[str]) -> str:
    separator = " " if all(len(letter) == 1 for letter in letters) else ", "
    return f"_{{{separator.join(letters)}}}" if letters else ""


def _symbol(name: str) -> str:
    """What a name without its number looks like."""
    if name in _GREEK:
        return f"\\{name}"
    return name if len(name) == 1 else r"\mathrm{" + name.replace("_", r"\_") + "}"


_TEX = TexForm()
