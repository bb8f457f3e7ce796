"""The data sets that are always there: in files of the package, or drawn here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chainrule.data.dataset import Column, Dataset, Info, Samples, Scaling, holding_out
from chainrule.data.drawn import half_moons, two_circles
from chainrule.randomness import generator

SETS = Path(__file__).parent / "sets"
"""The files, with what they are and their licence."""
PLANE = (Column("x1"), Column("x2"))
TRAINING_POINTS, TEST_POINTS = 900, 300  # of the sets that are drawn; multiples of their numbers of classes


def digits() -> Dataset:
    """1,797 handwritten digits of 8 x 8 pixels, levels 0..16; x (n, 64) uint8.

    Source: Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits", UCI repository.
    """
    with np.load(SETS / "digits.npz") as table:
        x, y = table["x"], table["y"]
    info = Info(
        "digits",
        classes=tuple(str(k) for k in range(10)),
        targets=("digit",),
        image=(8, 8),
        ink_share=1.0,
        scaling=Scaling.fixed(0.0, 1 / 16),
    )
    return holding_out(Samples(x, y.astype(np.int64), info))


def iris() -> Dataset:
    """150 flowers of three species, four lengths in centimetres each; x (n, 4) float64.

    Source: Fisher 1936, "The use of multiple measurements in taxonomic problems".
    """
    names, *rows = (line.split(",") for line in (SETS / "iris.csv").read_text(encoding="ascii").splitlines())
    classes = tuple(dict.fromkeys(row[-1] for row in rows))
    info = Info(
        "iris",
        classes=classes,
        columns=tuple(map(Column, names[:-1])),
        targets=(names[-1],),
    )
    x = np.array([row[:-1] for row in rows], np.float64)
    return holding_out(Samples(x, np.array([classes.index(row[-1]) for row in rows]), info))


def zhou() -> Dataset:
    """Four people to learn from and two new ones; x (n, 2): weight in pounds, height in inches.

    Source: Victor Zhou, "Machine learning for beginners: an introduction to neural networks".
    """
    info = Info(
        "zhou",
        classes=("M", "F"),
        columns=(Column("weight"), Column("height")),
        targets=("gender",),
        scaling=Scaling.fixed((135.0, 66.0)),
    )
    four = np.array([[133.0, 65.0], [160.0, 72.0], [152.0, 70.0], [120.0, 60.0]])  # Alice Bob Charlie Diana
    new = np.array([[128.0, 63.0], [155.0, 68.0]])  # Emily Frank
    return Dataset(Samples(four, np.array([1, 0, 0, 1]), info), Samples(new, np.array([1, 0]), info))


def xor() -> Dataset:
    """The four corners of the unit square, class 1 where exactly one coordinate is 1."""
    info = Info("xor", classes=("0", "1"), columns=PLANE, targets=("class",), scaling=Scaling.fixed())
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Dataset(Samples(corners, np.array([0, 1, 1, 0]), info))


def spiral(seed: int = 0) -> Dataset:
    """Three arms that wind around the origin, one class each, in a plane; the angle is noisy.

    Source: the example of the course notes of CS231n, Stanford, "Putting it together".
    """
    info = Info("spiral", classes=("0", "1", "2"), columns=PLANE, targets=("arm",))

    def draw(part: str, count: int) -> Samples:
        rng = generator(seed, f"spiral {part}")
        arm = np.repeat(np.arange(3), count // 3)
        radius = rng.uniform(0.0, 1.0, arm.size)
        angle = 4.0 * (arm + radius) + 0.2 * rng.standard_normal(arm.size)
        return Samples(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), arm, info)

    return Dataset(draw("train", TRAINING_POINTS), draw("test", TEST_POINTS))


def moons(seed: int = 0) -> Dataset:
    """Two interleaving half circles with noise; x (n, 2)."""
    info = Info("moons", classes=("0", "1"), columns=PLANE, targets=("moon",))
    train, test = generator(seed, "moons").integers(2**32, size=2)
    return Dataset(
        Samples(*half_moons(TRAINING_POINTS, 0.2, int(train)), info),
        Samples(*half_moons(TEST_POINTS, 0.2, int(test)), info),
    )


def circles(seed: int = 0) -> Dataset:
    """A circle inside a circle, with noise; x (n, 2)."""
    info = Info("circles", classes=("0", "1"), columns=PLANE, targets=("circle",))
    train, test = generator(seed, "circles").integers(2**32, size=2)
    return Dataset(
        Samples(*two_circles(TRAINING_POINTS, 0.1, int(train)), info),
        Samples(*two_circles(TEST_POINTS, 0.1, int(test)), info),
    )
