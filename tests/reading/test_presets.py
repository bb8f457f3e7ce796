"""The presets are what their sources describe."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from chainrule.catalog.initializers import INITIALIZERS
from chainrule.engines import make_engine
from chainrule.network.meaning import initial_parameters
from chainrule.presets import PRESETS
from chainrule.program import build
from chainrule.reading import read_toml, write_toml
from chainrule.sentences import speaking

# sizes, parameters, output, loss, penalties, weights, biases
NETWORKS = {
    "zhou": ((2, 2, 1), 9, "sigmoid", "mean_squared_error", {}, "normal", "normal"),
    "neuron": ((2, 1), 3, "sigmoid", "mean_squared_error", {}, None, "zeros"),
    "mazur": ((2, 2, 2), 12, "sigmoid", "half_squared_error", {}, None, "zeros"),
    "testnet": ((2, 3, 2), 17, "softmax", "cross_entropy", {"l2": 0.01}, None, "zeros"),
    "han": ((784, 300, 10), 238_510, "sigmoid", "half_squared_error", {}, "uniform", "zeros"),
    "han-small": ((3, 4, 2), 26, "sigmoid", "half_squared_error", {}, "uniform", "zeros"),
    "nielsen": ((784, 30, 10), 23_860, "sigmoid", "half_squared_error", {}, "normal", "normal"),
    "ufldl": ((3, 3, 1), 16, "sigmoid", "half_squared_error", {"l2": 1e-4}, "normal", "zeros"),
}
# epochs, batch size, rate, targets
RECIPES = {
    "zhou": (1000, 1, 0.1, (0, 1)),
    "nielsen": (30, 10, 3.0, (0, 1)),
    "han": (30, 10, 1.0, (0.1, 0.9)),
    "neuron": (None, 1, 0.1, (0, 1)),
    "mazur": (None, 1, 0.5, (0.01, 0.99)),
    "testnet": (None, 32, 0.5, (0, 1)),
    "han-small": (None, 1, 0.3, (0.1, 0.9)),
    "ufldl": (None, 32, 0.5, (0, 1)),
}


def test_all_of_them_are_looked_at():
    assert set(PRESETS.names()) == set(NETWORKS) == set(RECIPES)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name):
    sizes, parameters, output, loss, penalties, weights, biases = NETWORKS[name]
    net = PRESETS[name].net
    assert net.sizes == sizes
    assert net.parameter_count == parameters
    assert sum(w.size for w in initial_parameters(net).values()) == parameters
    assert [layer.activation for layer in net.layers[:-1]] == ["sigmoid"] * (len(sizes) - 2)
    assert net.layers[-1].activation == output
    assert net.resolved().loss == loss
    assert dict(net.penalties) == penalties
    assert (net.initializer and INITIALIZERS.choose(net.initializer)[0].name) == weights
    assert net.bias_initializer == biases


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_plain_descent_at_a_constant_rate_with_nothing_held_out(name):
    epochs, batch_size, rate, (low, high) = RECIPES[name]
    recipe = PRESETS[name].recipe
    assert (recipe.epochs, recipe.batch_size, recipe.lr) == (epochs, batch_size, rate)
    assert recipe.optimizer == "sgd"
    assert recipe.rate(0.0) == recipe.rate(0.9) == rate
    assert recipe.validation == 0
    assert (recipe.low, recipe.high) == (low, high)
    assert recipe.shuffle == (name != "zhou")  # whose loop goes through its four people in turn


@pytest.mark.parametrize("name", NETWORKS)
def test_each_can_be_trained_and_written_down(name, tmp_path):
    preset = PRESETS[name]
    net = dataclasses.replace(preset.net, dtype="float64")
    engine = make_engine("numpy", build(net, preset.recipe.optimizer), initial_parameters(net), "float64")
    rng = np.random.default_rng(0)
    x, y = rng.random((4, net.inputs)), np.eye(net.outputs)[rng.integers(net.outputs, size=4)]
    before = engine.loss(x, y)
    engine.step(x, y, 1e-3)
    assert engine.loss(x, y) < before
    (tmp_path / "net.toml").write_text(write_toml(preset.net), encoding="utf-8")
    assert read_toml(tmp_path / "net.toml") == preset.net


@pytest.mark.parametrize("name", NETWORKS)
def test_each_says_what_it_is_in_both_languages(name):
    said = []
    for lang in ("en", "zh"):
        with speaking(lang):
            said.append(PRESETS[name].description)
    assert said[0] != said[1]
    sizes = "-".join(map(str, NETWORKS[name][0]))
    assert all(sizes in line for line in said)
    assert PRESETS[name].cite


def test_only_zhou_brings_its_data():
    assert {row.name: row.dataset for row in PRESETS if row.dataset} == {"zhou": "zhou"}
