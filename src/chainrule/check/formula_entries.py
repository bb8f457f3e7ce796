r"""Formulas for a single entry, in LaTeX: `\delta_i = y_i (1 - y_i) (t_i - y_i)`.

They are compared with the quantity's entries in numbers, for one sample. What its indices are called is found
by trying the letters that the formula has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import permutations
from typing import Any

import numpy as np

from chainrule.check.formula_draws import CLOSE, Draws, may_use
from chainrule.check.formula_values import FormulaValues
from chainrule.check.network_values import NetworkValues
from chainrule.errors import FormulaError
from chainrule.notation.reader import Reader
from chainrule.notation.terms import Choice, Named, Term

MOST_LETTERS = 5


def factor_of_entries(term: Term, reader: Reader, draws: Draws, of: str) -> float | None:
    """The number that a formula has to be multiplied by to give the entries of a quantity: 1 where it is
    right, None where there is none. Raises FormulaError for what means nothing."""
    term = _usable(term, of)
    p = int(re.sub(r"\D", "", of))
    kind = "delta" if of.startswith(("delta", "dz")) else of[1]
    name = f"delta{p}" if kind == "delta" else f"∂J/∂{kind}{p}"
    layers = (p, p - 1) if kind == "W" else (p,)
    letters = sorted(
        {index for named in _quantities(term) for index in named.indices if isinstance(index, str)}
    )
    values = [NetworkValues(draws.net, given["x"], given["y"], given) for given in draws.given]
    error: FormulaError | None = None
    for chosen in permutations(letters, len(layers)):
        left = Named((Choice(name, layers, (1,) * len(layers)),), chosen, term.position)
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


def _usable(term: Term, of: str) -> Term:
    """The formula, its symbols standing for what it may use alone. Raises FormulaError where none is left."""
    if isinstance(term, Named):
        choices = tuple(choice for choice in term.choices if may_use(_program_name(choice.name), of))
        if not choices:
            found = _program_name(term.choices[0].name)
            key = "itself" if found == of.replace("dz", "delta") else "later"
            raise FormulaError(f"check_formula.{key}", position=term.position, found=found, of=of)
        return replace(term, choices=choices)
    changes: dict[str, Any] = {}
    for field in fields(term):
        part = getattr(term, field.name)
        if isinstance(part, tuple) and part and hasattr(part[0], "position"):
            changes[field.name] = tuple(_usable(each, of) for each in part)
        elif hasattr(part, "position"):
            changes[field.name] = _usable(part, of)
    return replace(term, **changes)


def _program_name(name: str) -> str:
    """delta2 for ∂J/∂z2, dW1 for ∂C/∂W1."""
    match = re.fullmatch(r"∂[JC]/∂([a-zA-Z]+)(\d+)", name)
    return name if match is None else {"z": "delta"}.get(match[1], f"d{match[1]}") + match[2]


def _quantities(term: Term | None) -> Iterator[Named]:
    """Every quantity in a formula."""
    if isinstance(term, Named):
        yield term
        return
    for field in fields(term) if term is not None else ():
        parts = getattr(term, field.name)
        for part in parts if isinstance(parts, tuple) else (parts,):
            if hasattr(part, "position"):
                yield from _quantities(part)
