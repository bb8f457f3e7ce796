"""An interrupt at any place, and a fork at any time, leave what is lent to whom it belongs."""

from __future__ import annotations

import contextlib
import os
import random
import select
import sys
import threading
import warnings

import numpy as np
import pytest
from forked import PATIENCE, forking, in_child
from interrupted import at_every_place
from operations import PICTURES, X, Y, bits

import chainrule as cr
from chainrule import sentences, warned
from chainrule.check.function import call
from chainrule.cli import streams
from chainrule.engines import feed
from chainrule.pictures import png
from chainrule.pictures.drawing import Drawing
from chainrule.sentences import language, speaking
from chainrule.warned import heard, unheard

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def say_something() -> None:
    with speaking("zh") as speech, speech:
        language()


def listen() -> None:
    assert heard(lambda: warnings.warn("one", stacklevel=1))[1]
    unheard(lambda: warnings.warn("two", stacklevel=1))


def call_a_function() -> None:
    caller = call.Caller(lambda w: (float(np.sum(w)) + random.random(), np.ones_like(w)), None, 1)
    caller.fixed = True
    caller({"w": np.zeros(2)})


def lend_streams() -> None:
    with streams.lent_streams() as lent, lent:
        sys.stderr.errors  # noqa: B018


def state() -> tuple[object, ...]:
    return (
        language(),
        [*warnings.filters],
        warnings.showwarning,
        sys.stdout,
        [each.errors for each in (sys.stdout, sys.stderr)],
        random.getstate(),
        np.random.get_state()[1].tobytes(),
    )


@pytest.mark.parametrize(
    ("work", "files"),
    [
        (say_something, {sentences.__file__}),
        (listen, {warned.__file__, warnings.__file__}),
        (call_a_function, {call.__file__, warned.__file__, warnings.__file__, contextlib.__file__}),
        (lend_streams, {streams.__file__}),
    ],
)
def test_an_interrupt_at_any_place(work, files):
    before, n = state(), 0
    for n in at_every_place(work, {*files, __file__}):
        assert state() == before, n
        free = []
        other = threading.Thread(target=lambda: free.append(warned._turn.acquire(blocking=False)))  # noqa: B023
        other.start()
        other.join()
        assert free == [True], n
        warned._turn = threading.RLock()
    assert n > 5


def held(lock, work):
    """What `work` gives while another thread holds a lock."""
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with lock:
            entered.set()
            leave.wait()

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait()
    try:
        return work()
    finally:
        leave.set()
        thread.join()


@forking
def test_a_child_that_is_forked_while_another_thread_listens():
    before = [*warnings.filters]
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        unheard(lambda: (entered.set(), leave.wait()))

    def child() -> object:
        return [*warnings.filters] == before, unheard(lambda: 1)

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait()
    try:
        assert in_child(child) == "(True, 1)"
    finally:
        leave.set()
        thread.join()
    assert [*warnings.filters] == before


@forking
@pytest.mark.heavy
def test_a_child_that_is_forked_while_another_thread_draws():
    pytest.importorskip("matplotlib")
    drawing = Drawing(20, 10, "a line")
    size = len(png.png(drawing))
    assert held(png._drawing, lambda: in_child(lambda: len(png.png(drawing)))) == repr(size)


@forking
@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("kind", ["distorted", "streamed"])
def test_a_child_that_is_forked_by_a_callback_goes_on_learning(kind, engine, monkeypatch, own_cache):
    """Its samples are prepared by threads, which a child does not have."""
    if engine == "native":
        pytest.importorskip("llvmlite")
    monkeypatch.setattr(feed, "STRETCH", 200)  # some batches
    settings = {"epochs": 4, "batch_size": 8, "seed": 5, "engine": engine}
    if kind == "distorted":
        net, data = cr.Network(64, cr.Dense(3, "softmax")), (PICTURES, Y)
        settings["distort"] = "rotate"
    else:
        net, data = cr.Network(6, cr.Dense(3, "softmax")), (X, Y)
        settings["input_noise"] = 0.1
    alone, said = bits(net.fit(data, **settings)), []

    def fork(progress: object) -> None:
        # a child that goes on by itself until its fit ends, and is asked for its bits there
        if not said:
            said.append(None)
            reading, writing = os.pipe()
            if os.fork():
                os.close(writing)
                said[0] = reading
            else:
                os.close(reading)
                said[0] = -writing

    try:
        found = bits(net.fit(data, progress=fork, **settings))
    except BaseException:
        if said and said[0] < 0:
            os._exit(1)
        raise
    if said[0] < 0:
        os.write(-said[0], found.encode())
        os._exit(0)
    assert found == alone
    with os.fdopen(said[0]) as pipe:
        assert select.select([pipe], [], [], PATIENCE)[0], "the child waits for ever"
        assert pipe.read() == alone
    os.wait()
