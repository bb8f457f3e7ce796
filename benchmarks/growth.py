"""How the time of a step grows with the work: width, depth, batch and threads, as a picture.

    python benchmarks/growth.py [--seconds 1] [--out growth.svg]

The dashed line is time that grows as the work does, through the largest point; with threads, time that halves
when they double, through the first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from chainrule.bench.contenders import OWN
from chainrule.bench.race import race
from chainrule.bench.words import duration, title
from chainrule.bench.work import Work
from chainrule.engines.choice import cores
from chainrule.sentences import choose_language

DOUBLED = [2**i for i in range(13)]
CURVES = {
    "width of two hidden layers": [(n, Work(f"64-{n}-{n}-10", 64)) for n in DOUBLED[1:12:2]],
    "hidden layers of 64": [(n, Work("-".join(["64"] * (n + 1) + ["10"]), 64)) for n in DOUBLED[:7]],
    "batch, 784-300-10": [(n, Work("784-300-10", n)) for n in DOUBLED[::2]],
    "threads, 784-800-800-10": [
        (n, Work("784-800-800-10", 512, threads=n)) for n in DOUBLED if n <= len(cores())
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring, for each point")
    parser.add_argument("--out", type=Path, default=Path("growth.svg"))
    args = parser.parse_args()
    choose_language("en")
    figure = Figure(figsize=(10, 8), layout="constrained")
    for axes, (name, points) in zip(figure.subplots(2, 2).flat, CURVES.items(), strict=True):
        found = [race(list(OWN), work, seconds=args.seconds) for _, work in points]
        sizes = [size for size, _ in points]
        for engine in OWN:
            seconds = [each.seconds(engine).median for each in found]
            axes.plot(sizes, seconds, "o-", label=title(engine))
            print(f"{name}, {title(engine)}: " + ", ".join(map(duration, seconds)), flush=True)
            if name.startswith("threads"):
                ideal = [seconds[0] / size for size in sizes]
            else:
                ideal = [seconds[-1] * work.flops / points[-1][1].flops for _, work in points]
            axes.plot(sizes, ideal, "--", color=axes.lines[-1].get_color(), alpha=0.5)
        axes.set(xscale="log", yscale="log", xlabel=name, ylabel="seconds a step")
        axes.set_xticks(sizes, map(str, sizes), minor=False)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    with mpl.rc_context({"svg.hashsalt": "chainrule"}):
        figure.savefig(args.out, metadata={"Date": None} if args.out.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
