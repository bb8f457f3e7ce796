"""Folders of NPY files: what they hold, and what is no such file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from chainrule.data import load

X, Y = np.random.default_rng(0).normal(size=(300, 5)), np.arange(300) % 3


def test_folders_of_npy_files(tmp_path: Path) -> None:
    for name, array in (("x_train", X[:200]), ("y_train", Y[:200]), ("X_test", X[200:]), ("y_test", Y[200:])):
        np.save(tmp_path / f"{name}.npy", array)
    for path in (tmp_path, tmp_path / "x_train.npy"):
        data = load(path)
        assert data.test is not None
        assert (len(data.train), len(data.test)) == (200, 100)
        assert data.info.name == tmp_path.name
    np.save(tmp_path / "other.npy", X)
    for path in (tmp_path / "other.npy", tmp_path):
        (tmp_path / "y_test.npy").unlink(missing_ok=True)
        with refused("data.npy_names", path=path):
            load(path)


def test_an_array_of_another_length_than_it_says(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    content = (tmp_path / "x.npy").read_bytes()
    for change in (content[:-1], content + b"\0"):
        (tmp_path / "x.npy").write_bytes(change)
        with refused("data.npy_claims", expected=X.nbytes, found=X.nbytes + len(change) - len(content)):
            load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"text", b"\x93NUMPY\1\0\4\0abc\n"])
def test_files_that_are_no_npy(tmp_path: Path, content: bytes) -> None:
    np.save(tmp_path / "y.npy", np.arange(3))
    (tmp_path / "x.npy").write_bytes(content)
    with refused("data.npy_kind", path=tmp_path / "x.npy"):
        load(tmp_path)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([object()]), allow_pickle=True)
    with refused("data.npy_kind", path=tmp_path / "x.npy"):
        load(tmp_path)
