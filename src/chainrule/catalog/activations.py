"""Activations: g in a = g(z)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from chainrule import primitives as p
from chainrule.catalog.registry import Catalogue, Positive, Range
from chainrule.expr import Node, const, leaf, reduce, select
from chainrule.lazily import cached_property
from chainrule.reverse import reverse
from chainrule.simplify import simplify


@dataclass(frozen=True)
class Activation:
    """One activation.

    function: from z to g(z); with `across`, from z and the dim of the layer's units.
    loss: the loss it picks as an output where none is named. initializer: for the weights that lead to it.
    """

    name: str
    function: Callable[..., Node]
    cite: str = ""
    across: bool = False
    loss: str = "half_squared_error"
    initializer: str = "glorot"

    def apply(self, z: Node, dim: str, **settings: float) -> Node:
        """g(z); `dim` names the units of the layer."""
        return self.function(z, dim, **settings) if self.across else self.function(z, **settings)

    @cached_property
    def flat(self) -> bool:
        """Whether the derivative is 0 wherever there is one, so that nothing can be learned through it."""
        z = leaf("z", ["unit"])
        return simplify(reverse(self.apply(z, "unit"), [z]))[0].args == (const(0),)


ACTIVATIONS: Catalogue[Activation] = Catalogue("activation")


def activation(
    *, cite: str = "", across: bool = False, loss: str = "half_squared_error", initializer: str = "glorot"
) -> Callable[[Callable[..., Node]], Callable[..., Node]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Node]) -> Callable[..., Node]:
        ACTIVATIONS.add(Activation(function.__name__, function, cite, across, loss, initializer))
        return function

    return register


@activation()
def identity(z: Node) -> Node:
    return z


@activation(cite="McCulloch & Pitts 1943; Rosenblatt 1958", loss="perceptron")
def step(z: Node) -> Node:
    return p.step(z)


@activation(cite="Rumelhart, Hinton & Williams 1986", loss="binary_cross_entropy")
def sigmoid(z: Node) -> Node:
    return p.sigmoid(z)


@activation(cite="LeCun et al. 1998, Efficient BackProp, section 4.4")
def tanh(z: Node) -> Node:
    return p.tanh(z)


@activation(cite="Nair & Hinton 2010", initializer="he")
def relu(z: Node) -> Node:
    return p.maximum(z, 0)


@activation(cite="Maas, Hannun & Ng 2013", initializer="he")
def leaky_relu(z: Node, *, slope: Annotated[float, Range(least=0, most=1)] = 0.01) -> Node:
    return select(z > 0, z, slope * z)


@activation(cite="Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289", initializer="he")
def elu(z: Node, *, alpha: Positive = 1.0) -> Node:
    return select(z > 0, z, alpha * p.expm1(z))


@activation(cite="Hendrycks & Gimpel 2016, arXiv:1606.08415", initializer="he")
def gelu(z: Node) -> Node:
    return z * p.normal_cdf(z)


@activation(cite="Elfwing, Uchibe & Doya 2018, arXiv:1702.03118", initializer="he")
def silu(z: Node) -> Node:
    return z * p.sigmoid(z)


@activation(cite="Dugas et al. 2001", initializer="he")
def softplus(z: Node) -> Node:
    return p.softplus(z)


@activation(cite="Bridle 1990", across=True, loss="cross_entropy")
def softmax(z: Node, dim: str) -> Node:
    return p.exp(z - reduce("logsumexp", z, dim))
