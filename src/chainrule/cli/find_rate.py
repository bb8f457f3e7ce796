"""`chainrule find-rate`: at which learning rates a network learns a data set."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chainrule.cli.app import command
from chainrule.cli.layout import paragraph, remark, show, show_grid, show_json
from chainrule.cli.values import Number, OneOf, Whole, argument, flag, option
from chainrule.errors import UsageError
from chainrule.files import write_atomically
from chainrule.sentences import say

LOW, HIGH, STEPS = 1e-6, 10.0, 300
MOST_STEPS = 100_000
ROWS = 15
"""Of the table."""


@command
@argument("dataset")
@argument("network", required=False)
@option("--preset", metavar="name")
@option("--recipe", metavar="name")
@option("--optimizer", metavar="name")
@option("--batch-size", Whole(1))
@option("--l2", Number(0))
@option("--class-weights", metavar="weights")
@option("--norm", metavar="name")
@option("--dropout", Number(0, below=1))
@option("--from", Number(positive=True))
@option("--to", Number(positive=True))
@option("--steps", Whole(10, MOST_STEPS))
@option("--seed", Whole(0))
@option("--samples", Whole(1))
@option("--data", metavar="dir")
@option("--target", metavar="name")
@option("--task", OneOf("task", ("classes", "numbers")), metavar="task")
@option("--weights", metavar="column")
@flag("--offline")
@option("--out", metavar="file")
@flag("--json")
def find_rate(**given: Any) -> None:
    from chainrule.cli import train as training
    from chainrule.training.loop import Trainer
    from chainrule.training.picture import rate_curve
    from chainrule.training.rates import refuse_without_rate, sweep

    if given["out"] and Path(given["out"]).suffix.lower() != ".svg":
        raise UsageError("rates.form", path=given["out"])
    given = {"input_dropout": None, **given}
    reading = training.named(given)
    refuse_without_rate(training.optimizer_of(given, reading))
    seed = given["seed"] if given["seed"] is not None else reading.net.seed if reading else 0
    data = training.asked_for(given, seed)
    training.tell_guess(data, given["task"])
    net, recipe = (reading.net, reading.recipe) if reading else training.fitting(data)
    recipe = training.settings(given, recipe)
    split = data.split(recipe.validation, seed=seed, samples=given["samples"])
    trainer = Trainer(training.adapted(net, given), split.train, recipe, seed=seed, engine="numpy")
    found = sweep(trainer, given["from"] or LOW, given["to"] or HIGH, given["steps"] or STEPS)
    if given["out"]:
        title = f"{data.info.name}  {trainer.net}  {recipe.optimizer}"
        write_atomically(given["out"], rate_curve(found, title))
        remark(say("cli.written", path=given["out"]))
    suggested = found.suggested
    if given["json"]:
        asked = {"dataset": data.info.name, "network": str(trainer.net), "optimizer": recipe.optimizer}
        show_json({**asked, "seed": seed, **asdict(found), "suggested": suggested})
        return
    last = len(found.rates) - 1
    places = sorted({*range(0, last, math.ceil(last / ROWS)), found.least, last})
    marks = {found.least: say("rates.mark")}
    rows = [(f"{found.rates[k]:.2g}", f"{found.smoothed[k]:.4g}", marks.get(k, "")) for k in places]
    show_grid([say("rates.rate"), say("training.curve_loss"), ""], rows)
    numbers = {"rate": f"{found.rates[found.least]:.2g}", "loss": f"{found.smoothed[found.least]:.4g}"}
    end = "rates.rises" if found.rises else "rates.still_falling"
    if suggested is None:
        sentences = [say("rates.nothing", first=f"{found.smoothed[0]:.4g}")]
    else:
        sentences = [say(end, **numbers), say("rates.try", rate=f"{suggested:.2g}")]
    show("\n" + paragraph(say("rates.measured", steps=len(found.rates), optimizer=recipe.optimizer)))
    for sentence in sentences:
        show(paragraph(sentence))
