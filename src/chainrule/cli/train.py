"""`chainrule train`: a network learns a data set."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import DONE, INTERRUPTED
from chainrule.cli.app import command
from chainrule.cli.layout import remark, show_entries, show_json
from chainrule.cli.values import Number, OneOf, Whole, argument, flag, option
from chainrule.errors import ChainruleError, UsageError
from chainrule.sentences import CATALOGUE, say

if TYPE_CHECKING:
    from types import FrameType

    from chainrule.data import Dataset
    from chainrule.data.tables import Task
    from chainrule.doctor import Doctor, Finding
    from chainrule.network import NetworkDefinition
    from chainrule.reading import Reading
    from chainrule.recipe import Recipe
    from chainrule.training.plan import Plan
    from chainrule.training.run import Run

HIDDEN = {"classes": (128,), "numbers": (64,)}
"""Units of the hidden layers where no network is named."""
SMOOTHING = 0.1
"""Of targets that are classes, where no network is named: what is learned of few samples holds better so."""
OF_THE_PLAN = ("seed", "engine", "threads", "samples", "target", "weights")


@command
@argument("dataset", required=False)
@argument("network", required=False)
@option("--preset", metavar="name")
@option("--recipe", metavar="name")
@option("--epochs", Whole(1))
@option("--batch-size", Whole(1))
@option("--lr", Number(positive=True))
@option("--optimizer", metavar="name")
@option("--schedule", metavar="name")
@option("--clip-norm", Number(positive=True))
@option("--clip-value", Number(positive=True))
@option("--max-norm", Number(positive=True))
@option("--ema", Number(0, below=1))
@option("--l2", Number(0))
@option("--norm", metavar="name")
@option("--dropout", Number(0, below=1))
@option("--input-dropout", Number(0, below=1))
@option("--smoothing", Number(0, below=1))
@option("--class-weights", metavar="weights")
@option("--seed", Whole(0))
@option("--validation", Number(0, below=1))
@option("--patience", Whole(1))
@option("--stop-when-worse", Whole(1))
@option("--distort", metavar="names")
@option("--input-noise", Number(positive=True))
@option("--samples", Whole(1))
@option("--engine", metavar="name")
@option("--threads", Whole(1))
@option("--data", metavar="dir")
@option("--target", metavar="name")
@option("--task", OneOf("task", ("classes", "numbers")), metavar="task")
@option("--weights", metavar="column")
@flag("--offline")
@option("--log-steps", Whole(1))
@option("--checkpoint-every", Number(0))
@flag("--tensorboard")
@flag("--no-doctor")
@option("--out", metavar="dir")
@option("--resume", metavar="dir")
@flag("--quiet")
@flag("--json")
def train(**given: Any) -> int:
    from chainrule.cli import progress

    if given["tensorboard"]:
        from chainrule.training.tensorboard import require

        require()
    run, result = resumed(given) if given["resume"] else (begun(given), None)
    if result is not None:
        ended = "finished_early" if result.get("stopped_early") else "finished"
        more = "finished_converged" if run.trainer.converged else ended
        remark(say(f"cli.train.{more}", folder=given["resume"]))
    else:
        with progress.training(quiet=given["quiet"]) as tell, stopping() as stop:
            result = run.go(
                stop=stop,
                progress=tell,
                warn=warn,
                checkpoint_every=given["checkpoint_every"],
                tensorboard=given["tensorboard"],
                doctor=None if given["no_doctor"] else doctor_for(run),
            )
        if result["stopped_early"]:
            told = say("cli.train.stopped_early", epochs=result["epochs"], best=result["best_epoch"])
            remark(told)
        if run.trainer.converged:
            remark(say("cli.train.converged", epochs=result["epochs"]))
    if given["json"]:
        show_json(result)
    else:
        show_entries(say("cli.train.done"), summary(result))
    if result["interrupted"]:
        remark(say("cli.train.stopped", folder=result["run"]))
        return INTERRUPTED
    return DONE


def begun(given: dict[str, Any]) -> Run:
    """A new run of what the arguments ask for."""
    from chainrule.training.loop import require
    from chainrule.training.plan import Plan
    from chainrule.training.run import Run

    if given["dataset"] is None:
        raise UsageError("cli.missing", name=say("cli.metavar.dataset"), command="chainrule train")
    reading = named(given)
    seed = given["seed"] if given["seed"] is not None else reading.net.seed if reading else 0
    require(optimizer_of(given, reading), given["engine"] or "auto")
    data = asked_for(given, seed)
    tell_guess(data, given["task"])
    net, recipe = (reading.net, reading.recipe) if reading else fitting(data)
    plan = Plan(
        placed(given["dataset"]),
        adapted(net, given),
        settings(given, recipe),
        seed,
        given["engine"] or "auto",
        given["samples"],
        given["target"],
        given["task"],
        given["data"] and os.path.abspath(given["data"]),
        given["threads"],
        given["weights"],
    )
    return Run.begin(plan, data, asked(), given["out"])


def resumed(given: dict[str, Any]) -> tuple[Run, dict[str, Any] | None]:
    """A run that was stopped, and its result where there is nothing left to do.

    Only --epochs may ask for something else than the run was begun with: for more.
    """
    from chainrule.training.differences import differing, flat, listed
    from chainrule.training.folder import read_run
    from chainrule.training.loop import require
    from chainrule.training.run import Run

    folder = given["resume"]
    plan, status, result = read_run(folder)
    for name, (wanted, kept) in repeated(given, plan).items():
        if wanted != kept:
            raise contradiction(folder, name, wanted, kept)
    if given["epochs"]:
        plan = replace(plan, recipe=replace(plan.recipe, epochs=given["epochs"]))
    require(plan.recipe.optimizer, plan.engine)
    kept = {name: getattr(plan, name) for name in ("dataset", "target", "task", "weights")}
    data = asked_for({**given, **kept, "data": given["data"] or plan.data_dir}, plan.seed)
    if given["task"] not in (None, task_of(data)):
        raise contradiction(folder, "--task", given["task"], task_of(data))
    if any(given[name] for name in ("network", "preset", "recipe")) and (reading := named(given)):
        net = replace(adapted(reading.net, given), penalties=plan.network.penalties)  # of which --l2 tells
        wanted, kept = net.resolved(task_of(data)), plan.network.resolved(task_of(data))
        if wanted != kept:
            raise contradiction(folder, say("cli.metavar.network"), *told_apart(wanted, kept))
        if given["recipe"]:
            both = settings(given, reading.recipe), plan.recipe
            ours, theirs = (flat(replace(recipe, epochs=None).to_dict()) for recipe in both)
            if names := differing(ours, theirs):
                raise contradiction(folder, "--recipe", listed(ours, names), listed(theirs, names))
    run = Run.take_up(folder, plan, data, asked(), warn)
    if run.trainer.epoch > run.trainer.epochs:
        raise UsageError("cli.train.past", wanted=run.trainer.epochs, done=run.trainer.epoch, folder=folder)
    return run, result if status == "finished" and run.trainer.finished else None


def repeated(given: dict[str, Any], plan: Plan) -> dict[str, tuple[object, object]]:
    """By the name of each argument that is there: what it says, and what the plan has."""
    from chainrule.catalog.distortions import chosen as distortions
    from chainrule.catalog.optimizers import chosen

    pairs: dict[str, tuple[object, object]] = {
        say("cli.metavar.dataset"): (given["dataset"] and placed(given["dataset"]), plan.dataset),
        "--out": (given["out"] and Path(given["out"]), Path(given["resume"])),
        "--l2": (given["l2"], plan.network.penalties.get("l2", 0.0)),
        "--norm": (given["norm"], norm_of(plan.network)),
        "--dropout": (given["dropout"], dropout_of(plan.network)),
        "--input-dropout": (given["input_dropout"], plan.network.dropped(0)),
    }
    for names, where in ((OF_THE_PLAN, plan), (settings_in(given, plan.recipe), plan.recipe)):
        for name in names:
            pairs["--" + name.replace("_", "-")] = given[name], getattr(where, name)
    del pairs["--epochs"]
    if plan.recipe.lr is None and not plan.recipe.all_at_once:  # what it stands for may be named
        pairs["--lr"] = given["lr"], plan.recipe.top_rate
    if given["optimizer"]:
        asked_for, kept = (chosen(text) for text in (given["optimizer"], plan.recipe.optimizer))
        if asked_for == kept:
            del pairs["--optimizer"]
    if given["norm"] and normalised_so(plan.network, given["norm"]):
        del pairs["--norm"]
    ours, theirs = given["distort"], plan.recipe.distort
    if ours and theirs and distortions(ours) == distortions(theirs):
        del pairs["--distort"]
    if given["engine"] == "auto":
        del pairs["--engine"]
    return {name: pair for name, pair in pairs.items() if pair[0] is not None}


def named(given: dict[str, Any]) -> Reading | None:
    """The network and the settings that are asked for: by name, or as the preset that belongs to the data
    set. A network may be trained by a recipe that was made for another one."""
    from chainrule.presets import PRESETS
    from chainrule.reading import Reading, read_network
    from chainrule.recipes import RECIPES

    if given["preset"] and given["network"]:
        raise UsageError("cli.train.two_networks", network=given["network"], preset=given["preset"])
    if given["preset"] and given["recipe"]:
        raise UsageError("cli.train.recipe_and_preset", recipe=given["recipe"], preset=given["preset"])
    row = RECIPES[given["recipe"]] if given["recipe"] else None
    if given["network"]:
        reading = read_network(given["network"])
        return replace(reading, preset=row) if row else reading
    own = next((row for row in PRESETS if row.dataset == given["dataset"]), None)
    row = row or (PRESETS[given["preset"]] if given["preset"] else own)
    return Reading(row.net, row) if row else None


def optimizer_of(given: dict[str, Any], reading: Reading | None) -> str:
    """Tell which optimizer is asked for, by its name or by what the network comes with."""
    from chainrule.recipe import Recipe

    return given["optimizer"] or (reading.recipe if reading else Recipe()).optimizer


def settings_in(given: dict[str, Any], recipe: Recipe) -> list[str]:
    """Which of the arguments there are of a command, given or not, are settings of a recipe."""
    return [field.name for field in fields(recipe) if field.name in given]


def settings(given: dict[str, Any], recipe: Recipe) -> Recipe:
    """A recipe but for what the arguments say."""
    from chainrule.catalog.optimizers import is_minimizer

    if is_minimizer(given["optimizer"]):
        recipe = recipe.without_steps()
    named = settings_in(given, recipe)
    return replace(recipe, **{name: given[name] for name in named if given[name] is not None})


def fitting(data: Dataset) -> tuple[NetworkDefinition, Recipe]:
    """What is trained and how where no network is asked for: hidden layers of relu between the data's inputs
    and targets, which are smoothed where they are classes."""
    from chainrule.network import Dense, NetworkDefinition
    from chainrule.recipe import Recipe

    kind = task_of(data)
    outputs = len(data.info.classes or data.info.targets)
    hidden = [Dense(units, "relu") for units in HIDDEN[kind]]
    net = NetworkDefinition(data.train.x.shape[1], (*hidden, Dense(outputs)))
    return net, Recipe(smoothing=SMOOTHING if kind == "classes" else 0.0)


def adapted(net: NetworkDefinition, given: dict[str, Any]) -> NetworkDefinition:
    """The network with the penalty, the normalisation and the dropout that are asked for."""
    if given["l2"] is not None:
        net = replace(net, penalties={**net.penalties, "l2": given["l2"]})
    if given["norm"] is not None:
        net = net.with_norm(given["norm"])
    if given["dropout"] is not None:
        if len(net.layers) == 1:
            raise UsageError("cli.train.no_hidden_layer", network=net)
        net = net.with_dropout(given["dropout"], net.input_dropout)
    if given["input_dropout"] is not None:
        net = replace(net, input_dropout=given["input_dropout"])
    return net


def norm_of(net: NetworkDefinition) -> str | None:
    """The normalisation of every hidden layer; where they differ, all of them."""
    norms = [layer.norm for layer in net.layers[:-1]]
    if len(set(norms)) <= 1:
        return norms[0] if norms else None
    return ", ".join(norm or say("catalog.none") for norm in norms)


def normalised_so(net: NetworkDefinition, norm: str) -> bool:
    """Whether the hidden layers have that normalisation, in these words or in others."""
    from chainrule.catalog.norms import NORMS
    from chainrule.catalog.registry import settings_of

    def meant(text: str) -> tuple[str, dict[str, float]]:
        row, settings = NORMS.choose(text)
        return row.name, settings_of(row) | settings

    norms = {layer.norm for layer in net.layers[:-1]}
    return bool(norms) and all(kept is not None and meant(kept) == meant(norm) for kept in norms)


def dropout_of(net: NetworkDefinition) -> object:
    """The share that is dropped of every hidden layer; where they differ, all of them."""
    shares = [net.dropped(number) for number in range(1, len(net.layers))]
    return shares[0] if len(set(shares)) == 1 else ", ".join(map(str, shares))


def asked_for(given: dict[str, Any], seed: int) -> Dataset:
    """The data set that is asked for, with the columns that are named."""
    from chainrule.cli.progress import download
    from chainrule.data import load

    more = {name: given[name] for name in ("target", "task", "weights", "offline")}
    return load(given["dataset"], data_dir=given["data"], seed=seed, progress=download, warn=warn, **more)


def placed(dataset: str) -> str:
    """A data set's name as it is, a path so that it can be found from any folder."""
    from chainrule.data import DATASETS

    return dataset if dataset in DATASETS else os.path.abspath(os.path.expanduser(dataset))


def task_of(data: Dataset) -> Task:
    return "numbers" if data.info.classes is None else "classes"


def tell_guess(data: Dataset, task: Task | None) -> None:
    """Say what a table's whole numbers were taken for where nobody said what they are."""
    if task or data.path is None or not data.info.columns or len(data.info.targets) > 1:
        return
    names = data.info.classes
    whole = all(map(is_whole, names)) if names else not (data.everything.y % 1).any()
    if whole:
        found = say(f"cli.train.guessed_{task_of(data)}", target=data.info.targets[0], count=len(names or ()))
        remark(found)


def is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def told_apart(one: NetworkDefinition, other: NetworkDefinition) -> tuple[object, object]:
    """Two networks as text; where that is the same, those of their settings that differ."""
    from chainrule.training.differences import differing, flat, listed

    if str(one) != str(other):
        return one, other
    first, second = (flat(net.to_dict()) for net in (one, other))
    names = differing(first, second)
    return listed(first, names), listed(second, names)


def contradiction(folder: str, name: str, wanted: object, kept: object) -> UsageError:
    """What is asked for is not what a run was begun with."""
    kept = say("cli.train.not_given") if kept is None else kept
    return UsageError("cli.train.contradiction", name=name, wanted=wanted, kept=kept, folder=folder)


def asked() -> list[str]:
    """The command as it was typed."""
    return ["chainrule", *click.get_current_context().find_root().obj]


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Tells whether Ctrl-C was pressed, or the system asks to end; asked again, it interrupts at once.

    Signals are the main thread's. In any other one, and where a handler is not Python's, they stay as they
    are.
    """
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is not threading.main_thread() or None in before.values():
        yield lambda: pressed
        return
    try:
        for number in before:
            signal.signal(number, press)
        yield lambda: pressed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def warn(problem: ChainruleError) -> None:
    remark(say("cli.warning", message=problem))


def doctor_for(run: Run) -> Doctor:
    """The doctor who watches a run, and says at once what is found."""
    from chainrule.doctor import Doctor

    def tell(finding: Finding) -> None:
        remark(say("cli.train.finding", finding=finding))

    return Doctor(run.split.test, tell, {str(each["code"]) for each in run.findings})


def summary(result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What is worth saying of a result, with its names."""
    states = ("interrupted", "stopped_early", "findings")
    shown = {name: value for name, value in result.items() if value is not None and name not in states}
    shown = {name: value for name, value in shown.items() if f"cli.result.{name}" in CATALOGUE}
    rows = [(say(f"cli.result.{name}"), [_written(name, value)]) for name, value in shown.items()]
    both = ("message", "suggestion")
    findings = [
        say("doctor.both", **{name: each[name] for name in both}) for each in result.get("findings", ())
    ]
    return [*rows, (say("cli.result.findings"), findings)] if findings else rows


def _written(name: str, value: Any) -> str:
    if name in ("train_accuracy", "validation_accuracy", "test_accuracy", "test_error"):
        return f"{100 * value:.2f} %"
    if name == "seconds":
        return f"{value:.2f}"
    if name == "samples_per_second":
        return f"{value:,.0f}"
    if name == "task":
        return say(f"cli.task.{value}")
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:,}" if name in ("parameters", "epochs", "steps") else str(value)
