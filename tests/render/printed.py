"""Printed text read back by Python itself: an oracle that shares nothing with the printer."""

from __future__ import annotations

import math
import re

FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "erf": math.erf,
    "abs": abs,
    "max": max,
    "min": min,
    "sum": sum,
    "one": float,
    "sign": lambda z: (z > 0) - (z < 0),
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "normal_cdf": lambda z: 0.5 * math.erfc(-z / math.sqrt(2)),
    "normal_pdf": lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
}


def value(text, names, size=0):
    """The number that a printed expression stands for.

    names: numbers and lists. size: of every dim. Sums take in what follows up to a plus, a minus, the word
    `if` or `else`, or the end of the brackets they stand in.
    """
    source = re.sub(r"\|([^|]*)\|", r"abs(\1)", text).replace("^", "**")
    while at := _last_series(source):
        source = _expanded(source, at)
    source = re.sub(r"(?<!\w)1\(", "one(", source).replace(" = ", " == ")
    source = re.sub(r"\b([A-Za-z]\w*?)_([a-z]+)\b", _indexed, source)
    return float(eval(source, {"__builtins__": {}, "range": range, **FUNCTIONS, **names, "SIZE": size}))  # noqa: S307 - the text is our own


def _indexed(match):
    if match[0] in FUNCTIONS:
        return match[0]
    return match[1] + "".join(f"[{letter}]" for letter in match[2])


def _last_series(source):
    return list(re.finditer(r"\b(sum|max)_([a-z]+) ", source))[-1:]


def _expanded(source, found):
    (match,) = found
    end, depth = match.end(), 0
    while end < len(source) and not (depth == 0 and re.match(r"\)| [+-] | if | else |,", source[end:])):
        depth += (source[end] == "(") - (source[end] == ")")
        end += 1
    loops = "".join(f" for {letter} in range(SIZE)" for letter in match[2])
    return f"{source[: match.start()]}{match[1]}([({source[match.end() : end]}){loops}]){source[end:]}"
