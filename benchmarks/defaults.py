"""What one gets without choosing any setting, beside scikit-learn's MLPClassifier and MLPRegressor.

    python benchmarks/defaults.py [--seeds 10] [--out FILE]
    python benchmarks/render.py

Embedded data and CSV files, split anew for each seed into three quarters to learn from and one to be scored
on, the same for all. scikit-learn's estimators get the samples as they are, and once more scaled by its
StandardScaler, as chainrule scales by itself.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule.bench.machine import occasion
from chainrule.cli.train import fitting
from chainrule.data import Dataset, load
from chainrule.data.dataset import Samples
from chainrule.training.loop import Trainer

RESULTS = Path(__file__).parents[1] / "docs" / "defaults.json"
EMBEDDED = "digits", "iris"
TABLES = {"wine.csv": load_wine, "diabetes.csv": load_diabetes}
CONTENDERS = "chainrule", "scikit-learn", "scikit-learn, scaled"


def datasets() -> list[Dataset]:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, table in TABLES.items():
            found = table()
            targets = found.target_names[found.target] if "target_names" in found else found.target
            files.append(Path(folder) / name)
            with files[-1].open("w", newline="", encoding="utf-8") as file:
                lines = csv.writer(file)
                lines.writerow([*found.feature_names, "target"])
                lines.writerows([*row, target] for row, target in zip(found.data, targets, strict=True))
        return [load(each) for each in (*EMBEDDED, *map(str, files))]


def scores(data: Dataset, seed: int) -> list[float]:
    """Of each contender the share told right of the samples that none has seen or, of numbers, R2."""
    whole = data.everything
    order = np.random.default_rng(seed).permutation(len(whole))
    parts = np.split(order, [len(order) * 3 // 4])
    train, test = (Samples(whole.x[rows], whole.y[rows], whole.info) for rows in parts)
    classes = data.info.classes is not None
    net, recipe = fitting(data)
    trainer = Trainer(net, train, recipe, seed=seed)
    own = trainer.run().evaluate(test)
    found = [own.accuracy if classes else own.r2]
    for scaled in (False, True):
        peer: Any = (MLPClassifier if classes else MLPRegressor)(random_state=seed)
        peer = make_pipeline(StandardScaler(), peer) if scaled else peer
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            peer.fit(train.x, train.y.ravel())
        found.append(peer.score(test.x, test.y.ravel()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    results: dict[str, Any] = {**occasion(), "scores": {}}
    for data in datasets():
        rows = zip(*(scores(data, seed) for seed in range(args.seeds)), strict=True)
        found = {name: list(map(float, row)) for name, row in zip(CONTENDERS, rows, strict=True)}
        results["scores"][data.info.name] = found
        means = {name: f"{statistics.mean(each):.4f}" for name, each in found.items()}
        print(data.info.name, means, flush=True)
    args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
