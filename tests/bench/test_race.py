"""Turns of contenders in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec

import pytest

from chainrule.bench import race as racing
from chainrule.bench.contenders import AUTO, CONTENDERS, OBJECTS, ONE, Contender
from chainrule.bench.race import FEWEST, Race, Result, Skipped, Spread, race
from chainrule.bench.work import Work, distance
from chainrule.engines.choice import cores

WORK = Work("5-4-3", 10)
NUMPY = "engine:numpy"


@pytest.fixture(scope="module")
def found():
    """A race of two, and of one who is not there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CONTENDERS, "absent", Contender(CONTENDERS[OBJECTS].prepare, "no_such_module"))
        return race([OBJECTS, NUMPY, "absent"], Work("5-4:silu-3", 10), seconds=0, turn=0.01)


def test_all_have_as_many_turns(found):
    assert {name: len(result.turns) for name, result in found.results.items()} == {
        OBJECTS: FEWEST,
        NUMPY: FEWEST,
    }
    assert all(0 < seconds < 1 for result in found.results.values() for seconds in result.turns)


def test_who_takes_no_part_is_told_with_the_reason(found, monkeypatch):
    assert found.skipped == {"absent": Skipped("missing", "no_such_module")}
    wide = race([OBJECTS], Work("784-1500-10", 10), seconds=0, turn=0.01)
    assert (wide.results, wide.skipped) == ({}, {OBJECTS: Skipped("unsuited", "1,192,510 > 1,000,000")})
    monkeypatch.setattr(racing, "find_spec", lambda name: None if name == "sklearn" else find_spec(name))
    assert race(["scikit-learn"], WORK, seconds=0).skipped == {"scikit-learn": Skipped("missing", "sklearn")}


@pytest.mark.heavy
@pytest.mark.skipif(not find_spec("sklearn"), reason="scikit-learn is not installed")
def test_a_peer_tells_what_it_does_not_have():
    found = race(["scikit-learn"], Work("5-4:silu-3", 10), seconds=0, turn=0.01)
    assert (found.results, found.skipped) == ({}, {"scikit-learn": Skipped("unsuited", "silu")})


AVX512 = "product:numpy-avx512"


@pytest.mark.parametrize("there", [frozenset(), frozenset({"avx2", "avx512f"})])
def test_who_needs_other_instructions_than_the_processor_has_takes_no_part(monkeypatch, there):
    monkeypatch.setattr(racing, "instructions", lambda: there)
    refused = race([AVX512], WORK, seconds=0, turn=0.01)
    lacking = ", ".join(sorted(CONTENDERS[AVX512].instructions - there))
    assert (refused.results, refused.skipped) == ({}, {AVX512: Skipped("unsuited", lacking)})
    assert "avx512vl" in lacking


def test_how_far_the_parameters_went_is_told(found):
    result = found.results[NUMPY]
    prepared = CONTENDERS[NUMPY].prepare(found.work)
    prepared.run(result.checked)
    assert result.moved == distance(prepared.parameters(), found.work.parameters()) > 0
    assert found.results[OBJECTS].moved is None


def test_a_race_is_the_same_after_json(found):
    assert Race.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_what_a_contender_refuses_and_what_ends_it_is_told():
    told = []
    work = Work("5-4-3", 10, "no_such_optimizer")
    found = race([AUTO], work, seconds=0, turn=0.01, tell=told.append)
    assert found.results == {}
    assert found.skipped[AUTO].why == "refused"
    assert "no_such_optimizer" in str(found.skipped[AUTO])
    assert len(told) == 1


def test_one_that_dies_is_left_out_and_the_others_go_on(monkeypatch):
    asked = racing._Process.ask

    def ask(process, seconds):
        if process.name == AUTO and process.process.poll() is None:
            process.process.kill()
            process.process.wait()
        return asked(process, seconds)

    monkeypatch.setattr(racing._Process, "ask", ask)
    found = race([AUTO, NUMPY], WORK, seconds=0, turn=0.01)
    assert list(found.results) == [NUMPY]
    assert len(found.results[NUMPY].turns) == FEWEST
    assert found.skipped[AUTO].why == "failed"


def test_one_that_does_not_answer_is_left_out(monkeypatch):
    monkeypatch.setattr(racing, "PATIENCE", 0.0)
    assert race([NUMPY], WORK, seconds=0).skipped[NUMPY].why == "failed"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_processes_are_bound_to_cores_and_this_one_is_not():
    before = cores()
    with racing.bound_to(before[-1:]):
        code = "import os; print(*os.sched_getaffinity(0))"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.split() == [str(before[-1])]
    assert cores() == before


def test_threads_are_told_by_the_environment():
    environment = racing.environment(3)
    assert {environment[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL")} == {"3"}


def test_one_thread_has_one_core_whatever_the_work_has():
    bound = Work("5-4-3", 10, threads=len(cores()))
    with racing._Process(ONE, bound, True) as process:
        assert process.answer()["moved"] > 0
        if hasattr(os, "sched_getaffinity"):
            assert os.sched_getaffinity(process.process.pid) == {cores()[-1]}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_who_is_not_bound_may_use_all_cores():
    with racing._Process(NUMPY, WORK, False) as process:
        assert os.sched_getaffinity(process.process.pid) == os.sched_getaffinity(0)


def test_what_runs_beside_runs_while_turns_count():
    told = []

    @contextmanager
    def beside():
        told.append("begun")
        yield
        told.append("ended")

    found = race([NUMPY], WORK, seconds=0, turn=0.01, fewest=2, beside=beside(), tell=told.append)
    assert (told.index("begun"), told[-1]) == (2, "ended")  # after preparing, and a round that does not count
    assert len(found.results[NUMPY].turns) == len(found.results[NUMPY].cpu) == 2


def test_seconds_of_processors_are_those_of_a_step(monkeypatch):
    monkeypatch.setattr(racing._Process, "ask", lambda process, seconds: [0.5, 4.0, 1.0])
    result = race([NUMPY], WORK, seconds=0, fewest=2).results[NUMPY]
    assert (result.turns, result.cpu) == ([0.125, 0.125], [0.25, 0.25])


def test_a_turn_tells_the_seconds_of_processors_between_its_ends():
    """By a clock that goes on by 3 s whenever it is looked at."""
    code = (
        "import itertools, sys, time; time.process_time = itertools.count(0, 3).__next__;"
        f"sys.argv = ['child', '{NUMPY}']; from chainrule.bench.child import main; main()"
    )
    asked = json.dumps(asdict(WORK)) + "\n0\n0\n"
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    _, *turns = map(json.loads, told.stdout.splitlines())
    assert [used for _, _, used in turns] == [3, 3]
    assert all(seconds > 0 and steps >= 1 for seconds, steps, _ in turns)


def test_results_of_before_had_no_seconds_of_processors():
    given = Race(WORK, {NUMPY: Result("", [1.0])}, {}).to_dict()
    del given["results"][NUMPY]["cpu"]
    assert Race.from_dict(given).results[NUMPY].cpu == []


def test_figures():
    assert Spread.of([3.0]) == Spread(3.0, 3.0, 3.0)
    assert Spread.of([1.0, 2.0, 3.0, 4.0, 9.0]) == Spread(2.0, 3.0, 4.0)
    turns = {"a": [1.0, 2.0, 4.0], "b": [2.0, 2.0, 2.0], "c": [0.5, 9.0, 9.0]}
    found = Race(WORK, {name: Result("", turns=each) for name, each in turns.items()}, {})
    assert found.ratio("a", "b") == Spread(0.75, 1.0, 1.5)  # of 0.5, 1, 2: turn against turn
    assert found.fastest(["a", "b", "c", "d"]) == "a"
    assert found.fastest(["b", "c"]) == "b"
    assert found.fastest(["d"]) is None


@pytest.mark.heavy
@pytest.mark.long
@pytest.mark.skipif(not (find_spec("torch") and find_spec("jax")), reason="PyTorch or JAX is not installed")
def test_peers_do_the_same_work():
    names = [AUTO, "pytorch", "pytorch-compiled", "jax"]
    found = race(names, Work("64-32:relu-10", 32, threads=len(cores())), seconds=0, turn=0.01)
    assert found.skipped == {}
    moved = [result.moved for result in found.results.values()]
    assert moved == pytest.approx([moved[0]] * 4, rel=1e-5)
