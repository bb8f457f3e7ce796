"""Data sets, by name or from files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chainrule import memory
from chainrule.data import builtin
from chainrule.data.dataset import Column, Dataset, Info, Samples, Scaling, Split, holding_out
from chainrule.data.samples import as_samples, matched
from chainrule.errors import DataError, UnknownNameError, UsageError, listed, reason
from chainrule.files import path_text
from chainrule.folders import refuse_special
from chainrule.sentences import say

if TYPE_CHECKING:
    from chainrule.data.fetch import Progress, Warn
    from chainrule.data.tables import Task

__all__ = [
    "DATASETS",
    "Column",
    "Dataset",
    "Info",
    "Samples",
    "Scaling",
    "Split",
    "as_samples",
    "load",
    "load_for",
    "names",
]


@dataclass(frozen=True)
class Request:
    """What a loader may want to know of the call."""

    data_dir: str | os.PathLike[str] | None
    offline: bool
    seed: int
    progress: Progress | None
    warn: Warn | None


@dataclass(frozen=True)
class Entry:
    """A row of the table of data sets."""

    name: str
    sentence: str
    load: Callable[[Request], Dataset]

    @property
    def description(self) -> str:
        """One line on what it is, in the language in force."""
        return say(self.sentence)


def _mnist(name: str) -> Callable[[Request], Dataset]:
    def from_files(request: Request) -> Dataset:
        from chainrule.data.mnist import load_mnist  # with it comes all that downloading needs

        return load_mnist(
            name,
            data_dir=request.data_dir,
            offline=request.offline,
            progress=request.progress,
            warn=request.warn,
        )

    return from_files


DATASETS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("digits", "data.about_digits", lambda request: builtin.digits()),
        Entry("iris", "data.about_iris", lambda request: builtin.iris()),
        Entry("mnist", "data.about_mnist", _mnist("mnist")),
        Entry("fashion-mnist", "data.about_fashion_mnist", _mnist("fashion-mnist")),
        Entry("zhou", "data.about_zhou", lambda request: builtin.zhou()),
        Entry("xor", "data.about_xor", lambda request: builtin.xor()),
        Entry("spiral", "data.about_spiral", lambda request: builtin.spiral(request.seed)),
        Entry("moons", "data.about_moons", lambda request: builtin.moons(request.seed)),
        Entry("circles", "data.about_circles", lambda request: builtin.circles(request.seed)),
    )
}


def names() -> tuple[str, ...]:
    """The names of the data sets."""
    return tuple(DATASETS)


@memory.told()
def load(
    name_or_path: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    target: str | Sequence[str] | None = None,
    task: Task | None = None,
    weights: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> Dataset:
    """The data set of that name, or the one in a file or folder.

    data_dir: a folder with the named data set's files, or with a subfolder named after it; without it
    the environment's CHAINRULE_DATA, then the user's cache, then a download unless `offline`.
    target, task, weights: of a CSV or Parquet file, see tables.load_table. seed: which draw of `spiral`,
    `moons` and `circles`; no other data set depends on it. progress: called as a download goes on. warn:
    told where it waits for another process that downloads the same. What is read from a file or folder
    knows where that is, and its content by a digest.
    Raises UnknownNameError, UsageError, DataError.
    """
    text = path_text(name_or_path, "digits")
    read = partial(_load_path, target=target, task=task, weights=weights)
    of_columns = bool(target or task or weights is not None)
    request = Request(data_dir, offline, seed, memory.callers(progress), memory.callers(warn))
    return _loaded(text, request, read, of_columns)


def _loaded(text: str, request: Request, read: Callable[[Path], Dataset], of_columns: bool) -> Dataset:
    """The data set of that name, or what is read from the file or folder of that path. of_columns: whether
    it is about the columns of a table. Raises UnknownNameError, UsageError, DataError."""
    entry = DATASETS.get(text)
    if of_columns and (entry or not _is_table(Path(text))):
        raise UsageError("data.only_tables", path=text)
    path = Path(os.path.expanduser(text))
    try:
        if entry:
            return entry.load(request)
        if path.exists():
            if not path.is_dir():  # a pipe or a device may never end
                refuse_special(path.stat(), path)
            return read(path).read_from(path)
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        place = error.filename or text
        raise DataError("data.unreadable", path=place, reason=reason(error)) from error
    if path.suffix or len(path.parts) > 1:
        raise DataError("data.no_file", path=text, absolute=path.absolute())
    near = difflib.get_close_matches(text.lower().replace("_", "-"), DATASETS, n=1)
    key = "data.near_name" if near else "data.unknown_name"
    raise UnknownNameError(key, name=text, near="".join(near), names=listed(DATASETS))


@memory.told()
def load_for(
    info: Info,
    name_or_path: str | os.PathLike[str],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    target: str | Sequence[str] | None = None,
    progress: Progress | None = None,
    warn: Warn | None = None,
) -> tuple[Samples, Literal["test", "train", "all"]]:
    """Samples to judge a model on that learned from the data set `info`, and which part of theirs they are.

    Of a named data set, and of the file that the model learned from, the test part where there is one; of
    any other file all samples. A file is known by its content. Classes are numbered as in `info`, by their
    names, where it has them all. The rest is as in `load`.
    """
    text = path_text(name_or_path, "digits")
    path = Path(os.path.expanduser(text))
    if text not in DATASETS and _is_table(path) and os.path.isfile(path):  # False where it cannot be asked
        from chainrule.data.tables import read_samples

        found = holding_out(read_samples(path, info, target=target)).read_from(path)
    else:
        request = Request(data_dir, offline, 0, memory.callers(progress), memory.callers(warn))
        found = _loaded(text, request, partial(_load_path, target=target, learned=info), bool(target))
    if text in DATASETS or found.info.digest == info.digest:
        part: Literal["test", "train"] = "test" if found.test else "train"
        return _among(found.test or found.train, info), part
    return _among(found.everything, info), "all"


def _among(samples: Samples, info: Info) -> Samples:
    """Samples with their classes numbered as in the data set `info`; as they are where one is not there."""
    try:
        return matched(samples, info)
    except UsageError:
        return samples


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".tsv", ".txt", ".parquet")


def _load_path(
    path: Path,
    *,
    target: str | Sequence[str] | None,
    task: Task | None = None,
    weights: str | None = None,
    learned: Info | None = None,
) -> Dataset:
    """The data set in a file or folder. learned: of the data set with whose classes labels in arrays are
    read; None: with their own."""
    if _is_table(path):
        from chainrule.data.tables import load_table

        return load_table(path, target=target, task=task, weights=weights)
    from chainrule.data.npz import load_npy, load_npz, npy_files

    if path.suffix.lower() == ".npz":
        return load_npz(path, learned)
    if path.suffix.lower() == ".npy" or (path.is_dir() and npy_files(path)):
        return load_npy(path, learned)
    from chainrule.data.mnist import is_idx_name, load_idx

    if is_idx_name(path) or (path.is_dir() and any(map(is_idx_name, path.iterdir()))):
        return load_idx(path)
    if path.is_dir():
        from chainrule.data.images import load_folder

        return load_folder(path)
    raise DataError("data.file_kind", path=path)
