"""The history of a run as files for TensorBoard, by the writer of the extra `tensorboard`."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, Any

from chainrule.extras import need
from chainrule.files import writing
from chainrule.folders import Folder
from chainrule.training.loop import Epoch, Step, Trainer


def require() -> None:
    """Raise UsageError where the extra is not installed."""
    need("tensorboardX", "extras.tensorboard")


class TensorBoard:
    """A file of events in a folder, which begins with the history where it is the first there. What a killed
    run wrote beyond the state that it was taken up from is marked as void. It and its methods raise
    TrainingError where nothing can be written."""

    def __init__(self, above: Folder, name: str, trainer: Trainer) -> None:
        """A folder of that name in another one."""
        require()
        from tensorboardX.proto.event_pb2 import SessionLog

        self.folder, self.epoch_steps = above.path / name, trainer.epoch_steps
        begun = trainer.steps + 1
        with writing(self.folder):
            folder = above.inside_or_made(name)
            history = trainer.history if not folder.names() else []
            self._file = _events_file(folder, f"{os.getpid()}.{begun}")
            self._write(0, file_version="brain.Event:2")
            self.epochs(history)
            self._write(begun, session_log=SessionLog(status=SessionLog.START))

    def close(self) -> None:
        with writing(self.folder):
            self._file.close()

    def epochs(self, entries: Iterable[Epoch]) -> None:
        """Means of J and the validation scores of epochs, each at the number of its last step."""
        with writing(self.folder):
            for entry in entries:
                scores = {
                    "loss/train": entry.loss,
                    "loss/validation": entry.validation_loss,
                    "accuracy/validation": entry.validation_accuracy,
                }
                self._scalars(entry.epoch * self.epoch_steps, scores)
            self._flush()

    def steps(self, entries: Iterable[Step]) -> None:
        """J and the learning rate of single steps."""
        with writing(self.folder):
            for entry in entries:
                number = (entry.epoch - 1) * self.epoch_steps + entry.step
                self._scalars(number, {"loss/step": entry.loss, "learning rate": entry.lr})
            self._flush()

    def _scalars(self, step: int, values: dict[str, float | None]) -> None:
        from tensorboardX.proto.summary_pb2 import Summary

        known = [Summary.Value(tag=tag, simple_value=v) for tag, v in values.items() if v is not None]
        self._write(step, summary=Summary(value=known))

    def _write(self, step: int, **content: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import masked_crc32c

        record = Event(wall_time=time.time(), step=step, **content).SerializeToString()
        for part in (struct.pack("<Q", len(record)), record):
            self._file.write(part + struct.pack("<I", masked_crc32c(part)))

    def _flush(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


def _events_file(folder: Folder, end: str) -> IO[bytes]:
    """A new file, by whose name TensorBoard knows and sorts it: its second, host and end. Raises OSError."""
    for second in itertools.count(int(time.time())):
        with suppress(FileExistsError):
            return folder.create(f"events.out.tfevents.{second}.{socket.gethostname()}.{end}")
    raise AssertionError
