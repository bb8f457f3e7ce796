"""What may be attacked: everything that reads what comes from outside. A row a target.

A target's function gets an input and a folder, and does with the input what users would. It raises
ChainruleError where that is refused; anything else that it raises, and any warning, is a fault.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import math
import os
import random
import re
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import mutators
import numpy as np
import seeds
from mutators import Mutator, packed, some_bytes, unpacked, words

from chainrule.errors import ChainruleError


class RefusedError(Exception):
    """An input is refused, though not by an exception; the text says why."""


class WrongError(Exception):
    """What an input gave is not what it should have given."""


@dataclass(frozen=True)
class Target:
    """reads: in some words, what. seeds: what it begins with. needs: a module without which it is left out.
    seconds: of the processor, that an answer may take. inputs: how many the ordinary tests try."""

    name: str
    reads: str
    seeds: Callable[[], Sequence[bytes]]
    mutate: Mutator
    function: Callable[[bytes, Path], None]
    needs: str | None = None
    seconds: float = 2.0
    inputs: int = 200


def expect(holds: object, what: str) -> None:
    """Raises WrongError with `what` where something does not hold."""
    if not holds:
        raise WrongError(what)


def text_of(data: bytes) -> str:
    """Bytes as text, as Python reads those of a command line."""
    return data.decode("utf-8", "surrogateescape")


def numbered(data: bytes) -> tuple[int, str]:
    """A text, and the number of a way to read it, which stands in front as a character from `0` on."""
    return (data[0] - ord("0")) % 256 if data else 0, text_of(data[1:])


def texts(*given: str) -> Callable[[], list[bytes]]:
    return lambda: [each.encode("utf-8", "surrogateescape") for each in given]


def put(place: Path, name: str, data: bytes) -> Path:
    path = place / name
    path.write_bytes(data)
    return path


# Saved models and runs.


def model_file(data: bytes, place: Path) -> None:
    from chainrule.data.images import read_inputs
    from chainrule.model import load

    model = load(put(place, "m.safetensors", data))
    path = place / "again.safetensors"
    model.save(path)
    expect(load(path).to_bytes() == path.read_bytes(), "a model that is saved again is another one")
    x = np.linspace(-1, 1, 3 * model.net.inputs).reshape(3, -1)
    with contextlib.suppress(ChainruleError):
        ast.parse(model.to_python())
    with contextlib.suppress(ChainruleError):
        read_inputs(put(place, "stroke.png", seeds.images()[0]), model.info, model.scaling)
    outputs = model.outputs(x)
    expect(outputs.shape == (3, model.net.outputs), "outputs of another shape")
    predicted = model.predict(x)
    expect(len(predicted) == 3, "not one answer a row")
    if model.info.classes is not None:
        shares = model.probabilities(x)
        expect(
            not np.isfinite(outputs).all() or np.allclose(shares.sum(axis=1), 1),
            "shares that do not add up to 1",
        )
    model.evaluate((x, predicted))


def checkpoint_folder(data: bytes, place: Path) -> None:
    from chainrule.training.run import Run

    parts = [*unpacked(data), b"", b"", b""][:3]
    names = ("model.safetensors", "best.safetensors", "SHA256SUMS")
    folder = run_folder(place, dict(zip(names, parts, strict=True)))
    run = Run.take_up(folder, seeds.PLAN, seeds.data(), seeds.COMMAND)
    result = run.go()
    expect(result["epochs"] == seeds.PLAN.recipe.epochs, "a run that ends elsewhere")


def run_folder(place: Path, checkpoint: dict[str, bytes]) -> Path:
    """A folder with the files of a run, and what is given as its checkpoint."""
    folder = place / "run"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "checkpoints" / "step-3").mkdir(parents=True)
    for name in ("run.json", "network.toml", "history.jsonl"):
        put(folder, name, seeds.run_files()[name])
    for name, content in checkpoint.items():
        put(folder / "checkpoints" / "step-3", name, content)
    return folder


def with_manifest(data: bytes, rng: random.Random) -> bytes:
    """A checkpoint in which something is changed, and the digests mostly fit again."""
    found = unpacked(mutators.several(mutators.model_file, mutators.model_file, some_bytes)(data, rng))
    if len(found) == 3 and rng.random() < 0.9:
        names = ("model.safetensors", "best.safetensors")
        lines = [
            f"{hashlib.sha256(each).hexdigest()}  {name}\n" for each, name in zip(found, names, strict=False)
        ]
        found[2] = "".join(lines).encode()
    return packed(found)


def manifest(data: bytes, place: Path) -> None:
    from chainrule.training.checkpoints import Checkpoints

    folder = place / "kept"
    if not folder.exists():
        run_folder(
            place,
            dict(
                zip(("model.safetensors", "best.safetensors"), unpacked(seeds.checkpoint()[0]), strict=False)
            ),
        )
        (place / "run").rename(folder)
    put(folder / "checkpoints" / "step-3", "SHA256SUMS", data)
    found, problems = Checkpoints(folder).read()
    expect(
        (found is not None) == (data == seeds.manifests()[0]),
        "digests that do not fit are taken, or those that do are not",
    )
    if problems:
        raise problems[0]


def run_json(data: bytes, place: Path) -> None:
    from chainrule.training.folder import read_run
    from chainrule.training.run import Run
    from chainrule.training.runs import ORDERS, asked_for, comparison, ordered, summaries

    folder = place / "run"
    folder.mkdir(exist_ok=True)
    for name, part in zip(("run.json", "history.jsonl"), [*unpacked(data), b"", b""], strict=False):
        put(folder, name, part)
    (found,) = summaries(folder)
    for order in ORDERS:
        ordered([found, *summaries(folder)], order)
    found.to_dict()
    plan, _, _ = read_run(folder)
    asked_for(plan)
    comparison([plan, seeds.PLAN])
    expect(type(plan).from_dict(plan.to_dict()) == plan, "a plan that comes back as another one")
    told("runs", str(folder))
    told("runs", str(folder), "--json")
    if plan.network.parameter_count < 1000:
        Run.take_up(folder, plan, seeds.data(), seeds.COMMAND).files.free()


# Networks and formulas as text.


def toml(data: bytes, place: Path) -> None:
    from chainrule.reading import read_toml, write_toml

    net = read_toml(put(place, "net.toml", data))
    again = read_toml(put(place, "again.toml", write_toml(net).encode()))
    expect(again == net, "a definition that is written comes back as another one")
    net.resolved()
    str(net)


def shorthand(data: bytes, place: Path) -> None:
    from chainrule.reading import parse_shorthand

    net = parse_shorthand(text_of(data))
    expect(parse_shorthand(str(net)) == net, "a network that is written comes back as another one")
    expect(str(net.resolved()), "a network without a text")


def formula(data: bytes, place: Path) -> None:
    from chainrule.expr import leaf
    from chainrule.formula import find_activation
    from chainrule.reverse import reverse
    from chainrule.simplify import simplify

    text = text_of(data)
    row, settings = find_activation(text)
    if row.across:
        return
    z = leaf("z", ("n",))
    value = row.function(z, **settings)
    check_value(text, [value, *simplify([value])])
    simplify(reverse(value, [z]))


POINTS = np.array([-2.5, -1.0, -0.3, 0.0, 0.7, 1.0, 3.1])


def check_value(text: str, nodes: Sequence[Any]) -> None:
    """Raises WrongError where what was read is not what the text says, as far as rounding tells."""
    from expression_evaluator import evaluate

    try:
        tree = ast.parse("(" + re.sub(r"(?<![\w.])0+(?=[0-9])", "", text) + ")", mode="eval").body
        exact, *others = [Own(rng).value(tree) for rng in (None, *map(random.Random, range(4)))]
    except (SyntaxError, ValueError, KeyError, RecursionError, MemoryError):  # not in this small language
        return
    spread = np.max([np.abs(each - exact) for each in others], axis=0)
    for found in evaluate(nodes, {"z": POINTS}):
        found = found * np.ones_like(POINTS)
        sure = np.isfinite(exact) & (spread < 1e-6 * (1 + np.abs(exact)))
        same = np.abs(found - exact) <= 1e3 * spread + 1e-9 * (1 + np.abs(exact))
        expect(
            (same | ~sure).all(),
            f"a formula with another value: {found[~same & sure]} for {exact[~same & sure]}",
        )


class Own:
    """The values of a formula at POINTS, computed by Python's own grammar; with a generator each result is
    moved by a rounding or so, which shows what can be known of it. What is close to overflow is unknown."""

    FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {
        "exp": np.exp,
        "log": np.log,
        "ln": np.log,
        "sqrt": np.sqrt,
        "sin": np.sin,
        "cos": np.cos,
        "abs": np.abs,
        "sign": np.sign,
        "erf": np.vectorize(math.erf, otypes=[float]),
        "max": np.maximum,
        "min": np.minimum,
        "where": lambda c, yes, no: np.where(c != 0, yes, no) + 0 * c,
        "identity": lambda v: v,
        "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
        "tanh": np.tanh,
        "relu": lambda v: np.maximum(v, 0),
        "silu": lambda v: v / (1 + np.exp(-v)),
        "softplus": lambda v: np.logaddexp(0, v),
    }
    BINARY: ClassVar[dict[type, Callable[..., Any]]] = {
        ast.Add: np.add,
        ast.Sub: np.subtract,
        ast.Mult: np.multiply,
        ast.Div: np.divide,
        ast.Pow: np.power,
        ast.Lt: lambda a, b: (a < b) + 0 * (a + b),
        ast.Gt: lambda a, b: (a > b) + 0 * (a + b),
    }

    def __init__(self, rng: random.Random | None) -> None:
        self.rng = rng

    def value(self, tree: ast.expr) -> Any:
        with np.errstate(all="ignore"):
            return self.moved(self._value(tree))

    def moved(self, found: Any) -> Any:
        found = np.asarray(found, float) * np.ones_like(POINTS)
        size = np.abs(found)
        found = np.where((size > 1e200) | ((size < 1e-200) & (size > 0)), np.nan, found)
        if self.rng is None:
            return found
        return found * (1 + 1e-15 * self.rng.choice((-1, 1)) * (1 + self.rng.random()))

    def _value(self, tree: ast.expr) -> Any:
        match tree:
            case ast.Constant(value=float() | int() as number) if not isinstance(number, bool):
                return float(number)
            case ast.Name(id="x" | "z"):
                return POINTS
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self.value(inner)
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return self.value(inner)
            case ast.BinOp(left=left, op=sign, right=right):
                return self.BINARY[type(sign)](self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                return self.BINARY[type(sign)](self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self.FUNCTIONS[name](*map(self.value, args))
        raise KeyError(type(tree))


def check_python(data: bytes, place: Path) -> None:
    _check_formula(data, latex=False)


def check_latex(data: bytes, place: Path) -> None:
    _check_formula(data, latex=True)


OF = ("delta1", "delta2", "dW1", "dW2", "db1", "dz1", "da1")
BOOKS = (None, "nielsen", "testnet", "ufldl", "han", "zhou")


def _check_formula(data: bytes, *, latex: bool) -> None:
    from chainrule.check.formula import check_formula

    number, text = numbered(data)
    report = check_formula(
        text,
        of=OF[number % len(OF)],
        network=definition("2-3-2"),
        layout=("column", "rows")[number // 7 % 2],
        notation=BOOKS[number // 14 % len(BOOKS)],
        latex=latex,
    )
    expect(report.position is None or 0 <= report.position <= len(text), "a position outside the text")
    report.to_dict()
    if report.verdict == "unreadable":
        raise RefusedError(report.diagnosis[0].message)


@lru_cache
def definition(text: str) -> Any:
    from chainrule.reading import read_network

    return read_network(text).net


def notation(data: bytes, place: Path) -> None:
    from chainrule.check.formula.python import LONGEST

    number, text = numbered(data)
    reader, values = books()[number % len(books())]
    values.cases([reader.read(text[:LONGEST])])


@lru_cache
def books() -> list[tuple[Any, Any]]:
    """A reader of each notation, and what evaluates what it reads."""
    from chainrule.check.formula.values import FormulaValues
    from chainrule.check.network_values import NetworkValues
    from chainrule.network.meaning import initial_parameters
    from chainrule.notation import NOTATIONS
    from chainrule.notation.reader import Reader

    net = definition("2-3-2").resolved()
    x, y = np.array([[0.3, -0.5], [0.9, 0.1]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    values = NetworkValues(
        net, x, y, initial_parameters(net), scalars={"lr": 0.3, "t": 4.0, "l1": 0.1, "l2": 0.2}
    )
    readers = [Reader(each, net) for each in NOTATIONS.values()]
    return [(reader, FormulaValues(reader, values)) for reader in readers]


# Data.


def csv(data: bytes, place: Path) -> None:
    from chainrule.data.tables import load_table, read_rows, read_samples

    path = put(place, "table.csv", data)
    found = load_table(path)
    check_data(found)
    x, lines = read_rows(path, found.info)
    expect(len(x) == len(lines) == len(found.everything), "other rows when they are read again")
    expect(np.array_equal(read_samples(path, found.info).x, x), "other numbers when they are read again")


def check_data(data: Any) -> None:
    """What every data set holds."""
    samples = data.everything
    x, y = np.asarray(samples.x, float), np.asarray(samples.y)
    expect(x.ndim == 2 and len(x) == len(y) > 0, "inputs that are no table")
    expect(np.isfinite(x).all(), "inputs that are no numbers")
    classes = data.info.classes
    if classes is None:
        expect(np.isfinite(y).all(), "targets that are no numbers")
    else:
        expect(y.dtype == np.int64 and y.min() >= 0 and y.max() < len(classes), "targets that are no classes")
        expect(all(isinstance(name, str) for name in classes), "names that are no text")
    if data.info.image:
        expect(math.prod(data.info.image) == x.shape[1], "pictures of another size")


def npz(data: bytes, place: Path) -> None:
    from chainrule.data.npz import load_inputs, load_npz

    path = put(place, "a.npz", data)
    with contextlib.suppress(ChainruleError):
        load_inputs(path)
    check_data(load_npz(path))


def npy(data: bytes, place: Path) -> None:
    from chainrule.data.npz import load_npy

    folder = place / "arrays"
    folder.mkdir(exist_ok=True)
    for name, part in zip(("x.npy", "y.npy"), [*unpacked(data), b"", b""], strict=False):
        put(folder, name, part)
    check_data(load_npy(folder))


def idx(data: bytes, place: Path) -> None:
    from chainrule.data.mnist import load_idx

    for name, part in zip(
        ("a-images-idx3-ubyte", "a-labels-idx1-ubyte"), [*unpacked(data), b"", b""], strict=False
    ):
        put(place, name, part)
    check_data(load_idx(place / "a-images-idx3-ubyte"))


def parquet(data: bytes, place: Path) -> None:
    from chainrule.data.tables import load_table, read_rows

    path = put(place, "table.parquet", data)
    found = load_table(path)
    check_data(found)
    expect(
        len(read_rows(path, found.info)[0]) == len(found.everything), "other rows when they are read again"
    )


def parquet_table(data: bytes, rng: random.Random) -> bytes:
    """A file with other bytes, or one of columns of any type."""
    if rng.random() < 0.6:
        return some_bytes(data, rng)
    import pyarrow
    from pyarrow import parquet

    rows = rng.choice((0, 1, 3))
    columns = {rng.choice(("a", "b", "", "\x1b", "é", "a\nb", "c")): _column(rng, rows) for _ in range(3)}
    out = io.BytesIO()
    try:
        parquet.write_table(pyarrow.table(columns), out, compression="none")
    except (pyarrow.ArrowException, OSError, ValueError):
        return some_bytes(data, rng)
    return some_bytes(out.getvalue(), rng) if rng.random() < 0.3 else out.getvalue()


def _column(rng: random.Random, rows: int) -> Any:
    import pyarrow as pa

    kinds = (
        *(
            pa.int8(),
            pa.uint64(),
            pa.float16(),
            pa.float32(),
            pa.float64(),
            pa.bool_(),
            pa.string(),
            pa.binary(),
        ),
        *(
            pa.large_string(),
            pa.binary(3),
            pa.date32(),
            pa.timestamp("ns"),
            pa.timestamp("s", "UTC"),
            pa.time64("us"),
        ),
        *(
            pa.duration("s"),
            pa.decimal128(38, 5),
            pa.decimal256(70, -3),
            pa.list_(pa.int8()),
            pa.struct([("a", pa.int8())]),
        ),
        *(pa.null(), pa.dictionary(pa.int8(), pa.string()), pa.map_(pa.string(), pa.int8()), pa.date64()),
    )
    values = (
        None,
        0,
        1,
        -1,
        2**63,
        0.5,
        float("nan"),
        float("inf"),
        1e308,
        "x",
        "",
        b"\xff\xff\xff",
        True,
        [1],
        {"a": 1},
    )
    kind = rng.choice(kinds)
    for _ in range(20):
        with contextlib.suppress(pa.ArrowException, TypeError, ValueError, OverflowError):
            return pa.array([rng.choice(values) for _ in range(rows)], kind)
    return pa.nulls(rows, kind)


def picture(data: bytes, place: Path) -> None:
    from chainrule.data import load
    from chainrule.data.images import digit_from_image

    suffix = "jpg" if data[:1] == b"\xff" else "png"
    folder = place / "pictures"
    for kind in ("a", "b"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for old in (folder / kind).iterdir():
            old.unlink()
        path = put(folder / kind, f"p.{suffix}", data)
    with contextlib.suppress(ChainruleError):
        found = digit_from_image(path)
        expect(found.shape == (28, 28) and found.dtype == np.uint8, "a digit of another form")
    check_data(load(folder))


# What stands on the command line.


def params(data: bytes, place: Path) -> None:
    told("trace", "2-3-2", "--params", str(put(place, "p.json", data)), "--json")


def numbers(data: bytes, place: Path) -> None:
    from chainrule.cli.values import numbers as read

    text = text_of(data)
    for option in ("--input", "--target"):
        found = read(text, option)
        expect(found.ndim == 2 and found.size and np.isfinite(found).all(), "what is no table of numbers")
    again = ";".join(",".join(map(repr, row)) for row in found.tolist())
    expect(np.array_equal(read(again, "--input"), found), "numbers that are written come back as others")
    if found.shape[1] == 2 and len(found) < 4:
        told("trace", "2-3-2", "--input", text, "--json")


def catalogue(data: bytes, place: Path) -> None:
    from chainrule.catalog.initializers import INITIALIZERS
    from chainrule.catalog.losses import LOSSES
    from chainrule.network import Dense, NetworkDefinition
    from chainrule.program import build
    from chainrule.recipe import Recipe

    number, text = numbered(data)
    net = NetworkDefinition(2, (Dense(3, "tanh"), Dense(2, "softmax")))
    match number % 9:
        case 0:
            recipe = Recipe(optimizer=text)
            if not recipe.all_at_once:
                build(net, recipe.update)
        case 1:
            recipe = Recipe(schedule=text)
            for done in (0.0, 0.3, 1.0):
                rate = recipe.rate(done, [(0.5,), (0.6,)])
                expect(np.isfinite(rate) and rate >= 0, f"a learning rate of {rate}")
        case 2:
            Recipe(distort=text)
        case 3:
            Recipe(class_weights=text)
        case 4:
            build(NetworkDefinition(2, (Dense(3, text), Dense(2, "softmax"))).resolved())
        case 5:
            INITIALIZERS.choose(text)
        case 6:
            build(net.with_norm(text).resolved())
        case 7:
            LOSSES.choose(text)
        case _:
            name, _, value = text.partition("=")
            given: Any = value
            with contextlib.suppress(ValueError):
                given = float(value)
            NetworkDefinition(2, net.layers, penalties={name: given})


def command_line(data: bytes, place: Path) -> None:
    arguments = [text_of(part) for part in data.split(b"\0")]
    if not harmless(arguments):
        raise RefusedError("it might do harm")
    for path in place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    put(place, "m.safetensors", seeds.models()[1])
    put(place, "t.csv", b"size,hue,kind\n1,red,a\n2,blue,b\n")
    before = os.getcwd()
    os.chdir(place)
    try:
        told(*arguments)
    finally:
        os.chdir(before)


COMMANDS = (
    "list",
    "suggest",
    "derive",
    "trace",
    "emit",
    "loss",
    "check",
    "runs",
    "evaluate",
    "predict",
    "--help",
    "--version",
)
WRITING = ("--out", "--picture", "--exercise", "--numbers", "--data", "function", "/")


def harmless(arguments: Sequence[str]) -> bool:
    """Whether a command neither writes files, runs them, fetches them, nor computes for long."""
    first = next(
        (each for each in arguments if not each.startswith("--lang") and each not in ("en", "zh", "--debug")),
        "",
    )
    large = any(int(size) > 40 for each in arguments for size in re.findall(r"[0-9]{1,18}", each[:200]))
    return first in COMMANDS and not large and not any(each.startswith(WRITING) for each in arguments)


def told(*arguments: str) -> str:
    """What a command prints. Raises RefusedError where it fails, WrongError where it does so unexpectedly."""
    from chainrule.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    printed, message = (each.detach().getvalue().decode("utf-8", "replace") for each in _flushed(out, err))
    if found := re.search(_unexpected(), message):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as traced:
            main(["--debug", *arguments])
        raise WrongError(f"{found[0]}\n{traced.getvalue()}")
    expect(code in (0, 1, 2, 130), f"it exits with {code}")
    steering = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed + message)
    expect(not steering, f"it speaks to the terminal: {(printed + message)!a}")
    if code and message:  # else the answer is no
        raise RefusedError(message)
    return printed


def _flushed(*streams: io.TextIOWrapper) -> list[io.TextIOWrapper]:
    for stream in streams:
        stream.flush()
    return list(streams)


@lru_cache
def _unexpected() -> str:
    """What a command says of an exception that is none of the project's, in either language."""
    from chainrule.sentences import CATALOGUE

    return "|".join(
        re.escape(each.replace("{kind}", "\0")).replace("\0", r"\w+") for each in CATALOGUE["cli.unexpected"]
    )


# What a server says.


class Pair(socket.socket):
    """One end of a pair: a connection that is made, and has none of the network's settings."""

    def connect(self, _: Any) -> None:
        pass

    def setsockopt(self, *_: Any) -> None:
        pass


def download(data: bytes, place: Path) -> None:
    import gzip

    from chainrule.data.fetch import Published, fetch

    folder = place / "data"
    shutil.rmtree(folder, ignore_errors=True)
    file = Published("some.gz", len(seeds.CONTENT), hashlib.md5(seeds.CONTENT).hexdigest(), "content")
    with contextlib.ExitStack() as stack:
        ends = [stack.enter_context(saying(answer)) for answer in unpacked(data)[-1::-1]]

        def connected(*_: object, **__: object) -> socket.socket:
            if not ends:
                raise ConnectionRefusedError(111, os.strerror(111))
            return ends.pop()

        here = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9))]
        stack.enter_context(mock.patch("socket.socket", connected))
        stack.enter_context(mock.patch("socket.getaddrinfo", return_value=here))
        (path,) = fetch([file], folder, mirrors=["http://127.0.0.1:9/"], timeout=1)
    expect(gzip.decompress(path.read_bytes()) == seeds.CONTENT, "another file than was published")


@contextlib.contextmanager
def saying(answer: bytes) -> Iterator[socket.socket]:
    """A connection on which a server has said everything."""
    near, far = socket.socketpair()
    with far, Pair(fileno=near.detach()) as end:
        far.setblocking(False)
        with contextlib.suppress(OSError):
            far.sendall(answer)
            far.shutdown(socket.SHUT_WR)
        yield end


HTTP = words(
    """
    HTTP/1.1 200 206 301 302 404 416 100 999 http://127.0.0.1:9/ https:// http://[::1 file:///
    // -1 0x10 : ; ffffffffffffffff *
""",
    "\r\n",
    "\r\n\r\n",
    "Content-Length: ",
    "Content-Range: ",
    "Transfer-Encoding: chunked",
    "Location: ",
    "bytes 0-",
    "Content-Encoding: gzip",
    "²",
    "\x1b[31m",
    "Connection: keep-alive",
)
FORMULA = words(
    """
    x z + - * / ** ( ) < > , exp(x) log(x) sqrt(x) max(x,1) min(x,x) where( abs( sign( erf(x)
    sigmoid(x) tanh(x) relu(x) softplus( gelu( 1e-320 1e308 0 2 .5 1e400 leaky_relu:slope=0.2
    -abs(x-max(x,x)) 007
""",
    "²",
    "\x1f",
)
PYTHON = words(
    """
    W2.T W2 W1 @ * + - / ** ( ) , a1 a0 a2 x y p z1 delta2 delta1 m lam sum( mean( outer(
    dsigmoid(z1) exp( softmax(z2) g1(z1) dg1(z1) axis=1 .T [0] [i,j] = 1e308 delta_1 sigma 0 1 2
""",
    "dW2 =",
    "²",
    "\x1f",
)
LATEX = words(
    r"""
    \delta^{(2)} \delta^{2} (a^{(1)})^T W^{(2)} \odot \sigma'(z^{(1)}) \frac{1}{m} \frac \lambda
    \sum_{i=1}^{m} \sum_{k} \left( \right) { } ^ _ \cdot \mathbf{ \text{ \begin{cases}
    \end{cases} \begin{pmatrix} & \\ \partial w^{3}_{kj} \delta_{k} \hat \top \sqrt \prime ' - +
    = 1 2 x y p \max \operatorname{ | \mathbb{1} \\left
""",
    r"\frac{\partial C}{\partial",
    "²",
)
SETTINGS = words(
    """
    sgd adam momentum = : , 0.9 -1 1e-320 1e308 nan inf linear cosine step rotate elastic
    strength width balanced a=2 l1 l2 lbfgs rmsprop beta1=0.9 relu leaky_relu:slope=0.2 he 1_0
""",
    "²",
    "٣",
)
OPTIONS = """
    --lang=en --lang=zh --json --help --debug -- --notation=nielsen --level=layer --level=rule --level=node
    --format=html --format=markdown --format=latex --format=ipynb --format=terminal --of=delta1 --of=dW1
    --of=W1 --input=1,2 --target=1,0 --digits=2 --seed=3 --optimizer=adam --loss=huber --layout=rows
    --network=2-3-2 --network=zhou --function=x*w+b --sample=1 --neuron=a1[0] zhou 2-2:relu-1 m.safetensors
    t.csv activations xor = -1 --true=1 --predicted=2 --clip-norm=1 --ema=0.9 --notation=han --sort=name
"""
STRANGE = ("\x1b[31m", "\n", "\udcff", "²", "--of", "--lang", "", " ", "--notation=", "--input=1e400")


def arguments(data: bytes, rng: random.Random) -> bytes:
    """The arguments of a command, of which the first is mostly left as it is."""
    found = data.split(b"\0")
    own = [each.encode("utf-8", "surrogateescape") for each in (*OPTIONS.split(), *STRANGE)]
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(0 if rng.random() < 0.05 else 1, len(found) + 1)
        match rng.randrange(6):
            case 0 if at < len(found):
                found[at] = FORMULA(found[at], rng)
            case 1 if at < len(found):
                found[at] = some_bytes(found[at], rng)
            case 2:
                del found[at : at + 1]
            case 3:
                found[at : at + 1] = [rng.choice(own)]
            case _:
                found[at:at] = [rng.choice(own)]
    return b"\0".join(found)


TARGETS = {
    target.name: target
    for target in (
        Target("model-file", "a saved model", lambda: seeds.models(), mutators.model_file, model_file),
        Target(
            "checkpoint",
            "a run's checkpoint, to go on from",
            seeds.checkpoint,
            with_manifest,
            checkpoint_folder,
            inputs=100,
        ),
        Target("manifest", "SHA256SUMS of a checkpoint", seeds.manifests, some_bytes, manifest, inputs=100),
        Target(
            "run-json",
            "run.json and history.jsonl",
            seeds.runs,
            mutators.several(*[mutators.json_text] * 2),
            run_json,
            inputs=100,
        ),
        Target(
            "toml",
            "a network in TOML",
            seeds.tomls,
            words(
                '''
    [[layers]] [penalties] units activation = [ ] " ' sizes inputs dtype seed norm true "relu"
    "batch" 1e400 nan inf -1 1979-05-27 """ dropout {} #
''',
                "0x" + "f" * 5000,
                "[2, 3, 2]",
                "\n",
            ),
            toml,
        ),
        Target(
            "shorthand",
            "a network in short",
            texts("2-3-2", "784-300:relu-10:softmax", "6-5:x * sigmoid(1.702 * x)-3", "2-4:(x-1)-1:identity"),
            words(
                """
    - : ( ) relu softmax x + 1 784 0 leaky_relu:slope=0.2
""",
                " ",
                "\x1f",
                "²",
                "٣",
            ),
            shorthand,
        ),
        Target(
            "formula",
            "an activation's formula",
            texts(
                "x * sigmoid(x)",
                "max(x, 0) - 0.1*min(x, 0)",
                "where(x > 0, x, exp(x) - 1)",
                "-x**2/2 + abs(x)",
                "(1+x)**3",
            ),
            FORMULA,
            formula,
        ),
        Target(
            "check-python",
            "a formula to check, as in Python",
            texts(
                *(
                    "0(W2.T @ delta2) * a1 * (1 - a1)",
                    "1delta2 = p - y",
                    "3delta2 @ a1.T",
                    "2outer(delta1, x)",
                    "4mean(delta1, 0)",
                ),
                *("9delta1.T @ x", "0delta1[j] = W2[0,j]*delta2[0] * a1[j]*(1-a1[j])", "1y - p"),
            ),
            PYTHON,
            check_python,
            seconds=3,
            inputs=40,
        ),
        Target(
            "check-latex",
            "a formula to check, in LaTeX",
            texts(
                *(
                    r"0((W^{(2)})^T \delta^{(2)}) \odot \sigma'(z^{(1)})",
                    r"3\delta^{(2)} (a^{(1)})^T",
                    r"1a^{(2)} - y",
                ),
                *(
                    r"?a^{3} - y",
                    r"0\delta^{(1)}_j = \sum_{k} W^{(2)}_{kj} \delta^{(2)}_k \sigma'(z^{(1)}_j)",
                    r"4\frac{1}{2}\delta^{(1)}",
                ),
            ),
            LATEX,
            check_latex,
            seconds=3,
            inputs=40,
        ),
        Target(
            "notation",
            "a formula in the notation of a textbook",
            seeds.formulas,
            LATEX,
            notation,
            inputs=400,
        ),
        Target(
            "csv",
            "a table in CSV",
            seeds.csvs,
            words(
                """
    , ; " "" a kind 1 2.5 1e308 1e400 nan - 0x1 1_0
""",
                "\t",
                "\n",
                "\r\n",
                "",
                " ",
                "²",
                "\x1c",
            ),
            csv,
            inputs=300,
        ),
        Target("npz", "arrays in NPZ", seeds.archives, mutators.npz, npz, inputs=300),
        Target(
            "npy",
            "arrays in NPY",
            seeds.arrays,
            mutators.several(mutators.npy, mutators.npy),
            npy,
            inputs=300,
        ),
        Target(
            "idx",
            "pictures in IDX, compressed or not",
            seeds.idxs,
            mutators.several(*[mutators.zipped_idx] * 2),
            idx,
            inputs=300,
        ),
        Target(
            "parquet",
            "a table in Parquet",
            seeds.parquets,
            parquet_table,
            parquet,
            needs="pyarrow",
            inputs=150,
        ),
        Target(
            "picture",
            "pictures in PNG and JPEG",
            seeds.images,
            mutators.picture,
            picture,
            seconds=10,  # a small file may hold 40 million pixels
            inputs=150,
        ),
        Target(
            "params",
            "the JSON of --params",
            texts(
                '{"W1": [[1, 2], [3, 4], [5, 6]], "b1": [0.1, 0.2, 0.3]}',
                '{"W2": [[1, 2, 3], [4, 5, 6.5]], "b2": [0, -1e-3]}',
            ),
            mutators.json_text,
            params,
            inputs=40,
        ),
        Target(
            "numbers",
            "the numbers of --input and --target",
            texts("0.6,0.8;0.1,0.2", "-1", "1e3, 2", "1,2\n3,4\n"),
            words(
                """
    , ; 1 - . 1e308 1e400 nan 1_0
""",
                "\n",
                "²",
                "\0",
                " ",
                "\x1f",
                "٣",
                "\ufeff",
            ),
            numbers,
        ),
        Target(
            "catalogue",
            "settings of optimizers, schedules, distortions and others",
            texts(
                *(
                    "0sgd:momentum=0.9",
                    "0adam:beta1=0.5",
                    "1step",
                    "1cosine",
                    "2rotate elastic:strength=36,width=6",
                    "3a=2,b=0.5",
                ),
                *("4leaky_relu:slope=0.2", "5normal", "6batch", "7huber", "8l2=1"),
            ),
            SETTINGS,
            catalogue,
        ),
        Target(
            "command-line",
            "the arguments of commands that write nothing",
            texts(
                *(
                    "list\0activations",
                    "suggest\0004\0002",
                    "derive\0002-3-2\0--level\0layer",
                    "trace\0zhou\0--json",
                    "emit\0002-2\0--optimizer\0adam",
                ),
                *(
                    "loss\0huber\0--true\0001,2\0--predicted\0002,3",
                    "derive\0--function\0sigmoid(x*w+b)\0--format\0markdown",
                    "derive\0zhou\0--of\0W1[0,1]\0--notation\0han\0--lang\0zh",
                    "check\0formula\0\\delta^{2}\0--of\0dW1\0--network\0002-3-2\0--notation\0nielsen",
                    "check\0formula\0p - y\0--of\0delta2\0--network\0002-3-2",
                    "runs\0.",
                ),
                *(
                    "check\0gradients\0002-3-2\0--json",
                    "evaluate\0m.safetensors\0t.csv",
                    "predict\0m.safetensors\0t.csv\0--json",
                    "--lang\0zh\0--help",
                ),
            ),
            arguments,
            command_line,
            seconds=10,
            inputs=40,
        ),
        Target(
            "download",
            "a server's answers",
            seeds.replies,
            mutators.several(*[HTTP] * 3),
            download,
            inputs=100,
        ),
    )
}
