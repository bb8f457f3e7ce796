"""Noise added to the inputs in training: what it is, when it is drawn anew, and that prediction has none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from run_files import assert_goes_on

from chainrule.data.dataset import Samples
from chainrule.engines import feed as feed_module
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from small_samples import classes, pictures

SAMPLES = {"numbers": classes(50), "pictures": pictures(50)}


def trainer(
    samples: Samples, noise: float | None = 0.5, engine: str = "numpy", **settings: object
) -> Trainer:
    net = NetworkDefinition(samples.x.reshape(50, -1).shape[1], (Dense(5), Dense(3)), dtype="float64")
    recipe = Recipe(epochs=3, batch_size=8, input_noise=noise, **settings)
    return Trainer(net, samples, recipe, engine=engine, threads=1)


def epoch_of(of: Trainer) -> np.ndarray:
    """All inputs of the epoch in hand, in their order."""
    order = np.arange(50)
    with of._feeding() as feed:
        return np.concatenate([feed.batch(order, number)[0].copy() for number in range(len(feed))])


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
def test_what_is_added_is_normal_and_independent(samples, monkeypatch):
    monkeypatch.setattr(feed_module, "STRETCH", 8 * 3 * 16)  # several stretches an epoch
    plain = epoch_of(trainer(samples, None))
    noises = []
    for epoch in range(40):
        noisy = trainer(samples)
        noisy.epoch = epoch
        noises.append(epoch_of(noisy) - plain)
    noise = np.array(noises) / 0.5
    count = noise.size
    assert abs(noise.mean()) < 4 / np.sqrt(count)
    assert abs((noise**2).mean() - 1) < 4 * np.sqrt(2 / count)
    assert abs((noise**4).mean() - 3) < 4 * np.sqrt(96 / count)
    one, other = noise[:, :25].ravel(), noise[:, 25:].ravel()  # neither samples nor epochs repeat each other
    assert abs((one * other).mean()) < 4 / np.sqrt(one.size)
    assert abs((noise[1:] * noise[:-1]).mean()) < 4 / np.sqrt(count)


def test_the_inputs_themselves_stay_as_they_are():
    samples = classes(50)
    before = samples.x.copy()
    of = trainer(samples)
    of.run()
    assert_array_equal(samples.x, before)


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
def test_both_engines_draw_the_same(samples):
    one, other = (trainer(samples, engine=engine).run() for engine in ("numpy", "native"))
    for name, w in one.parameters.items():
        assert_allclose(w, other.parameters[name], rtol=1e-9, atol=1e-12)


def test_a_run_taken_up_in_an_epoch_draws_the_same():
    assert_goes_on(lambda: trainer(classes(50)), steps=10)


def test_noise_teaches_what_a_penalty_teaches():
    """Of a linear network and half the squared error, J over the noise is J plus sigma^2 / 2 times the sum of
    squared weights (Bishop 1995)."""
    samples = classes(50)
    net = NetworkDefinition(3, (Dense(3, "identity"),), loss="half_squared_error", dtype="float64")
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, 3))
    J, noisy = [], []
    for noise, found in ((None, J), (0.5, noisy)):
        of = Trainer(net, samples, Recipe(batch_size=50, input_noise=noise), engine="numpy")
        of.engine.parameters["W1"][...] = w
        for epoch in range(1 if noise is None else 1000):
            of.epoch = epoch
            found.append(of.engine.loss_in_training(*of.fed()))
    spread = np.std(noisy) / np.sqrt(len(noisy))
    assert abs(np.mean(noisy) - J[0] - 0.25 / 2 * (w**2).sum()) < 4 * spread


@pytest.mark.parametrize("noise", [0, -0.1, float("nan"), "much"])
def test_what_is_no_deviation_is_refused(noise):
    with pytest.raises(UsageError) as caught:
        Recipe(input_noise=noise)
    assert caught.value.key == "training.bad_positive"
    assert "input_noise" in str(caught.value)
