"""The derivation in vectors and matrices: forward pass, cost, the four equations, batch, update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from chainrule.catalog.losses import LOSSES
from chainrule.derivation import cells
from chainrule.derivation.algebra import by_rows, expanded, renamed
from chainrule.derivation.numbers import value
from chainrule.derivation.rules import kink_notes
from chainrule.documents.document import Block, Formula, Heading, Note, Paragraph, Step, Table
from chainrule.expr import ONE, Node, contract, div, identity, leaf, mul, neg, rename, replace, size, sub
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, Unit
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.printer import Printer
from chainrule.notation.quantity import derivative
from chainrule.primitives import PRIMITIVES
from chainrule.program import Program, build
from chainrule.reverse import reverse
from chainrule.sentences import say
from chainrule.simplify import factors_of, product_of, simplify

FEW = 4
"""Up to so many layers are written out one by one; of a deeper one the first, the general and the last."""


@dataclass(frozen=True)
class Side:
    """One side of a chain as an expression, and the key of the sentence that says why."""

    node: Node
    reason: str = ""
    relation: str = "="


class LayerDerivation:
    """Writes the derivation of one network in one notation, in the language in force."""

    def __init__(self, net: NetworkDefinition, notation: Notation, optimizer: str = "sgd") -> None:
        self.net = net.resolved()
        self.notation = notation
        self.one = build(self.net, optimizer, one_sample=True)
        self.batch = build(self.net, optimizer)
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

    def delta(self, p: int) -> Node:
        return leaf(f"delta{p}", self.units[p - 1].z.dims)

    def slope(self, p: int) -> Node:
        """g'(z) of a layer; 1 where g is the identity."""
        return ONE if self.is_identity(p) else leaf(f"g{p}'", self.units[p - 1].z.dims)

    def is_identity(self, p: int) -> bool:
        return self.units[p - 1].a is self.units[p - 1].z

    def across(self, p: int) -> bool:
        return find_activation(str(self.units[p - 1].layer.activation))[0].across

    def expr(self, name: str, program: Program | None = None) -> Node:
        """The expression of a line of the program that is no update, sizes of 1 left out."""
        lines = (program or self.one).lines
        (line,) = (li for li in lines if li.name == name and li.role not in ("update", "state"))
        return simplify([line.expr], self.sizes)[0] if self.sizes else line.expr

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

    # Writing formulas

    def by_entries(
        self,
        left: Node,
        sides: Sequence[Side],
        place: Place = NUMBERED,
        *,
        kind: str = "error",
        label: str = "",
    ) -> Formula:
        """A chain in index form."""
        letters = self.printer.letters(left.dims, kind)
        head = self.printer.index(left, letters, place, kind)
        texts = [self.printer.index(side.node, letters, place, kind) for side in sides]
        return Formula(head, self.steps(texts, sides), label, place)

    def by_matrices(
        self,
        left: Node,
        sides: Sequence[Side],
        place: Place = NUMBERED,
        *,
        label: str = "",
        shapes: bool = False,
    ) -> Iterator[Formula]:
        """A chain in matrix form, of the sides that have one."""
        head = self.printer.matrix(left, place)
        texts = [self.printer.matrix(side.node, place, shapes=shapes) for side in sides]
        steps = self.steps(texts, sides)
        if head is not None and steps:
            yield Formula(head, steps, label, place)

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
        return say(f"derivation.{key}", **words, **fields)

    def once(self, key: str, **fields: object) -> Iterator[Block]:
        """A paragraph that is said the first time it is due."""
        if key not in self.said:
            self.said.add(key)
            yield Paragraph(self.say(key, **fields))

    def math(self, node: Node, place: Place = NUMBERED) -> str:
        return f"${self.printer.matrix(node, place)}$"

    def layers(self) -> list[tuple[int, Place]]:
        """The layers that are written out, and how they are called."""
        if self.last <= FEW:
            return [(p, NUMBERED) for p in range(1, self.last + 1)]
        odd = [p for p in range(1, self.last) if self.is_odd(p)]
        general = next(p for p in range(self.last - 1, 0, -1) if p not in odd)
        return [*((p, NUMBERED) for p in odd[:FEW]), (general, Place(general)), (self.last, NUMBERED)]

    def is_odd(self, p: int) -> bool:
        """Whether a hidden layer differs from most of them."""
        kinds = [str(unit.layer.activation) for unit in self.units[:-1]]
        usual = max(kinds, key=kinds.count)
        shared = self.units[p - 1].layer.shared or any(unit.layer.shared == p for unit in self.units)
        return bool(shared) or kinds[p - 1] != usual

    def called(self, p: int, place: Place) -> str:
        """What a layer is called, with its range where it stands for several."""
        name = self.notation.layer(p, place)
        if place.anchor is None:
            return name
        numbers = [q for q in range(1, self.last) if not self.is_odd(q)]
        first, last = (self.notation.layer(q) for q in (numbers[0], numbers[-1]))
        return self.say("general", letter=f"${name}$", first=first, last=last)

    # The parts

    def blocks(self) -> Iterator[Block]:
        """The whole derivation; of two formulas in a row that say the same, one."""
        last: Block | None = None
        for block in self.parts():
            if not (isinstance(block, Formula) and isinstance(last, Formula) and _alike(block, last)):
                yield block
            last = block

    def parts(self) -> Iterator[Block]:
        yield Heading(self.say("title", network=str(self.net), notation=self.notation.name), 1)
        yield from self.network()
        yield cells.drawn(self.batch)
        yield Heading(self.say("forward"))
        for p, place in self.layers():
            yield from self.forward(p, place)
            yield from self.code(p, place, "forward")
        yield from self.note("forward")
        yield Heading(self.say("cost"))
        yield from self.cost()
        yield cells.cost(self.batch)
        yield Heading(self.say("backward"))
        yield from self.errors()
        yield from self.note("errors")
        yield from self.output_error()
        yield from self.code(self.last, NUMBERED, "error")
        yield from self.note("bp1")
        for p, place in reversed(self.layers()[:-1]):
            yield from self.hidden_error(p, place)
            yield from self.code(p, place, "error")
        if self.last > 1:
            yield from self.note("bp2")
        yield Heading(self.say("gradients"))
        for p, place in reversed(self.layers()):
            yield from self.gradient(p, place)
            yield from self.code(p, place, "gradient")
        yield from self.note("gradients")
        yield cells.checked(self.batch)
        yield Heading(self.say("batch"))
        yield from self.batches()
        yield Heading(self.say("update"))
        yield from self.updates()
        yield cells.updated(self.batch)
        yield from self.note("update")
        yield from self.summary()
        yield from self.remarks()

    def code(self, p: int, place: Place, kinds: str) -> Iterator[Block]:
        """The source of a layer's lines; in a deep network, with the general layer, that of all hidden."""
        shown = [layer for layer, _ in self.layers()]
        if self.last <= FEW or p == self.last:
            yield cells.of_layers(self.batch, [p], kinds)
        elif place.anchor is not None or (place is NUMBERED and shown[-2:] == [p, self.last]):
            yield cells.of_layers(self.batch, range(1, self.last), kinds)

    def note(self, part: str) -> Iterator[Block]:
        """What the notation has to say beside a part."""
        if text := self.notation.note(part):
            yield Note(text)

    def network(self) -> Iterator[Block]:
        names = ", ".join(str(u.layer.activation) for u in self.units)
        yield Paragraph(
            self.say(
                "network",
                layers=self.last,
                sizes="-".join(map(str, self.net.sizes)),
                activations=names,
                loss=self.net.loss,
                cite=self.notation.cite,
            )
        )
        rows = []
        for p, place in self.layers():
            name, number = self.say("layer", number=self.called(p, place)), place
            for node, what in (
                (self.units[p - 1].weights, "weights"),
                (leaf(f"b{p}", self.z(p).dims), "biases"),
                (self.z(p), "z"),
                (self.a(p), "a"),
                (self.delta(p), "delta"),
            ):
                if what in self.notation.words or what in ("weights", "biases"):
                    word = self.notation.words.get(what)
                    text = self.notation.word(what) if word else self.say(what)
                    shape = f"${self.printer.shape(node.dims, number)}$"
                    rows.append((self.math(node, number), shape, text, name))
        head = ("symbol", "shape", "meaning", "where")
        yield Table(tuple(self.say(f"head.{h}") for h in head), tuple(rows))

    def forward(self, p: int, place: Place) -> Iterator[Block]:
        unit = self.units[p - 1]
        yield Paragraph(self.say("forward.layer", layer=self.called(p, place)))
        z = self.expr(f"z{p}")
        yield self.by_entries(self.z(p), [Side(z, "forward.sum")], place, kind="forward")
        yield from self.by_matrices(self.z(p), [Side(z, "forward.matrix")], place, shapes=True)
        a = self.expr(f"a{p}")
        sides = [Side(a)] if self.is_identity(p) else [Side(leaf(f"g{p}", unit.z.dims), "forward.activation")]
        if self.across(p):
            yield self.by_entries(self.a(p), [Side(a, "forward.softmax")], place, kind="forward")
        elif not self.is_identity(p):
            sides.append(Side(_opened(a)))
            yield self.by_entries(self.a(p), sides, place, kind="forward")
        yield from self.by_matrices(self.a(p), sides[:1], place)

    def cost_expr(self) -> Node:
        """What one sample costs, in its targets and outputs."""
        loss, settings = LOSSES.choose(str(self.net.loss))
        y, a, z = self.one.meaning.y, self.a(self.last), self.z(self.last)
        return simplify([loss.function(y, a, z, "k", **settings)], self.sizes)[0]

    def cost(self) -> Iterator[Block]:
        loss, settings = LOSSES.choose(str(self.net.loss))
        y, a, z = self.one.meaning.y, self.a(self.last), self.z(self.last)
        meant = self.cost_expr()
        place = Place(self.last, self.notation.last)
        yield self.by_entries(self.C, [Side(meant)], place, kind="cost")
        yield from self.by_matrices(self.C, [Side(meant)], place)
        closed = loss.from_z.get(str(self.units[-1].layer.activation))
        if closed:
            stable = simplify([closed(y, a, z, "k", **settings)], self.sizes)[0]
            yield Paragraph(self.say("cost.stable"))
            yield self.by_entries(self.C, [Side(stable)], place)

    def errors(self) -> Iterator[Block]:
        """What the error of a unit is."""
        if not self.notation.named_errors:
            yield Paragraph(self.say("errors.none"))
            return
        place = Place(self.last, "l")
        by_z = derivative(self.C, self.z(self.last))
        sign = Side(by_z if self.notation.error_sign == 1 else neg(by_z))
        yield Paragraph(self.say("errors"))
        yield self.by_entries(self.delta(self.last), [sign], place)

    def by_output(self) -> Node | None:
        """The derivative of the cost by the outputs; None where the loss is not of the outputs alone."""
        loss, settings = LOSSES.choose(str(self.net.loss))
        y, a, z = self.one.meaning.y, self.a(self.last), self.z(self.last)
        cost = loss.function(y, a, z, "k", **settings)
        of_z, of_a = reverse(cost, [z, a])
        if of_z.args[0].op != "const" or of_a.op == "const":
            return None
        return self.target_first(simplify([of_a], self.sizes)[0])

    def target_first(self, node: Node) -> Node:
        """-(y - a) for a - y, where the notation writes it so."""
        y, a = self.one.meaning.y, self.a(self.last)
        if not self.notation.target_first:
            return node
        turned = replace([node], {sub(a, y): neg(sub(y, a))})[0]
        return sign_first(turned)

    def output_error(self) -> Iterator[Block]:
        p, place = self.last, Place(self.last, self.notation.last)
        delta, a, z = self.delta(p), self.a(p), self.z(p)
        result = self.error_expr(p)
        by_a = derivative(self.C, a)
        outer = self.by_output()
        number = self.notation.layer(p)
        yield Heading(self.say("bp1", letter=f"${self.notation.last}$", number=number), 3)
        first = self.definition(z)
        if outer is None or self.across(p):
            yield from self.output_across(first, outer, result, place)
            return
        local = derivative(a, z, entrywise=True)
        yield Paragraph(self.say("bp1.one_path"))
        yield self.by_entries(
            delta,
            [
                *first,
                Side(self.outward(by_a * local), "chain_rule"),
                *([] if self.is_identity(p) else [Side(self.outward(by_a * self.slope(p)), "slope")]),
            ],
            place,
            label="BP1",
        )
        yield Paragraph(self.say("bp1.parts"))
        yield self.by_entries(by_a, [Side(outer)], place)
        if not self.is_identity(p):
            yield self.by_entries(self.slope(p), [Side(self.slope_expr(p))], place)
        own = outer if self.notation.error_sign == 1 else simplify([neg(outer)])[0]
        half = self.product(own, self.slope(p))
        whole = self.product(own, self.slope_expr(p))
        sides = [Side(half, "put_in"), Side(whole, "put_in"), Side(result, "simplified")]
        yield self.by_entries(delta, sides, place)
        yield from self.by_matrices(
            delta, [Side(self.outward(by_a * self.slope(p))), Side(half), Side(result)], place, label="BP1"
        )

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

    def error_expr(self, p: int) -> Node:
        """The error of a layer as the program computes it, in this notation's errors."""
        found = self.target_first(self.signed(self.expr(f"delta{p}")))
        return found if self.across(p) else self.ordered(found, self.slope_expr(p))

    def definition(self, z: Node) -> list[Side]:
        """The side that says what an error is; none where errors have no name."""
        by_z = self.outward(derivative(self.C, z))
        return [Side(by_z, "delta.definition")] if self.notation.named_errors else []

    def output_across(
        self, first: list[Side], outer: Node | None, result: Node, place: Place
    ) -> Iterator[Block]:
        """The output's error where it has no factor for each output alone."""
        p = self.last
        delta, a = self.delta(p), self.a(p)
        if outer is None:
            yield Paragraph(self.say("bp1.of_z"))
            yield self.by_entries(delta, [*first, Side(result, "derived")], place, label="BP1")
        else:
            each, local = leaf(f"∂C/∂a{p}", ("k'",)), leaf(f"∂a{p}/∂z{p}", ("k'", "k"))
            cost, jacobian = renamed(outer, "k", "k'"), self.jacobian()
            yield Paragraph(self.say("bp1.all_paths"))
            through = self.outward(contract(["k"], each, local))
            yield self.by_entries(delta, [*first, Side(through, "chain_rule")], place, label="BP1")
            yield Paragraph(self.say("bp1.parts"))
            yield self.by_entries(each, [Side(cost)], place)
            yield self.by_entries(local, [Side(jacobian, "softmax.jacobian")], place)
            raw = contract(["k"], cost, jacobian)
            wide = self.outward(expanded(raw, nonzero={rename(a, {"k": "k'"})}))
            last = Side(result, "sum_to_one" if self.one.one_sum else "simplified")
            sides = [Side(self.outward(raw), "put_in"), Side(wide, "expanded"), last]
            yield self.by_entries(delta, sides, place)
        yield from self.by_matrices(delta, [Side(result)], place, label="BP1")

    def jacobian(self) -> Node:
        """The derivative of each output by each weighted input, dims (k', k), in terms of the outputs."""
        row, settings = find_activation(str(self.units[-1].layer.activation))
        z, a = self.z(self.last), self.a(self.last)
        value = row.apply(z, "k", **settings)
        found = reverse(value, [z], identity("k'", "k"))[0]
        return by_rows(replace([found], {value: a})[0], "k'", "k")

    def outward(self, node: Node) -> Node:
        """A derivative by z, with the sign that this notation's error has."""
        return node if self.notation.error_sign == 1 else neg(node)

    def slope_expr(self, p: int) -> Node:
        """g'(z) as the program computes it."""
        unit = self.units[p - 1]
        z = self.z(p)
        row, settings = find_activation(str(unit.layer.activation))
        value = row.apply(z, z.dims[0], **settings)
        named = {value: self.a(p)} if value is not z else {}
        return simplify(replace(reverse(value, [z], contract(z.dims)), named))[0]

    def hidden_error(self, p: int, place: Place) -> Iterator[Block]:
        upper = self.units[p]
        delta, a, z = self.delta(p), self.a(p), self.z(p)
        above = self.z(p + 1)
        by_above = derivative(self.C, above)
        through = derivative(above, a)
        local = derivative(a, z, entrywise=True)
        weights = self.weights(upper)
        dims = z.dims
        yield Heading(self.say("bp2", layer=self.called(p, place)), 3)
        yield from self.once("bp2.paths")
        back = contract(dims, weights, self.delta(p + 1))
        by_a = derivative(self.C, a)
        whole = self.signed(self.product(back, self.slope(p)))
        if self.notation.slope_first:
            whole = self.product(back, self.slope(p))
        sides = [
            *self.definition(z),
            Side(self.outward(contract(dims, by_above, through) * local), "chain_rule"),
            Side(whole, "bp2.parts"),
        ]
        yield self.by_entries(delta, sides, place, label="BP2")
        result = self.error_expr(p)
        if not self.is_identity(p):
            yield self.by_entries(self.slope(p), [Side(self.slope_expr(p))], place)
            yield self.by_entries(delta, [Side(result, "put_in")], place)
        yield from self.once("bp2.transpose", weights=self.math(weights, place))
        yield from self.by_matrices(by_a, [Side(self.outward(back))], place, shapes=True)
        yield from self.by_matrices(delta, [Side(whole)], place, label="BP2", shapes=True)
        yield from self.by_matrices(delta, [Side(result)], place)

    def weights(self, unit: Unit) -> Node:
        """A layer's weights with its own dims, also where it shares another's."""
        into = self.a(unit.number - 1).dims
        own = (*unit.z.dims, *into)
        return rename(unit.weights, dict(zip(unit.weights.dims, own, strict=True)))

    def gradient(self, p: int, place: Place) -> Iterator[Block]:
        unit = self.units[p - 1]
        z, delta, below = self.z(p), self.delta(p), self.a(p - 1)
        error = delta if self.notation.error_sign == 1 else neg(delta)
        yield Heading(self.say("bp34", layer=self.called(p, place)), 3)
        b = leaf(f"b{p}", z.dims)
        by_z = derivative(self.C, z)
        yield self.by_entries(
            derivative(self.C, b),
            [Side(by_z * derivative(z, b, entrywise=True), "chain_rule"), Side(error, "bp3.one")],
            place,
            kind="weight",
            label="BP3",
        )
        if unit.layer.shared:
            yield Paragraph(self.say("shared.here", layer=self.notation.layer(unit.layer.shared)))
            return
        w = unit.weights
        local = derivative(z, w, entrywise=True)
        users = [u for u in self.units if u.layer.shared == p]
        if users:
            yield from self.shared_gradient(p, place)
            return
        (product,) = simplify([contract(w.dims, error, below)])
        passed = leaf(f"in{p}", w.dims) if "in[]" in self.notation.symbols else below
        yield self.by_entries(
            derivative(self.C, w),
            [
                Side(contract(w.dims, by_z, local), "bp4.one_path"),
                Side(self.turned(delta, passed), "bp4.input"),
            ],
            place,
            kind="weight",
            label="BP4",
        )
        yield from self.by_matrices(derivative(self.C, b), [Side(error)], place, label="BP3", shapes=True)
        yield from self.by_matrices(derivative(self.C, w), [Side(product)], place, label="BP4", shapes=True)
        if self.last <= 2:
            yield from self.by_matrices(derivative(self.C, w), [Side(self.written_out(p), "put_in")], place)
        yield from self.once("bp4.outer", shape=f"${self.printer.shape(w.dims, place)}$")

    def written_out(self, p: int) -> Node:
        """The gradient of a layer's weights with every error put in."""
        found = self.outward(self.delta(p))
        for q in range(p, self.last + 1):
            (found,) = replace([found], {self.delta(q): self.error_expr(q)})
        (product,) = simplify([contract(self.units[p - 1].weights.dims, found, self.a(p - 1))])
        return product

    def turned(self, delta: Node, passed: Node) -> Node:
        """The product of an error and what is passed to its unit, as the derivative by the weight."""
        product = contract((*delta.dims, *(d for d in passed.dims if d not in delta.dims)), delta, passed)
        if set(delta.dims) <= set(passed.dims):
            product = mul(delta, passed)
        return product if self.notation.error_sign == 1 else neg(product)

    def shared_gradient(self, p: int, place: Place) -> Iterator[Block]:
        w = self.units[p - 1].weights
        total = self.unsigned(self.expr(f"dW{p}"))
        yield Paragraph(self.say("shared.sum"))
        sides = [Side(total, "shared.paths")]
        yield self.by_entries(derivative(self.C, w), sides, place, kind="weight", label="BP4")
        yield from self.by_matrices(derivative(self.C, w), [Side(total)], place, label="BP4")

    # Batch and update

    def mean(self, node: Node) -> Node:
        """The mean over the samples of what one of them gives."""
        each = leaf(str(node.data), ("n", *node.dims))
        return contract(node.dims, each) / size("n")

    def penalties(self) -> Node | None:
        """The penalties of J together."""
        J, found = self.batch.meaning.J, None
        for _ in self.batch.constants:
            found = J.args[1] if found is None else J.args[1] + found
            J = J.args[0]
        return found

    def batches(self) -> Iterator[Block]:
        place = Place(batch=True)
        penalties = self.penalties()
        y, a, z = (
            leaf(str(v.data), ("n", "k")) for v in (self.one.meaning.y, self.a(self.last), self.z(self.last))
        )
        loss, settings = LOSSES.choose(str(self.net.loss))
        (each,) = simplify([loss.function(y, a, z, "k", **settings)], self.sizes)
        sums = [self.mean(self.C), contract([], each) / size("n")]
        if penalties is not None:
            sums = [total + simplify([penalties])[0] for total in sums]
        yield Paragraph(self.say("batch.mean", m=self.notation.sample_count))
        yield from self.by_matrices(self.J, [Side(total) for total in sums], place)
        if penalties is not None:
            yield Paragraph(self.say("batch.penalty"))
        for p, place_of in reversed(self.layers()):
            unit = self.units[p - 1]
            here = Place(place_of.anchor, place_of.letter, batch=True)
            arrays = [leaf(f"b{p}", self.z(p).dims)]
            if not unit.layer.shared:
                arrays.insert(0, unit.weights)
            for array in arrays:
                yield from self.by_matrices(derivative(self.J, array), self.batch_sides(p, array), here)

    def batch_sides(self, p: int, array: Node) -> list[Side]:
        """A gradient over a batch: the mean of the samples' gradients, then in terms of errors."""
        error = leaf(f"delta{p}", ("n", *self.z(p).dims))
        if self.notation.error_sign == -1:
            error = neg(error)
        below = self.a(p - 1)
        below = leaf(str(below.data), ("n", *below.dims))
        users = any(u.layer.shared == p for u in self.units)
        penalties = self.penalties()
        extra = None
        if penalties is not None and len(array.dims) == 2:
            (extra,) = simplify(reverse(penalties, [array]))
        sides = [self.mean(derivative(self.C, array))]
        if not users:
            factors = (error, below) if len(array.dims) == 2 else (error,)
            sides.append(simplify([contract(array.dims, *factors) / size("n")])[0])
        return [
            Side(side if extra is None else side + extra, reason)
            for side, reason in zip(sides, ("batch.gradient", "batch.errors"), strict=False)
        ]

    def updates(self) -> Iterator[Block]:
        yield Paragraph(self.say("update.text"))
        for p, place in self.layers():
            here = Place(place.anchor, place.letter, batch=True)
            for line in self.batch.lines:
                array = line.name.partition("_")[2] or line.name
                if line.role not in ("state", "update") or int(array[1:]) != p:
                    continue
                w, slope = leaf(array, line.dims), derivative(self.J, leaf(array, line.dims))
                named = replace([line.expr], {leaf(f"d{array}", w.dims): slope})[0]
                *_, last = self.batch_sides(p, w)
                whole = simplify(replace([named], {slope: last.node}))[0]
                sides = [Side(named, relation=self.notation.arrow), Side(whole, "batch.errors")]
                yield from self.by_matrices(leaf(line.name, w.dims), sides, here)
        if self.units[-1].layer.shared or self.batch.states:
            return
        p, place = self.layers()[-1]
        w = self.units[p - 1].weights
        passed = leaf(f"in{p}", w.dims) if "in[]" in self.notation.symbols else self.a(p - 1)
        yield Paragraph(self.say("update.sample"))
        b, error = leaf(f"b{p}", self.z(p).dims), self.outward(self.delta(p))
        products = self.turned(self.delta(p), passed), contract(w.dims, error, self.a(p - 1))
        for parameter, entries, whole in ((w, *products), (b, error, error)):
            by_slope = parameter - leaf("lr") * derivative(self.C, parameter)
            down = Side(by_slope, relation=self.notation.arrow)
            each, all_ = (Side(_minus(parameter, leaf("lr") * product)) for product in (entries, whole))
            yield self.by_entries(parameter, [down, each], place, kind="weight")
            yield from self.by_matrices(parameter, [down, all_], place)

    def summary(self) -> Iterator[Block]:
        """Forward pass and the four equations with letters for layers."""
        yield Heading(self.say("summary"))
        last, top = self.last, Place(self.last, self.notation.last)
        below = Place(last + self.notation.weights)
        if not self.units[last - 1].layer.shared:
            yield from self.by_matrices(self.z(last), [Side(self.expr(f"z{last}"))], below)
        hidden = [p for p in range(1, last) if not self.is_odd(p)]
        for p in hidden[-1:]:
            value = self.expr(f"a{p}") if self.is_identity(p) else leaf(f"g{p}", self.z(p).dims)
            yield from self.by_matrices(self.a(p), [Side(value)], Place(p))
        outer, a, delta = self.by_output(), self.a(last), self.delta(last)
        sides = [Side(self.error_expr(last))]
        if outer is not None and not self.across(last):
            own = outer if self.notation.error_sign == 1 else simplify([neg(outer)])[0]
            by_a = self.outward(derivative(self.C, a) * self.slope(last))
            sides = [Side(by_a), Side(self.product(own, self.slope(last))), *sides]
        yield self.by_entries(delta, sides[-1:], top, kind="summary")
        yield from self.by_matrices(delta, sides, top, label="BP1")
        for p in hidden[-1:]:
            back = contract(self.z(p).dims, self.weights(self.units[p]), self.delta(p + 1))
            whole = Side(self.product(back, self.slope(p)))
            yield self.by_entries(self.delta(p), [whole, Side(self.error_expr(p))], Place(p), kind="summary")
            yield from self.by_matrices(
                self.delta(p), [whole, Side(self.error_expr(p))], Place(p), label="BP2"
            )
        if self.units[last - 1].layer.shared:
            return
        b, w = leaf(f"b{last}", delta.dims), self.units[last - 1].weights
        error = self.outward(delta)
        (product,) = simplify([contract(w.dims, error, self.a(last - 1))])
        for array, value, label in ((b, error, "BP3"), (w, product, "BP4")):
            slope = derivative(self.C, array)
            yield self.by_entries(slope, [Side(value)], below, kind="weight")
            yield from self.by_matrices(slope, [Side(value)], below, label=label)

    # Remarks

    def remarks(self) -> Iterator[Block]:
        items = [*map(Note, self.slopes()), *self.kinks()]
        linear = [p for p in range(1, self.last) if self.is_identity(p)]
        if items or linear:
            yield Heading(self.say("remarks"))
        yield from items
        for p in linear[:1]:
            yield from self.collapse(p)

    def slopes(self) -> Iterator[str]:
        """How the slopes of the hidden layers add up, from what they are at most."""
        largest = [steepest(str(unit.layer.activation)) for unit in self.units[:-1]]
        if not largest or all(self.is_identity(p) for p in range(1, self.last)):
            return
        each = " / ".join(dict.fromkeys(f"{slope:.3g}" for slope in largest))
        key = "vanishing" if max(largest) < 1 else "slopes"
        fields = {"count": len(largest), "each": each, "together": f"{prod(largest):.3g}"}
        yield self.say(key, first=self.notation.layer(1), **fields)

    def collapse(self, p: int) -> Iterator[Block]:
        """A linear hidden layer put into the next one: both are one linear layer."""
        upper, lower = self.units[p].weights, self.units[p - 1].weights
        z, below = self.z(p + 1), self.a(p - 1)
        (inside,) = replace([self.expr(f"z{p + 1}")], {self.a(p): self.expr(f"z{p}")})
        b, c = leaf(f"b{p}", self.z(p).dims), leaf(f"b{p + 1}", z.dims)
        product = contract((*z.dims, *below.dims), upper, lower)
        multiplied = contract(z.dims, product, below) + (contract(z.dims, upper, b) + c)
        yield Paragraph(self.say("collapse", layer=self.notation.layer(p)))
        yield from self.by_matrices(z, [Side(inside, "put_in"), Side(multiplied, "expanded")])

    def kinks(self) -> Iterator[Note]:
        """What is declared at the kinks of the activations."""
        numbers = {str(unit.layer.activation): unit.number for unit in self.units}
        for name, p in numbers.items():
            if not self.across(p) and not self.is_identity(p):
                symbol = self.notation.activation(self.net, p)
                yield from kink_notes(name, function=symbol, variable=self.printer.symbol("z1[1]"))


def _alike(one: Formula, other: Formula) -> bool:
    """Whether two formulas have the same sides; a unit alone in its layer has no index to differ by."""
    return (one.left, *(s.tex for s in one.steps)) == (other.left, *(s.tex for s in other.steps))


def _minus(node: Node, step: Node) -> Node:
    """node - step, or node + step' where the step is -step'."""
    return simplify([node - step])[0]


def sign_first(node: Node) -> Node:
    """A minus within a product, in front of it."""
    if node.op != "elementwise" or node.data not in ("mul", "div"):
        return node
    over, other = (sign_first(arg) for arg in node.args)
    signs = [part.op == "elementwise" and part.data == "neg" for part in (over, other)]
    over, other = (p.args[0] if s else p for p, s in zip((over, other), signs, strict=True))
    product = mul(over, other) if node.data == "mul" else div(over, other)
    return neg(product) if sum(signs) == 1 else product


def steepest(activation: str) -> float:
    """The largest slope, without its sign, that an activation has from -20 to 20."""
    row, settings = find_activation(activation)
    z = leaf("z")
    (slope,) = simplify(reverse(row.apply(z, "unit", **settings), [z]))
    return max(abs(value(slope, {"z": i / 16})) for i in range(-320, 321))


def _opened(a: Node) -> Node:
    """An activation by its definition where it has one: 1 / (1 + e^-z) for the sigmoid."""
    row = PRIMITIVES.get(str(a.data)) if a.op == "elementwise" else None
    return row.definition(*a.args) if row and row.definition else a
