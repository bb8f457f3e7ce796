"""Schedules: the factor of the learning rate by the share of steps that is done, or by the scores so far."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule.catalog.registry import settings_of
from chainrule.catalog.schedules import SCHEDULES
from chainrule.recipe import Recipe
from chainrule.sentences import CATALOGUE

BY_SHARE = [row for row in SCHEDULES if not row.by_scores]
STEPS = 240


@pytest.mark.parametrize("row", BY_SHARE, ids=lambda row: row.name)
def test_of_an_array_of_shares_the_same_factors_as_of_each(row):
    done = np.arange(STEPS) / STEPS
    factors = np.broadcast_to(row.function(done), STEPS)
    each = [float(row.function(float(share))) for share in done]
    np.testing.assert_allclose(factors, each, rtol=1e-14)  # powers of arrays may differ in the last digit
    assert (factors >= 0).all()
    assert factors.max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("row", list(SCHEDULES), ids=lambda row: row.name)
def test_settings_are_declared_and_the_row_is_described(row):
    SCHEDULES.choose(row.name)
    assert all(isinstance(value, float) for value in settings_of(row).values())
    assert all(CATALOGUE[f"catalog.schedule.{row.name}"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("constant", {0.0: 1, 0.5: 1}),
        ("linear", {0.0: 1, 0.25: 0.75, 0.9: 0.1}),
        ("step:factor=0.5,every=0.2", {0.0: 1, 0.19: 1, 0.2: 0.5, 0.4: 0.25, 0.6: 0.125, 0.8: 0.0625}),
        ("step", {0.39: 1, 0.4: 0.1, 0.8: 0.01}),
        ("exponential:final=0.01", {0.0: 1, 0.5: 0.1, 0.75: 0.01**0.75}),
        ("cosine", {0.0: 1, 1 / 3: 0.75, 0.5: 0.5, 2 / 3: 0.25}),
        ("cosine:warmup=0.25", {0.0: 0, 0.1: 0.4, 0.25: 1, 0.5: 0.75, 0.625: 0.5, 0.75: 0.25}),
        ("one_cycle", {0.0: 0.1, 0.225: 0.55, 0.45: 1, 0.675: 0.55, 0.9: 0.1, 0.95: 0.05}),
        ("one_cycle:start=0.2,end=0", {0.0: 0.2, 0.25: 0.6, 0.5: 1, 0.75: 0.6}),
    ],
)
def test_known_factors(text, expected):
    recipe = Recipe(lr=0.4, schedule=text)
    for done, factor in expected.items():
        assert recipe.rate(done) == pytest.approx(0.4 * factor, abs=1e-12), done
    assert recipe.top_rate == 0.4


@pytest.mark.parametrize("every", [0.05, 0.1, 0.2, 0.3, 0.7])
@pytest.mark.parametrize("steps", [7, 10, 60, 1000])
def test_a_step_falls_where_it_should_whatever_rounding_does(every, steps):
    """At the first step whose share is at least that many times `every`, as by whole numbers."""
    part = round(every * 100)
    factors = SCHEDULES["step"].function(np.arange(steps) / steps, factor=0.5, every=every)
    assert np.array_equal(factors, [0.5 ** (100 * s // (steps * part)) for s in range(steps)])


def test_cosine_is_continuous_and_falls_after_its_warm_up():
    done = np.arange(10_000) / 10_000
    factors = SCHEDULES["cosine"].function(done, warmup=0.3)
    assert np.abs(np.diff(factors)).max() < 4e-4
    assert (np.diff(factors[:3000]) > 0).all()
    assert (np.diff(factors[3000:]) <= 0).all()
    assert factors[-1] < 1e-6


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], 1),
        ([1, 2, 3, 4, 5], 1),
        ([1, 1, 1], 1),
        ([1, 1, 1, 1], 0.5),  # three epochs no better than the first
        ([1, 0, 2, 1, 2, 2], 0.5),
        ([1, 0, 2, 1, 2, 3], 1),
        ([5, 4, 4, 4, 4, 4, 4], 0.25),
        ([5, 4, 4, 4, 6, 4, 4], 0.5),
    ],
)
def test_a_plateau_is_as_many_epochs_without_a_better_score(scores, expected):
    recipe = Recipe(lr=1.0, schedule="plateau:factor=0.5,patience=3")
    assert recipe.rate(0.5, [(float(score),) for score in scores]) == expected


def test_equal_accuracies_are_told_apart_by_the_loss():
    recipe = Recipe(lr=1.0, schedule="plateau:patience=2")
    assert recipe.rate(0.0, [(0.9, -0.5), (0.9, -0.4), (0.9, -0.3)]) == 1
    assert recipe.rate(0.0, [(0.9, -0.3), (0.9, -0.3), (0.9, -0.3)]) == 0.5


def test_the_fifth_of_a_rate_is_that_of_the_whole_one():
    """Where targets are numbers, whatever the rate begins with."""
    for schedule in ("cosine:warmup=0.2", "one_cycle", "linear"):
        assert Recipe(schedule=schedule).for_numbers().lr == pytest.approx(0.02)
    assert math.isclose(Recipe(optimizer="adamw", schedule="one_cycle").top_rate, 0.001)
