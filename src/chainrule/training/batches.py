"""The mini-batches of a training part: what is fed to an engine, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.dataset import Samples, Scaling
from chainrule.engines.feed import Feed
from chainrule.errors import UsageError
from chainrule.randomness import generator
from chainrule.targets import Targets


def feed_of(samples: Samples, scaling: Scaling, targets: Targets, size: int, dtype: Any) -> Feed:
    """The feed of a training part. Pictures stay uint8 and are scaled as their batch comes; tables are scaled
    once. Class numbers stay numbers, and stand for the row of their targets. Raises UsageError for one that
    stands for none."""
    grey = samples.x.dtype == np.uint8
    x = samples.x if grey else scaling(samples.x, dtype)
    d = x.shape[1]
    shift, factor = (np.full(d, value, dtype) for value in (scaling.shift, scaling.factor))
    if samples.info.classes is None:
        rows, labels = targets.encode(samples.y, dtype), None
    else:
        rows = targets.encode(np.arange(len(samples.info.classes)), dtype)
        labels = np.ascontiguousarray(samples.y, np.int64)
        _check_labels(samples, len(rows))
    x, rows = np.ascontiguousarray(x), np.ascontiguousarray(rows)
    return Feed(x, shift, factor, rows, labels, min(size, len(samples)))


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
