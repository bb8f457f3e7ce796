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
    the row of their targets. weights: how much each sample counts, (n,).
    Raises UsageError for a class number that stands for none, and for numbers that are beyond the range of
    `dtype` as they are learned from."""
    stored, d = samples.x, samples.x.shape[1]

    grey = stored.dtype == np.uint8 and not scaling.factor.ndim  # one factor for all: levels of pictures

    def scaled(x: NDArray[Any], numbers: NDArray[np.int64] | None = None) -> NDArray[Any]:
        if grey:
            return np.ascontiguousarray(x)
        inputs = np.ascontiguousarray(scaling(x, dtype))
        _check_range("input", inputs, x, samples, numbers)
        return inputs

    held_by = (scaling.shift, scaling.factor) if grey else (0.0, 1.0)  # else nothing is left to scale
    shift, factor = (np.full(d, value, dtype) for value in held_by)
    if samples.info.classes is None:
        rows, labels = targets.encode(samples.y, dtype), None
        _check_range("target", rows, samples.y, samples)
    else:
        rows = targets.encode(np.arange(len(samples.info.classes)), dtype)
        labels = np.ascontiguousarray(samples.y, np.int64)
        _check_labels(samples, len(rows))
    held = shift, factor, np.ascontiguousarray(rows), labels, min(size, len(samples))
    with np.errstate(under="ignore"):
        counts = None if weights is None else np.ascontiguousarray(weights, dtype)
    if isinstance(stored, Rows):
        return StreamFeed(
            lambda numbers, _: scaled(stored[numbers], numbers), Feed(scaled(stored[:0]), *held, counts)
        )
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


def _check_range(
    what: str,
    learned: NDArray[Any],
    given: NDArray[Any],
    samples: Samples,
    numbers: NDArray[np.int64] | None = None,
) -> None:
    """Raises UsageError for a number that is finite as it is given, (n, k), and not as it is learned from.
    numbers: of the samples; None: of all."""
    wrong = ~np.isfinite(learned)
    if not wrong.any():
        return
    row, column = map(int, np.argwhere(wrong)[0])
    name = {"input": samples.feature, "target": samples.target}[what]
    raise UsageError(
        "training.beyond",
        name=samples.info.name,
        column=name(column),
        place=samples.place(row if numbers is None else int(numbers[row])),
        found=float(given[row, column]),
        dtype=learned.dtype,
    )


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
