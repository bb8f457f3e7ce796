"""Trainings with normalisation over the samples of a batch: what is refused, and which running averages a
model gets."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.cli import main
from chainrule.doctor.patient import Patient
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.training.batches import order_of
from chainrule.training.loop import Trainer
from in_both_languages import said
from needing import NEEDS_SCIPY
from small_samples import classes

NET = NetworkDefinition(3, (Dense(4, "sigmoid", norm="batch"), Dense(3)), dtype="float64")


@pytest.mark.parametrize(
    ("recipe", "samples", "key"),
    [
        (Recipe(batch_size=1), 60, "training.batch_of_one"),
        (Recipe(), 1, "training.batch_of_one"),
        pytest.param(
            Recipe(optimizer="lbfgs"), 60, "training.no_batches", marks=[NEEDS_SCIPY, pytest.mark.heavy]
        ),
    ],
)
def test_what_it_cannot_learn_from_is_refused(recipe: Recipe, samples: int, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Trainer(NET, classes(samples), recipe)
    assert caught.value.key == key
    assert all("norm batch" in text for text in said(caught.value))
    layers = (dataclasses.replace(NET.layers[0], norm="layer"), NET.layers[1])
    Trainer(dataclasses.replace(NET, layers=layers), classes(samples), recipe)


@pytest.mark.parametrize(("samples", "steps"), [(32, 4), (33, 4), (34, 5)])
def test_a_last_batch_of_one_sample_is_left_out(samples: int, steps: int) -> None:
    """Averages are those of the other batches, by hand; without a normalisation it is learned from."""
    data = classes(samples)
    trainer = Trainer(NET, data, Recipe(2, 8, lr=0.1, optimizer="sgd", schedule="constant"), engine="numpy")
    assert trainer.epoch_steps == steps
    twin, seen = trainer.twin(), []
    while not twin.finished:
        seen.append(len(twin.fed()[0]))
        twin.one_step()
    rest = samples - 32
    assert seen == 2 * [8, 8, 8, 8, *([rest] if rest > 1 else [])]
    trainer.run()
    assert trainer.samples == sum(seen)
    for name, w in trainer.model.parameters.items():
        assert_array_equal(w, twin.model.parameters[name])
    plain = Trainer(cr.Network.parse("3-4-3").definition, data, Recipe(2, 8))
    assert plain.epoch_steps == (4 if rest == 0 else 5)


def test_averages_of_one_epoch_are_those_of_its_batches() -> None:
    """A rate of next to nothing leaves the weights as they are, so z is that of the start."""
    trainer = Trainer(NET, classes(20), Recipe(1, 5, "sgd", 1e-300, "constant"), engine="numpy")
    z = trainer.twin().engine.forward(trainer.scaling(trainer.train.x, np.float64))["z1"]
    parameters = trainer.run().parameters
    mean, variance = np.zeros(4), np.ones(4)
    for rows in order_of(20, 0, 0, shuffle=True).reshape(4, 5):
        mean = 0.9 * mean + 0.1 * z[rows].mean(axis=0)
        variance = 0.9 * variance + 0.1 * z[rows].var(axis=0, ddof=1)
    np.testing.assert_allclose(parameters["mean_z1"], mean, rtol=1e-12)
    np.testing.assert_allclose(parameters["variance_z1"], variance, rtol=1e-12)


def test_the_best_model_has_the_averages_of_its_epoch() -> None:
    kept = []
    trainer = Trainer(NET, classes(), Recipe(30, 8, lr=3.0, patience=2), validation=classes(30, seed=1))
    best = trainer.run(after_epoch=lambda each: kept.append(each.model))
    assert trainer.stopped_early
    at = len(best.history)
    assert at < trainer.epoch
    for name, w in best.parameters.items():
        assert_array_equal(w, kept[at - 1].parameters[name])
    assert (best.parameters["mean_z1"] != kept[-1].parameters["mean_z1"]).any()


def test_the_doctor_looks_at_what_the_activation_takes() -> None:
    """Weighted inputs that are far too large saturate nothing that normalises them."""
    initializer = "normal:std=50"
    for norm, most in (("batch", 0.05), ("layer", 0.05), (None, 1.0)):
        layers = (Dense(20, "sigmoid", norm=norm, initializer=initializer), Dense(3))
        net = dataclasses.replace(NET, layers=layers)
        trainer = Trainer(net, classes(), Recipe(3, 8), engine="numpy")
        trainer.run()
        (share,) = Patient(trainer).saturated
        assert share is not None
        assert share <= most
        assert norm or share > 0.5


@pytest.mark.heavy
@NEEDS_SCIPY
def test_resuming_and_the_options(tmp_path, monkeypatch, capsys, undrawn) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.toml").write_text('sizes = [4, 5, 3]\nlayers = [{ norm = "batch" }, {}]\n', "utf-8")
    command = ["train", "iris", "net.toml", "--epochs", "2", "--quiet"]
    assert main([*command, "--batch-size", "1", "--lang", "zh"]) == 2
    assert "norm batch" in capsys.readouterr().err
    assert main([*command, "--optimizer", "lbfgs", "--lang", "en"]) == 2
    assert "norm layer" in capsys.readouterr().err
    assert main([*command, "--out", "run"]) == 0
    (tmp_path / "net.toml").write_text('sizes = [4, 5, 3]\nlayers = [{ norm = "layer" }, {}]\n', "utf-8")
    capsys.readouterr()
    assert main([*command, "--resume", "run", "--lang", "en"]) == 2
    assert "batch" in capsys.readouterr().err
    assert main(["evaluate", "run", "iris"]) == 0
    assert main(["check", "gradients", "run", "--dataset", "iris"]) == 0
