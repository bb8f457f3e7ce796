r"""Formulas for single entries, `sum_k(W2[k,j] * delta2[k]) * dsigmoid(z1[j])`: what they amount to.

Every letter is an axis, and a part of a formula is an array with those axes, of length 1 where the part does
not depend on the letter. So a product is one of arrays, a sum one along an axis, and what can be changed in a
formula for whole arrays can be changed here in the same way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from chainrule.check.formula.draws import SUMS, Draws
from chainrule.check.formula.python import parse, parts_of
from chainrule.check.network_values import Array, NetworkValues
from chainrule.errors import FormulaError
from chainrule.formula import Tree
from chainrule.lazily import cached_property
from chainrule.network import NetworkDefinition, over_samples
from chainrule.notation.quantity import RANKS

SAMPLES = -1
"""What a letter counts, in the place of a layer, that counts the samples."""
MOST_LEFT = 6
"""In so many ways the letters of a formula are taken for those of the quantity it is for."""
_SPARE = "jkiqlnrstuv"


def has_entries(tree: Tree) -> bool:
    """Whether a formula speaks of single entries."""
    return any(part.kind in ("index", "series") for part in parts_of(tree))


def axes(name: str, net: NetworkDefinition, *, rows: bool) -> tuple[int, ...]:
    """What the indices of a quantity count: the units of these layers, or SAMPLES."""
    if match := re.fullmatch(r"∂(\w+)/∂(\w+)", name):
        return axes(match[1], net, rows=False) + axes(match[2], net, rows=False)
    last = len(net.layers)
    name = {"x": "a0", "p": f"a{last}", "y": f"y{last}"}.get(name, name)
    if not (match := re.fullmatch(r"(delta|d?(?:[Wbzau]|gamma|beta)|[ym]|zhat|mu|s)(\d+)", name)):
        return ()
    kind, p = match[1] if match[1] == "delta" else match[1].removeprefix("d"), int(match[2])
    units = (p, p - 1)[: RANKS.get(kind, 0)]
    if kind in ("mu", "s") and over_samples(net.layers[p - 1]):
        return (p,)
    return (SAMPLES, *units) if rows and kind not in ("W", "b", "gamma", "beta") else units


class EntryDraws(Draws):
    """Draws in which the parts of formulas have an axis for every letter.

    left: the indices of the quantity that formulas are for, letters or numbers that count from 0. letters:
    what each of them counts.
    """

    def __init__(self, draws: Draws, of: str, left: Sequence[str], letters: Mapping[str, int]) -> None:
        vars(self).update(vars(draws))
        self.of, self.left = of, tuple(left)
        wanted = axes(of, self.net, rows=self.layout == "rows")
        self.letters = {**letters, **{i: p for i, p in zip(left, wanted, strict=True) if i.isalpha()}}
        self._calls = {}
        self._entries: dict[tuple[str, tuple[str, ...], int], Array] = {}
        self.batch = self.layout == "column" and self.stand_in.samples > 1
        order = [i for i in self.left if i.isalpha()]
        order += [i for i in [*self.letters, *_SPARE] if i not in order]
        self._axis = {letter: at + self.batch for at, letter in enumerate(dict.fromkeys(order))}

    @cached_property
    def _values(self) -> list[NetworkValues]:
        return [NetworkValues(self.net, given["x"], given["y"], given, masks=given) for given in self.given]

    def expected(self, of: str, number: int = 0) -> Array:
        return self._entry(of, self.left, number)

    def value(self, tree: Tree, number: int = 0, known: Mapping[int, Array] | None = None) -> Array:
        if known and (array := known.get(id(tree))) is not None:
            return array
        match tree.kind:
            case "index" | "T" | "@":
                raise ValueError
            case "name":
                return self._entry(tree.text, [index.text for index in tree.parts], number)
            case "series":
                return self._summed_over(tree.text, self.value(tree.parts[0], number, known))
            case "call" if tree.text == "samples":
                array = self.value(tree.parts[0], number, known)
                return (
                    np.asarray(array.sum(0, keepdims=True)) if array.ndim else array * self.stand_in.samples
                )
        return super().value(tree, number, known)

    def _summed_over(self, letter: str, array: Array) -> Array:
        """A sum over all that a letter counts."""
        axis = self._axis[letter]
        if array.ndim and array.shape[axis] > 1:
            return np.asarray(array.sum(axis, keepdims=True))
        layer = self.letters[letter]
        return array * (self.stand_in.samples if layer == SAMPLES else self.net.sizes[layer])

    def _entry(self, name: str, indices: Sequence[str], number: int) -> Array:
        """A quantity with its axes where its letters have theirs. ValueError where its indices differ."""
        key = name, tuple(indices), number
        if key not in self._entries:
            self._entries[key] = self._placed(name, indices, number)
        return self._entries[key]

    def _placed(self, name: str, indices: Sequence[str], number: int) -> Array:
        array, sampled = self._array(name, number)
        if array.ndim - sampled != len(indices):
            raise ValueError
        for at, index in reversed(list(enumerate(indices))):
            if index.isdecimal():
                if int(index) >= array.shape[at + sampled]:
                    raise ValueError
                array = np.asarray(array.take(int(index), at + sampled))
        places = [0] * sampled + [self._axis[index] for index in indices if index.isalpha()]
        result = sorted(set(places))
        operands: list[Any] = [array, places, result]
        shape = [1] * (self.batch + len(self._axis))
        array = np.asarray(np.einsum(*operands))
        for place, length in zip(result, array.shape, strict=True):
            shape[place] = length
        return array.reshape(shape)

    def _array(self, name: str, number: int) -> tuple[Array, bool]:
        """A quantity without axes of length 1, and whether its first is that of the samples."""
        if name.startswith("∂"):
            array, _ = self._values[number][name]
            return np.asarray(array[0]), False
        array = self.tables[number][name]
        rank = len(axes(name, self.net, rows=self.layout == "rows"))
        sampled = self.batch and array.ndim == 3
        return array.reshape(array.shape[: rank + sampled]), sampled

    def same(self, value: Array, expected: Array) -> bool:
        """Whether the numbers are the same; what lacks a letter is the same for all of its values."""
        value = self.spread(value)
        return value.shape == expected.shape and super().same(value, expected)

    def spread(self, value: Array) -> Array:
        try:
            return np.broadcast_to(value, self.expected(self.of).shape)
        except ValueError:  # it depends on other letters
            return value

    # Formulas for whole arrays as formulas for entries.

    def part(self, text: str) -> Tree:
        return self.with_indices(parse(text))

    def back(self, p: int) -> Tree:
        product = self.part(f"W{p + 1} * delta{p + 1}")
        letter = self.index_of(p + 1)
        return Tree("series", 0, letter, (product,)) if letter.isalpha() else product

    def over_all(self, tree: Tree) -> Iterator[Tree]:
        """A formula for single units, summed over all units of a layer to which one of them belongs."""
        found = {
            (layer, index.text)
            for part in parts_of(tree)
            for layer, index in self._counted(part)
            if index.text.isdecimal() and layer not in axes(self.of, self.net, rows=self.layout == "rows")
        }
        for unit in sorted(found):
            if (letter := self.index_of(unit[0])).isalpha():
                yield Tree("series", 0, letter, (self._lettered(tree, unit, letter),))

    def _counted(self, part: Tree) -> Iterable[tuple[int, Tree]]:
        """The indices of a name, each with the layer whose units it counts."""
        layers = axes(part.text, self.net, rows=self.layout == "rows") if part.kind == "name" else ()
        return zip(layers, part.parts, strict=False)

    def _lettered(self, tree: Tree, unit: tuple[int, str], letter: str) -> Tree:
        """A formula with a letter where it has the number of one unit of a layer."""
        if tree.kind != "name":
            return replace(tree, parts=tuple(self._lettered(part, unit, letter) for part in tree.parts))
        counted = self._counted(tree)
        parts = (replace(i, text=letter) if (layer, i.text) == unit else i for layer, i in counted)
        return replace(tree, parts=tuple(parts))

    def with_indices(self, tree: Tree) -> Tree:
        """A formula of products entry by entry, with the indices of its quantities."""
        if tree.kind == "name":
            layers = axes(tree.text, self.net, rows=self.layout == "rows")
            return replace(tree, parts=tuple(Tree("index", 0, self.index_of(p)) for p in layers))
        return replace(tree, parts=tuple(map(self.with_indices, tree.parts)))

    def index_of(self, layer: int) -> str:
        """The index that counts a layer's units; a letter of its own where none does."""
        wanted = axes(self.of, self.net, rows=self.layout == "rows")
        known = [*zip(wanted, self.left, strict=True), *((p, i) for i, p in self.letters.items())]
        for p, index in known:
            if p == layer:
                return index
        if layer != SAMPLES and self.net.sizes[layer] == 1:
            return "0"
        letter = next(i for i in _SPARE if i not in self.letters)
        self.letters[letter] = layer
        return letter

    def clash(self, first: Array, second: Array) -> tuple[str, str, str]:
        """The letter that counts different numbers of units in two parts, and these numbers."""
        for letter, axis in self._axis.items():
            m, n = first.shape[axis], second.shape[axis]
            if m != n and 1 not in (m, n):
                return letter, self.stand_in.sizes[m], self.stand_in.sizes[n]
        raise ValueError

    def loose(self, value: Array) -> list[str]:
        """The letters on which a value depends though the quantity has them not."""
        return [
            i for i, axis in self._axis.items() if i not in self.left and value.ndim and value.shape[axis] > 1
        ]


def check_entries(tree: Tree, draws: Draws, write: Callable[[Tree], str]) -> None:
    """Raises FormulaError for what cannot stand beside single entries, and for entries that do not exist."""
    rows = draws.layout == "rows"
    for part in parts_of(tree):
        if part.kind in ("T", "@") or part.text in (*SUMS, "outer", "diag", "softmax"):
            raise FormulaError("check_formula.in_entries", position=part.position)
        if part.kind != "name":
            continue
        layers = axes(part.text, draws.net, rows=rows)
        if len(layers) != len(part.parts):
            letters = zip("ijkq" if rows else "jkiq", layers, strict=False)
            example = replace(part, parts=tuple(Tree("index", 0, letter) for letter, _ in letters))
            fields = {"found": write(part), "example": write(example)}
            raise FormulaError("check_formula.indices", position=part.position, **fields)
        for index, layer in zip(part.parts, layers, strict=True):
            count = draws.stand_in.samples if layer == SAMPLES else draws.net.sizes[layer]
            if index.text.isdecimal() and int(index.text) >= count:
                last = count - 1
                raise FormulaError(
                    "reader.index_range", position=index.position, index=index.text, first=0, last=last
                )


def counted(tree: Tree, net: NetworkDefinition, *, rows: bool) -> dict[str, list[int]]:
    """For every letter what it counts at the quantities that carry it."""
    found: dict[str, list[int]] = {}
    for part in parts_of(tree):
        if part.kind == "name":
            layers = axes(part.text, net, rows=rows)
            for index, layer in zip(part.parts, layers, strict=False):
                if index.text.isalpha():
                    found.setdefault(index.text, []).append(layer)
    for part in parts_of(tree):
        if part.kind == "series" and part.text not in found:
            raise FormulaError("reader.no_range", position=part.position, letter=part.text)
    return found


def draws_for(tree: Tree, left: Tree | None, of: str, draws: Draws) -> Iterator[EntryDraws]:
    """Draws for the likeliest ways in which the letters of a formula may be those of the quantity. left: what
    the formula is for, where it is written."""
    rows = draws.layout == "rows"
    found = counted(tree, draws.net, rows=rows)
    letters = {letter: Counter(layers).most_common(1)[0][0] for letter, layers in found.items()}
    if left is not None and left.parts:
        yield EntryDraws(draws, of, [index.text for index in left.parts], letters)
        return
    wanted = axes(of, draws.net, rows=rows)
    summed = {part.text for part in parts_of(tree) if part.kind == "series"}

    def unlikely(chosen: Sequence[str]) -> int:
        apart = sum(p not in found.get(letter, ()) for letter, p in zip(chosen, wanted, strict=True))
        return apart + 2 * sum(letter in summed for letter in chosen)

    spare = [letter for letter in _SPARE if letter not in letters][: max(0, len(wanted) - len(letters))]
    chosen = sorted(permutations([*letters, *spare], len(wanted)), key=unlikely)
    chosen = [each for each in chosen if unlikely(each) == unlikely(chosen[0])]
    if letters.keys() <= summed:
        sizes = [draws.stand_in.samples if p == SAMPLES else draws.net.sizes[p] for p in wanted]
        chosen = [tuple(map(str, at)) for at in np.ndindex(*sizes)]
    for each in chosen[:MOST_LEFT]:
        yield EntryDraws(draws, of, each, letters)
