"""Every formula of a network's derivations, read back from its TeX and evaluated."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import network_table
from chainrule.check.formula.values import Case, FormulaValues
from chainrule.check.network_values import NetworkValues
from chainrule.derivation.layer import LayerDerivation
from chainrule.derivation.node import NodeDerivation
from chainrule.derivation.writer import Writer
from chainrule.documents.document import Block, Formula
from chainrule.network import NetworkDefinition
from chainrule.notation import find_notation
from chainrule.notation.notation import Place
from chainrule.notation.quantity import quantity, split_entry
from chainrule.notation.reader import Reader
from chainrule.notation.terms import Activation, Named, Term
from chainrule.program import STEP, build
from chainrule.update import UpdateRule

Array = NDArray[np.float64]

SMALL = 1e-3
"""Numbers are compared relative to the largest of their array, but to no smaller one than this: the cost of a
softmax of a single unit is 0."""


class Printed(NamedTuple):
    """A formula, and the name of the quantity that its left side is of."""

    formula: Formula
    of: str

    @property
    def place(self) -> Place:
        assert isinstance(self.formula.place, Place)
        return self.formula.place

    @property
    def sides(self) -> list[str]:
        return [self.formula.left, *(step.tex for step in self.formula.steps)]

    def moved(self, by: int) -> Printed:
        """The same where its letter for a layer stands for another one."""
        place = dataclasses.replace(self.place, anchor=(self.place.anchor or 0) + by)
        of = re.sub(r"\d+", lambda number: str(int(number[0]) + by), self.of)
        return Printed(dataclasses.replace(self.formula, place=place), of)

    def with_side(self, number: int, tex: str) -> Printed:
        """The same with another TeX for one of the sides."""
        steps = list(self.formula.steps)
        steps[number - 1] = dataclasses.replace(steps[number - 1], tex=tex)
        return self._replace(formula=dataclasses.replace(self.formula, steps=tuple(steps)))


class Recorded(Writer):
    """Derivations whose formulas know what they are of."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.written: list[Printed] = []

    def by_entries(self, left: Any, *arguments: Any, **options: Any) -> Formula:
        return self.noted(super().by_entries(left, *arguments, **options), left)

    def by_matrices(self, left: Any, *arguments: Any, **options: Any) -> Iterator[Formula]:
        for formula in super().by_matrices(left, *arguments, **options):
            yield self.noted(formula, left)

    def noted(self, formula: Formula, left: Any) -> Formula:
        self.written.append(Printed(formula, split_entry(str(left.data))[0]))
        return formula

    def printed(self, blocks: Iterator[Block]) -> Iterator[Printed]:
        for block in blocks:
            if isinstance(block, Formula):
                yield next(printed for printed in reversed(self.written) if printed.formula is block)


class Layers(Recorded, LayerDerivation):
    pass


class Nodes(Recorded, NodeDerivation):
    def with_letters(self, left: Any, *arguments: Any, **options: Any) -> Formula:
        return self.noted(super().with_letters(left, *arguments, **options), left)


def formulas(net: NetworkDefinition, notation: str, update: str | UpdateRule = "sgd") -> Iterator[Printed]:
    """The derivation in vectors and matrices, and of a bias of the last layer, and of one weight of the first
    where samples do not act on one another."""
    layers = Layers(net, find_notation(notation), update)
    yield from layers.printed(layers.blocks())
    nodes = Nodes(net, find_notation(notation), update)
    for entry in ("W1[0,0]", f"b{len(net.layers)}[0]")[net.mixes_samples :]:
        yield from nodes.printed(nodes.follow(entry))


class ReadBack:
    """Evaluates the formulas of one network in one notation."""

    def __init__(self, net: NetworkDefinition, notation: str, update: str | UpdateRule = "sgd") -> None:
        self.net = net.resolved()
        self.notation = find_notation(notation)
        self.values = values(self.net, update)
        program = self.values.batch
        step = {line.name for line in program.of(*STEP)} - program.held.keys()
        self.reader = Reader(self.notation, self.net, step)

    def apart(self, printed: Printed) -> float:
        """How far the sides of a formula are apart, at most. Raises FormulaError."""
        return max(
            difference(case.values[0], other) for case in self.cases(printed) for other in case.values[1:]
        )

    def cases(self, printed: Printed) -> list[Case]:
        place = printed.place
        left, *sides = [self.reader.read(tex, place) for tex in printed.sides]
        given = self.values
        if any(step.relation == self.notation.arrow for step in printed.formula.steps):
            given = given.at_update(printed.of, batch=place.batch)
            left = renewed(left, printed.of)
        cases = FormulaValues(self.reader, given).cases([left, *sides])
        own = [case for case in cases if about(left, printed.of, case)]
        assert own, (printed, [case.layers for case in cases])
        return own


def values(net: NetworkDefinition, update: str | UpdateRule = "sgd") -> NetworkValues:
    """All quantities of a network for three samples."""
    x, y = network_table.batch(net, 3)
    if net.resolved().loss == "cross_entropy":
        y /= y.sum(axis=1, keepdims=True)
    program = build(net, update)
    rng = np.random.default_rng(7)
    states = {name: rng.random(program.shape(name)) for name in (*program.states, *program.statistics)}
    scalars = {"lr": 0.3, "t": 4.0}
    return NetworkValues(net, x, y, network_table.parameters(net), update, scalars=scalars, states=states)


def renewed(left: Term, name: str) -> Term:
    """The new value of what is updated."""
    assert isinstance(left, Named)
    own = [choice for choice in left.choices if choice.name == name]
    return dataclasses.replace(
        left, choices=tuple(dataclasses.replace(choice, name=f"new {name}") for choice in own)
    )


def about(left: Term, name: str, case: Case) -> bool:
    """Whether the indices of the left side are of the layers that the formula is about."""
    if not case.layers:
        return True
    if isinstance(left, Activation):  # g'(z)
        letter = "u" if "u" in str(left.operand) else "z"
        return about(left.operand, f"{letter}{quantity(name).layer}", case)
    assert isinstance(left, Named)
    return any(
        all(case.layers.get(str(i), p) == p for i, p in zip(left.indices, choice.layers, strict=False))
        for choice in left.choices
        if choice.name in (name, f"new {name}")
    )


def difference(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max() / max(np.abs(a).max(), np.abs(b).max(), SMALL))
