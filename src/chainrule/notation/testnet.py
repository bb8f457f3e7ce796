"""TestNet: the input is layer 0; a network ends with a score function h, the softmax, and its output is p."""

from __future__ import annotations

from chainrule.notation.notation import Notation

TESTNET = Notation(
    name="testnet",
    cite="TestNet: a 2-3-2 network with softmax, derived by the chain rule (2019)",
    first=0,
    symbols={
        "W": "W^{{({l})}}",
        "b": "b^{{({l})}}",
        "z": "z^{{({l})}}",
        "mu": r"\mu^{{({l})}}",
        "s": "s^{{({l})}}",
        "mean_z": r"\bar{{\mu}}^{{({l})}}",
        "variance_z": r"\bar{{v}}^{{({l})}}",
        "zhat": r"\hat{{z}}^{{({l})}}",
        "u": "u^{{({l})}}",
        "gamma": r"\gamma^{{({l})}}",
        "beta": r"\beta^{{({l})}}",
        "a": "a^{{({l})}}",
        "p": "p",
        "m": "r^{{({l})}}",
        "delta": r"\delta^{{({l})}}",
        "y": "y",
        "label": r"\mathbb{{1}}(y)",
        "label[]": r"\mathbb{{1}}(y = {i})",
        "C": "J",
        "C*": "J_{{i}}",
        "J": "J",
        "lr": r"\alpha",
        "t": "t",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    letters={"forward": "ijkq", "error": "ijkq", "weight": "ijkq"},
    sigmoid="g",
    softmax="h",
    generic="g",
    comma=",",
    dot=r"\cdot",
    unit_count="n^{{({l})}}",
    words={
        "z": ("input", "输入值"),
        "a": ("output", "输出值"),
        "delta": ("residual", "残差"),
        "cost": ("cost function", "代价函数"),
    },
)
