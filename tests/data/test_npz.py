"""NPZ files, honest and hostile."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from chainrule.data import Scaling, load
from chainrule.data import npz as npz_module
from chainrule.data.npz import load_inputs, read_npz
from chainrule.errors import DataError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "set.npz"


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text: str, content: bytes = b"", length: int | None = None) -> bytes:
    """The bytes of a .npy file with a header of one's own."""
    line = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + (length or len(line)).to_bytes(2, "little") + line + content


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.arange(6, dtype=">f4"),
    np.arange(6, dtype=np.float16),
    np.array(7, np.int8),
    np.zeros((0, 4), np.uint16),
    np.array([True, False]),
    np.array(["猫", "longer"]),
    np.array(["猫", "x"], ">U3"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_they_were(path: Path, array: np.ndarray, save) -> None:
    save(path, X=array, other=np.array([object()]))
    found = read_npz(path, {"x"})
    assert found.keys() == {"x"}
    assert found["x"].dtype == array.dtype
    np.testing.assert_array_equal(found["x"], array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_format(path: Path, version) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.arange(3.0), version=version)
    np.testing.assert_array_equal(read_npz(archive(path, x=stream.getvalue()), {"x"})["x"], [0, 1, 2])


def test_samples(path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    np.savez(path, x=x, y=y)
    data = load(path)
    np.testing.assert_array_equal(data.train.x, x)
    np.testing.assert_array_equal(data.train.y, y)
    assert data.test is None
    assert (data.info.name, data.info.classes, data.info.scaling) == ("set", ("0", "1"), None)
    np.testing.assert_array_equal(load_inputs(path), x)


def test_parts_named_as_usual(path: Path) -> None:
    x, y = np.random.default_rng(0).integers(0, 256, (100, 8, 8), np.uint8), np.arange(100) % 10
    np.savez_compressed(path, x_train=x[:70], y_train=y[:70], x_test=x[70:], y_test=y[70:])
    data = load(path)
    assert data.test is not None
    assert data.train.x.dtype == np.uint8
    np.testing.assert_array_equal(data.train.x, x[:70].reshape(70, 64))
    np.testing.assert_array_equal(data.test.y, y[70:])
    assert data.info.image == (8, 8)
    assert data.info.scaling == Scaling.fixed(0.0, 1 / 255)
    np.testing.assert_array_equal(load_inputs(path), data.test.x)


def test_without_a_test_part_a_fifth_is_held_out(path: Path) -> None:
    np.savez(path, x=np.arange(100.0)[:, None], y=np.arange(100) % 2)
    data = load(path)
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (80, 20)


def test_classes_may_be_named(path: Path) -> None:
    np.savez(path, x=np.ones((4, 2)), y=[0, 1, 2, 1], classes=["cat", "dog", "none seen"])
    assert load(path).info.classes == ("cat", "dog", "none seen")
    np.savez(path, x=np.ones((4, 2)), y=["dog", "cat", "cat", "dog"], classes=["dog", "cat"])
    np.testing.assert_array_equal(load(path).train.y, [0, 1, 1, 0])


@pytest.mark.parametrize(
    "arrays",
    [{"a": [1], "b": [2]}, {"x": [[1]]}, {"y": [1]}, {"x": [[1]], "y": [1], "x_test": [[1]]}, {}],
)
def test_other_names_are_refused_and_listed(path: Path, arrays) -> None:
    np.savez(path, **arrays)
    with refused("data.npz_names", path=path, found=", ".join(arrays) or "-"):
        load(path)


def test_inputs_without_x(path: Path) -> None:
    np.savez(path, inputs=np.ones((2, 2)))
    with refused("data.npz_names", found="inputs"):
        load_inputs(path)


def test_samples_that_do_not_fit_are_named_with_their_file(path: Path) -> None:
    np.savez(path, x=np.ones((3, 2)), y=[0, 1])
    with refused("data.in_file", path=path):
        load(path)
    np.savez(path, x=np.ones(3))
    with refused("data.in_file", path=path):
        load_inputs(path)


# Hostile files


class Bomb:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_is_ever_unpickled(path: Path, tmp_path: Path) -> None:
    sign = tmp_path / "unpickled"
    np.savez(path, x=np.array([[Bomb(sign)]], object), y=[0])
    with refused("data.npz_member", name="x"):
        load(path)
    assert not sign.exists()


FLOATS = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }"
MEMBERS = [
    ("data.npz_member", b""),
    ("data.npz_member", b"\x93NUMPY\x09\0" + bytes(50)),
    ("data.npz_member", npy(np.array([1 + 2j]))),
    ("data.npz_member", npy(np.array([b"bytes"]))),
    ("data.npz_member", npy(np.array(["2020"], "M8[D]"))),
    ("data.npz_member", npy(np.zeros(2, [("a", "f8")]))),
    ("data.npz_member", header("{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': ()}")),
    ("data.npz_member", header(FLOATS % "-1,")),
    ("data.npz_member", header(FLOATS % ("1, " * 70), bytes(8))),
    ("data.npz_member", header(FLOATS % "0, 99999999999, 99999999999")),
    ("data.npz_member", header(FLOATS.replace("<f8", "<U1") % "1,", b"\xff\xff\xff\x7f")),
    ("data.npz_member", header(" " * 5000 + FLOATS % "1,", bytes(8))),
    ("data.npz_claims", header(FLOATS % "3,", bytes(8))),
    ("data.npz_claims", header(FLOATS % "3,", bytes(80))),
    ("data.npz_claims", header(FLOATS % "999999999999, 999999999999")),
    ("data.npz_damaged", b"\x93NUMPY\1\0\x05"),
]


@pytest.mark.parametrize(("key", "content"), MEMBERS)
def test_arrays_that_lie_are_refused(path: Path, key: str, content: bytes) -> None:
    with refused(key, path=path):
        load(archive(path, x=content, y=npy(np.array([0]))))


def test_a_header_that_lies_is_met_with_both_sizes(path: Path) -> None:
    for there in (8, 80):
        with refused("data.npz_claims", name="x", expected=24, found=there):
            load_inputs(archive(path, x=header(FLOATS % "3,", bytes(there))))


def test_a_directory_that_lies_about_a_size(path: Path) -> None:
    content = header(FLOATS % "3,", bytes(8))
    archive(path, x=content)
    claimed = (len(content) + 16).to_bytes(4, "little")
    raw = path.read_bytes().replace(len(content).to_bytes(4, "little"), claimed)
    path.write_bytes(raw)
    with refused("data.npz_claims", expected=24, found=8):
        load_inputs(path)


def test_bombs_are_not_opened(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("x.npy", "w") as member:
        for _ in range(80):
            member.write(bytes(1 << 20))
    with refused("data.npz_bomb", path=path, packed=path.stat().st_size, size=80 << 20):
        load(path)


def test_more_than_memory_is_meant_for(path: Path) -> None:
    np.savez(path, x=np.ones((10, 10)))
    with refused("data.too_large", limit=500):
        read_npz(path, {"x"}, max_bytes=500)


def test_the_same_name_twice(path: Path) -> None:
    np.savez(path, x=np.ones((2, 2)), X=np.ones((2, 2)), y=[0, 1])
    with refused("data.npz_twice", name="x"):
        load(path)


def test_encrypted_members(path: Path) -> None:
    archive(path, x=npy(np.ones((2, 2))))
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        raw[raw.index(signature) + offset] |= npz_module.ENCRYPTED
    path.write_bytes(raw)
    with refused("data.npz_encrypted", name="x"):
        load_inputs(path)


def test_damaged_files(path: Path) -> None:
    path.write_bytes(b"")
    with refused("data.npz_damaged"):
        load(path)
    path.write_bytes(b"x,y\n1,2\n")
    with refused("data.npz_damaged"):
        load(path)
    np.savez_compressed(path, x=np.random.default_rng(0).normal(size=(50, 4)), y=np.arange(50) % 2)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with refused("data.npz_damaged"):
        load(path)


def test_no_flipped_byte_passes_unseen_or_unexplained(path: Path) -> None:
    """Whatever byte is wrong: an error in words, or the arrays that were saved."""
    x = np.random.default_rng(0).normal(size=(5, 4))
    np.savez_compressed(path, x=x)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            found = load_inputs(path)
        except DataError:
            continue
        np.testing.assert_array_equal(found, x)


def test_files_that_are_not_there(path: Path, tmp_path: Path) -> None:
    with refused("data.unreadable", path=path):
        load_inputs(path)
    with refused("data.unreadable", path=tmp_path):
        load_inputs(tmp_path)
