"""Run folders in which names lead elsewhere, and whether anything outside is touched.

    python tests/attack/links.py --minutes 1    # another process turns names into links and back meanwhile

Beside the run's folder lies a victim: files and folders that no run has anything to do with, among them
copies of the run's own. It prints how many runs there were and how they ended, and fails at the first that
touched the victim.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from chainrule.data.dataset import Dataset
from chainrule.errors import ChainruleError
from chainrule.model import LAST
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.training import run as run_room
from chainrule.training.checkpoints import BEST, MANIFEST, PLACE
from chainrule.training.folder import CURVE, EVENTS, HISTORY, LOG, NETWORK, PLAN
from chainrule.training.lock import LOCK
from chainrule.training.plan import Plan
from chainrule.training.run import Run
from small_samples import classes

DATA = Dataset(classes(40))
PLAN_ = Plan("clouds", parse_shorthand("3-3"), Recipe(epochs=6, batch_size=12, log_steps=2), engine="numpy")
STEPS = 18
FILES = (PLAN, NETWORK, HISTORY, LOG, LAST, BEST, CURVE, LOCK)
STEP = ("step-5", "step-8")
"""The checkpoints of the run that is taken up; the next ones are step-11, ... and, at its end, step-18."""
IN_STEP = tuple(f"{PLACE}/{step}/{file}" for step in STEP for file in (LAST, BEST, MANIFEST))
UNFINISHED = tuple(f".{name}.{'0a' * 8}.part" for name in (PLAN, LAST, HISTORY))
LATER = (
    "learning-curve.png", *UNFINISHED, ".run.json.abcdefgh", f".{LAST}.link", f"{EVENTS}/events.out",
    f"{PLACE}/step-11", f"{PLACE}/step-18", f"{PLACE}/.step-11", f"{PLACE}/.step-18", f"{PLACE}/.step-9",
    f"{PLACE}/.step-11/{LAST}", f"{PLACE}/step-18/{LAST}", f"{PLACE}/.step-9/{MANIFEST}",
)  # fmt: skip
"""What is not there yet when the run is taken up."""
NAMES = (*FILES, PLACE, EVENTS, *(f"{PLACE}/{step}" for step in STEP), *IN_STEP, *LATER)
OWN = {*FILES, PLACE, EVENTS, *(f"{PLACE}/{step}" for step in STEP), *IN_STEP}
"""Of these, those in whose place a run that is taken up tolerates nothing else."""
LINKS = ("link to file", "link to folder", "dangling link")
KINDS = (*LINKS, "hard link", "pipe", "folder", "socket", "device")


def stopped(folder: Path) -> Path:
    """A run with checkpoints after 5 and 8 of its 18 steps, in a folder."""
    _go(Run.begin(PLAN_, DATA, [], folder), 5)
    _go(Run.take_up(folder, PLAN_, DATA, []), 8)
    return folder


def _go(run: Run, steps: int) -> None:
    run.go(stop=lambda: run.trainer.steps >= steps)


def victim(place: Path, run: Path) -> Path:
    """A folder of somebody else, with what a run might take for its own."""
    folder = shutil.copytree(run, place / "victim")
    for name in ("step-1", "step-2", ".step-9"):
        (folder / name).mkdir()
        (folder / name / "thesis").write_text("precious")
    for name in sorted((*LATER, CURVE, "precious"), key=len, reverse=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"precious {name}")
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if path.is_file():
            path.chmod((0o600, 0o640, 0o444)[number % 3])
    return folder


def state(folder: Path) -> dict[str, object]:
    """All that can be seen of a tree: names, kinds, permissions, contents, when they were changed."""
    found: dict[str, object] = {}
    for path in sorted((folder, *folder.rglob("*"))):
        seen = path.lstat()
        content: object = None
        if stat.S_ISREG(seen.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(seen.st_mode):
            content = os.readlink(path)
        found[str(path)] = seen.st_mode, seen.st_mtime_ns, content
    return found


def plant(kind: str, name: str, folder: Path, outside: Path) -> bool:
    """Put something of a kind in the place of a name in a run's folder; links lead to the victim's thing of
    that name. Returns whether that can be done here."""
    path, theirs = folder / name, outside / name
    if kind == "hard link" and not theirs.is_file():
        return False
    if kind == "device" and os.geteuid() != 0:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if kind == "link to file":
        path.symlink_to(theirs if theirs.is_file() else outside / "precious")
    elif kind == "link to folder":
        path.symlink_to(theirs if theirs.is_dir() else outside / "step-1")
    elif kind == "dangling link":
        path.symlink_to(outside / "nothing")
    elif kind == "hard link":
        os.link(theirs, path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
        (path / "thesis").write_text("precious")
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # as a socket's path must be short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        finally:
            os.chdir(here)
    else:
        try:
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero
        except PermissionError:  # in a container
            return False
    return True


@contextmanager
def unhung(seconds: int = 60) -> Iterator[None]:
    """Fails where what is inside waits for ever."""

    def late(number: int, frame: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


FLIPS = ("link", "hard link", "gone")


def flip(folder: Path, outside: Path, seed: int) -> None:
    """Turn names in a run's folder into others and back, until this process is asked to end."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    rng, steps = random.Random(seed), [f"step-{number}" for number in range(1, STEPS + 1)]
    names = [*FILES, *FILES, *[PLACE] * 8, EVENTS]
    names += [f"{PLACE}/{dot}{step}" for dot in ("", ".") for step in steps]
    print("flipping", flush=True)  # noqa: T201
    flips = 0
    while not ended:
        flips += 1
        if (folder / PLACE).is_symlink():  # for want of its own place
            os.unlink(folder / PLACE)
        name = rng.choice(names)
        if rng.random() < 0.1:
            with suppress(OSError, IndexError):
                name = rng.choice([each for each in os.listdir(folder) if each.endswith(".part")])
        path, theirs, aside = folder / name, outside / name, folder.with_name(f"aside-{seed}")
        how = rng.choice(FLIPS)
        with suppress(OSError):
            os.rename(path, aside)
        with suppress(OSError):
            if how == "link":
                os.symlink(theirs if os.path.lexists(theirs) else outside / PLACE / STEP[1], path)
            elif how == "hard link":
                os.link(theirs, path)
        if rng.random() < 0.3:
            time.sleep(rng.random() / 200)
        with suppress(OSError):
            if path.is_symlink() or how == "hard link":
                os.unlink(path)
        with suppress(OSError):
            os.rename(aside, path)
    print(flips)  # noqa: T201


@contextmanager
def flipping(folder: Path, outside: Path, seed: int) -> Iterator[list[int]]:
    """Another process that flips names meanwhile; afterwards the list has their number."""
    command = [sys.executable, __file__, "--flip", folder, outside, "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        flips: list[int] = []
        try:
            yield flips
        finally:
            process.terminate()
            flips.append(int(process.stdout.read()))


def disturbed(place: Path, source: Path, seed: int) -> Counter[str]:
    """Runs, each begun or taken up while names in its folder flip, for a second or two. Returns how they
    ended. Raises AssertionError where the victim was touched."""
    rng, ends = random.Random(seed), Counter[str]()
    outside = victim(place, source)
    for path in outside.rglob("step-*"):  # whole checkpoints, which a run would remove as its own
        if path.parent.name == PLACE and not path.is_file():
            for other in range(1, STEPS + 1):
                with suppress(FileExistsError):
                    shutil.copytree(source / PLACE / STEP[1], path.with_name(f"step-{other}"))
    folder = place / "run"
    shutil.copytree(source, folder)
    before = state(outside)
    with flipping(folder, outside, seed) as flips:
        for number in range(20):
            with unhung():
                if rng.random() < 0.3:
                    for name in (folder, folder.with_name(f"run-{number}")):
                        with suppress(ChainruleError):
                            Run.begin(PLAN_, DATA, [], name).go(checkpoint_every=0)
                            break
                end = _taken_up(folder)
            ends[end] += 1
            if end.startswith(("ended", "moved")) or not (folder / PLACE).is_dir():
                with suppress(OSError):  # begin again, as nothing is left to do there
                    refill(folder, source)
    after = state(outside)
    changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    assert not changed, changed
    ends["flips"] += flips[0]
    return ends


def _taken_up(folder: Path) -> str:
    """How a run ends that is taken up."""
    warned: list[ChainruleError] = []
    try:
        run = Run.take_up(folder, PLAN_, DATA, [], lambda problem: None)
        run.go(warn=warned.append, checkpoint_every=0)
    except ChainruleError as problem:
        return problem.key
    if run.folder != folder:
        return "moved and ended"
    return "ended, with warnings" if warned else "ended"


def refill(folder: Path, source: Path) -> None:
    """Put the checkpoints of the stopped run in the place of those of a finished one, as far as that can be
    done in a folder that flips."""
    shutil.copy(source / PLAN, folder / f"{PLAN}.new")
    os.replace(folder / f"{PLAN}.new", folder / PLAN)
    if not (folder / PLACE).is_symlink():
        os.rename(folder / PLACE, folder.with_name(f"old-{time.monotonic_ns()}"))
        shutil.copytree(source / PLACE, folder.with_name("new"))
        os.rename(folder.with_name("new"), folder / PLACE)


def main() -> None:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--minutes", type=float, default=1)
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--flip", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = reader.parse_args()
    if given.flip:
        flip(*given.flip, given.seed)
        return
    run_room.learning_curve = lambda history, title: "a picture"  # to draw takes longer than to train
    ends, rounds, until = Counter[str](), 0, time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory() as place:
        source = stopped(Path(place) / "source")
        while time.monotonic() < until:
            folder = Path(place) / str(rounds)
            folder.mkdir()
            ends += disturbed(folder, source, given.seed + rounds)
            shutil.rmtree(folder)
            rounds += 1
    flips = ends.pop("flips")
    told = ", ".join(f"{count} {end}" for end, count in ends.most_common())
    runs = f"{rounds} folders, {ends.total()} runs, {flips} flips"
    sys.stdout.write(f"{runs}: {told}; nothing outside was touched\n")


if __name__ == "__main__":
    main()
