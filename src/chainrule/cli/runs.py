"""`chainrule runs`: the runs in a folder, or what tells several apart."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.catalog.registry import unknown
from chainrule.cli.app import command
from chainrule.cli.layout import entries, grid, paragraph, show, show_json
from chainrule.cli.values import argument, flag, option
from chainrule.render.columns import cells
from chainrule.sentences import Told, say

if TYPE_CHECKING:
    from chainrule.training.runs import Summary

PLACE = "runs"
"""Where runs are that were given no folder."""
COLUMNS = ("run", "dataset", "network", "settings", "state", "epochs", "validation", "test", "seconds")
COMPARED = ("state", "epochs", "seconds", "train_loss", "validation", "test")
TEXTS = 5
"""So many of the columns are no numbers."""


@command
@argument("folders", nargs=-1)
@option("--sort", metavar="order")
@flag("--json")
def runs(folders: tuple[str, ...], sort: str | None, json: bool) -> None:
    from chainrule.training.folder import read_run
    from chainrule.training.runs import ORDERS, comparison, is_run, ordered, summaries, summary

    if sort and sort not in ORDERS:
        raise unknown("order", sort, list(ORDERS))
    if len(folders) > 1:
        for each in folders:
            if not is_run(Path(each)):
                read_run(each)  # raises the error that says so
        found = [summary(Path(each)) for each in folders]
        found = ordered(found, sort) if sort else found
        whole = [run for run in found if not run.problem]
        differences = comparison(read_run(run.run)[0] for run in whole)
        if json:
            show_json({"runs": [run.to_dict() for run in found], "differences": _spread(differences, found)})
        elif len(whole) > 1:
            show_comparison(whole, differences)
            show_problems(found)
        else:
            show_list(found)
        return
    place = Path(folders[0] if folders else PLACE)
    found = ordered(summaries(place) if folders or place.exists() else [], sort or "newest")
    if json:
        show_json({"runs": [run.to_dict() for run in found]})
    elif found:
        show_list(found)
    else:
        show(paragraph(say("runs.none", folder=place)))


def show_list(found: Sequence[Summary]) -> None:
    """A table where the terminal is wide enough, else a paragraph or two for each run."""
    told = [described(run) for run in found]
    rows = [[each[name] for name in COLUMNS] for each in told]
    if not show_table([say(f"runs.{name}") for name in COLUMNS], rows, TEXTS):
        show(entries((each["run"], paragraphs(each)) for each in told))
    show_problems(found)


def show_problems(found: Sequence[Summary]) -> None:
    """Why each damaged run is called so."""
    for run in found:
        if run.problem:
            show("\n" + paragraph(say("runs.problem", run=run.run, problem=Told(run.problem))))


def show_comparison(found: Sequence[Summary], differences: Mapping[str, Sequence[object]]) -> None:
    """The settings that differ, then the results, a column for each run; a paragraph where that is too
    wide."""
    rows = {setting_name(name): list(map(setting, values)) for name, values in differences.items()}
    show(say("runs.differences") if rows else paragraph(say("runs.same")))
    show_columns(found, rows)
    show("\n" + say("runs.results"))
    told = [described(run) for run in found]
    show_columns(found, {say(f"runs.{name}"): [each[name] for each in told] for name in COMPARED})


def _spread(differences: Mapping[str, Sequence[object]], found: Sequence[Summary]) -> dict[str, list[object]]:
    """Differences of the runs that can be read, with None in the places of those that cannot."""
    each = {name: iter(values) for name, values in differences.items()}
    return {name: [None if run.problem else next(values) for run in found] for name, values in each.items()}


def show_columns(found: Sequence[Summary], rows: Mapping[str, Sequence[str]]) -> None:
    runs = [run.run for run in found]
    if rows and not show_table(["", *runs], [[name, *values] for name, values in rows.items()], 1):
        pairs = {name: zip(runs, values, strict=True) for name, values in rows.items()}
        show(entries((name, [f"{run}: {value}" for run, value in pair]) for name, pair in pairs.items()))


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> bool:
    """Print a table if the terminal is wide enough for it, and tell whether it was."""
    text = grid(header, rows, texts)
    fits = max(map(cells, text.splitlines())) <= shutil.get_terminal_size().columns
    if fits:
        show(text)
    return fits


def described(run: Summary) -> dict[str, str]:
    """A run as text, by column."""
    known = run.results
    told = {
        "run": run.run,
        "dataset": run.dataset,
        "network": run.network,
        "settings": " ".join(f"{name}={setting(value)}" for name, value in run.settings.items()),
        "state": say(f"runs.state.{run.state}"),
        "epochs": _number(known, "epochs", ",.0f"),
        "seconds": _number(known, "seconds", ",.2f"),
        "train_loss": _number(known, "train_loss", ".4g"),
        "validation": _share(known, "validation_accuracy") or _number(known, "validation_loss", ".4g", "J "),
        "test": _share(known, "test_accuracy") or _number(known, "test_r2", ".4f", "R2 "),
    }
    return {name: text or "-" for name, text in told.items()}


def paragraphs(told: Mapping[str, str]) -> list[str]:
    """What the columns say, as text."""
    results = [f"{say(f'runs.{name}')} {told[name]}" for name in COLUMNS[TEXTS:] if told[name] != "-"]
    plan = [told[name] for name in ("dataset", "network", "settings") if told[name] != "-"]
    return [line for line in (say("runs.comma").join([told["state"], *results]), "  ".join(plan)) if line]


def setting_name(name: str) -> str:
    return say(f"runs.{name}") if name in ("dataset", "network") else name


def setting(value: object) -> str:
    if value is None:
        return say("runs.not_given")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _share(known: Mapping[str, Any], name: str) -> str:
    return f"{100 * known[name]:.2f} %" if name in known else ""


def _number(known: Mapping[str, Any], name: str, form: str, before: str = "") -> str:
    return f"{before}{known[name]:{form}}" if name in known else ""
