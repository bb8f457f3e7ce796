"""Every small change of a formula, each with the mistake that it would undo."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.check.formula.draws import KEPT, SUMS, Draws, functions, may_use
from chainrule.check.formula.entries import EntryDraws
from chainrule.check.formula.python import Put, bare, names_in, parts_of, places
from chainrule.check.network_values import Array
from chainrule.formula import Tree, find_activation


@dataclass(frozen=True)
class Edit:
    """tree: the whole formula after the change. old, new: the part that was changed, before and after.
    mistake: what the change undoes, by its sentence `check_formula.MISTAKE`; cost: the less, the likelier."""

    tree: Tree
    old: Tree
    new: Tree
    mistake: str
    cost: float
    layer: int | None = None


NEAR = 3
"""Layers further apart are not mistaken for each other."""
Change = tuple[Tree, str, float]
"""A part in a new form, the mistake, the cost."""


def number(value: float) -> Tree:
    return Tree("number", 0, f"{value:g}")


def join(kind: str, left: Tree, right: Tree) -> Tree:
    """Two parts with an operator between them; a matrix product beside others in parentheses."""
    if kind in "*/" and left.kind == "@":
        left = Tree("(", 0, parts=(left,))
    return Tree(kind, 0, parts=(left, right))


def transposed(tree: Tree) -> Tree:
    return tree.parts[0] if tree.kind == "T" else Tree("T", 0, parts=(tree,))


class Edits:
    """The small changes of formulas for one quantity of a network."""

    def __init__(self, draws: Draws, of: str) -> None:
        self.draws, self.of = draws, of
        self.net = draws.net
        self.entries = isinstance(draws, EntryDraws)
        self.last = len(self.net.layers)
        self.layer = int(re.sub(r"\D", "", of))
        self.names = [each for each in draws.tables[0] if may_use(each, of) and self._is_near(each)]
        self.calls = functions(draws)
        self.factors = [(draws.part(text), mistake) for text, mistake in self._factors()]
        self.slopes = {
            p: slope
            for p in range(self.layer, min(self.layer + NEAR, self.last) + 1)
            if (slope := self.slope(p))
        }
        self.derivatives = [
            (p, factor, mistake, cost) for p in self.slopes for factor, mistake, cost in self._derivatives(p)
        ]
        self.derivatives += [
            (int(name[1:]), draws.part(name), "missing_mask", 1.2)
            for name in draws.program.masks
            if self._is_near(name)
        ]
        self.penalty = self._penalty()

    def _factors(self) -> Iterator[tuple[str, str]]:
        """Numbers that people lose, each with its mistake."""
        of_outputs = ("K", "1 / K", "2 / K", "K / 2") if self.net.outputs > 1 else ()
        yield from ((text, "scale") for text in ("2", "1 / 2", *of_outputs))
        if self.draws.stand_in.samples > 1:
            yield from (("1 / m", "missing_mean"), ("m", "extra_mean"))

    def _is_near(self, each: str) -> bool:
        """Whether a quantity is of a layer that is mistaken for the one in question."""
        number = re.sub(r"\D", "", each)
        return not number or abs(int(number) - self.layer) <= NEAR

    def slope(self, p: int) -> Tree | None:
        """The derivative of a layer's activation, as it is written; None where it is no factor."""
        text = str(self.net.layers[p - 1].activation)
        row, _ = find_activation(text)
        if row.across or text == "identity":
            return None
        of = f"{'u' if self.net.layers[p - 1].norm else 'z'}{p}"
        return self.draws.part(f"d{text}({of})" if text in ACTIVATIONS else f"dg{p}({of})")

    def _derivatives(self, p: int) -> Iterator[Change]:
        """The derivative of a layer's activation, and the halves of it that people write."""
        yield self.slopes[p], "missing_derivative", 1.2
        halves = {"sigmoid": (f"a{p}", f"(1 - a{p})"), "tanh": (f"(1 - a{p})", f"(1 + a{p})")}
        for text in halves.get(str(self.net.layers[p - 1].activation), ()):
            yield self.draws.part(text), "half_derivative", 1.3

    def _penalty(self) -> Tree | None:
        """What the penalties add to the quantity."""
        if not self.of.startswith("dW"):
            return None
        terms = {"l2": f"lam * W{self.layer}", "l1": f"l1 * sign(W{self.layer})"}
        found = [term for key, term in terms.items() if self.net.penalties.get(key)]
        return self.draws.part(" + ".join(found)) if found else None

    def of_formula(self, tree: Tree, known: Mapping[int, Array]) -> Iterator[Edit]:
        """Every small change of a formula. known: the values of its parts that have one, by their id."""
        yield from self._of_whole(tree)
        terms = [part for sums in parts_of(tree) if sums.kind in ("+", "-") for part in sums.parts]
        penal = {id(part) for term in terms if self.is_penalty(term) for part in parts_of(term)}
        inside_chain = {id(part.parts[0]) for part in parts_of(tree) if part.kind in "*/"}
        for part, put in places(tree):
            if part.kind in ("+", "-"):
                yield from self._of_terms(part, put)
            for new, mistake, cost in self._changes(part, known, penal=id(part) in penal):
                yield Edit(put(new), part, new, mistake, cost)
            if id(part) in penal:
                continue
            yield from self._renamings(part, put)
            if part is tree or id(part) in map(id, terms):
                yield from self._scaled(part, put, 1.5 if part is tree else 1.8)
            if part.kind in "*/" and id(part) not in inside_chain:
                yield from self._chain(part, put)
            value = known.get(id(part))
            if value is not None and value.ndim > 1:
                yield from self._with_slopes(tree, part, put, value)
                for new in self._sums(bare(part), value):
                    yield Edit(put(new), part, new, "missing_sum", 1.2 if part is tree else 1.7)

    def _of_whole(self, tree: Tree) -> Iterator[Edit]:
        """Changes of the formula as a whole: a penalty, a sign, and for entries their indices and sums."""
        if self.penalty:
            yield Edit(join("+", tree, self.penalty), tree, self.penalty, "missing_penalty", 1)
        held = tree if tree.kind == "name" else Tree("(", 0, parts=(bare(tree),))
        new = Tree("negative", 0, parts=(held,))
        yield Edit(new, tree, new, "sign", 1.6)
        if not isinstance(self.draws, EntryDraws):
            return
        for new in self.draws.over_all(tree):
            yield Edit(new, tree, new, "missing_sum", 1.2)
        if len({i for i in self.draws.left if i.isalpha()}) == 2:
            first, second = self.draws.left
            new = _relettered(tree, {first: second, second: first})
            yield Edit(new, tree, new, "swapped_letters", 0.98)

    def _scaled(self, part: Tree, put: Put, cost: float) -> Iterator[Edit]:
        """A term, or all, times a number."""
        for factor, mistake in self.factors:
            new = _times(part, factor)
            yield Edit(put(new), part, new, mistake, cost)

    def _sums(self, part: Tree, value: Array) -> list[Tree]:
        if isinstance(self.draws, EntryDraws):
            return [Tree("series", 0, letter, (part,)) for letter in self.draws.loose(value)]
        if self.draws.stand_in.samples > 1 and self.draws.layout == "column":
            return [Tree("call", 0, "samples", (part,))]
        return [Tree("call", 0, "sum", (part, number(axis))) for axis in (0, 1)]

    # Sums.

    def is_penalty(self, part: Tree) -> bool:
        """Whether a term has nothing but weights and coefficients in it."""
        names = set(names_in(part))
        if names & {"lam", "l1"}:
            return not any(each.startswith(("delta", "dz", "da")) for each in names)
        return self.of[:2] in ("dW", "db") and bool(names) and all(n[0] in "Wb" for n in names - {"m", "K"})

    def _of_terms(self, part: Tree, put: Put) -> Iterator[Edit]:
        """A sum without one of its terms; with the right penalty for a wrong one, there or at the end."""
        for at, operand in enumerate(part.parts):
            rest = put(part.parts[1 - at])
            if not self.is_penalty(operand):
                if part.kind == "+" or at == 1:
                    yield Edit(rest, operand, operand, "term_too_much", 2)
                continue
            if self.penalty is None:
                yield Edit(rest, operand, operand, "penalty_too_much", 0.9)
                continue
            moved = join("+", rest, self.penalty)
            yield Edit(_with_part(part, at, put, self.penalty), operand, self.penalty, "wrong_penalty", 1.1)
            yield Edit(moved, operand, self.penalty, "penalty_elsewhere", 1.3)

    # One part.

    def _changes(self, part: Tree, known: Mapping[int, Array], *, penal: bool) -> Iterator[Change]:
        match part.kind:
            case "name":
                yield from self._other_names(part, penal=penal)
            case "+" | "-":
                left, right = part.parts
                yield replace(part, kind="-" if part.kind == "+" else "+"), "sign", 1
                if part.kind == "-":
                    yield replace(part, parts=(right, left)), "sign", 0.9 if "y" in names_in(part) else 0.97
            case "negative":
                yield part.parts[0], "sign", 0.95
        if penal:
            return
        match part.kind:
            case "number":
                value = float(part.text)
                yield from ((number(n), "scale", 1.3) for n in (2 * value, value / 2))
            case "name" if self.entries:
                yield from self._other_indices(part)
            case "name" | "(" if not self.entries:
                yield transposed(part), "transpose", 1.4
            case "series":
                yield part.parts[0], "sum_too_much", 1.2
                for letter in self.draws.letters:  # type: ignore[attr-defined]  # draws of entries
                    yield replace(part, text=letter), "wrong_axis", 1.1
            case "T":
                yield part.parts[0], "transpose", 1.1
            case "@" | "*" if not self.entries:
                yield from self._products(part, known)
            case "/":
                left, right = part.parts
                if mistake := _plain_factor(right, undone=False):
                    yield join("*", left, right), mistake, 1.4
            case "**":
                mistake = "extra_derivative" if _only_outputs(part.parts[0]) else "power"
                yield part.parts[0], mistake, 1.25
            case "call":
                yield from self._other_calls(part)
        if part.kind == "*" and (mistake := _plain_factor(part.parts[1], undone=True)):
            yield join("/", *part.parts), mistake, 1.4

    def _renamings(self, part: Tree, put: Put) -> Iterator[Edit]:
        """Another quantity wherever one occurs in a part that has it more than once."""
        counts = [Counter(map(_unplaced, _named(inner))) for inner in part.parts]
        for each in dict.fromkeys(name for count in counts for name in count):
            if sum(each in count for count in counts) > 1:
                others = [*self._other_names(each, penal=False)]
                if self.entries:
                    others += self._other_indices(each)
                for new, mistake, cost in others:
                    yield Edit(put(_renamed(part, each, new)), each, new, mistake, cost + 0.05)

    def _other_indices(self, part: Tree) -> Iterator[Change]:
        """An entry with its indices in the other order, or with another letter or number for one of them."""
        if len(part.parts) == 2:
            yield replace(part, parts=part.parts[::-1]), "transpose", 1
        others = [*self.draws.letters, *self.draws.left]  # type: ignore[attr-defined]  # draws of entries
        for at, index in enumerate(part.parts):
            numbers = [str(n) for n in range(KEPT)] if index.text.isdecimal() else []
            for text in dict.fromkeys([*others, *numbers]):
                if text != index.text:
                    parts = (*part.parts[:at], Tree("index", 0, text), *part.parts[at + 1 :])
                    yield replace(part, parts=parts), "wrong_index", 1.1

    def _products(self, part: Tree, known: Mapping[int, Array]) -> Iterator[Change]:
        left, right = part.parts
        shapes = [known[id(each)].shape for each in part.parts if id(each) in known]
        spread = 0.3 * (len({*shapes}) > 1)  # a column times a row, entry by entry, is an outer product
        other = "*" if part.kind == "@" else "@"
        choice = (False, True)
        for kind, swap, first, second in product((part.kind, other), choice, choice, choice):
            toggled = (transposed(left) if first else left, transposed(right) if second else right)
            new = replace(part, kind=kind, parts=toggled[::-1] if swap else toggled)
            changes = 0.1 * (first + second)
            if kind != part.kind:
                mistake = "hadamard_for_matmul" if kind == "@" else "matmul_for_hadamard"
                if not (kind == "*" and (first or second or swap)):
                    yield new, mistake, 1.02 + changes + 0.1 * swap + (spread if kind == "*" else 0)
            elif swap and kind == "@":
                yield new, "order", 1.05 + changes
            elif first or second:
                yield new, "transpose", (1 if kind == "@" else 1.4) + changes

    def _other_names(self, part: Tree, *, penal: bool) -> Iterator[Change]:
        """Another layer's quantity of the same kind; where not in a penalty, z for a, and delta for da."""
        text = {"x": "a0", "p": f"a{self.last}"}.get(part.text, part.text)
        match = re.fullmatch(r"([a-zA-Z]+)(\d+)", text)
        if not match:
            return
        kind, p = match[1], match[2]
        for each in self.names:
            found = re.fullmatch(r"([a-zA-Z]+)(\d+)", each)
            if found and found[1] == kind and found[2] != p:
                yield replace(part, text="x" if each == "a0" else each), "wrong_layer", 1
        if penal:
            return
        partner = {
            "z": ("a", "wrong_argument"),
            "a": ("z", "wrong_argument"),
            "da": ("delta", "da_for_delta"),
            "delta": ("da", "delta_for_da"),
            "dz": ("da", "delta_for_da"),
        }.get(kind)
        if partner and f"{partner[0]}{p}" in self.names:
            yield replace(part, text=f"{partner[0]}{p}"), partner[1], 1.3 if partner[0] == "da" else 1

    def _other_calls(self, part: Tree) -> Iterator[Change]:
        text, operands = part.text, part.parts
        if text == "samples":
            yield operands[0], "sum_too_much", 1.2
            return
        if text in SUMS:
            swapped = "mean" if text == "sum" else "sum"
            mistake = "missing_mean" if text == "sum" else "mean_for_sum"
            yield replace(part, text=swapped), mistake, 1
            for axis in (["0"], ["1"], []):
                if axis != [each.text for each in operands[1:]]:
                    yield replace(part, parts=(operands[0], *map(number, map(float, axis)))), "wrong_axis", 1
            yield operands[0], "sum_too_much", 1.2
            return
        if text == "outer":
            yield replace(part, parts=operands[::-1]), "order", 1
            return
        (operand,) = operands
        if operand.kind == "call" and len(operand.parts) == 1:
            yield replace(part, parts=operand.parts), "wrong_argument", 1
        if text == "exp":
            yield replace(part, parts=(_minus(operand),)), "sign", 1.2
        if f"d{text}" in self.calls:
            yield replace(part, text=f"d{text}"), "not_derived", 1
        elif text[1:] in self.calls and text[0] == "d":
            yield replace(part, text=text[1:]), "derived_needlessly", 1.3
        if match := re.fullmatch(r"(d?g)(\d+)", text):
            for p in {re.sub(r"\D", "", each) for each in names_in(operand)} - {"", "0", match[2]}:
                yield replace(part, text=f"{match[1]}{p}"), "wrong_layer", 1

    # Factors.

    def _with_slopes(self, tree: Tree, part: Tree, put: Put, value: Array) -> Iterator[Edit]:
        """A part times the derivative of an activation, or half of one, or a mask."""
        if part.kind == "negative":  # what is negated gets the factor
            return
        for p, factor, mistake, cost in self.derivatives:
            if self.entries or self.draws.tables[0][f"a{p}"].shape == value.shape:
                new = join("*", part, factor)
                if part.kind == "(" and part is not tree:
                    new = Tree("(", 0, parts=(new,))
                yield Edit(put(new), part, factor, mistake, cost, p)

    def _chain(self, part: Tree, put: Put) -> Iterator[Edit]:
        """A product without one or two of its factors, or with another derivative in their place."""
        factors = _factors(part)
        for start in range(len(factors)):
            for end in (start + 1, start + 2):
                dropped = factors[start:end]
                if end > len(factors) or any(kind == "/" for kind, _ in dropped[1:]):
                    continue
                rest = _without_one(factors[:start] + factors[end:])
                old = _joined([("*", dropped[0][1]), *dropped[1:]])
                if rest and rest[0][0] == "*":
                    mistake = self._dropped(old, divided=dropped[0][0] == "/")
                    if mistake:
                        whole = old if mistake == "extra_derivative" else part
                        cost = (1 if names_in(_joined(rest)) else 1.3) + 0.05 * (end - start)
                        yield Edit(put(_joined(rest)), whole, _joined(rest), mistake, cost)
                if dropped[0][0] == "*" and _only_outputs(old):
                    for p, slope in self.slopes.items():
                        if f"m{p}" in self.draws.program.masks and self._is_slope_undropped(old, p):
                            mask = self.draws.part(f"m{p}")
                            for right in ([slope], [mask, slope]):
                                put_in = [("*", factor) for factor in right]
                                new = _joined([*factors[:start], *put_in, *factors[end:]])
                                yield Edit(put(new), old, _joined(put_in), "masked_output", 1, p)
                            continue
                        new = _joined([*factors[:start], ("*", slope), *factors[end:]])
                        mine = all(re.sub(r"\D", "", each) == str(p) for each in names_in(old))
                        mistake = "other_derivative" if mine else "other_layers_derivative"
                        yield Edit(put(new), old, slope, mistake, 1.9, p)

    def _is_slope_undropped(self, part: Tree, p: int) -> bool:
        """Whether a part, written with a layer's outputs, would be the derivative of its activation if none
        of them were dropped."""
        if not any(each.text == f"a{p}" for each in _named(part)):
            return False
        text = str(self.net.layers[p - 1].activation)
        argument = self.slopes[p].parts[0]
        output = Tree("call", 0, text if text in ACTIVATIONS else f"g{p}", (argument,))
        undropped = part
        for each in dict.fromkeys(_unplaced(each) for each in _named(part) if each.text == f"a{p}"):
            undropped = _renamed(undropped, each, output)
        try:
            values = [self.draws.value(tree, 0) for tree in (undropped, self.slopes[p])]
        except ValueError:
            return False
        return self.draws.same(*values)

    def _dropped(self, old: Tree, *, divided: bool) -> str:
        """The mistake that a factor was; empty where it could be none."""
        if mistake := _plain_factor(old, undone=not divided):
            return mistake
        return "extra_derivative" if _only_outputs(old) else ""


def _with_part(tree: Tree, at: int, put: Put, new: Tree) -> Tree:
    return put(replace(tree, parts=(*tree.parts[:at], new, *tree.parts[at + 1 :])))


def _times(part: Tree, factor: Tree) -> Tree:
    """A part times 2, 1 / m, 2 / K: a division where that is enough, a number in front of other factors."""
    if part.kind == "negative":
        return replace(part, parts=(_times(part.parts[0], factor),))
    if factor.kind == "/" and factor.parts[0].text == "1":
        return join("/", part, factor.parts[1])
    if part.kind in "*@":
        return replace(part, parts=(_times(part.parts[0], factor), part.parts[1]))
    return join("*", factor, part)


def _plain_factor(part: Tree, *, undone: bool) -> str:
    """The mistake that a plain number is, or m; empty for anything else. undone: it was multiplied by."""
    names = set(names_in(part))
    if not names <= {"m", "K"}:
        return ""
    if "m" not in names:
        return "scale"
    above = bare(part).kind != "/"
    return "missing_mean" if above == undone else "extra_mean"


def _only_outputs(part: Tree) -> bool:
    """Whether it is made of weighted inputs and activations alone, as derivatives of activations are."""
    names = names_in(part)
    return bool(names) and all(re.fullmatch(r"[az]\d+|p", each) for each in names)


def _factors(part: Tree) -> list[tuple[str, Tree]]:
    if part.kind in "*/":
        left, right = part.parts
        return [*_factors(left), (part.kind, right)]
    return [("*", part)]


def _without_one(factors: list[tuple[str, Tree]]) -> list[tuple[str, Tree]]:
    """Without a 1 that other factors follow."""
    begins_with_one = len(factors) > 1 and factors[0][1].text == "1" and factors[1][0] == "*"
    return factors[1:] if begins_with_one else factors


def _joined(factors: list[tuple[str, Tree]]) -> Tree:
    (_, tree), *rest = factors
    for kind, factor in rest:
        tree = Tree(kind, 0, parts=(tree, factor))
    return tree


def _named(tree: Tree) -> Iterator[Tree]:
    return (part for part in parts_of(tree) if part.kind == "name")


def _unplaced(tree: Tree) -> Tree:
    """The same wherever it stands."""
    return replace(tree, position=0, parts=tuple(map(_unplaced, tree.parts)))


def _renamed(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree.kind == "name" and _unplaced(tree) == old:
        return new
    return replace(tree, parts=tuple(_renamed(part, old, new) for part in tree.parts))


def _relettered(tree: Tree, letters: Mapping[str, str]) -> Tree:
    text = letters.get(tree.text, tree.text) if tree.kind in ("index", "series") else tree.text
    return replace(tree, text=text, parts=tuple(_relettered(part, letters) for part in tree.parts))


def _minus(part: Tree) -> Tree:
    return part.parts[0] if part.kind == "negative" else Tree("negative", 0, parts=(part,))
