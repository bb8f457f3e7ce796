"""Penalties: what large weights cost. Each is multiplied by its coefficient, stands outside the mean over
the samples, and leaves the biases alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule import primitives as p
from chainrule.catalog.registry import Catalogue
from chainrule.expr import Node, total


@dataclass(frozen=True)
class Penalty:
    """function: from one weight array to its penalty, a number."""

    name: str
    function: Callable[..., Node]


PENALTIES: Catalogue[Penalty] = Catalogue("penalty")


def penalty(function: Callable[..., Node]) -> Callable[..., Node]:
    """Add the decorated function to the catalogue, under its own name."""
    PENALTIES.add(Penalty(function.__name__, function))
    return function


@penalty
def l1(w: Node) -> Node:
    return total(p.absolute(w))


@penalty
def l2(w: Node) -> Node:
    return 0.5 * total(w**2)
