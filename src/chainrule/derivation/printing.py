r"""Expressions of scalar calculus as TeX: derivatives not yet taken, cases without words, exact numbers.

\frac{d}{dz}\left[\frac{1}{1 + e^{-z}}\right]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from chainrule.derivation.numbers import exactly
from chainrule.expr import ONE, Node, div, elementwise, in_order, mul, neg
from chainrule.primitives import ATOM, POWER, PRODUCT, SUM, Primitive
from chainrule.render.index_form import SERIES, Code, Letters
from chainrule.render.tex import TexForm
from chainrule.render.tex_layout import LOOKS

TALL = (r"\frac", r"\sum", r"\begin", r"\max_", r"\left")
_DIGITS, _SHORT = 15, 10
"""A number is printed with so many digits; one that has no short decimal as what it is exactly, if it is."""
_NUMBER_FIRST = re.compile(r"\d|\\frac\{(d|\\partial)\}")
_NUMBER = re.compile(r"-?[\d.]+")


class RuleForm(TexForm):
    r"""Prints expressions. symbols: TeX by the name of a leaf, for names that are no names of a user's.

    several: whether there are several variables, so that a derivative is a partial one.
    scalars: names of what has no index, where derivatives of indexed ones occur.
    sigmoid: what the sigmoid is called where \sigma stands for another function.
    """

    def __init__(
        self,
        symbols: Mapping[str, str] | None = None,
        *,
        several: bool = False,
        scalars: Sequence[str] = ("J",),
        sigmoid: str = r"\sigma",
    ) -> None:
        self.symbols = symbols or {}
        self.d = r"\partial" if several else "d"
        self.scalars = scalars
        self.sigmoid = sigmoid

    def write(self, node: Node, letters: Letters | None = None) -> str:
        return tightened(super().write(node, letters))

    def code(self, node: Node, letters: Letters) -> Code:
        match node.data if node.op == "elementwise" else "":
            case "derivative":
                u, variable = node.args
                over = f"{self.by(self.d)}{self.code(variable, letters)[0]}"
                return rf"\frac{{{self.d}}}{{{over}}}\left[{self.code(u, letters)[0]}\right]", PRODUCT
            case "mul" if _is_negative(node.args[0]):
                return self.code(neg(mul(-float(node.args[0].data or 0.0), node.args[1])), letters)
            case "div" if node.args[1].op == "size" and _is_high(node.args[0]):
                return self.code(elementwise("mul", div(ONE, node.args[1]), node.args[0]), letters)
            case "div" if _is_part(node.args[0]):  # (1/2)/u = 1/(2 u)
                top, bottom = node.args
                return self.code(div(ONE, mul(1 / float(top.data or 1.0), bottom)), letters)
        return super().code(node, letters)

    def by(self, d: str) -> str:
        """A sign of differentiation as it stands before a symbol."""
        return f"{d} " if d.startswith("\\") else d

    def leaf(self, name: str, letters: Sequence[str]) -> Code:
        if name.startswith("∂"):
            top, bottom = name[1:].split("/∂")
            # one index is that of both, where the upper one has any
            over = self.leaf(top, () if top in self.scalars else letters[:1])[0]
            under = self.leaf(bottom, letters[-1:])[0]
            return rf"\frac{{{self.by(self.d)}{over}}}{{{self.by(self.d)}{under}}}", PRODUCT
        if name.endswith("'"):
            return f"{self.leaf(name[:-1], letters)[0]}'", ATOM
        tex = self.symbols[name] if name in self.symbols else symbol(name)
        below = f"_{{{' '.join(map(self.letter, letters))}}}" if letters else ""
        return tex + below, POWER if "^" in tex else ATOM

    def number(self, value: float) -> Code:
        rounded = float(f"{value:.{_DIGITS}g}")
        if value < 0:
            return f"-{self.number(-value)[0]}", SUM
        tex = exactly(value) if len(repr(rounded)) > _SHORT else None
        return (tex, PRODUCT) if tex else super().number(rounded)

    def fresh(self, dim: str) -> Iterable[str]:
        return (dim, "i", *super().fresh(dim))

    def template(self, row: Primitive) -> str:
        if row.name == "sigmoid":
            return self.sigmoid.replace("{", "{{").replace("}", "}}") + r"\left({0}\right)"
        return row.tex

    def _put(self, name: str, codes: Sequence[Code]) -> Code:
        if name == "mul" and codes[0][1] == SERIES != codes[1][1]:  # a sum takes in what is behind it
            codes = codes[::-1]
        text, binds = super()._put(name, codes)
        right, strength = codes[-1]
        if name == "mul" and (_NUMBER.fullmatch(right) or (strength > SUM and _NUMBER_FIRST.match(right))):
            # a product shows its sign before a number, and before a derivative not yet taken
            at = text.rindex(r"\,", 0, len(text) - len(right))
            text = rf"{text[:at]}\cdot{text[at + 2 :]}"
        return text, binds


def _is_negative(node: Node) -> bool:
    return isinstance(node.data, float) and node.data < 0


def _is_high(node: Node) -> bool:
    """Whether it is better not written above a line."""
    return any(part.data in ("derivative", "select") for part in in_order([node]))


def _is_part(node: Node) -> bool:
    """Whether it is 1/2, 1/3 or the like, which stands in a denominator as a whole number."""
    number = node.data
    return isinstance(number, float) and 0 < number < 1 and (1 / number).is_integer() and number >= 1e-3


def symbol(name: str) -> str:
    r"""A user's name: `x1` is x_{1}, `alpha` is \alpha, `w_out` is w_{\mathrm{out}}."""
    match = re.fullmatch(r"([^\W\d_]+)_?(\w*)", name)
    if match is None:
        return _word(name)
    base, below = match.groups()
    return _word(base) + (
        f"_{{{', '.join(_word(part) for part in below.split('_') if part)}}}" if below else ""
    )


def _word(name: str) -> str:
    for tex, look in LOOKS.items():
        if name in (tex[1:], look.text) and "GREEK" in unicodedata.name(look.text[0], ""):
            return tex
    return name if len(name) == 1 or name.isdigit() else r"\mathrm{" + name.replace("_", r"\_") + "}"


_FENCE = re.compile(r"\\left([(\[|])|\\right([)\]|])")


def tightened(tex: str) -> str:
    r"""TeX without \left and \right around what is no higher than a line."""
    pieces: list[str] = []
    opened: list[int] = []
    at = 0
    for match in _FENCE.finditer(tex):
        pieces += [tex[at : match.start()], match[0]]
        at = match.end()
        if match[1]:
            opened.append(len(pieces) - 1)
            continue
        first = opened.pop()
        inside = "".join(pieces[first + 1 : -1])
        bars = match[2] == "|" and "|" in inside  # ||x|| would be a norm
        if not bars and not any(tall in inside for tall in TALL):
            pieces[first], pieces[-1] = pieces[first][-1], match[2]
    return "".join([*pieces, tex[at:]])
