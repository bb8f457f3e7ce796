"""Training with dropout: held to a loop written by hand, reproducible, taken up again, kept in models."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.engines.masks import mask_keys, masks_of
from chainrule.model import load
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.randomness import generator
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from small_samples import classes

NET = NetworkDefinition(
    3, (Dense(6, "tanh", dropout=0.5), Dense(3, "softmax")), dtype="float64", input_dropout=0.2
)
RECIPE = Recipe(epochs=3, batch_size=8)


def _by_hand(samples, recipe, seed):
    w = {name: value.copy() for name, value in initial_parameters(NET, seed).items()}
    v = {name: np.zeros_like(value) for name, value in w.items()}
    X = (samples.x - samples.x.mean(axis=0)) / samples.x.std(axis=0)
    program = Trainer(NET, samples, recipe).program
    steps = -(-len(X) // recipe.batch_size)
    for epoch in range(recipe.epochs):
        order = generator(seed, "shuffle", epoch).permutation(len(X))
        keys = mask_keys(program, seed, epoch, steps)
        for step in range(steps):
            rows = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            x, y, m = X[rows], samples.y[rows], len(rows)
            masks = masks_of(program, m, keys[step])
            x = x * masks["m0"]
            h = np.tanh(x @ w["W1"].T + w["b1"])
            e = np.exp(h * masks["m1"] @ w["W2"].T + w["b2"])
            delta2 = (e / e.sum(axis=1, keepdims=True) - np.eye(3)[y]) / m
            delta1 = delta2 @ w["W2"] * masks["m1"] * (1 - h**2)
            g = {"W1": delta1.T @ x, "b1": delta1.sum(0), "b2": delta2.sum(0)}
            g["W2"] = delta2.T @ (h * masks["m1"])
            rate = recipe.rate((epoch * steps + step) / (recipe.epochs * steps))
            for name, gradient in g.items():
                v[name] = 0.9 * v[name] + gradient
                w[name] -= rate * v[name]
    return w


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_it_is_the_loop_written_by_hand(engine):
    trainer = Trainer(NET, classes(), RECIPE, seed=3, engine=engine)
    trainer.run()
    for name, w in _by_hand(classes(), RECIPE, 3).items():
        assert_allclose(trainer.model.parameters[name], w, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("done", [1, 7, 8, 13, 23])
def test_stopped_after_a_step_and_taken_up_it_ends_as_if_never_stopped(done, engine):
    whole = Trainer(NET, classes(), RECIPE, engine=engine)
    whole.run()
    first = Trainer(NET, classes(), RECIPE, engine=engine)
    first._at_once = 1
    first.run(stop=lambda: first.steps >= done)
    states, counters = first.state()
    second = Trainer(NET, classes(), RECIPE, engine=engine)
    second.restore(first.model, {name: array.copy() for name, array in states.items()}, counters)
    second.run()
    for name, w in whole.model.parameters.items():
        assert_array_equal(second.model.parameters[name], w)


def test_scores_and_predictions_are_those_of_the_whole_network(tmp_path):
    trainer = Trainer(NET, classes(), RECIPE, validation=classes(30, seed=1))
    model = trainer.run()
    plain = dataclasses.replace(model, net=NET.with_dropout(0, 0))
    x = classes(30, seed=1).x
    assert_array_equal(model.outputs(x), plain.outputs(x))
    assert model.evaluate(classes(30, seed=1)).loss == plain.evaluate(classes(30, seed=1)).loss
    assert trainer.history[-1].validation_loss == model.evaluate(classes(30, seed=1)).loss
    model.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    assert loaded.net == NET.resolved("classes")
    assert_array_equal(loaded.outputs(x), model.outputs(x))


def test_other_seeds_drop_others():
    one, other = (Trainer(NET, classes(), RECIPE, seed=seed) for seed in (0, 1))
    other.restore(one.model, *one.state())
    one.recipe = other.recipe = dataclasses.replace(RECIPE, shuffle=False)
    one.run(), other.run()
    assert (one.model.parameters["W1"] != other.model.parameters["W1"]).any()
