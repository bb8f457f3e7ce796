"""Every sentence the program says, in English and Chinese side by side.

Each module of this package holds the sentences of one room as `SENTENCES`, a dictionary from a key
`room.what` to a pair (English, Chinese) of `str.format` templates.
"""

from __future__ import annotations

import os
import pkgutil
from contextlib import suppress
from contextvars import ContextVar, Token
from importlib import import_module
from numbers import Number
from string import Formatter
from types import TracebackType
from typing import Literal, Self, get_args

from chainrule.printable import printable

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

CATALOGUE: dict[str, tuple[str, str]] = {}
for _room in pkgutil.iter_modules(__path__):
    CATALOGUE |= import_module(f"{__name__}.{_room.name}").SENTENCES

_chosen: Language | None = None
"""For the whole process."""
_spoken: ContextVar[Language | None] = ContextVar("language", default=None)
"""Inside `speaking`."""


def from_environment() -> Language:
    """The language that CHAINRULE_LANG, or else the locale, asks for; English where neither says."""
    for variable in ("CHAINRULE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def language() -> Language:
    """The language in force: that of the `speaking` block around, or else the one chosen for the process, or
    else the environment's."""
    return _spoken.get() or _chosen or from_environment()


def choose_language(lang: Language | None) -> None:
    """Speak `lang` from here on in the whole process: in every thread, whenever it was started, and in every
    asyncio task. None leaves it to the environment.

    A `speaking` block, also one that is entered already, keeps its own language to its end.
    """
    global _chosen
    _chosen = lang


class speaking:  # noqa: N801 - it is used like a function
    """Speak `lang` inside a with block; None changes nothing.

    It holds for the code of the block alone: other threads and other asyncio tasks speak as they did. Tasks
    that begin in the block, and `asyncio.to_thread`, take it along; a thread of one's own begins without it.

    `with speaking("zh") as speech, speech:` leaves it twice, so that an interrupt while it is being left does
    not keep it.
    """

    def __init__(self, lang: Language | None) -> None:
        self._lang = lang
        self._token: Token[Language | None] | None = None

    def __enter__(self) -> Self:
        before = _spoken.get()
        if self._token is None:
            try:
                self._token = _spoken.set(self._lang or before)
            except BaseException:  # an interrupt
                _spoken.set(before)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            with suppress(RuntimeError):  # an interrupt came after it was used
                _spoken.reset(self._token)
            self._token = None


class Said:
    """What `str` makes sentences of: its line ends are the program's own."""


class Told(str, Said):
    """Sentences that were said already, with the ends of their lines."""


def say(key: str, /, **fields: object) -> str:
    """The sentence `key` in the language in force, with its fields filled in.

    A field is `Said`, a number, or text from outside, which can neither move a cursor nor begin a line.
    """
    return _FORMATTER.vformat(CATALOGUE[key][LANGUAGES.index(language())], (), fields)


class _Formatter(Formatter):
    """Fills sentences in, as `str.format` does."""

    def format_field(self, value: object, format_spec: str) -> str:
        text = format(value, format_spec)
        return text if isinstance(value, (Number, Said)) else printable(text)


_FORMATTER = _Formatter()
