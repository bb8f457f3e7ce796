"""The speeds of a machine as a picture."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from chainrule.bench.contenders import OBJECTS, OWN
from chainrule.bench.words import plain, title
from chainrule.pictures import CHINESE, drawing
from chainrule.sentences import say, speaking

FORMS = ("svg", "png")
COLOURS = {"own": "#2563a8", "objects": "#c0392b", "peer": "#9aa5b1"}


def picture(report: Mapping[str, Any], form: str) -> bytes:
    """A file, `svg` or `png`: samples a second of each contender, on a logarithmic scale, and its share of
    the machine's peak; the fastest stands first. report: of `report.report`.

    A PNG is in English where no font at hand has Chinese characters.
    """
    from matplotlib.font_manager import fontManager

    if form == "png" and not any(font.name in CHINESE for font in fontManager.ttflist):
        with speaking("en"):
            return _drawn(report, form)
    return _drawn(report, form)


def _drawn(report: Mapping[str, Any], form: str) -> bytes:
    from matplotlib.figure import Figure

    rows = sorted(report["contenders"], key=lambda row: row["samples_per_second"])
    places = range(len(rows))
    colours = [COLOURS[_kind(row["name"])] for row in rows]
    with drawing():
        figure = Figure(figsize=(9, 1.7 + 0.42 * len(rows)), layout="constrained")
        speed, share = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
        figure.suptitle(say("bench.picture_title", processor=report["machine"]["processor"], **report))
        speeds = [row["samples_per_second"] for row in rows]
        bars = speed.barh(places, speeds, color=colours, log=True)
        speed.bar_label(bars, list(map(plain, speeds)), padding=4)
        speed.set_xlabel(say("bench.samples_per_second"))
        speed.set_yticks(places, [title(row["name"]) for row in rows])
        speed.set_xlim(min(speeds) / 3, max(speeds) * 8)  # room for the numbers
        percents = [100 * (row["share_of_peak"] or 0.0) for row in rows]
        share.bar_label(share.barh(places, percents, color=colours), fmt="%.2g %%", padding=4)
        share.set_xlim(0, 120)
        share.set_xticks([0, 50, 100])
        share.set_xlabel(say("bench.share_of_peak"))
        for axes in (speed, share):
            axes.grid(axis="x", alpha=0.3)
            axes.set_axisbelow(True)
            axes.tick_params(axis="y", length=0)
            axes.spines[["top", "right", "left"]].set_visible(False)
        content = io.BytesIO()
        figure.savefig(content, format=form, dpi=160, metadata={"Date": None} if form == "svg" else None)
    return content.getvalue()


def _kind(name: str) -> str:
    return "objects" if name == OBJECTS else "own" if name in OWN else "peer"
