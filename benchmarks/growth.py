"""How time grows with the work: width, depth, batch, threads and samples, as a picture.

    python benchmarks/growth.py [--seconds 1] [--out docs]

The dashed line is time that grows as the work does, through the largest point; with threads, time that halves
when they double, through the first. Beside the pictures, growth.json tells when and where they were measured.
"""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from chainrule.bench.contenders import OWN
from chainrule.bench.machine import occasion
from chainrule.bench.race import race
from chainrule.bench.words import duration, title
from chainrule.bench.work import Work
from chainrule.data.dataset import Info, Samples, Scaling
from chainrule.engines.choice import cores
from chainrule.pictures.drawing import CHINESE
from chainrule.reading import parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import speaking
from chainrule.training.loop import Trainer

OUT = Path(__file__).parents[1] / "docs"
Curves = tuple[dict[str, list[float]], list[float]]
"""Times by engine, and numbers in proportion to which they would grow with the work."""
DOUBLED = [2**i for i in range(13)]
CURVES = {
    "width": [(n, Work(f"64-{n}-{n}-10", 64)) for n in DOUBLED[1:12:2]],
    "depth": [(n, Work("-".join(["64"] * (n + 1) + ["10"]), 64)) for n in DOUBLED[:7]],
    "batch": [(n, Work("784-300-10", n)) for n in DOUBLED[::2]],
    "threads": [(n, Work("784-800-800-10", 512, threads=n)) for n in DOUBLED if n <= len(cores())],
}
WORDS = {
    "width": ("width of two hidden layers", "两个隐藏层的宽度"),
    "depth": ("hidden layers of 64", "64 个单元的隐藏层数"),
    "batch": ("batch, 784-300-10", "批量，784-300-10"),
    "threads": ("threads, 784-800-800-10", "线程数，784-800-800-10"),
    "samples": ("samples, 784-300-10", "样本数，784-300-10"),
    "a step": ("seconds of a step", "一步的秒数"),
    "an epoch": ("seconds of an epoch", "一轮的秒数"),
}
SAMPLES = [640 * 4**i for i in range(5)]


def of_steps(points: list[tuple[int, Work]], seconds: float) -> Curves:
    """Seconds of a step by each engine, and what would be in proportion to the work."""
    found = [race(list(OWN), work, seconds=seconds) for _, work in points]
    ideal = [work.flops / work.threads for _, work in points]
    return {engine: [each.seconds(engine).median for each in found] for engine in OWN}, ideal


def of_epochs(seconds: float) -> Curves:
    """Seconds of an epoch by each engine, and what would be in proportion to the samples."""
    times: dict[str, list[float]] = {name: [] for name in OWN}
    for count in SAMPLES:
        x = np.random.default_rng(0).random((count, 784), np.float32)
        info = Info("growth", classes=tuple("0123456789"), scaling=Scaling.fixed())
        samples = Samples(x, np.arange(count) % 10, info)
        for name, found in times.items():
            recipe = Recipe(10**6, 64, "sgd", schedule="constant", validation=0)
            trainer = Trainer(parse_shorthand("784-300-10"), samples, recipe, engine=name.split(":")[1])
            trainer.run(stop=lambda t=trainer: t.epoch > 0)  # which compiles
            before, epochs = trainer.seconds, trainer.epoch
            trainer.run(stop=lambda t=trainer, start=before: t.seconds > start + seconds / 2 and t.step == 0)
            found.append((trainer.seconds - before) / (trainer.epoch - epochs))
    return times, [float(count) for count in SAMPLES]


def drawn(found: dict[str, tuple[list[int], Curves]], lang: int) -> Figure:
    figure = Figure(figsize=(13, 8), layout="constrained")
    *places, empty = figure.subplots(2, 3).flat
    empty.set_axis_off()
    for axes, (name, (sizes, (curves, ideal))) in zip(places, found.items(), strict=True):
        for engine, seconds in curves.items():
            axes.plot(sizes, seconds, "o-", label=title(engine))
            at = 0 if name == "threads" else -1
            line = [seconds[at] * each / ideal[at] for each in ideal]
            axes.plot(sizes, line, "--", color=axes.lines[-1].get_color(), alpha=0.5)
        label, unit = (WORDS[key][lang] for key in (name, "an epoch" if name == "samples" else "a step"))
        axes.set(xscale="log", yscale="log", xlabel=label, ylabel=unit)
        axes.set_xticks(sizes, map(str, sizes), minor=False)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    return figure


@contextmanager
def drawing() -> Iterator[None]:
    """With fonts that have Chinese characters, text that stays text, and equal files for equal pictures."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    fonts = [*CHINESE, "DejaVu Sans", "sans-serif"]
    style = {"svg.fonttype": "none", "svg.hashsalt": "chainrule", "font.family": fonts}
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring, for each point")
    parser.add_argument("--out", type=Path, default=OUT, help="a folder for growth.*.svg and growth.json")
    args = parser.parse_args()
    begun = occasion()
    found: dict[str, tuple[list[int], Curves]] = {}
    for name, points in CURVES.items():
        found[name] = [size for size, _ in points], of_steps(points, args.seconds)
    found["samples"] = SAMPLES, of_epochs(args.seconds)
    for name, (_, (curves, _)) in found.items():
        for engine, seconds in curves.items():
            print(f"{name}, {engine}: " + ", ".join(map(duration, seconds)), flush=True)
    for number, lang in enumerate(("en", "zh")):
        with speaking(lang), drawing():
            picture = drawn(found, number)
            picture.savefig(args.out / f"growth.{lang}.svg", metadata={"Date": None})
    (args.out / "growth.json").write_text(json.dumps(begun, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
