"""Features of the processor that a measurement leaves alone, so that one machine shows two kinds of it.

The native engine reads CHAINRULE_WITHOUT by itself. Everything else is told here, each library in its own
words, so that all contenders of a race use one kind of processor.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from chainrule.engines.choice import WITHOUT, features_left_alone

ALWAYS_UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Of OpenBLAS, whose own choice is what is measured: a choice made for another program is no part of it."""


@dataclass(frozen=True)
class Mask:
    """Features that are left alone, in the words of each library.

    kept: the kind of processor that is left. gone: how names of the instruction sets begin that are left
    alone. features: how those of NumPy's kernels begin. told: what the libraries' variables are set to.
    flags: what is added to a variable.
    """

    kept: str = ""
    gone: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)

    def leaves(self, instruction: str) -> bool:
        """Tell whether an instruction set may be used."""
        return not instruction.startswith(self.gone) if self.gone else True


_AVX512 = ("avx512", "amx")
_AVX2 = (*_AVX512, "avx2", "avx_vnni", "fma", "f16c")
_FEATURES = ("AVX512", "X86_V4")
MASKS = {
    "avx": Mask(
        "sse",
        (*_AVX2, "avx", "vaes", "vpclmulqdq"),
        (*_FEATURES, "X86_V3", "AVX", "FMA", "F16C"),
        {
            "OPENBLAS_CORETYPE": "Nehalem",
            "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
            "ONEDNN_MAX_CPU_ISA": "SSE41",
            "ATEN_CPU_CAPABILITY": "default",
            "TORCHINDUCTOR_CPP_MARCH": "nehalem",
        },
        {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
    ),
    "avx2": Mask(
        "avx",
        _AVX2,
        (*_FEATURES, "X86_V3", "AVX2", "FMA", "F16C"),
        {
            "OPENBLAS_CORETYPE": "Sandybridge",
            "MKL_ENABLE_INSTRUCTIONS": "AVX",
            "ONEDNN_MAX_CPU_ISA": "AVX",
            "ATEN_CPU_CAPABILITY": "default",
            "TORCHINDUCTOR_CPP_MARCH": "sandybridge",
        },
        {"XLA_FLAGS": "--xla_cpu_max_isa=AVX"},
    ),
    "avx512": Mask(
        "avx2",
        _AVX512,
        _FEATURES,
        {
            "OPENBLAS_CORETYPE": "Haswell",
            "MKL_ENABLE_INSTRUCTIONS": "AVX2",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "ATEN_CPU_CAPABILITY": "avx2",
            "TORCHINDUCTOR_CPP_MARCH": "x86-64-v3",
        },
        {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
    ),
}
"""By what CHAINRULE_WITHOUT names; of several, the first one here counts, as the others go with it."""


def mask() -> Mask:
    """Read what this process was asked to leave alone. Raises UsageError for a feature that is not known."""
    features_left_alone()
    asked = {name.strip().lower() for name in os.environ.get(WITHOUT, "").split(",")}
    return next((mask for name, mask in MASKS.items() if name in asked), Mask())


def told(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables by which libraries are told what to leave alone, beside those of `environment`."""
    asked = mask()
    features = " ".join(dispatched(asked.features))
    return {
        **asked.told,
        **({"NPY_DISABLE_CPU_FEATURES": features} if features else {}),
        **{
            name: f"{environment[name]} {flag}" if environment.get(name) else flag
            for name, flag in asked.flags.items()
        },
    }


def without(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which libraries use what the mask leaves them, and else choose freely."""
    own = {name: value for name, value in environment.items() if name not in ALWAYS_UNSET}
    return own | told(environment)


def dispatched(beginnings: tuple[str, ...], names: Callable[[], Iterable[str]] | None = None) -> list[str]:
    """Pick those features that begin so, of all for which NumPy has kernels to choose from.

    NumPy takes no others, and another version has other ones.
    """
    return [name for name in (names or _of_numpy)() if name.startswith(beginnings)] if beginnings else []


def _of_numpy() -> Iterable[str]:
    for place in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        try:
            found: Iterable[str] = import_module(place).__cpu_dispatch__
        except (ImportError, AttributeError):
            continue
        return found
    return []
