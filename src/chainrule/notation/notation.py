"""A notation: how a textbook writes layers, weights, errors and costs. Each is data in its own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, over_samples
from chainrule.notation.quantity import RANKS, Quantity, quantity, split_entry
from chainrule.sentences import CATALOGUE, LANGUAGES, language, say


@dataclass(frozen=True)
class Place:
    """What the names in one formula stand for.

    anchor: the layer, counted as the program counts, that is called `letter`, its neighbours letter + 1 and
    letter - 1; None: layers are called by their numbers. sample: one sample among several is meant, and
    marked. batch: the cost is that of all samples.
    """

    anchor: int | None = None
    letter: str = "l"
    sample: bool = False
    batch: bool = False


NUMBERED = Place()
PARAMETERS = ("W", "b", "gamma", "beta")

OF_A_STEP = {
    "gradient_norm": "G",
    "gradient_scale": r"\rho",
    "clipped": r"\hat{g}",
    "moved": r"\theta",
    "ema": r"\bar{\theta}",
}
"""TeX of what a step has beside an optimizer's states, in every notation; states are written as they are."""


@dataclass(frozen=True)
class Notation:
    """How quantities are written.

    symbols: TeX by kind of quantity (see `quantity`), besides `x` for the inputs, `m0` for their mask,
    `output` and `p` (of a softmax), `label` (a target where the output is a softmax). `W[]` is the form with
    indices, where it is not the whole one with the indices below; `W*` the form that is marked as one
    sample's among several. {l} is where the layer stands, {u} the name of its units, {i} the indices.
    first: the number of the input layer. weights: what is added to a layer's number for its W and b.
    last: the letter for the output layer. units: names of hidden and output units. letters: of indices, by
    what is written (`forward`, `error`, `weight`); free ones first. sigmoid, softmax: their symbols; generic:
    that of any other activation which all layers have, None for its name. samples: the sum over them.
    sums: sums over the units `next` to a layer, over those of the `same` one, and over the `outputs`; {i} the
    index, {j} that of the layer; over those of a `layer` whose units nothing else names, {j} its number.
    nabla: TeX of the cost's derivative by a kind of array, {v} its symbol and {c} the cost's.
    numbering: what an entry's indices are: places in the layer, numbers of nodes, or running numbers of
    weights. error_sign: -1 where the error is the negative of the derivative. named_errors: whether it has a
    name of its own. target_first: whether -(y - a) is written for a - y. slope_first: whether an activation's
    derivative stands before what it is multiplied with. single_unmarked: whether the only unit of a layer has
    no index. words: pairs English, Chinese, of `z`, `a`, `delta` and `cost`.
    """

    name: str
    cite: str
    first: int
    symbols: Mapping[str, str]
    letters: Mapping[str, str]
    words: Mapping[str, tuple[str, str]]
    weights: int = 0
    last: str = "L"
    units: tuple[str, str] = ("h", "o")
    sigmoid: str = r"\sigma"
    softmax: str = r"\operatorname{softmax}"
    generic: str | None = None
    comma: str = ""
    dot: str = ""
    arrow: str = r"\gets"
    samples: str = r"\sum_{i=1}^{m}"
    sample_count: str = "m"
    unit_count: str = "n_{{{l}}}"
    sums: Mapping[str, str] = field(default_factory=dict)
    nabla: Mapping[str, str] = field(default_factory=dict)
    numbering: Literal["unit", "node", "name"] = "unit"
    error_sign: int = 1
    named_errors: bool = True
    target_first: bool = False
    slope_first: bool = False
    single_unmarked: bool = False

    def word(self, key: str) -> str:
        """A word of this notation in the language in force."""
        return self.words[key][LANGUAGES.index(language())]

    def note(self, part: str) -> str:
        """What is to be said beside a part of a derivation, where readers of this text may stumble; empty
        where `sentences.notation` has nothing."""
        key = f"notation.{self.name}.{part}"
        return say(key) if key in CATALOGUE else ""

    def letters_of(self, kind: str, net: NetworkDefinition) -> str:
        """Letters for indices, by what is written; `summary` is as `error` where it has none of its own. The
        one that counts samples is free only where samples do not act on one another."""
        letters = self.letters.get(kind) or self.letters["error"]
        if not net.mixes_samples:
            return letters
        counts = self.samples.removeprefix(r"\sum_{")[0]
        return letters.replace(counts, "") + "r" * (counts in letters)

    def layer(self, number: int, place: Place = NUMBERED) -> str:
        """What layer `number`, as the program counts, is called."""
        if place.anchor is None:
            return str(number + self.first)
        away = number - place.anchor
        return f"{place.letter}{away:+d}" if away else place.letter

    def count(self, number: int, sizes: Sequence[int], place: Place = NUMBERED) -> str:
        """How many units a layer has."""
        if place.anchor is None:
            return str(sizes[number])
        return self.unit_count.format(l=self.layer(number, place))

    def symbol(
        self, name: str, indices: Sequence[str], net: NetworkDefinition, place: Place = NUMBERED
    ) -> str:
        """TeX of a leaf of that name, whole where no index is given."""
        array, places = split_entry(name)
        what = quantity(array)
        if places:
            if self.numbering == "name" and what.kind in ("W", "b"):
                return f"{what.kind.lower()}_{{{self.running_number(what, places, net)}}}"
            indices = self.entry_indices(what, places, net)
        if what.kind == "∂":
            return self._derivative(what, indices, net, place)
        if what.kind in ("g", "g'"):
            letter = "u" if net.layers[(what.layer or 0) - 1].norm else "z"
            of = f"{letter}{what.layer}{name[len(array) :]}"
            z = self.symbol(of, () if places else indices, net, place)
            return f"{self.activation(net, what.layer or 0)}{what.kind[1:]}({z})"
        if what.parts or what.kind in OF_A_STEP:
            sign = OF_A_STEP.get(what.kind, what.kind)
            return "_".join([sign, *(f"{{{self.symbol(of, indices, net, place)}}}" for of in what.parts)])
        kind = self._kind(what, net)
        if (
            not places
            and self.numbering == "node"
            and (what.kind == "y" or what == ("a", len(net.layers), ()))
        ):
            nodes = sum(net.sizes[:-1])  # targets and outputs have numbers of their own
            indices = [str(int(i) - nodes) if i.isdecimal() else i for i in indices]
        indices = [i for i in indices if i]
        index = ("," if any(len(i) > 1 for i in indices) else self.comma).join(indices)
        layer = unit = ""
        if what.layer is not None:
            shift = self.weights if what.kind in ("W", "b") else 0
            layer, unit = self.layer(what.layer + shift, place), self.unit(what.layer, net, place)
        together = kind in ("mu", "s") and over_samples(net.layers[(what.layer or 0) - 1])
        marked = place.sample and not together
        forms = (f"{kind}*" if marked else "", f"{kind}[]" if indices else "", kind)
        key = next(form for form in forms if form in self.symbols)
        tex = self.symbols[key].format(l=layer, u=unit, i=index)
        return f"{tex}_{{{index}}}" if indices and not key.endswith("[]") else tex

    def _kind(self, what: Quantity, net: NetworkDefinition) -> str:
        """The kind by which a quantity's symbol is found: inputs and outputs may have their own."""
        last = len(net.layers)
        soft = find_activation(str(net.layers[-1].activation))[0].across
        kinds = [what.kind]
        if what.kind == "a" and what.layer in (0, last):
            kinds = ["x"] if what.layer == 0 else ["p", "output"] if soft else ["output"]
            kinds.append("a")
        elif what.kind == "y" and soft:
            kinds = ["label", "y"]
        elif what.kind == "m" and what.layer == 0:
            kinds = ["m0", "m"]
        return next(kind for kind in kinds if kind in self.symbols or f"{kind}[]" in self.symbols)

    def entry_indices(self, what: Quantity, places: Sequence[int], net: NetworkDefinition) -> list[str]:
        """The indices of an entry: places in their layers, or the numbers of nodes."""
        own = what.layer or 0
        layers = (own, own - 1)
        if self.numbering == "node" and not (what.kind == "a" and own in (0, len(net.layers))) and own:
            return [str(sum(net.sizes[:of]) + i) for i, of in zip(places, layers, strict=False)]
        of = len(net.layers) if what.kind == "y" else own
        if self.single_unmarked and len(places) == 1 and net.sizes[of] == 1:
            return []
        return [str(i) for i in places]

    def running_number(self, what: Quantity, places: Sequence[int], net: NetworkDefinition) -> int:
        """The number of a weight or bias where they are counted through the network."""
        own = what.layer or 0
        sizes, (row, *column) = net.sizes, places
        if what.kind == "b":
            return sum(sizes[1:own]) + row
        earlier = sum(m * n for m, n in pairwise(sizes[:own]))
        return earlier + (row - 1) * sizes[own - 1] + column[0]

    def unit(self, number: int, net: NetworkDefinition, place: Place = NUMBERED) -> str:
        """The name of a layer's units."""
        hidden, output = self.units
        if number == len(net.layers):
            return output
        return hidden if len(net.layers) == 2 else f"{hidden}^{{({self.layer(number, place)})}}"

    def _derivative(
        self, what: Quantity, indices: Sequence[str], net: NetworkDefinition, place: Place
    ) -> str:
        top, bottom = what.parts
        own = upper = place
        if top.endswith("*"):  # every sample's by that of one
            top, own = top[:-1], replace(place, sample=False)
        parts = [split_entry(top), split_entry(bottom)]
        kinds = [quantity(array).kind for array, _ in parts]
        if kinds[0] == "C" and net.mixes_samples and kinds[1] not in PARAMETERS:
            upper = replace(place, sample=False)  # what all samples cost together
        above, below = (RANKS.get(kind, 0) * (not at) for kind, (_, at) in zip(kinds, parts, strict=True))
        one_index = len(indices) < above + below  # of an entry by the same entry
        over = self.symbol(top, indices[:above], net, upper)
        under = self.symbol(bottom, indices if one_index else indices[above:], net, own)
        array, places = parts[1]
        kind = self._kind(quantity(array), net) + ("[]" if indices or places else "")
        if top in ("C", "J") and kind in self.nabla:
            return self.nabla[kind].format(v=under, c=over)
        return rf"\frac{{\partial {over}}}{{\partial {under}}}"

    def activation(self, net: NetworkDefinition, number: int) -> str:
        """The symbol of a layer's activation."""
        rows = [find_activation(str(layer.activation))[0] for layer in net.layers]
        row = rows[number - 1]
        if row.across:
            return self.softmax
        if row.name == "sigmoid":
            return self.sigmoid
        alike = {str(layer.activation) for layer, r in zip(net.layers, rows, strict=True) if not r.across}
        if self.generic and alike - {"identity"} == {str(net.layers[number - 1].activation)}:
            return self.generic
        if row.name == "tanh":
            return r"\tanh"
        if not row.name.isidentifier():
            return f"g_{{{self.layer(number)}}}"
        settings = {str(layer.activation) for layer, r in zip(net.layers, rows, strict=True) if r is row}
        own = f"_{{{self.layer(number)}}}" if len(settings) > 1 else ""
        return rf"\operatorname{{{row.name.replace('_', '')}}}{own}"
