"""`chainrule loss`: a loss by itself, for numbers that are typed in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.losses import LOSSES
from chainrule.cli.app import command, required
from chainrule.cli.layout import paragraph, show, show_entries, show_json
from chainrule.cli.values import argument, flag, numbers, option
from chainrule.engines.expressions import evaluate
from chainrule.errors import UsageError
from chainrule.expr import in_order, leaf
from chainrule.render.text import text
from chainrule.sentences import say

Array = NDArray[np.float64]


@command
@argument("name")
@option("--true", metavar="numbers")
@option("--predicted", metavar="numbers")
@flag("--json")
def loss(name: str, true: str | None, predicted: str | None, json: bool) -> None:
    row, settings = LOSSES.choose(name)
    y, a, z = (leaf(letter, ["k"]) for letter in "yaz")
    formula = row.function(y, a, z, "k", **settings)
    if z in in_order([formula]):
        raise UsageError("cli.loss.needs_z", name=row.name)
    targets, outputs = (
        numbers(required(given, option), option)
        for given, option in ((true, "--true"), (predicted, "--predicted"))
    )
    if targets.shape != outputs.shape:
        shapes = [f"{n} x {k}" for n, k in (targets.shape, outputs.shape)]
        raise UsageError("cli.loss.shapes", true=shapes[0], predicted=shapes[1])
    within(targets, "--true", row.lowest, row.highest)
    if row.fits:  # softmax or sigmoid
        within(outputs, "--predicted", 0, 1)
    each = values(name, targets, outputs)
    if json:
        show_json({"loss": row.name, "formula": text(formula), "samples": each, "mean": float(np.mean(each))})
        return
    n, k = targets.shape
    rows = [(str(i), [f"{value:.10g}"]) for i, value in enumerate(each, 1)] if n > 1 else []
    rows.append((say("cli.loss.mean"), [f"{np.mean(each):.10g}"]))
    show_entries(f"{row.name} = {text(formula)}", rows)
    show("\n" + paragraph(say("cli.loss.read", samples=n, outputs=k)))


def within(array: Array, option: str, lowest: float, highest: float) -> None:
    """Raises UsageError for a number outside the range."""
    bad = array[(array < lowest) | (array > highest)]
    if len(bad):
        key = "cli.loss.range" if np.isfinite(highest) else "cli.loss.negative"
        raise UsageError(
            key, option=option, found=f"{bad[0]:g}", lowest=f"{lowest:g}", highest=f"{highest:g}"
        )


def values(name: str, targets: Array, outputs: Array) -> list[float]:
    """The loss of each sample; targets and outputs are (samples, outputs)."""
    row, settings = LOSSES.choose(name)
    y, a = (leaf(letter, ["n", "k"]) for letter in "ya")
    (each,) = evaluate([row.function(y, a, a, "k", **settings)], {"y": targets, "a": outputs})
    return [float(value) for value in each]
