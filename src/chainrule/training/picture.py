"""The learning curve of a run, and J by learning rate, as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.pictures import BLUE, INK, RED, SOFT, Axes, Drawing, Scale, shortened, width_of
from chainrule.pictures.drawing import Box
from chainrule.sentences import say
from chainrule.training.loop import Epoch
from chainrule.training.rates import Sweep

LOSS, ACCURACY = RED, BLUE
WIDTH, EDGE, LEFT, RIGHT = 720.0, 24.0, 72.0, 24.0
DASH = (6.0, 4.0)
Key = tuple[str, str, Sequence[float]]
"""What a line is, its colour and its dashes."""


def learning_curve(history: Sequence[Epoch], title: str) -> str:
    """Draw an SVG: J by epoch on the training and the validation part and, below, the validation accuracy."""
    seen = [entry for entry in history if entry.validation_loss is not None]
    scored = [entry for entry in seen if entry.validation_accuracy is not None]
    drawing = Drawing(WIDTH, 540 if scored else 364, title)
    _title(drawing, title)
    x = _epochs(history)
    losses = [entry.loss for entry in history]
    validation = [entry.validation_loss or 0.0 for entry in seen]
    known = [loss for loss in (*losses, *validation) if math.isfinite(loss)]
    y = Scale.around(known, log=bool(known) and min(known) > 0)
    axes = Axes(drawing, _field(84, 218), x, y)
    axes.marks(x=_whole(history, x), y=y.marks(7), tell_x=not scored)
    keys: list[Key] = [(say("training.curve_train"), LOSS, ())]
    axes.curve([entry.epoch for entry in history], losses, LOSS)
    if seen:
        axes.curve([entry.epoch for entry in seen], validation, LOSS, dash=DASH)
        keys.append((say("training.curve_validation"), LOSS, DASH))
    _heading(drawing, axes, say("training.curve_loss"))
    _legend(drawing, axes, keys)
    if scored:
        axes = _accuracies(drawing, scored, x)
    left, top, width, height = axes.box
    drawing.text(left + width / 2, top + height + 36, say("training.curve_epoch"), INK, anchor="middle")
    return drawing.svg()


def _accuracies(drawing: Drawing, scored: Sequence[Epoch], x: Scale) -> Axes:
    """Draw the validation accuracy, with its best epoch marked."""
    percent = [100 * (entry.validation_accuracy or 0.0) for entry in scored]
    y = Scale.around(percent, margin=0.12)
    axes = Axes(drawing, _field(352, 134), x, y)
    axes.marks(x=_whole(scored, x), y=[mark for mark in y.marks(5) if 0 <= mark <= 100])
    axes.curve([entry.epoch for entry in scored], percent, ACCURACY)
    best = max(range(len(scored)), key=percent.__getitem__)
    axes.dot(scored[best].epoch, percent[best], ACCURACY)
    _heading(drawing, axes, say("training.curve_accuracy"))
    note = say("training.curve_best", accuracy=f"{percent[best]:.2f} %", epoch=scored[best].epoch)
    drawing.text(WIDTH - RIGHT, axes.box[1] - 16, note, ACCURACY, anchor="end")
    return axes


def rate_curve(found: Sweep, title: str) -> str:
    """Draw an SVG: J of each mini-batch and its running mean by learning rate; where the mean is least, and
    the suggested rate."""
    drawing = Drawing(WIDTH, 420, title)
    _title(drawing, title)
    x = Scale.around(found.rates, log=True, margin=0.02)
    low, high = min(0.0, *found.smoothed), 1.5 * max(found.smoothed[: found.least + 1])
    y = Scale(low, high) if high > low else Scale.around([low])
    axes = Axes(drawing, _field(84, 270), x, y)
    axes.marks(x=x.marks(9), y=y.marks(7))
    for rate, loss in zip(found.rates, found.losses, strict=True):
        axes.dot(rate, loss, LOSS, 2.0, 0.3)
    axes.curve(found.rates, found.smoothed, LOSS, 2.0)
    keys: list[Key] = [(say("rates.smoothed"), LOSS, ())]
    if found.suggested is not None:
        axes.curve([found.suggested] * 2, [y.low, y.high], ACCURACY, dash=DASH)
        keys.append((say("rates.suggested", rate=f"{found.suggested:.2g}"), ACCURACY, DASH))
    least = found.rates[found.least], found.smoothed[found.least]
    axes.dot(*least, LOSS, 5.0)
    keys.append((say("rates.least", rate=f"{least[0]:.2g}"), LOSS, (0.0,)))
    _heading(drawing, axes, say("training.curve_loss"))
    _legend(drawing, axes, keys)
    left, top, width, height = axes.box
    drawing.text(left + width / 2, top + height + 36, say("rates.rate"), INK, anchor="middle")
    return drawing.svg()


def _field(top: float, height: float) -> Box:
    return LEFT, top, WIDTH - LEFT - RIGHT, height


def _title(drawing: Drawing, title: str) -> None:
    """Write the title as large as there is room for, and shortened where there is none."""
    room = (WIDTH - EDGE - RIGHT) / 1.1  # bold type is wider
    size = min(15.0, max(10.0, 15.0 * room / width_of(title, 15)))
    drawing.text(EDGE, 26, shortened(title, size, room), INK, size=size, bold=True)


def _heading(drawing: Drawing, axes: Axes, text: str) -> None:
    """Write what the numbers of y are, above their axis."""
    drawing.text(EDGE, axes.box[1] - 16, text, INK)


def _legend(drawing: Drawing, axes: Axes, keys: Sequence[Key]) -> None:
    """Write what the lines mean, above the field from the right; a line of no length is a dot."""
    at = WIDTH - RIGHT
    for text, color, dash in reversed(keys):
        y = axes.box[1] - 16
        drawing.text(at, y, text, SOFT, anchor="end")
        at -= width_of(text, 12)
        if tuple(dash) == (0.0,):
            drawing.circle(at - 14, y, 5.0, color)
        else:
            drawing.line([(at - 32, y), (at - 6, y)], color, 2.0, dash=dash)
        at -= 50


def _epochs(history: Sequence[Epoch]) -> Scale:
    """Choose the scale from the first epoch to the last; a single one stands in the middle."""
    first, last = history[0].epoch, history[-1].epoch
    return Scale(first, last) if last > first else Scale(first - 1, first + 1)


def _whole(history: Sequence[Epoch], x: Scale) -> list[float]:
    """Choose marks at epochs that there are."""
    return [mark for mark in x.marks(10, whole=True) if history[0].epoch <= mark <= history[-1].epoch]
