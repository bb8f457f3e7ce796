"""Numbers as users give them."""

from __future__ import annotations

import numbers
import sys
from typing import Any


def plain(value: Any) -> Any:
    """Python's own number for one of NumPy's; anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


def is_number(value: object) -> bool:
    """Whether it is a finite number, and not a whole one that is too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max
