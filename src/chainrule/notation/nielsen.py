"""Nielsen 2015, Neural Networks and Deep Learning: the input is layer 1, w^l leads into layer l."""

from __future__ import annotations

from chainrule.notation.notation import Notation

NIELSEN = Notation(
    name="nielsen",
    cite="Nielsen 2015, Neural Networks and Deep Learning",
    first=1,
    symbols={
        "W": "w^{{{l}}}",
        "b": "b^{{{l}}}",
        "z": "z^{{{l}}}",
        "z*": "z^{{x,{l}}}",
        "mu": r"\mu^{{{l}}}",
        "mu*": r"\mu^{{x,{l}}}",
        "s": "s^{{{l}}}",
        "s*": "s^{{x,{l}}}",
        "zhat": r"\hat{{z}}^{{{l}}}",
        "zhat*": r"\hat{{z}}^{{x,{l}}}",
        "u": "u^{{{l}}}",
        "u*": "u^{{x,{l}}}",
        "gamma": r"\gamma^{{{l}}}",
        "beta": r"\beta^{{{l}}}",
        "a": "a^{{{l}}}",
        "a*": "a^{{x,{l}}}",
        "output": "a^{{{l}}}",
        "output*": "a^{{x,{l}}}",
        "m": "r^{{{l}}}",
        "m*": "r^{{x,{l}}}",
        "delta": r"\delta^{{{l}}}",
        "delta*": r"\delta^{{x,{l}}}",
        "y": "y",
        "y*": "y^{{x}}",
        "C": "C",
        "C*": "C_{{x}}",
        "J": "C",
        "lr": r"\eta",
        "t": "t",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    nabla={"output": r"\nabla_{{a}} {c}"},
    letters={"forward": "jkiq", "error": "jkiq", "weight": "jkiq"},
    arrow=r"\to",
    samples=r"\sum_{x}",
    words={
        "z": ("weighted input", "加权输入"),
        "a": ("activation", "激活值"),
        "delta": ("error", "误差"),
        "cost": ("cost", "代价函数"),
    },
)
