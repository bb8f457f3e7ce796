"""Han 2016: nodes have numbers, w_ji leads from node i to node j, and delta is MINUS the derivative of E."""

from __future__ import annotations

from chainrule.notation.notation import Notation

HAN = Notation(
    name="han",
    cite="Han 2016, Deep Learning from Scratch (3): neural networks and back-propagation",
    first=0,
    symbols={
        "W": "W^{{({l})}}",
        "W[]": "w_{{{i}}}",
        "b": r"\vec{{b}}^{{({l})}}",
        "b[]": "w_{{{i}b}}",
        "z": r"\vec{{\mathit{{net}}}}^{{({l})}}",
        "z[]": r"\mathit{{net}}_{{{i}}}",
        "a": r"\vec{{a}}^{{({l})}}",
        "a[]": "a_{{{i}}}",
        "x": r"\vec{{x}}",
        "x[]": "x_{{{i}}}",
        "output": r"\vec{{y}}",
        "output[]": "y_{{{i}}}",
        "in[]": "x_{{{i}}}",
        "m": r"\vec{{r}}^{{({l})}}",
        "m[]": "r_{{{i}}}",
        "delta": r"\vec{{\delta}}^{{({l})}}",
        "delta[]": r"\delta_{{{i}}}",
        "y": r"\vec{{t}}",
        "y[]": "t_{{{i}}}",
        "C": "E_{{d}}",
        "J": "E",
        "lr": r"\eta",
        "l1": r"\lambda_{{1}}",
        "l2": r"\lambda",
    },
    letters={"forward": "jikq", "error": "jkiq", "weight": "jikq", "summary": "ikjq", "cost": "ijkq"},
    sums={
        "outputs": r"\sum_{{{i} \in \mathrm{{outputs}}}}",
        "next": r"\sum_{{{i} \in \mathrm{{Downstream}}({j})}}",
    },
    generic="f",
    numbering="node",
    samples=r"\sum_{d}",
    error_sign=-1,
    target_first=True,
    slope_first=True,
    words={
        "z": ("weighted input", "加权输入"),
        "a": ("output", "输出值"),
        "delta": ("error term", "误差项"),
        "cost": ("objective function", "目标函数"),
    },
)
