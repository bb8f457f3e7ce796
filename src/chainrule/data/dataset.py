"""Samples, what is known about them, and how their inputs are scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.randomness import generator


@dataclass(frozen=True)
class Scaling:
    """What is done to inputs before they enter a network: (x - shift) * factor, feature by feature."""

    shift: NDArray[np.float64]
    """Scalar, or one value a feature, shape (d,)."""
    factor: NDArray[np.float64]
    """Scalar, or one value a feature, shape (d,)."""

    @classmethod
    def fixed(cls, shift: float | Sequence[float] = 0.0, factor: float | Sequence[float] = 1.0) -> Scaling:
        return cls(np.asarray(shift, np.float64), np.asarray(factor, np.float64))

    @classmethod
    def standardising(cls, x: NDArray[Any]) -> Scaling:
        """Mean 0 and deviation 1 over the rows of x, shape (n, d); a constant feature is only shifted."""
        deviation = x.std(axis=0, dtype=np.float64)
        return cls(x.mean(axis=0, dtype=np.float64), 1 / np.where(deviation > 0, deviation, 1.0))

    def __call__(self, x: NDArray[Any], dtype: Any = np.float64) -> NDArray[Any]:
        """Scaled copy of x, shape (n, d), in `dtype`; computed in float64 for float64 input."""
        work = np.float64 if np.asarray(x).dtype == np.float64 else dtype
        scaled = np.subtract(x, self.shift.astype(work), dtype=work)
        scaled *= self.factor.astype(work)
        return scaled.astype(dtype, copy=False)


@dataclass(frozen=True)
class Column:
    """One column of a table: a number, or text from a known list (which becomes one input a value)."""

    name: str
    categories: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Info:
    """What is known about a data set apart from its samples."""

    name: str
    classes: tuple[str, ...] | None = None
    """Names of the classes, in the order of their numbers; None where the targets are numbers."""
    columns: tuple[Column, ...] = ()
    """The input columns of a table, as its file has them; empty for images."""
    targets: tuple[str, ...] = ()
    """Names of the target columns."""
    image: tuple[int, int] | None = None
    """Height and width where a sample is a picture, row by row."""
    scaling: Scaling | None = None
    """A fixed scaling of the inputs; None: standardised with the training part's mean and deviation."""


@dataclass(frozen=True)
class Samples:
    """Inputs with their targets, a sample per row.

    x: (n, d), as stored: uint8 for pictures, float64 for tables. y: (n,) int64 class numbers, or
    (n, k) float64 numbers.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    info: Info

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.intp] | slice) -> Samples:
        return replace(self, x=self.x[rows], y=self.y[rows])


class Split(NamedTuple):
    """The three parts, which share no sample. Nothing is ever chosen by looking at `test`."""

    train: Samples
    validation: Samples | None
    test: Samples | None


@dataclass(frozen=True)
class Dataset:
    """A data set: a part to learn from and, where there is one, a test part."""

    train: Samples
    test: Samples | None = None

    @property
    def info(self) -> Info:
        return self.train.info

    def split(self, validation: float = 0.1, *, seed: int = 0, samples: int | None = None) -> Split:
        """Shuffle the learning part by `seed`, keep the first `samples` of it, and hold out `validation`.

        validation: fraction of the learning part, 0 for none. The test part is left as it is.
        """
        order = generator(seed, "split").permutation(len(self.train))[:samples]
        held_out = round(len(order) * validation)
        return Split(
            self.train.take(np.sort(order[held_out:])) if validation or samples else self.train,
            self.train.take(np.sort(order[:held_out])) if held_out else None,
            self.test,
        )
