r"""TeX of a derivation read back and evaluated with mpmath: a reader that shares nothing with the printer.

What stands side by side is multiplied; a sum sign takes in what is multiplied behind it;
\frac{d}{dz}[...] is mpmath's numerical derivative. Names are looked up by their TeX: `w_{0}` as a whole,
or `z_{k}` as an entry of z.
"""

from __future__ import annotations

import re

from mp_values import FUNCTIONS, SIZE, mp, with_entry

TOKEN = re.compile(r"\\\\|\\[a-zA-Z]+|\\[,;]|\d+(?:\.\d+)?|[^\s]")
CALLS = {
    r"\ln": mp.log,
    r"\tanh": mp.tanh,
    r"\sin": mp.sin,
    r"\cos": mp.cos,
    r"\sigma": FUNCTIONS["sigmoid"],
    r"\Phi": FUNCTIONS["normal_cdf"],
    r"\varphi": FUNCTIONS["normal_pdf"],
    r"\max": max,
    r"\min": min,
    "sigmoid": FUNCTIONS["sigmoid"],
    "erf": mp.erf,
    "sign": mp.sign,
}
RELATIONS = {
    "=": lambda a, b: a == b,
    r"\ne": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    r"\ge": lambda a, b: a >= b,
    r"\le": lambda a, b: a <= b,
}
ENDS = {")", "]", "⟧", "}", "&", r"\\", ",", "+", "-", r"\end", "", *RELATIONS}


def value(tex, values, letters=None):
    """The number that TeX stands for. values: by TeX names; letters: the place of each index letter."""
    reader = Reader(tex)
    found = reader.sum()
    assert reader.token == "", f"{tex!r} is not read to its end: {reader.token!r}"
    return found((values, letters or {}))


class Reader:
    def __init__(self, tex):
        tex = (
            tex.replace(r"\left|", "⟦")
            .replace(r"\right|", "⟧")
            .replace(r"\left", "")
            .replace(r"\right", "")
            .replace(r"\operatorname", "")
        )
        self.tokens = [*TOKEN.findall(tex), ""]
        self.at = 0
        self.inside_bars = 0

    @property
    def token(self):
        return self.tokens[self.at]

    def take(self, expected=None):
        token = self.token
        assert expected in (None, token), f"{expected!r} expected, not {token!r}"
        self.at += 1
        return token

    def ends(self):
        return self.token in ENDS or (self.token == "|" and self.inside_bars)

    def sum(self):
        terms = [self.signed()]
        while self.token in ("+", "-"):
            sign = -1 if self.take() == "-" else 1
            terms.append(_scaled(self.product(), sign))
        return lambda env: mp.fsum(term(env) for term in terms)

    def signed(self):
        if self.token == "-":
            self.take()
            return _scaled(self.product(), -1)
        return self.product()

    def product(self):
        factors = []
        while not self.ends():
            if self.token in (r"\,", r"\cdot"):
                self.take()
            else:
                factors.append(self.factor())
        assert factors, f"nothing is multiplied before {self.token!r}"
        return lambda env: mp.fprod(factor(env) for factor in factors)

    def group(self):
        """The raw text between braces."""
        self.take("{")
        depth, start = 1, self.at
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
        return " ".join(self.tokens[start : self.at - 1])

    def factor(self):
        if self.token == r"\sum":
            self.take()
            self.take("_")
            letter = self.group()
            inner = self.product()
            return lambda env: mp.fsum(inner((env[0], {**env[1], letter: i})) for i in range(SIZE))
        base = self.base()
        if self.token == "^":
            self.take()
            exponent = Reader(self.group()).sum()
            return lambda env: base(env) ** exponent(env)
        return base

    def base(self):
        token = self.take()
        if re.fullmatch(r"\d.*", token):
            return lambda env: mp.mpf(token)
        if token == "(":
            inner = self.sum()
            self.take(")")
            return inner
        if token in ("|", "⟦"):
            self.inside_bars += token == "|"
            inner = self.sum()
            self.inside_bars -= token == "|"
            self.take("|" if token == "|" else "⟧")
            return lambda env: abs(inner(env))
        if token == r"\frac":
            return self.fraction(self.group(), self.group())
        if token == r"\sqrt":
            inner = Reader(self.group()).sum()
            return lambda env: mp.sqrt(inner(env))
        if token == "e" and self.token == "^":
            self.take()
            exponent = Reader(self.group()).sum()
            return lambda env: mp.exp(exponent(env))
        if token == r"\begin":
            return self.cases()
        if token == r"\mathbb":
            assert self.group() == "1"
            self.take("(")
            condition = self.condition()
            self.take(")")
            return lambda env: mp.mpf(condition(env))
        if token == r"\pi":
            return lambda env: mp.pi
        if token == "{":  # of \operatorname
            self.at -= 1
            token = self.group().replace(" ", "")
        if token in CALLS and self.token == "(":
            return self.call(CALLS[token])
        return self.name(token)

    def call(self, function):
        self.take("(")
        operands = [self.sum()]
        while self.token == ",":
            self.take()
            operands.append(self.sum())
        self.take(")")
        return lambda env: function(*(operand(env) for operand in operands))

    def condition(self):
        left = self.index() or self.sum()
        relation = RELATIONS[self.take()]
        right = self.index() or self.sum()
        return lambda env: relation(left(env), right(env))

    def index(self):
        """An index letter by itself, in a comparison of two."""
        if self.tokens[self.at + 1] in ("=", ")") and re.fullmatch("[i-l]", self.token):
            letter = self.take()
            return lambda env: env[1][letter]
        return None

    def cases(self):
        assert self.group() == "c a s e s"
        rows = []
        while True:
            part = self.sum()
            self.take("&")
            rows.append((self.condition(), part))
            if self.take() == r"\end":
                break
        assert self.group() == "c a s e s"

        def chosen(env):
            (found,) = [part for condition, part in rows if condition(env)]
            return found(env)

        return chosen

    def fraction(self, top, bottom):
        sign = re.match(r"d(?= |$)|\\partial", top)
        if sign and top == sign[0]:
            name = Reader(bottom.removeprefix(sign[0]).strip())
            find = name.place()
            self.take("[")
            inner = self.sum()
            self.take("]")
            return lambda env: _derivative(inner, find(env), env)
        if sign and bottom.startswith(sign[0]):
            upper, lower = (part.removeprefix(sign[0]).strip() for part in (top, bottom))
            return _slope(_base(upper), _base(lower), _indices(upper, lower))
        above, below = Reader(top).sum(), Reader(bottom).sum()
        return lambda env: above(env) / below(env)

    def place(self):
        """Which name, and which entry of it."""
        token = self.take()
        below = ""
        if token == r"\mathrm":
            token += "{" + self.group().replace(" ", "") + "}"
        if self.token == "_":
            self.take()
            below = self.group()
        whole = f"{token}_{{{below.replace(' ', '')}}}" if below else token

        def found(env):
            values, letters = env
            if whole in values:
                return whole, []
            return token, [letters[letter] for letter in below.split()]

        return found

    def name(self, token):
        self.at -= 1
        find = self.place()

        def entry(env):
            name, places = find(env)
            found = env[0][name]
            for place in places:
                found = found[place]
            return found

        return entry


def _base(name):
    """A name without its index letters."""
    return re.sub(r" _ \{ [i-l] \}", "", name).replace(" ", "")


def _indices(*names):
    return [letter for name in names for letter in re.findall(r"_ \{ ([i-l]) \}", name)]


def _slope(top, bottom, letters):
    """A derivative that has a name: looked up under `top/bottom`, by its different indices."""

    def found(env):
        array = env[0][f"{top}/{bottom}"]
        for letter in dict.fromkeys(letters):
            array = array[env[1][letter]]
        return array

    return found


def _scaled(term, sign):
    return lambda env: sign * term(env)


def _derivative(inner, variable, env):
    values, letters = env
    name, places = variable
    start = values[name]
    for place in places:
        start = start[place]
    return mp.diff(lambda t: inner((with_entry(values, name, places, t), letters)), start)
