"""The training that power cuts and failing calls disturb, and how it is judged.

It is the command `chainrule train`, run in a forked child of this process, so that the many that are needed
start at once: a tiny network, a checkpoint after each epoch, a log of steps, two new folders.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calls import Answer, Tracer, forked

from chainrule.cli import main
from chainrule.training import run as run_room

RUN = Path("new", "run")
"""Where a run lies; neither folder is there at first."""
SETTINGS = {
    "numpy": ("--engine", "numpy"),
    "native": ("--engine", "native"),
    "best": ("--engine", "numpy", "--patience", "3"),
}
"""Each engine, and a run whose model is the best one."""
COMMON = (
    "--epochs",
    "3",
    "--batch-size",
    "50",
    "--schedule",
    "constant",
    "--log-steps",
    "1",
    "--threads",
    "1",
)
QUIETLY = ("--checkpoint-every", "0", "--no-doctor", "--quiet", "--json")
NO_RUN = "error: there is no run in"
FINISHED = f"The run in {RUN} "
LONGER = ("--epochs", "6")


def begun(kind: str) -> tuple[str, ...]:
    """The command that begins a training."""
    return ("train", "iris", "4-5-3", *SETTINGS[kind], *COMMON, "--out", str(RUN), *QUIETLY)


def resumed(*more: str) -> tuple[str, ...]:
    return ("train", "--resume", str(RUN), *more, *QUIETLY)


def asking(place: Path, command: tuple[str, ...]) -> Callable[[], int]:
    """A command that is asked in a folder."""

    def ask() -> int:
        os.chdir(place)
        return main([*command])

    return ask


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its models and logs, but for the clock, and the names in its folders."""

    files: dict[str, object]
    names: frozenset[str]


def outcome(place: Path) -> Outcome:
    folder = place / RUN
    files: dict[str, object] = {}
    names = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not name.startswith("checkpoints/"):  # how many there were depends on where it was taken up
            names.add(name)
        if path.is_dir():
            continue
        if path.suffix == ".jsonl":
            files[name] = _lines(path.read_bytes())
        elif path.name == "run.json":
            table = json.loads(path.read_text())
            result = {**table["result"], "seconds": 0, "samples_per_second": 0}
            files[name] = [table["status"], table["plan"], result]
        elif not name.startswith((".lock", "checkpoints/")):
            files[name] = path.read_bytes()
    newest = max((folder / "checkpoints").iterdir(), key=lambda path: int(path.name.removeprefix("step-")))
    files |= {f"newest/{path.name}": path.read_bytes() for path in newest.iterdir()}
    return Outcome(files, frozenset(names - {".lock"}))  # without which it trains as well


def _lines(content: bytes) -> object:
    """A log without its clock; as it is where it is damaged."""
    try:
        return [{**json.loads(line), "seconds": 0} for line in content.splitlines()]
    except ValueError:
        return content


def differences(found: Outcome, expected: Outcome) -> str:
    """What is not as it should be; empty where nothing is."""
    stray, lacking = sorted(found.names - expected.names), sorted(expected.names - found.names)
    changed = [name for name, value in expected.files.items() if found.files.get(name) != value]
    told = [("stray", stray), ("lacking", lacking), ("changed", changed)]
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in told if names)


def is_clean(answer: Answer, *codes: int) -> str:
    """What is wrong with how a command answered: its exit code, more than warnings and one error, anything
    foreign; empty where nothing is."""
    said = [line for line in answer.err.splitlines() if not line.startswith("warning: ")]
    if answer.code not in codes:
        return f"exit code {answer.code}: {answer.err}{answer.out}"
    if answer.code == 0:
        said = [line for line in said if not line.startswith(FINISHED)]
    elif len(said) == 1 and said[0].startswith("error: "):
        said = []
    if said or "unexpected" in answer.err:
        return f"said: {answer.err}"
    if answer.code == 0 and not isinstance(json.loads(answer.out), dict):
        return f"told: {answer.out}"
    return ""


@dataclass
class Training:
    """A training that nothing disturbs. command: what is logged and disturbed. start: what is there before.
    whole: what it comes to."""

    kind: str
    command: tuple[str, ...]
    start: Path | None
    whole: Outcome
    longer: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.kind}/{'begin' if self.start is None else 'resume'}"

    def laid_out(self, place: Path) -> Path:
        """A new folder with what is there before."""
        if self.start is None:
            place.mkdir()
        else:
            shutil.copytree(self.start, place)
        return place

    def traced(self, place: Path, **more: Any) -> tuple[Tracer, Answer]:
        tracer = Tracer(self.laid_out(place), **more)
        return tracer, tracer.run(asking(place, self.command))

    def ends(self, place: Path) -> str:
        """Take up the run in a folder, or begin it where there is none: what is wrong with how it ends.
        Empty where it ends as if nothing had been."""
        answer = forked(asking(place, resumed(*self.longer)))
        if answer.code == 2 and answer.err.startswith(NO_RUN):
            answer = forked(asking(place, (*begun(self.kind), *self.longer)))
        return self.is_whole(place, answer)

    def is_whole(self, place: Path, answer: Answer) -> str:
        return is_clean(answer, 0) or differences(outcome(place), self.whole)


def trainings(place: Path, kinds: tuple[str, ...] = tuple(SETTINGS)) -> list[Training]:
    """Of each kind one that begins, and one that is taken up after its third epoch."""
    run_room.learning_curve = lambda history, title: "a picture"  # to draw takes longer than to train
    found = []
    for kind in kinds:
        short, whole = place / f"{kind}-short", place / f"{kind}-whole"
        for folder, more in ((short, ()), (whole, LONGER)):
            folder.mkdir()
            asking_it = asking(folder, (*begun(kind), *more))
            here = os.getcwd()  # in this process at first, which imports what children need
            with open(os.devnull, "w") as nowhere:
                kept, sys.stdout = sys.stdout, nowhere
                try:
                    code = asking_it()
                finally:
                    sys.stdout = kept
                    os.chdir(here)
            assert code == 0, kind
        found.append(Training(kind, begun(kind), None, outcome(short), ()))
        found.append(Training(kind, resumed(*LONGER), short, outcome(whole), LONGER))
    return found
