"""Initializers: the moments and limits that theory gives, and the same numbers for the same key."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule.catalog.initializers import INITIALIZERS
from chainrule.randomness import generator

FAN_IN, FAN_OUT = 300, 500
SHAPE = (FAN_OUT, FAN_IN)
GLOROT = math.sqrt(6 / (FAN_IN + FAN_OUT))
# settings, mean, standard deviation, lowest and highest possible value
THEORY = {
    "zeros": ({}, 0.0, 0.0, 0.0, 0.0),
    "constant": ({"value": 0.3}, 0.3, 0.0, 0.3, 0.3),
    "normal": ({"std": 0.2}, 0.0, 0.2, -math.inf, math.inf),
    "uniform": ({"low": -1.0, "high": 3.0}, 1.0, 4 / math.sqrt(12), -1.0, 3.0),
    "scaled_normal": ({}, 0.0, 1 / math.sqrt(FAN_IN), -math.inf, math.inf),
    "glorot": ({}, 0.0, math.sqrt(2 / (FAN_IN + FAN_OUT)), -GLOROT, GLOROT),
    "he": ({}, 0.0, math.sqrt(2 / FAN_IN), -math.inf, math.inf),
}


def _draw(name: str, seed: int = 0, **settings: float) -> np.ndarray:
    return INITIALIZERS[name].function(generator(seed, "test"), SHAPE, FAN_IN, FAN_OUT, **settings)


def test_every_initializer_has_its_theory():
    assert list(THEORY) == INITIALIZERS.names()


@pytest.mark.parametrize("name", THEORY)
def test_moments_and_limits(name):
    settings, mean, deviation, lowest, highest = THEORY[name]
    drawn = _draw(name, **settings)
    assert drawn.shape == SHAPE
    assert drawn.dtype == np.float64
    count = drawn.size
    assert drawn.mean() == pytest.approx(mean, abs=5 * deviation / math.sqrt(count) + 1e-15)
    assert drawn.std() == pytest.approx(deviation, abs=5 * deviation / math.sqrt(count) + 1e-15)
    assert lowest <= drawn.min()
    assert drawn.max() <= highest
    if math.isfinite(highest):  # the whole range is used
        assert drawn.max() - drawn.min() == pytest.approx(highest - lowest, rel=1e-3)
    if deviation and not math.isfinite(highest):  # a normal one: the share within one deviation
        assert np.mean(np.abs(drawn) < deviation) == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.01)


@pytest.mark.parametrize("name", THEORY)
def test_the_same_key_draws_the_same(name):
    np.testing.assert_array_equal(_draw(name), _draw(name))
    if THEORY[name][2]:
        assert not np.array_equal(_draw(name, seed=0), _draw(name, seed=1))


def test_generators_of_different_purposes_differ():
    keys = [
        (0, "initialize W1"),
        (0, "initialize W2"),
        (1, "initialize W1"),
        (0, "shuffle", 0),
        (0, "shuffle", 1),
    ]
    drawn = {tuple(generator(*key).random(4)) for key in keys}
    assert len(drawn) == len(keys)
