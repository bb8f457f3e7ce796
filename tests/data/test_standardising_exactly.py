"""Standardising is exact wherever numbers lie in their range; what cannot be exact is refused by name."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest

from chainrule import Network
from chainrule.data import Scaling
from chainrule.data.dataset import LEAST_FACTOR, MOST_FACTOR
from chainrule.errors import UsageError
from chainrule.model import load
from chainrule.sentences import speaking

POWERS = [*range(-323, -295), *range(-290, 295, 45), *range(150, 165), *range(-165, -150), *range(295, 309)]
DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(120, 3))
CLASSES = (X[:, 0] > 0.4).astype(int) + (X[:, 0] > -0.4).astype(int)
SETTINGS = {"epochs": 10, "seed": 1, "engine": "numpy"}


def exact(column: np.ndarray) -> tuple[Fraction, Fraction]:
    """Mean and deviation in whole numbers, the deviation to 30 digits."""
    values = [Fraction(float(value)) for value in column]
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    unit = max(map(abs, values)) / 10**60
    return mean, Fraction(isqrt(int(variance / unit**2))) * unit


@pytest.mark.parametrize("kind", ["around 0", "far from 0", "one far out", "both signs"])
@pytest.mark.parametrize("power", POWERS)
def test_mean_and_deviation_against_fractions(kind: str, power: int) -> None:
    values = {
        "around 0": X[:40, 0],
        "far from 0": 3 + X[:40, 0] / 50,
        "one far out": np.where(np.arange(40) == 7, 5.0, X[:40, 0] * 1e-3),
        "both signs": np.where(np.arange(40) % 2, 1.0, -1.0) * (1 + X[:40, 1] / 100),
    }[kind]
    with np.errstate(over="ignore", under="ignore"):
        x = (values * 10.0 ** min(power, 300) * 10.0 ** max(0, power - 300))[:, None]
    if power == -323:
        x = np.round(values)[:, None] * 5e-324
    if not np.isfinite(x).all():
        pytest.skip("beyond the range of numbers")
    mean, deviation = exact(x[:, 0])
    scaling = Scaling.standardising(x)
    usable = 1 / Fraction(MOST_FACTOR) < deviation < 1 / Fraction(LEAST_FACTOR)
    assert bool(scaling.unusable[0]) == (not usable and deviation != 0)
    if usable:
        assert abs(Fraction(float(scaling.factor[0])) * deviation - 1) < Fraction(1, 10**12)
        assert abs(Fraction(float(scaling.shift[0])) - mean) < deviation / 10**12


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e300, 5e-324, 1.7e308, -2e-310])
@pytest.mark.parametrize("count", [1, 7, 100_003])
def test_a_constant_is_constant_however_many_rows_there_are(value: float, count: int) -> None:
    x = np.full((count, 1), value)
    scaling = Scaling.standardising(x)
    assert scaling.factor == 1.0
    assert not scaling.unusable.any()
    np.testing.assert_array_equal(scaling(x), 0)


def results(x: np.ndarray, y: np.ndarray) -> tuple[str, float]:
    """A score of a short training, or what it is refused for."""
    classes = y.dtype.kind == "i"
    try:
        model = Network(3, 6, 3 if classes else 1).fit((x, y), **SETTINGS)
    except UsageError as error:
        with speaking("en"):
            said = str(error)
        assert ("input " if classes else "target y") in said
        assert "sample " in said
        return error.key, 0.0
    score = model.evaluate((x, y))
    found = score.accuracy if classes else score.r2
    assert found is not None
    return "", found


@pytest.mark.parametrize("power", POWERS)
def test_a_unit_changes_no_result(power: int) -> None:
    """Warnings are errors here."""
    factor = 10.0**power if power > -323 else 5e-324
    largest = float(np.abs(X).max())
    x = X / largest if power > 300 else X  # else not all of them are numbers
    with np.errstate(under="ignore"):
        small, target = x * factor, x[:, 0] * factor
    for found, expected in (
        (results(small, CLASSES), results(x, CLASSES)),
        (results(x, target), results(x, x[:, 0])),
    ):
        refusal, score = found
        if -306 <= power <= 306:
            assert not refusal
        if refusal:
            assert refusal == ("training.too_close" if power < 0 else "training.too_far_apart")
        else:
            assert score == pytest.approx(expected[1], abs=1e-6)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("power", "factor"), [(-310, "1e300"), (308, "1e-300")])
def test_the_refusal_names_column_place_and_remedy(lang: str, power: int, factor: str) -> None:
    x = np.column_stack([X[:, 0], np.clip(X[:, 1], -1, 1) * 10.0**power])
    x[16, 1] *= 1.25
    with speaking(lang), pytest.raises(UsageError) as caught:
        Network(2, 3, 3).fit((x, CLASSES), **SETTINGS)
    with speaking(lang):
        said = str(caught.value)
    row = int(np.abs(x[:, 1]).argmax()) + 1
    column, place = {
        "en": ("input 2", f"sample {row};"),
        "zh": ("第 2 个输入", f"第 {row} 个样本"),
    }[lang]
    assert column in said
    assert place in said
    assert factor in said


@pytest.mark.parametrize("power", [-306, 306, 307])
def test_what_is_learned_at_either_end_can_be_loaded(tmp_path, power: int) -> None:
    x = X * 10.0**power
    model = Network(3, 4, 1).fit((x, x[:, 0]), **SETTINGS)
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "model.safetensors").predict(x), model.predict(x))
