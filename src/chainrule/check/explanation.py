"""What is wrong with a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chainrule.check.formula_draws import Draws
from chainrule.formula import Tree
from chainrule.sentences import say

Code = Literal[
    "sign",
    "transpose",
    "order",
    "scale",
    "missing_derivative",
    "extra_derivative",
    "missing_mean",
    "extra_mean",
    "missing_penalty",
    "wrong_penalty",
    "hadamard_vs_matmul",
    "wrong_argument",
    "missing_sum",
    "wrong_axis",
    "wrong_layer",
    "shape",
    "syntax",
    "unknown",
]


@dataclass(frozen=True)
class Diagnosis:
    """code: the kind of mistake. message: what is wrong, in words. suggestion: the formula with the change
    that makes it right."""

    code: Code
    message: str
    suggestion: str | None


def explain(tree: Tree, draws: Draws, of: str) -> list[Diagnosis]:
    """What is wrong with a formula for a quantity, the best explanation first."""
    return [Diagnosis("unknown", say("check_formula.unknown"), None)]
