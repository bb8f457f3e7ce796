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

import difflib
import errno
import json
import os
import reprlib
from collections.abc import Iterable
from itertools import islice

from chainrule.sentences import CATALOGUE, Said, say

MOST_LISTED = 20
"""Names, or problems, that a message lists."""
LONGEST_TEXT = 2000
"""Characters that a message has of one text, such as a name that is a megabyte long."""
MOST_COMPARED = 2000
"""Names among which a near one is looked for."""


def shortened(text: str, most: int = LONGEST_TEXT) -> str:
    """A text of at most `most` characters: what is too much of it is left out in the middle."""
    if len(text) <= most:
        return text
    half = (most - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def shown(value: object) -> str:
    """A value as messages show it: on one line, and not too long."""
    try:
        text = repr(value)
    except Exception:  # a number of too many digits, lists in lists without end, an object that cannot say
        text = _LIMITED.repr(value)
    return shortened(text.replace("\n", " "), 60)


class _Limited(reprlib.Repr):
    """`repr` of few parts of a value, with large numbers as hexadecimal ones, which are written at once."""

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() < 1000 else hex(x)


_LIMITED = _Limited()


def listed(names: Iterable[object], most: int = MOST_LISTED) -> Sentence | str:
    """Names as messages list them: with commas, at most `most` of them, and how many more there are."""
    names = names if isinstance(names, (list, tuple)) else list(names)
    text = ", ".join(shortened(str(name), 100) for name in names[:most])
    return text if len(names) <= most else Sentence("system.more", names=text, count=len(names) - most)


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The one of `names` that is most like a name, in any case of letters; None where none is near.

    Long names, and what stands behind many, are not compared: that would take too long.
    """
    folded = {each.casefold(): each for each in islice(names, MOST_COMPARED) if len(each) <= 100}
    found = difflib.get_close_matches(name[:100].casefold(), folded, 1, cutoff)
    return folded[found[0]] if found else None


class Nearest:
    """The question whether the nearest of `names` was meant; empty where none is near.

    Looked for when it is printed: of many problems with one definition few are.
    """

    def __init__(self, name: object, names: Iterable[str]) -> None:
        self._name, self._names = name if isinstance(name, str) else shown(name), names

    def __str__(self) -> str:
        found = nearest(self._name, self._names, 0.65)
        return "" if found is None else say("catalog.near", name=found)


def _said(key: str, fields: dict[str, object]) -> str:
    return say(key, **{name: _short(value) for name, value in fields.items()})


def _short(value: object) -> object:
    if isinstance(value, Said):  # with the ends of its lines
        return value
    return shortened(str(value)) if isinstance(value, (BaseException, str)) else value


class Sentence(Said):
    """A sentence inside another: `str` of it is rendered when asked for, in the language of that moment."""

    def __init__(self, key: str, /, **fields: object) -> None:
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        return _said(self.key, self.fields)


class RefusedFileError(OSError):
    """A file that is not read although the system would: a pipe, a device, a link, or one that is too large.

    `sentence` says why, as `reason` does for what the system refuses.
    """

    def __init__(self, key: str, /, **fields: object) -> None:
        super().__init__(key)
        self.sentence = Sentence(key, **fields)


def system_error(number: int, path: object) -> OSError:
    """The error, of its own class, that the system raises with a number of `errno` for a path."""
    return OSError(number, os.strerror(number), str(path))


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


def cause(error: Exception) -> Sentence | Said | str:
    """Why content cannot be read or used, as part of a sentence and never in Python's own words."""
    said = error.args[0] if error.args else None
    if isinstance(error, OSError):
        return reason(error)
    if isinstance(error, ChainruleError):
        return error
    if isinstance(said, Said):  # which an exception of Python's own class carries
        return said
    if isinstance(error, UnicodeError):
        return Sentence("json.no_text")
    if isinstance(error, RecursionError):
        return Sentence("json.deep")
    if isinstance(error, json.JSONDecodeError):
        return Sentence("json.syntax", line=error.lineno, column=error.colno)
    if isinstance(error, KeyError):
        return Sentence("system.lacking", name=shown(said))
    return Sentence("system.unfit")


def unfit(name: str) -> ValueError:
    """The error of a part of a file that is not as it is written; `cause` names the part."""
    return ValueError(Sentence("system.unfit_part", name=shown(name)))


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
        return _said(self.key, self.fields)


class UsageError(ChainruleError):
    """A command line or a call that does not fit together."""


class UnknownNameError(ChainruleError):
    """A name that is in no catalogue."""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """An attribute that an object does not have."""


class DefinitionError(ChainruleError):
    """A network definition with one or more problems; its message lists the first MOST_LISTED.

    `problems` holds one ChainruleError each.
    """

    def __init__(self, problems: Iterable[ChainruleError]) -> None:
        self.problems = tuple(problems)
        super().__init__("network.problems", count=len(self.problems))

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [super().__str__(), *(f"  - {problem}" for problem in self.problems[:MOST_LISTED])]
        if (more := len(self.problems) - MOST_LISTED) > 0:
            lines.append(f"  - {say('network.more_problems', count=more)}")
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
