"""The masks of dropout: numbers that follow from a key and a place alone, so that they are the same in every
engine, for any number of threads, and in a run that was taken up again."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.program import Program
from chainrule.randomness import generator

Array = NDArray[Any]
Keys = NDArray[np.uint32]
KEYS = 2
"""How many each mask of a step has."""
ROUNDS = (16, 0x21F0AAAD), (15, 0xD35A2D97)
"""Of the hash, `x ^= x >> shift; x *= factor`, with a key added before each. Source: Wellons 2018,
"Prospecting for hash functions", the best one found of two rounds."""
LAST = 15


def mask_keys(program: Program, seed: int, epoch: int, steps: int) -> Keys:
    """The keys of an epoch's steps, (steps, masks, KEYS); those of its first steps do not depend on how many
    there are."""
    shape = (steps, len(program.masks), KEYS)
    if not program.masks:
        return np.empty(shape, np.uint32)
    return generator(seed, "masks", epoch).integers(1 << 32, size=shape, dtype=np.uint32)


def masks_of(program: Program, n: int, keys: Keys, dtype: Any = np.float64) -> dict[str, Array]:
    """The masks of a step of n samples by name, (n, units). keys: (masks, KEYS)."""
    masks = {}
    for own, (name, mask) in zip(keys, program.masks.items(), strict=True):
        shape = (n, program.sizes[mask.array.dims[-1]])
        kept = _hash(_places(math.prod(shape)), own) < np.uint32(threshold(mask.keep))
        masks[name] = np.multiply(kept, 1 / mask.keep, dtype=dtype).reshape(shape)
    return masks


def first_masks(program: Program, n: int, seed: int) -> dict[str, Array]:
    """The masks of the first step of a training with batches of n, (n, units) by name."""
    return masks_of(program, n, mask_keys(program, seed, 0, 1)[0])


def threshold(keep: float) -> int:
    """Below which a hash, from 0 to 2^32 - 1, keeps its place."""
    return min(round(keep * 2**32), 2**32 - 1)


@lru_cache(maxsize=8)
def _places(count: int) -> Keys:
    """Places counted through, row by row."""
    places = np.arange(count, dtype=np.uint32)
    places.flags.writeable = False
    return places


def _hash(places: Keys, keys: Keys) -> Keys:
    x, shifted = places, np.empty_like(places)
    for key, (shift, factor) in zip(keys, ROUNDS, strict=True):
        x = x + key
        np.right_shift(x, np.uint32(shift), out=shifted)
        np.bitwise_xor(x, shifted, out=x)
        np.multiply(x, np.uint32(factor), out=x)
    np.right_shift(x, np.uint32(LAST), out=shifted)
    return np.bitwise_xor(x, shifted, out=x)
