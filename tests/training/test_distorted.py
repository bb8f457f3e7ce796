"""Distorted pictures: what each distortion does, from which numbers, and that training sees them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.catalog.distortions import DISTORTIONS, chosen
from chainrule.data.dataset import Samples, Scaling
from chainrule.errors import UnknownNameError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.randomness import generator
from chainrule.recipe import Recipe
from chainrule.targets import targets_for
from chainrule.training.batches import feed_of
from chainrule.training.distorted import Distorted, resampled
from chainrule.training.loop import Trainer
from small_samples import classes, pictures

ALL = " ".join(DISTORTIONS.names())
SIDE = 12


def places(side: int = SIDE):
    middle = (np.arange(side) - (side - 1) / 2).astype(np.float32)
    return middle[None, :, None], middle[None, None]


def grid(side: int = SIDE):
    return np.broadcast_arrays(*places(side))


def moved(name: str, n: int = 5, side: int = SIDE, seed: int = 0, **settings: float):
    v, u = DISTORTIONS[name].function(generator(seed, name), n, *places(side), **settings)
    shape = (n, side, side)
    return np.broadcast_to(v, shape).astype(float), np.broadcast_to(u, shape).astype(float)


def made(text: str, samples: Samples | None = None, *, seed: int = 0, epochs: int = 9, threads: int = 1):
    samples = samples or pictures(300, side=SIDE)
    scaling = samples.info.scaling or Scaling.fixed()
    net = NetworkDefinition(samples.x.shape[1], (Dense(3, "softmax"),))
    feed = feed_of(samples, scaling, targets_for(net, samples), 32, "float32")
    return Distorted(feed, samples.info, text, seed, epochs, threads)


# What is asked for


def test_settings_are_those_of_the_rows_in_the_order_of_the_catalogue():
    assert chosen("elastic:width=4 rotate") == [
        (DISTORTIONS["rotate"], {"degrees": 15.0}),
        (DISTORTIONS["elastic"], {"strength": 36.0, "width": 4.0}),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("", UsageError, "catalog.no_distortion"),
        (" ", UsageError, "catalog.no_distortion"),
        ("rotate shift rotate", UsageError, "catalog.twice"),
        ("turn", UnknownNameError, "catalog.unknown"),
        ("rotate:angle=3", UnknownNameError, "catalog.unknown"),
        ("rotate:degrees=0", UsageError, "catalog.out_of_range"),
        ("scale:share=1", UsageError, "catalog.out_of_range"),
        (3, UsageError, "catalog.not_text"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, kind, key):
    with pytest.raises(kind) as caught:
        Recipe(distort=text)
    assert caught.value.key == key


def test_only_pictures_are_distorted():
    net = NetworkDefinition(3, (Dense(3, "softmax"),))
    with pytest.raises(UsageError) as caught:
        Trainer(net, classes(), Recipe(distort="shift"))
    assert caught.value.key == "training.no_pictures"


# What each does to places


def test_a_shift_moves_every_pixel_alike():
    v, u = (here - there for here, there in zip(moved("shift", 2000, pixels=3), grid(), strict=True))
    assert np.ptp(v, axis=(1, 2)).max() == np.ptp(u, axis=(1, 2)).max() == pytest.approx(0, abs=1e-5)
    for distance in (v[:, 0, 0], u[:, 0, 0]):
        assert np.abs(distance).max() <= 3
        assert distance.std() == pytest.approx(3 / np.sqrt(3), rel=0.05)
    assert abs(np.corrcoef(v[:, 0, 0], u[:, 0, 0])[0, 1]) < 0.08


@pytest.mark.parametrize("name", ["rotate", "scale", "shear"])
def test_linear_maps_are_what_they_are_called(name):
    (v, u), (v0, u0) = moved(name, 400), grid()
    points = np.stack([v0.ravel(), u0.ravel()])
    found = []
    for down, right in zip(v, u, strict=True):
        there = np.stack([down.ravel(), right.ravel()])
        matrix = np.linalg.lstsq(points.T, there.T, rcond=None)[0].T
        assert_allclose(matrix @ points, there, atol=1e-4)
        found.append(matrix)
    matrices = np.array(found)
    (a, b), (c, d) = matrices.transpose(1, 2, 0)
    if name == "rotate":
        assert_allclose(
            matrices @ matrices.transpose(0, 2, 1), np.broadcast_to(np.eye(2), (400, 2, 2)), atol=1e-5
        )
        assert np.rad2deg(np.abs(np.arctan2(c, a))).max() == pytest.approx(15, abs=0.3)
    elif name == "scale":
        assert_allclose([b, c], 0, atol=1e-5)
        assert 1 / a.min() == pytest.approx(1.15, abs=0.01)
        assert 1 / d.max() == pytest.approx(0.85, abs=0.01)
        assert abs(np.corrcoef(a, d)[0, 1]) < 0.15  # height and width by themselves
    else:
        assert_allclose([a, d, b], [np.ones(400), np.ones(400), np.zeros(400)], atol=1e-5)
        assert np.rad2deg(np.arctan(np.abs(c))).max() == pytest.approx(15, abs=0.3)


@pytest.mark.heavy
@pytest.mark.parametrize(("strength", "width"), [(36, 6), (34, 4), (8, 2)])
def test_elastic_fields_are_distributed_as_smoothed_noise(strength, width):
    ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is the oracle")
    side, n = 14, 4000
    fields = [
        here - there
        for here, there in zip(
            moved("elastic", n, side, strength=strength, width=width), grid(side), strict=True
        )
    ]
    rng = np.random.default_rng(1)
    noise = strength * ndimage.gaussian_filter(rng.uniform(-1, 1, (1500, 1500)), width, mode="wrap")
    spread = noise.std()
    for field in fields:
        assert field.std() == pytest.approx(spread, rel=0.05)
        for far in (1, 3, 6):
            theirs = (noise[:, far:] * noise[:, :-far]).mean() / spread**2
            assert (field[:, :, far:] * field[:, :, :-far]).mean() / spread**2 == pytest.approx(
                theirs, abs=0.05
            )
            assert (field[:, far:] * field[:, :-far]).mean() / spread**2 == pytest.approx(theirs, abs=0.05)
    assert (fields[0] * fields[1]).mean() / spread**2 == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("name", DISTORTIONS.names())
def test_a_sample_s_numbers_do_not_depend_on_how_many_are_drawn(name):
    for few, many in zip(moved(name, 3), moved(name, 50), strict=True):
        assert_array_equal(few, many[:3])


# What becomes of pictures


@pytest.mark.heavy
@pytest.mark.parametrize("dark", [True, False])
def test_pixels_are_interpolated_linearly(dark):
    ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is the oracle")
    rng = np.random.default_rng(0)
    grey = rng.random((6, 9, 7), np.float32)
    v, u = (rng.uniform(-9, 9, grey.shape).astype(np.float32) for _ in range(2))
    found = resampled(grey, v, u, dark=dark)
    for picture, down, right, result in zip(grey, v + 4, u + 3, found, strict=True):
        mode = "grid-constant" if dark else "nearest"
        expected = ndimage.map_coordinates(picture.astype(float), [down, right], order=1, mode=mode)
        assert_allclose(result, expected, atol=1e-5)


def test_places_that_stay_give_the_same_picture():
    grey = pictures(7, side=5).x.reshape(7, 5, 5)
    assert_array_equal(resampled(grey, *places(5), dark=True), grey)
    assert_array_equal(resampled(grey, *np.broadcast_arrays(*places(5)), dark=False), grey)


def test_bytes_stay_bytes_within_their_range():
    samples = pictures(200, side=SIDE)
    samples = replace(samples, x=np.where(samples.x > 100, 255, 0).astype(np.uint8))
    x = made(ALL, samples).feed(0).x
    assert x.dtype == np.uint8
    assert (x.min(), x.max()) == (0, 255)
    assert x.mean() == pytest.approx(samples.x.mean(), rel=0.1)


def test_pictures_of_floats_are_distorted_as_bytes_are():
    grey = pictures(100, side=SIDE)
    floats = Samples(grey.x / 255, grey.y, replace(grey.info, scaling=Scaling.fixed()))
    assert_allclose(made(ALL, floats).feed(2).x, made(ALL, grey).feed(2).x / 255, atol=0.51 / 255)


# From which random numbers


def test_an_epoch_follows_from_seed_and_number_alone():
    asked = made(ALL)
    copies = [asked.feed(epoch).x.copy() for epoch in range(4)]
    assert len({copy.tobytes() for copy in copies}) == 4
    for epoch in (3, 1, 0, 2):
        assert_array_equal(made(ALL).feed(epoch).x, copies[epoch])
        assert_array_equal(asked.feed(epoch).x, copies[epoch])
        assert not np.array_equal(made(ALL, seed=1).feed(epoch).x, copies[epoch])


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(threads):
    samples = pictures(3000, side=SIDE)
    assert_array_equal(made(ALL, samples, threads=threads).feed(1).x, made(ALL, samples).feed(1).x)


def test_libraries_threads_change_nothing():
    from chainrule.engines.limits import limited_to

    copies = []
    for threads in (1, 2):
        with limited_to(threads):
            copies.append(made(ALL).feed(0).x.copy())
    assert_array_equal(*copies)


def test_no_two_samples_and_no_two_epochs_are_distorted_alike():
    one = pictures(1, side=SIDE)
    same = replace(one, x=np.repeat(one.x, 2000, axis=0), y=np.repeat(one.y, 2000))
    asked = made("rotate elastic", same)
    rows = np.concatenate([asked.feed(epoch).x for epoch in range(2)])
    assert len(np.unique(rows, axis=0)) == 4000


def test_another_distortion_beside_it_leaves_one_s_numbers_alone():
    v, u = moved("rotate", 2, degrees=9)
    assert_array_equal(moved("rotate", 2, degrees=9), (v, u))
    (row, settings), _ = chosen("rotate:degrees=9 elastic")
    assert (row.name, settings) == ("rotate", {"degrees": 9.0})


def test_the_pictures_themselves_stay_as_they_are():
    samples = pictures(50, side=SIDE)
    before = samples.x.copy()
    made(ALL, samples).feed(0)
    assert_array_equal(samples.x, before)


# In training

NET = NetworkDefinition(SIDE * SIDE, (Dense(8, "tanh"), Dense(3, "softmax")))
RECIPE = Recipe(epochs=4, distort="rotate:degrees=30 elastic:strength=20,width=3")


def trained(**settings):
    return Trainer(NET, pictures(200, side=SIDE), replace(RECIPE, **settings), engine="numpy")


def test_every_epoch_learns_from_its_own_copy():
    plain, distorted = (trained(distort=text) for text in (None, RECIPE.distort))
    losses = []
    for trainer in (plain, distorted):
        trainer.run()
        losses.append([entry.loss for entry in trainer.history])
    assert all(here < there for here, there in zip(*losses, strict=True))
    x = [made(RECIPE.distort, pictures(200, side=SIDE)).feed(epoch).x for epoch in range(4)]
    by_hand = trained(distort=None)
    for copy in x:
        by_hand.batches.x[...] = copy
        epochs = by_hand.epoch + 1
        by_hand.run(stop=lambda last=epochs: by_hand.epoch >= last)
    for name, w in by_hand.model.parameters.items():
        assert_array_equal(w, distorted.model.parameters[name])


@pytest.mark.parametrize("at", [3, 7, 16])
def test_a_run_that_was_stopped_sees_what_it_would_have_seen(at):
    whole = trained().run()
    stopped = trained()
    stopped.run(stop=lambda: stopped.steps >= at)
    assert stopped.steps == at
    going_on = trained()
    going_on.restore(stopped.model, *stopped.state())
    going_on.run()
    for name, w in whole.parameters.items():
        assert_array_equal(going_on.model.parameters[name], w)


def test_the_doors_take_it():
    samples = pictures(60, side=8)
    x = samples.x.reshape(-1, 8, 8)
    net = cr.Network(64, 6, cr.Dense(3, "softmax"))
    plain, distorted = (net.fit((x, samples.y), epochs=2, distort=text) for text in (None, "shift"))
    assert plain.history[0]["loss"] != distorted.history[0]["loss"]


def test_a_plan_without_it_is_still_read():
    table = {name: value for name, value in Recipe().to_dict().items() if name != "distort"}
    assert Recipe.from_dict(table) == Recipe()
    assert Recipe.from_dict(RECIPE.to_dict()) == RECIPE
