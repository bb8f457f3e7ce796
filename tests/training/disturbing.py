"""Runs that are disturbed, and compared with runs that nothing disturbed.

    python tests/training/disturbing.py kills 1000    # kill -9 at 1,000 moments
    python tests/training/disturbing.py full 1000     # the disk is full at so many calls that write, or all
    python tests/training/disturbing.py full 1000 --first 404    # the same, of calls from that one on
    python tests/training/disturbing.py limit 200     # files may not be larger than so many sizes, in turn

It prints how often it did what, and fails at the first run that lost anything. Each run is a forked child of
this process, so that the many that are needed start at once.
"""

from __future__ import annotations

import os

os.environ |= {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}  # forks of a process with threads may hang

import argparse
import errno
import json
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from chainrule.data.dataset import Dataset
from chainrule.errors import ChainruleError, TrainingError
from chainrule.model import LAST, load
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training import run as run_room
from chainrule.training.checkpoints import BEST, PLACE, Checkpoints
from chainrule.training.folder import HISTORY, LOG, PLAN, read_run
from chainrule.training.lock import LOCK
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

DATA = Dataset(classes(200, features=8), classes(50, features=8, seed=1))
NET = parse_shorthand("8-12:tanh-3")
NORMED = replace(NET, layers=(replace(NET.layers[0], norm="batch"), NET.layers[1]))
ALL = Recipe(
    5,
    16,
    "adam",
    schedule="plateau",
    ema=0.9,
    max_norm=2,
    patience=4,
    log_steps=3,
    smoothing=0.1,
    validation=0.2,
)
PLANS = (
    Plan("clouds", NET, Recipe(5, 16), engine="numpy", threads=1),
    Plan("clouds", NORMED.with_dropout(0.3, 0.1), ALL, seed=1, engine="numpy", threads=1),
    Plan("clouds", NORMED, Recipe(5, 16, log_steps=2), seed=2, engine="native", threads=1),
)
"""Of every kind of state there is; a checkpoint after all steps that are done in one go."""
IN_PLACE = re.compile(r"\.?step-.*|model\.safetensors|best\.safetensors|SHA256SUMS")
"""What lies in the folder of checkpoints, or in one of them."""
FOR_EVER = float("inf")
THROUGH, REFUSED, BROKEN = 0, 3, 4
run_room.learning_curve = lambda history, title: "a picture"  # to draw takes longer than to train
WRITES = {"os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}


class Child:
    """A process that trains in a folder. written: the steps of the checkpoints that it told of. saving:
    whether it ended while it wrote one. warned: what went wrong and did not stop it."""

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        before: Callable[[], object] = lambda: None,
        after: float | None = None,
    ) -> None:
        """before: called in the child before it trains. after: seconds until it is killed."""
        receive, send = os.pipe()
        process = os.fork()
        if not process:
            os.close(receive)
            os._exit(trained(folder, plan, before, send))
        os.close(send)
        if after is not None:
            time.sleep(after)
            os.kill(process, signal.SIGKILL)
        with os.fdopen(receive) as told:
            lines = told.read().splitlines()
        self.code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        self.killed = self.code == -signal.SIGKILL
        self.written = [int(line.split()[1]) for line in lines if line.startswith("written")]
        self.warned = [line for line in lines if line.startswith("warned")]
        self.saving = bool(lines) and lines[-1] == "saving"
        if self.code not in (THROUGH, REFUSED, -signal.SIGKILL):
            raise SystemExit(f"{folder}: exit code {self.code}\n" + "\n".join(lines))


def trained(folder: Path, plan: Plan, before: Callable[[], object], send: int) -> int:
    """Begin a run or take it up, train to its end, and tell of checkpoints and warnings. Returns an exit
    code."""

    def tell(line: str) -> None:
        os.write(send, f"{line}\n".encode())

    def write(self: Checkpoints, step: int, files: dict[str, bytes]) -> Path:
        tell("saving")
        path = kept(self, step, files)
        tell(f"written {step}")
        return path

    def warn(problem: ChainruleError) -> None:
        tell(f"warned {problem}")

    kept, Checkpoints.write = Checkpoints.write, write
    try:
        if (folder / PLAN).exists():
            run = Run.take_up(folder, plan, DATA, [], warn)
            before()
        else:
            before()
            run = Run.begin(plan, DATA, [], folder)
        run.go(warn=warn, checkpoint_every=0)
    except TrainingError as problem:
        tell(f"warned {problem}")
        return REFUSED
    except BaseException:
        tell(traceback.format_exc())
        return BROKEN
    return THROUGH


def at_write(number: int, folder: Path, what: Callable[[], object], times: float = 1) -> Callable[[], None]:
    """Lets `what` happen before the call of that number, counted from 1, that changes something in a folder,
    and before the calls after it, so many times in all."""
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        changes = event in WRITES or (event == "open" and int(arguments[2]) & (os.O_WRONLY | os.O_RDWR))
        path = str(arguments[0])
        if changes and (path.startswith(str(folder)) or named_in(folder, path)):
            seen += 1
            if number <= seen < number + times:
                what()

    return lambda: sys.addaudithook(hook)


def named_in(folder: Path, name: str) -> bool:
    """Whether a name by itself, as what lies in a run's folder is reached by, may lie in that folder."""
    return name == Path(name).name and (folder.name != PLACE or bool(IN_PLACE.fullmatch(name)))


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def generations(folder: Path) -> list[int]:
    """The steps after which the checkpoints in a folder were written, the newest last."""
    return sorted(int(path.name.removeprefix("step-")) for path in (folder / PLACE).glob("step-*"))


def check_nothing_lost(folder: Path, written: list[int]) -> None:
    """The newest checkpoint that was told of, or a newer one, is there and whole; and so is all beside it."""
    if written:
        found, problems = Checkpoints(folder).read()
        assert found is not None
        assert not problems, problems
        assert generations(folder)[-1] >= written[-1]
    for name in (LAST, BEST):
        if (folder / name).exists():
            load(folder / name)
    if (folder / PLAN).exists():
        read_run(folder)


def outcome(folder: Path) -> dict[str, object]:
    """What a run comes to: its files, but for times and for how many checkpoints there were."""
    history = [json.loads(line) for line in (folder / HISTORY).read_text().splitlines()]
    plan, status, result = read_run(folder)
    newest = folder / PLACE / f"step-{generations(folder)[-1]}"
    files = [
        path for path in (*newest.iterdir(), *(folder / name for name in (LAST, BEST, LOG))) if path.exists()
    ]
    return {
        "names": {path.name for path in folder.iterdir()} - {LOCK},  # without which it trains as well
        "history": [{**entry, "seconds": None} for entry in history],
        "plan": plan,
        "status": status,
        "result": {**result, "seconds": None, "samples_per_second": None, "run": None},
        **{str(path.relative_to(folder)): path.read_bytes() for path in files},
    }


def check_same(folder: Path, whole: Path) -> None:
    """Byte for byte."""
    ours, theirs = outcome(folder), outcome(whole)
    assert ours.keys() == theirs.keys(), (folder, set(ours) ^ set(theirs))
    for name in theirs:
        assert ours[name] == theirs[name], (folder, name)


def check_ends_alike(child: Child, folder: Path, plan: Plan, whole: Path, problem: str) -> None:
    """A run that could not write lost nothing, told of nothing but the problem, and ends as if there had been
    none, taken up where it was refused; then it is removed."""
    check_nothing_lost(folder, child.written)
    assert all(problem in line for line in child.warned), child.warned
    if child.code == REFUSED:
        assert Child(folder, plan).code == THROUGH
    check_same(folder, whole)
    shutil.rmtree(folder)


def undisturbed(folder: Path, plan: Plan) -> tuple[Path, float]:
    """A run of a plan in a folder, and the seconds it took."""
    Run.begin(plan, DATA, [], folder.with_name(f"{folder.name}-first")).go()  # imports what children need
    begun = time.monotonic()
    assert Child(folder, plan).code == THROUGH
    return folder, time.monotonic() - begun


def kills(place: Path, given: argparse.Namespace) -> str:
    """Kill runs at random moments and at random writes; each run is taken up until it gets through."""
    whole = [undisturbed(place / f"whole-{number}", plan) for number, plan in enumerate(PLANS)]
    rng = random.Random(given.seed)
    done = saving = runs = 0
    while done < given.count:
        number = runs % len(PLANS)
        folder, code = place / f"killed-{runs}", None
        while code != THROUGH:
            if done >= given.count:
                child = Child(folder, PLANS[number])
            elif rng.random() < 0.5:
                child = Child(folder, PLANS[number], after=rng.uniform(0, 0.5) * whole[number][1])
            else:
                where = rng.choice([folder, folder / PLACE])
                child = Child(folder, PLANS[number], at_write(rng.randrange(1, 40), where, kill))
            code = child.code
            done, saving = done + child.killed, saving + (child.killed and child.saving)
            check_nothing_lost(folder, child.written)
        check_same(folder, whole[number][0])
        shutil.rmtree(folder)
        runs += 1
    return (
        f"{done} kills, {saving} of them while a checkpoint was written; {runs} runs ended as if never killed"
    )


def full(place: Path, given: argparse.Namespace) -> str:
    """Let calls that write find the disk full: one alone, the next few as well, or all from there."""
    plan = PLANS[1]
    whole, _ = undisturbed(place / "whole", plan)
    with (place / "calls").open("wb", buffering=0) as calls:
        Child(place / "counted", plan, at_write(1, place / "counted", partial(calls.write, b"."), FOR_EVER))
    every = (place / "calls").stat().st_size
    numbers = range(given.first, every + 1)
    count = min(given.count, len(numbers))
    warned = refused = 0
    for number in sorted(random.Random(given.seed).sample(numbers, count)):
        folder, rng = place / f"full-{number}", random.Random(f"{given.seed} {number}")
        child = Child(folder, plan, at_write(number, folder, fill, rng.choice([1, 5, FOR_EVER])))
        warned, refused = warned + bool(child.warned), refused + (child.code == REFUSED)
        check_ends_alike(child, folder, plan, whole, "the disk is full")
    return (
        f"{count} of the calls {given.first} to {every} found the disk full: {warned} runs said so, "
        f"{refused} could not be ended and were taken up; all ended alike"
    )


def limit(place: Path, given: argparse.Namespace) -> str:
    """Let the system refuse to write more than so many bytes of a file, of many sizes."""
    plan, rng = PLANS[1], random.Random(given.seed)
    whole, _ = undisturbed(place / "whole", plan)
    refused = 0
    for number in range(given.count):
        folder, most = place / f"limit-{number}", rng.randrange(12_000)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        set_limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, hard))
        child = Child(folder, plan, set_limit)
        refused += child.code == REFUSED
        check_ends_alike(child, folder, plan, whole, "too large")
    return f"{given.count} limits: {refused} runs could not be ended and were taken up; all ended alike"


def main() -> None:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("what", choices=("kills", "full", "limit"))
    reader.add_argument("count", type=int)
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--first", type=int, default=1, help="of the calls that `full` tries")
    given = reader.parse_args()
    with tempfile.TemporaryDirectory() as place:
        disturb = {"kills": kills, "full": full, "limit": limit}[given.what]
        sys.stdout.write(disturb(Path(place), given) + "\n")


if __name__ == "__main__":
    main()
