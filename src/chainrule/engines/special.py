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
BLOCK = 8192
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
    """Apply a function of one-dimensional arrays, a block at a time; `out` may be x."""
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
    size = np.abs(x)
    near = size < 1
    if near.all():
        _near(x, out)
        return
    within = np.where(near, x, 0)
    sign = np.sign(x)
    np.exp(np.negative(np.square(size, out=out), out=out), out=out)
    far = _scaled_erfc(size)
    far *= out
    np.subtract(1, far, out=far)
    np.multiply(far, sign, out=out)
    if near.any():
        _near(within, within)
        np.copyto(out, within, where=near)


def _near(x: Array, out: Array) -> None:
    """Compute erf where |x| < 1, by its powers."""
    np.multiply(x, _by_horner(x * x, _erf_powers(x.dtype)), out=out)


def _normal_cdf(x: Array, out: Array) -> None:
    negative, size = x < 0, np.abs(x)  # so that `out`, which may be x, is free
    tail = _scaled_erfc(size * size.dtype.type(math.sqrt(0.5)), out)
    tail *= 0.5
    if size.dtype == np.float32:
        square = np.square(size, dtype=np.float64)  # of which exp makes every rounding larger
        square *= -0.5
        np.multiply(tail, np.exp(square, out=square), out=tail, casting="same_kind")
    else:  # exp(-x^2 / 2) by the exact square of x's first digits, and what is left
        np.minimum(size, 40, out=size)  # beyond which nothing is left, as of infinity
        high = (size.view(np.int64) & _HIGH).view(np.float64)
        rest = np.subtract(high, size, out=out)
        rest *= np.add(high, size, out=size)
        rest *= 0.5
        tail *= np.exp(rest, out=rest)
        high *= high
        high *= -0.5
        tail *= np.exp(high, out=high)
    np.subtract(1, tail, out=out)
    np.copyto(out, tail, where=negative)


def _scaled_erfc(x: Array, free: Array | None = None) -> Array:
    """Compute exp(x^2) erfc(x) for x >= 0; x, and an array that is `free`, are overwritten."""
    x += MIDDLE
    share = np.reciprocal(x, out=x)
    t = np.multiply(share, -2 * MIDDLE, out=free)
    t += 1
    value = _by_horner(t, _scaled_erfc_powers(x.dtype))
    value *= share
    return value


@cache
def _erf_powers(dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """List the coefficients of erf(x) / x by powers of x^2, in numbers of that type."""
    return _numbers(ERF[: SINGLE_ERF if dtype == np.float32 else None], dtype)


@cache
def _scaled_erfc_powers(dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """List the coefficients of exp(x^2) erfc(x) (x + 4) by powers of the series' variable t, in numbers of
    that type: 1 - t, which is 8 / (x + 4), divides the series, as it is 0 where t = 1; what is left never
    comes near 0."""
    chebyshev = np.polynomial.chebyshev
    quotient, _ = chebyshev.chebdiv(
        SCALED_ERFC[: SINGLE_SCALED_ERFC if dtype == np.float32 else None], (1, -1)
    )
    return _numbers(2 * MIDDLE * chebyshev.cheb2poly(quotient), dtype)


def _numbers(values: Iterable[float], dtype: np.dtype[Any]) -> tuple[Array, ...]:
    """Make each an array, which NumPy adds in less time than a number."""
    return tuple(np.array(value, dtype) for value in values)


def _by_horner(x: Array, coefficients: tuple[Array, ...]) -> Array:
    """Evaluate a polynomial; the constant comes first."""
    first, *between, last = coefficients
    value = last * x
    for c in reversed(between):
        value += c
        value *= x
    value += first
    return value
