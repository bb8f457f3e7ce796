r"""TeX of formulas with numbers put in, read back and computed: numbers, matrices, products, `\odot`."""

from __future__ import annotations

import re

import numpy as np

TOKEN = re.compile(r"\\begin\{\w+\}|\\end\{\w+\}|\\\\|\\[a-zA-Z]+|\\\||\d+(?:\.\d+)?|[^\s]")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=0)


FUNCTIONS = {r"\tanh": np.tanh, r"\ln": np.log, r"\exp": np.exp, r"\sqrt": np.sqrt}


def value(tex, functions=None):
    """The number or matrix; a vector is a column. functions: by symbol, besides those of all books."""
    for word in (r"\left", r"\right", r"\,"):
        tex = tex.replace(word, " ")
    reader = Reader(
        tex.replace(r"\operatorname{softmax}", "@"), {**FUNCTIONS, "@": softmax, **(functions or {})}
    )
    found = reader.sum()
    assert reader.token == "", f"{tex!r} is not read to its end: {reader.token!r}"
    return found


class Reader:
    def __init__(self, tex, functions):
        self.tokens, self.at, self.functions = [*TOKEN.findall(tex), ""], 0, functions
        self.inside_norm = False

    @property
    def token(self):
        return self.tokens[self.at]

    def take(self, expected=None):
        token = self.token
        assert expected in (None, token), f"{expected!r} expected, not {token!r}"
        self.at += 1
        return token

    def sum(self):
        total = -self.entrywise() if self.token == "-" and self.take() else self.entrywise()
        while self.token in ("+", "-"):
            total = total + self.entrywise() if self.take() == "+" else total - self.entrywise()
        return total

    def entrywise(self):
        found = self.product()
        while self.token in (r"\odot", r"\oslash"):
            found = found * self.product() if self.take() == r"\odot" else found / self.product()
        return found

    def product(self):
        found = self.power()
        while self.token == r"\cdot" or not (
            self.token in ("", "+", "-", ")", "}", ",", "&", r"\\", r"\odot", r"\oslash")
            or (self.token == r"\|" and self.inside_norm)
            or self.token.startswith(r"\end")
        ):
            if self.token == r"\cdot":
                self.take()
            right = self.power()
            scalar = np.ndim(found) == 0 or np.ndim(right) == 0
            found = found * right if scalar else found @ right
        return found

    def power(self):
        found = self.factor()
        while self.token == "^":
            self.take()
            if self.token == "{":
                self.take()
            if self.token == "T":
                self.take()
                found = found.T
            else:
                found = found ** self.sum()
            if self.token == "}":
                self.take()
        return found

    def factor(self):
        token = self.take()
        if token in self.functions:
            return self.functions[token](self.factor())
        if token in (r"\max", r"\min"):
            self.take("(")
            found = self.sum()
            self.take(",")
            found = (np.maximum if token == r"\max" else np.minimum)(found, self.sum())
            self.take(")")
            return found
        if token == "{":
            found = self.sum()
            self.take("}")
            return found
        if token == "(":
            found = self.sum()
            self.take(")")
            return found
        if token == r"\|":
            self.inside_norm = True
            inside = self.sum()
            self.inside_norm = False
            self.take(r"\|")
            if self.token == "_":
                for part in "_{1}":
                    self.take(part)
                return np.abs(inside).sum()
            return np.sqrt((inside**2).sum())
        if token == r"\frac":
            parts = []
            for _ in range(2):
                self.take("{")
                parts.append(self.sum())
                self.take("}")
            return parts[0] / parts[1]
        if token == r"\begin{bmatrix}":
            rows = [[self.sum()]]
            while self.token != r"\end{bmatrix}":
                if self.take() == "&":
                    rows[-1].append(self.sum())
                else:
                    rows.append([self.sum()])
            self.take()
            return np.array(rows)
        return float(token)
