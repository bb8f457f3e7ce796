"""What this machine is: the processor, what it can do, and which matrix kernels the libraries chose."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from chainrule.bench.masks import mask, told
from chainrule.engines.choice import WITHOUT, cores

CPUINFO = Path("/proc/cpuinfo")
AVX512 = frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})
"""What OpenBLAS's AVX-512 kernels are made of."""
SHOWN = ("sse4_2", "avx2", "avx512f", "amx_tile", "asimd", "sve")
"""Of all instruction sets, those that say how fast matrix products can be."""

KINDS = {"avx512": AVX512, "avx2": {"avx2"}, "avx": {"avx"}, "sse": {"sse4_2"}, "neon": {"asimd"}}
"""Kinds of processors, by the instruction sets that each has at least; the first that fits counts."""


def describe() -> dict[str, Any]:
    """Describe the processor, the cores and instruction sets that may be used, the system and Python.

    Where something is left alone, also what, and by which variables libraries are told so.
    """
    has = instructions()
    masked = {"without": os.environ[WITHOUT], "told": told()} if mask().gone else {}
    return {
        "processor": processor(),
        "cores": len(cores()),
        "instructions": [name for name in SHOWN if name in has],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **masked,
    }


def occasion() -> dict[str, Any]:
    """Tell when a measurement begins, under which load of the last minute, and on which machine.

    Where the system tells no load, there is none.
    """
    found: dict[str, Any] = {"begun": datetime.now(UTC).isoformat(timespec="minutes")}
    with suppress(AttributeError, OSError):
        found["load"] = os.getloadavg()[0]
    return {**found, "machine": describe()}


def kind() -> str:
    """Name the kind of processor that is used by its widest instruction set.

    Where the system does not tell, its architecture.
    """
    has = instructions()
    return next((name for name, least in KINDS.items() if has >= least), platform.machine().lower())


def processor() -> str:
    """Name the processor as the system does."""
    if name := _cpuinfo().get("model name"):
        return name
    with suppress(OSError, subprocess.CalledProcessError):  # macOS
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def instructions() -> frozenset[str]:
    """List the processor's instruction sets that are not left alone; none where the system does not tell."""
    known = _cpuinfo()
    return frozenset(filter(mask().leaves, (known.get("flags") or known.get("Features") or "").split()))


@cache
def _cpuinfo() -> dict[str, str]:
    with suppress(OSError):
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
        pairs = (line.partition(":") for line in reversed(lines))  # the first processor's stand last
        return {key.strip(): value.strip() for key, _, value in pairs}
    return {}


def kernels() -> str:
    """Name the libraries for matrix products that are loaded in this process, and the kernels each chose."""
    from threadpoolctl import threadpool_info

    found = [
        " ".join(filter(None, (names[row["internal_api"]], row["version"], row.get("architecture"))))
        for row in threadpool_info()
        if row["internal_api"] in (names := {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS"})
    ]
    return ", ".join(dict.fromkeys(found))
