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
import stat
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from chainrule.errors import (
    ChainruleError,
    ModelFileError,
    RefusedFileError,
    UsageError,
    cause,
    reason,
)
from chainrule.files import writing
from chainrule.folders import Folder, make_folder, refuse_link, refuse_special
from chainrule.json_input import loaded
from chainrule.model import LAST, MOST_BYTES, Model, read_model
from chainrule.network import NetworkDefinition
from chainrule.printable import printable_json
from chainrule.reading import write_toml
from chainrule.training.checkpoints import BEST, FILES, NAME, PLACE, Checkpoints
from chainrule.training.lock import LOCK, hold, is_held, release
from chainrule.training.plan import Plan
from chainrule.training.record import checked

PLAN, NETWORK, HISTORY, LOG = "run.json", "network.toml", "history.jsonl", "steps.jsonl"
CURVE, EVENTS = "learning-curve.svg", "tensorboard"
WRITTEN = (PLAN, NETWORK, HISTORY, LOG, LAST, BEST, CURVE)
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading back a damaged file may raise."""
MOST_PLAN = 8 << 20
"""Bytes of run.json: a network of ten thousand layers has a quarter of that."""
MOST_LINE = 1 << 16
"""Bytes of a line of the history or of the log of steps, which has some two hundred."""


class RunFolder:
    """The folder that a run writes, out of which it can keep other processes. No link in it is followed. What
    writes raises TrainingError where that fails."""

    def __init__(self, path: Path, at: Folder | None = None) -> None:
        """at: the folder, held; without it nothing can be done there."""
        self.path, self._at = path, at
        self._plan_text = b""
        self._lock: int | None = None
        self.free: Callable[[], object] = lambda: None
        """Let other processes in again."""
        if at:
            self.checkpoints = Checkpoints(path, at)

    @property
    def at(self) -> Folder:
        assert self._at is not None
        return self._at

    @classmethod
    def new(cls, name: str, path: str | os.PathLike[str] | None) -> Self:
        """An empty folder, whose name is on the disk; without a path the first free one of `runs/NAME-1`,
        `-2`, ...

        Raises UsageError where the folder holds something, TrainingError where it cannot be made.
        """
        place = Path("runs" if path is None else path)
        with writing(place):
            if path is None:
                return cls(*_first_free(place / f"{name}-{number}" for number in itertools.count(1)))
            try:
                at = make_folder(place)
            except FileExistsError:
                if not place.is_dir():
                    raise
                at = Folder(place)
                at.flush_above()  # whoever made it
            left = {name for name, meant in at.unfinished() if meant == PLAN}
            if set(at.names()) - left - {LOCK}:
                raise UsageError("training.folder_in_use", folder=place)
        return cls(place, at)

    @classmethod
    def of(cls, path: Path) -> Self:
        """A folder that has a run. Raises UsageError where there is no such folder, and where what lies in it
        is not what a run writes, such as a link, which would lead out of it."""
        try:
            folder = cls(path, Folder(path))
        except OSError as error:
            raise UsageError("training.no_run", folder=path, reason=reason(error)) from error
        if problem := folder.strange() or folder._strange_checkpoint():
            raise problem
        return folder

    def hold(self) -> None:
        """Keep other processes out. Raises UsageError where one is there already."""
        self.free()
        self._lock = hold(self.at)
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
        if not self.at.is_at(self.path):
            return False
        if self._lock is None or is_held(self.at, self._lock):
            return True
        if os.path.lexists(self.path / LOCK) or self._plan_text != self._read_plan():
            return False
        self.hold()  # only the lock was deleted
        return True

    def strange(self) -> UsageError | None:
        """What is said of the first thing in the folder that is there in the place of what a run writes: a
        link, a pipe, a folder instead of a file."""
        for name in (*WRITTEN, LOCK):
            if problem := _strange(self.at, name, stat.S_IFREG):
                return problem
        return next(filter(None, (_strange(self.at, name, stat.S_IFDIR) for name in (PLACE, EVENTS))), None)

    def _strange_checkpoint(self) -> UsageError | None:
        """The same of checkpoints, also of unfinished ones; what else lies there is no one's business."""
        try:
            place = self.at.inside(PLACE)
            for name in filter(NAME.fullmatch, place.names()):
                found = place.stat(name)
                if found and stat.S_ISREG(found.st_mode):
                    continue
                if problem := _strange(place, name, stat.S_IFDIR):
                    return problem
                folder = place.inside(name)
                for file in FILES:
                    if problem := _strange(folder, file, stat.S_IFREG):
                        return problem
        except OSError:
            pass  # what cannot be read is told by who reads it
        return None

    def move(self) -> None:
        """Make the folder again that was deleted, or a new one beside what is another run's now."""
        others = (self.path.with_name(f"{self.path.name}-{number}") for number in itertools.count(2))
        with writing(self.path):
            self.path, self._at = _first_free(itertools.chain([self.path], others))
        self.hold()
        self.checkpoints = Checkpoints(self.path, self.at)

    def remove_unfinished(self) -> None:
        """Remove what was being written when a process was killed here."""
        with writing(self.path):
            for name, meant in self.at.unfinished():
                if meant in WRITTEN:
                    self.at.discard(name)

    def write(self, name: str, content: bytes | str) -> None:
        with writing(self.path / name):
            self.at.write(name, content.encode() if isinstance(content, str) else content)

    def write_plan(self, table: Mapping[str, Any]) -> None:
        self._plan_text = (printable_json(table, indent=2) + "\n").encode()
        self.write(PLAN, self._plan_text)

    def write_network(self, net: NetworkDefinition) -> None:
        self.write(NETWORK, write_toml(net))

    def write_lines(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """All lines of HISTORY or LOG, of which there may be more than memory holds."""
        with writing(self.path / name):
            self.at.write(name, (_line(entry).encode() for entry in entries))

    def append_lines(self, name: str, entries: Iterable[Mapping[str, Any]]) -> None:
        with writing(self.path / name):
            self.at.append(name, "".join(map(_line, entries)).encode())

    def flush_lines(self, name: str) -> None:
        """See on the disk what was appended to HISTORY or LOG."""
        with writing(self.path / name):
            self.at.flush_file(name)

    def write_checkpoint(self, step: int, last: bytes, best: bytes, *, keep: str) -> None:
        """keep: LAST or BEST, which of the two is the run's model."""
        files = {LAST: last, BEST: best}
        name = self.checkpoints.write(step, files)
        for to, file in ((BEST, BEST), (LAST, keep)):
            with writing(self.path / to):
                self.checkpoints.share(name, file, self.at, to, files[file])

    def read_model(self, name: str) -> tuple[Model, dict[str, Any], dict[str, Any]]:
        """A model, with what is kept beside it. Raises ModelFileError."""
        try:
            content = self.at.read(name, MOST_BYTES)
        except OSError as error:
            raise ModelFileError("model.unreadable", path=self.path / name, reason=reason(error)) from error
        return read_model(content, self.path / name)

    def _read_plan(self) -> bytes | None:
        try:
            return self.at.read(PLAN, MOST_PLAN)
        except OSError:
            return None


def _strange(folder: Folder, name: str, kind: int) -> UsageError | None:
    """What is said of something that is not of that kind."""
    try:
        if (found := folder.stat(name)) is None:
            return None
        refuse_link(found)
        if kind == stat.S_IFREG:
            refuse_special(found, folder.path / name)
        elif not stat.S_ISDIR(found.st_mode):
            raise RefusedFileError("system.no_folder")
    except OSError as error:
        return UsageError("training.strange", path=folder.path / name, reason=reason(error))
    return None


def read_run(folder: str | os.PathLike[str]) -> tuple[Plan, str, dict[str, Any] | None]:
    """The plan, the status and the result of the run in a folder. Raises UsageError where there is none."""
    path = Path(folder) / PLAN
    try:
        table = checked(table_in(Path(folder)))
        return Plan.from_dict(table["plan"]), str(table["status"]), table["result"]
    except OSError as error:
        raise UsageError("training.no_run", folder=folder, reason=reason(error)) from error
    except (*UNREADABLE, ChainruleError) as error:
        raise UsageError("training.bad_run", path=path, reason=cause(error)) from error


def table_in(folder: Path) -> Any:
    """What stands in a folder's run.json. Raises UNREADABLE."""
    return loaded(Folder(folder).read(PLAN, MOST_PLAN))


def lines_in(folder: Folder, name: str) -> Iterator[Any]:
    """The lines of a history or of a log of steps, one by one; of a killed run the last may be cut short.
    Raises UNREADABLE."""
    with folder.reading(name) as file:
        while line := file.readline(MOST_LINE):
            yield json.loads(line.decode())


def last_line(folder: Folder, name: str) -> dict[str, Any]:
    """The last whole line of a history, however long it is; nothing where there is none. Raises
    UNREADABLE."""
    with folder.reading(name) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - 2 * MOST_LINE))
        *lines, cut = file.read(2 * MOST_LINE).split(b"\n")
        if size > 2 * MOST_LINE:
            lines = lines[1:]  # of the first there may be a part only
    with suppress(*UNREADABLE):
        return dict(json.loads(cut.decode()))
    if not lines:
        if size > MOST_LINE:
            raise ValueError(name)
        return {}
    return dict(json.loads(lines[-1].decode()))


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry) + "\n"


def _first_free(paths: Iterator[Path]) -> tuple[Path, Folder]:
    """The first that there is nothing at; it is made. Raises OSError."""
    while True:
        path = next(paths)
        with suppress(FileExistsError):
            return path, make_folder(path)
