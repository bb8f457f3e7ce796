"""Every quantity of a network for some samples, in numbers.

The lines of the network's program, and derivatives of any of them by any other, which come from the chain
rule and never from a formula that is written somewhere. All in float64.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from copy import copy

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.losses import LOSSES
from chainrule.engines.expressions import evaluate
from chainrule.engines.masks import first_masks
from chainrule.expr import ONE, Node, contract, identity, in_order, leaf, replace, total, with_args
from chainrule.network import NetworkDefinition
from chainrule.notation.quantity import Quantity, quantity
from chainrule.program import FORWARD, STEP, Program, build, leaves
from chainrule.reverse import reverse
from chainrule.update import UpdateRule

Array = NDArray[np.float64]

MOVING = tuple(role for role in STEP if role != "clipping")
"""Lines whose values are those of a moment within a step."""


class NetworkValues:
    """All quantities of a network for a batch of samples, as in training.

    x (m, inputs), y (m, outputs). masks: by name; None: those of the first step with such a batch. parameters
    and states: arrays by name; states, running averages among them, 0 where none are given.
    update: see program.build. scalars: `lr`, and `t` where the update asks for it. used: the forward pass of
    prediction instead, of a network without masks.
    """

    def __init__(
        self,
        net: NetworkDefinition,
        x: Array,
        y: Array,
        parameters: Mapping[str, Array],
        update: str | UpdateRule = "sgd",
        *,
        scalars: Mapping[str, float] | None = None,
        states: Mapping[str, Array] | None = None,
        masks: Mapping[str, Array] | None = None,
        used: bool = False,
    ) -> None:
        self.net = net.resolved()
        one_sum = bool(np.allclose(y.sum(axis=1), 1))
        self.one = build(self.net, update, one_sample=True, targets_sum_to_one=one_sum)
        self.batch = build(self.net, update, targets_sum_to_one=one_sum)
        if used:
            self.one, self.batch = self.one.as_used, self.batch.as_used
        self.x, self.y, self.samples = x, y, len(x)
        self.parameters = {name: np.asarray(parameters[name]) for name in self.batch.parameters}
        numbers = {**self.batch.constants, **(scalars or {})}
        self.scalars = {name: np.asarray(value, np.float64) for name, value in numbers.items()}
        remembered = (*self.batch.states, *self.batch.statistics)
        zeros = {name: np.zeros(self.batch.shape(name)) for name in remembered}
        self.states = {**zeros, **(states or {})}
        self.changed: dict[str, tuple[Array, bool]] = {}
        self._derivatives: dict[tuple[str, str], tuple[Array, bool]] = {}
        masks = first_masks(self.batch, self.samples, self.net.seed) if masks is None else masks
        self.masks = {name: masks[name] for name in self.batch.masks}
        self.data = {"x": x, "y": y, **self.masks}
        self.of_batch = self._lines(self.batch, self.data, self.samples)
        self.of_samples = self._each()

    def _each(self) -> dict[str, Array]:
        """The values of all lines of one sample, for every sample along the first axis."""
        values = {**self.data, **self.parameters, **self.scalars, **self.states}
        sampled = set(self.data)
        together = {line.name for line in self.batch.of(*FORWARD) if "n" not in line.dims}
        for line in self.one.lines:
            if line.role in STEP:
                continue
            if line.name in together:
                values[line.name] = self.of_batch[line.name]
                continue
            expr = contract(("n", *line.dims), _of_every_sample(line.expr, sampled))
            (values[line.name],) = evaluate([expr], values, {**self.one.sizes, "n": self.samples})
            sampled.add(line.name)
        return {name: values[name] for name in sampled}

    def _lines(self, program: Program, data: Mapping[str, Array], samples: int = 1) -> dict[str, Array]:
        """The values of all lines up to where something moves."""
        values = {**data, **self.parameters, **self.scalars, **self.states}
        sizes = {**program.sizes, "n": samples}
        for line in program.lines:
            if line.role not in MOVING:
                (value,) = evaluate([contract(line.dims, line.expr)], values, sizes)
                values[line.name] = value
        return values

    def __getitem__(self, name: str) -> tuple[Array, bool]:
        """The value of a quantity by its name (see `notation.quantity`), and whether its first axis is that
        of the samples."""
        if name in self.changed:
            return self.changed[name]
        what = quantity(name)
        match what.kind:
            case "∂":
                return self._derivative(*what.parts)
            case "m" if what == Quantity("m"):
                return np.asarray(float(self.samples)), False
            case "J":
                return self.of_batch["J"], False
            case "C":
                return self.of_samples["J"], True
            case "in":
                below = self[f"a{(what.layer or 0) - 1}"][0]
                if what.layer == 1 and "m0" in self.masks:
                    below = self.masks["m0"] * below
                rows = self.net.sizes[what.layer or 0]
                return np.repeat(below[:, None, :], rows, axis=1), True
            case "a" if what.layer == 0:
                return self.x, True
            case "g" if f"m{what.layer}" in self.masks:
                unit = self.batch.meaning.units[(what.layer or 0) - 1]
                u = leaf(f"{'u' if unit.normalised else 'z'}{unit.number}", unit.z.dims)
                return evaluate(replace([unit.g], {unit.u: u}), self.of_batch, self.batch.sizes)[0], True
            case "g":
                return self[f"a{what.layer}"]
        for values in (self.parameters, self.scalars, self.states):
            if name in values:
                return values[name], False
        if name not in self.of_samples:  # one for all samples
            return self.of_batch[name], False
        return self.of_samples[name], True

    def _derivative(self, top: str, bottom: str) -> tuple[Array, bool]:
        """All entries of one quantity differentiated by all of another, along every path between them.

        Where samples act on one another, C is what all of them cost together; a derivative by a parameter is
        the share of each sample, as if each had parameters of its own; `∂u1*/∂z1` is that of every sample's
        u1, along the first axis, by each one's z1, and without the star of each sample's by its own.
        """
        if (top, bottom) not in self._derivatives:
            u, v = self._node(quantity(top.rstrip("*"))), self._node(quantity(bottom))
            leaves = {**self.parameters, **self.scalars, **self.data}
            if top != "J" and bottom in self.parameters:
                own = leaf(f"own {bottom}", ("n", *v.dims))
                array = self.parameters[bottom]
                leaves[f"own {bottom}"] = np.broadcast_to(array, (self.samples, *array.shape))
                (u,), v = replace([u], {v: own}), own
            rows, star = u.dims[1:], top.endswith("*")
            seed = identity("row", *rows) if rows else ONE
            if star or (rows and self.net.mixes_samples):
                seed = identity("other", "n") * seed
            (found,) = reverse(u, [v], seed)
            first = [d for d in ("other", "n") if d in found.dims]
            entries = [d for d in found.dims if d not in first]
            if star or "other" not in first:
                found = contract((*first, *entries), found)
            else:
                found = contract(("n", *entries), identity("other", "n"), found)
            sizes = {**self.batch.sizes, "n": self.samples, "other": self.samples}
            sizes["row"] = sizes[rows[0]] if rows else 1
            (array,) = evaluate([found], leaves, sizes)
            self._derivatives[top, bottom] = array, "n" in first
        return self._derivatives[top, bottom]

    def _node(self, what: Quantity) -> Node:
        """A quantity of every sample as an expression over inputs and parameters; C of all together."""
        meaning = self.batch.meaning
        layer = what.layer or 0
        match what.kind:
            case "J":
                return meaning.J
            case "C":  # by its definition, which knows the outputs also where the program takes a short cut
                loss, settings = LOSSES.choose(str(self.net.loss))
                return total(loss.function(meaning.y, meaning.outputs, meaning.units[-1].z, "k", **settings))
            case "y":
                return meaning.y
            case "z":
                return meaning.units[layer - 1].z
            case "u":
                return meaning.units[layer - 1].u
            case "a":
                return meaning.units[layer - 1].a if layer else meaning.x
            case _:
                return meaning.parameters[f"{what.kind}{layer}"]

    def at_update(self, name: str, *, batch: bool) -> NetworkValues:
        """The same just before a line of a step has its new value, which is `new NAME`: parameters and states
        that come before it have theirs already. batch: whether the update is that of the whole batch; else
        every sample makes one of its own, as a batch of one."""
        program = self.batch
        given = {**self.parameters, **self.scalars, **self.states}
        found = [self.of_batch]
        if not batch:
            samples = [{name: array[[i]] for name, array in self.data.items()} for i in range(self.samples)]
            found = [self._lines(program, sample) for sample in samples]
        rows = [{**lines, **given} for lines in found]
        values, moved = copy(self), dict[str, tuple[Array, bool]]()
        for line in program.of(*MOVING):
            each = [evaluate([contract(line.dims, line.expr)], row, program.sizes)[0] for row in rows]
            new = (each[0], False) if batch else (np.array(each), True)
            if line.name == name:  # a gradient that it reads is that at the old parameters
                read = leaves([line.expr])
                values.changed = {of: value for of, value in moved.items() if of in read}
                values.changed[f"new {name}"] = new
                return values
            moved[line.name] = new
            rows = [{**row, line.name: value} for row, value in zip(rows, each, strict=True)]
        raise KeyError(name)


def _of_every_sample(node: Node, sampled: Container[str]) -> Node:
    """An expression for one sample as one for every sample, along n; sums over the samples are along a dim of
    their own. sampled: names of what every sample has."""
    every: dict[Node, Node] = {}
    for part in in_order([node]):
        args = tuple(every[arg] for arg in part.args)
        dims = ["each" if d == "n" else d for d in part.dims]
        if part.op == "leaf":
            own = ["n"] if str(part.data) in sampled and "n" not in part.dims else []
            every[part] = leaf(str(part.data), [*own, *dims])
        elif part.op == "contract":
            own = ["n"] if any("n" in arg.dims for arg in args) else []
            every[part] = contract([*own, *dims], *args)
        else:
            every[part] = with_args(part, args)
    return every[node]
