"""Options of the commands that show a step: the optimizer, and what else becomes of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from chainrule.cli.values import Number, option
from chainrule.recipe import Recipe, update_of
from chainrule.update import UpdateRule

F = TypeVar("F", bound=Callable[..., Any])

BESIDE = {
    "clip_norm": Number(positive=True),
    "clip_value": Number(positive=True),
    "max_norm": Number(positive=True),
    "ema": Number(0, below=1),
}
"""Settings beside the optimizer, as they are called in a recipe."""


def step_options(command: F) -> F:
    """Give these options to a command."""
    for name, kind in reversed(BESIDE.items()):
        command = option(f"--{name.replace('_', '-')}", kind)(command)
    return option("--optimizer", metavar="name")(command)


def update_for(given: Mapping[str, Any], recipe: Recipe) -> UpdateRule:
    """The update that is asked for: plain steps where no optimizer is named, and else what the recipe has."""
    settings = {name: getattr(recipe, name) if given[name] is None else given[name] for name in BESIDE}
    return update_of(given["optimizer"] or "sgd", **settings)
