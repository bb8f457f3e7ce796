"""`check function`: are the gradients that a user's own code returns those of its own loss?

The function is called as it is, each time with values of its own. Numeric derivatives come from its loss
alone; what the gradients differ by is explained in `causes`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.check.diagnosis import Diagnosis
from chainrule.check.differences import Array, Counter, Difference
from chainrule.check.directions import along, drawn_places, joined
from chainrule.check.function.call import Caller, Function, Outcome, Values, described
from chainrule.check.function.causes import Causes
from chainrule.check.function.compared import Compared
from chainrule.check.function.differences import EPS, FunctionDifferences
from chainrule.check.function.names import Pairs, forgotten, matched
from chainrule.check.function.object import with_parameters
from chainrule.check.function.report import FunctionReport
from chainrule.check.function.source import Source
from chainrule.check.function.values import (
    Path,
    as_numbers,
    at,
    is_real,
    leaves,
    like,
    name_of,
    replaced,
    same_values,
)
from chainrule.check.report import FEWEST_DIGITS, ParameterReport, compared, digits_of
from chainrule.check.settings import check_settings
from chainrule.errors import UsageError, listed
from chainrule.sentences import Language, say, speaking

MOST = ((0.004, 300), (0.04, 30), (math.inf, 10))
"""How many entries are compared one by one, by how long a call takes at most, in seconds."""


def check_function(
    function: Function,
    *arguments: Any,
    gradient: Function | None = None,
    of: Iterable[str] | None = None,
    seed: int = 0,
    most: int | None = None,
    tolerance: float = 1e-7,
    lang: Language | None = None,
    progress: Callable[[int, int], None] | None = None,
    **named: Any,
) -> FunctionReport:
    """Whether the gradients that a function of your own returns are those of its loss, by finite differences,
    and if not, what is wrong: `cr.check_function(svm_loss, W, X, y, reg=0.1)`.

    function: called with the arguments that follow, returns (loss, gradients), or (gradients, loss): arrays
    in the order of the parameters, or a dictionary in which dW or W is the gradient of the argument W, or of
    the entry W of an argument. Arguments may be NumPy, PyTorch or JAX arrays, numbers, lists of numbers, and
    dictionaries, lists and tuples of those; they are left as they are. A method is a function of its
    object's dictionary `params`, or of its arrays, too; a function, of arrays of its module that gradients
    are named after.
    gradient: a second function that returns the gradients, where the first returns the loss; or a layer's
    backward pass, called with (dout, cache), where the first is its forward pass and returns (out, cache).
    of: names of the parameters in the order of the gradients, where names and shapes do not tell. most: how
    many entries are compared one by one; None: 300, fewer where a call takes long. tolerance: the largest
    relative error. lang: en, zh; None: the environment's. progress: told how many derivatives are done.
    Raises UsageError where it cannot be called, and for what it raises itself.
    """
    with speaking(lang) as speech, speech:
        return check_values(
            function,
            Caller(function, gradient, seed).bound(arguments, named),
            gradient=gradient,
            of=of,
            seed=seed,
            most=most,
            tolerance=tolerance,
            progress=progress,
        )


def check_values(
    function: Function,
    values: Values,
    *,
    gradient: Function | None = None,
    of: Iterable[str] | None = None,
    seed: int = 0,
    most: int | None = None,
    tolerance: float = 1e-7,
    progress: Callable[[int, int], None] | None = None,
) -> FunctionReport:
    """The same with the arguments by their names."""
    check_settings(1 if most is None else most, tolerance)
    listed = None if of is None else [*of]
    whole, own = with_parameters(function, gradient)
    caller = Caller(whole, gradient, seed)
    return _Check(caller, caller.completed({**values, **own}), listed, most, tolerance, progress).report()


class _Check:
    """One check; what is found gathers in `told` and `notes`."""

    def __init__(
        self,
        caller: Caller,
        values: Values,
        of: Sequence[str] | None,
        most: int | None,
        tolerance: float,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.caller, self.values, self.of = caller, values, of
        self.most, self.tolerance, self.progress = most, tolerance, progress
        self.source = Source(caller.gradient or caller.function)
        self.told: list[Diagnosis] = []
        self.notes: list[str] = []

    def report(self) -> FunctionReport:
        first = self.caller(self.values)
        if not self._same_again(first) or not self._has_loss(first):
            return self._wrong(say("check_function.not_compared"))
        pairs = self._pairs(first)
        first = self._in_float64(first, pairs)
        self._left_alone(first)
        pairs = self._pairs(first)
        for path in forgotten(pairs, self.values):
            self._tell("missing_gradient", "missing_gradient", parameters=name_of(path))
        gradients = {path: g for path, value in pairs.items() if (g := self._usable(path, value)) is not None}
        most = self.most or next(number for limit, number in MOST if self.caller.seconds < limit)
        parameters, wrong = self._compared(first, gradients, most)
        sentence = self._sentence(parameters, wrong)
        return self._wrong(sentence, parameters) if self.told else self._right(sentence, parameters)

    def _pairs(self, outcome: Outcome) -> Pairs:
        return matched(self.caller.gradient or self.caller.function, self.values, outcome.gradients, self.of)

    def _tell(self, code: str, key: str, suggestion: str | None = None, **fields: object) -> None:
        self.told.append(Diagnosis(code, say(f"check_function.{key}", **fields), suggestion))

    # How the function behaves

    def _same_again(self, first: Outcome) -> bool:
        """Whether the same arguments give the same result, be it with the same random numbers."""
        again = self.caller(self.values)
        if self._equal(first, again):
            return True
        losses = {"first": shown_loss(first.loss), "second": shown_loss(again.loss)}
        key = "gradients_differ" if same_values(first.loss, again.loss) else "losses_differ"
        differ = say(f"check_function.{key}", **losses)
        self.caller.fixed = True
        if self._equal(self.caller(self.values), self.caller(self.values)):
            self._tell("random", "random", differ=differ)
            return True
        if self.source.draws():
            self._tell("random", "random_own", differ=differ)
        else:
            self._tell("state", "state", differ=differ)
        return False

    def _equal(self, one: Outcome, other: Outcome) -> bool:
        return same_values([one.loss, one.gradients], [other.loss, other.gradients])

    def _has_loss(self, outcome: Outcome) -> bool:
        """Whether the loss is one finite real number."""
        loss = as_numbers(outcome.loss)
        if loss is None or loss.size != 1:
            self._tell("loss_shape", "loss_shape", found=described(outcome.loss))
        elif loss.dtype.kind == "c":
            self._tell("complex", "complex_loss", found=loss.item())
        elif not math.isfinite(loss.item()):
            warned = say("check_function.because", warned=outcome.warned) if outcome.warned else ""
            self._tell("not_finite", "loss_not_finite", found=loss.item(), warned=warned)
        else:
            return True
        return False

    def _left_alone(self, outcome: Outcome) -> None:
        """Tell of arguments that the function changes."""
        for name, value in self.values.items():
            for path, leaf in leaves(value, (name,)):
                if same_values(leaf, _leaf(outcome.arguments, path)):
                    continue
                change = self.source.changes(name)
                key = "changed" if change is None else "changed_at"
                line = None if change is None else change.line
                self._tell("mutation", key, f"{name} = {name}.copy()", name=name_of(path), line=line)

    def _in_float64(self, first: Outcome, pairs: Pairs) -> Outcome:
        """The function called with arguments in float64, as far as it takes them."""
        values = self.values
        for name, value in values.items():
            for path, leaf in leaves(value, (name,)):
                array = as_numbers(leaf)
                if array is not None and (path in pairs or is_real(array)) and array.dtype.kind in "biuf":
                    values = replaced(values, path, like(leaf, array.astype(np.float64)))
        given, self.values = self.values, values
        try:
            return self.caller(values)
        except UsageError:  # it takes no other precision than its own
            self.values = given
        return first

    # What it returns

    def _usable(self, path: Path, value: Any) -> Array | None:
        """A gradient as finite real numbers; None, with the reason told, where it is none."""
        name = name_of(path)
        gradient = as_numbers(value)
        if value is None:
            self._tell("missing_gradient", "missing_gradient", parameters=name)
        elif gradient is None:
            self._tell("shape", "no_array", names=f"d{name}", found=described(value))
        elif gradient.dtype.kind == "c":
            self._tell("complex", "complex_gradient", names=f"d{name}")
        elif not np.all(np.isfinite(gradient)):
            self._tell(
                "not_finite",
                "gradient_not_finite",
                names=f"d{name}",
                count=int(np.sum(~np.isfinite(gradient))),
            )
        else:
            return np.array(gradient)
        return None

    def _compared(
        self, first: Outcome, gradients: dict[Path, Array], most: int
    ) -> tuple[dict[str, ParameterReport], list[Compared]]:
        """Every gradient beside numeric derivatives; those that are wrong explained."""
        precision = self._precision(first, gradients)
        eps = max(float(np.finfo(precision).eps), EPS)
        names: dict[str, Path] = {name_of(path): path for path in gradients}
        numbers = {name: _numbers(at(self.values, path)) for name, path in names.items()}
        places = drawn_places({name: array.size for name, array in numbers.items()}, most, self.caller.seed)
        partly = [name for name, array in numbers.items() if len(places[name]) < array.size]
        counter = Counter(sum(map(len, places.values())) + len(partly), self.progress)
        differences = FunctionDifferences(self.caller, self.values, eps, counter)
        reports, all_compared = {}, []
        for name, path in names.items():
            found, one = self._one(differences, path, numbers[name], gradients[path], places[name])
            if name in partly and one.fits:

                def moved(step: dict[str, Array], name: str = name, path: Path = path) -> Difference | None:
                    return differences.along({path: step[name]})

                found = joined(found, along(moved, {name: one.derived}, self.caller.seed, self.tolerance))
            reports[name] = found
            all_compared.append(one)
        wrong = [one for one in all_compared if not reports[one.name].ok]
        right = [one for one in all_compared if reports[one.name].ok]
        causes = Causes(
            differences,
            lambda values: self._pairs(self.caller(values)),
            wrong,
            right,
            self.source,
            self.told,
        )
        self.told = [*self.told, *causes.explain()]
        if eps > EPS:
            self.notes.append(say("check_function.precision", dtype=precision, digits=differences.digits))
        self._note(reports, right)
        return reports, wrong

    def _one(
        self,
        differences: FunctionDifferences,
        path: Path,
        value: Array,
        gradient: Array,
        places: NDArray[np.int64],
    ) -> tuple[ParameterReport, Compared]:
        derived = np.array(gradient, np.float64)
        if derived.shape != value.shape and derived.size == value.size and _broadcasts(derived, value):
            derived = derived.reshape(value.shape)  # an update would come to the same
        fits = derived.shape == value.shape
        slopes = [float(derived.flat[place]) if fits else math.nan for place in places]
        found = [
            differences.by_entry(path, int(place), slope) for place, slope in zip(places, slopes, strict=True)
        ]
        numeric = np.array([math.nan if each is None else each.value for each in found])
        noise = math.hypot(*(each.noise for each in found if each is not None))
        whole = gradient.dtype.kind in "biu"
        one = Compared(path, value, derived, places, numeric, noise, whole)
        if fits:
            return compared(derived, places, found, self.tolerance), one
        nothing = ParameterReport(False, 1.0, 0, None, None, None, 0, 0, value.size, noise)
        return nothing, one

    def _precision(self, first: Outcome, gradients: dict[Path, Array]) -> np.dtype[Any]:
        """The coarsest numbers that the function computes with."""
        arrays = [as_numbers(first.loss), *gradients.values()]
        kinds = [array.dtype for array in arrays if array is not None and array.dtype.kind == "f"]
        return max(kinds, key=lambda kind: float(np.finfo(kind).eps), default=np.dtype(np.float64))

    # The report

    def _note(self, reports: dict[str, ParameterReport], right: list[Compared]) -> None:
        still = [one.name for one in right if np.all(np.abs(np.nan_to_num(one.numeric)) <= one.noise)]
        still = [name for name in still if reports[name].checked]
        if still:
            self.notes.append(say("check_function.still", parameters=listed(still)))
        drawn, entries = (sum(getattr(p, n) for p in reports.values()) for n in ("drawn", "entries"))
        if any(p.partly for p in reports.values() if p.checked):
            self.notes.append(say("check.sampled", checked=drawn, entries=entries))
        if kinks := sum(p.kinks for p in reports.values()):
            self.notes.append(say("check_function.kinks", kinks=kinks))
        digits = digits_of(reports)
        if all(p.ok for p in reports.values()) and digits is not None and digits >= FEWEST_DIGITS:
            self.notes.append(say("check.digits", digits=digits, fewest=FEWEST_DIGITS))

    def _sentence(self, parameters: dict[str, ParameterReport], wrong: list[Compared]) -> str:
        if wrong:
            return say("check_function.wrong", names=listed([f"d{one.name}" for one in wrong]))
        worst = max((p.relative_error for p in parameters.values()), default=None)
        if worst is None:
            return say("check_function.not_compared")
        key = "but" if self.told else "correct"
        names = listed([f"d{name}" for name in parameters])
        return say(f"check_function.{key}", names=names, error=f"{worst:.1e}")

    def _wrong(self, sentence: str, parameters: dict[str, ParameterReport] | None = None) -> FunctionReport:
        return FunctionReport("wrong", sentence, tuple(self.told), parameters or {}, tuple(self.notes))

    def _right(self, sentence: str, parameters: dict[str, ParameterReport]) -> FunctionReport:
        return FunctionReport("correct", sentence, (), parameters, tuple(self.notes))


def _numbers(value: Any) -> Array:
    return np.array(as_numbers(value), np.float64)


def _broadcasts(derived: Array, value: Array) -> bool:
    """Whether the parameter minus this gradient has the parameter's shape."""
    try:
        return value.size == 1 or np.broadcast_shapes(derived.shape, value.shape) == value.shape
    except ValueError:
        return False


def _leaf(values: Values, path: Path) -> Any:
    try:
        return at(values, path)
    except (KeyError, IndexError, TypeError):  # taken away
        return None


def shown_loss(loss: Any) -> str:
    """A loss as messages show it."""
    array = as_numbers(loss)
    return f"{array.item():.6g}" if array is not None and array.size == 1 else described(loss)
