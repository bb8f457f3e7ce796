"""`chainrule emit`: a network as one Python file; of a saved model with what it has learned."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from chainrule.cli.app import command
from chainrule.cli.layout import remark, show
from chainrule.cli.step import step_options, update_for
from chainrule.cli.values import argument, option
from chainrule.errors import UsageError
from chainrule.files import write_atomically
from chainrule.model import Model
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.render.python_file import python_file
from chainrule.sentences import say

MOST_INLINE = 2000
"""How many parameters of a model stand in the source itself."""


@command
@argument("network")
@step_options
@option("--out", metavar="file")
def emit(network: str, out: str | None, **step: Any) -> None:
    reading = read_network(network)
    update = update_for(step, reading.recipe)
    numbers = place_of_numbers(reading.model, out) if reading.model else None
    if reading.model:
        source = reading.model.to_python(**asdict(update), numbers=numbers)
    else:
        source = python_file(build(reading.net, update), update.optimizer)
    if out is None:
        show(source.rstrip("\n"))
        return
    write_atomically(out, source)
    for path in filter(None, (numbers, out)):
        remark(say("cli.written", path=path))


def place_of_numbers(model: Model, out: str | None) -> Path | None:
    """The file beside `out` for a model's parameters; None where they are few enough to stand in the source.

    Raises UsageError where there is no place for it.
    """
    count = model.net.parameter_count
    if count <= MOST_INLINE:
        return None
    if out is None:
        raise UsageError("cli.emit.large", count=count)
    if (place := Path(out).with_suffix(".npz")) == Path(out):
        raise UsageError("cli.emit.npz", path=out)
    return place
