"""Checkpoints of a run: the last two, each a folder that is whole or is not there.

checkpoints/step-180/model.safetensors   the model after step 180, with all that is needed to go on
                     best.safetensors    the best model up to then
                     SHA256SUMS          the digests of both, as `sha256sum -c` reads them
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from chainrule.errors import ModelFileError, TrainingError, reason
from chainrule.files import flush_folder, write_and_flush
from chainrule.model import LAST, Model, load_with_extra

PLACE, BEST, MANIFEST = "checkpoints", "best.safetensors", "SHA256SUMS"


@dataclass(frozen=True)
class Checkpoint:
    """The last model, the optimizer's arrays and the notes beside it; the best model, where it is known."""

    model: Model
    states: Mapping[str, NDArray[Any]]
    notes: Mapping[str, Any]
    best: Model | None


class Checkpoints:
    """The checkpoints in a run's folder."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / PLACE
        self._sound: Path | None = None  # the newest that is known to be as it was written

    def read(self) -> tuple[Checkpoint | None, list[ModelFileError]]:
        """The newest checkpoint that verifies, and what is wrong with those that are newer."""
        problems = []
        for path in self._newest_first():
            try:
                _verify(path)
                found = Checkpoint(*load_with_extra(path / LAST), load_with_extra(path / BEST)[0])
            except ModelFileError as problem:
                problems.append(problem)
            else:
                self._sound = path
                return found, problems
        return None, problems

    def write(self, step: int, files: Mapping[str, bytes]) -> Path:
        """Write a checkpoint, whole or not at all, and remove those before the one before it.

        files: the content of LAST and BEST. Raises TrainingError where it cannot be written; the others stay.
        """
        path = self.place / f"step-{step}"
        if path == self._sound:  # taken up there, and stopped before the next step
            return path
        unfinished = self.place / f".{path.name}"
        try:
            if not self.place.exists():
                self.place.mkdir()
                flush_folder(self.place.parent)
            for left in self.place.glob(".step-*"):
                shutil.rmtree(left)
            unfinished.mkdir()
            for name, content in {**files, MANIFEST: _manifest(files)}.items():
                write_and_flush(unfinished / name, content)
            flush_folder(unfinished)
            if path.exists():  # damaged, or of a run that was not taken up from there
                shutil.rmtree(path)
            unfinished.rename(path)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise TrainingError("training.cannot_write", path=self.place, reason=reason(error)) from error
        flush_folder(self.place)
        for old in self._newest_first():
            if old not in (path, self._sound):
                shutil.rmtree(old, ignore_errors=True)
        self._sound = path
        return path

    def _newest_first(self) -> list[Path]:
        found = {
            int(match[1]): path
            for path in self.place.glob("step-*")
            if (match := re.fullmatch(r"step-([0-9]{1,18})", path.name))
        }
        return [found[step] for step in sorted(found, reverse=True)]


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join(_line(name, content) for name, content in files.items()).encode()


def _line(name: str, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def _verify(path: Path) -> None:
    """Raises ModelFileError where any byte of a checkpoint is not as it was written."""
    content = {}
    for name in (LAST, BEST, MANIFEST):
        try:
            content[name] = (path / name).read_bytes()
        except OSError as error:
            raise ModelFileError("model.unreadable", path=path / name, reason=reason(error)) from error
    manifest = content.pop(MANIFEST)
    if manifest != _manifest(content):
        listed = manifest.decode(errors="replace")
        changed = [name for name, each in content.items() if _line(name, each) not in listed]
        # a digest that fits nothing may itself be what changed; the models know their own digests too
        raise ModelFileError(
            "training.damaged_checkpoint", names=", ".join(changed) or MANIFEST, path=path, manifest=MANIFEST
        )
