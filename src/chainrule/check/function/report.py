"""What a check of a user's function found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from chainrule.check.diagnosis import Diagnosis
from chainrule.check.report import ParameterReport, digits_of


@dataclass(frozen=True)
class FunctionReport:
    """verdict: correct or wrong. sentence: the verdict in words. diagnosis: what is wrong, the best
    explanation first. parameters: numbers by parameter, as of check_gradients. notes: what must be known to
    read them."""

    verdict: Literal["correct", "wrong"]
    sentence: str
    diagnosis: tuple[Diagnosis, ...] = ()
    parameters: dict[str, ParameterReport] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.verdict == "correct"

    @property
    def worst_relative_error(self) -> float | None:
        return max((p.relative_error for p in self.parameters.values()), default=None)

    @property
    def digits(self) -> int | None:
        """How many significant digits agree in every gradient; None where nothing can be seen."""
        return digits_of(self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "verdict": self.verdict,
            "diagnosis": [vars(each) for each in self.diagnosis],
            "worst_relative_error": self.worst_relative_error,
            "digits": self.digits,
            "parameters": {name: p.to_dict() for name, p in self.parameters.items()},
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(each.message for each in self.diagnosis), *self.notes])
