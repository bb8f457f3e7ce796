"""Formulas broken in one or two places, by changing their text. Nothing here knows how they are explained."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from mistakes import COLUMN, ROWS, network

from chainrule.network import NetworkDefinition

NETS = {
    "classes": network("4-3-2"),
    "decay": network("5-4:tanh-3", l2=0.2),
    "deep": network("3-4:tanh-5:sigmoid-2", l2=0.1),
    "square": network("3-3-3:tanh-3", l2=0.3),
    "half": network("4-5-3:sigmoid", "half_squared_error"),
    "mean": network("2-4:softplus-3:identity", "mean_squared_error", l2=0.01),
    "binary": network("5-4:silu-2:sigmoid", "binary_cross_entropy"),
    "relu": network("4-6:relu-5:relu-3"),
    "l1": network("4-3:elu-2", l1=0.1),
    "wide": network("40-30-20:tanh-10"),
    "formula": network("3-4:x * sigmoid(1.702 * x)-2:sigmoid", "half_squared_error"),
}

Slots = dict[str, str]


class Broken(NamedTuple):
    """codes: those that may be given first."""

    net: str
    of: str
    layout: str
    formula: str
    codes: frozenset[str]


class Formula(NamedTuple):
    """A right formula with slots, and the breaks of each slot: what stands there then, and its code."""

    net: str
    of: str
    layout: str
    form: str
    slots: Slots
    breaks: tuple[tuple[Slots, str], ...]

    def text(self, *changes: Slots) -> str:
        slots = dict(self.slots)
        for change in changes:
            slots |= change
        return " ".join(self.form.format(**slots).split())


def slopes(net: NetworkDefinition, p: int) -> list[str]:
    """The derivative of a hidden layer's activation in several ways."""
    name = str(net.resolved().layers[p - 1].activation)
    ways = {
        "sigmoid": [f"a{p} * (1 - a{p})", f"dsigmoid(z{p})"],
        "tanh": [f"(1 - a{p} ** 2)", f"dtanh(z{p})"],
        "relu": [f"(z{p} > 0)", f"drelu(z{p})"],
    }
    return [*ways.get(name, []), f"dg{p}(z{p})"]


def hidden(name: str, net: NetworkDefinition, p: int, layout: str, slope: str) -> Formula:
    column = layout == COLUMN
    left, right = (f"W{p + 1}.T", f"delta{p + 1}") if column else (f"delta{p + 1}", f"W{p + 1}")
    turned = {"left": f"W{p + 1}"} if column else {"right": f"W{p + 1}.T"}
    called = slope.startswith("d")
    breaks = [
        ({"sign": "-"}, "sign"),
        (turned, "transpose"),
        ({"left": right, "right": left}, "order"),
        ({"op": "*"}, "hadamard_vs_matmul"),
        ({"slope": ""}, "missing_derivative"),
        ({"scale": "2 *"}, "scale"),
        ({"scale": "0.5 *"}, "scale"),
    ]
    steps = net.layers[p - 1].activation == "relu"  # its derivative is its own square, and the same at a
    if not steps:
        breaks.append(({"slope": f"* {slope} * {slope}"}, "extra_derivative"))
    if called and not steps:
        breaks.append(({"slope": f"* {slope.replace('(z', '(a')}"}, "wrong_argument"))
        breaks.append(({"slope": f"* {slope[1:]}"}, "missing_derivative"))
    elif "a" in slope:
        breaks.append(({"slope": f"* {slope.replace('a', 'z')}"}, "wrong_argument"))
    sizes = net.sizes
    if sizes[p] == sizes[p + 1] and p + 1 < len(net.layers):
        breaks.append(({"slope": f"* {slope.replace(str(p), str(p + 1))}"}, "wrong_layer"))
    if p > 1:
        weights = left if column else right
        other = weights.replace(str(p + 1), str(p))
        breaks.append(({"left": other} if column else {"right": other}, "wrong_layer"))
    if layout == ROWS:
        breaks.append(({"mean": "/ m"}, "extra_mean"))
    slots = {
        "sign": "",
        "scale": "",
        "left": left,
        "op": "@",
        "right": right,
        "slope": f"* {slope}",
        "mean": "",
    }
    form = "{sign} {scale} ({left} {op} {right}) {slope} {mean}"
    return Formula(name, f"delta{p}", layout, form, slots, tuple(breaks))


def output(name: str, net: NetworkDefinition, layout: str) -> Formula:
    last = len(net.layers)
    net = net.resolved()
    a = f"a{last}"
    squared = str(net.loss).endswith("squared_error")
    scale = f"2 / {net.outputs} *" if net.loss == "mean_squared_error" else ""
    slope = f"* dsigmoid(z{last})" if squared and net.layers[-1].activation == "sigmoid" else ""
    mean = "/ m" if layout == ROWS else ""
    breaks: list[tuple[Slots, str]] = [
        ({"left": "y", "right": a}, "sign"),
        ({"slope": f"{slope} * {a} * (1 - {a})"}, "extra_derivative"),
        ({"left": f"z{last}"}, "wrong_argument"),
    ]
    if scale:
        breaks += [({"scale": "2 *"}, "scale"), ({"scale": ""}, "scale")]
        breaks[1] = ({"scale": f"1 / {net.outputs} *"}, "scale")
        breaks[2] = ({"left": "x" if net.inputs == net.outputs else a, "right": "-y"}, "sign")
    else:
        breaks.append(({"scale": "2 *"}, "scale"))
    if slope:
        breaks += [({"slope": ""}, "missing_derivative"), ({"slope": f"* dsigmoid({a})"}, "wrong_argument")]
    if mean:
        breaks.append(({"mean": ""}, "missing_mean"))
    slots = {"scale": scale, "left": a, "right": "y", "slope": slope, "mean": mean}
    return Formula(
        name, f"delta{last}", layout, "{scale} ({left} - {right}) {slope} {mean}", slots, tuple(breaks)
    )


def weights(name: str, net: NetworkDefinition, p: int, layout: str) -> Formula:
    below = "x" if p == 1 else f"a{p - 1}"
    d = f"delta{p}"
    left, right = (d, f"{below}.T") if layout == COLUMN else (f"{d}.T", below)
    penalty = ""
    breaks: list[tuple[Slots, str]] = [
        ({"sign": "-"} if not net.penalties else {"left": f"-{left}"}, "sign"),
        (
            {"left": below, "right": f"{d}.T"} if layout == COLUMN else {"left": f"{below}.T", "right": d},
            "order",
        ),
        ({"scale": "2 *"} if not net.penalties else {"left": f"2 * {left}"}, "scale"),
        ({"right": below} if layout == COLUMN else {"left": d}, "transpose"),
    ]
    if "l2" in net.penalties:
        penalty = f"+ lam * W{p}"
        breaks += [
            ({"penalty": ""}, "missing_penalty"),
            ({"penalty": f"+ lam / 2 * W{p}"}, "wrong_penalty"),
            ({"penalty": f"+ 2 * lam * W{p}"}, "wrong_penalty"),
            ({"penalty": f"- lam * W{p}"}, "sign"),
        ]
        if layout == ROWS:
            breaks.append(({"penalty": f"+ lam / m * W{p}"}, "wrong_penalty"))
    elif "l1" in net.penalties:
        penalty = f"+ l1 * sign(W{p})"
        breaks += [({"penalty": ""}, "missing_penalty"), ({"penalty": f"+ l1 * W{p}"}, "wrong_penalty")]
    if layout == ROWS:
        breaks.append(({"mean": "/ m"}, "extra_mean"))
    if p > 1:
        breaks.append(({"right": right.replace(f"a{p - 1}", f"z{p - 1}")}, "wrong_argument"))
        breaks.append(({"right": right.replace(f"a{p - 1}", f"a{p}")}, "wrong_layer"))
    if p < len(net.layers):
        breaks.append(({"left": left.replace(d, f"delta{p + 1}")}, "wrong_layer"))
    slots = {"sign": "", "scale": "", "left": left, "op": "@", "right": right, "mean": "", "penalty": penalty}
    form = "{sign} {scale} {left} {op} {right} {mean} {penalty}"
    return Formula(name, f"dW{p}", layout, form, slots, tuple(breaks))


def biases(name: str, net: NetworkDefinition, p: int, layout: str) -> Formula:
    d = f"delta{p}"
    breaks: list[tuple[Slots, str]] = [({"sign": "-"}, "sign"), ({"scale": "2 *"}, "scale")]
    if "l2" in net.penalties:
        breaks.append(({"penalty": f"+ lam * b{p}"}, "wrong_penalty"))
    if p < len(net.layers):
        changed = {"body": f"delta{p + 1}"} if layout == COLUMN else {"body": f"sum(delta{p + 1}, 0)"}
        breaks.append((changed, "wrong_layer"))
    if layout == ROWS:
        breaks += [
            ({"body": f"sum({d}, 1)"}, "wrong_axis"),
            ({"body": f"sum({d})"}, "wrong_axis"),
            ({"body": d}, "missing_sum"),
            ({"body": f"mean({d}, 0)"}, "extra_mean"),
            ({"mean": "/ m"}, "extra_mean"),
        ]
    slots = {
        "sign": "",
        "scale": "",
        "body": d if layout == COLUMN else f"sum({d}, 0)",
        "mean": "",
        "penalty": "",
    }
    return Formula(name, f"db{p}", layout, "{sign} {scale} {body} {mean} {penalty}", slots, tuple(breaks))


def formulas() -> Iterator[Formula]:
    """Right formulas for every quantity of every network, in both layouts."""
    for name, net in NETS.items():
        last = len(net.layers)
        for layout in (COLUMN, ROWS):
            yield output(name, net, layout)
            for p in range(1, last + 1):
                yield weights(name, net, p, layout)
                yield biases(name, net, p, layout)
                if p < last:
                    for slope in slopes(net, p):
                        yield hidden(name, net, p, layout, slope)


def singles() -> Iterator[Broken]:
    for each in formulas():
        for change, code in each.breaks:
            yield Broken(each.net, each.of, each.layout, each.text(change), frozenset([code]))


def doubles() -> Iterator[Broken]:
    for each in formulas():
        for (first, code), (second, other) in combinations(each.breaks, 2):
            if not first.keys() & second.keys():
                text = each.text(first, second)
                yield Broken(each.net, each.of, each.layout, text, frozenset([code, other]))
