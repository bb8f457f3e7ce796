"""Small made-up samples that several rooms train on."""

from __future__ import annotations

import numpy as np

from chainrule.data.dataset import Info, Samples, Scaling


def classes(n: int = 60, features: int = 3, count: int = 3, seed: int = 0) -> Samples:
    """Clouds of points, one around each class's centre; x (n, features), y (n,)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(count, size=n)
    centres = 2 * np.random.default_rng(99).standard_normal((count, features))
    x = centres[y] + 0.5 * rng.standard_normal((n, features))
    return Samples(x, y, Info("clouds", classes=tuple("abcdefghij"[:count]), targets=("cloud",)))


def numbers(n: int = 60, features: int = 3, outputs: int = 1, seed: int = 0) -> Samples:
    """A linear map with noise; x (n, features), y (n, outputs) far from 0 and of unlike sizes."""
    rng = np.random.default_rng(seed)
    x = 3 + 2 * rng.standard_normal((n, features))
    slopes = np.random.default_rng(98).standard_normal((features, outputs)) * 10.0 ** np.arange(outputs)
    y = x @ slopes + 50 + 0.1 * rng.standard_normal((n, outputs))
    return Samples(x, y, Info("lines", targets=tuple(f"y{k}" for k in range(outputs))))


def pictures(n: int = 60, side: int = 4, count: int = 3, seed: int = 0) -> Samples:
    """Random grey levels whose brightest row tells the class; x (n, side * side) uint8."""
    rng = np.random.default_rng(seed)
    y = rng.integers(count, size=n)
    x = rng.integers(0, 100, size=(n, side, side), dtype=np.uint8)
    x[np.arange(n), y] += 120
    info = Info(
        "rows",
        classes=tuple(map(str, range(count))),
        targets=("row",),
        image=(side, side),
        scaling=Scaling.fixed(0.0, 1 / 255),
    )
    return Samples(x.reshape(n, -1), y, info)
