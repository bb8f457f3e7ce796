"""The network of objects: the numbers of the trace, the steps of its text, and a gradient check that finds
mistakes and leaves no trace of its own."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

from chainrule import expr, nodes
from chainrule.derivation.numbers import values
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import ShapeError, UnknownNameError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.nodes import ConstNode, Network, Node
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.sentences import speaking
from chainrule.trace import Trace
from network_table import batch, covering, parameters, title

CLOSE = 1e-12


def definition(sizes: list[int], activations: list[str], loss: str, **penalties: float) -> NetworkDefinition:
    table = {"sizes": sizes, "activations": activations, "loss": loss, "penalties": penalties}
    return NetworkDefinition.from_dict(table)


NETWORKS = [
    definition([3, 4, 2], ["sigmoid", "sigmoid"], "half_squared_error"),
    definition([2, 2, 1], ["sigmoid", "sigmoid"], "mean_squared_error"),
    definition([2, 3, 2], ["sigmoid", "softmax"], "cross_entropy", l2=0.01),
    definition([4, 3], ["softmax"], "half_squared_error"),
    definition([2, 4, 1], ["relu", "sigmoid"], "binary_cross_entropy", l1=0.02),
    definition([3, 3, 3, 3], ["tanh", "leaky_relu:slope=0.2", "identity"], "huber:threshold=0.5"),
    definition([2, 5, 2], ["gelu", "softplus"], "mean_absolute_error", l1=0.02, l2=0.3),
    definition([2, 4, 3], ["x * sigmoid(1.702 * x)", "tanh"], "mean_squared_error"),
    definition([3, 2, 2, 2, 3], ["silu", "elu", "sigmoid", "softmax"], "cross_entropy"),
    definition([2, 2], ["step"], "perceptron"),
    definition([1, 1], ["identity"], "half_squared_error"),
]


@pytest.mark.parametrize("net", NETWORKS, ids=title)
def test_every_neuron_and_gradient_is_that_of_the_trace(net):
    x, y = batch(net, n=3)
    given = parameters(net)
    network = Network.of(net, given)
    for sample, label in zip(x, y, strict=True):
        trace = Trace(net, sample, label, given)
        gradients = network.get_gradient(sample, label)
        for number, layer in enumerate(network.layers[1:], 1):
            for name, sign in (("z", 1), ("a", 1), ("delta", -1)):  # delta of the text: minus the derivative
                ours = [
                    {"z": node.net, "a": node.output, "delta": sign * node.delta}[name]
                    for node in layer.nodes
                ]
                np.testing.assert_allclose(ours, trace[f"{name}{number}"][0], CLOSE, CLOSE)
        for name in trace.values.parameters:
            np.testing.assert_allclose(gradients[name], trace[f"d{name}"], CLOSE, CLOSE)
        assert network.error(sample, label) == pytest.approx(trace.loss, rel=CLOSE)
        assert network.predict(sample) == pytest.approx(trace[f"a{len(net.layers)}"][0], rel=CLOSE)


def test_every_row_of_the_catalogues_has_the_gradients_of_the_engine():
    for net in covering():
        if not any(layer.shared for layer in net.layers):
            x, y = batch(net, n=1)
            given = parameters(net)
            network = Network.of(net, given)
            J, gradients = NumpyEngine(build(net, targets_sum_to_one=False), given).gradients(x, y)
            assert network.error(x[0], y[0]) == pytest.approx(J, rel=CLOSE), title(net)
            for name, array in network.get_gradient(x[0], y[0]).items():
                np.testing.assert_allclose(array, gradients[name], 1e-11, 1e-11, err_msg=title(net))


@pytest.mark.parametrize("net", NETWORKS, ids=title)
def test_an_epoch_ends_with_the_weights_of_the_engine(net):
    x, y = batch(net, n=6)
    given = parameters(net)
    network = Network.of(net, given)
    network.train(x.tolist(), y.tolist(), 0.3, 2)
    program = build(net, targets_sum_to_one=False)
    engine = NumpyEngine(program, given)
    for _ in range(2):
        for sample, label in zip(x, y, strict=True):
            engine.step(sample[None], label[None], 0.3)
    for name, array in network.parameters.items():
        assert np.abs(array - given[name]).max() > 1e-3, "it has learned something"
        np.testing.assert_allclose(array, engine.parameters[name], 1e-11, 1e-11)


def test_it_starts_from_the_seed_as_everything_does():
    net = read_network("3-4-2").net
    x, y = [0.1, -0.2, 0.3], [1.0, 0.0]
    for seed in (0, 7):
        started = NetworkDefinition(net.inputs, net.layers, seed=seed)
        assert Network.of(started).error(x, y) == pytest.approx(Trace(started, x, y).loss, rel=CLOSE)


def test_large_weighted_inputs_overflow_nowhere():
    net = definition([1, 2], ["softmax"], "cross_entropy")
    network = Network.of(net, {"W1": [[1.0], [-1.0]]})
    assert network.predict([4000.0]) == [1.0, 0.0]
    assert network.error([4000.0], [0.0, 1.0]) == 8000.0
    assert network.get_gradient([4000.0], [0.0, 1.0])["b1"] == [1.0, -1.0]


def test_expressions_over_one_dim_are_read_place_by_place():
    u, v, w = expr.leaf("u", ["k"]), expr.leaf("v", ["k"]), expr.leaf("w")
    at = {"u": [1.0, 2.0, 6.0], "v": [3.0, -1.0, 0.5], "w": [2.0, 2.0, 2.0]}
    read = {
        u * w + 1: [3.0, 5.0, 13.0],
        expr.contract([], u, v): [4.0, 4.0, 4.0],
        expr.contract(["k"], u, v): [3.0, -2.0, 3.0],
        expr.contract(["k"], w): [2.0, 2.0, 2.0],  # a repetition, and no sum
        expr.total(u) / expr.size("k"): [3.0, 3.0, 3.0],
        expr.reduce("max", v, "k"): [3.0, 3.0, 3.0],
        expr.reduce("logsumexp", 400 * u, "k"): [2400.0, 2400.0, 2400.0],
    }
    for node, expected in read.items():
        assert values(node, at) == pytest.approx(expected, rel=1e-15), node


# The network of the text: 3-4-2, nodes 1 to 9.


@pytest.fixture
def small() -> Network:
    return Network.of(read_network("han-small").net)


def test_nodes_are_numbered_through_and_connected_with_all_of_the_layer_before(small):
    assert [[node.number for node in layer.nodes] for layer in small.layers] == [
        [1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]
    assert len(small.connections) == 4 * (3 + 1) + 2 * (4 + 1)
    four = small.layers[1].nodes[0]
    assert [c.name for c in four.upstream] == ["w41", "w42", "w43", "w4b"]
    assert [c.name for c in four.downstream] == ["w84", "w94"]
    assert isinstance(four.upstream[-1].upstream, ConstNode)
    assert [c for node in (n for layer in small.layers for n in layer.nodes) for c in node.upstream] == [
        *small.connections
    ]


def test_the_equations_of_the_text_hold_to_the_last_letter(small):
    """3.2, 4.2, 4.4, 4.6, 4.7 and 4.8, worked out here by themselves."""
    w = {c.name: c.weight for c in small.connections}
    x, t, rate = [0.9, 0.1, 0.4], [0.9, 0.1], 0.3
    small.train([x], [t], rate, 1)

    def sigmoid(z: float) -> float:
        return 1 / (1 + math.exp(-z))

    a = {j: sigmoid(sum(w[f"w{j}{i}"] * x[i - 1] for i in (1, 2, 3)) + w[f"w{j}b"]) for j in (4, 5, 6, 7)}
    y = {k: sigmoid(sum(w[f"w{k}{j}"] * a[j] for j in a) + w[f"w{k}b"]) for k in (8, 9)}
    delta = {k: y[k] * (1 - y[k]) * (t[k - 8] - y[k]) for k in y}
    for j in a:
        delta[j] = a[j] * (1 - a[j]) * (w[f"w8{j}"] * delta[8] + w[f"w9{j}"] * delta[9])
    nodes_by_number = {node.number: node for layer in small.layers for node in layer.nodes}
    assert {n: nodes_by_number[n].delta for n in delta} == pytest.approx(delta, rel=1e-13)
    after = {c.name: c.weight for c in small.connections}
    assert after["w84"] == pytest.approx(w["w84"] + rate * delta[8] * a[4], rel=1e-13)
    assert after["w41"] == pytest.approx(w["w41"] + rate * delta[4] * x[0], rel=1e-13)
    assert after["w4b"] == pytest.approx(w["w4b"] + rate * delta[4], rel=1e-13)


def test_a_step_leaves_the_gradients_that_it_went_against(small):
    x, t, rate = [0.9, 0.1, 0.4], [0.9, 0.1], 0.3
    gradients = Network.of(read_network("han-small").net).get_gradient(x, t)
    before = [c.weight for c in small.connections]
    small.train_one_sample(x, t, rate)
    for connection, weight in zip(small.connections, before, strict=True):
        assert connection.weight == weight - rate * connection.gradient
    assert small.layers[1].nodes[0].upstream[-1].gradient == gradients["b1"][0] != 0


def test_it_learns_the_targets_of_the_text(small):
    samples, labels = [[1, 0, 0], [0, 1, 0]], [[0.9, 0.1], [0.1, 0.9]]
    before = sum(map(small.error, samples, labels))
    small.train(samples, labels, 0.5, 2000)
    assert sum(map(small.error, samples, labels)) < before / 1000


# The gradient check.


@pytest.mark.parametrize("net", [net for net in NETWORKS if net.loss != "perceptron"], ids=title)
def test_right_gradients_pass_the_check_and_nothing_has_moved(net):
    x, y = (array[0].tolist() for array in batch(net, n=1, seed=3))
    network = Network.of(net, parameters(net))
    gradients = network.get_gradient(x, y)
    weights, text = network.parameters, network.dump()
    comparisons = network.gradient_check(x, y)
    assert all(c.ok for c in comparisons), [*map(str, comparisons)]
    assert [c.name for c in comparisons] == [c.name for c in network.connections]
    assert network.parameters == weights  # to the last bit
    assert network.dump() == text
    assert network.get_gradient(x, y) == gradients


def slope_forgotten(node: Node, slope: float) -> None:
    node.delta = sum(c.weight * c.downstream.delta for c in node.downstream)


def last_path_forgotten(node: Node, slope: float) -> None:
    node.delta = slope * sum(c.weight * c.downstream.delta for c in node.downstream[:-1])


def sign_wrong(node: Node, slope: float) -> None:
    node.delta = -slope * sum(c.weight * c.downstream.delta for c in node.downstream)


def gradient_of_the_wrong_end(connection: nodes.Connection) -> None:
    connection.gradient = -connection.downstream.delta * connection.upstream.net


@pytest.mark.parametrize(
    ("where", "what", "bug", "wrong"),
    [
        (Node, "calculate_delta", slope_forgotten, "4567"),
        (Node, "calculate_delta", last_path_forgotten, "4567"),
        (Node, "calculate_delta", sign_wrong, "4567"),
        (nodes.Connection, "calculate_gradient", gradient_of_the_wrong_end, "456789"),
    ],
)
def test_the_check_finds_a_planted_mistake_and_where_it_is(monkeypatch, where, what, bug, wrong):
    network = Network.of(NETWORKS[0], parameters(NETWORKS[0]))
    weights = network.parameters
    monkeypatch.setattr(where, what, bug)
    comparisons = network.gradient_check([0.5, -1.0, 2.0], [0.9, 0.1])
    assert {c.name[1] for c in comparisons if not c.ok} == {*wrong}
    assert network.parameters == weights


def test_the_weight_is_put_back_even_where_the_check_is_stopped(small, monkeypatch):
    weights = small.parameters
    error, calls = small.error, iter(range(10))

    def stopped(*sample):
        if next(calls) == 4:
            raise KeyboardInterrupt
        return error(*sample)

    monkeypatch.setattr(small, "error", stopped)
    with pytest.raises(KeyboardInterrupt):
        small.gradient_check([1, 2, 3], [1, 0])
    assert small.parameters == weights


# What it shows.


def test_it_shows_its_nodes_and_connections_in_both_languages():
    net = definition([1, 1, 1], ["sigmoid", "identity"], "half_squared_error")
    network = Network.of(net, {"W1": [[0.0]], "b1": [0.0], "W2": [[2.0]], "b2": [-3.0]})
    network.get_gradient([1.0], [-1.5])
    with speaking("en"):
        assert str(network).splitlines() == [
            "1-1:sigmoid-1:identity, half_squared_error",
            "input layer",
            "  node 1: output 1",
            "hidden layer, sigmoid",
            "  node 2: weighted input 0, output 0.5, error term 0.25",
            "output layer, identity",
            "  node 3: weighted input -2, output -2, error term 0.5",
        ]
        assert "    w32 = 2, gradient -0.25\n    w3b = -3, gradient -0.5" in network.dump()
        first, *_ = network.gradient_check([1.0], [-1.5])
        assert str(first) == "w21: gradient -0.25, expected -0.25"
    with speaking("zh"):
        assert (
            "隐藏层，sigmoid\n  节点 2：加权输入 0，输出值 0.5，误差项 0.25\n    w21 = 0，梯度 -0.25"
            in network.dump()
        )
        wrong = nodes.Comparison("w41", 1.0, 2.0, ok=False)
        assert str(wrong) == "w41：梯度 1，与期望值 2 不符"


def test_two_digit_nodes_are_told_apart():
    network = Network.of(read_network("1-12-1").net)
    names = [c.name for c in network.connections]
    assert {"w21", "w10,1", "w10,b", "w14,13", "w14,b"} <= {*names}
    assert len(names) == len({*names})


# What it refuses.


@pytest.mark.parametrize(
    ("given", "key", "fields"),
    [
        ({"W3": []}, "catalog.unknown", {}),
        ({"W1": [[1, 2, 3]]}, "nodes.count", {"name": "W1", "expected": 4, "found": 1}),
        ({"W1": [[1, 2, 3]] * 3 + [[1, 2]]}, "nodes.count", {"name": "W1[3]", "expected": 3, "found": 2}),
        ({"b2": [1, "1"]}, "nodes.not_numbers", {"name": "b2"}),
        ({"b2": [1, math.nan]}, "nodes.not_numbers", {"name": "b2"}),
        ({"b2": 1.0}, "nodes.not_numbers", {"name": "b2"}),
    ],
)
def test_parameters_that_do_not_fit_are_refused(given, key, fields):
    with pytest.raises((ShapeError, UnknownNameError)) as error:
        Network.of(NETWORKS[0], given)
    assert error.value.key == key
    assert fields.items() <= error.value.fields.items()


def test_samples_that_do_not_fit_are_refused(small):
    calls = {
        "sample": lambda: small.predict([1, 2]),
        "label": lambda: small.error([1, 2, 3], [1, 0, 0]),
    }
    for name, call in calls.items():
        with pytest.raises(ShapeError) as error:
            call()
        assert (error.value.key, error.value.fields["name"]) == ("nodes.count", name)
    with pytest.raises(ShapeError) as error:
        small.train([[1, 2, 3]], [], 0.1, 1)
    assert error.value.key == "trace.samples"


def test_shared_weights_are_refused():
    net = NetworkDefinition(2, (Dense(2, "tanh"), Dense(2, "tanh", shared=1), Dense(1)))
    with pytest.raises(UsageError) as error:
        Network.of(net)
    assert (error.value.key, error.value.fields) == ("nodes.shared", {"number": 2, "owner": 1})


def test_it_computes_without_arrays(small):
    """Whatever is handed in, what comes out and what is kept are Python's own floats."""
    outputs = small.predict(np.float32([1, 2, 3]))
    small.train(np.ones((1, 3)), np.ones((1, 2)), 0.5, 1)
    kept = [c.weight for c in small.connections] + [node.delta for node in small.layers[1].nodes]
    assert {type(number) for number in outputs + kept} == {float}
    assert "numpy" not in inspect.getsource(nodes)
