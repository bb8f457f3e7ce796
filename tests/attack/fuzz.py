"""Attack what reads from outside with inputs that are made up, and keep those that show a fault.

    python tests/attack/fuzz.py --list
    python tests/attack/fuzz.py TARGET ... --minutes 10 [--jobs 2]
    python tests/attack/fuzz.py all --minutes 10
    python tests/attack/fuzz.py TARGET --again FILE

Each target (targets.py) runs in a process of its own. Where atheris is installed (extra `attack`), inputs
that reach new lines of the package are changed further; else they are drawn from the seeds alone. A fault is
an exception that is none of the project's, a warning, an answer that takes too long or too much memory, and
what comes back as something else. Its input is kept in .fuzz/TARGET/faults, with the traceback beside it;
--again shows what that input does now.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(path) for path in (HERE, HERE.parent, HERE.parent / "data") if str(path) not in sys.path]

if TYPE_CHECKING:
    from targets import Target

MEMORY = 2 << 30
"""Bytes that an input may make a process take, beside what it has when the seeds are through."""
LONGEST_MESSAGE = 20_000
"""Characters of an error; nobody reads more."""
PLAIN_ROUND = 3
"""Changes that are made one after the other to an input where nothing tells which of them reach new lines."""
STARTS = 20
"""How often a target's process is started again, after it was killed."""


@dataclass
class Fault:
    """What an input shows. name: of its kind and place, by which faults are told apart."""

    name: str
    trace: str


@dataclass
class Tally:
    """What was tried. slowest, seconds: of one input, of all. peak: bytes of the process at most."""

    executions: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.executions += other.executions
        self.accepted += other.accepted
        self.seconds += other.seconds
        self.slowest, self.peak = max(self.slowest, other.slowest), max(self.peak, other.peak)
        for name, count in other.faults.items():
            self.faults[name] = self.faults.get(name, 0) + count


class Judge:
    """Gives inputs to a target, and says what is wrong with the answers.

    place: an empty folder. clock: seconds of the processor.
    """

    def __init__(self, target: Target, place: Path, clock: Callable[[], float] = time.process_time) -> None:
        self.target, self.place, self.clock = target, place, clock
        self.tally = Tally()

    def judge(self, data: bytes) -> Fault | None:
        """What is wrong with the answer to one input, if anything is."""
        fault, accepted, taken = self._answered(data)
        if fault is None and taken > self.target.seconds:
            # the first time it may have been something that is kept from then on
            fault, accepted, again = self._answered(data)
            taken = min(taken, again)
            if fault is None and taken > self.target.seconds:
                fault = Fault("slow", f"{taken:.1f} s of the processor")
        tally = self.tally
        tally.executions += 1
        tally.seconds += taken
        tally.slowest = max(tally.slowest, taken)
        if fault:
            tally.faults[fault.name] = tally.faults.get(fault.name, 0) + 1
        elif accepted:
            tally.accepted += 1
        return fault

    def _answered(self, data: bytes) -> tuple[Fault | None, bool, float]:
        """What is wrong, whether the input is accepted, and the seconds that it takes."""
        began = self.clock()
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            # how ziamath finds its font
            warnings.filterwarnings("ignore", "path is deprecated", DeprecationWarning)
            refusal = self._refused(data)
        taken = self.clock() - began
        if isinstance(refusal, Fault):
            return refusal, False, taken
        fault = _warned(heard[0]) if heard else None if refusal is None else _unreadable(refusal)
        return fault, refusal is None, taken

    def _refused(self, data: bytes) -> Fault | Exception | None:
        from targets import RefusedError

        from chainrule.errors import ChainruleError

        try:
            self.target.function(data, self.place)
        except (ChainruleError, RefusedError) as error:
            return error
        except Exception as error:
            return Fault(_name(error), "".join(traceback.format_exception(error)))
        return None


def _warned(first: warnings.WarningMessage) -> Fault:
    place = f"{Path(first.filename).stem}-{first.lineno}"
    text = warnings.formatwarning(first.message, first.category, first.filename, first.lineno)
    return Fault(f"{first.category.__name__}-{place}", text)


def _unreadable(error: Exception) -> Fault | None:
    """What is wrong with a message, in either language."""
    from chainrule.sentences import LANGUAGES, speaking

    for lang in LANGUAGES:
        try:
            with speaking(lang):
                text = str(error)
        except Exception as problem:
            return Fault(f"message-{_name(problem)}", "".join(traceback.format_exception(problem)))
        if len(text) > LONGEST_MESSAGE:
            return Fault("message-long", text[:300])
    return None


def _name(error: BaseException) -> str:
    """The kind of an exception and the last place in the package that it went through."""
    from targets import WrongError

    if isinstance(error, WrongError):
        return "wrong-" + hashlib.sha256(str(error).split("\n")[0][:30].encode()).hexdigest()[:8]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}chainrule{os.sep}" in frame.filename] or frames
    return f"{type(error).__name__}-{Path(own[-1].filename).stem}-{own[-1].name}-{own[-1].lineno}"


def plain(target: Target, count: int, seed: int = 0) -> Iterator[bytes]:
    """So many inputs: the seeds, and what they are changed to; the same ones each time."""
    pool = list(target.seeds())
    yield from pool
    rng = random.Random(seed)
    for _ in range(count - len(pool)):
        data = rng.choice(pool)
        for _ in range(rng.randrange(1, PLAIN_ROUND + 1)):
            data = target.mutate(data, rng)
        yield data


# In a process of its own.


class Keeper:
    """Keeps the shortest input of each fault, and the tally; ends the process when its time is over."""

    def __init__(self, judge: Judge, folder: Path, until: float, runs: int) -> None:
        self.judge, self.folder, self.until, self.runs = judge, folder, until, runs
        self.sizes: dict[str, int] = {}
        self.told = 0.0

    def __call__(self, data: bytes) -> None:
        if fault := self.judge.judge(data):
            self._keep(data, fault)
        tally = self.judge.tally
        done = time.process_time() >= self.until or 0 < self.runs <= tally.executions
        if done or time.monotonic() - self.told > 2:
            self.told = time.monotonic()
            tally.peak = peak()
            (self.folder / "tally.json").write_text(json.dumps(asdict(tally)))
        if done:
            sys.stdout.flush()
            os._exit(0)  # libFuzzer would go on

    def _keep(self, data: bytes, fault: Fault) -> None:
        if len(data) >= self.sizes.get(fault.name, len(data) + 1):
            return
        self.sizes[fault.name] = len(data)
        place = self.folder / "faults"
        place.mkdir(exist_ok=True)
        (place / fault.name).write_bytes(data)
        (place / f"{fault.name}.txt").write_text(fault.trace, "utf-8", "backslashreplace")


def peak() -> int:
    """Bytes of memory that this process had at most."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bound_memory() -> None:
    """Let the system refuse what goes beyond MEMORY from here on, where it tells how much there is now."""
    import resource

    with contextlib.suppress(OSError):
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """An empty folder, in memory where the system has such."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def child(name: str, folder: Path, seconds: float, runs: int, place: Path) -> None:
    """Attack a target until its time is over; see `attack`."""
    try:
        import atheris
    except ImportError:
        atheris = None
    with contextlib.nullcontext() if atheris is None else atheris.instrument_imports(include=["chainrule"]):
        from targets import TARGETS

        target = TARGETS[name]
        judge = Judge(target, place)
        keep = Keeper(judge, folder, float("inf"), 0)
        for data in target.seeds():  # what they load is watched too
            keep(data)
    judge.tally = Tally(faults=judge.tally.faults)
    keep.runs, keep.until = runs, time.process_time() + seconds
    bound_memory()
    if atheris is None:
        for number in range(sys.maxsize):
            for data in plain(target, 1000, number):
                keep(data)
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for data in target.seeds():
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.2:
            data = atheris.Mutate(data, most)
        if rng.random() < 0.95:
            data = target.mutate(data, rng)
        return data[:most]

    options = (
        "-timeout=300",
        "-rss_limit_mb=6000",
        "-max_len=70000",
        "-verbosity=0",
        "-len_control=0",
        "-detect_leaks=0",
    )
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-artifact_prefix={folder}/faults/", *options],
        keep,
        custom_mutator=mutate,
    )
    (folder / "faults").mkdir(exist_ok=True)
    atheris.Fuzz()


# What starts it.


def attack(name: str, work: Path, minutes: float, runs: int = 0) -> Tally:
    """Attack one target for so many minutes of the processor, or so many inputs; see WORK/TARGET/faults."""
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    whole = Tally()
    log = folder / "log"
    with memory_folder() as place, log.open("w") as out:
        for _ in range(STARTS):
            (folder / "tally.json").unlink(missing_ok=True)
            left = minutes * 60 - whole.seconds
            code = _run(("--child", name, str(folder), str(left), str(runs), str(place)), out)
            with contextlib.suppress(OSError, ValueError):
                whole.add(Tally(**json.loads((folder / "tally.json").read_text())))
            if code == 0:
                break
            whole.faults[f"ended-{code}"] = whole.faults.get(f"ended-{code}", 0) + 1
            if runs or minutes * 60 - whole.seconds < 1 or not whole.executions:
                break
    if "slow" in whole.faults and not _again(name, folder / "faults" / "slow"):
        del whole.faults["slow"]  # only while every line is watched
    return whole


def _run(arguments: Sequence[str], out: Any) -> int:
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    settings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"),
        "CHAINRULE_LANG": "en",
    }
    command = [sys.executable, str(HERE / "fuzz.py"), *arguments]
    return subprocess.run(
        command, env=settings, stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False
    ).returncode


def _again(name: str, path: Path) -> bool:
    """Whether an input shows a fault still, where nothing watches."""
    return _run((name, "--again", str(path)), subprocess.DEVNULL) != 0


def again(name: str, path: Path) -> int:
    """Show what an input does; 1 where it is a fault."""
    from targets import TARGETS

    with memory_folder() as place:
        judge = Judge(TARGETS[name], place)
        judge.judge(next(iter(TARGETS[name].seeds())))
        judge.tally = Tally()
        bound_memory()
        fault = judge.judge(path.read_bytes())
    answer = f"{fault.name}\n{fault.trace}" if fault else "accepted" if judge.tally.accepted else "refused"
    sys.stdout.write(f"{answer}\n{judge.tally.slowest:.3f} s of the processor, {peak() >> 20} MiB at most\n")
    return 1 if fault else 0


def listed() -> str:
    """The targets, one a line."""
    from targets import TARGETS

    return "".join(f"{target.name:14} {target.reads}\n" for target in TARGETS.values())


def told(name: str, tally: Tally) -> str:
    """What came of one target, as a line."""
    faults = ", ".join(f"{fault} ({count})" for fault, count in tally.faults.items()) or "none"
    return (
        f"{name:14} {tally.executions} inputs ({tally.accepted} accepted), {tally.seconds / 60:.1f} min, "
        f"slowest {tally.slowest:.2f} s, {tally.peak >> 20} MiB; faults: {faults}\n"
    )


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        name, folder, seconds, runs, place = sys.argv[2:]
        child(name, Path(folder), float(seconds), int(runs), Path(place))
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("targets", nargs="*", metavar="TARGET", help="names, or all")
    reader.add_argument("--list", action="store_true", help="the targets")
    reader.add_argument("--minutes", type=float, default=1.0, help="of the processor, for each target")
    reader.add_argument("--runs", type=int, default=0, help="or so many inputs")
    reader.add_argument("--jobs", type=int, default=1, help="targets at a time")
    reader.add_argument("--work", type=Path, default=ROOT / ".fuzz", help="where faults and logs are kept")
    reader.add_argument("--again", type=Path, metavar="FILE", help="show what this input does")
    given = reader.parse_args()
    if given.list or not given.targets:
        sys.stdout.write(listed())
        return 0
    if given.again:
        return again(given.targets[0], given.again)
    from targets import TARGETS

    names = list(TARGETS) if given.targets == ["all"] else given.targets
    if unknown := [name for name in names if name not in TARGETS]:
        reader.error(f"no such target: {', '.join(unknown)}")
    found = False

    def tried(name: str) -> None:
        nonlocal found
        tally = attack(name, given.work, given.minutes, given.runs)
        found = found or bool(tally.faults)
        sys.stdout.write(told(name, tally))
        sys.stdout.flush()

    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(tried, names))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
