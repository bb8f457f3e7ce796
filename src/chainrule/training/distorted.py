"""The training part's pictures, distorted afresh for each epoch while the one before is learned."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.distortions import Floats, chosen
from chainrule.data.dataset import Info
from chainrule.engines.feed import Feed, StreamFeed
from chainrule.engines.workers import Workers
from chainrule.errors import UsageError
from chainrule.randomness import generator

Array = NDArray[Any]
CHUNK = 100_000
"""Pixels that are moved at once: so few that what is in between stays in the processor's cache. Random
numbers are keyed by the chunk, so another size would be another training."""


class Distorted:
    """What the epochs learn from in place of the pictures of a feed.

    text: distortions with their settings, see catalog.distortions.chosen. epochs: after the last one nothing
    is prepared. threads: that distort at the same time. A copy depends on the seed and the epoch alone.
    Beside the pictures, at most two copies of them are kept: this epoch's and the next one's.
    Raises UsageError for samples that are no pictures, or that stay in their file, and as `chosen` does.
    """

    def __init__(
        self, feed: Feed | StreamFeed, info: Info, text: str, seed: int, epochs: int, threads: int
    ) -> None:
        if isinstance(feed, StreamFeed):
            raise UsageError("training.pictures_in_file", name=info.name)
        if info.image is None:
            raise UsageError("training.no_pictures", name=info.name)
        self._pictures = feed.x.reshape(-1, *info.image)
        self._dark = info.ink_share is not None
        self._rows, self._seed, self._epochs = chosen(text), seed, epochs
        self._threads = Workers(threads)
        self._feeds = [replace(feed, x=np.empty_like(feed.x)) for _ in range(2)]  # of even and odd epochs
        self._work: dict[int, list[Future[None]]] = {}

    def feed(self, epoch: int) -> Feed:
        """The feed of that epoch, counted from 0; the one before is written over."""
        if self._threads.lost():
            self._work = {}
        self._start(epoch)
        for done in self._work[epoch]:
            done.result()
        if epoch + 1 < self._epochs:
            self._start(epoch + 1)
        return self._feeds[epoch % 2]

    def rest(self) -> None:
        """End the threads and forget what they have done; `feed` begins anew."""
        self._work = {}
        self._threads.rest()

    def _start(self, epoch: int) -> None:
        if epoch in self._work:
            return
        for other in [known for known in self._work if known % 2 == epoch % 2]:
            for done in self._work.pop(other):
                done.result()
        chunk = max(1, CHUNK // self._pictures[0].size)
        firsts = range(0, len(self._pictures), chunk)
        self._work[epoch] = [self._threads.submit(self._distort, epoch, at, at + chunk) for at in firsts]

    def _distort(self, epoch: int, first: int, last: int) -> None:
        pictures = self._pictures[first:last]
        n, height, width = pictures.shape
        v, u = _from_the_middle(height)[None, :, None], _from_the_middle(width)[None, None]
        for row, settings in self._rows:
            rng = generator(self._seed, f"distort {row.name}", epoch, first)
            v, u = row.function(rng, n, v, u, **settings)
        moved = resampled(pictures, v, u, dark=self._dark)
        self._feeds[epoch % 2].x[first:last] = moved.reshape(n, -1)


def resampled(pictures: Array, v: Floats, u: Floats, *, dark: bool) -> Floats:
    """Pictures (n, height, width) whose pixels are taken from the places v, u: in rows and columns from the
    middle, which broadcast to that shape. Between pixels it is interpolated, linearly in each direction;
    bytes become whole numbers again. dark: beyond its edge a picture is 0; else it goes on as at its edge."""
    n, height, width = pictures.shape
    wide = ((0, 0), (1, 2), (1, 2))  # a pixel before, and two behind for places on the very edge
    padded = np.pad(pictures, wide, "constant" if dark else "edge").astype(np.float32)
    v = np.clip(v + np.float32((height + 1) / 2), 0, height + 1)
    u = np.clip(u + np.float32((width + 1) / 2), 0, width + 1)
    top, left = np.floor(v), np.floor(u)
    first = (np.arange(n) * padded[0].size)[:, None, None]  # of each picture's levels
    place = first + (top * (width + 3) + left).astype(np.intp)
    down, right = v - top, u - left
    levels = padded.reshape(-1)
    upper, lower = (
        _between(levels[at:].take(place), levels[at + 1 :].take(place), right) for at in (0, width + 3)
    )
    moved = _between(upper, lower, down)
    return np.rint(moved, out=moved) if pictures.dtype == np.uint8 else moved


def _between(here: Floats, there: Floats, share: Floats) -> Floats:
    """here + share (there - here), written over `there`."""
    there -= here
    there *= share
    there += here
    return there


def _from_the_middle(side: int) -> Floats:
    """The places of the pixels of a row or a column, in pixels from its middle."""
    return (np.arange(side) - (side - 1) / 2).astype(np.float32)
