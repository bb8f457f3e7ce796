"""The learning curve of a run, as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

from chainrule.pictures import drawing
from chainrule.sentences import say
from chainrule.training.loop import Epoch

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
