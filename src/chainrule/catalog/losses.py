"""Losses: what one sample costs, from its targets y and the outputs a. J is the mean over the samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chainrule import primitives as p
from chainrule.catalog.registry import Catalogue, Positive
from chainrule.expr import Node, reduce, select, size, total

Formula = Callable[..., Node]


@dataclass(frozen=True)
class Loss:
    """One loss.

    function: from (y, a, z, k) to the loss of a sample: its targets, the outputs, their weighted inputs,
    and the dim of the outputs.
    fits: the output activations it is made for; None for all that have a derivative.
    from_z: closed forms by the output activation that is their precondition; each equals `function`
    there, and stays finite where `function` does not.
    lowest, highest: the range of targets that makes sense.
    """

    name: str
    function: Formula
    cite: str = ""
    fits: tuple[str, ...] | None = None
    from_z: Mapping[str, Formula] = field(default_factory=dict)
    lowest: float = float("-inf")
    highest: float = float("inf")


LOSSES: Catalogue[Loss] = Catalogue("loss")


def loss(
    *,
    cite: str = "",
    fits: tuple[str, ...] | None = None,
    from_z: Mapping[str, Formula] | None = None,
    lowest: float = float("-inf"),
    highest: float = float("inf"),
) -> Callable[[Formula], Formula]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Formula) -> Formula:
        LOSSES.add(Loss(function.__name__, function, cite, fits, from_z or {}, lowest, highest))
        return function

    return register


@loss()
def half_squared_error(y: Node, a: Node, z: Node, k: str) -> Node:
    return 0.5 * total((y - a) ** 2, k)


@loss()
def mean_squared_error(y: Node, a: Node, z: Node, k: str) -> Node:
    return total((y - a) ** 2, k) / size(k)


@loss()
def mean_absolute_error(y: Node, a: Node, z: Node, k: str) -> Node:
    return total(p.absolute(y - a), k) / size(k)


@loss(cite="Huber 1964")
def huber(y: Node, a: Node, z: Node, k: str, *, threshold: Positive = 1.0) -> Node:
    e = p.absolute(y - a)
    return total(select(e > threshold, threshold * (e - threshold / 2), 0.5 * (y - a) ** 2), k) / size(k)


@loss(
    cite="Bishop 2006, Pattern Recognition and Machine Learning, eq. 4.108",
    fits=("softmax",),
    from_z={"softmax": lambda y, a, z, k: total(y * (reduce("logsumexp", z, k) - z), k)},
    lowest=0,
)
def cross_entropy(y: Node, a: Node, z: Node, k: str) -> Node:
    return -total(p.xlogy(y, a), k)


@loss(
    cite="Bishop 2006, eq. 4.90",
    fits=("sigmoid",),
    from_z={"sigmoid": lambda y, a, z, k: total(p.softplus(z) - y * z, k)},
    lowest=0,
    highest=1,
)
def binary_cross_entropy(y: Node, a: Node, z: Node, k: str) -> Node:
    return -total(p.xlogy(y, a) + p.xlogy(1 - y, 1 - a), k)


@loss(
    cite="Rosenblatt 1962; Bishop 2006, eq. 4.54",
    fits=("step",),
    lowest=0,
    highest=1,
)
def perceptron(y: Node, a: Node, z: Node, k: str) -> Node:
    """The step's derivative is 0, so by the chain rule the error is a - y: Rosenblatt's learning rule."""
    return total((a - y) * z, k)
