"""`chainrule derive`: how a network's gradients come about, in a textbook's notation."""

from __future__ import annotations

from typing import Any

from chainrule.cli.app import command, required
from chainrule.cli.layout import remark, show
from chainrule.cli.step import step_options, update_for
from chainrule.cli.values import OneOf, argument, option
from chainrule.derivation.derive import LEVELS, derive_function
from chainrule.derivation.derive import derive as derivation
from chainrule.documents import SUFFIXES, form_of, render
from chainrule.errors import UsageError
from chainrule.files import write_atomically
from chainrule.notation import NOTATIONS
from chainrule.reading import read_network
from chainrule.sentences import say


@command
@argument("network", required=False)
@option("--notation", OneOf("notation", tuple(NOTATIONS)), metavar="name")
@option("--level", OneOf("level", LEVELS), metavar="level")
@option("--of", metavar="weight")
@option("--function", metavar="formula")
@step_options
@option("--format", OneOf("format", tuple(SUFFIXES)), metavar="format")
@option("--out", metavar="file")
def derive(
    network: str | None,
    notation: str | None,
    level: str | None,
    of: str | None,
    function: str | None,
    format: str | None,
    out: str | None,
    **step: Any,
) -> None:
    if function is not None:
        given: dict[str, Any] = {"--notation": notation, "--level": level, "--of": of}
        given |= {f"--{name.replace('_', '-')}": value for name, value in step.items()}
        given[say("cli.metavar.network")] = network
        if extra := next((name for name, value in given.items() if value is not None), None):
            raise UsageError("cli.derive.function_alone", extra=extra)
        document = derive_function(function)
    else:
        reading = read_network(required(network, say("cli.metavar.network")))
        document = derivation(
            reading.net,
            notation=notation or "nielsen",
            level=level or ("node" if of else "layer"),
            of=of,
            update=update_for(step, reading.recipe),
        )
    text = render(document, format or form_of(out))
    if out is None:
        show(text.rstrip("\n"))
        return
    write_atomically(out, text)
    remark(say("cli.written", path=out))
