"""What targets are as numbers, and what outputs say in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data.dataset import Dataset, Scaling
from chainrule.errors import UsageError
from chainrule.reading import parse_shorthand
from chainrule.sentences import speaking
from chainrule.targets import ClassTargets, NumberTargets, check_inputs, input_scaling, targets_for
from small_samples import classes, numbers, pictures


def test_one_output_a_class():
    targets = ClassTargets(3)
    coded = targets.encode(np.array([2, 0, 1, 2]))
    assert_array_equal(coded, [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert_array_equal(targets.decode(coded), [2, 0, 1, 2])
    assert targets.sum_to_one
    assert targets.encode(np.array([1]), np.float32).dtype == np.float32


def test_one_output_for_two_classes():
    targets = ClassTargets(1)
    assert_array_equal(targets.encode(np.array([1, 0])), [[1], [0]])
    assert_array_equal(targets.decode(np.array([[0.51], [0.49], [0.5]])), [1, 0, 0])
    assert_allclose(targets.probabilities(np.array([[0.8], [0.0]])), [[0.2, 0.8], [1, 0]], rtol=1e-15)
    assert not targets.sum_to_one


def test_targets_that_outputs_can_reach():
    targets = ClassTargets(2, 0.1, 0.9)
    assert_array_equal(targets.encode(np.array([1])), [[0.1, 0.9]])
    assert not targets.sum_to_one
    assert_allclose(targets.probabilities(np.array([[0.1, 0.9], [0.0, 1.0]])), [[0, 1], [0, 1]], atol=1e-15)
    single = ClassTargets(1, -1.0, 1.0)
    assert_array_equal(single.decode(np.array([[-0.1], [0.1]])), [0, 1])
    assert_allclose(single.probabilities(np.array([[0.5]])), [[0.25, 0.75]], rtol=1e-15)


def test_probabilities_are_shares():
    targets = ClassTargets(4)
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), size=50)
    assert_allclose(targets.probabilities(p), p, rtol=1e-14)
    loose = targets.probabilities(4 * rng.standard_normal((50, 4)))
    assert_allclose(loose.sum(axis=1), 1, rtol=1e-14)
    assert (loose >= 0).all()
    assert_array_equal(targets.probabilities(np.full((1, 4), -7.0)), [[0.25] * 4])  # none speaks up


def test_numbers_are_scaled_and_come_back():
    samples = numbers(outputs=3)
    targets = targets_for(parse_shorthand("3-2-3").resolved("numbers"), samples)
    coded = targets.encode(samples.y)
    assert_allclose(coded.mean(axis=0), 0, atol=1e-12)
    assert_allclose(coded.std(axis=0), 1, rtol=1e-12)
    assert_allclose(targets.decode(coded), samples.y, rtol=1e-12)


def test_an_output_with_a_range_of_its_own_learns_numbers_as_they_are():
    samples = numbers(outputs=1)
    targets = targets_for(parse_shorthand("3-2-1:tanh").resolved("numbers"), samples)
    assert isinstance(targets, NumberTargets)
    assert_array_equal(targets.encode(samples.y), samples.y)


@pytest.mark.parametrize(
    ("text", "samples", "key"),
    [
        ("3-1:sigmoid", numbers(outputs=1), "training.target_range"),
        ("3-2", classes(count=3), "training.class_outputs"),
        ("3-1", classes(count=3), "training.class_outputs"),
        ("3-3", classes(count=2), "training.class_outputs"),
        ("3-2", numbers(outputs=1), "training.number_outputs"),
        ("3-1", numbers(outputs=2), "training.number_outputs"),
    ],
)
def test_outputs_that_do_not_fit(text, samples, key):
    net = parse_shorthand(text).resolved("classes" if samples.info.classes else "numbers")
    with pytest.raises(UsageError) as caught:
        targets_for(net, samples)
    assert caught.value.key == key
    assert samples.info.name in str(caught.value)


def test_a_target_out_of_range_is_found_by_its_line():
    """Also after samples were taken out, and both parts were put together."""
    samples = numbers(40, outputs=1)
    own = replace(samples, y=np.where(np.arange(40)[:, None] == 17, 2.5, 0.5), lines=2 * np.arange(40) + 5)
    data = Dataset(own.take(np.arange(10, 40)), own.take(np.arange(10)))
    net = parse_shorthand("3-1:sigmoid").resolved("numbers")
    for part, place in (
        (data.train, "line 39"),
        (data.everything, "line 39"),
        (data.split(0.0, samples=30).train, "line 39"),
        (replace(own, lines=None), "sample 18"),
    ):
        with speaking("en"), pytest.raises(UsageError, match=f"has 2.5 in {place};"):
            targets_for(net, part)


def test_inputs_that_do_not_fit():
    with pytest.raises(UsageError) as caught:
        check_inputs(parse_shorthand("4-3"), classes().info, 3)
    assert caught.value.key == "training.inputs"


def test_inputs_are_scaled_by_their_kind():
    table = classes()
    scaled = input_scaling(table)(table.x)
    assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)
    grey = pictures()
    assert_allclose(input_scaling(grey)(grey.x), grey.x / 255, rtol=1e-15)
    own = Scaling.fixed(2.0, 3.0)
    assert input_scaling(type(table)(table.x, table.y, type(table.info)("own", scaling=own))) is own
