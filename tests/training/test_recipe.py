"""What a run's settings are by default, and which ones are refused."""

from __future__ import annotations

import inspect
import math
from dataclasses import fields
from unittest.mock import Mock

import click
import pytest

from chainrule.api import Network
from chainrule.cli.app import app
from chainrule.errors import UnknownNameError, UsageError
from chainrule.recipe import LEAST_EPOCHS, LEAST_STEPS, MOST_EPOCHS, Recipe
from in_both_languages import said
from small_samples import classes


def test_defaults():
    recipe = Recipe()
    assert (recipe.epochs, recipe.batch_size, recipe.optimizer) == (None, 32, "sgd:momentum=0.9")
    assert (recipe.validation, recipe.low, recipe.high, recipe.shuffle) == (0.1, 0.0, 1.0, True)
    assert recipe.rate() == 0.1


def test_every_setting_is_at_both_doors():
    defaults = {field.name: field.default for field in fields(Recipe)}
    of_presets = {"low", "high", "shuffle"}
    train = app.get_command(click.Context(app), "train")
    assert defaults.keys() - {param.name for param in train.params} == of_presets
    fit = {name: param.default for name, param in inspect.signature(Network.fit).parameters.items()}
    assert defaults.keys() - fit.keys() == {*of_presets, "log_steps"}  # which is about a run's files
    shared = defaults.keys() & fit.keys() - {"validation"}  # which is samples there, not a share of them
    assert {name: fit[name] for name in shared} == {name: defaults[name] for name in shared}


def test_every_setting_of_fit_arrives(monkeypatch):
    settings = {
        "epochs": 3, "batch_size": 7, "optimizer": "adam", "lr": 0.2, "schedule": "cosine", "clip_norm": 1.0,
        "clip_value": 2.0, "max_norm": 3.0, "ema": 0.5, "distort": "shift", "patience": 4,
        "stop_when_worse": 5, "smoothing": 0.1, "class_weights": "balanced", "input_noise": 0.3,
    }  # fmt: skip
    of_fit = inspect.signature(Network.fit).parameters
    assert settings.keys() == {f.name for f in fields(Recipe)} & of_fit.keys() - {"validation"}
    seen = []
    monkeypatch.setattr("chainrule.api.Trainer", lambda net, data, recipe, **_: seen.append(recipe) or Mock())
    Network.parse("5-3").fit(classes(), doctor=False, **settings)
    assert seen == [Recipe(**settings)]


@pytest.mark.parametrize("batch_size", [1, 10, 32, 64])
@pytest.mark.parametrize("samples", [1, 4, 97, 150, 1_437, 9_568, 54_000])
def test_small_data_is_gone_through_more_often(samples, batch_size):
    steps = -(-samples // batch_size)  # in an epoch
    epochs = Recipe(batch_size=batch_size).epochs_for(samples)
    assert LEAST_EPOCHS <= epochs <= MOST_EPOCHS
    assert epochs * steps >= LEAST_STEPS or epochs == MOST_EPOCHS
    assert (epochs - 1) * steps < LEAST_STEPS or epochs == LEAST_EPOCHS
    assert Recipe(epochs=3, batch_size=batch_size).epochs_for(samples) == 3


def test_the_rate_falls_in_a_line_unless_it_is_to_stay():
    recipe = Recipe(lr=0.4)
    assert [recipe.rate(done) for done in (0.0, 0.25, 0.75)] == pytest.approx([0.4, 0.3, 0.1])
    assert Recipe(lr=0.4, schedule="constant").rate(0.75) == 0.4


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"epochs": 0}, "training.bad_whole"),
        ({"epochs": 2.0}, "training.bad_whole"),
        ({"epochs": True}, "training.bad_whole"),
        ({"batch_size": 0}, "training.bad_whole"),
        ({"batch_size": None}, "training.bad_whole"),
        ({"batch_size": "64"}, "training.bad_whole"),
        ({"lr": 0}, "training.bad_rate"),
        ({"lr": -0.1}, "training.bad_rate"),
        ({"lr": math.nan}, "training.bad_rate"),
        ({"lr": math.inf}, "training.bad_rate"),
        ({"lr": 10**400}, "training.bad_rate"),
        ({"lr": "fast"}, "training.bad_rate"),
        ({"lr": True}, "training.bad_rate"),
        ({"validation": 1}, "data.validation_fraction"),
        ({"validation": -0.1}, "data.validation_fraction"),
        ({"validation": math.nan}, "data.validation_fraction"),
        ({"low": 1.0}, "training.bad_targets"),
        ({"low": 0.9, "high": 0.1}, "training.bad_targets"),
        ({"high": math.inf}, "training.bad_targets"),
        ({"shuffle": 3}, "training.bad_shuffle"),
        ({"optimizer": "sdg"}, "catalog.unknown"),
        ({"optimizer": "sgd:momentun=0.9"}, "catalog.unknown"),
        ({"optimizer": "sgd:momentum=much"}, "catalog.not_a_number"),
        ({"schedule": "lineal"}, "catalog.unknown"),
        ({"schedule": 3}, "catalog.not_text"),
        ({"optimizer": None}, "catalog.not_text"),
        ({"optimizer": "sgd:momentum=1"}, "catalog.out_of_range"),
    ],
)
def test_settings_that_make_no_sense(settings, key):
    with pytest.raises(UsageError if key != "catalog.unknown" else UnknownNameError) as caught:
        Recipe(**settings)
    assert caught.value.key == key
    said(caught.value)


def test_a_recipe_survives_its_table():
    recipe = Recipe(7, 10, "sgd", 0.5, "constant", 0.2, 0.1, 0.9, False)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(TypeError, match="epoch"):
        Recipe.from_dict({"epoch": 3})
