"""Rows as they are have the values of the formulas that are written down a second time."""

from __future__ import annotations

import by_hand
import numpy as np
import pytest
from autograd_functions import XP

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.losses import LOSSES
from chainrule.primitives import PRIMITIVES

RNG = np.random.default_rng(0)
Z = 2 * RNG.standard_normal((5, 3))
Y, A = RNG.random((5, 3)), RNG.random((5, 3))


def test_every_primitive_can_be_taken() -> None:
    assert [row for row in PRIMITIVES if row not in by_hand.FUNCTIONS] == []


@pytest.mark.parametrize("name", [*ACTIVATIONS.names(), by_hand.FORMULA])
def test_activations(name: str) -> None:
    found = by_hand.activation_of_row(name)(XP, Z)
    assert np.isfinite(found).all()
    if name in by_hand.ACTIVATIONS:
        np.testing.assert_allclose(found, by_hand.ACTIVATIONS[name](XP, Z), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", LOSSES.names())
def test_losses(name: str) -> None:
    found = by_hand.loss_of_row(name)(XP, Y, A, Z, 3)
    assert found.shape == (5, 1)
    if name in by_hand.LOSSES:
        expected = np.sum(by_hand.LOSSES[name](XP, Y, A, Z, 3), axis=1)[:, None]
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
