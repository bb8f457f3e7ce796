"""Time of a training step beside scikit-learn's MLPClassifier: the same network, samples, batch size,
optimizer and precision, in turns within one run (`chainrule.bench`).

    python benchmarks/step_time.py [--network 784-300-10] [--batch 64] [--momentum 0] [--threads 2]
                                  [--engine numpy]

Each pair times both, one after the other; what counts is the ratio of each pair, as the machine's speed
drifts.
"""

from __future__ import annotations

import argparse

from chainrule.bench.race import race
from chainrule.bench.words import duration
from chainrule.bench.work import Work
from chainrule.engines import ENGINES
from chainrule.engines.choice import cores

PEER = "scikit-learn"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="784-300-10")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=len(cores()))
    parser.add_argument("--engine", default="auto", choices=["auto", *ENGINES])
    parser.add_argument("--seconds", type=float, default=10.0, help="of measuring")
    args = parser.parse_args()
    work = Work(args.network, args.batch, f"sgd:momentum={args.momentum}", args.threads)
    engine = f"engine:{args.engine}"
    found = race([engine, PEER], work, seconds=args.seconds)
    if found.skipped:
        raise SystemExit("; ".join(f"{name}: {why}" for name, why in found.skipped.items()))
    print(f"{args.network}, batch {args.batch}, momentum {args.momentum:g}, float32, {args.threads} threads")
    for name, result in found.results.items():
        spread = found.seconds(name)
        middle = duration(spread.low, spread.high)
        print(f"{name:13} {duration(spread.median):>8} a step ({middle}); {result.about}")
    ratio = found.ratio(engine, PEER)
    middle = f"{ratio.low:.2f} to {ratio.high:.2f}"
    print(f"{'ratio':13} {ratio.median:8.2f} ({middle}, the middle half), {len(result.turns)} pairs")


if __name__ == "__main__":
    main()
