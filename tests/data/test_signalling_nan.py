"""NaN that signals, as processors call it: it is refused with its place like any other, and nothing warns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from chainrule.data import as_samples, load, npy
from chainrule.data.npz import load_inputs
from chainrule.errors import DataError, ShapeError
from chainrule.sentences import speaking

BITS = {"f2": 0x7D00, "f4": 0x7FA0_0000, "f8": 0x7FF4_0000_0000_0000}


def signalling(kind: str) -> np.ndarray:
    """Numbers (4, 2) of a type, of which that at [2, 1] signals."""
    x = np.arange(8.0, dtype=kind).reshape(4, 2)
    x.view(f"u{kind[1]}")[2, 1] = BITS[kind]
    return x


@pytest.mark.parametrize("kind", BITS)
def test_in_arrays(kind: str) -> None:
    x, y = np.arange(8.0).reshape(4, 2), signalling(kind)
    with refused("data.not_finite", ShapeError, what="x", position="[2, 1]"):
        as_samples((y, np.arange(4)), None)
    with refused("data.not_finite", ShapeError, what="y", position="[2, 1]"):
        as_samples((x, y), None)


@pytest.mark.parametrize("kind", BITS)
@pytest.mark.parametrize("stays", [False, True])
def test_in_archives(kind: str, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if stays:
        monkeypatch.setattr(npy, "MAPPED_FROM", 1)
    path = tmp_path / "a.npz"
    np.savez(path, x=signalling(kind), y=np.arange(4))
    with refused("data.in_file"):
        load(path)
    with refused("data.in_file"):
        load_inputs(path)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", BITS)
def test_in_parquet(kind: str, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"a": signalling(kind)[:, 1], "b": [1, 2, 3, 4], "y": ["no", "yes", "no", "yes"]})
    parquet.write_table(table, tmp_path / "a.parquet")
    with speaking("en"), pytest.raises(DataError, match="line 3, column 'a': the value is missing"):
        load(tmp_path / "a.parquet")
