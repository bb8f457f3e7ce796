"""The exceptions of chainrule: one tree.

Every message comes from the catalogue of sentences, so it exists in every language the program speaks,
and says what was wrong, where, and what would be right.

    ChainruleError            anything that chainrule raises on purpose
    ├── UsageError            a command or call was put together wrongly
    ├── UnknownNameError      a name that no catalogue has; suggests near ones
    ├── DefinitionError       a network definition; lists every problem at once
    ├── FormulaError          text in a formula language; carries the position
    ├── ShapeError            an array of the wrong shape, or of the wrong kind
    ├── DataError             a data set or its files
    │   └── DownloadError     a data set could not be fetched (exit code 1)
    ├── ModelFileError        a saved model that cannot be trusted or read
    └── TrainingError         training could not go on, or its results could not be kept (exit code 1)
        └── OutOfMemoryError  there is less memory than something takes (exit code 1)
"""

from __future__ import annotations

import errno
from collections.abc import Iterable

from chainrule.sentences import CATALOGUE, Said, say


class Sentence(Said):
    """A sentence inside another: `str` of it is rendered when asked for, in the language of that moment."""

    def __init__(self, key: str, /, **fields: object) -> None:
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        return say(self.key, **self.fields)


class RefusedFileError(OSError):
    """A file that is not read although the system would: a pipe, a device, a link, or one that is too large.

    `sentence` says why, as `reason` does for what the system refuses.
    """

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key)
        self.sentence = Sentence(key, **fields)


def reason(error: OSError) -> Sentence | str:
    """Why the operating system refused, as part of a sentence; in its own words where they are no usual ones.

    Only Python's own errors carry the system's numbers: those of TLS and of name servers count otherwise.
    """
    if isinstance(error, RefusedFileError):
        return error.sentence
    number = errno.ETIMEDOUT if isinstance(error, TimeoutError) else error.errno
    key = f"system.{errno.errorcode.get(number or 0, '').lower()}"
    if key in CATALOGUE and type(error).__module__ == "builtins":
        return Sentence(key)
    return error.strerror or str(error)


class ChainruleError(Said, Exception):
    """Base of all errors. `key` names a sentence of the catalogue; `fields` are put into it.

    `str(error)` is rendered when asked for, in the language of that moment.
    """

    exit_code = 2
    """What the command line exits with: 2, the input could not be understood; 1, the work failed."""

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key, fields)
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        return say(self.key, **self.fields)


class UsageError(ChainruleError):
    """A command line or a call that does not fit together."""


class UnknownNameError(ChainruleError):
    """A name that is in no catalogue."""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """An attribute that an object does not have."""


class DefinitionError(ChainruleError):
    """A network definition with one or more problems, all of them listed.

    `problems` holds one ChainruleError each.
    """

    def __init__(self, problems: Iterable[ChainruleError]) -> None:
        self.problems = tuple(problems)
        super().__init__("network.problems", count=len(self.problems))

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [super().__str__(), *(f"  - {problem}" for problem in self.problems)]
        return "\n".join(lines)


class FormulaError(ChainruleError):
    """Text that a formula grammar cannot read; `position` counts characters from 0."""

    def __init__(self, key: str, /, *, position: int, **fields: object) -> None:
        super().__init__(key, position=position, column=position + 1, **fields)
        self.position = position


class ShapeError(ChainruleError):
    """An array whose shape, type or values do not fit."""


class DataError(ChainruleError):
    """Data that cannot be found, read or used."""


class DownloadError(DataError):
    """A data set that no mirror gave, or that could not be kept."""

    exit_code = 1


class ModelFileError(ChainruleError):
    """A model file that is damaged, or is none."""


class TrainingError(ChainruleError):
    """Training failed, or what it produced could not be written."""

    exit_code = 1


class OutOfMemoryError(TrainingError):
    """Less memory than something takes."""
