"""Seconds of training until 98.0 % of MNIST's test samples are told right, with one hidden layer of 300,
beside PyTorch and scikit-learn with their usual Adam settings.

    CHAINRULE_DATA=FOLDER python benchmarks/accuracy.py [--seeds 5] [--threads 2] [--out FILE]

Each training is a process of its own; contenders take turns, seed by seed. Samples are looked at after every
epoch, which is no part of the time, and nor is what is done once before the first batch, such as scaling.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chainrule.bench.machine import occasion
from chainrule.bench.race import Spread, bound_to, environment
from chainrule.bench.words import duration
from chainrule.data import Dataset, load
from chainrule.engines.choice import cores

RESULTS = Path(__file__).parents[1] / "docs" / "accuracy.json"
TARGET = 0.98
MOST = 40
"""Epochs after which a contender has not got there."""
HIDDEN = 300
Epochs = Iterator[tuple[float, Callable[[], float]]]
"""After each epoch, its seconds, and what tells the share of the test samples that are told right."""


def chainrule(data: Dataset, seed: int) -> Epochs:
    """Momentum with a rate that falls to nothing within four epochs."""
    from chainrule.reading import read_network
    from chainrule.recipe import Recipe
    from chainrule.training.loop import Trainer

    net = read_network(f"784-{HIDDEN}:relu-10").net
    recipe = Recipe(epochs=4, batch_size=64, optimizer="sgd:momentum=0.9", lr=0.1, validation=0)
    trainer = Trainer(net, data.train, recipe, seed=seed)
    while not trainer.finished:
        before, last = trainer.seconds, trainer.epoch
        trainer.run(stop=lambda last=last: trainer.epoch > last)
        yield trainer.seconds - before, lambda: trainer.model.evaluate(data.test).accuracy


def scikit_learn(data: Dataset, seed: int) -> Epochs:
    """MLPClassifier as it is: relu, Adam with a rate of 0.001, batches of 200."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((HIDDEN,), random_state=seed)
    (x, y), (test_x, test_y) = (_floats(part) for part in (data.train, data.test))
    while True:
        begun = time.perf_counter()
        model.partial_fit(x, y, classes=range(10))
        yield time.perf_counter() - begun, lambda: model.score(test_x, test_y)


def pytorch(data: Dataset, seed: int) -> Epochs:
    """Adam with a rate of 0.001, batches of 64 drawn by index."""
    import torch
    from torch.nn import Linear, ReLU, Sequential
    from torch.nn.functional import cross_entropy

    torch.manual_seed(seed)
    (x, y), (test_x, test_y) = (map(torch.from_numpy, _floats(part)) for part in (data.train, data.test))
    model = Sequential(Linear(784, HIDDEN), ReLU(), Linear(HIDDEN, 10))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)

    def accuracy() -> float:
        with torch.no_grad():
            return float((model(test_x).argmax(1) == test_y).float().mean())

    while True:
        begun = time.perf_counter()
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        yield time.perf_counter() - begun, accuracy


def _floats(samples: Any) -> tuple[Any, Any]:
    return samples.x.astype("float32") / 255, samples.y.astype("int64")


CONTENDERS = {"chainrule": chainrule, "scikit-learn": scikit_learn, "pytorch": pytorch}


def trained(name: str, seed: int) -> dict[str, Any]:
    """What became of one training: seconds and epochs until the target, or None where it was not reached."""
    seconds, found = 0.0, 0.0
    for epoch, (took, accuracy) in enumerate(CONTENDERS[name](load("mnist"), seed), 1):
        seconds, found = seconds + took, accuracy()
        if found >= TARGET or epoch == MOST:
            break
    return {"seconds": seconds if found >= TARGET else None, "epochs": epoch, "accuracy": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(cores()))
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--one", nargs=2, metavar=("NAME", "SEED"), help="one training, in this process")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(trained(args.one[0], int(args.one[1]))))
        return
    begun = occasion()
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for seed in range(args.seeds):
        for name in list(runs):
            command = [sys.executable, __file__, "--one", name, str(seed)]
            with bound_to(cores()[-args.threads :]):
                done = subprocess.run(command, capture_output=True, text=True, env=environment(args.threads))
            if done.returncode:
                del runs[name]
                print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
            else:
                runs[name].append({"seed": seed, **json.loads(done.stdout)})
                print(f"seed {seed} {name}: {runs[name][-1]}", flush=True)
    for name, found in runs.items():
        seconds = [run["seconds"] for run in found if run["seconds"] is not None]
        if seconds:
            spread = Spread.of(seconds)
            middle = f"{duration(spread.low, spread.high)}, {len(seconds)} of {len(found)} seeds"
            print(f"{name:13} {duration(spread.median):>8} until {100 * TARGET:g} % ({middle})")
    results = {"target": TARGET, "threads": args.threads, **begun, "runs": runs}
    args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
