"""A run: a training that keeps its folder up to date, and goes on from it after it was stopped."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chainrule import __version__, memory
from chainrule.data import Dataset
from chainrule.data.dataset import Split, digests_of
from chainrule.engines import kind_of_machine
from chainrule.errors import (
    ChainruleError,
    ModelFileError,
    Sentence,
    TrainingError,
    UsageError,
    cause,
    reason,
)
from chainrule.model import LAST
from chainrule.reading import MOST_BYTES, toml_network
from chainrule.recipe import Recipe
from chainrule.sentences import say
from chainrule.training.checkpoints import BEST, Checkpoint
from chainrule.training.differences import flat, listed, other_machine, refuse_changes
from chainrule.training.folder import (
    CURVE,
    EVENTS,
    HISTORY,
    LOG,
    NETWORK,
    PLAN,
    UNREADABLE,
    RunFolder,
    lines_in,
    table_in,
)
from chainrule.training.loop import Epoch, Progress, Trainer
from chainrule.training.picture import learning_curve
from chainrule.training.plan import Plan, unhurried
from chainrule.training.record import checked, is_whole

if TYPE_CHECKING:
    from chainrule.data.tables import Task
    from chainrule.doctor import Doctor
    from chainrule.training.tensorboard import TensorBoard

SECONDS_BETWEEN_CHECKPOINTS = 5.0
SECONDS_BETWEEN_LINES = 0.1
"""An epoch of a few samples takes less time than writing it down."""
COST = 0.01
"""The share of the time that checkpoints may take where no interval is asked for."""
DESCRIBED = {"names": ("classes", "columns", "targets"), "pictures": ("image",)}
"""What the numbers of a run follow from besides samples: what a data set's description says of them."""

Warn = Callable[[ChainruleError], None]
"""Is told of what went wrong and does not stop a run."""


def _unheard(problem: ChainruleError) -> None: ...


def fingerprint(split: Split) -> dict[str, str | None]:
    """A digest of each part's samples, by which they are known again; None for a part that is not there."""
    there = {"training": split.train, "validation": split.validation, "test": split.test}
    held = {part: samples for part, samples in there.items() if samples is not None}
    digests = dict(zip(held, digests_of([*held.values()]), strict=True))
    return {part: digests.get(part) for part in there}


class Run:
    """One training run in its folder."""

    def __init__(self, folder: RunFolder, plan: Plan, data: Dataset, command: Sequence[str]) -> None:
        self.files, self.plan, self.command = folder, plan, list(command)
        self.split = data.split(plan.recipe.validation, seed=plan.seed, samples=plan.samples)
        self.fingerprint = fingerprint(self.split)
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
        self._every: float | None = None  # seconds between checkpoints, where they were asked for
        self._pause = SECONDS_BETWEEN_CHECKPOINTS
        self._written = time.monotonic()
        self._new: list[Epoch] = []  # not yet written down
        self._recorded = -math.inf
        self._events: TensorBoard | None = None

    @property
    def folder(self) -> Path:
        return self.files.path

    @classmethod
    def begin(
        cls, plan: Plan, data: Dataset, command: Sequence[str], folder: str | os.PathLike[str] | None
    ) -> Self:
        """A new run; without a folder the first free one of `runs/DATASET-1`, `-2`, ...

        Raises UsageError where plan and data do not fit or the folder holds something, TrainingError where it
        cannot be made.
        """
        run = cls(RunFolder(Path()), plan, data, command)
        run.files = RunFolder.new(data.info.name, folder)
        with run.files.held():
            run.files.remove_unfinished()
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
        with, another process is training there, or something in the folder is a link or otherwise not what a
        run writes; ModelFileError where no checkpoint is whole.
        """
        run = cls(RunFolder.of(Path(folder)), plan, data, command)
        with run.files.held():
            run._restore(warn)
            run.files.remove_unfinished()  # also where nothing is left to do
        return run

    def _restore(self, warn: Warn) -> None:
        found, problems = self.files.checkpoints.read()
        if found is None and problems:
            raise ModelFileError("training.no_checkpoint", folder=self.folder, problem=problems[0])
        if found is None and self.files.at.stat(LAST):  # of a version that kept no other checkpoints
            found = Checkpoint(*self.files.read_model(LAST), None)
            if "counters" not in found.notes:  # the best model, and the checkpoints were deleted
                lost = ModelFileError(
                    "model.unreadable", path=self.files.checkpoints.place, reason=Sentence("system.enoent")
                )
                raise ModelFileError("training.no_checkpoint", folder=self.folder, problem=lost)
            # a lost best model is no reason not to go on from a sound last one
            with suppress(ModelFileError):
                found = replace(found, best=self.files.read_model(BEST)[0])
        try:
            if found is not None:
                self._check_settings(found)
            self._check_file()
            if found is None:
                return
            self.trainer.restore(found.model, found.states, found.notes["counters"])
        except UNREADABLE as error:
            raise UsageError("training.bad_run", path=self.folder, reason=cause(error)) from error
        if problems:
            warn(ModelFileError("training.older_checkpoint", problem=problems[0], step=self.trainer.steps))
        if found.best is not None:
            self.trainer.restore_best(found.best)
        if not self.trainer.finished:
            self._tell_other_machine(warn)
        self._restore_clock()

    def _check_file(self) -> None:
        """Raises UsageError where network.toml is no longer the network that the run was begun with."""
        path = self.folder / NETWORK
        try:
            content = self.files.at.read(NETWORK, MOST_BYTES)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError("reading.no_file", path=path, reason=reason(error)) from error
        task: Task = "numbers" if self.trainer.train.info.classes is None else "classes"
        found = toml_network(content, path).resolved(task).to_dict()
        refuse_changes(path, found, self.trainer.net.to_dict())

    def _check_settings(self, kept: Checkpoint) -> None:
        """Raises UsageError where a checkpoint was made with other samples or settings than those of now."""
        if changed := self._changed_data(kept):
            raise UsageError(
                "training.other_data",
                folder=self.folder,
                name=Path(self.plan.dataset).name,
                parts=", ".join(say(f"training.other_data.{part}") for part in changed),
            )
        ours: dict[str, Any] = {"network": self.trainer.net.to_dict()}
        theirs: dict[str, Any] = {"network": kept.model.net.to_dict()}
        if settings := kept.notes.get("settings"):
            ours |= self.plan.settings()
            theirs |= {**settings, "recipe": unhurried(Recipe.from_dict(settings["recipe"]))}
        refuse_changes(self.folder / PLAN, ours, theirs)

    def _changed_data(self, kept: Checkpoint) -> list[str]:
        """What is not as it was when a checkpoint was made: parts, or what is known about all of them."""
        theirs = kept.notes.get("fingerprint")
        if not isinstance(theirs, Mapping):  # of a version that kept that of the training part alone
            theirs = {**self.fingerprint, "training": theirs}
        changed = [part for part, digest in self.fingerprint.items() if theirs.get(part) != digest]
        info, learned = self.trainer.train.info, kept.model.info
        for what, names in DESCRIBED.items():
            if any(getattr(info, name) != getattr(learned, name) for name in names):
                changed.append(what)
        # the digest of all samples tells of those that no part takes, and stands in the model
        return changed or (["others"] if info.digest != learned.digest else [])

    def _tell_other_machine(self, warn: Warn) -> None:
        """Warn where this machine is of another kind than the one on which the run was so far."""
        before: object = None
        with suppress(*UNREADABLE):
            before = table_in(self.folder)["machine"]
        if isinstance(before, Mapping) and (names := other_machine(before, now := self._machine())):
            kept, found = (listed(flat(each), names) for each in (before, now))
            warn(TrainingError("training.other_machine", folder=self.folder, kept=kept, found=found))

    def _machine(self) -> dict[str, Any]:
        return kind_of_machine(self.trainer.engine, *(["scipy"] if self.plan.recipe.all_at_once else []))

    def _restore_clock(self) -> None:
        """The seconds so far, which are in no model file; a damaged history does not stop a run."""
        with suppress(*UNREADABLE):
            for entry in lines_in(self.files.at, HISTORY):
                if is_whole(entry["epoch"]) and entry["epoch"] <= self.trainer.epoch:
                    self.seconds[entry["epoch"]] = float(entry["seconds"])
        with suppress(*UNREADABLE):  # of a run that was stopped within an epoch
            table = checked(table_in(self.folder))
            self.trainer.seconds = float(table["seconds"])
            self.begun = str(table["begun"])
            self.findings = table["findings"]
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
            return self._go(stop, progress, memory.callers(warn), doctor)
        except KeyboardInterrupt:  # at once, which leaves no time for more
            with suppress(ChainruleError):
                if self.files.is_ours():
                    self._write_plan("interrupted", None)
            raise
        finally:
            self._close_events()
            self.files.free()

    def _open_events(self) -> None:
        from chainrule.training.tensorboard import TensorBoard

        self._events = TensorBoard(self.files.at, EVENTS, self.trainer)

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
                self.findings += [finding.to_dict() for finding in doctor.explain(error, self.trainer)]
            with suppress(ChainruleError):  # which would hide why training broke down
                self._moved(warn)
                self._record()
                self._write_log()
                self._write_plan("failed", None)
                if (best := self.trainer.best) is not None:
                    self.files.write(BEST, best.to_bytes())
            raise
        if self.trainer.converged:  # after its last epoch
            examine()
        attempt(self._record)
        log(self.trainer)  # of steps after which it was stopped
        self._moved(warn)
        try:
            return self._end()
        except TrainingError:
            if not self._moved(warn):
                raise
            return self._end()  # of a folder that was taken while the end was written

    def _end(self) -> dict[str, Any]:
        """Write what a training comes to, and what it is called by now. Returns the result."""
        self._checkpoint()
        self._write_history()  # the lines that could not be appended among them
        result = self.result()
        if self.trainer.history:
            title = f"{result['dataset']}  {self.trainer.net}"
            self.files.write(CURVE, learning_curve(self.trainer.history, title))
        # last, so that what is called finished is whole
        self._write_plan("finished" if self.trainer.finished else "interrupted", result)
        return result

    def _moved(self, warn: Warn) -> bool:
        """See that the folder is still this run's. One that was deleted is made again, beside one that
        another run has now a new one is; everything there is so far is written there. Returns whether that
        was so."""
        lost, strange = self.folder, self.files.strange()
        if strange is None and self.files.is_ours():
            return False
        self.files.move()
        self._lay_out()
        self._checkpoint()
        if self._events:
            self._close_events()
            self._open_events()
        if strange:
            warn(TrainingError("training.folder_strange", problem=strange, folder=self.folder))
        else:
            warn(TrainingError("training.folder_gone", lost=lost, folder=self.folder))
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
        self._write_log()
        if self.trainer.recipe.log_steps:  # so that it has all steps up to a checkpoint, whatever happens
            self.files.flush_lines(LOG)
        trainer = self.trainer
        states, counters = trainer.state()
        notes = {"counters": counters, "fingerprint": self.fingerprint, "settings": self.plan.settings()}
        model = trainer.model
        keep = BEST if trainer.recipe.stops_early else LAST
        last, best = model.to_bytes(states, **notes), (trainer.best or model).to_bytes()
        self.files.write_checkpoint(trainer.steps, last, best, keep=keep)
        self._written = time.monotonic()
        self._pause = max(SECONDS_BETWEEN_CHECKPOINTS, (self._written - begun) / COST)

    def _lay_out(self) -> None:
        """Write what there is of a run that goes on, but for its models."""
        self._write_plan("running", None)
        self.files.write_network(self.trainer.net)
        self._write_history()
        if self.trainer.recipe.log_steps:
            self.files.write_lines(LOG, self._logged())

    def _write_plan(self, status: str, result: dict[str, Any] | None) -> None:
        table = {
            "chainrule": __version__,
            "command": self.command,
            "begun": self.begun,
            "plan": self.plan.to_dict(),
            "engine": self.trainer.engine.name,
            "parts": self.trainer.parts,
            "threads": self.trainer.threads,
            "machine": self._machine(),
            "status": status,
            "seconds": self.trainer.seconds,
            "findings": self.findings,
            "result": result,
        }
        self.files.write_plan(table)

    def _write_history(self) -> None:
        self._new = []
        self.files.write_lines(HISTORY, map(self._entry, self.trainer.history))

    def _record(self) -> None:
        """Write down the epochs since the last time."""
        self._recorded = time.monotonic()
        entries, self._new = self._new, []
        try:
            self.files.append_lines(HISTORY, map(self._entry, entries))
        finally:
            if self._events:
                self._events.epochs(entries)

    def _entry(self, entry: Epoch) -> dict[str, Any]:
        return {**asdict(entry), "seconds": self.seconds.get(entry.epoch)}

    def _write_log(self) -> None:
        if self.trainer.log:
            self.files.append_lines(LOG, map(asdict, self.trainer.log))
            self.trainer.log = []

    def _logged(self) -> Iterator[dict[str, Any]]:
        """The lines of the steps' log up to where the run stands now."""
        with suppress(*UNREADABLE):  # a line that was cut short is the last one
            for entry in lines_in(self.files.at, LOG):
                if (entry["epoch"], entry["step"]) <= (self.trainer.epoch + 1, self.trainer.step):
                    yield entry
