"""A small network drawn with its numbers: values on neurons and weights, and below them what comes back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal

from chainrule.derivation.worked import MOST, Worked
from chainrule.derivation.writer import Writer
from chainrule.documents.svg import formula
from chainrule.errors import UsageError
from chainrule.pictures import FORMS, GREY, INK, RED, Drawing

__all__ = ["FORMS", "columns", "picture"]

VALUE, SLOPE, LINE = INK, RED, GREY
RADIUS, WIDE, HIGH = 27.0, 346.0, 163.0
"""Of a neuron, in pixels; from layer to layer, at least, and from neuron to neuron."""
ROOMY = 12
"""So many connections between two layers have room for their numbers; more get more."""
SHARES = [share / 40 for share in range(8, 33)]
"""Of a connection, where its numbers may stand: as far from others as can be."""
SIZE, NAME = 11.0, 12.0
"""Of numbers, and of the name in a neuron."""


def picture(writer: Writer, worked: Worked, form: str) -> bytes:
    """Draw a file, `svg` or `png`: numbers of the forward pass are dark, the cost's derivatives by weighted
    inputs and weights red. Raises UsageError for a network with more than 8 units in a layer."""
    return drawn(writer, worked).written(form)


def drawn(writer: Writer, worked: Worked) -> Drawing:
    """Draw the network with its numbers. Raises UsageError for one with more than 8 units in a layer."""
    sizes = writer.net.sizes
    if max(sizes) > MOST:
        raise UsageError("trace.too_large_to_draw", most=MOST, found=max(sizes))
    drawing = Drawing(columns(sizes)[-1] + WIDE / 2, HIGH * max(sizes) + 48, str(writer.net))
    _Drawing(writer, worked, drawing).draw()
    return drawing


def columns(sizes: Sequence[int]) -> list[float]:
    """Tell where each layer stands."""
    gaps = (WIDE * max(1.0, m * n / ROOMY) ** 0.5 for m, n in pairwise(sizes))
    return list(accumulate(gaps, initial=WIDE / 2))


class _Drawing:
    def __init__(self, writer: Writer, worked: Worked, drawing: Drawing) -> None:
        self.writer, self.worked, self.drawing = writer, worked, drawing
        self.sizes = writer.net.sizes
        self.columns = columns(self.sizes)
        self.labels: list[tuple[float, float]] = []

    def draw(self) -> None:
        for p, unit in enumerate(self.writer.units, 1):
            weights = f"W{unit.layer.shared or p}"
            for k in range(1, self.sizes[p] + 1):
                for j in range(1, self.sizes[p - 1] + 1):
                    self.connection(p, k, j, f"{weights}[{k},{j}]")
        for p, size in enumerate(self.sizes):
            for k in range(1, size + 1):
                self.neuron(p, k)
        if not self.writer.forward_only:
            x, top = self.place(len(self.sizes) - 1, 1)[0], 24.0
            cost = self.writer.printer.symbol("C")
            self.text(x, top, f"{cost} = {self.number('C')}", VALUE)
            self.text(self.place(0, 1)[0], top, rf"\partial {cost} / \partial \ldots", SLOPE)

    def place(self, p: int, k: int) -> tuple[float, float]:
        """Where a neuron is; the first one is the uppermost."""
        return self.columns[p], self.drawing.height / 2 - HIGH * ((self.sizes[p] + 1) / 2 - k)

    def connection(self, p: int, k: int, j: int, weight: str) -> None:
        (x, y), (to_x, to_y) = self.place(p - 1, j), self.place(p, k)
        self.drawing.line([(x, y), (to_x, to_y)], LINE)
        angle = math.degrees(math.atan2(to_y - y, to_x - x))
        free = ((x + s * (to_x - x), y + s * (to_y - y)) for s in SHARES)
        here = max(free, key=lambda spot: min((math.dist(spot, other) for other in self.labels), default=0.0))
        self.labels.append(here)
        self.text(*here, self.named(weight), VALUE, angle=angle, side="above")
        if not self.writer.forward_only:
            self.text(*here, self.number(f"∂C/∂{weight}"), SLOPE, angle=angle, side="below")

    def neuron(self, p: int, k: int) -> None:
        x, y = self.place(p, k)
        name = f"a{p}[{k}]" if p else f"x[{k}]"
        self.drawing.circle(x, y, RADIUS, "#ffffff", rim=VALUE)
        self.text(x, y, self.writer.printer.symbol(name), VALUE, size=NAME)
        below = [(self.number(name), VALUE)]
        if p:
            bias = f"b{p}[{k}]"
            self.text(x, y - RADIUS - 13, self.named(bias), VALUE)
            if not self.writer.forward_only:
                below.append((self.number(f"∂C/∂z{p}[{k}]"), SLOPE))
            if p == len(self.sizes) - 1 and not self.writer.forward_only:
                self.text(x + 1.25 * RADIUS, y, self.named(f"y[{k}]"), VALUE, align="start")
        for row, (tex, color) in enumerate(below):
            self.text(x, y + RADIUS + 13 + 18 * row, tex, color)

    def named(self, name: str) -> str:
        return f"{self.writer.printer.symbol(name)} = {self.number(name)}"

    def number(self, name: str) -> str:
        return self.worked.text(self.worked.numbers.value(name))

    def text(
        self,
        x: float,
        y: float,
        tex: str,
        color: str,
        *,
        angle: float = 0,
        side: Literal["middle", "above", "below"] = "middle",
        align: Literal["middle", "start"] = "middle",
        size: float = SIZE,
    ) -> None:
        """Set a formula at a point: its middle or its beginning there, or above or below a line through it
        that is turned by `angle` degrees."""
        set_ = formula(tex)
        em = size / 1000
        left = 0.0 if align == "start" else -em * (set_.left + set_.width / 2)
        half = em * set_.height / 2
        down = -em * set_.top - half + {"middle": 0.0, "above": -half - 1.5, "below": half + 1.5}[side]
        turn = math.radians(angle)
        x += left * math.cos(turn) - down * math.sin(turn)
        y += left * math.sin(turn) + down * math.cos(turn)
        self.drawing.formula(x, y, set_, color, size=size, angle=angle)
