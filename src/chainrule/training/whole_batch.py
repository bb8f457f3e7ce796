"""All samples at once: J and its gradient as functions of one long vector, as SciPy's methods take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.engines.feed import Feed, StreamFeed
from chainrule.engines.numpy_engine import NumpyEngine

Vector = NDArray[np.float64]


class WholeBatch:
    """J of a whole training part and its gradient, from an engine's parameters, one after the other in a
    vector. feed: the samples, as many at once as an engine takes well."""

    def __init__(self, engine: NumpyEngine, feed: Feed | StreamFeed, samples: int) -> None:
        self.engine, self.feed, self.order = engine, feed, np.arange(samples)

    @property
    def point(self) -> Vector:
        """All parameters."""
        return _vector(self.engine.parameters)

    @point.setter
    def point(self, values: Vector) -> None:
        at = 0
        for w in self.engine.parameters.values():
            w[...] = values[at : at + w.size].reshape(w.shape)
            at += w.size

    def __call__(self, point: Vector) -> tuple[float, Vector]:
        """J and its gradient there; the engine is left there."""
        self.point = point
        loss, gradient = 0.0, np.zeros_like(point)
        for number in range(len(self.feed)):
            x, y = self.feed.batch(self.order, number)
            J, gradients = self.engine.gradients(x, y, *self.feed.weights_of(self.order, number))
            share = len(x) / len(self.order)
            loss += share * J
            gradient += share * _vector(gradients)
        return loss, gradient


def _vector(arrays: Mapping[str, NDArray[Any]]) -> Vector:
    return np.concatenate([array.ravel() for array in arrays.values()], dtype=np.float64)
