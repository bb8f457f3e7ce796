"""Which engine suits a training, and how many threads it is worth: by what it has to do and where, never by
a stopwatch, so that the answer stays the same."""

from __future__ import annotations

import importlib
import math
import os
import platform
from pathlib import Path

from chainrule.errors import UsageError
from chainrule.extras import installed
from chainrule.program import Program

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""By which users and libraries that start several processes (joblib, Slurm) bound the threads of each."""
QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use: microseconds in a period."""
TOPOLOGY = Path("/sys/devices/system/cpu")
"""Where Linux tells which processors are one core."""
WITHOUT = "CHAINRULE_WITHOUT"
"""Environment variable that names features of the processor, separated by commas, that the native engine
leaves alone, so that code for other processors can be tested and measured here."""
_BEYOND_AVX = ("avx2", "fma", "f16c", "avx512f")
FEATURES = {"avx512": ("avx512f",), "avx2": _BEYOND_AVX, "avx": ("avx", *_BEYOND_AVX)}
"""What can be left alone, and LLVM's names for it with what stands on it."""
WORTH = 30e6
"""Multiplications from which on threads gain more than their coming together costs."""
PROCESSORS = ("x86_64", "amd64", "arm64", "aarch64")
"""For which the native engine is made."""


def multiplications(program: Program, batch: int) -> int:
    """Multiplications of a step of `batch` samples: every weight's forward, for its gradient and, but in the
    first layer, for delta."""
    counts = [math.prod(program.shape(name)) for name in program.parameters]
    return batch * (3 * sum(counts) - counts[0])


def suited(program: Program, batch: int, steps: int) -> str:
    """The engine by which so many steps are done soonest, compilation included.

    The estimates were measured on x86-64; what they have to tell apart are milliseconds and minutes.
    """
    work, lines = multiplications(program, batch), len(program.lines)
    numpy = steps * (30e-6 + 4e-6 * lines + work / 28e9)
    native = 0.3 + 0.04 * lines + steps * (1e-6 + work / 40e9)
    return "native" if native < numpy and native_runs() else "numpy"


def native_runs() -> bool:
    """Whether the native engine can be used here."""
    if platform.machine().lower() not in PROCESSORS or not installed("llvmlite"):
        return False
    try:
        importlib.import_module("llvmlite.binding")
    except (ImportError, OSError):  # installed, but not for this system
        return False
    return True


def features_left_alone() -> tuple[str, ...]:
    """Read from the environment which features must not be used, by LLVM's names. Raises UsageError."""
    names = [name for text in os.environ.get(WITHOUT, "").split(",") if (name := text.strip().lower())]
    for name in names:
        if name not in FEATURES:
            raise UsageError(
                "engines.unknown_feature", variable=WITHOUT, found=name, known=", ".join(FEATURES)
            )
    return tuple(feature for name in names for feature in FEATURES[name])


def threads_for(work: float) -> int:
    """Choose how many threads multiply matrices where nothing depends on the last bit: one below WORTH
    multiplications, where more would lose a great deal on a busy machine, else all that there are."""
    return 1 if work < WORTH else processors()


def processors() -> int:
    """How many processors this process may use: `cores`, less what a container or one of the usual
    environment variables leaves of them."""
    limits = [int(text) for name in VARIABLES if (text := os.environ.get(name, "")).isdigit() and int(text)]
    return max(1, min([len(cores()), *limits, *_quota()]))


def cores() -> list[int]:
    """Numbers of the processors that this process is bound to, one of each core: two of one core share its
    arithmetic."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    first: dict[str, int] = {}
    for number in sorted(os.sched_getaffinity(0)):
        try:
            core = (TOPOLOGY / f"cpu{number}/topology/thread_siblings_list").read_text(encoding="ascii")
        except (OSError, ValueError):
            core = f"{number}"
        first.setdefault(core, number)
    return list(first.values())


def _quota() -> list[int]:
    """The whole processors that a container's share of time comes to; empty where there is no limit."""
    try:
        used, period = QUOTA.read_text(encoding="ascii").split()
        return [] if used == "max" else [max(1, int(used) // int(period))]
    except (OSError, ValueError):
        return []
