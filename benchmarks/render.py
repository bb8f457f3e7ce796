"""docs/benchmarks.md, English and Chinese, made of the results of cells.py, training.py, accuracy.py,
defaults.py, busy.py and growth.py.

    python benchmarks/render.py [FOLDER]

FOLDER: where all results lie, and where the page is written; docs, where none is given. What the page says
follows from these files alone. Of cells.py there is one for each kind of processor.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from busy import Row
from cells import DOCS, RESULTS, label

from chainrule.bench.contenders import AUTO, EVERY, OBJECTS, ONE, PEERS, WHOLE
from chainrule.bench.machine import KINDS
from chainrule.bench.race import Race, Spread
from chainrule.bench.report import CHOICES, regret, share_of_peak
from chainrule.bench.words import duration, plain, title
from chainrule.bench.work import Work
from chainrule.engines.choice import WITHOUT
from chainrule.sentences import speaking

TORCH = ["pytorch", "pytorch-compiled"]
RIVALS = {"best peer": list(PEERS), "JAX": ["jax"], "PyTorch": TORCH, "scikit-learn": ["scikit-learn"]}
"""What a ratio is taken to: the fastest of these in each cell."""
BEHIND = 0.95
"""A cell is behind where the lower quartile of the best peer's time over ours is below this."""
REGRET = 1.1
"""From here on, what `auto` chose is told to be a bad choice."""
TITLES = {"avx512": "AVX-512", "avx2": "AVX2", "avx": "AVX", "sse": "SSE4.2", "neon": "NEON"}
AGREE = 1e-3
"""How far apart, relatively, the lengths of equal paths may end in float32."""
IDLE = 0.5
"""Up to this load of the last minute a machine is told to be idle."""
SOURCE = 9000
"""Seconds that an epoch took in the network of objects of the text that the project grew from."""
OTHERS = "training", "accuracy", "defaults", "busy", "growth"
LANGUAGES = {"en": ".md", "zh": ".zh-CN.md"}


def ratio(cell: Race, rival: str) -> Spread | None:
    """Tell how many times as long the fastest of these peers takes, turn by turn."""
    peer = cell.fastest(RIVALS[rival])
    return cell.ratio(peer, AUTO) if peer else None


def in_order(names: Iterable[str]) -> list[str]:
    """Sort kinds of processors, the widest vectors first."""
    known = list(KINDS)
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def found_in(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the results of cells.py by kind, and those of OTHERS by name."""
    kinds = {path.name.split(".")[1]: path for path in folder.glob(RESULTS.format(kind="*"))}
    others = {name: folder / f"{name}.json" for name in OTHERS}
    cells, rest = (
        {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}
        for paths in (kinds, others)
    )
    return {name: cells[name] for name in in_order(cells)}, rest


def page(results: Mapping[str, Any], lang: str = "en", others: Mapping[str, Any] | None = None) -> str:
    """Make the whole document. results: of cells.py, by kind of processor. others: of OTHERS, by name."""
    with speaking(lang):
        words = {key: pair[list(LANGUAGES).index(lang)] for key, pair in WORDS.items()}
        return _Page(words, results, others or {}).text()


def _load(results: Mapping[str, Any]) -> str:
    return f"{results['load']:.2f}" if "load" in results else "?"


def _under_load(results: Mapping[str, Any]) -> bool:
    return results.get("load", 0.0) > IDLE


class _Kind:
    """Measurements on one kind of processor.

    cells: those in which `auto` took part, by name. again: names of cells that took the place of older ones,
    by when they were measured and the load then.
    """

    def __init__(self, name: str, results: Mapping[str, Any]) -> None:
        self.name, self.results = name, results
        self.title = TITLES.get(name, name)
        self.everyone = [Race.from_dict(cell) for cell in results["cells"]]
        self.cells = {label(cell.work): cell for cell in self.everyone if AUTO in cell.results}
        self.without = results["machine"].get("without", "")
        self.again: dict[tuple[str, str], list[str]] = {}
        for cell in results["cells"]:
            if when := cell.get("measured"):
                name = label(Work(**cell["work"]))
                self.again.setdefault((when["begun"], _load(when)), []).append(name)


class _Page:
    """The document in one language."""

    def __init__(self, words: dict[str, str], results: Mapping[str, Any], others: Mapping[str, Any]) -> None:
        self.words = words
        self.training, self.accuracy, self.defaults, self.busy, self.grown = map(others.get, OTHERS)
        self.kinds = [_Kind(name, results[name]) for name in in_order(results)]

    def text(self) -> str:
        parts = [
            self.head(),
            self.means(),
            self.each(),
            self.peak(),
            self.beside(),
            self.epoch(),
            self.goal(),
            self.unset(),
            self.growth(),
            self.method(),
            self.gaps(),
        ]
        return "\n\n".join(paragraph for part in parts for paragraph in part) + "\n"

    def say(self, key: str, **fields: object) -> str:
        return self.words[key].format(**fields)

    def table(self, header: str, rows: Iterable[Sequence[str]], *, each: str = "") -> str:
        """Make a table. each: names of columns that every kind has, behind those of `header`."""
        names = self.words[header].split("|")
        if each:
            names += [f"{kind.title}: {name}" for kind in self.kinds for name in self.words[each].split("|")]
        lines = [names, ["---"] * len(names), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def listed(self, found: Mapping[str, Sequence[str]]) -> str:
        """Make a line for each kind."""
        return "\n".join(
            self.say("kind line", kind=kind.title, cells="; ".join(found[kind.name]) or self.words["none"])
            for kind in self.kinds
        )

    def head(self) -> list[str]:
        commands = ["pip install 'chainrule[peers]'"]
        for kind in self.kinds:
            mask = f"{WITHOUT}={kind.without} " if kind.without else ""
            commands.append(mask + kind.results["command"])
        if self.training:
            commands.append("CHAINRULE_DATA=... python benchmarks/training.py")
        if self.accuracy:
            commands.append("CHAINRULE_DATA=... python benchmarks/accuracy.py")
        if self.defaults:
            commands.append("python benchmarks/defaults.py")
        if self.busy:
            commands.append(self.busy["command"])
        files = [f"[{name}]({name})" for name in (RESULTS.format(kind=kind.name) for kind in self.kinds)]
        rows = []
        for kind in self.kinds:
            machine, results = kind.results["machine"], kind.results
            told = [machine[key] for key in ("processor", "cores", "system", "python")]
            sets = ", ".join(machine["instructions"])
            rows.append([kind.title, *map(str, told), sets, results["begun"], _load(results)])
        block = "\n".join(["```", *commands, "python benchmarks/render.py", "```"])
        return [
            self.say("title"),
            self.say("made" if len(files) > 1 else "made of one", files=self.enumerated(files)),
            block,
            self.say("machines"),
            self.table("machine columns", rows),
            *self.under_load(),
            *self.again(),
            *self.masked(),
        ]

    def enumerated(self, names: Sequence[str]) -> str:
        """Join names as the language does: one; one and two; one, two and three."""
        *most, last = names
        return self.words["and"].join([self.words["comma"].join(most), last]) if most else last

    def under_load(self) -> list[str]:
        """Tell on which kinds other processes ran when the measurement began."""
        lines = [
            self.say(
                "under load line",
                kind=kind.title,
                begun=kind.results["begun"],
                load=_load(kind.results),
                cores=kind.results["machine"]["cores"],
            )
            for kind in self.kinds
            if _under_load(kind.results)
        ]
        return [self.say("under load"), "\n".join(lines)] if lines else []

    def again(self) -> list[str]:
        """Tell which cells were measured at another time than all others of their kind."""
        lines = [
            self.say("again line", kind=kind.title, begun=begun, load=load, cells="; ".join(names))
            for kind in self.kinds
            for (begun, load), names in kind.again.items()
        ]
        return [self.say("again"), "\n".join(lines)] if lines else []

    def origin(self, results: Mapping[str, Any] | None) -> str:
        """Tell when and on which machine results were measured, as far as their file does."""
        machine = (results or {}).get("machine")
        if not results or not machine:
            return self.say("earlier")
        fields = {key: machine[key] for key in ("processor", "cores", "system")}
        if "begun" not in results:
            return self.say("earlier on", **fields)
        told = self.say("measured on", begun=results["begun"], load=_load(results), **fields)
        return self.words["sentences"].join([told, self.say("not idle")]) if _under_load(results) else told

    def masked(self) -> list[str]:
        """Tell what was left alone, and by which words."""
        found = []
        for kind in self.kinds:
            if kind.without:
                told = kind.results["machine"]["told"].items()
                words = ", ".join(f"`{name}={value}`" for name, value in told)
                mask = f"{WITHOUT}={kind.without}"
                found.append(self.say("masked", kind=kind.title, mask=mask, told=words))
        return [*found, self.say("ynnpack")] if found else []

    def means(self) -> list[str]:
        rows = []
        for kind in self.kinds:
            for rival in RIVALS:
                ratios = [each.median for cell in kind.cells.values() if (each := ratio(cell, rival))]
                if ratios:
                    mean = math.exp(math.fsum(map(math.log, ratios)) / len(ratios))
                    name = self.words.get(rival, rival)
                    told = [f"**{plain(mean)}**", plain(min(ratios)), plain(max(ratios)), f"{len(ratios)}"]
                    rows.append([kind.title, name, *told])
        return [self.say("same"), self.say("ratios"), self.table("means", rows)]

    def each(self) -> list[str]:
        rows: dict[str, list[str]] = {}
        behind: dict[str, list[str]] = {kind.name: [] for kind in self.kinds}
        badly: dict[str, list[str]] = {kind.name: [] for kind in self.kinds}
        for name, work in self.works().items():
            layer = work.net.layers[0]
            settings = [name.split()[0], work.batch, layer.activation, work.optimizer, work.threads]
            rows[name] = [*map(str, settings)]
            for kind in self.kinds:
                cell = kind.cells.get(name)
                if cell is None:
                    rows[name] += [""] * 4
                    continue
                best, lost = ratio(cell, "best peer"), regret(cell)
                rows[name] += [
                    duration(cell.seconds(AUTO).median),
                    plain(best.median) if best else "",
                    plain(best.low) if best else "",
                    self.middle(lost) if lost else "",
                ]
                if best and best.low < BEHIND:
                    peer = title(cell.fastest(list(PEERS)) or "")
                    fields = {"low": f"{best.low:.2f}", "middle": f"{best.median:.2f}", "peer": peer}
                    behind[kind.name].append(self.say("behind cell", cell=name, **fields))
                if lost and lost.median > REGRET:
                    choice = title(cell.fastest(CHOICES) or "")
                    fields = {"regret": self.middle(lost), "choice": choice}
                    badly[kind.name].append(self.say("regret cell", cell=name, **fields))
        found = [
            self.say("each"),
            self.table("columns", rows.values(), each="kind columns"),
            self.say("behind", limit=BEHIND),
            self.listed(behind),
        ]
        unknown = [kind for kind in self.kinds if not any(map(regret, kind.cells.values()))]
        if len(unknown) < len(self.kinds):
            badly |= {kind.name: [self.words["unknown"]] for kind in unknown}
            found += [self.say("regret", limit=f"{REGRET:.2f}"), self.listed(badly)]
        return found

    def works(self) -> dict[str, Work]:
        """Find the work of all cells of all kinds, by name."""
        return {name: cell.work for kind in self.kinds for name, cell in kind.cells.items()}

    def middle(self, spread: Spread) -> str:
        return f"{spread.median:.2f} ({spread.low:.2f} - {spread.high:.2f})"

    def peak(self) -> list[str]:
        rows = []
        for name in self.works():
            row = []
            for kind in self.kinds:
                cell = kind.cells.get(name)
                share = share_of_peak(cell, AUTO) if cell else None
                speed = cell.work.flops / cell.seconds(AUTO).median / 1e9 if cell else 0.0
                row += ["", ""] if share is None else [f"{100 * share:.0f} %", plain(speed)]
            if any(row):
                rows.append([name, *row])
        if not rows:
            return []
        table = self.table("peak columns", rows, each="kind peak columns")
        return [self.say("peak"), self.say("peak how"), table]

    def beside(self) -> list[str]:
        if not self.busy:
            return []
        rows = []
        for row in map(Row.from_dict, self.busy["rows"]):
            work, seconds, cpu, ratios = row.race.work, row.seconds, row.cpu, row.ratios
            for name in (ONE, EVERY, WHOLE):
                if name in seconds:
                    key = {EVERY: "several", WHOLE: "cut"}.get(name)
                    against = self.middle(ratios[key]) if key in ratios else ""
                    told = ["-".join(map(str, work.net.sizes)), f"{work.batch}", f"{row.busy}", title(name)]
                    used = duration(cpu[name].median) if name in cpu else ""
                    times = [duration(seconds[name].median), used]
                    rows.append([*told, *times, against])
        table = self.table("busy columns", rows)
        return [self.say("busy"), self.origin(self.busy), self.say("busy how"), table, self.say("busy ratio")]

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
        starts = self.training["first progress"]["cold"]
        first |= {"count": len(starts), "each": ", ".join(map(plain, starts))}
        return [
            self.say("epoch"),
            self.origin(self.training),
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
            self.origin(self.accuracy),
            self.say("goal how", target=target, threads=self.accuracy["threads"]),
            self.table("goal columns", rows),
        ]

    def unset(self) -> list[str]:
        found = self.defaults and self.defaults.get("scores", self.defaults)
        if not found:
            return []
        rows = [
            [name, *(f"{statistics.mean(each):.4f}" for each in scores.values())]
            for name, scores in found.items()
        ]
        count = len(next(iter(found[rows[0][0]].values())))
        return [
            self.say("unset"),
            self.origin(self.defaults),
            self.say("unset how", seeds=count),
            self.table("unset columns", rows),
        ]

    def growth(self) -> list[str]:
        if not (self.training or self.grown):
            return []
        return [self.say("growth"), self.origin(self.grown), self.say("growth picture")]

    def method(self) -> list[str]:
        about = [
            {name: result.about for cell in kind.cells.values() for name, result in cell.results.items()}
            for kind in self.kinds
        ]
        names = dict.fromkeys(name for each in about for name in each)
        rows = [[name, *(each.get(name, "") for each in about)] for name in names]
        versions = self.table("versions", rows, each="kind versions")
        return [self.say("method"), self.say("turns"), self.say("work"), *self.agreement(), versions]

    def agreement(self) -> list[str]:
        """Tell whether those who start from the same parameters and draw the same batches went one way."""
        apart: dict[str, list[str]] = {kind.name: [] for kind in self.kinds}
        for kind in self.kinds:
            for name, cell in kind.cells.items():
                own = cell.results[AUTO]
                for peer, result in cell.results.items():
                    if peer == "scikit-learn" or result.moved is None or result.checked != own.checked:
                        continue
                    if own.moved and abs(result.moved / own.moved - 1) > AGREE:
                        apart[kind.name].append(self.say("apart", peer=peer, cell=name))
        return [self.say("agreement", limit=f"{100 * AGREE:g} %"), self.listed(apart)]

    def gaps(self) -> list[str]:
        lines = []
        for kind in self.kinds:
            why: dict[str, list[str]] = {}
            for each in kind.results["skipped"]:
                why.setdefault(each["why"], []).append(label(Work(**each["work"])))
            for cell in kind.everyone:
                for name, skipped in cell.skipped.items():
                    why.setdefault(f"{name}: {skipped}", []).append(label(cell.work))
            for reason, names in why.items():
                cells = self.words["all"] if len(names) == len(kind.everyone) > 1 else "; ".join(names)
                lines.append(f"- {kind.title}: {reason} ({len(names)}): {cells}")
        return [self.say("gaps"), "\n".join(lines)] if lines else []


WORDS = {  # English, Chinese
    "title": ("# Benchmarks", "# 基准测试"),
    "and": (" and ", " 和 "),
    "comma": (", ", "、"),
    "sentences": (" ", ""),
    "made": (
        "Made by `benchmarks/render.py` of {files}, which hold every turn ([中文](benchmarks.zh-CN.md)). To "
        "measure again:",
        "本页由 `benchmarks/render.py` 根据 {files} 生成，这些文件保存了每一轮的结果"
        "（[English](benchmarks.md)）。重新测量：",
    ),
    "made of one": (
        "Made by `benchmarks/render.py` of {files}, which holds every turn ([中文](benchmarks.zh-CN.md)). To "
        "measure again:",
        "本页由 `benchmarks/render.py` 根据 {files} 生成，该文件保存了每一轮的结果"
        "（[English](benchmarks.md)）。重新测量：",
    ),
    "machines": (
        "Each kind of processor was measured by itself. Load is how many processes wanted a core, on "
        "average, in the minute before the measurement began: near 0 on an idle machine. What was measured "
        "just before counts as well.",
        "每种处理器单独测量。“负载”是开始前一分钟内平均有多少进程要用核心：空闲的机器接近 0；"
        "刚结束的测量也计算在内。",
    ),
    "machine columns": (
        "kind|processor|cores|system|Python|instruction sets|begun|load then",
        "种类|处理器|核心数|系统|Python|指令集|开始|当时的负载",
    ),
    "under load": (
        "The machine was not idle just before these measurements. If other processes went on, times are too "
        "long, and ratios of turns in the same round hold only while the load stayed the same:",
        "下列测量开始前机器并不空闲。若其他进程继续运行，则时间偏长，同一轮各次之比只在负载不变时可靠：",
    ),
    "under load line": (
        "- {kind}: begun {begun} with a load of {load} on {cores} cores.",
        "- {kind}：{begun} 开始时，{cores} 个核心上的负载为 {load}。",
    ),
    "again": (
        "Cells that were measured at another time, in place of older results:",
        "另行测量、取代旧结果的格子：",
    ),
    "again line": (
        "- {kind}, begun {begun} with a load of {load}: {cells}.",
        "- {kind}，{begun} 开始，当时的负载为 {load}：{cells}。",
    ),
    "measured on": (
        "Measured on {processor} with {cores} cores ({system}), begun {begun} with a load of {load}.",
        "在 {processor}（{cores} 个核心，{system}）上测得，{begun} 开始，当时的负载为 {load}。",
    ),
    "not idle": (
        "The machine was not idle just before; if other processes went on, times are too long.",
        "开始前机器并不空闲；若其他进程继续运行，则时间偏长。",
    ),
    "earlier on": (
        "Measured earlier, on {processor} with {cores} cores ({system}); the results do not tell when.",
        "较早前在 {processor}（{cores} 个核心，{system}）上测得，结果文件没有记录日期。",
    ),
    "earlier": (
        "Measured earlier; no file tells when, or on which machine.",
        "较早前测得，没有文件记录日期和机器。",
    ),
    "masked": (
        "{kind} was measured with `{mask}`, on a processor that can do more. The native engine heeds it by "
        "itself; all libraries were told the same by {told}.",
        "{kind} 是在功能更多的处理器上用 `{mask}` 测得的。native 引擎自行遵守它；其他各库则由 {told} 得知。",
    ),
    "ynnpack": (
        "YNNPACK, which multiplies matrices for JAX, has no such setting. Its stored list of the processor's "
        "features is changed in memory before JAX compiles anything. `benchmarks/instructions.py` samples "
        "what each contender really runs.",
        "为 JAX 计算矩阵乘积的 YNNPACK 没有这样的设置：在 JAX 开始编译之前，它存下的处理器功能表在内存中被"
        "改小。`benchmarks/instructions.py` 抽样检查各参赛者实际执行的指令。",
    ),
    "kind line": ("- {kind}: {cells}.", "- {kind}：{cells}。"),
    "all": ("all cells", "所有格子"),
    "same": ("## The same work", "## 同样的工作"),
    "ratios": (
        "How many times as long a peer takes for a step as `chainrule` with `engine=auto`. In a "
        "cell it is the "
        "median of the ratios turn by turn; below stand their geometric means. *Best peer* is the fastest of "
        "all in each cell.",
        "走一步，别的软件所用的时间是 `chainrule`（`engine=auto`）的几倍。"
        "每一格取逐轮之比的中位数，下面是它们的"
        "几何平均。“最快的对手”指每一格中最快的那一个。",
    ),
    "best peer": ("best peer", "最快的对手"),
    "means": ("kind||geometric mean|least|most|cells", "种类||几何平均|最小|最大|格数"),
    "each": (
        "Each cell. *Best peer* and *lower quartile* are those of the best peer's time over ours, turn by "
        "turn. *Regret* is how many times as long `auto` takes as the best that it could have chosen. It "
        "chooses among the native engine on one thread, on all threads, and NumPy. In brackets stands its "
        "middle half. The best is the choice with the smallest median in the same turns, which makes regret "
        "a little too high. Of choices that are equally fast, chance makes one the best.",
        "每一格。“最快的对手”和“下四分位”是最快的对手与本程序用时之比（逐轮）的中位数和下四分位数。“遗憾”是 "
        "`auto` 的用时为它本可选择的最好者的几倍；可选的有：native 引擎用一个线程、用全部线程，以及 NumPy。"
        "括号中是其中间一半。最好者是在同样这些轮中中位数最小的选择，因此遗憾略微偏高："
        "几种选择一样快时，哪一种最好由偶然决定。",
    ),
    "columns": ("network|batch|activation|optimizer|threads", "网络|批量|激活函数|优化器|线程"),
    "kind columns": ("a step|best peer|lower quartile|regret", "一步|最快的对手|下四分位|遗憾"),
    "behind": (
        "Cells in which the lower quartile of the best peer's time over ours is below {limit}:",
        "最快的对手与本程序用时之比的下四分位数低于 {limit} 的格子：",
    ),
    "behind cell": (
        "{cell}, {low} ({middle} in the median) beside {peer}",
        "{cell}，{low}（中位数 {middle}），对手 {peer}",
    ),
    "regret": (
        "Cells in which the regret is above {limit}:",
        "遗憾高于 {limit} 的格子：",
    ),
    "regret cell": ("{cell}, {regret} times as long as {choice}", "{cell}，用时为 {choice} 的 {regret} 倍"),
    "unknown": ("not measured", "未测量"),
    "none": ("none", "无"),
    "peak": ("## Share of the machine's peak", "## 占机器峰值的比例"),
    "peak how": (
        "Useful floating-point operations a second, two for each multiply-add of a step's matrix "
        "products. The "
        "peak is the fastest product of two large matrices that any installed library reaches in the same "
        "rounds.",
        "每秒有用的浮点运算：一步中矩阵乘积的每次乘加算两次。峰值是同一轮中任一已安装的库计算两个大矩阵之积所"
        "达到的最高速度。",
    ),
    "peak columns": ("cell", "格子"),
    "kind peak columns": ("share|GFLOP/s", "比例|GFLOP/s"),
    "busy": ("## Beside busy processes", "## 与繁忙的进程同时运行"),
    "busy how": (
        "A step of the native engine beside processes that do nothing but arithmetic. All share the same "
        "cores; contenders take turns within one run. *Processors* are the seconds of all processors "
        "together that a step takes.",
        "native 引擎与只做算术的进程同时运行时的一步。各方共用同样的核心，并在同一次运行中轮流进行。"
        "“处理器”是一步所占用的全部处理器时间之和。",
    ),
    "busy columns": (
        "network|batch|busy processes|contender|a step|processors|ratio",
        "网络|批量|繁忙进程|参赛者|一步|处理器|比值",
    ),
    "busy ratio": (
        "The ratio at *all threads* is that to one thread. At *undivided* it is that of a step cut "
        "into parts "
        "to one that is not, both on one thread. Both are medians of turns in the same round, with "
        "their middle "
        "half.",
        "“全部线程”一行的比值是与一个线程用时之比；"
        "“不切分”一行是切成若干部分的一步与不切分的一步之比，都用一个"
        "线程。两者都是同一轮之比的中位数，括号中是中间一半。",
    ),
    "epoch": ("## An epoch, and what it takes", "## 一轮训练及其代价"),
    "epoch how": (
        "An epoch of MNIST (60,000 digits) with 784-300-10, SGD and batches of 64, by `chainrule train` on "
        "{threads} threads, compilation apart. The text that this project grew from reports 9,000 seconds "
        "for its network of objects; the last column compares with that. The objects' time here is that of "
        "some samples, on one thread, times 60,000.",
        "用 `chainrule train` 在 {threads} 个线程上对 MNIST（60,000 个数字）训练一轮：784-300-10，SGD，"
        "批量 64，不含编译。本项目所依据的文章给出其对象网络需 9,000 秒，最后一列与之相比。"
        "这里对象网络的时间是在一个线程上由若干样本的时间乘以 60,000 得到的。",
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
        "`chainrule train digits` shows its first progress after {warm}. With nothing in any cache "
        "of Python's "
        "or its own, as right after an installation, it does so after {cold} (medians). The "
        "{count} starts of "
        "the latter took {each} s.",
        "`chainrule train digits` 在 {warm} 后显示最初的进展；刚安装好、Python "
        "和它自己的缓存都是空的时候，则在 "
        "{cold} 后（中位数）。后者的 {count} 次启动分别用了 {each} 秒。",
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
        "The share told right of the samples that were not learned; R² where targets are numbers "
        "(diabetes). All are means of {seeds} seeds, each with its own split, the same for all. `chainrule "
        "train` as it is, and scikit-learn's MLPClassifier and MLPRegressor as they are, with the samples as "
        "they come and scaled by StandardScaler (`benchmarks/defaults.py`).",
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
        "The work is the same for all: float32 samples in memory (20,000, or 128 MB of them), shuffled anew "
        "for each epoch. They are drawn by index in full mini-batches; then follow forward, backward and "
        "update. chainrule runs in the training loop that users have, which looks at J now and then and sees "
        "that all stays finite. PyTorch is written twice, with its own optimizers and with the whole step "
        "compiled at once, and the better one counts. JAX runs up to an epoch in one `jit(scan)`, with "
        "donated parameters. scikit-learn's `MLPClassifier` shuffles by itself, and makes one output of two.",
        "各方的工作相同：内存中的 float32 样本（20,000 个，或 128 MB），每轮重新打乱，按下标取出整个小批量；"
        "然后是前向、反向和更新。chainrule 运行的就是用户使用的训练循环，它不时查看 J，并确认一切数值有限。"
        "PyTorch 写了两种：用它自己的优化器，以及把整个一步一起编译，取较快者。JAX 在一次 `jit(scan)` 中"
        "最多运行一轮，参数被捐出。scikit-learn 的 `MLPClassifier` 自己打乱样本，并把两个输出合为一个。",
    ),
    "apart": ("{peer} in {cell}", "{peer}，{cell}"),
    "agreement": (
        "All but scikit-learn start from the same parameters and draw the same batches. So after the first "
        "steps their parameters must be equally far from where they began. Different by more than {limit}:",
        "除 scikit-learn 外，各方从相同的参数出发，取相同的小批量，因此最初几步之后，"
        "它们的参数离起点应当同样远；相差超过 {limit} 的：",
    ),
    "versions": ("contender", "参赛者"),
    "kind versions": ("version", "版本"),
    "gaps": ("Not measured:", "未测量："),
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    results, others = found_in(folder)
    for lang, suffix in LANGUAGES.items():
        (folder / f"benchmarks{suffix}").write_text(page(results, lang, others), encoding="utf-8")


if __name__ == "__main__":
    main()
