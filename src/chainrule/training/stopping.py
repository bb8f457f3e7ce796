"""When a training ends before its last epoch. The rules look at the history alone, so a run that is taken up
decides as one that was never stopped; and never at the test part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.recipe import Recipe
    from chainrule.training.loop import Epoch


def goodness(entry: Epoch) -> tuple[float, float]:
    """What the best epoch has most of: validation accuracy, then a small validation loss; without a
    validation part a small J."""
    if entry.validation_loss is None:
        return 0.0, -entry.loss
    return entry.validation_accuracy or 0.0, -entry.validation_loss


def ends_early(recipe: Recipe, history: Sequence[Epoch], best: int) -> bool:
    """Whether the last epoch of the history is to be the last one of the training. best: the number of the
    best epoch.

    Patience: so many epochs without a better one (Prechelt 1998, "Early stopping - but when?"). Stopping when
    worse: every so many epochs the validation accuracy (of numbers: the loss) is held against the one so many
    epochs before.
    """
    done = len(history)
    if recipe.patience and done - best >= recipe.patience:
        return True
    every = recipe.stop_when_worse
    if not every or done % every or done == every:
        return False
    now, before = history[-1], history[-1 - every]
    if now.validation_accuracy is not None and before.validation_accuracy is not None:
        return now.validation_accuracy < before.validation_accuracy
    return goodness(now) < goodness(before)
