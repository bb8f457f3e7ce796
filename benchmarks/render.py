"""docs/benchmarks.md, English and Chinese, made of the results of cells.py, training.py, accuracy.py and
defaults.py.

python benchmarks/render.py [RESULTS.json [PAGE.md]]

RESULTS.json: of cells.py; those of the others are read where they lie beside it.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cells import RESULTS, label

from chainrule.bench.contenders import AUTO, OBJECTS, PEERS
from chainrule.bench.race import Race, Spread
from chainrule.bench.report import share_of_peak
from chainrule.bench.words import duration, plain, title
from chainrule.bench.work import Work
from chainrule.sentences import speaking

TORCH = ["pytorch", "pytorch-compiled"]
RIVALS = {"best peer": list(PEERS), "JAX": ["jax"], "PyTorch": TORCH, "scikit-learn": ["scikit-learn"]}
"""What a ratio is taken to: the fastest of these in each cell."""
SLOWER = 1.05
"""A cell is slower where it takes this many times as long, and the middle half of its pairs says so too."""
AGREE = 1e-3
"""How far apart, relatively, the lengths of equal paths may end in float32."""
SOURCE = 9000
"""Seconds that an epoch took in the network of objects of the text that the project grew from."""
OTHERS = "training", "accuracy", "defaults"
LANGUAGES = {"en": ".md", "zh": ".zh-CN.md"}


def times(cell: Race, rival: str) -> float | None:
    """How many times as long the fastest of these peers takes: a ratio of medians."""
    peer = cell.fastest(RIVALS[rival])
    return cell.seconds(peer).median / cell.seconds(AUTO).median if peer else None


def page(results: dict[str, Any], lang: str = "en", others: Mapping[str, Any] | None = None) -> str:
    """The whole document. others: the results of OTHERS by name."""
    with speaking(lang):
        words = {key: pair[list(LANGUAGES).index(lang)] for key, pair in WORDS.items()}
        return _Page(words, results, others or {}).text()


class _Page:
    """The document in one language."""

    def __init__(self, words: dict[str, str], results: dict[str, Any], others: Mapping[str, Any]) -> None:
        self.words, self.results = words, results
        self.training, self.accuracy, self.defaults = map(others.get, OTHERS)
        self.everyone = [Race.from_dict(cell) for cell in results["cells"]]
        self.cells = [cell for cell in self.everyone if AUTO in cell.results]

    def text(self) -> str:
        parts = [
            self.head(),
            self.means(),
            self.each(),
            self.peak(),
            self.epoch(),
            self.goal(),
            self.unset(),
            [self.say("growth"), self.say("growth picture")] if self.training else [],
            self.method(),
            self.gaps(),
        ]
        return "\n\n".join(paragraph for part in parts for paragraph in part) + "\n"

    def say(self, key: str, **fields: object) -> str:
        return self.words[key].format(**fields)

    def table(self, header: str, rows: Iterable[Sequence[str]]) -> str:
        names = self.words[header].split("|")
        lines = [names, ["---"] * len(names), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def head(self) -> list[str]:
        machine = self.results["machine"]
        commands = ["pip install 'chainrule[peers]'", self.results["command"]]
        if self.training:
            commands.append("CHAINRULE_DATA=... python benchmarks/training.py")
        if self.accuracy:
            commands.append("CHAINRULE_DATA=... python benchmarks/accuracy.py")
        if self.defaults:
            commands.append("python benchmarks/defaults.py")
        block = "\n".join(["```", *commands, "python benchmarks/render.py", "```"])
        about = {**machine, "instructions": ", ".join(machine["instructions"])}
        load = f"{self.results['load']:.2f}"
        return [
            self.say("title"),
            self.say("made"),
            block,
            self.say("machine", **about, begun=self.results["begun"], load=load),
        ]

    def means(self) -> list[str]:
        rows = []
        for rival in RIVALS:
            found = [ratio for cell in self.cells if (ratio := times(cell, rival)) is not None]
            if found:
                mean = math.exp(math.fsum(map(math.log, found)) / len(found))
                name = self.words.get(rival, rival)
                rows.append(
                    [name, f"**{plain(mean)}**", plain(min(found)), plain(max(found)), f"{len(found)}"]
                )
        return [self.say("same"), self.say("ratios"), self.table("means", rows)]

    def each(self) -> list[str]:
        rows, slower = [], []
        for cell in self.cells:
            work, own = cell.work, cell.seconds(AUTO)
            ratios = {rival: times(cell, rival) for rival in RIVALS}
            best = cell.fastest(list(PEERS))
            spread = ""
            if best:
                pairs, ratio = cell.ratio(best, AUTO), ratios["best peer"]
                spread = f"{plain(pairs.low)} - {plain(pairs.high)}"
                if ratio < 1 / SLOWER and pairs.high < 1:
                    fields = {"cell": label(work), "ratio": plain(1 / ratio), "peer": title(best)}
                    slower.append(self.say("slow cell", **fields))
            settings = [label(work).split()[0], work.batch, work.net.layers[0].activation, work.optimizer]
            measured = [work.threads, duration(own.median), duration(own.low, own.high)]
            shown = ["" if ratio is None else plain(ratio) for ratio in ratios.values()]
            rows.append([*map(str, [*settings, *measured]), *shown, spread])
        cells = "; ".join(slower) or self.words["none"]
        return [self.say("each"), self.table("columns", rows), self.say("slower", cells=cells)]

    def peak(self) -> list[str]:
        rows = []
        for cell in self.cells:
            share = share_of_peak(cell, AUTO)
            if share is not None:
                speed = cell.work.flops / cell.seconds(AUTO).median / 1e9
                rows.append([label(cell.work), f"{100 * share:.0f} %", plain(speed)])
        if not rows:
            return []
        return [self.say("peak"), self.say("peak how"), self.table("peak columns", rows)]

    def epoch(self) -> list[str]:
        if not self.training:
            return []
        rows = []
        for name, turns in self.training["epoch"].items():
            spread = Spread.of(turns)
            middle = duration(spread.low, spread.high) if len(turns) > 1 else ""
            who = title(OBJECTS if name == OBJECTS else f"engine:{name}")
            rows.append([who, duration(spread.median), middle, plain(SOURCE / spread.median)])
        memory = {name: f"{size / 1e6:.0f}" for name, size in self.training["memory"].items()}
        found = self.training["memory"]
        above = f"{(found['training'] - found['imports'] - found['data']) / 1e6:.0f}"
        first = {name: duration(statistics.median(s)) for name, s in self.training["first progress"].items()}
        return [
            self.say("epoch"),
            self.say("epoch how", threads=self.training["threads"]),
            self.table("epoch columns", rows),
            self.say("memory", above=above, **memory),
            self.say("first", **first),
        ]

    def goal(self) -> list[str]:
        if not self.accuracy:
            return []
        rows = []
        for name, runs in self.accuracy["runs"].items():
            seconds = [run["seconds"] for run in runs if run["seconds"] is not None]
            spread = Spread.of(seconds)
            told = [
                duration(spread.median),
                duration(spread.low, spread.high),
                f"{len(seconds)} / {len(runs)}",
            ]
            who = name if name == "chainrule" else title(name)
            rows.append([who, *told, plain(statistics.median(run["epochs"] for run in runs))])
        target = f"{100 * self.accuracy['target']:g} %"
        return [
            self.say("goal"),
            self.say("goal how", target=target, threads=self.accuracy["threads"]),
            self.table("goal columns", rows),
        ]

    def unset(self) -> list[str]:
        if not self.defaults:
            return []
        rows = [
            [name, *(f"{statistics.mean(found):.4f}" for found in scores.values())]
            for name, scores in self.defaults.items()
        ]
        count = len(next(iter(self.defaults[rows[0][0]].values())))
        return [self.say("unset"), self.say("unset how", seeds=count), self.table("unset columns", rows)]

    def method(self) -> list[str]:
        about = {name: result.about for cell in self.cells for name, result in cell.results.items()}
        versions = self.table("versions", about.items())
        return [self.say("method"), self.say("turns"), self.say("work"), self.agreement(), versions]

    def agreement(self) -> str:
        """Whether those who start from the same parameters and draw the same batches also went one way."""
        apart = []
        for cell in self.cells:
            own = cell.results[AUTO]
            for name, result in cell.results.items():
                if name == "scikit-learn" or result.moved is None or result.checked != own.checked:
                    continue
                if abs(result.moved / own.moved - 1) > AGREE:
                    apart.append(self.say("apart", peer=name, cell=label(cell.work)))
        return self.say("agreement", limit=f"{100 * AGREE:g} %", cells="; ".join(apart) or self.words["none"])

    def gaps(self) -> list[str]:
        why: dict[str, list[str]] = {}
        for each in self.results["skipped"]:
            why.setdefault(each["why"], []).append(label(Work(**each["work"])))
        for cell in self.everyone:
            for name, skipped in cell.skipped.items():
                why.setdefault(f"{name}: {skipped}", []).append(label(cell.work))
        if not why:
            return []
        lines = [f"- {reason} ({len(names)}): {'; '.join(names)}" for reason, names in why.items()]
        return [self.say("gaps"), "\n".join(lines)]


WORDS = {  # English, Chinese
    "title": ("# Benchmarks", "# 基准测试"),
    "made": (
        "Made by `benchmarks/render.py` of [benchmarks.json](benchmarks.json), which holds every turn "
        "([中文](benchmarks.zh-CN.md)). To measure again:",
        "本页由 `benchmarks/render.py` 根据 [benchmarks.json](benchmarks.json) 生成，其中保存了每一轮的结果"
        "（[English](benchmarks.md)）。重新测量：",
    ),
    "machine": (
        "Machine: {processor}, {cores} cores, {instructions}; {system}; Python {python}. Begun {begun}, the "
        "machine's load then {load}.",
        "机器：{processor}，{cores} 个核心，{instructions}；{system}；Python {python}。开始于 {begun}，"
        "当时机器的负载为 {load}。",
    ),
    "same": ("## The same work", "## 同样的工作"),
    "ratios": (
        "How many times as long a peer takes for a step as `chainrule` with `engine=auto`: ratios of "
        "medians, and their geometric mean over the cells. *Best peer* is the fastest of all in each cell.",
        "走一步，别的软件所用的时间是 `chainrule`（`engine=auto`）的几倍：中位数之比，以及它们在所有格子上的"
        "几何平均。“最快的对手”指每一格中最快的那一个。",
    ),
    "best peer": ("best peer", "最快的对手"),
    "means": ("|geometric mean|least|most|cells", "|几何平均|最小|最大|格数"),
    "each": (
        "Each cell, with the ratio to each peer. The first *middle half* is that of the turns, the second "
        "that of the ratio to the best peer, turn by turn:",
        "每一格，以及与每个对手之比。前一个“中间一半”是各轮时间的，后一个是逐轮与最快对手之比的：",
    ),
    "columns": (
        "network|batch|activation|optimizer|threads|a step|middle half|best peer|JAX|PyTorch|scikit-learn"
        "|middle half",
        "网络|批量|激活函数|优化器|线程|一步|中间一半|最快的对手|JAX|PyTorch|scikit-learn|中间一半",
    ),
    "slow cell": ("{cell}, {ratio} times as long as {peer}", "{cell}，用时为 {peer} 的 {ratio} 倍"),
    "slower": (
        "Slower than the best peer by more than 5 % and by more than the cell's own spread: {cells}.",
        "比最快的对手慢 5 % 以上，且超出该格自身的波动：{cells}。",
    ),
    "none": ("none", "无"),
    "peak": ("## Share of the machine's peak", "## 占机器峰值的比例"),
    "peak how": (
        "Useful floating-point operations a second, two for each multiply-add of a step's matrix products, "
        "over those of the fastest product of two large matrices that any installed library reaches, in the "
        "same rounds:",
        "每秒有用的浮点运算（一步中矩阵乘积的每次乘加算两次），除以同一轮中任一已安装的库计算两个大矩阵之积"
        "所达到的最高速度：",
    ),
    "peak columns": ("cell|share|GFLOP/s", "格子|比例|GFLOP/s"),
    "epoch": ("## An epoch, and what it takes", "## 一轮训练及其代价"),
    "epoch how": (
        "An epoch of MNIST (60,000 digits) with 784-300-10, SGD and batches of 64, by `chainrule train` on "
        "{threads} threads, compilation apart; the last column compares with the 9,000 seconds that the text "
        "this project grew from reports for its network of objects. The objects' time here is that of some "
        "samples, on one thread, times 60,000.",
        "用 `chainrule train` 在 {threads} 个线程上对 MNIST（60,000 个数字）训练一轮：784-300-10，"
        "SGD，批量 64，"
        "不含编译；最后一列与本项目所依据的文章中对象网络的 9,000 秒相比。这里对象网络的时间是在一个线程上"
        "由若干样本的时间乘以 60,000 得到的。",
    ),
    "epoch columns": ("|an epoch|middle half|times as fast as 9,000 s", "|一轮|中间一半|是 9,000 秒的几倍快"),
    "memory": (
        "Memory: training on MNIST holds {training} MB at most; what is imported takes {imports} MB "
        "and the data "
        "{data} MB, which leaves {above} MB.",
        "内存：训练 MNIST 时最多占用 {training} MB；导入的程序占 {imports} MB，数据占 {data} MB，其余为 "
        "{above} MB。",
    ),
    "first": (
        "`chainrule train digits` shows its first progress after {warm}; right after an installation, with "
        "nothing in any cache of Python's or its own, after {cold} (medians).",
        "`chainrule train digits` 在 {warm} 后显示最初的进展；刚安装好、Python 和它自己的缓存都是空的时候，"
        "则在 {cold} 后（中位数）。",
    ),
    "goal": ("## Time to an accuracy", "## 达到某一准确率的时间"),
    "goal how": (
        "Seconds of training until {target} of MNIST's test samples are told right, with one hidden layer of "
        "300 and {threads} threads. PyTorch and scikit-learn use Adam as they come, chainrule momentum "
        "with a "
        "rate that falls within four epochs (`benchmarks/accuracy.py`):",
        "用一个 300 个单元的隐藏层和 {threads} 个线程，训练多少秒后 MNIST 测试样本的 {target} 识别正确。"
        "PyTorch 和"
        " scikit-learn 使用默认的 Adam，chainrule 使用动量，学习率在四轮内降为零（`benchmarks/accuracy.py`）"
        "：",
    ),
    "goal columns": ("|median|middle half|seeds|epochs", "|中位数|中间一半|种子|轮数"),
    "unset": ("## Without choosing a setting", "## 不选任何设置"),
    "unset how": (
        "Of the samples that were not learned the share told right, or R² where they are numbers (diabetes): "
        "means of {seeds} seeds, each with its own split, the same for all. `chainrule train` as it is, and "
        "scikit-learn's MLPClassifier and MLPRegressor as they are, with the samples as they come and scaled "
        "by StandardScaler (`benchmarks/defaults.py`).",
        "未参与训练的样本中识别正确的比例；目标为数值时（diabetes）为 R²。均为 {seeds} 个种子的平均，"
        "每个种子有自己的划分，各方相同。`chainrule train` 与 scikit-learn 的 MLPClassifier、MLPRegressor "
        "均用缺省设置，后者的样本分别为原样和经 StandardScaler 缩放（`benchmarks/defaults.py`）。",
    ),
    "unset columns": (
        "data|chainrule|scikit-learn|scikit-learn, scaled",
        "数据|chainrule|scikit-learn|scikit-learn（已缩放）",
    ),
    "growth": ("## How cost grows", "## 代价如何增长"),
    "growth picture": (
        "Made by `python benchmarks/growth.py`. The dashed line is time that grows as the work does, through "
        "the largest point; with threads, time that halves when they double. Where a curve is a little "
        "steeper than its line, at the largest sizes, what is worked on has outgrown a cache.\n\n"
        "![Seconds by width, depth, batch, threads and samples](growth.en.svg)",
        "由 `python benchmarks/growth.py` 生成。虚线表示与工作量成正比的时间，经过最大的那一点；对于线程，"
        "则是线程加倍、时间减半。在规模最大处，曲线比虚线略陡，因为那里处理的数据已超出某一级缓存。\n\n"
        "![时间随宽度、深度、批量、线程数和样本数的变化](growth.zh.svg)",
    ),
    "method": ("## How it is measured", "## 测量方法"),
    "turns": (
        "Every contender is a process of its own, which prepares once and then does turns of at least "
        "0.15 s on "
        "demand. The turns go round, forwards and backwards, so that a slow moment of the machine "
        "falls on all. "
        "Cores and threads are bound from outside: by the environment, and on Linux by the cores that "
        "a process "
        "may use.",
        "每个参赛者是一个独立的进程，准备一次，然后按要求每次至少工作 0.15 秒。各方正序、倒序轮流进行，"
        "使机器变慢的"
        "时刻由大家分担。核心与线程由外部限定：通过环境变量，在 Linux 上还通过进程可用的核心。",
    ),
    "work": (
        "The work is the same for all: float32 samples in memory (20,000, or 128 MB of them), shuffled "
        "anew for "
        "each epoch, drawn by index in full mini-batches; forward, backward and update. chainrule "
        "runs in the "
        "training loop that users have, which looks at J now and then and sees that all stays finite. "
        "PyTorch is "
        "written twice, with its own optimizers and with the whole step compiled at once, and the better one "
        "counts; JAX runs up to an epoch in one `jit(scan)`, with donated parameters; scikit-learn's "
        "`MLPClassifier` shuffles by itself, and makes one output of two.",
        "各方的工作相同：内存中的 float32 样本（20,000 个，或 128 MB），每轮重新打乱，按下标取出整个小批量；"
        "前向、"
        "反向和更新。chainrule 运行的就是用户使用的训练循环，它不时查看 J，并确认一切数值有限。PyTorch "
        "写了两种："
        "用它自己的优化器，以及把整个一步一起编译，取较快者；JAX 在一次 `jit(scan)` 中最多运行一轮，"
        "参数被捐出；"
        "scikit-learn 的 `MLPClassifier` 自己打乱样本，并把两个输出合为一个。",
    ),
    "apart": ("{peer} in {cell}", "{peer}，{cell}"),
    "agreement": (
        "All but scikit-learn start from the same parameters and draw the same batches, so that after the "
        "first steps their parameters must be equally far from where they began; different by more than "
        "{limit}: {cells}.",
        "除 scikit-learn 外，各方从相同的参数出发，取相同的小批量，因此最初几步之后，它们的参数离起点应当同"
        "样远；"
        "相差超过 {limit} 的：{cells}。",
    ),
    "versions": ("contender|version", "参赛者|版本"),
    "gaps": ("Not measured:", "未测量："),
}


def main() -> None:
    given = [Path(name) for name in sys.argv[1:]]
    source = given[0] if given else RESULTS
    target = given[1] if len(given) > 1 else source.with_suffix(".md")
    results = json.loads(source.read_text(encoding="utf-8"))
    found = ((name, source.with_name(f"{name}.json")) for name in OTHERS)
    others = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found if path.exists()}
    for lang, suffix in LANGUAGES.items():
        text = page(results, lang, others)
        target.with_suffix(suffix).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
