"""`chainrule evaluate`: what a saved model scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.cli.app import command
from chainrule.cli.layout import WIDTH, show, show_entries, show_grid, show_json
from chainrule.cli.values import argument, flag, option
from chainrule.model import Evaluation, load
from chainrule.printable import printable
from chainrule.render.columns import cells
from chainrule.sentences import say

MOST_CONFUSIONS = 10


@command
@argument("model")
@argument("dataset")
@option("--data", metavar="dir")
@option("--target", metavar="name")
@flag("--offline")
@flag("--json")
def evaluate(
    model: str, dataset: str, data: str | None, target: str | None, offline: bool, json: bool
) -> None:
    from chainrule.cli.progress import download
    from chainrule.cli.train import warn
    from chainrule.data import load_for

    loaded = load(model)
    samples, part = load_for(
        loaded.info, dataset, data_dir=data, offline=offline, target=target, progress=download, warn=warn
    )
    result = loaded.evaluate(samples)
    if json:
        show_json({"dataset": samples.info.name, "part": part, **result.to_dict()})
        return
    title = say(f"cli.evaluate.{part}", name=samples.info.name, samples=result.samples)
    show_entries(title, [(name, [value]) for name, value in scores(result)])
    if result.confusion_matrix is not None and result.classes:
        show()
        show_confusion(result.confusion_matrix.tolist(), result.classes)


def scores(result: Evaluation) -> list[tuple[str, str]]:
    """The numbers that make sense for the targets, with their names."""
    shown: dict[str, Any] = {
        "loss": result.loss,
        "accuracy": result.accuracy,
        "error_rate": result.error_rate,
        "mean_absolute_error": result.mean_absolute_error,
        "r2": result.r2,
    }
    fractions = ("accuracy", "error_rate")
    return [
        (say(f"cli.score.{name}"), f"{100 * value:.2f} %" if name in fractions else f"{value:.6g}")
        for name, value in shown.items()
        if value is not None
    ]


def show_confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
    """A row for each true class, a column for each predicted one; where that is too wide, the most frequent
    confusions."""
    numbers = [str(i) for i in range(len(classes))]
    names = [i if i == name else f"{i} {printable(name)}" for i, name in zip(numbers, classes, strict=True)]
    rows = [
        [name, *(str(count) if count else "." for count in line)]
        for name, line in zip(names, matrix, strict=True)
    ]
    columns = zip(["", *numbers], *rows, strict=True)
    if sum(max(map(cells, column)) + 2 for column in columns) <= WIDTH:
        show(say("cli.evaluate.confusion") + "\n")
        show_grid(["", *numbers], rows)
        return
    confused = [
        (count, names[i], names[j])
        for i, line in enumerate(matrix)
        for j, count in enumerate(line)
        if count and i != j
    ]
    confused.sort(key=lambda each: -each[0])
    header = [say(f"cli.evaluate.{column}") for column in ("true", "predicted", "count")]
    show(say("cli.evaluate.confusions") + "\n")
    show_grid(header, [[true, guess, str(count)] for count, true, guess in confused[:MOST_CONFUSIONS]])
