"""A run and its folder: what was asked for, how it went, and the models that it left.

run.json             the plan, the exact command, the state of the run and, at its end, its result
network.toml         the network, as any command takes it
history.jsonl        one line an epoch, with the seconds of training up to its end
model.safetensors    the last model, with all that is needed to go on; of the same seed the same bytes
best.safetensors     the model after the epoch that was best on the validation part
learning-curve.svg   J and validation accuracy by epoch
.lock                held by the process that trains here
"""

from __future__ import annotations

import json
import os
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chainrule import __version__
from chainrule.data import Dataset
from chainrule.data.dataset import digest_of
from chainrule.errors import ChainruleError, ModelFileError, TrainingError, UsageError, reason
from chainrule.files import remove_unfinished, write_atomically
from chainrule.model import LAST, load_with_extra
from chainrule.network import NetworkDefinition
from chainrule.reading import write_toml
from chainrule.recipe import Recipe
from chainrule.training.lock import hold, release
from chainrule.training.loop import Epoch, Progress, Trainer
from chainrule.training.picture import learning_curve

if TYPE_CHECKING:
    from chainrule.data.tables import Task

PLAN, NETWORK, HISTORY = "run.json", "network.toml", "history.jsonl"
BEST, CURVE = "best.safetensors", "learning-curve.svg"
SECONDS_BETWEEN_CHECKPOINTS = 5.0


@dataclass(frozen=True)
class Plan:
    """Everything that the numbers of a run follow from.

    dataset, target, task, data_dir: as `data.load` takes them; paths are absolute, so that the run
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

    def to_dict(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "network": self.network.to_dict(), "recipe": self.recipe.to_dict()}

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        network, recipe = NetworkDefinition.from_dict(table["network"]), Recipe.from_dict(table["recipe"])
        return cls(**{**table, "network": network, "recipe": recipe})


class Run:
    """One training run in its folder."""

    def __init__(self, folder: Path, plan: Plan, data: Dataset, command: Sequence[str]) -> None:
        self.folder, self.plan, self.command = folder, plan, list(command)
        self.split = data.split(plan.recipe.validation, seed=plan.seed, samples=plan.samples)
        self.fingerprint = digest_of(self.split.train)
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
        self._written = time.monotonic()
        self._free: Callable[[], object] = lambda: None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes out of the folder until `go` is over, or the run is given up. Raises
        UsageError where one is there already. Out of what fails inside, the folder comes back at once."""
        descriptor = hold(self.folder)
        if descriptor is not None:
            self._free = weakref.finalize(self, release, descriptor)
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
        with run._alone():
            run._write_plan("running", None)
            write_atomically(run.folder / NETWORK, write_toml(run.trainer.net))
        return run

    @classmethod
    def take_up(
        cls, folder: str | os.PathLike[str], plan: Plan, data: Dataset, command: Sequence[str]
    ) -> Self:
        """A run that was stopped, as it was after its last checkpoint; from the start where there is none.

        Raises UsageError, also where another process is training there; ModelFileError.
        """
        run = cls(Path(folder), plan, data, command)
        with run._alone():
            run._restore()
        return run

    def _restore(self) -> None:
        checkpoint = self.folder / LAST
        if not checkpoint.exists():
            return
        model, states, notes = load_with_extra(checkpoint)
        if notes.get("fingerprint") != self.fingerprint:
            raise UsageError("training.other_data", folder=self.folder, name=self.split.train.info.name)
        try:
            self.trainer.restore(model, states, notes["counters"])
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError("training.bad_run", path=checkpoint, reason=error) from error
        self._restore_clock()
        with suppress(ModelFileError):  # a lost best model is no reason not to go on from a sound last one
            self.trainer.restore_best(load_with_extra(self.folder / BEST)[0])

    def _restore_clock(self) -> None:
        """The seconds so far, which are in no model file; a damaged history does not stop a run."""
        unreadable = (OSError, ValueError, KeyError, TypeError)
        with suppress(*unreadable):
            for line in (self.folder / HISTORY).read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                if entry["epoch"] <= self.trainer.epoch:
                    self.seconds[entry["epoch"]] = float(entry["seconds"])
        with suppress(*unreadable):  # of a run that was stopped within an epoch
            self.trainer.seconds = float(_read(self.folder / PLAN)["seconds"])
        self.trainer.seconds = max([self.trainer.seconds, *self.seconds.values()])

    def go(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Progress], None] | None = None,
        warn: Callable[[ChainruleError], None] = lambda problem: None,
    ) -> dict[str, Any]:
        """Train to the end or until `stop` says so; everything is kept in the folder. Returns the result.

        warn: told of checkpoints that could not be written; training goes on. Raises TrainingError where
        training breaks down or its end cannot be written.
        """
        try:
            return self._go(stop, progress, warn)
        finally:
            self._free()

    def _go(
        self,
        stop: Callable[[], bool],
        progress: Callable[[Progress], None] | None,
        warn: Callable[[ChainruleError], None],
    ) -> dict[str, Any]:
        for name in (PLAN, NETWORK, HISTORY, LAST, BEST, CURVE):
            remove_unfinished(self.folder / name)
        self._write_plan("running", None)  # a run that was taken up may have more epochs now
        self._write_history()

        def after_epoch(trainer: Trainer) -> None:
            self.seconds[trainer.epoch] = trainer.seconds
            try:
                self._append_history()
                if time.monotonic() - self._written > SECONDS_BETWEEN_CHECKPOINTS:
                    self._checkpoint()
            except ChainruleError as problem:
                warn(problem)

        try:
            self.trainer.run(stop=stop, progress=progress, after_epoch=after_epoch)
        except TrainingError:
            self._write_plan("failed", None)
            if (best := self.trainer.best) is not None:
                best.save(self.folder / BEST)
            raise
        self._checkpoint()
        self._write_history()  # the lines that could not be appended among them
        result = self.result()
        if self.trainer.history:
            title = f"{result['dataset']}  {self.trainer.net}"
            write_atomically(self.folder / CURVE, learning_curve(self.trainer.history, title))
        # last, so that what is called finished is whole
        self._write_plan("finished" if self.trainer.finished else "interrupted", result)
        return result

    def result(self) -> dict[str, Any]:
        """What `train --json` ends with; scores are those of the weights as they are now."""
        trainer = self.trainer
        train = trainer.train_evaluation()
        test = trainer.model.evaluate(self.split.test) if self.split.test else None
        validation = trainer.model.evaluate(self.split.validation) if self.split.validation else None
        samples = trainer.epoch * len(self.split.train) + trainer.step * trainer.batches.size
        recipe = trainer.recipe
        return {
            "dataset": Path(self.plan.dataset).name,
            "task": "numbers" if trainer.train.info.classes is None else "classes",
            "network": str(trainer.net),
            "parameters": trainer.net.parameter_count,
            "optimizer": recipe.optimizer,
            "lr": recipe.rate(),
            "batch_size": recipe.batch_size,
            "engine": trainer.engine.name,
            "seed": self.plan.seed,
            "epochs": trainer.epoch,
            "steps": trainer.steps,
            "seconds": trainer.seconds,
            "samples_per_second": samples / trainer.seconds if trainer.seconds else None,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "validation_accuracy": validation.accuracy if validation else None,
            "test_accuracy": test.accuracy if test else None,
            "test_error": test.error_rate if test else None,
            "test_mean_absolute_error": test.mean_absolute_error if test else None,
            "test_r2": test.r2 if test else None,
            "interrupted": not trainer.finished,
            "run": str(self.folder),
        }

    def _checkpoint(self) -> None:
        states, counters = self.trainer.state()
        notes = {"counters": counters, "fingerprint": self.fingerprint}
        model = self.trainer.model
        (self.trainer.best or model).save(self.folder / BEST)  # never older than the last one
        model.save(self.folder / LAST, states, **notes)
        self._written = time.monotonic()

    def _write_plan(self, status: str, result: dict[str, Any] | None) -> None:
        table = {
            "chainrule": __version__,
            "command": self.command,
            "plan": self.plan.to_dict(),
            "engine": self.trainer.engine.name,
            "threads": self.trainer.threads,
            "status": status,
            "seconds": self.trainer.seconds,
            "result": result,
        }
        write_atomically(self.folder / PLAN, json.dumps(table, indent=2, ensure_ascii=False) + "\n")

    def _write_history(self) -> None:
        write_atomically(self.folder / HISTORY, "".join(map(self._line, self.trainer.history)))

    def _line(self, entry: Epoch) -> str:
        return json.dumps({**asdict(entry), "seconds": self.seconds.get(entry.epoch)}) + "\n"

    def _append_history(self) -> None:
        path = self.folder / HISTORY
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(self._line(self.trainer.history[-1]))
        except OSError as error:
            raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error


def read_run(folder: str | os.PathLike[str]) -> tuple[Plan, str, dict[str, Any] | None]:
    """The plan, the status and the result of the run in a folder. Raises UsageError where there is none."""
    path = Path(folder) / PLAN
    try:
        table = _read(path)
        return Plan.from_dict(table["plan"]), str(table["status"]), table["result"]
    except OSError as error:
        raise UsageError("training.no_run", folder=folder, reason=reason(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ChainruleError) as error:
        raise UsageError("training.bad_run", path=path, reason=error) from error


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _new_folder(name: str, folder: str | os.PathLike[str] | None) -> Path:
    path = Path(folder) if folder is not None else Path()
    try:
        if folder is None:
            Path("runs").mkdir(exist_ok=True)
            number = 1
            while True:
                path = Path("runs") / f"{name}-{number}"
                try:
                    path.mkdir()
                except FileExistsError:
                    number += 1
                else:
                    return path
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise UsageError("training.folder_in_use", folder=path)
    except OSError as error:
        raise TrainingError("training.cannot_write", path=path, reason=reason(error)) from error
    return path
