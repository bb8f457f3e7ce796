"""The NumPy engine: runs the source that `render.buffered_source` writes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.engines import special
from chainrule.engines.feed import Feed
from chainrule.engines.masks import Keys, masks_of
from chainrule.expr import Node
from chainrule.program import BACKWARD, FORWARD, Line, Program
from chainrule.render.buffered_source import buffered_source

Array = NDArray[Any]
Run = Callable[..., tuple[Any, ...]]
Maker = Callable[..., Run]
"""What the source defines: from an engine's arrays and a batch size to what runs."""
CHUNK = 1024
"""How many samples go through the network at once where nothing is learned."""


class _Made(threading.local):
    """What runs, by what it gives and the batch size; each thread has its own, as each has buffers."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str | tuple[Node, ...], int], Run] = {}


class NumpyEngine:
    """A program's parameters and optimizer state, and what can be done with them.

    parameters: arrays by name, `program.held`; they are copied. dtype: of everything that is computed. like:
    an engine of the same program, whose source serves this one too.
    """

    name = "numpy"
    most_at_once = 1
    """Steps that `steps` should be asked for at once, as nothing can stop it."""
    vectors = 0
    """Bits of the vectors in its machine code; 0 where it has none of its own."""
    fused = False
    """Whether its machine code rounds a product and a sum once."""
    parts: int | None = None
    """Into how many parts a step is cut; None: as many as its work is worth."""

    def __init__(
        self,
        program: Program,
        parameters: Mapping[str, Array],
        dtype: Any = np.float64,
        states: Mapping[str, Array] | None = None,
        like: NumpyEngine | None = None,
    ) -> None:
        self.program = program
        self.dtype = np.dtype(dtype)
        self.parameters = {name: self._own(parameters[name]) for name in program.held}
        self.states = {
            name: self._own(states[name] if states else np.zeros(program.shape(name)))
            for name in program.states
        }
        self._makers: dict[str | tuple[Node, ...], Maker] = like._makers if like else {}
        self._made = _Made()

    def _own(self, array: Array) -> Array:
        return np.array(array, self.dtype, order="F")

    def steps(
        self,
        feed: Feed,
        order: NDArray[np.int64],
        first: int,
        given: Array,
        every: int,
        threads: int,
        keys: Keys | None = None,
    ) -> list[float]:
        """As many updates as `given` has rows, by the batches from number `first` on; returns J, before the
        update, of those whose number is a multiple of `every`.

        order: the samples' numbers in the order of their turn. given: `program.scalars` of each step, a row
        each.
        threads: for engines that start their own.
        keys: of each step's masks, where the program has any (see `masks.mask_keys`).
        """
        looks = []
        for i, scalars in enumerate(given.tolist()):
            number = first + i
            x, y = feed.batch(order, number)
            masks = () if keys is None else masks_of(self.program, len(x), keys[i], self.dtype).values()
            beside = *masks, *feed.weights_of(order, number)
            if number % every:
                self.step(x, y, *scalars, *beside)
            else:
                looks.append(self.step_with_loss(x, y, *scalars, *beside))
        return looks

    def cut(self, n: int) -> int:
        """Count the parts of a step of n samples; as many threads can share it."""
        return 1

    def step(self, x: Array, y: Array, *given: float | Array) -> None:
        """One update. x (n, d), y (n, k): contiguous, of the engine's dtype; given: `program.scalars`, then
        `program.beside`."""
        self._run("step", len(x), x, y, *given)

    def step_with_loss(self, x: Array, y: Array, *given: float | Array) -> float:
        """One update; returns J before it."""
        return float(self._run("step_with_loss", len(x), x, y, *given)[0])

    def outputs(self, x: Array) -> Array:
        """What the network predicts, (n, k), for inputs (n, d) of the engine's dtype."""
        out = np.empty((len(x), self.program.net.outputs), self.dtype)
        for at in range(0, len(x), CHUNK):
            part = x[at : at + CHUNK]
            out[at : at + CHUNK] = self._run("outputs", len(part), part)[0]
        return out

    def loss(self, x: Array, y: Array) -> float:
        """J of what the network predicts, for a batch of any size."""
        return self.outputs_and_loss(x, y)[1]

    def outputs_and_loss(self, x: Array, y: Array) -> tuple[Array, float]:
        """What the network predicts, and J of that, for a batch of any size."""
        out = np.empty((len(x), self.program.net.outputs), self.dtype)
        J = 0.0
        for at in range(0, len(x), CHUNK):
            part = slice(at, at + CHUNK)
            out[part], mean = self._run("outputs_and_loss", len(out[part]), x[part], y[part])
            J += float(mean) * len(out[part])
        return out, J / len(x)

    def loss_in_training(self, x: Array, y: Array, *beside: Array) -> float:
        """J of one step's batch. beside: `program.beside`."""
        return float(self._run("loss_in_training", len(x), x, y, *beside)[0])

    def gradients(self, x: Array, y: Array, *beside: Array) -> tuple[float, dict[str, Array]]:
        """J in training and its gradient by each parameter."""
        J, *gradients = self._run("gradients", len(x), x, y, *beside)
        named = zip(self.program.parameters, gradients, strict=True)
        return float(J), {name: np.array(g) for name, g in named}

    def values(self, nodes: Sequence[Node], x: Array, y: Array, *beside: Array) -> list[Array]:
        """Values of expressions over x, y, the parameters and what is given beside them."""
        return [np.array(v) for v in self._run(tuple(nodes), len(x), x, y, *beside)]

    def forward(self, x: Array) -> dict[str, Array]:
        """z and a of every layer as the network predicts, by name, for a batch of any size."""
        return self._by_name("forward", self.program.predicting(*FORWARD), x)

    def lines(self, x: Array, y: Array, *beside: Array) -> dict[str, Array]:
        """The values of all lines of a step up to the gradients, by name."""
        return self._by_name("lines", self.program.of(*FORWARD, "loss", *BACKWARD), x, y, *beside)

    def _by_name(self, what: str, lines: Sequence[Line], x: Array, *given: Array) -> dict[str, Array]:
        values = self._run(what, len(x), x, *given)
        return {line.name: np.array(v) for line, v in zip(lines, values, strict=True)}

    def _run(self, what: str | tuple[Node, ...], n: int, *arguments: Any) -> tuple[Any, ...]:
        made = self._made.runs
        run = made.get((what, n))
        if run is None:
            if len(made) > 12:  # odd batch sizes do not pile up buffers
                made.clear()
            run = made[what, n] = self._make(what, n)
        # overflow is part of the arithmetic here (exp(-z) = inf, 1 / inf = 0); NaN is looked for in J
        with np.errstate(all="ignore"):
            return run(*arguments)

    def _make(self, what: str | tuple[Node, ...], n: int) -> Run:
        make = self._makers.get(what)
        if make is None:
            text = source_of(self.program, what)
            make = partial(function_from("make", text), np, special)
            if isinstance(what, str):  # expressions by themselves are many, and seldom asked for twice
                self._makers[what] = make
        return make(self.dtype, n, {**self.parameters, **self.states})


def source_of(program: Program, what: str | tuple[Node, ...]) -> str:
    """The source of what an engine is asked for: by its name, or the values of some expressions."""
    if isinstance(what, tuple):
        names = [f"value{i}" for i in range(len(what))]
        wanted = [
            Line(name, node, "activation", None, node.dims) for name, node in zip(names, what, strict=True)
        ]
        return buffered_source(program, wanted, names, ("x", "y", *program.beside))
    if what == "forward":
        lines = program.predicting(*FORWARD)
        return buffered_source(program, lines, [line.name for line in lines], ("x",))
    if what == "lines":
        lines = program.of(*FORWARD, "loss", *BACKWARD)
        return buffered_source(program, lines, [line.name for line in lines], ("x", "y", *program.beside))
    if what == "outputs":
        return buffered_source(program, program.predicting(*FORWARD), [program.output], ("x",))
    if what == "outputs_and_loss":
        names = [program.output, "J"]
        return buffered_source(program, program.predicting(*FORWARD, "loss"), names, ("x", "y"))
    if what == "loss_in_training":
        return buffered_source(program, program.of(*FORWARD, "loss"), ["J"], ("x", "y", *program.beside))
    if what == "gradients":
        names = ["J", *(f"d{name}" for name in program.parameters)]
        lines = program.of(*FORWARD, "loss", *BACKWARD)
        return buffered_source(program, lines, names, ("x", "y", *program.beside))
    returns = ["J"] if what == "step_with_loss" else []
    arguments = ("x", "y", *program.scalars, *program.beside)
    return buffered_source(program, program.lines, returns, arguments)


def function_from(name: str, text: str) -> Callable[..., Any]:
    """The function of that name in source that was printed from checked expressions; the names in it are the
    project's own, W1, delta2, t7."""
    namespace: dict[str, Any] = {"np": np, "math": math}
    exec(compile(text, "<program>", "exec"), namespace)  # noqa: S102 - nothing a user writes is in it
    function: Callable[..., Any] = namespace[name]
    return function
