"""The mini-batches of a training part: what is fed to an engine, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Samples, Scaling
from chainrule.data.rows import Rows
from chainrule.engines.feed import Feed, StreamFeed
from chainrule.errors import UsageError
from chainrule.randomness import generator
from chainrule.targets import Targets


def feed_of(
    samples: Samples,
    scaling: Scaling,
    targets: Targets,
    size: int,
    dtype: Any,
    weights: NDArray[np.float64] | None = None,
) -> Feed | StreamFeed:
    """The feed of a training part. Grey levels stay uint8 and are scaled as their batch comes; tables are
    scaled once, or as they are read where they stay in their file. Class numbers stay numbers, and stand for
    the row of their targets. Raises UsageError for one that stands for none. weights: how much each sample
    counts, (n,)."""
    stored, d = samples.x, samples.x.shape[1]

    grey = stored.dtype == np.uint8 and not scaling.factor.ndim  # one factor for all: levels of pictures

    def scaled(x: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(x if grey else scaling(x, dtype))

    shift, factor = (np.full(d, value, dtype) for value in (scaling.shift, scaling.factor))
    if samples.info.classes is None:
        rows, labels = targets.encode(samples.y, dtype), None
    else:
        rows = targets.encode(np.arange(len(samples.info.classes)), dtype)
        labels = np.ascontiguousarray(samples.y, np.int64)
        _check_labels(samples, len(rows))
    held = shift, factor, np.ascontiguousarray(rows), labels, min(size, len(samples))
    counts = None if weights is None else np.ascontiguousarray(weights, dtype)
    if isinstance(stored, Rows):
        return StreamFeed(lambda numbers, _: scaled(stored[numbers]), Feed(scaled(stored[:0]), *held, counts))
    return Feed(scaled(stored), *held, counts)


def noisy(feed: Feed | StreamFeed, deviation: float, seed: int, epoch: int) -> StreamFeed:
    """The feed with normal noise added to its inputs, keyed by the epoch, counted from 0, and the place in
    it. deviation: of the noise, where inputs are as the network gets them."""
    like = feed if isinstance(feed, Feed) else feed.like
    dtype: Any = like.rows.dtype

    def read(samples: NDArray[np.int64], at: int) -> NDArray[Any]:
        x = feed.inputs(samples)
        noise = generator(seed, "input noise", epoch, at).standard_normal(x.shape, dtype)
        noise *= dtype.type(deviation)
        return np.add(x, noise, out=x)

    return StreamFeed(read, replace(like, x=np.empty((0, like.x.shape[1]), dtype)))


def _check_labels(samples: Samples, classes: int) -> None:
    """Raises UsageError for a class number that stands for no class."""
    wrong = np.flatnonzero((samples.y < 0) | (samples.y >= classes))
    if len(wrong):
        raise UsageError(
            "training.label_range",
            name=samples.info.name,
            most=classes - 1,
            found=int(samples.y[wrong[0]]),
            place=samples.place(int(wrong[0])),
        )


def order_of(samples: int, seed: int, epoch: int, shuffle: bool) -> NDArray[np.int64]:
    """The order of the samples in an epoch, the same whatever was drawn before."""
    if not shuffle:
        return np.arange(samples)
    return generator(seed, "shuffle", epoch).permutation(samples)
