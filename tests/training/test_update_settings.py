"""Clipping, max-norm, averages and schedules in training: what they do to a run, how one asks for them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.cli import main
from chainrule.engines.choice import native_runs
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from in_both_languages import said
from small_samples import classes

pytestmark = pytest.mark.usefixtures("own_cache")

NET = dataclasses.replace(parse_shorthand("3-4:tanh-3"), dtype="float64")
NORMED = dataclasses.replace(NET, layers=(Dense(4, "tanh", norm="batch"), NET.layers[1]))
WATCHED = classes(30, seed=1)
RECIPES = {
    "all": Recipe(
        3, 8, "adamw", 0.05, "plateau:patience=1", clip_value=0.1, clip_norm=0.2, max_norm=1, ema=0.9
    ),
    "ema": Recipe(3, 8, ema=0.99),
    "nesterov": Recipe(3, 8, "nesterov", schedule="cosine:warmup=0.3", max_norm=2),
    "plateau": Recipe(3, 8, "lion", 0.2, schedule="plateau:patience=1"),
}


def trainer_of(recipe: Recipe, engine: str = "numpy", net: NetworkDefinition = NET) -> Trainer:
    return Trainer(net, classes(), recipe, validation=WATCHED, engine=engine)


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("name", RECIPES)
def test_taken_up_it_ends_as_if_never_stopped(name, engine):
    """Bit for bit: what trains, its averages, the scores and the rates."""
    if engine == "native" and not native_runs():
        pytest.skip("no native engine here")
    recipe, net = (
        dataclasses.replace(RECIPES[name], log_steps=1),
        NORMED if name in ("all", "plateau") else NET,
    )
    whole = trainer_of(recipe, engine, net)
    whole.run()
    assert whole.steps == 24
    for done in (1, 8, 13, 23):
        first, second = (trainer_of(recipe, engine, net) for _ in range(2))
        first.run(stop=lambda first=first, done=done: first.steps >= done)
        assert first.steps >= done
        states, counters = first.state()
        second.restore(first.model, {key: array.copy() for key, array in states.items()}, counters)
        if first.best is not None:
            second.restore_best(first.best)
        second.run()
        for ours, theirs in (
            (second.engine.parameters, whole.engine.parameters),
            (second.engine.states, whole.engine.states),
            (second.model.parameters, whole.model.parameters),
            (second.best.parameters, whole.best.parameters),
        ):
            assert ours.keys() == theirs.keys()
            for key, array in ours.items():
                assert_array_equal(array, theirs[key], err_msg=f"{key} after {done} steps")
        assert second.history == whole.history
        assert first.log + second.log == whole.log


def test_averages_are_what_is_scored_and_saved():
    """With the running averages of a normalisation as they are."""
    plain, averaged = (trainer_of(Recipe(4, 8, ema=ema), net=NORMED) for ema in (None, 0.9))
    assert_array_equal(averaged.model.parameters["W1"], plain.model.parameters["W1"])  # before the first step
    seen = []
    for trainer in (plain, averaged):
        seen.append([])
        kept = seen[-1]
        trainer.run(after_epoch=lambda t, kept=kept: kept.append(t.model))
    for name, w in averaged.model.parameters.items():
        assert_array_equal(averaged.engine.parameters[name], plain.model.parameters[name])
        if name in averaged.program.statistics:
            assert_array_equal(w, plain.model.parameters[name])
            continue
        assert_array_equal(w, averaged.engine.states[f"ema_{name}"])
        assert name == "b1" or not np.allclose(w, plain.model.parameters[name], rtol=1e-4)
    for model, entry in zip(seen[1], averaged.history, strict=True):
        evaluation = model.evaluate(WATCHED)
        assert evaluation.accuracy == entry.validation_accuracy
        assert_allclose(evaluation.loss, entry.validation_loss, rtol=1e-12)
    assert [e.loss for e in averaged.history] == [e.loss for e in plain.history]
    best = len(averaged.best.history)
    assert_array_equal(averaged.best.parameters["W2"], seen[1][best - 1].parameters["W2"])
    assert averaged.train_evaluation().loss == averaged.outcome.evaluate(classes()).loss


def test_max_norm_holds_at_the_end():
    trainer = trainer_of(Recipe(4, 8, "sgd", 1.0, max_norm=0.7))
    trainer.run()
    for name, w in trainer.model.parameters.items():
        norms = np.linalg.norm(w, axis=1) if name[0] == "W" else np.array([])
        assert (norms <= 0.7 * (1 + 1e-12)).all()
        assert name[0] == "b" or norms.max() > 0.7 * (1 - 1e-12)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine:warmup=0.3", "one_cycle"])
def test_each_step_has_its_rate(schedule):
    recipe = Recipe(5, 8, "sgd", 0.1, schedule, log_steps=1)
    trainer = trainer_of(recipe)
    trainer.run()
    assert_allclose([step.lr for step in trainer.log], [recipe.rate(s / 40) for s in range(40)], rtol=1e-12)


def test_the_rate_falls_after_epochs_that_are_no_better():
    recipe = Recipe(60, 8, "sgd", 1.0, "plateau:factor=0.5,patience=2", log_steps=8)
    trainer = trainer_of(recipe)
    trainer.run()
    scores = [(e.validation_accuracy, -e.validation_loss) for e in trainer.history]
    rate, best, since, expected = 1.0, scores[0], 0, [1.0]
    for score in scores[:-1]:
        since = 0 if score >= best else since + 1
        best = max(best, score)
        if since == 2:
            rate, since = rate / 2, 0
        expected.append(rate)
    assert [step.lr for step in trainer.log] == expected
    assert len(set(expected)) > 2


@pytest.mark.parametrize("name", ["clip_norm", "clip_value", "max_norm", "ema"])
@pytest.mark.parametrize("value", [0, -1.0, "a", True, float("nan"), float("inf")])
def test_settings_that_make_no_sense(name, value):
    with pytest.raises(UsageError) as caught:
        Recipe(**{name: value})
    assert caught.value.key == ("training.bad_ema" if name == "ema" else "training.bad_positive")
    assert all(name in text for text in said(caught.value))
    with pytest.raises(UsageError):
        cr.Network.parse("3-3").fit(classes(), **{name: value})


def test_an_average_is_below_1():
    assert Recipe(ema=np.float32(0.5)).ema == 0.5
    with pytest.raises(UsageError):
        Recipe(ema=1)


def test_a_recipe_survives_its_table_and_one_of_old_is_complete():
    recipe = RECIPES["all"]
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    new = ("clip_norm", "clip_value", "max_norm", "ema")
    assert Recipe.from_dict({k: v for k, v in Recipe().to_dict().items() if k not in new}) == Recipe()


def test_the_python_door_passes_them_on():
    settings = {"clip_norm": 0.2, "clip_value": 0.1, "max_norm": 1.0, "ema": 0.9}
    fitted = cr.Network.of(NET).fit(
        classes(), epochs=3, batch_size=8, optimizer="adamw", lr=0.05, schedule="one_cycle", **settings
    )
    trainer = Trainer(NET, classes(), Recipe(3, 8, "adamw", 0.05, "one_cycle", **settings))
    trainer.run()
    for name, w in fitted.parameters.items():
        assert_array_equal(w, trainer.model.parameters[name])


OPTIONS = {"--clip-norm": "0.5", "--clip-value": "0.25", "--max-norm": "2", "--ema": "0.9"}


def test_the_options(tmp_path, monkeypatch, capsys):
    """They arrive, and what a run is taken up with must be the same."""
    monkeypatch.chdir(tmp_path)
    command = ["train", "iris", "4-3", "--epochs", "2", "--optimizer", "lion", "--schedule", "cosine"]
    given = [text for pair in OPTIONS.items() for text in pair]
    assert main([*command, *given, "--out", "run", "--quiet"]) == 0
    recipe = json.loads(Path("run/run.json").read_text(encoding="utf-8"))["plan"]["recipe"]
    again = [*command, "--resume", "run", "--quiet", "--lang", "en"]
    assert main([*again, *given]) == 0
    for option, text in OPTIONS.items():
        assert recipe[option.removeprefix("--").replace("-", "_")] == float(text)
        capsys.readouterr()
        assert main([*again, option, "0.125"]) == 2
        said = capsys.readouterr().err
        assert f"{option} says 0.125" in said
        assert f"was begun with {float(text):g}" in said
    assert (recipe["optimizer"], recipe["schedule"]) == ("lion", "cosine")
    assert main([*command, "--ema", "1", "--lang", "zh"]) == 2
    assert "--ema" in capsys.readouterr().err
