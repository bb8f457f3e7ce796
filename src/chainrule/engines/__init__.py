"""Engines run programs. None of them knows calculus, notation or TeX."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.catalog.registry import unknown
from chainrule.engines.choice import PROCESSORS, features_left_alone, native_runs
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import UsageError
from chainrule.extras import need
from chainrule.program import Program

ENGINES = ("numpy", "native")
"""By name; `native` needs llvmlite and a processor that it is made for."""


def kind_of_machine(engine: NumpyEngine, *libraries: str) -> dict[str, Any]:
    """Name what the last digit of a training depends on besides its plan.

    processor: its family. vectors: bits of those in machine code (0: there is none). fused: whether machine
    code rounds a product and a sum once. kernels: the libraries' for matrix products. simd: what NumPy takes
    of the processor. versions: of NumPy, of LLVM's wrapper where there is machine code, and of `libraries`.
    """
    from threadpoolctl import threadpool_info

    used = ("numpy", *(["llvmlite"] if engine.vectors else []), *libraries)
    kernels = [
        " ".join(filter(None, (row["internal_api"], row["version"], row.get("architecture"))))
        for row in threadpool_info()
        if row["user_api"] == "blas"
    ]
    return {
        "processor": platform.machine(),
        "vectors": engine.vectors,
        "fused": engine.fused,
        "kernels": list(dict.fromkeys(kernels)),
        "simd": np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
        "versions": {name: importlib.import_module(name).__version__ for name in used},
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
