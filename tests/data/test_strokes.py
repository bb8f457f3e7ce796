"""What is asked of pictures of ink, beside SciPy and, where it is not installed, beside plain loops."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from chainrule.data.strokes import distance_to_paper, drawn_wider, labelled, spread


def pictures() -> list[Any]:
    rng = np.random.default_rng(0)
    sizes = [(1, 1), (1, 9), (9, 1), (7, 12), (40, 31), (120, 90)]
    noise = [rng.random(size) < share for size in sizes for share in (0.0, 0.1, 0.4, 0.6, 0.9, 1.0)]
    v, u = np.mgrid[-60:61, -60:61]
    spiral = (np.hypot(u, v) / 4 - np.arctan2(v, u) / (2 * np.pi)) % 1 < 0.5  # long ways around
    comb = np.zeros((50, 50), bool)
    comb[:, ::2], comb[-1] = True, True  # pieces that meet in the last row only
    return [*noise, spiral, comb, comb[::-1], comb.T, ~comb]


@pytest.mark.heavy
@pytest.mark.parametrize("ink", pictures())
def test_as_scipy_says(ink: Any) -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is the oracle")
    strokes, count = labelled(ink)
    theirs, number = ndimage.label(ink, np.ones((3, 3)))
    assert count == number
    np.testing.assert_array_equal(strokes, theirs)
    levels = np.random.default_rng(1).random(ink.shape)
    masses = ndimage.sum_labels(levels, theirs, np.arange(1, number + 1))
    np.testing.assert_array_equal(np.bincount(strokes.ravel(), levels.ravel())[1:], masses)
    for steps in (1, 2, 4):
        expected = ndimage.binary_dilation(ink, np.ones((3, 3), bool), iterations=steps)
        np.testing.assert_array_equal(spread(ink, steps), expected)
    distance = ndimage.distance_transform_edt(np.pad(ink, 1))[1:-1, 1:-1]
    np.testing.assert_array_equal(distance_to_paper(ink), distance)
    for radius in (1, 2, 3, 5, 8):
        v, u = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        disk = u * u + v * v <= radius * radius
        thick = ndimage.grey_dilation(np.pad(levels * ink, radius), footprint=disk)
        np.testing.assert_array_equal(drawn_wider(levels * ink, radius), thick)


def neighbours(ink: Any, at: tuple[int, int]) -> list[tuple[int, int]]:
    reach = [range(max(0, i - 1), min(side, i + 2)) for i, side in zip(at, ink.shape, strict=True)]
    return [place for place in itertools.product(*reach) if ink[place]]


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_as_plain_loops_say(share: float) -> None:
    rng = np.random.default_rng(2)
    ink = rng.random((14, 11)) < share
    expected, count = np.zeros(ink.shape, int), 0
    for start in np.ndindex(ink.shape):
        if ink[start] and not expected[start]:
            count += 1
            ask = [start]
            while ask:
                place = ask.pop()
                if not expected[place]:
                    expected[place] = count
                    ask += neighbours(ink, place)
    strokes, found = labelled(ink)
    assert found == count
    np.testing.assert_array_equal(strokes, expected)
    paper = np.argwhere(~np.pad(ink, 1)) - 1
    levels = rng.random(ink.shape) * ink
    radius = 3
    for at in np.ndindex(ink.shape):
        assert distance_to_paper(ink)[at] == min(math.dist(at, place) for place in paper)
        assert spread(ink, 1)[at] == bool(neighbours(ink, at))
        near = [levels[i] for i in np.ndindex(ink.shape) if math.dist(i, at) <= radius]
        assert drawn_wider(levels, radius)[at[0] + radius, at[1] + radius] == max(near)


def test_memory_is_that_of_some_pictures() -> None:
    """Noise, a sheet full of ink and a long spiral, each of 400 x 400 pixels, the most that a photograph is
    reduced to. A pixel takes 8 bytes."""
    v, u = np.mgrid[-200:200, -200:200]
    spiral = (np.hypot(u, v) / 4 - np.arctan2(v, u) / (2 * np.pi)) % 1 < 0.5
    checks = (u + v) % 2 == 0
    full = np.ones((400, 400), bool)
    tracemalloc.start()
    try:
        for ink in (spiral, checks, full, np.random.default_rng(0).random(full.shape) < 0.4):
            labelled(ink)
            distance_to_paper(ink)
            drawn_wider(ink * 1.0, 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * 8 * full.size
