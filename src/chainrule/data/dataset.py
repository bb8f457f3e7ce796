"""Samples, what is known about them, and how their inputs are scaled."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chainrule.data.labels import Kind, class_values
from chainrule.data.rows import PART, Inputs, Rows, joined, parts
from chainrule.errors import Sentence, UsageError
from chainrule.randomness import generator

SMALLEST_TEST = 10
LEAST_FACTOR, MOST_FACTOR = float(np.finfo(np.float64).tiny), 1e307
"""Of a scaling: it and its reciprocal are numbers with all their digits."""


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
    def standardising(cls, x: Inputs) -> Scaling:
        """Mean 0 and deviation 1 over the rows of x, shape (n, d); a constant feature is only shifted. Which
        features have too small or too large a deviation for that is told by `unusable`."""
        ends = [(part.min(axis=0), part.max(axis=0)) for part in parts(x)]
        low = np.min([low for low, _ in ends], axis=0).astype(np.float64)
        high = np.max([high for _, high in ends], axis=0).astype(np.float64)
        _, exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))
        unit = np.ldexp(1.0, exponent - 1)  # a power of two: nothing is rounded, and no square overflows

        def mean_of(function: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[np.float64]:
            total = np.zeros(x.shape[1])
            for part in parts(x):
                values = function(part / unit)
                # row after row, as in a sum over all: the parts do not show in its bits
                values[0] += total
                total = values.sum(axis=0)
            return total / len(x)

        with np.errstate(under="ignore", over="ignore", divide="ignore"):
            mean = mean_of(lambda scaled: scaled)
            deviation = np.sqrt(mean_of(lambda scaled: np.square(scaled - mean)))
            rounding = 4 * np.finfo(np.float64).eps * np.abs(mean)  # less than that is no difference
            constant = (low == high) | (deviation <= rounding)
            factor = 1 / np.where(constant, 1.0, deviation * unit)
            return cls(np.where(low == high, low, mean * unit), factor)

    @property
    def unusable(self) -> NDArray[np.bool_]:
        """Whether a feature's numbers differ by too little or too much to be divided by their deviation
        without loss; as the factor has it."""
        return (self.factor > MOST_FACTOR) | (self.factor < LEAST_FACTOR)

    def __call__(self, x: Inputs, dtype: Any = np.float64) -> NDArray[Any]:
        """Scaled copy of x, shape (n, d), in `dtype`; computed in float64, but for grey levels: a table of
        bytes gives the bits of the same numbers in any other type. What is beyond the range of `dtype` is
        infinite."""
        x = np.asarray(x)
        if x.dtype == np.uint8 and not self.factor.ndim:
            return self.into(x, np.empty(x.shape, dtype))
        rows = max(1, PART // max(1, x.shape[-1]))
        with np.errstate(over="ignore", under="ignore"):
            if len(x) <= rows:
                return self.into(x, np.empty(x.shape, np.float64)).astype(dtype, copy=False)
            scaled = np.empty(x.shape, dtype)
            for at in range(0, len(x), rows):
                part = x[at : at + rows]
                scaled[at : at + rows] = self.into(part, np.empty(part.shape, np.float64))
        return scaled

    def into(self, x: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
        """Scaled x in `out`, an array of its shape, computed in the type of `out`."""
        factor = self.factor.astype(out.dtype)
        if not self.shift.any():  # grey levels: one pass is enough
            np.multiply(x, factor, out=out, dtype=out.dtype)
            return out
        np.subtract(x, self.shift.astype(out.dtype), out=out, dtype=out.dtype)
        out *= factor
        return out


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
    ink_share: float | None = None
    """Where pictures are bright ink on a dark ground: the share of a picture's side that the ink's
    longer side usually takes, to which a picture is brought for a prediction; None for any other kind."""
    scaling: Scaling | None = None
    """A fixed scaling of the inputs; None: standardised with the training part's mean and deviation."""
    digest: str | None = None
    """SHA-256 of the inputs and targets of a file or folder, wherever it lies and whatever it is called;
    None for named data sets and for arrays."""
    labels: Kind | None = None
    """What the labels are that the classes were learned from; None where the names were given by
    themselves."""

    @property
    def values(self) -> NDArray[Any]:
        """What the classes are called in their labels' own type, (K,). Raises ValueError where their names
        are none of that type."""
        return class_values(self.classes or (), self.labels)


@dataclass(frozen=True)
class Samples:
    """Inputs with their targets, a sample per row.

    x: (n, d), as stored: uint8 for pictures, float64 for tables; those of a large file stay there (see Rows).
    y: (n,) int64 class numbers, or (n, k) float64 numbers. lines: in which line of its file each starts,
    (n,), counted from 1; None where there are none. weights: how much each counts in training, (n,); None:
    alike.
    """

    x: Inputs
    y: NDArray[Any]
    info: Info
    lines: NDArray[np.intp] | None = None
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def feature(self, number: int) -> Sentence:
        """What an input is called, for messages: its column, or its number, counted from 1."""
        names = [column.name for column in self.info.columns for _ in column.categories or (None,)]
        if number < len(names):
            return Sentence("data.column", name=names[number])
        return Sentence("data.feature", number=number + 1)

    def target(self, number: int) -> Sentence:
        """What a target that is a number is called, for messages."""
        return Sentence("training.target", name=self.info.targets[number])

    def __repr__(self) -> str:
        kind = f"{len(self.info.classes)} classes" if self.info.classes else f"{self.y.shape[1]} numbers"
        return f"Samples({self.info.name}: {len(self):,} samples, {self.x.shape[1]} features, {kind})"

    def take(self, rows: NDArray[np.intp] | slice) -> Samples:
        lines = None if self.lines is None else self.lines[rows]
        x = self.x.take(rows) if isinstance(self.x, Rows) else self.x[rows]
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, x=x, y=self.y[rows], lines=lines, weights=weights)

    def place(self, row: int) -> Sentence:
        """Where a sample is, for messages: its line, or its number among these, counted from 1."""
        if self.lines is None:
            return Sentence("data.sample", number=row + 1)
        return Sentence("data.line", number=self.lines[row])


class Split(NamedTuple):
    """The three parts, which share no sample. Nothing is ever chosen by looking at `test`."""

    train: Samples
    validation: Samples | None
    test: Samples | None


@dataclass(frozen=True)
class Dataset:
    """A data set: a part to learn from and, where there is one, a test part.

    path: of the file or folder that it was read from, absolute; None where there is none.
    """

    train: Samples
    test: Samples | None = None
    path: Path | None = None

    @property
    def info(self) -> Info:
        return self.train.info

    @property
    def everything(self) -> Samples:
        """Both parts as one."""
        if self.test is None:
            return self.train
        both = self.train, self.test
        y = np.concatenate([part.y for part in both])
        lines = [part.lines for part in both if part.lines is not None]
        weights = [part.weights for part in both if part.weights is not None]
        x = joined([part.x for part in both])
        return Samples(
            x,
            y,
            self.info,
            np.concatenate(lines) if lines else None,
            np.concatenate(weights) if len(weights) == len(both) else None,
        )

    def read_from(self, path: Path) -> Dataset:
        """This data set as that of a file or folder, by which it is known again."""
        info = replace(self.info, digest=digest_of(self.train, *([self.test] if self.test else [])))
        test = replace(self.test, info=info) if self.test else None
        return Dataset(replace(self.train, info=info), test, path.absolute())

    def split(self, validation: float = 0.1, *, seed: int = 0, samples: int | None = None) -> Split:
        """Shuffle the learning part by `seed`, keep the first `samples` of it, and hold out `validation`.

        validation: fraction of the learning part in [0, 1), 0 for none; it is rounded to whole samples.
        The test part is left as it is. Raises UsageError where nothing would be left to learn from, or
        where `samples` are not there.
        """
        if not 0 <= validation < 1:
            raise UsageError("data.validation_fraction", value=validation)
        if samples is not None and not 1 <= samples <= len(self.train):
            raise UsageError("data.samples_range", name=self.info.name, value=samples, count=len(self.train))
        order = generator(seed, "split").permutation(len(self.train))[:samples]
        held_out = min(round(len(order) * validation), len(order) - 1)
        whole = len(order) == len(self.train) and not held_out
        return Split(
            self.train if whole else self.train.take(np.sort(order[held_out:])),
            self.train.take(np.sort(order[:held_out])) if held_out else None,
            self.test,
        )


def digest_of(*several: Samples) -> str:
    """SHA-256 of inputs and targets, by which they are known again."""
    digest = hashlib.sha256()
    for samples in several:
        for array in (samples.x, samples.y):
            digest.update(_head(array))
            for part in parts(array):
                digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def digests_of(several: Sequence[Samples]) -> list[str]:
    """SHA-256 of the inputs, targets and, where there are any, weights of each.

    All are gone through side by side: what lies in one file, in the order of its rows, is read from there
    once, however the rows were dealt out.
    """
    digests = [hashlib.sha256(_head(samples.x)) for samples in several]
    at_once = max(1, PART // max(1, *(samples.x.shape[1] for samples in several)))
    stretches = math.ceil(max(map(len, several)) / at_once)
    for number in range(stretches):
        for samples, digest in zip(several, digests, strict=True):
            first, end = (len(samples) * each // stretches for each in (number, number + 1))
            digest.update(np.ascontiguousarray(samples.x[first:end]).data)
    for samples, digest in zip(several, digests, strict=True):
        for array in (samples.y, samples.weights):
            if array is not None:
                digest.update(_head(array))
                digest.update(np.ascontiguousarray(array).data)
    return [digest.hexdigest() for digest in digests]


def _head(array: Inputs) -> bytes:
    return f"{array.dtype} {array.shape} ".encode()


def holding_out(samples: Samples) -> Dataset:
    """A data set whose test part is a fifth of `samples`, always the same: no run's seed changes it.

    Stratified where the targets are classes: every class gives its fifth. There is no test part where too
    few samples are left for one to mean anything.
    """
    draw = generator(0, "test part").permutation(len(samples))
    groups = [draw]
    if samples.info.classes is not None:
        groups = [draw[samples.y[draw] == k] for k in range(len(samples.info.classes))]
    rows = np.concatenate([group[: round(len(group) / 5)] for group in groups])
    is_test = np.zeros(len(samples), dtype=bool)
    is_test[rows] = True
    if len(rows) < SMALLEST_TEST:
        return Dataset(samples)
    return Dataset(samples.take(np.flatnonzero(~is_test)), samples.take(np.flatnonzero(is_test)))
