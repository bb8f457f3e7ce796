"""Dropout in a definition, its text forms, its lines, and what is derived, shown and checked of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from some_notations import in_some_notations

from chainrule.api import Network
from chainrule.check.formula import check_formula
from chainrule.check.gradients import check_gradients
from chainrule.engines.masks import first_masks
from chainrule.errors import DefinitionError, ShapeError, UnknownNameError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.nodes import Network as Nodes
from chainrule.program import build
from chainrule.reading import parse_shorthand, read_toml, write_toml
from chainrule.sentences import speaking
from chainrule.trace import Trace

NET = NetworkDefinition(2, (Dense(4, "tanh", dropout=0.5), Dense(3), Dense(2)), input_dropout=0.25)


def test_it_is_written_to_toml_and_read_again(tmp_path):
    (tmp_path / "net.toml").write_text(write_toml(NET), "utf-8")
    assert read_toml(tmp_path / "net.toml") == NET
    assert NetworkDefinition.from_dict(NET.to_dict()) == NET
    assert "dropout" not in write_toml(parse_shorthand("2-4-2"))


@pytest.mark.parametrize("share", [1, 1.5, -0.1, "half", True, float("nan")])
def test_what_is_no_share_is_refused(share):
    for lang, word in (("en", "share"), ("zh", "比例")):
        with speaking(lang), pytest.raises(DefinitionError) as caught:
            NetworkDefinition(2, (Dense(4, dropout=share), Dense(2)), input_dropout=share)
        with speaking(lang):
            assert word in str(caught.value)
        assert [problem.fields["where"] for problem in caught.value.problems] == [
            "layers[1].dropout",
            "input_dropout",
        ]


def test_the_last_layer_has_none():
    with pytest.raises(DefinitionError) as caught:
        NetworkDefinition(2, (Dense(4), Dense(2, dropout=0.5)))
    assert [problem.key for problem in caught.value.problems] == ["network.output_dropout"]
    NetworkDefinition(2, (Dense(4), Dense(2, dropout=0)))


def test_the_python_door_takes_it():
    net = Network(2, Dense(4, "tanh", dropout=0.5), 3, 2, input_dropout=np.float32(0.25))
    assert net.definition == NET


def test_lines_of_training_have_masks_and_those_of_prediction_are_the_networks_without():
    program, plain = build(NET), build(NET.with_dropout(0, 0))
    assert {name: (mask.array.dims, mask.keep) for name, mask in program.masks.items()} == {
        "m0": (("n", "d"), 0.75),
        "m1": (("n", "h1"), 0.5),
    }
    assert program.prediction == plain.prediction == tuple(plain.of("weighted input", "activation", "loss"))
    assert [line.name for line in program.lines] == [line.name for line in plain.lines]
    assert not plain.masks
    assert not build(dataclasses.replace(NET, input_dropout=0.0)).masks.keys() & {"m0"}


ACTIVATIONS = ["identity", "sigmoid", "relu", "gelu", "x * x"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_agree_with_finite_differences(activation):
    for output, loss in (("softmax", "cross_entropy"), ("identity", "huber")):
        layers = (Dense(5, activation, dropout=0.5), Dense(5, activation, dropout=0.2), Dense(3, output))
        net = NetworkDefinition(4, layers, loss, {"l2": 0.1}, input_dropout=0.3)
        assert check_gradients(net, seed=1).ok


def test_masks_take_part_in_the_check():
    """Were they left out, or drawn anew each time, these would not agree as well."""
    report = check_gradients(NET, seed=2)
    assert report.ok
    assert report.worst_relative_error < 1e-8


def test_a_trace_holds_the_masks_of_the_first_step_and_shows_them():
    x, y = np.array([[0.6, 0.8], [0.1, -0.2]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    trace = Trace(dataclasses.replace(NET, seed=5), x, y)
    masks = first_masks(build(NET), 2, 5)
    for name, mask in masks.items():
        np.testing.assert_array_equal(trace[name], mask)
        np.testing.assert_array_equal(trace.to_dict()["masks"][name], mask)
    np.testing.assert_allclose(trace["a1"], masks["m1"] * np.tanh(trace["z1"]), rtol=1e-14)
    back = trace["delta2"] @ trace["W2"] * masks["m1"] * (1 - np.tanh(trace["z1"]) ** 2)
    np.testing.assert_allclose(trace["delta1"], back, rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(trace["dW1"], trace["delta1"].T @ (masks["m0"] * x), rtol=1e-13, atol=1e-16)
    assert "m1" in trace.names
    forward = Trace(NET, x)
    np.testing.assert_allclose(forward["a1"], np.tanh(forward["z1"]), rtol=1e-14)
    assert "masks" not in forward.to_dict()


def test_masks_of_a_trace_may_be_given():
    x, y = [[0.6, 0.8]], [[1.0, 0.0]]
    trace = Trace(NET, x, y, {"m1": [[2, 0, 0, 2]]})
    np.testing.assert_array_equal(trace["m1"], [[2, 0, 0, 2]])
    np.testing.assert_array_equal(trace["m0"], Trace(NET, x, y)["m0"])
    np.testing.assert_allclose(trace["a1"], [[2, 0, 0, 2]] * np.tanh(trace["z1"]), rtol=1e-14)
    with pytest.raises(ShapeError):
        Trace(NET, x, y, {"m1": [2, 0, 0, 2]})
    with pytest.raises(UnknownNameError):
        Trace(NET, x, None, {"m1": [[2, 0, 0, 2]]})


SMALL = NetworkDefinition(2, (Dense(2, "sigmoid", dropout=0.5), Dense(1, "sigmoid")), input_dropout=0.25)
X, Y = [[0.6, 0.8], [0.1, -0.2]], [[1.0], [0.0]]


@in_some_notations
def test_every_document_can_be_written(notation, lang):
    texts = [
        Network.of(SMALL).derive(notation, lang, level).markdown() for level in ("rule", "layer", "node")
    ]
    texts.append(Network.of(NET).derive(notation, lang).markdown())
    assert ["dropout" in text.lower() for text in texts] == [False, True, False, True]
    trace = Trace(SMALL, X, Y)
    for document in (
        trace.document(notation, lang),
        trace.document(notation, lang, sample=2),
        trace.follow("W1", 0, 1, notation=notation, lang=lang),
        trace.neuron("a1[0]", notation=notation, lang=lang),
    ):
        assert document.markdown()
    assert trace.picture(notation=notation)


@pytest.mark.parametrize("layout", ["column", "rows"])
def test_formulas_by_hand_are_judged_with_the_masks(layout):
    net = NetworkDefinition(3, (Dense(4, "sigmoid", dropout=0.5), Dense(2)), input_dropout=0.25)
    back = "(W2.T @ delta2)" if layout == "column" else "(delta2 @ W2)"
    right = f"{back} * m1 * dg1(z1)"
    assert check_formula(right, of="delta1", network=net, layout=layout).verdict == "correct"
    assert check_formula(f"{back} * dg1(z1)", of="delta1", network=net, layout=layout).verdict == "wrong"
    weights = "delta1 @ (m0 * x).T" if layout == "column" else "delta1.T @ (m0 * x)"
    assert check_formula(weights, of="dW1", network=net, layout=layout).verdict == "correct"
    plain = weights.replace("m0 * ", "")
    assert check_formula(plain, of="dW1", network=net, layout=layout).verdict == "wrong"


def test_a_formula_in_tex_has_its_masks_too():
    net = NetworkDefinition(3, (Dense(4, "sigmoid", dropout=0.5), Dense(2)))
    tex = r"((W^{(2)})^T \delta^{(2)}) \odot r^{(1)} \odot \sigma'(z^{(1)})"
    assert check_formula(tex, of="delta1", network=net).verdict == "correct"
    nielsen = r"((w^3)^T \delta^3) \odot r^2 \odot \sigma'(z^2)"
    assert (
        check_formula(nielsen, of="delta1", network=net, latex=True, notation="nielsen").verdict == "correct"
    )


def test_the_network_of_objects_refuses_it():
    with pytest.raises(UsageError) as caught:
        Nodes.of(NET)
    assert caught.value.key == "nodes.dropout"


def test_a_mask_that_is_missing_is_named():
    net = NetworkDefinition(3, (Dense(4, "sigmoid", dropout=0.5), Dense(2)), input_dropout=0.25)
    for formula, of, right in (
        ("(W2.T @ delta2) * dsigmoid(z1)", "delta1", "(W2.T @ delta2) * dsigmoid(z1) * m1"),
        ("sum_k(W2[k,j] * delta2[k]) * dsigmoid(z1[j])", "delta1", None),
        ("outer(delta1, x)", "dW1", "outer(delta1, x * m0)"),
    ):
        for lang in ("en", "zh"):
            report = check_formula(formula, of=of, network=net, lang=lang)
            assert report.verdict == "wrong"
            assert report.diagnosis[0].code == "missing_mask"
            suggestion = report.diagnosis[0].suggestion
            assert suggestion == (right or suggestion)
            assert check_formula(suggestion, of=of, network=net).verdict == "correct"
    entries = "sum_k(W2[k,j] * delta2[k]) * m1[j] * dsigmoid(z1[j])"
    assert check_formula(entries, of="delta1", network=net).verdict == "correct"
