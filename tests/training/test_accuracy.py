"""What is learned from real data, with the settings that a newcomer gets."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from chainrule import data
from chainrule.cli.train import fitting
from chainrule.data.dataset import Samples
from chainrule.presets import PRESETS
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer

FOLDER = Path(os.environ.get("CHAINRULE_DATA", ""))
needs_mnist = pytest.mark.skipif(
    not os.environ.get("CHAINRULE_DATA") or not (FOLDER / "mnist").is_dir(),
    reason="MNIST's files are not there; CHAINRULE_DATA names the folder that holds mnist/",
)


def _accuracy(dataset, net, recipe, seed=0, samples=None):
    split = dataset.split(recipe.validation, seed=seed, samples=samples)
    trainer = Trainer(net, split.train, recipe, validation=split.validation, seed=seed)
    return trainer.run().evaluate(split.test).accuracy, trainer


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1])
def test_digits_as_the_first_command_trains_them(seed):
    digits = data.load("digits")
    accuracy, trainer = _accuracy(digits, *fitting(digits), seed)
    assert accuracy >= 0.97
    assert trainer.seconds < 10


@pytest.mark.long
def test_the_four_people_for_ten_seeds():
    preset = PRESETS["zhou"]
    people = data.load("zhou")
    for seed in range(10):
        trainer = Trainer(preset.net, people.train, preset.recipe, seed=seed)
        model = trainer.run()
        assert trainer.steps == 4000
        assert trainer.train_evaluation().loss < 0.01, f"seed {seed}"
        emily, frank = model.outputs([[128.0, 63.0], [155.0, 68.0]])[:, 0]
        assert emily > 0.5 > frank, f"seed {seed}"
        assert list(model.predict([[128.0, 63.0], [155.0, 68.0]])) == ["F", "M"]


@pytest.mark.long
def test_iris():
    """Over five splits: thirty flowers by themselves say little."""
    flowers = data.load("iris")
    x = np.concatenate([flowers.train.x, flowers.test.x])
    y = np.concatenate([flowers.train.y, flowers.test.y])
    scores = []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(x))
        train, test = (Samples(x[rows], y[rows], flowers.info) for rows in (order[30:], order[:30]))
        net, recipe = fitting(flowers)
        trainer = Trainer(net, train, recipe, seed=seed)
        scores.append(trainer.run().evaluate(test).accuracy)
    assert np.mean(scores) >= 0.93


@pytest.mark.long
@pytest.mark.parametrize("name", ["moons", "circles", "spiral"])
def test_shapes_that_no_line_divides(name):
    shapes = data.load(name)
    assert _accuracy(shapes, *fitting(shapes))[0] >= 0.95


@pytest.mark.long
def test_exclusive_or_needs_its_hidden_layer():
    corners = data.load("xor")
    recipe = Recipe(epochs=2000, batch_size=4, optimizer="sgd", lr=1.0, validation=0)
    learned = Trainer(parse_shorthand("2-4:tanh-2"), corners.train, recipe).run()
    assert learned.evaluate(corners.train).accuracy == 1
    line = Trainer(parse_shorthand("2-2"), corners.train, recipe).run()
    assert line.evaluate(corners.train).accuracy <= 0.75


@needs_mnist
@pytest.mark.long
def test_mnist_without_a_hidden_layer():
    mnist = data.load("mnist", data_dir=FOLDER, offline=True)
    assert mnist.train.x.dtype == np.uint8
    accuracy, _ = _accuracy(mnist, parse_shorthand("784-10"), Recipe(epochs=5))
    assert 0.915 <= accuracy <= 0.93


@needs_mnist
@pytest.mark.long
def test_a_thousand_digits():
    mnist = data.load("mnist", data_dir=FOLDER, offline=True)
    accuracy, trainer = _accuracy(mnist, parse_shorthand("784-10"), Recipe(validation=0), samples=1000)
    assert len(trainer.train) == 1000
    assert 0.82 <= accuracy <= 0.90
