"""The doctor of tables whose numbers are extreme, far out or all the same: it warns of nothing (warnings are
errors here), breaks down nowhere, and says nothing of what it could not compare."""

from __future__ import annotations

import warnings
from contextlib import suppress

import numpy as np
import pytest
from doctor_trainings import table
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.data import Scaling
from chainrule.doctor.samples import neighbours
from chainrule.errors import ChainruleError

ENDS = [0.0, 1.0, -1.0, 1e-300, -1e-310, 5e-324, 1e-160, 1e39, -1e160, 1e300, 1.7e308, -1.7e308]
UNITS = [1.0, 1e-320, 1e-290, 1e-160, 1e160, 1e290]


def findings(x, y, net, **more):
    """What is found in a training, by code; None where that is refused."""
    try:
        model = cr.Network.parse(net).fit((x, y), engine="numpy", seed=1, **more)
    except ChainruleError:
        return None
    return [finding["code"] for finding in model.findings]


@pytest.mark.parametrize("value", [1e4, 1e9, 1e39, -1e160, 1e300])
@pytest.mark.parametrize("rows", [60, 200, 3000])
def test_a_value_far_out_comes_first(value, rows):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3))
    y = (x.sum(axis=1) > 0).astype(int)
    x[3, 1] = value
    model = cr.Network.parse("3-4-2").fit((x, y), epochs=15, seed=1, engine="numpy")
    first = model.findings[0]
    assert (first["code"], first["numbers"]["value"]) == ("inputs_outliers", value)
    assert "labels_shuffled" not in {finding["code"] for finding in model.findings}


def test_a_row_far_out_says_nothing_of_the_targets():
    """All others are the same after scaling, so that none has a nearest one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = (x.sum(axis=1) > 0).astype(int)
    x[3] = 1e39
    found = findings(x, y, "3-4-2", epochs=100)
    assert found[0] == "inputs_outliers"
    assert not {"labels_shuffled", "labels_shifted"} & {*found}
    assert neighbours(Scaling.standardising(x)(x), table(x, y, "ab")) == {}


def test_a_mostly_constant_column_is_no_value_far_out():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=300), rng.random(300) < 0.1])
    assert "inputs_outliers" not in findings(x, (x[:, 0] > 0).astype(int), "2-4-2", epochs=5)


@pytest.mark.parametrize("factor", UNITS)
def test_agreement_of_neighbours_has_no_unit(factor):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(300, 1))
    y = np.sin(2 * x)
    expected = neighbours(x, table(x, y))
    assert expected[0] > 0.95
    if factor > 1e-300:
        assert neighbours(x * factor, table(x, y * factor)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((100, 2)), np.arange(100) % 2),
        (np.r_[np.zeros((99, 2)), [[1e39, 1]]], np.arange(100) % 2),
        (np.arange(100.0)[:, None], np.zeros(100, int)),
        (np.arange(10.0)[:, None], np.arange(10) % 2),
    ],
    ids=["all the same", "all but one", "one class", "few"],
)
def test_nothing_to_compare_is_no_agreement(x, y):
    assert neighbours(x, table(x, y, "ab")) == {}
    if len(x) < 20 or not y.any() or not np.ptp(x[:-1]):
        assert neighbours(x, table(x, y * 1e300)) == {}


@st.composite
def tables(draw):
    """Inputs and targets of few rows: drawn columns in any unit, constants, and single values far out."""
    rows, columns = draw(st.integers(1, 70)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    x = rng.normal(size=(rows, columns))
    y = x[:, 0] + rng.normal(size=rows) / 3
    classes = draw(st.booleans())
    with np.errstate(all="ignore"):
        for column in range(columns):
            kind = draw(st.sampled_from(["unit", "constant", "few", "far out", "as it is"]))
            if kind == "unit":
                x[:, column] *= draw(st.sampled_from(UNITS))
            elif kind == "constant":
                x[:, column] = draw(st.sampled_from(ENDS))
            elif kind == "few":
                x[:, column] = rng.choice(draw(st.lists(st.sampled_from(ENDS), min_size=1)), rows)
            elif kind == "far out":
                x[draw(st.integers(0, rows - 1)), column] = draw(st.sampled_from(ENDS))
        if classes:
            return x, np.where(np.arange(rows) == 0, 1, y > draw(st.sampled_from([0.0, 9.0]))).astype(int)
        y *= draw(st.sampled_from([*UNITS, 0.0]))
        if draw(st.booleans()):
            y[draw(st.integers(0, rows - 1))] = draw(st.sampled_from(ENDS))
    return x, y


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    tables(),
    st.sampled_from(["relu", "tanh", "sigmoid"]),
    st.sampled_from(["float32", "float64"]),
    st.booleans(),
)
def test_the_doctor_warns_of_nothing_and_breaks_down_nowhere(samples, activation, dtype, watched):
    x, y = samples
    outputs = 2 if y.dtype.kind == "i" else 1
    net = cr.Network(x.shape[1], cr.Dense(4, activation), outputs, dtype=dtype)
    with warnings.catch_warnings(), suppress(ChainruleError):
        warnings.simplefilter("error")
        net.fit(
            (x, y),
            validation=(x, y) if watched else None,
            epochs=30,
            batch_size=8,
            seed=1,
            engine="numpy",
        )
