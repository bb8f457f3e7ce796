"""Metrics against scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule.catalog.metrics import METRICS

metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle")
pytestmark = pytest.mark.heavy

RNG = np.random.default_rng(0)
TRUE, PREDICTED = RNG.integers(0, 4, 200), RNG.integers(0, 4, 200)
NUMBERS = {k: (RNG.standard_normal((50, k)), RNG.standard_normal((50, k))) for k in (1, 3)}


def test_accuracy_and_error_rate():
    accuracy = METRICS["accuracy"].function(TRUE, PREDICTED, 4)
    assert accuracy == metrics.accuracy_score(TRUE, PREDICTED)
    assert METRICS["error_rate"].function(TRUE, PREDICTED, 4) == pytest.approx(1 - accuracy)
    assert METRICS["error_rate"].function(TRUE, TRUE, 4) == 0


@pytest.mark.parametrize("classes", [4, 6])
def test_confusion_matrix(classes):
    """Classes that do not occur have their row and column too."""
    found = METRICS["confusion_matrix"].function(TRUE, PREDICTED, classes)
    expected = metrics.confusion_matrix(TRUE, PREDICTED, labels=range(classes))
    np.testing.assert_array_equal(found, expected)
    assert found.sum() == len(TRUE)


def test_a_row_of_the_confusion_matrix_is_a_true_class():
    found = METRICS["confusion_matrix"].function(np.array([2, 2, 0]), np.array([1, 1, 0]), 3)
    np.testing.assert_array_equal(found, [[1, 0, 0], [0, 0, 0], [0, 2, 0]])


@pytest.mark.parametrize("outputs", NUMBERS)
def test_mean_absolute_error_and_r2(outputs):
    true, predicted = NUMBERS[outputs]
    found = METRICS["mean_absolute_error"].function(true, predicted)
    assert found == pytest.approx(metrics.mean_absolute_error(true, predicted), rel=1e-14)
    expected = metrics.r2_score(true, predicted, multioutput="variance_weighted")
    assert METRICS["r2"].function(true, predicted) == pytest.approx(expected, rel=1e-13)
    assert METRICS["r2"].function(true, true) == 1


def test_r2_of_targets_that_do_not_vary_is_no_number():
    assert math.isnan(METRICS["r2"].function(np.ones((5, 1)), np.zeros((5, 1))))


def test_a_metric_says_what_it_is_of():
    assert {row.name: row.of for row in METRICS} == {
        "accuracy": "classes",
        "error_rate": "classes",
        "confusion_matrix": "classes",
        "mean_absolute_error": "numbers",
        "r2": "numbers",
    }
