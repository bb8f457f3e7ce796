"""Formulas with numbers put in: what stands for a name is its value, rounded only where it is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chainrule.derivation.numbers import value
from chainrule.documents.document import Step
from chainrule.expr import Node, in_order
from chainrule.primitives import ATOM, SUM, Primitive
from chainrule.render.index_form import Code
from chainrule.render.tex import TexForm

Numbers = Callable[[str], float]
"""From the name of an entry, `W1[2,1]`, `C`, `∂C/∂a2[1]`, to its value."""


def rounded(number: float, digits: int) -> str:
    """TeX of a number to so many significant digits."""
    text = f"{number:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else text


class Worked:
    """Puts numbers into expressions of single entries. digits: significant digits that are shown."""

    def __init__(self, numbers: Numbers, digits: int = 4) -> None:
        self.numbers = numbers
        self.digits = digits
        self.form = _Put(self)

    def value(self, node: Node) -> float:
        """The value of an expression, of the names' own values and not of the rounded ones."""
        names = {str(n.data): self.numbers(str(n.data)) for n in in_order([node]) if n.op == "leaf"}
        return value(node, names)

    def steps(self, node: Node) -> list[Step]:
        """The expression with its numbers, and what it comes to."""
        result = self.value(node)
        shown = rounded(result, self.digits)
        relation = "=" if float(f"{result:.{self.digits}g}") == result else r"\approx"
        put = self.form.write(node)
        first = [] if node.op in ("leaf", "const") else [Step(put)]
        return [*first, Step(shown, relation)]

    def misleads(self, node: Node) -> tuple[str, str] | None:
        """What the rounded numbers of a product would give, and what it is, where they differ as shown."""
        names = [str(n.data) for n in in_order([node]) if n.op == "leaf"]
        short = {name: float(f"{self.numbers(name):.{self.digits}g}") for name in names}
        printed, exact = (rounded(number, self.digits) for number in (value(node, short), self.value(node)))
        return (printed, exact) if printed != exact else None


class _Put(TexForm):
    def __init__(self, worked: Worked) -> None:
        self.worked = worked

    def leaf(self, name: str, letters: Sequence[str]) -> Code:
        number = self.worked.numbers(name)
        text = rounded(number, self.worked.digits)
        return text, SUM if number < 0 or "cdot" in text else ATOM

    def template(self, row: Primitive) -> str:
        return r"{0} \cdot {1}" if row.name == "mul" else row.tex

    def brackets(self, code: str) -> str:
        return rf"\left({code}\right)" if re.search(r"\\frac|\\sum", code) else f"({code})"
