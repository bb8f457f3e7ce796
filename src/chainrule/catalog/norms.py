"""Normalisations: what a layer's weighted inputs are shifted and scaled by before their activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule import primitives as p
from chainrule.catalog.registry import Catalogue, Positive
from chainrule.expr import Node, size, total


@dataclass(frozen=True)
class Norm:
    """function: from the weighted inputs and the dim of the layer's units to the mean that they lose and the
    deviation that they are divided by."""

    name: str
    function: Callable[..., tuple[Node, Node]]
    cite: str = ""


NORMS: Catalogue[Norm] = Catalogue("norm")


def norm(*, cite: str = "") -> Callable[[Callable[..., tuple[Node, Node]]], Callable[..., tuple[Node, Node]]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., tuple[Node, Node]]) -> Callable[..., tuple[Node, Node]]:
        NORMS.add(Norm(function.__name__, function, cite))
        return function

    return register


@norm(cite="Ba, Kiros & Hinton 2016, arXiv:1607.06450")
def layer(z: Node, unit: str, *, eps: Positive = 1e-5) -> tuple[Node, Node]:
    mean = total(z, unit) / size(unit)
    return mean, p.sqrt(total((z - mean) ** 2, unit) / size(unit) + eps)
