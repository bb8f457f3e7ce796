"""A run's folder: what lies in it, whose it is, and what is read back from it.

run.json             the plan, the exact command, the state of the run and, at its end, its result
network.toml         the network, as any command takes it
history.jsonl        one line an epoch, with the seconds of training up to its end
steps.jsonl          J and the learning rate every so many steps, where that was asked for
model.safetensors    the model: the last one or, where training may end early, the best one
best.safetensors     the model after the epoch that was best on the validation part
learning-curve.svg   J and validation accuracy by epoch
checkpoints/         the last two states from which the run can go on, each whole (see `checkpoints`)
tensorboard/         the history once more, where that was asked for
.lock                held by the process that trains here

The models are those of the newest checkpoint: two names of the same files, on disks that have such names. The
clock is in none of them, so the same seed writes the same bytes.
"""

from __future__ import annotations

import itertools
import json
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from chainrule.errors import ChainruleError, Sentence, TrainingError, UsageError, reason
from chainrule.files import append, put, remove_unfinished, write_atomically
from chainrule.model import LAST
from chainrule.network import NetworkDefinition
from chainrule.printable import printable_json
from chainrule.reading import write_toml
from chainrule.training.checkpoints import BEST, Checkpoints
from chainrule.training.lock import LOCK, hold, is_held, release
from chainrule.training.plan import Plan

PLAN, NETWORK, HISTORY, LOG = "run.json", "network.toml", "history.jsonl", "steps.jsonl"
CURVE, EVENTS = "learning-curve.svg", "tensorboard"
UNREADABLE = (OSError, ValueError, KeyError, TypeError)
"""What reading back a damaged file may raise."""


class RunFolder:
    """The folder that a run writes, out of which it can keep other processes. What writes raises
    TrainingError where that fails."""

    def __init__(self, path: Path) -> None:
        self.path, self.checkpoints = path, Checkpoints(path)
        self._plan_text = ""
        self._lock: int | None = None
        self.free: Callable[[], object] = lambda: None
        """Let other processes in again."""

    @classmethod
    def new(cls, name: str, path: str | os.PathLike[str] | None) -> Self:
        """An empty folder; without a path the first free one of `runs/NAME-1`, `-2`, ...

        Raises UsageError where the folder holds something, TrainingError where it cannot be made.
        """
        place = Path("runs" if path is None else path)
        try:
            place.mkdir(parents=True, exist_ok=True)
            if path is None:
                return cls(_first_free(place / f"{name}-{number}" for number in itertools.count(1)))
            if any(each.name != LOCK and not each.name.startswith(f".{PLAN}.") for each in place.iterdir()):
                raise UsageError("training.folder_in_use", folder=place)
        except OSError as error:
            raise TrainingError("training.cannot_write", path=place, reason=reason(error)) from error
        return cls(place)

    def hold(self) -> None:
        """Keep other processes out. Raises UsageError where one is there already."""
        self.free()
        self._lock = hold(self.path)
        if self._lock is not None:
            self.free = weakref.finalize(self, release, self._lock)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, also afterwards, unless what is inside fails. Raises UsageError where another
        process is there."""
        self.hold()
        try:
            yield
        except BaseException:
            self.free()
            raise

    def is_ours(self) -> bool:
        """Whether the folder is still there, and is still this run's."""
        if self._lock is None:
            return self.path.is_dir()
        if is_held(self.path, self._lock):
            return True
        if (self.path / LOCK).exists() or self._plan_text != _text(self.path / PLAN):
            return False
        self.hold()  # only the lock was deleted
        return True

    def move(self) -> None:
        """Make the folder again that was deleted, or a new one beside what is another run's now."""
        others = (self.path.with_name(f"{self.path.name}-{number}") for number in itertools.count(2))
        try:
            self.path = _first_free(itertools.chain([self.path], others))
        except OSError as error:
            raise TrainingError("training.cannot_write", path=self.path, reason=reason(error)) from error
        self.hold()
        self.checkpoints = Checkpoints(self.path)

    def remove_unfinished(self) -> None:
        """Remove what was being written when a process was killed here."""
        for name in (PLAN, NETWORK, HISTORY, LOG, LAST, BEST, CURVE):
            remove_unfinished(self.path / name)

    def write(self, name: str, content: bytes | str) -> None:
        write_atomically(self.path / name, content)

    def write_plan(self, table: Mapping[str, Any]) -> None:
        self._plan_text = printable_json(table, indent=2) + "\n"
        self.write(PLAN, self._plan_text)

    def write_network(self, net: NetworkDefinition) -> None:
        self.write(NETWORK, write_toml(net))

    def write_lines(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """All lines of HISTORY or LOG."""
        self.write(name, "".join(map(_line, entries)))

    def append_lines(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        append(self.path / name, "".join(map(_line, entries)))

    def write_checkpoint(self, step: int, last: bytes, best: bytes, *, keep: str) -> None:
        """keep: LAST or BEST, which of the two is the run's model."""
        path = self.checkpoints.write(step, {LAST: last, BEST: best})
        put(path / BEST, self.path / BEST)
        put(path / keep, self.path / LAST)


def read_run(folder: str | os.PathLike[str]) -> tuple[Plan, str, dict[str, Any] | None]:
    """The plan, the status and the result of the run in a folder. Raises UsageError where there is none."""
    path = Path(folder) / PLAN
    try:
        table = table_in(Path(folder))
        return Plan.from_dict(table["plan"]), str(table["status"]), table["result"]
    except OSError as error:
        raise UsageError("training.no_run", folder=folder, reason=reason(error)) from error
    except json.JSONDecodeError as error:
        place = Sentence("training.not_json", line=error.lineno, column=error.colno)
        raise UsageError("training.bad_run", path=path, reason=place) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ChainruleError) as error:
        raise UsageError("training.bad_run", path=path, reason=error) from error


def table_in(folder: Path) -> Any:
    """What stands in a folder's run.json. Raises UNREADABLE."""
    return json.loads((folder / PLAN).read_text(encoding="utf-8"))


def lines_in(path: Path) -> Iterator[Any]:
    """The lines of a history or of a log of steps; of a killed run the last may be cut short. Raises
    UNREADABLE."""
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry) + "\n"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _first_free(paths: Iterator[Path]) -> Path:
    """The first that there is nothing at; it is made. Raises OSError."""
    while True:
        path = next(paths)
        with suppress(FileExistsError):
            path.mkdir(parents=True)
            return path
