"""The data sets that come with the package, and those that are drawn, beside scikit-learn's: bit for bit."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from chainrule.data import builtin, load
from chainrule.data.dataset import Samples, holding_out
from chainrule.data.drawn import half_moons, two_circles

DIGESTS = {  # of inputs and targets, training part first, by name and seed
    ("digits", 0): "42dc555a1aff8aef",
    ("iris", 0): "dd16eb3b63b9b08b",
    ("moons", 0): "8ca2d4f78da48968",
    ("moons", 5): "0e96b6a9eae3cdf2",
    ("circles", 0): "12fc7c24131dfbb0",
    ("circles", 5): "cee509144333550d",
}


@pytest.mark.parametrize(("name", "seed"), DIGESTS)
def test_splits_are_those_of_the_first_release(name: str, seed: int) -> None:
    """Whatever is installed: a run that is taken up finds its samples again."""
    data = load(name, seed=seed)
    content = hashlib.sha256()
    for part in filter(None, (data.train, data.test)):
        content.update(np.round(part.x.astype(np.float64), 9).tobytes() + part.y.tobytes())
    assert content.hexdigest()[:16] == DIGESTS[name, seed]


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["digits", "iris"])
def test_files_of_the_package_hold_the_same_numbers_in_the_same_order(name: str) -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is the oracle")
    table, data = getattr(datasets, f"load_{name}")(), load(name)
    x = table.data.astype(data.train.x.dtype)
    expected = holding_out(Samples(x, table.target.astype(np.int64), data.info))
    for ours, theirs in ((data.train, expected.train), (data.test, expected.test)):
        assert ours is not None
        assert theirs is not None
        assert ours.x.tobytes() == theirs.x.tobytes()
        assert ours.y.tobytes() == theirs.y.tobytes()
    assert data.info.classes == tuple(map(str, table.target_names))
    if name == "iris":
        assert [column.name for column in data.info.columns] == list(table.feature_names)


@pytest.mark.heavy
@pytest.mark.parametrize("count", [7, 300, 900, 1001])
@pytest.mark.parametrize("seed", [0, 1, 2024, 2**32 - 1])
def test_drawn_points_are_the_same_bits(count: int, seed: int) -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is the oracle")
    pairs = (
        (half_moons(count, 0.2, seed), datasets.make_moons(count, noise=0.2, random_state=seed)),
        (
            two_circles(count, 0.1, seed),
            datasets.make_circles(count, noise=0.1, factor=0.5, random_state=seed),
        ),
    )
    for (x, y), (their_x, their_y) in pairs:
        np.testing.assert_array_equal(x, their_x)
        np.testing.assert_array_equal(y, their_y)


def test_files_stand_beside_their_source_and_licence() -> None:
    said = (builtin.SETS / "SOURCES.md").read_text(encoding="utf-8")
    files = {file.name for file in builtin.SETS.iterdir()} - {"SOURCES.md"}
    assert files == {"digits.npz", "iris.csv"}
    for name in files:
        _, _, about = said.partition(f"## {name}")
        assert "https://doi.org/10.24432/" in about.partition("##")[0]
    assert "CC BY 4.0" in said
