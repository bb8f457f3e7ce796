"""Catalogues: rows by name, settings in text, suggestions, rows that come and go."""

from __future__ import annotations

import inspect

import pytest

from chainrule.catalog.activations import ACTIVATIONS, Activation, activation
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.metrics import METRICS
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import Catalogue, settings_of, unknown
from chainrule.catalog.schedules import SCHEDULES
from chainrule.errors import UnknownNameError, UsageError
from chainrule.expr import Node, leaf
from chainrule.formula import find_activation
from chainrule.sentences import speaking

CATALOGUES = [ACTIVATIONS, LOSSES, PENALTIES, INITIALIZERS, OPTIMIZERS, SCHEDULES, METRICS]
NAMES = {
    "activation": "identity step sigmoid tanh relu leaky_relu elu gelu silu softplus softmax",
    "loss": "half_squared_error mean_squared_error mean_absolute_error huber cross_entropy "
    "binary_cross_entropy perceptron",
    "penalty": "l1 l2",
    "initializer": "zeros constant normal uniform scaled_normal glorot he",
    "optimizer": "sgd",
    "schedule": "constant linear",
    "metric": "accuracy error_rate confusion_matrix mean_absolute_error r2",
}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda c: c.kind)
def test_what_must_be_there_is_there(catalogue):
    assert set(NAMES[catalogue.kind].split()) <= set(catalogue.names())
    assert [row.name for row in catalogue] == catalogue.names()


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda c: c.kind)
def test_every_row_has_what_a_listing_shows(catalogue):
    for row in catalogue:
        assert row.name.isidentifier()
        assert catalogue[row.name] is row
        assert row.name in catalogue
        for value in settings_of(row).values():
            assert isinstance(value, float)
        if "tex" in vars(row):
            assert row.tex
            assert row.tex.count("{") == row.tex.count("}")
        if cite := vars(row).get("cite"):
            assert any(c.isdigit() for c in cite), "a citation names a year"


def test_every_loss_an_activation_picks_exists_and_fits():
    for row in ACTIVATIONS:
        fits = LOSSES[row.loss].fits
        assert fits is None or row.name in fits
        assert row.initializer in INITIALIZERS
    for loss in LOSSES:
        assert set(loss.from_z) <= set(ACTIVATIONS.names())
        assert set(loss.fits or ()) <= set(ACTIVATIONS.names())


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("relu", "relu", {}),
        ("leaky_relu:slope=0.2", "leaky_relu", {"slope": 0.2}),
        (" leaky_relu : slope = 2e-1 ", "leaky_relu", {"slope": 0.2}),
        ("elu:alpha=-1,", "elu", {"alpha": -1.0}),
        ("elu:", "elu", {}),
    ],
)
def test_a_choice_is_a_name_with_settings(text, name, settings):
    row, found = ACTIVATIONS.choose(text)
    assert (row.name, found) == (name, settings)


def test_several_settings():
    assert INITIALIZERS.choose("uniform:low=-1,high=1")[1] == {"low": -1.0, "high": 1.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("relo", "there is no activation called 'relo' (did you mean relu?); there are: identity, step, "),
        ("ReLU6", "there is no activation called 'ReLU6' (did you mean relu?)"),
        ("qqqqqq", "there is no activation called 'qqqqqq'; there are: identity"),
        ("", "there is no activation called ''; there are: "),
        ("leaky_relu:slop=1", "there is no setting called 'slop' (did you mean slope?); there are: slope"),
        ("relu:slope=1", "there is no setting called 'slope'; there are: none"),
        ("leaky_relu:=1", "there is no setting called ''"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(text, message):
    with speaking("en"), pytest.raises(UnknownNameError) as caught:
        ACTIVATIONS.choose(text)
    with speaking("en"):
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize("value", ["", "fast", "nan", "inf", "1e999", "0.1.2", "__import__('os')"])
def test_a_setting_is_a_finite_number(value):
    with pytest.raises(UsageError) as caught:
        ACTIVATIONS.choose(f"leaky_relu:slope={value}")
    assert caught.value.key == "catalog.not_a_number"


def test_a_very_long_name_is_cut_and_takes_no_time():
    with pytest.raises(UnknownNameError) as caught:
        ACTIVATIONS["r" * 10**6]
    assert len(str(caught.value)) < 400


def test_a_suggestion_keeps_its_capitals():
    with speaking("en"):
        assert "did you mean dW1?" in str(unknown("key", "DW1", ["dW1", "db1"]))


def test_a_message_is_said_in_the_language_of_the_moment():
    error = unknown("activation", "relo", ["relu"])
    with speaking("en"):
        assert str(error) == "there is no activation called 'relo' (did you mean relu?); there are: relu"
    with speaking("zh"):
        assert str(error) == "没有名为 'relo' 的激活函数（是否想写 relu？）；可用的有：relu"


def test_a_row_may_come_and_go():
    @activation(cite="nobody 1999")
    def cube(z: Node) -> Node:
        return z**3

    try:
        assert ACTIVATIONS["cube"].cite == "nobody 1999"
        assert find_activation("cube")[0].function is cube
        assert find_activation("cube(x) + x")[0].function(leaf("z")) is leaf("z") ** 3 + leaf("z")
    finally:
        ACTIVATIONS.remove("cube")
    assert "cube" not in ACTIVATIONS


def test_settings_are_the_keyword_only_arguments():
    catalogue: Catalogue[Activation] = Catalogue("activation")

    def scaled(z: Node, *, by: float, plus: float = 1.0) -> Node:
        return by * z + plus

    row = catalogue.add(Activation("scaled", scaled))
    assert settings_of(row) == {"by": None, "plus": 1.0}
    assert all(
        parameter.kind is parameter.KEYWORD_ONLY
        for row in OPTIMIZERS
        for name, parameter in inspect.signature(row.function).parameters.items()
        if name in settings_of(row)
    )
