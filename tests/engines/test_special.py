"""The engine's own erf, normal distribution and x ln y, beside mpmath and, where it is installed, SciPy."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from chainrule.engines import series, special
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.network import Dense, NetworkDefinition
from chainrule.program import build

EXACT = {"erf": mpmath.erf, "normal_cdf": mpmath.ncdf}
MOST_ULPS = {"erf": 3, "normal_cdf": 10}


def points(dtype: str) -> Any:
    rng = np.random.default_rng(0)
    far, tiny = (13.0, 1e-40) if dtype == "float32" else (37.5, 1e-310)  # where results are normal numbers
    near = [rng.standard_normal(150) * scale for scale in (1e-6, 1e-2, 0.3, 1.0, 3.0)]
    edges = [1.0, -1.0, np.nextafter(1.0, 0.0), 4.0, far, -far, tiny, -tiny]
    return np.concatenate([*near, rng.uniform(-far, far, 300), edges]).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT)
def test_to_the_last_digits(name: str, dtype: str) -> None:
    """In units of the last place of the exact value, in the far tails as well."""
    x = points(dtype)
    found = getattr(special, name)(x)
    assert found.dtype == x.dtype
    with mpmath.workdps(60):
        for v, y in zip(x, found, strict=True):
            exact = EXACT[name](mpmath.mpf(float(v)))
            unit = float(np.spacing(np.abs(found.dtype.type(exact))))
            assert abs(mpmath.mpf(float(y)) - exact) <= MOST_ULPS[name] * unit, (v, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_of_what_is_no_number_and_of_the_smallest_ones(dtype: str) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, tiny, -tiny, 1e30, -1e30], dtype)
    erf = special.erf(x)
    np.testing.assert_array_equal(erf, np.array([math.nan, 1, -1, 0, 0, tiny, -tiny, 1, -1], dtype))
    assert list(np.signbit(erf[3:7])) == [False, True, False, True]
    np.testing.assert_array_equal(special.normal_cdf(x), [math.nan, 1, 0, 0.5, 0.5, 0.5, 0.5, 1, 0])


@pytest.mark.parametrize(("dtype", "x"), [("float32", -13.5), ("float64", -38.0)])
def test_tails_run_out_as_subnormal_numbers(dtype: str, x: float) -> None:
    (found,) = special.normal_cdf(np.array([x], dtype))
    unit = float(np.finfo(dtype).smallest_subnormal)
    assert 0 < found < np.finfo(dtype).tiny
    assert abs(float(found) - float(mpmath.ncdf(float(np.array(x, dtype))))) <= max(2 * unit, 1e-14 * found)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT)
def test_results_go_where_they_are_wanted(name: str, dtype: str) -> None:
    """Into the argument itself, column by column, with gaps, of many blocks; the same bits each time."""
    function = getattr(special, name)
    x = np.random.default_rng(1).standard_normal((300, 210)).astype(dtype) * 2
    expected = np.array([function(row) for row in x])
    out = np.asfortranarray(np.zeros_like(x))
    assert function(np.asfortranarray(x), out=out) is out
    np.testing.assert_array_equal(out, expected)
    with_gaps = np.zeros((600, 210), dtype)
    function(x, out=with_gaps[::2])
    np.testing.assert_array_equal(with_gaps[::2], expected)
    assert not with_gaps[1::2].any()
    over = np.concatenate([x, x])
    function(over[:300], out=over[150:450])  # overlaps, but is not the same
    np.testing.assert_array_equal(over[150:450], expected)
    function(x, out=x)
    np.testing.assert_array_equal(x, expected)
    assert function(np.empty((0, 3), dtype)).shape == (0, 3)
    assert function(0.0).shape == ()


def test_x_ln_y_is_0_where_x_is() -> None:
    x = np.array([0.0, 0.0, 0.0, 0.0, 2.0, 2.0, -1.0, math.nan])
    y = np.array([0.0, math.inf, -1.0, math.nan, 0.0, 3.0, 0.5, 1.0])
    expected = [0, 0, 0, math.nan, -math.inf, 2 * math.log(3), math.log(2), math.nan]
    np.testing.assert_array_equal(special.xlogy(x, y), expected)
    for into in (x, y):
        out = into.copy()
        args = (out, y) if into is x else (x, out)
        special.xlogy(*args, out=out)
        np.testing.assert_array_equal(out, expected)
    rows = special.xlogy(np.float32([[0], [1]]), np.float32([0, 2]))
    np.testing.assert_array_equal(rows, np.float32([[0, 0], [-math.inf, math.log(2)]]))
    assert rows.dtype == np.float32


def test_the_series_has_the_coefficients_of_its_function() -> None:
    with mpmath.workdps(40):
        terms = 60

        def at(t: Any) -> Any:
            x = series.MIDDLE * (1 + t) / (1 - t)
            return mpmath.exp(x * x) * mpmath.erfc(x)

        angles = [mpmath.pi * (k + mpmath.mpf(0.5)) / terms for k in range(terms)]
        values = [at(mpmath.cos(angle)) for angle in angles]
        for j, c in enumerate(series.SCALED_ERFC):
            total = sum(v * mpmath.cos(j * angle) for v, angle in zip(values, angles, strict=True))
            assert c == pytest.approx(float((2 if j else 1) * total / terms), rel=1e-15, abs=0)


def test_they_are_used_whatever_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """gelu's value is z times the function here, to the bit."""
    net = NetworkDefinition(3, [Dense(4, "gelu"), Dense(2, "identity")])
    rng = np.random.default_rng(0)
    program = build(net)
    weights = {name: rng.standard_normal(program.shape(name)) for name in program.held}
    x = rng.standard_normal((5, 3))
    found = NumpyEngine(program, weights).forward(x)
    np.testing.assert_array_equal(found["a1"], found["z1"] * special.normal_cdf(found["z1"]))


@pytest.mark.heavy
def test_beside_scipy() -> None:
    oracle = pytest.importorskip("scipy.special", reason="SciPy is the oracle")
    x = np.random.default_rng(3).standard_normal(5000) * 3
    y = np.abs(x[::-1]) * (x > -2)
    np.testing.assert_allclose(special.erf(x), oracle.erf(x), rtol=1e-15)
    np.testing.assert_allclose(special.normal_cdf(x), oracle.ndtr(x), rtol=2e-14)
    np.testing.assert_allclose(special.xlogy(y, x), oracle.xlogy(y, x), rtol=1e-15)
