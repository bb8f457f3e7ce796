"""The symbols of a network in a notation, for those who read formulas.

What a symbol stands for is not said here a second time: the notation is asked to print every quantity of the
network with holes for its indices, and what is found in a formula is held against these prints. Where several
layers print alike (in a notation whose indices are numbers of nodes) a symbol has a choice of quantities, and
its indices tell which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import NamedTuple

from chainrule.expr import size
from chainrule.network import NetworkDefinition, over_samples
from chainrule.network.meaning import layer_of
from chainrule.notation.normal_form import normal_form
from chainrule.notation.notation import Notation, Place
from chainrule.notation.printer import Printer
from chainrule.notation.quantity import quantity
from chainrule.notation.terms import Choice, Index, Named, Number
from chainrule.primitives import PRIMITIVES
from chainrule.render.entries import entry_name
from chainrule.render.tex_layout import (
    Command,
    Fenced,
    Layout,
    Row,
    Scripts,
    Space,
    Symbol,
    Word,
    items,
    parse,
    write,
)

NOT_VARIED = ("delta", "m", "mean_z", "variance_z")
"""Kinds that no derivative is by."""
MOST_ENTRIES = 1000
"""Arrays of more entries are not known entry by entry, in a notation that gives every weight a name."""

_HOLES = (r"{\Xi}", r"{\Pi}")
"""Indices that no notation writes: where they are printed, any index may stand."""
_READ = tuple(map(parse, _HOLES))


class Match(NamedTuple):
    """What the first `length` things of a row stand for, and what is raised behind that: a power, a T."""

    term: Named | Number
    length: int
    above: Layout | None = None


@dataclass(frozen=True)
class _Pattern:
    """What stands side by side where a quantity is meant. places: of an entry without holes, counted from 1;
    None where there is a hole."""

    items: tuple[Layout, ...]
    choices: tuple[Choice, ...] = ()
    places: tuple[int | None, ...] = ()
    value: float = 0.0

    def match(self, found: Sequence[Layout]) -> Named | Number | None:
        """The quantity, if it is what is found."""
        holes: dict[int, Index] = {}
        if not _side_by_side(self.items, found, holes):
            return None
        if not self.choices:
            return Number(self.value, found[0].position)
        indices = tuple(holes[i] if place is None else place for i, place in enumerate(self.places))
        return Named(self.choices, indices, found[0].position)


class SymbolTable:
    """All symbols of a place. step: names of what a step has, such as an optimizer's states. layers: whose
    symbols are wanted; None: of all."""

    def __init__(
        self,
        notation: Notation,
        net: NetworkDefinition,
        place: Place,
        step: Iterable[str] = (),
        layers: Container[int] | None = None,
    ) -> None:
        self.notation, self.net, self.place = notation, net, place
        self.layers = [p for p in range(len(net.layers), 0, -1) if layers is None or p in layers]
        claimed: dict[tuple[Layout, ...], _Pattern] = {}
        for pattern in self._patterns(step):
            first = claimed.setdefault(pattern.items, pattern)
            if _one_family(first, pattern):
                claimed[pattern.items] = replace(first, choices=(*first.choices, *pattern.choices))
        self._known: dict[Layout, _Pattern] = {}
        """Symbols of one thing without holes."""
        self._by_start: dict[Layout, tuple[list[_Pattern], list[_Pattern]]] = {}
        """Symbols of several things, the longest first; and those of one, with the fewest holes first: a bias
        w_{jb} is no weight."""
        for pattern in sorted(claimed.values(), key=lambda p: (-len(p.items), p.places.count(None))):
            several, single = self._by_start.setdefault(_start(pattern.items[0]), ([], []))
            if len(pattern.items) > 1:
                several.append(pattern)
            elif None in pattern.places:
                single.append(pattern)
            else:
                self._known[pattern.items[0]] = pattern

    def match(self, found: Sequence[Layout]) -> Match | None:
        """What a row begins with: the longest symbol, a raised thing being part of it if it can be."""
        if not found or _start(found[0]) not in self._by_start:
            return None
        several, single = self._by_start[_start(found[0])]
        for pattern in several:
            *before, last = found[: len(pattern.items)]
            for bare, above in readings(last):
                if term := pattern.match([*before, bare]):
                    return Match(term, len(pattern.items), above)
        for bare, above in readings(found[0]):
            for pattern in (self._known[bare],) if bare in self._known else single:
                if term := pattern.match([bare]):
                    return Match(term, 1, above)
        return None

    def like(self, found: Layout) -> str:
        """TeX of a symbol that begins as something does that is none; empty where there is none."""
        start = _start(found)
        several, single = self._by_start.get(start, ([], []))
        patterns = [pattern for thing, pattern in self._known.items() if _start(thing) == start]
        tex = next((shown(Row(each.items)) for each in patterns + single + several), "")
        return tex.replace(r"\Xi", "j").replace(r"\Pi", "k")

    def _patterns(self, step: Iterable[str]) -> Iterator[_Pattern]:
        net, last = self.net, len(self.net.layers)
        costs = ("C", "J") if self.place.sample or not self.place.batch else ("J", "C")
        arrays: list[tuple[str, tuple[int, ...]]] = [("y", (last,))]
        for p in self.layers:
            arrays += [(f"W{net.layers[p - 1].shared or p}", (p, p - 1))]
            arrays += [(f"{kind}{p}", (p,)) for kind in ("b", "z", "a", "delta")]
            if net.layers[p - 1].norm:
                arrays += [(f"{kind}{p}", (p,)) for kind in ("gamma", "beta", "zhat", "u")]
                together = over_samples(net.layers[p - 1])
                arrays += [(f"{kind}{p}", (p,) if together else ()) for kind in ("mu", "s")]
                arrays += [(f"{kind}{p}", (p,)) for kind in ("mean_z", "variance_z") if together]
        arrays += [("a0", (0,))]
        arrays += [(f"m{p}", (p,)) for p in (0, *self.layers) if net.dropped(p)]
        for name in (*costs, "lr", "l1", "l2", *(["t"] if step else [])):
            yield from self._forms(name, ())
        for name, layers in arrays:
            yield from self._forms(name, layers)
            for cost in costs if quantity(name).kind not in NOT_VARIED else ():
                yield from self._forms(f"∂{cost}/∂{name}", layers)
        if "in[]" in self.notation.symbols:
            for p in reversed(self.layers):
                yield self._with_holes(f"in{p}", (p, p - 1), _HOLES)
        for name in step:
            own = tuple(layer_of(array) for array in quantity(name).parts)
            yield from self._forms(name, (*own, own[0] - 1) if "_W" in name else own)
        printer = Printer(self.notation, net)
        yield _Pattern(items(_layout(printer.index(size("n"), {}, self.place))), (Choice("m"),))
        for p in (0, *reversed(self.layers)):
            count = self.notation.count(p, net.sizes, self.place)
            if not count.isdecimal():
                yield _Pattern(items(_layout(count)), value=float(net.sizes[p]))

    def _forms(self, name: str, layers: tuple[int, ...]) -> Iterator[_Pattern]:
        """The ways to write a quantity: its entries with indices, without that of an only unit, and whole."""
        unmarked = [self.notation.single_unmarked and self.net.sizes[p] == 1 for p in layers]
        if name[0] in "Wb" and self.notation.numbering == "name":
            yield from self._entries(name, layers)
        for indices in product(
            *([hole, ""] if un else [hole] for hole, un in zip(_HOLES, unmarked, strict=False))
        ):
            yield self._with_holes(name, layers, indices)
        if layers:
            yield _Pattern(self._print(name, ()), (Choice(name, layers),))

    def _with_holes(self, name: str, layers: tuple[int, ...], indices: Sequence[str]) -> _Pattern:
        places = tuple(None if index else 1 for index in indices)
        starts = self._starts(name, layers) if all(indices) else (1,) * len(layers)
        return _Pattern(self._print(name, indices), (Choice(name, layers, starts),), places)

    def _entries(self, name: str, layers: tuple[int, ...]) -> Iterator[_Pattern]:
        """Every entry by a name of its own."""
        sizes = [self.net.sizes[p] for p in layers]
        choice = Choice(name, layers, (1,) * len(layers))
        if prod(sizes) <= MOST_ENTRIES:
            for places in product(*(range(1, count + 1) for count in sizes)):
                yield _Pattern(self._print(entry_name(name, places), ()), (choice,), places)

    def _starts(self, name: str, layers: Sequence[int]) -> tuple[int, ...]:
        """The numbers by which the first units are called in indices."""
        what = quantity(name)
        own = quantity(what.parts[-1]) if what.parts else what
        if own.layer is not None and layers:
            own = own._replace(layer=layers[0])  # also where the layer has the weights of another
        first = self.notation.entry_indices(own, [1] * len(layers), self.net)
        return tuple(map(int, first)) or (1,) * len(layers)

    def _print(self, name: str, indices: Sequence[str]) -> tuple[Layout, ...]:
        return items(_layout(self.notation.symbol(name, indices, self.net, self.place)))


def _one_family(a: _Pattern, b: _Pattern) -> bool:
    """Whether two quantities that print alike are the same of two layers, told apart by their indices."""
    kinds = {_kind(choice.name) for choice in (*a.choices, *b.choices)}
    return len(kinds) == 1 and None in a.places and a.places == b.places and not {*b.choices} <= {*a.choices}


def _kind(name: str) -> str:
    what = quantity(name)
    return "/".join([what.kind, *map(_kind, what.parts)])


class Function(NamedTuple):
    """name: of an activation, as a network has it, or of a primitive; operands: how many it takes."""

    name: str
    is_activation: bool
    operands: int


def functions(notation: Notation, net: NetworkDefinition) -> dict[Layout, Function]:
    """What the signs of functions stand for."""
    found: dict[Layout, Function] = {}
    for row in PRIMITIVES.values():
        match _layout(row.tex.format(*_HOLES, "")):
            case Row(items=(Symbol() | Word() as sign, Fenced(left="(", body=body))):
                operands = listed(body)
                if all(operand in _READ for operand in operands):
                    found[sign] = Function(row.name, False, len(operands))
    found |= {Symbol(rf"\{name}"): Function(name, False, 1) for name in ("exp", "log")}
    names = {str(layer.activation): number for number, layer in reversed(list(enumerate(net.layers, 1)))}
    for number, layer in reversed(list(enumerate(net.layers, 1))):
        if names[str(layer.activation)] != number and str(layer.activation).isidentifier():
            continue  # it is written as that of the first such layer is
        found[_layout(notation.activation(net, number))] = Function(str(layer.activation), True, 1)
    return found


class SumSigns:
    """The sums over some units that a notation writes at a place."""

    def __init__(self, notation: Notation, net: NetworkDefinition, place: Place) -> None:
        i, j = _HOLES
        forms: list[tuple[str, str, Index]] = []
        for among, form in notation.sums.items():
            if among == "layer":
                numbers = range(1, len(net.layers) + 1)
                forms += [(form.format(i=i, j=notation.layer(p, place)), among, p) for p in numbers]
            else:
                forms.append((form.format(i=i, j=j), among, ""))
        for form, among, after in forms[:]:  # as people type words
            forms.append((form.replace(r"\mathrm", ""), among, after))
        self._patterns = [(_layout(form), among, after) for form, among, after in forms]

    def match(self, found: Layout) -> tuple[str, str, Index] | None:
        """The letter of a sum, over which units it is (a key of `Notation.sums`), and the index of the layer
        that they follow, or the number of theirs."""
        for pattern, among, after in self._patterns:
            holes: dict[int, Index] = {}
            if _alike(pattern, found, holes) and isinstance(letter := holes[0], str):
                return letter, among, holes.get(1, after)
        return None


# Layouts held against patterns.


def shown(layout: Layout) -> str:
    """TeX as people type it, with plain brackets."""
    return re.sub(r"\\(left|right)(?![A-Za-z])", "", write(layout))


def readings(layout: Layout) -> Iterator[tuple[Layout, Layout | None]]:
    """A thing as it is, and as another with something raised behind it."""
    yield layout, None
    if isinstance(layout, Scripts) and layout.above is not None:
        bare = layout.base if layout.below is None else replace(layout, above=None)
        yield bare, layout.above


def _layout(tex: str) -> Layout:
    return normal_form(parse(tex))


def _start(layout: Layout) -> Layout:
    """What a symbol is made of below all its scripts."""
    while isinstance(layout, Scripts):
        layout = layout.base
    return layout


def _side_by_side(patterns: Sequence[Layout], found: Sequence[Layout], holes: dict[int, Index]) -> bool:
    """Whether things in a row are those of a pattern; what stands in its holes is put into `holes`."""
    if len(patterns) != len(found):
        return False
    return all(_alike(pattern, thing, holes) for pattern, thing in zip(patterns, found, strict=True))


def _alike(pattern: Layout, thing: Layout, holes: dict[int, Index]) -> bool:
    if pattern in _READ:
        index = index_of(thing)
        if index is not None:
            holes[_READ.index(pattern)] = index
        return index is not None
    match pattern, thing:
        case Scripts(), Scripts():
            pairs = [(pattern.base, thing.base), (pattern.below, thing.below), (pattern.above, thing.above)]
        case Command(), Command() if pattern.name == thing.name:
            pairs = list(zip(pattern.arguments, thing.arguments, strict=True))
        case Fenced(), Fenced() if (pattern.left, pattern.right) == (thing.left, thing.right):
            pairs = [(pattern.body, thing.body)]
        case _:
            return pattern == thing
    return all(_groups(a, b, holes) for a, b in pairs)


def _groups(pattern: Layout | None, thing: Layout | None, holes: dict[int, Index]) -> bool:
    """Whether two groups are alike; indices may stand with or without commas, digits as one number."""
    if pattern is None or thing is None:
        return pattern is thing
    wanted, found = listed(pattern), listed(thing)
    if len(found) < len(wanted):
        found = [part for thing in found for part in _digits(thing)]
    elif len(found) > len(wanted):  # `o1` as `o_1`
        wanted = [part for thing in wanted for part in _on_the_line(thing)]
    return _side_by_side(wanted, found, holes)


def listed(layout: Layout) -> list[Layout]:
    """What stands side by side, without commas and spaces."""
    return [item for item in items(layout) if item != Symbol(",") and not isinstance(item, Space)]


def _on_the_line(layout: Layout) -> list[Layout]:
    below = isinstance(layout, Scripts) and layout.above is None and layout.below
    return [layout.base, *listed(below)] if isinstance(layout, Scripts) and below else [layout]


def _digits(layout: Layout) -> list[Layout]:
    if isinstance(layout, Symbol) and layout.text.isdecimal():
        return [Symbol(digit, layout.position + i) for i, digit in enumerate(layout.text)]
    return [layout]


def index_of(layout: Layout) -> Index | None:
    """An index: a letter, perhaps with primes, or a number; None where there is none."""
    if isinstance(layout, Symbol) and layout.text.isdecimal():
        return int(layout.text)
    primes = items(layout.above) if isinstance(layout, Scripts) and layout.above else ()
    base = layout.base if isinstance(layout, Scripts) and not layout.below else layout
    if isinstance(base, Symbol) and base.text.isalpha() and all(p == Symbol(r"\prime") for p in primes):
        return write(layout)
    return None
