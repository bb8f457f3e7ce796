"""Whatever comes from outside is answered or refused in a sentence: some inputs for every target, and the
harness that makes many."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import fuzz
import pytest
from fuzz import HERE, Judge, Tally, attack, plain
from targets import TARGETS, RefusedError, Target, WrongError

from chainrule.errors import DataError

EACH = [pytest.param(t, id=t.name, marks=pytest.mark.heavy if t.needs else ()) for t in TARGETS.values()]


@pytest.fixture(scope="module", autouse=True)
def english() -> None:
    """Seeds are made once and refused in one language, so that each run is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAINRULE_LANG", "en")
        yield


def available(target: Target) -> None:
    if target.needs:
        pytest.importorskip(target.needs)


@pytest.mark.quick
@pytest.mark.parametrize("target", EACH)
def test_what_a_target_begins_with_is_right(target: Target, tmp_path: Path) -> None:
    available(target)
    judge = Judge(target, tmp_path, clock=lambda: 0.0)
    assert [fault for data in target.seeds() if (fault := judge.judge(data))] == []
    assert judge.tally.accepted == len(target.seeds())


@pytest.mark.parametrize("target", EACH)
def test_what_is_made_up_is_answered_or_refused(target: Target, tmp_path: Path) -> None:
    available(target)
    judge = Judge(target, tmp_path, clock=lambda: 0.0)
    faults = {
        fault.name: (data, fault.trace)
        for data in plain(target, target.inputs)
        if (fault := judge.judge(data))
    }
    assert faults == {}
    assert len(target.seeds()) <= judge.tally.accepted < judge.tally.executions >= target.inputs


def test_the_same_inputs_are_made_up_each_time() -> None:
    for name in ("model-file", "picture", "npz", "command-line"):
        assert [*plain(TARGETS[name], 40)] == [*plain(TARGETS[name], 40)]
        assert len({*plain(TARGETS[name], 40)}) > 30


def refusing(data: bytes, place: Path) -> None:
    raise {
        b"a": DataError("data.unknown_key_of_a_sentence"),
        b"b": RefusedError("no"),
        b"c": RefusedError("no" * 10**5),
    }[data]


def failing(data: bytes, place: Path) -> None:
    if data == b"a":
        raise WrongError("something else comes back")
    if data == b"b":
        warnings.warn("careful", RuntimeWarning, stacklevel=1)
    if data == b"c":
        raise MemoryError
    if data == b"d":
        raise OSError(5, "a disk")


def planted(function: object) -> Target:
    return Target("planted", "nothing", lambda: [b"0"], lambda data, rng: data, function)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"a", "wrong-"), (b"b", "RuntimeWarning-"), (b"c", "MemoryError-"), (b"d", "OSError-")],
)
def test_a_fault_is_seen(data: bytes, name: str, tmp_path: Path) -> None:
    judge = Judge(planted(failing), tmp_path)
    fault = judge.judge(data)
    assert fault is not None
    assert fault.name.startswith(name)
    assert judge.tally.faults == {fault.name: 1}
    assert judge.judge(b"e") is None
    assert judge.tally.accepted == 1


@pytest.mark.parametrize(("data", "name"), [(b"a", "message-KeyError"), (b"c", "message-long")])
def test_a_message_that_nobody_can_read_is_a_fault(data: bytes, name: str, tmp_path: Path) -> None:
    judge = Judge(planted(refusing), tmp_path)
    fault = judge.judge(data)
    assert fault is not None
    assert fault.name.startswith(name)
    assert judge.judge(b"b") is None
    assert judge.tally.accepted == 0


def test_an_answer_that_takes_too_long_is_a_fault_only_if_it_does_so_twice(tmp_path: Path) -> None:
    def seconds(*each: float) -> Judge:
        times = iter([at for taken in each for at in (0.0, taken)])
        return Judge(planted(failing), tmp_path, clock=lambda: next(times))

    assert seconds(1.9).judge(b"e") is None
    assert seconds(9.0, 1.9).judge(b"e") is None
    fault = seconds(9.0, 2.1).judge(b"e")
    assert fault is not None
    assert fault.name == "slow"


def test_a_value_that_a_formula_does_not_have_is_seen() -> None:
    from targets import check_value

    from chainrule.expr import leaf

    z = leaf("z", ("n",))
    check_value("2*x + 1", [2 * z + 1])
    check_value("1e-320 > x", [z])  # of which nothing is sure
    with pytest.raises(WrongError, match="another value"):
        check_value("2*x + 1", [2 * z - 1])


def test_an_input_that_showed_a_fault_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TARGETS, "planted", planted(failing))
    monkeypatch.setattr(fuzz, "bound_memory", lambda: None)
    (tmp_path / "input").write_bytes(b"d")
    assert fuzz.again("planted", tmp_path / "input") == 1
    assert "raise OSError" in capsys.readouterr().out
    (tmp_path / "input").write_bytes(b"e")
    assert fuzz.again("planted", tmp_path / "input") == 0
    assert capsys.readouterr().out.startswith("accepted\n")


def test_tallies_add_up() -> None:
    whole = Tally(2, 1, 0.5, 0.4, 10, {"a": 1})
    whole.add(Tally(3, 0, 1.5, 0.2, 20, {"a": 1, "b": 2}))
    assert whole == Tally(5, 1, 2.0, 0.4, 20, {"a": 2, "b": 2})


def test_the_targets_are_listed() -> None:
    shown = subprocess.run(
        [sys.executable, HERE / "fuzz.py", "--list"], capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[0] for line in shown.splitlines()] == list(TARGETS)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="what bounds the memory of a process is Linux's")
@pytest.mark.parametrize("target", EACH)
def test_inputs_that_reach_new_lines_are_changed_further(target: Target, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    available(target)
    tally = attack(target.name, tmp_path, minutes=2, runs=target.inputs)
    log = (tmp_path / target.name / "log").read_text()
    assert tally.faults == {}, [path.read_text() for path in (tmp_path / target.name).glob("faults/*.txt")]
    assert tally.executions >= target.inputs, log
