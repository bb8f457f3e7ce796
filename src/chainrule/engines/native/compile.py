"""LLVM source to machine code that this process can call, kept on disk for the next time."""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from chainrule.engines.choice import features_left_alone
from chainrule.engines.native.layout import Machine
from chainrule.errors import ChainruleError
from chainrule.files import cache_folder, write_atomically

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
    path = _path(text)
    machine_code = path and _read(path)
    if not machine_code:
        machine_code = _compile(text)
        if path:
            with suppress(OSError, ChainruleError):  # a cache that cannot be written is none
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_atomically(path, hashlib.sha256(machine_code).digest() + machine_code)
                _forget(path.parent)
    return _loaded(machine_code)


def _path(text: str) -> Path | None:
    """Where the machine code of a source is kept: its name says what it follows from. None: nowhere."""
    target = _target()
    what = (text, _OPTIONS, llvmlite.__version__, llvm.llvm_version_info, target.triple)
    try:
        folder = cache_folder() / "native"
    except RuntimeError:  # a user without a home
        return None
    return folder / f"{hashlib.sha256(repr((what, _processor())).encode()).hexdigest()}.o"


def _read(path: Path) -> bytes | None:
    with suppress(OSError):
        found = path.stat()
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            return None  # whoever put it there
        content = path.read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() == content[:_DIGEST]:
            if found.st_mtime < time.time() - _DAY:
                with suppress(OSError):  # of a cache that can only be read
                    os.utime(path)
            return content[_DIGEST:]
    return None


def _forget(folder: Path) -> None:
    """Remove what was last used longer ago than _KEPT. A process that has it open goes on reading; where a
    system does not let it go, it stays."""
    for path in folder.iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _KEPT:
                path.unlink()


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
