"""The history of a run as files for TensorBoard, by the writer of the extra `tensorboard`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.errors import TrainingError, reason
from chainrule.extras import need
from chainrule.training.loop import Epoch, Step, Trainer


def require() -> None:
    """Raise UsageError where the extra is not installed."""
    need("tensorboardX", "extras.tensorboard")


class TensorBoard:
    """A file of events in a folder, which begins with the history where it is the first there. What a killed
    run wrote beyond the state that it was taken up from is marked as void. It and its methods raise
    TrainingError where nothing can be written."""

    def __init__(self, folder: Path, trainer: Trainer) -> None:
        require()
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import SessionLog

        self.folder, self.epoch_steps = folder, trainer.epoch_steps
        begun = trainer.steps + 1
        with self._writing():
            folder.mkdir(exist_ok=True)
            history = [] if any(folder.iterdir()) else trainer.history
            # whose name has whole seconds only
            self._writer = EventsWriter(str(folder / "events"), f".{os.getpid()}.{begun}")
            self.epochs(history)
            self._write(begun, session_log=SessionLog(status=SessionLog.START))

    def close(self) -> None:
        with self._writing():
            self._writer.close()

    def epochs(self, entries: Iterable[Epoch]) -> None:
        """Means of J and the validation scores of epochs, each at the number of its last step."""
        with self._writing():
            for entry in entries:
                scores = {
                    "loss/train": entry.loss,
                    "loss/validation": entry.validation_loss,
                    "accuracy/validation": entry.validation_accuracy,
                }
                self._scalars(entry.epoch * self.epoch_steps, scores)
            self._writer.flush()

    def steps(self, entries: Iterable[Step]) -> None:
        """J and the learning rate of single steps."""
        with self._writing():
            for entry in entries:
                number = (entry.epoch - 1) * self.epoch_steps + entry.step
                self._scalars(number, {"loss/step": entry.loss, "learning rate": entry.lr})
            self._writer.flush()

    def _scalars(self, step: int, values: dict[str, float | None]) -> None:
        from tensorboardX.proto.summary_pb2 import Summary

        known = [Summary.Value(tag=tag, simple_value=v) for tag, v in values.items() if v is not None]
        self._write(step, summary=Summary(value=known))

    def _write(self, step: int, **content: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event

        self._writer.write_event(Event(wall_time=time.time(), step=step, **content))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TrainingError("training.cannot_write", path=self.folder, reason=reason(error)) from error
