"""Engines run programs. None of them knows calculus, notation or TeX."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from chainrule.catalog.registry import unknown
from chainrule.engines.choice import PROCESSORS, features_left_alone, native_runs
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import UsageError
from chainrule.extras import need
from chainrule.program import Program

ENGINES = ("numpy", "native")
"""By name; `native` needs llvmlite and a processor that it is made for."""


def kind_of_machine(engine: NumpyEngine) -> dict[str, Any]:
    """Name what the last digit of a training depends on besides its plan: the processor's family, the bits
    of the vectors in machine code (0: there is none), and the libraries' kernels for matrix products."""
    from threadpoolctl import threadpool_info

    kernels = [
        " ".join(filter(None, (row["internal_api"], row["version"], row.get("architecture"))))
        for row in threadpool_info()
        if row["user_api"] == "blas"
    ]
    return {
        "processor": platform.machine(),
        "vectors": engine.vectors,
        "kernels": list(dict.fromkeys(kernels)),
    }


def make_engine(name: str, program: Program, parameters: Mapping[str, Any], dtype: Any) -> NumpyEngine:
    """The engine of that name. Raises UnknownNameError, and UsageError where it cannot be used here."""
    if name not in ENGINES:
        raise unknown("engine", name, ["auto", *ENGINES])
    if name == "numpy":
        return NumpyEngine(program, parameters, dtype)
    if platform.machine().lower() in PROCESSORS:
        need("llvmlite", "extras.native")
    if not native_runs():
        raise UsageError("engines.no_native", processors=", ".join(PROCESSORS), found=platform.machine())
    features_left_alone()  # which refuses names that it does not know, before anything is begun
    from chainrule.engines.native.engine import NativeEngine

    return NativeEngine(program, parameters, dtype)
