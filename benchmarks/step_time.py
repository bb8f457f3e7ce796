"""Time of one training step beside scikit-learn's MLPClassifier: the same network, data, batch size,
optimizer and precision, in turns within one run.

    python benchmarks/step_time.py [--network 784-300-10] [--batch 64] [--momentum 0] [--threads 2]

Each pair times both on the same batches, one after the other; what counts is the ratio of each pair, as the
machine's speed drifts. chainrule draws its batches by shuffled index and scales grey levels as it goes;
scikit-learn is given floats, and takes them in order, which is a little less work.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="784-300-10")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=200, help="of each turn")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    for library in ("OMP", "OPENBLAS", "MKL"):  # read when NumPy is loaded
        os.environ[f"{library}_NUM_THREADS"] = str(args.threads)
    ours, theirs = times(args)
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"{args.network}, batch {args.batch}, momentum {args.momentum:g}, float32, {args.threads} threads")
    for name, seconds in (("chainrule", ours), ("scikit-learn", theirs)):
        micro = sorted(1e6 * s for s in seconds)
        print(f"{name:13} {statistics.median(micro):7.0f} us a step ({micro[0]:.0f} to {micro[-1]:.0f})")
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{'ratio':13} {statistics.median(ratios):7.2f} ({spread}), {len(ratios)} pairs")


def times(args: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Seconds a step in each pair, ours and theirs."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    from chainrule.data import Info, Samples, Scaling
    from chainrule.reading import read_network
    from chainrule.recipe import Recipe
    from chainrule.training.loop import Trainer

    net = read_network(args.network).net
    count = args.steps * args.batch
    rng = np.random.default_rng(0)
    x = rng.integers(256, size=(count, net.inputs), dtype=np.uint8)
    y = rng.integers(net.outputs, size=count)
    info = Info("noise", classes=tuple(map(str, range(net.outputs))), scaling=Scaling.fixed(0.0, 1 / 255))
    recipe = Recipe(10**6, args.batch, f"sgd:momentum={args.momentum}", lr=0.1, schedule="constant")
    trainer = Trainer(net, Samples(x, y, info), recipe)
    peer = MLPClassifier(
        net.sizes[1:-1],
        activation="logistic",
        solver="sgd",
        momentum=args.momentum,
        nesterovs_momentum=False,
        batch_size=args.batch,
        learning_rate_init=0.1,
        alpha=0,
    )
    floats = x.astype(np.float32) / np.float32(255)

    def our_turn() -> None:
        last = trainer.epoch + 1
        trainer.run(stop=lambda: trainer.epoch >= last)

    def their_turn() -> None:
        peer.partial_fit(floats, y, classes=np.arange(net.outputs))

    seconds: tuple[list[float], list[float]] = ([], [])
    for pair in range(args.pairs + 1):
        for turn, kept in zip((our_turn, their_turn), seconds, strict=True):
            start = time.perf_counter()
            turn()
            if pair:  # the first one warms up
                kept.append((time.perf_counter() - start) / args.steps)
    return seconds


if __name__ == "__main__":
    main()
