"""Zhou 2019: neurons have names, h_1 h_2 o_1; no error has one, gradients are products of derivatives."""

from __future__ import annotations

from chainrule.notation.notation import Notation

ZHOU = Notation(
    name="zhou",
    cite="Zhou 2019, Machine Learning for Beginners: An Introduction to Neural Networks",
    first=0,
    symbols={
        "W": "W_{{{u}}}",
        "W[]": "w^{{{u}}}_{{{i}}}",
        "b": "b_{{{u}}}",
        "b[]": "b^{{{u}}}_{{{i}}}",
        "z": r"\mathrm{{sum}}_{{{u}}}",
        "z[]": r"\mathrm{{sum}}_{{{u}_{{{i}}}}}",
        "a": "{u}",
        "x": "x",
        "output": r"y_{{\mathrm{{pred}}}}",
        "output[]": r"y_{{\mathrm{{pred}},{i}}}",
        "m": "r_{{{u}}}",
        "m[]": "r_{{{u}_{{{i}}}}}",
        "m0": "r_{{x}}",
        "m0[]": "r_{{x_{{{i}}}}}",
        "delta": r"\frac{{\partial L}}{{\partial \mathrm{{sum}}_{{{u}}}}}",
        "delta[]": r"\frac{{\partial L}}{{\partial \mathrm{{sum}}_{{{u}_{{{i}}}}}}}",
        "delta*": r"\frac{{\partial L_{{i}}}}{{\partial \mathrm{{sum}}_{{{u}}}}}",
        "y": r"y_{{\mathrm{{true}}}}",
        "y[]": r"y_{{\mathrm{{true}},{i}}}",
        "C": "L",
        "C*": "L_{{i}}",
        "J": "L",
        "lr": r"\eta",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    letters={"forward": "ijkq", "error": "ijkq", "weight": "ijkq"},
    sigmoid="f",
    generic="f",
    numbering="name",
    samples=r"\sum_{i=1}^{n}",
    sample_count="n",
    named_errors=False,
    target_first=True,
    single_unmarked=True,
    words={
        "z": ("weighted sum", "加权和"),
        "a": ("output", "输出"),
        "delta": ("derivative by the sums", "对加权和的偏导数"),
        "cost": ("loss", "损失"),
    },
)
