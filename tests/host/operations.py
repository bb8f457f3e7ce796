"""Every public operation as a row: what it does with a few samples, and a text that tells its result."""

from __future__ import annotations

import hashlib
import random
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr

Operation = Callable[[Path], object]
OPERATIONS: dict[str, Operation] = {}
RAISING: dict[str, Operation] = {}
"""Those that end with an exception, in the middle of their work where they can."""

DRAWN = np.random.default_rng(0)
X, Y = DRAWN.normal(size=(96, 6)), np.arange(96) % 3
PICTURES = DRAWN.integers(0, 255, (96, 8, 8)).astype(np.uint8)
NET = cr.Network(6, cr.Dense(5, "tanh"), cr.Dense(3, "softmax"))
SETTINGS: Any = {"epochs": 3, "batch_size": 8, "seed": 5}
CALLBACK = ZeroDivisionError("a callback's own")
_model: list[cr.Model] = []
_lock = threading.Lock()


def bits(model: cr.Model) -> str:
    digest = hashlib.sha256()
    for name, array in model.parameters.items():
        digest.update(name.encode() + array.tobytes())
    return digest.hexdigest()


def model() -> cr.Model:
    """One that all threads share."""
    with _lock:
        if not _model:
            _model.append(NET.fit((X, Y), engine="numpy", **SETTINGS))
    return _model[0]


def operation(function: Operation) -> Operation:
    OPERATIONS[function.__name__] = function
    return function


def raising(function: Operation) -> Operation:
    RAISING[function.__name__] = function
    return function


@operation
def fit_numpy(folder: Path) -> object:
    return bits(NET.fit((X, Y), engine="numpy", **SETTINGS))


@operation
def fit_native(folder: Path) -> object:
    return bits(NET.fit((X, Y), engine="native", threads=2, **SETTINGS))


@operation
def fit_watched(folder: Path) -> object:
    settings = {**SETTINGS, "ema": 0.9, "patience": 1, "input_noise": 0.1, "progress": lambda state: None}
    return bits(NET.fit((X, Y), validation=(X[:20], Y[:20]), engine="numpy", **settings))


@operation
def fit_distorted(folder: Path) -> object:
    net = cr.Network(64, cr.Dense(4, "relu"), cr.Dense(3, "softmax"))
    return bits(net.fit((PICTURES, Y), distort="rotate shift", engine="numpy", **SETTINGS))


@operation
def fit_weighted(folder: Path) -> object:
    return bits(NET.fit((X, Y), sample_weight=np.abs(X[:, 0]), norm="batch", engine="numpy", **SETTINGS))


@operation
def predict(folder: Path) -> object:
    return model().predict(X).tobytes()


@operation
def outputs(folder: Path) -> object:
    """Other samples in each thread, so that one of them would show in another's."""
    mine = np.random.default_rng(threading.get_ident() % 1000).normal(size=(300, 6))
    own = replace(model())  # which shares nothing but the parameters
    for _ in range(20):
        assert model().outputs(mine).tobytes() == own.outputs(mine).tobytes()
    return None


@operation
def evaluate(folder: Path) -> object:
    return repr(model().evaluate((X, Y)).to_dict())


@operation
def save_and_load(folder: Path) -> object:
    path = folder / f"{random.SystemRandom().getrandbits(60)}.safetensors"
    model().save(path)
    return bits(cr.load(path))


@operation
def to_python(folder: Path) -> object:
    return model().to_python(), NET.to_python("adam")


@operation
def derive(folder: Path) -> object:
    document = NET.derive(notation="han", lang="zh")
    return document.markdown(), document.latex(), document.terminal()


@operation
def derive_html(folder: Path) -> object:
    return NET.derive(level="rule").html()


@operation
def trace(folder: Path) -> object:
    traced = NET.trace(X[:2], np.eye(3)[Y[:2]])
    return traced["delta1"].tobytes()


@operation
def check_gradients(folder: Path) -> object:
    return NET.check_gradients(most=20).ok


@operation
def check_formula(folder: Path) -> object:
    return cr.check_formula("(W2.T @ delta2) * (1 - a1**2)", of="delta1", network=NET).verdict


def squares(w: Any) -> tuple[float, Any]:
    return float(np.sum(np.square(w))), 2 * w


@operation
def check_function(folder: Path) -> object:
    return cr.check_function(squares, np.arange(3.0)).verdict


@operation
def read_a_table(folder: Path) -> object:
    path = folder / f"{random.SystemRandom().getrandbits(60)}.csv"
    path.write_text("a,b,t\n" + "1,2,u\n3,1e300,v\n5,1e-300,w\n" * 20)
    return cr.datasets.load(path).train.x.tobytes()


@operation
def read_a_picture(folder: Path) -> object:
    from PIL import Image

    from chainrule.data.images import read_grey

    path = folder / f"{random.SystemRandom().getrandbits(60)}.png"
    Image.fromarray(PICTURES[0]).save(path)
    return read_grey(path).tobytes()


@operation
def picture(folder: Path) -> object:
    return NET.trace(X[:1], np.eye(3)[Y[:1]]).picture()


@raising
def a_callback_in_the_middle(folder: Path) -> object:
    calls = iter(range(3))

    def progress(state: object) -> None:
        if next(calls) == 2:
            raise CALLBACK

    return NET.fit((X, Y), engine="numpy", progress=progress, **SETTINGS)


@raising
def a_callback_of_distorted_pictures(folder: Path) -> object:
    def progress(state: object) -> None:
        raise CALLBACK

    net = cr.Network(64, cr.Dense(3, "softmax"))
    settings = {**SETTINGS, "input_noise": 0.1}
    return net.fit((PICTURES, Y), distort="rotate", engine="native", progress=progress, **settings)


@raising
def divergence(folder: Path) -> object:
    return cr.Network(6, 5, 1).fit((X, X[:, 0]), lr=1e30, engine="numpy", **SETTINGS)


@raising
def an_unknown_class(folder: Path) -> object:
    return model().evaluate((X, Y + 7))


@raising
def inputs_beyond(folder: Path) -> object:
    return model().predict(X * 1e300)


@raising
def no_folder(folder: Path) -> object:
    return model().save(folder / "none" / "m.safetensors")


@raising
def a_folder_as_a_model(folder: Path) -> object:
    return cr.load(folder)


@raising
def no_text(folder: Path) -> object:
    path = Path(tempfile.mkdtemp(dir=folder)) / "a.csv"
    path.write_bytes(b"\xff\xfe\x00")
    return cr.datasets.load(path)


@raising
def a_bad_gradient_check(folder: Path) -> object:
    return NET.check_gradients(X * np.nan)


@raising
def a_bad_derivation(folder: Path) -> object:
    return NET.derive(lang="zh", level="none")
