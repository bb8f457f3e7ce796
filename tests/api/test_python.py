"""The package as Python code uses it."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.errors import (
    DefinitionError,
    ShapeError,
    TrainingError,
    UnknownAttributeError,
    UnknownNameError,
    UsageError,
)
from chainrule.sentences import speaking
from small_samples import classes, numbers, pictures


def test_what_the_first_page_shows(tmp_path):
    net = cr.Network(64, cr.Dense(16, "sigmoid"), cr.Dense(10, "softmax"), loss="cross_entropy", l2=1e-4)
    assert net.parameter_count == 64 * 16 + 16 + 16 * 10 + 10
    data = cr.datasets.load("digits")
    split = data.split(0.1)
    model = net.fit(
        split.train, validation=split.validation, epochs=40, batch_size=64, optimizer=cr.SGD(lr=0.5)
    )
    assert isinstance(model, cr.Model)
    scores = model.evaluate(split.test)
    assert scores.accuracy > 0.85
    assert_array_equal(model.predict(split.test.x[:5]).shape, (5,))
    path = tmp_path / "digits.safetensors"
    model.save(path)
    again = cr.load(path)
    assert_array_equal(again.predict(split.test.x), model.predict(split.test.x))
    assert again.evaluate(split.test).accuracy == scores.accuracy
    assert [entry["epoch"] for entry in model.history] == list(range(1, 41))
    assert model.history[-1]["validation_accuracy"] > 0.8


def test_names_of_the_package():
    assert set(cr.__all__) <= set(dir(cr))
    for name in cr.__all__:
        assert getattr(cr, name) is not None
    with speaking("en"), pytest.raises(AttributeError) as caught:
        _ = cr.Netwrok
    with speaking("en"):
        assert "no attribute called 'Netwrok' (did you mean Network?)" in str(caught.value)
    assert isinstance(caught.value, cr.ChainruleError)
    assert not hasattr(cr, "__wrapped__")


def test_text_stands_for_networks():
    assert cr.Network.parse("784-300-10").parameter_count == 238_510
    assert cr.Network.parse("nielsen").definition.loss == "half_squared_error"
    assert cr.Network.parse("2-3-2") == cr.Network(2, cr.Dense(3), cr.Dense(2))
    assert cr.Network.parse("2-3-2") != cr.Network.parse("2-3-3")
    assert len({cr.Network.parse("2-3-2"), cr.Network.parse("2-3-2")}) == 1
    assert repr(cr.Network.parse("2-3-2")) == "Network('2-3:sigmoid-2:softmax', loss='cross_entropy')"
    with pytest.raises(UnknownNameError, match="nielsen"):
        cr.Network.parse("nielson")


def test_keywords_are_settings_or_penalties():
    net = cr.Network(2, cr.Dense(3), l1=0.1, seed=7, dtype="float64", initializer="he", penalties={"l2": 0.2})
    assert net.definition == cr.NetworkDefinition(
        2, (cr.Dense(3),), penalties={"l1": 0.1, "l2": 0.2}, initializer="he", dtype="float64", seed=7
    )


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (lambda: cr.Network(2), {"network.layer_count"}),
        (lambda: cr.Network(2, "relu"), {"network.not_a_layer"}),
        (lambda: cr.Network(2, [cr.Dense(3)]), {"network.not_a_layer"}),
        (lambda: cr.Network(2, 3.0, True), {"network.not_a_layer", "network.bad_whole"}),
        (lambda: cr.Network(2, 0), {"network.bad_whole"}),
        (lambda: cr.Network(2, 3, seed="a"), {"network.bad_whole"}),
        (lambda: cr.Network(2, 3, l2="a", penalties=7), {"network.penalties_not_table"}),
        (lambda: cr.Network(2, 3, sede=1, loss="no"), {"catalog.unknown", "network.at"}),
        (lambda: cr.Network("2", cr.Dense(3)), {"network.bad_whole"}),
        (lambda: cr.Network(2, cr.Dense(3), l3=0.1), {"catalog.unknown"}),
        (
            lambda: cr.Network(0, cr.Dense(3, "reluu"), l2=-1, loss="no"),
            {"network.bad_whole", "network.at", "network.bad_coefficient"},
        ),
    ],
)
def test_wrong_definitions(make, keys):
    with pytest.raises(DefinitionError) as caught:
        make()
    assert {problem.key for problem in caught.value.problems} == keys


def test_a_number_of_units_is_a_layer():
    dense = cr.Network(784, cr.Dense(300), cr.Dense(10), l2=0.5)
    assert cr.Network(784, 300, 10, l2=0.5) == dense == cr.Network(784, np.int64(300), cr.Dense(10), l2=0.5)
    assert cr.Network(2, 3).definition.layers == (cr.Dense(3),)


def test_an_unknown_keyword_is_told_with_the_nearest():
    with speaking("en"), pytest.raises(DefinitionError) as caught:
        cr.Network(2, 3, sede=1)
    with speaking("en"):
        assert str(caught.value).startswith("there is no setting called 'sede' (did you mean seed?)")
        assert str(caught.value).endswith("l1, l2")


def test_an_unknown_attribute_is_told_with_the_nearest():
    net = cr.Network(2, 3)
    with pytest.raises(UnknownAttributeError) as caught:
        _ = net.to_pyton
    with speaking("en"):
        assert str(caught.value).startswith(
            "there is no attribute called 'to_pyton' (did you mean to_python?)"
        )
    assert not hasattr(net, "_repr_html_")
    assert copy.deepcopy(net) == net


OWN = classes()
DIGITS = cr.datasets.Info("digits")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cr.Network.parse(784), "text such as '784-300-10', or a path, is needed here, not 784"),
        (lambda: cr.load(None), "text such as 'digits.safetensors', or a path, is needed here, not None"),
        (lambda: cr.datasets.load(3), "text such as 'digits', or a path, is needed here, not 3"),
        (lambda: cr.SGD(momentum="a"), "setting momentum needs a finite number such as 0.1, not 'a'"),
        (lambda: cr.SGD(momentum=1), "the settings must satisfy 0 <= momentum < 1, not momentum = 1"),
        (lambda: cr.SGD(lr="x"), "the learning rate must be a positive number such as 0.1, not 'x'"),
        (lambda: NET.fit(OWN, epochs="a"), "epochs must be a whole number of at least 1, not 'a'"),
        (
            lambda: NET.fit(OWN, seed="a"),
            "seed must be a whole number from 0 to 9223372036854775807, not 'a'",
        ),
        (lambda: NET.fit(OWN, engine=3), "there is no engine called 3; there are: auto, numpy, native"),
        (lambda: NET.fit(3), "samples are given as a pair (x, y), not as int"),
        (
            lambda: NET.fit((np.zeros((9, 3)), np.arange(9)), progress=3),
            "progress must be a function that can be called, not 3",
        ),
        (
            lambda: cr.Network(3, 1).fit((np.zeros((9, 3)), np.arange(9))),
            "y holds 9 different whole numbers, which are classes, but the network has one output; "
            "give quantities as floats, or the network an output for each class",
        ),
        (
            lambda: NET.check_gradients(seed="a"),
            "seed must be a whole number from 0 to 9223372036854775807, not 'a'",
        ),
        (
            lambda: NET.check_gradients(tolerance="a"),
            "tolerance must be a positive number such as 1e-7, not 'a'",
        ),
        (lambda: NET.check_gradients(most=None), "most must be a whole number of at least 1, not None"),
        (
            lambda: NET.check_gradients(parameters=3),
            "parameters must be given for exactly W1, b1, W2, b2; found 3",
        ),
        (
            lambda: cr.Network.of("2-3-2"),
            "Network.of takes a NetworkDefinition, not '2-3-2'; "
            'a network in text is read by Network.parse("2-3-2")',
        ),
        (
            lambda: cr.NetworkDefinition.from_dict({"inputs": 2, "layers": [{"activation": "relu"}]}),
            "layers[1].units is missing; it must be a whole number from 1 to 1000000",
        ),
        (
            lambda: cr.datasets.load_for(DIGITS, 3),
            "text such as 'digits', or a path, is needed here, not 3",
        ),
        (
            lambda: NET.to_python(3),
            f"there is no optimizer called '3'; there are: {', '.join(OPTIMIZERS.names())}",
        ),
    ],
)
def test_what_is_of_the_wrong_type_is_refused_in_a_sentence(call, says):
    with speaking("en"), pytest.raises(cr.ChainruleError) as caught:
        call()
    with speaking("en"):
        assert str(caught.value) == says


def test_numbers_of_numpy_train_like_pythons():
    theirs = {"epochs": np.int64(2), "batch_size": np.int32(8), "seed": np.uint8(3), "lr": np.float64(0.25)}
    ours = {"epochs": 2, "batch_size": 8, "seed": 3, "lr": 0.25}
    assert _model_bytes(**theirs) == _model_bytes(**ours)


def _model_bytes(**settings):
    model = NET.fit(OWN, **settings)
    return b"".join(value.tobytes() for value in model.parameters.values())


def test_gradients_are_checked_at_samples_or_at_drawn_ones():
    net = cr.Network.parse("3-4:tanh-3")
    samples = classes(5)
    assert net.check_gradients().ok
    report = net.check_gradients(samples.x, samples.y)
    assert report.ok
    assert set(report.parameters) == {"W1", "b1", "W2", "b2"}
    with pytest.raises(ShapeError):
        net.check_gradients(np.zeros((2, 4)), samples.y[:2])


@pytest.mark.parametrize("optimizer", ["sgd", "sgd:momentum=0.9", cr.SGD(0.3), cr.SGD(momentum=0.9)])
def test_the_emitted_file_runs_by_itself(optimizer, tmp_path):
    source = cr.Network.parse("2-3-2").to_python(optimizer)
    (tmp_path / "net.py").write_text(source, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-I", "-W", "error", "net.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "chainrule" not in [line.split()[1] for line in source.splitlines() if line.startswith("import")]


NET = cr.Network(3, cr.Dense(4, "tanh"), cr.Dense(3), dtype="float64")


def _same(ours, theirs):
    for name, value in ours.parameters.items():
        assert_array_equal(value, theirs.parameters[name])


def test_arrays_train_like_the_samples_they_are():
    samples = classes()
    settings = {"epochs": 3, "batch_size": 8, "seed": 1}
    model = NET.fit(samples, **settings)
    _same(model, NET.fit(cr.datasets.Dataset(samples), **settings))
    _same(model, NET.fit((samples.x, samples.y), **settings))
    _same(model, NET.fit((samples.x.tolist(), [*samples.y.tolist()]), **settings))
    named = NET.fit((samples.x, np.array(["a", "b", "c"])[samples.y]), **settings)
    _same(model, named)
    assert set(named.predict(samples.x)) <= {"a", "b", "c"}
    assert set(NET.fit((samples.x, samples.y + 7), **settings).predict(samples.x)) <= {7, 8, 9}


def test_rates_and_optimizers():
    samples = classes()
    settings = {"epochs": 2, "batch_size": 8}
    plain = NET.fit(samples, optimizer=cr.SGD(lr=0.3), **settings)
    _same(plain, NET.fit(samples, optimizer="sgd", lr=0.3, **settings))
    _same(plain, NET.fit(samples, optimizer=cr.SGD(lr=9), lr=0.3, **settings))  # the nearer one counts
    momentum = NET.fit(samples, optimizer=cr.SGD(0.3, momentum=0.9), **settings)
    _same(momentum, NET.fit(samples, optimizer=cr.SGD(np.float64(0.3), momentum=np.float64(0.9)), **settings))
    assert (momentum.parameters["W1"] != plain.parameters["W1"]).any()
    assert str(cr.SGD(0.3, momentum=0.9)) == "sgd:momentum=0.9"


@pytest.mark.parametrize("kind", ["uint8", "float64", "float32", "bool"])
def test_pictures(kind):
    samples = pictures(200)
    x = samples.x.reshape(-1, 4, 4)
    x = {"uint8": x, "float64": x / 255, "float32": (x / 255).astype("f4"), "bool": x > 110}[kind]
    net = cr.Network(16, cr.Dense(12, "relu"), cr.Dense(3))
    model = net.fit((x, samples.y), epochs=60, lr=0.05)
    assert model.info.image == (4, 4)
    assert model.evaluate((x, samples.y)).accuracy > 0.9
    assert_array_equal(model.predict(x[:1]), model.predict(x.reshape(200, 16)[:1]))


@pytest.mark.parametrize("outputs", [1, 2])
def test_regression(outputs):
    samples, fresh = numbers(200, outputs=outputs), numbers(50, outputs=outputs, seed=1)
    y = samples.y[:, 0] if outputs == 1 else samples.y
    model = cr.Network(3, cr.Dense(outputs)).fit((samples.x, y), epochs=60, lr=0.05)
    assert model.net.layers[-1].activation == "identity"
    seen = model.evaluate((fresh.x, fresh.y))
    assert seen.r2 > 0.99
    assert seen.mean_absolute_error < 0.2
    predicted = model.predict(fresh.x)
    assert predicted.shape == ((50,) if outputs == 1 else (50, 2))
    assert_allclose(predicted.reshape(50, -1), fresh.y, atol=1.0)


def test_whole_numbers_are_classes_and_floats_are_numbers():
    samples = classes()
    assert cr.Network(3, cr.Dense(3)).fit((samples.x, samples.y), epochs=1).info.classes == ("0", "1", "2")
    floats = cr.Network(3, cr.Dense(1)).fit((samples.x, samples.y.astype(float)), epochs=1)
    assert floats.info.classes is None


def test_one_hot_targets_are_classes():
    samples, fresh = classes(), classes(30, seed=1)
    settings = {"epochs": 3, "batch_size": 8, "seed": 1}
    model = NET.fit((samples.x, np.eye(3)[samples.y]), validation=(fresh.x, np.eye(3)[fresh.y]), **settings)
    _same(model, NET.fit(samples, **settings))
    assert model.net.layers[-1].activation == "softmax"
    assert_array_equal(model.predict(fresh.x), NET.fit(samples, **settings).outputs(fresh.x).argmax(axis=1))
    assert model.history[-1]["validation_accuracy"] == model.evaluate((fresh.x, fresh.y)).accuracy


def test_a_class_that_does_not_occur_has_its_output():
    samples = classes()
    some = samples.y != 1
    model = NET.fit((samples.x[some], samples.y[some]), epochs=1)
    assert model.info.classes == ("0", "1", "2")
    assert model.evaluate((samples.x, samples.y)).confusion_matrix.shape == (3, 3)


def test_one_output_learns_two_classes():
    samples = classes(200, count=2)
    model = cr.Network(3, cr.Dense(4), cr.Dense(1)).fit((samples.x, samples.y), epochs=40)
    assert model.net.loss == "binary_cross_entropy"
    assert model.evaluate((samples.x, samples.y)).accuracy > 0.9


def test_a_single_class_is_nothing_to_tell_apart():
    samples = classes()
    for outputs, y in ((1, ["a"] * 60), (2, ["a"] * 60), (1, [7] * 60), (3, [True] * 60)):
        with pytest.raises(UsageError) as caught:
            cr.Network(3, outputs).fit((samples.x, y))
        assert caught.value.key == "training.one_class"


def test_progress_and_validation_are_for_watching():
    seen = []
    samples = classes()
    watched = classes(30, seed=1)
    model = NET.fit(samples, epochs=2, validation=(watched.x, watched.y), progress=seen.append)
    _same(model, NET.fit(samples, epochs=2))
    assert seen[-1].epoch == 2
    assert model.history[-1]["validation_accuracy"] == model.evaluate(watched).accuracy


@pytest.mark.parametrize(
    ("data", "settings", "error"),
    [
        (3, {}, ShapeError),
        ((np.zeros((4, 3)), np.zeros(3, int)), {}, ShapeError),
        ((np.zeros(4), np.zeros(4, int)), {}, ShapeError),
        ((np.zeros((4, 2)), np.arange(4) % 3), {}, UsageError),
        ((np.zeros((4, 3)), np.arange(4)), {}, UsageError),
        ((np.full((4, 3), np.inf), np.arange(4) % 3), {}, ShapeError),
        (classes(), {"epochs": 0}, UsageError),
        (classes(), {"batch_size": None}, UsageError),
        (classes(), {"lr": -1}, UsageError),
        (classes(), {"optimizer": "adamm"}, UnknownNameError),
        (classes(), {"optimizer": 3}, UnknownNameError),
        (classes(), {"engine": "gpu"}, UnknownNameError),
        (classes(), {"validation": classes(features=2)}, UsageError),
        (classes(count=2), {"validation": classes()}, UsageError),
        (classes(), {"validation": numbers()}, UsageError),
        (classes(), {"validation": (np.zeros((2, 3)), [5, 6])}, ShapeError),
    ],
)
def test_training_on_what_does_not_fit(data, settings, error):
    with pytest.raises(error) as caught:
        NET.fit(data, **settings)
    assert "\n" not in str(caught.value)


def test_steps_that_are_too_large():
    samples = numbers()
    net = cr.Network(3, cr.Dense(8, "relu"), cr.Dense(1))
    with pytest.raises(TrainingError) as caught:
        net.fit(samples, lr=1e6)
    assert caught.value.key == "training.diverged"
    assert caught.value.fields["epoch"] <= 3


def test_a_definition_is_not_changed_by_training():
    before = dataclasses.replace(NET.definition)
    model = NET.fit(classes(), epochs=1, seed=5)
    assert NET.definition == before
    assert NET.definition.layers[-1].activation is None
    assert model.net.layers[-1].activation == "softmax"


def test_errors_are_one_tree():
    for wrong in (
        lambda: cr.Network(0),
        lambda: cr.load("no.safetensors"),
        lambda: cr.datasets.load("mnits"),
    ):
        with pytest.raises(cr.ChainruleError):
            wrong()
