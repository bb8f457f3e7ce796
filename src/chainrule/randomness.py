"""Random numbers that depend on what they are for, never on what was drawn before.

A counter-based generator keyed by (seed, purpose, counters): a resumed run draws what the
uninterrupted one would have drawn, and every engine draws the same.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def generator(seed: int, purpose: str, *counters: int) -> np.random.Generator:
    """A generator for `purpose` ("initialize W1", "shuffle", ...) at the place that `counters` name.

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox).
    """
    import numpy as np

    entropy = [seed, zlib.crc32(purpose.encode()), *counters]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))
