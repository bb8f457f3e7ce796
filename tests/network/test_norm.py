"""Normalisation in a definition, its text forms, its lines, and what is derived, shown and checked."""

from __future__ import annotations

import dataclasses
import re
import runpy

import numpy as np
import pytest
from some_notations import in_some_notations

from chainrule.api import Network
from chainrule.check.formula import check_formula
from chainrule.check.gradients import check_gradients
from chainrule.errors import DefinitionError, ModelFileError, UsageError
from chainrule.model import load
from chainrule.network import Dense, NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.nodes import Network as Nodes
from chainrule.program import build
from chainrule.reading import parse_shorthand, read_toml, write_toml
from chainrule.sentences import speaking
from chainrule.trace import Trace
from in_both_languages import said
from small_samples import classes

NET = NetworkDefinition(2, (Dense(4, "tanh", norm="layer"), Dense(3), Dense(2)))
SMALL = NetworkDefinition(2, (Dense(3, "sigmoid", norm="layer"), Dense(1, "sigmoid")))
X, Y = [[0.6, 0.8], [0.1, -0.2]], [[1.0], [0.0]]


@pytest.mark.parametrize("norm", ["layer:eps=0.001", "batch:momentum=0.5,eps=0.01"])
def test_it_is_written_to_toml_and_read_again(norm, tmp_path):
    net = dataclasses.replace(NET, layers=(Dense(4, "tanh", norm=norm), *NET.layers[1:]))
    (tmp_path / "net.toml").write_text(write_toml(net), "utf-8")
    assert read_toml(tmp_path / "net.toml") == net
    assert NetworkDefinition.from_dict(net.to_dict()) == net
    assert "norm" not in write_toml(parse_shorthand("2-4-2"))
    assert Network(2, Dense(4, "tanh", norm="layer"), 3, 2).definition == NET


@pytest.mark.parametrize(
    ("norm", "units", "key"),
    [
        ("layers", 4, "network.at"),
        ("layer:eps=0", 4, "network.at"),
        ("layer:epsilon=1", 4, "network.at"),
        (True, 4, "network.at"),
        ("batch:momentum=1", 4, "network.at"),
        ("layers", 1, "network.at"),
        ("layer", 1, "network.norm_of_one"),
    ],
)
def test_what_is_no_normalisation_is_refused(norm, units, key):
    with pytest.raises(DefinitionError) as caught:
        NetworkDefinition(2, (Dense(units, norm=norm), Dense(2)))
    assert [problem.key for problem in caught.value.problems] == [key]
    said(caught.value)


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_the_last_layer_has_none(norm):
    with pytest.raises(DefinitionError) as caught:
        NetworkDefinition(2, (Dense(4), Dense(1, norm=norm)))
    assert [problem.key for problem in caught.value.problems] == ["network.output_norm"]


def test_a_single_unit_can_be_normalised_over_samples():
    assert check_gradients(NetworkDefinition(2, (Dense(1, norm="batch"), Dense(2))), seed=1).ok


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_its_parameters_start_at_one_and_zero(norm):
    net = dataclasses.replace(NET, layers=(Dense(4, "tanh", norm=norm), *NET.layers[1:]))
    start, program = initial_parameters(net), build(net)
    assert start.keys() == program.held.keys()
    starts = {"gamma1": 1, "beta1": 0} | ({"mean_z1": 0, "variance_z1": 1} if norm == "batch" else {})
    for name, value in starts.items():
        np.testing.assert_array_equal(start[name], np.full(4, value))
    assert set(program.statistics) == starts.keys() - {"gamma1", "beta1"}
    assert net.parameter_count == sum(start[name].size for name in program.parameters)
    plain = initial_parameters(dataclasses.replace(NET, layers=(Dense(4, "tanh"), *NET.layers[1:])))
    for name, w in plain.items():
        np.testing.assert_array_equal(start[name], w)


def test_lines_of_other_layers_are_as_without_it():
    plain = dataclasses.replace(NET, layers=(Dense(4, "tanh"), *NET.layers[1:]))
    names = [line.name for line in build(plain).lines]
    own = {"mu1", "s1", "zhat1", "u1", "du1", "dgamma1", "dbeta1", "gamma1", "beta1"}
    assert [line.name for line in build(NET).lines if line.name not in own] == names


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu", "x * x"])
def test_gradients_agree_with_finite_differences(activation):
    for norm, output, loss in (
        ("layer", "softmax", "cross_entropy"),
        ("layer", "identity", "huber"),
        ("batch", "softmax", "cross_entropy"),
        ("batch:eps=0.1", "identity", "huber"),
    ):
        layers = (
            Dense(5, activation, norm=norm, dropout=0.2),
            Dense(5, activation, norm=norm, shared=None),
            Dense(3, output),
        )
        net = NetworkDefinition(4, layers, loss, {"l2": 0.1, "l1": 0.01})
        assert check_gradients(net, seed=1).ok


def test_a_trace_has_the_numbers_of_the_formula_of_the_paper():
    rng = np.random.default_rng(3)
    given = {"gamma1": rng.standard_normal(4), "beta1": rng.standard_normal(4)}
    trace = Trace(NET, X, [[1.0, 0.0], [0.0, 1.0]], given)
    z = trace["z1"]
    mean, deviation = z.mean(axis=1, keepdims=True), np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(trace["mu1"], mean[:, 0], rtol=1e-14)
    np.testing.assert_allclose(trace["s1"], deviation[:, 0], rtol=1e-14)
    np.testing.assert_allclose(trace["zhat1"], (z - mean) / deviation, rtol=1e-12)
    np.testing.assert_allclose(trace["u1"], given["gamma1"] * trace["zhat1"] + given["beta1"], rtol=1e-14)
    np.testing.assert_allclose(trace["a1"], np.tanh(trace["u1"]), rtol=1e-14)
    by_u = trace["delta2"] @ trace["W2"] * (1 - trace["a1"] ** 2)
    np.testing.assert_allclose(trace["du1"], by_u, rtol=1e-12)
    np.testing.assert_allclose(trace["dgamma1"], (by_u * trace["zhat1"]).sum(axis=0), rtol=1e-12)
    for sample in range(2):  # by the matrix of all derivatives of the normalised by the weighted inputs
        zhat = trace["zhat1"][sample]
        jacobian = (np.eye(4) - 1 / 4 - np.outer(zhat, zhat) / 4) / deviation[sample]
        back = jacobian @ (given["gamma1"] * by_u[sample])
        np.testing.assert_allclose(trace["delta1"][sample], back, rtol=1e-9, atol=1e-15)


@in_some_notations
def test_every_document_can_be_written(notation, lang):
    word = {"en": "Layer normalisation:", "zh": "层归一化："}[lang]
    texts = [
        Network.of(SMALL).derive(notation, lang, level).markdown() for level in ("rule", "layer", "node")
    ]
    texts.append(Network.of(NET).derive(notation, lang).markdown())
    assert [word in text for text in texts] == [False, True, False, True]
    trace = Trace(SMALL, X, Y)
    if lang == "en":  # a weight reaches each of the 3 units by the mean and the deviation
        for array, places, paths in (("W1", (0, 1), 3), ("gamma1", (2,), 1)):
            text = trace.follow(array, *places, notation=notation, lang=lang).markdown()
            assert re.search(rf"Paths from it to the [\w ]+: {paths}\.", text)
    for document in (
        trace.document(notation, lang),
        trace.document(notation, lang, sample=2, blanks=True),
        trace.follow("W1", 0, 1, notation=notation, lang=lang),
        trace.follow("gamma1", 2, notation=notation, lang=lang),
        trace.neuron("a1[0]", notation=notation, lang=lang),
    ):
        assert document.markdown()
    assert Trace(SMALL, X).document(notation, lang).markdown()
    assert trace.picture(notation=notation)


def test_formulas_by_hand_are_judged():
    net = NetworkDefinition(3, (Dense(4, "sigmoid", norm="layer"), Dense(2)))
    parts = "(du1 * gamma1 - zhat1 * mean(du1 * gamma1 * zhat1) - mean(du1 * gamma1)) / s1"
    assert check_formula(parts, of="delta1", network=net).verdict == "correct"
    assert check_formula("du1 * gamma1 / s1", of="delta1", network=net).verdict == "wrong"
    behind = "(W2.T @ delta2) * a1 * (1 - a1)"
    whole = parts.replace("du1", f"({behind})")
    assert check_formula(whole, of="delta1", network=net).verdict == "correct"
    assert check_formula(behind, of="delta1", network=net).verdict == "wrong"
    rows = "(delta2 @ W2) * dg1(u1)"
    in_rows = f"({rows} * gamma1 - zhat1 * mean({rows} * gamma1 * zhat1, 1) - mean({rows} * gamma1, 1)) / s1"
    in_rows = in_rows.replace(", 1)", ", axis=1, keepdims=True)")
    assert check_formula(in_rows, of="delta1", network=net, layout="rows").verdict == "correct"
    assert check_formula("delta1.T @ x", of="dW1", network=net, layout="rows").verdict == "correct"


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_a_model_keeps_what_it_learned(norm, tmp_path):
    net = NetworkDefinition(3, (Dense(6, "relu", norm=norm), Dense(3)))
    model = Network.of(net).fit(classes(), epochs=3, optimizer="adam")
    assert (model.parameters["gamma1"] != 1).all()
    model.save(tmp_path / "model.safetensors")
    loaded, x = load(tmp_path / "model.safetensors"), classes(20, seed=1).x
    assert loaded.net.layers[0].norm == norm
    np.testing.assert_array_equal(loaded.outputs(x), model.outputs(x))
    for row, answer in zip(x[:3], model.outputs(x), strict=False):  # whatever else is asked for with it
        np.testing.assert_allclose(loaded.outputs([row])[0], answer, rtol=1e-5, atol=1e-7)
    assert check_gradients(model.net, parameters=model.parameters).ok
    (tmp_path / "emitted.py").write_text(loaded.to_python(), "utf-8")
    answers = runpy.run_path(str(tmp_path / "emitted.py"))["predict"](x)
    np.testing.assert_array_equal(answers, np.array(model.info.classes)[model.outputs(x).argmax(axis=1)])


def test_a_model_without_its_running_averages_is_refused(tmp_path):
    net = NetworkDefinition(3, (Dense(4, norm="batch"), Dense(3)))
    model = Network.of(net).fit(classes(), epochs=1)
    for name, w in model.parameters.items():
        for parameters in (
            {other: each for other, each in model.parameters.items() if other != name},
            {**model.parameters, name: np.append(w, w[:1], axis=0)},
        ):
            dataclasses.replace(model, parameters=parameters).save(tmp_path / "model.safetensors")
            for lang in ("en", "zh"):
                with pytest.raises(ModelFileError) as caught, speaking(lang):
                    load(tmp_path / "model.safetensors")
                assert name in str(caught.value)


def test_the_network_of_objects_refuses_it():
    with pytest.raises(UsageError) as caught:
        Nodes.of(NET)
    assert caught.value.key == "nodes.norm"


def test_a_formula_in_tex_is_judged_and_what_is_missing_is_said():
    by_u = r"\frac{\partial J}{\partial u^{(1)}}"
    dots = [rf"({by_u} \odot \gamma^{{(1)}})^T \hat{{z}}^{{(1)}}", rf"({by_u})^T \gamma^{{(1)}}"]
    whole = (
        rf"\frac{{1}}{{s^{{(1)}}}} ({by_u} \odot \gamma^{{(1)}} "
        rf"- \frac{{{dots[0]}}}{{3}} \hat{{z}}^{{(1)}} - \frac{{{dots[1]}}}{{3}})"
    )
    net = NetworkDefinition(2, (Dense(3, "sigmoid", norm="layer"), Dense(2)))
    assert check_formula(whole, of="delta1", network=net).verdict == "correct"
    assert check_formula(whole.replace(r"\hat", ""), of="delta1", network=net).verdict == "wrong"
    assert check_formula("du1 * zhat1", of="dgamma1", network=net).verdict == "correct"
    for lang in ("en", "zh"):
        report = check_formula("(W2.T @ delta2) * dsigmoid(u1)", of="delta1", network=net, lang=lang)
        assert [each.code for each in report.diagnosis] == ["missing_derivative"]
        assert "du1" in report.diagnosis[0].message
