"""Batch normalisation, where samples act on one another: every number of a trace by hand, with complex steps
for derivatives; what is printed gives what is told; what cannot be of one sample is refused."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest
from tex_arrays import sigmoid, softmax, value

from chainrule.derivation.derive import derive
from chainrule.documents.document import Paragraph, Table
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.nodes import Network
from chainrule.notation import NOTATIONS
from chainrule.sentences import LANGUAGES, say, speaking
from chainrule.trace import Trace

NET = NetworkDefinition(
    2, (Dense(3, "tanh", norm="batch:momentum=0.8,eps=0.01"), Dense(2, "sigmoid", norm="batch"), Dense(2))
)
SETTINGS = {1: (0.01, 0.8), 2: (1e-5, 0.9)}
ACTIVATIONS = {1: np.tanh, 2: sigmoid}
SAMPLES, RATE = 4, 0.25


def given():
    rng = np.random.default_rng(5)
    arrays = {
        name: rng.standard_normal(shape)
        for name, shape in {"W1": (3, 2), "W2": (2, 3), "W3": (2, 2), "b1": 3, "b2": 2, "b3": 2}.items()
    }
    for number, units in ((1, 3), (2, 2)):
        arrays |= {f"{name}{number}": rng.standard_normal(units) for name in ("gamma", "beta", "mean_z")}
        arrays[f"variance_z{number}"] = rng.random(units) + 0.5
    return rng.standard_normal((SAMPLES, 2)), np.eye(2)[[0, 1, 1, 0]], arrays


def by_hand(x, y, arrays, moved=(), by=0.0):
    """All lines of the forward pass and the cost of each sample. moved: a line or an array, of which each
    sample has its own, and the entry to which `by` is added."""
    arrays = {name: np.stack([array] * len(x)).astype(complex) for name, array in arrays.items()}
    name, *place = moved or ("",)
    if name in arrays:
        arrays[name][tuple(place)] += by
    lines, a = {}, x
    for number in (1, 2, 3):
        z = np.einsum("noi,ni->no", arrays[f"W{number}"], a) + arrays[f"b{number}"]
        if name == f"z{number}":
            z[tuple(place)] += by
        lines[f"z{number}"] = a = z
        if number < 3:
            mu = z.sum(axis=0) / len(x)
            s = np.sqrt(((z - mu) ** 2).sum(axis=0) / len(x) + SETTINGS[number][0])
            zhat = (z - mu) / s
            u = arrays[f"gamma{number}"] * zhat + arrays[f"beta{number}"]
            if name == f"u{number}":
                u[tuple(place)] += by
            a = ACTIVATIONS[number](u)
            lines |= {f"mu{number}": mu, f"s{number}": s, f"zhat{number}": zhat, f"u{number}": u}
        lines[f"a{number}"] = a
    lines["a3"] = softmax(a.T).T
    lines["C"] = -(y * np.log(lines["a3"])).sum(axis=1)
    return lines


def slopes(name, shape):
    """The derivative of what all samples cost together, by every entry of what each has."""
    x, y, arrays = given()
    found = np.empty((SAMPLES, *shape))
    for place in np.ndindex(found.shape):
        found[place] = by_hand(x, y, arrays, (name, *place), 1e-30j)["C"].sum().imag / 1e-30
    return found


@pytest.fixture(scope="module")
def trace():
    x, y, arrays = given()
    return Trace(NET, x, y, arrays, lr=RATE)


def test_every_number_of_a_step(trace):
    x, y, arrays = given()
    expected = by_hand(x, y, arrays)
    expected = {name: np.real(array) for name, array in expected.items()}
    expected["J"] = expected.pop("C").mean()
    for number, units in enumerate((3, 2, 2), 1):
        expected[f"delta{number}"] = slopes(f"z{number}", (units,)) / SAMPLES
        names = ("W", "b") if number == 3 else ("W", "b", "gamma", "beta")
        for array in (f"{name}{number}" for name in names):
            expected[f"d{array}"] = slopes(array, arrays[array].shape).mean(axis=0)
            expected[array] = arrays[array] - RATE * expected[f"d{array}"]
        if number == 3:
            continue
        expected[f"du{number}"] = slopes(f"u{number}", (units,)) / SAMPLES
        kept, z = SETTINGS[number][1], expected[f"z{number}"]
        for name, new in (("mean_z", z.mean(axis=0)), ("variance_z", z.var(axis=0, ddof=1))):
            old = arrays[f"{name}{number}"]
            expected[f"{name}{number}"] = kept * old + (1 - kept) * new
    assert {line.name for line in trace.lines} == set(expected)
    for line in trace.lines:
        np.testing.assert_allclose(line.value, expected[line.name], rtol=1e-12, atol=1e-15, err_msg=line.name)


def test_derivatives_are_of_all_samples_together(trace):
    """C stands for what all samples cost, and a derivative by a parameter for one sample's share."""
    for name, shape in (
        ("z1", (3,)),
        ("u1", (3,)),
        ("z2", (2,)),
        ("W1", (3, 2)),
        ("gamma2", (2,)),
    ):
        array, of_samples = trace.values[f"∂C/∂{name}"]
        assert of_samples
        np.testing.assert_allclose(array, slopes(name, shape), rtol=1e-12, atol=1e-15, err_msg=name)
    paths = np.einsum("xj,xyji->yi", trace.values["∂C/∂u1"][0], trace.values["∂u1*/∂z1"][0])
    np.testing.assert_allclose(paths, slopes("z1", (3,)), rtol=1e-12, atol=1e-15)
    own = np.einsum("xxji->xji", trace.values["∂u1*/∂z1"][0])
    np.testing.assert_allclose(trace.values["∂u1/∂z1"][0], own, rtol=1e-12, atol=1e-15)
    assert not np.allclose(own, 0)


@pytest.mark.parametrize(("book", "lang"), list(zip(NOTATIONS, cycle(LANGUAGES), strict=False)))
def test_numbers_put_in_give_the_result(trace, book, lang):
    symbols = {r"\sigma": sigmoid, "f": sigmoid, "g": sigmoid, "h": softmax, r"\tanh": np.tanh}
    checked = 0
    for formula in trace.document(notation=book, lang=lang, digits=17, sample=2).formulas():
        if len(formula.steps) > 1 and "bmatrix" in formula.steps[-2].tex:
            put, result = (value(step.tex, symbols) for step in formula.steps[-2:])
            np.testing.assert_allclose(np.squeeze(put), np.squeeze(result), rtol=1e-12, atol=1e-15)
            checked += 1
    assert checked > 30


def test_errors_stand_in_a_table_of_all_samples(trace):
    tables = [block for block in trace.document(lang="en").blocks if isinstance(block, Table)]
    (errors,) = (
        table for table in tables if table.head[1:] == tuple(rf"$\delta^{{2}}_{{{j}}}$" for j in "123")
    )
    for row, delta in zip(errors.rows, slopes("z1", (3,)), strict=True):
        assert [value(cell.strip("$")) for cell in row[1:]] == pytest.approx(delta.tolist(), rel=1e-3)


def test_a_forward_pass_alone_is_a_prediction_of_each_sample_by_itself():
    x, _, arrays = given()
    whole = Trace(NET, x, parameters=arrays)
    z = x[1] @ arrays["W1"].T + arrays["b1"]
    hat = (z - arrays["mean_z1"]) / np.sqrt(arrays["variance_z1"] + 0.01)
    for trace, at in ((whole, 1), (Trace(NET, x[1], parameters=arrays), 0)):
        np.testing.assert_allclose(trace["zhat1"][at], hat, rtol=1e-12)
        np.testing.assert_allclose(
            trace["a1"][at], np.tanh(arrays["gamma1"] * hat + arrays["beta1"]), rtol=1e-12
        )
        document = trace.neuron("a1[0]", sample=at + 1)
        assert any(formula.left == r"\hat{z}^{2}_{1}" for formula in document.formulas())
    np.testing.assert_allclose(whole["a3"][1:2], Trace(NET, x[1], parameters=arrays)["a3"], rtol=1e-12)


def test_a_batch_of_one_sample_is_told_to_be_its_own_mean(trace):
    x, y, arrays = given()
    one = Trace(NET, x[0], y[0], arrays)
    assert not one["zhat1"].any()
    assert not one["delta1"].any()
    with speaking("en"):
        told = Paragraph(say("derivation.norm.of_one"))
        assert told in one.document().blocks
        assert told not in trace.document().blocks


def test_what_is_not_of_one_sample_is_refused(trace):
    calls = {
        "derivation.samples_together": [
            lambda: trace.follow("W1", 0, 0),
            lambda: trace.follow("gamma2", 1),
            lambda: trace.neuron("a2[0]"),
            lambda: derive(NET, level="node", of="W2[0,0]"),
            lambda: derive(NET, level="node"),
        ],
        "trace.samples_together": [trace.picture],
        "nodes.norm": [lambda: Network.of(NET)],
    }
    for key, all_of_it in calls.items():
        for call in all_of_it:
            with pytest.raises(UsageError) as caught:
                call()
            assert caught.value.key == key
    behind = trace.follow("W3", 0, 1, sample=3)
    (gradient,) = (
        f
        for f in behind.formulas()
        if f.left == r"\frac{\partial C}{\partial w^{4}_{12}}" and len(f.steps) > 3
    )
    share = trace.values["∂C/∂W3"][0][2, 0, 1]
    assert value(gradient.steps[-1].tex) == pytest.approx(share, rel=1e-3)
    assert trace.neuron("a3[1]").formulas()
    assert derive(NET, level="node", of="b3[0]").formulas()
