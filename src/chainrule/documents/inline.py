"""Text with formulas in it, as blocks of a document hold it: `so $a = g(z)$ costs \\$5`."""

from __future__ import annotations

import re
from collections.abc import Callable

_DOLLAR = re.compile(r"(?<!\\)\$")


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text piece by piece, each with whether it is TeX.

    A dollar sign behind a backslash is a dollar sign, and so is one that no other follows. Line breaks are
    blanks.
    """
    parts = _DOLLAR.split(" ".join(text.split()))
    if len(parts) % 2 == 0:
        last = parts.pop()
        parts[-1] += f"${last}"
    found = []
    for i, part in enumerate(parts):
        if i % 2 == 0:
            part = part.replace(r"\$", "$")
        if part:
            found.append((part, i % 2 == 1))
    return found


def inline(text: str, plain: Callable[[str], str], math: Callable[[str], str]) -> str:
    """The text with `plain` applied to what is text and `math` to what is TeX."""
    return "".join(math(part) if is_tex else plain(part) for part, is_tex in pieces(text))
