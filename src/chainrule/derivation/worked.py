"""Formulas with numbers put in: what stands for a name is its value, rounded only where it is printed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import reduce
from itertools import product
from typing import Any, Protocol

from chainrule.documents.document import Block, Formula, Paragraph, Step, Table
from chainrule.expr import ONE, ZERO, Node, add, contract, in_order, leaf, size, summed_dims, transform
from chainrule.expr import replace as replace_in
from chainrule.network import NetworkDefinition
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.printer import Printer, brackets
from chainrule.notation.quantity import quantity, split_entry
from chainrule.primitives import ATOM, SUM, Primitive
from chainrule.render.entries import entry_name
from chainrule.render.index_form import Code
from chainrule.render.tex import TexForm
from chainrule.sentences import say

MOST = 8
"""Of longer rows, columns and sums the first and last are shown; of more samples than this, the first."""
FIRST, LAST = 2, 2
"""So many of each are shown of what is too long."""

DOTS = "dots"
"""The name of what stands for the middle of a sum."""
BLANK = Step(r"\ldots\ldots\ldots")
"""Room for a number."""

Nested = Any
"""A number, or lists of them as deep as an array has axes."""


class Numbers(Protocol):
    """Where the numbers come from. samples: how many there are. sizes: of all dims but n."""

    samples: int
    sizes: dict[str, int]

    def value(self, name: str, *, each: bool = False, at: str = "") -> Nested:
        """What a name of a derivation stands for: of one sample, or along n of every sample; before the step,
        or where the new value of `at` is computed."""
        ...

    def of_samples(self, name: str) -> bool:
        """Whether every sample has a value of its own."""
        ...

    def evaluate(self, node: Node, at: str = "", digits: int | None = None) -> Nested:
        """The value of an expression. at: what the expression is the new value of, in a step.
        digits: those to which the names' values are rounded before."""
        ...


def rounded(number: float, digits: int) -> str:
    """TeX of a number to so many significant digits."""
    if not math.isfinite(number):
        return {math.inf: r"\infty", -math.inf: r"-\infty"}.get(number, r"\mathrm{NaN}")
    text = f"{number:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else text


class Worked:
    """Puts numbers into formulas.

    digits: significant digits that are shown. tables: whether what every sample has stands in a table of all
    of them; else the numbers are those of one. blanks: whether room is left for all numbers but the given
    ones, for an exercise.
    """

    def __init__(
        self,
        numbers: Numbers,
        printer: Printer,
        digits: int = 4,
        *,
        tables: bool = False,
        blanks: bool = False,
    ) -> None:
        self.numbers = numbers
        self.printer = printer
        self.digits = digits
        self.tables = tables
        self.blanks = blanks
        self.terms = {DOTS: r"\cdots"}
        """TeX of what is no quantity: the middle of a sum, and each sample's term in a sum over them."""
        self.form = _Entries(self)
        own = {f.name: getattr(printer.notation, f.name) for f in fields(Notation)}
        with_numbers = _WithNumbers(**own | {"sample_count": str(numbers.samples)}, worked=self)
        self.matrices = Printer(with_numbers, printer.net)
        self.shown: set[str] = set()
        self._at = ""  # what the formula in hand is the new value of

    # Single numbers

    def steps(self, node: Node) -> list[Step]:
        """A single number, an expression over single entries, with its numbers, and what it comes to."""
        if self.tables:
            return []
        if self.blanks:
            return [BLANK]
        flat, name = None, str(node.data)
        if node.op == "leaf" and self.activation(name):
            flat = f"{self.activation(name)}{brackets(self.text(self.weighted_input(name)))}"
        elif node.op not in ("leaf", "const"):
            flat = self.form.write(shortened(node))
        return [*([Step(flat)] if flat else []), self.result(node)]

    def result(self, node: Node, at: str = "") -> Step:
        """What an expression comes to; where the rounded numbers would give another last digit, what."""
        if self.blanks:
            return BLANK
        exact = self.numbers.evaluate(node, at)
        shown, reason = self.text(exact), ""
        if not isinstance(exact, list):
            by_rounded = self.text(self.numbers.evaluate(node, at, self.digits))
            if by_rounded != shown and math.isfinite(exact):
                reason = say("trace.rounding", rounded=f"${by_rounded}$")
        return Step(shown, "=" if self.is_exact(exact) else r"\approx", reason)

    def activation(self, name: str) -> str:
        """The symbol of the activation that a name like `g1[2]` is the value of; empty for other names."""
        what = quantity(split_entry(name)[0])
        return self.printer.notation.activation(self.printer.net, what.layer or 0) if what.kind == "g" else ""

    def weighted_input(self, name: str) -> Nested:
        array, places = split_entry(name)
        layer = quantity(array).layer or 0
        letter = "u" if self.printer.net.layers[layer - 1].norm else "z"
        return self.numbers.value(entry_name(f"{letter}{layer}", places))

    def of_name(self, name: str) -> str:
        """TeX of the number, or the numbers, that a name stands for."""
        return self.terms.get(name) or self.text(self.numbers.value(name, at=self._at))

    # Arrays

    def arrays(self, formula: Formula, left: Node, sides: Sequence[Node]) -> Iterator[Block]:
        """A formula in matrix form, followed by its numbers. sides: what `left` is equal to."""
        name = str(left.data)
        if self.tables and self.numbers.of_samples(name):
            yield formula
            yield from self.table(left, blanks=self.blanks)
            return
        *_, last = sides
        if last.op == "const":  # there is nothing to compute
            yield formula
            return
        if self.blanks:
            yield replace(formula, steps=(*formula.steps, BLANK))
            return
        if self.tables and any(self.is_of_one_sample(side) for side in sides):
            yield formula
            return
        self._at = name
        put = self.put_in(sides)
        self._at = ""
        yield replace(formula, steps=(*formula.steps, *([Step(put)] if put else []), self.result(last, name)))
        if is_large(value := self.numbers.evaluate(last, name)):
            yield self.large(left, value)

    def put_in(self, sides: Sequence[Node]) -> str | None:
        """The last side that is of no sum over the samples, in numbers; else the first, sample by sample."""
        put = [side for side in sides if not any("n" in part.dims for part in in_order([side]))]
        node = put[-1] if put else self.sample_by_sample(sides[0])
        if node.op == "leaf" and not self.activation(str(node.data)):
            return None
        single = not any(part.dims for part in in_order([node]))
        return self.form.write(node) if single else self.matrices.matrix(node)

    def sample_by_sample(self, node: Node) -> Node:
        """Sums over the samples as what each of them has, added up."""
        one_by_one = {part: self.added_up(part) for part in in_order([node]) if "n" in summed_dims(part)}
        if self.numbers.samples == 1:
            one_by_one[size("n")] = ONE
        return shortened(replace_in([node], one_by_one)[0])

    def added_up(self, series: Node) -> Node:
        """The terms of a sum over the samples, each by a name of its own."""
        total = ZERO
        for value in self.numbers.evaluate(contract(("n", *series.dims), *series.args)):
            name = f"term {len(self.terms)}"
            self.terms[name] = self.text(value)
            total = add(total, leaf(name, series.dims))
        return total

    def given(self, array: Node) -> Iterator[Block]:
        """An array that is known from the start: `W = [[1, 2], [3, 4]]`."""
        if self.numbers.samples > 1 and self.numbers.of_samples(str(array.data)):
            yield from self.table(array)
            return
        value = self.numbers.value(str(array.data))
        step = Step(self.text(value), "=" if self.is_exact(value) else r"\approx")
        yield Formula(self.printer.matrix(array) or "", (step,), place=NUMBERED)
        if is_large(value):
            yield self.large(array, value)

    def table(self, left: Node, *, blanks: bool = False) -> Iterator[Block]:
        """What every sample has, a sample a row; once for each array."""
        name = str(left.data)
        if name in self.shown:
            return
        self.shown.add(name)
        rows = self.numbers.value(name, each=True)
        counts = shape_of(rows)[1:]
        if math.prod(counts) > MOST:
            if not blanks:
                yield self.large(left, rows)
            return
        places = list(product(*(range(1, count + 1) for count in counts)))
        head = [self.symbol(name, place) for place in places]
        cells = []
        for number, row in enumerate(rows[:MOST], 1):
            values = [BLANK.tex if blanks else rounded(at(row, place), self.digits) for place in places]
            cells.append((str(number), *(f"${tex}$" for tex in values)))
        yield Table((say("trace.sample"), *(f"${tex}$" for tex in head)), tuple(cells))
        if len(rows) > MOST:
            yield Paragraph(say("trace.first_samples", shown=MOST, samples=len(rows)))

    def symbol(self, name: str, places: Sequence[int]) -> str:
        """What an entry of a quantity, or of a derivative of a single number, is called."""
        if not name.startswith("∂"):
            return self.printer.symbol(entry_name(name, places))
        top, bottom = name[1:].split("/∂")
        return self.printer.symbol(f"∂{top}/∂{entry_name(bottom, places)}")

    def large(self, left: Node, value: Nested) -> Paragraph:
        entries = list(flat(value))
        return Paragraph(
            say(
                "trace.large" if min(entries) < max(entries) else "trace.large.constant",
                array=f"${self.printer.matrix(left)}$",
                shape=" × ".join(map(str, shape_of(value))),
                lowest=f"${rounded(min(entries), self.digits)}$",
                highest=f"${rounded(max(entries), self.digits)}$",
                first=", ".join(f"${rounded(x, self.digits)}$" for x in entries[:MOST]),
            )
        )

    def is_of_one_sample(self, node: Node) -> bool:
        leaves = [part for part in in_order([node]) if part.op == "leaf" and "n" not in part.dims]
        return any(self.numbers.of_samples(str(part.data)) for part in leaves)

    def is_exact(self, value: Nested) -> bool:
        """Whether what is shown is the whole number, or all of them."""
        return all(float(f"{x:.{self.digits}g}") == x for x in flat(value))

    def text(self, value: Nested) -> str:
        """TeX of a number, of a vector as a column, of a matrix; the middle of a large one is left out."""
        if not isinstance(value, list):
            return rounded(value, self.digits)
        rows = [row if isinstance(row, list) else [row] for row in value]
        cells = [without_middle([rounded(x, self.digits) for x in row], r"\cdots") for row in rows]
        cells = without_middle(cells, [r"\vdots"] * len(cells[0]))
        return r"\begin{bmatrix} " + r" \\ ".join(map(" & ".join, cells)) + r" \end{bmatrix}"


def shortened(node: Node) -> Node:
    """The same without the middle of long sums."""

    def change(part: Node) -> Node | None:
        terms = []
        while part.data == "add":
            terms.append(part.args[1])
            part = part.args[0]
        terms = [part, *reversed(terms)]
        dots = leaf(DOTS, part.dims)
        if len(terms) <= MOST and dots not in terms:  # they are left out on the way up
            return None
        kept: list[Node] = without_middle([term for term in terms if term is not dots], dots, most=0)
        return reduce(add, kept)

    return transform([node], change)[0]


def without_middle(items: Sequence[Any], dots: Any, most: int = MOST) -> list[Any]:
    """All of them, or if there are more, the first and the last with dots between them."""
    return [*items] if len(items) <= most else [*items[:FIRST], dots, *items[-LAST:]]


def flat(value: Nested) -> Iterator[float]:
    """All numbers of nested lists."""
    if isinstance(value, list):
        for part in value:
            yield from flat(part)
    else:
        yield value


def shape_of(value: Nested) -> tuple[int, ...]:
    return (len(value), *shape_of(value[0])) if isinstance(value, list) else ()


def at(value: Nested, places: Sequence[int]) -> float:
    """The entry at places counted from 1."""
    for place in places:
        value = value[place - 1]
    return float(value)


def is_large(value: Nested) -> bool:
    return any(count > MOST for count in shape_of(value))


@dataclass(frozen=True, kw_only=True)
class _WithNumbers(Notation):
    """A notation whose symbols are the numbers that they stand for."""

    worked: Worked

    def symbol(
        self, name: str, indices: Sequence[str], net: NetworkDefinition, place: Place = NUMBERED
    ) -> str:
        if activation := self.worked.activation(name):
            return f"{activation}{brackets(self.worked.text(self.worked.weighted_input(name)))}"
        text = self.worked.of_name(name)
        return brackets(text) if text.startswith("-") else text


class _Entries(TexForm):
    """Index form of single entries, with their numbers."""

    def __init__(self, worked: Worked) -> None:
        self.worked = worked

    def leaf(self, name: str, letters: Sequence[str]) -> Code:
        text = self.worked.of_name(name)
        return text, SUM if text.startswith("-") or r"\cdot " in text else ATOM

    def size(self, dim: str) -> str:
        numbers = self.worked.numbers
        return str(numbers.samples if dim == "n" else numbers.sizes[dim])

    def template(self, row: Primitive) -> str:
        return {"mul": r"{0} \cdot {1}", "xlogy": r"{0} \cdot \ln {1}"}.get(row.name, row.tex)

    def brackets(self, code: str) -> str:
        return rf"\left({code}\right)" if re.search(r"\\frac|\\sum", code) else f"({code})"
