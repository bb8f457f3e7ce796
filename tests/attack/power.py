"""Power cuts: what a disk may hold after one, rebuilt from the log of a training's calls.

    python tests/attack/power.py --minutes 10         # states at random, for so long
    python tests/attack/power.py --states 1000        # so many
    python tests/attack/power.py --control            # the same logs without their flushes: states are lost
    python tests/attack/power.py --only numpy/begin/57/strict --keep    # one state again, which is left there

After any call the power may go. What is there then is rebuilt by four models:

killed    all that was done; of a call that writes, maybe half: the process was killed, not the machine
strict    what was flushed: bytes of a file by its own flush, a name by that of its folder
names     all names, but of each file only flushed bytes; the others are missing or 0
data      all bytes, but only names that were flushed

On each state `train --resume` has to end with the bits of a training that nothing disturbed. That there is no
run it may say before the training had flushed one only, and then the training must begin as if nothing were
there. It prints what it did, and fails where a state was judged otherwise.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from calls import Event, forked, stand_alone, why_not

if __name__ == "__main__":
    stand_alone()

from trained import NO_RUN, Training, asking, is_clean, resumed, trainings

MODELS = ("killed", "strict", "names", "data")
PLAN = "run.json"


@dataclass
class Node:
    """A file's bytes, or a folder's names with the nodes that they lead to; and what is flushed of them."""

    is_folder: bool
    content: bytearray = field(default_factory=bytearray)
    names: dict[str, int] = field(default_factory=dict)
    flushed: bytes = b""
    flushed_names: dict[str, int] = field(default_factory=dict)

    def flush(self) -> None:
        self.flushed, self.flushed_names = bytes(self.content), dict(self.names)


class Disk:
    """A folder as a log of calls left it. start: the node of each path that was there; root: its copy."""

    def __init__(self, start: dict[Path, int], root: Path | None) -> None:
        self.nodes: dict[int, Node] = {}
        top = min(start, key=lambda path: len(path.parts))
        for path, number in start.items():
            copy = (root or top) / path.relative_to(top)
            node = self.nodes[number] = Node(copy.is_dir())
            if not node.is_folder:
                node.content[:] = copy.read_bytes()
            if path != top:
                self.nodes[start[path.parent]].names[path.name] = number
        for node in self.nodes.values():
            node.flush()
        self.top = start[top]

    def apply(self, event: Event) -> None:
        node = self.nodes.get(event.node)
        if event.what == "make":
            self.nodes[event.node] = Node(event.is_folder)
        elif event.what == "write":
            node.content.extend(bytes(max(0, event.at - len(node.content))))
            node.content[event.at : event.at + len(event.data)] = event.data
        elif event.what == "cut":
            node.content.extend(bytes(max(0, event.at - len(node.content))))
            del node.content[event.at :]
        elif event.what == "flush":
            node.flush()
        elif event.what == "sync":
            for each in self.nodes.values():
                each.flush()
        if event.what in ("make", "name") and event.folder >= 0:
            self.nodes[event.folder].names[event.name] = event.node
        if event.what == "drop":
            del self.nodes[event.folder].names[event.name]
        if event.instead_of:
            folder, name = event.instead_of
            del self.nodes[folder].names[name]

    def rebuild(self, place: Path, model: str, rng: random.Random) -> None:
        """Lay out in a new folder what a model leaves."""
        built: dict[int, Path] = {}
        left = [(self.top, place)]
        while left:
            number, path = left.pop()
            node = self.nodes[number]
            if node.is_folder:
                path.mkdir()
                names = node.names if model in ("killed", "names") else node.flushed_names
                left += [(each, path / name) for name, each in names.items()]
            elif number in built:
                path.hardlink_to(built[number])
            else:
                built[number] = path
                path.write_bytes(self._bytes(node, model, rng))

    def _bytes(self, node: Node, model: str, rng: random.Random) -> bytes:
        if model in ("killed", "data"):
            return bytes(node.content)
        missing = max(0, len(node.content) - len(node.flushed))
        zeros = model == "names" and rng.random() < 0.5
        return node.flushed + bytes(missing if zeros else 0)


@dataclass(frozen=True)
class State:
    """What is on the disk after so many events of a log."""

    label: str
    training: Training
    events: Sequence[Event]
    start: dict[Path, int]
    count: int
    model: str
    is_promised: bool

    def rebuild(self, place: Path) -> None:
        rng = random.Random(self.label)
        disk = Disk(self.start, self.training.start)
        for event in self.events[: self.count]:
            disk.apply(event)
        if self.model == "killed" and self.count < len(self.events) and rng.random() < 0.5:
            then = self.events[self.count]
            if then.what == "write":
                disk.apply(
                    Event("write", then.call, then.node, at=then.at, data=then.data[: len(then.data) // 2])
                )
        disk.rebuild(place, self.model, rng)

    def judge(self, place: Path) -> str:
        """What is wrong with how a training goes on from here; empty where nothing is."""
        answer = forked(asking(place, resumed(*self.training.longer)))
        if answer.code != 2 or not answer.err.startswith(NO_RUN):
            return self.training.is_whole(place, answer)
        if wrong := is_clean(answer, 2):
            return wrong
        if self.is_promised:
            return f"lost: {answer.err}"
        return self.training.ends(place)  # by beginning it

    def __str__(self) -> str:
        last = self.events[self.count - 1].call if self.count else "nothing"
        return f"{self.label}, after {last}"


def promised_after(events: Sequence[Event], is_there: bool) -> int:
    """After how many events a run may not be lost any more: when the folder with its plan was flushed."""
    folder = None
    for number, event in enumerate(events, 1):
        if event.what in ("make", "name") and event.name == PLAN:
            folder = event.folder
        if event.what == "sync" or (event.what == "flush" and event.node == folder):
            return 0 if is_there else number
    return 0 if is_there else len(events) + 1


def states(place: Path, without_flushes: bool = False) -> Iterator[State]:
    """Of each training, after each event, by each model."""
    for training in trainings(place):
        name, folder = training.name, place / training.name.replace("/", "-")
        tracer, answer = training.traced(folder)
        if wrong := training.is_whole(folder, answer):
            raise SystemExit(f"{name}, which is only logged: {wrong}")
        promise = promised_after(tracer.events, training.start is not None)
        kept = [
            (number, event)
            for number, event in enumerate(tracer.events, 1)
            if not (without_flushes and event.what in ("flush", "sync"))
        ]
        events = [event for _, event in kept]
        for count in range(len(events) + 1):
            number = kept[count - 1][0] if count else 0
            for model in MODELS:
                label = f"{name}/{count}/{model}"
                yield State(label, training, events, tracer.start, count, model, number >= promise)


def tried(chosen: Sequence[State], place: Path, until: float, keep: bool) -> tuple[dict[str, int], list[str]]:
    """How many states of each model were judged until then or until Ctrl-C, and what was wrong with them."""
    counts, wrong = dict.fromkeys(MODELS, 0), []
    with suppress(KeyboardInterrupt):
        _try(chosen, place, until, keep, counts, wrong)
    return counts, wrong


def _try(
    chosen: Sequence[State],
    place: Path,
    until: float,
    keep: bool,
    counts: dict[str, int],
    wrong: list[str],
) -> None:
    for state in chosen:
        if time.monotonic() > until:
            break
        folder = place / "state"
        state.rebuild(folder)
        problem = state.judge(folder)
        counts[state.model] += 1
        if problem:
            wrong.append(f"{state}: {problem.strip()}")
        if keep and problem:
            state.rebuild(kept := Path(tempfile.mkdtemp(prefix="state-")) / "disk")
            wrong.append(f"  it is in {kept}")
        shutil.rmtree(folder)


def main() -> int:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--states", type=int, help="how many; without it and --minutes all there are")
    reader.add_argument("--minutes", type=float, default=float("inf"), help="for how long at most")
    reader.add_argument("--seed", type=int, default=0, help="of the choice among states")
    reader.add_argument("--control", action="store_true", help="leave the flushes out of the logs")
    reader.add_argument("--only", help="the one state of that name")
    reader.add_argument("--keep", action="store_true", help="leave the states that were judged wrong")
    given = reader.parse_args()
    if reason := why_not():
        raise SystemExit(reason)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        until = time.monotonic() + 60 * given.minutes
        every = [*states(place, given.control)]
        if given.only:
            chosen = [state for state in every if state.label == given.only]
        else:
            if given.control:  # of which something may be lost; what was there at first is sound
                every = [each for each in every if each.is_promised and each.model != "killed"]
                every = [each for each in every if each.training.start is None]
            chosen = random.Random(given.seed).sample(every, min(given.states or len(every), len(every)))
        counts, wrong = tried(chosen, place, until, given.keep)
    done = sum(counts.values())
    each = ", ".join(f"{model} {count}" for model, count in counts.items())
    refused = len([line for line in wrong if not line.startswith("  ")])
    sys.stdout.write(f"{done} of {len(every)} states ({each}): {refused} of them lost or damaged\n")
    if given.control:
        return 0 if 2 * refused > done > 0 else 1
    sys.stdout.write("".join(line + "\n" for line in wrong))
    return 1 if wrong or not done else 0


if __name__ == "__main__":
    sys.exit(main())
