"""Models: what they say of inputs, held to NumPy by hand, and how they are scored."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data.dataset import Info, Samples, Scaling
from chainrule.errors import ShapeError, UsageError
from chainrule.model import Model
from chainrule.network.meaning import initial_parameters
from chainrule.reading import parse_shorthand
from chainrule.sentences import speaking
from chainrule.targets import ClassTargets, NumberTargets
from small_samples import classes, numbers, pictures


def _model(text, samples, targets, scaling, **settings):
    net = dataclasses.replace(parse_shorthand(text), dtype="float64", **settings)
    net = net.resolved("classes" if samples.info.classes else "numbers")
    return Model(net, initial_parameters(net, 3), scaling, targets, samples.info)


def _z2(model, x):
    """Weighted inputs of the second layer, the first being tanh; x as it is stored."""
    w = model.parameters
    scaled = (x.astype(float) - model.scaling.shift) * model.scaling.factor
    return np.tanh(scaled @ w["W1"].T + w["b1"]) @ w["W2"].T + w["b2"]


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_classes():
    samples = classes(2100)  # more than go through the network at once
    model = _model("3-4:tanh-3", samples, ClassTargets(3), Scaling.standardising(samples.x))
    p = _softmax(_z2(model, samples.x))
    names = np.array(["a", "b", "c"])
    assert_allclose(model.outputs(samples.x), p, rtol=1e-12)
    assert_allclose(model.probabilities(samples.x), p, rtol=1e-12)
    assert_array_equal(model.predict(samples.x), names[p.argmax(axis=1)])
    seen = model.evaluate(samples)
    right = p.argmax(axis=1) == samples.y
    assert seen.samples == 2100
    assert_allclose(seen.loss, -np.log(p[np.arange(2100), samples.y]).mean(), rtol=1e-12)
    assert seen.accuracy == right.mean()
    assert_allclose(seen.error_rate, 1 - right.mean(), rtol=1e-12)
    expected = [[np.sum((samples.y == i) & (p.argmax(axis=1) == j)) for j in range(3)] for i in range(3)]
    assert_array_equal(seen.confusion_matrix, expected)
    assert (seen.mean_absolute_error, seen.r2) == (None, None)
    assert seen.classes == ("a", "b", "c")
    assert seen.to_dict()["confusion_matrix"] == np.array(expected).tolist()


def test_penalties_are_part_of_the_loss():
    samples = classes()
    plain = _model("3-4:tanh-3", samples, ClassTargets(3), Scaling.fixed())
    penalised = _model(
        "3-4:tanh-3", samples, ClassTargets(3), Scaling.fixed(), penalties={"l2": 0.3, "l1": 0.1}
    )
    weights = np.concatenate([plain.parameters[name].ravel() for name in ("W1", "W2")])
    penalty = 0.15 * (weights**2).sum() + 0.1 * np.abs(weights).sum()
    assert_allclose(penalised.evaluate(samples).loss, plain.evaluate(samples).loss + penalty, rtol=1e-12)


def test_one_output_for_two_classes():
    samples = classes(count=2)
    model = _model("3-4:tanh-1", samples, ClassTargets(1), Scaling.fixed(1.0, 0.5))
    a = 1 / (1 + np.exp(-_z2(model, samples.x)[:, 0]))
    assert_allclose(model.probabilities(samples.x), np.stack([1 - a, a], axis=1), rtol=1e-12)
    assert_array_equal(model.predict(samples.x), np.where(a > 0.5, "b", "a"))
    seen = model.evaluate(samples)
    loss = -np.where(samples.y == 1, np.log(a), np.log(1 - a)).mean()
    assert_allclose(seen.loss, loss, rtol=1e-12)
    assert seen.accuracy == np.mean((a > 0.5) == samples.y)
    assert seen.confusion_matrix.shape == (2, 2)


def test_targets_of_a_tenth_and_nine_tenths():
    samples = classes()
    model = _model("3-4:tanh-3:sigmoid", samples, ClassTargets(3, 0.1, 0.9), Scaling.fixed())
    model = dataclasses.replace(model, net=dataclasses.replace(model.net, loss="half_squared_error"))
    a = 1 / (1 + np.exp(-_z2(model, samples.x)))
    y = np.where(np.eye(3)[samples.y] == 1, 0.9, 0.1)
    assert_allclose(model.evaluate(samples).loss, ((y - a) ** 2).sum(axis=1).mean() / 2, rtol=1e-12)
    shares = np.clip((a - 0.1) / 0.8, 0, 1)
    assert_allclose(model.probabilities(samples.x), shares / shares.sum(axis=1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("outputs", [1, 2])
def test_numbers(outputs):
    samples = numbers(outputs=outputs)
    scaling = Scaling.standardising(samples.y)
    model = _model(f"3-4:tanh-{outputs}", samples, NumberTargets(scaling), Scaling.standardising(samples.x))
    z = _z2(model, samples.x)
    predicted = z * samples.y.std(axis=0) + samples.y.mean(axis=0)
    assert_allclose(model.predict(samples.x), predicted[:, 0] if outputs == 1 else predicted, rtol=1e-12)
    seen = model.evaluate(samples)
    scaled = (samples.y - samples.y.mean(axis=0)) / samples.y.std(axis=0)
    assert_allclose(seen.loss, ((scaled - z) ** 2).sum(axis=1).mean() / 2, rtol=1e-11)
    assert_allclose(seen.mean_absolute_error, np.abs(samples.y - predicted).mean(), rtol=1e-12)
    spread = ((samples.y - samples.y.mean(axis=0)) ** 2).sum()
    assert_allclose(seen.r2, 1 - ((samples.y - predicted) ** 2).sum() / spread, rtol=1e-10)
    assert (seen.accuracy, seen.confusion_matrix, seen.classes) == (None, None, None)
    with pytest.raises(UsageError) as caught:
        model.probabilities(samples.x)
    assert caught.value.key == "model.no_probabilities"


def test_pictures_come_in_three_forms():
    samples = pictures()
    model = _model("16-4:tanh-3", samples, ClassTargets(3), Scaling.fixed(0.0, 1 / 255))
    expected = _softmax(_z2(model, samples.x))
    for x in (samples.x, samples.x.reshape(-1, 4, 4), samples.x.astype(float), samples.x.tolist()):
        assert_allclose(model.outputs(x), expected, rtol=1e-12)
    assert model.predict(samples.x).dtype.kind == "i"  # classes that are called 0, 1, 2


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (np.zeros(3), ShapeError),
        (np.zeros((2, 2)), ShapeError),
        (np.zeros((0, 3)), ShapeError),
        ([[1.0, np.nan, 0.0]], ShapeError),
        ([["a", "b", "c"]], ShapeError),
        ([[1.0], [2.0, 3.0]], ShapeError),
        (None, ShapeError),
    ],
)
def test_inputs_that_do_not_fit(x, error):
    model = _model("3-4:tanh-3", classes(), ClassTargets(3), Scaling.fixed())
    for use in (model.outputs, model.predict, model.probabilities):
        with pytest.raises(error):
            use(x)


def test_samples_that_do_not_fit():
    samples = classes()
    model = _model("3-4:tanh-3", samples, ClassTargets(3), Scaling.fixed())
    others = Samples(samples.x, samples.y, dataclasses.replace(samples.info, classes=("a", "b", "d")))
    with pytest.raises(UsageError) as caught:
        model.evaluate(others)
    assert caught.value.key == "model.unseen_class"
    first = int(np.argmax(samples.y == 2)) + 1
    with speaking("en"):
        assert f"clouds has the class d (sample {first})" in str(caught.value)
    with pytest.raises(UsageError) as caught:
        model.evaluate(numbers())
    assert caught.value.key == "model.other_targets"
    with speaking("en"):
        assert "lines has the numbers " in str(caught.value)
        assert str(caught.value).endswith("but the model learned the classes a, b, c")


def test_samples_of_some_classes_in_another_order_are_known_by_name():
    samples = classes()
    model = _model("3-4:tanh-3", samples, ClassTargets(3), Scaling.fixed())
    some = samples.take(np.flatnonzero(samples.y > 0))
    turned = Samples(some.x, 2 - some.y, dataclasses.replace(samples.info, classes=("c", "b")))
    assert model.evaluate(turned).to_dict() == model.evaluate(some).to_dict()
    for pair in ((samples.x, samples.y + 3), (samples.x, samples.y[:5]), (samples.x[:, :2], samples.y), 3):
        with pytest.raises((ShapeError, UsageError)):
            model.evaluate(pair)


def test_a_pair_of_arrays_means_the_models_own_classes():
    samples = classes()
    model = _model("3-4:tanh-3", samples, ClassTargets(3), Scaling.fixed())
    expected = model.evaluate(samples).to_dict()
    assert model.evaluate((samples.x, samples.y)).to_dict() == expected
    assert model.evaluate((samples.x, np.array(["a", "b", "c"])[samples.y])).to_dict() == expected
    only_a = model.evaluate((samples.x[samples.y == 0], samples.y[samples.y == 0]))
    assert only_a.confusion_matrix.shape == (3, 3)


def test_single_precision_is_near():
    samples = classes()
    model = _model("3-4:tanh-3", samples, ClassTargets(3), Scaling.standardising(samples.x))
    single = dataclasses.replace(model, net=dataclasses.replace(model.net, dtype="float32"))
    assert single.outputs(samples.x).dtype == np.float32
    assert_allclose(single.outputs(samples.x), model.outputs(samples.x), rtol=1e-5)


def test_extreme_inputs_give_shares_still():
    info = Info("two", classes=("a", "b"))
    net = parse_shorthand("2-2").resolved("classes")
    model = Model(net, initial_parameters(net), Scaling.fixed(), ClassTargets(2), info)
    shares = model.probabilities([[1e30, -1e30], [-1e30, 1e30], [0.0, 0.0]])
    assert np.isfinite(shares).all()
    assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
