r"""What a reader has read, where it cannot be a tree at once.

Symbols that may be of several layers, as in a notation whose indices are numbers of nodes; and formulas with
words that trees lack, as `\mathbb{1}(i = j)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import permutations, product
from typing import Any

import numpy as np

from chainrule.check.formula.draws import CLOSE, Draws, may_use
from chainrule.check.formula.entries import axes
from chainrule.check.formula.values import FormulaValues
from chainrule.check.network_values import NetworkValues
from chainrule.errors import FormulaError
from chainrule.network import NetworkDefinition
from chainrule.notation.reader import Reader
from chainrule.notation.terms import Choice, Index, Named, Series, Term, parts_of

MOST_LETTERS = 5
NEAR = 2
"""Letters are of layers no further away than this."""


def program_name(name: str) -> str:
    """delta2 for ∂J/∂z2, dW1 for ∂C/∂W1."""
    match = re.fullmatch(r"∂[JC]/∂([a-zA-Z]+)(\d+)", name)
    return name if match is None else {"z": "delta"}.get(match[1], f"d{match[1]}") + match[2]


def chosen(terms: Sequence[Term], of: str, draws: Draws) -> list[Term]:
    """The sides of a formula for a quantity, every symbol standing for one thing: letters are of those layers
    for which most symbols mean something."""
    *lefts, right = terms
    of = of.replace("dz", "delta")

    def own(named: Named) -> Named:
        choices = tuple(choice for choice in named.choices if program_name(choice.name) == of)
        return replace(named, choices=choices or named.choices)

    lefts = [own(left) if isinstance(left, Named) else left for left in lefts]
    named = [part for side in (*lefts, right) for part in parts_of(side) if isinstance(part, Named)]
    letters = sorted({i for each in named for i in each.indices if isinstance(i, str)})
    if all(len(each.choices) == 1 for each in named) or len(letters) > MOST_LETTERS:
        return [*lefts, right]
    summed = {i for part in parts_of(right) if isinstance(part, Series) for i in part.letters}
    outputs = {i for part in parts_of(right) if isinstance(part, Series) and part.among for i in part.letters}
    wanted = axes(of, draws.net, rows=False)

    def worth(layers: Mapping[Index, int]) -> int:
        fitting = sum(max(_fit(each, choice, layers, draws.net) for choice in each.choices) for each in named)
        free = [layers[i] for i in letters if i not in summed]
        right_left = {*free} >= {*wanted} or not free
        at_end = all(layers[i] == len(draws.net.layers) for i in outputs)
        return fitting + 2 * len(named) * (right_left + at_end)

    near = range(max(0, wanted[-1] - NEAR), min(len(draws.net.layers), wanted[0] + NEAR) + 1)
    ways: list[Mapping[Index, int]] = [
        dict(zip(letters, layers, strict=True)) for layers in product(near, repeat=len(letters))
    ]
    layers = max(ways, key=worth)
    return [_changed(side, lambda each: _one(each, layers, draws.net)) for side in (*lefts, right)]


def _fit(named: Named, choice: Choice, layers: Mapping[Index, int], net: NetworkDefinition) -> int:
    """How well a choice fits: 2 for all indices, 1 for those of a weight in the wrong order."""

    def fits(indices: Sequence[Index]) -> bool:
        return all(
            layers.get(index, p) == p if isinstance(index, str) else start <= index < start + net.sizes[p]
            for index, p, start in zip(indices, choice.layers, choice.starts, strict=True)
        )

    return 2 * fits(named.indices) or int(fits(named.indices[::-1]))


def _one(named: Named, layers: Mapping[Index, int], net: NetworkDefinition) -> Named:
    """A symbol for one thing, that which fits best."""
    if not named.indices:
        return named
    best = max(named.choices, key=lambda choice: _fit(named, choice, layers, net))
    return replace(named, choices=(best,))


def _changed(term: Term, change: Callable[[Named], Named]) -> Term:
    """A formula with other quantities in it."""
    if isinstance(term, Named):
        return change(term)
    changes: dict[str, Any] = {}
    for field in fields(term):
        part = getattr(term, field.name)
        if isinstance(part, tuple) and part and hasattr(part[0], "position"):
            changes[field.name] = tuple(_changed(each, change) for each in part)
        elif hasattr(part, "position"):
            changes[field.name] = _changed(part, change)
    return replace(term, **changes)


# Formulas that are no trees.


def factor_of_entries(term: Term, reader: Reader, draws: Draws, of: str) -> float | None:
    """The number that a formula has to be multiplied by to give the entries of a quantity: 1 where it is
    right, None where there is none. Raises FormulaError for what means nothing."""
    term = _changed(term, lambda named: _of_sample(_usable(named, of)))
    p = int(re.sub(r"\D", "", of))
    kind = "delta" if of.startswith(("delta", "dz")) else of[1]
    name = f"delta{p}" if kind == "delta" else f"∂J/∂{kind}{p}"
    layers = axes(of, draws.net, rows=False)
    named = [part for part in parts_of(term) if isinstance(part, Named)]
    letters = sorted({index for each in named for index in each.indices if isinstance(index, str)})
    values = [NetworkValues(draws.net, given["x"], given["y"], given, masks=given) for given in draws.given]
    error: FormulaError | None = None
    for indices in permutations(letters[:MOST_LETTERS], len(layers)):
        left = Named((Choice(name, layers, (1,) * len(layers)),), indices, term.position)
        try:
            factors = {_factor(left, term, reader, each) for each in values}
        except FormulaError as found:
            error = found
            continue
        if len(factors) == 1 and factors != {None}:
            return factors.pop()
    if error and not letters:
        raise error
    return None


def _factor(left: Named, term: Term, reader: Reader, values: NetworkValues) -> float | None:
    """What one side has to be multiplied by to be the other, rounded; None where nothing does."""
    cases = FormulaValues(reader, values).cases([left, term])
    layers = dict(zip(left.indices, left.choices[0].layers, strict=True))
    own = [case for case in cases if all(case.layers.get(str(i), p) == p for i, p in layers.items())]
    if not own:
        return None
    expected, value = (np.concatenate([case.values[side].ravel() for case in own]) for side in (0, 1))
    at = int(np.abs(expected).argmax())
    if not value[at]:
        return None
    factor = expected[at] / value[at]
    apart = np.abs(factor * value - expected).max()
    return round(float(factor), 7) if apart <= CLOSE * np.abs(expected).max() else None


def _usable(named: Named, of: str) -> Named:
    """A symbol that stands for what a formula may use alone. Raises FormulaError where there is nothing."""
    choices = tuple(choice for choice in named.choices if may_use(program_name(choice.name), of))
    if not choices:
        found = program_name(named.choices[0].name)
        key = "itself" if found == of.replace("dz", "delta") else "later"
        raise FormulaError(f"check_formula.{key}", position=named.position, found=found, of=of)
    return replace(named, choices=choices)


def _of_sample(named: Named) -> Named:
    """Derivatives of the cost of the one sample there is, which takes no short cut past the outputs."""
    choices = (replace(choice, name=choice.name.replace("∂J", "∂C")) for choice in named.choices)
    return replace(named, choices=tuple(choices))
