"""A small network drawn with its numbers: values on neurons and weights, and below them what comes back."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from chainrule.derivation.worked import MOST, Worked
from chainrule.derivation.writer import Writer
from chainrule.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMS = ("svg", "png")
VALUE, SLOPE, LINE = "#1b1b1b", "#c0392b", "#9aa5b1"
RADIUS, WIDE, HIGH = 0.28, 3.6, 1.7
"""Of a neuron; from layer to layer, at least, and from neuron to neuron."""
ROOMY = 12
"""So many connections between two layers have room for their numbers; more get more."""
SHARES = [share / 40 for share in range(8, 33)]
"""Of a connection, where its numbers may stand: as far from others as can be."""


def picture(writer: Writer, worked: Worked, form: str) -> bytes:
    """A file, `svg` or `png`: numbers of the forward pass are dark, the cost's derivatives by weighted inputs
    and weights red. Raises UsageError for a network with more than 8 units in a layer."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    sizes = writer.net.sizes
    if max(sizes) > MOST:
        raise UsageError("trace.too_large_to_draw", most=MOST, found=max(sizes))
    with mpl.rc_context({"svg.hashsalt": "chainrule", "mathtext.fontset": "cm"}):  # same numbers, same file
        width, height = columns(sizes)[-1] + WIDE / 2, HIGH * max(sizes) + 0.5
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1), aspect="equal", xlim=(0, width), ylim=(-height / 2, height / 2))
        axes.set_axis_off()
        _Drawing(writer, worked, axes).draw()
        content = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else None
        figure.savefig(content, format=form, dpi=160, metadata=metadata)
    return content.getvalue()


def columns(sizes: Sequence[int]) -> list[float]:
    """Where each layer stands."""
    gaps = (WIDE * max(1.0, m * n / ROOMY) ** 0.5 for m, n in pairwise(sizes))
    return list(accumulate(gaps, initial=WIDE / 2))


class _Drawing:
    def __init__(self, writer: Writer, worked: Worked, axes: Axes) -> None:
        self.writer, self.worked, self.axes = writer, worked, axes
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
            x, top = self.place(len(self.sizes) - 1, 1)[0], self.axes.get_ylim()[1] - 0.25
            cost = self.writer.printer.symbol("C")
            self.text(x, top, f"{cost} = {self.number('C')}", VALUE)
            self.text(self.place(0, 1)[0], top, rf"\partial {cost} / \partial \ldots", SLOPE)

    def place(self, p: int, k: int) -> tuple[float, float]:
        """Where a neuron is; the first one is the uppermost."""
        return self.columns[p], HIGH * ((self.sizes[p] + 1) / 2 - k)

    def connection(self, p: int, k: int, j: int, weight: str) -> None:
        (x, y), (to_x, to_y) = self.place(p - 1, j), self.place(p, k)
        self.axes.plot([x, to_x], [y, to_y], color=LINE, linewidth=0.8, zorder=1)
        angle = math.degrees(math.atan2(to_y - y, to_x - x))
        free = ((x + s * (to_x - x), y + s * (to_y - y)) for s in SHARES)
        here = max(free, key=lambda spot: min((math.dist(spot, other) for other in self.labels), default=0.0))
        self.labels.append(here)
        self.text(*here, self.named(weight), VALUE, angle=angle, side="bottom")
        if not self.writer.forward_only:
            self.text(*here, self.number(f"∂C/∂{weight}"), SLOPE, angle=angle, side="top")

    def neuron(self, p: int, k: int) -> None:
        from matplotlib.patches import Circle

        x, y = self.place(p, k)
        name = f"a{p}[{k}]" if p else f"x[{k}]"
        self.axes.add_patch(Circle((x, y), RADIUS, facecolor="white", edgecolor=VALUE, zorder=2))
        self.text(x, y, self.writer.printer.symbol(name), VALUE, size=9)
        below = [(self.number(name), VALUE)]
        if p:
            bias = f"b{p}[{k}]"
            self.text(x, y + RADIUS + 0.14, self.named(bias), VALUE)
            if not self.writer.forward_only:
                below.append((self.number(f"∂C/∂z{p}[{k}]"), SLOPE))
            if p == len(self.sizes) - 1 and not self.writer.forward_only:
                self.text(x + 1.25 * RADIUS, y, self.named(f"y[{k}]"), VALUE, align="left")
        for row, (tex, color) in enumerate(below):
            self.text(x, y - RADIUS - 0.14 - 0.19 * row, tex, color)

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
        side: str = "center",
        align: str = "center",
        size: float = 8,
    ) -> None:
        self.axes.text(
            x, y, f"${tex}$", color=color, fontsize=size, rotation=angle, rotation_mode="anchor", ha=align,
            va=side, zorder=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )  # fmt: skip
