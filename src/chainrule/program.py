"""The flat list of named lines of one network: forward, loss, backward, update, in the order in which a
person would do them. Every reader reads this list: a notation prints it, an engine compiles it.

    z1 a1 z2 a2 ... J delta2 dW2 db2 delta1 dW1 db1 ... W1 <- ...

`delta_l` is dJ/dz_l of the J that is minimised: the mean over the batch, penalties included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.expr import ONE, ZERO, Dims, Node, in_order, leaf, replace, total
from chainrule.network import Meaning, NetworkDefinition, meaning
from chainrule.reverse import cotangents
from chainrule.simplify import Facts, simplify

Role = Literal["weighted input", "activation", "loss", "error", "gradient", "state", "update"]
FORWARD: tuple[Role, ...] = ("weighted input", "activation")
BACKWARD: tuple[Role, ...] = ("error", "gradient")
UPDATE: tuple[Role, ...] = ("state", "update")


@dataclass(frozen=True)
class Line:
    """name = expression over inputs, parameters, constants and the names of earlier lines.

    An update's name is a parameter's or a state's: the line puts a new value in the old one's place.
    """

    name: str
    expr: Node
    role: Role
    layer: int | None
    dims: Dims


@dataclass(frozen=True)
class Program:
    """All lines of a network, and what they stand on.

    parameters, states: dims by name. constants: values of named numbers. sizes: of all dims but n.
    scalars: numbers that change from step to step and are given from outside (lr, t). one_sum: whether the
    lines are right only where the targets of every sample sum to 1.
    """

    net: NetworkDefinition
    meaning: Meaning
    lines: tuple[Line, ...]
    parameters: dict[str, Dims]
    states: dict[str, Dims]
    scalars: tuple[str, ...]
    one_sum: bool

    @property
    def constants(self) -> dict[str, float]:
        return self.meaning.constants

    @property
    def sizes(self) -> dict[str, int]:
        return self.meaning.sizes

    @property
    def output(self) -> str:
        """Name of the line that holds the network's output."""
        return f"a{len(self.net.layers)}"

    def of(self, *roles: Role) -> list[Line]:
        return [line for line in self.lines if line.role in roles]

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a parameter or state."""
        return tuple(self.sizes[d] for d in {**self.parameters, **self.states}[name])


def build(
    net: NetworkDefinition,
    optimizer: str = "sgd",
    *,
    targets_sum_to_one: bool = True,
    one_sample: bool = False,
) -> Program:
    """The program of a network, trained by `optimizer` (a name with settings: `sgd:momentum=0.9`).

    targets_sum_to_one: declares that a sample's targets sum to 1, as one-hot ones do; where they do not,
    pass False, and softmax with cross-entropy keeps the sum: delta = p sum(y) - y.
    one_sample: the lines of a single sample, as textbooks derive them: no dim n, no mean, no penalties.
    """
    net = net.resolved()
    m = meaning(net, one_sample=one_sample)
    facts: Facts = {total(m.y, "k"): ONE} if targets_sum_to_one and net.outputs > 1 else {}
    bar = cotangents(m.J, m.parameters.values())
    named: dict[Node, Node] = {}
    lines: list[Line] = []
    assumed: list[str] = []

    def say(name: str, node: Node, role: Role, layer: int | None, dims: Dims) -> None:
        expr = named[node] if node in named else replace([node], named, below=True)[0]
        (simple,) = simplify([expr], facts)
        lines.append(Line(name, simple, role, layer, dims))
        if role == "error" and layer == len(m.units) and simple is not simplify([expr])[0]:
            assumed.append(name)
        if role != "gradient" or node not in named:  # of one sample, db is delta itself
            named[node] = leaf(name, dims)

    for unit in m.units:
        say(f"z{unit.number}", unit.z, "weighted input", unit.number, unit.z.dims)
        say(f"a{unit.number}", unit.a, "activation", unit.number, unit.z.dims)
    say("J", m.J, "loss", None, ())
    for unit in reversed(m.units):
        say(f"delta{unit.number}", bar.get(unit.z, ZERO), "error", unit.number, unit.z.dims)
        for letter in "Wb":
            name = f"{letter}{unit.number}"
            if name in m.parameters:
                w = m.parameters[name]
                say(f"d{name}", bar.get(w, ZERO), "gradient", unit.number, w.dims)
    parameters = {name: node.dims for name, node in m.parameters.items()}
    states: dict[str, Dims] = {}
    for name, dims in parameters.items():
        states |= _update(lines, name, dims, optimizer)
    used = leaves(line.expr for line in lines)
    scalars = tuple(s for s in ("lr", "t") if s in used)
    return Program(net, m, tuple(lines), parameters, states, scalars, bool(assumed))


def _update(lines: list[Line], name: str, dims: Dims, optimizer: str) -> dict[str, Dims]:
    """Append a parameter's update, and its states' that are needed; return those states."""
    row, settings = OPTIMIZERS.choose(optimizer)
    old = [leaf(f"{state}_{name}", dims) for state in row.state]
    new_w, new = row.function(
        leaf(name, dims), leaf(f"d{name}", dims), *old, leaf("lr"), leaf("t"), **settings
    )
    needed = _needed(simplify([new_w])[0], dict(zip(old, simplify(new), strict=True)))
    layer = int("".join(filter(str.isdigit, name)))
    named = {after: before for before, after in zip(old, new, strict=True) if before in needed}
    for after, before in named.items():
        lines.append(Line(str(before.data), simplify([after])[0], "state", layer, dims))
    lines.append(Line(name, simplify(replace([new_w], named))[0], "update", layer, dims))
    return {str(before.data): dims for before in named.values()}


def _needed(weight: Node, states: dict[Node, Node]) -> set[Node]:
    """The states whose old value the next weight depends on, now or in a later step."""
    needed: set[Node] = set()
    ask: list[Node] = [weight]
    while ask:
        for node in in_order([ask.pop()]):
            if node in states and node not in needed:
                needed.add(node)
                ask.append(states[node])
    return needed


def leaves(nodes: Iterable[Node]) -> set[str]:
    """Names of all leaves below the nodes."""
    return {str(n.data) for n in in_order(nodes) if n.op == "leaf"}
