"""Nielsen 2015, Neural Networks and Deep Learning: the input is layer 1, w^l leads into layer l."""

from __future__ import annotations

from chainrule.notation.notation import Notation

NIELSEN = Notation(
    name="nielsen",
    cite="Nielsen 2015, Neural Networks and Deep Learning, chapter 2",
    first=1,
    last="L",
    symbols={
        "W": "w^{{{s}{l}}}",
        "b": "b^{{{s}{l}}}",
        "z": "z^{{{s}{l}}}",
        "a": "a^{{{s}{l}}}",
        "delta": r"\delta^{{{s}{l}}}",
        "y": "y",
        "C": "C_{{{s}}}",
        "J": "C",
        "lr": r"\eta",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    letters={"forward": "jkiq", "error": "jkiq", "weight": "jkiq"},
    arrow=r"\to",
    mark="x",
    samples=r"\sum_{x}",
    words={
        "z": ("weighted input", "加权输入"),
        "a": ("activation", "激活值"),
        "delta": ("error", "误差"),
        "cost": ("cost", "代价函数"),
    },
)
