"""Mini-batches: which samples, in which order, and what pictures cost."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data.dataset import Info, Samples, Scaling
from chainrule.errors import UsageError
from chainrule.targets import ClassTargets, NumberTargets, input_scaling
from chainrule.training.batches import feed_of, order_of
from small_samples import classes, numbers, pictures


def _all(batches, order):
    parts = [[array.copy() for array in batches.batch(order, k)] for k in range(len(batches))]
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


@pytest.mark.parametrize(
    ("n", "size", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 9, [3]), (3, 1, [1, 1, 1])]
)
def test_the_last_batch_holds_what_is_left(n, size, sizes):
    samples = classes(n)
    batches = feed_of(samples, input_scaling(samples), ClassTargets(3), size, "float64")
    order = order_of(len(samples), 0, 0, True)
    assert len(batches) == len(sizes)
    assert [len(batches.batch(order, k)[0]) for k in range(len(batches))] == sizes


def test_an_epoch_goes_through_every_sample_once_with_its_own_target():
    samples = classes(23)
    scaling = input_scaling(samples)
    batches = feed_of(samples, scaling, ClassTargets(3), 5, "float64")
    order = order_of(len(samples), 3, 1, True)
    assert_array_equal(np.sort(order), np.arange(23))
    x, y = _all(batches, order)
    assert_array_equal(x, scaling(samples.x)[order])
    assert_array_equal(y, np.eye(3)[samples.y][order])


def test_orders_depend_on_seed_and_epoch_alone():
    orders = {(seed, epoch): order_of(50, seed, epoch, True) for seed in range(3) for epoch in range(3)}
    assert len({order.tobytes() for order in orders.values()}) == 9
    for (seed, epoch), order in reversed(orders.items()):
        assert_array_equal(order_of(50, seed, epoch, True), order)
    assert_array_equal(order_of(50, 0, 5, False), np.arange(50))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_as_targets(dtype):
    samples = numbers(9, outputs=2)
    batches = feed_of(
        samples, input_scaling(samples), NumberTargets(Scaling.standardising(samples.y)), 4, dtype
    )
    x, y = _all(batches, order_of(len(samples), 0, 0, False))
    assert x.dtype == y.dtype == dtype
    assert_array_equal(y, Scaling.standardising(samples.y)(samples.y, dtype))


def test_pictures_give_the_same_numbers_as_floats_scaled_before():
    grey = pictures(21)
    scaled = Samples(grey.x.astype(np.float64) * (1 / 255), grey.y, Info("floats", grey.info.classes))
    first = feed_of(grey, input_scaling(grey), ClassTargets(3), 8, "float64")
    second = feed_of(scaled, Scaling.fixed(), ClassTargets(3), 8, "float64")
    order = order_of(len(grey), 0, 0, True)
    for ours, theirs in zip(_all(first, order), _all(second, order), strict=True):
        assert_array_equal(ours, theirs)


def test_pictures_stay_bytes():
    x = np.zeros((20_000, 784), np.uint8)
    samples = Samples(x, np.zeros(len(x), np.int64), Info("grey", classes=("0", "1"), image=(28, 28)))
    tracemalloc.start()
    batches = feed_of(samples, input_scaling(samples), ClassTargets(2), 64, "float32")
    order = order_of(len(samples), 0, 0, True)
    for k in range(len(batches)):
        batches.batch(order, k)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes / 10


def test_arrays_are_used_again():
    samples = pictures(20)
    batches = feed_of(samples, input_scaling(samples), ClassTargets(3), 5, "float32")
    order = order_of(len(samples), 0, 0, True)
    assert batches.batch(order, 0)[0] is batches.batch(order, 3)[0]


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_class_number_that_stands_for_no_class_is_refused(wrong):
    samples = classes(10)
    y = samples.y.copy()
    y[4] = wrong
    with pytest.raises(UsageError, match="5") as caught:
        feed_of(Samples(samples.x, y, samples.info), Scaling.fixed(), ClassTargets(3), 5, "float64")
    assert (caught.value.key, caught.value.fields["found"]) == ("training.label_range", wrong)
