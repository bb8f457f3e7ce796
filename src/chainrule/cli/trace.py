"""`chainrule trace`: the derivation of a network with all its numbers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.catalog.registry import unknown
from chainrule.cli.app import command
from chainrule.cli.layout import remark, show, show_json
from chainrule.cli.step import step_options, update_for
from chainrule.cli.values import Number, OneOf, Whole, argument, flag, numbers, option
from chainrule.documents import SUFFIXES, form_of, render
from chainrule.documents.document import Document, Note
from chainrule.errors import UsageError, reason
from chainrule.files import write_atomically
from chainrule.json_input import json_file
from chainrule.notation import NOTATIONS
from chainrule.reading import Reading, read_network
from chainrule.sentences import say

if TYPE_CHECKING:
    from chainrule.presets import Example
    from chainrule.recipe import Recipe
    from chainrule.trace import Array, Trace
    from chainrule.update import UpdateRule


DRAWN = 3
"""So many samples are drawn where they act on one another."""


@command
@argument("network")
@option("--params", metavar="file")
@option("--input", metavar="numbers")
@option("--target", metavar="numbers")
@option("--example", metavar="name")
@option("--seed", Whole(0))
@step_options
@option("--lr", Number(positive=True))
@option("--of", metavar="weight")
@option("--neuron", metavar="neuron")
@option("--sample", Whole(1))
@option("--notation", OneOf("notation", tuple(NOTATIONS)), metavar="name")
@option("--digits", Whole(1))
@option("--format", OneOf("format", tuple(SUFFIXES)), metavar="format")
@option("--out", metavar="file")
@option("--picture", metavar="file")
@flag("--exercise")
@flag("--json")
def trace(
    network: str,
    params: str | None,
    input: str | None,
    target: str | None,
    example: str | None,
    seed: int | None,
    lr: float | None,
    of: str | None,
    neuron: str | None,
    sample: int | None,
    notation: str | None,
    digits: int | None,
    format: str | None,
    out: str | None,
    picture: str | None,
    exercise: bool,
    json: bool,
    **step: Any,
) -> None:
    if exercise and out is None:
        raise UsageError("trace.exercise_needs_out")
    if of and neuron:
        raise UsageError("trace.one_thing")
    reading = read_network(network)
    chosen = _example(reading, network, example) if example or seed is None else None
    update = update_for(step, reading.recipe)
    found = _traced(reading, chosen, input, target, params, seed, update, lr, short=exercise)
    if picture is not None:
        form = Path(picture).suffix.lower().removeprefix(".")
        content = found.picture(form, notation=notation or "nielsen", digits=digits or 4, sample=sample or 1)
        write_atomically(picture, content)
        remark(say("cli.written", path=picture))
    if json:
        show_json(found.to_dict())
        return
    how: dict[str, Any] = {"notation": notation or "nielsen", "digits": 4 if digits is None else digits}
    note = Note(say(chosen.note)) if chosen and chosen.note and input is None else None
    sheets: dict[str | None, bool] = {out: False}
    if out is not None and exercise:
        path = Path(out)
        sheets = {out: True, str(path.with_name(f"{path.stem}-solution{path.suffix}")): False}
    for path_of, blanks in sheets.items():
        how["blanks"] = blanks
        if of:
            document = found.follow(of, sample=sample or 1, **how)
        elif neuron:
            document = found.neuron(neuron, sample=sample or 1, **how)
        else:
            document = found.document(sample=sample, **how)
        if note and not blanks:  # it may tell results
            first, *rest = document.blocks
            document = Document(document.lang, (first, note, *rest))
        text = render(document, format or form_of(out))
        if path_of is None:
            show(text.rstrip("\n"))
        else:
            write_atomically(path_of, text)
            remark(say("cli.written", path=path_of))


def _example(reading: Reading, network: str, name: str | None) -> Example | None:
    """The worked example of that name, else the first; None where there is none."""
    examples = dict(reading.preset.examples) if reading.preset else {}
    if name is None:
        return next(iter(examples.values()), None)
    if not examples:
        raise UsageError("trace.no_example", network=network, example=repr(name))
    if name not in examples:
        raise unknown("example", name, list(examples))
    return examples[name]


def _traced(
    reading: Reading,
    example: Example | None,
    input: str | None,
    target: str | None,
    params: str | None,
    seed: int | None,
    update: UpdateRule,
    lr: float | None,
    *,
    short: bool,
) -> Trace:
    """The trace of what is given; what is not comes from the example, or is drawn from the seed. short:
    whether drawn numbers have two decimals, for those who compute by hand."""
    from chainrule.check.gradients import drawn_inputs, drawn_targets
    from chainrule.network.meaning import initial_parameters
    from chainrule.trace import Trace

    net = reading.net.resolved()
    net = net if seed is None else replace(net, seed=seed)
    count = DRAWN if net.mixes_samples else 1  # a single one would be its own mean
    drawn = {"x": drawn_inputs(net, count, net.seed), "y": drawn_targets(net, count, net.seed)}
    if reading.preset:
        drawn["y"] = _labels(drawn["y"], reading.preset.recipe)
    given: dict[str, Any] = {**initial_parameters(net), **drawn}
    if short:
        given = {name: array.round(2) for name, array in given.items()}
    if reading.model:
        given |= reading.model.parameters
    if example is not None:
        given |= {**example.parameters, "x": example.x, "y": example.y}
    if input is not None:
        given |= {"x": numbers(input, "--input"), "y": None}
    if target is not None:
        given["y"] = numbers(target, "--target")
    x, y = given.pop("x"), given.pop("y")
    if params is not None:
        given |= _parameters(params)
    rates = [lr, example and example.lr, reading.preset and reading.preset.recipe.lr]
    rate = next((known for known in rates if known), None)
    return Trace(net, x, y, given, update=update, lr=rate)


def _labels(y: Array, recipe: Recipe) -> Array:
    """Targets of a network that tells classes apart: the largest number of each row stands for its class."""
    import numpy as np

    chosen = y == y.max(axis=1, keepdims=True) if y.shape[1] > 1 else y > 0
    return np.where(chosen, recipe.high, recipe.low)


def _parameters(path: str) -> dict[str, Any]:
    """The JSON object in a file. Raises UsageError."""
    try:
        table = json_file(os.path.expanduser(path))
    except OSError as error:
        raise UsageError("trace.params_unreadable", path=path, reason=reason(error)) from error
    except UsageError as error:
        raise UsageError("trace.params_unreadable", path=path, reason=error) from error
    if not isinstance(table, dict):
        raise UsageError("trace.params_no_table", path=path)
    return table
