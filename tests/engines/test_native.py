"""The native engine beside the NumPy engine: the same numbers, from code made for the processor."""

from __future__ import annotations

import ctypes
import math
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import llvmlite.binding as llvm
import mpmath
import numpy as np
import pytest

from chainrule.bench.machine import instructions
from chainrule.catalog.optimizers import OPTIMIZERS, Optimizer
from chainrule.engines import make_engine
from chainrule.engines.choice import WITHOUT
from chainrule.engines.feed import Feed
from chainrule.engines.native import compile as compiling
from chainrule.engines.native import engine as engine_module
from chainrule.engines.native import sleeping
from chainrule.engines.native.engine import NativeEngine, _together
from chainrule.engines.native.functions import FUNCTIONS, Vector
from chainrule.engines.native.ir import Code
from chainrule.engines.native.layout import APART, Machine
from chainrule.engines.native.steps import Source
from chainrule.engines.native.values import CAN
from chainrule.engines.numpy_engine import NumpyEngine
from chainrule.errors import UsageError
from chainrule.network import Dense, NetworkDefinition
from chainrule.primitives import PRIMITIVES
from chainrule.program import build
from chainrule.sentences import speaking
from network_table import covering, network, parameters, table, title

pytestmark = pytest.mark.usefixtures("own_cache")

SAMPLES = 23
"""With batches of 5 the last one holds 3."""


def samples(net: NetworkDefinition, dtype: str, size: int = 5, count: int = SAMPLES) -> Feed:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((count, net.inputs)).astype(dtype)
    y = rng.random((count, net.outputs)).astype(dtype)
    ones = np.ones(net.inputs, dtype)
    return Feed(x, ones * 0, ones, y, None, size)


def trained(
    engine: NumpyEngine, feed: Feed, *, epochs: int = 2, every: int = 2, threads: int = 1
) -> tuple[list[float], dict[str, Any]]:
    """J where it was looked at, and the parameters and states at the end."""
    looks = []
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(len(feed.x))
        t = epoch * len(feed)
        scalars = [
            [{"lr": 0.05, "t": t + i + 1}[s] for s in engine.program.scalars] for i in range(len(feed))
        ]
        given = np.array(scalars, np.float64)
        looks += engine.steps(feed, order, 0, given, every, threads)
    return looks, {name: w.copy() for name, w in {**engine.parameters, **engine.states}.items()}


def assert_alike(
    net: NetworkDefinition,
    feed: Feed,
    tolerance: float,
    optimizer: str = "sgd",
    threads: int = 1,
    parts: int | None = None,
) -> None:
    """The native engine's training and the NumPy engine's in float64, relative to the largest number."""
    program = build(net, optimizer, targets_sum_to_one=False)
    x = feed.x if feed.grey else feed.x.astype(np.float64)
    others = (array.astype(np.float64) for array in (feed.shift, feed.factor, feed.rows))
    wide = Feed(x, *others, feed.labels, feed.size)
    looks, plain = trained(NumpyEngine(program, parameters(net)), wide)
    engine = NativeEngine(program, parameters(net), feed.rows.dtype)
    engine.parts = parts or threads
    found_looks, found = trained(engine, feed, threads=threads)
    np.testing.assert_allclose(found_looks, looks, rtol=tolerance, err_msg=title(net))
    for name, expected in plain.items():
        scale = np.abs(expected).max() or 1.0
        assert np.abs(found[name] - expected).max() <= tolerance * scale, f"{title(net)} {name}"


COVERING = covering()
EACH_PAIR = [COVERING[2 * i + i % 2] for i in range(len(COVERING) // 2)]


@pytest.mark.parametrize("net", EACH_PAIR[::4], ids=title)
def test_some_of_the_catalogue(net: NetworkDefinition) -> None:
    assert_alike(net, samples(net, "float64"), 1e-11, "sgd:momentum=0.9")


@pytest.mark.parametrize("row", list(OPTIMIZERS), ids=lambda row: row.name)
def test_every_optimizer(row: Optimizer) -> None:
    net = network("three", 3, "tanh", "softmax", penalties={"l2": 0.01})
    assert_alike(net, samples(net, "float64"), 1e-10, row.name)


@pytest.mark.long
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_with_every_loss(dtype: str) -> None:
    for net in EACH_PAIR[:: 1 if dtype == "float64" else 3]:
        assert_alike(net, samples(net, dtype), 1e-11 if dtype == "float64" else 1e-4)


@pytest.mark.long
def test_every_shape_and_penalty() -> None:
    for net in [*table("three", "square", "shared")][:: len([*table("none")]) // 4]:
        assert_alike(net, samples(net, "float64"), 1e-11, "sgd:momentum=0.5")


WIDE = NetworkDefinition(
    37, (Dense(70, "tanh"), Dense(70, "relu"), Dense(19, "sigmoid"), Dense(11, "softmax")), dtype="float64"
)
"""Sizes that fill no vectors and no tiles, and layers that lie either way."""


MACHINES = [(16, 32, 64), (8, 16, 64), (4, 16, 64), (4, 32, 128)]
"""Lanes, registers and bytes of a cache line."""


@pytest.mark.parametrize("machine", MACHINES, ids=str)
@pytest.mark.parametrize(("size", "parts"), [(1, 1), (13, 1), (13, 3)])
def test_processors_and_batches(
    machine: tuple[int, int, int], size: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.engines.native.engine.this_machine", lambda: Machine(*machine))
    feed = samples(WIDE, "float64", size, 83)
    assert_alike(WIDE, feed, 1e-11, "sgd:momentum=0.9", parts=parts)


@pytest.mark.parametrize("machine", MACHINES, ids=str)
@pytest.mark.parametrize("outputs", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("batch", [7, 100])
def test_few_outputs(
    machine: tuple[int, int, int], outputs: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of them may be longer than a vector, and shorter; nothing behind the arena is written."""
    monkeypatch.setattr("chainrule.engines.native.engine.this_machine", lambda: Machine(*machine))
    for dtype, tolerance in (("float64", 1e-11), ("float32", 2e-4)):
        net = NetworkDefinition(4, (Dense(10, "tanh"), Dense(32, "relu"), Dense(outputs)), dtype=dtype)
        with guarded(monkeypatch) as guards:
            assert_alike(net, samples(net, dtype, batch, 2 * batch), tolerance)
        assert guards
        assert not any(guard.any() for guard in guards)


@contextmanager
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Arenas with a page of zeros behind each: the list of them."""
    guards: list[Any] = []
    make = engine_module.np.zeros

    def zeros(shape: Any, *rest: Any, **named: Any) -> Any:
        if rest != (np.uint8,):
            return make(shape, *rest, **named)
        memory = make(shape + 4096, np.uint8)
        guards.append((memory, shape))
        return memory[:shape]

    with monkeypatch.context() as patch:
        patch.setattr(engine_module, "np", SimpleNamespace(**{**vars(np), "zeros": zeros}))
        found: list[Any] = []
        yield found
        for memory, shape in guards:
            slack = -memory.ctypes.data % engine_module.ALIGNED
            found.append(memory[shape - engine_module.ALIGNED + slack :])


def test_a_batch_whose_arrays_lie_in_panels() -> None:
    """And whose rows do not all stay in a cache while columns pass by."""
    net = NetworkDefinition(300, (Dense(70, "tanh"), Dense(45, "relu"), Dense(3)), dtype="float64")
    for parts in (1, 2):
        assert_alike(net, samples(net, "float64", 260, 600), 1e-11, "adam", parts=parts)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="processors of one family")
@pytest.mark.parametrize(
    ("cpu", "features", "lanes"), [("x86-64", "", 4), ("x86-64-v3", "+avx,+avx2,+fma", 8)]
)
def test_a_processor_without_newer_instructions(
    cpu: str, features: str, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code without AVX, and without AVX-512, which this processor can run as well."""
    if features and "avx2" not in instructions():
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(compiling, "_host", lambda: (cpu, features))
    assert compiling.this_machine().lanes == lanes
    assert_alike(WIDE, samples(WIDE, "float64", 13, 83), 1e-11, "adam", threads=2)
    source = Source(build(WIDE), 13, "float64", compiling.this_machine())
    assembly = compiling._new_target().emit_assembly(llvm.parse_assembly(source.text))
    assert "zmm" not in assembly
    assert ("ymm" in assembly) == (lanes == 8)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="features of one family")
@pytest.mark.parametrize(
    ("without", "lanes", "absent"), [("avx512", 8, "zmm"), ("avx512, avx2", 8, "vfmadd"), ("avx", 4, "ymm")]
)
def test_features_that_are_left_alone(
    without: str, lanes: int, absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code for this very processor has none of their instructions or registers."""
    if not instructions() >= {"avx512f", "avx2", "fma"}:
        pytest.skip("this processor has not all of them")

    def assembly() -> str:
        source = Source(build(WIDE), 13, "float64", compiling.this_machine())
        return str(compiling._new_target().emit_assembly(llvm.parse_assembly(source.text)))

    monkeypatch.delenv(WITHOUT, raising=False)
    assert compiling.this_machine().lanes == 16
    assert {word for word in ("zmm", "vfmadd", "ymm") if word in assembly()} >= {"zmm", "vfmadd"}
    monkeypatch.setenv(WITHOUT, without)
    assert compiling.this_machine().lanes == lanes
    found = assembly()
    assert absent not in found
    assert not re.search(r"[xyz]mm(1[6-9]|2\d|3[01])", found)
    assert_alike(WIDE, samples(WIDE, "float64", 13, 83), 1e-11, "adam", parts=2)


def test_a_feature_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT, "avx1024")
    for lang, word in (("en", "avx512, avx2, avx"), ("zh", "特性")):
        with speaking(lang), pytest.raises(UsageError, match=word):
            compiling.this_machine()
    with pytest.raises(UsageError):  # before a run has a folder
        make_engine("native", build(SMALL), parameters(SMALL), "float64")


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_threads_share_the_work_and_not_the_numbers(parts: int) -> None:
    """Any number of them gives the same bits; fewer than there are parts, and more."""
    feed = samples(WIDE, "float64", 16, 83)
    assert_alike(WIDE, feed, 1e-11, parts=parts)
    program = build(WIDE, targets_sum_to_one=False)
    runs = []
    for threads in (1, 2, 3, 9):
        engine = NativeEngine(program, parameters(WIDE))
        engine.parts = parts
        runs.append(trained(engine, feed, threads=threads))
    for looks, found in runs[1:]:
        for name, first in runs[0][1].items():
            assert first.tobytes() == found[name].tobytes()
        assert looks == runs[0][0]


@pytest.mark.parametrize("system", ["linux", "another"])
def test_threads_that_sleep_as_soon_as_they_wait(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By Linux's system call, and by what stands in for it elsewhere: all go on, with the same bits."""
    if system == "linux" != sys.platform:
        pytest.skip("not on Linux")
    monkeypatch.setattr("chainrule.engines.native.steps.SPINS", 1)
    monkeypatch.setattr("chainrule.engines.native.engine.FUTEX", sleeping.futex(system))
    feed, program = samples(WIDE, "float64", 16, 830), build(WIDE, targets_sum_to_one=False)
    found = []
    for threads in (1, 3):
        engine = NativeEngine(program, parameters(WIDE))
        engine.parts = 3
        found.append(repr(trained(engine, feed, threads=threads, epochs=5)))
    assert found[0] == found[1]


def test_a_thread_sleeps_until_a_part_of_another_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one, and one that sleeps, are made up by words in the arena; a call finishes the part."""
    asked: list[tuple[int, int]] = []

    def finish(number: int, word: Any, operation: int, value: int, *rest: Any) -> int:
        asked.append((operation, value))
        if operation == sleeping.WAIT:
            word[0] += 1
        return 0

    call = sleeping._SIGNATURE(finish)
    monkeypatch.setattr("chainrule.engines.native.engine.FUTEX", ctypes.cast(call, ctypes.c_void_p).value)
    engine = NativeEngine(build(WIDE, targets_sum_to_one=False), parameters(WIDE))
    engine.parts = 2
    feed, given = samples(WIDE, "float64", 16, 83), np.full((1, 1), 0.05)
    engine.steps(feed, np.arange(83), 0, given, 1, 1)
    assert not asked
    (arena,) = engine._arenas.values()
    words = arena.memory[: arena.words].view(np.int32).reshape(-1, APART // 4)[:, 0]
    run = arena.code

    def beside_another(*arguments: Any) -> None:
        words[0] = 1  # the first part of the first stretch is begun
        words[3] = 1  # and somebody sleeps
        run(*arguments)

    arena.code = beside_another
    engine.steps(feed, np.arange(83), 0, given, 1, 1)
    stretches = int(words[2]) // 2
    assert asked[0] == (sleeping.WAIT, 1)
    assert [operation for operation, _ in asked[1:]] == [129] * (stretches - 1)
    assert words.tolist() == [stretches, stretches, 2 * stretches, 1]


def test_a_word_that_has_changed_lets_nobody_sleep() -> None:
    word = ctypes.c_int32(-3)
    assert sleeping._wait_or_wake(0, ctypes.pointer(word), sleeping.WAIT, 4, None, None, 0) == 0
    sleeper = threading.Thread(
        target=sleeping._wait_or_wake,
        args=(0, ctypes.pointer(word), sleeping.WAIT, 2**32 - 3, None, None, 0),
        daemon=True,
    )
    sleeper.start()
    while sleeper.is_alive() and not sleeping._changed._waiters:  # type: ignore[attr-defined]
        time.sleep(0.001)
    assert sleeper.is_alive()
    sleeping._wait_or_wake(0, ctypes.pointer(word), 0, 1, None, None, 0)
    sleeper.join()


def test_numbers_below_the_smallest_normal_one_count_as_zero() -> None:
    """While steps run, and no longer: the thread that asked computes with them as before."""
    net = network("one", 3, "tanh", "softmax")
    engine = NativeEngine(build(net, "sgd:momentum=0.5", targets_sum_to_one=False), parameters(net))
    feed = samples(net, "float64", 6, 24)
    engine.states["v_W1"][...] = 1e-310
    feed.x[...] = 0  # no gradient by W1
    engine.steps(feed, np.arange(24), 0, np.full((1, 1), 0.0), 1, 1)
    assert not engine.states["v_W1"].any()
    tiny = np.float64(5e-324)
    assert tiny * 4 == 2e-323


def test_a_weight_too_large_for_one_part_of_the_cache_is_shared_by_units() -> None:
    net = NetworkDefinition(200, (Dense(150, "sigmoid"), Dense(150, "tanh"), Dense(10)), dtype="float32")
    feed = samples(net, "float32", 8, 83)
    assert_alike(net, feed, 1e-4, threads=2)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_grey_levels_and_classes(threads: int) -> None:
    """Also with more threads than there are units."""
    net = NetworkDefinition(21, (Dense(9), Dense(3)), dtype="float32")
    rng = np.random.default_rng(0)
    x = rng.integers(256, size=(40, 21), dtype=np.uint8)
    shift, factor = rng.random(21, np.float32) * 100, rng.random(21, np.float32) / 100
    rows, labels = np.eye(3, dtype=np.float32), rng.integers(3, size=40)
    for shifted in (shift, shift * 0):
        assert_alike(net, Feed(x, shifted, factor, rows, labels, 7), 2e-5, "adam", threads)


@pytest.mark.parametrize("units", [21, 37])
@pytest.mark.parametrize("threads", [1, 3])
def test_weights_that_are_shared(units: int, threads: int) -> None:
    """One of them lies across the vectors, which its dim does not fill."""
    layers = Dense(units, "tanh"), Dense(units, "relu", shared=1), Dense(3)
    net = NetworkDefinition(units, layers, penalties={"l1": 0.001, "l2": 0.01}, dtype="float64")
    assert_alike(net, samples(net, "float64", 9, 40), 1e-10, "sgd:momentum=0.9", threads)


@pytest.mark.parametrize("formula", ["0.001 * x**65 + x", "0.001 * x**70", "1e39 * exp(x - 80)"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_formulas_with_large_numbers(formula: str, dtype: str) -> None:
    net = network("one", 1, formula, "identity")
    program = build(net, targets_sum_to_one=False)
    feed = samples(net, dtype, 6, 24)
    looks = []
    for kind in (NativeEngine, NumpyEngine):
        engine = kind(program, parameters(net), dtype)
        looks.append(engine.steps(feed, np.arange(24), 0, np.full((4, 1), 1e-9), 1, 1)[0])
    np.testing.assert_allclose(looks[0], looks[1], rtol=1e-4 if dtype == "float32" else 1e-10)


def test_numbers_go_between_the_engines_arrays_and_the_kernels() -> None:
    """Arrays that were handed out may be written into; what is read is what was learned last."""
    net = network("one", 3, "tanh", "softmax")
    program = build(net, "sgd:momentum=0.9", targets_sum_to_one=False)
    feed = samples(net, "float64", 6, 24)
    order, given = np.arange(24), np.full((4, 1), 0.05)
    engine, plain = NativeEngine(program, parameters(net)), NumpyEngine(program, parameters(net))
    for each in (engine, plain):
        each.steps(feed, order, 0, given, 1, 1)
        each.parameters["W1"][0, 0] += 1
        each.states["v_W1"][...] = 0
        each.steps(feed, order, 0, given, 1, 1)
    for name, w in plain.parameters.items():
        np.testing.assert_allclose(engine.parameters[name], w, rtol=1e-11)
    x, y = feed.batch(order, 0)
    engine.steps(feed, order, 0, given, 1, 1)
    plain.steps(feed, order, 0, given, 1, 1)
    assert engine.loss(x, y) == pytest.approx(plain.loss(x, y), rel=1e-11)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "gelu", "softplus"])
def test_what_is_no_number_reaches_the_loss(value: float, hidden: str) -> None:
    """As it does in the NumPy engine: infinities may be squashed by the way."""
    net = network("one", 3, hidden, "softmax")
    program = build(net, targets_sum_to_one=False)
    feed = samples(net, "float64", 6, 24)
    feed.x[3, 1] = value
    looks = []
    for kind in (NativeEngine, NumpyEngine):
        looks.append(kind(program, parameters(net)).steps(feed, np.arange(24), 0, np.full((4, 1), 0.1), 1, 1))
    np.testing.assert_allclose(looks[0], looks[1], rtol=1e-11, equal_nan=True)
    if math.isnan(value):
        assert not any(map(math.isfinite, looks[0]))


@pytest.mark.parametrize("scale", [1e3, 1e30])
def test_logits_of_any_size(scale: float) -> None:
    net = network("none", 3, "tanh", "softmax")
    program = build(net, targets_sum_to_one=False)
    feed = samples(net, "float64", 6, 24)
    feed.x[...] *= scale
    looks = []
    for kind in (NativeEngine, NumpyEngine):
        looks.append(
            kind(program, parameters(net)).steps(feed, np.arange(24), 0, np.full((4, 1), 1e-9), 1, 1)
        )
    assert all(map(math.isfinite, looks[0]))
    np.testing.assert_allclose(looks[0], looks[1], rtol=1e-9)


def test_the_source_is_the_same_in_every_process() -> None:
    """A run that is taken up goes on with the same code, which the cache knows."""
    text = """
from chainrule.engines.native.layout import Machine
from chainrule.engines.native.steps import Source
from chainrule.program import build
from chainrule.reading import parse_shorthand
program = build(parse_shorthand("40-32:tanh-32-32:relu-10"), "adam")
print(Source(program, 32, "float32", Machine(16, 32), 3).text)
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


# threads that are disturbed


def test_an_interruption_waits_until_the_threads_are_done() -> None:
    """Else they would go on beside whatever comes next."""
    done = []

    def work(thread: int) -> None:
        time.sleep(0.3)
        done.append(thread)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            _together(work, 3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert sorted(done) == [0, 1, 2]


@pytest.mark.parametrize("last", [0, 1, 2])
def test_threads_that_cannot_all_be_started_do_everything(last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same bits; where none can be started, the thread that asks does."""
    program, feed = build(WIDE, targets_sum_to_one=False), samples(WIDE, "float64", 16, 83)

    def run() -> str:
        engine = NativeEngine(program, parameters(WIDE))
        engine.parts = 3
        return repr(trained(engine, feed, epochs=1, threads=3))

    expected, start = run(), threading.Thread.start
    started: list[int] = []

    def limited(thread: threading.Thread) -> None:
        if len(started) % 3 == last:
            raise RuntimeError("can't start new thread")
        started.append(1)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    assert run() == expected


def test_an_interruption_while_threads_start_calls_them_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was just being started does nothing any more."""
    start, late = threading.Thread.start, []

    def interrupted(thread: threading.Thread) -> None:
        late.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    worked: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        _together(worked.append, 3)
    monkeypatch.undo()
    for thread in late:
        start(thread)
        thread.join()
    assert late
    assert not worked


def test_a_thread_that_starts_when_all_is_done_changes_nothing() -> None:
    engine = NativeEngine(build(WIDE, targets_sum_to_one=False), parameters(WIDE))
    engine.parts = 2
    feed, given = samples(WIDE, "float64", 16, 83), np.full((3, 1), 0.05)
    engine.steps(feed, np.arange(83), 0, given, 1, 1)
    (arena,) = engine._arenas.values()
    run, seen = arena.code, []

    def twice(*arguments: Any) -> None:
        run(*arguments)
        seen.append(arena.memory.tobytes())
        run(*arguments[:-2], 1, 2)  # thread 1 of 2
        seen.append(arena.memory.tobytes())

    arena.code = twice
    engine.steps(feed, np.arange(83), 0, given, 1, 1)
    assert seen[0] == seen[1]


# the elementwise functions


def applied(name: str, x: Any) -> Any:
    """A function of one operand on an array whose length is a multiple of 8."""
    number = {"float32": "float", "float64": "double"}[x.dtype.name]
    code = Code(number)
    size = x.itemsize

    def turn(i: Any) -> list[str]:
        offset = code.mul(i, 8 * size)
        value = code.let(f"load {code.type(8)}, ptr {code.pointer('%x', offset)}, align {size}")
        result = FUNCTIONS[name](Vector(code, 8), value)
        code.line(f"store {code.type(8)} {result}, ptr {code.pointer('%y', offset)}, align {size}")
        return []

    code.loop(len(x) // 8, turn)
    text = "\n".join(
        [*code.intrinsics, "define void @steps(ptr %x, ptr %y) {", "entry:", *code.lines, "ret void }"]
    )
    function = compiling.compiled(text)
    y = np.empty_like(x)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(
        ctypes.cast(function, ctypes.c_void_p).value
    )
    call(x.ctypes.data, y.ctypes.data)
    return y


EXACT = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "erf": mpmath.erf,
    "normal_cdf": mpmath.ncdf,
}


def points(name: str, dtype: str) -> Any:
    rng = np.random.default_rng(0)
    far = 88.7 if dtype == "float32" else 709.7
    near = [rng.standard_normal(200) * scale for scale in (1e-6, 1e-2, 0.3, 1.0, 3.0, 8.0)]
    x = np.concatenate([*near, rng.uniform(-far, far, 80), [0.5, -0.5, 1.0, -1.0, 0.25, 2.0, far, -far]])
    return (np.abs(x) if name in ("log", "sqrt") else x).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT)
def test_functions_to_their_last_digits(name: str, dtype: str) -> None:
    """Within a few units of the last place; where a function comes near 0 by cancellation, of its terms."""
    x = points(name, dtype)
    with mpmath.workdps(40):
        exact = np.array([float(EXACT[name](mpmath.mpf(float(v)))) for v in x])
    found = applied(name, x).astype(np.float64)
    unit = float(np.finfo(dtype).eps)
    floor = {"sin": 1.0, "cos": 1.0, "normal_cdf": 1e-3, "log": 1e-1}.get(name, float(np.finfo(dtype).tiny))
    error = np.abs(found - exact) / np.maximum(np.abs(exact), floor)
    most = 16 if name == "normal_cdf" else 8  # the former adds up 25 terms of either sign
    assert error.max() <= most * unit, x[error.argmax()]


@pytest.mark.parametrize("name", [*EXACT, "abs", "sign", "step", "neg"])
def test_functions_of_what_is_no_number(name: str) -> None:
    x = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, -1e300, 5e-324])
    if name in ("sin", "cos"):
        x[5:7] = 1.0
    table = {"erf": math.erf, "normal_cdf": lambda v: 0.5 * math.erfc(-v / math.sqrt(2))}
    ours = {
        "softplus": lambda v: np.logaddexp(0, v),
        "neg": np.negative,
        "step": lambda v: np.heaviside(v, 1),
    }
    with np.errstate(all="ignore"):
        plain = (
            ours.get(name) or np.vectorize(table[name]) if name in {**ours, **table} else getattr(np, name)
        )
        expected = plain(x)
    np.testing.assert_allclose(applied(name, x), expected, rtol=1e-14, atol=1e-320, equal_nan=True)


def test_every_primitive_can_be_computed() -> None:
    """By a function of its own or by a definition from those."""
    for row in PRIMITIVES.values():
        assert row.name in CAN or row.definition is not None, row.name


# the cache of machine code

SMALL = network("one", 1, "tanh", "identity")


def code_files() -> list[Path]:
    return sorted((compiling.cache_folder() / "native").glob("*.o"))


def small_training() -> tuple[list[float], dict[str, Any]]:
    engine = NativeEngine(build(SMALL, targets_sum_to_one=False), parameters(SMALL))
    return trained(engine, samples(SMALL, "float64"))


def test_code_is_kept_and_a_damaged_file_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = small_training()
    (path,) = code_files()
    whole = path.read_bytes()
    compiles = []
    monkeypatch.setattr(
        compiling, "_compile", lambda text, make=compiling._compile: compiles.append(1) or make(text)
    )
    assert repr(small_training()) == repr(first)
    assert not compiles
    for damaged in (whole[:-1], whole[:10], b"", whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]):
        path.write_bytes(damaged)
        assert repr(small_training()) == repr(first)
        assert path.read_bytes() == whole
    assert len(compiles) == 4


def test_code_that_nobody_uses_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    days = 24 * 60 * 60
    small_training()
    (used,) = code_files()
    old, younger, strange = (used.with_name(name) for name in ("9" * 64 + ".o", "8" * 64 + ".o", "mine.o"))
    ages = {used: 100.0, old: 91.0, younger: 89.0, strange: 1000.0}
    for path, age in ages.items():
        path.write_bytes(used.read_bytes())
        os.utime(path, (time.time() - age * days,) * 2)
    small_training()
    assert used.stat().st_mtime > time.time() - days
    assert {*code_files()} == {*ages}  # nothing new was written
    os.utime(used, (time.time() - days / 2,) * 2)
    before = used.stat().st_mtime
    small_training()
    assert used.stat().st_mtime == before  # that it is in use is noted once a day
    used.write_bytes(b"damaged")  # so that it is written anew
    small_training()
    assert {*code_files()} == {used, younger, strange}


@pytest.mark.parametrize("folder", ["somebody else's", "none"])
def test_no_cache_is_no_hindrance(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    expected = repr(small_training())
    if folder == "none":
        monkeypatch.delenv("XDG_CACHE_HOME")

        def homeless() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(Path, "home", homeless)
    else:
        own = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: own + 1)
    compiles: list[str] = []
    make = compiling._compile
    monkeypatch.setattr(compiling, "_compile", lambda text: compiles.append(text) or make(text))
    assert repr(small_training()) == expected
    assert compiles


def test_a_cache_that_cannot_be_written_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert all(map(math.isfinite, small_training()[0]))
    assert (tmp_path / "file").read_text() == "no folder"
