"""The training loop: held to one written by hand, reproducible, and stopped and taken up after any step."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data.dataset import Info, Samples, Scaling
from chainrule.errors import TrainingError, UnknownNameError, UsageError
from chainrule.network.meaning import initial_parameters
from chainrule.randomness import generator
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.loop import LOOKS, Trainer
from in_both_languages import said
from small_samples import classes, numbers, pictures

NET = dataclasses.replace(parse_shorthand("3-4:tanh-3"), dtype="float64")


def _trained(net=NET, samples=None, recipe=None, **settings):
    trainer = Trainer(net, samples or classes(), recipe or Recipe(epochs=4, batch_size=8), **settings)
    trainer.run()
    return trainer


def _assert_same(ours, theirs):
    """Bit for bit."""
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert_array_equal(ours[name], theirs[name], err_msg=name)


def _by_hand(samples, recipe, seed, l2):
    """3-4:tanh-3:softmax with cross-entropy, and J before each step; nothing of the program's mathematics."""
    w = {name: value.copy() for name, value in initial_parameters(NET, seed).items()}
    v = {name: np.zeros_like(value) for name, value in w.items()}
    momentum = 0.9 if "0.9" in recipe.optimizer else 0.0
    X = (samples.x - samples.x.mean(axis=0)) / samples.x.std(axis=0)
    n, size = len(X), recipe.batch_size
    total = recipe.epochs * -(-n // size)
    losses = []
    for epoch in range(recipe.epochs):
        order = generator(seed, "shuffle", epoch).permutation(n) if recipe.shuffle else np.arange(n)
        for at in range(0, n, size):
            rows = order[at : at + size]
            x, y, m = X[rows], samples.y[rows], len(rows)
            a1 = np.tanh(x @ w["W1"].T + w["b1"])
            e = np.exp(a1 @ w["W2"].T + w["b2"])
            p = e / e.sum(axis=1, keepdims=True)
            weights = (w["W1"] ** 2).sum() + (w["W2"] ** 2).sum()
            J = -np.log(p[np.arange(m), y]).mean() + l2 / 2 * weights
            delta2 = (p - np.eye(3)[y]) / m
            delta1 = delta2 @ w["W2"] * (1 - a1**2)
            g = {
                "W1": delta1.T @ x + l2 * w["W1"],
                "b1": delta1.sum(axis=0),
                "W2": delta2.T @ a1 + l2 * w["W2"],
                "b2": delta2.sum(axis=0),
            }
            rate = recipe.lr * (1 - len(losses) / total if recipe.schedule == "linear" else 1)
            for name in w:
                v[name] = momentum * v[name] + g[name]
                w[name] = w[name] - rate * v[name]
            losses.append(J)
    return w, losses


@pytest.mark.parametrize("optimizer", ["sgd", "sgd:momentum=0.9"])
@pytest.mark.parametrize("schedule", ["constant", "linear"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_it_does_what_a_loop_by_hand_does(optimizer, schedule, shuffle):
    samples = classes(29)  # batches of 8, 8, 8 and 5
    recipe = Recipe(5, 8, optimizer, 0.2, schedule, shuffle=shuffle)
    net = dataclasses.replace(NET, penalties={"l2": 0.03})
    trainer = _trained(net, samples, recipe, seed=5)
    w, losses = _by_hand(samples, recipe, 5, 0.03)
    assert list(trainer.model.parameters) == ["W1", "b1", "W2", "b2"]
    for name, value in trainer.model.parameters.items():
        assert_allclose(value, w[name], rtol=1e-12, atol=1e-12, err_msg=name)
    assert len(losses) == trainer.steps == 20
    means = [np.mean(losses[at : at + 4]) for at in range(0, 20, 4)]  # with so few batches all are looked at
    assert_allclose([entry.loss for entry in trainer.history], means, rtol=1e-12)


def test_the_loss_of_a_long_epoch_is_a_mean_over_some_batches():
    samples = classes(3 * LOOKS)
    recipe = Recipe(1, 1, "sgd", 0.1, "constant")
    losses = _by_hand(samples, recipe, 0, 0.0)[1]
    trainer = _trained(samples=samples, recipe=recipe)
    assert_allclose(trainer.history[0].loss, np.mean(losses[::3]), rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("3-4-3", classes()),
        ("3-3", classes()),
        ("3-4:relu-1", classes(count=2)),
        ("3-4-2", numbers(outputs=2)),
        ("3-4:tanh-1", numbers()),
        ("16-8:relu-3", pictures()),
    ],
)
def test_the_loss_falls(text, samples):
    trainer = Trainer(parse_shorthand(text), samples, Recipe(epochs=30, batch_size=8))
    before = trainer.train_evaluation().loss
    trainer.run()
    assert trainer.train_evaluation().loss < 0.4 * before
    assert trainer.history[-1].loss < trainer.history[0].loss


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_seed_gives_the_same_bits_and_another_one_others(dtype):
    net = dataclasses.replace(NET, dtype=dtype)
    one, two, other = (_trained(net, seed=seed).model.parameters for seed in (1, 1, 2))
    _assert_same(one, two)
    assert all(w.dtype == dtype for w in one.values())
    assert all((one[name] != other[name]).any() for name in one)


def test_the_seed_of_the_definition_serves_where_none_is_given():
    _assert_same(
        _trained(dataclasses.replace(NET, seed=4)).model.parameters, _trained(seed=4).model.parameters
    )


def test_bytes_and_floats_scaled_before_learn_the_same():
    grey = pictures()
    floats = Samples(
        grey.x.astype(np.float64) * (1 / 255),
        grey.y,
        Info("floats", grey.info.classes, scaling=Scaling.fixed()),
    )
    net = dataclasses.replace(parse_shorthand("16-5-3"), dtype="float64")
    _assert_same(_trained(net, grey).model.parameters, _trained(net, floats).model.parameters)


RECIPE = Recipe(epochs=3, batch_size=8)  # 60 samples: 8 steps an epoch, the last with 4 samples
STEPS = 24


@pytest.mark.parametrize("done", range(STEPS + 1))
def test_stopped_after_any_step_and_taken_up_it_ends_as_if_never_stopped(done):
    samples, watched = classes(), classes(30, seed=1)
    whole = _trained(samples=samples, recipe=RECIPE, validation=watched)
    first = Trainer(NET, samples, RECIPE, validation=watched)
    first.run(stop=lambda: first.steps >= done)
    assert first.steps == done
    states, counters = first.state()
    states = {name: array.copy() for name, array in states.items()}
    second = Trainer(NET, samples, RECIPE, validation=watched)
    second.restore(first.model, states, counters)
    if first.best is not None:
        second.restore_best(first.best)
    second.run()
    _assert_same(second.model.parameters, whole.model.parameters)
    _assert_same(second.best.parameters, whole.best.parameters)
    assert len(second.best.history) == len(whole.best.history)
    assert second.history == whole.history


def test_another_networks_state_is_refused():
    first = _trained()
    second = Trainer(dataclasses.replace(NET, penalties={"l2": 0.1}), classes(), Recipe())
    with pytest.raises(ValueError, match="'network'"):
        second.restore(first.model, *first.state())


def test_a_state_that_saw_its_inputs_scaled_in_another_way_is_refused():
    """As of a table of bytes that was taken for grey levels, which it no longer is."""
    first = _trained()
    model = dataclasses.replace(first.model, scaling=Scaling.fixed(0.0, 1 / 255))
    second = Trainer(NET, classes(), Recipe())
    with pytest.raises(UsageError) as caught:
        second.restore(model, *first.state())
    assert caught.value.key == "training.other_scaling"


JUNK = (None, True, 1 << 70, "1", [], {}, [[]], -1, 1.5, 8, 10**18)
NUMBERS = [-1, 1.5, 8, 10**18]
RIGHT = {
    "epoch": [],
    "step": [],
    "parts": [8],
    "looks": [[]],
    "converged": [True],
    "history": [],
    "loss": NUMBERS,
    "validation_loss": [None, *NUMBERS],
    "validation_accuracy": [None],
}


@pytest.mark.parametrize("place", RIGHT)
def test_counters_that_no_training_comes_to_are_refused(place):
    first = Trainer(NET, classes(), RECIPE)
    first.run(stop=lambda: first.steps >= 19)
    states, counters = first.state()
    taken, told = [], []
    for value in JUNK:
        kept, entries = counters, [*first.model.history]
        if place in ("epoch", "step", "parts", "looks", "converged"):
            kept = {**counters, place: value}
        else:
            entries[1] = value if place == "history" else {**entries[1], place: value}
        trainer = Trainer(NET, classes(), RECIPE)
        try:
            trainer.restore(replace(first.model, history=tuple(entries)), states, kept)
        except ValueError as error:
            told.append(str(error))
        else:
            taken.append(value)
    assert taken == RIGHT[place]
    assert all(place in each for each in told)


def test_states_of_another_shape_or_kind_are_refused():
    first = _trained(recipe=RECIPE)
    states, counters = first.state()
    (name, array), *_ = states.items()
    for wrong in (array[:1], array.astype(complex), array.astype(np.float32), array.ravel()):
        with pytest.raises(ValueError, match=name):
            Trainer(NET, classes(), RECIPE).restore(first.model, {**states, name: wrong}, counters)


def test_a_best_model_of_an_epoch_to_come_is_left_alone():
    whole = _trained(samples=classes(), recipe=RECIPE, validation=classes(30, seed=1))
    second = Trainer(NET, classes(), RECIPE, validation=classes(30, seed=1))
    second.restore_best(whole.model)  # of epoch 3, while none is done
    second.run()
    _assert_same(second.best.parameters, whole.best.parameters)


def test_nothing_is_learned_from_the_validation_part():
    ours = _trained(validation=classes(30, seed=1)).model
    theirs = _trained(validation=classes(20, seed=2)).model
    _assert_same(ours.parameters, theirs.parameters)
    _assert_same(ours.parameters, _trained().model.parameters)
    assert_array_equal(ours.scaling.shift, theirs.scaling.shift)


@pytest.mark.parametrize(("seed", "alone"), [(0, 0), (1, 1)])
def test_the_best_epoch_has_the_highest_validation_accuracy_and_then_the_smallest_loss(seed, alone):
    watched = classes(15, seed=1 + seed)
    watched = dataclasses.replace(watched, y=np.concatenate([(watched.y[:4] + 1) % 3, watched.y[4:]]))
    recipe = Recipe(8, 8, "sgd", 0.3)
    trainer = Trainer(NET, classes(seed=3), recipe, validation=watched, seed=seed)
    kept = []
    trainer.run(after_epoch=lambda t: kept.append(t.model))
    scores = [(-e.validation_accuracy, e.validation_loss) for e in trainer.history]
    at = scores.index(min(scores))
    by_one = [score[alone] for score in scores]
    assert at != by_one.index(min(by_one))  # with wrong labels, accuracy or loss alone says otherwise
    _assert_same(trainer.best.parameters, kept[at].parameters)
    assert len(trainer.best.history) == at + 1
    evaluation = kept[-1].evaluate(watched)
    assert evaluation.accuracy == trainer.history[-1].validation_accuracy
    assert_allclose(evaluation.loss, trainer.history[-1].validation_loss, rtol=1e-12)


def test_without_a_validation_part_the_best_epoch_is_the_one_with_the_smallest_loss():
    trainer = _trained()
    losses = [entry.loss for entry in trainer.history]
    assert len(trainer.best.history) == losses.index(min(losses)) + 1
    assert trainer.history[0].validation_loss is None
    assert trainer.history[0].validation_accuracy is None


def test_numbers_have_a_validation_loss_and_no_accuracy():
    trainer = _trained(parse_shorthand("3-4:tanh-1"), numbers(), validation=numbers(20, seed=1))
    losses = [entry.validation_loss for entry in trainer.history]
    assert all(entry.validation_accuracy is None for entry in trainer.history)
    assert len(trainer.best.history) == losses.index(min(losses)) + 1


def test_progress_tells_where_the_run_stands():
    seen = []
    trainer = Trainer(NET, classes(), RECIPE, validation=classes(30, seed=1))
    trainer.run(progress=lambda progress: seen.append(dataclasses.replace(progress)))
    assert [(p.epoch, p.step) for p in seen] == list(itertools.product((1, 2, 3), range(1, 9)))
    assert {(p.epochs, p.steps) for p in seen} == {(3, 8)}
    assert all(p.samples_per_second > 0 and p.loss > 0 for p in seen)
    assert {p.validation_accuracy for p in seen[:8]} == {None}
    assert seen[8].validation_accuracy == trainer.history[0].validation_accuracy


def test_steps_that_are_too_large_end_in_an_error_and_the_best_model_is_kept():
    net = dataclasses.replace(parse_shorthand("3-8:relu-1"), dtype="float32")
    calm = _trained(net, numbers(), Recipe(2, 8, "sgd", 0.01, "constant"))
    trainer = Trainer(net, numbers(), Recipe(9, 8, "sgd", 0.01, "constant"))
    trainer.run(stop=lambda: trainer.epoch == 2)
    trainer.recipe = Recipe(9, 8, "sgd", 1e6, "constant")
    with pytest.raises(TrainingError) as caught:
        trainer.run()
    assert caught.value.key == "training.diverged"
    assert (caught.value.fields["epoch"], caught.value.fields["rate"]) == (3, 1e6)
    assert trainer.step < len(trainer.batches) - 1  # found at once, not when the epoch is over
    assert caught.value.exit_code == 1
    _assert_same(trainer.best.parameters, calm.best.parameters)
    assert all("1000000.0" in text for text in said(caught.value))


def test_weights_that_are_no_numbers_are_found_at_the_end_of_an_epoch_at_the_latest():
    net = dataclasses.replace(NET, dtype="float32")
    trainer = Trainer(net, classes(5), Recipe(1, 8, "sgd", 1e39))  # a single step: J before it is fine
    with pytest.raises(TrainingError) as caught:
        trainer.run()
    assert caught.value.key == "training.diverged"


@pytest.mark.parametrize(
    ("text", "settings", "error"),
    [
        ("4-3", {}, UsageError),
        ("3-2", {}, UsageError),
        ("3-3", {"engine": "warp"}, UnknownNameError),
    ],
)
def test_what_does_not_fit_is_refused_before_the_first_step(text, settings, error):
    with pytest.raises(error):
        Trainer(parse_shorthand(text), classes(), Recipe(), **settings)
