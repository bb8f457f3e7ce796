"""Catalogues: rows by name, settings in text, suggestions, rows that come and go."""

from __future__ import annotations

import contextlib
import itertools
import math
from typing import Annotated

import pytest

from chainrule.catalog.activations import ACTIVATIONS, Activation, activation
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.metrics import METRICS
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import Catalogue, Range, Real, Row, ranges_of, settings_of, unknown
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
        ("elu:alpha=2,", "elu", {"alpha": 2.0}),
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
        ("relu:slope=1", "relu has no settings, but 'slope=1' is asked of it"),
        ("leaky_relu:=1", "there is no setting called ''"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(text, message):
    with speaking("en"), pytest.raises(UnknownNameError) as caught:
        ACTIVATIONS.choose(text)
    with speaking("en"):
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "value", ["", "fast", "nan", "inf", "1e999", "0.1.2", "1_0", "３", "__import__('os')"]
)
def test_a_setting_is_a_finite_number(value):
    with pytest.raises(UsageError) as caught:
        ACTIVATIONS.choose(f"leaky_relu:slope={value}")
    assert caught.value.key == "catalog.not_a_number"


@pytest.mark.parametrize("text", [None, 3, ["relu"], b"relu"])
def test_a_choice_is_text(text):
    with speaking("en"), pytest.raises(UsageError) as caught:
        ACTIVATIONS.choose(text)
    with speaking("en"):
        assert str(caught.value) == f"the activation must be text such as 'identity', not {text!r}"


# Ranges of settings.

SETTINGS = [
    pytest.param(catalogue, row, name, id=f"{row.name}-{name}")
    for catalogue in CATALOGUES
    for row in catalogue
    for name in settings_of(row)
]
KNOWN = {
    ("leaky_relu", "slope"): "0 <= slope <= 1",
    ("elu", "alpha"): "0 < alpha",
    ("huber", "threshold"): "0 < threshold",
    ("constant", "value"): "",
    ("normal", "std"): "0 < std",
    ("uniform", "low"): "low < high",
    ("uniform", "high"): "",
    ("sgd", "momentum"): "0 <= momentum < 1",
}


def _accepts(catalogue: Catalogue[Row], row: Row, **settings: float) -> bool:
    text = f"{row.name}:{','.join(f'{name}={value!r}' for name, value in settings.items())}"
    with contextlib.suppress(UsageError):
        return catalogue.choose(text) == (row, settings)
    return False


@pytest.mark.parametrize(("catalogue", "row", "name"), SETTINGS)
def test_every_setting_declares_its_range_and_starts_in_it(catalogue, row, name):
    assert name in ranges_of(row), f"annotate {name} with a Range, or with Real if any finite number is right"
    assert _accepts(catalogue, row, **{name: settings_of(row)[name]})


@pytest.mark.parametrize(("catalogue", "row", "name"), SETTINGS)
def test_a_setting_is_accepted_up_to_its_bounds_and_refused_beyond_them(catalogue, row, name):
    valid = ranges_of(row)[name]
    below = settings_of(row)[valid.below] if isinstance(valid.below, str) else valid.below
    bounds = [(valid.least, True, -1), (valid.above, False, -1), (below, False, 1), (valid.most, True, 1)]
    for bound, reached, outwards in bounds:
        if bound is None:
            continue
        inside, outside = (math.nextafter(bound, sign * math.inf) for sign in (-outwards, outwards))
        accepted = [_accepts(catalogue, row, **{name: value}) for value in (inside, bound, outside)]
        assert accepted == [True, reached, False]


def test_the_ranges_that_must_be_there():
    for (row, name), text in KNOWN.items():
        (found,) = (c[row] for c in CATALOGUES if row in c and name in settings_of(c[row]))
        assert ranges_of(found)[name].text(name) == text


def test_a_bound_may_be_another_setting():
    uniform = INITIALIZERS["uniform"]
    for low, high in itertools.product((-2.0, 0.0, 0.5, 3.0), repeat=2):
        assert _accepts(INITIALIZERS, uniform, low=low, high=high) == (low < high)
    assert not _accepts(INITIALIZERS, uniform, high=-0.5)  # below the default of low


@pytest.mark.parametrize(
    ("catalogue", "text", "message"),
    [
        (OPTIMIZERS, "sgd:momentum=2", "the settings must satisfy 0 <= momentum < 1, not momentum = 2"),
        (INITIALIZERS, "uniform:low=3", "the settings must satisfy low < high, not low = 3, high = 0.1"),
        (LOSSES, "huber:threshold=-1", "the settings must satisfy 0 < threshold, not threshold = -1"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(catalogue, text, message):
    with speaking("en"), pytest.raises(UsageError) as caught:
        catalogue.choose(text)
    with speaking("en"):
        assert str(caught.value) == message


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

    def scaled(
        z: Node, *, by: Annotated[float, Range(most=3)] = 2.0, plus: Real = 1.0, free: float = 0
    ) -> Node:
        return by * z + plus + free

    row = catalogue.add(Activation("scaled", scaled))
    assert settings_of(row) == {"by": 2.0, "plus": 1.0, "free": 0}
    assert ranges_of(row) == {"by": Range(most=3), "plus": Range()}
    assert catalogue.choose("scaled:by=3,free=1e9")[1] == {"by": 3.0, "free": 1e9}
    with pytest.raises(UsageError, match="by <= 3"):
        catalogue.choose("scaled:by=4")
