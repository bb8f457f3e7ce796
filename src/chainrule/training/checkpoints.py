"""Checkpoints of a run: the last two, each a folder that is whole or is not there.

checkpoints/step-180/model.safetensors   the model after step 180, with all that is needed to go on
                     best.safetensors    the best model up to then
                     SHA256SUMS          the digests of both, as `sha256sum -c` reads them

Only what a run wrote is removed: a folder in which nothing else lies, and that its digests prove to be one.
What is in the way stays, and the checkpoint gets a name such as step-180-2.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from chainrule.errors import ModelFileError, reason, system_error
from chainrule.files import writing
from chainrule.folders import Folder, Mark
from chainrule.model import LAST, MOST_BYTES, Model, read_model

PLACE, BEST, MANIFEST = "checkpoints", "best.safetensors", "SHA256SUMS"
FILES = {LAST: MOST_BYTES, BEST: MOST_BYTES, MANIFEST: 4096}
"""All that lies in a checkpoint, each with the most bytes that are read of it."""
NAME = re.compile(r"(\.?)step-([0-9]{1,18})(?:-([0-9]{1,4}))?")


@dataclass(frozen=True)
class Checkpoint:
    """The last model, the optimizer's arrays and the notes beside it; the best model, where it is known."""

    model: Model
    states: Mapping[str, NDArray[Any]]
    notes: Mapping[str, Any]
    best: Model | None


class Checkpoints:
    """The checkpoints in a run's folder."""

    def __init__(self, folder: Path, at: Folder | None = None) -> None:
        """at: the folder, where it is held already."""
        self.place = folder / PLACE
        self._folder = at or Folder(folder)
        self._sound: str | None = None  # the newest that is known to be as it was written
        self._marks: dict[str, dict[str, Mark]] = {}  # of files that were written or read here, and are sound

    def read(self) -> tuple[Checkpoint | None, list[ModelFileError]]:
        """The newest checkpoint that verifies, and what is wrong with those that are newer."""
        problems = []
        try:
            place = self._opened()
            if place is None:
                return None, []
            names = _newest_first(place)
        except OSError as error:
            return None, [ModelFileError("model.unreadable", path=self.place, reason=reason(error))]
        for name in names:
            try:
                content, marks = _verified(place, name)
                path = self.place / name
                found = Checkpoint(
                    *read_model(content[LAST], path / LAST), read_model(content[BEST], path / BEST)[0]
                )
            except ModelFileError as problem:
                problems.append(problem)
            else:
                self._sound, self._marks[name] = name, marks
                return found, problems
        return None, problems

    def write(self, step: int, files: Mapping[str, bytes]) -> str:
        """Write a checkpoint, whole or not at all, and remove those before the one before it.

        files: the content of LAST and BEST. Returns its name. Raises TrainingError where it cannot be
        written; the others stay.
        """
        if self._sound and _step(self._sound) == step:  # taken up there, and stopped before the next step
            return self._sound
        with writing(self.place):
            place = self._folder.inside_or_made(PLACE)
            for left in place.names():
                if (match := NAME.fullmatch(left)) and match[1]:
                    with suppress(OSError):
                        _remove(place, left, FILES)
            if place.stat(f"step-{step}"):  # damaged, or of a run that was not taken up from there
                self._remove_own(place, f"step-{step}")
            name = self._write(place, step, files)
        with suppress(OSError):
            for old in _newest_first(place):
                if old not in (name, self._sound):
                    self._remove_own(place, old)
        self._sound = name
        return name

    def share(self, name: str, file: str, folder: Folder, to: str, content: bytes) -> None:
        """Let a name in a run's folder stand for a file of a checkpoint that was written or read here; for a
        file with that content where there is no sharing one. Raises OSError."""
        place = self._opened()
        try:
            source = place and place.inside(name)
        except OSError:
            source = None
        if source:
            folder.put(source, self._marks[name][file], file, to, content)
        else:
            folder.write(to, content)

    def _opened(self) -> Folder | None:
        """The folder of checkpoints, reached anew each time, as it may have been deleted or replaced."""
        try:
            return self._folder.inside(PLACE)
        except FileNotFoundError:
            return None

    def _write(self, place: Folder, step: int, files: Mapping[str, bytes]) -> str:
        """Write a checkpoint under a name that is free. Raises OSError."""
        unfinished = _first_free(place, f".step-{step}")
        folder = place.make(unfinished)
        try:
            marks = {
                file: folder.write_new(file, content)
                for file, content in {**files, MANIFEST: _manifest(files)}.items()
            }
            folder.flush()
            name = _first_free(place, f"step-{step}")
            place.rename(unfinished, name)
        except BaseException:
            with suppress(OSError):
                _remove(place, unfinished, FILES)
            raise
        place.flush()
        self._marks[name] = marks
        return name

    def _remove_own(self, place: Folder, name: str) -> None:
        """Remove a checkpoint if a run wrote it: if files are those that were written here or, by its
        digests, at all. One that cannot be removed stays."""
        with suppress(OSError, ModelFileError):
            folder, known = place.inside(name), self._marks.pop(name, {})
            if any(_mark(folder, file) != mark for file, mark in known.items()) or not known:
                _prove(folder)
            _remove(place, name, FILES)


def _remove(place: Folder, name: str, known: Iterable[str]) -> None:
    """Remove a folder in which nothing but regular files of known names lies; any other stays. Raises
    OSError."""
    folder = place.inside(name)
    found = {file: folder.stat(file) for file in folder.names()}
    if found.keys() <= set(known) and all(each and stat.S_ISREG(each.st_mode) for each in found.values()):
        for file in found:
            folder.remove(file)
        place.remove_folder(name)


def _mark(folder: Folder, file: str) -> Mark | None:
    found = folder.stat(file)
    return Mark.of(found) if found else None


def _first_free(place: Folder, name: str) -> str:
    names = itertools.chain([name], (f"{name}-{number}" for number in range(2, 10_000)))
    free = next((each for each in names if place.stat(each) is None), None)
    if free is None:
        raise system_error(errno.EEXIST, place.path / name)
    return free


def _step(name: str) -> int:
    match = NAME.fullmatch(name)
    return int(match[2]) if match else -1


def _newest_first(place: Folder) -> list[str]:
    """The names of all that may be a checkpoint."""
    matches = [match for name in place.names() if (match := NAME.fullmatch(name)) and not match[1]]
    return [match[0] for match in sorted(matches, key=lambda m: (int(m[2]), int(m[3] or 0)), reverse=True)]


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join(_line(name, content) for name, content in files.items()).encode()


def _line(name: str, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def _verified(place: Folder, name: str) -> tuple[dict[str, bytes], dict[str, Mark]]:
    """The files of a checkpoint. Raises ModelFileError where any byte of it is not as it was written."""
    path, content, marks = place.path / name, {}, {}
    at = path
    try:
        folder = place.inside(name)
        for file, most in FILES.items():
            at = path / file
            content[file], marks[file] = folder.read_marked(file, most)
    except OSError as error:
        raise ModelFileError("model.unreadable", path=at, reason=reason(error)) from error
    manifest = content.pop(MANIFEST)
    if manifest != _manifest(content):
        listed = manifest.decode(errors="replace")
        changed = [file for file, each in content.items() if _line(file, each) not in listed]
        # a digest that fits nothing may itself be what changed; the models know their own digests too
        raise ModelFileError(
            "training.damaged_checkpoint", names=", ".join(changed) or MANIFEST, path=path, manifest=MANIFEST
        )
    return content, marks


def _prove(folder: Folder) -> None:
    """Raises OSError where no file of a folder is as its digests say; of a damaged checkpoint one may be."""
    listed = folder.read(MANIFEST, FILES[MANIFEST]).decode(errors="replace")
    for file in (LAST, BEST):
        with suppress(OSError):
            if _line(file, folder.read(file, FILES[file])) in listed:
                return
    raise system_error(errno.EEXIST, folder.path)
