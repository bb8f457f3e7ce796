"""What is wrong with what somebody wrote."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """code: the kind of mistake. message: what is wrong, in words. suggestion: the formula with the change
    that makes it right; None where none was found."""

    code: str
    message: str
    suggestion: str | None
