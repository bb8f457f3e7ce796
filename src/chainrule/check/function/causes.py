"""Why a gradient that a function returns is not that of its loss, found by asking the function again.

A cause is accepted only where it makes the gradient right in every entry compared. Besides the numbers at
hand, the function is called with a penalty's coefficient set to 0, and with single samples.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from chainrule.check.diagnosis import Diagnosis
from chainrule.check.differences import Array
from chainrule.check.function.call import Values
from chainrule.check.function.compared import Cause, Compared, same
from chainrule.check.function.differences import FunctionDifferences
from chainrule.check.function.layers import activation_cause
from chainrule.check.function.names import Pairs
from chainrule.check.function.penalties import Penalty, beside, is_plain, multiple, term
from chainrule.check.function.source import Source
from chainrule.check.function.values import Path, as_numbers, at, leaves, like, name_of, replaced
from chainrule.errors import ChainruleError
from chainrule.lazily import cached_property
from chainrule.sentences import say

ENTRIES = 24
"""So many entries of a parameter are asked for again, with other arguments."""
MOST_SAMPLES = 8


class Causes:
    """Explains the wrong ones among the gradients of a function."""

    def __init__(
        self,
        differences: FunctionDifferences,
        gradients: Callable[[Values], Pairs],
        wrong: list[Compared],
        right: list[Compared],
        source: Source,
        told: list[Diagnosis],
    ) -> None:
        self.differences, self.gradients, self.source, self.told = differences, gradients, source, told
        self.wrong, self.right = wrong, right
        self.values = differences.values
        self.parameters = {each.path for each in [*wrong, *right]}
        self.penalties: set[Path] = set()
        self.of_samples: dict[tuple[Path, int], Compared | None] = {}

    def explain(self) -> list[Diagnosis]:
        """One diagnosis for each cause, with all the gradients that it explains."""
        found: dict[tuple[object, ...], list[tuple[str, Cause]]] = {}
        unknown: list[str] = []
        for each in self.wrong:
            causes = list(self._causes(each))
            for cause in causes:
                found.setdefault((cause.key, cause.fields), []).append((each.name, cause))
            if not causes:
                unknown.append(each.name)
        if unknown and not self.told and (change := self._change(unknown)):
            found[change.key,], unknown = [(name, change) for name in unknown], []
        diagnoses = [_diagnosis(explained) for explained in found.values()]
        if unknown:
            diagnoses.append(self._unknown(unknown, among_others=bool(found or self.told)))
        return diagnoses

    def _unknown(self, names: list[str], *, among_others: bool) -> Diagnosis:
        listed = ", ".join(f"d{name}" for name in names)
        right = ", ".join(f"d{each.name}" for each in self.right)
        key = "follows" if among_others else "unknown_beside" if right else "unknown"
        return Diagnosis("unknown", say(f"check_function.{key}", names=listed, right=right), None)

    def _change(self, names: list[str]) -> Cause | None:
        """A line of the source that changes what is still needed."""
        paths = [each.path for each in self.wrong if each.name in names] + [each.path for each in self.right]
        if change := self.source.moves(str(path[0]) for path in paths):
            return Cause("mutation", "moved_inside", (("line", str(change.line)), ("name", change.name)))
        if change := self.source.shared():
            fields = (("line", str(change.line)), ("name", change.name), ("other", change.other))
            return Cause("mutation", "shared", fields, f"{change.name} = {change.other}.copy()")
        return None

    # The causes of one gradient, the surest ones first.

    def _causes(self, each: Compared) -> Iterator[Cause]:
        if not each.fits:
            yield self._shape(each)
            return
        if each.whole:
            yield Cause("precision", "whole_numbers", (), "np.zeros({p}.shape)")
            return
        if np.all(np.abs(np.nan_to_num(each.numeric)) <= each.noise):
            yield Cause("independent", "independent")
            return
        if each.same(each.derived):  # a direction told
            yield Cause("unknown", "elsewhere")
            return
        if found := self._transposed(each) or self._factor(each):
            yield found
            return
        penalties, data = self._without_penalties(each)
        wrong = [penalty for penalty in penalties if not penalty.is_right]
        yield from (penalty.cause() for penalty in wrong)
        if data.same(data.derived):
            return
        rules: tuple[Callable[[Compared], Cause | None], ...] = (
            self._transposed,
            self._factor,
            self._exchanged,
            self._constant_penalty,
            self._some_samples,
            self._summed_over_the_wrong_axis,
            self._activation,
            self._any_factor,
        )
        found = next((cause for rule in rules if (cause := rule(data))), None)
        if found:
            yield found if not penalties else beside(found, penalties)

    def _shape(self, each: Compared) -> Cause:
        shapes = (("found", str(each.derived.shape)), ("expected", str(each.value.shape)))
        derived, value = each.derived, each.value
        if derived.ndim == 2 and derived.T.shape == value.shape:
            return Cause("transpose", "transposed", shapes, "{d}.T")
        if derived.size == value.size:
            key = "reshaped" if each.same(derived.reshape(value.shape)) else "other_shape"
            return Cause("shape", key, shapes, "{d}.reshape({p}.shape)" if key == "reshaped" else None)
        for axis in range(derived.ndim):
            total = derived.sum(axis=axis)
            if total.size == value.size and each.same(total.reshape(value.shape)):
                axes = (*shapes, ("axis", str(axis)))
                return Cause("missing_sum", "not_summed", axes, f"{{d}}.sum(axis={axis})")
        complete = len(each.places) == value.size
        if derived.size == 1 and complete and same(derived.reshape(1), each.numeric.sum(keepdims=True)):
            return Cause("wrong_axis", "summed_up", shapes)
        samples = self.samples
        if value.ndim and samples and derived.size == samples[0] != value.size:
            return Cause("wrong_axis", "axis_of_samples", self._count)
        return Cause("shape", "other_shape", shapes)

    def _transposed(self, each: Compared) -> Cause | None:
        if each.value.ndim == 2 and each.same(each.derived.T):
            return Cause("transpose", "transposed_square", (), "{d}.T")
        return None

    def _factor(self, each: Compared) -> Cause | None:
        factor = each.factor()
        if factor is None:
            return None
        if math.isclose(factor, -1, rel_tol=each.closeness):
            return Cause("sign", "sign", (), "-{d}")
        sign = "" if factor > 0 else "-"
        for number, text, why in self._factors():
            if math.isclose(abs(factor), number, rel_tol=each.closeness):
                code = {"mean": "missing_mean", "no_mean": "extra_mean"}.get(why[0], "scale")
                key = f"{code}{'_and_sign' if sign else ''}" if why[1] else "scale_plain"
                fields = (("factor", sign + text), ("size", why[1]))
                return Cause("sign" if sign else code, key, fields, f"{sign}{text} * {{d}}")
        return None

    def _factors(self) -> Iterator[tuple[float, str, tuple[str, str]]]:
        """Numbers that gradients are wrong by, as text, and what they come from."""
        if self.samples:
            m, where = self.samples
            yield 1 / m, f"1/{m}", ("mean", where)
            yield m, f"{m}", ("no_mean", where)
        yield from ((n, text, ("", "")) for n, text in ((2, "2"), (1 / 2, "1/2"), (4, "4"), (1 / 4, "1/4")))
        for size, where in self.sizes.items():
            yield 1 / size, f"1/{size}", ("", where)
            yield size, f"{size}", ("", where)
            yield 2 / size, f"2/{size}", ("", where)
            yield size / 2, f"{size}/2", ("", where)

    def _any_factor(self, each: Compared) -> Cause | None:
        factor = each.factor()
        if factor is None or np.isfinite(each.numeric).sum() < 3:
            return None
        number = f"{factor:.6g}"
        return Cause("scale", "scale_plain", (("factor", number), ("size", "")), f"{number} * {{d}}")

    def _exchanged(self, each: Compared) -> Cause | None:
        for other in self.wrong:
            if other is not each and other.fits and each.same(other.derived):
                return Cause("order", "order")
        return None

    # Penalties

    def _without_penalties(self, each: Compared) -> tuple[list[Penalty], Compared]:
        """The penalties whose coefficients are arguments, and the comparison without them."""
        found = []
        for path, coefficient in self.coefficients.items():
            values = replaced(self.values, path, like(at(self.values, path), np.zeros(())))
            again = self._again(each, values)
            if again is None:
                continue
            base = each.at(each.value)
            of_loss = multiple(each.numeric - again.numeric, base, each.noise)
            of_gradient = multiple(each.at(each.derived - again.derived), base, 0.0)
            if of_loss is None or of_gradient is None or not (of_loss.times or of_gradient.times):
                continue
            ratios = of_loss.times / coefficient, of_gradient.times / coefficient
            m = self.samples[0] if self.samples else 1
            if each.value.size == 1 and not all(is_plain(ratio, m) for ratio in ratios):
                continue  # one number is some multiple of any other
            each = again
            self.penalties.add(path)
            right, wrong = (term(name_of(path), ratio, m) for ratio in ratios)
            same_entries = of_loss.entries == of_gradient.entries
            found.append(Penalty(name_of(path), right, wrong, same_entries, not of_loss.entries))
        return found, each

    @cached_property
    def coefficients(self) -> dict[Path, float]:
        """The numbers among the arguments which are no parameters."""
        found = {}
        for name, value in self.values.items():
            for path, leaf in leaves(value, (name,)):
                array = as_numbers(leaf)
                single = array is not None and array.ndim == 0 and array.dtype.kind in "iuf"
                if single and array is not None and array.item() and path not in self.parameters:
                    found[path] = float(array.item())
        return found

    def _again(self, each: Compared, values: Values) -> Compared | None:
        """The same comparison for other arguments; None where the function cannot be called with them."""
        places = each.places[:ENTRIES] if len(each.places) > 2 * ENTRIES else each.places
        try:
            derived = self._gradient(values, each)
            numeric = self.differences.elsewhere(values).entries(each.path, [int(place) for place in places])
        except ChainruleError:
            return None
        if derived is None or derived.shape != each.value.shape or not np.all(np.isfinite(derived)):
            return None
        full = np.full(each.places.shape, np.nan)
        full[: len(places)] = numeric
        return replace(each, derived=derived, numeric=full)

    def _gradient(self, values: Values, each: Compared) -> Array | None:
        gradient = as_numbers(self.gradients(values).get(each.path))
        if gradient is None or gradient.size != each.value.size:
            return None
        return np.array(gradient, np.float64).reshape(each.value.shape)

    def _constant_penalty(self, each: Compared) -> Cause | None:
        """A penalty whose coefficient is written in the function."""
        missing = each.numeric - each.at(each.derived)
        part = multiple(missing, each.at(each.value), each.noise)
        if part is None or not part.times or np.isfinite(missing).sum() < 3:
            return None
        number = f"{abs(part.times):.6g}"
        if part.times > 0:
            return Cause(
                "missing_penalty", "missing_penalty", (("times", number),), f"{{d}} + {number} * {{p}}"
            )
        return Cause("wrong_penalty", "penalty_too_much", (("times", number),), f"{{d}} - {number} * {{p}}")

    # Samples

    @cached_property
    def sizes(self) -> dict[int, str]:
        """The sizes of the arguments, each with one place where it is found: 6 as X.shape[0]."""
        return {
            size: f"{name}.shape[{axis}]"
            for name, array in reversed(self._arrays())
            for axis, size in reversed([*enumerate(array.shape)])
            if size > 1
        }

    @cached_property
    def samples(self) -> tuple[int, str] | None:
        """How many samples there are, and where that is found: a size of data that no parameter has."""
        own = {size for each in [*self.wrong, *self.right] for size in each.value.shape}
        data = [(name, array) for name, array in self._arrays() if name not in map(name_of, self.parameters)]
        sizes = [size for _, array in data for size in dict.fromkeys(array.shape) if size > 1]
        candidates = [size for size in sizes if size not in own] or [a.shape[0] for _, a in data if a.ndim]
        if not candidates:
            return None
        m = max(candidates, key=candidates.count)
        return next((m, f"{n}.shape[{a.shape.index(m)}]") for n, a in data if m in a.shape)

    @property
    def _count(self) -> tuple[tuple[str, str], ...]:
        m, where = self.samples or (0, "")
        return (("count", str(m)), ("size", where))

    def _arrays(self) -> list[tuple[str, Array]]:
        """The arrays that the function sees: its arguments, and what it takes from around it."""
        found = [
            (name_of(path), array)
            for name, value in self.values.items()
            for path, leaf in leaves(value, (name,))
            if (array := as_numbers(leaf)) is not None
        ]
        try:
            around = inspect.getclosurevars(self.differences.caller.function)
        except TypeError:  # a callable object
            return found
        names = {**around.globals, **around.nonlocals}
        return found + [(n, a) for n, v in names.items() if (a := as_numbers(v)) is not None]

    def of_sample(self, number: int, values: Values) -> Values | None:
        """The arguments with one sample alone; None where there are no samples among them."""
        if self.samples is None:
            return None
        cut = values
        for name, value in values.items():
            for path, leaf in leaves(value, (name,)):
                array = as_numbers(leaf)
                if path in self.parameters or array is None or self.samples[0] not in array.shape:
                    continue
                axis = array.shape.index(self.samples[0])
                cut = replaced(cut, path, like(leaf, np.take(array, [number], axis)))
        return None if cut is values else cut

    def sample(self, each: Compared, number: int) -> Compared | None:
        """The same comparison for one sample alone, without the penalties that are known."""
        if (each.path, number) not in self.of_samples:
            values = self.values
            for path in self.penalties:
                values = replaced(values, path, like(at(self.values, path), np.zeros(())))
            cut = self.of_sample(number, values)
            self.of_samples[each.path, number] = None if cut is None else self._again(each, cut)
        return self.of_samples[each.path, number]

    def _some_samples(self, each: Compared) -> Cause | None:
        """Only one sample's share of the sum."""
        if self.samples is None:
            return None
        m = self.samples[0]
        for number in [m - 1, 0, *range(1, min(m - 1, MOST_SAMPLES))]:
            one = self.sample(each, number)
            if one is None:
                return None
            share = replace(one, derived=each.derived).factor()
            if share is not None and any(math.isclose(share, n, rel_tol=each.closeness) for n in (1, m)):
                key = {m - 1: "last_sample", 0: "first_sample"}.get(number, "one_sample")
                return Cause("missing_sum", key, (("number", str(number)), ("size", self.samples[1])))
        return None

    def _summed_over_the_wrong_axis(self, each: Compared) -> Cause | None:
        """Where as many samples as units hide that the sum is over the wrong ones."""
        if self.samples is None or each.value.size != self.samples[0] or each.value.size > ENTRIES:
            return None
        shares = [self.sample(each, number) for number in range(self.samples[0])]
        totals = [float(np.sum(one.numeric)) for one in shares if one is not None]
        if len(totals) < len(shares) or not same(each.derived.reshape(-1), np.array(totals)):
            return None
        return Cause("wrong_axis", "axis_of_samples", self._count)

    def _activation(self, each: Compared) -> Cause | None:
        return activation_cause(self, each)


def _diagnosis(explained: list[tuple[str, Cause]]) -> Diagnosis:
    """What is said of some parameters' gradients that are wrong for the same cause."""
    cause = explained[0][1]
    names = [name for name, _ in explained]
    listed = ", ".join(f"d{name}" for name in names)
    told = say(f"check_function.{cause.key}", names=listed, parameters=", ".join(names), **dict(cause.fields))
    if apart := [(name, each.beside.format(p=name)) for name, each in explained if each.beside]:
        without, terms = ", ".join(f"d{name}" for name, _ in apart), ", ".join(each for _, each in apart)
        told += " " + say("check_function.beside", names=without, terms=terms)
    pieces = [each.suggestion.format(d=f"d{name}", p=name) for name, each in explained if each.suggestion]
    return Diagnosis(cause.code, told, ", ".join(dict.fromkeys(pieces)) or None)
