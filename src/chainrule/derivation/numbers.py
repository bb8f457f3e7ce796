"""Numbers by hand: the value of an expression without an array library; what a number is exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from chainrule.expr import Node, in_order, summed_dims


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "power": lambda a, b: a**b,
    "exp": math.exp,
    "log": math.log,
    "expm1": math.expm1,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
    "softplus": lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),
    "xlogy": lambda a, b: a * math.log(b) if a else 0.0,
    "erf": math.erf,
    "normal_cdf": lambda z: math.erfc(-z / math.sqrt(2)) / 2,
    "normal_pdf": lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    "greater": lambda a, b: float(a > b),
    "equal": lambda a, b: float(a == b),
    "abs": abs,
    "sign": lambda z: float((z > 0) - (z < 0)),
    "step": lambda z: float(z >= 0),
    "maximum": max,
    "minimum": min,
    "select": lambda condition, yes, no: yes if condition else no,
}


def value(node: Node, names: Mapping[str, float]) -> float:
    """The number that a scalar expression is where its leaves are these; NaN where it is none."""
    return values(node, {name: [number] for name, number in names.items()})[0]


def values(node: Node, names: Mapping[str, Sequence[float]]) -> Sequence[float]:
    """The numbers that an expression over at most one dim is along that; of a scalar, such as a sum over the
    dim, the same one everywhere. names: the numbers of each leaf, as many of all."""
    count = len(next(iter(names.values()), [1.0]))
    found: dict[Node, Sequence[float]] = {}
    for part in in_order([node]):
        operands = [found[a] for a in part.args]
        together = [[operand[place] for operand in operands] for place in range(count)]
        match part.op:
            case "leaf":
                found[part] = names[str(part.data)]
            case "elementwise":
                found[part] = [_applied(str(part.data), numbers) for numbers in together]
            case "contract":
                products = [math.prod(numbers) for numbers in together]
                found[part] = [sum(products)] * count if summed_dims(part) else products
            case "reduce":
                top = max(operands[0])
                rest = math.log(sum(math.exp(number - top) for number in operands[0]))
                found[part] = [top if part.data == "max" else top + rest] * count
            case "size":
                found[part] = [float(count)] * count
            case _:
                assert isinstance(part.data, float), part
                found[part] = [part.data] * count
    return found[node]


def _applied(name: str, operands: list[float]) -> float:
    try:
        result = _FUNCTIONS[name](*operands)
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if isinstance(result, complex) else float(result)


_SURDS = (
    (math.sqrt(2), r"\sqrt{2}"),
    (math.sqrt(math.pi), r"\sqrt{\pi}"),
    (math.sqrt(2 * math.pi), r"\sqrt{2 \pi}"),
    (math.sqrt(math.pi / 2), r"\sqrt{\frac{\pi}{2}}"),
    (math.pi, r"\pi"),
    *((math.log(n), rf"\ln({n})") for n in (2, 3, 5, 10)),
)
_LARGEST_DENOMINATOR = 16
_ROUNDING = 1e-14


def fraction(number: float) -> Fraction | None:
    """The simple fraction that a number is but for rounding; None where it is none."""
    found = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    return found if found and abs(number / float(found) - 1) < _ROUNDING else None


def exactly(number: float) -> str | None:
    """TeX of a positive number that is a fraction, or one times a root, pi or a logarithm; None otherwise."""
    for top, bottom in _candidates(number):
        if top and bottom:
            return rf"\frac{{{top}}}{{{bottom}}}"
        if top:
            return top
    return None


def _candidates(number: float) -> Iterator[tuple[str, str]]:
    """What may stand above and below the line."""
    if plain := fraction(number):
        yield str(plain.numerator), _unless_one(plain.denominator)
    for surd, tex in _SURDS:
        times, over = fraction(number / surd), fraction(number * surd)
        if times and times.denominator == 1:
            yield f"{_unless_one(times.numerator)} {tex}".strip(), ""
        if over:
            yield str(over.numerator), f"{_unless_one(over.denominator)} {tex}".strip()
        if times:
            yield f"{_unless_one(times.numerator)} {tex}".strip(), str(times.denominator)


def _unless_one(number: int) -> str:
    return "" if number == 1 else str(number)
