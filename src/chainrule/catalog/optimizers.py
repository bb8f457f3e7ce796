"""Optimizers: from a weight, its gradient and the optimizer's state to the next weight and state.

An update is made of expressions, so it is printed, traced and compiled like the rest. A state array has
the weight's shape and starts at 0. Where the settings make an old state irrelevant (momentum 0), it
does not occur in the expressions and takes no memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from chainrule.catalog.registry import Catalogue, Positive, Range
from chainrule.expr import Node, Operand, power
from chainrule.primitives import sqrt

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


@optimizer(state=("m", "v"), rate=0.001, cite="Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1")
def adam(
    w: Node,
    g: Node,
    m: Node,
    v: Node,
    lr: Node,
    t: Node,
    *,
    beta1: Annotated[float, Range(least=0, below=1)] = 0.9,
    beta2: Annotated[float, Range(least=0, below=1)] = 0.999,
    epsilon: Positive = 1e-8,
) -> Update:
    m = beta1 * m + _rest(beta1) * g
    v = beta2 * v + _rest(beta2) * g**2
    m_hat, v_hat = m / (1 - power(beta1, t)), v / (1 - power(beta2, t))
    return w - lr * m_hat / (sqrt(v_hat) + epsilon), (m, v)


def _rest(beta: Operand) -> Operand:
    """1 - beta; of a number as people write it: 0.1 of 0.9, and not 0.09999999999999998."""
    return 1 - beta if isinstance(beta, Node) else float(f"{1 - beta:.15g}")
