"""The speeds of a machine as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.bench.contenders import OBJECTS, OWN
from chainrule.bench.words import plain, title
from chainrule.extras import need
from chainrule.pictures import BLUE, FORMS, GREY, INK, RED, SOFT, Axes, Drawing, Scale, width_of
from chainrule.sentences import say, speaking

__all__ = ["FORMS", "picture"]

COLOURS = {"own": BLUE, "objects": RED, "peer": GREY}
WIDTH, EDGE, SPEEDS, SHARES = 900.0, 24.0, 400.0, 170.0
"""Of the picture, its edges, and the fields for samples a second and for shares of the peak."""
ROW, BAR, TOP, SIZE = 34.0, 20.0, 76.0, 12.0


def picture(report: Mapping[str, Any], form: str) -> bytes:
    """Draw a file, `svg` or `png`: samples a second of each contender, on a logarithmic scale, and its share
    of the machine's peak; the fastest stands first. report: of `report.report`.

    A PNG is in English where no font at hand has Chinese characters. Raises UsageError without the extra that
    it needs.
    """
    if form == "png":
        need("matplotlib", "extras.png")
        from chainrule.pictures.png import has_chinese

        if not has_chinese():
            with speaking("en") as speech, speech:
                return _drawn(report).written(form)
    return _drawn(report).written(form)


def _drawn(report: Mapping[str, Any]) -> Drawing:
    rows = sorted(report["contenders"], key=lambda row: -row["samples_per_second"])
    head = say("bench.picture_title", processor=report["machine"]["processor"], **report)
    height = ROW * len(rows)
    drawing = Drawing(WIDTH, TOP + height + 56, head)
    room = (WIDTH - 2 * EDGE) / 1.1  # bold type is wider
    for number, line in enumerate(head.splitlines()):
        size = min(15.0, 15.0 * room / width_of(line, 15))
        drawing.text(EDGE, 24 + 20 * number, line, INK, size=size, bold=True)
    names = [title(row["name"]) for row in rows]
    left = min(EDGE + max(width_of(name, SIZE) for name in names), WIDTH - SPEEDS - SHARES - 2 * EDGE - 110)
    speeds = [row["samples_per_second"] for row in rows]
    x = Scale(min(speeds) / 3, max(speeds) * 1.5, log=True)
    field = Axes(drawing, (left + 10, TOP, SPEEDS, height), x, Scale(0, len(rows)))
    field.marks(x=x.marks(6))
    begin = WIDTH - EDGE - SHARES - 60
    shares = Axes(drawing, (begin, TOP, SHARES, height), Scale(0, 100), Scale(0, len(rows)))
    shares.marks(x=[0, 50, 100])
    for place, (row, name) in enumerate(zip(rows, names, strict=True)):
        middle, color = TOP + ROW * (place + 0.5), COLOURS[_kind(row["name"])]
        drawing.text(left, middle, name, INK, size=SIZE, anchor="end")
        _bar(field, middle, row["samples_per_second"], color, plain(row["samples_per_second"]))
        percent = 100 * (row["share_of_peak"] or 0.0)
        _bar(shares, middle, percent, color, f"{percent:.2g} %")
    for axes, key in ((field, "bench.samples_per_second"), (shares, "bench.share_of_peak")):
        x0, _, width, _ = axes.box
        drawing.text(x0 + width / 2, TOP + height + 38, say(key), SOFT, size=SIZE, anchor="middle")
    return drawing


def _bar(axes: Axes, middle: float, value: float, color: str, text: str) -> None:
    """Draw a bar from the left edge, and its number behind it."""
    left, end = axes.box[0], axes.place(value, 0)[0]
    axes.drawing.rectangle(left, middle - BAR / 2, end - left, BAR, color)
    axes.drawing.text(end + 6, middle, text, INK, size=SIZE)


def _kind(name: str) -> str:
    return "objects" if name == OBJECTS else "own" if name in OWN else "peer"
