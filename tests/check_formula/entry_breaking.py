"""Formulas for single entries, broken in one place by changing their text, in several ways of writing.

Nothing here knows how they are explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from breaking import NETS

from chainrule.network import NetworkDefinition


@dataclass(frozen=True)
class Writing:
    """How entries are written. first: the number of the input layer. w: added for weights."""

    book: str | None
    weight: str
    vector: str
    sum: str
    first: int = 0
    w: int = 0
    python: bool = False

    def weights(self, p: int, i: str, j: str) -> str:
        return self.weight.format(l=p + self.first + self.w, i=i, j=j)

    def v(self, kind: str, p: int, i: str) -> str:
        return self.vector.format(
            kind=kind if self.python else kind.replace("delta", r"\delta"), l=p + self.first, i=i
        )

    def y(self, i: str) -> str:
        return f"y[{i}]" if self.python else f"y_{i}"

    def over(self, k: str, body: str) -> str:
        return self.sum.format(k=k, body=body)

    def times(self, *factors: str) -> str:
        return (" * " if self.python else " ").join(f for f in factors if f)

    def squared(self, text: str) -> str:
        return f"{text} ** 2" if self.python else f"({text})^2"


WRITINGS = {
    "nielsen": Writing("nielsen", "w^{l}_{{{i}{j}}}", "{kind}^{l}_{i}", r"\sum_{k} {body}", first=1),
    "ufldl": Writing(
        "ufldl", "W^{{({l})}}_{{{i}{j}}}", "{kind}^{{({l})}}_{i}", r"\sum_{k} {body}", first=1, w=-1
    ),
    "program": Writing(None, "W^{{({l})}}_{{{i}{j}}}", "{kind}^{{({l})}}_{i}", r"\sum_{k} {body}"),
    "python": Writing(None, "W{l}[{i},{j}]", "{kind}{l}[{i}]", "sum_{k}({body})", python=True),
}


class BrokenEntry(NamedTuple):
    net: str
    writing: str
    of: str
    formula: str
    code: str


Break = tuple[str, str]
"""The broken formula and its code."""


def slope(w: Writing, net: NetworkDefinition, p: int, i: str, kind: str = "a") -> str:
    """The derivative of a hidden layer's activation by its output; empty where it has no such form."""
    a = w.v(kind, p, i)
    forms: dict[str, Callable[[], str]] = {
        "sigmoid": lambda: w.times(a, f"(1 - {a})"),
        "tanh": lambda: f"(1 - {w.squared(a)})",
    }
    form = forms.get(str(net.layers[p - 1].activation))
    return form() if form else ""


def hidden(w: Writing, net: NetworkDefinition, p: int) -> tuple[str, list[Break]]:
    def formula(weight: str = "", body: str = "", factor: str = "", sums: bool = True) -> str:
        product = w.times(weight or w.weights(p + 1, "k", "j"), w.v("delta", p + 1, "k"))
        return w.times(factor, w.over("k", product) if sums else product, body)

    right = slope(w, net, p, "j")
    breaks = [
        (formula(body=right, factor="-1"), "sign"),
        (formula(body=right, factor="2"), "scale"),
        (formula(), "missing_derivative"),
        (formula(w.weights(p + 1, "j", "k"), right), "transpose"),
        (formula(body=right, sums=False), "missing_sum"),
        (formula(body=w.times(right, right)), "extra_derivative"),
        (formula(body=slope(w, net, p, "j", "z")), "wrong_argument"),
    ]
    sizes = net.sizes
    if p > 1 and sizes[p + 1] == sizes[p] == sizes[p - 1]:
        breaks.append((formula(w.weights(p, "k", "j"), right), "wrong_layer"))
    return formula(body=right), breaks


def gradient(w: Writing, net: NetworkDefinition, p: int) -> tuple[str, list[Break]]:
    below = w.y("k").replace("y", "x") if p == 1 else w.v("a", p - 1, "k")
    penalty = ""
    if "l2" in net.penalties:
        penalty = " + " + w.times("lam" if w.python else r"\lambda", w.weights(p, "j", "k"))
    if p == 1 and w.first:
        below = w.v("a", 0, "k")
    d = w.v("delta", p, "j")
    right = w.times(d, below)
    breaks = [
        (w.times("3", d, below) + penalty, "scale"),
        ("-" + right + penalty, "sign"),
        (w.times(d, w.v("z", p, "j"), below) + penalty, "extra_derivative"),
    ]
    if penalty:
        half = (
            penalty.replace("lam ", "lam / 2 ")
            if w.python
            else penalty.replace(r"\lambda", r"\frac{\lambda}{2}")
        )
        breaks += [
            (right, "missing_penalty"),
            (right + half, "wrong_penalty"),
            (right + penalty.replace("+", "-"), "sign"),
        ]
    if p > 1:
        breaks.append((w.times(d, w.v("z", p - 1, "k")) + penalty, "wrong_argument"))
    return right + penalty, breaks


def bias(w: Writing, p: int, net: NetworkDefinition) -> tuple[str, list[Break]]:
    d = w.v("delta", p, "j")
    breaks = [
        ("-" + d, "sign"),
        (w.times("2", d), "scale"),
        (w.times(d, w.v("a", p, "j")), "extra_derivative"),
    ]
    if p < len(net.layers) and net.sizes[p] == net.sizes[p + 1]:
        breaks.append((w.v("delta", p + 1, "j"), "wrong_layer"))
    return d, breaks


def entries() -> Iterator[tuple[str, str, str, str, list[Break]]]:
    """Network, writing, quantity, right formula, breaks."""
    for name, net in NETS.items():
        if "l1" in net.penalties or name == "wide":
            continue
        for writing, w in WRITINGS.items():
            for p in range(1, len(net.layers) + 1):
                yield name, writing, f"dW{p}", *gradient(w, net, p)
                yield name, writing, f"db{p}", *bias(w, p, net)
                if p < len(net.layers) and slope(w, net, p, "j"):
                    yield name, writing, f"delta{p}", *hidden(w, net, p)


def broken() -> Iterator[BrokenEntry]:
    for name, writing, of, _, breaks in entries():
        for text, code in breaks:
            yield BrokenEntry(name, writing, of, text, code)
