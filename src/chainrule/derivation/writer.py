"""What every derivation of a network needs: names, expressions in a notation's signs, chains of formulas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from chainrule.catalog.losses import LOSSES
from chainrule.derivation.algebra import by_rows
from chainrule.derivation.worked import Worked
from chainrule.documents.document import Block, Formula, Note, Paragraph, Step
from chainrule.expr import ONE, Node, contract, div, identity, leaf, mul, neg, rename, replace, size, sub
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, over_samples
from chainrule.network.meaning import Unit
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.printer import Printer
from chainrule.program import Program, build
from chainrule.render.entries import entry
from chainrule.reverse import reverse
from chainrule.sentences import say
from chainrule.simplify import factors_of, product_of, simplify
from chainrule.update import UpdateRule

FEW = 4
"""Up to so many layers are written out one by one; of a deeper one the first, the general and the last."""


@dataclass(frozen=True)
class Side:
    """One side of a chain as an expression, and the key of the sentence that says why."""

    node: Node
    reason: str = ""
    relation: str = "="


class Writer:
    """Writes about one network in one notation, in the language in force. forward_only: the forward pass of
    prediction, and nothing else."""

    worked: Worked | None = None
    """The numbers to put in."""

    def __init__(
        self,
        net: NetworkDefinition,
        notation: Notation,
        update: str | UpdateRule = "sgd",
        *,
        forward_only: bool = False,
    ) -> None:
        self.net = net.resolved()
        self.notation = notation
        self.forward_only = forward_only
        self.rule = UpdateRule.of(update)
        self.one = build(self.net, update, one_sample=True)
        self.batch = build(self.net, update)
        if forward_only:
            self.one, self.batch = self.one.as_used, self.batch.as_used
        self.printer = Printer(notation, self.net)
        self.said: set[str] = set()
        self.units = self.one.meaning.units
        self.last = len(self.units)
        self.C, self.J = leaf("C"), leaf("J")
        self.sizes = {size(dim): ONE for dim, count in self.one.sizes.items() if count == 1}

    # What things are called

    def z(self, p: int) -> Node:
        return leaf(f"z{p}", self.units[p - 1].z.dims)

    def a(self, p: int) -> Node:
        return leaf(f"a{p}", self.units[p - 1].z.dims) if p else self.one.meaning.x

    def u(self, p: int) -> Node:
        """What the activation of a layer takes."""
        return leaf(f"u{p}", self.z(p).dims) if self.normed(p) else self.z(p)

    def normed(self, p: int) -> bool:
        return self.units[p - 1].normalised is not None

    def over(self, p: int) -> str:
        """Whether a layer is normalised over its `units` or over the `samples`."""
        return "samples" if over_samples(self.units[p - 1].layer) else "units"

    @property
    def plain(self) -> bool:
        """Whether a step is along the gradient alone."""
        return not (self.batch.states or self.batch.of("clipping", "move"))

    def delta(self, p: int) -> Node:
        return leaf(f"delta{p}", self.units[p - 1].z.dims)

    def mask(self, p: int) -> Node:
        """What the outputs of a layer are multiplied with in training, 0 being the inputs; 1 without
        dropout."""
        mask = self.one.masks.get(f"m{p}")
        return mask.array if mask else ONE

    def into(self, p: int) -> Node:
        """What layer p gets from the one below."""
        return self.a(p - 1) if p > 1 else self.mask(0) * self.a(0)

    def own_value(self, p: int) -> Node:
        """g(z) of a layer."""
        return self.u(p) if self.is_identity(p) else leaf(f"g{p}", self.z(p).dims)

    def value(self, p: int) -> Node:
        """g(z) of a layer, times its mask."""
        return self.mask(p) * self.own_value(p)

    def own_slope(self, p: int) -> Node:
        """g'(z) of a layer; 1 where g is the identity."""
        return ONE if self.is_identity(p) else leaf(f"g{p}'", self.units[p - 1].z.dims)

    def slope(self, p: int) -> Node:
        """The derivative of a layer's outputs by its weighted inputs, unit by unit: g'(z), times its mask."""
        return self.mask(p) * self.own_slope(p)

    def slopes(self, p: int) -> list[Node]:
        """The slope of a layer's activation, if it is not 1 throughout."""
        return [] if self.is_identity(p) else [self.slope(p)]

    def is_identity(self, p: int) -> bool:
        return self.units[p - 1].g is self.units[p - 1].u

    def across(self, p: int) -> bool:
        return find_activation(str(self.units[p - 1].layer.activation))[0].across

    def weights(self, unit: Unit) -> Node:
        """A layer's weights with its own dims, also where it shares another's."""
        into = self.a(unit.number - 1).dims
        own = (*unit.z.dims, *into)
        return rename(unit.weights, dict(zip(unit.weights.dims, own, strict=True)))

    # What they are, from the program and from the catalogue

    def expr(self, name: str, program: Program | None = None) -> Node:
        """The expression of a line of the program that is no update, sizes of 1 left out."""
        lines = (program or self.one).lines
        (line,) = (li for li in lines if li.name == name and li.role not in ("update", "state"))
        named = {self.computed(p): self.own_value(p) for p in range(1, self.last) if self.net.dropped(p)}
        for p in filter(self.normed, range(1, self.last)):
            for dims in (self.z(p).dims, ("n", *self.z(p).dims)):  # of this sample, of each
                named[leaf(f"du{p}", dims)] = leaf(f"∂C/∂u{p}", dims)
        (expr,) = replace([line.expr], named)
        return simplify([expr], self.sizes)[0] if self.sizes else expr

    def computed(self, p: int) -> Node:
        """g(z) of a layer as the program computes it."""
        unit = self.units[p - 1]
        return simplify(replace([unit.g], {unit.u: self.u(p)}))[0]

    def cost_expr(self) -> Node:
        """What one sample costs, in its targets and outputs."""
        loss, settings = LOSSES.choose(str(self.net.loss))
        y, a, z = self.one.meaning.y, self.a(self.last), self.z(self.last)
        return simplify([loss.function(y, a, z, "k", **settings)], self.sizes)[0]

    def penalties(self) -> Node | None:
        """The penalties of J together."""
        J, found = self.batch.meaning.J, None
        for _ in self.batch.constants:
            found = J.args[1] if found is None else J.args[1] + found
            J = J.args[0]
        return found

    def with_penalty(self, gradient: Node, array: Node) -> Node:
        """The derivative of a sample's cost, or of their mean, by an array, and that of the penalties."""
        penalties = self.penalties()
        if penalties is None or len(array.dims) == 1:
            return gradient
        (extra,) = simplify(reverse(penalties, [array]))
        return gradient + extra

    def mean(self, node: Node) -> Node:
        """The mean over the samples of what one of them gives."""
        each = leaf(str(node.data), ("n", *node.dims))
        return contract(node.dims, each) / size("n")

    def by_output(self) -> Node | None:
        """The derivative of the cost by the outputs; None where the loss is not of the outputs alone."""
        loss, settings = LOSSES.choose(str(self.net.loss))
        y, a, z = self.one.meaning.y, self.a(self.last), self.z(self.last)
        cost = loss.function(y, a, z, "k", **settings)
        of_z, of_a = reverse(cost, [z, a])
        if of_z.args[0].op != "const" or of_a.op == "const":
            return None
        return self.target_first(simplify([of_a], self.sizes)[0])

    def own_slope_expr(self, p: int) -> Node:
        """g'(z) as the program computes it."""
        z = self.u(p)
        if self.is_identity(p):
            return ONE
        row, settings = find_activation(str(self.units[p - 1].layer.activation))
        value = row.apply(z, z.dims[0], **settings)
        known = self.own_value(p) if self.net.dropped(p) else self.a(p)
        return simplify(replace(reverse(value, [z], contract(z.dims)), {value: known}))[0]

    def slope_expr(self, p: int) -> Node:
        """The same, times the mask."""
        return self.mask(p) * self.own_slope_expr(p)

    def jacobian(self) -> Node:
        """The derivative of each output by each weighted input, dims (k', k), in terms of the outputs."""
        row, settings = find_activation(str(self.units[-1].layer.activation))
        z, a = self.z(self.last), self.a(self.last)
        value = row.apply(z, "k", **settings)
        found = reverse(value, [z], identity("k'", "k"))[0]
        return by_rows(replace([found], {value: a})[0], "k'", "k")

    def error_expr(self, p: int) -> Node:
        """The error of a layer as the program computes it, in this notation's errors."""
        if p < self.last and self.normed(p):
            return self.outward(self.expr(f"delta{p}"))
        found = self.target_first(self.signed(self.expr(f"delta{p}")))
        return found if self.across(p) else self.ordered(found, self.slope_expr(p))

    # The same with the notation's own signs and order

    def outward(self, node: Node) -> Node:
        """A derivative by z, with the sign that this notation's error has."""
        return node if self.notation.error_sign == 1 else neg(node)

    def signed(self, node: Node) -> Node:
        """A derivative by z as this notation's error: with its sign, in its errors."""
        if self.notation.error_sign == 1:
            return node
        own = {self.delta(p): neg(self.delta(p)) for p in range(1, self.last + 1)}
        return simplify([neg(replace([node], own)[0])])[0]

    def unsigned(self, node: Node) -> Node:
        """An expression in the program's errors, written in this notation's."""
        if self.notation.error_sign == 1:
            return node
        own = {self.delta(p): neg(self.delta(p)) for p in range(1, self.last + 1)}
        return simplify(replace([node], own))[0]

    def target_first(self, node: Node) -> Node:
        """-(y - a) for a - y, where the notation writes it so."""
        y, a = self.one.meaning.y, self.a(self.last)
        if not self.notation.target_first:
            return node
        turned = replace([node], {sub(a, y): neg(sub(y, a))})[0]
        return sign_first(turned)

    def product(self, outer: Node, slope: Node) -> Node:
        """What comes from above times an activation's slope, in this notation's order."""
        return slope * outer if self.notation.slope_first else sign_first(outer * slope)

    def ordered(self, node: Node, slope: Node) -> Node:
        """A product with the factors of a slope first, where this notation puts them there."""
        if not self.notation.slope_first:
            return node
        coefficient, top, bottom = factors_of(node)
        _, first, _ = factors_of(slope)
        if not set(first) <= set(top):
            return node
        rest = [factor for factor in top if factor not in first]
        return product_of(coefficient, [*first, *rest], bottom)

    def turned(self, delta: Node, passed: Node) -> Node:
        """The product of an error and what is passed to its unit, as the derivative by the weight."""
        product = contract((*delta.dims, *(d for d in passed.dims if d not in delta.dims)), delta, passed)
        if set(delta.dims) <= set(passed.dims):
            product = mul(delta, passed)
        return product if self.notation.error_sign == 1 else neg(product)

    # Formulas and sentences

    def by_entries(
        self,
        left: Node,
        sides: Sequence[Side],
        place: Place = NUMBERED,
        *,
        kind: str = "error",
        label: str = "",
    ) -> Formula:
        """A chain in index form; of a single number, with the numbers themselves where they are known."""
        letters = self.printer.letters(left.dims, kind)
        head = self.printer.index(left, letters, place, kind)
        texts = [self.printer.index(side.node, letters, place, kind) for side in sides]
        steps = self.steps(texts, sides)
        if self.worked is not None and not left.dims:
            steps = (*steps, *self.worked.steps(entry(sides[-1].node, {}, self.one.sizes)))
        return Formula(head, steps, label, place)

    def by_matrices(
        self,
        left: Node,
        sides: Sequence[Side],
        place: Place = NUMBERED,
        *,
        label: str = "",
        shapes: bool = False,
    ) -> Iterator[Block]:
        """A chain in matrix form, of the sides that have one, and where they are known, its numbers."""
        head = self.printer.matrix(left, place)
        texts = [self.printer.matrix(side.node, place, shapes=shapes) for side in sides]
        steps = self.steps(texts, sides)
        if head is not None and steps:
            formula = Formula(head, steps, label, place)
            nodes = [side.node for side, tex in zip(sides, texts, strict=True) if tex is not None]
            yield from self.worked.arrays(formula, left, nodes) if self.worked else [formula]

    def entries(self, left: Node, sides: Sequence[Side], place: Place) -> Iterator[Block]:
        """A chain of arrays in index form, and where they are known, its numbers."""
        formula = self.by_entries(left, sides, place, kind="weight")
        yield from self.worked.arrays(formula, left, [s.node for s in sides]) if self.worked else [formula]

    def steps(self, texts: Sequence[str | None], sides: Sequence[Side]) -> tuple[Step, ...]:
        """The sides that have a form, each different from the one before it."""
        steps: list[Step] = []
        for tex, side in zip(texts, sides, strict=True):
            if tex is not None and not (steps and steps[-1].tex == tex):
                steps.append(Step(tex, side.relation, self.say(side.reason) if side.reason else ""))
        return tuple(steps)

    def say(self, key: str, **fields: object) -> str:
        """A sentence of the derivation, with this notation's words."""
        words = {f"_{name}": self.notation.word(name) for name in self.notation.words}
        return say(key, **words, **fields)

    def once(self, key: str, **fields: object) -> Iterator[Block]:
        """A paragraph that is said the first time it is due."""
        if key not in self.said:
            self.said.add(key)
            yield Paragraph(self.say(key, **fields))

    def penalty_added(self) -> Iterator[Block]:
        """What is said before an update for one sample where there are penalties."""
        if self.batch.constants:
            yield Paragraph(self.say("derivation.update.penalty"))

    def note(self, part: str, where: str = "") -> Iterator[Block]:
        """What the notation has to say beside a part. where: a kind of network, for which it may have other
        words."""
        if text := (where and self.notation.note(f"{part}_{where}")) or self.notation.note(part):
            yield Note(text)

    def math(self, node: Node, place: Place = NUMBERED) -> str:
        return f"${self.printer.matrix(node, place)}$"

    def layers(self) -> list[tuple[int, Place]]:
        """The layers that are written out, and how they are called."""
        if self.last <= FEW or self.worked:
            return [(p, NUMBERED) for p in range(1, self.last + 1)]
        odd = [p for p in range(1, self.last) if self.is_odd(p)]
        general = [(p, Place(p)) for p in self.general()]
        return [*((p, NUMBERED) for p in odd), *general, (self.last, NUMBERED)]

    def general(self) -> list[int]:
        """The hidden layer that stands for those that are like it, if there is one. What follows it is hidden
        too where that can be: the output layer may have a name of its own."""
        alike = [p for p in range(1, self.last) if not self.is_odd(p)]
        return [p for p in alike if p < self.last - 1][-1:] or alike[-1:]

    def is_odd(self, p: int) -> bool:
        """Whether a hidden layer differs from most of them."""
        return p in self._odd

    @cached_property
    def _odd(self) -> frozenset[int]:
        """The hidden layers that differ from most of them."""
        kinds = [(u.layer.activation, u.layer.norm, self.net.dropped(u.number)) for u in self.units[:-1]]
        usual = [kind for kind, _ in Counter(kinds).most_common(1)]
        shared = {number for u in self.units if u.layer.shared for number in (u.number, u.layer.shared)}
        different = {p for p, kind in enumerate(kinds, 1) if [kind] != usual}
        return frozenset(different | shared)

    def called(self, p: int, place: Place) -> str:
        """`layer 3`, or `layer l, from 2 to 6` where it stands for several."""
        name = self.notation.layer(p, place)
        if place.anchor is None:
            return self.say("derivation.layer", number=name)
        alike = [q for q in range(1, self.last) if not self.is_odd(q)]
        numbers = [self.notation.layer(q) for q in alike]
        which = ", ".join(numbers)
        if alike[-1] - alike[0] == len(alike) - 1:
            which = self.say("derivation.layer.range", first=numbers[0], last=numbers[-1])
        return self.say("derivation.layer.general", letter=f"${name}$", which=which)

    @property
    def shorthand(self) -> str:
        """The network in one line, its middle left out where it is deep."""
        parts = str(self.net).split("-")
        if self.last > FEW and len(parts) == self.last + 1:  # no formula with a minus in it
            parts = [*parts[:3], "…", *parts[-2:]]
        return "-".join(parts)


def sign_first(node: Node) -> Node:
    """A minus within a product, in front of it."""
    if node.op != "elementwise" or node.data not in ("mul", "div"):
        return node
    over, other = (sign_first(arg) for arg in node.args)
    signs = [part.op == "elementwise" and part.data == "neg" for part in (over, other)]
    over, other = (p.args[0] if s else p for p, s in zip((over, other), signs, strict=True))
    product = mul(over, other) if node.data == "mul" else div(over, other)
    return neg(product) if sum(signs) == 1 else product
