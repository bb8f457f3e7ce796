"""A notation: how a textbook writes layers, weights, errors and costs. Each is data in its own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition
from chainrule.notation.quantity import Quantity, quantity
from chainrule.sentences import LANGUAGES, language

Words = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """How layers are called in one formula: by number, or, where there is an anchor, that layer (counted as
    the program counts) by a letter and its neighbours as letter + 1 and letter - 1."""

    anchor: int | None = None
    letter: str = "l"
    sample: bool = False
    """Whether it speaks of one sample among several, which is then marked."""
    batch: bool = False
    """Whether the cost is that of all samples."""


NUMBERED = Place()


@dataclass(frozen=True)
class Notation:
    """symbols: TeX by kind of quantity (see `quantity`); in it {l} is where the layer stands and {s} a mark
    of the sample. first: the number of the input layer. weights: added to the layer's number for its W and b.
    last: the letter for the output layer. letters: of the indices, by what is written (`error`, `weight`,
    `forward`), the free ones first. sigmoid: its symbol; generic: the symbol of any other activation that all
    layers have, None for its name. mark: what marks a sample; samples: what a sum over them is written with.
    error_sign: -1 where the error is the negative of the derivative. count: how many units a layer has.
    nabla: TeX of the cost's derivative by an array of that kind, {v} its symbol and {c} the cost's.
    words: pairs English, Chinese."""

    name: str
    cite: str
    first: int
    last: str
    symbols: Mapping[str, str]
    letters: Mapping[str, str]
    words: Words
    weights: int = 0
    sigmoid: str = r"\sigma"
    generic: str | None = None
    softmax: str = r"\operatorname{softmax}"
    comma: str = ""
    dot: str = ""
    mark: str = "i"
    samples: str = r"\sum_{i=1}^{m}"
    count: str = "n_{{{l}}}"
    arrow: str = r"\gets"
    error_sign: int = 1
    nabla: Mapping[str, str] | None = None

    def word(self, key: str) -> str:
        """A word of this notation in the language in force."""
        return self.words[key][LANGUAGES.index(language())]

    def layer(self, number: int, place: Place = NUMBERED) -> str:
        """What layer `number`, as the program counts, is called."""
        if place.anchor is None:
            return str(number + self.first)
        away = number - place.anchor
        return f"{place.letter}{away:+d}" if away else place.letter

    def units(self, number: int, place: Place, sizes: Sequence[int]) -> str:
        """How many units a layer has."""
        if place.anchor is None:
            return str(sizes[number])
        return self.count.format(l=self.layer(number, place))

    def symbol(
        self, name: str, indices: Sequence[str], net: NetworkDefinition, place: Place = NUMBERED
    ) -> str:
        """TeX of a leaf, whole where no index is given."""
        what = quantity(name)
        if what.kind == "∂":
            return self._derivative(what, indices, net, place)
        if what.kind in ("g", "g'"):
            z = self.symbol(f"z{what.layer}", indices, net, place)
            prime = "'" if what.kind == "g'" else ""
            return f"{self.activation(net, what.layer or 0)}{prime}({z})"
        if what.parts:
            return f"{what.kind}_{{{self.symbol(what.parts[0], indices, net, place)}}}"
        return self.plain(what, indices, net, place)

    def plain(self, what: Quantity, indices: Sequence[str], net: NetworkDefinition, place: Place) -> str:
        """TeX of a quantity that is made of no others."""
        kind = self._kind(what, net)
        form = self.symbols[kind]
        below = self.joined(indices)
        layer = ""
        if what.layer is not None:
            layer = self.layer(what.layer + (self.weights if what.kind in ("W", "b") else 0), place)
        sample = self.mark if place.sample and kind not in ("W", "b", "J", "lr", "l1", "l2") else ""
        tex = form.format(l=layer, s=f"{sample}," if sample and "{l}" in form else sample)
        tex = tex.replace("^{}", "").replace("_{}", "")
        return f"{tex}_{{{below}}}" if below else tex

    def _kind(self, what: Quantity, net: NetworkDefinition) -> str:
        last = len(net.layers)
        if what.kind == "a" and what.layer == 0 and "x" in self.symbols:
            return "x"
        if what.kind == "a" and what.layer == last:
            soft = find_activation(str(net.resolved().layers[-1].activation))[0].across
            for kind in ("p" if soft else "", "output"):
                if kind in self.symbols:
                    return kind
        return what.kind

    def joined(self, indices: Sequence[str]) -> str:
        """Indices side by side; with a comma where one is longer than a letter."""
        return ("," if any(len(i) > 1 for i in indices) else self.comma).join(indices)

    def _derivative(
        self, what: Quantity, indices: Sequence[str], net: NetworkDefinition, place: Place
    ) -> str:
        top, bottom = what.parts
        rank = {"W": 2, "b": 1, "z": 1, "a": 1, "delta": 1, "y": 1}
        above, below = (rank.get(quantity(part).kind, 0) for part in what.parts)
        shared = len(indices) < above + below
        over = self.symbol(top, indices[:above], net, place)
        under = self.symbol(bottom, indices if shared else indices[above:], net, place)
        form = (self.nabla or {}).get(quantity(bottom).kind)
        if form and top in ("C", "J"):
            return form.format(v=self.symbol(bottom, (), net, place), c=over) + (
                f"_{{{self.joined(indices)}}}" if indices else ""
            )
        return rf"\frac{{\partial {over}}}{{\partial {under}}}"

    def activation(self, net: NetworkDefinition, number: int) -> str:
        """The symbol of a layer's activation."""
        names = [str(layer.activation) for layer in net.resolved().layers]
        name = names[number - 1]
        row, _ = find_activation(name)
        if row.across:
            return self.softmax
        if name == "sigmoid":
            return self.sigmoid
        alike = {n for n in names if not find_activation(n)[0].across and n != "identity"}
        if self.generic and len(alike) == 1:
            return self.generic
        if row.name == "tanh":
            return r"\tanh"
        if row.name.isidentifier():
            return rf"\operatorname{{{row.name.replace('_', '')}}}"
        return f"{self.generic or 'g'}_{{{number}}}"
