"""The plain reading of a program: one line after the other, each by itself. Slow, and independent of every
renderer and engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.program import BACKWARD, FORWARD, Program
from expression_evaluator import evaluate
from network_table import Array


def run(program: Program, parameters: Mapping[str, Array], x: Array, y: Array) -> dict[str, Any]:
    """Values of all lines but the updates, by name."""
    values: dict[str, Any] = {**program.constants, **parameters, "x": x, "y": y}
    for line in program.of(*FORWARD, "loss", *BACKWARD):
        (values[line.name],) = evaluate([line.expr], values, {**program.sizes, "n": len(x)})
    return values
