"""IDX files: their format, and data sets of pictures in them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from idx_files import CODES, idx, small_set, write_set
from refusal import refused

from chainrule.data import Scaling, load
from chainrule.data.idx import read_idx
from chainrule.data.mnist import FILES, is_idx_name

ARRAY = np.arange(24, dtype="u1").reshape(2, 3, 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some-images-idx3-ubyte"


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("kind", CODES)
def test_arrays_come_back_as_they_were(path: Path, kind: str, zipped: bool) -> None:
    for shape in ((7,), (2, 3), (2, 3, 4), (1, 2, 1, 2)):
        array = (np.random.default_rng(0).normal(size=shape) * 50 + (60 if kind == "u1" else 0)).astype(kind)
        path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
        found = read_idx(path)
        assert found.dtype == np.dtype(kind)
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("cut", [0, 1, 3, 4, 7, 15, 16, 17, 39])
def test_truncated_files(path: Path, cut: int, zipped: bool) -> None:
    content = idx(ARRAY)[:cut]
    path.write_bytes(gzip.compress(content) if zipped else content)
    with refused(
        "data.idx_magic" if cut < 4 else "data.idx_length" if zipped or cut < 16 else "data.idx_claims"
    ):
        read_idx(path)


def test_a_truncated_gzip_stream(path: Path) -> None:
    whole = gzip.compress(idx(ARRAY))
    for cut in range(2, len(whole)):
        path.write_bytes(whole[:cut])
        with refused("data.gzip_damaged", path=path):
            read_idx(path)


def test_a_flipped_byte_in_a_gzip_stream(path: Path) -> None:
    content = idx(np.random.default_rng(0).integers(0, 256, (50, 50), np.uint8))
    whole = bytearray(gzip.compress(content))
    whole[len(whole) // 2] ^= 0x10
    path.write_bytes(whole)
    with refused("data.gzip_damaged"):
        read_idx(path)


@pytest.mark.parametrize(
    "start", [b"\x89PNG", b"\0\0\x07\x01", b"\0\0\x08\0", b"\1\0\x08\1", b"\0\0\x08\x09", b"\0\0\x08\xff"]
)
def test_wrong_magic_numbers(path: Path, start: bytes) -> None:
    path.write_bytes(start + bytes(2000))
    with refused("data.idx_magic", found=start.hex(" ")):
        read_idx(path)


@pytest.mark.parametrize("zipped", [False, True])
def test_headers_that_lie_allocate_nothing(path: Path, zipped: bool) -> None:
    """64-bit products wrap around to 0 here; Python's do not."""
    for shape in ((2**32 - 1,) * 3, (2**31, 2**31, 4), (60_000, 28, 28)):
        content = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in shape) + bytes(50)
        path.write_bytes(gzip.compress(content) if zipped else content)
        with refused("data.idx_claims", shape=" x ".join(map(str, shape))):
            read_idx(path)


@pytest.mark.parametrize("shape", [(0,), (0, 28, 28), (0, 2**32 - 1, 2**32 - 1)])
def test_files_with_nothing_in_them(path: Path, shape: tuple[int, ...]) -> None:
    path.write_bytes(bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape))
    with refused("data.no_samples", path=path):
        read_idx(path)


@pytest.mark.parametrize("zipped", [False, True])
def test_trailing_bytes(path: Path, zipped: bool) -> None:
    content = idx(ARRAY) + b"\0"
    path.write_bytes(gzip.compress(content) if zipped else content)
    with refused("data.idx_trailing", shape="2 x 3 x 4", expected=40):
        read_idx(path)


def test_bytes_after_a_gzip_stream(path: Path) -> None:
    path.write_bytes(gzip.compress(idx(ARRAY)) + b"more")
    with refused("data.gzip_damaged"):
        read_idx(path)


def test_a_gzip_bomb_stops_at_the_limit(path: Path) -> None:
    content = bytes([0, 0, 8, 1]) + (10**6).to_bytes(4, "big") + bytes(10**6)
    path.write_bytes(gzip.compress(content))
    with refused("data.too_large", size=10**6, limit=10**5):
        read_idx(path, max_bytes=10**5)


def test_files_that_cannot_be_read(path: Path, tmp_path: Path) -> None:
    with refused("data.unreadable", path=path):
        read_idx(path)
    with refused("data.unreadable", path=tmp_path):
        read_idx(tmp_path)


# Pictures with labels


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("train-images-idx3-ubyte", True),
        ("t10k-labels.idx1-ubyte", True),
        ("train-images-idx3-ubyte.gz", True),
        ("letters-images.idx", True),
        ("images.idx3.gz", True),
        ("images.png", False),
        ("idx", False),
        ("notes.gz", False),
    ],
)
def test_names_of_idx_files(name: str, known: bool) -> None:
    assert is_idx_name(Path(name)) == known


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
def test_a_folder_or_its_file_of_training_images(tmp_path: Path, zipped: bool, dotted: bool) -> None:
    contents = small_set(train=20, test=5, side=9)
    folder = tmp_path / "letters"
    write_set(folder, contents, zipped=zipped, dotted=dotted)
    images = next(p for p in folder.iterdir() if p.name.startswith("train-images"))
    for data in (load(folder), load(images)):
        assert data.test is not None
        assert (data.train.x.shape, data.test.x.shape) == ((20, 81), (5, 81))
        assert data.train.x.tobytes() == contents[0][16:]
        assert data.test.x.tobytes() == contents[2][16:]
        np.testing.assert_array_equal(data.train.y, np.arange(20) % 10)
        assert data.info.classes == tuple("0123456789")
        assert data.info.image == (9, 9)
        assert data.info.scaling == Scaling.fixed(0.0, 1 / 255)


def test_without_a_test_part_a_fifth_is_held_out(tmp_path: Path) -> None:
    images, labels = small_set(train=100)[:2]
    (tmp_path / "images.idx").write_bytes(images)
    (tmp_path / "labels.idx").write_bytes(labels)
    data = load(tmp_path / "images.idx")
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (80, 20)


PICTURES = np.zeros((3, 2, 2), "u1")
PAIRS = [
    ("data.idx_not_images", np.zeros(3, "u1"), np.zeros(3, "u1")),
    ("data.idx_not_images", np.zeros((3, 2, 2), "f4"), np.zeros(3, "u1")),
    ("data.idx_not_labels", PICTURES, np.zeros((3, 1), "u1")),
    ("data.idx_not_labels", PICTURES, np.zeros(3, "f8")),
    ("data.idx_pair", PICTURES, np.zeros(4, "u1")),
    ("data.label_range", PICTURES, np.array([0, 1, -1], "i1")),
    ("data.label_range", PICTURES, np.array([0, 2**31 - 1, 0], "i4")),
]


@pytest.mark.parametrize(("key", "images", "labels"), PAIRS)
def test_images_and_labels_that_do_not_fit(tmp_path: Path, key: str, images, labels) -> None:
    (tmp_path / "images.idx").write_bytes(idx(images))
    (tmp_path / "labels.idx").write_bytes(idx(labels))
    with refused(key):
        load(tmp_path / "images.idx")


def test_labels_are_named_with_their_sample(tmp_path: Path) -> None:
    contents = small_set()
    contents[3] = idx(np.array([1, 4], "u1"))
    write_set(tmp_path, contents)
    with refused("data.label_range", row=2, found=4, top=3):  # the training part has 0..3
        load(tmp_path)


def test_files_that_are_missing_or_too_many(tmp_path: Path) -> None:
    contents = small_set()
    (tmp_path / FILES[1]).write_bytes(contents[1])
    with refused("data.idx_folder", path=tmp_path, count=0):
        load(tmp_path)
    with refused("data.idx_name", path=tmp_path / FILES[1]):
        load(tmp_path / FILES[1])
    (tmp_path / FILES[1]).unlink()
    (tmp_path / FILES[0]).write_bytes(contents[0])
    with refused("data.idx_no_labels", path=tmp_path / FILES[0]):
        load(tmp_path)
    (tmp_path / "images.idx").write_bytes(contents[0])
    with refused("data.idx_folder", count=2):
        load(tmp_path)
