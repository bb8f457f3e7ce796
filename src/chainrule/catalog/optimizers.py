"""Optimizers: from a weight, its gradient and the optimizer's state to the next weight and state.

An update is made of expressions, so it is printed, traced and compiled like the rest. A state array has
the weight's shape and starts at 0. Where the settings make an old state irrelevant (momentum 0), it
does not occur in the expressions and takes no memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from chainrule.catalog.registry import Catalogue, Range
from chainrule.expr import Node

Update = tuple[Node, tuple[Node, ...]]


@dataclass(frozen=True)
class Optimizer:
    """function: from (w, g, *state, lr, t) and settings to (the next w, the next state).

    lr is the learning rate and t the number of this step, counted from 1; both are nodes, as they change
    from step to step. rate is the learning rate where none is given.
    """

    name: str
    function: Callable[..., Update]
    state: tuple[str, ...]
    rate: float
    cite: str = ""


OPTIMIZERS: Catalogue[Optimizer] = Catalogue("optimizer")


def optimizer(
    *, state: tuple[str, ...] = (), rate: float, cite: str = ""
) -> Callable[[Callable[..., Update]], Callable[..., Update]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Update]) -> Callable[..., Update]:
        OPTIMIZERS.add(Optimizer(function.__name__, function, state, rate, cite))
        return function

    return register


@optimizer(state=("v",), rate=0.1, cite="Robbins & Monro 1951; Polyak 1964")
def sgd(
    w: Node, g: Node, v: Node, lr: Node, t: Node, *, momentum: Annotated[float, Range(least=0, below=1)] = 0.0
) -> Update:
    v = momentum * v + g
    return w - lr * v, (v,)
