"""Scaling, and how a data set is split."""

from __future__ import annotations

import numpy as np
import pytest
from refusal import refused

from chainrule.data import Dataset, Info, Samples, Scaling, load
from chainrule.data.dataset import holding_out
from chainrule.errors import UsageError


def numbered(count: int, classes: int | None = None) -> Samples:
    """Samples whose only input is their number."""
    x = np.arange(count, dtype=np.float64)[:, None]
    if classes is None:
        return Samples(x, x.copy(), Info("numbered", targets=("y",)))
    return Samples(x, np.arange(count) % classes, Info("numbered", classes=tuple(map(str, range(classes)))))


def ids(samples: Samples | None) -> list[float]:
    return [] if samples is None else [float(value) for value in samples.x[:, 0]]


def test_standardising_gives_mean_0_and_deviation_1() -> None:
    x = np.random.default_rng(0).normal([3, -1e6, 1e-9], [2, 5, 1e-10], (500, 3))
    scaled = Scaling.standardising(x)(x)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e300, 1 / 3])
def test_a_constant_feature_is_only_shifted(value: float) -> None:
    x = np.full((37, 1), value)
    scaling = Scaling.standardising(x)
    assert scaling.factor == 1.0
    np.testing.assert_allclose(scaling(x), 0, atol=1e-15 * max(1, abs(value)))


def test_bytes_are_standardised_without_wrapping() -> None:
    x = np.array([[0], [255], [255]], np.uint8)
    np.testing.assert_allclose(Scaling.standardising(x)(x), Scaling.standardising(x * 1.0)(x * 1.0))


def test_fixed_scaling_is_shift_then_factor() -> None:
    scaling = Scaling.fixed((135.0, 66.0), 0.5)
    np.testing.assert_array_equal(scaling(np.array([[133.0, 65.0]])), [[-1.0, -0.5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_gives_the_type_asked_for_and_leaves_its_input(dtype) -> None:
    for x in (np.array([[0, 255]], np.uint8), np.array([[0.0, 255.0]])):
        before = x.copy()
        scaled = Scaling.fixed(0.0, 1 / 255)(x, dtype)
        assert scaled.dtype == dtype
        np.testing.assert_array_equal(scaled, np.array([[0, 1]], dtype))
        np.testing.assert_array_equal(x, before)


def test_float32_scaling_of_large_numbers_loses_nothing_to_the_shift() -> None:
    x = np.array([[1e9], [1e9 + 1]])
    np.testing.assert_allclose(Scaling.standardising(x)(x, np.float32), [[-1], [1]], rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 99, 100])
@pytest.mark.parametrize("validation", [0.0, 0.001, 0.1, 0.5, 0.999])
def test_the_parts_are_disjoint_and_complete(count: int, validation: float) -> None:
    test = numbered(5)
    parts = Dataset(numbered(count), test).split(validation, seed=7)
    held_out = ids(parts.validation)
    assert sorted(ids(parts.train) + held_out) == list(range(count))
    assert len(held_out) == min(round(count * validation), count - 1)
    assert (parts.validation is None) == (not held_out)
    assert parts.test is test


def test_a_split_is_decided_by_its_seed() -> None:
    data = Dataset(numbered(100))
    assert ids(data.split(0.2, seed=1).validation) == ids(data.split(0.2, seed=1).validation)
    assert ids(data.split(0.2, seed=1).validation) != ids(data.split(0.2, seed=2).validation)


def test_samples_keeps_the_first_of_the_shuffled() -> None:
    data = Dataset(numbered(100))
    few = ids(data.split(0.0, seed=1, samples=10).train)
    more = ids(data.split(0.0, seed=1, samples=20).train)
    assert len(few) == 10
    assert set(few) < set(more)
    assert few != list(range(10))
    parts = data.split(0.3, seed=1, samples=10)
    assert sorted(ids(parts.train) + ids(parts.validation)) == few
    assert len(ids(parts.validation)) == 3


def test_targets_follow_their_inputs() -> None:
    parts = Dataset(numbered(50)).split(0.3, seed=4, samples=40)
    for part in (parts.train, parts.validation):
        assert part is not None
        np.testing.assert_array_equal(part.x, part.y)


def test_a_sample_is_known_by_its_line_or_its_number() -> None:
    """The line goes with the sample into any part, and into all parts together."""
    numbers = numbered(60)
    samples = Samples(numbers.x, numbers.y, numbers.info, np.arange(60) * 2 + 3)
    data = holding_out(samples)
    for part in (*data.split(0.5, samples=20)[:2], data.test, data.everything):
        assert part is not None
        place = part.place(4)
        assert (place.key, place.fields["number"]) == ("data.line", 2 * part.x[4, 0] + 3)
    place = numbers.place(4)
    assert (place.key, place.fields["number"]) == ("data.sample", 5)


def test_nothing_is_copied_where_nothing_is_held_out() -> None:
    data = load("xor")
    assert data.split(0.0).train is data.train
    assert data.split(0.1).train is data.train


@pytest.mark.parametrize("value", [-0.1, 1.0, 2.0, float("nan"), float("inf")])
def test_a_validation_part_is_a_fraction(value: float) -> None:
    with refused("data.validation_fraction", UsageError):
        Dataset(numbered(10)).split(value)


@pytest.mark.parametrize("value", [0, -1, 11])
def test_no_more_samples_than_there_are(value: int) -> None:
    with refused("data.samples_range", UsageError, value=value, count=10):
        Dataset(numbered(10)).split(samples=value)


def test_a_test_part_is_held_out_class_by_class() -> None:
    data = holding_out(numbered(100, classes=4))
    assert data.test is not None
    np.testing.assert_array_equal(np.bincount(data.test.y), 5)
    assert sorted(ids(data.train) + ids(data.test)) == list(range(100))


def test_every_class_keeps_a_sample_to_learn_from() -> None:
    samples = numbered(60, classes=2)
    y = np.zeros(60, np.int64)
    y[17] = 1
    data = holding_out(Samples(samples.x, y, samples.info))
    assert data.test is not None
    assert 17.0 in ids(data.train)


@pytest.mark.parametrize("samples", [numbered(40), numbered(40, 2), numbered(60, 30), numbered(1)])
def test_few_samples_are_all_learned_from(samples: Samples) -> None:
    data = holding_out(samples)
    assert data.train is samples
    assert data.test is None
