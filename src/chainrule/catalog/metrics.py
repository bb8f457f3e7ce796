"""Metrics: how good outputs are. They have a value and no derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.registry import Catalogue

Array = NDArray[Any]


@dataclass(frozen=True)
class Metric:
    """function: for classes from (true, predicted) class numbers, both (n,), and the number of classes;
    for numbers from (true, predicted) values, both (n, k)."""

    name: str
    function: Callable[..., Any]
    of: Literal["classes", "numbers"]
    tex: str


METRICS: Catalogue[Metric] = Catalogue("metric")


def metric(of: Literal["classes", "numbers"], tex: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        METRICS.add(Metric(function.__name__, function, of, tex))
        return function

    return register


@metric("classes", r"\frac{1}{n} \sum_i \mathbb{1}(\hat y_i = y_i)")
def accuracy(true: Array, predicted: Array, classes: int) -> float:
    return float(np.mean(true == predicted))


@metric("classes", r"\frac{1}{n} \sum_i \mathbb{1}(\hat y_i \ne y_i)")
def error_rate(true: Array, predicted: Array, classes: int) -> float:
    return float(np.mean(true != predicted))


@metric("classes", r"C_{ij} = \#\{\text{samples of class } i \text{ taken for class } j\}")
def confusion_matrix(true: Array, predicted: Array, classes: int) -> NDArray[np.int64]:
    """Shape (classes, classes): a row for each true class, a column for each predicted one."""
    return np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)


def _of_size_one(*arrays: Array) -> tuple[list[Array], int]:
    """The arrays divided by the power of two that brings the largest number to between 1/8 and 1/4, so that
    neither differences nor their squares and sums overflow; and its exponent."""
    exponent = int(np.frexp(max(np.abs(array).max() for array in arrays))[1]) + 2
    with np.errstate(under="ignore"):  # what is nothing beside the largest
        return [np.ldexp(array, -exponent) for array in arrays], exponent


@metric("numbers", r"\frac{1}{n k} \sum_{i,j} \left|y_{ij} - a_{ij}\right|")
def mean_absolute_error(true: Array, predicted: Array) -> float:
    (true, predicted), exponent = _of_size_one(true, predicted)
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(np.mean(np.abs(true - predicted)), exponent))


@metric("numbers", r"1 - \frac{\sum_{i,j} (y_{ij} - a_{ij})^2}{\sum_{i,j} (y_{ij} - \bar y_j)^2}")
def r2(true: Array, predicted: Array) -> float:
    """The share of the targets' variance that is explained; NaN where the targets do not vary."""
    (true, predicted), _ = _of_size_one(true, predicted)
    with np.errstate(under="ignore"):
        spread = float(np.sum((true - true.mean(axis=0)) ** 2))
        return 1 - float(np.sum((true - predicted) ** 2)) / spread if spread > 0 else float("nan")
