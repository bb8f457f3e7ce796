"""Libraries' threads: what a host has set is there again, in whatever order threads come and go."""

from __future__ import annotations

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import threadpoolctl
from forked import forking, in_child
from host_state import unchanged
from interrupted import at_every_place
from operations import NET, SETTINGS, X, Y, bits

from chainrule.engines import limits
from chainrule.engines.limits import hold, limited_to


def allowed() -> list[int]:
    rows = threadpoolctl.threadpool_info()
    return [row["num_threads"] for row in rows if row["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def _several_threads():
    """The host has several threads, however many processors there are."""
    with threadpoolctl.threadpool_limits(4, user_api="blas"):
        if not allowed():
            pytest.skip("no library here says how many threads it uses")
        yield


@pytest.mark.quick
def test_the_lowest_of_all_holds_and_the_last_one_gives_back():
    before = allowed()
    first, second = limited_to(2), limited_to(1)
    first.__enter__()
    assert set(allowed()) == {2}
    second.__enter__()
    assert set(allowed()) == {1}
    first.__exit__(None, None, None)  # the one that came first goes first
    assert set(allowed()) == {1}
    second.__exit__(None, None, None)
    assert allowed() == before


def test_it_never_gives_more_than_the_host_does():
    with threadpoolctl.threadpool_limits(2, user_api="blas"), limited_to(64):
        assert set(allowed()) == {2}


def test_what_the_host_sets_meanwhile_is_what_it_finds():
    before = allowed()
    with limited_to(1) as limit, limit:
        host = threadpoolctl.threadpool_limits(3, user_api="blas")
        hold()
        assert set(allowed()) == {1}  # so the bits of a training stay what they are
    assert set(allowed()) == {3}
    host.unregister()  # to what it had found, which was the limit
    threadpoolctl.threadpool_limits(before[0], user_api="blas")


def test_a_host_s_block_that_ends_first_gives_back_its_own():
    before = allowed()
    host = threadpoolctl.threadpool_limits(2, user_api="blas")
    with limited_to(1) as limit, limit:
        host.unregister()
        hold()
        assert set(allowed()) == {1}
    assert allowed() == before


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_entering_and_leaving(seed):
    """As coroutines and generators of a host have it: several open in one thread, closed in any order."""
    before, draw, held = allowed(), random.Random(seed), []
    for _ in range(200):
        if held and draw.random() < 0.5:
            held.pop(draw.randrange(len(held))).__exit__(None, None, None)
        else:
            held.append(limited_to(draw.randint(1, 5)))
            held[-1].__enter__()
        most = min([4, *(each.threads for each in held)])
        assert set(allowed()) == {most}
    for each in held:
        each.__exit__(None, None, None)
    assert allowed() == before


def test_threads_that_come_and_go():
    def one(number: int) -> set[int]:
        seen = set()
        for _ in range(50):
            with limited_to(1 + number % 2) as limit, limit:
                seen |= set(allowed())
        return seen

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with unchanged(), ThreadPoolExecutor(8) as pool:
            assert set().union(*pool.map(one, range(8))) <= {1, 2}
    finally:
        sys.setswitchinterval(interval)


def held_once() -> None:
    with limited_to(1) as limit, limit:
        allowed()


def test_an_interrupt_at_any_place_gives_back():
    """While it is entered, held and left."""
    before, n = allowed(), 0
    for n in at_every_place(held_once, {limits.__file__, __file__}):
        assert allowed() == before, n
        assert not limits._process.asked, n
    assert n > 40


@forking
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_that_is_forked_inside_has_what_its_own_thread_asks_for():
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with limited_to(1) as limit, limit:
            entered.set()
            leave.wait()

    before = allowed()
    thread = threading.Thread(target=other)
    thread.start()
    entered.wait()
    assert set(allowed()) == {1}
    assert in_child(allowed) == repr(before)  # the other thread is not in the child

    def own() -> tuple[list[int], list[int]]:
        limit.__exit__(None, None, None)
        return inside, allowed()

    with limited_to(2) as limit:
        inside = [2] * len(before)
        assert in_child(own) == repr((inside, before))
    leave.set()
    thread.join()
    assert allowed() == before


@forking
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_a_child_learns_the_same_while_its_parent_learns(engine, own_cache):
    if engine == "native":
        pytest.importorskip("llvmlite")
    alone = bits(NET.fit((X, Y), engine=engine, threads=2, **SETTINGS))
    stop = threading.Event()

    def learn() -> None:
        while not stop.is_set():
            NET.fit((X, Y), engine=engine, threads=2, **SETTINGS)

    threads = [threading.Thread(target=learn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            said = in_child(lambda: bits(NET.fit((X, Y), engine=engine, threads=2, **SETTINGS)))
            assert said == repr(alone)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_bits_stay_while_a_host_changes_the_number():
    alone = bits(NET.fit((X, Y), engine="numpy", **SETTINGS))
    numbers = iter([3, 2, 4] * 1000)

    def progress(state: object) -> None:
        threadpoolctl.threadpool_limits(next(numbers), user_api="blas")

    for _ in range(3):
        assert bits(NET.fit((X, Y), engine="numpy", progress=progress, **SETTINGS)) == alone
        assert set(allowed()) <= {2, 3, 4}


def test_a_library_that_is_loaded_inside_is_limited_too(monkeypatch):
    """As SciPy's, which is imported when L-BFGS begins."""
    found = []

    class Late:
        filepath, internal_api, threads = "late", "openblas", 4

        def get_num_threads(self) -> int:
            return self.threads

        def set_num_threads(self, number: int) -> None:
            self.threads = number
            found.append(number)

    class Controller:
        def select(self, **kind: str) -> Controller:
            self.lib_controllers = [late] if loaded else []
            return self

    late, loaded = Late(), False
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Controller)
    monkeypatch.setattr(limits, "_loaded", limits._Loaded())
    with limited_to(1) as limit, limit:
        loaded = True
        monkeypatch.setitem(sys.modules, "brings_a_library", sys)
        with limited_to(1) as again, again:
            assert late.threads == 1
    assert late.threads == 4
    assert found == [1, 4]


class Libraries:
    """One library that keeps a number for each thread, as MKL does."""

    def __init__(self, **kind: str) -> None:
        self.__dict__.update({"filepath": "own", **kind})
        self.own = threading.local()
        self.lib_controllers = [self]

    def __call__(self) -> Libraries:
        return self

    def select(self, **kind: str) -> Libraries:
        return self

    def get_num_threads(self) -> int:
        return getattr(self.own, "number", 4)

    def set_num_threads(self, number: int) -> None:
        self.own.number = number


@pytest.mark.parametrize(
    "kind", [{"internal_api": "mkl"}, {"internal_api": "openblas", "threading_layer": "openmp"}]
)
def test_a_number_of_each_thread_is_given_back_in_that_thread(monkeypatch, kind):
    library = Libraries(**kind)
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", library)
    monkeypatch.setattr(limits, "_loaded", limits._Loaded())
    entered, leave = threading.Event(), threading.Event()
    found = []

    def other() -> None:
        with limited_to(2) as limit, limit:
            entered.set()
            leave.wait()
            found.append(library.get_num_threads())
        found.append(library.get_num_threads())

    thread = threading.Thread(target=other)
    with limited_to(1) as limit, limit:
        thread.start()
        entered.wait()
        assert library.get_num_threads() == 1
    assert library.get_num_threads() == 4  # the other one is still inside
    leave.set()
    thread.join()
    assert found == [2, 4]


def test_libraries_are_looked_for_once_as_long_as_nothing_is_imported(monkeypatch):
    library, calls = Libraries(internal_api="openblas"), []
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", lambda: calls.append(1) or library)
    monkeypatch.setattr(limits, "_loaded", limits._Loaded())
    for _ in range(5):
        with limited_to(1) as limit, limit:
            hold()
    assert len(calls) == 1
