"""LLVM source to machine code that this process can call, kept on disk for the next time."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from chainrule.engines.choice import features_left_alone
from chainrule.engines.native.kept import OwnFolder, own_folder
from chainrule.engines.native.layout import Machine
from chainrule.files import cache_folder

Steps = Callable[..., None]
_OPTIONS = {
    "speed_level": 3,
    "loop_vectorization": False,
    "slp_vectorization": False,
    "loop_unrolling": False,  # it takes several times as long, and the code is no faster
}
"""The source says itself what is a vector, and writes out what is worth it."""
_DIGEST = 32
"""Bytes of a SHA-256."""
_LARGEST = 1 << 26
"""Bytes of the largest file that is read; no network's code comes near it."""
_DAY = 24 * 60 * 60
_KEPT = 90 * _DAY
"""Seconds for which machine code is kept that is not used."""


# A process that is forked while another thread is inside LLVM would wait for ever for llvmlite's lock.
if hasattr(os, "register_at_fork") and (_lock := getattr(llvm.ffi.lib, "_lock", None)) is not None:
    os.register_at_fork(
        before=_lock.__enter__,
        after_in_parent=partial(_lock.__exit__, None, None, None),
        after_in_child=partial(_lock.__exit__, None, None, None),
    )


@cache
def _host() -> tuple[str, str]:
    """Ask LLVM for this processor's name and its features, as in +avx2,-avx512f."""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _processor() -> tuple[str, str]:
    """Name this processor and its features; what is left alone is taken back at the end, with all that stands
    on it."""
    name, features = _host()
    return name, ",".join([features, *(f"-{each}" for each in features_left_alone())])


def this_machine() -> Machine:
    """Describe this processor's vector registers and cache lines."""
    can = {each[1:]: each[0] == "+" for each in _processor()[1].split(",") if each}
    fused = bool(can.get("fma") or can.get("neon"))
    if can.get("avx512f"):
        return Machine(lanes=16, registers=32, fused=fused)
    if can.get("avx"):
        return Machine(lanes=8, registers=16, fused=fused)
    apple = sys.platform == "darwin" and can.get("neon")
    registers = 32 if can.get("neon") else 16
    return Machine(lanes=4, registers=registers, line=128 if apple else 64, fused=fused)


def _new_target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _processor()
    return llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=3)


@cache
def _target_for(processor: tuple[str, str]) -> Any:
    return _new_target()


def _target() -> Any:
    return _target_for(_processor())


def compiled(text: str) -> Steps:
    """The function `steps` of LLVM source, from the cache where it is there and whole."""
    name, folder = _name(text), _folder()
    machine_code = folder and _read(folder, name)
    if not machine_code:
        machine_code = _compile(text)
        if folder:
            with suppress(OSError):  # a cache that cannot be written is none
                folder.write(name, _digest(name, machine_code) + machine_code)
                _forget(folder)
    return _loaded(machine_code)


def _folder() -> OwnFolder | None:
    """Where machine code is kept. None: nowhere."""
    try:
        place = cache_folder()
    except RuntimeError:  # a user without a home
        return None
    return own_folder(place.parent, place.name, "native")


def _name(text: str) -> str:
    """The name of a source's machine code, which says what it follows from."""
    target = _target()
    what = (text, _OPTIONS, llvmlite.__version__, llvm.llvm_version_info, target.triple)
    return f"{hashlib.sha256(repr((what, _processor())).encode()).hexdigest()}.o"


def _digest(name: str, machine_code: bytes) -> bytes:
    """What a file begins with. Code that lies under the name of another source is damaged, too."""
    return hashlib.sha256(name.encode() + machine_code).digest()


def _read(folder: OwnFolder, name: str) -> bytes | None:
    """The machine code of that name; None where it is not there, not whole or not this user's."""
    with suppress(OSError):
        content = folder.read(name, _LARGEST, noted_after=_DAY)
        if _digest(name, content[_DIGEST:]) == content[:_DIGEST]:
            return content[_DIGEST:]
    return None


def _forget(folder: OwnFolder) -> None:
    """Remove what was last used, or left unfinished, longer ago than _KEPT. A process that has it open goes
    on reading; where a system does not let it go, it stays."""
    for name in folder.names():
        if re.fullmatch(r"\.?[0-9a-f]{64}\.o(\.[0-9a-f]{16}\.part)?", name):
            with suppress(OSError):
                folder.remove(name, unused_for=_KEPT)


def _compile(text: str) -> bytes:
    target = _target()
    module = llvm.parse_assembly(text)
    module.triple = target.triple
    module.data_layout = str(target.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options()
    for name, value in _OPTIONS.items():
        setattr(options, name, value)
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = target.emit_object(module)
    return code


def _loaded(machine_code: bytes) -> Steps:
    empty = llvm.parse_assembly("")
    engine = llvm.create_mcjit_compiler(empty, _new_target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(machine_code))
    engine.finalize_object()
    pointer, whole = ctypes.c_void_p, ctypes.c_int64
    kind = ctypes.CFUNCTYPE(None, *[pointer] * 10, *[whole] * 5)
    function: Any = kind(engine.get_function_address("steps"))
    function.engine = engine  # which owns the code
    return function  # type: ignore[no-any-return]
