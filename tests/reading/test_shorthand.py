"""The shorthand, and what else may stand where a network is wanted."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.data.dataset import Info, Scaling
from chainrule.errors import ChainruleError, DefinitionError, ModelFileError, UnknownNameError, UsageError
from chainrule.model import Model
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.presets import PRESETS
from chainrule.reading import parse_shorthand, read_network
from chainrule.targets import ClassTargets
from in_both_languages import said

FORMULA = "x * sigmoid(1.702 * x)"


def _layers(text: str) -> list[tuple[int, str | None]]:
    return [(layer.units, layer.activation) for layer in parse_shorthand(text).layers]


@pytest.mark.parametrize(
    ("text", "inputs", "layers"),
    [
        ("784-300-10", 784, [(300, None), (10, None)]),
        ("2-3-2", 2, [(3, None), (2, None)]),
        ("784-10", 784, [(10, None)]),
        ("784-128:relu-64:tanh-10:softmax", 784, [(128, "relu"), (64, "tanh"), (10, "softmax")]),
        (f"6-5:{FORMULA}-3", 6, [(5, FORMULA), (3, None)]),
        ("6-5:(x - 1)-3", 6, [(5, "x - 1"), (3, None)]),
        ("6-5:(x - 1) * (x - 2)-3", 6, [(5, "(x - 1) * (x - 2)"), (3, None)]),
        ("6-5:(max(x - 1, 0))-3", 6, [(5, "max(x - 1, 0)"), (3, None)]),
        ("6-5:tanh(x-1)-3", 6, [(5, "tanh(x-1)"), (3, None)]),
        ("2-3:leaky_relu:slope=0.2-1", 2, [(3, "leaky_relu:slope=0.2"), (1, None)]),
        (" 2 - 3 : tanh - 1 ", 2, [(3, "tanh"), (1, None)]),
        ("2-03-1", 2, [(3, None), (1, None)]),
    ],
)
def test_sizes_and_activations(text, inputs, layers):
    assert parse_shorthand(text).inputs == inputs
    assert _layers(text) == layers


@pytest.mark.parametrize(
    ("text", "task", "output", "loss"),
    [
        ("2-3-2", None, "softmax", "cross_entropy"),
        ("2-3-1", None, "identity", "half_squared_error"),
        ("2-3-2", "classes", "softmax", "cross_entropy"),
        ("2-3-1", "classes", "sigmoid", "binary_cross_entropy"),
        ("2-3-2", "numbers", "identity", "half_squared_error"),
        ("2-3-1", "numbers", "identity", "half_squared_error"),
        ("2-3-2:sigmoid", None, "sigmoid", "binary_cross_entropy"),
        ("2-3-2:tanh", None, "tanh", "half_squared_error"),
        (f"2-3-2:{FORMULA}", "classes", FORMULA, "half_squared_error"),
    ],
)
def test_what_is_left_open_follows_from_the_data_or_from_the_shape(text, task, output, loss):
    net = parse_shorthand(text).resolved(task)
    assert [layer.activation for layer in net.layers] == ["sigmoid", output]
    assert net.loss == loss


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("784", [("reading.no_layers", None)]),
        ("2-x-1", [("reading.bad_size", 2)]),
        ("-2-1", [("reading.bad_size", 1)]),
        ("2--1", [("reading.bad_size", 2)]),
        ("2-3-", [("reading.bad_size", 3)]),
        ("2.5-3e2-1", [("reading.bad_size", 1), ("reading.bad_size", 2)]),
        ("2-+3-1_0", [("reading.bad_size", 2), ("reading.bad_size", 3)]),
        ("٢-3", [("reading.bad_size", 1)]),
        ("2-3:x - tanh(x)-1", [("reading.bad_size", 3)]),  # a formula with a minus needs parentheses
        ("2-" + "9" * 100, [("reading.bad_size", 2)]),
        (
            "2-x:reluu-0:tanh(-1",
            [("reading.bad_size", 2), *[(f"network.{key}", None) for key in ("at", "bad_whole", "at")]],
        ),
        ("2-0-1", [("network.bad_whole", None)]),
        ("2-1000000000-1", [("network.bad_whole", None)]),
        ("2-3:-1", [("network.at", None)]),
        ("2-3:sigmoyd-1", [("network.at", None)]),
        ("2-3:tanh(x-1", [("network.at", None)]),
        ("2-3:__import__('os')-1", [("network.at", None)]),
    ],
)
def test_each_problem_is_named_with_its_place(text, problems):
    with pytest.raises(DefinitionError) as caught:
        parse_shorthand(text)
    assert [(p.key, p.fields.get("place")) for p in caught.value.problems] == problems
    assert max(map(len, said(caught.value))) < 700


NAMES = st.sampled_from([None, "sigmoid", "relu", "tanh", "leaky_relu:slope=0.1", FORMULA, "x - tanh(x - 1)"])


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 9999), st.lists(st.tuples(st.integers(1, 9999), NAMES), min_size=1, max_size=5))
def test_a_definition_prints_as_the_shorthand_that_reads_back(inputs, layers):
    net = NetworkDefinition(inputs, tuple(Dense(*layer) for layer in layers))
    assert parse_shorthand(str(net)) == net
    assert read_network(str(net)).net == net


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from("0123456789-:().x*+ tanhsigmod,=~/\\'\"é"), max_size=40))
def test_any_text_is_a_network_or_an_error_of_the_project(text):
    with contextlib.suppress(ChainruleError):
        read_network(text)


def test_names_are_read_as_presets_and_near_ones_are_suggested():
    reading = read_network("nielsen")
    assert reading.preset is PRESETS["nielsen"]
    assert reading.net == PRESETS["nielsen"].net
    assert reading.model is None
    with pytest.raises(UnknownNameError) as caught:
        read_network("nielson")
    assert caught.value.key == "reading.unknown"
    for text in said(caught.value):
        assert all(name in text for name in ("'nielson'", "nielsen", "han-small"))


@pytest.mark.parametrize("text", ["", " ", "zzzz", "relu", "z" * 5000])
def test_what_is_nothing_at_all(text):
    with pytest.raises(UnknownNameError) as caught:
        read_network(text)
    assert caught.value.key == "reading.unknown"
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", [None, 784, b"2-3-2", ["2-3-2"]])
def test_what_is_no_text(text):
    with pytest.raises(UsageError) as caught:
        read_network(text)
    assert caught.value.key == "reading.not_text"


@pytest.mark.parametrize("text", ["no/such/thing", "nothing.safetensors", "~nobody-of-that-name/model"])
def test_a_path_to_nothing(text):
    with pytest.raises(ModelFileError) as caught:
        read_network(text)
    assert caught.value.key == "model.unreadable"


def test_a_shorthand_may_be_longer_than_any_path():
    assert len(read_network("-".join(["000002"] * 1001)).net.layers) == 1000


def test_a_saved_model_is_a_network_too(tmp_path, monkeypatch):
    net = NetworkDefinition(2, (Dense(3, "tanh"), Dense(2, "softmax")), "cross_entropy", {"l2": 0.5}, seed=7)
    info = Info("two", classes=("a", "b"))
    model = Model(net, initial_parameters(net), Scaling.fixed(), ClassTargets(2), info)
    (tmp_path / "run").mkdir()
    for name in ("m.safetensors", "plain", "2-model", "run/model.safetensors"):
        model.save(tmp_path / name)
        reading = read_network(str(tmp_path / name))
        assert reading.net == net
        assert reading.model is not None
        np.testing.assert_array_equal(reading.model.parameters["W1"], model.parameters["W1"].astype("f8"))
    monkeypatch.chdir(tmp_path)
    assert read_network("plain").net == net
    assert read_network("run").net == net
    assert read_network("2-model").net == net  # a file of that name goes before the shorthand
