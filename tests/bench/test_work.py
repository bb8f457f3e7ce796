"""What all contenders do."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from chainrule.bench.work import MOST_NUMBERS, Work, distance
from chainrule.errors import UsageError


@pytest.mark.parametrize(
    ("network", "flops"),
    [
        # forward and weight gradients of both layers, and back to the hidden layer
        ("784-300-10", 2 * 64 * (2 * (784 * 300 + 300 * 10) + 300 * 10)),
        ("2-2-1", 2 * 64 * (2 * (2 * 2 + 2 * 1) + 2 * 1)),
        ("5-3", 2 * 64 * 2 * 5 * 3),
    ],
)
def test_operations_of_a_step(network, flops):
    assert Work(network, 64).flops == flops


@pytest.mark.parametrize(("network", "classes"), [("6-4-3", 3), ("6-4-2", 2), ("6-4-1", 2)])
def test_data(network, classes):
    work = Work(network, 7)
    x, y = work.data()
    assert (x.shape, x.dtype) == ((19_999, 6), np.float32)
    assert (x.min() >= 0, x.max() <= 1) == (True, True)
    assert set(y) == set(range(classes))
    again = work.data()
    assert all(np.array_equal(a, b) for a, b in zip((x, y), again, strict=True))


def test_wide_inputs_take_no_more_memory():
    work = Work("100000-2", 64)
    assert work.samples % 64 == 0
    assert MOST_NUMBERS / 2 < work.samples * 100_000 <= MOST_NUMBERS
    with pytest.raises(UsageError, match="too large"):
        Work("100000-2", 400)


def test_every_epoch_has_its_own_order():
    work = Work("6-4-3", 100)
    first, second = islice(work.orders(), 2)
    assert sorted(first) == sorted(second) == list(range(20_000))
    assert not np.array_equal(first, second)


def test_distance():
    a, b = {"W1": np.array([[3.0]]), "b1": np.array([0.0, 4.0])}, {"W1": np.zeros((1, 1)), "b1": np.zeros(2)}
    assert distance(a, b) == 5
