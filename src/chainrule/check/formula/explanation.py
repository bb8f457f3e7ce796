"""What is wrong with a formula: the smallest change that makes it right, and why.

Every single change is tried. Where none is enough, two are: the second is looked for where the first leaves
no more than a factor, a transpose or a penalty to be put right, and then everywhere while there is time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

import numpy as np

from chainrule.check.diagnosis import Diagnosis
from chainrule.check.formula.draws import Draws
from chainrule.check.formula.edits import Edit, Edits, join, number
from chainrule.check.formula.entries import SAMPLES, EntryDraws
from chainrule.check.formula.forms import Form
from chainrule.check.formula.python import names_in, parts_of
from chainrule.check.network_values import Array
from chainrule.formula import Tree
from chainrule.network import over_samples
from chainrule.sentences import say

CODES = {
    "mean_for_sum": "extra_mean",
    "hadamard_for_matmul": "hadamard_vs_matmul",
    "matmul_for_hadamard": "hadamard_vs_matmul",
    "half_derivative": "missing_derivative",
    "not_derived": "missing_derivative",
    "da_for_delta": "missing_derivative",
    "other_derivative": "missing_derivative",
    "other_layers_derivative": "wrong_layer",
    "delta_for_da": "extra_derivative",
    "du_for_delta": "missing_derivative",
    "derived_needlessly": "extra_derivative",
    "penalty_too_much": "wrong_penalty",
    "penalty_elsewhere": "wrong_penalty",
    "masked_output": "missing_mask",
    "power": "scale",
    "term_too_much": "unknown",
    "sum_too_much": "wrong_axis",
    "wrong_index": "wrong_axis",
    "swapped_letters": "transpose",
}
"""The code of a mistake; of all others it is the mistake's own name."""
_OF_LOSSES = ("scale_of_half_squared_error", "scale_of_mean_squared_error")
MOST = 3
"""So many explanations are given."""
ORDINARY = 40
"""Parts of a formula; one with more is changed in fewer pairs of places."""
MOST_HOPES = 8
"""So many changes that leave little to be put right are followed up."""
MOST_PAIRS = 4000
"""So many pairs of changes are tried, about."""


def explain(tree: Tree, ways: Sequence[Draws], of: str, form: Form) -> list[Diagnosis]:
    """What is wrong with a formula for a quantity, the best explanation first. ways: in which it may be
    meant, the likeliest first. form: the language in which formulas are written in it."""
    explanations = [_Explanation(tree, draws, of, form) for draws in ways]
    steps = (
        _Explanation.special,
        _Explanation.single,
        _Explanation.other,
        _Explanation.double,
        _Explanation.ratio,
    )
    for seek in steps:
        for each in explanations:
            if found := seek(each):
                return each.with_shapes(found)
    return explanations[0].with_shapes(explanations[0].nothing())


def explain_factor(factor: float | None, draws: Draws, of: str) -> Diagnosis:
    """What is wrong with a formula that has to be multiplied by a number; None: by no number."""
    if factor is None:
        return Diagnosis("unknown", say("check_formula.not_entries", of=of), None)
    if factor != -1:
        return Diagnosis("scale", say("check_formula.factor", factor=f"{factor:g}", of=of), None)
    key = _sentence_of_sign(draws, of)
    return Diagnosis("sign", say(f"check_formula.{key}", of=of, notation=_book(draws)), None)


def _book(draws: Draws) -> str:
    return draws.notation.name if draws.notation else ""


def _sentence_of_sign(draws: Draws, of: str) -> str:
    """The sentence for a formula that is the negative of a quantity."""
    of_error = of.startswith(("delta", "dz"))
    if draws.notation is None:
        return "convention" if of_error else "negative"
    if draws.notation.error_sign > 0:
        return "negative"
    return "convention_of_book" if of_error else "gradient_in_book"


class _Explanation:
    def __init__(self, tree: Tree, draws: Draws, of: str, form: Form) -> None:
        self.tree, self.draws, self.of = tree, draws, of
        self.write = form.write
        self.expected = draws.expected(of)
        self.edits = Edits(draws, of)
        self.shape_error = ""
        self.known = self._known(tree, tell=True)

    def _known(self, tree: Tree, *, tell: bool = False) -> dict[int, Array]:
        """The values of the parts that have one, by their id."""
        known: dict[int, Array] = {}
        for part in reversed(list(parts_of(tree))):
            try:
                known[id(part)] = self.draws.value(part, 0, known)
            except ValueError:
                if tell and all(id(each) in known for each in part.parts):
                    self.shape_error = self._misfit(part, [known[id(each)] for each in part.parts])
        return known

    def _misfit(self, part: Tree, arrays: Sequence[Array]) -> str:
        """Why an operator cannot join its operands; empty where there is none."""
        texts = [self.write(each) for each in part.parts[:2]]
        if len(texts) < 2:
            return ""
        if isinstance(self.draws, EntryDraws):
            letter, *sizes = self.draws.clash(*arrays[:2])
            left, right = (f"{text} ({size})" for text, size in zip(texts, sizes, strict=True))
            return say("check_formula.letter_sizes", letter=letter, left=left, right=right)
        shapes = map(self.draws.stand_in.shape, arrays)
        left, right = (f"{text} ({shape})" for text, shape in zip(texts, shapes, strict=False))
        return say("check_formula.shapes", part=self.write(part), left=left, right=right)

    def with_shapes(self, found: list[Diagnosis]) -> list[Diagnosis]:
        """Explanations, the first of them with what does not fit together."""
        first, *others = found
        if not self.shape_error:
            return found
        message = first.message
        if first.code == "shape":
            fitting = self._fitting()
            message = say("check_formula.fitting", new=self.write(fitting)) if fitting else ""
        told = (
            say("check_formula.with_shapes", shapes=self.shape_error, message=message)
            if message
            else self.shape_error
        )
        return [Diagnosis(first.code, told, first.suggestion), *others]

    # Right after one change.

    def single(self) -> list[Diagnosis]:
        right = sorted(self._right(self.tree, self.known), key=lambda edit: edit.cost)
        if right and right[0].mistake == "masked_output":  # as m is 0 or a number, a number can do the same
            right = right[:1]
        found: dict[str, Diagnosis] = {}
        for edit in right:
            code = CODES.get(edit.mistake, edit.mistake)
            if code not in found:
                found[code] = Diagnosis(code, self._message(edit), self.write(edit.tree))
        return list(found.values())[:MOST]

    def _right(self, tree: Tree, known: dict[int, Array]) -> Iterator[Edit]:
        """The changes that make a formula right."""
        for edit in self.edits.of_formula(tree, known):
            value = self._value(edit.tree, known)
            if value is not None and self.draws.same(value, self.expected) and self._always(edit.tree):
                yield edit

    def _value(self, tree: Tree, known: dict[int, Array]) -> Array | None:
        try:
            return self.draws.value(tree, 0, known)
        except ValueError:
            return None

    def _always(self, tree: Tree) -> bool:
        """Whether it is right in the other draws too; in the first one it is."""
        try:
            return all(
                self.draws.same(self.draws.value(tree, at), self.draws.expected(self.of, at))
                for at in range(1, len(self.draws.tables))
            )
        except ValueError:
            return False

    def _message(self, edit: Edit) -> str:
        """What a teacher would say about it."""
        layer = edit.layer or self.edits.layer
        return say(
            f"check_formula.{self._mistake(edit)}",
            old=self.write(edit.old),
            new=self.write(edit.new),
            of=self.of,
            layer=layer,
            activation=self.draws.net.layers[layer - 1].activation,
            loss=self.draws.net.loss,
            notation=_book(self.draws),
        )

    def _mistake(self, edit: Edit) -> str:
        """The sentence for a mistake, where its kind has more than one."""
        last, loss = self.edits.last, self.draws.net.loss
        at_outputs = self.of in (f"delta{last}", f"dz{last}", f"da{last}")
        match edit.mistake:
            case "extra_derivative" if not self._is_derivative(edit.old):
                return "factor_too_much"
            case "extra_derivative" if at_outputs:
                return "cancelled"
            case "sign" if self._is_negative():
                return _sentence_of_sign(self.draws, self.of)
            case "missing_sum" if isinstance(self.draws, EntryDraws) and not self._of_samples(edit.new):
                return "missing_sum_over_units"
            case "transpose" if edit.old.parts and edit.old.kind == "name":
                return "swapped_indices"
            case "transpose" if any(each.startswith("W") for each in names_in(edit.old)):
                return "transpose_of_weights"
            case "scale" if at_outputs or "y" in names_in(self.tree):
                return key if (key := f"scale_of_{loss}") in _OF_LOSSES else "scale"
        return edit.mistake

    def _is_derivative(self, part: Tree) -> bool:
        """Whether a factor is the derivative of an activation, or half of it."""
        layers = {re.sub(r"\D", "", name) or str(self.edits.last) for name in names_in(part)}
        value = self._value(part, {})
        if len(layers) != 1 or value is None:
            return False
        a = f"a{layers.pop()}"
        texts = (f"{a} * (1 - {a})", a, f"1 - {a}", f"1 - {a} ** 2", f"1 + {a}")
        slopes = [self.draws.part(text) for text in texts] + list(self.edits.slopes.values())
        values = (self._value(slope, {}) for slope in slopes)
        return any(each is not None and self.draws.same(value, each) for each in values)

    def _of_samples(self, part: Tree) -> bool:
        """Whether a sum is over the samples."""
        letters = self.draws.letters if isinstance(self.draws, EntryDraws) else {}
        return part.kind == "call" or letters.get(part.text) == SAMPLES

    def _is_negative(self) -> bool:
        value = self.known.get(id(self.tree))
        return value is not None and self.draws.same(-value, self.expected)

    # Right after two.

    def double(self) -> list[Diagnosis]:
        effort = 1 + len(self.known) // ORDINARY
        firsts, hopes = [], MOST_HOPES // effort
        for first in sorted(self.edits.of_formula(self.tree, self.known), key=lambda edit: edit.cost):
            value = self._value(first.tree, self.known)
            if hopes and value is not None and self._nearly(value):
                hopes -= 1
                if found := self._pair(first):
                    return found
            firsts.append((value is None or value.shape != self.expected.shape, first))
        tried = 0
        for _, first in sorted(firsts, key=itemgetter(0)):  # those first after which shapes fit
            known = self._known(first.tree)
            for second in self.edits.of_formula(first.tree, known):
                tried += 1
                value = self._value(second.tree, known)
                if value is not None and self.draws.same(value, self.expected) and self._always(second.tree):
                    return self._both(first, second)
            if tried > MOST_PAIRS // effort:
                break
        return []

    def _nearly(self, value: Array) -> bool:
        """Whether no more than a factor, a transpose or a penalty is missing."""
        expected, penalty = self.expected, self.edits.penalty
        value = self.draws.spread(value)
        if value.shape != expected.shape:
            return value.shape == expected.T.shape and self.draws.same(value.T, expected)
        if self._factor(value) is not None:
            return True
        return penalty is not None and self.draws.same(value + self.draws.value(penalty), expected)

    def _factor(self, value: Array) -> float | None:
        """What it has to be multiplied by; None where no number makes it right."""
        value = self.draws.spread(value)
        at = np.unravel_index(np.abs(self.expected).argmax(), self.expected.shape)
        if value.shape != self.expected.shape or not value[at]:
            return None
        factor = float(self.expected[at] / value[at])
        return factor if self.draws.same(factor * value, self.expected) else None

    def _pair(self, first: Edit) -> list[Diagnosis]:
        seconds = sorted(self._right(first.tree, self._known(first.tree)), key=lambda edit: edit.cost)
        return self._both(first, seconds[0]) if seconds else []

    def _both(self, first: Edit, second: Edit) -> list[Diagnosis]:
        suggestion = self.write(second.tree)
        edits = sorted((first, second), key=lambda edit: edit.cost)
        messages = [self._message(edit) for edit in edits]
        told = say("check_formula.both", first=messages[0], second=messages[1])
        codes = [CODES.get(edit.mistake, edit.mistake) for edit in edits]
        found = [Diagnosis(codes[0], told, suggestion), Diagnosis(codes[1], messages[1], suggestion)]
        return found if codes[0] != codes[1] else found[:1]

    # Mistakes that have a form of their own.

    def special(self) -> list[Diagnosis]:
        """The derivative of a softmax taken unit by unit; mean or deviation of a normalisation taken for
        numbers that are given."""
        return self._softmax() or self._norm()

    def _norm(self) -> list[Diagnosis]:
        """The way back through a normalisation without the paths through its mean, its deviation, or both."""
        p, draws = self.edits.layer, self.draws
        value, mean = self.known.get(id(self.tree)), self._mean_over(p)
        if not self.of.startswith(("delta", "dz")) or value is None or not mean:
            return []
        minus = "-" if draws.notation and draws.notation.error_sign < 0 else ""
        g = f"gamma{p} * du{p}"
        paths = {"mean": mean.format(g), "deviation": f"zhat{p} * {mean.format(f'{g} * zhat{p}')}"}

        def through(*names: str) -> Tree:
            back = "".join(f" - {paths[name]}" for name in names)
            return draws.part(f"{minus}({g}{back}) / s{p}")

        for forgotten in (("mean", "deviation"), ("mean",), ("deviation",)):
            if draws.same(value, draws.value(through(*(name for name in paths if name not in forgotten)))):
                told = say(f"check_formula.forgotten_{'_and_'.join(forgotten)}")
                return [Diagnosis("missing_paths", told, self.write(through(*paths)))]
        return []

    def _mean_over(self, p: int) -> str:
        """How a mean over what a layer is normalised over is written; empty where it is not, or cannot be."""
        layer, draws = self.draws.net.layers[p - 1], self.draws
        rows, entries = draws.layout == "rows", isinstance(draws, EntryDraws)
        if over_samples(layer) and not rows:
            return "samples({}) / m"
        if layer.norm is None or entries:
            return ""
        if over_samples(layer):
            return "sum({}, axis=0) / m"
        return "mean({}, axis=1, keepdims=True)" if rows else "mean({})" * (draws.stand_in.samples == 1)

    def _softmax(self) -> list[Diagnosis]:
        last, part = self.edits.last, self.draws.part
        if self.of not in (f"delta{last}", f"dz{last}") or self.draws.net.layers[-1].activation != "softmax":
            return []
        value = self.known.get(id(self.tree))
        if value is None or not self.draws.same(value, self.draws.value(part(f"da{last} * p * (1 - p)"))):
            return []
        right: Tree | None = None
        if self.draws.net.loss == "cross_entropy":
            right = part("(p - y) / m" if self.draws.layout == "rows" else "p - y")
        elif self.draws.layout == "column" and not isinstance(self.draws, EntryDraws):
            right = part(f"p * (da{last} - sum(p * da{last}))")
        return [Diagnosis("missing_sum", say("check_formula.softmax"), self.write(right) if right else None)]

    def other(self) -> list[Diagnosis]:
        """Another quantity of the backward pass, for which the formula would be right."""
        value = self.known.get(id(self.tree))
        layer, last = self.edits.layer, self.edits.last
        kind = self.of.rstrip("0123456789").replace("dz", "delta")
        others = [f"{kind}{p}" for p in range(1, last + 1) if p != layer]
        others += [f"du{layer}"] if kind == "delta" else []
        others += [f"{each}{layer}" for each in ("da", "delta") if kind in ("da", "delta") and each != kind]
        if value is None or isinstance(self.draws, EntryDraws):
            return []
        for name in others:
            if name in self.draws.tables[0] and self.draws.same(value, self.draws.expected(name)):
                code = (
                    "wrong_layer"
                    if name.startswith(kind)
                    else CODES[f"{name[: -len(str(layer))]}_for_{kind}"]
                )
                key = "behind_norm" if name.startswith("du") else "other_quantity"
                return [Diagnosis(code, say(f"check_formula.{key}", found=name, of=self.of), None)]
        return []

    def ratio(self) -> list[Diagnosis]:
        """A number that makes it right, whatever it is."""
        value = self.known.get(id(self.tree))
        factor = None if value is None else self._factor(value)
        if factor is None:
            return []
        right = join("*", number(factor), self.tree)
        if not self._always(right):
            return []
        told = say("check_formula.factor", factor=f"{factor:g}", of=self.of)
        return [Diagnosis("scale", told, self.write(right))]

    # Where nothing makes it right.

    def nothing(self) -> list[Diagnosis]:
        """The shape, if that is what is wrong; else the first factor of the chain that is not there."""
        value = self.known.get(id(self.tree))
        if told := self.shape_error if value is None else self._wrong_shape(value):
            return [Diagnosis("shape", told, None)]
        missing = next(self._absent(), None)
        key = "absent" if missing else "put_together" if self._chain() else "unknown"
        return [Diagnosis("unknown", say(f"check_formula.{key}", of=self.of, factor=missing), None)]

    def _wrong_shape(self, value: Array) -> str:
        """What is wrong with the shape of the result; empty where nothing is."""
        if isinstance(self.draws, EntryDraws):
            letters = ", ".join(self.draws.loose(value))
            return say("check_formula.loose_letters", letters=letters, of=self.of) if letters else ""
        if value.size == self.expected.size and {*value.shape} == {*self.expected.shape}:
            return ""
        found, expected = map(self.draws.stand_in.shape, (value, self.expected))
        key = "result_shape" if value.ndim else "result_number"
        return say(f"check_formula.{key}", found=found, of=self.of, expected=expected)

    def _fitting(self) -> Tree | None:
        """The likeliest change after which shapes fit, though it does not make the formula right."""
        wanted = ("transpose", "order", "hadamard_for_matmul", "matmul_for_hadamard")
        edits = (edit for edit in self.edits.of_formula(self.tree, self.known) if edit.mistake in wanted)
        for edit in sorted(edits, key=lambda edit: edit.cost):
            value = self._value(edit.tree, self.known)
            if value is not None and value.shape == self.expected.shape:
                return edit.new
        return None

    def _absent(self) -> Iterator[str]:
        """The factors of the chain that are nowhere in the formula, first things first."""
        values = [array for array in self.known.values() if array.ndim > 1]
        names = {*names_in(self.tree)}
        for factor in self._chain():
            wanted = self._value(factor, {})
            if wanted is None or (isinstance(self.draws, EntryDraws) and {*names_in(factor)} <= names):
                continue
            if not any(self.draws.same(each, wanted) or self.draws.same(each.T, wanted) for each in values):
                yield self.write(factor)

    def _chain(self) -> list[Tree]:
        """What the quantity is a product of."""
        p, last = self.edits.layer, self.edits.last
        part = self.draws.part
        match self.of.rstrip("0123456789"):
            case "dW":
                return [part(f"delta{p}"), part("x" if p == 1 else f"a{p - 1}")]
            case "db":
                return [part(f"delta{p}")]
            case "da":
                return [] if p == last else [self.draws.back(p)]
        slope = self.edits.slopes.get(p)
        above = part(f"da{p}") if p == last else self.draws.back(p)
        return [above, slope] if slope else [above]
