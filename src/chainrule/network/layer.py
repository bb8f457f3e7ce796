"""A layer, as a definition has it."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.norms import NORMS
from chainrule.network.given import plain


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: a = g(W a' + b), where a' is what the layer before gives.

    units: how many. activation: a name of the catalogue or a formula in x; None: sigmoid in a hidden layer,
    and in the last layer what follows from the data. shared: number of an earlier layer whose weights this
    one uses too (1 is the first layer that has weights). initializer: for this layer's weights. name: a
    label for people. dropout: the share of this layer's outputs that is dropped in training, drawn anew for
    every sample and step; None: none (see `meaning.Mask`). norm: a normalisation of the catalogue, between
    the weighted inputs and the activation (see `meaning.Normalised`). The last layer has neither.
    """

    units: int
    activation: str | None = None
    shared: int | None = None
    initializer: str | None = None
    name: str | None = None
    dropout: float | None = None
    norm: str | None = None

    def __post_init__(self) -> None:
        for name in ("units", "shared", "dropout"):
            object.__setattr__(self, name, plain(getattr(self, name)))


def over_samples(layer: Dense) -> bool:
    """Whether a layer is normalised over the samples of a batch."""
    return layer.norm is not None and NORMS.choose(layer.norm)[0].over == "samples"
