"""What pictures of ink are asked: which pixels hang together, how far they are from paper, what a pen with a
wide tip would have drawn. Each takes a number of operations on whole pictures, none per pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def labelled(ink: Mask) -> tuple[NDArray[np.int64], int]:
    """Number the strokes, pixels that touch by a side or a corner: (height, width), 0 where there is no ink,
    1 for the stroke whose first pixel comes first, and so on; and how many there are.

    A row's pixels side by side are one piece. Pieces of neighbouring rows that touch get the smaller number
    of both, over and over, until no number changes.
    """
    height, width = ink.shape
    edges = np.diff(np.pad(ink, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, begin = np.nonzero(edges == 1)
    end = np.nonzero(edges == -1)[1]
    if not len(row):
        return np.zeros(ink.shape, np.int64), 0
    # The pieces of the row above that end at `begin` or later and begin at `end` or before.
    wide = width + 2
    first = np.searchsorted(row * wide + end, (row - 1) * wide + begin)
    last = np.searchsorted(row * wide + begin, (row - 1) * wide + end, side="right")
    touching = np.maximum(last - first, 0)
    piece = np.repeat(np.arange(len(row)), touching)
    above = np.arange(len(piece)) - np.repeat(np.cumsum(touching) - touching, touching) + first[piece]
    number = np.arange(len(row))
    while True:
        here, there = number[piece], number[above]
        if np.array_equal(here, there):
            break
        smaller = np.minimum(here, there)
        np.minimum.at(number, here, smaller)
        np.minimum.at(number, there, smaller)
        while not np.array_equal(number, number[number]):
            number = number[number]
    names, number = np.unique(number, return_inverse=True)
    marks = np.zeros((height, width + 1), np.int64)
    marks[row, begin] = number + 1
    marks[row, end] -= number + 1
    return marks.cumsum(axis=1)[:, :width], len(names)


def spread(ink: Mask, steps: int) -> Mask:
    """Let ink run into the pixels around it, by a side or a corner, so many times: (height, width)."""
    for axis in (0, 1):
        for _ in range(steps):
            wider = ink.copy()
            ahead, behind = (np.s_[1:], np.s_[:-1]) if axis == 0 else (np.s_[:, 1:], np.s_[:, :-1])
            wider[ahead] |= ink[behind]
            wider[behind] |= ink[ahead]
            ink = wider
    return ink


def distance_to_paper(ink: Mask) -> Floats:
    """Measure how far each pixel with ink is from the nearest one without, in pixels: (height, width), 0
    where there is no ink. Around the picture lies paper.

    First within a column, by counting; then over rows: of the columns at a distance d, for d = 0, 1, ...
    while d is smaller than some distance found so far.
    """
    inside = np.pad(ink, 1)
    rows = np.arange(len(inside))[:, None]
    from_above = rows - np.maximum.accumulate(np.where(inside, 0, rows), axis=0)
    from_below = np.minimum.accumulate(np.where(inside, len(rows), rows)[::-1], axis=0)[::-1] - rows
    column = np.square(np.minimum(from_above, from_below))
    found = column.copy()
    d = 1
    while d * d < found.max() and d < inside.shape[1]:
        np.minimum(found[:, d:], column[:, :-d] + d * d, out=found[:, d:])
        np.minimum(found[:, :-d], column[:, d:] + d * d, out=found[:, :-d])
        d += 1
    distance: Floats = np.sqrt(found[1:-1, 1:-1].astype(np.float64))
    return distance


def drawn_wider(ink: Floats, radius: int) -> Floats:
    """Draw ink, 0..1, again with a round tip of that radius in pixels: (height + 2 radius, width + 2 radius),
    each pixel the darkest of those that the tip reaches.

    The tip is a pile of bars: those of one width serve the rows above and below that have it.
    """
    ink = np.pad(ink, 2 * radius)
    height, width = (side - 2 * radius for side in ink.shape)
    half = [int(np.sqrt(radius * radius - v * v)) for v in range(radius + 1)]  # of the tip's row v
    bar = ink[:, radius : radius + width].copy()
    wide: Floats = np.zeros((height, width))
    for reach in range(radius + 1):
        if reach:
            np.maximum(bar, ink[:, radius - reach : radius - reach + width], out=bar)
            np.maximum(bar, ink[:, radius + reach : radius + reach + width], out=bar)
        for v in (v for v, its in enumerate(half) if its == reach):
            for row in (radius - v, radius + v):
                np.maximum(wide, bar[row : row + height], out=wide)
    return wide
