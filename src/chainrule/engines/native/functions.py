"""The elementwise functions on vectors: each by arithmetic on the bits and a series, to the last digit or so
of its type. A NaN stays a NaN, and infinities come out as in the limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from chainrule.engines.native.ir import Code
from chainrule.engines.series import ERF, MIDDLE, SCALED_ERFC, SINGLE_ERF, SINGLE_SCALED_ERFC

FLAGS = "contract "  # a * b + c in one rounding where the processor can; nothing else changes a result


class Vector:
    """Arithmetic on vectors of `width` numbers. Conditions are vectors of i1."""

    def __init__(self, code: Code, width: int) -> None:
        self.code, self.width = code, width
        self.kind = code.type(width)
        self.double = code.number == "double"
        self.bits = f"<{width} x i{64 if self.double else 32}>"

    def number(self, value: float) -> str:
        return self.code.constant(value)

    def whole(self, value: int) -> str:
        return f"splat (i{64 if self.double else 32} {value})"

    def _two(self, op: str, a: str, b: str) -> str:
        return self.code.let(f"{op} {FLAGS}{self.kind} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        return self._two("fadd", a, b)

    def sub(self, a: str, b: str) -> str:
        return self._two("fsub", a, b)

    def mul(self, a: str, b: str) -> str:
        return self._two("fmul", a, b)

    def div(self, a: str, b: str) -> str:
        return self._two("fdiv", a, b)

    def neg(self, a: str) -> str:
        return self.code.let(f"fneg {self.kind} {a}")

    def abs(self, a: str) -> str:
        return self.code.call("fabs", self.kind, a)

    def sqrt(self, a: str) -> str:
        return self.code.call("sqrt", self.kind, a)

    def compare(self, how: str, a: str, b: str) -> str:
        return self.code.let(f"fcmp {how} {self.kind} {a}, {b}")

    def choose(self, condition: str, yes: str, no: str) -> str:
        truth = f"<{self.width} x i1>"
        return self.code.let(f"select {truth} {condition}, {self.kind} {yes}, {self.kind} {no}")

    def truth(self, how: str, a: str, b: str) -> str:
        """1 where it is so, else 0."""
        return self.choose(self.compare(how, a, b), self.number(1), self.number(0))

    def either(self, a: str, b: str) -> str:
        return self.code.let(f"or <{self.width} x i1> {a}, {b}")

    def maximum(self, a: str, b: str) -> str:
        """The larger one; a NaN if one of them is."""
        first = self.either(self.compare("ogt", a, b), self.compare("uno", a, a))
        return self.choose(first, a, b)

    def minimum(self, a: str, b: str) -> str:
        first = self.either(self.compare("olt", a, b), self.compare("uno", a, a))
        return self.choose(first, a, b)

    def power(self, base: str, exponent: float) -> str:
        """base to a constant power: by repeated squaring, with a root for a half; else by the logarithm, of
        positive bases."""
        whole = int(abs(exponent))
        if abs(exponent) - whole not in (0.0, 0.5):
            return self.exp(self.mul(self.number(exponent), self.log(base)))
        factors = [self.sqrt(base)] if abs(exponent) != whole else []
        while whole:
            if whole & 1:
                factors.append(base)
            base, whole = self.mul(base, base), whole >> 1
        result = factors[0] if factors else self.number(1)
        for factor in factors[1:]:
            result = self.mul(result, factor)
        return result if exponent > 0 else self.div(self.number(1), result)

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """Horner's scheme; the constant comes first."""
        value = self.number(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            value = self.add(self.mul(value, x), self.number(c))
        return value

    # bits

    def _to_bits(self, a: str) -> str:
        return self.code.let(f"bitcast {self.kind} {a} to {self.bits}")

    def _of_bits(self, a: str) -> str:
        return self.code.let(f"bitcast {self.bits} {a} to {self.kind}")

    def _whole(self, op: str, a: str, b: str) -> str:
        return self.code.let(f"{op} {self.bits} {a}, {b}")

    def _power_of_two(self, n: str) -> str:
        """2^n for whole numbers n given as integers, in the range of normal numbers."""
        digits, bias = (52, 1023) if self.double else (23, 127)
        biased = self._whole("add", n, self.whole(bias))
        return self._of_bits(self._whole("shl", biased, self.whole(digits)))

    # exponentials

    def _reduced(self, x: str) -> tuple[str, str]:
        """n (integers) and r with x = n ln 2 + r and |r| <= ln(2) / 2."""
        n = self.code.call("rint", self.kind, self.mul(x, self.number(1 / math.log(2))))
        high = math.floor(math.log(2) * 2**11) / 2**11  # few digits: n * high is exact
        low = math.log(2) - high + 2.3190468138462996e-17  # what ln 2 has beyond a double's digits
        r = self.sub(self.sub(x, self.mul(n, self.number(high))), self.mul(n, self.number(low)))
        return self.code.let(f"fptosi {self.kind} {n} to {self.bits}"), r

    def _clamped(self, x: str) -> str:
        """x within what exp can take; where it is NaN, any number."""
        most = 746.0 if self.double else 104.0
        low = self.choose(self.compare("ogt", x, self.number(-most)), x, self.number(-most))
        return self.choose(self.compare("olt", low, self.number(most)), low, self.number(most))

    def exp(self, x: str) -> str:
        n, r = self._reduced(self._clamped(x))
        value = self.polynomial(r, _TAYLOR_EXP[: 14 if self.double else 8])
        half = self._whole("ashr", n, self.whole(1))  # in two steps, as 2^n alone may be none of the type's
        value = self.mul(value, self._power_of_two(half))
        value = self.mul(value, self._power_of_two(self._whole("sub", n, half)))
        return self.choose(self.compare("uno", x, x), x, value)

    def expm1(self, x: str) -> str:
        n, r = self._reduced(self._clamped(x))
        p = self.mul(r, self.polynomial(r, _TAYLOR_EXP[1 : 15 if self.double else 10]))
        half = self._whole("ashr", n, self.whole(1))
        first, second = self._power_of_two(half), self._power_of_two(self._whole("sub", n, half))
        small = self.mul(self.mul(p, first), second)
        value = self.add(small, self.sub(self.mul(first, second), self.number(1)))
        large = self.mul(self.add(self.mul(p, first), first), second)  # where 1 is less than a rounding
        value = self.choose(self.compare("ogt", x, self.number(40 if self.double else 20)), large, value)
        return self.choose(self.compare("uno", x, x), x, value)

    def tanh(self, x: str) -> str:
        e = self.expm1(self.mul(self.number(-2), self.abs(x)))  # in (-1, 0]
        size = self.div(self.neg(e), self.add(e, self.number(2)))
        return self.code.call("copysign", self.kind, size, x)

    # logarithms

    def log(self, x: str) -> str:
        least = 2.2250738585072014e-308 if self.double else 1.1754943508222875e-38
        digits, bias = (52, 1023) if self.double else (23, 127)
        tiny = self.compare("olt", x, self.number(least))
        scaled = self.choose(tiny, self.mul(x, self.number(2.0**digits)), x)
        offset = self.choose(tiny, self.number(-float(digits)), self.number(0))
        bits = self._to_bits(scaled)
        exponent = self._whole("sub", self._whole("lshr", bits, self.whole(digits)), self.whole(bias))
        fraction = self._whole("and", bits, self.whole((1 << digits) - 1))
        m = self._of_bits(self._whole("or", fraction, self.whole(bias << digits)))  # in [1, 2)
        large = self.compare("ogt", m, self.number(math.sqrt(2)))
        m = self.choose(large, self.mul(m, self.number(0.5)), m)
        n = self.code.let(f"sitofp {self.bits} {exponent} to {self.kind}")
        n = self.add(self.add(n, offset), self.choose(large, self.number(1), self.number(0)))
        s = self.div(self.sub(m, self.number(1)), self.add(m, self.number(1)))  # ln m = 2 artanh s
        square = self.mul(s, s)
        series = self.polynomial(square, [2 / (2 * k + 1) for k in range(12 if self.double else 6)])
        high = 0.6931471803691238
        value = self.add(
            self.mul(n, self.number(high)),
            self.add(self.mul(s, series), self.mul(n, self.number(1.9082149292705877e-10))),
        )
        value = self.choose(self.compare("oeq", x, self.number(math.inf)), x, value)
        value = self.choose(self.compare("oeq", x, self.number(0)), self.number(-math.inf), value)
        wrong = self.compare("ult", x, self.number(0))  # or NaN
        return self.choose(wrong, self.number(math.nan), value)

    def log1p(self, x: str) -> str:
        """ln(1 + x) for x in [0, 1]."""
        w = self.add(self.number(1), x)
        lost = self.sub(x, self.sub(w, self.number(1)))
        return self.add(self.log(w), self.div(lost, w))

    def softplus(self, x: str) -> str:
        return self.add(self.maximum(x, self.number(0)), self.log1p(self.exp(self.neg(self.abs(x)))))

    def sign(self, x: str) -> str:
        up = self.choose(self.compare("ogt", x, self.number(0)), self.number(1), self.number(0))
        value = self.choose(self.compare("olt", x, self.number(0)), self.number(-1), up)
        return self.choose(self.compare("uno", x, x), x, value)

    def step(self, x: str) -> str:
        value = self.choose(self.compare("oge", x, self.number(0)), self.number(1), self.number(0))
        return self.choose(self.compare("uno", x, x), x, value)

    # the normal distribution

    def _scaled_erfc(self, x: str) -> str:
        """exp(x^2) erfc(x) for x >= 0, a Chebyshev series in (x - 4) / (x + 4)."""
        t = self.div(self.sub(x, self.number(MIDDLE)), self.add(x, self.number(MIDDLE)))
        t = self.choose(self.compare("oeq", x, self.number(math.inf)), self.number(1), t)
        double, later, latest = self.add(t, t), self.number(0), self.number(0)
        first, *others = SCALED_ERFC[: None if self.double else SINGLE_SCALED_ERFC]
        for c in reversed(others):  # Clenshaw's recurrence
            later, latest = self.add(self.number(c), self.sub(self.mul(double, later), latest)), later
        return self.add(self.number(first), self.sub(self.mul(t, later), latest))

    def normal_cdf(self, x: str) -> str:
        size = self.mul(self.abs(x), self.number(math.sqrt(0.5)))
        tail = self.mul(
            self.mul(self.number(0.5), self.exp(self.neg(self.mul(size, size)))), self._scaled_erfc(size)
        )
        value = self.choose(self.compare("olt", x, self.number(0)), tail, self.sub(self.number(1), tail))
        return self.choose(self.compare("uno", x, x), x, value)

    def erf(self, x: str) -> str:
        size = self.abs(x)
        square = self.mul(x, x)
        small = self.mul(x, self.polynomial(square, ERF[: None if self.double else SINGLE_ERF]))
        rest = self.mul(self.exp(self.neg(square)), self._scaled_erfc(size))
        large = self.code.call("copysign", self.kind, self.sub(self.number(1), rest), x)
        value = self.choose(self.compare("olt", size, self.number(1)), small, large)
        return self.choose(self.compare("uno", x, x), x, value)

    def sin(self, x: str) -> str:
        return self.code.call("sin", self.kind, x)

    def cos(self, x: str) -> str:
        return self.code.call("cos", self.kind, x)


_TAYLOR_EXP = [1 / math.factorial(k) for k in range(16)]

FUNCTIONS: dict[str, Callable[..., str]] = {
    "add": Vector.add,
    "sub": Vector.sub,
    "mul": Vector.mul,
    "div": Vector.div,
    "neg": Vector.neg,
    "exp": Vector.exp,
    "expm1": Vector.expm1,
    "log": Vector.log,
    "sqrt": Vector.sqrt,
    "tanh": Vector.tanh,
    "softplus": Vector.softplus,
    "sin": Vector.sin,
    "cos": Vector.cos,
    "erf": Vector.erf,
    "normal_cdf": Vector.normal_cdf,
    "abs": Vector.abs,
    "sign": Vector.sign,
    "step": Vector.step,
    "greater": lambda v, a, b: v.truth("ogt", a, b),
    "equal": lambda v, a, b: v.truth("oeq", a, b),
    "maximum": Vector.maximum,
    "minimum": Vector.minimum,
}
"""By the names of the table of primitives; a choice and a power are written where they occur."""
