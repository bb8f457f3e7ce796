"""Optimizers: from a weight, its gradient and the optimizer's state to the next weight and state.

An update is made of expressions, so it is printed, traced and compiled like the rest. A state array has
the weight's shape and starts at 0; it may read the new values of the states before it. Where the settings
make an old state irrelevant (momentum 0), it does not occur in the expressions and takes no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from chainrule.catalog.registry import Catalogue, Positive, Range, unknown
from chainrule.errors import UsageError
from chainrule.expr import Node, Operand, in_order, leaf, power, replace
from chainrule.primitives import sign, sqrt
from chainrule.simplify import simplify

Update = tuple[Node, tuple[Node, ...]]
Share = Annotated[float, Range(least=0, below=1)]
"""How much of an old value is kept."""


@dataclass(frozen=True)
class Optimizer:
    """function: from (w, g, *state, lr, t) and settings to (the next w, the next state).

    lr is the learning rate, with what its schedule makes of it, and t the number of this step, counted from
    1; both are nodes, as they change from step to step. rate is the learning rate where none is given.
    weights_only: settings that hold for weights; for biases they are 0.
    """

    name: str
    function: Callable[..., Update]
    state: tuple[str, ...]
    rate: float
    cite: str = ""
    weights_only: tuple[str, ...] = ()


OPTIMIZERS: Catalogue[Optimizer] = Catalogue("optimizer")


def optimizer(
    *, state: tuple[str, ...] = (), rate: float, cite: str = "", weights_only: tuple[str, ...] = ()
) -> Callable[[Callable[..., Update]], Callable[..., Update]]:
    """Add the decorated function to the catalogue, under its own name."""

    def register(function: Callable[..., Update]) -> Callable[..., Update]:
        OPTIMIZERS.add(Optimizer(function.__name__, function, state, rate, cite, weights_only))
        return function

    return register


@optimizer(state=("v",), rate=0.1, cite="Robbins & Monro 1951; Polyak 1964")
def sgd(w: Node, g: Node, v: Node, lr: Node, t: Node, *, momentum: Share = 0.0) -> Update:
    """The rate multiplies v, as in PyTorch; Polyak's v is this one times -lr, which is the same while the
    rate stays."""
    v = momentum * v + g
    return w - lr * v, (v,)


@optimizer(
    state=("v",), rate=0.1, cite="Nesterov 1983; Sutskever et al. 2013; Bengio et al. 2013, section 3.5"
)
def nesterov(w: Node, g: Node, v: Node, lr: Node, t: Node, *, momentum: Share = 0.9) -> Update:
    """w is the place looked ahead to, where the gradient is taken (Bengio et al.); the rate multiplies v, as
    in PyTorch, which comes to the papers' rule while the rate stays."""
    v = momentum * v + g
    return w - lr * (momentum * v + g), (v,)


@optimizer(state=("s",), rate=0.01, cite="Duchi, Hazan & Singer 2011")
def adagrad(w: Node, g: Node, s: Node, lr: Node, t: Node, *, epsilon: Positive = 1e-10) -> Update:
    s = s + g**2
    return w - lr * g / (sqrt(s) + epsilon), (s,)


@optimizer(state=("v",), rate=0.001, cite="Tieleman & Hinton 2012, Coursera lecture 6.5")
def rmsprop(
    w: Node, g: Node, v: Node, lr: Node, t: Node, *, beta: Share = 0.9, epsilon: Positive = 1e-8
) -> Update:
    """The lecture's beta is 0.9, PyTorch's `alpha` 0.99. The lecture has no epsilon."""
    v = beta * v + rest(beta) * g**2
    return w - lr * g / (sqrt(v) + epsilon), (v,)


@optimizer(state=("m", "v"), rate=0.001, cite="Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1")
def adam(
    w: Node,
    g: Node,
    m: Node,
    v: Node,
    lr: Node,
    t: Node,
    *,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    epsilon: Positive = 1e-8,
) -> Update:
    m = beta1 * m + rest(beta1) * g
    v = beta2 * v + rest(beta2) * g**2
    m_hat, v_hat = _unbiased(m, beta1, t), _unbiased(v, beta2, t)
    return w - lr * m_hat / (sqrt(v_hat) + epsilon), (m, v)


@optimizer(
    state=("m", "v"),
    rate=0.001,
    weights_only=("decay",),
    cite="Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2",
)
def adamw(
    w: Node,
    g: Node,
    m: Node,
    v: Node,
    lr: Node,
    t: Node,
    *,
    decay: Annotated[float, Range(least=0)] = 0.01,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    epsilon: Positive = 1e-8,
) -> Update:
    """The decay is multiplied by lr, as in PyTorch; in Algorithm 2 by what the schedule makes of 1."""
    moved, state = adam(w, g, m, v, lr, t, beta1=beta1, beta2=beta2, epsilon=epsilon)
    return moved - lr * decay * w, state


@optimizer(state=("m", "s"), rate=0.001, cite="Zhuang et al. 2020, arXiv:2010.07468, Algorithm 2")
def adabelief(
    w: Node,
    g: Node,
    m: Node,
    s: Node,
    lr: Node,
    t: Node,
    *,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    epsilon: Positive = 1e-8,
) -> Update:
    """s is the mean square of what the gradient differs by from its own mean: where it is as expected, steps
    are large."""
    m = beta1 * m + rest(beta1) * g
    s = beta2 * s + rest(beta2) * (g - m) ** 2 + epsilon
    m_hat, s_hat = _unbiased(m, beta1, t), _unbiased(s, beta2, t)
    return w - lr * m_hat / (sqrt(s_hat) + epsilon), (m, s)


@optimizer(
    state=("m",), rate=0.0001, weights_only=("decay",), cite="Chen et al. 2023, arXiv:2302.06675, Algorithm 2"
)
def lion(
    w: Node,
    g: Node,
    m: Node,
    lr: Node,
    t: Node,
    *,
    beta1: Share = 0.9,
    beta2: Share = 0.99,
    decay: Annotated[float, Range(least=0)] = 0.0,
) -> Update:
    """Every weight moves by lr, whatever the size of its gradient."""
    direction = sign(beta1 * m + rest(beta1) * g)
    return w - lr * direction - lr * decay * w, (beta2 * m + rest(beta2) * g,)


@dataclass(frozen=True)
class Minimizer:
    """A method of SciPy's `minimize` that takes all samples at once and looks along a line for each step, so
    that its update is no expression. function: from settings to the method's options."""

    name: str
    function: Callable[..., dict[str, float]]
    method: Literal["L-BFGS-B"]
    tex: str
    cite: str = ""


MINIMIZERS: Catalogue[Minimizer] = Catalogue("optimizer")


def lbfgs(*, memory: Annotated[float, Range(least=1)] = 10.0, tolerance: Positive = 1e-5) -> dict[str, float]:
    """memory: of how many steps the gradients are remembered. tolerance: below which no entry of the gradient
    is followed any more."""
    return {"maxcor": round(memory), "gtol": tolerance}


MINIMIZERS.add(
    Minimizer(
        "lbfgs",
        lbfgs,
        "L-BFGS-B",
        r"w \leftarrow w - \alpha \, H g",
        "Liu & Nocedal 1989; Zhu, Byrd, Lu & Nocedal 1997, Algorithm 778",
    )
)


def chosen(text: str) -> tuple[Optimizer | Minimizer, dict[str, float]]:
    """The row of either table and the settings that text asks for. Raises UnknownNameError, UsageError."""
    if is_minimizer(text):
        return MINIMIZERS.choose(text)
    if isinstance(text, str) and _name(text) not in OPTIMIZERS:
        raise unknown("optimizer", _name(text), [*OPTIMIZERS.names(), *MINIMIZERS.names()])
    return OPTIMIZERS.choose(text)


def step_of(text: str) -> tuple[Optimizer, dict[str, float]]:
    """The optimizer whose step is an expression, and its settings. Raises UnknownNameError, UsageError."""
    if is_minimizer(text):
        raise UsageError("catalog.no_step", name=_name(text))
    return OPTIMIZERS.choose(text)


def is_minimizer(text: object) -> bool:
    """Whether text asks for a method that takes all samples at once."""
    return isinstance(text, str) and _name(text) in MINIMIZERS


def _name(text: str) -> str:
    """The row that text asks for, without its settings."""
    return text.partition(":")[0].strip()


def _unbiased(mean: Node, beta: Operand, t: Node) -> Node:
    """A running mean that began at 0, over the sum of its weights so far (Kingma & Ba 2015, section 3)."""
    return mean / (1 - power(beta, t))


def rest(beta: Operand) -> Operand:
    """1 - beta; of a number as people write it: 0.1 of 0.9, and not 0.09999999999999998."""
    return 1 - beta if isinstance(beta, Node) else float(f"{1 - beta:.15g}")


def assignments(
    row: Optimizer, w: Node, g: Node, state: Sequence[Node], settings: Mapping[str, Operand]
) -> list[tuple[Node, Node]]:
    """One step: what is put into w and into each state that matters, one after the other. What stands later
    reads the new values of what stands before; so what reads an old one stands first."""
    new_w, new = row.function(w, g, *state, leaf("lr"), leaf("t"), **settings)
    needed = _needed(simplify([new_w])[0], dict(zip(state, simplify(new), strict=True)))
    waiting = {old: value for old, value in zip(state, new, strict=True) if old in needed}
    waiting[w] = new_w
    done: dict[Node, Node] = {}
    steps: list[tuple[Node, Node]] = []
    while waiting:
        ready = next(
            place
            for place, own in waiting.items()
            if not any(_reads_old(place, v, {*new, new_w}) for v in waiting.values() if v is not own)
        )
        value = waiting.pop(ready)
        steps.append((ready, replace([value], done)[0]))
        done[value] = ready
    return steps


def _reads_old(place: Node, value: Node, new: Collection[Node]) -> bool:
    """Whether a value is made of what is in a place now, and not of the new values alone."""
    return place in in_order([value], stop=lambda node: node in new and node is not value)


def _needed(weight: Node, states: Mapping[Node, Node]) -> set[Node]:
    """The states whose old value the next weight depends on, now or in a later step."""
    needed: set[Node] = set()
    ask: list[Node] = [weight]
    while ask:
        for node in in_order([ask.pop()]):
            if node in states and node not in needed:
                needed.add(node)
                ask.append(states[node])
    return needed
