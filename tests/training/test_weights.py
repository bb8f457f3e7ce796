"""Samples that count more or less than others: what J is, in every engine, and what is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from run_files import assert_goes_on

import chainrule as cr
from chainrule.cli import main
from chainrule.data.dataset import Dataset, Samples, Scaling
from chainrule.data.rows import Rows
from chainrule.data.samples import weighted
from chainrule.engines import feed as feed_module
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import ShapeError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.program import build
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from needing import NEEDS_SCIPY
from network_table import covering, title
from small_samples import classes, numbers, pictures

N = 40
ENGINES = ["numpy", "native"]
SLOW = Recipe(epochs=6, batch_size=1000, optimizer="sgd", lr=0.02, schedule="constant", shuffle=False)
KINDS = {
    "classes": (classes(N), "softmax", None),
    "squares": (classes(N), "sigmoid", "half_squared_error"),
    "two": (classes(N, count=2), "sigmoid", None),
    "numbers": (numbers(N, outputs=2), "identity", None),
}


def net_for(
    samples: Samples, output: str, loss: str | None = None, dtype: str = "float64"
) -> NetworkDefinition:
    outputs = len(samples.info.classes or samples.info.targets)
    last = Dense(1 if outputs == 2 and output == "sigmoid" else outputs, output)
    return NetworkDefinition(samples.x.shape[1], (Dense(5, "tanh"), last), loss, dtype=dtype)


def trained(
    net: NetworkDefinition, samples: Samples, recipe: Recipe, engine: str = "numpy", **more: Any
) -> Trainer:
    trainer = Trainer(net, samples, recipe, engine=engine, **more)
    trainer.run()
    return trainer


def assert_same(here: Trainer, there: Trainer, rtol: float = 1e-9) -> None:
    for name, w in here.model.parameters.items():
        assert_allclose(w, there.model.parameters[name], rtol=rtol, atol=rtol)


# What they mean


@pytest.mark.parametrize(("kind", "engine"), [("classes", "native"), *((kind, "numpy") for kind in KINDS)])
def test_a_whole_weight_is_so_many_copies_of_the_sample(kind: str, engine: str) -> None:
    samples, output, loss = KINDS[kind]
    samples = replace(samples, info=replace(samples.info, scaling=Scaling.fixed()))
    counts = np.random.default_rng(1).integers(0, 4, N)
    if kind == "numbers":  # their scaling goes by all samples
        counts = np.full(N, 2)
    net = net_for(samples, output, loss)
    copies = samples.take(np.repeat(np.arange(N), counts))
    here = trained(net, weighted(samples, counts), SLOW, engine)
    there = trained(net, copies, SLOW, engine)
    assert_same(here, there)


@pytest.mark.parametrize("net", covering()[::20], ids=title)
def test_gradients_against_differences(net: NetworkDefinition) -> None:
    program = build(net, targets_sum_to_one=False, weighted=True)
    rng = np.random.default_rng(3)
    start = {name: np.asarray(w, np.float64) + 0.1 for name, w in initial_parameters(net, 1).items()}
    engine = NumpyEngine(program, start)
    x, y, w = rng.normal(size=(6, net.inputs)), rng.random((6, net.outputs)), rng.random(6) * 3
    J, gradients = engine.gradients(x, y, w)
    apart = [
        NumpyEngine(build(net, targets_sum_to_one=False), start).loss(x[i : i + 1], y[i : i + 1])
        for i in range(6)
    ]
    penalty = NumpyEngine(program, start).gradients(x, y, np.zeros(6))[0]
    assert pytest.approx(float(np.mean(w * (np.array(apart) - penalty))) + penalty, rel=1e-12) == J
    for name, gradient in gradients.items():
        direction = rng.normal(size=gradient.shape)
        values = []
        for step in (1e-6, -1e-6):
            moved = NumpyEngine(program, {**start, name: start[name] + step * direction})
            values.append(moved.loss_in_training(x, y, w))
        slope = (values[0] - values[1]) / 2e-6
        assert (gradient * direction).sum() == pytest.approx(slope, rel=2e-5, abs=1e-7), name


def test_the_prediction_knows_no_weights() -> None:
    samples = classes(N)
    net = net_for(samples, "softmax")
    trainer = trained(net, weighted(samples, np.arange(N) % 3), SLOW)
    assert trainer.model.evaluate(samples).loss == pytest.approx(trainer.train_evaluation().loss, rel=1e-12)


@pytest.mark.parametrize("scale", [1e6, 1e-6, 2.0**-900, 1e300, 5e-324, 1e308])
@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_proportions_of_weights_count(scale: float, engine: str) -> None:
    """Weights that are all the same change no bit, and weights in proportion none but by rounding."""
    samples, net = classes(N), net_for(classes(N), "softmax")
    plain, same = (
        trained(net, each, SLOW, engine) for each in (samples, weighted(samples, np.full(N, scale)))
    )
    assert_array_equal(same.weights, np.ones(N))
    assert_same(plain, same, 1e-13)
    if 1e-300 < scale < 1e300:
        own = np.random.default_rng(2).integers(0, 5, N).astype(float)
        assert_same(*(trained(net, weighted(samples, w), SLOW, engine) for w in (own, own * scale)), 1e-12)


def test_powers_of_two_of_weights_change_no_bit() -> None:
    samples, net = classes(N), net_for(classes(N), "softmax")
    own = np.random.default_rng(2).random(N)
    here, there = (trained(net, weighted(samples, w), SLOW) for w in (own, own * 2.0**200))
    assert_array_equal(here.weights, there.weights)
    assert here.weights is not None
    assert here.weights.mean() == pytest.approx(1, rel=1e-15)


def test_weights_of_both_kinds_that_are_very_large() -> None:
    samples = weighted(classes(N), np.full(N, 1e300))
    trainer = Trainer(
        net_for(samples, "softmax"), samples, Recipe(class_weights={"a": 1e300, "b": 1e300, "c": 0})
    )
    expected = (samples.y < 2) / np.mean(samples.y < 2)
    assert_allclose(trainer.weights, expected, rtol=1e-14)


# The same in every engine, from memory and from a file


@pytest.mark.parametrize(("kind", "threads"), [("classes", 2), ("two", 1), ("numbers", 2)])
def test_engines_agree(kind: str, threads: int) -> None:
    samples, output, loss = KINDS[kind]
    given = weighted(samples, np.random.default_rng(2).random(N))
    net, recipe = net_for(samples, output, loss), Recipe(epochs=3, batch_size=7)
    assert_same(trained(net, given, recipe), trained(net, given, recipe, "native", threads=threads))


def test_pictures_in_float32() -> None:
    samples = pictures(N, side=5)
    net, recipe = (
        net_for(samples, "softmax", dtype="float32"),
        Recipe(epochs=3, batch_size=16, class_weights="balanced"),
    )
    assert_same(trained(net, samples, recipe), trained(net, samples, recipe, "native"), 2e-5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("make", [classes, numbers])
def test_inputs_in_a_file(make: Any, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = weighted(make(N), np.random.default_rng(2).random(N))
    monkeypatch.setattr(feed_module, "STRETCH", 30)
    stored = Rows(samples.x.view(np.uint8).reshape(N, -1), np.dtype(np.float64))
    net = net_for(samples, "softmax" if samples.info.classes else "identity")
    recipe = Recipe(epochs=2, batch_size=6)
    here, there = (trained(net, each, recipe, engine) for each in (samples, replace(samples, x=stored)))
    for name, w in here.model.parameters.items():
        assert_array_equal(there.model.parameters[name], w)


def test_a_run_goes_on_with_them() -> None:
    samples = weighted(classes(N), np.random.default_rng(2).random(N))
    net, recipe = net_for(samples, "softmax"), Recipe(epochs=3, batch_size=7, class_weights="a=2")
    assert_goes_on(lambda: Trainer(net, samples, recipe, engine="numpy"), 4)


@pytest.mark.heavy
@NEEDS_SCIPY
def test_all_samples_at_once() -> None:
    samples = classes(N)
    counts = np.random.default_rng(1).integers(1, 4, N)
    samples = replace(samples, info=replace(samples.info, scaling=Scaling.fixed()))
    net = replace(net_for(samples, "softmax"), penalties={"l2": 0.1})
    here = trained(net, weighted(samples, counts * N / counts.sum()), Recipe(optimizer="lbfgs", epochs=100))
    there = trained(net, samples.take(np.repeat(np.arange(N), counts)), Recipe(optimizer="lbfgs", epochs=100))
    assert here.history[-1].loss == pytest.approx(there.history[-1].loss, rel=1e-5)


# Weights of classes


@pytest.mark.heavy
def test_balanced_is_what_is_usually_called_so() -> None:
    samples = classes(N)
    samples = samples.take(np.flatnonzero(samples.y < 2))
    trainer = Trainer(net_for(classes(N), "softmax"), samples, Recipe(class_weights="balanced"))
    oracle = pytest.importorskip("sklearn.utils.class_weight", reason="scikit-learn is the oracle")
    expected = oracle.compute_class_weight("balanced", classes=np.array([0, 1]), y=samples.y)
    assert_allclose(trainer.weights, expected[samples.y], rtol=1e-14)


def test_named_classes_and_samples_weights_are_multiplied() -> None:
    samples = weighted(classes(N), np.arange(1.0, N + 1))
    trainer = Trainer(net_for(samples, "softmax"), samples, Recipe(class_weights="a=2, c=0"))
    product = np.array([2.0, 1, 0])[samples.y] * np.arange(1, N + 1)
    assert_allclose(trainer.weights, product / product.mean(), rtol=1e-14)
    assert Trainer(net_for(samples, "softmax"), classes(N), Recipe()).weights is None


@pytest.mark.parametrize(
    "text", ["", "a", "a=", "a=x", "a=-1", "a=inf", "a=nan", "=2", "a=1,a=2", "a=1,", "Balanced", 3]
)
def test_what_cannot_be_meant_is_refused(text: Any) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe(class_weights=text)
    assert caught.value.key == "training.bad_class_weights"


@pytest.mark.parametrize(
    ("samples", "output", "text", "key"),
    [
        (classes(N), "softmax", "z=2", "training.no_class"),
        (classes(N), "softmax", "a=0,b=0,c=0", "training.nothing_counts"),
        (replace(classes(N), weights=np.zeros(N)), "softmax", None, "training.nothing_counts"),
        (numbers(N), "identity", "balanced", "training.class_weights_numbers"),
    ],
)
def test_weights_that_do_not_fit_the_samples(
    samples: Samples, output: str, text: str | None, key: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Trainer(net_for(samples, output), samples, Recipe(class_weights=text))
    assert caught.value.key == key


# Doors


def test_parts_of_a_data_set_keep_their_samples_weights() -> None:
    samples = weighted(classes(N), np.arange(1.0, N + 1))
    split = Dataset(replace(samples, y=samples.y)).split(0.25, seed=1)
    for part in (split.train, split.validation):
        rows = [int(np.flatnonzero((samples.x == x).all(axis=1))[0]) for x in part.x]
        assert_array_equal(part.weights, np.array(rows) + 1)


def test_fit_takes_them() -> None:
    samples, net = classes(N), cr.Network(3, 4, 3)
    plain, by_class, by_sample = (
        net.fit(samples, epochs=2, **more)
        for more in ({}, {"class_weights": "a=2"}, {"sample_weight": np.where(samples.y == 0, 2, 1)})
    )
    for name, w in by_class.parameters.items():
        assert_array_equal(by_sample.parameters[name], w)
    assert not np.array_equal(plain.parameters["W1"], by_class.parameters["W1"])
    with pytest.raises(ShapeError):
        net.fit(samples, sample_weight=np.ones(N - 1))


YEARS = {
    "ints": (2019, 2020, 2021),
    "text": ("u", "v", "w"),
    "truth": (False, True),
    "named": ("7", "8", "9"),
}


@pytest.mark.parametrize("kind", YEARS)
def test_weights_of_classes_by_the_classes_own_values(kind: str) -> None:
    values = np.array(YEARS[kind])
    made = classes(N, count=len(values))
    data, net = (made.x, values[made.y]), cr.Network(3, len(values))
    first, last = values[[0, -1]].tolist()
    expected = net.fit(data, epochs=2, class_weights=f"{first}=2,{last}=0.5")
    by_value: tuple[Any, ...] = (
        {first: 2, last: 0.5},
        {str(first): np.float32(2), str(last): 0.5},
        {values[0]: 2, values[-1]: 0.5},
        [2, *[1] * (len(values) - 2), 0.5],
        np.array([2, *[1] * (len(values) - 2), 0.5]),
    )
    for given in by_value:
        model = net.fit(data, epochs=2, class_weights=given)
        assert_array_equal(model.parameters["W1"], expected.parameters["W1"])
    balanced = net.fit(data, epochs=2, class_weights="balanced")
    assert not np.array_equal(balanced.parameters["W1"], expected.parameters["W1"])


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({2018: 2}, "training.no_class"),
        ({0: 2}, "training.no_class"),
        ({None: 2}, "training.no_class"),
        ({(2019, 2020): 2}, "training.no_class"),
        ({2019: -1}, "training.bad_class_weights"),
        ({2019: np.nan}, "training.bad_class_weights"),
        ({2019: "a"}, "training.bad_class_weights"),
        ({2019: True}, "training.bad_class_weights"),
        ([1, 2], "training.bad_class_weights"),
        ([[1, 2, 3]], "training.bad_class_weights"),
        ([1, [2], 3], "training.bad_class_weights"),
        ([1, None, 3], "training.bad_class_weights"),
        ([1, 2, np.inf], "training.bad_class_weights"),
        (3, "training.bad_class_weights"),
        ({2019: 2, "2019": 3}, "training.class_twice"),
        ({2019: 2, "2019": 2}, "training.class_twice"),
        ({2019: 0, 2020: 0, 2021: 0}, "training.nothing_counts"),
    ],
)
def test_weights_by_value_that_are_none(given: Any, key: str) -> None:
    samples = classes(N)
    with pytest.raises(UsageError) as caught:
        cr.Network(3, 3).fit((samples.x, samples.y + 2019), class_weights=given)
    assert caught.value.key == key


def test_classes_whose_names_text_cannot_hold() -> None:
    samples = classes(N)
    names = np.array(["a=1,b", "c, d", "="])[samples.y]
    ours = cr.Network(3, 3).fit((samples.x, names), epochs=1, class_weights={"a=1,b": 2, "c, d": 3})
    number = np.array([1, 2, 0])[samples.y]  # the names in their order: "=", "a=1,b", "c, d"
    theirs = cr.Network(3, 3).fit((samples.x, number), epochs=1, class_weights=[1, 2, 3])
    assert ours.info.classes == ("=", "a=1,b", "c, d")
    assert_array_equal(ours.parameters["W1"], theirs.parameters["W1"])


def test_weights_of_classes_are_for_classes() -> None:
    samples = numbers(N)
    for given in ({"a": 1}, [1.0]):
        with pytest.raises(UsageError) as caught:
            cr.Network(3, 1).fit((samples.x, samples.y), class_weights=given)
        assert caught.value.key == "training.class_weights_numbers"


def test_a_plan_with_and_without_them_is_read() -> None:
    for given in ({"a": 2, "b": 0.5}, "balanced"):
        recipe = Recipe(class_weights=given)
        assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    recipe = Recipe(class_weights="a=2")
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    old = {name: value for name, value in Recipe().to_dict().items() if name != "class_weights"}
    assert Recipe.from_dict(old) == Recipe()


def test_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    x, names, own = rng.normal(size=(80, 2)), rng.choice(["a", "b", "c"], 80), rng.integers(0, 3, 80) / 2
    rows = [f"{p},{w},{q},{name}" for (p, q), w, name in zip(x, own, names, strict=True)]
    Path("t.csv").write_text("\n".join(["p,trust,q,kind", *rows]))
    Path("bare.csv").write_text(
        "\n".join(["p,q,kind", *(",".join(np.delete(r.split(","), 1)) for r in rows)])
    )
    asked = ["--class-weights", "a=2", "--weights", "trust", "--schedule", "constant"]
    begun = ["train", "t.csv", "2-4-3", "--validation", "0.2", "--engine", "numpy", "--quiet", "--out", "run"]
    assert main([*begun, "--epochs", "2", *asked]) == 0
    assert main(["train", "--resume", "run", "--epochs", "3", "--quiet", *asked]) == 0
    assert json.loads(Path("run/run.json").read_text())["plan"]["weights"] == "trust"

    bare = cr.datasets.load("bare.csv").train
    assert bare.lines is not None
    samples = Dataset(weighted(bare, own[bare.lines - 2])).split(0.2).train
    recipe = Recipe(epochs=3, schedule="constant", validation=0.2, class_weights="a=2")
    trainer = Trainer(cr.Network.parse("2-4-3").definition, samples, recipe, engine="numpy")
    expected, found = trainer.run(), cr.load("run")
    for name, w in expected.parameters.items():
        assert_array_equal(found.parameters[name], w)

    capsys.readouterr()
    assert main(["evaluate", "run", "t.csv", "--json"]) == 0
    assert main(["evaluate", "run", "bare.csv", "--json"]) == 0
    with_it, without = map(json.loads, capsys.readouterr().out.splitlines())
    assert with_it["part"] == without["part"] == "test"  # a file is known by what a model reads in it
    assert with_it["loss"] == without["loss"]
    assert main(["predict", "run", "t.csv", "--json"]) == 0

    goes_on = ["train", "--resume", "run", "--epochs", "4", "--quiet"]
    for other in (["--class-weights", "b=2"], ["--weights", "q"]):
        assert main([*goes_on, *other]) == 2
        assert other[0] in capsys.readouterr().err
    Path("t.csv").write_text("\n".join(["p,trust,q,kind", *(row.replace(",1.0,", ",0.9,") for row in rows)]))
    assert main(goes_on) == 2
    assert "t.csv" in capsys.readouterr().err
