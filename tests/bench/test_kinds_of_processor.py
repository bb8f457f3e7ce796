"""What a measurement leaves alone of the processor, and how every library is told so."""

from __future__ import annotations

import struct
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from chainrule.bench import machine, masks, ynnpack
from chainrule.bench.race import environment
from chainrule.engines.choice import FEATURES, WITHOUT
from chainrule.errors import UsageError

ASKED = [*masks.MASKS]
FLAGS = "sse2 ssse3 sse4_2 avx f16c fma avx2 avx512f avx512bw avx512cd avx512dq avx512vl amx_tile"


def asking(monkeypatch, text):
    monkeypatch.setenv(WITHOUT, text)


def test_there_is_one_for_everything_that_the_native_engine_can_leave_alone():
    assert {*masks.MASKS} == {*FEATURES}
    variables = [each.told.keys() | each.flags.keys() for each in masks.MASKS.values()]
    assert variables[1:] == variables[:-1]
    assert {each.kept for each in masks.MASKS.values()} == {*ynnpack.FEATURES} < {*machine.KINDS}


@pytest.mark.parametrize(
    ("asked", "kept", "left"),
    [
        ("", "", "avx512"),
        ("avx512", "avx2", "avx2"),
        ("avx2", "avx", "avx"),
        ("avx", "sse", "sse"),
        (" AVX512, avx2 ", "avx", "avx"),
    ],
)
def test_the_kind_that_is_left(monkeypatch, asked, kept, left):
    monkeypatch.setattr(machine, "_cpuinfo", lambda: {"flags": FLAGS})
    asking(monkeypatch, asked)
    assert masks.mask().kept == kept
    assert machine.kind() == left
    shown = machine.describe()
    assert ("avx512f" in shown["instructions"]) == ("amx_tile" in shown["instructions"]) == (not asked)
    assert ("avx2" in shown["instructions"]) == (left in ("avx512", "avx2"))
    assert (shown.get("without"), "told" in shown) == ((asked, True) if asked else (None, False))


def test_the_kind_of_other_processors(monkeypatch):
    monkeypatch.delenv(WITHOUT, raising=False)
    monkeypatch.setattr(machine, "_cpuinfo", lambda: {"Features": "fp asimd"})
    assert machine.kind() == "neon"
    monkeypatch.setattr(machine, "_cpuinfo", dict)
    assert machine.kind() == machine.platform.machine().lower()


def test_what_is_not_known_is_refused(monkeypatch):
    asking(monkeypatch, "avx1024")
    with pytest.raises(UsageError, match="avx1024"):
        masks.mask()


def test_every_library_is_told(monkeypatch):
    asking(monkeypatch, "avx512")
    monkeypatch.setattr(masks, "_of_numpy", lambda: ["X86_V3", "X86_V4", "AVX512_ICL"])
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1")
    found = environment(2)
    assert found["OPENBLAS_CORETYPE"] == "Haswell"
    assert found["NPY_DISABLE_CPU_FEATURES"] == "X86_V4 AVX512_ICL"
    assert found["ATEN_CPU_CAPABILITY"] == "avx2"
    assert found["ONEDNN_MAX_CPU_ISA"] == found["MKL_ENABLE_INSTRUCTIONS"] == "AVX2"
    assert found["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false --xla_cpu_max_isa=AVX2"
    assert found[WITHOUT] == "avx512"
    assert "OPENBLAS_L2_SIZE" not in found


def test_without_a_mask_libraries_choose_by_themselves(monkeypatch):
    for name in (WITHOUT, "NPY_DISABLE_CPU_FEATURES"):
        monkeypatch.delenv(name, raising=False)
    for name in (*masks.ALWAYS_UNSET, "XLA_FLAGS", "OTHER"):
        monkeypatch.setenv(name, "mine")
    found = environment(1)
    assert not found.keys() & {*masks.ALWAYS_UNSET, "NPY_DISABLE_CPU_FEATURES"}
    assert (found["XLA_FLAGS"], found["OTHER"]) == ("mine", "mine")


@pytest.mark.parametrize("asked", ASKED)
def test_numpy_takes_the_names(asked):
    names = masks.dispatched(masks.MASKS[asked].features)
    assert {*names} <= {*masks._of_numpy()}
    code = f"import os; os.environ['NPY_DISABLE_CPU_FEATURES'] = '{' '.join(names)}'; import numpy"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_older_numpy_has_other_names():
    names = ["AVX512F", "AVX2", "FMA3", "SSE42"]
    assert masks.dispatched(masks.MASKS["avx512"].features, lambda: names) == ["AVX512F"]
    assert masks.dispatched(masks.MASKS["avx2"].features, lambda: names) == ["AVX512F", "AVX2", "FMA3"]
    assert masks.dispatched((), lambda: names) == []


def library(path, symbols):
    """An ELF file with nothing but symbols, by name."""
    strings = b"\0" + b"".join(name + b"\0" for name in symbols)
    table = b"".join(
        struct.pack("<IBBHQQ", strings.index(b"\0" + name + b"\0") + 1, 0, 0, 0, value, 0)
        for name, value in symbols.items()
    )
    head = 64
    sections = [
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (0, 2, 0, 0, head, len(table), 2, 0, 8, 24),
        (0, 3, 0, 0, head + len(table), len(strings), 0, 0, 1, 0),
    ]
    start = head + len(table) + len(strings)
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<Q", header, 0x28, start)
    struct.pack_into("<HH", header, 0x3A, 64, len(sections))
    packed = b"".join(struct.pack("<IIQQQQIIQQ", *each) for each in sections)
    path.write_bytes(bytes(header) + table + strings + packed)


def test_symbols_of_a_library(tmp_path):
    path = tmp_path / "library.so"
    library(path, {b"other": 1, ynnpack.ASK: 0x1234, ynnpack.FLAGS: 1 << 40})
    found = ynnpack.addresses(path, [ynnpack.ASK, ynnpack.FLAGS, b"the"])
    assert found == {ynnpack.ASK: 0x1234, ynnpack.FLAGS: 1 << 40}
    path.write_bytes(b"MZ" + bytes(100))
    assert ynnpack.addresses(path, [ynnpack.ASK]) == {}


def test_where_jax_is_not_installed_nothing_is_done(monkeypatch, tmp_path):
    monkeypatch.setattr(ynnpack, "find_spec", lambda name: None)
    assert not ynnpack.restrain("avx2")


@pytest.mark.parametrize(
    ("platform", "symbols"),
    [("linux", [ynnpack.ASK]), ("linux", [ynnpack.FLAGS]), ("darwin", [ynnpack.ASK, ynnpack.FLAGS])],
)
def test_a_library_of_another_kind_is_not_loaded(monkeypatch, tmp_path, platform, symbols):
    loaded = []
    library(tmp_path / ynnpack.LIBRARY, dict.fromkeys(symbols, 0x10))
    found = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(ynnpack, "find_spec", lambda name: found)
    monkeypatch.setattr(ynnpack, "ctypes", SimpleNamespace(CDLL=loaded.append))
    monkeypatch.setattr(ynnpack, "sys", SimpleNamespace(platform=platform))
    assert not ynnpack.restrain("avx2")
    assert loaded == []


@pytest.mark.heavy
@pytest.mark.skipif(not (find_spec("torch") and find_spec("jax")), reason="needs PyTorch and JAX")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_libraries_say_that_they_heed_it(monkeypatch):
    from chainrule.bench.contenders import CONTENDERS
    from chainrule.bench.race import race
    from chainrule.bench.work import Work

    asking(monkeypatch, "avx512")
    names = ["pytorch", "jax", "product:numpy", "product:numpy-avx512"]
    found = race(names, Work("5-4-3", 10), seconds=0, turn=0.01)
    about = {name: result.about for name, result in found.results.items()}
    assert "AVX512" not in about["pytorch"]
    assert about["jax"].endswith("(AVX2)") or sys.platform != "linux"
    assert "SkylakeX" not in about["product:numpy"]
    assert CONTENDERS["product:numpy-avx512"].instructions
    assert found.skipped["product:numpy-avx512"].why == "unsuited"
