"""Draws the picture of the README, in both languages, from what the package really does.

python docs/picture.py        writes docs/picture.en.svg and docs/picture.zh.svg
"""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import chainrule as cr
from chainrule.data import Dataset
from chainrule.model import Model
from chainrule.sentences import Language, speaking

NETWORK = "64-30-10"
INK, SOFT, RED, BLUE = "#1f2933", "#f4f6f8", "#c0392b", "#2563a8"
WORDS = {
    "en": {
        "definition": "one definition",
        "derived": "its backward pass, derived by the chain rule (chainrule emit)",
        "checked": "every gradient checked (chainrule check gradients)",
        "trained": "trained (chainrule train digits {network})",
        "error": "{name}: relative error {error:.0e}",
        "loss": "loss J",
        "accuracy": "validation accuracy in %",
        "epoch": "epoch",
        "score": "test accuracy {accuracy:.1%}",
    },
    "zh": {
        "definition": "一个定义",
        "derived": "按链式法则推导出的反向传播（chainrule emit）",
        "checked": "每个梯度都经过检验（chainrule check gradients）",
        "trained": "训练（chainrule train digits {network}）",
        "error": "{name}：相对误差 {error:.0e}",
        "loss": "损失 J",
        "accuracy": "验证集准确率（%）",
        "epoch": "轮数",
        "score": "测试集准确率 {accuracy:.1%}",
    },
}
FONTS = ["DejaVu Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]
MONO = ["DejaVu Sans Mono", "Noto Sans Mono CJK SC", "Menlo", "Consolas", "monospace"]


def main() -> None:
    net = cr.Network.parse(NETWORK)
    data: Dataset = cr.datasets.load("digits")
    parts = data.split(0.1)
    model = net.fit(parts.train, validation=parts.validation)
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    for lang in ("en", "zh"):
        draw(net, data, model, lang)


def draw(net: cr.Network, data: Dataset, model: Model, lang: Language) -> None:
    words = WORDS[lang]
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "chainrule", "font.family": FONTS}),
        warnings.catch_warnings(),
        speaking(lang),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(11, 5.2))
        panel(figure, (0.02, 0.80, 0.63, 0.13), words["definition"], [f'Network.parse("{NETWORK}")'], 15)
        panel(figure, (0.02, 0.29, 0.63, 0.42), words["derived"], backward(net.to_python()), 9)
        report = net.check_gradients()
        errors = [
            words["error"].format(name=f"d{name}", error=p.relative_error)
            for name, p in report.parameters.items()
        ]
        panel(figure, (0.02, 0.03, 0.63, 0.17), words["checked"], errors, 9, columns=2)
        curve(figure, model, words, model.evaluate(data.test).accuracy or 0.0)
        figure.savefig(Path(__file__).parent / f"picture.{lang}.svg", metadata={"Date": None})


def backward(source: str) -> list[str]:
    """The lines of `gradients` in an emitted file that compute something."""
    body = source[source.index("def gradients(") :]
    return re.findall(r"^    ((?:delta|d[Wb])\d+ = .*)$", body, flags=re.MULTILINE)


def panel(
    figure: Figure,
    place: tuple[float, float, float, float],
    title: str,
    lines: list[str],
    size: float,
    columns: int = 1,
) -> None:
    axes = figure.add_axes(place, facecolor=SOFT)
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
    axes.spines[:].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11, color=INK, pad=5)
    rows = -(-len(lines) // columns)
    for number, line in enumerate(lines):
        column, row = divmod(number, rows)
        at = (0.02 + column / columns, 1 - (row + 0.5) / rows)
        code, sign, comment = line.partition("  #")
        axes.text(*at, code, family=MONO, fontsize=size, color=INK, va="center")
        if sign:
            axes.text(0.60, at[1], f"#{comment}", family=MONO, fontsize=size, color="#6b7a89", va="center")


def curve(figure: Figure, model: Model, words: dict[str, str], accuracy: float) -> None:
    left: Axes = figure.add_axes((0.735, 0.13, 0.20, 0.70))
    right = left.twinx()
    epochs = [entry["epoch"] for entry in model.history]
    left.plot(epochs, [entry["loss"] for entry in model.history], color=RED)
    right.plot(epochs, [100 * entry["validation_accuracy"] for entry in model.history], color=BLUE)
    left.set_yscale("log")
    left.set_xlabel(words["epoch"])
    left.set_ylabel(words["loss"], color=RED)
    right.set_ylabel(words["accuracy"], color=BLUE)
    left.set_title(words["trained"].format(network=NETWORK), loc="right", fontsize=11, color=INK, pad=10)
    right.text(0.95, 0.5, words["score"].format(accuracy=accuracy), transform=right.transAxes, ha="right")
    for axes in (left, right):
        axes.spines["top"].set_visible(False)


if __name__ == "__main__":
    main()
