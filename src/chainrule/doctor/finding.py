"""What the doctor says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.sentences import Said, say


@dataclass(frozen=True)
class Finding(Said):
    """An illness of a training. code: its name. epoch: finished epochs when it was found. numbers: those that
    show it, by name, which its sentences are filled with; names among them."""

    code: str
    epoch: int
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in the language in force."""
        return say(f"doctor.{self.code}", **self.numbers)

    @property
    def suggestion(self) -> str:
        """What to try, in the language in force."""
        return say(f"doctor.{self.code}.try", **self.numbers)

    def __str__(self) -> str:
        return say("doctor.both", message=self.message, suggestion=self.suggestion)

    def to_dict(self) -> dict[str, Any]:
        """Code, numbers and both sentences, for JSON."""
        sentences = {"message": self.message, "suggestion": self.suggestion}
        return {"code": self.code, **sentences, "epoch": self.epoch, "numbers": dict(self.numbers)}
