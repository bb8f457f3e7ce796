"""MNIST and Fashion-MNIST: where their files are looked for, and what is in the real ones."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from idx_files import idx, small_set, write_set
from refusal import refused

from chainrule.data import Dataset, Scaling, load
from chainrule.data.mnist import CLASSES, FILES, INK_SHARE, MIRRORS, MNIST_MD5, PUBLISHED
from chainrule.data.places import folders
from chainrule.data.samples import ink_share
from chainrule.files import cache_folder

SMALL = small_set()


@pytest.fixture
def no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No CHAINRULE_DATA, and an empty cache; returns the cache's folder."""
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return cache_folder()


def is_small(data: Dataset) -> bool:
    assert data.test is not None
    return data.train.x.tobytes() == SMALL[0][16:] and data.test.x.tobytes() == SMALL[2][16:]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("below", ["", "mnist"])
def test_data_dir_holds_the_files_or_a_folder_of_them(tmp_path: Path, below, zipped, dotted) -> None:
    write_set(tmp_path / below, SMALL, zipped=zipped, dotted=dotted)
    data = load("mnist", data_dir=tmp_path)
    assert is_small(data)
    assert data.train.x.dtype == np.uint8
    assert data.info.classes == tuple("0123456789")
    assert data.info.image == (28, 28)
    assert data.info.scaling == Scaling.fixed(0.0, 1 / 255)


def test_the_environment_then_the_cache(tmp_path: Path, no_folders: Path, monkeypatch) -> None:
    write_set(no_folders / "mnist", SMALL)
    assert is_small(load("mnist", offline=True))
    other = small_set(train=3)
    write_set(tmp_path / "named", other)
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "named"))
    assert len(load("mnist", offline=True).train) == 3
    (tmp_path / "named" / FILES[2]).unlink()  # incomplete: the cache serves
    assert is_small(load("mnist", offline=True))


def test_a_folder_that_is_named_is_the_only_one(tmp_path: Path, no_folders: Path) -> None:
    write_set(no_folders / "mnist", SMALL)
    with refused("data.not_there", name="mnist"):
        load("mnist", data_dir=tmp_path)
    assert folders("mnist", "~/d") == [Path.home() / "d" / "mnist", Path.home() / "d"]


def test_offline_says_what_to_put_where(no_folders: Path) -> None:
    with refused("data.offline", folder=no_folders / "mnist", address=MIRRORS["mnist"][0]):
        load("mnist", offline=True)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the XDG rule is other systems'")
def test_a_relative_cache_home_is_passed_over(no_folders: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "chainrule"


@pytest.mark.parametrize(
    ("key", "changed", "content"),
    [
        ("data.idx_size", 2, idx(np.zeros((2, 27, 28), "u1"))),
        ("data.label_range", 3, idx(np.array([1, 10], "u1"))),
        ("data.idx_pair", 1, idx(np.zeros(5, "u1"))),
        ("data.idx_not_labels", 1, SMALL[0]),
        ("data.idx_not_images", 0, SMALL[1]),
    ],
)
def test_files_that_are_not_mnist(tmp_path: Path, key: str, changed: int, content: bytes) -> None:
    write_set(tmp_path, [content if i == changed else each for i, each in enumerate(SMALL)])
    with refused(key):
        load("mnist", data_dir=tmp_path)


@pytest.mark.parametrize("of", ["content", "file"])
def test_the_other_set_of_the_same_file_names(tmp_path: Path, monkeypatch, of: str) -> None:
    write_set(tmp_path, SMALL, zipped=True)
    labels = SMALL[1] if of == "content" else (tmp_path / f"{FILES[1]}.gz").read_bytes()
    published = list(PUBLISHED["fashion-mnist"])
    published[1] = type(published[1])(published[1].name, 12, hashlib.md5(labels).hexdigest(), of)
    monkeypatch.setitem(PUBLISHED, "fashion-mnist", published)
    with refused("data.other_set", name="mnist", owner="fashion-mnist", place=tmp_path):
        load("mnist", data_dir=tmp_path)
    assert is_small(load("fashion-mnist", data_dir=tmp_path))


def test_there_is_more_than_one_mirror_and_all_are_https() -> None:
    for name, mirrors in MIRRORS.items():
        assert len(set(mirrors)) >= 2, name
        assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mirrors)
        assert [file.name for file in PUBLISHED[name]] == [f"{file}.gz" for file in FILES]
        assert len({file.md5 for file in PUBLISHED[name]}) == 4
        assert len(CLASSES[name]) == 10


# The real files


@pytest.fixture(scope="module")
def real_folder() -> Path:
    for place in folders("mnist", os.environ.get("CHAINRULE_DATA")):
        if all(any((place / f"{file}{end}").is_file() for end in ("", ".gz")) for file in FILES):
            return place
    pytest.skip("no MNIST files: set CHAINRULE_DATA to the folder that holds them")


@pytest.fixture(scope="module")
def real(real_folder: Path) -> Dataset:
    return load("mnist", data_dir=real_folder)


def test_real_counts_and_types(real: Dataset) -> None:
    assert real.test is not None
    assert (real.train.x.shape, real.test.x.shape) == ((60_000, 784), (10_000, 784))
    for part in (real.train, real.test):
        assert part.x.dtype == np.uint8
        assert (part.x.min(), part.x.max()) == (0, 255)
        assert part.y.dtype == np.int64


def test_real_labels(real: Dataset) -> None:
    assert real.test is not None
    assert real.train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert real.test.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(real.train.y).tolist() == [
        *(5923, 6742, 5958, 6131, 5842),
        *(5421, 5918, 6265, 5851, 5949),
    ]
    assert np.bincount(real.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_what_is_read_is_what_was_published(real: Dataset, real_folder: Path) -> None:
    assert real.test is not None
    arrays = (
        real.train.x.reshape(-1, 28, 28),
        real.train.y.astype("u1"),
        real.test.x.reshape(-1, 28, 28),
        real.test.y.astype("u1"),
    )
    for array, md5 in zip(arrays, MNIST_MD5, strict=True):
        assert hashlib.md5(idx(array)).hexdigest() == md5


def test_real_digits_take_the_share_of_the_picture_that_is_noted(real: Dataset) -> None:
    pictures = real.train.x[:5000].reshape(-1, 28, 28) / 255
    assert ink_share(pictures) == INK_SHARE["mnist"]


def test_real_files_may_be_unpacked(real: Dataset, real_folder: Path, tmp_path: Path) -> None:
    for file in FILES:
        zipped = real_folder / f"{file}.gz"
        if not zipped.is_file():
            pytest.skip("the files at hand are not gzipped")
        (tmp_path / file).write_bytes(gzip.decompress(zipped.read_bytes()))
    again = load("mnist", data_dir=tmp_path)
    np.testing.assert_array_equal(again.train.x, real.train.x)


def test_real_mnist_is_not_taken_for_fashion(real_folder: Path) -> None:
    with refused("data.other_set", name="fashion-mnist", owner="mnist"):
        load("fashion-mnist", data_dir=real_folder)
