"""What a user may set of a comparison with finite differences."""

from __future__ import annotations

from chainrule.errors import UsageError, shown
from chainrule.network import is_number


def check_settings(most: int, tolerance: float) -> None:
    """Raises UsageError for what is no number of entries, or no tolerance."""
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise UsageError("check.most", found=shown(most))
    if not (is_number(tolerance) and tolerance > 0):
        raise UsageError("check.tolerance", found=shown(tolerance))
