"""The command line: `main` is what `chainrule` runs. A command is a module, loaded when it is asked for."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

from chainrule.cli.streams import lent_streams
from chainrule.errors import ChainruleError, UsageError, reason
from chainrule.printable import printable_lines
from chainrule.sentences import LANGUAGES, Language, Told, say, speaking

DONE, NO, NOT_UNDERSTOOD, INTERRUPTED = 0, 1, 2, 130
"""Exit codes. NO: the answer is no, or the work failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what went wrong is said in one sentence on stderr.

    arguments: without the program's name; None: those of the process. `--lang` and `--debug` may stand
    anywhere among them.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    with lent_streams() as streams, streams:
        return _spoken(given, "--debug" in given)


def _spoken(given: list[str], debug: bool) -> int:
    try:
        given, lang = _everywhere(given)
        with speaking(lang) as speech, speech:
            return _run(given, debug)
    except ChainruleError as error:  # in `--lang` itself
        return _failed(error, error.exit_code, debug)
    except KeyboardInterrupt:  # while the program was still being loaded
        return _failed(say("cli.interrupted"), INTERRUPTED, debug)


def _run(arguments: list[str], debug: bool) -> int:
    import click

    from chainrule.cli.app import app

    lacking = say("memory.used_up")  # while there is memory to say it with
    try:
        code = app.main(arguments, prog_name="chainrule", standalone_mode=False, obj=arguments)
        sys.stdout.flush()
        return int(code or DONE)
    except ChainruleError as error:
        return _failed(error, error.exit_code, debug)
    except (KeyboardInterrupt, click.Abort):
        return _failed(say("cli.interrupted"), INTERRUPTED, debug)
    except BrokenPipeError:  # whoever read the output has had enough of it
        _give_up_stdout()
        return NO
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _give_up_stdout()
        return _failed(say("cli.system", reason=f"{where}{reason(error)}"), NO, debug)
    except MemoryError as error:
        traceback.clear_frames(error.__traceback__)  # what they hold is room for what is said
        return _failed(lacking, NO, debug)
    except RecursionError:
        return _failed(say("cli.too_deep"), NOT_UNDERSTOOD, debug)
    except OverflowError:
        return _failed(say("cli.overflow"), NOT_UNDERSTOOD, debug)
    except UnicodeError:
        return _failed(say("cli.no_text"), NOT_UNDERSTOOD, debug)
    except Exception as error:
        return _failed(say("cli.unexpected", kind=type(error).__name__), NO, debug)


def _failed(message: object, code: int, debug: bool) -> int:
    where = traceback.format_exc() if debug else ""
    with suppress(OSError):  # nobody hears it; the code says it too
        sys.stderr.write(printable_lines(where + say("cli.error", message=Told(message))) + "\n")
    return code


def _give_up_stdout() -> None:
    """Let what could not be written go, so that it is not tried once more at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # it is no file
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _everywhere(arguments: list[str]) -> tuple[list[str], Language | None]:
    """The arguments without `--debug` and `--lang`, and the language asked for."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    left: list[str] = []
    lang: Language | None = None
    rest = iter(arguments[:end])
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name == "--lang":
            value = value if equals else next(rest, "")
            lang = next((each for each in LANGUAGES if each == value), None)
            if lang is None:
                raise UsageError("cli.language", found=repr(value), names=", ".join(LANGUAGES))
        elif argument != "--debug":
            left.append(argument)
    return left + arguments[end:], lang
