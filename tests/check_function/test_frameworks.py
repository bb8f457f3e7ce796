"""Functions whose arrays are another framework's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr

RNG = np.random.default_rng(0)
W, X, Y = RNG.normal(size=(4, 3)), RNG.normal(size=(6, 4)), RNG.integers(3, size=6)

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_torch(precision: str) -> None:
    torch = pytest.importorskip("torch")

    def by_hand(W: Any, X: Any, y: Any) -> Any:
        p = torch.softmax(X @ W, 1)
        loss = -torch.log(p[torch.arange(len(y)), y]).mean()
        p = p.clone()
        p[torch.arange(len(y)), y] -= 1
        return loss, X.T @ p / len(y)

    def by_autograd(W: Any, X: Any, y: Any) -> Any:
        loss = torch.nn.functional.cross_entropy(X @ W, y)
        (gradient,) = torch.autograd.grad(loss, W)
        return loss, gradient

    dtype = getattr(torch, precision)
    data = torch.tensor(X, dtype=dtype), torch.tensor(Y)
    weights = torch.tensor(W, dtype=dtype)
    report = cr.check_function(by_hand, weights, *data)
    assert report.ok, report
    assert report.digits is not None
    assert report.digits >= 8  # float32 tensors are given as float64
    assert cr.check_function(by_autograd, weights.clone().requires_grad_(), *data).ok
    wrong = cr.check_function(lambda W, X, y: (by_hand(W, X, y)[0], 6 * by_hand(W, X, y)[1]), weights, *data)
    assert [each.code for each in wrong.diagnosis] == ["missing_mean"]
    changing = cr.check_function(lambda W: (by_hand(W, *data)[0], W.mul_(2)), weights)
    assert changing.diagnosis[0].code == "mutation"


def test_jax() -> None:
    jax = pytest.importorskip("jax")
    numpy = jax.numpy

    def loss(W: Any, X: Any, y: Any) -> Any:
        z = X @ W
        return numpy.mean(jax.scipy.special.logsumexp(z, axis=1) - z[numpy.arange(len(y)), y])

    arrays = numpy.asarray(W), numpy.asarray(X), numpy.asarray(Y)
    report = cr.check_function(jax.value_and_grad(loss), *arrays)
    assert report.ok, report
    assert "float32" in report.notes[0]
    wrong = cr.check_function(lambda *a: (loss(*a), -jax.grad(loss)(*a)), *arrays)
    assert [each.code for each in wrong.diagnosis] == ["sign"]
