"""Where an engine takes its mini-batches from."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.engines.workers import Workers

Array = NDArray[Any]
STRETCH = 1 << 19
"""Inputs, as numbers, of the batches that are read from a file at once."""


@dataclass(frozen=True)
class Feed:
    """Samples and targets as they lie in memory; a batch is gathered by its samples' numbers.

    x: (samples, d), C-contiguous: of the engine's dtype, or uint8, which is scaled as a batch comes to
    (x - shift) * factor; shift and factor: (d,) of the engine's dtype. rows: targets, (rows, k), of the
    engine's dtype. labels: which row belongs to which sample, (samples,) int64; None: row i to sample i.
    size: of a batch; the last one of an epoch may be smaller. weights: how much each sample counts,
    (samples,) of the engine's dtype; None: alike.
    """

    x: Array
    shift: Array
    factor: Array
    rows: Array
    labels: NDArray[np.int64] | None
    size: int
    weights: Array | None = None
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

    def inputs(self, samples: NDArray[np.int64]) -> Array:
        """What the network gets of samples by their numbers, (n, d), in an array of its own."""
        return replace(self, size=len(samples)).batch(samples, 0)[0]

    def part(self, order: NDArray[np.int64], first: int) -> tuple[Feed, NDArray[np.int64], int]:
        """Where an engine finds the batches from number `first` on: a feed, the order of its samples by which
        they have the same numbers, and how many there are."""
        return self, order, len(self) - first

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

    def rest(self) -> None:
        """Nothing: it has no thread, as a StreamFeed has."""

    def weights_of(self, order: NDArray[np.int64], number: int) -> tuple[Array, ...]:
        """How much the samples of the batch of that number count, (n,), where they do not count alike."""
        samples = order[number * self.size : (number + 1) * self.size]
        return () if self.weights is None else (self.weights[samples],)


class StreamFeed:
    """A feed whose inputs lie in a file, or are made for each epoch: there is a stretch of batches at a time,
    and the next one is read or made while this one is learned.

    read: gives the inputs of samples by their numbers, as `Feed.x`, and is told at which place of the epoch's
    order the first of them stands. like: a feed without inputs, x being (0, d), with all else; its rows, or
    labels, are those of all samples.
    """

    def __init__(self, read: Callable[[NDArray[np.int64], int], Array], like: Feed) -> None:
        self._read, self.like, self.size = read, like, like.size
        self._samples = len(like.rows if like.labels is None else like.labels)
        self._batches = max(1, STRETCH // (self.size * like.x.shape[1]))  # of a stretch
        # of an order's samples in their stretch
        self._places = np.arange(self._samples) % (self._batches * self.size)
        self._order: NDArray[np.int64] | None = None
        self._stretches: dict[int, Future[Feed]] = {}
        self._thread = Workers(1)

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return -(-self._samples // self.size)

    def inputs(self, samples: NDArray[np.int64]) -> Array:
        """As `Feed.inputs`."""
        return replace(self.like, x=self._read(samples, 0)).inputs(np.arange(len(samples)))

    def part(self, order: NDArray[np.int64], first: int) -> tuple[Feed, NDArray[np.int64], int]:
        """As `Feed.part`; as far as one stretch goes."""
        number = first // self._batches
        if self._thread.lost() or order is not self._order:
            self._order, self._stretches = order, {}
        kept = range(number, min(number + 2, -(-len(self) // self._batches)))
        self._stretches = {
            each: self._stretches.get(each) or self._thread.submit(self._stretch, order, each)
            for each in kept
        }
        last = min((number + 1) * self._batches, len(self))
        return self._stretches[number].result(), self._places, last - first

    def batch(self, order: NDArray[np.int64], number: int) -> tuple[Array, Array]:
        """As `Feed.batch`."""
        feed, places, _ = self.part(order, number)
        return feed.batch(places, number)

    def weights_of(self, order: NDArray[np.int64], number: int) -> tuple[Array, ...]:
        """As `Feed.weights_of`."""
        return self.like.weights_of(order, number)

    def rest(self) -> None:
        """End the thread and forget what it has read; `part` begins anew."""
        self._order = None
        self._thread.rest()

    def _stretch(self, order: NDArray[np.int64], number: int) -> Feed:
        like, length = self.like, self._batches * self.size
        samples = order[number * length : (number + 1) * length]
        x = self._read(samples, number * length)
        weights = None if like.weights is None else like.weights[samples]
        if like.labels is None:
            return replace(like, x=x, rows=np.take(like.rows, samples, axis=0), weights=weights)
        return replace(like, x=x, labels=like.labels[samples], weights=weights)
