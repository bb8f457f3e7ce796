"""Where an engine takes its mini-batches from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Feed:
    """Samples and targets as they lie in memory; a batch is gathered by its samples' numbers.

    x: (samples, d), C-contiguous: of the engine's dtype, or uint8, which is scaled as a batch comes to
    (x - shift) * factor; shift and factor: (d,) of the engine's dtype. rows: targets, (rows, k), of the
    engine's dtype. labels: which row belongs to which sample, (samples,) int64; None: row i to sample i.
    size: of a batch; the last one of an epoch may be smaller.
    """

    x: Array
    shift: Array
    factor: Array
    rows: Array
    labels: NDArray[np.int64] | None
    size: int
    _space: dict[int, tuple[Array, Array, Array]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        arrays = self.x, self.rows, *([] if self.labels is None else [self.labels])
        assert all(array.flags.c_contiguous for array in arrays)
        assert self.grey or self.x.dtype == self.rows.dtype
        assert self.labels is None or self.labels.dtype == np.int64

    @property
    def grey(self) -> bool:
        """Whether x is still to be scaled."""
        return self.x.dtype == np.uint8

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return -(-len(self.x) // self.size)

    def batch(self, order: NDArray[np.int64], number: int) -> tuple[Array, Array]:
        """Inputs (n, d) and targets (n, k) of the batch of that number, from 0, in arrays that the next batch
        of the same size is put into."""
        samples = order[number * self.size : (number + 1) * self.size]
        n = len(samples)
        if n not in self._space:
            shape = (n, self.x.shape[1])
            scaled = np.empty(shape, self.rows.dtype)
            gathered = np.empty(shape, np.uint8) if self.grey else scaled
            self._space[n] = gathered, scaled, np.empty((n, self.rows.shape[1]), self.rows.dtype)
        gathered, x, y = self._space[n]
        # clip: every row is there, and looking whether it is would cost a copy
        np.take(self.x, samples, axis=0, out=gathered, mode="clip")
        if self.grey and self.shift.any():
            np.subtract(gathered, self.shift, out=x, dtype=x.dtype)
            np.multiply(x, self.factor, out=x)
        elif self.grey:  # one pass is enough
            np.multiply(gathered, self.factor, out=x, dtype=x.dtype)
        rows = samples if self.labels is None else self.labels[samples]
        np.take(self.rows, rows, axis=0, out=y, mode="clip")
        return x, y
