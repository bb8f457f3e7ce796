"""What formulas in a notation amount to, in numbers.

A vector is a column. A letter is an axis; so are the samples, of which all are evaluated at once. Where
indices are numbers of nodes, a letter runs over all nodes for which every symbol that it is at has a meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, product
from math import prod
from typing import Any

import numpy as np

from chainrule.check.network_values import NetworkValues
from chainrule.engines.expressions import Array, along, evaluate, function_of
from chainrule.errors import FormulaError
from chainrule.expr import contract, leaf
from chainrule.formula import find_activation
from chainrule.notation.quantity import quantity
from chainrule.notation.reader import Reader
from chainrule.notation.terms import (
    Activation,
    Apply,
    Choice,
    Index,
    Letter,
    Named,
    Number,
    Product,
    Series,
    Shaped,
    Sum,
    Term,
)
from chainrule.reverse import reverse

SAMPLES = ""
"""The axis of the samples, among the letters."""
OUTSIDE = "*"
"""Within a sum over the samples, the axis of those outside of it."""
MOST_ENTRIES = 10_000_000
"""How many entries a derivative may have, for one sample."""


@dataclass(frozen=True)
class Value:
    """letters: the names of the first axes; of a matrix two more follow."""

    letters: tuple[str, ...]
    array: Array
    matrix: bool = False

    @property
    def shape(self) -> str:
        return " x ".join(map(str, self.array.shape[-2:])) if self.matrix else "1 x 1"


@dataclass(frozen=True)
class Case:
    """The sides of a formula where its letters count the units of these layers; letters that count the same
    units wherever they stand are not told. values: arrays of one shape, the samples first."""

    layers: Mapping[str, int]
    values: tuple[Array, ...]


class UndefinedError(FormulaError):
    """There are no units for which every symbol is defined."""


@dataclass(frozen=True)
class _Scope:
    """How many units every letter counts, and where nodes have numbers, of which layer."""

    sizes: Mapping[str, int]
    layers: Mapping[str, int]


class FormulaValues:
    """Evaluates what a reader has read."""

    def __init__(self, reader: Reader, values: NetworkValues) -> None:
        self.reader, self.values = reader, values
        self.net = reader.net
        self.nodes = reader.notation.numbering == "node"

    def cases(self, sides: Sequence[Term]) -> list[Case]:
        """Sides of one formula, in which a letter means the same: one case, or where nodes have numbers one
        for all layers that the letters may be of. Raises FormulaError."""
        found = []
        for scope in self._scopes(sides, _Scope({}, {})):
            try:
                values = [self._value(side, scope) for side in sides]
            except UndefinedError:
                continue
            for value in values[1:]:
                if value.shape != values[0].shape and not _is_zero(value):
                    fields = {"left": values[0].shape, "right": value.shape}
                    raise FormulaError("reader.side_shapes", position=0, **fields)
            letters = sorted({letter for value in values for letter in value.letters})
            arrays = [self._whole(value, letters, scope) for value in values]
            found.append(Case(scope.layers, tuple(np.broadcast_arrays(*arrays))))
        if not found:
            raise UndefinedError("reader.undefined", position=sides[0].position)
        return found

    def _whole(self, value: Value, letters: Sequence[str], scope: _Scope) -> Array:
        """An array with an axis for every letter; a matrix of one entry as that entry."""
        array = along(value.array, value.letters, letters)
        if value.matrix and value.array.shape[-2:] == (1, 1):
            array = array[..., 0, 0]
        counts = [self.values.samples if letter == SAMPLES else scope.sizes[letter] for letter in letters]
        return np.broadcast_to(array, [*counts, *array.shape[len(letters) :]])

    def _scopes(
        self, terms: Sequence[Term], outer: _Scope, letters: Sequence[str] | None = None
    ) -> Iterator[_Scope]:
        """The scope inside some terms; letters: those that are new in it, all that occur if None."""
        sizes: dict[str, int] = {}
        layers: dict[str, dict[int, None]] = {}
        for term in terms:
            for letter, places, position in _free(term):
                if letter in outer.sizes or (letters is not None and letter not in letters):
                    continue
                layers.setdefault(letter, {}).update(dict.fromkeys(places))
                if not self.nodes:
                    (count,) = {self.net.sizes[p] for p in places}
                    if sizes.setdefault(letter, count) != count:
                        fields = {"letter": letter, "first": sizes[letter], "second": count}
                        raise FormulaError("reader.sizes", position=position, **fields)
        if not self.nodes:
            yield _Scope({**outer.sizes, **sizes}, {})
            return
        for chosen in product(*layers.values()):
            own = dict(zip(layers, chosen, strict=True))
            counts = {letter: self.net.sizes[p] for letter, p in own.items()}
            yield _Scope({**outer.sizes, **counts}, {**outer.layers, **own})

    def _value(self, term: Term, scope: _Scope) -> Value:
        with np.errstate(all="ignore"):
            match term:
                case Number():
                    return Value((), np.asarray(term.value))
                case Named():
                    return self._named(term, scope)
                case Letter():
                    return self._letter(term, scope)
                case Sum():
                    return self._sum(term, scope)
                case Product():
                    values = [self._value(factor, scope) for factor in term.factors]
                    join = _hadamard if term.entrywise else _product
                    return reduce(lambda a, b: join(a, b, term.position), values)
                case Apply():
                    return self._apply(term, scope)
                case Activation():
                    return _activated(self._value(term.operand, scope), term)
                case Series():
                    return self._series(term, scope)
                case Shaped():
                    return self._shaped(term, scope)

    def _named(self, term: Named, scope: _Scope) -> Value:
        choice = self._choice(term, scope)
        count = prod(self.net.sizes[p] for p in choice.layers)
        if choice.name.startswith("∂") and count > MOST_ENTRIES:
            fields = {"count": count, "most": MOST_ENTRIES}
            raise FormulaError("reader.too_large", position=term.position, **fields)
        array, sampled = self.values[choice.name]
        if quantity(choice.name).kind == "delta":
            array = array * self.reader.notation.error_sign
        samples = (SAMPLES, OUTSIDE)[: sampled + ("*" in choice.name)]
        rank = array.ndim - len(samples)
        if not term.indices and rank:
            if rank > 2:
                raise FormulaError("reader.not_a_matrix", position=term.position, rank=rank)
            return Value(samples, array if rank == 2 else array[..., None], matrix=True)
        if len(term.indices) != rank:
            fields = {"found": len(term.indices), "expected": rank}
            raise FormulaError("reader.indices", position=term.position, **fields)
        letters = tuple(i for i in term.indices if isinstance(i, str))
        for axis in reversed(range(rank)):
            index, start = term.indices[axis], (choice.starts or (1, 1, 1))[axis]
            if isinstance(index, int):
                count = array.shape[axis + len(samples)]
                if not start <= index < start + count:
                    fields = {"index": index, "first": start, "last": start + count - 1}
                    raise FormulaError("reader.index_range", position=term.position, **fields)
                array = np.asarray(array.take(index - start, axis + len(samples)))
        return _diagonal(array, (*samples, *letters))

    def _choice(self, term: Named, scope: _Scope) -> Choice:
        """The quantity that a symbol stands for where its letters are those of the scope."""
        if len(term.choices) == 1 and not self.nodes:
            return term.choices[0]
        choices = [choice for choice in term.choices if self._fits(term.indices, choice, scope)]
        if not choices:
            raise UndefinedError("reader.undefined", position=term.position)
        if len({choice.name for choice in choices}) > 1:
            raise FormulaError("reader.many_meanings", position=term.position)
        return choices[0]

    def _fits(self, indices: Sequence[Index], choice: Choice, scope: _Scope) -> bool:
        """Whether letters count the units of the choice's layers, and numbers are among theirs."""
        return not indices or all(
            start <= index < start + self.net.sizes[p]
            if isinstance(index, int)
            else scope.layers.get(index, p) == p
            for index, p, start in zip(indices, choice.layers, choice.starts, strict=True)
        )

    def _letter(self, term: Letter, scope: _Scope) -> Value:
        """The units that a letter counts; where nodes have numbers, their numbers."""
        if isinstance(term.index, int):
            return Value((), np.asarray(float(term.index)))
        if term.index not in scope.sizes:
            raise FormulaError("reader.no_range", position=term.position, letter=term.index)
        before = sum(self.net.sizes[: scope.layers.get(term.index, 0)])
        return Value((term.index,), before + np.arange(1.0, scope.sizes[term.index] + 1))

    def _sum(self, term: Sum, scope: _Scope) -> Value:
        values = [self._value(part, scope) for part in term.terms]
        signed = [
            Value(v.letters, sign * v.array, v.matrix) for sign, v in zip(term.signs, values, strict=True)
        ]
        return reduce(lambda a, b: _entrywise(np.add, [a, b], term.position), signed)

    def _apply(self, term: Apply, scope: _Scope) -> Value:
        values = [self._value(operand, scope) for operand in term.operands]
        first = values[0]
        match term.function:
            case "transpose":
                return replace(first, array=first.array.swapaxes(-1, -2)) if first.matrix else first
            case "norm" | "norm1":
                array = first.array if first.matrix else first.array[..., None, None]
                total = np.asarray((np.abs(array) if term.function == "norm1" else array**2).sum((-1, -2)))
                return Value(first.letters, total if term.function == "norm1" else np.sqrt(total))
            case "quotient":
                return _entrywise(np.divide, values, term.position)
            case "power":
                self._scalar(first, term.operands[0])
            case "div":
                self._scalar(values[1], term.operands[1])
        return _entrywise(function_of(term.function, len(values)), values, term.position)

    def _scalar(self, value: Value, term: Term) -> None:
        if value.matrix and value.shape != "1 x 1":
            raise FormulaError("reader.no_scalar", position=term.position, found=value.shape)

    def _series(self, term: Series, scope: _Scope) -> Value:
        if term.kind == "samples":
            body = self._value(term.body, scope)
            if SAMPLES not in body.letters:
                return replace(body, array=body.array * self.values.samples)
            value = _without(body, SAMPLES, np.sum)
            return replace(value, letters=tuple(SAMPLES if i == OUTSIDE else i for i in value.letters))
        outer = _Scope(
            {k: v for k, v in scope.sizes.items() if k not in term.letters},
            {k: v for k, v in scope.layers.items() if k not in term.letters},
        )
        parts = []
        for inner in self._scopes([term.body], outer, term.letters):
            for letter in term.letters:
                if letter not in inner.sizes:
                    raise FormulaError("reader.no_range", position=term.position, letter=letter)
            if not self._among(term, inner):
                continue
            try:
                value = self._value(term.body, inner)
            except UndefinedError:
                continue
            self._check_end(term, inner)
            for letter in term.letters:
                value = _without(value, letter, np.sum if term.kind == "sum" else np.max)
            parts.append(value)
        if not parts:
            raise UndefinedError("reader.undefined", position=term.position)
        join = np.add if term.kind == "sum" else np.maximum
        return reduce(lambda a, b: _entrywise(join, [a, b], term.position), parts)

    def _among(self, term: Series, scope: _Scope) -> bool:
        """Whether the letter counts the units that the sum is over."""
        layer = scope.layers.get(term.letters[0])
        if layer is None or not term.among:
            return True
        if term.among == "outputs":
            return layer == len(self.net.layers)
        if term.among == "layer":
            return layer == term.after
        if term.among == "same":
            if isinstance(term.after, int):  # the number of a node
                nodes = accumulate(self.net.sizes)
                return layer == next(p for p, last in enumerate(nodes) if term.after <= last)
            return layer == scope.layers.get(term.after, layer)
        return layer - 1 == scope.layers.get(str(term.after), layer - 1)

    def _check_end(self, term: Series, scope: _Scope) -> None:
        if term.end is None:
            return
        end = self._value(term.end, scope).array
        count = scope.sizes[term.letters[0]]
        if end.ndim or end != count:
            fields = {"letter": term.letters[0], "found": end, "expected": count}
            raise FormulaError("reader.end", position=term.position, **fields)

    def _shaped(self, term: Shaped, scope: _Scope) -> Value:
        body = self._value(term.body, scope)
        sides = [self._value(side, scope).array for side in (term.rows, term.columns)]
        written = " x ".join(f"{float(side):g}" for side in sides)
        if written != body.shape:
            fields = {"written": written, "found": body.shape}
            raise FormulaError("reader.wrong_shape", position=term.position, **fields)
        return body


def _is_zero(value: Value) -> bool:
    """Whether it is a plain 0, which may stand for an array of zeros."""
    return not value.letters and not value.matrix and not value.array.any()


def _free(term: Term) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Every letter at a quantity that no sum binds, the layers whose units it may count there, and where."""
    match term:
        case Named():
            for place, index in enumerate(term.indices):
                layers = {choice.layers[place]: None for choice in term.choices if place < len(choice.layers)}
                if isinstance(index, str) and layers:
                    yield index, tuple(layers), term.position
        case Sum():
            for part in term.terms:
                yield from _free(part)
        case Product():
            for part in term.factors:
                yield from _free(part)
        case Apply():
            for part in term.operands:
                yield from _free(part)
        case Activation():
            yield from _free(term.operand)
        case Shaped():
            yield from _free(term.body)
        case Series():
            yield from (found for found in _free(term.body) if found[0] not in term.letters)


def _diagonal(array: Array, letters: tuple[str, ...]) -> Value:
    """The entries where axes of the same letter have the same index."""
    distinct = tuple(dict.fromkeys(letters))
    places = [distinct.index(letter) for letter in letters]
    operands: list[Any] = [array, places, list(range(len(distinct)))]
    return Value(distinct, np.asarray(np.einsum(*operands)))


def _entrywise(function: Callable[..., Any], values: Sequence[Value], position: int) -> Value:
    """A function of numbers, entry by entry; a number, a product of a row and a column too, goes with every
    entry of a matrix."""
    if len({value.shape for value in values if value.matrix}) > 1:
        values = [_number(value) for value in values]
    letters = tuple(dict.fromkeys(letter for value in values for letter in value.letters))
    matrices = [value for value in values if value.matrix]
    for value in matrices[1:]:
        if value.shape != matrices[0].shape:
            fields = {"left": matrices[0].shape, "right": value.shape}
            raise FormulaError("reader.entry_shapes", position=position, **fields)
    arrays = [along(value.array, value.letters, letters) for value in values]
    if matrices:
        arrays = [a if v.matrix else a[..., None, None] for a, v in zip(arrays, values, strict=True)]
    return Value(letters, np.asarray(function(*arrays), np.float64), bool(matrices))


def _number(value: Value) -> Value:
    """A matrix of one entry as that."""
    if value.shape != "1 x 1":
        return value
    return replace(value, array=value.array[..., 0, 0], matrix=False)


def _hadamard(a: Value, b: Value, position: int) -> Value:
    """The product entry by entry, of arrays of one shape."""
    if a.shape != b.shape:
        raise FormulaError("reader.entry_shapes", position=position, left=a.shape, right=b.shape)
    return _entrywise(np.multiply, [a, b], position)


def _product(a: Value, b: Value, position: int) -> Value:
    """A matrix product where both are matrices; one of a single entry is a number."""
    if not (a.matrix and b.matrix) or (
        a.array.shape[-1] != b.array.shape[-2] and "1 x 1" in (a.shape, b.shape)
    ):
        small, large = (a, b) if a.shape == "1 x 1" else (b, a)
        if small.matrix:
            small = Value(small.letters, small.array[..., 0, 0])
        return _entrywise(np.multiply, [small, large], position)
    if a.array.shape[-1] != b.array.shape[-2]:
        raise FormulaError("reader.product_shapes", position=position, left=a.shape, right=b.shape)
    letters = tuple(dict.fromkeys((*a.letters, *b.letters)))
    arrays = [along(value.array, value.letters, letters) for value in (a, b)]
    return Value(letters, np.asarray(np.matmul(*arrays)), matrix=True)


def _without(value: Value, letter: str, over: Callable[..., Any]) -> Value:
    """A sum or maximum along a letter."""
    axis = value.letters.index(letter)
    letters = value.letters[:axis] + value.letters[axis + 1 :]
    return Value(letters, np.asarray(over(value.array, axis=axis)), value.matrix)


def _activated(value: Value, term: Activation) -> Value:
    """An activation of a number or of each entry; of a whole column where it looks at all of them."""
    row, settings = find_activation(term.name)
    z = leaf("z", ("column", "unit"))
    node = row.apply(z, "unit", **settings)
    if term.derived:
        if row.across:
            raise FormulaError("reader.no_scalar", position=term.position, found=value.shape)
        (node,) = reverse(node, [z], contract(z.dims))
    columns = value.array.swapaxes(-1, -2) if value.matrix else value.array[..., None]
    flat = columns.reshape(-1, columns.shape[-1])
    sizes = dict(zip(z.dims, flat.shape, strict=True))
    (found,) = evaluate([contract(z.dims, node)], {"z": flat}, sizes)
    array = found.reshape(columns.shape)
    return Value(value.letters, array.swapaxes(-1, -2) if value.matrix else array[..., 0], value.matrix)


def difference(a: Array, b: Array) -> float:
    """How far two arrays are apart, relative to their largest entry."""
    largest = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    away = np.abs(a - b).max(initial=0)
    return float(away / largest) if largest else 0.0
