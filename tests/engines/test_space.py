"""What a work takes of the memory, against what NumPy asks the system for."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from chainrule import Dense, Network, data, memory
from chainrule.engines import space
from chainrule.recipe import Recipe
from chainrule.training.loop import Trainer


def peak(work: Callable[[], object]) -> int:
    """The most bytes that are in use at once; Python counts those of arrays too."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.long
@pytest.mark.parametrize("optimizer", ["sgd:momentum=0", "sgd", "adam"])
@pytest.mark.parametrize("engine", ["numpy", "native"])
@pytest.mark.parametrize("batch", [32, 2000])
def test_a_training_takes_what_is_said_and_not_much_more(monkeypatch, optimizer, engine, batch):
    """What NumPy asks the system for is counted by Python itself."""
    if engine == "native":
        pytest.importorskip("llvmlite")
    monkeypatch.setattr(space, "SMALL", 0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2000, 300)).astype(np.float32), rng.integers(5, size=2000)
    net = Network(300, Dense(600, "relu"), Dense(400, "relu"), Dense(5))
    samples = data.Samples(x, y, data.Info("x", classes=tuple("abcde")))
    how = {"epochs": 2, "batch_size": batch, "optimizer": optimizer, "engine": engine}
    net.fit(samples, **how, doctor=False)  # what stays loaded
    recipe = Recipe(epochs=2, batch_size=batch, optimizer=optimizer)
    told = Trainer(net.definition, samples, recipe, engine=engine).space
    taken = peak(lambda: net.fit(samples, **how, doctor=False))
    assert told <= taken
    assert taken <= 3 * told + 4 * x.nbytes or engine == "native"  # whose source is text of megabytes


def test_a_check_takes_what_is_said_and_not_much_more(monkeypatch):
    monkeypatch.setattr(space, "SMALL", 0)
    said = []
    monkeypatch.setattr(memory, "require", said.append)
    net = Network(400, Dense(500, "tanh"), Dense(3))
    net.check_gradients(most=2)
    taken = peak(lambda: net.check_gradients(most=2))
    assert said[1] <= taken <= 5 * said[1]


def test_a_trace_takes_what_is_said(monkeypatch):
    said = []
    monkeypatch.setattr(memory, "require", said.append)
    net = Network(200, Dense(300, "tanh"), Dense(3))
    for x, y in ((np.ones((4, 200)), np.eye(3)[[0, 1, 2, 0]]), (np.ones((4, 200)), None)):
        taken = peak(lambda x=x, y=y: net.trace(x, y))
        assert said[-1] <= taken <= 10 * said[-1]
