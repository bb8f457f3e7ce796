"""Derived gradients against finite differences of the loss, in float64.

A central difference of width h is off by terms in h^2, h^4, ...; three of them, of widths h, 2h and 4h,
cancel the first two terms (Richardson 1911), and how much the last cancellation changed tells how far off
the result can be. Where that is too much, or where the loss has a kink in between, h is made smaller.

Of a large network some entries are moved one by one, and all entries together: each parameter along a random
direction (a network with very many parameters, several of them at a time).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.losses import LOSSES
from chainrule.catalog.registry import shown
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.engines.threads import limited_to, threads_for
from chainrule.errors import ShapeError, UsageError
from chainrule.expr import in_order
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, is_number
from chainrule.primitives import kinks
from chainrule.program import FORWARD, Program, build
from chainrule.randomness import generator
from chainrule.sentences import say

Array = NDArray[np.float64]

SAMPLES = 5
"""How many samples are drawn where none are given."""
WIDTH = 2.0**-10
"""The first width tried; a power of two, so that adding it to a parameter is exact."""
STEPS = (4, 2, 1)
"""How many widths the entry is moved; the farthest finds kinks first."""
SHRINK = 1 / 8
TRIES = 4
GOOD_ENOUGH = 1e-10
"""A relative error of one entry's numeric derivative that needs no further try."""
ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""Relative rounding error that one evaluation of the loss may have."""
MOST = 1000
"""How many entries are compared one by one."""
WORK = 2e9
"""How many numbers all evaluations of the loss together may read: some seconds' worth."""
LINE = 3000
"""A line of the program takes as long as that many numbers."""
LIKE = 10.0
"""By which factor the gradients of parameters that are moved together may differ in size."""
LINES = 40
"""How many parameters a report shows, the worst ones."""


@dataclass(frozen=True)
class ParameterReport:
    """One parameter's gradient.

    relative_error: ||derived - numeric|| / (||derived|| + ||numeric||), 2-norms over the checked entries; 0
    where both are 0 but for rounding, 1 where a derived entry is not finite. Where no entry was drawn to be
    checked by itself, that along the direction.
    worst_index: the entry with the largest difference, whose two values are `derived` and `numeric`; all
    None where nothing could be checked.
    kinks: entries left out because the loss has no derivative there. checked: of how many `entries`.
    rounding: the size of difference that finite differences cannot see.
    direction_error: the same quotient for all entries, judged by one derivative along a random direction;
    None where every entry was drawn, and where the loss has a kink on the way.
    """

    ok: bool
    relative_error: float
    worst_index: tuple[int, ...] | None
    derived: float | None
    numeric: float | None
    kinks: int
    checked: int
    entries: int
    rounding: float
    direction_error: float | None = None

    @property
    def drawn(self) -> int:
        """How many entries were drawn to be checked by themselves, kinks among them."""
        return self.checked + self.kinks

    @property
    def partly(self) -> bool:
        """Whether there are entries that were not drawn."""
        return self.drawn < self.entries

    def to_dict(self) -> dict[str, Any]:
        """Names and numbers for JSON, which has no NaN or infinity: None."""
        table = asdict(self)
        if self.worst_index is not None:
            table["worst_index"] = list(self.worst_index)
        if self.derived is not None and not np.isfinite(self.derived):
            table["derived"] = None
        return table


@dataclass(frozen=True)
class GradientReport:
    """All gradients of a network. `str` is for people, `to_dict` for programs.

    learning_rule: the number of the layer whose error is a learning rule and no derivative, else None.
    """

    parameters: dict[str, ParameterReport]
    tolerance: float
    learning_rule: int | None = None

    @property
    def ok(self) -> bool:
        return all(p.ok for p in self.parameters.values())

    @property
    def worst_relative_error(self) -> float:
        return max(p.relative_error for p in self.parameters.values())

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "worst_relative_error": self.worst_relative_error,
            "tolerance": self.tolerance,
            "parameters": {name: p.to_dict() for name, p in self.parameters.items()},
        }

    @property
    def verdict(self) -> str:
        """What came of it, in one sentence."""
        tolerance = f"{self.tolerance:.0e}"
        wrong = ", ".join(f"d{name}" for name, p in self.parameters.items() if not p.ok)
        if wrong:
            return say("check.wrong", names=wrong, tolerance=tolerance)
        if not any(p.checked or p.direction_error is not None for p in self.parameters.values()):
            return say("check.nothing")
        return say("check.right", error=f"{self.worst_relative_error:.1e}", tolerance=tolerance)

    @property
    def shown(self) -> dict[str, ParameterReport]:
        """The parameters that a person is shown: all, or the worst of very many, in the network's order."""
        by_badness = sorted(
            self.parameters,
            key=lambda name: (self.parameters[name].ok, -self.parameters[name].relative_error),
        )
        worst = set(by_badness[:LINES])
        return {name: p for name, p in self.parameters.items() if name in worst}

    @property
    def notes(self) -> list[str]:
        """What must be known to read the numbers, a sentence each."""
        kinks = sum(p.kinks for p in self.parameters.values())
        rounded = any(p.ok and p.relative_error > self.tolerance for p in self.parameters.values())
        checked = sum(p.drawn for p in self.parameters.values())
        entries = sum(p.entries for p in self.parameters.values())
        unseen = [f"d{name}" for name, p in self.parameters.items() if p.partly and p.direction_error is None]
        hidden = len(self.parameters) - len(self.shown)
        return [
            *([say("check.hidden", hidden=hidden)] if hidden else []),
            *([say("check.sampled", checked=checked, entries=entries)] if checked < entries else []),
            *([say("check.unseen", names=", ".join(unseen))] if unseen else []),
            *([say("check.kinks", kinks=kinks)] if kinks else []),
            *([say("check.rounding")] if rounded else []),
            *([say("check.learning_rule", layer=self.learning_rule)] if self.learning_rule else []),
        ]

    def __str__(self) -> str:
        return "\n".join([self.verdict, *(f"  {self._line(name)}" for name in self.shown), *self.notes])

    def _line(self, name: str) -> str:
        p = self.parameters[name]
        parts = [
            say(
                "check.parameter",
                name=name,
                error=f"{p.relative_error:.1e}",
                checked=p.checked,
                entries=p.entries,
            )
        ]
        if p.worst_index is not None:
            derived, numeric = f"{p.derived:.9g}", f"{p.numeric:.9g}"
            parts.append(say("check.worst", place=list(p.worst_index), derived=derived, numeric=numeric))
        return say("check.separator").join(parts)


def check_gradients(
    net: NetworkDefinition,
    x: Any = None,
    y: Any = None,
    parameters: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    most: int = MOST,
    tolerance: float = 1e-7,
    progress: Callable[[int, int], None] | None = None,
) -> GradientReport:
    """Compare the gradients that the program derives with finite differences of its loss, in float64.

    x: (n, d) inputs. y: (n, k) targets; (n,) where k is 1, or class numbers. parameters: arrays by name.
    What is not given is drawn from the seed: targets as the loss has them, and parameters that are nowhere
    0, so that no mistake hides behind a zero.
    most: how many entries are compared one by one, fewer where one takes long. Of a network with more, as
    many are drawn from the seed, and all entries take part in derivatives along random directions.
    An entry is a kink, and left out, if the loss has a kink (such as relu's at 0) within every width tried,
    the smallest being 2e-6. progress: told how many of all derivatives are done.
    Raises ShapeError for arrays that do not fit, UsageError where the loss is not finite or a setting is
    wrong, DefinitionError for what is no seed.
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise UsageError("check.most", found=shown(most))
    if not (is_number(tolerance) and tolerance > 0):
        raise UsageError("check.tolerance", found=shown(tolerance))
    net = replace(net.resolved(), seed=seed)  # which refuses what is no seed
    seed = net.seed
    inputs, targets = _samples(net, x, y, seed)
    sums_to_one = bool(np.all(np.abs(targets.sum(axis=1) - 1) < 1e-12))
    program = build(net, targets_sum_to_one=sums_to_one)
    engine = NumpyEngine(program, _parameters(program, parameters, seed))
    with limited_to(threads_for(program, len(inputs))):
        J, derived = engine.gradients(inputs, targets)
        if not np.isfinite(J):
            raise UsageError("check.not_finite", found=J)
        places = _places(program, {name: g.size for name, g in derived.items()}, most, seed)
        partly = {name: g for name, g in derived.items() if len(places[name]) < g.size}
        groups = _groups(partly, _affordable(program), abs(J))
        counter = _Counter(sum(map(len, places.values())) + len(groups), progress)
        differences = _Differences(engine, inputs, targets, counter)
        reports = {
            name: _compare(differences, name, gradient, places[name], tolerance)
            for name, gradient in derived.items()
        }
        for group in groups:
            found = _along(differences, {name: derived[name] for name in group}, seed, tolerance)
            for name in group:
                # of parameters that disagree together, each is asked by itself
                alone = found.ok or len(group) == 1
                own = found if alone else _along(differences, {name: derived[name]}, seed, tolerance)
                reports[name] = _joined(reports[name], own)
    flat = find_activation(str(net.layers[-1].activation))[0].flat
    return GradientReport(reports, tolerance, len(net.layers) if flat else None)


def _affordable(program: Program) -> int:
    """How many derivatives can be had for the work."""
    loss = program.net.parameter_count + LINE * len(program.of(*FORWARD))
    return max(1, int(WORK / (2 * len(STEPS) * loss)))


def _places(program: Program, sizes: Mapping[str, int], most: int, seed: int) -> dict[str, NDArray[np.int64]]:
    """By parameter the entries that are compared one by one: equally many of each, as far as it has so many;
    where there are more parameters than entries to compare, of some none."""
    names = [str(name) for name in generator(seed, "check parameters").permutation(list(sizes))]
    left = min(most, _affordable(program))
    if left >= len(names):
        names.sort(key=sizes.__getitem__)
    places = {}
    for place, name in enumerate(names):
        count = min(sizes[name], left // (len(names) - place))
        left -= count
        rng = generator(seed, f"check {name}")
        places[name] = np.sort(rng.choice(sizes[name], count, replace=False))
    return places


def _groups(gradients: Mapping[str, Array], most: int, J: float) -> list[list[str]]:
    """The parameters that are moved together: each alone or, where there are more than `most`, those whose
    gradients are of like size, so that none drowns in another's."""
    least = ROUNDING * max(J, 1.0) / WIDTH  # smaller ones cannot be seen
    norms = {name: max(float(np.linalg.norm(g)), least) for name, g in gradients.items()}
    size = math.ceil(len(norms) / most)
    groups: list[list[str]] = []
    for name in sorted(norms, key=norms.__getitem__):
        if groups and len(groups[-1]) < size and norms[name] <= LIKE * norms[groups[-1][0]]:
            groups[-1].append(name)
        else:
            groups.append([name])
    return groups


@dataclass
class _Counter:
    """Counts derivatives, and tells who watches."""

    total: int
    progress: Callable[[int, int], None] | None
    done: int = 0

    def count(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(min(self.done, self.total), self.total)


@dataclass(frozen=True)
class _Direction:
    """How the derivative along a direction compares; error: None at a kink."""

    ok: bool
    error: float | None


def _along(
    differences: _Differences, gradients: Mapping[str, Array], seed: int, tolerance: float
) -> _Direction:
    """Compare the derivative along one direction that moves every entry of some parameters, each up or down
    by the same: an error e of the gradient is on average seen as ||e||, wherever it sits."""
    count = sum(g.size for g in gradients.values())
    unit = 2.0 ** -round(math.log2(count) / 2)  # about 1 / sqrt(count); with a power of two steps stay exact
    direction = {
        # in the order of the engine's own arrays, which would else be walked across
        name: generator(seed, f"check direction {name}")
        .choice([-unit, unit], g.size)
        .reshape(g.shape, order="F")
        for name, g in gradients.items()
    }
    result = differences.along(direction)
    if result is None:
        return _Direction(True, None)
    numeric, uncertain = result
    derived = sum(float(np.vdot(direction[name], g)) for name, g in gradients.items())
    norm = unit * math.hypot(*(float(np.linalg.norm(g)) for g in gradients.values()))
    apart = abs(derived - numeric)
    if not math.isfinite(apart):
        return _Direction(False, 1.0)
    error = apart / (norm + abs(numeric)) if apart > uncertain else 0.0
    return _Direction(error <= tolerance, error)


def _joined(report: ParameterReport, direction: _Direction) -> ParameterReport:
    return replace(
        report,
        ok=report.ok and direction.ok,
        relative_error=report.relative_error if report.drawn else direction.error or 0.0,
        direction_error=direction.error,
    )


def _compare(
    differences: _Differences, name: str, gradient: Array, places: NDArray[np.int64], tolerance: float
) -> ParameterReport:
    found = [differences.by_entry(name, int(place)) for place in places]
    smooth = [i for i, result in enumerate(found) if result is not None]
    kinked, entries = len(found) - len(smooth), gradient.size
    if not smooth:
        return ParameterReport(True, 0.0, None, None, None, kinked, 0, entries, 0.0)
    numeric, noise = np.array([result for result in found if result is not None]).T
    derived = gradient.reshape(-1)[places[smooth]]
    apart = np.abs(derived - numeric)
    rounding = float(np.linalg.norm(noise))
    if np.all(np.isfinite(derived)):
        norms = float(np.linalg.norm(derived)), float(np.linalg.norm(numeric))
        distance = float(np.linalg.norm(apart))
        relative = distance / sum(norms) if max(norms) > rounding else 0.0
        ok = relative <= tolerance or distance <= rounding
    else:
        relative, ok = 1.0, False
    worst = int(np.argmax(np.where(np.isfinite(apart), apart, np.inf)))
    index = tuple(int(i) for i in np.unravel_index(places[smooth[worst]], gradient.shape))
    return ParameterReport(
        ok,
        relative,
        index,
        float(derived[worst]),
        float(numeric[worst]),
        kinked,
        len(smooth),
        entries,
        rounding,
    )


class _Differences:
    """Numeric derivatives of an engine's loss by its parameters."""

    def __init__(self, engine: NumpyEngine, x: Array, y: Array, counter: _Counter) -> None:
        self.engine, self.x, self.y, self.counter = engine, x, y, counter
        self.kinks = tuple(dict.fromkeys(kinks(in_order([engine.program.meaning.J])).values()))
        self.sides = self._sides()
        self.largest = self._largest()

    def by_entry(self, name: str, number: int) -> tuple[float, float] | None:
        """The derivative by one entry, counted row by row, and what rounding may add to it; None where there
        is a kink."""
        array = self.engine.parameters[name]
        place = np.unravel_index(number, array.shape)
        middle = array[place]

        def move(distance: float) -> None:
            array[place] = middle + distance

        best = self._derivative(move, max(WIDTH, 2.0**20 * float(np.spacing(abs(middle)))))
        return best and best[:2]

    def along(self, direction: Mapping[str, Array]) -> tuple[float, float] | None:
        """The derivative along a direction, an array for each parameter that is moved, and how far off it
        may be; None where there is a kink."""
        middle = {name: self.engine.parameters[name].copy("K") for name in direction}
        finest = max(np.spacing(np.abs(middle[name]).max()) / abs(direction[name].flat[0]) for name in middle)

        def move(distance: float) -> None:
            for name, step in direction.items():
                self.engine.parameters[name][...] = middle[name] + distance * step

        best = self._derivative(move, max(WIDTH, 2.0**20 * float(finest)))
        return best and best[::2]

    def _derivative(self, move: Callable[[float], None], width: float) -> tuple[float, float, float] | None:
        """The derivative by how far a move goes, what rounding may add to it, and how far off it may be."""
        self.counter.count()
        best: tuple[float, float, float] | None = None
        for _ in range(TRIES):
            J = self._around(move, width)
            if J is not None:
                far, middle, near = (
                    (above - below) / (2 * steps * width)
                    for steps, (below, above) in zip(STEPS, J, strict=True)
                )
                good, fair = (4 * near - middle) / 3, (4 * middle - far) / 3
                value = (16 * good - fair) / 15
                noise = ROUNDING * max(self.largest, *(abs(v) for pair in J for v in pair)) / width
                off = abs(value - good) + noise
                if best is None or off < best[2]:
                    best = value, noise, off
                if off <= max(2 * noise, GOOD_ENOUGH * abs(value)):
                    break
            width *= SHRINK
        return best

    def _around(self, move: Callable[[float], None], width: float) -> list[tuple[float, float]] | None:
        """J some widths below and above; None where there is a kink in between, or J is not finite."""
        pairs = []
        try:
            for steps in STEPS:
                pair = []
                for distance in (-steps * width, steps * width):
                    move(distance)
                    if self._bent() or not np.isfinite(J := self.engine.loss(self.x, self.y)):
                        return None
                    pair.append(J)
                pairs.append((pair[0], pair[1]))
        finally:
            move(0.0)
        return pairs

    def _largest(self) -> float:
        """The largest number that J is a sum or difference of: it tells how exact J can be. Where a network
        has learned its samples well, J is far smaller, as logsumexp(z) - z is for large z."""
        meaning = self.engine.program.meaning
        z = {unit.z for unit in meaning.units}
        above = [node for node in in_order([meaning.J], stop=z.__contains__) if node not in z]
        terms = [arg for node in above if node.data in ("add", "sub") for arg in node.args]
        sizes = [float(np.abs(value).max()) for value in self.engine.values(terms, self.x, self.y)]
        return max([0.0, *filter(math.isfinite, sizes)])

    def _sides(self) -> list[Array]:
        """On which side of its kink everything that has one is."""
        return [np.sign(v) for v in self.engine.values(self.kinks, self.x, self.y)] if self.kinks else []

    def _bent(self) -> bool:
        return any(not np.array_equal(a, b) for a, b in zip(self.sides, self._sides(), strict=True))


# What is compared on.


def _samples(net: NetworkDefinition, x: Any, y: Any, seed: int) -> tuple[Array, Array]:
    n = next((len(given) for given in (x, y) if hasattr(given, "__len__")), SAMPLES)
    inputs = drawn_inputs(net, n, seed) if x is None else _array("x", x, (n, net.inputs))
    if y is None:
        return inputs, drawn_targets(net, n, seed)
    targets = _array("y", y, (n, net.outputs), (n,))
    if targets.ndim == 1:
        targets = targets[:, None] if net.outputs == 1 else _one_hot(net, targets)
    return inputs, targets


def drawn_inputs(net: NetworkDefinition, n: int, seed: int) -> Array:
    """Inputs (n, d), standard normal."""
    return generator(seed, "check x").standard_normal((n, net.inputs))


def drawn_targets(net: NetworkDefinition, n: int, seed: int) -> Array:
    """Targets (n, k): zeros and ones where the loss wants them no larger, one class a sample where none
    negative."""
    rng = generator(seed, "check y")
    loss = LOSSES.choose(str(net.loss))[0]
    if loss.highest == 1:
        return rng.integers(2, size=(n, net.outputs)).astype(np.float64)
    if loss.lowest == 0:
        return np.eye(net.outputs)[rng.integers(net.outputs, size=n)]
    return rng.standard_normal((n, net.outputs))


def _one_hot(net: NetworkDefinition, labels: Array) -> Array:
    if not np.all(np.isin(labels, np.arange(net.outputs))):
        raise ShapeError("check.labels", last=net.outputs - 1, outputs=net.outputs)
    return np.eye(net.outputs)[labels.astype(np.int64)]


def _parameters(program: Program, given: Mapping[str, Any] | None, seed: int) -> dict[str, Array]:
    names = list(program.parameters)
    if given is None:
        return {name: _drawn(name, program.shape(name), seed) for name in names}
    if not isinstance(given, Mapping) or set(given) != set(names):
        named = ", ".join(map(str, given)) if isinstance(given, Mapping) else shown(given)
        found = named or say("catalog.none")
        raise ShapeError("check.parameters", expected=", ".join(names), found=found)
    return {name: _array(name, given[name], program.shape(name)) for name in names}


def _drawn(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Weights that keep the size of what goes through them, and biases of half that size."""
    values = generator(seed, f"check parameter {name}").standard_normal(shape)
    return values / np.sqrt(shape[1]) if len(shape) == 2 else values / 2


def _array(name: str, value: Any, *shapes: tuple[int, ...]) -> Array:
    expected = " / ".join(map(str, shapes))
    try:
        array = np.ascontiguousarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError("check.no_numbers", name=name, expected=expected) from error
    if array.shape not in shapes or array.size == 0:
        raise ShapeError("check.shape", name=name, expected=expected, found=array.shape)
    if not np.all(np.isfinite(array)):
        raise ShapeError("check.no_numbers", name=name, expected=expected)
    return array
