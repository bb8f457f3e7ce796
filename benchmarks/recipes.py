"""How far the recipes get on MNIST, seed by seed, beside what the literature reports for such networks.

    CHAINRULE_DATA=FOLDER python benchmarks/recipes.py [plain dropout elastic] [--seeds 3] [--threads 2]

Each training is `chainrule train mnist --recipe NAME --seed SEED`, with the seeds 0, 1, 2 ...; it learns from
all training samples, and the test samples are scored once, at its end. Results go into docs/recipes.json and
each run's history into docs/recipes/; docs/recipes.md is made of them. What is there of other recipes stays.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chainrule.bench.machine import describe
from chainrule.bench.race import bound_to, environment
from chainrule.bench.words import duration
from chainrule.engines.choice import cores
from chainrule.presets import Preset
from chainrule.recipes import RECIPES
from chainrule.sentences import speaking

FOLDER = Path(__file__).parents[1] / "docs"
RESULTS, HISTORIES = FOLDER / "recipes.json", FOLDER / "recipes"
SEEDS = {"plain": 5, "dropout": 3, "elastic": 1}
"""How many are asked for where nothing else is said."""
KEPT = ("test_error", "epochs", "seconds", "engine", "network")
COMMAND = "CHAINRULE_DATA=... chainrule train mnist --recipe {name} --seed {seed}"


def trained(name: str, seed: int, threads: int) -> dict[str, Any]:
    """One training, in a process of its own. Its history is kept."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        asked = ["--recipe", name, "--seed", str(seed), "--out", str(run), "--threads", str(threads)]
        command = [sys.executable, "-m", "chainrule", "train", "mnist", *asked, "--quiet", "--json"]
        with bound_to(cores()[-threads:]):
            done = subprocess.run(command, capture_output=True, text=True, env=environment(threads))
        if done.returncode:
            raise SystemExit(done.stderr)
        HISTORIES.mkdir(exist_ok=True)
        shutil.copy(run / "history.jsonl", HISTORIES / f"{name}-{seed}.jsonl")
    result = json.loads(done.stdout)
    return {"seed": seed, "threads": threads, **{key: result[key] for key in KEPT}}


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def page(results: dict[str, Any], lang: str) -> str:
    """The document in one language."""
    words = {key: pair[lang == "zh"] for key, pair in WORDS.items()}
    with speaking(lang):
        parts = [words["title"], words["about"]]
        for row in RECIPES:
            if row.name in results:
                parts += section(row, **results[row.name], words=words)
    return "\n\n".join(parts) + "\n"


def section(
    row: Preset, machine: dict[str, Any], runs: list[dict[str, Any]], words: dict[str, str]
) -> Iterator[str]:
    """What is said of one recipe."""
    yield f"## {row.name}"
    yield row.description
    mean = statistics.mean(run["test_error"] for run in runs)
    yield words["mean"].format(mean=percent(mean), runs=len(runs), literature=row.cite)
    lines = [words["columns"].split("|"), ["---"] * 5]
    for run in runs:
        file = f"{row.name}-{run['seed']}.jsonl"
        told = percent(run["test_error"]), f"{run['epochs']}", duration(run["seconds"])
        lines.append([f"{run['seed']}", *told, f"[{file}](recipes/{file})"])
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
    yield words["machine"].format(threads=runs[0]["threads"], **machine)
    yield "```\n" + COMMAND.format(name=row.name, seed=runs[0]["seed"]) + "\n```"
    told = {**row.net.beside_sizes, **row.recipe.to_dict()}
    settings = ", ".join(f"{k}={v}" for k, v in told.items() if v not in (None, False))
    yield words["settings"].format(network=runs[0]["network"], settings=settings)


WORDS = {
    "title": ("# Recipes", "# 训练方案"),
    "about": (
        "How far fully connected networks get on MNIST's 10,000 test digits, by what they allow themselves. "
        "Made by `python benchmarks/recipes.py`. Settings were chosen on 10,000 held out training digits; "
        "the seeds are 0, 1, 2 ..., each training learns from all 60,000 and is scored once, at its end "
        "([中文](recipes.zh-CN.md)).",
        "全连接网络在 MNIST 的 10,000 个测试数字上能达到什么程度，取决于允许使用的手段。本页由 "
        "`python benchmarks/recipes.py` 生成。各项设置是在留出的 10,000 个训练数字上选定的；"
        "种子依次为 0、1、2……，每次训练使用全部 60,000 个样本，只在结束时评分一次（[English](recipes.md)）。",
    ),
    "mean": (
        "**{mean}** of the test digits are told wrong (mean; seeds: {runs}). Literature: {literature}.",
        "测试数字的错误率为 **{mean}**（{runs} 个种子的平均）。文献：{literature}。",
    ),
    "columns": ("seed|test error|epochs|time|history", "种子|测试错误率|轮数|时间|历史"),
    "machine": (
        "On {threads} threads of {processor}, {cores} cores.",
        "使用 {threads} 个线程；处理器：{processor}，{cores} 个核心。",
    ),
    "settings": ("Network {network}; {settings}.", "网络 {network}；{settings}。"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="recipe", help=", ".join(RECIPES.names()))
    parser.add_argument("--seeds", type=int, help="how many of the seeds 0, 1, 2 ...")
    parser.add_argument("--threads", type=int, default=len(cores()))
    args = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in args.names:
        runs = []
        for seed in range(args.seeds or SEEDS[RECIPES[name].name]):
            runs.append(trained(name, seed, args.threads))
            error, seconds = runs[-1]["test_error"], runs[-1]["seconds"]
            print(f"{name}, seed {seed}: {percent(error)} after {duration(seconds)}", flush=True)
        results[name] = {"machine": describe(), "runs": runs}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for lang, suffix in (("en", ".md"), ("zh", ".zh-CN.md")):
        RESULTS.with_suffix(suffix).write_text(page(results, lang), encoding="utf-8")


if __name__ == "__main__":
    main()
