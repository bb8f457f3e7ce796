"""`chainrule emit`: a network as one Python file."""

from __future__ import annotations

import sys

from chainrule.cli.app import command
from chainrule.cli.layout import show
from chainrule.cli.values import argument, option
from chainrule.files import write_atomically
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.render.python_file import python_file
from chainrule.sentences import say


@command
@argument("network")
@option("--optimizer", metavar="NAME")
@option("--out", metavar="FILE")
def emit(network: str, optimizer: str | None, out: str | None) -> None:
    optimizer = optimizer or "sgd"
    source = python_file(build(read_network(network).net, optimizer), optimizer)
    if out:
        write_atomically(out, source)
        sys.stderr.write(say("cli.emit.written", path=out) + "\n")
    else:
        show(source.rstrip("\n"))
