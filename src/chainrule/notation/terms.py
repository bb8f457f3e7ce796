"""Formulas as trees of what they mean: what `reader` reads, and what can be evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

Index = str | int
"""A letter, or a number."""


@dataclass(frozen=True)
class Choice:
    """A quantity by its name (see `quantity`); for each of its indices the layer whose units it counts, and
    the number of the first of them."""

    name: str
    layers: tuple[int, ...] = ()
    starts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Number:
    value: float
    position: int


@dataclass(frozen=True)
class Named:
    """A quantity: an entry where it has indices, else the whole array. choices: what it may stand for."""

    choices: tuple[Choice, ...]
    indices: tuple[Index, ...]
    position: int


@dataclass(frozen=True)
class Letter:
    """An index by itself, as in `j = k`."""

    index: Index
    position: int


@dataclass(frozen=True)
class Sum:
    """Terms with their signs, 1 or -1."""

    signs: tuple[int, ...]
    terms: tuple[Term, ...]
    position: int


@dataclass(frozen=True)
class Product:
    """Factors side by side, or entry by entry. dotted: the numbers of those with a dot before them."""

    factors: tuple[Term, ...]
    entrywise: bool
    position: int
    dotted: tuple[int, ...] = ()


@dataclass(frozen=True)
class Apply:
    """A function of the table of primitives, or `quotient` (entry by entry), `transpose`, `norm` (the root of
    the sum of all squares) or `norm1` (the sum of all absolute values)."""

    function: str
    operands: tuple[Term, ...]
    position: int


@dataclass(frozen=True)
class Activation:
    """An activation, as a network names it, or its derivative, of something."""

    name: str
    derived: bool
    operand: Term
    position: int


@dataclass(frozen=True)
class Series:
    """A sum over letters, the largest value over them, or a sum over the samples.

    among: `outputs`, or `next` for the units of the layer behind the one whose index is `after`, `same` for
    those of that layer, `layer` for those of layer number `after`; empty: all for which the body means
    something. end: the last value of the letter, where it is written.
    """

    kind: Literal["sum", "max", "samples"]
    letters: tuple[str, ...]
    body: Term
    position: int
    among: str = ""
    after: Index = ""
    end: Term | None = None


@dataclass(frozen=True)
class Shaped:
    """Something with its shape written below."""

    body: Term
    rows: Term
    columns: Term
    position: int


Term = Number | Named | Letter | Sum | Product | Apply | Activation | Series | Shaped


def parts_of(term: Term) -> Iterator[Term]:
    """A formula and everything in it, from left to right."""
    yield term
    for field in fields(term):
        part = getattr(term, field.name)
        for each in part if isinstance(part, tuple) else (part,):
            if hasattr(each, "position"):
                yield from parts_of(each)
