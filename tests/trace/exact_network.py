"""A network's numbers with 50 digits, from its definition alone: nothing here is the program's own.

The forward pass is written out; every derivative is a quotient of differences of the loss, taken with so many
digits that 50 of them are right.
"""

from __future__ import annotations

import mpmath

mp = mpmath.MPContext()
mp.dps = 130
STEP = mp.mpf(10) ** -40

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: z if z > 0 else mp.mpf(0),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.ncdf(z),
    "x * sigmoid(1.702 * x)": lambda z: z / (1 + mp.exp(-mp.mpf("1.702") * z)),
}


def half_squared_error(y, a, z):
    return mp.fsum((t - p) ** 2 for t, p in zip(y, a, strict=True)) / 2


def mean_squared_error(y, a, z):
    return mp.fsum((t - p) ** 2 for t, p in zip(y, a, strict=True)) / len(y)


def cross_entropy(y, a, z):
    return -mp.fsum(t * mp.log(p) for t, p in zip(y, a, strict=True))


def binary_cross_entropy(y, a, z):
    return -mp.fsum(t * mp.log(p) + (1 - t) * mp.log(1 - p) for t, p in zip(y, a, strict=True))


LOSSES = {
    loss.__name__: loss
    for loss in (half_squared_error, mean_squared_error, cross_entropy, binary_cross_entropy)
}


class ExactNetwork:
    """activations: one a layer. x, y: rows. parameters: nested lists by name."""

    def __init__(self, activations, loss, penalties, x, y, parameters):
        self.activations, self.loss, self.penalties = activations, LOSSES[loss], penalties
        self.x, self.y, self.parameters = exact(x), exact(y), exact(parameters)

    def forward(self, row, moved=None):
        """All z and a of a sample; moved: the entry of a z that has a step added, (layer, unit, step)."""
        found = {"a0": row}
        for number, name in enumerate(self.activations, 1):
            W, b, below = (
                self.parameters[f"W{number}"],
                self.parameters[f"b{number}"],
                found[f"a{number - 1}"],
            )
            z = [mp.fdot(weights, below) + bias for weights, bias in zip(W, b, strict=True)]
            if moved and moved[0] == number:
                z[moved[1]] += moved[2]
            if name == "softmax":
                total = mp.fsum(map(mp.exp, z))
                a = [mp.exp(each) / total for each in z]
            else:
                a = [ACTIVATIONS[name](each) for each in z]
            found |= {f"z{number}": z, f"a{number}": a}
        return found

    def cost(self, sample=None, moved=None):
        """The cost; sample: where z is moved."""
        last = len(self.activations)
        each = []
        for number, (row, y) in enumerate(zip(self.x, self.y, strict=True)):
            found = self.forward(row, moved if number == sample else None)
            each.append(self.loss(y, found[f"a{last}"], found[f"z{last}"]))
        weights = [w for name, W in self.parameters.items() if name[0] == "W" for row in W for w in row]
        extra = mp.mpf(self.penalties.get("l2", 0)) / 2 * mp.fsum(w * w for w in weights)
        extra += mp.mpf(self.penalties.get("l1", 0)) * mp.fsum(map(abs, weights))
        return mp.fsum(each) / len(each) + extra

    def lines(self, lr):
        """Every line by its name: values of all samples, J, errors, gradients, and new parameters."""
        passes = [self.forward(row) for row in self.x]
        lines = {name: [each[name] for each in passes] for name in passes[0] if name != "a0"}
        lines["J"] = self.cost()
        for number in range(1, len(self.activations) + 1):
            lines[f"delta{number}"] = [
                [
                    difference(lambda step, i=i, k=k: self.cost(i, (number, k, step)))  # noqa: B023 - called at once
                    for k in range(len(row))
                ]
                for i, row in enumerate(lines[f"z{number}"])
            ]
        for name, array in self.parameters.items():
            rows = array if name[0] == "W" else [array]
            slopes = [[self.by_entry(row, place) for place in range(len(row))] for row in rows]
            new = [
                [w - mp.mpf(lr) * g for w, g in zip(*pair, strict=True)]
                for pair in zip(rows, slopes, strict=True)
            ]
            lines[f"d{name}"], lines[name] = (slopes, new) if name[0] == "W" else (slopes[0], new[0])
        return lines

    def by_entry(self, row, place):
        old = row[place]

        def moved(step):
            row[place] = old + step
            try:
                return self.cost()
            finally:
                row[place] = old

        return difference(moved)


def difference(function):
    """The derivative at 0, right to about twice the digits of the step."""
    return (function(STEP) - function(-STEP)) / (2 * STEP)


def exact(value):
    if isinstance(value, dict):
        return {name: exact(each) for name, each in value.items()}
    return [exact(each) for each in value] if isinstance(value, (list, tuple)) else mp.mpf(value)
