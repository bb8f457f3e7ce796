"""What all contenders do: the same network on the same samples, in mini-batches drawn by shuffled index."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import UsageError
from chainrule.lazily import cached_property
from chainrule.network import NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.randomness import generator
from chainrule.reading import read_network

Array = NDArray[Any]
SAMPLES = 20_000
MOST_NUMBERS = 1 << 25
"""Of the samples' features: 128 MB."""
RATE = 0.01
CHECKED = 30
"""Steps after which contenders are compared."""


@dataclass(frozen=True)
class Work:
    """One network and how it is trained. network: as on the command line; its targets are classes.

    optimizer: `sgd`, `sgd:momentum=0.9` or `adam`. threads: of every contender.
    Raises what `read_network` raises; UsageError for a batch that would fill the memory.
    """

    network: str
    batch: int = 64
    optimizer: str = "sgd"
    threads: int = 1

    def __post_init__(self) -> None:
        most = MOST_NUMBERS // self.net.inputs
        if self.batch > most:
            raise UsageError("bench.large_batch", found=self.batch, most=most, inputs=self.net.inputs)

    @cached_property
    def net(self) -> NetworkDefinition:
        return read_network(self.network).net.resolved("classes")

    @property
    def classes(self) -> int:
        return max(2, self.net.outputs)

    @property
    def steps(self) -> int:
        """Of an epoch; all batches are full."""
        return max(1, min(SAMPLES, MOST_NUMBERS // self.net.inputs) // self.batch)

    @property
    def samples(self) -> int:
        return self.steps * self.batch

    def data(self) -> tuple[Array, Array]:
        """Inputs (samples, d) as float32 from 0 to 1, and the numbers of their classes (samples,)."""
        rng = generator(0, "bench data")
        x = rng.random((self.samples, self.net.inputs), np.float32)
        scores = (x - 0.5) @ rng.standard_normal((self.net.inputs, self.classes), np.float32)
        return x, scores.argmax(axis=1)

    def parameters(self) -> dict[str, Array]:
        """What every contender starts from: W1 (units, inputs), b1 (units), ..., as float32."""
        return {name: w.astype(np.float32) for name, w in initial_parameters(self.net).items()}

    def orders(self) -> Iterator[Array]:
        """The samples' order (samples,) in one epoch after the other: that of the training loop here."""
        for epoch in count():
            yield generator(self.net.seed, "shuffle", epoch).permutation(self.samples)

    @property
    def flops(self) -> int:
        """Floating-point operations of the matrix products of one step, two for each multiply-add: forward,
        the weights' gradients, and what goes back to every layer but the inputs."""
        weights = [n * m for m, n in zip(self.net.sizes, self.net.sizes[1:], strict=False)]
        return 2 * self.batch * (3 * sum(weights) - weights[0])


@dataclass(frozen=True)
class Prepared:
    """A contender that has everything in place.

    run: do about so many steps, say how many were done. parameters: those of this moment, named and laid out
    as `Work.parameters`; None where they cannot be compared. about: version, kernels. most: how many steps a
    call may ask for; 0: any number.
    """

    run: Callable[[int], float]
    about: str
    parameters: Callable[[], dict[str, Array]] | None = None
    most: int = 0


class UnsuitedError(Exception):
    """What a contender cannot do; `str` of it names the part, such as an activation."""


def distance(a: dict[str, Array], b: dict[str, Array]) -> float:
    """How far two sets of parameters are from each other: the 2-norm over all entries."""
    return math.sqrt(sum(float(np.square(a[name] - b[name], dtype=np.float64).sum()) for name in b))
