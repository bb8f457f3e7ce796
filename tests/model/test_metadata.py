"""What a model file says of itself, with a right checksum: it is a model that works, or is refused, and takes
no more memory or time than the file's size explains."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.data import load as load_data
from chainrule.data.dataset import Column, Info, Samples
from chainrule.errors import ChainruleError, ModelFileError
from chainrule.model import NO_DIGEST, Model, load
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer

JUNK: list[Any] = [
    *(None, 5, -1, 0, 1, 1e-6, 0.5, 1e308, -1e308, float("nan"), float("inf"), 10**400, True, "", "x", "ab"),
    *([], {}, [1, 64], [64, 1], [8, 8], [-8, -8], [8.0, 8.0], [True, 64], ["a"], [None], {"a": 1}, [[[[]]]]),
    *([["a", None]], [["a", []]], "0" * 64, "x" * 10**6, "\udc80", "\x1b[2J"),
]


def _trained(text: str, samples: Samples) -> Model:
    return Trainer(parse_shorthand(text), samples, Recipe(1, 16), validation=samples).run()


def _models() -> dict[str, Model]:
    digits = load_data("digits").train
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.random((40, 2)), np.eye(3)[rng.integers(3, size=40)]])
    columns = (Column("length"), Column("width"), Column("colour", ("red", "green", "blue")))
    table = Samples(x, rng.random((40, 2)), Info("t.csv", None, columns, ("p", "q"), digest="0f" * 32))
    return {
        "pictures": _trained("64-3-10", digits.take(np.arange(40))),
        "table": _trained("5-2:relu-2:identity", table),
    }


@pytest.fixture(scope="module")
def models() -> dict[str, bytes]:
    return {name: model.to_bytes() for name, model in _models().items()}


def _table(content: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header, the table in it, and the tensors behind."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    return header, json.loads(header["__metadata__"]["chainrule"]), content[8 + size :]


def _sealed(header: dict[str, Any], table: dict[str, Any], tensors: bytes) -> bytes:
    """A file of that table with the right checksum."""
    table = {"sha256": NO_DIGEST, **{name: value for name, value in table.items() if name != "sha256"}}
    others = {name: value for name, value in header.items() if name != "__metadata__"}
    whole = {"__metadata__": {"chainrule": json.dumps(table)}, **others}
    text = json.dumps(whole, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    content = len(text).to_bytes(8, "little") + text + tensors
    return content.replace(NO_DIGEST.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a table, whole parts too; of lists the first entry."""
    if way:
        yield way
    inside: dict[Any, Any] = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inside = dict(enumerate(value[:1]))
    for key, each in inside.items():
        yield from _places(each, (*way, key))


def _changed(table: dict[str, Any], way: tuple[Any, ...], junk: Any) -> dict[str, Any]:
    changed = copy.deepcopy(table)
    part = changed
    for key in way[:-1]:
        part = part[key]
    part[way[-1]] = junk
    return changed


def works_or_refuses(path: Path, picture: Path, folder: Path) -> str:
    """What became of a model file: refused when it is read, or a model that answers or refuses."""
    from chainrule.data.images import read_inputs

    try:
        model = load(path)
    except ModelFileError as error:
        _check_said(error)
        return "refused"
    repr(model)
    x = np.ones((3, model.net.inputs))
    y = np.zeros(3, int) if model.info.classes else np.zeros((3, model.net.outputs))
    for work in (
        lambda: model.predict(x),
        lambda: model.probabilities(x),
        lambda: model.evaluate((x, y)),
        lambda: model.predict(read_inputs(picture, model.info, model.scaling)),
        model.to_python,
        model.to_bytes,
        lambda: model.save(folder / "again.safetensors"),
        lambda: load(folder / "again.safetensors"),
    ):
        try:
            work()
        except ChainruleError as error:
            _check_said(error)
    return "works"


def _check_said(error: ChainruleError) -> None:
    assert 0 < len(str(error)) < 5000


@pytest.mark.long
@pytest.mark.parametrize("kind", ["pictures", "table"])
@pytest.mark.parametrize("part", ["network", "targets", "info", "history", "rest"])
def test_each_part_of_the_metadata_may_be_anything(models, kind: str, part: str, tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    page = np.full((60, 60), 230, np.uint8)
    page[10:50, 25:30] = 20
    Image.fromarray(page).save(picture)
    header, table, tensors = _table(models[kind])
    path = tmp_path / "m.safetensors"
    parts = ("network", "targets", "info", "history")
    found = set()
    for way in _places(table):
        if (way[0] if way[0] in parts else "rest") != part or way == ("sha256",):
            continue
        for junk in JUNK:
            path.write_bytes(_sealed(header, _changed(table, way, junk), tensors))
            found.add(works_or_refuses(path, picture, tmp_path))
    assert "refused" in found or (kind, part) == ("table", "targets")


CRAFTED = {
    "long pictures": {"info": {"image": [1, 64]}},
    "no ink": {"info": {"ink_share": 0}},
    "little ink": {"info": {"image": [8, 8], "ink_share": 1e-6}},
    "ink without end": {"info": {"image": [8, 8], "ink_share": 1e300}},
    "many inputs": {"network": {"inputs": 1_000_000}},
    "many units": {"network": {"layers": [{"units": 1_000_000, "activation": "relu"}, {"units": 10}]}},
    "many layers": {"network": {"layers": [{"units": 1}] * 10_000}},
    "more layers": {"network": {"layers": [{"units": 1}] * 200_000}},
}


def test_crafted_files_take_no_more_memory_than_others(models, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no limits of a process")
    Image.fromarray(np.tile(np.uint8([20, 230, 230, 230]), (40, 10))).save(tmp_path / "p.png")
    header, original, tensors = _table(models["pictures"])
    for name, changes in CRAFTED.items():
        table = copy.deepcopy(original)
        for part, values in changes.items():
            table[part].update(values)
        (tmp_path / name).write_bytes(_sealed(header, table, tensors))
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import test_metadata as t;"
        "print(*(t.works_or_refuses(Path(name), Path('p.png'), Path()) for name in t.CRAFTED))"
    )

    def limited() -> None:
        addresses = 3 << 30  # of which libraries take many
        resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
        resource.setrlimit(resource.RLIMIT_CPU, (100, 100))

    ran = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    works = {"long pictures", "little ink"}
    assert ran.stdout.split() == ["works" if name in works else "refused" for name in CRAFTED]
