"""Every activation's value and derivative against mpmath, far from 0 too."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mp

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.expr import in_order, leaf
from chainrule.primitives import kinks
from chainrule.reverse import reverse
from chainrule.simplify import simplify
from expression_evaluator import evaluate

ORACLES = {
    "identity": lambda z: z,
    "step": lambda z: mp.mpf(z >= 0),
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: z if z > 0 else mp.mpf(0),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "gelu": lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2,
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
}
POINTS = np.array([-1e4, -700.0, -30.0, -3.0, -0.8, -0.01, 0.02, 0.7, 3.0, 30.0, 700.0, 1e4])
ELEMENTWISE = [row.name for row in ACTIVATIONS if not row.across]


def test_every_row_has_an_oracle():
    assert list(ORACLES) == ELEMENTWISE


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_and_derivative_are_mpmaths(name):
    z = leaf("z", ["n"])
    a = ACTIVATIONS[name].apply(z, "n")
    value, slope = evaluate(simplify([a, *reverse(a, [z])]), {"z": POINTS})
    with mpmath.workdps(50):
        expected = [float(ORACLES[name](mp.mpf(p))) for p in POINTS]
        slopes = [float(mp.diff(ORACLES[name], mp.mpf(p))) for p in POINTS]
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope, slopes, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "settings", "expected"), [
    ("leaky_relu", {"slope": 0.3}, [-0.6, 1.5]),
    ("elu", {"alpha": 2.0}, [2 * np.expm1(-2.0), 1.5]),
])  # fmt: skip
def test_settings_are_used(name, settings, expected):
    z = leaf("z", ["n"])
    (value,) = evaluate([ACTIVATIONS[name].apply(z, "n", **settings)], {"z": np.array([-2.0, 1.5])})
    np.testing.assert_allclose(value, expected)


def test_softmax_is_a_distribution_that_does_not_overflow():
    z = leaf("z", ["n", "k"])
    logits = np.array([[1.0, 2, 3], [1e4, 0, -1e4], [5e3] * 3, [-1e4, -1e4, 1e4], [0.0, 0, 0]])
    (value,) = evaluate([ACTIVATIONS["softmax"].apply(z, "k")], {"z": logits})
    with mpmath.workdps(30):
        rows = [[mp.exp(mp.mpf(t) - max(row)) for t in row] for row in logits]
        expected = [[float(t / sum(row)) for t in row] for row in rows]
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(value.sum(axis=1), 1)


def test_softmax_and_the_derivative_of_logsumexp_are_one_node():
    z = leaf("z", ["k"])
    softmax = ACTIVATIONS["softmax"].apply(z, "k")
    (logsumexp,) = (node for node in in_order([softmax]) if node.op == "reduce")
    assert reverse(logsumexp, [z])[0] is softmax


def test_flat_is_what_has_no_derivative():
    assert [row.name for row in ACTIVATIONS if row.flat] == ["step"]


@pytest.mark.parametrize(
    ("name", "bends"), [(n, n in ("step", "relu", "leaky_relu", "elu")) for n in ELEMENTWISE]
)
def test_kinks_are_where_the_derivative_may_jump(name, bends):
    z = leaf("z", ["n"])
    found = kinks(in_order([ACTIVATIONS[name].apply(z, "n")]))
    assert (len(found) > 0) == bends
    for where in found.values():
        assert evaluate([where], {"z": np.zeros(1)})[0] == 0
