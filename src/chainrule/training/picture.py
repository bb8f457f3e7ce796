"""The learning curve of a run, and J by learning rate, as pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence

from chainrule.pictures import drawing
from chainrule.sentences import say
from chainrule.training.loop import Epoch
from chainrule.training.rates import Sweep

LOSS, ACCURACY = "#c0392b", "#2563a8"


def learning_curve(history: Sequence[Epoch], title: str) -> str:
    """An SVG: J by epoch on the training and the validation part and, below, the validation accuracy."""
    from matplotlib.figure import Figure

    epochs = [entry.epoch for entry in history]
    seen = [entry for entry in history if entry.validation_loss is not None]
    scored = [entry for entry in seen if entry.validation_accuracy is not None]
    with drawing():
        figure = Figure(figsize=(7, 5.4 if scored else 3.4), layout="constrained")
        axes = figure.subplots(2 if scored else 1, 1, sharex=True, squeeze=False)[:, 0]
        mark = "o" if len(history) == 1 else ""
        axes[0].plot(
            epochs, [e.loss for e in history], color=LOSS, marker=mark, label=say("training.curve_train")
        )
        if seen:
            losses = [e.validation_loss for e in seen]
            label = say("training.curve_validation")
            axes[0].plot([e.epoch for e in seen], losses, "--", color=LOSS, marker=mark, label=label)
        axes[0].set_ylabel(say("training.curve_loss"))
        if all(entry.loss > 0 for entry in history):
            axes[0].set_yscale("log")
        axes[0].legend(frameon=False)
        axes[0].set_title(title, parse_math=False)  # a file may be called $x$
        if scored:
            best = max(scored, key=lambda entry: entry.validation_accuracy or 0.0)
            accuracies = [100 * (e.validation_accuracy or 0.0) for e in scored]
            axes[1].plot([e.epoch for e in scored], accuracies, color=ACCURACY, marker=mark)
            highest = 100 * (best.validation_accuracy or 0.0)
            axes[1].plot([best.epoch], [highest], "o", color=ACCURACY)
            note = say("training.curve_best", accuracy=f"{highest:.2f} %", epoch=best.epoch)
            axes[1].set_title(note, loc="right", fontsize="medium")  # above the curve, the grid and the dot
            axes[1].set_ylabel(say("training.curve_accuracy"))
            axes[1].margins(y=0.15)
        axes[-1].set_xlabel(say("training.curve_epoch"))
        axes[-1].locator_params(axis="x", integer=True)
        for each in axes:
            each.grid(alpha=0.3)
            each.spines[["top", "right"]].set_visible(False)
        picture = io.StringIO()
        figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()


def rate_curve(found: Sweep, title: str) -> str:
    """An SVG: J of each mini-batch and its running mean by learning rate; where the mean is least, and the
    suggested rate."""
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(7, 3.8), layout="constrained")
        axes = figure.subplots()
        axes.plot(found.rates, found.losses, ".", color=LOSS, alpha=0.25, markersize=4)
        axes.plot(found.rates, found.smoothed, color=LOSS, label=say("rates.smoothed"))
        least = found.rates[found.least], found.smoothed[found.least]
        axes.plot(*least, "o", color=LOSS, label=say("rates.least", rate=f"{least[0]:.2g}"))
        if found.suggested is not None:
            label = say("rates.suggested", rate=f"{found.suggested:.2g}")
            axes.axvline(found.suggested, color=ACCURACY, linestyle="--", label=label)
        axes.set_xscale("log")
        axes.set_ylim(min(0.0, *found.smoothed), 1.5 * max(found.smoothed[: found.least + 1]))
        axes.set_xlabel(say("rates.rate"))
        axes.set_ylabel(say("training.curve_loss"))
        axes.set_title(title, parse_math=False)
        axes.legend(frameon=False)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        picture = io.StringIO()
        figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()
