"""Training on all samples at once: L-BFGS beside SciPy on formulas by hand; stopped, taken up and refused."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.cli import main
from chainrule.doctor import illnesses
from chainrule.doctor.watch import Doctor
from chainrule.errors import TrainingError, UsageError
from chainrule.network import Dense
from chainrule.network.meaning import initial_parameters
from chainrule.reading import parse_shorthand
from chainrule.recipe import OF_STEPS, Recipe
from chainrule.training import loop
from chainrule.training.loop import Trainer
from in_both_languages import said
from small_samples import classes, numbers

optimize = pytest.importorskip("scipy.optimize", reason="L-BFGS needs SciPy")
pytestmark = pytest.mark.heavy

NET = dataclasses.replace(parse_shorthand("3-4:tanh-3"), dtype="float64", penalties={"l2": 0.03})
RECIPE = Recipe(epochs=12, optimizer="lbfgs")
WATCHED = classes(30, seed=1)


def by_hand(samples, seed):
    """J after each of SciPy's iterations, and the last weights: tanh, softmax, cross-entropy written out."""
    first = initial_parameters(NET, seed)
    X = (samples.x - samples.x.mean(axis=0)) / samples.x.std(axis=0)
    n, Y = len(X), np.eye(3)[samples.y]

    def parts(w):
        return w[:12].reshape(4, 3), w[12:16], w[16:28].reshape(3, 4), w[28:]

    def cost(w):
        W1, b1, W2, b2 = parts(w)
        a1 = np.tanh(X @ W1.T + b1)
        e = np.exp(a1 @ W2.T + b2)
        p = e / e.sum(axis=1, keepdims=True)
        delta2 = (p - Y) / n
        delta1 = delta2 @ W2 * (1 - a1**2)
        g = delta1.T @ X + 0.03 * W1, delta1.sum(axis=0), delta2.T @ a1 + 0.03 * W2, delta2.sum(axis=0)
        J = -np.log(p[Y == 1]).mean() + 0.015 * ((W1**2).sum() + (W2**2).sum())
        return J, np.concatenate([each.ravel() for each in g])

    seen = []
    start = np.concatenate([first[name].ravel() for name in ("W1", "b1", "W2", "b2")])
    found = optimize.minimize(
        cost,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=lambda w: seen.append(cost(w)[0]),
        options={"maxiter": RECIPE.epochs},
    )
    return seen, parts(found.x)


@pytest.mark.parametrize("at_once", [1024, 7])
def test_it_goes_the_way_that_scipy_goes_on_formulas_by_hand(at_once, monkeypatch):
    """Whether all samples go through the network together or a few at a time."""
    monkeypatch.setattr(loop, "CHUNK", at_once)
    trainer = Trainer(NET, classes(), RECIPE, seed=5)
    trainer.run()
    losses, weights = by_hand(classes(), 5)
    assert_allclose([entry.loss for entry in trainer.history], losses, rtol=1e-8)
    for name, w in zip(("W1", "b1", "W2", "b2"), weights, strict=True):
        assert_allclose(trainer.model.parameters[name], w, rtol=1e-5, atol=1e-6, err_msg=name)
    assert (trainer.steps, trainer.samples, trainer.converged) == (12, 12 * 60, False)
    assert trainer.finished


@pytest.mark.parametrize("samples", [classes(), numbers(outputs=2)], ids=["classes", "numbers"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_ends_where_no_gradient_is_left(samples, dtype):
    outputs = len(samples.info.classes or samples.info.targets)
    net = dataclasses.replace(parse_shorthand(f"3-4:tanh-{outputs}"), dtype=dtype, penalties={"l2": 0.03})
    trainer = Trainer(net, samples, Recipe(optimizer="lbfgs:tolerance=0.001"))
    assert trainer.epochs == 200
    trainer.run()
    assert trainer.converged
    assert trainer.finished
    assert 3 < trainer.epoch < 200
    x, y = trainer.batches.batch(np.arange(60), 0)
    _, gradients = trainer.engine.gradients(x, y)
    largest = max(np.abs(g).max() for g in gradients.values())
    assert largest < (1e-3 if dtype == "float64" else 1e-2)  # in float32 rounding may end it before


def test_its_memory_counts():
    short, long = (Trainer(NET, classes(), Recipe(20, optimizer=f"lbfgs:memory={m}")) for m in (1, 20))
    for trainer in (short, long):
        trainer.run()
    assert short.history[1].loss == long.history[1].loss
    assert short.history[-1].loss > long.history[-1].loss


@pytest.mark.parametrize("done", [0, 1, 5, 11, 12])
def test_taken_up_it_ends_as_if_never_stopped(done):
    whole, first, second = (Trainer(NET, classes(), RECIPE, validation=WATCHED) for _ in range(3))
    whole.run()
    first.run(stop=lambda: first.epoch >= done)
    assert first.epoch == done
    second.restore(first.model, *first.state())
    if first.best is not None:
        second.restore_best(first.best)
    told = []
    second.run(after_epoch=lambda t: told.append(t.epoch))
    assert told == list(range(done + 1, 13))  # what is made once more is not told once more
    assert second.history == whole.history
    for name, w in whole.model.parameters.items():
        assert_array_equal(second.model.parameters[name], w)
        assert_array_equal(second.best.parameters[name], whole.best.parameters[name])


def test_stopped_while_it_makes_iterations_once_more_it_stays_where_it_was():
    first, second = (Trainer(NET, classes(), RECIPE) for _ in range(2))
    first.run(stop=lambda: first.epoch >= 5)
    second.restore(first.model, *first.state())
    asked = []
    second.run(stop=lambda: bool(asked) or asked.append(None))
    assert second.epoch == 5
    for name, w in first.model.parameters.items():
        assert_array_equal(second.model.parameters[name], w)


def test_one_that_has_converged_stays_so():
    recipe = Recipe(optimizer="lbfgs:tolerance=0.001")
    first, second = (Trainer(NET, classes(), recipe) for _ in range(2))
    first.run()
    second.restore(first.model, *first.state())
    assert second.finished
    assert second.run().history == first.model.history


def test_it_may_end_early_on_the_validation_part():
    wrong = dataclasses.replace(WATCHED, y=(WATCHED.y + 1) % 3)  # gets worse as training gets better
    recipe = dataclasses.replace(RECIPE, epochs=50, patience=2)
    trainer = Trainer(NET, classes(), recipe, validation=wrong)
    model = trainer.run()
    assert trainer.stopped_early
    assert not trainer.converged
    assert len(model.history) == len(trainer.history) - 2


@pytest.mark.parametrize("name", OF_STEPS)
def test_what_only_mini_batches_have_is_refused(name):
    value = {"batch_size": 7, "schedule": "constant", "distort": "shift", "log_steps": 3}.get(name, 0.5)
    with pytest.raises(UsageError) as caught:
        dataclasses.replace(RECIPE, **{name: value})
    assert caught.value.key == "training.for_steps"
    assert all(name in text for text in said(caught.value))
    assert dataclasses.replace(Recipe(), **{name: value}).without_steps() == Recipe()


@pytest.mark.parametrize(
    ("net", "settings", "key"),
    [
        (dataclasses.replace(NET, input_dropout=0.2), {}, "training.drawn_each_step"),
        (NET, {"engine": "native"}, "training.needs_numpy"),
    ],
)
def test_what_does_not_go_together(net, settings, key):
    with pytest.raises(UsageError) as caught:
        Trainer(net, classes(), RECIPE, **settings)
    assert caught.value.key == key
    said(caught.value)


def test_a_loss_that_is_no_number():
    net = dataclasses.replace(parse_shorthand("3-3:log(x)-3"), dtype="float64")
    trainer = Trainer(net, classes(), RECIPE)
    before = trainer.model.parameters
    with pytest.raises(TrainingError) as caught:
        trainer.run()
    assert caught.value.key == "training.never_finite"
    assert_array_equal(trainer.model.parameters["W1"], before["W1"])
    trainer.epoch = 2
    assert trainer._diverged().key == "training.beyond_numbers"


def test_the_doctor_says_nothing_of_rates_that_there_are_not(monkeypatch):
    """Of labels that nothing can be learned from, with a training that stays at chance."""
    monkeypatch.setattr(illnesses, "STEPS", 2)
    samples = classes(200)
    samples = dataclasses.replace(samples, y=np.random.default_rng(0).permutation(samples.y))
    recipe = dataclasses.replace(RECIPE, epochs=150)
    trainer, doctor = Trainer(dataclasses.replace(NET, penalties={"l2": 0.5}), samples, recipe), Doctor()
    doctor.look(trainer)
    found = []
    trainer.run(after_epoch=lambda t: found.extend(doctor.look(t)))
    assert {finding.code for finding in found} <= {"stuck_at_chance", "penalty_too_strong"}


@pytest.mark.parametrize("command", ["emit", "derive", "trace"])
def test_it_has_no_formula_to_show(command, capsys):
    assert main([command, "testnet", "--optimizer", "lbfgs", "--lang", "en"]) == 2
    assert "has no formula of an update" in capsys.readouterr().err


def test_xor_and_iris_by_the_python_door():
    xor = cr.datasets.load("xor")
    net = cr.Network(2, Dense(4, "tanh"), Dense(1, "sigmoid"), dtype="float64")
    model = net.fit(xor, optimizer="lbfgs")
    assert model.evaluate(xor.train).accuracy == 1
    assert model.history[-1]["loss"] < 1e-4
    assert len(model.history) < 60
    split = cr.datasets.load("iris").split(0.0, seed=0)
    model = cr.Network(4, 8, 3, l2=0.01).fit(split.train, optimizer="lbfgs:memory=5")
    assert model.evaluate(split.train).accuracy > 0.95
    assert model.evaluate(split.test).accuracy > 0.85


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["train", "zhou", "--optimizer", "lbfgs", "--lang", "en"]
    assert main([*command, "--epochs", "4", "--out", "a", "--json"]) == 0  # the preset's rate is left out
    found = json.loads(capsys.readouterr().out)
    assert (found["epochs"], found["steps"], found["batch_size"], found["lr"]) == (4, 4, 4, None)
    assert main([*command, "--epochs", "9", "--resume", "a", "--json"]) == 0
    capsys.readouterr()
    assert main([*command, "--epochs", "9", "--out", "b", "--json"]) == 0
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    assert main([*command, "--out", "c"]) == 0
    assert "the loss hardly falls any more" in capsys.readouterr().err
    assert main(["train", "--resume", "c", "--lang", "zh"]) == 0
    assert "已几乎不再下降" in capsys.readouterr().err
    assert main([*command, "--lr", "0.1"]) == 2
