"""Which engine and how many threads are taken, and that a run goes on with the ones it began with."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import extras
from chainrule.data.dataset import Dataset
from chainrule.engines import choice, make_engine
from chainrule.errors import UsageError
from chainrule.model import LAST
from chainrule.network.meaning import initial_parameters
from chainrule.program import build
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training.loop import Trainer
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes, numbers, pictures


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in choice.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(choice, "QUOTA", tmp_path / "no quota")


def test_a_short_training_does_not_wait_for_a_compiler() -> None:
    small, large = (build(parse_shorthand(text)) for text in ("64-32-10", "784-300-10"))
    assert choice.suited(small, 32, 1000) == "numpy"
    assert choice.suited(large, 32, 40 * 1688) == "native"
    assert choice.suited(small, 32, 10**6) == "native"


def test_a_deep_network_whose_code_would_take_minutes_is_not_compiled() -> None:
    deep = build(parse_shorthand("-".join(["8"] * 300)))
    assert choice.suited(deep, 32, 1000) == "numpy"


@pytest.mark.parametrize("missing", ["llvmlite", "processor"])
def test_where_the_native_engine_cannot_run(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = build(parse_shorthand("784-300-10"))
    if missing == "llvmlite":
        monkeypatch.setattr(extras, "find_spec", lambda name: None)
    else:
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert choice.suited(program, 32, 10**6) == "numpy"
    for lang, word in (("en", "llvmlite"), ("zh", "引擎")):
        with speaking(lang), pytest.raises(UsageError, match=word):
            make_engine("native", program, initial_parameters(program.net), "float32")


def test_threads_are_bounded_by_what_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert choice.processors() == 8
    assert choice.threads_for(1e6) == 1
    assert choice.threads_for(1e8) == 8
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert choice.processors() == 5
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "many")
    assert choice.processors() == 5
    for content, expected in (("max 100000", 5), ("250000 100000", 2), ("50000 100000", 1), ("?", 5)):
        choice.QUOTA.write_text(content)
        assert choice.processors() == expected
    assert choice.threads_for(1e8) == 5


def test_multiplications_of_a_step() -> None:
    """Forward and for the gradient, every weight; for delta, those of all but the first layer."""
    program = build(parse_shorthand("7-5-3"))
    biases = 5 + 3
    assert choice.multiplications(program, 4) == 4 * (2 * 7 * 5 + 3 * 5 * 3 + 3 * biases)


RECIPE = Recipe(4, 8, "sgd:momentum=0.9", 0.1)


@pytest.mark.parametrize("data", [classes(), numbers(), pictures()], ids=["classes", "numbers", "pictures"])
def test_a_whole_training_ends_alike_in_both_engines(data) -> None:
    """In float32, after all its steps: within 1e-4 of the largest parameter."""
    outputs = len(data.info.classes) if data.info.classes else data.y.shape[1]
    net = dataclasses.replace(parse_shorthand(f"{data.x.shape[1]}-6:tanh-{outputs}"), dtype="float32")
    models = [Trainer(net, data, RECIPE, validation=data, engine=name).run() for name in ("numpy", "native")]
    for name, w in models[0].parameters.items():
        assert np.abs(models[1].parameters[name] - w).max() <= 1e-4 * np.abs(w).max()
    for first, second in zip(models[0].history, models[1].history, strict=True):
        assert first["loss"] == pytest.approx(second["loss"], rel=1e-4)


DATA = Dataset(classes(80), classes(30, seed=9))
PLAN = Plan("clouds", parse_shorthand("3-4:tanh-3"), RECIPE, seed=3, engine="native")


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_how_many_processors_there_are_changes_no_bit(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run on two is stopped in the middle of an epoch, and goes on with one, with those parts that it began
    with; whole runs on one, two and four end with the same bits."""
    plan = dataclasses.replace(PLAN, engine=engine)
    monkeypatch.setattr("chainrule.engines.native.engine.parts_for", lambda program, n: 3)
    monkeypatch.setattr("chainrule.engines.native.engine.NativeEngine.most_at_once", 1)
    ends = {}
    for processors, threads in ((2, None), (1, None), (4, None), (4, 2)):
        monkeypatch.setattr("chainrule.training.loop.processors", lambda count=processors: count)
        run = Run.begin(
            dataclasses.replace(plan, threads=threads), DATA, [], tmp_path / f"{processors} {threads}"
        )
        most = {"numpy": 1, "native": min(3, threads or processors)}[engine]
        assert run.trainer.threads == most
        run.go()
        ends[processors, threads] = (run.folder / LAST).read_bytes()
    assert len(set(ends.values())) == 1
    stopped = Run.begin(plan, DATA, [], tmp_path / "parts")
    stopped.go(stop=lambda: stopped.trainer.steps >= 14)
    recorded = json.loads((tmp_path / "parts" / "run.json").read_text(encoding="utf-8"))
    assert recorded["parts"] == {"numpy": 1, "native": 3}[engine]
    assert (recorded["machine"]["vectors"] > 0) == (engine == "native")
    monkeypatch.setattr("chainrule.training.loop.processors", lambda: 1)
    monkeypatch.setattr("chainrule.engines.native.engine.parts_for", lambda program, n: 5)
    again = Run.take_up(tmp_path / "parts", plan, DATA, [])
    assert 0 < again.trainer.step < len(again.trainer.batches)
    assert (again.trainer.engine.name, again.trainer.threads) == (engine, 1)
    again.go()
    assert (tmp_path / "parts" / LAST).read_bytes() == ends[2, None]


def test_a_run_goes_on_with_the_engine_that_auto_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.training.loop.suited", lambda *work: "native")
    run = Run.begin(dataclasses.replace(PLAN, engine="auto"), DATA, [], tmp_path / "run")
    assert run.plan.engine == "native"


def test_how_many_steps_are_asked_for_at_once_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for most in (1, 3, 1000):
        monkeypatch.setattr("chainrule.engines.native.engine.NativeEngine.most_at_once", most)
        model = Trainer(PLAN.network, DATA.train, RECIPE, seed=1, engine="native").run()
        results.append(model)
    for model in results[1:]:
        for name, w in model.parameters.items():
            assert_array_equal(w, results[0].parameters[name])
        assert model.history == results[0].history
