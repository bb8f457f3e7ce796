"""The table of scalar functions: the local derivative of each, how it prints, and where it has a kink.

A local derivative is written for y = f(a, b, ...) with y at hand, so that a form in the output is used
where it is the more stable one (tanh: 1 - y*y). Where a function is made of simpler ones, `definition`
says how, and a test holds the derivative against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from chainrule.expr import Node, Operand, elementwise, lift, power, select

# Binding strength of what is printed, weakest first.
COMPARE, SUM, MATRIX_PRODUCT, PRODUCT, PREFIX, POWER, ATOM = range(7)


@dataclass(frozen=True)
class Primitive:
    """One scalar function.

    partials: from (y, *operands) to the local derivative by each operand; None where there is none to take.
    numpy, text, tex: templates over the printed operands. binds: how strongly the text form binds,
    and the NumPy form where that is no call.
    kink: an expression whose zeros are the places where the derivative jumps, and what is declared there.
    """

    name: str
    partials: Callable[..., tuple[Operand | None, ...]]
    numpy: str
    text: str
    tex: str
    binds: int = ATOM
    ufunc: str | None = None
    """The function that computes it into a given array (`special` is `engines.special`); None: its
    `definition` is computed instead."""
    definition: Callable[..., Node] | None = None
    kink: Callable[..., Node] | None = None
    convention: str = ""
    helper: str | None = None
    """Source of a function that the NumPy form calls, where NumPy has none; its comments are keys of
    sentences."""

    @property
    def infix(self) -> bool:
        """Whether the NumPy form is no call."""
        return not self.numpy.endswith(")")


# The functions, under the names by which rows, catalogues and formulas use them.
exp = partial(elementwise, "exp")
log = partial(elementwise, "log")
expm1 = partial(elementwise, "expm1")
sqrt = partial(elementwise, "sqrt")
sin = partial(elementwise, "sin")
cos = partial(elementwise, "cos")
sigmoid = partial(elementwise, "sigmoid")
tanh = partial(elementwise, "tanh")
softplus = partial(elementwise, "softplus")
xlogy = partial(elementwise, "xlogy")
erf = partial(elementwise, "erf")
normal_cdf = partial(elementwise, "normal_cdf")
normal_pdf = partial(elementwise, "normal_pdf")
greater = partial(elementwise, "greater")
equal = partial(elementwise, "equal")
absolute = partial(elementwise, "abs")
sign = partial(elementwise, "sign")
step = partial(elementwise, "step")
maximum = partial(elementwise, "maximum")
minimum = partial(elementwise, "minimum")


PRIMITIVES: dict[str, Primitive] = {}


def _row(name: str, partials: Callable[..., tuple[Operand | None, ...]], **how: Any) -> None:
    PRIMITIVES[name] = Primitive(name, partials, **how)


def _call(name: str, tex: str | None = None, numpy: str | None = None) -> dict[str, Any]:
    """The printed forms of a function of one operand that is written as a call."""
    tex = tex or rf"\operatorname{{{{{name}}}}}"
    return {
        "numpy": f"{numpy or 'np.' + name}({{0}})",
        "text": f"{name}({{0}})",
        "tex": rf"{tex}\left({{0}}\right)",
    }


# arithmetic
_row(
    "add",
    lambda y, a, b: (1, 1),
    numpy="{0} + {1}",
    text="{0} + {1}",
    tex="{0} + {1}",
    binds=SUM,
    ufunc="np.add",
)
_row(
    "sub",
    lambda y, a, b: (1, -1),
    numpy="{0} - {1}",
    text="{0} - {1}",
    tex="{0} - {1}",
    binds=SUM,
    ufunc="np.subtract",
)
_row(
    "mul",
    lambda y, a, b: (b, a),
    numpy="{0} * {1}",
    text="{0} * {1}",
    tex=r"{0} \, {1}",
    binds=PRODUCT,
    ufunc="np.multiply",
)
_row(
    "div",
    lambda y, a, b: (1 / b, -y / b),
    numpy="{0} / {1}",
    text="{0} / {1}",
    tex=r"\frac{{{0}}}{{{1}}}",
    binds=PRODUCT,
    ufunc="np.divide",
)
_row("neg", lambda y, a: (-1,), numpy="-{0}", text="-{0}", tex="-{0}", binds=PREFIX, ufunc="np.negative")
_row(
    "power",
    lambda y, a, b: (b * power(a, _value(b) - 1), None),
    numpy="{0}**{1}",
    text="{0}^{1}",
    tex="{0}^{{{1}}}",
    binds=POWER,
    ufunc="np.power",
)

# exponentials and their kin
_row(
    "exp",
    lambda y, a: (y,),
    numpy="np.exp({0})",
    text="exp({0})",
    tex="e^{{{0}}}",
    ufunc="np.exp",
    binds=ATOM,
)
_row("log", lambda y, a: (1 / a,), **_call("log", r"\ln"), ufunc="np.log")
_row(
    "expm1",
    lambda y, a: (exp(a),),
    numpy="np.expm1({0})",
    text="exp({0}) - 1",
    tex="e^{{{0}}} - 1",
    binds=SUM,
    ufunc="np.expm1",
    definition=lambda a: exp(a) - 1,
)
_row(
    "sqrt",
    lambda y, a: (0.5 / y,),
    numpy="np.sqrt({0})",
    text="sqrt({0})",
    tex=r"\sqrt{{{0}}}",
    ufunc="np.sqrt",
)
_row("sin", lambda y, a: (cos(a),), **_call("sin", r"\sin"), ufunc="np.sin")
_row("cos", lambda y, a: (-sin(a),), **_call("cos", r"\cos"), ufunc="np.cos")
_row(
    "sigmoid",
    lambda y, a: (y * (1 - y),),
    **_call("sigmoid", r"\sigma", numpy="sigmoid"),
    definition=lambda a: 1 / (1 + exp(-a)),
    helper="""def sigmoid(z):
    with np.errstate(over="ignore"):  # source.sigmoid
        return 1 / (1 + np.exp(-z))
""",
)
_row(
    "tanh",
    lambda y, a: (1 - y**2,),
    **_call("tanh", r"\tanh"),
    ufunc="np.tanh",
    definition=lambda a: (exp(a) - exp(-a)) / (exp(a) + exp(-a)),
)
_row(
    "softplus",
    lambda y, a: (sigmoid(a),),
    numpy="np.logaddexp(0, {0})",
    text="softplus({0})",
    tex=r"\ln\left(1 + e^{{{0}}}\right)",
    ufunc="np.logaddexp(0, {0}, out={out})",
    definition=lambda a: log(1 + exp(a)),
)
_row(
    "xlogy",
    lambda y, a, b: (log(b), a / b),
    numpy="xlogy({0}, {1})",
    text="{0} * log({1})",
    tex=r"{0} \ln {1}",
    binds=PRODUCT,
    definition=lambda a, b: a * log(b),
    ufunc="special.xlogy",
    helper="""def xlogy(x, y):  # source.xlogy
    return x * np.log(np.where(x == 0, 1, y))
""",
)

# the normal distribution
_row(
    "erf",
    lambda y, a: (2 / math.sqrt(math.pi) * exp(-(a**2)),),
    **_call("erf", numpy="erf"),
    ufunc="special.erf",
    helper="erf = np.vectorize(math.erf, otypes=[float])\n",
)
_row(
    "normal_cdf",
    lambda y, a: (normal_pdf(a),),
    **_call("normal_cdf", r"\Phi", numpy="normal_cdf"),
    definition=lambda a: 0.5 * (1 + erf(a / math.sqrt(2))),
    ufunc="special.normal_cdf",
    helper="""_erfc = np.vectorize(math.erfc, otypes=[float])


def normal_cdf(z):  # source.normal_cdf
    return (0.5 * _erfc(-z / math.sqrt(2))).astype(np.asarray(z).dtype)
""",
)
_row(
    "normal_pdf",
    lambda y, a: (-a * y,),
    **_call("normal_pdf", r"\varphi", numpy="normal_pdf"),
    definition=lambda a: exp(-0.5 * a**2) / math.sqrt(2 * math.pi),
    helper="""def normal_pdf(z):  # source.normal_pdf
    return np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
""",
)

# what jumps or bends
_row(
    "greater",
    lambda y, a, b: (None, None),
    numpy="{0} > {1}",
    text="{0} > {1}",
    tex="{0} > {1}",
    binds=COMPARE,
    ufunc="np.greater",
    kink=lambda a, b: a - b,
)
_row(
    "equal",
    lambda y, a, b: (None, None),
    numpy="{0} == {1}",
    text="{0} = {1}",
    tex="{0} = {1}",
    binds=COMPARE,
    ufunc="np.equal",
)
_row(
    "abs",
    lambda y, a: (sign(a),),
    numpy="np.abs({0})",
    text="|{0}|",
    tex=r"\left|{0}\right|",
    ufunc="np.abs",
    kink=lambda a: a,
    convention="abs'(0) = 0",
)
_row(
    "sign",
    lambda y, a: (None,),
    **_call("sign"),
    ufunc="np.sign",
    kink=lambda a: a,
    convention="sign'(x) = 0",
)
_row(
    "step",
    lambda y, a: (None,),
    numpy="np.heaviside({0}, 1)",
    text="1({0} >= 0)",
    tex=r"\mathbb{{1}}\left({0} \ge 0\right)",
    ufunc="np.heaviside({0}, 1, out={out})",
    kink=lambda a: a,
    convention="step(0) = 1, step'(x) = 0",
)
_row(
    "maximum",
    lambda y, a, b: (select(greater(a, b), 1, 0), select(greater(a, b), 0, 1)),
    numpy="np.maximum({0}, {1})",
    text="max({0}, {1})",
    tex=r"\max\left({0}, {1}\right)",
    ufunc="np.maximum",
    kink=lambda a, b: a - b,
    convention="max(a, b) at a = b: the derivative goes to b",
)
_row(
    "minimum",
    lambda y, a, b: (select(greater(b, a), 1, 0), select(greater(b, a), 0, 1)),
    numpy="np.minimum({0}, {1})",
    text="min({0}, {1})",
    tex=r"\min\left({0}, {1}\right)",
    ufunc="np.minimum",
    kink=lambda a, b: a - b,
    convention="min(a, b) at a = b: the derivative goes to b",
)
_row(
    "select",
    lambda y, c, a, b: (None, select(c, 1, 0), select(c, 0, 1)),
    numpy="np.where({0}, {1}, {2})",
    text="{1} if {0} else {2}",
    tex="",  # cases with their conditions, see render.tex
    binds=COMPARE,
)


def _value(node: Node) -> float:
    if not isinstance(node.data, float):
        raise ValueError("an exponent must be a constant")
    return node.data


def partials(node: Node) -> tuple[Node | None, ...]:
    """The local derivatives of an elementwise node by each of its operands."""
    row = PRIMITIVES[str(node.data)].partials(node, *node.args)
    return tuple(None if p is None else lift(p) for p in row)


def kinks(order: list[Node]) -> dict[Node, Node]:
    """From each node of the list that has kinks to the expression whose zeros they are."""
    found = {}
    for node in order:
        if node.op == "elementwise" and (kink := PRIMITIVES[str(node.data)].kink):
            found[node] = kink(*node.args)
    return found
