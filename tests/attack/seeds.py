"""What the targets begin with: small files and texts that are right, made here."""

from __future__ import annotations

import gzip
import io
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from idx_files import idx
from mutators import packed, zipped

import small_samples
from chainrule.api import Network
from chainrule.data import load
from chainrule.data.dataset import Column, Dataset, Info, Samples
from chainrule.model import Model
from chainrule.network import Dense, NetworkDefinition
from chainrule.notation import NOTATIONS
from chainrule.notation.notation import NUMBERED
from chainrule.reading import parse_shorthand, write_toml
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer
from chainrule.training.plan import Plan
from chainrule.training.run import Run

PICTURES = small_samples.pictures(12, 6)
SQUARES = replace(PICTURES, info=replace(PICTURES.info, ink_share=0.7))
TABLE = Samples(
    np.eye(6)[:, :3] + np.arange(6)[:, None],
    np.array([0, 1, 2, 0, 1, 2]),
    Info("table", ("a", "b", "c"), (Column("size"), Column("hue", ("red", "blue"))), ("kind",)),
)


def net(text: str, **settings: object) -> NetworkDefinition:
    """A network of the shorthand, with further settings."""
    plain = parse_shorthand(text)
    return NetworkDefinition(plain.inputs, plain.layers, **settings)  # type: ignore[arg-type]


def model(network: NetworkDefinition, samples: Samples) -> Model:
    """What one epoch gives."""
    trainer = Trainer(network, samples, Recipe(epochs=1, batch_size=4, validation=0), engine="numpy")
    trainer.run()
    return trainer.model


@lru_cache
def models() -> tuple[bytes, ...]:
    """Model files: of pictures, of a table, of numbers, with layers that are normalised."""
    normed = NetworkDefinition(3, (Dense(4, "tanh", norm="batch"), Dense(3)), penalties={"l2": 0.01})
    layered = NetworkDefinition(
        3, (Dense(3, "x*sigmoid(x)", norm="layer"), Dense(2, "identity")), dtype="float64"
    )
    found = (
        model(parse_shorthand("36-4-3"), SQUARES),
        model(parse_shorthand("3-2:relu-3"), TABLE),
        model(normed, small_samples.classes(12)),
        model(layered, small_samples.numbers(12, outputs=2)),
    )
    return tuple(each.to_bytes() for each in found)


PLAN = Plan(
    "xor",
    parse_shorthand("2-3-2"),
    Recipe(epochs=3, batch_size=2, validation=0, optimizer="adam"),
    engine="numpy",
)
COMMAND = ("chainrule", "train", "xor", "2-3-2")


def data() -> Dataset:
    """What PLAN is about."""
    return load("xor")


@lru_cache
def run_files(steps: int = 3) -> dict[str, bytes]:
    """The files of a run that was stopped after so many steps, by their paths in its folder."""
    with TemporaryDirectory() as folder:
        run = Run.begin(PLAN, data(), COMMAND, folder)
        run.go(stop=lambda: run.trainer.steps >= steps)
        files = [path for path in Path(folder).rglob("*") if path.is_file() and path.name != ".lock"]
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    for name in ("run.json", "history.jsonl"):  # without the clock, so that each time they are the same
        text = re.sub(r'"(seconds|samples_per_second)": [0-9.e-]+', r'"\1": 0.5', found[name].decode())
        found[name] = re.sub(r'"begun": "[^"]+"', '"begun": "2026-01-01T00:00:00+00:00"', text).encode()
    return found


def checkpoint() -> list[bytes]:
    """The last model, the best one and their digests, in one input."""
    return [packed([_file("model.safetensors"), _file("best.safetensors"), _file("SHA256SUMS")])]


def _file(name: str) -> bytes:
    return next(
        content
        for path, content in run_files().items()
        if path.startswith("checkpoints/") and path.endswith(name)
    )


def manifests() -> list[bytes]:
    return [_file("SHA256SUMS")]


def runs() -> list[bytes]:
    """run.json and history.jsonl in one input: of a run that was stopped, and of one that has its result."""
    return [packed([run_files(steps)[name] for name in ("run.json", "history.jsonl")]) for steps in (3, 1000)]


def tomls() -> list[bytes]:
    """Definitions as people and as the program write them."""
    written = write_toml(
        NetworkDefinition(3, (Dense(4, "leaky_relu:slope=0.2", norm="batch", dropout=0.5), Dense(2)), seed=7)
    )
    short = """
sizes = [2, 3, 2]
activations = ["sigmoid", "softmax"]
loss = "cross_entropy"

[penalties]
l2 = 0.01
"""
    long = """
inputs = 3
input_dropout = 0.1
dtype = "float64"
initializer = "he"
[[layers]]
units = 4
activation = "x * sigmoid(1.702 * x)"
[[layers]]
units = 1
activation = "identity"
[penalties]
l1 = 1e-3
"""
    return [each.encode() for each in (short, long, written)]


def formulas() -> list[bytes]:
    """What the derivations of a network print, each after the number of its notation."""
    found = []
    for number, name in enumerate(NOTATIONS):
        document = Network.parse("2-3-2").derive(notation=name)
        sides = [
            step.tex for formula in document.formulas() if formula.place == NUMBERED for step in formula.steps
        ]
        found += [f"{number}{side}".encode() for side in dict.fromkeys(sides)]
    return found


def csvs() -> list[bytes]:
    """Tables: of numbers and text, with other signs between, quotes, and a byte order mark."""
    return [
        b"a,b,kind\n" + b"".join(b"%d,%d.5,%s\n" % (i, i * i, b"xyz"[i % 3 : i % 3 + 1]) for i in range(9)),
        b'\xef\xbb\xbfsize;hue;value\r\n1.5;red;2\r\n2;"bl""ue";3\r\n3;red;4e3\r\n',
        b"x\ty\n1\t2\n-3e-5\t4\n5\t6\n",
    ]


def archives() -> list[bytes]:
    """NPZ files: numbers with classes, and pictures in two parts."""
    rng = np.random.default_rng(0)
    x, y = rng.random((6, 3)), np.arange(6) % 2
    pictures = rng.integers(0, 256, (4, 3, 3), np.uint8)
    text = np.array(["cat", "dog"])
    return [
        zipped([("x.npy", npy(x)), ("y.npy", npy(y))]),
        zipped([("X.npy", npy(pictures)), ("y.npy", npy(y[:4])), ("classes.npy", npy(text))]),
        zipped(
            [(f"{n}.npy", npy(a)) for n, a in (("x_train", x), ("y_train", x), ("x_test", x), ("y_test", x))]
        ),
    ]


def npy(array: np.ndarray) -> bytes:
    """An array as NumPy writes it."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def arrays() -> list[bytes]:
    """Inputs and targets as NPY files, in one input."""
    x, y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])
    return [
        packed([npy(x), npy(y)]),
        packed([npy(np.asfortranarray(x.astype(">f4"))), npy(np.array(["cat", "dog", "cat", "dog"]))]),
        packed([npy(np.zeros((4, 2, 2), np.uint8)), npy(np.eye(4))]),
    ]


def idxs() -> list[bytes]:
    """Pictures and their labels as IDX files, in one input."""
    images, labels = idx(np.zeros((4, 2, 2), np.uint8)), idx(np.array([0, 1, 0, 1], np.uint8))
    return [packed([images, labels]), packed([gzip.compress(images, 1, mtime=0), labels])]


def parquets() -> list[bytes]:
    """Tables of numbers, text and truth values."""
    import pyarrow
    from pyarrow import parquet

    tables = (
        {"a": [1, 2, 3, 4], "b": [0.5, 1.5, -3.0, 2.5], "kind": ["x", "y", "x", "y"]},
        {
            "day": [True, False, True],
            "x": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
            "y": [1.0, 2.0, 3.0],
        },
    )
    found = []
    for table in tables:
        out = io.BytesIO()
        parquet.write_table(pyarrow.table(table), out, compression="none")
        found.append(out.getvalue())
    return found


def images() -> list[bytes]:
    """Pictures of a stroke: grey, with a palette, with transparency, of 16 bits; JPEG."""
    from PIL import Image

    levels = np.full((24, 20), 230, np.uint8)
    levels[4:20, 9:12] = 20
    grey = Image.fromarray(levels)
    wide = Image.fromarray(levels.astype(np.uint16) * 257)
    alpha = Image.merge("LA", (Image.fromarray(np.zeros_like(levels)), Image.fromarray(255 - levels)))
    forms = (
        *(
            (grey, "PNG"),
            (grey.convert("P"), "PNG"),
            (alpha, "PNG"),
            (alpha.convert("RGBA"), "PNG"),
            (wide, "PNG"),
        ),
        *(
            (grey.convert("1"), "PNG"),
            (grey, "JPEG"),
            (grey.convert("RGB"), "JPEG"),
            (grey.convert("CMYK"), "JPEG"),
        ),
    )
    return [_written(image, form) for image, form in forms]


def _written(image: object, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)  # type: ignore[attr-defined]
    return out.getvalue()


def replies() -> list[bytes]:
    """What a server says, connection by connection: a file; half of it and the rest; that it is elsewhere."""
    body = gzip.compress(CONTENT, 1, mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    rest = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 20-%d/%d\r\nContent-Length: %d\r\n\r\n"
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\n\r\n" % (
        len(body),
        body,
    )
    size = len(body)
    return [
        packed([head % size + body]),
        packed([head % size + body[:20], rest % (size - 1, size, size - 20) + body[20:]]),
        packed(
            [
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/b\r\nContent-Length: 0\r\n\r\n",
                head % size + body,
            ]
        ),
        packed([chunks]),
        packed([b"HTTP/1.1 100 Continue\r\n\r\n" + chunks]),
    ]


CONTENT = bytes(range(100))
