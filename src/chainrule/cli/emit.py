"""`chainrule emit`: a network as one Python file; of a saved model with what it has learned."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.app import command
from chainrule.cli.layout import show
from chainrule.cli.values import argument, option
from chainrule.errors import UsageError
from chainrule.files import write_atomically
from chainrule.model import Model
from chainrule.program import build
from chainrule.reading import read_network
from chainrule.render.python_file import Learned, python_file
from chainrule.sentences import say
from chainrule.targets import ClassTargets

MOST_INLINE = 2000
"""How many numbers of a model stand in the source itself."""


@command
@argument("network")
@option("--optimizer", metavar="name")
@option("--out", metavar="file")
def emit(network: str, optimizer: str | None, out: str | None) -> None:
    optimizer = optimizer or "sgd"
    reading = read_network(network)
    if reading.model is None:
        source, beside = python_file(build(reading.net, optimizer), optimizer), None
    else:
        source, beside = with_learned(reading.model, optimizer, out)
    if out is None:
        show(source.rstrip("\n"))
        return
    if beside:
        write_atomically(Path(out).with_suffix(".npz"), beside)
    write_atomically(out, source)
    sys.stderr.write(say("cli.written", path=out) + "\n")


def with_learned(model: Model, optimizer: str, out: str | None) -> tuple[str, bytes | None]:
    """The source for a model, and the content of the file of numbers beside it where there are very many.

    Raises UsageError where there is no place for that file.
    """
    found, beside = learned(model), None
    arrays: dict[str, Any] = {
        name: np.asarray(value, np.float64) for name, value in {**model.parameters, **found.scalings}.items()
    }
    count = sum(array.size for array in arrays.values())
    if count <= MOST_INLINE:
        found = replace(found, parameters={name: w.tolist() for name, w in model.parameters.items()})
    elif out is None:
        raise UsageError("cli.emit.large", count=count)
    else:
        file = Path(out).with_suffix(".npz")
        if file == Path(out):
            raise UsageError("cli.emit.npz", path=out)
        content = io.BytesIO()
        np.savez(content, **arrays)
        found, beside = replace(found, file=file.name), content.getvalue()
    program = build(model.net, optimizer, targets_sum_to_one=model.targets.sum_to_one)
    return python_file(program, optimizer, found), beside


def learned(model: Model) -> Learned:
    """What a model knows, in plain numbers and names; but for its parameters."""
    info, targets = model.info, model.targets
    plain = Learned(
        {},
        model.scaling.shift.tolist(),
        model.scaling.factor.tolist(),
        [
            column.name if category is None else f"{column.name} = {category}"
            for column in info.columns
            for category in column.categories or [None]
        ],
    )
    if isinstance(targets, ClassTargets):
        names = info.classes or ()
        numbered = names == tuple(map(str, range(len(names))))
        classes = range(len(names)) if numbered else names
        return replace(plain, classes=[*classes], threshold=(targets.low + targets.high) / 2)
    shift, factor = targets.scaling.shift.tolist(), targets.scaling.factor.tolist()
    return replace(plain, targets=info.targets, target_shift=shift, target_factor=factor)
