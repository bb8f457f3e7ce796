"""The flat list of named lines of one network: forward, loss, backward, update, in the order in which a
person would do them. Every reader reads this list: a notation prints it, an engine compiles it.

    z1 a1 z2 a2 ... J delta2 dW2 db2 delta1 dW1 db1 ... W1 <- ...

`delta_l` is dJ/dz_l of the J that is minimised: the mean over the batch, penalties included. Where layers do
something else in training than in prediction, there are lines of prediction beside these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from chainrule.expr import (
    ONE,
    ZERO,
    Dims,
    Node,
    contract,
    in_order,
    leaf,
    replace,
    summed_dims,
    total,
    transform,
    with_args,
)
from chainrule.network import NetworkDefinition
from chainrule.network.meaning import Mask, Meaning, Normalised, Unit, meaning, normalise
from chainrule.reverse import cotangents, reverse
from chainrule.simplify import Facts, factors_of, product_of, simplify
from chainrule.update import UpdateRule

Role = Literal[
    "weighted input",
    "normalisation",
    "activation",
    "loss",
    "error",
    "gradient",
    "clipping",
    "state",
    "move",
    "update",
]
FORWARD: tuple[Role, ...] = ("weighted input", "normalisation", "activation")
BACKWARD: tuple[Role, ...] = ("error", "gradient")
UPDATE: tuple[Role, ...] = ("state", "update")
STEP: tuple[Role, ...] = ("clipping", "move", *UPDATE)
"""Everything that a step makes of the gradients."""


@dataclass(frozen=True)
class Line:
    """name = expression over inputs, parameters, constants and the names of earlier lines.

    The name of an update or a state is a parameter's or a state's: the line puts a new value in the old one's
    place, which later lines read.
    """

    name: str
    expr: Node
    role: Role
    layer: int | None
    dims: Dims


@dataclass(frozen=True)
class Program:
    """All lines of a network, and what they stand on.

    lines: those of a training step. prediction: forward pass and J as the network is used, by the same names;
    the very same lines where it has no masks and no running averages. parameters, states, statistics: dims by
    name. constants: values of named numbers. sizes: of all dims but n.
    scalars: numbers that change from step to step and are given from outside (lr, t). one_sum: whether the
    lines are right only where the targets of every sample sum to 1.
    """

    net: NetworkDefinition
    meaning: Meaning
    lines: tuple[Line, ...]
    prediction: tuple[Line, ...]
    parameters: dict[str, Dims]
    states: dict[str, Dims]
    statistics: dict[str, Dims]
    """What prediction uses and no gradient moves: running averages of what the batches of training had."""
    scalars: tuple[str, ...]
    one_sum: bool

    @property
    def constants(self) -> dict[str, float]:
        return self.meaning.constants

    @property
    def masks(self) -> dict[str, Mask]:
        """Arrays that are drawn for every step, by name."""
        return self.meaning.masks

    @property
    def beside(self) -> tuple[str, ...]:
        """The arrays that a training step is given beside x and y: the masks, (n, units) each, and w, (n,),
        where samples are weighted."""
        return *self.masks, *(() if self.meaning.w is None else ("w",))

    @property
    def held(self) -> dict[str, Dims]:
        """The arrays of a trained network: parameters and statistics."""
        return {**self.parameters, **self.statistics}

    @property
    def sizes(self) -> dict[str, int]:
        return self.meaning.sizes

    @property
    def output(self) -> str:
        """Name of the line that holds the network's output."""
        return f"a{len(self.net.layers)}"

    @property
    def as_used(self) -> Program:
        """The program whose lines are those of prediction."""
        return dataclasses.replace(self, lines=self.prediction)

    def of(self, *roles: Role) -> list[Line]:
        """The lines of a training step that have one of the roles."""
        return [line for line in self.lines if line.role in roles]

    def predicting(self, *roles: Role) -> list[Line]:
        """The lines of prediction that have one of the roles."""
        return [line for line in self.prediction if line.role in roles]

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a parameter, statistic or state."""
        return tuple(self.sizes[d] for d in {**self.held, **self.states}[name])


def build(
    net: NetworkDefinition,
    update: str | UpdateRule = "sgd",
    *,
    targets_sum_to_one: bool = True,
    one_sample: bool = False,
    weighted: bool = False,
) -> Program:
    """The program of a network. update: how its parameters are updated; text is an optimizer, with settings:
    `sgd:momentum=0.9`.

    targets_sum_to_one: declares that a sample's targets sum to 1, as one-hot ones do; where they do not,
    pass False, and softmax with cross-entropy keeps the sum: delta = p sum(y) - y.
    one_sample: the lines of a single sample, as textbooks derive them: no dim n, no mean, no penalties.
    weighted: each sample's loss counts with a weight of its own in training, w.
    """
    net = net.resolved()
    m = meaning(net, one_sample=one_sample, weighted=weighted)
    facts: Facts = {total(m.y, "k"): ONE} if targets_sum_to_one and net.outputs > 1 else {}
    bar = cotangents(m.J, m.parameters.values())
    writer = _Writer(m, facts)
    lines, say = writer.lines, writer.say
    prediction = tuple(lines)
    if m.masks or m.statistics or weighted:
        prediction = tuple(_Writer(meaning(net, one_sample=one_sample, prediction=True), facts).lines)
    for unit in reversed(m.units):
        if unit.normalised:
            writer.through_norm(unit, unit.normalised, bar)
        else:
            say(f"delta{unit.number}", bar.get(unit.z, ZERO), "error", unit.number, unit.z.dims)
        for letter in "Wb":
            name = f"{letter}{unit.number}"
            if name in m.parameters:
                w = m.parameters[name]
                say(f"d{name}", bar.get(w, ZERO), "gradient", unit.number, w.dims)
    parameters = {name: node.dims for name, node in m.parameters.items()}
    for unit in m.units:
        for name, node in unit.normalised.statistics.items() if unit.normalised else ():
            writer.say(name, node, "state", unit.number, node.dims)
    states: dict[str, Dims] = {}
    for name, expr, role in UpdateRule.of(update).assignments(parameters):
        layer = "".join(filter(str.isdigit, name))
        lines.append(Line(name, simplify([expr])[0], role, int(layer) if layer else None, expr.dims))
        if role == "state":
            states[name] = expr.dims
    used = leaves(line.expr for line in lines)
    scalars = tuple(s for s in ("lr", "t") if s in used)
    statistics = {name: node.dims for name, node in m.statistics.items()}
    return Program(net, m, tuple(lines), prediction, parameters, states, statistics, scalars, writer.one_sum)


class _Writer:
    """Writes lines, each over the names of those before it: at first the forward pass and J of a meaning.

    one_sum: whether an output's error stands on the facts.
    """

    def __init__(self, m: Meaning, facts: Facts) -> None:
        self.facts, self.last, self.one_sum = {**facts}, len(m.units), False
        self.lines: list[Line] = []
        self.named: dict[Node, Node] = {}
        for unit in m.units:
            self.say(f"z{unit.number}", unit.z, "weighted input", unit.number, unit.z.dims)
            for letter, node in unit.normalised.parts.items() if unit.normalised else ():
                self.say(f"{letter}{unit.number}", node, "normalisation", unit.number, node.dims)
            self.say(f"a{unit.number}", unit.a, "activation", unit.number, unit.z.dims)
        self.say("J", m.J, "loss", None, ())

    def through_norm(self, unit: Unit, norm: Normalised, bar: Mapping[Node, Node]) -> None:
        """The errors of what a normalisation gives and takes. In between stands the chain rule for it alone,
        with two facts: z less the mean is the deviation times hat, and hat adds up to 0."""
        number, (units,) = unit.number, norm.gamma.dims
        self.say(f"du{number}", bar.get(norm.u, ZERO), "error", number, unit.z.dims)
        z = leaf(f"z{number}", self.named[norm.z].dims if norm.z in self.named else norm.z.dims)
        du = leaf(f"du{number}", z.dims)
        own = normalise(str(unit.layer.norm), z, number, units)
        names = {part: leaf(f"{name}{number}", part.dims) for name, part in own.parts.items()}
        mean, deviation, hat, _ = names.values()
        facts = {**self.facts, z - mean: deviation * hat, contract(mean.dims, hat): ZERO}
        wanted = {"dgamma": norm.gamma, "dbeta": norm.beta, "delta": z}
        derived = replace(reverse(total(du * own.u), [*wanted.values()]), names)
        cancel = partial(_cancelled, deviation)  # it is not 0, as its square has eps added
        derived = transform(simplify(derived, facts), cancel)
        if z.dims != unit.z.dims:
            derived = [of_one_sample(expr) for expr in derived]
        for (name, node), expr in zip(wanted.items(), derived, strict=True):
            role: Role = "error" if node is z else "gradient"
            self.lines.append(Line(f"{name}{number}", expr, role, number, expr.dims))
        delta = self.named[bar[unit.z]] = leaf(f"delta{number}", unit.z.dims)
        if "n" in delta.dims and "n" not in mean.dims:  # J does not change where all samples' z move alike
            self.facts[contract(mean.dims, delta)] = ZERO

    def say(self, name: str, node: Node, role: Role, layer: int | None, dims: Dims) -> None:
        expr = self.named[node] if node in self.named else replace([node], self.named, below=True)[0]
        (simple,) = simplify([expr], self.facts)
        self.lines.append(Line(name, simple, role, layer, dims))
        if role == "error" and layer == self.last and simple is not simplify([expr])[0]:
            self.one_sum = True
        if role != "gradient" or node not in self.named:  # of one sample, db is delta itself
            self.named[node] = leaf(name, dims)


def of_one_sample(node: Node) -> Node:
    """What an expression is for one of the samples: the dim n is gone, but in sums over all of them; of a sum
    over the samples as a whole, the share of this one."""
    if node.op == "contract" and "n" in summed_dims(node):
        node = contract(("n", *node.dims), *node.args)
    one: dict[Node, Node] = {}
    for part in in_order([node]):
        dims = [d for d in part.dims if d != "n"]
        if len(dims) == len(part.dims):
            one[part] = part
        elif part.op == "leaf":
            one[part] = leaf(str(part.data), dims)
        elif part.op == "contract":
            one[part] = contract(dims, *(one[arg] for arg in part.args))
        else:
            one[part] = with_args(part, tuple(one[arg] for arg in part.args))
    return one[node]


def _cancelled(factor: Node, node: Node) -> Node | None:
    """A quotient without a factor that it has both above and below its line."""
    if node.data != "div":
        return None
    coefficient, top, bottom = factors_of(node)
    if factor not in top or factor not in bottom:
        return None
    top.remove(factor)
    bottom.remove(factor)
    return product_of(coefficient, top, bottom)


def leaves(nodes: Iterable[Node]) -> set[str]:
    """Names of all leaves below the nodes."""
    return {str(n.data) for n in in_order(nodes) if n.op == "leaf"}
