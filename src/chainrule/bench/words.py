"""Names and numbers of a report, as they are read."""

from __future__ import annotations

from chainrule.sentences import say

NAMES = {
    "scikit-learn": "scikit-learn",
    "pytorch": "PyTorch",
    "product:numpy": "NumPy",
    "product:pytorch": "PyTorch",
    "product:jax": "JAX",
}
"""Names that are the same in every language."""


def title(name: str) -> str:
    """What a contender is called."""
    kind, _, rest = name.partition(":")
    if kind == "engine" and ":" not in rest:
        return say("bench.title.engine", name=rest)
    return NAMES.get(name) or say(f"bench.title.{name.replace('-', '_').replace(':', '_')}")


def plain(number: float) -> str:
    """Three digits of a small number, all of a large one before its point."""
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.3g}"


def duration(*seconds: float) -> str:
    """One time or a range, in the unit that suits the last one."""
    units = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
    size, unit = next((each for each in units if seconds[-1] >= 0.9995 * each[0]), units[-1])
    return f"{' - '.join(plain(each / size) for each in seconds)} {unit}"
