"""The network as objects: a Network has Layers, a Layer has Nodes, and a Connection leads from node to node.

Everything is one plain number after the other, so that each can be looked at; the engines do the same with
whole arrays, about a hundred to a thousand times as fast (benchmarks/objects.py). Objects, names and steps
are those of Han 2016, Deep Learning from Scratch (3), whose equations the numbers in brackets are:

    net_j = sum_i w_ji x_ji                   the weighted input of node j           (4.11)
    a_j = f(net_j)                            its output                             (1.1, 3.8)
    delta_j = -dE/dnet_j                      its error term: MINUS the derivative   (4.17)
    delta_j = f'(net_j) sum_k w_kj delta_k    a hidden node's, from those downstream (4.3)
    dE/dw_ji = -delta_j x_ji                  the gradient of a connection           (4.12)
    w_ji <- w_ji + rate delta_j x_ji          its update, with a plus                (4.5)

A bias is the weight of a connection from a node whose output is always 1 (4.8). Nodes are numbered from 1
through all layers, and w41 leads to node 4 from node 1. The text has the sigmoid and half the squared error;
here f and E are what the definition says, and their derivatives are what the chain rule makes of them. A
penalty is part of E, and so of the gradient.

    network = Network.of(cr.Network.parse("han-small").definition)
    network.train([[0.9, 0.1, 0.4]], [[0.9, 0.1]], rate=0.3, epochs=100)
    print(network.dump())
    print(*network.gradient_check([0.9, 0.1, 0.4], [0.9, 0.1]), sep="\n")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from chainrule import expr
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import unknown
from chainrule.derivation.numbers import values
from chainrule.errors import Sentence, ShapeError, UsageError, shown
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, is_number, plain
from chainrule.network.meaning import initial_parameters, meaning
from chainrule.reverse import reverse
from chainrule.sentences import say
from chainrule.simplify import simplify

Numbers = Sequence[float]
Arrays = dict[str, list[Any]]
"""Numbers by a parameter's name, as nested lists: W1 (units of layer 1, inputs), b1 (units of layer 1)."""

EPSILON = 1e-4
"""How far the gradient check moves a weight."""
DIGITS = 4
"""How many significant digits must agree in it."""


class Function:
    """A function that the definition speaks of, f, E or a penalty, and by the chain rule its derivative.

    Both are read off expressions for all nodes of a layer at once: a list of numbers, one for each node,
    goes in, and one comes out. What there is once for the layer, such as E, stands at every place.
    """

    def __init__(self, y: expr.Node, x: expr.Node) -> None:
        self._y = y
        (self._slope,) = simplify(reverse(expr.total(y), [x]))

    def __call__(self, **names: Numbers) -> Numbers:
        return values(self._y, names)

    def slope(self, **names: Numbers) -> Numbers:
        """The derivative at the same numbers."""
        return values(self._slope, names)


class Node:
    """A neuron: its numbers, and its connections to the layer before (upstream) and the next (downstream)."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.upstream: list[Connection] = []
        self.downstream: list[Connection] = []
        self.net = 0.0
        self.output = 0.0
        self.delta = 0.0

    def calculate_net(self) -> None:
        """The weighted input (4.11)."""
        self.net = sum(c.weight * c.upstream.output for c in self.upstream)

    def calculate_delta(self, slope: float) -> None:
        """The error term of a hidden node (4.3); slope: f'(net)."""
        self.delta = slope * sum(c.weight * c.downstream.delta for c in self.downstream)

    @property
    def symbol(self) -> str:
        """What stands for the node in the name of a connection."""
        return str(self.number)

    def __str__(self) -> str:
        return say("nodes.node" if self.upstream else "nodes.input_node", **vars(self))


class ConstNode(Node):
    """The node whose output is always 1, for the biases of the next layer (4.8)."""

    symbol = "b"

    def __init__(self) -> None:
        super().__init__(0)
        self.output = 1.0


class Connection:
    """The way from one node to another: its weight, and the derivative of E by it.

    penalty: what the weight itself costs, a function of w; None for a bias, and where nothing does.
    """

    def __init__(self, upstream: Node, downstream: Node, weight: float, penalty: Function | None) -> None:
        self.upstream = upstream
        self.downstream = downstream
        self.weight = weight
        self.gradient = 0.0
        self.penalty = penalty
        upstream.downstream.append(self)
        downstream.upstream.append(self)

    def calculate_gradient(self) -> None:
        """The gradient: -delta_j x_ji (4.12), and the slope of the penalty."""
        slope = self.penalty.slope(w=[self.weight])[0] if self.penalty else 0.0
        self.gradient = slope - self.downstream.delta * self.upstream.output

    def update_weight(self, rate: float) -> None:
        """One step against the gradient: + rate delta_j x_ji (4.5)."""
        self.calculate_gradient()
        self.weight -= rate * self.gradient

    @property
    def cost(self) -> float:
        """What the penalties add to E for this weight."""
        return self.penalty(w=[self.weight])[0] if self.penalty else 0.0

    @property
    def name(self) -> str:
        """The target node first, then the source: w41, w4b; w12,3 where a number has more digits."""
        target, source = self.downstream.symbol, self.upstream.symbol
        return f"w{target}{source}" if len(target + source) == 2 else f"w{target},{source}"

    def __str__(self) -> str:
        return say("nodes.connection", name=self.name, weight=self.weight, gradient=self.gradient)


class Connections(list[Connection]):
    """All connections of a network, and what is done with all of them."""

    def calculate_gradients(self) -> None:
        for connection in self:
            connection.calculate_gradient()

    def update_weights(self, rate: float) -> None:
        for connection in self:
            connection.update_weight(rate)


class Layer:
    """Some nodes side by side, their activation f, and the node for the biases of the next layer."""

    def __init__(self, title: Sentence, nodes: list[Node], f: Function) -> None:
        self.title = title
        self.nodes = nodes
        self.bias = ConstNode()
        self.f = f

    @property
    def nets(self) -> list[float]:
        return [node.net for node in self.nodes]

    @property
    def outputs(self) -> list[float]:
        return [node.output for node in self.nodes]

    def set_outputs(self, outputs: Numbers) -> None:
        for node, output in zip(self.nodes, outputs, strict=True):
            node.output = output

    def calculate_outputs(self) -> None:
        """a = f(W x) (3.8); f is of the whole layer, as a softmax looks at all of it."""
        for node in self.nodes:
            node.calculate_net()
        self.set_outputs(self.f(net=self.nets))

    def calculate_deltas(self) -> None:
        """The error terms of a hidden layer (4.3)."""
        for node, slope in zip(self.nodes, self.f.slope(net=self.nets), strict=True):
            node.calculate_delta(slope)

    def __str__(self) -> str:
        return "\n".join([str(self.title), *(f"  {node}" for node in self.nodes)])


@dataclass(frozen=True)
class Comparison:
    """The gradient of a connection, what the gradient check expects (5.4), and whether they agree."""

    name: str
    gradient: float
    expected: float
    ok: bool

    def __str__(self) -> str:
        return say("nodes.agrees" if self.ok else "nodes.differs", **vars(self))


class Network:
    """A network of objects; `Network.of` makes one. E is what one sample costs, penalties included."""

    def __init__(self, title: str, layers: list[Layer], connections: Connections, loss: Function) -> None:
        self.title = title
        self.layers = layers
        self.connections = connections
        self.loss = loss

    @classmethod
    def of(cls, definition: NetworkDefinition, parameters: Mapping[str, Any] | None = None) -> Self:
        """The network of a definition, with parameters as lists or arrays: W1 (units, inputs), b1 (units).

        What is not given is drawn from the definition's seed, as everywhere.
        Raises ShapeError, UnknownNameError; UsageError for a network with shared weights, dropout or
        normalisation.
        """
        net = definition.resolved()
        for number, layer in enumerate(net.layers, 1):
            if layer.shared:
                raise UsageError("nodes.shared", number=number, owner=layer.shared)
        if any(map(net.dropped, range(len(net.layers)))):
            raise UsageError("nodes.dropout")
        if any(layer.norm for layer in definition.layers):
            raise UsageError("nodes.norm")
        arrays = _parameters(net, parameters or {})
        penalty = _penalty(net.penalties)
        layers = list(_layers(net))
        connections = Connections()
        for number, (before, after) in enumerate(pairwise(layers), 1):
            for node, weights, b in zip(after.nodes, arrays[f"W{number}"], arrays[f"b{number}"], strict=True):
                for upstream, weight in zip(before.nodes, weights, strict=True):
                    connections.append(Connection(upstream, node, weight, penalty))
                connections.append(Connection(before.bias, node, b, None))
        return cls(f"{net}, {net.loss}", layers, connections, _loss(net))

    def predict(self, sample: Numbers) -> list[float]:
        """The outputs for the features of one sample (3.1). Raises ShapeError."""
        inputs, *others = self.layers
        inputs.set_outputs(_numbers("sample", sample, len(inputs.nodes)))
        for layer in others:
            layer.calculate_outputs()
        return others[-1].outputs

    def error(self, sample: Numbers, label: Numbers) -> float:
        """E of one sample (4.9), from its features and its targets. Raises ShapeError."""
        self.predict(sample)
        last = self.layers[-1]
        targets = _numbers("label", label, len(last.nodes))
        return self.loss(net=last.nets, t=targets)[0] + sum(c.cost for c in self.connections)

    def calculate_deltas(self, label: Numbers) -> None:
        """The error terms of all nodes, from the outputs down. Raises ShapeError."""
        *hidden, last = self.layers[1:]
        targets = _numbers("label", label, len(last.nodes))
        for node, derivative in zip(last.nodes, self.loss.slope(net=last.nets, t=targets), strict=True):
            node.delta = -derivative  # (4.17)
        for layer in reversed(hidden):
            layer.calculate_deltas()

    def get_gradient(self, sample: Numbers, label: Numbers) -> Arrays:
        """The derivative of E of one sample by every parameter; it also stands at each connection.

        Raises ShapeError.
        """
        self.predict(sample)
        self.calculate_deltas(label)
        self.connections.calculate_gradients()
        return self._arrays(lambda connection: connection.gradient)

    def train(self, samples: Sequence[Numbers], labels: Sequence[Numbers], rate: float, epochs: int) -> None:
        """Stochastic gradient descent: a step after every sample, in their order, so many times over.

        Raises ShapeError.
        """
        if len(samples) != len(labels):
            raise ShapeError("trace.samples", inputs=len(samples), targets=len(labels))
        for _ in range(epochs):
            for sample, label in zip(samples, labels, strict=True):
                self.train_one_sample(sample, label, rate)

    def train_one_sample(self, sample: Numbers, label: Numbers, rate: float) -> None:
        """Forward, backward, and one step of all weights. Raises ShapeError."""
        self.predict(sample)
        self.calculate_deltas(label)
        self.connections.update_weights(rate)

    def gradient_check(self, sample: Numbers, label: Numbers) -> list[Comparison]:
        """Every gradient beside the difference quotient of E (5.4), in the four steps of the text.

        Two forward passes for each weight: for small networks. Agreement is that of four significant digits,
        or as near as a step of this size lets differences come. Raises ShapeError.
        """
        self.get_gradient(sample, label)  # 1: the gradient of every weight
        resolution = 1e-8 * max(1.0, abs(self.error(sample, label)))
        comparisons = []
        for connection in self.connections:
            weight, errors = connection.weight, []
            try:
                for moved in (weight + EPSILON, weight - EPSILON):  # 2, 3: E with a little more, and less
                    connection.weight = moved
                    errors.append(self.error(sample, label))
            finally:  # the next one is checked in the same network
                connection.weight = weight
            gradient, expected = connection.gradient, (errors[0] - errors[1]) / (2 * EPSILON)
            allowed = resolution + 10.0**-DIGITS * max(abs(gradient), abs(expected))
            ok = abs(gradient - expected) <= allowed  # 4: they must agree
            comparisons.append(Comparison(connection.name, gradient, expected, ok))
        self.predict(sample)  # the nodes' numbers too are those of the network again
        return comparisons

    @property
    def parameters(self) -> Arrays:
        """The weights as they are now."""
        return self._arrays(lambda connection: connection.weight)

    def _arrays(self, number: Callable[[Connection], float]) -> Arrays:
        arrays: Arrays = {}
        for place, layer in enumerate(self.layers[1:], 1):
            rows = [[number(c) for c in node.upstream] for node in layer.nodes]
            arrays[f"W{place}"] = [row[:-1] for row in rows]
            arrays[f"b{place}"] = [row[-1] for row in rows]
        return arrays

    def __str__(self) -> str:
        return "\n".join([self.title, *map(str, self.layers)])

    def dump(self) -> str:
        """All nodes, each with the connections that lead to it."""
        lines = [self.title]
        for layer in self.layers:
            lines.append(str(layer.title))
            for node in layer.nodes:
                lines += [f"  {node}", *(f"    {connection}" for connection in node.upstream)]
        return "\n".join(lines)


def _layers(net: NetworkDefinition) -> Iterator[Layer]:
    """The layers with their nodes, numbered through, and no connections yet."""
    x = expr.leaf("net", ["k"])
    number = 1
    activations = ["identity", *(str(layer.activation) for layer in net.layers)]
    for place, (units, activation) in enumerate(zip(net.sizes, activations, strict=True)):
        which = "input" if place == 0 else "output" if place == len(net.layers) else "hidden"
        row, settings = find_activation(activation)
        title = Sentence(f"nodes.{which}_layer", activation=activation)
        nodes = [Node(number + i) for i in range(units)]
        yield Layer(title, nodes, Function(row.apply(x, "k", **settings), x))
        number += units


def _loss(net: NetworkDefinition) -> Function:
    """E of one sample without penalties, by the weighted inputs of the output nodes and their targets t."""
    m = meaning(net, one_sample=True)
    x, t = expr.leaf("net", ["k"]), expr.leaf("t", ["k"])
    (loss,) = expr.replace([m.J], {m.units[-1].z: x, m.y: t})
    return Function(loss, x)


def _penalty(coefficients: Mapping[str, float]) -> Function | None:
    """What the penalties make of one weight w; None where there are none."""
    w, cost = expr.leaf("w"), expr.lift(0)
    for name, coefficient in coefficients.items():
        cost = cost + coefficient * PENALTIES[name].function(w)
    return None if cost is expr.ZERO else Function(cost, w)


def _parameters(net: NetworkDefinition, given: Mapping[str, Any]) -> Arrays:
    """All parameters as plain lists. Raises ShapeError, UnknownNameError."""
    drawn = initial_parameters(net)
    for name in given:
        if name not in drawn:
            raise unknown("parameter", name, drawn)
    arrays: Arrays = {}
    for name, array in drawn.items():
        wanted = given.get(name, array)
        if name.startswith("W"):
            rows = enumerate(_listed(name, wanted, len(array)))
            arrays[name] = [_numbers(f"{name}[{i}]", row, len(array[i])) for i, row in rows]
        else:
            arrays[name] = _numbers(name, wanted, len(array))
    return arrays


def _numbers(name: str, given: object, count: int) -> list[float]:
    """So many plain numbers. Raises ShapeError."""
    numbers = [plain(number) for number in _listed(name, given, count)]
    if not all(map(is_number, numbers)):
        raise ShapeError("nodes.not_numbers", name=name, found=shown(given))
    return [float(number) for number in numbers]


def _listed(name: str, given: Any, count: int) -> list[Any]:
    """A list of so many. Raises ShapeError."""
    try:
        listed = list(given)
    except TypeError as error:
        raise ShapeError("nodes.not_numbers", name=name, found=shown(given)) from error
    if len(listed) != count:
        raise ShapeError("nodes.count", name=name, expected=count, found=len(listed))
    return listed
