"""Nothing of the host is different after any operation, in whatever thread, and however it ends."""

from __future__ import annotations

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from host_state import HostState, unchanged
from operations import NET, OPERATIONS, RAISING, SETTINGS, X, Y

import chainrule as cr

NATIVE = {"fit_native", "a_callback_of_distorted_pictures"}
THREADS = 8


@pytest.fixture(scope="module", autouse=True)
def _own_cache(own_cache):
    """What is compiled here lies in a cache of its own."""


def needed(name: str) -> None:
    if name in NATIVE:
        pytest.importorskip("llvmlite")


def failed(operation, folder) -> tuple[type, object]:
    with pytest.raises((cr.ChainruleError, ZeroDivisionError)) as caught:
        operation(folder)
    return type(caught.value), getattr(caught.value, "key", None)


@pytest.mark.parametrize("name", OPERATIONS)
def test_after_an_operation(name, tmp_path):
    needed(name)
    OPERATIONS[name](tmp_path)  # what it imports is loaded now
    with unchanged():
        OPERATIONS[name](tmp_path)


@pytest.mark.parametrize("name", RAISING)
def test_after_one_that_raises(name, tmp_path):
    needed(name)
    expected = failed(RAISING[name], tmp_path)
    with unchanged():
        assert failed(RAISING[name], tmp_path) == expected


@pytest.mark.parametrize("name", OPERATIONS)
def test_after_eight_at_once_that_give_what_one_gives(name, tmp_path):
    needed(name)
    alone = OPERATIONS[name](tmp_path)
    with unchanged():
        assert at_once(lambda: OPERATIONS[name](tmp_path)) == [alone] * THREADS


@pytest.mark.parametrize("name", RAISING)
def test_after_eight_at_once_that_raise(name, tmp_path):
    needed(name)
    expected = failed(RAISING[name], tmp_path)
    with unchanged():
        assert at_once(lambda: failed(RAISING[name], tmp_path)) == [expected] * THREADS


@pytest.mark.long
@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_all_operations_at_once(engine, tmp_path):
    if engine == "native":
        pytest.importorskip("llvmlite")
    rows = [each for name, each in OPERATIONS.items() if engine == "native" or name not in NATIVE]
    alone = [row(tmp_path) for row in rows]
    with unchanged(), ThreadPoolExecutor(THREADS) as pool:
        for _ in range(3):
            found = [each.result() for each in [pool.submit(row, tmp_path) for row in rows]]
            assert found == alone


def at_once(work) -> list[object]:
    """What `work` gives in several threads that begin together; their own exceptions are raised."""
    begin = threading.Barrier(THREADS)

    def one() -> object:
        begin.wait()
        return work()

    with ThreadPoolExecutor(THREADS) as pool:
        return [each.result() for each in [pool.submit(one) for _ in range(THREADS)]]


def test_the_snapshot_sees_what_it_is_for(tmp_path, monkeypatch):
    """Each change of a host that a library could make is told."""
    before = HostState.now()
    monkeypatch.setenv("HOST_STATE", "1")
    monkeypatch.chdir(tmp_path)
    np.random.seed(1)
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        np.printoptions(precision=3),
        (tmp_path / "a").open("w"),
    ):
        warnings.simplefilter("ignore")
        names = {line.partition(":")[0] for line in before.differences(HostState.now())}
    ended.set()
    thread.join()
    expected = {"environment", "folder", "numpy_numbers", "threads", "filters", "errstate", "printing"}
    assert names - {"descriptors"} == expected
    if os.path.isdir("/proc/self/fd"):
        assert "descriptors" in names


def test_the_host_s_own_errstate_is_its_own(tmp_path):
    """A host that lets NumPy raise wherever a number overflows or underflows gets the same numbers."""
    alone = {
        name: OPERATIONS[name](tmp_path) for name in ("fit_numpy", "fit_weighted", "predict", "evaluate")
    }
    with unchanged(), np.errstate(all="raise"):
        assert {name: OPERATIONS[name](tmp_path) for name in alone} == alone


def test_an_interrupt_in_the_middle_of_a_fit():
    """Where Ctrl-C arrives, a callback is as good a place as any other."""
    calls = iter(range(100))

    def progress(state: object) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt

    with unchanged():
        for engine in ("numpy", "auto"):
            calls = iter(range(100))
            with pytest.raises(KeyboardInterrupt):
                NET.fit((X, Y), engine=engine, progress=progress, **SETTINGS)
