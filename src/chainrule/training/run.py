"""A run and its folder: what was asked for, how it went, and the models that it left.

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
import math
import os
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chainrule import __version__
from chainrule.data import Dataset
from chainrule.data.dataset import digest_of
from chainrule.errors import ChainruleError, ModelFileError, Sentence, TrainingError, UsageError, reason
from chainrule.files import append, put, remove_unfinished, write_atomically
from chainrule.model import LAST, load_with_extra
from chainrule.network import NetworkDefinition
from chainrule.reading import read_toml, write_toml
from chainrule.recipe import Recipe
from chainrule.training.checkpoints import BEST, Checkpoint, Checkpoints
from chainrule.training.differences import differing, flat, listed
from chainrule.training.lock import LOCK, hold, is_held, release
from chainrule.training.loop import Epoch, Progress, Trainer
from chainrule.training.picture import learning_curve

if TYPE_CHECKING:
    from chainrule.data.tables import Task
    from chainrule.doctor import Doctor
    from chainrule.training.tensorboard import TensorBoard

PLAN, NETWORK, HISTORY, LOG = "run.json", "network.toml", "history.jsonl", "steps.jsonl"
CURVE, EVENTS = "learning-curve.svg", "tensorboard"
SECONDS_BETWEEN_CHECKPOINTS = 5.0
SECONDS_BETWEEN_LINES = 0.1
"""An epoch of a few samples takes less time than writing it down."""
COST = 0.01
"""The share of the time that checkpoints may take where no interval is asked for."""
FINDING = {"code", "message", "suggestion"}
"""What a finding that was kept has at least."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class Plan:
    """Everything that the numbers of a run follow from.

    dataset, target, task, weights, data_dir: as `data.load` takes them; paths are absolute, so that the run
    goes on from any folder. samples: how many of the training part are used; None: all. engine: a name, or
    `auto` before there is a run. threads: at most so many.
    """

    dataset: str
    network: NetworkDefinition
    recipe: Recipe
    seed: int = 0
    engine: str = "auto"
    samples: int | None = None
    target: str | None = None
    task: Task | None = None
    data_dir: str | None = None
    threads: int | None = None
    weights: str | None = None

    def to_dict(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "network": self.network.to_dict(), "recipe": self.recipe.to_dict()}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        network, recipe = NetworkDefinition.from_dict(table["network"]), Recipe.from_dict(table["recipe"])
        return cls(**{**table, "network": network, "recipe": recipe})


Warn = Callable[[ChainruleError], None]
"""Is told of what went wrong and does not stop a run."""


def _unheard(problem: ChainruleError) -> None: ...


class Run:
    """One training run in its folder."""

    def __init__(self, folder: Path, plan: Plan, data: Dataset, command: Sequence[str]) -> None:
        self.folder, self.plan, self.command = folder, plan, list(command)
        self.split = data.split(plan.recipe.validation, seed=plan.seed, samples=plan.samples)
        self.fingerprint = digest_of(self.split.train, weights=True)
        self.trainer = Trainer(
            plan.network,
            self.split.train,
            plan.recipe,
            validation=self.split.validation,
            seed=plan.seed,
            engine=plan.engine,
            threads=plan.threads,
        )
        self.plan = replace(plan, engine=self.trainer.engine.name)  # by which it goes on
        self.seconds: dict[int, float] = {}  # of training, up to the end of each epoch
        self.begun = datetime.now(UTC).isoformat(timespec="seconds")
        self.findings: list[dict[str, Any]] = []  # the doctor's
        self.checkpoints = Checkpoints(folder)
        self._every: float | None = None  # seconds between checkpoints, where they were asked for
        self._pause = SECONDS_BETWEEN_CHECKPOINTS
        self._written = time.monotonic()
        self._new: list[Epoch] = []  # not yet written down
        self._recorded = -math.inf
        self._plan_text = ""
        self._events: TensorBoard | None = None
        self._lock: int | None = None
        self._free: Callable[[], object] = lambda: None

    def _hold(self) -> None:
        """Keep other processes out of the folder. Raises UsageError where one is there already."""
        self._free()
        self._lock = hold(self.folder)
        if self._lock is not None:
            self._free = weakref.finalize(self, release, self._lock)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder until `go` is over, or the run is given up. Raises UsageError where another process
        is there. Out of what fails inside, the folder comes back at once."""
        self._hold()
        try:
            yield
        except BaseException:
            self._free()
            raise

    @classmethod
    def begin(
        cls, plan: Plan, data: Dataset, command: Sequence[str], folder: str | os.PathLike[str] | None
    ) -> Self:
        """A new run; without a folder the first free one of `runs/DATASET-1`, `-2`, ...

        Raises UsageError where plan and data do not fit or the folder holds something, TrainingError where it
        cannot be made.
        """
        run = cls(Path(), plan, data, command)
        run.folder = _new_folder(data.info.name, folder)
        run.checkpoints = Checkpoints(run.folder)
        with run._alone():
            run._write_plan("running", None)
        return run

    @classmethod
    def take_up(
        cls,
        folder: str | os.PathLike[str],
        plan: Plan,
        data: Dataset,
        command: Sequence[str],
        warn: Warn = _unheard,
    ) -> Self:
        """A run that was stopped, as it was after its last checkpoint; from the start where there is none.

        warn: told where the newest checkpoint is damaged, and the one before it is used.
        Raises UsageError where the definition, the data or the settings are not those that the run was begun
        with, or another process is training there; ModelFileError where no checkpoint is whole.
        """
        run = cls(Path(folder), plan, data, command)
        with run._alone():
            run._restore(warn)
        return run

    def _restore(self, warn: Warn) -> None:
        found, problems = self.checkpoints.read()
        if found is None and problems:
            raise ModelFileError("training.no_checkpoint", folder=self.folder, problem=problems[0])
        last = self.folder / LAST
        if found is None and last.exists():  # of a version that kept no other checkpoints
            found = Checkpoint(*load_with_extra(last), None)
            if "counters" not in found.notes:  # the best model, and the checkpoints were deleted
                lost = ModelFileError(
                    "model.unreadable", path=self.checkpoints.place, reason=Sentence("system.enoent")
                )
                raise ModelFileError("training.no_checkpoint", folder=self.folder, problem=lost)
            # a lost best model is no reason not to go on from a sound last one
            with suppress(ModelFileError):
                found = replace(found, best=load_with_extra(self.folder / BEST)[0])
        if found is not None:
            self._check_settings(found)
        self._check_file()
        if found is None:
            return
        try:
            self.trainer.restore(found.model, found.states, found.notes["counters"])
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError("training.bad_run", path=self.folder, reason=error) from error
        if problems:
            warn(ModelFileError("training.older_checkpoint", problem=problems[0], step=self.trainer.steps))
        if found.best is not None:
            self.trainer.restore_best(found.best)
        self._restore_clock()

    def _check_file(self) -> None:
        """Raises UsageError where network.toml is no longer the network that the run was begun with."""
        path = self.folder / NETWORK
        if path.exists():
            task: Task = "numbers" if self.trainer.train.info.classes is None else "classes"
            found = read_toml(path).resolved(task).to_dict()
            _refuse_changes(path, found, self.trainer.net.to_dict())

    def _check_settings(self, kept: Checkpoint) -> None:
        """Raises UsageError where a checkpoint was made with other samples or settings than those of now."""
        if kept.notes.get("fingerprint") != self.fingerprint:
            raise UsageError("training.other_data", folder=self.folder, name=Path(self.plan.dataset).name)
        ours: dict[str, Any] = {"network": self.trainer.net.to_dict()}
        theirs: dict[str, Any] = {"network": kept.model.net.to_dict()}
        if settings := kept.notes.get("settings"):
            ours |= self._settings()
            theirs |= {**settings, "recipe": _unhurried(Recipe.from_dict(settings["recipe"]))}
        _refuse_changes(self.folder / PLAN, ours, theirs)

    def _settings(self) -> dict[str, Any]:
        """What a checkpoint remembers of the plan: what another value of would lead elsewhere."""
        return {"seed": self.plan.seed, "recipe": _unhurried(self.plan.recipe)}

    def _restore_clock(self) -> None:
        """The seconds so far, which are in no model file; a damaged history does not stop a run."""
        with suppress(*UNREADABLE):
            for line in (self.folder / HISTORY).read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                if entry["epoch"] <= self.trainer.epoch:
                    self.seconds[entry["epoch"]] = float(entry["seconds"])
        with suppress(*UNREADABLE):  # of a run that was stopped within an epoch
            table = _read(self.folder / PLAN)
            self.trainer.seconds = float(table["seconds"])
            self.begun = str(table["begun"])
            self.findings = [dict(each) for each in table["findings"] if each.keys() >= FINDING]
        self.trainer.seconds = max([self.trainer.seconds, *self.seconds.values()])

    def go(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Progress], None] | None = None,
        warn: Warn = _unheard,
        checkpoint_every: float | None = None,
        tensorboard: bool = False,
        doctor: Doctor | None = None,
    ) -> dict[str, Any]:
        """Train to the end or until `stop` says so; everything is kept in the folder. Returns the result.

        warn: told once of each thing that could not be written, and of a folder that was deleted or taken by
        another run; training goes on. checkpoint_every: seconds; None: 5, or so many that checkpoints take no
        more than a hundredth of the time. tensorboard: write its files too. doctor: watches the training.
        Raises TrainingError where training breaks down or its end cannot be written; UsageError where what
        writes TensorBoard's files is not installed.
        """
        self._every = checkpoint_every
        try:
            if tensorboard:
                self._open_events()
            return self._go(stop, progress, warn, doctor)
        finally:
            self._close_events()
            self._free()

    def _open_events(self) -> None:
        from chainrule.training.tensorboard import TensorBoard

        self._events = TensorBoard(self.folder / EVENTS, self.trainer)

    def _close_events(self) -> None:
        if self._events:
            with suppress(TrainingError):  # of a disk that is full, which was told before
                self._events.close()

    def _go(
        self,
        stop: Callable[[], bool],
        progress: Callable[[Progress], None] | None,
        warn: Warn,
        doctor: Doctor | None,
    ) -> dict[str, Any]:
        for name in (PLAN, NETWORK, HISTORY, LOG, LAST, BEST, CURVE):
            remove_unfinished(self.folder / name)
        self._lay_out()  # a run that was taken up may have more epochs now
        told: set[str] = set()

        def attempt(write: Callable[[], None]) -> None:
            try:
                if not self._moved(warn):
                    write()
            except ChainruleError as problem:
                if str(problem) not in told:
                    told.add(str(problem))
                    warn(problem)

        def examine() -> None:
            if doctor and (found := doctor.look(self.trainer)):
                self.findings += [finding.to_dict() for finding in found]
                attempt(lambda: self._write_plan("running", None))

        def log(trainer: Trainer) -> None:
            if trainer.log:
                if self._events:
                    attempt(partial(self._events.steps, trainer.log))
                attempt(self._write_log)

        def after_steps(trainer: Trainer) -> None:
            examine()
            log(trainer)
            if time.monotonic() - self._written > (self._pause if self._every is None else self._every):
                attempt(self._checkpoint)

        def after_epoch(trainer: Trainer) -> None:
            self.seconds[trainer.epoch] = trainer.seconds
            self._new.append(trainer.history[-1])
            if time.monotonic() - self._recorded > SECONDS_BETWEEN_LINES:
                attempt(self._record)
            after_steps(trainer)

        examine()
        try:
            self.trainer.run(stop=stop, progress=progress, after_steps=after_steps, after_epoch=after_epoch)
        except TrainingError as error:
            if doctor:
                self.findings += [finding.to_dict() for finding in doctor.explain(error)]
            with suppress(ChainruleError):  # which would hide why training broke down
                self._moved(warn)
                self._record()
                self._write_log()
                self._write_plan("failed", None)
                if (best := self.trainer.best) is not None:
                    best.save(self.folder / BEST)
            raise
        attempt(self._record)
        log(self.trainer)  # of steps after which it was stopped
        self._moved(warn)
        self._checkpoint()
        self._write_history()  # the lines that could not be appended among them
        result = self.result()
        if self.trainer.history:
            title = f"{result['dataset']}  {self.trainer.net}"
            write_atomically(self.folder / CURVE, learning_curve(self.trainer.history, title))
        # last, so that what is called finished is whole
        self._write_plan("finished" if self.trainer.finished else "interrupted", result)
        return result

    def _moved(self, warn: Warn) -> bool:
        """See that the folder is still this run's. One that was deleted is made again, beside one that
        another run has now a new one is; everything there is so far is written there. Returns whether that
        was so."""
        if self._is_ours():
            return False
        lost = self.folder
        others = (lost.with_name(f"{lost.name}-{number}") for number in itertools.count(2))
        try:
            self.folder = _first_free(itertools.chain([lost], others))
        except OSError as error:
            raise TrainingError("training.cannot_write", path=lost, reason=reason(error)) from error
        self._hold()
        self.checkpoints = Checkpoints(self.folder)
        self._lay_out()
        self._checkpoint()
        if self._events:
            self._close_events()
            self._open_events()
        warn(TrainingError("training.folder_gone", lost=lost, folder=self.folder))
        return True

    def _is_ours(self) -> bool:
        if self._lock is None:
            return self.folder.is_dir()
        if is_held(self.folder, self._lock):
            return True
        if (self.folder / LOCK).exists() or self._plan_text != _text(self.folder / PLAN):
            return False
        self._hold()  # only the lock was deleted
        return True

    def result(self) -> dict[str, Any]:
        """What `train --json` ends with; scores are those of the weights that training gives: as they are
        now or, where it may end early, those that were best on the validation part."""
        trainer = self.trainer
        model = trainer.outcome
        best = len(model.history) if trainer.recipe.stops_early else None
        train = trainer.train_evaluation() if best is None else model.evaluate(self.split.train)
        test = model.evaluate(self.split.test) if self.split.test else None
        validation = model.evaluate(self.split.validation) if self.split.validation else None
        recipe = trainer.recipe
        return {
            "dataset": Path(self.plan.dataset).name,
            "task": "numbers" if trainer.train.info.classes is None else "classes",
            "network": str(trainer.net),
            "parameters": trainer.net.parameter_count,
            "optimizer": recipe.optimizer,
            "lr": None if recipe.all_at_once else recipe.top_rate,
            "batch_size": len(trainer.train) if recipe.all_at_once else recipe.batch_size,
            "engine": trainer.engine.name,
            "seed": self.plan.seed,
            "epochs": trainer.epoch,
            "steps": trainer.steps,
            "seconds": trainer.seconds,
            "samples_per_second": trainer.samples / trainer.seconds if trainer.seconds else None,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "validation_accuracy": validation.accuracy if validation else None,
            "test_accuracy": test.accuracy if test else None,
            "test_error": test.error_rate if test else None,
            "test_mean_absolute_error": test.mean_absolute_error if test else None,
            "test_r2": test.r2 if test else None,
            "best_epoch": best,
            "stopped_early": trainer.stopped_early,
            "interrupted": not trainer.finished,
            "findings": self.findings,
            "run": str(self.folder),
        }

    def _checkpoint(self) -> None:
        begun = self._written = time.monotonic()  # also of one that cannot be written
        self._write_log()  # so that it has all steps up to a checkpoint
        trainer = self.trainer
        states, counters = trainer.state()
        notes = {"counters": counters, "fingerprint": self.fingerprint, "settings": self._settings()}
        model = trainer.model
        files = {LAST: model.to_bytes(states, **notes), BEST: (trainer.best or model).to_bytes()}
        path = self.checkpoints.write(trainer.steps, files)
        put(path / BEST, self.folder / BEST)
        put(path / (BEST if trainer.recipe.stops_early else LAST), self.folder / LAST)
        self._written = time.monotonic()
        self._pause = max(SECONDS_BETWEEN_CHECKPOINTS, (self._written - begun) / COST)

    def _lay_out(self) -> None:
        """Write what there is of a run that goes on, but for its models."""
        self._write_plan("running", None)
        write_atomically(self.folder / NETWORK, write_toml(self.trainer.net))
        self._write_history()
        if self.trainer.recipe.log_steps:
            write_atomically(self.folder / LOG, "".join(self._logged()))

    def _write_plan(self, status: str, result: dict[str, Any] | None) -> None:
        table = {
            "chainrule": __version__,
            "command": self.command,
            "begun": self.begun,
            "plan": self.plan.to_dict(),
            "engine": self.trainer.engine.name,
            "threads": self.trainer.threads,
            "status": status,
            "seconds": self.trainer.seconds,
            "findings": self.findings,
            "result": result,
        }
        self._plan_text = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.folder / PLAN, self._plan_text)

    def _write_history(self) -> None:
        self._new = []
        write_atomically(self.folder / HISTORY, "".join(map(self._entry, self.trainer.history)))

    def _record(self) -> None:
        """Write down the epochs since the last time."""
        self._recorded = time.monotonic()
        entries, self._new = self._new, []
        try:
            append(self.folder / HISTORY, "".join(map(self._entry, entries)))
        finally:
            if self._events:
                self._events.epochs(entries)

    def _entry(self, entry: Epoch) -> str:
        return _line({**asdict(entry), "seconds": self.seconds.get(entry.epoch)})

    def _write_log(self) -> None:
        if self.trainer.log:
            append(self.folder / LOG, "".join(map(_line, map(asdict, self.trainer.log))))
            self.trainer.log = []

    def _logged(self) -> Iterator[str]:
        """The lines of the steps' log up to where the run stands now."""
        with suppress(*UNREADABLE):  # a line that was cut short is the last one
            for line in (self.folder / LOG).read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                if (entry["epoch"], entry["step"]) <= (self.trainer.epoch + 1, self.trainer.step):
                    yield _line(entry)


def _line(entry: dict[str, Any]) -> str:
    return json.dumps(entry) + "\n"


def _unhurried(recipe: Recipe) -> dict[str, Any]:
    """A recipe without the number of epochs, of which a run may be given more."""
    return replace(recipe, epochs=None).to_dict()


def _refuse_changes(path: Path, found: dict[str, Any], kept: dict[str, Any]) -> None:
    """Raises UsageError where a file of a run says something else than the run was begun with."""
    ours, theirs = flat(found), flat(kept)
    if names := differing(ours, theirs):
        raise UsageError("training.changed", path=path, found=listed(ours, names), kept=listed(theirs, names))


def read_run(folder: str | os.PathLike[str]) -> tuple[Plan, str, dict[str, Any] | None]:
    """The plan, the status and the result of the run in a folder. Raises UsageError where there is none."""
    path = Path(folder) / PLAN
    try:
        table = _read(path)
        return Plan.from_dict(table["plan"]), str(table["status"]), table["result"]
    except OSError as error:
        raise UsageError("training.no_run", folder=folder, reason=reason(error)) from error
    except json.JSONDecodeError as error:
        place = Sentence("training.not_json", line=error.lineno, column=error.colno)
        raise UsageError("training.bad_run", path=path, reason=place) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ChainruleError) as error:
        raise UsageError("training.bad_run", path=path, reason=error) from error


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _new_folder(name: str, folder: str | os.PathLike[str] | None) -> Path:
    path = Path("runs" if folder is None else folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if folder is None:
            return _first_free(path / f"{name}-{number}" for number in itertools.count(1))
        if any(each.name != LOCK and not each.name.startswith(f".{PLAN}.") for each in path.iterdir()):
            raise UsageError("training.folder_in_use", folder=path)
    except OSError as error:
        raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error
    return path


def _first_free(paths: Iterator[Path]) -> Path:
    """The first that there is nothing at; it is made. Raises OSError."""
    while True:
        path = next(paths)
        with suppress(FileExistsError):
            path.mkdir(parents=True)
            return path
