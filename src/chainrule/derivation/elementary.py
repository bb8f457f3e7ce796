"""Differentiation by hand: one expression, step by step, top down, each step with the rule it uses.

    d/dz 1/(1 + e^-z)  =  - (d/dz (1 + e^-z)) / (1 + e^-z)^2        quotient rule
                       =  - (d/dz e^-z) / (1 + e^-z)^2              sum, constant
                       =  ...                                       until no derivative is left

It ends with the very expression that the chain rule of `reverse` gives the program to train with.
A derivative that is not yet taken is a node like others: `derivative(u, z)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chainrule.derivation.rewriting import (
    opened,
    over_exponential,
    simple,
    split,
    sums_in,
    symbols,
    with_sigmoids,
)
from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    div,
    elementwise,
    identity,
    in_order,
    leaf,
    mul,
    neg,
    power,
    replace,
    select,
    summed_dims,
)
from chainrule.primitives import PRIMITIVES, partials
from chainrule.reverse import reverse

MOST_STEPS = 12
LARGEST_SIDE = 160
"""A derivation with more steps, or with a side of more symbols, ends with the result at once."""


@dataclass(frozen=True)
class Rule:
    """Why a step may be taken: the key of a sentence, and the expressions that it names."""

    key: str
    parts: Mapping[str, Node] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Side:
    """One side of a chain of equalities, and why it is equal to the side before."""

    node: Node
    rules: tuple[Rule, ...] = ()


Chain = tuple[Side, ...]


def derivative(u: Node, variable: Node) -> Node:
    """d/dz u, not yet taken. Of indexed ones: of each entry of u by each entry of the variable."""
    return elementwise("derivative", u, variable)


def depends(u: Node, variable: Node) -> bool:
    """Whether the variable, or another entry of it, occurs in u."""
    return any(part.op == "leaf" and part.data == variable.data for part in in_order([u]))


def result(u: Node, variable: Node) -> Node:
    """du/dz as the program computes it."""
    return simple(reverse(u, [variable])[0])


def differentiated(u: Node, variable: Node) -> Chain:
    """d/dz u by the rules, simplified, down to what the program computes."""
    sides = by_rules(u, variable)
    goal = result(u, variable)
    if any(n.data == "derivative" for n in in_order([sides[-1].node])):
        return (*sides, Side(goal, (Rule("rules.rest"),)))
    return ended(sides, Side(goal, (Rule("rules.collected"),)))


def by_rules(u: Node, variable: Node) -> Chain:
    """d/dz u by the rules, simplified; cut off where it gets too long to be read."""
    sides = [Side(derivative(u, variable))]
    while pending := [n for n in in_order([sides[-1].node]) if n.data == "derivative"]:
        taken = {n: _rule(*n.args) for n in pending}
        node = replace([sides[-1].node], {n: step.node for n, step in taken.items()})[0]
        if len(sides) > MOST_STEPS or symbols(node).total() > LARGEST_SIDE:
            return tuple(sides)
        sides.append(Side(node, _distinct(rule for step in taken.values() for rule in step.rules)))
    return ended(sides, Side(simple(sides[-1].node), (Rule("rules.simplified"),)))


def ended(sides: Sequence[Side], *more: Side) -> Chain:
    """A chain with further sides; of two that differ in their order alone the later one is left."""
    chain = list(sides)
    for side in more:
        if side.node is chain[-1].node:
            continue
        if len(chain) > 1 and symbols(side.node) == symbols(chain[-1].node):
            chain[-1] = Side(side.node, chain[-1].rules)
        else:
            chain.append(side)
    return tuple(chain)


def _distinct(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple({(rule.key, *rule.parts.values()): rule for rule in rules}.values())


# The rules. Each takes the outermost derivative of u and leaves those of its parts.


def _rule(u: Node, variable: Node) -> Side:
    def d(part: Node) -> Node:
        """The derivative of a part; at once where there is nothing to do."""
        if not depends(part, variable):
            return ZERO
        return ONE if part is variable else derivative(part, variable)

    node, *rules = _taken(u, variable, d)
    return Side(node, tuple(rules))


def _taken(u: Node, variable: Node, d: Callable[[Node], Node]) -> tuple[Node, *tuple[Rule, ...]]:
    if u is variable:
        return ONE, Rule("rules.variable", {"z": variable})
    if not depends(u, variable):
        return ZERO, Rule("rules.constant")
    if u.op == "leaf":
        return identity(*u.dims, *variable.dims), Rule("rules.other_index")
    if u.op == "contract":
        return _of_sum_over(u, variable)
    a, b = (*u.args, ZERO)[:2]
    one_sided = not (depends(a, variable) and depends(b, variable))
    match u.data:
        case "add" | "sub":
            terms = [n for n in in_order([u], stop=_is_term) if _is_term(n)]
            node = replace([u], {n: d(n) for n in terms})[0]
            if all(depends(n, variable) for n in terms):
                return node, Rule("rules.sum")
            return node, Rule("rules.sum"), Rule("rules.constant")
        case "neg":
            return _multiple(u, variable, a, neg(d(a)))
        case "mul" if one_sided:
            constant, part = (a, b) if depends(b, variable) else (b, a)
            return _multiple(u, variable, part, mul(constant, d(part)))
        case "mul":
            return mul(d(a), b) + mul(a, d(b)), Rule("rules.product")
        case "div" if not depends(b, variable):
            return _multiple(u, variable, a, div(d(a), b))
        case "div" if one_sided:
            return neg(div(mul(a, d(b)), power(b, 2))), Rule("rules.reciprocal")
        case "div":
            return div(mul(d(a), b) - mul(a, d(b)), power(b, 2)), Rule("rules.quotient")
        case "power":
            exponent = float(b.data or 0.0)
            outer = mul(b, power(a, exponent - 1))
            return (
                (outer, Rule("rules.power"))
                if a is variable
                else (mul(outer, d(a)), Rule("rules.power_chain"))
            )
        case "maximum":
            return select(a > b, d(a), d(b)), Rule("rules.max")
        case "minimum":
            return select(a < b, d(a), d(b)), Rule("rules.min")
        case "select":
            return select(a, d(b), d(u.args[2])), Rule("rules.cases")
    return _of_function(u, variable, d)


def _multiple(u: Node, variable: Node, part: Node, derived: Node) -> tuple[Node, Rule]:
    """The derivative of a constant multiple of a part, and why."""
    if part is variable:
        return derived, Rule("rules.linear", {"left": derivative(u, variable), "right": derived})
    return derived, Rule("rules.factor")


def _is_term(node: Node) -> bool:
    return node.data not in ("add", "sub")


def _of_function(u: Node, variable: Node, d: Callable[[Node], Node]) -> tuple[Node, *tuple[Rule, ...]]:
    """The chain rule for a function of one operand whose derivative is known."""
    (inner,) = u.args
    local = _local(u)
    if local is None:
        return ZERO, Rule("rules.flat")
    name = str(u.data)
    general = elementwise(name, leaf("u"))
    known = _local(general) or ZERO
    if inner is variable:
        plain = elementwise(name, variable)
        return local, Rule("rules.erf" if name == "erf" else "rules.known", {"f": plain, "d": local})
    rule = Rule(
        "rules.erf_chain" if name == "erf" else "rules.chain", {"f": general, "d": mul(known, leaf("u'"))}
    )
    return mul(local, d(inner)), rule


def _local(u: Node) -> Node | None:
    """The derivative of a known function by its operand, as one writes it."""
    if u.data == "sqrt":
        return div(ONE, mul(2, u))
    return partials(u)[0]


def _of_sum_over(u: Node, variable: Node) -> tuple[Node, *tuple[Rule, ...]]:
    """A sum over an index, each term of which holds one entry of the variable: one term is left."""
    (term,), (bound, *others), (kept,) = u.args, summed_dims(u), variable.dims
    leaves = [n for n in in_order([term]) if n.op == "leaf"]
    renamed = {n: leaf(str(n.data), [kept if d == bound else d for d in n.dims]) for n in leaves}
    entries = {n: renamed[n] for n in leaves if n.data == variable.data}
    if others or any(bound not in n.dims or only is not variable for n, only in entries.items()):
        raise ValueError(f"each term of {u!r} must hold one entry of {variable!r}, by the index of the sum")
    return derivative(replace([term], renamed)[0], variable), Rule("rules.one_term", {"a": variable})


# Functions that are defined by simpler ones.


def by_definition(name: str, u: Node) -> Chain:
    """The derivative of a named function from its definition, down to the form that the program uses."""
    definition = PRIMITIVES[name].definition
    assert definition is not None
    goal = simple(partials(elementwise(name, u))[0] or ZERO)
    start, *sides = by_rules(definition(u), u)
    sides.insert(0, Side(start.node, (Rule("rules.definition"),)))
    return towards(sides, opened(goal), goal)


def towards(sides: Sequence[Side], meant: Node, goal: Node) -> Chain:
    """A chain that ends with `goal`, by way of what goal is by the definitions of what is named in it."""
    sums = sums_in(meant)
    by_factors = replace([meant], sums)[0]
    key = {"add": "terms", "sub": "terms", "mul": "factors", "neg": "factors"}.get(str(meant.data), "written")
    last = [Side(meant, (Rule(f"rules.{key}"),))]
    if sums:
        lines = tuple(Rule("rules.together", {"sum": u, "quotient": v}) for u, v in sums.items())
        last = [Side(by_factors, (Rule("rules.factors"),)), Side(meant, lines)]
    chain = list(sides)
    if (divided := over_exponential(sides[-1].node)) and simple(divided[0]) is simple(by_factors):
        quotient, by = divided
        chain.append(Side(quotient, (Rule("rules.divided", {"e": by}),)))
    return ended(chain, *last, Side(goal, (Rule("rules.definition"),)))


def as_sigmoid(name: str, u: Node) -> Chain:
    """A named function as an expression of the sigmoid, from its definition; empty where it is none."""
    definition = PRIMITIVES[name].definition
    assert definition is not None
    plain = definition(u)
    if (divided := over_exponential(plain)) is None or (parts := split(divided[0])) is None:
        return ()
    return (
        Side(elementwise(name, u)),
        Side(plain, (Rule("rules.definition"),)),
        Side(divided[0], (Rule("rules.divided", {"e": divided[1]}),)),
        Side(parts, (Rule("rules.split"),)),
        Side(with_sigmoids(parts), (Rule("rules.definition"),)),
    )
