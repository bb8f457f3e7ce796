"""Numeric derivatives of a network's loss by its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from chainrule.check.differences import Array, Counter, Difference, difference, width_at
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.expr import in_order
from chainrule.primitives import kinks


class NetworkDifferences:
    """Numeric derivatives of an engine's loss in training by its parameters. data: inputs, targets, masks."""

    def __init__(self, engine: NumpyEngine, data: Sequence[Array], counter: Counter) -> None:
        self.engine, self.data, self.counter = engine, data, counter
        self.kinks = tuple(dict.fromkeys(kinks(in_order([engine.program.meaning.J])).values()))
        self.sides = self._sides()
        self.largest = self._largest()

    def by_entry(self, name: str, number: int) -> Difference | None:
        """The derivative by one entry, counted row by row; None where there is a kink."""
        array = self.engine.parameters[name]
        place = np.unravel_index(number, array.shape)
        middle = array[place]

        def move(distance: float) -> None:
            array[place] = middle + distance

        return self._difference(move, width_at(float(np.spacing(abs(middle)))))

    def along(self, direction: Mapping[str, Array]) -> Difference | None:
        """The derivative along a direction, an array for each parameter that is moved; None where there is a
        kink."""
        middle = {name: self.engine.parameters[name].copy("K") for name in direction}
        finest = max(np.spacing(np.abs(middle[name]).max()) / abs(direction[name].flat[0]) for name in middle)

        def move(distance: float) -> None:
            for name, step in direction.items():
                self.engine.parameters[name][...] = middle[name] + distance * step

        return self._difference(move, width_at(float(finest)))

    def _difference(self, move: Callable[[float], None], width: float) -> Difference | None:
        """The derivative by how far a move goes."""
        self.counter.count()

        def loss(distance: float) -> float | None:
            move(distance)
            return None if self._bent() else self.engine.loss_in_training(*self.data)

        try:
            return difference(loss, width, self.largest)
        finally:
            move(0.0)

    def _largest(self) -> float:
        """The largest number that J is a sum or difference of: it tells how exact J can be. Where a network
        has learned its samples well, J is far smaller, as logsumexp(z) - z is for large z."""
        meaning = self.engine.program.meaning
        z = {unit.z for unit in meaning.units}
        above = [node for node in in_order([meaning.J], stop=z.__contains__) if node not in z]
        terms = [arg for node in above if node.data in ("add", "sub") for arg in node.args]
        sizes = [float(np.abs(value).max()) for value in self.engine.values(terms, *self.data)]
        return max([0.0, *filter(math.isfinite, sizes)])

    def _sides(self) -> list[Array]:
        """On which side of its kink everything that has one is."""
        return [np.sign(v) for v in self.engine.values(self.kinks, *self.data)] if self.kinks else []

    def _bent(self) -> bool:
        return any(not np.array_equal(a, b) for a, b in zip(self.sides, self._sides(), strict=True))
