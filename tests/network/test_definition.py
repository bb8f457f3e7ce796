"""Network definitions: every problem at once, hostile ones refused, nothing lost on the way to a table."""

from __future__ import annotations

import copy
import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.api import Network
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.errors import ChainruleError, DefinitionError
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters, meaning
from chainrule.network.problems import MOST_UNITS
from chainrule.sentences import speaking


def _problems(error: DefinitionError) -> set[tuple[str, object]]:
    """Key and place of each problem."""
    return {(p.key, p.fields.get("where", p.fields.get("name"))) for p in error.problems}


def _refused(**changes: object) -> set[tuple[str, object]]:
    settings_ = {"inputs": 2, "layers": (Dense(3), Dense(2))} | changes
    with pytest.raises(DefinitionError) as caught:
        NetworkDefinition(**settings_)
    for lang in ("en", "zh"):
        with speaking(lang):
            text = str(caught.value)
            assert all(str(p) in text for p in caught.value.problems)
            assert len(text) < 500 * len(caught.value.problems)
    return _problems(caught.value)


def test_every_problem_is_reported_at_once():
    found = _refused(
        inputs=0,
        layers=(
            Dense(-1, "sigmoyd", name="a; b"),
            Dense(2.5, initializer="hee", shared=7),
            Dense(3, "softmax"),
        ),
        loss="cross",
        penalties={"l2": -1, "l3": 0.1},
        dtype="float16",
        seed=-3,
        initializer="normal:std=x",
    )
    assert found == {
        ("network.bad_whole", "inputs"),
        ("network.bad_whole", "layers[1].units"),
        ("network.at", "layers[1].activation"),
        ("network.bad_label", "layers[1].name"),
        ("network.bad_whole", "layers[2].units"),
        ("network.at", "layers[2].initializer"),
        ("network.shared_not_earlier", "layers[2].shared"),
        ("network.at", "loss"),
        ("network.bad_coefficient", "penalties.l2"),
        ("catalog.unknown", "'l3'"),
        ("network.bad_dtype", "dtype"),
        ("network.bad_whole", "seed"),
        ("network.at", "initializer"),
    }


def test_one_problem_is_said_in_one_sentence():
    with speaking("en"), pytest.raises(DefinitionError) as caught:
        NetworkDefinition(0, (Dense(2),))
    with speaking("en"):
        assert str(caught.value) == "inputs must be a whole number from 1 to 1000000, not 0"


@pytest.mark.parametrize(
    "label",
    [
        '"""',
        "x\n",
        "a\nimport os",
        "a; b",
        "{x}",
        "a'b",
        "a\\b",
        "../up",
        "",
        " a",
        "a" * 41,
        "a\0",
        5,
        ["a"],
    ],
)
def test_a_label_holds_no_code(label):
    assert _refused(layers=(Dense(3, name=label), Dense(2))) == {("network.bad_label", "layers[1].name")}


@pytest.mark.parametrize("label", ["hidden", "layer 1", "conv-2_b", "隐藏层", "a" * 40])
def test_a_plain_label_is_kept(label):
    assert NetworkDefinition(2, (Dense(3, name=label), Dense(2))).layers[0].name == label


@pytest.mark.parametrize(
    "units",
    [0, -1, MOST_UNITS + 1, 10**9, 10**30, 2.0, "10", "__import__('os')", True, float("nan"), [3]],
)
def test_a_size_is_a_whole_number_in_reach(units):
    assert _refused(layers=(Dense(units), Dense(2))) == {("network.bad_whole", "layers[1].units")}
    assert _refused(inputs=units) == {("network.bad_whole", "inputs")}


def test_a_size_that_is_missing_is_no_wrong_one():
    assert _refused(layers=(Dense(None), Dense(2))) == {("network.missing", "layers[1].units")}
    assert _refused(inputs=None) == {("network.missing", "inputs")}


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, "0", True])
def test_a_seed_is_a_whole_number(seed):
    assert _refused(seed=seed) == {("network.bad_whole", "seed")}


def test_too_many_parameters_are_refused_before_memory_is_asked_for():
    assert _refused(inputs=10**6, layers=(Dense(10**6),)) == {("network.too_large", "layers")}


@pytest.mark.parametrize("layers", [(), [], None, "3-2", (Dense(2),) * 10_001])
def test_there_are_one_to_ten_thousand_layers(layers):
    assert _refused(layers=layers) == {("network.layer_count", "layers")}
    with pytest.raises(DefinitionError):
        NetworkDefinition.from_dict({"inputs": 2, "layers": layers})


def test_what_is_no_layer_does_not_hide_what_is_wrong_with_the_others():
    found = _refused(layers=("relu", Dense(3, "reluu"), 3, Dense(2, shared=1), Dense(2, "no")))
    assert found == {
        ("network.not_a_layer", "layers[1]"),
        ("network.at", "layers[2].activation"),
        ("network.not_a_layer", "layers[3]"),
        ("network.at", "layers[5].activation"),
    }


def test_layers_may_be_a_list():
    net = NetworkDefinition(2, [Dense(3), Dense(2)])
    assert net == NetworkDefinition(2, (Dense(3), Dense(2)))
    assert isinstance(net.layers, tuple)


def test_numbers_may_be_those_of_numpy():
    """They become Python's own, so that a definition can be written down."""
    theirs = NetworkDefinition(
        np.int64(2),
        (Dense(np.uint8(2)), Dense(np.int32(2), shared=np.int64(1))),
        penalties={"l2": np.float32(0.5), "l1": np.int64(1)},
        seed=np.uint64(2**63 - 1),
    )
    ours = NetworkDefinition(
        2, (Dense(2), Dense(2, shared=1)), penalties={"l2": 0.5, "l1": 1}, seed=2**63 - 1
    )
    assert theirs == ours
    assert json.dumps(theirs.to_dict()) == json.dumps(ours.to_dict())
    assert _refused(inputs=np.bool_(True), seed=np.float64(3.0), penalties={"l2": np.float32("nan")}) == {
        ("network.bad_whole", "inputs"),
        ("network.bad_whole", "seed"),
        ("network.bad_coefficient", "penalties.l2"),
    }


def test_penalties_cannot_be_changed():
    given = {"l2": 0.1}
    net = NetworkDefinition(2, (Dense(2),), penalties=given)
    given["l2"] = -1.0
    with pytest.raises(TypeError):
        net.penalties["l2"] = -1.0
    assert dict(net.penalties) == {"l2": 0.1}


def test_a_definition_can_be_a_key_and_be_copied():
    net = NetworkDefinition(2, (Dense(2),), penalties={"l2": 0.1})
    other = NetworkDefinition(2, (Dense(2),), penalties={"l2": 0.2})
    assert {net, other, dataclasses.replace(net)} == {net, other}
    assert copy.deepcopy(net) == net != other


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "0.1", None, True, [0.1]])
def test_a_coefficient_is_a_finite_number_not_below_zero(value):
    assert _refused(penalties={"l2": value}) == {("network.bad_coefficient", "penalties.l2")}


@pytest.mark.parametrize("penalties", [0.1, None, [("l2", 0.1)], "l2"])
def test_penalties_are_a_table(penalties):
    assert _refused(penalties=penalties) == {("network.penalties_not_table", "penalties")}


@pytest.mark.parametrize("name", ["initializer", "bias_initializer", "loss"])
@pytest.mark.parametrize(
    "value", ["os.system", "/etc/passwd", "../x.toml", "", "zeros:file=1", "normal:std=nan", "uniform:low=3"]
)
def test_a_choice_is_a_name_of_its_catalogue(name, value):
    assert ("network.at", name) in _refused(**{name: value})


@pytest.mark.parametrize("name", ["initializer", "bias_initializer", "loss", "dtype"])
@pytest.mark.parametrize("value", [5, ["zeros"], {"zeros": 1}, True, 1.5])
def test_a_choice_is_text(name, value):
    key = "network.bad_dtype" if name == "dtype" else "network.at"
    assert _refused(**{name: value}) == {(key, name)}


def test_a_bias_has_an_initializer():
    assert _refused(bias_initializer=None) == {("network.at", "bias_initializer")}


@pytest.mark.parametrize(
    "activation",
    ["os.system('x')", "__import__", "x.__class__", "/etc/passwd", "x" * 2000, "1e999 * x", "", "\0"],
)
def test_an_activation_is_a_name_or_a_formula(activation):
    assert _refused(layers=(Dense(3, activation), Dense(2))) == {("network.at", "layers[1].activation")}


@pytest.mark.parametrize("activation", [5, ["relu"], True, {}])
def test_an_activation_is_text(activation):
    assert _refused(layers=(Dense(3, activation), Dense(2))) == {("network.at", "layers[1].activation")}


@pytest.mark.parametrize("activation", ["step", "sign(x)", "3", "x > 0", "where(x > 0, 2, 1)"])
def test_what_has_no_derivative_is_refused_in_a_hidden_layer_with_the_reason(activation):
    with speaking("en"), pytest.raises(DefinitionError) as caught:
        NetworkDefinition(2, (Dense(3, activation), Dense(2)))
    assert _problems(caught.value) == {("network.flat_hidden", "layers[1].activation")}
    with speaking("en"):
        assert "derivative" in str(caught.value)
        assert "perceptron" in str(caught.value)


def test_softmax_is_refused_in_a_hidden_layer():
    found = _refused(layers=(Dense(3, "softmax"), Dense(2)))
    assert found == {("network.across_hidden", "layers[1].activation")}


ONE_SOFTMAX = 'sizes = [2, 3, 1]\nactivations = ["tanh", "softmax"]\n'


@pytest.mark.parametrize("loss", [None, "half_squared_error"])
def test_softmax_of_a_single_unit_is_refused_with_what_is_right(loss, tmp_path):
    (tmp_path / "net.toml").write_text(ONE_SOFTMAX)
    ways = [
        lambda: NetworkDefinition(2, (Dense(3), Dense(1, "softmax")), loss),
        lambda: Network(2, 3, Dense(1, "softmax"), loss=loss),
        lambda: Network.parse("2-3-1:softmax"),
        lambda: Network.parse("2-1:softmax"),
        lambda: Network.parse(tmp_path / "net.toml"),
    ]
    for way in ways:
        with speaking("en"), pytest.raises(DefinitionError) as caught:
            way()
        assert [problem.key for problem in caught.value.problems] == ["network.across_one"]
        with speaking("en"):
            assert "take sigmoid with one unit" in str(caught.value)
    assert Network.parse("2-3-2:softmax").definition.outputs == 2
    assert Network(2, 1).definition.resolved("classes").layers[-1].activation == "sigmoid"


@pytest.mark.parametrize(
    ("output", "loss", "key"),
    [
        ("sigmoid", "cross_entropy", "network.loss_does_not_fit"),
        ("softmax", "binary_cross_entropy", "network.loss_does_not_fit"),
        ("identity", "perceptron", "network.loss_does_not_fit"),
        ("softmax", "perceptron", "network.loss_does_not_fit"),
        ("x + 0", "cross_entropy", "network.loss_does_not_fit"),
        ("step", "half_squared_error", "network.flat_output"),
        ("step", "huber", "network.flat_output"),
        ("sign(x)", None, "network.flat_output"),
    ],
)
def test_a_loss_that_does_not_fit_the_output_is_refused(output, loss, key):
    found = _refused(layers=(Dense(3), Dense(2, output)), loss=loss)
    assert {k for k, _ in found} == {key}


def test_every_loss_is_accepted_with_every_output_it_fits():
    for loss in LOSSES:
        for output in ACTIVATIONS:
            if output.name in (loss.fits or ACTIVATIONS.names()) and (loss.fits or not output.flat):
                net = NetworkDefinition(2, (Dense(3), Dense(2, output.name)), loss=loss.name)
                assert net.resolved() == net.resolved().resolved()


def test_a_step_as_output_takes_the_perceptrons_rule():
    assert NetworkDefinition(2, (Dense(1, "step"),)).resolved().loss == "perceptron"


def test_blanks_around_a_name_do_not_matter():
    net = NetworkDefinition(2, (Dense(3), Dense(2, " softmax ")), loss=" cross_entropy")
    tidy = NetworkDefinition(2, (Dense(3), Dense(2, "softmax")), loss="cross_entropy")
    assert meaning(net).J is meaning(tidy).J


@pytest.mark.parametrize(
    ("shared", "key"),
    [
        (0, "shared_not_earlier"),
        (3, "shared_not_earlier"),
        (4, "shared_not_earlier"),
        (True, "shared_not_earlier"),
        ("1", "shared_not_earlier"),
        (2, "shared_not_own"),
        (1, None),
    ],
)
def test_shared_weights_are_those_of_an_earlier_layer_that_has_some(shared, key):
    layers = (Dense(2), Dense(2, shared=1), Dense(2, shared=shared))
    if key:
        assert _refused(layers=layers) == {(f"network.{key}", "layers[3].shared")}
    else:
        assert NetworkDefinition(2, layers).parameter_count == 4 + 3 * 2


def test_shared_weights_have_the_right_shape():
    assert _refused(layers=(Dense(3), Dense(2, shared=1))) == {("network.shared_shape", "layers[2].shared")}


# What is left open.


@pytest.mark.parametrize(
    ("outputs", "task", "activation", "loss"),
    [
        (3, "classes", "softmax", "cross_entropy"),
        (1, "classes", "sigmoid", "binary_cross_entropy"),
        (3, "numbers", "identity", "half_squared_error"),
        (1, "numbers", "identity", "half_squared_error"),
        (3, None, "softmax", "cross_entropy"),
        (1, None, "identity", "half_squared_error"),
    ],
)
def test_the_output_follows_from_the_targets_or_else_the_shape(outputs, task, activation, loss):
    net = NetworkDefinition(4, (Dense(5), Dense(5, "relu"), Dense(outputs))).resolved(task)
    assert [layer.activation for layer in net.layers] == ["sigmoid", "relu", activation]
    assert net.loss == loss


@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("softmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
        ("tanh", "half_squared_error"),
        ("x * 2", "half_squared_error"),
    ],
)
def test_the_output_picks_the_loss_unless_one_is_named(output, loss):
    net = NetworkDefinition(2, (Dense(3, output),))
    assert net.resolved("numbers").loss == loss
    assert dataclasses.replace(
        net, loss="cross_entropy" if output == "softmax" else "half_squared_error"
    ).loss


def test_parameter_count():
    assert NetworkDefinition(784, (Dense(300), Dense(10))).parameter_count == 238_510
    assert NetworkDefinition(2, (Dense(1),)).parameter_count == 3


# Tables.

ACTIVATION = st.sampled_from([None, "sigmoid", "leaky_relu:slope=0.2", "x * sigmoid(1.702 * x)"])
INITIALIZER = st.sampled_from([None, "he", "normal:std=0.5"])
DENSE = st.builds(
    Dense,
    units=st.integers(1, 50),
    activation=ACTIVATION,
    initializer=INITIALIZER,
    name=st.sampled_from([None, "first", "隐藏层 2"]),
)
NETWORKS = st.builds(
    NetworkDefinition,
    inputs=st.integers(1, 50),
    layers=st.lists(DENSE, min_size=1, max_size=4).map(tuple),
    loss=st.sampled_from([None, "half_squared_error", "huber:threshold=0.5"]),
    penalties=st.dictionaries(st.sampled_from(["l1", "l2"]), st.floats(0, 10)),
    initializer=INITIALIZER,
    bias_initializer=st.sampled_from(["zeros", "constant:value=0.1"]),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 2**63 - 1),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(NETWORKS)
def test_a_table_brings_the_same_network_back(net):
    table = json.loads(json.dumps(net.to_dict()))
    assert NetworkDefinition.from_dict(table) == net
    assert str(net).count("-") == len(net.layers)


def test_a_table_keeps_shared_weights():
    net = NetworkDefinition(2, (Dense(2), Dense(2, shared=1)))
    assert NetworkDefinition.from_dict(net.to_dict()) == net


def test_unknown_keys_are_reported_together_with_the_rest():
    table = {"inputs": 2, "layers": [{"units": 0, "activaton": "relu"}], "sede": 1, "__class__": "os"}
    with speaking("en"), pytest.raises(DefinitionError) as caught:
        NetworkDefinition.from_dict(table)
    assert _problems(caught.value) == {
        ("catalog.unknown", "'sede'"),
        ("catalog.unknown", "'__class__'"),
        ("catalog.unknown", "'layers[1].activaton'"),
        ("network.bad_whole", "layers[1].units"),
    }
    with speaking("en"):
        assert "did you mean activation?" in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [{}, 3, {"inputs": 2}, {"layers": [{}]}, {"inputs": 2, "layers": {}}, {"inputs": 2, "layers": [3]}],
)
def test_an_incomplete_table_is_refused(table):
    with pytest.raises(DefinitionError):
        NetworkDefinition.from_dict(table)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(["sizes", "activations", *(f.name for f in dataclasses.fields(NetworkDefinition))])
LAYERS = st.lists(
    st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(Dense)]), JSON, max_size=5),
    max_size=3,
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.dictionaries(KEYS, JSON, max_size=6), LAYERS)
def test_any_table_is_read_or_refused_by_name(table, layers):
    try:
        NetworkDefinition.from_dict({"inputs": 2, "layers": layers, **table})
    except ChainruleError as error:
        for lang in ("en", "zh"):
            with speaking(lang):
                str(error)


# Expressions and first numbers.


def test_a_shared_layer_has_no_weights_of_its_own():
    m = meaning(NetworkDefinition(2, (Dense(2), Dense(2, shared=1), Dense(3))))
    assert list(m.parameters) == ["W1", "b1", "b2", "W3", "b3"]
    assert m.units[1].weights is m.units[0].weights
    assert m.sizes == {"d": 2, "h1": 2, "h2": 2, "k": 3}


def test_a_penalty_of_zero_does_not_occur():
    plain = meaning(NetworkDefinition(2, (Dense(2),)))
    assert meaning(NetworkDefinition(2, (Dense(2),), penalties={"l1": 0, "l2": 0.0})).J is plain.J
    assert meaning(NetworkDefinition(2, (Dense(2),), penalties={"l2": 0.1})).constants == {"l2": 0.1}


def test_a_layers_first_weights_do_not_depend_on_the_other_layers():
    short = initial_parameters(NetworkDefinition(4, (Dense(3), Dense(3)), seed=7))
    long = initial_parameters(NetworkDefinition(4, (Dense(3), Dense(3), Dense(5, "relu"), Dense(2)), seed=7))
    for name in ("W1", "b1", "W2", "b2"):
        np.testing.assert_array_equal(short[name], long[name])


def test_layers_alike_do_not_start_alike():
    drawn = initial_parameters(NetworkDefinition(3, (Dense(3), Dense(3)), bias_initializer="normal"))
    assert len({array.tobytes() for array in drawn.values()}) == len(drawn)


def test_first_weights_follow_seed_initializer_and_shape():
    net = NetworkDefinition(
        4, (Dense(3, initializer="constant:value=2"), Dense(2)), bias_initializer="constant"
    )
    drawn = initial_parameters(net)
    assert {name: array.shape for name, array in drawn.items()} == {
        "W1": (3, 4),
        "b1": (3,),
        "W2": (2, 3),
        "b2": (2,),
    }
    assert (drawn["W1"] == 2).all()
    assert (drawn["b2"] == 1).all()
    again, other = initial_parameters(net), initial_parameters(net, seed=1)
    np.testing.assert_array_equal(drawn["W2"], again["W2"])
    assert not np.array_equal(drawn["W2"], other["W2"])
    wide = NetworkDefinition(10_000, (Dense(20, "relu"), Dense(2)))
    assert initial_parameters(wide)["W1"].std() == pytest.approx((2 / 10_000) ** 0.5, rel=0.02)
