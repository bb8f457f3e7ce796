"""Normalisations: what a layer's weighted inputs are shifted and scaled by before their activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from chainrule.catalog.registry import Catalogue, Positive, Range
from chainrule.expr import Node, size, total


class Moments(NamedTuple):
    """What is taken from the weighted inputs: mean is subtracted, and the rest divided by the root of
    variance + eps. momentum: where prediction uses running averages of both, the share that these keep of
    themselves in a step."""

    mean: Node
    variance: Node
    eps: float
    momentum: float | None = None


@dataclass(frozen=True)
class Norm:
    """over: whether the mean is one over the units of a layer, or over the samples of a batch. function: from
    the weighted inputs and the dim of these units or samples."""

    name: str
    function: Callable[..., Moments]
    over: Literal["units", "samples"]
    cite: str = ""


NORMS: Catalogue[Norm] = Catalogue("norm")


def norm(
    over: Literal["units", "samples"], *, cite: str = ""
) -> Callable[[Callable[..., Moments]], Callable[..., Moments]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Moments]) -> Callable[..., Moments]:
        NORMS.add(Norm(function.__name__, function, over, cite))
        return function

    return register


def _moments(z: Node, dim: str) -> tuple[Node, Node]:
    mean = total(z, dim) / size(dim)
    return mean, total((z - mean) ** 2, dim) / size(dim)


@norm("units", cite="Ba, Kiros & Hinton 2016, arXiv:1607.06450")
def layer(z: Node, unit: str, *, eps: Positive = 1e-5) -> Moments:
    return Moments(*_moments(z, unit), eps)


@norm("samples", cite="Ioffe & Szegedy 2015, arXiv:1502.03167")
def batch(
    z: Node, sample: str, *, eps: Positive = 1e-5, momentum: Annotated[float, Range(least=0, below=1)] = 0.9
) -> Moments:
    return Moments(*_moments(z, sample), eps, momentum)
