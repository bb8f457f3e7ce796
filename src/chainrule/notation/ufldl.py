"""UFLDL: the input is layer 1, and W^(l) leads out of layer l, from unit j to unit i of layer l+1."""

from __future__ import annotations

from chainrule.notation.notation import Notation

UFLDL = Notation(
    name="ufldl",
    cite="Ng et al. 2011, UFLDL Tutorial: Backpropagation Algorithm",
    first=1,
    weights=-1,
    last="n_{l}",
    symbols={
        "W": "W^{{({l})}}",
        "b": "b^{{({l})}}",
        "z": "z^{{({l})}}",
        "z*": "z^{{(i,{l})}}",
        "a": "a^{{({l})}}",
        "a*": "a^{{(i,{l})}}",
        "m": "r^{{({l})}}",
        "m*": "r^{{(i,{l})}}",
        "delta": r"\delta^{{({l})}}",
        "delta*": r"\delta^{{(i,{l})}}",
        "y": "y",
        "y*": "y^{{(i)}}",
        "C": "J(W,b;x,y)",
        "C*": "J(W,b;x^{{(i)}},y^{{(i)}})",
        "J": "J(W,b)",
        "lr": r"\alpha",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    nabla=dict.fromkeys(("W", "W[]", "b", "b[]"), r"\nabla_{{{v}}} {c}"),
    unit_count="s_{{{l}}}",
    letters={"forward": "ijkq", "error": "ijkq", "weight": "ijkq"},
    sigmoid="f",
    generic="f",
    target_first=True,
    words={
        "z": ("total weighted input", "净输入"),
        "a": ("activation", "激活值"),
        "delta": ("error term", "残差"),
        "cost": ("cost function", "代价函数"),
    },
)
