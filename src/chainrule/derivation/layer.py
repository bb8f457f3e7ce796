"""The derivation in vectors and matrices: forward pass, cost, the four equations, batch, update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.catalog.losses import LOSSES
from chainrule.derivation.algebra import by_rows, expanded, renamed
from chainrule.documents.document import Block, Formula, Heading, Note, Paragraph, Step, Table
from chainrule.expr import ONE, Node, contract, identity, leaf, neg, rename, replace, size
from chainrule.formula import find_activation
from chainrule.network import NetworkDefinition, Unit
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.printer import Printer
from chainrule.notation.quantity import derivative
from chainrule.primitives import PRIMITIVES
from chainrule.program import Program, build
from chainrule.reverse import reverse
from chainrule.sentences import say
from chainrule.simplify import simplify

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
        self.units = self.one.meaning.units
        self.last = len(self.units)
        self.C, self.J = leaf("C"), leaf("J")
        self.has_errors = "delta" in notation.words
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
        steps = tuple(
            Step(self.printer.index(s.node, letters, place, kind), s.relation, self.because(s.reason, place))
            for s in sides
        )
        return Formula(self.printer.index(left, letters, place, kind), steps, label, place)

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
        steps = []
        for s in sides:
            tex = self.printer.matrix(s.node, place, shapes=shapes)
            if tex is not None:
                steps.append(Step(tex, s.relation, self.because(s.reason, place)))
        if head is not None and steps:
            yield Formula(head, tuple(steps), label, place)

    def because(self, key: str, place: Place = NUMBERED) -> str:
        return self.say(key) if key else ""

    def say(self, key: str, **fields: object) -> str:
        """A sentence of the derivation, with this notation's words."""
        words = {f"_{name}": self.notation.word(name) for name in self.notation.words}
        return say(f"derivation.{key}", **words, **fields)

    def math(self, node: Node, place: Place = NUMBERED) -> str:
        return f"${self.printer.matrix(node, place)}$"

    def layers(self) -> list[tuple[int, Place]]:
        """The layers that are written out, and how they are called."""
        if self.last <= FEW:
            return [(p, NUMBERED) for p in range(1, self.last + 1)]
        odd = [p for p in range(2, self.last) if self.is_odd(p)]
        general = next(p for p in range(2, self.last) if p not in odd)
        chosen = [(1, NUMBERED), (general, Place(general)), *((p, NUMBERED) for p in odd[:FEW])]
        return [*chosen, (self.last, NUMBERED)]

    def is_odd(self, p: int) -> bool:
        """Whether a hidden layer differs from most of them."""
        kinds = [str(u.layer.activation) for u in self.units[1:-1]]
        usual = max(kinds, key=kinds.count)
        shared = self.units[p - 1].layer.shared or any(u.layer.shared == p for u in self.units)
        return bool(shared) or kinds[p - 2] != usual

    # The parts

    def blocks(self) -> Iterator[Block]:
        yield Heading(self.say("title", network=str(self.net), notation=self.notation.name), 1)
        yield from self.network()
        yield Heading(self.say("forward"))
        for p, place in self.layers():
            yield from self.forward(p, place)
        yield Heading(self.say("cost"))
        yield from self.cost()
        yield Heading(self.say("backward"))
        yield from self.errors()
        yield from self.output_error()
        for p, place in reversed(self.layers()[:-1]):
            yield from self.hidden_error(p, place)
        yield Heading(self.say("gradients"))
        for p, place in reversed(self.layers()):
            yield from self.gradient(p, place)
        yield Heading(self.say("batch"))
        yield from self.batches()
        yield Heading(self.say("update"))
        yield from self.updates()
        yield from self.remarks()

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
            name, number = self.say("layer", number=self.notation.layer(p, place)), place
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
        yield Paragraph(self.say("forward.layer", layer=self.notation.layer(p, place)))
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

    def cost(self) -> Iterator[Block]:
        loss, settings = LOSSES.choose(str(self.net.loss))
        y, a, z = self.one.meaning.y, self.a(self.last), self.z(self.last)
        meant = simplify([loss.function(y, a, z, "k", **settings)], self.sizes)[0]
        place = Place(self.last, self.notation.last)
        yield self.by_entries(self.C, [Side(meant)], place)
        yield from self.by_matrices(self.C, [Side(meant)], place)
        closed = loss.from_z.get(str(self.units[-1].layer.activation))
        if closed:
            stable = simplify([closed(y, a, z, "k", **settings)], self.sizes)[0]
            yield Paragraph(self.say("cost.stable"))
            yield self.by_entries(self.C, [Side(stable)], place)

    def errors(self) -> Iterator[Block]:
        """What the error of a unit is."""
        if not self.has_errors:
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
        return None if of_z.args[0].op != "const" or of_a.op == "const" else simplify([of_a], self.sizes)[0]

    def output_error(self) -> Iterator[Block]:
        p, place = self.last, Place(self.last, self.notation.last)
        delta, a, z = self.delta(p), self.a(p), self.z(p)
        result = self.signed(self.expr(f"delta{p}"))
        by_z, by_a = derivative(self.C, z), derivative(self.C, a)
        outer = self.by_output()
        yield Heading(self.say("bp1"), 3)
        first = [Side(self.outward(by_z), "delta.definition")] if self.has_errors else []
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
        raw = self.outward(outer * self.slope_expr(p))
        sides = [Side(raw, "put_in"), *([Side(result, "simplified")] if result is not raw else [])]
        yield self.by_entries(delta, sides, place)
        yield from self.by_matrices(
            delta,
            [
                Side(self.outward(by_a * self.slope(p))),
                Side(self.outward(outer * self.slope(p))),
                *([] if self.is_identity(p) else [Side(result)]),
            ],
            place,
            label="BP1",
        )

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
        yield Heading(self.say("bp2", layer=self.notation.layer(p, place)), 3)
        yield Paragraph(self.say("bp2.paths"))
        slope = self.slope(p)
        formula_sides = [
            *([Side(self.outward(derivative(self.C, z)), "delta.definition")] if self.has_errors else []),
            Side(self.outward(contract(dims, by_above, through) * local), "chain_rule"),
            Side(self.signed(contract(dims, weights, self.delta(p + 1)) * slope), "bp2.parts"),
        ]
        yield self.by_entries(delta, formula_sides, place, label="BP2")
        result = self.signed(self.expr(f"delta{p}"))
        if not self.is_identity(p):
            yield self.by_entries(self.slope(p), [Side(self.slope_expr(p))], place)
            yield self.by_entries(delta, [Side(result, "put_in")], place)
        yield Paragraph(self.say("bp2.transpose", weights=self.math(weights, place)))
        whole = self.signed(contract(dims, weights, self.delta(p + 1)) * slope)
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
        yield Heading(self.say("bp34", layer=self.notation.layer(p, place)), 3)
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
                Side(simplify([contract(w.dims, error, passed)])[0], "bp4.input"),
            ],
            place,
            kind="weight",
            label="BP4",
        )
        yield from self.by_matrices(derivative(self.C, b), [Side(error)], place, label="BP3", shapes=True)
        yield from self.by_matrices(derivative(self.C, w), [Side(product)], place, label="BP4", shapes=True)
        yield Paragraph(self.say("bp4.outer", shape=f"${self.printer.shape(w.dims, place)}$"))

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
        total = self.mean(self.C)
        penalties = self.penalties()
        whole = total if penalties is None else total + simplify([penalties])[0]
        yield Paragraph(self.say("batch.mean"))
        yield from self.by_matrices(self.J, [Side(whole)], place)
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
        shown = {name for p, _ in self.layers() for name in (f"W{p}", f"b{p}")}
        places = dict(self.layers())
        for line in self.batch.lines:
            array = line.name.partition("_")[2] or line.name
            if line.role not in ("state", "update") or array not in shown:
                continue
            place = places[int(array[1:])]
            here = Place(place.anchor, place.letter, batch=True)
            w = leaf(array, line.dims)
            named = replace([line.expr], {leaf(f"d{array}", line.dims): derivative(self.J, w)})[0]
            yield from self.by_matrices(
                leaf(line.name, line.dims), [Side(named, relation=self.notation.arrow)], here
            )

    # Remarks

    def remarks(self) -> Iterator[Block]:
        items = list(self.kinks())
        if any(self.is_identity(p) and self.is_identity(p + 1) for p in range(1, self.last)):
            items.append(self.say("collapse"))
        if items:
            yield Heading(self.say("remarks"))
            yield from (Note(item) for item in items)

    def kinks(self) -> Iterator[str]:
        """The conventions at the kinks of the activations."""
        said = set()
        for unit in self.units:
            for node in (unit.a, *unit.a.args):
                convention = PRIMITIVES[str(node.data)].convention if node.op == "elementwise" else ""
                if convention and convention not in said:
                    said.add(convention)
                    yield self.say("kink", activation=unit.layer.activation, convention=convention)


def _opened(a: Node) -> Node:
    """An activation by its definition where it has one: 1 / (1 + e^-z) for the sigmoid."""
    row = PRIMITIVES.get(str(a.data)) if a.op == "elementwise" else None
    return row.definition(*a.args) if row and row.definition else a
