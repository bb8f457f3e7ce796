"""The functions of the table of primitives that NumPy lacks, for the source that the NumPy engine runs.

They are the project's own even where SciPy is installed: what a training comes to must not depend on that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.engines.series import ERF, MIDDLE, SCALED_ERFC, SINGLE_ERF, SINGLE_SCALED_ERFC

Array = NDArray[Any]
BLOCK = 16384
"""So many numbers at once, with what is computed between, stay in a processor's cache."""
_HIGH = np.int64(-1 << 27)
"""The bits of a double whose square is exact."""


def erf(x: Array | float, out: Array | None = None) -> Array:
    """Compute the error function, to the last digits of x's type, into an array `out` or a new one."""
    return _in_blocks(_erf, x, out)


def normal_cdf(x: Array | float, out: Array | None = None) -> Array:
    """Compute how much of the standard normal distribution lies below x, to the last digits of x's type also
    in its tails, into an array `out` or a new one."""
    return _in_blocks(_normal_cdf, x, out)


def xlogy(x: Array | float, y: Array | float, out: Array | None = None) -> Array:
    """Compute x ln y, and 0 where x is 0 whatever number y is, into an array `out` or a new one."""
    with np.errstate(all="ignore"):
        value = np.asarray(np.multiply(x, np.log(y)))
    np.copyto(value, 0, where=np.equal(x, 0) & ~np.isnan(y))
    if out is None:
        return value
    np.copyto(out, value)
    return out


def _in_blocks(function: Callable[[Array, Array], None], x: Array | float, out: Array | None) -> Array:
    """What a function of one-dimensional arrays gives, a block at a time; `out` may be x."""
    x = np.asarray(x)
    single = x.dtype == np.float32
    if out is None:
        out = np.empty_like(x, np.float32 if single else np.float64)
    blocks = np.nditer(
        [x, out],
        ["external_loop", "buffered", "zerosize_ok", "copy_if_overlap"],
        [["readonly", "overlap_assume_elementwise"], ["writeonly", "overlap_assume_elementwise"]],
        [np.dtype(np.float32 if single else np.float64)] * 2,
        casting="same_kind",
        buffersize=BLOCK,
    )
    with np.errstate(all="ignore"), blocks:
        for block, into in blocks:
            function(block, into)
    return out


def _erf(x: Array, out: Array) -> None:
    near = np.abs(x) < 1
    if near.all():
        _near(x, out)
        return
    size = np.abs(x)
    far = _scaled_erfc(size)
    far *= np.exp(-x * x)
    np.copysign(np.subtract(1, far, out=far), x, out=far)
    if near.any():
        within = np.where(near, x, 0)
        _near(within, within)
        np.copyto(far, within, where=near)
    np.copyto(out, far)


def _near(x: Array, out: Array) -> None:
    """erf where |x| < 1, by its powers."""
    np.multiply(x, _by_horner(x * x, _erf_powers(x.dtype)), out=out)


def _normal_cdf(x: Array, out: Array) -> None:
    tail = _scaled_erfc(np.abs(x) * x.dtype.type(math.sqrt(0.5)))
    tail *= 0.5
    if x.dtype == np.float32:
        square = np.square(x, dtype=np.float64)  # whose rounding would be the exponential's many times over
        square *= -0.5
        np.multiply(tail, np.exp(square, out=square), out=tail, casting="same_kind")
    else:  # exp(-x^2 / 2) by the exact square of x's first digits, and what is left
        size = np.minimum(np.abs(x), 40)  # beyond which nothing is left, as of infinity
        high = (size.view(np.int64) & _HIGH).view(np.float64)
        rest = (high - size) * (high + size)
        high *= high
        tail *= np.exp(rest * 0.5)
        tail *= np.exp(high * -0.5)
    negative = x < 0
    np.subtract(1, tail, out=out)
    np.copyto(out, tail, where=negative)


def _scaled_erfc(x: Array) -> Array:
    """exp(x^2) erfc(x) for x >= 0."""
    share = np.reciprocal(x + x.dtype.type(MIDDLE))
    t = 1 - x.dtype.type(2 * MIDDLE) * share
    value = _by_horner(t, _scaled_erfc_powers(x.dtype))
    value *= share
    return value


@cache
def _erf_powers(dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """The coefficients of erf(x) / x by powers of x^2, in numbers of that type."""
    return _numbers(ERF[: SINGLE_ERF if dtype == np.float32 else None], dtype)


@cache
def _scaled_erfc_powers(dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """The coefficients of exp(x^2) erfc(x) (x + 4) by powers of the series' variable t, in numbers of that
    type: 1 - t, which is 8 / (x + 4), divides the series, as it is 0 where t = 1; what is left never comes
    near 0."""
    chebyshev = np.polynomial.chebyshev
    quotient, _ = chebyshev.chebdiv(
        SCALED_ERFC[: SINGLE_SCALED_ERFC if dtype == np.float32 else None], (1, -1)
    )
    return _numbers(2 * MIDDLE * chebyshev.cheb2poly(quotient), dtype)


def _numbers(values: Iterable[float], dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """Each as an array, which NumPy adds in less time than a number."""
    return tuple(np.array(value, dtype) for value in values)


def _by_horner(x: Array, coefficients: tuple[Array, ...]) -> Array:
    """A polynomial's value; the constant comes first."""
    first, *between, last = coefficients
    value = last * x
    for c in reversed(between):
        value += c
        value *= x
    value += first
    return value
