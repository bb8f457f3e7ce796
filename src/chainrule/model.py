"""A trained network with all that is needed to use it: parameters, scaling, and what its outputs mean.

A model file is safetensors: the parameters and scalings as tensors, the rest as JSON in the metadata, with a
SHA-256 of the whole file in which its own digits count as zeros. Nothing in it is ever executed or imported.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule import __version__, memory
from chainrule.catalog.metrics import METRICS
from chainrule.data.dataset import LEAST_FACTOR, Info, Samples, Scaling
from chainrule.data.rows import Inputs
from chainrule.data.samples import as_inputs, as_samples, matched
from chainrule.data.stored import history_of_list, info_of_table
from chainrule.engines.limits import hold, limited_to
from chainrule.engines.numpy_engine import CHUNK, NumpyEngine
from chainrule.errors import (
    ChainruleError,
    ModelFileError,
    Sentence,
    ShapeError,
    UsageError,
    cause,
    reason,
    unfit,
)
from chainrule.files import path_text, read_regular, write_atomically
from chainrule.folders import Folder
from chainrule.lazily import cached_property
from chainrule.network import NetworkDefinition
from chainrule.network.given import is_number
from chainrule.program import build
from chainrule.recipe import update_of
from chainrule.targets import ClassTargets, NumberTargets, Targets, check_outputs

if TYPE_CHECKING:
    from chainrule.render.python_file import Learned

Array = NDArray[Any]
FORMAT = 1
LAST = "model.safetensors"
"""The name of the last model in a run's folder."""
MOST_BYTES = 4 << 30
MOST_HEADER = 100_000_000
"""Bytes of the header, in which everything but the tensors stands; safetensors reads no more."""
MOST_TARGET = 1e30
"""Of the numbers that classes have as targets: training takes place in single precision."""
INCONSISTENT = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError),
    ChainruleError,
)
"""What a table is made of that does not hold together raises."""
NO_DIGEST = "0" * 64
DIGEST = re.compile(rb'\{"__metadata__":\{"chainrule":"\{\\"sha256\\": \\"([0-9a-f]{64})\\"')
"""How the header of a model file begins, after the 8 bytes of its length."""


@dataclass(frozen=True)
class Evaluation:
    """What a model scores on samples. Fields that make no sense for these targets are None.

    loss: J, penalties included, over the targets as the network sees them (numbers are scaled for it).
    accuracy, error_rate: fractions. confusion_matrix: (K, K), a row for each true class.
    mean_absolute_error, r2: in the targets' own units.
    """

    samples: int
    loss: float
    accuracy: float | None = None
    error_rate: float | None = None
    confusion_matrix: NDArray[np.int64] | None = None
    mean_absolute_error: float | None = None
    r2: float | None = None
    classes: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, for JSON."""
        table = asdict(self)
        if self.confusion_matrix is not None:
            table["confusion_matrix"] = self.confusion_matrix.tolist()
        return table


@dataclass(frozen=True)
class Model:
    """A network with its parameters.

    net: with every activation named. parameters: by name: weights W1, (units, inputs of the layer); biases
    b1, (units,); of a normalised layer scales gamma1 and shifts beta1; and where it is one over samples, the
    running averages mean_z1 and variance_z1, which no gradient moves: prediction goes by them.
    scaling: of the inputs. targets: how outputs and targets correspond. info: the data set that it learned
    from. history: one entry an epoch. findings: what the doctor said of its training, {code, message,
    suggestion, epoch, numbers} each; they are not saved with it.
    """

    net: NetworkDefinition
    parameters: Mapping[str, Array]
    scaling: Scaling
    targets: Targets
    info: Info
    history: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    findings: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def _engine(self) -> NumpyEngine:
        program = build(self.net, targets_sum_to_one=self.targets.sum_to_one)
        return NumpyEngine(program, self.parameters, self.net.dtype)

    @memory.told()
    def outputs(self, x: object) -> Array:
        """The network's outputs, (n, k), for inputs (n, d) as the data set has them: they are scaled here.

        Raises ShapeError, UsageError.
        """
        rows = self._rows(x)
        out = np.empty((len(rows), self.net.outputs), self._engine.dtype)
        for at in range(0, len(rows), CHUNK):
            part = slice(at, at + CHUNK)
            scaled, row = _scaled(rows[part], self.scaling, self._engine.dtype)
            if row is not None:
                row += at
                place = Sentence("data.sample", number=row + 1)
                raise ShapeError("model.beyond", row=row, place=place, dtype=self._engine.dtype)
            out[part] = self._engine.outputs(scaled)
        return out

    @memory.told()
    def predict(self, x: object) -> Array:
        """What the model takes each of the inputs (n, d) for.

        Classes: (n,), in the type of the labels that were learned. Numbers: (n,) for one target, else (n, k).
        The columns of a table with names are found by these. Raises ShapeError, UsageError.
        """
        decoded = self.targets.decode(self.outputs(x))
        if self.info.classes is None:
            return decoded[:, 0] if decoded.shape[1] == 1 else decoded
        return self.info.values[decoded]

    @memory.told()
    def probabilities(self, x: object) -> Array:
        """The share of each class, (n, K); rows sum to 1.

        Softmax outputs are probabilities; other outputs are brought to 0..1 and divided by their sum.
        Raises UsageError where the targets are numbers; ShapeError.
        """
        if not isinstance(self.targets, ClassTargets):
            raise UsageError("model.no_probabilities", name=self.info.name)
        return self.targets.probabilities(self.outputs(x))

    @memory.told()
    def evaluate(self, data: object) -> Evaluation:
        """Loss and metrics on samples: Samples, or a pair (x, y), where y names classes as `predict` does, or
        as in `Network.fit`. Raises ShapeError, UsageError."""
        info = self.info if not isinstance(data, Samples) else data.info
        samples = matched(as_samples(data, info), self.info)
        check_outputs(self.net, samples.info)
        self._rows(samples.x)
        return score(self._engine, self.scaling, self.targets, samples)

    def _rows(self, x: object) -> Inputs:
        rows, _ = as_inputs(x, self.info)
        if rows.shape[1] != self.net.inputs:
            raise ShapeError("model.width", found=rows.shape[1], expected=self.net.inputs)
        return rows

    def save(
        self, path: str | os.PathLike[str], extra: Mapping[str, Array] | None = None, **notes: Any
    ) -> None:
        """Write the model file, whole or not at all. Raises TrainingError where it cannot be written.

        extra, notes: further tensors and JSON values that a training run keeps there.
        """
        write_atomically(path, self.to_bytes(extra, **notes))

    def to_python(
        self,
        optimizer: object = "sgd",
        numbers: str | os.PathLike[str] | None = None,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        max_norm: float | None = None,
        ema: float | None = None,
    ) -> str:
        """The model as one readable Python file that needs NumPy alone; its `predict` answers as the model's.

        optimizer: of its training step, by name or as in `SGD(momentum=0.9)`; clip_norm, clip_value,
        max_norm, ema: of that step too, as in `Network.fit`. numbers: an NPZ file to write parameters and
        scalings to, which the Python file looks for beside itself; None: they stand in it.
        Raises UnknownNameError, UsageError; TrainingError where the NPZ file cannot be written.
        """
        from chainrule.render.python_file import python_file

        update = update_of(str(optimizer), clip_norm, clip_value, max_norm, ema)
        learned = self._learned()
        if numbers is None:
            parameters = {name: w.tolist() for name, w in self.parameters.items()}
            learned = replace(learned, parameters=parameters)
        else:
            content = io.BytesIO()
            given = {**self.parameters, **learned.scalings}
            arrays: dict[str, Any] = {name: np.asarray(value, np.float64) for name, value in given.items()}
            np.savez(content, **arrays)
            write_atomically(numbers, content.getvalue())
            learned = replace(learned, file=Path(numbers).name)
        program = build(self.net, update, targets_sum_to_one=self.targets.sum_to_one)
        return python_file(program, update.optimizer, learned)

    def _learned(self) -> Learned:
        """What it knows, in plain numbers and names; but for its parameters."""
        from chainrule.render.python_file import Learned

        columns = [
            column.name if category is None else f"{column.name} = {category}"
            for column in self.info.columns
            for category in column.categories or [None]
        ]
        scaling, targets = self.scaling, self.targets
        known = Learned({}, scaling.shift.tolist(), scaling.factor.tolist(), columns)
        if isinstance(targets, ClassTargets):
            return replace(
                known, classes=self.info.values.tolist(), threshold=(targets.low + targets.high) / 2
            )
        shift, factor = targets.scaling.shift.tolist(), targets.scaling.factor.tolist()
        return replace(known, targets=self.info.targets, target_shift=shift, target_factor=factor)

    def to_bytes(self, extra: Mapping[str, Array] | None = None, **notes: Any) -> bytes:
        from safetensors.numpy import save

        tensors = {f"parameter.{name}": np.ascontiguousarray(w) for name, w in self.parameters.items()}
        tensors |= {f"input.{part}": np.array(value) for part, value in vars(self.scaling).items()}
        if isinstance(self.targets, NumberTargets):
            tensors |= {f"target.{part}": np.array(v) for part, v in vars(self.targets.scaling).items()}
            targets = {}
        else:
            targets = {"low": self.targets.low, "high": self.targets.high}
        tensors |= {f"extra.{name}": np.ascontiguousarray(array) for name, array in (extra or {}).items()}
        info = {name: value for name, value in vars(self.info).items() if name not in ("scaling", "columns")}
        table = {
            "sha256": NO_DIGEST,  # first, where DIGEST looks for it
            "format": FORMAT,
            "version": __version__,
            "network": self.net.to_dict(),
            "targets": targets,
            "info": {**info, "columns": [[c.name, c.categories] for c in self.info.columns]},
            "history": self.history,
            **notes,
        }
        # A single entry, as safetensors writes several in no certain order: the same model is the same file.
        content = save(tensors, {"chainrule": json.dumps(table, ensure_ascii=True)})
        digest = hashlib.sha256(content).hexdigest()
        return content.replace(NO_DIGEST.encode(), digest.encode(), 1)


def score(engine: NumpyEngine, scaling: Scaling, targets: Targets, samples: Samples) -> Evaluation:
    """What an engine's parameters score on samples that fit its network. Raises ShapeError for inputs that
    are beyond the range of its dtype."""
    outputs, J = np.empty((len(samples), engine.program.net.outputs), engine.dtype), 0.0
    with limited_to(1) as limit, limit:  # so that the scores do not depend on how many processors there are
        for at in range(0, len(samples), CHUNK):
            part = slice(at, at + CHUNK)
            x, row = _scaled(samples.x[part], scaling, engine.dtype)
            if row is not None:
                raise ShapeError("model.beyond", place=samples.place(at + row), dtype=engine.dtype)
            y = targets.encode(samples.y[part], engine.dtype)
            hold()
            outputs[part], mean = engine.outputs_and_loss(x, y)
            J += mean * len(x)
    predicted = targets.decode(outputs)
    classes = samples.info.classes
    kind, count = ("classes", [len(classes)]) if classes else ("numbers", [])
    scores = {m.name: m.function(samples.y, predicted, *count) for m in METRICS if m.of == kind}
    defined = {name: value for name, value in scores.items() if not _is_nan(value)}
    return Evaluation(len(samples), J / len(samples), classes=classes, **defined)


def _scaled(x: Array, scaling: Scaling, dtype: Any) -> tuple[Array, int | None]:
    """Scaled inputs, and the first row that is beyond the dtype's range."""
    scaled = scaling(x, dtype)
    finite = np.isfinite(scaled).all(axis=1)
    return scaled, None if finite.all() else int(finite.argmin())


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


@memory.told()
def load(path: str | os.PathLike[str]) -> Model:
    """The model of a file, or the last one of a run's folder.

    Raises ModelFileError where it is none, or is not as it was written; UsageError for what is no path.
    """
    return load_with_extra(path_text(path, "digits.safetensors"))[0]


def load_with_extra(path: str | os.PathLike[str]) -> tuple[Model, dict[str, Array], dict[str, Any]]:
    """The model of a file, and the further tensors and notes in it. Raises ModelFileError."""
    path = Path(path)
    try:
        if path.is_dir():  # a run's, in which no link is followed
            content, path = Folder(path).read(LAST, MOST_BYTES), path / LAST
        else:
            content = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise ModelFileError("model.unreadable", path=path, reason=reason(error)) from error
    return read_model(content, path)


def read_model(content: bytes, path: Path) -> tuple[Model, dict[str, Array], dict[str, Any]]:
    """The same of a file's content. path: where it lies, for messages. Raises ModelFileError."""
    tensors, table = _verified(content, path)
    try:
        return _model(tensors, table)
    except INCONSISTENT as error:
        raise ModelFileError("model.inconsistent", path=path, reason=cause(error)) from error


def _verified(content: bytes, path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors and the table of a file whose every byte is as it was written."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as load_tensors

    found = DIGEST.match(content, 8)
    if found is None:
        raise ModelFileError("model.foreign", path=path)
    digest = hashlib.sha256(content[: found.start(1)] + NO_DIGEST.encode())
    digest.update(memoryview(content)[found.end(1) :])
    if digest.hexdigest() != found[1].decode():
        raise ModelFileError("model.damaged", path=path)
    try:
        size = int.from_bytes(content[:8], "little")
        if size > MOST_HEADER:
            raise ValueError(size)
        header = json.loads(content[8 : 8 + size])
        table = json.loads(header["__metadata__"]["chainrule"])
        tensors = load_tensors(content)
    except (ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
        raise ModelFileError("model.foreign", path=path) from error
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise ModelFileError("model.other_format", path=path)
    return tensors, table


def _model(
    tensors: dict[str, Array], table: dict[str, Any]
) -> tuple[Model, dict[str, Array], dict[str, Any]]:
    groups: dict[str, dict[str, Array]] = {"parameter": {}, "input": {}, "target": {}, "extra": {}}
    for name, tensor in tensors.items():
        group, _, rest = name.partition(".")
        if group != "extra" and not (tensor.dtype.kind == "f" and np.isfinite(tensor).all()):
            raise unfit(name)
        groups[group][rest] = tensor
    net = NetworkDefinition.from_dict(table.pop("network"))
    program = build(net)  # of shapes alone: nothing is made for its parameters
    for name in program.held:
        if name not in groups["parameter"]:
            raise ModelFileError("model.missing", name=name)
        expected, found = program.shape(name), groups["parameter"][name].shape
        if found != expected:
            raise unfit(name)
    info = info_of_table(table.pop("info"), net.inputs)
    targets: Targets
    coding = table.pop("targets")
    if info.classes is None:
        targets = NumberTargets(_scaling(groups["target"], net.outputs))
    else:
        low, high = coding["low"], coding["high"]
        if not (is_number(low) and is_number(high) and _tell_apart(low, high)):
            raise unfit("targets")
        targets = ClassTargets(net.outputs, float(low), float(high))
    check_outputs(net, info)
    history = history_of_list(table.pop("history"))
    parameters = {name: groups["parameter"][name] for name in program.held}
    model = Model(net, parameters, _scaling(groups["input"], net.inputs), targets, info, history)
    return model, groups["extra"], table


def _scaling(parts: dict[str, Array], width: int) -> Scaling:
    for name, value in parts.items():
        if value.shape not in ((), (width,)):
            raise unfit(name)
    scaling = Scaling(**{name: value.astype(np.float64) for name, value in parts.items()})
    if not np.all(scaling.factor >= LEAST_FACTOR):
        raise unfit("factor")
    return scaling


def _tell_apart(low: float, high: float) -> bool:
    """Whether outputs can tell these targets from each other."""
    return max(abs(low), abs(high)) <= MOST_TARGET and high - low >= 1 / MOST_TARGET
