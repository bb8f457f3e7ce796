"""YNNPACK, by which JAX multiplies matrices, asks the processor itself and has no setting for what it uses.

A masked measurement takes features out of the answer that the library has stored in memory. Where that is not
possible, the version of JAX in the results says so.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

LIBRARY = "libjax_common.so"
ASK = b"_ZN3ynn24get_supported_arch_flagsEv"
FLAGS = b"_ZZN3ynn24get_supported_arch_flagsEvE5flags"
FEATURES = {"sse": 0b111, "avx": 0b1111, "avx2": 0b111_1111}
"""Flags by kind of processor: SSE2, SSSE3 and SSE4.1; AVX; F16C, AVX2 and FMA."""
_SYMBOL = np.dtype("u4, u1, u1, u2, u8, u8")
"""The place of its name, kind, visibility, section, value, size."""
_TABLE = 2
"""The type of an ELF section that holds all symbols."""


def restrain(kept: str) -> bool:
    """Let YNNPACK in this process, where JAX is loaded, use what a kind of processor has and no more.

    False where that was not possible: on other systems than Linux, and with a library that has other symbols.
    """
    try:
        spec = find_spec("jaxlib")
        if sys.platform != "linux" or spec is None or not spec.submodule_search_locations:
            return False
        path = Path(spec.submodule_search_locations[0]) / LIBRARY
        found = addresses(path, [ASK, FLAGS])
        if not {ASK, FLAGS} <= found.keys():
            return False
        library = ctypes.CDLL(str(path))
        base = ctypes.cast(library._handle, ctypes.POINTER(ctypes.c_uint64))[0]  # link_map's first field
        ask = ctypes.CFUNCTYPE(ctypes.c_uint64)(base + found[ASK])
        flags = ctypes.c_uint64.from_address(base + found[FLAGS])
        if ask() != flags.value:
            return False
        flags.value &= FEATURES[kept]
        return bool(ask() == flags.value)
    except (OSError, KeyError, ValueError, struct.error):
        return False


def addresses(path: Path, names: list[bytes]) -> dict[bytes, int]:
    """Find where these symbols lie in a shared library, ELF of 64 bits; one that it has not is missing."""
    found: dict[bytes, int] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:6] != b"\x7fELF\x02\x01":
            return found
        (start,) = struct.unpack_from("<Q", content, 0x28)
        size, count = struct.unpack_from("<HH", content, 0x3A)
        sections = [struct.unpack_from("<IIQQQQII", content, start + size * i) for i in range(count)]
        for _, kind, _, _, offset, length, link, _ in sections:
            if kind != _TABLE:
                continue
            symbols = np.frombuffer(content[offset : offset + length], _SYMBOL)
            strings, end = sections[link][4], sections[link][4] + sections[link][5]
            for name in names:
                place = content.find(b"\0" + name + b"\0", strings, end)
                rows = symbols[symbols["f0"] == place + 1 - strings] if place >= 0 else symbols[:0]
                if len(rows):
                    found[name] = int(rows["f4"][0])
    return found
