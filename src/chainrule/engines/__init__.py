"""Engines run programs. None of them knows calculus, notation or TeX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.catalog.registry import unknown
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.program import Program

ENGINES = ("numpy", "native")


def make_engine(name: str, program: Program, parameters: Mapping[str, Any], dtype: Any) -> NumpyEngine:
    """The engine of that name; `auto` is the one that suits the program and this machine best.

    Raises UnknownNameError.
    """
    if name == "auto":
        name = "numpy"
    if name not in ENGINES:
        raise unknown("engine", name, ["auto", *ENGINES])
    if name == "native":
        from chainrule.engines.native.engine import NativeEngine

        return NativeEngine(program, parameters, dtype)
    return NumpyEngine(program, parameters, dtype)
