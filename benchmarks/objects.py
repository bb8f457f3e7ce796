"""Time of a sample in the network of objects beside that in the engine, in turns within one run
(`chainrule.bench`).

    python benchmarks/objects.py [--network 784-30-10] [--batch 1,64] [--threads 1]

The network of objects makes a step after every sample; so does the engine with a batch of 1. With larger
ones, which is how it is meant to be used, there are as many sums, but fewer updates.
"""

from __future__ import annotations

import argparse

from chainrule.bench.contenders import AUTO, OBJECTS
from chainrule.bench.race import race
from chainrule.bench.words import duration, plain
from chainrule.bench.work import Work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="784-30-10")
    parser.add_argument("--batch", default="1,64")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="of measuring, for each batch")
    args = parser.parse_args()
    for batch in map(int, args.batch.split(",")):
        found = race([OBJECTS, AUTO], Work(args.network, batch, threads=args.threads), seconds=args.seconds)
        if found.skipped:
            raise SystemExit("; ".join(f"{name}: {why}" for name, why in found.skipped.items()))
        print(f"{args.network}, batch {batch}, {args.threads} threads")
        for name in found.results:
            print(f"{name:13} {duration(found.seconds(name).median / batch):>8} a sample")
        ratio = found.ratio(OBJECTS, AUTO)
        middle = f"{plain(ratio.low)} to {plain(ratio.high)}"
        print(f"{'ratio':13} {plain(ratio.median):>8} ({middle}, the middle half)")


if __name__ == "__main__":
    main()
