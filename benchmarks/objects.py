"""Time of one epoch of the network of objects beside that of the NumPy engine: the same network, samples and
steps, one sample a step in float64, in turns within one run; both end with the same weights.

    python benchmarks/objects.py [--network 784-30-10] [--samples 20] [--pairs 15] [--threads 1]

What counts is the ratio of each pair, as the machine's speed drifts. The engine is also timed with all
samples in one step, which is how it is meant to be used: as many sums, but fewer updates.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="784-30-10")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=50, help="of the engine's epoch, within each turn")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    for library in ("OMP", "OPENBLAS", "MKL"):  # read when NumPy is loaded
        os.environ[f"{library}_NUM_THREADS"] = str(args.threads)
    seconds = times(args)
    print(f"{args.network}, {args.samples} samples, float64, {args.threads} threads")
    objects = seconds["objects"]
    for name, turns in seconds.items():
        ms = sorted(1e3 * s for s in turns)
        print(f"{name:24} {statistics.median(ms):9.2f} ms an epoch ({ms[0]:.2f} to {ms[-1]:.2f})")
        if turns is not objects:
            ratios = sorted(a / b for a, b in zip(objects, turns, strict=True))
            middle, spread = statistics.median(ratios), f"{ratios[0]:.0f} to {ratios[-1]:.0f}"
            print(f"{'  objects take':24} {middle:9.0f} times as long ({spread}), {len(ratios)} pairs")


def times(args: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds an epoch in each pair, by what was timed."""
    import numpy as np

    from chainrule.engines.numpy_engine import NumpyEngine
    from chainrule.network import initial_parameters
    from chainrule.nodes import Network
    from chainrule.program import build
    from chainrule.reading import read_network

    net = read_network(args.network).net
    rng = np.random.default_rng(0)
    x = rng.random((args.samples, net.inputs))
    y = np.eye(net.outputs)[rng.integers(net.outputs, size=args.samples)]
    samples, labels, rate = x.tolist(), y.tolist(), 0.01
    start = initial_parameters(net)
    network, program = Network.of(net, start), build(net)
    single, whole = NumpyEngine(program, start), NumpyEngine(program, start)

    def with_objects() -> None:
        network.train(samples, labels, rate, 1)

    def sample_by_sample() -> None:
        for at in range(args.samples):
            single.step(x[at : at + 1], y[at : at + 1], rate)

    def in_one_step() -> None:
        whole.step(x, y, rate)

    with_objects()
    sample_by_sample()
    for name, array in network.parameters.items():
        np.testing.assert_allclose(array, single.parameters[name], 1e-9, 1e-12)
    in_one_step()  # the first one of each compiles
    turns: dict[str, tuple[Callable[[], None], int]] = {
        "objects": (with_objects, 1),
        "engine, a sample a step": (sample_by_sample, args.repeats),
        "engine, one step": (in_one_step, args.repeats),
    }
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(args.pairs):
        for name, (turn, repeats) in turns.items():
            begun = time.perf_counter()
            for _ in range(repeats):
                turn()
            seconds[name].append((time.perf_counter() - begun) / repeats)
    return seconds


if __name__ == "__main__":
    main()
