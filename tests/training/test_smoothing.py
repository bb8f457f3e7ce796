"""Label smoothing: what is learned from, what is judged by, and what it is refused for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.api import Network
from chainrule.errors import UsageError
from chainrule.network.meaning import initial_parameters
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.targets import ClassTargets
from chainrule.training.loop import Trainer
from small_samples import classes, numbers

NET = dataclasses.replace(parse_shorthand("3-4:tanh-3"), dtype="float64")


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_targets_are_drawn_to_their_mean(share):
    y = np.array([2, 0])
    ones = [[0, 0, 1], [1, 0, 0]]
    assert_allclose(
        ClassTargets(3, smoothing=share).encode(y), (1 - share) * np.array(ones) + share / 3, rtol=1e-15
    )
    assert_allclose(ClassTargets(3, smoothing=share).encode(y).sum(axis=1), 1, rtol=1e-15)
    low, high, mean = 0.1, 0.9, (0.1 + 0.1 + 0.9) / 3
    expected = (1 - share) * np.where(ones, high, low) + share * mean
    assert_allclose(ClassTargets(3, low, high, share).encode(y), expected, rtol=1e-15)
    assert_allclose(ClassTargets(1, smoothing=share).encode(np.array([1, 0])), [[1 - share / 2], [share / 2]])


def _outputs(w, x):
    e = np.exp(np.tanh(x @ w["W1"].T + w["b1"]) @ w["W2"].T + w["b2"])
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_a_step_learns_from_smoothed_targets_and_scores_are_those_of_the_true_ones(engine):
    samples, share, rate = classes(40), 0.2, 0.3
    recipe = Recipe(1, 40, "sgd", rate, "constant", shuffle=False, smoothing=share)
    trainer = Trainer(NET, samples, recipe, validation=classes(20, seed=1), seed=4, engine=engine)
    model = trainer.run()
    w = initial_parameters(NET, 4)
    x, y = (samples.x - samples.x.mean(axis=0)) / samples.x.std(axis=0), np.eye(3)[samples.y]
    p, soft = _outputs(w, x), (1 - share) * y + share / 3
    assert trainer.history[0].loss == pytest.approx(-(soft * np.log(p)).sum(axis=1).mean(), rel=1e-12)
    h, delta = np.tanh(x @ w["W1"].T + w["b1"]), (p - soft) / 40
    assert_allclose(model.parameters["W2"], w["W2"] - rate * delta.T @ h, rtol=1e-11)
    back = delta @ w["W2"] * (1 - h**2)
    assert_allclose(model.parameters["W1"], w["W1"] - rate * back.T @ x, rtol=1e-11)
    after = _outputs(model.parameters, x)
    judged = model.evaluate(samples)
    assert judged.loss == pytest.approx(-(y * np.log(after)).sum(axis=1).mean(), rel=1e-12)
    assert model.targets == ClassTargets(3)  # what is smoothed is no part of a model


def test_none_changes_nothing():
    plain, none = (
        Trainer(NET, classes(), Recipe(epochs=2, **settings)) for settings in ({}, {"smoothing": 0.0})
    )
    plain.run(), none.run()
    for name, w in plain.model.parameters.items():
        assert_array_equal(none.model.parameters[name], w)


def test_the_python_door_takes_it():
    net = Network.of(NET)
    one, other = (net.fit(classes(), epochs=2, smoothing=share) for share in (0.0, 0.1))
    assert (one.parameters["W2"] != other.parameters["W2"]).any()


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan"), "much", True, None])
def test_what_is_no_share_is_refused(share):
    for lang, word in (("en", "share"), ("zh", "比例")):
        with speaking(lang), pytest.raises(UsageError, match=word) as caught:
            Recipe(smoothing=share)
        assert caught.value.key == "training.bad_smoothing"


def test_numbers_have_nothing_to_share():
    with pytest.raises(UsageError) as caught:
        Trainer(parse_shorthand("3-4-1"), numbers(), Recipe(smoothing=0.1))
    assert caught.value.key == "training.smoothing_numbers"


def test_a_recipe_without_it_is_read_as_none():
    recipe = Recipe(smoothing=0.1)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    old = {name: value for name, value in recipe.to_dict().items() if name != "smoothing"}
    assert Recipe.from_dict(old).smoothing == 0
