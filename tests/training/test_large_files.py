"""Inputs that stay in their file: the same numbers as in memory, to the last bit, and less memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from run_files import assert_goes_on

from chainrule.data import idx as idx_module
from chainrule.data import load, npy, rows
from chainrule.data.dataset import Dataset, Scaling, digest_of
from chainrule.data.npz import load_inputs
from chainrule.data.rows import Rows, parts
from chainrule.engines import feed as feed_module
from chainrule.errors import DataError, UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer

N, D = 300, 64


@pytest.fixture
def in_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file of inputs counts as large, and is gone through in small pieces."""
    monkeypatch.setattr(npy, "MAPPED_FROM", 1)
    monkeypatch.setattr(idx_module, "MAPPED_FROM", 1)
    monkeypatch.setattr(feed_module, "STRETCH", 3 * 32 * D)


def arrays(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, N)
    x = rng.integers(0, 200, (N, 8, 8), np.uint8)
    x[np.arange(N), y] += 50
    if kind == "pictures":
        return x, y
    table = x.reshape(N, D).astype(kind)
    return table, table[:, :2].astype(float) / 7 if kind == "<i2" else y


def written(folder: Path, form: str, kind: str) -> Path:
    """A data set in a file or folder of that form."""
    x, y = arrays(kind)
    if form == "npz":
        np.savez(folder / "set.npz", x=x, y=y)
        return folder / "set.npz"
    if form == "npy":
        np.save(folder / "x.npy", x)
        np.save(folder / "y.npy", y)
        return folder
    for name, array in (("images-idx3", x), ("labels-idx1", y.astype(np.uint8))):
        sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
        (folder / f"train-{name}-ubyte").write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
    return folder


FORMS = [
    ("npz", "pictures"),
    ("npy", "pictures"),
    ("idx", "pictures"),
    ("npz", ">f4"),
    ("npy", "<f8"),
    ("npz", "<i2"),
]


def both(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Dataset, Dataset]:
    """The data set of a path, read into memory and left in its file."""
    monkeypatch.undo()
    memory = load(path)
    monkeypatch.setattr(npy, "MAPPED_FROM", 1)
    monkeypatch.setattr(idx_module, "MAPPED_FROM", 1)
    monkeypatch.setattr(feed_module, "STRETCH", 3 * 32 * D)
    return memory, load(path)


def trained(data: Dataset, engine: str, **settings: object) -> Trainer:
    split = data.split(0.1)
    kind = (
        (Dense(9, "tanh", norm="batch"), Dense(3, "softmax"))
        if data.info.classes
        else (Dense(9, "tanh"), Dense(2, "identity"))
    )
    recipe = replace(Recipe(epochs=2, batch_size=32), **settings)
    trainer = Trainer(
        NetworkDefinition(D, kind), split.train, recipe, validation=split.validation, engine=engine
    )
    trainer.run()
    return trainer


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_the_data_set_is_the_same(tmp_path: Path, monkeypatch, form: str, kind: str) -> None:
    memory, file = both(written(tmp_path, form, kind), monkeypatch)
    assert memory.info == replace(file.info, scaling=memory.info.scaling)
    assert memory.info.digest is not None
    assert memory.info.digest == file.info.digest
    for here, there in (
        (memory.train, file.train),
        (memory.test, file.test),
        (memory.everything, file.everything),
    ):
        assert isinstance(there.x, Rows)
        assert (here.x.shape, here.x.dtype) == (there.x.shape, there.x.dtype)
        assert_array_equal(np.asarray(there.x), here.x)
        assert_array_equal(there.y, here.y)
    for here, there in zip(
        memory.split(0.2, seed=3, samples=99), file.split(0.2, seed=3, samples=99), strict=True
    ):
        assert_array_equal(np.asarray(there.x), here.x)
        assert digest_of(here) == digest_of(there)


@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_training_gives_the_same_bits(tmp_path: Path, monkeypatch, form: str, kind: str, engine: str) -> None:
    memory, file = (trained(data, engine) for data in both(written(tmp_path, form, kind), monkeypatch))
    assert memory.history == file.history
    for name, w in memory.model.parameters.items():
        assert_array_equal(file.model.parameters[name], w)
    test = load(tmp_path / "set.npz" if form == "npz" else tmp_path).test
    assert file.model.evaluate(test).loss == memory.model.evaluate(test).loss


@pytest.mark.usefixtures("in_file")
def test_a_run_stopped_within_a_stretch_goes_on_with_the_same_samples(tmp_path: Path) -> None:
    train = load(written(tmp_path, "npz", "<f8")).train
    net = NetworkDefinition(D, (Dense(3, "softmax"),))
    assert_goes_on(lambda: Trainer(net, train, Recipe(epochs=2), engine="numpy"), 5)


@pytest.mark.usefixtures("in_file")
def test_what_is_chosen_stays_in_the_file(tmp_path: Path) -> None:
    x, _ = arrays("<f8")
    train = load(written(tmp_path, "npy", "<f8")).everything
    assert isinstance(train.x, Rows)
    order = np.random.default_rng(1).permutation(N)
    chosen = train.take(order).take(slice(5, 50)).x
    assert isinstance(chosen, Rows)
    assert chosen.content is train.x.content
    expected = np.asarray(train.x)[order][5:50]
    assert_array_equal(chosen[:], expected)
    assert_array_equal(chosen[np.array([3, 3, 0])], expected[[3, 3, 0]])
    assert_array_equal(np.sort(np.asarray(train.x), axis=0), np.sort(x, axis=0))


@pytest.mark.usefixtures("in_file")
def test_inputs_of_new_samples(tmp_path: Path) -> None:
    path = written(tmp_path, "npz", ">f4")
    assert_array_equal(np.asarray(load_inputs(path)), arrays(">f4")[0])


@pytest.mark.usefixtures("in_file")
def test_pictures_in_a_file_are_not_distorted(tmp_path: Path) -> None:
    train = load(written(tmp_path, "idx", "pictures")).train
    with pytest.raises(UsageError) as caught:
        Trainer(NetworkDefinition(D, (Dense(3, "softmax"),)), train, Recipe(distort="shift"))
    assert caught.value.key == "training.pictures_in_file"


# What is wrong with a file


@pytest.mark.usefixtures("in_file")
def test_a_number_that_is_not_finite(tmp_path: Path, monkeypatch) -> None:
    x, y = arrays("<f8")
    x[200, 7] = np.nan
    monkeypatch.setattr(rows, "PART", 1000)
    np.savez(tmp_path / "set.npz", x=x, y=y)
    with pytest.raises(DataError, match=r"\[200, 7\]"):
        load(tmp_path / "set.npz")


@pytest.mark.usefixtures("in_file")
def test_damage_in_an_archive_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, "npz", "pictures")
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load(path)
    assert caught.value.key == "data.npz_damaged"


@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.usefixtures("in_file")
def test_files_of_another_length_than_they_say(tmp_path: Path, change: int) -> None:
    for form, name, keys in (
        ("npy", "x.npy", {"data.npy_claims"}),
        ("idx", "train-images-idx3-ubyte", {"data.idx_claims", "data.idx_trailing"}),
    ):
        folder = tmp_path / form
        folder.mkdir()
        written(folder, form, "pictures")
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:change] if change < 0 else content + b"\0")
        with pytest.raises(DataError) as caught:
            load(folder)
        assert caught.value.key in keys


# Scaling part by part


@pytest.mark.parametrize("part", [1, 7, 50, 10_000])
def test_scaling_part_by_part_is_that_of_the_whole(monkeypatch, part: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)) * [1, 1e-3, 1e200, 0] + [5, 1e3, 0, 3]
    monkeypatch.setattr(rows, "PART", part * 4)
    found = Scaling.standardising(x)
    unit = 2.0 ** np.floor(np.log2(np.abs(x).max(axis=0)))
    deviation = (x / unit).std(axis=0) * unit
    assert_array_equal(found.shift, (x / unit).mean(axis=0) * unit)
    assert_array_equal(found.factor[:3], 1 / deviation[:3])
    assert found.factor[3] == 1


def test_parts_are_all_rows_in_order(monkeypatch) -> None:
    monkeypatch.setattr(rows, "PART", 10)
    x = np.arange(84.0).reshape(28, 3)
    pieces = list(parts(x))
    assert {len(piece) for piece in pieces} == {3, 1}
    assert_array_equal(np.concatenate(pieces), x)


# Memory

CHILD = """
import json, resource, sys, time
import numpy as np
path, limit = sys.argv[1], int(sys.argv[2])
from chainrule.data import load
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
if limit:
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
else:
    from chainrule.data import npy
    npy.MAPPED_FROM = 1 << 40
split = load(path).split(0.1)
net = NetworkDefinition(784, (Dense(32, "relu"), Dense(10, "softmax")))
trainer = Trainer(net, split.train, Recipe(epochs=1, batch_size=64), validation=split.validation)
trainer.run()
sums = {name: w.tobytes().hex()[:4000] for name, w in trainer.model.parameters.items()}
print(json.dumps({"sums": sums, "seconds": trainer.seconds, "in_file": type(split.train.x).__name__}))
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs the limit of a process's memory as Linux has it")
def test_a_file_of_twice_the_memory_allowed(tmp_path: Path) -> None:
    limit = 256 << 20
    count = 2 * limit // 784 + 1
    rng = np.random.default_rng(0)
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (count, 28, 28))
    y = rng.integers(0, 10, count)
    for first in range(0, count, 100_000):
        part = x[first : first + 100_000]
        part[...] = rng.integers(0, 256, part.shape, np.uint8)
        part[np.arange(len(part)), y[first : first + 100_000]] = 255
    x.flush()
    del x
    np.save(tmp_path / "y.npy", y)
    found = []
    for bound in (limit, 0):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path), str(bound)],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "2"},
            check=True,
        )
        found.append(json.loads(done.stdout))
    assert [each["in_file"] for each in found] == ["Rows", "ndarray"]
    assert found[0]["sums"] == found[1]["sums"]


TABLE_CHILD = """
import re, resource, sys
from pathlib import Path
from chainrule.data import load, rows
from chainrule.engines import feed
from chainrule.network import Dense, NetworkDefinition
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
few, many, more = *sys.argv[1:3], int(sys.argv[3])
rows.MAPPED_FROM, rows.PART, feed.STRETCH = 1 << 20, 1 << 16, 1 << 16
def trained(path):
    split = load(path).split(0.1)
    net = NetworkDefinition(split.train.x.shape[1], (Dense(3, "softmax"),))
    trainer = Trainer(net, split.train, Recipe(epochs=1), validation=split.validation, engine="numpy")
    trainer.run()
    return trainer
trained(few)
held = int(re.search(r"VmData:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (held + more, held + more))
trainer = trained(many)
print(type(trainer.train.x).__name__, len(trainer.train), trainer.history[-1].validation_accuracy)
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs the limit of a process's memory as Linux has it")
@pytest.mark.parametrize(
    ("form", "count", "features", "more"),
    [
        ("csv", 34_000, 40, 12 << 20),
        pytest.param("parquet", 64_000, 100, 24 << 20, marks=pytest.mark.heavy),
    ],
)
def test_a_table_of_twice_the_memory_that_is_left(
    form: str, count: int, features: int, more: int, tmp_path: Path
) -> None:
    """A process that has trained on a small table may take so many bytes more for a large one."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{size}.{form}" for size in (6000, count)]
    for path in paths:
        y = rng.integers(0, 3, int(path.stem))
        x = rng.integers(0, 100, (len(y), features)) / 100
        x[np.arange(len(y)), y] += 2
        table = {**{f"x{j}": column for j, column in enumerate(x.T)}, "y": y}
        if form == "csv":
            cells = np.column_stack([*table.values()])
            np.savetxt(path, cells, "%.16f", ",", header=",".join(table), comments="")
        else:
            import pyarrow
            from pyarrow import parquet

            plain = {"row_group_size": 4000, "compression": "none", "use_dictionary": False}
            parquet.write_table(pyarrow.table(table), path, **plain)
    assert paths[1].stat().st_size > 2 * more
    done = subprocess.run(
        [sys.executable, "-c", TABLE_CHILD, *map(str, paths), str(more)],
        capture_output=True,
        text=True,
        # of pyarrow's pools of memory the one that takes from the system only what it holds; how many
        # threads pyarrow has at once is left to chance, so they share one arena
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "1",
        },
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["Rows", str(count * 72 // 100), "1.0"]  # of the rest a test part
