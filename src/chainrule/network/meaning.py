"""What a definition means: the expressions of its layers and of its loss, and where its parameters start.

Shapes: a weight array W_l is (units of layer l, units of layer l - 1); data has a sample per row. Dims are
called n (samples), d (inputs), h1, h2, ... (hidden units) and k (outputs).
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters
from typing import Any

from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.norms import NORMS
from chainrule.catalog.optimizers import rest
from chainrule.catalog.penalties import PENALTIES
from chainrule.expr import Node, contract, leaf, rename, size, total
from chainrule.formula import find_activation
from chainrule.network.definition import NetworkDefinition
from chainrule.network.layer import Dense, over_samples
from chainrule.primitives import maximum, sqrt


@dataclass(frozen=True)
class Mask:
    """What outputs of a layer are multiplied with in training, place by place: 0 where one is dropped, else
    1 / keep, so that the mean stays what it is without. keep: the share that is not dropped.

    Source: Srivastava et al. 2014, section 10, where it is the weights that are divided.
    """

    array: Node
    keep: float


@dataclass(frozen=True)
class Normalised:
    """The weighted inputs of a layer with the mean 0 and the deviation 1, then scaled and shifted by what is
    learned: u = gamma hat + beta, which the activation takes."""

    z: Node
    """What is normalised; over samples, those of all of them."""
    mean: Node
    deviation: Node
    hat: Node
    """z less the mean, divided by the deviation."""
    gamma: Node
    beta: Node
    u: Node
    statistics: dict[str, Node]
    """Running averages by name, and what they become in a step; they stand for mean and variance of a batch
    in prediction."""

    @property
    def parts(self) -> dict[str, Node]:
        """By the letter that a line's name begins with, in order."""
        return {"mu": self.mean, "s": self.deviation, "zhat": self.hat, "u": self.u}


@dataclass(frozen=True)
class Unit:
    """One layer's expressions."""

    number: int
    layer: Dense
    weights: Node
    """The layer's own array, or the one it shares."""
    z: Node
    normalised: Normalised | None
    u: Node
    """What the activation takes: z, or what a normalisation makes of it."""
    g: Node
    """The activation's value."""
    a: Node
    """What the next layer gets: g, times the mask where there is one."""


@dataclass(frozen=True)
class Meaning:
    """A network as expressions. `units` are the layers in order; `parameters` the arrays that are learned;
    `masks` by name, m0 that of the inputs."""

    x: Node
    y: Node
    units: tuple[Unit, ...]
    masks: dict[str, Mask]
    parameters: dict[str, Node]
    constants: dict[str, float]
    """Values of the numbers that occur by name: coefficients of penalties."""
    sizes: dict[str, int]
    """Sizes of all dims but n."""
    J: Node
    statistics: dict[str, Node]
    """Arrays that are averaged over the steps of training and used in prediction."""
    w: Node | None = None
    """How much each sample counts in J, where they do not count alike."""

    @property
    def outputs(self) -> Node:
        return self.units[-1].a


def meaning(
    net: NetworkDefinition, *, one_sample: bool = False, prediction: bool = False, weighted: bool = False
) -> Meaning:
    """The expressions of a network as it is trained, its loss J over a batch included.

    one_sample: those of a single sample: no dim n, J its loss, without mean and penalties. prediction: as it
    predicts, without masks. weighted: each sample's loss is multiplied by a weight of its own.
    """
    net = net.resolved()
    samples = [] if one_sample else ["n"]
    last = len(net.layers)
    dims = ["d", *(f"h{number}" for number in range(1, last)), "k"]
    x = leaf("x", [*samples, "d"])
    y = leaf("y", [*samples, "k"])
    units: list[Unit] = []
    masks: dict[str, Mask] = {}
    parameters: dict[str, Node] = {}
    statistics: dict[str, Node] = {}

    def masked(number: int, node: Node) -> Node:
        dropped = net.dropped(number)
        if not dropped or prediction:
            return node
        name = f"m{number}"
        keep = float(f"{1 - dropped:.15g}")  # 0.3, and not 0.30000000000000004
        masks[name] = Mask(leaf(name, node.dims), keep)
        return masks[name].array * node

    a = masked(0, x)
    for number, layer in enumerate(net.layers, 1):
        into, out = dims[number - 1], dims[number]
        if layer.shared:
            weights = units[layer.shared - 1].weights
            placed = rename(weights, dict(zip(weights.dims, (out, into), strict=True)))
        else:
            placed = weights = parameters.setdefault(f"W{number}", leaf(f"W{number}", [out, into]))
        b = parameters.setdefault(f"b{number}", leaf(f"b{number}", [out]))
        z = contract([*samples, out], placed, a) + b
        normalised = None
        if layer.norm:
            normalised = normalise(layer.norm, z, number, out, prediction=prediction)
            parameters |= {str(node.data): node for node in (normalised.gamma, normalised.beta)}
            statistics |= {name: leaf(name, node.dims) for name, node in normalised.statistics.items()}
        row, settings = find_activation(str(layer.activation))
        u = normalised.u if normalised else z
        g = row.apply(u, out, **settings)
        a = masked(number, g)
        units.append(Unit(number, layer, weights, z, normalised, u, g, a))
    loss, loss_settings = LOSSES.choose(str(net.loss))
    formula = loss.from_z.get(row.name, loss.function)  # of the last layer's activation
    J = formula(y, a, units[-1].z, "k", **loss_settings)
    w = leaf("w", samples) if weighted else None
    if w is not None:
        J = w * J
    if not one_sample:
        J = total(J) / size("n")
    for name, value in net.penalties.items():
        if value and not one_sample:
            arrays = [node for key, node in parameters.items() if key.startswith("W")]
            J = J + leaf(name) * sum(
                (PENALTIES[name].function(w) for w in arrays[1:]), PENALTIES[name].function(arrays[0])
            )
    sizes = dict(zip(dims, net.sizes, strict=True))
    constants = {name: float(value) for name, value in net.penalties.items() if value and not one_sample}
    return Meaning(x, y, tuple(units), masks, parameters, constants, sizes, J, statistics, w)


def normalise(norm: str, z: Node, number: int, unit: str, *, prediction: bool = False) -> Normalised:
    """What a normalisation makes of the weighted inputs z of a layer. unit: the dim of its units. Of a single
    sample z has no dim n; mean and deviation over samples are those of all of them, of which it is one."""
    row, settings = NORMS.choose(norm)
    samples = row.over == "samples"
    every = leaf(f"z{number}", ["n", unit]) if samples and "n" not in z.dims else z
    moments = row.function(every, "n" if samples else unit, **settings)
    mean, variance = moments.mean, moments.variance
    statistics: dict[str, Node] = {}
    if moments.momentum is not None:
        old_mean, old_variance = leaf(f"mean_z{number}", mean.dims), leaf(f"variance_z{number}", mean.dims)
        of_all = size("n") / maximum(size("n") - 1, 1) * variance  # the batch is a sample of all data
        share = rest(moments.momentum)
        statistics = {
            str(old.data): moments.momentum * old + share * new
            for old, new in ((old_mean, mean), (old_variance, of_all))
        }
        if prediction:
            mean, variance = old_mean, old_variance
    deviation = sqrt(variance + moments.eps)
    gamma, beta = (leaf(f"{name}{number}", [unit]) for name in ("gamma", "beta"))
    hat = (z - mean) / deviation
    return Normalised(every, mean, deviation, hat, gamma, beta, gamma * hat + beta, statistics)


def starting_kinds(net: NetworkDefinition) -> dict[str, str]:
    """The initializer of each parameter and running average, by name: the layer's, or the network's, or its
    activation's own."""
    kinds = {}
    for number, layer in enumerate(net.layers, 1):
        by_activation = find_activation(layer.activation or "sigmoid")[0].initializer
        if not layer.shared:
            kinds[f"W{number}"] = layer.initializer or net.initializer or by_activation
        kinds[f"b{number}"] = net.bias_initializer
        if layer.norm:
            kinds |= {f"gamma{number}": "constant", f"beta{number}": "zeros"}
            if over_samples(layer):
                kinds |= {f"mean_z{number}": "zeros", f"variance_z{number}": "constant"}
    return kinds


def layer_of(parameter: str) -> int:
    """The layer of a parameter, by its name: 1 of W1, of gamma1 and of mean_z1."""
    return int(parameter.lstrip(f"{ascii_letters}_"))


def initial_parameters(net: NetworkDefinition, seed: int | None = None) -> dict[str, Any]:
    """Fresh parameters, drawn in float64 whatever the training's dtype is.

    Keyed by (seed, name): a layer's numbers do not depend on how many other layers there are.
    """
    from chainrule.randomness import generator

    seed = net.seed if seed is None else seed
    sizes = net.sizes
    drawn = {}
    for name, kind in starting_kinds(net).items():
        row, settings = INITIALIZERS.choose(kind)
        number = layer_of(name)
        fan_in, fan_out = sizes[number - 1], sizes[number]
        shape = (fan_out, fan_in) if name.startswith("W") else (fan_out,)
        drawn[name] = row.function(generator(seed, f"initialize {name}"), shape, fan_in, fan_out, **settings)
    return drawn
