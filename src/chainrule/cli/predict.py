"""`chainrule predict`: what a saved model says about new inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.app import command
from chainrule.cli.layout import MOST_NAME, show_grid, show_json
from chainrule.cli.values import argument, flag
from chainrule.data.rows import Inputs
from chainrule.errors import DataError, Sentence, ShapeError, UsageError, shortened
from chainrule.model import Model, load
from chainrule.sentences import say

PICTURES, TABLES = (".png", ".jpg", ".jpeg"), (".csv", ".tsv", ".txt", ".parquet")
MOST_CLASSES = 3
"""How many classes of an input are shown, the likeliest first."""


@command
@argument("model")
@argument("files", nargs=-1, required=True)
@flag("--json")
def predict(model: str, files: tuple[str, ...], json: bool) -> None:
    loaded = load(model)
    found = [
        {
            "file": file,
            "row": row if len(x) > 1 else None,
            "line": int(lines[row - 1]) if lines is not None else None,
            **said,
        }
        for file in files
        for x, lines in [inputs(loaded, Path(file))]
        for row, said in enumerate(judged(loaded, x, Path(file), lines), 1)
    ]
    if json:
        show_json({"predictions": found})
    elif loaded.info.classes is None:
        rows = [[_input(each), *(f"{v:.6g}" for v in each["values"].values())] for each in found]
        show_grid([say("cli.predict.input"), *loaded.info.targets], rows)
    else:
        header = [say(f"cli.predict.{name}") for name in ("input", "class", "probabilities")]
        show_grid(
            header, [[_input(each), str(each["class"]), _likeliest(each["probabilities"])] for each in found]
        )


def inputs(model: Model, path: Path) -> tuple[Inputs, NDArray[np.intp] | None]:
    """The samples in a file, (n, d), and the lines in which they are, where it has lines.

    Raises DataError, UsageError.
    """
    kind = path.suffix.lower()
    if kind in PICTURES:
        from chainrule.data.images import read_inputs

        return read_inputs(path, model.info, model.scaling), None
    if kind in TABLES:
        from chainrule.data.tables import read_rows

        return read_rows(path, model.info)
    if kind == ".npz":
        from chainrule.data.npz import load_inputs

        return load_inputs(path), None
    raise UsageError("cli.predict.kind", path=path, kinds=" ".join((*PICTURES, *TABLES, ".npz")))


def judged(model: Model, x: Inputs, path: Path, lines: NDArray[np.intp] | None) -> list[dict[str, Any]]:
    """Of each input (n, d) of a file: its class with the probabilities of all, or the numbers it stands for.

    Raises DataError, which names the place.
    """
    try:
        return answers(model, x)
    except ShapeError as error:
        row = error.fields.get("row")
        place = (
            {"place": Sentence("data.line", number=lines[row])}
            if lines is not None and isinstance(row, int)
            else {}
        )
        problem = Sentence(error.key, **{**error.fields, **place})
        raise DataError("data.in_file", path=path, problem=problem) from error


def answers(model: Model, x: Inputs) -> list[dict[str, Any]]:
    """What the model says of each input (n, d)."""
    if model.info.classes is None:
        values = np.reshape(model.predict(x), (len(x), -1))
        return [{"values": dict(zip(model.info.targets, map(float, row), strict=True))} for row in values]
    shares = model.probabilities(x)
    return [
        {"class": name, "probabilities": dict(zip(model.info.classes, map(float, row), strict=True))}
        for name, row in zip(model.predict(x).tolist(), shares, strict=True)
    ]


def _input(found: dict[str, Any]) -> str:
    """A file with the place in it: a line, or a row of an array."""
    place = found["line"] or found["row"]
    return f"{found['file']}:{place}" if place else str(found["file"])


def _likeliest(probabilities: dict[str, float]) -> str:
    best = sorted(probabilities.items(), key=lambda item: -item[1])[:MOST_CLASSES]
    shown = {shortened(name, MOST_NAME): f"{100 * share:.1f} %" for name, share in best}
    return ", ".join(f"{name}: {share}" for name, share in shown.items() if share != "0.0 %")
