"""Training that ends before its last epoch, and what it gives then."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.cli import main
from chainrule.data.dataset import Dataset
from chainrule.errors import UsageError
from chainrule.model import LAST, load
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.checkpoints import BEST
from chainrule.training.folder import HISTORY, LOG, read_run
from chainrule.training.loop import Epoch, Trainer
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from chainrule.training.stopping import ends_early, goodness
from small_samples import classes, numbers

pytestmark = pytest.mark.usefixtures("undrawn")
NET = parse_shorthand("3-8:tanh-3")


def _noisy(n, seed):
    """Samples of which a third have any class, so that validation gets worse again."""
    samples, rng = classes(n, seed=seed), np.random.default_rng(seed)
    y = np.where(rng.random(n) < 1 / 3, rng.integers(3, size=n), samples.y)
    return dataclasses.replace(samples, y=y)


TRAIN, WATCHED = _noisy(40, 0), _noisy(30, 1)
EAGER = Recipe(60, 8, "sgd:momentum=0.9", 0.2, "constant", patience=4)
DATA = Dataset(_noisy(60, 0), _noisy(30, 1))
PLAN = Plan("clouds", NET, dataclasses.replace(EAGER, validation=0.3, log_steps=2), seed=1)


def _histories():
    """Every course of validation over up to six epochs that has three accuracies, with losses beside them."""
    rng = np.random.default_rng(0)
    for count in range(1, 7):
        for accuracies in itertools.product((0.5, 0.6, 0.7), repeat=count):
            losses = rng.integers(1, 4, size=count)
            yield [Epoch(i + 1, 1.0, float(losses[i]), a) for i, a in enumerate(accuracies)]


def _best(history):
    """The number of the first epoch of the highest accuracy and, among those, of the smallest loss."""
    by_score = sorted(history, key=lambda e: (-(e.validation_accuracy or 0), e.validation_loss, e.epoch))
    return by_score[0].epoch


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_patience_counts_the_epochs_since_the_best_one(patience):
    recipe, seen = Recipe(patience=patience), set()
    for history in _histories():
        expected = len(history) - _best(history) >= patience
        assert ends_early(recipe, history, _best(history)) is expected
        assert _best(history) == max(history, key=goodness).epoch
        seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize("every", [1, 2, 3])
def test_evaluated_now_and_then_it_stops_when_accuracy_falls(every):
    recipe, seen = Recipe(stop_when_worse=every), set()
    for history in _histories():
        looked_at = [e.validation_accuracy for e in history if e.epoch % every == 0]
        expected = history[-1].epoch % every == 0 and len(looked_at) > 1 and looked_at[-1] < looked_at[-2]
        assert ends_early(recipe, history, _best(history)) is expected
        seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize("every", [1, 2])
def test_of_numbers_the_validation_loss_counts(every):
    for losses in itertools.product((1.0, 2.0, 3.0), repeat=4):
        history = [Epoch(i + 1, 1.0, loss, None) for i, loss in enumerate(losses)]
        assert ends_early(Recipe(stop_when_worse=every), history, 1) is (losses[3] > losses[3 - every])
        since = 3 - losses.index(min(losses))
        assert ends_early(Recipe(patience=every), history, losses.index(min(losses)) + 1) is (since >= every)


def _trained(recipe, train=TRAIN, watched=WATCHED, net=NET):
    """A trainer that is through, and its parameters after each epoch."""
    trainer, kept = Trainer(net, train, recipe, validation=watched), []
    trainer.run(after_epoch=lambda t: kept.append(t.model.parameters))
    return trainer, kept


@pytest.mark.parametrize("rule", [{"patience": 4}, {"patience": None, "stop_when_worse": 3}])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_it_stops_where_the_rule_says_and_gives_the_best_weights(rule, kind):
    recipe = dataclasses.replace(EAGER, **rule)
    parts = (TRAIN, WATCHED, NET)
    if kind == "numbers":
        parts = (numbers(12), numbers(30, seed=1), parse_shorthand("3-8:tanh-1"))
        recipe = dataclasses.replace(recipe, lr=0.1)
    trainer, kept = _trained(recipe, *parts)
    whole, all_of_it = _trained(dataclasses.replace(recipe, patience=None, stop_when_worse=None), *parts)
    ends = [
        count
        for count in range(1, 61)
        if ends_early(recipe, whole.history[:count], _best(whole.history[:count]))
    ]
    assert 4 <= ends[0] == trainer.epoch < 60
    assert trainer.stopped_early
    assert trainer.finished
    assert trainer.history == whole.history[: ends[0]]
    best = _best(trainer.history)
    assert best < trainer.epoch
    outcome = trainer.run()  # nothing is left to do
    assert len(outcome.history) == best
    for name, w in outcome.parameters.items():
        assert_array_equal(w, kept[best - 1][name])
        assert_array_equal(kept[-1][name], all_of_it[ends[0] - 1][name])
        assert (w != kept[-1][name]).any()
    assert not whole.stopped_early
    assert whole.outcome.history == whole.model.history


def test_the_last_epoch_of_all_may_be_the_one_that_is_given():
    trainer, _ = _trained(dataclasses.replace(EAGER, patience=30, epochs=10))
    assert (trainer.epoch, trainer.stopped_early) == (10, False)
    assert len(trainer.outcome.history) == _best(trainer.history) < 10


@pytest.mark.parametrize("rule", [{"patience": 2}, {"patience": None, "stop_when_worse": 1}])
def test_without_a_validation_part_it_is_refused(tmp_path, rule, capsys, monkeypatch):
    recipe = dataclasses.replace(EAGER, **rule)
    plan = dataclasses.replace(PLAN, recipe=dataclasses.replace(recipe, validation=0.0))
    net = cr.Network(3, cr.Dense(8, "tanh"), cr.Dense(3, "softmax"))
    for ask in (
        lambda: Trainer(NET, TRAIN, recipe),
        lambda: Run.begin(plan, DATA, [], tmp_path / "run"),  # although there is a test part
        lambda: net.fit((TRAIN.x, TRAIN.y), **rule),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert caught.value.key == "training.nothing_to_watch"
    assert not (tmp_path / "run").exists()
    monkeypatch.chdir(tmp_path)
    given = ["--patience", "2"] if rule.get("patience") else ["--stop-when-worse", "1"]
    for lang, said in (("en", "--validation 0.1"), ("zh", "绝不会为此查看测试集")):
        assert main(["train", "iris", "4-3", *given, "--validation", "0", "--quiet", "--lang", lang]) == 2
        assert said in capsys.readouterr().err


def test_the_test_part_is_never_looked_at(tmp_path):
    """Runs that differ in their test parts alone stop at the same epoch with the same weights."""
    for name, test in (("a", DATA.test), ("b", classes(30, seed=7)), ("c", None)):
        Run.begin(PLAN, Dataset(DATA.train, test), [], tmp_path / name).go()
    contents = {(tmp_path / name / LAST).read_bytes() for name in "abc"}
    assert len(contents) == 1


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run = Run.begin(PLAN, DATA, [], folder)
    result = run.go()
    assert result["stopped_early"]
    return folder, result, run.trainer


def test_scores_are_those_of_the_best_weights(whole):
    folder, result, trainer = whole
    split = DATA.split(0.3, seed=1)
    best = load(folder / BEST)
    assert (folder / LAST).read_bytes() == (folder / BEST).read_bytes()
    assert len(best.history) == result["best_epoch"] < result["epochs"] < 60
    assert result["epochs"] == trainer.epoch
    assert result["validation_accuracy"] == max(e.validation_accuracy for e in trainer.history)
    for part, name in ((split.train, "train"), (split.validation, "validation"), (DATA.test, "test")):
        assert result[f"{name}_accuracy"] == best.evaluate(part).accuracy
    assert result["train_loss"] == best.evaluate(split.train).loss
    assert result["train_loss"] != trainer.train_evaluation().loss
    assert read_run(folder)[1] == "finished"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.97])
def test_taken_up_it_stops_where_it_would_have(tmp_path, whole, share):
    folder, result, trainer = whole
    steps = round(share * trainer.steps)
    run = Run.begin(PLAN, DATA, [], tmp_path)
    run.go(stop=lambda: run.trainer.steps >= steps)
    assert (tmp_path / LAST).read_bytes() == (tmp_path / BEST).read_bytes()
    again = Run.take_up(tmp_path, PLAN, DATA, []).go()
    times = dict.fromkeys(("seconds", "samples_per_second", "run"))
    assert {**again, **times} == {**result, **times}
    for name in (LAST, BEST, LOG):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_more_epochs_do_not_wake_a_run_that_stopped_early(tmp_path, whole):
    folder = shutil.copytree(whole[0], tmp_path / "run")
    longer = dataclasses.replace(PLAN, recipe=dataclasses.replace(PLAN.recipe, epochs=90))
    assert Run.take_up(folder, longer, DATA, []).trainer.finished


@pytest.mark.parametrize("every", [1, 3, 100])
def test_a_log_of_steps_changes_no_weights(tmp_path, every):
    plain = dataclasses.replace(
        PLAN, recipe=dataclasses.replace(PLAN.recipe, epochs=3, log_steps=None, patience=None)
    )
    logged = dataclasses.replace(plain, recipe=dataclasses.replace(plain.recipe, log_steps=every))
    runs = [
        Run.begin(plan, DATA, [], tmp_path / name) for plan, name in ((plain, "plain"), (logged, "logged"))
    ]
    for run in runs:
        run.go()
    for name, w in runs[0].trainer.model.parameters.items():
        assert_array_equal(w, runs[1].trainer.model.parameters[name])
    assert not (tmp_path / "plain" / LOG).exists()
    lines = [json.loads(line) for line in (tmp_path / "logged" / LOG).read_text().splitlines()]
    numbers_of = [step for step in range(1, 7) if step % every == 1 or every == 1]  # of 42 samples, 8 at once
    assert [(e["epoch"], e["step"]) for e in lines] == list(itertools.product((1, 2, 3), numbers_of))
    assert {e["lr"] for e in lines} == {0.2}
    means = [np.mean([e["loss"] for e in lines if e["epoch"] == n]) for n in (1, 2, 3)]
    history = [json.loads(line) for line in (tmp_path / "logged" / HISTORY).read_text().splitlines()]
    assert [e["loss"] for e in history] == pytest.approx(means, rel=1e-12)


def test_the_log_has_the_rate_of_each_step(tmp_path):
    recipe = Recipe(2, 8, "sgd", 0.8, "linear", log_steps=1, validation=0.3)
    Run.begin(dataclasses.replace(PLAN, recipe=recipe), DATA, [], tmp_path).go()
    rates = [json.loads(line)["lr"] for line in (tmp_path / LOG).read_text().splitlines()]
    assert rates == pytest.approx([0.8 * (1 - done / 12) for done in range(12)], rel=1e-12)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_says_where_it_stopped(tmp_path, monkeypatch, capsys, lang):
    monkeypatch.chdir(tmp_path)
    ask = ["train", "iris", "4-8-3", "--epochs", "400", "--patience", "3", "--lang", lang, "--out", "run"]
    assert main([*ask, "--quiet"]) == 0
    told = capsys.readouterr()
    result = read_run("run")[2]
    last, best = result["epochs"], result["best_epoch"]
    said = {
        "en": f"Stopped early after epoch {last}; the weights are those of epoch {best}",
        "zh": f"已在第 {last} 轮后提前停止；采用验证集上最好的第 {best} 轮的权重",
    }
    assert said[lang] in told.err
    assert last == best + 3 < 400
    assert ("best epoch" if lang == "en" else "最好的一轮") in told.out
    assert main([*ask, "--resume", "run", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == result
    assert ("it stopped early" if lang == "en" else "提前停止") in told.err
    assert main([*ask, "--resume", "run", "--stop-when-worse", "2"]) == 2
    assert "--stop-when-worse" in capsys.readouterr().err


def test_both_doors_do_the_same():
    net = cr.Network(3, cr.Dense(8, "tanh"), cr.Dense(3, "softmax"))
    settings = {"epochs": 60, "batch_size": 8, "lr": 0.2, "schedule": "constant", "patience": 4}
    model = net.fit(TRAIN, validation=WATCHED, **settings)
    trainer, _ = _trained(EAGER)
    assert len(model.history) == len(trainer.outcome.history)
    for name, w in model.parameters.items():
        assert_array_equal(w, trainer.outcome.parameters[name])


def test_plans_of_before_these_settings_are_read():
    old = {
        k: v for k, v in Recipe().to_dict().items() if k not in ("patience", "stop_when_worse", "log_steps")
    }
    assert Recipe.from_dict(old) == Recipe()
    for settings in ({"patience": 3}, {"stop_when_worse": 10}, {"log_steps": 5}):
        recipe = Recipe(**settings)
        assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
        for wrong in (0, -1, 2.5, True, "3"):
            with pytest.raises(UsageError) as caught:
                Recipe(**dict.fromkeys(settings, wrong))
            assert caught.value.key == "training.bad_whole"
            assert next(iter(settings)) in str(caught.value)
