"""Marks of tests that need what the base install does not bring."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

NEEDS_SCIPY = pytest.mark.skipif(find_spec("scipy") is None, reason="L-BFGS needs SciPy")
