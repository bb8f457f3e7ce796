"""The worked example: every line of a network's program with its numbers, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import memory
from chainrule.catalog.registry import unknown
from chainrule.check.network_values import MOVING, NetworkValues
from chainrule.data.outside import real_numbers
from chainrule.derivation.layer import LayerDerivation
from chainrule.derivation.neuron import NeuronDerivation
from chainrule.derivation.node import NodeDerivation
from chainrule.derivation.picture import FORMS, picture
from chainrule.derivation.worked import Worked
from chainrule.derivation.writer import Writer
from chainrule.documents.document import Block, Code, Document, Heading, Note, Paragraph
from chainrule.engines.expressions import evaluate
from chainrule.engines.masks import first_masks
from chainrule.engines.space import of_trace
from chainrule.errors import ShapeError, UsageError
from chainrule.expr import Dims, Node, in_order, leaf, replace, total
from chainrule.extras import need
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition
from chainrule.network.meaning import initial_parameters
from chainrule.notation import find_notation
from chainrule.notation.quantity import quantity, split_entry
from chainrule.program import FORWARD, Program, Role, build
from chainrule.recipe import Recipe
from chainrule.reverse import reverse
from chainrule.sentences import Language, language, say, speaking
from chainrule.update import UpdateRule

Array = NDArray[np.float64]

MOST_DIGITS = 17
"""More would not be those of the number."""


@dataclass(frozen=True)
class TracedLine:
    """A line of the program and its value, with the dims as axes; `n` is that of the samples."""

    name: str
    role: Role
    layer: int | None
    dims: Dims
    value: Array


class Trace:
    """All numbers of one step of a network on some samples; `trace["delta1"]` is an array, (n, h1).

    x: (n, inputs), scaled as the network takes it. y: (n, outputs); None: the forward pass alone. parameters:
    arrays by name, masks of dropout (n, units) among them; what is missing is drawn from the network's seed,
    masks as for the first step of a training. A forward pass alone has none. update: see program.build; lr:
    its learning rate.
    Raises ShapeError, OutOfMemoryError.
    """

    def __init__(
        self,
        net: NetworkDefinition,
        x: object,
        y: object = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        update: str | UpdateRule = "sgd",
        lr: float | None = None,
    ) -> None:
        self.forward_only = y is None
        self.net = net.resolved().with_dropout(None, None) if self.forward_only else net.resolved()
        self.update = UpdateRule.of(update)
        inputs = _rows("x", x, net.inputs)
        targets = np.zeros((len(inputs), net.outputs)) if y is None else _rows("y", y, net.outputs)
        if len(targets) != len(inputs):
            raise ShapeError("trace.samples", inputs=len(inputs), targets=len(targets))
        program = build(self.net)
        space = of_trace(program, 0 if self.forward_only else len(inputs))
        memory.require(space)
        with memory.told(space):
            self._compute(program, inputs, targets, parameters, lr)

    def _compute(
        self,
        program: Program,
        inputs: Array,
        targets: Array,
        parameters: Mapping[str, Any] | None,
        lr: float | None,
    ) -> None:
        masks = first_masks(program, len(inputs), self.net.seed)
        drawn = {**initial_parameters(self.net), **masks}
        given = {**drawn, **_parameters(drawn, parameters or {})}
        self.lr = Recipe(lr=lr).lr or self.update.rate
        self.values = NetworkValues(
            self.net,
            inputs,
            targets,
            given,
            self.update,
            scalars={"lr": self.lr, "t": 1.0},
            states={name: given[name] for name in program.statistics},
            masks=given,
            used=self.forward_only,
        )
        self.lines = tuple(self._traced())

    def _traced(self) -> list[TracedLine]:
        values = self.values
        traced = []
        for line in values.batch.lines:
            if self.forward_only and line.role not in FORWARD:
                continue
            if line.role in MOVING:
                value = values.at_update(line.name, batch=True)[f"new {line.name}"][0]
            else:
                value = values.of_batch[line.name]
            traced.append(TracedLine(line.name, line.role, line.layer, line.dims, np.asarray(value)))
        return traced

    def __getitem__(self, name: str) -> Array:
        """The value of a line: `z1`, `a1`, `J`, `delta1`, `dW1`; also `x`, `y`, masks such as `m1`, and
        parameters and states as they were before the update."""
        values = self.values
        if name in (moved := {line.name: line.value for line in self.lines if line.role == "move"}):
            return np.array(moved[name])
        for known in (values.of_batch, values.parameters, values.states):
            if name in known and not (self.forward_only and name not in self.names):
                return np.array(known[name])
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """What has a value, in order."""
        given = ["x", *self.values.masks, *self.values.batch.held]
        return [*given, *dict.fromkeys(line.name for line in self.lines)]

    @property
    def loss(self) -> float | None:
        """J; None for a forward pass alone."""
        return None if self.forward_only else float(self["J"])

    def to_dict(self) -> dict[str, Any]:
        """What `trace --json` prints."""
        lines = [
            {
                "name": line.name,
                "role": line.role,
                "layer": line.layer,
                "dims": list(line.dims),
                "shape": list(line.value.shape),
                "value": line.value.tolist(),
            }
            for line in self.lines
        ]
        masks = {name: array.tolist() for name, array in self.values.masks.items()}
        table = {"network": str(self.net), "lines": lines, "loss": self.loss}
        return {**table, "masks": masks} if masks else table

    @memory.told()
    def document(
        self,
        notation: str = "nielsen",
        lang: Language | None = None,
        digits: int = 4,
        *,
        sample: int | None = None,
        blanks: bool = False,
    ) -> Document:
        """The derivation in vectors and matrices with all its numbers; of several samples, tables of what
        each of them has, or the numbers of one. digits: significant digits that are shown. sample: its
        number, counted from 1. blanks: whether room is left for all numbers but the given ones, for an
        exercise. Raises UsageError, UnknownNameError."""
        with speaking(lang) as speech, speech:
            writer = _WorkedLayers(
                self.net, find_notation(notation), self.update, forward_only=self.forward_only
            )
            writer.worked = self._worked(writer, digits, sample, blanks)
            return self._of_sample(sample, list(writer.blocks()))

    @memory.told()
    def follow(
        self,
        array: str,
        *places: int,
        notation: str = "nielsen",
        lang: Language | None = None,
        digits: int = 4,
        sample: int = 1,
        blanks: bool = False,
    ) -> Document:
        """One weight from the loss down with all numbers, for one sample, and where there are several, the
        mean over all; places counted from 0, samples from 1: `trace.follow("W1", 0, 1, sample=3)`. Raises
        UsageError, UnknownNameError."""
        of = f"{array}[{','.join(map(str, places))}]" if places else array
        if self.forward_only:
            raise UsageError("trace.no_targets", of=of)
        with speaking(lang) as speech, speech:
            writer = NodeDerivation(self.net, find_notation(notation), self.update)
            writer.worked = self._worked(writer, digits, sample, blanks)
            blocks = list(writer.follow(of))
            if blanks:
                blocks[1:1] = _given(writer)
            return self._of_sample(sample, blocks)

    def neuron(
        self,
        of: str,
        *,
        notation: str = "nielsen",
        lang: Language | None = None,
        digits: int = 4,
        sample: int = 1,
        blanks: bool = False,
    ) -> Document:
        """One neuron with its incoming and outgoing connections, for one sample, counted from 1. of: `a1[0]`,
        its layer and its place, counted from 0; or its name in the notation, h1 or a4. Raises UsageError,
        UnknownNameError."""
        with speaking(lang) as speech, speech:
            writer = NeuronDerivation(
                self.net, find_notation(notation), self.update, forward_only=self.forward_only
            )
            worked = self._worked(writer, digits, sample, blanks)
            blocks = list(writer.neuron(of, worked))
            return self._of_sample(sample, blocks)

    def picture(
        self, form: str = "svg", *, notation: str = "nielsen", digits: int = 4, sample: int = 1
    ) -> bytes:
        """The network drawn with its numbers, for one sample, counted from 1: a file, `svg` or `png`. Raises
        UsageError for more than 8 units in a layer, UnknownNameError."""
        if form not in FORMS:
            raise unknown("format", form, list(FORMS))
        if form == "png":
            need("matplotlib", "extras.png")
        if self.net.mixes_samples and not self.forward_only:
            raise UsageError("trace.samples_together")
        book = find_notation(notation)
        writer = Writer(self.net, book, self.update, forward_only=self.forward_only)
        return picture(writer, self._worked(writer, digits, sample, blanks=False), form)

    def _of_sample(self, sample: int | None, blocks: list[Block]) -> Document:
        if sample is not None and self.values.samples > 1:
            blocks.insert(1, Note(say("trace.of_sample", sample=sample, samples=self.values.samples)))
        return Document(language(), tuple(blocks))

    def _worked(self, writer: Writer, digits: int, sample: int | None, blanks: bool) -> Worked:
        """sample: whose numbers are put in; None: tables of all samples, where there are several."""
        if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MOST_DIGITS:
            raise UsageError("trace.digits", found=repr(digits), most=MOST_DIGITS)
        samples = self.values.samples
        if sample is not None and sample not in range(1, samples + 1):
            raise UsageError("trace.no_such_sample", found=repr(sample), samples=samples)
        numbers = _Numbers(self.values, (sample or 1) - 1, writer.notation.error_sign)
        tables = samples > 1 and sample is None
        return Worked(numbers, writer.printer, digits, tables=tables, blanks=blanks)

    def __str__(self) -> str:
        return self.document().terminal()

    def _repr_markdown_(self) -> str:
        return self.document().markdown()


class _WorkedLayers(LayerDerivation):
    """The derivation with what is given, and without source, as its numbers would be drawn ones."""

    def parts(self) -> Iterator[Block]:
        for block in super().parts():
            if self.forward_only and block == Heading(self.say("derivation.cost")):
                return
            if not isinstance(block, Code):
                yield block

    def network(self) -> Iterator[Block]:
        yield from super().network()
        yield from _given(self)

    def cost(self) -> Iterator[Block]:
        yield from super().cost()
        if self.worked is not None and self.worked.tables:
            yield from self.worked.table(self.C, blanks=self.worked.blanks)

    def summary(self) -> Iterator[Block]:
        self.worked = None  # its formulas are those of any layer
        yield from super().summary()


def _given(writer: Writer) -> Iterator[Block]:
    """Inputs, targets and parameters, and the numbers that the cost and the update need."""
    if writer.worked is None:
        return
    yield Heading(say("trace.given"))
    yield Paragraph(
        say("trace.exercise" if writer.worked.blanks else "trace.unrounded", digits=writer.worked.digits)
    )
    program = writer.batch
    masks = [mask.array for mask in writer.one.masks.values()]
    arrays = [writer.one.meaning.x, *(leaf(name, dims) for name, dims in program.held.items()), *masks]
    if not writer.forward_only:
        arrays.insert(1, writer.one.meaning.y)
        arrays += [leaf(name) for name in (*program.constants, *program.scalars)]
    for array in arrays:
        yield from writer.worked.given(array)


class _Numbers:
    """What the names in a derivation stand for. sample: whose numbers are meant, counted from 0. error_sign:
    that of the notation."""

    def __init__(self, values: NetworkValues, sample: int, error_sign: int) -> None:
        self.values, self.sample, self.error_sign = values, sample, error_sign
        self.samples = values.samples
        self.sizes = values.batch.sizes
        self.moving = {line.name for line in values.batch.of(*MOVING)}
        self._moment = "", values

    def of_samples(self, name: str) -> bool:
        values = self.values
        return name not in (*values.parameters, *values.states, *self.moving) and self._array(name)[1]

    def value(self, name: str, *, each: bool = False, at: str = "") -> Any:
        return self._value(name, self._before(at), each=each).tolist()

    def _before(self, at: str) -> NetworkValues:
        """All values where the new one of `at` is computed."""
        if at not in self.moving:
            return self.values
        if self._moment[0] != at:
            self._moment = at, self.values.at_update(at, batch=True)
        return self._moment[1]

    def evaluate(self, node: Node, at: str = "", digits: int | None = None) -> Any:
        values = self._before(at)
        leaves, names = {}, {}
        for part in in_order([node]):
            if part.op == "leaf":
                each = "n" in part.dims
                name = f"every {part.data}" if each else str(part.data)
                names[part] = leaf(name, part.dims)
                value = self._value(str(part.data), values, each=each)
                leaves[name] = value if digits is None else _rounded(value, digits)
        sizes = {**self.sizes, "n": self.samples}
        return evaluate(replace([node], names), leaves, sizes)[0].tolist()

    def _value(self, name: str, values: NetworkValues, *, each: bool) -> Array:
        places: tuple[int, ...] = ()
        if not name.startswith("∂"):
            name, places = split_entry(name)
        elif "[" in name:
            top, bottom = (split_entry(part) for part in name[1:].split("/∂"))
            name, places = f"∂{top[0]}/∂{bottom[0]}", (*top[1], *bottom[1])
        array, of_samples = self._array(name, values)
        here = (slice(None) if each else self.sample,) if of_samples else ()
        value = array[(*here, *(place - 1 for place in places))]
        return np.asarray(value * self.error_sign if name.startswith("delta") else value)

    def _array(self, name: str, values: NetworkValues | None = None) -> tuple[Array, bool]:
        """All entries of a quantity, and whether its first axis is that of the samples."""
        values = values or self.values
        what = quantity(name)
        if what.kind != "g'":
            return values[name]
        layer = self.values.net.layers[(what.layer or 0) - 1]
        row, settings = find_activation(str(layer.activation))
        z, (array, _) = leaf("z", ("n", "k")), values[f"{'u' if layer.norm else 'z'}{what.layer}"]
        (slope,) = reverse(total(row.apply(z, "k", **settings)), [z])
        sizes = dict(zip(z.dims, array.shape, strict=True))
        return evaluate([slope], {"z": array}, sizes)[0], True


def _rounded(value: Array, digits: int) -> Array:
    return np.array([float(f"{x:.{digits}g}") for x in value.ravel()]).reshape(value.shape)


def _rows(name: str, given: object, width: int) -> Array:
    """Samples as rows of float64. Raises ShapeError."""
    array = real_numbers(given, name)
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != width or not len(array):
        found = " x ".join(map(str, array.shape)) or "1"
        raise ShapeError("trace.shape", name=name, expected=width, found=found)
    return array


def _parameters(expected: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Array]:
    """Parameters by name, of the shapes that the network has. Raises ShapeError, UnknownNameError."""
    arrays = {}
    for name, value in given.items():
        if name not in expected:
            raise unknown("parameter", name, list(expected))
        arrays[name] = real_numbers(value, name)
        if arrays[name].shape != expected[name].shape:
            shapes = [" x ".join(map(str, shape)) for shape in (expected[name].shape, arrays[name].shape)]
            raise ShapeError("trace.parameter", name=name, expected=shapes[0], found=shapes[1])
    return arrays
