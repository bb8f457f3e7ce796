"""Mini-batches: samples gathered, scaled and coded into arrays that are used again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Samples, Scaling
from chainrule.randomness import generator
from chainrule.targets import Targets

Array = NDArray[Any]


class Batches:
    """The mini-batches of a training part.

    Pictures stay uint8 and are scaled as their batch comes; tables are scaled once. What `batch` returns is
    overwritten by the next one of the same size.
    """

    def __init__(self, samples: Samples, scaling: Scaling, targets: Targets, size: int, dtype: Any) -> None:
        self.size = min(size, len(samples))
        self.dtype = np.dtype(dtype)
        self._scaling = scaling
        self._grey = samples.x.dtype == np.uint8
        self._x = samples.x if self._grey else scaling(samples.x, self.dtype)
        self._y = samples.y
        self._targets = targets
        self._space: dict[int, tuple[Array, Array]] = {}

    def __len__(self) -> int:
        """The number of batches in an epoch; the last one may be smaller."""
        return -(-len(self._x) // self.size)

    def order(self, seed: int, epoch: int, shuffle: bool) -> NDArray[np.int64]:
        """The order of the samples in an epoch, the same whatever was drawn before."""
        if not shuffle:
            return np.arange(len(self._x))
        return generator(seed, "shuffle", epoch).permutation(len(self._x))

    def batch(self, order: NDArray[np.int64], number: int) -> tuple[Array, Array]:
        """Inputs (n, d) and targets (n, k) of the batch of that number, from 0."""
        rows = order[number * self.size : (number + 1) * self.size]
        shape = (len(rows), self._x.shape[1])
        if len(rows) not in self._space:
            self._space[len(rows)] = np.empty(shape, self._x.dtype), np.empty(shape, self.dtype)
        gathered, x = self._space[len(rows)]
        # clip: every row is there, and looking whether it is would cost a copy
        np.take(self._x, rows, axis=0, out=gathered, mode="clip")
        x = self._scaling.into(gathered, x) if self._grey else gathered
        return x, self._targets.encode(self._y[rows], self.dtype)
