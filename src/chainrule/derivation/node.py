"""One weight followed from the loss down, unit by unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import product

from chainrule.derivation.writer import FEW, Side, Writer, sign_first
from chainrule.documents.document import Block, Formula, Heading, Paragraph
from chainrule.errors import UsageError, listed
from chainrule.expr import ONE, ZERO, Node, add, leaf, mul, replace, sub
from chainrule.lazily import cached_property
from chainrule.notation.notation import NUMBERED, Place
from chainrule.notation.quantity import derivative, quantity
from chainrule.render.entries import entry, entry_name
from chainrule.simplify import simplify

MOST = 8
"""Layers of more units than this are not written out unit by unit, nor are more than FEW layers."""


class NodeDerivation(Writer):
    """Writes how the cost depends on one weight or bias. of: its name, `W1[0,1]` or `b1[0]`, places counted
    from 0 as in the arrays; or its name in the notation, w1 or w41. Raises UsageError."""

    def follow(self, of: str | None = None) -> Iterator[Block]:
        array, places = self.parameter(of)
        p = quantity(array).layer or 1
        self.refuse_together(range(p, self.last))
        name = self.printer.symbol(entry_name(array, places))
        yield Heading(self.say("derivation.node.title", weight=f"${name}$", network=self.shorthand), 1)
        shallow = self.last - p <= FEW
        small = shallow and max(self.net.sizes[p - 1 :]) <= MOST and not self.shares(p)
        small = small and not any(map(self.normed, range(p, self.last)))
        if not self.notation.named_errors:  # path by path
            small = small and self.paths(p) <= MOST
        behind = quantity(array).kind in ("gamma", "beta")  # the normalisation of its layer
        paths = self.paths(p) // self.net.sizes[p] if behind else self.paths(p)
        counted = {"layer": self.notation.layer(p), "paths": readable(paths)}
        yield Paragraph(self.say("derivation.node.intro", weight=f"${name}$", **counted))
        if small:
            yield Heading(self.say("derivation.forward"))
            yield from self.units_forward(p, places[0])
            yield Heading(self.say("derivation.cost"))
            yield self.by_entries(self.C, [Side(entry(self.cost_expr(), {}, self.counts))])
            yield Heading(self.say("derivation.node.backward"))
            if self.notation.named_errors:
                yield from self.errors_down(p, places, array)
            else:
                yield from self.products(p, places, array)
        else:
            yield from self.in_sums(p, places, array)
        if self.worked is not None and self.worked.numbers.samples > 1:
            yield from self.over_batch(array, places)

    def refuse_together(self, layers: Iterable[int]) -> None:
        """Raises UsageError where one of the layers makes the samples of a batch act on one another: then no
        path is that of one sample."""
        found = [p for p in layers if self.over(p) == "samples" and not self.forward_only]
        if found:
            raise UsageError("derivation.samples_together", layer=self.notation.layer(found[0]))

    def over_batch(self, array: str, places: Sequence[int]) -> Iterator[Block]:
        """The gradient of the mean over all samples, and the step against it."""
        weight = leaf(entry_name(array, places))
        each, whole = (self.derivative(top, weight) for top in (self.C, self.J))
        mean = self.with_penalty_at(self.mean(each), array, places)
        place = Place(batch=True)
        yield Heading(self.say("derivation.batch"))
        yield Paragraph(self.say("derivation.batch.mean", m=self.notation.sample_count))
        yield from self.by_matrices(whole, [Side(mean, "derivation.batch.gradient")], place)
        if self.plain:
            step = Side(weight - leaf("lr") * whole, relation=self.notation.arrow)
            yield from self.by_matrices(weight, [step], place)

    def with_penalty_at(self, gradient: Node, array: str, places: Sequence[int]) -> Node:
        """The derivative of a cost by one entry of an array, and that of the penalties."""
        whole = leaf(array, self.one.parameters[array])
        slope = leaf("slope", whole.dims)
        return replace(
            [self.at(self.with_penalty(slope, whole), *places)], {self.at(slope, *places): gradient}
        )[0]

    @property
    def counts(self) -> dict[str, int]:
        return self.one.sizes

    def parameter(self, of: str | None) -> tuple[str, tuple[int, ...]]:
        """The array and the place, counted from 1, that a name stands for. Raises UsageError."""
        if of is None:
            return "W1", (1, 1)
        match = re.fullmatch(r"((?:W|b|gamma|beta)\d+)\[(\d+)(?:,\s*(\d+))?\]", of.strip())
        found = (match[1], tuple(int(i) + 1 for i in match.groups()[1:] if i)) if match else self.own_name(of)
        if found:
            shape = [self.counts[d] for d in self.one.parameters.get(found[0], ())]
            if len(shape) == len(found[1]) and all(1 <= i <= n for i, n in zip(found[1], shape, strict=True)):
                return found
        names = listed(
            [
                f"{array}[{','.join(str(self.counts[d] - 1) for d in dims)}]"
                for array, dims in self.one.parameters.items()
            ]
        )
        raise UsageError("derivation.no_such_weight", found=repr(of), names=names)

    def own_name(self, of: str) -> tuple[str, tuple[int, ...]] | None:
        """The weight that is called so in this notation: w1, w41, w4b."""
        for array, dims in self.one.parameters.items():
            if max(self.counts[d] for d in dims) <= MOST:
                for places in product(*(range(1, self.counts[d] + 1) for d in dims)):
                    tex = self.printer.symbol(entry_name(array, places))
                    if re.sub(r"[{}_,()^]", "", tex) == re.sub(r"[{}_,()^ ]", "", of):
                        return array, places
        return None

    def paths(self, p: int) -> int:
        """By how many paths a weight of layer p reaches the cost."""
        count = 1
        for size in self.net.sizes[p + 1 :]:
            count *= size
        for q in filter(self.normed, range(p, self.last)):
            count *= self.net.sizes[q]
        return count

    def shares(self, p: int) -> bool:
        return any(unit.layer.shared for unit in self.units[p - 1 :])

    def at(self, node: Node, *places: int) -> Node:
        """An entry of an expression whose dims are those places in order."""
        return entry(node, dict(zip(node.dims, places, strict=True)), self.counts)

    def derivative(self, top: Node, bottom: Node) -> Node:
        return leaf(f"∂{top.data}/∂{bottom.data}")

    def on_the_way(self, p: int, i: int) -> Iterator[tuple[int, int]]:
        """Layer and place of the units that unit i of layer p reaches, itself first."""
        yield p, i
        for q in range(p + 1, self.last + 1):
            yield from ((q, k) for k in range(1, self.net.sizes[q] + 1))

    def units_forward(self, p: int, i: int) -> Iterator[Block]:
        for q, k in self.on_the_way(p, i):
            z, a = self.at(self.z(q), k), self.at(self.a(q), k)
            yield self.by_entries(z, [Side(self.at(self.expr(f"z{q}"), k))])
            if self.across(q):
                yield self.by_entries(a, [Side(self.at(self.expr(f"a{q}"), k))])
            else:
                yield self.by_entries(a, [Side(self.at(self.value(q), k))])

    def errors_down(self, p: int, places: Sequence[int], array: str) -> Iterator[Block]:
        """The errors of all units on the way, from the outputs to the weight's own unit."""
        for q, k in reversed(list(self.on_the_way(p, places[0]))):
            delta, z = self.at(self.delta(q), k), self.at(self.z(q), k)
            by_z = self.outward(self.derivative(self.C, z))
            found = self.at(self.error_expr(q), k)
            if q < self.last:
                parts = ZERO
                for j in range(1, self.net.sizes[q + 1] + 1):
                    above = self.at(self.z(q + 1), j)
                    parts = add(parts, self.derivative(self.C, above) * self.derivative(above, z))
                sides = [
                    Side(by_z, "derivation.delta.definition"),
                    Side(self.outward(parts), "derivation.node.downstream"),
                ]
            else:
                sides = [Side(by_z, "derivation.delta.definition")]
            yield self.by_entries(delta, [*sides, Side(found)])
        yield Heading(self.say("derivation.gradients"))
        weight, z = leaf(entry_name(array, places)), self.at(self.z(p), places[0])
        gradient = self.outward(self.passed(p, places))
        yield self.by_entries(
            self.derivative(self.C, weight),
            [
                Side(self.derivative(self.C, z) * self.derivative(z, weight), "derivation.chain_rule"),
                Side(gradient, "derivation.bp4.input"),
            ],
        )
        if 1 < self.paths(p) <= MOST:
            yield Paragraph(self.say("derivation.node.all_paths", paths=self.paths(p)))
            yield self.by_entries(self.derivative(self.C, weight), [Side(self.path_sum(p, places, array))])
        if not self.plain or self.net.mixes_samples:  # no step along the gradient of one sample
            return
        yield Heading(self.say("derivation.update"))
        yield from self.penalty_added()
        for q, own in self.weights_on_the_way(p, places, array):
            name, at = own
            step = leaf("lr") * self.with_penalty_at(self.outward(self.passed(q, at)), name, at)
            old = leaf(entry_name(name, at))
            yield self.by_entries(old, [Side(simplify([old - step])[0], relation=self.notation.arrow)])

    def weights_on_the_way(
        self, p: int, places: Sequence[int], array: str
    ) -> Iterator[tuple[int, tuple[str, Sequence[int]]]]:
        """One weight of each later layer that the unit feeds, the weight itself, and its unit's bias."""
        for q in range(self.last, p, -1):
            yield q, (f"W{q}", (1, places[0] if q == p + 1 else 1))
        yield p, (array, places)
        if array.startswith("W"):
            yield p, (f"b{p}", places[:1])

    def passed(self, p: int, places: Sequence[int]) -> Node:
        """The error of a weight's unit times what the weight is multiplied with."""
        delta = self.at(self.delta(p), places[0])
        return delta if len(places) == 1 else delta * self.at(self.into(p), places[1])

    def stations(self, p: int, i: int) -> Iterator[list[Node]]:
        """Each path from unit i of layer p to the cost: one value of each layer."""
        later = [range(1, size + 1) for size in self.net.sizes[p + 1 :]]
        for way in product([i], *later):
            yield [
                self.at(self.z(q) if self.notation.named_errors or self.by_sum(q) else self.a(q), k)
                for q, k in zip(range(p, self.last + 1), way, strict=True)
            ]

    def by_sum(self, q: int) -> bool:
        """Whether paths go through a layer's weighted inputs: no output of it has a path of its own."""
        return self.across(q) or (q == self.last and self.outer is None)

    @cached_property
    def outer(self) -> Node | None:
        """The derivative of the cost by the outputs, where paths go through them."""
        return None if self.across(self.last) else self.by_output()

    def path_sum(self, p: int, places: Sequence[int], array: str) -> Node:
        """The derivative as the sum over the paths of the products along them."""
        weight, total = leaf(entry_name(array, places)), ZERO
        for way in self.stations(p, places[0]):
            term = self.derivative(self.C, way[-1])
            for upper, lower in zip(way[:0:-1], way[-2::-1], strict=True):
                term = mul(term, self.derivative(upper, lower))
            total = add(total, mul(term, self.derivative(way[0], weight)))
        return total

    def products(self, p: int, places: Sequence[int], array: str) -> Iterator[Block]:
        """The derivative as products of partial derivatives, and each of them."""
        weight = leaf(entry_name(array, places))
        left = self.derivative(self.C, weight)
        whole = self.path_sum(p, places, array)
        sides = [Side(whole, "derivation.node.sum")]
        if self.paths(p) == 1:
            (way,) = self.stations(p, places[0])
            short = self.derivative(self.C, way[-1]) * self.derivative(way[-1], weight)
            sides = [Side(short, "derivation.chain_rule"), Side(whole, "derivation.chain_rule")]
        yield self.by_entries(left, sides)
        yield Paragraph(self.say("derivation.node.factors"))
        values: dict[Node, Node] = {}
        for way in self.stations(p, places[0]):
            self.factor_values(p, way, places, weight, values)
        for factor, value in values.items():
            yield self.by_entries(factor, [Side(value)])
        for q in range(self.last, p - 1, -1):
            if not self.is_identity(q) and not self.by_sum(q):
                k = places[0] if q == p else 1
                slope = self.at(self.own_slope(q), k)
                yield self.by_entries(slope, [Side(self.at(self.own_slope_expr(q), k))])
        yield Paragraph(self.say("derivation.node.together"))
        terms = ZERO
        for way in self.stations(p, places[0]):
            factors = self.factor_values(p, way, places, weight, {})
            term = ONE
            for factor in factors:
                term = mul(term, factor)
            term = sign_first(term)
            terms = sub(terms, term.args[0]) if term.data == "neg" else add(terms, term)
        yield self.by_entries(left, [Side(terms, "derivation.put_in")])
        if not self.plain or self.net.mixes_samples:  # no step along the gradient of one sample
            return
        yield Heading(self.say("derivation.update"))
        yield from self.penalty_added()
        step = leaf("lr") * self.with_penalty_at(left, array, places)
        yield self.by_entries(weight, [Side(weight - step, relation=self.notation.arrow)])

    def factor_values(
        self, p: int, way: Sequence[Node], places: Sequence[int], weight: Node, values: dict[Node, Node]
    ) -> list[Node]:
        """What each partial derivative along a path is; also put into `values`, by its symbol."""
        spots = [int(str(station.data).partition("[")[2][:-1]) for station in way]
        k = spots[-1]
        first = self.at(self.expr(f"delta{self.last}") if self.outer is None else self.outer, k)
        found = [first]
        values[self.derivative(self.C, way[-1])] = first
        for q in range(self.last, p, -1):
            upper, lower = way[q - p], way[q - p - 1]
            value = mul(
                leaf(entry_name(f"W{q}", (spots[q - p], spots[q - p - 1]))), self.local(q, spots[q - p])
            )
            values[self.derivative(upper, lower)] = value
            found.append(value)
        below = ONE if len(places) == 1 else self.at(self.into(p), places[1])
        value = mul(below, self.local(p, places[0]))
        values[self.derivative(way[0], weight)] = value
        return [*found, value]

    def local(self, q: int, k: int) -> Node:
        """What a unit's output gains by its weighted input; 1 where the path goes through that only."""
        slope = self.slope(q)
        return ONE if self.by_sum(q) or slope is ONE else self.at(slope, k)

    def in_sums(self, p: int, places: Sequence[int], array: str) -> Iterator[Block]:
        """The same for a wide network: sums stay sums, only the weight's own indices are numbers."""
        names = [self.printer.place_name(p, places[0])]
        if len(places) > 1:
            names.append(self.printer.place_name(p - 1, places[1]))
        own = dict(zip(self.one.parameters[array], names, strict=True))
        z, delta = self.z(p), self.delta(p)
        yield Heading(self.say("derivation.forward"))
        yield self.with_letters(z, [Side(self.expr(f"z{p}"))], own, places[:1])
        if normalised := self.units[p - 1].normalised:
            for part, node in normalised.parts.items():
                left = leaf(f"{part}{p}", node.dims)
                yield self.with_letters(left, [Side(self.expr(f"{part}{p}"))], own, places[: len(node.dims)])
        yield self.with_letters(self.a(p), [Side(self.expr(f"a{p}"))], own, places[:1])
        yield Heading(self.say("derivation.node.backward"))
        for q, place in reversed(self.layers()):
            if (q > p or place.anchor is not None) and self.normed(q):
                yield self.by_entries(derivative(self.C, self.u(q)), [Side(self.behind(q))], place)
            if q > p or place.anchor is not None:
                found = self.target_first(self.signed(self.expr(f"delta{q}")))
                yield self.by_entries(self.delta(q), [Side(found)], place)
                if self.worked is not None:
                    yield from self.by_matrices(self.delta(q), [Side(self.error_expr(q))], place)
        if self.normed(p):
            yield self.with_letters(derivative(self.C, self.u(p)), [Side(self.behind(p))], own, places[:1])
        yield self.with_letters(delta, [Side(self.error_expr(p))], own, places[:1])
        yield Heading(self.say("derivation.gradients"))
        gradient = leaf(f"∂C/∂{array}", self.one.parameters[array])
        shared = len(places) == 2 and any(unit.layer.shared == p for unit in self.units)
        key = "shared.paths" if shared else "bp4.input" if len(places) == 2 else "bp3.one"
        reason = "" if quantity(array).kind in ("gamma", "beta") else f"derivation.{key}"
        side = Side(self.unsigned(self.expr(f"d{array}")), reason)
        if shared and self.notation.numbering == "node":  # each use has nodes of its own
            yield from self.by_matrices(gradient, [side])
        else:
            yield self.with_letters(gradient, [side], own, places)

    def behind(self, p: int) -> Node:
        """The derivative of the cost behind a layer's normalisation."""
        return self.unsigned(self.expr(f"du{p}"))

    def with_letters(
        self, left: Node, sides: Sequence[Side], letters: dict[str, str], places: Sequence[int]
    ) -> Formula:
        """A chain in index form whose own dims have these letters, and are at these places."""
        texts = [self.printer.index(side.node, letters, NUMBERED) for side in sides]
        steps = self.steps(texts, sides)
        if self.worked is not None:
            steps = (*steps, *self.worked.steps(self.at(sides[-1].node, *places)))
        return Formula(self.printer.index(left, letters, NUMBERED), steps, "", NUMBERED)


def readable(count: int) -> str:
    """A count in digits, or where these would be many, about how many: $2.8 \\cdot 10^{44}$."""
    if count < 10**7:
        return str(count)
    mantissa, exponent = f"{Decimal(count):.1e}".split("e+")
    return rf"$\approx {mantissa} \cdot 10^{{{exponent}}}$"
