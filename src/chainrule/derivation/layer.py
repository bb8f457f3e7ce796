"""The derivation in vectors and matrices: forward pass, cost, the four equations, batch, update."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.catalog.losses import LOSSES
from chainrule.derivation import cells
from chainrule.derivation.algebra import expanded, renamed
from chainrule.derivation.remarks import remarks
from chainrule.derivation.writer import FEW, Side, Writer
from chainrule.documents.document import Block, Formula, Heading, Paragraph, Table
from chainrule.expr import ONE, ZERO, Node, contract, in_order, leaf, neg, rename, replace, size
from chainrule.notation.notation import NUMBERED, Place
from chainrule.notation.quantity import derivative, quantity
from chainrule.primitives import PRIMITIVES
from chainrule.program import STEP, Line, leaves
from chainrule.simplify import simplify


class LayerDerivation(Writer):
    """Writes the whole derivation of one network."""

    def blocks(self) -> Iterator[Block]:
        """The whole derivation; of two formulas in a row that say the same, one."""
        last: Block | None = None
        for block in self.parts():
            if not (isinstance(block, Formula) and isinstance(last, Formula) and _alike(block, last)):
                yield block
            last = block

    def parts(self) -> Iterator[Block]:
        yield Heading(self.say("derivation.title", network=self.shorthand, notation=self.notation.name), 1)
        yield from self.network()
        yield cells.drawn(self.batch)
        yield Heading(self.say("derivation.forward"))
        for p, place in self.layers():
            yield from self.forward(p, place)
            yield from self.code(p, place, "forward")
            if place.anchor is not None:
                yield from self.ends()
        yield from self.note("forward")
        yield Heading(self.say("derivation.cost"))
        yield from self.cost()
        yield cells.cost(self.batch)
        yield Heading(self.say("derivation.backward"))
        yield from self.errors()
        yield from self.note("errors")
        yield from self.output_error()
        yield from self.code(self.last, NUMBERED, "error")
        yield from self.note("bp1")
        for p, place in reversed(self.layers()[:-1]):
            yield from self.hidden_error(p, place)
            yield from self.code(p, place, "error")
        if self.last > 1:
            yield from self.note("bp2", where="normed" if any(map(self.normed, range(1, self.last))) else "")
        yield Heading(self.say("derivation.gradients"))
        for p, place in reversed(self.layers()):
            yield from self.gradient(p, place)
            yield from self.code(p, place, "gradient")
        yield from self.note("gradients")
        yield cells.checked(self.batch)
        yield Heading(self.say("derivation.batch"))
        yield from self.batches()
        yield Heading(self.say("derivation.update"))
        yield from self.updates()
        yield cells.updated(self.batch, self.rule.rate)
        yield from self.note("update")
        yield from self.summary()
        yield from remarks(self)

    def code(self, p: int, place: Place, kinds: str) -> Iterator[Block]:
        """The source of a layer's lines; in a deep network, with the general layer, that of all hidden."""
        shown = [layer for layer, _ in self.layers()]
        if self.last <= FEW or p == self.last:
            yield cells.of_layers(self.batch, [p], kinds)
        elif place.anchor is not None or (place is NUMBERED and shown[-2:] == [p, self.last]):
            yield cells.of_layers(self.batch, range(1, self.last), kinds)

    def network(self) -> Iterator[Block]:
        names = ", ".join(dict.fromkeys(str(unit.layer.activation) for unit in self.units))
        yield Paragraph(
            self.say(
                "derivation.network",
                layers=self.last,
                network=self.shorthand,
                activations=names,
                loss=self.net.loss,
                cite=self.notation.cite,
            )
        )
        rows = []
        for p, place in self.layers():
            name, number = self.called(p, place), place
            scales = [(leaf(f"{name}{p}", self.z(p).dims), name) for name in self.scales(p)]
            masks = [] if self.mask(p) is ONE else [(self.mask(p), self.say("derivation.mask"))]
            for node, text in (
                (self.units[p - 1].weights, self.say("derivation.weights")),
                (leaf(f"b{p}", self.z(p).dims), self.say("derivation.biases")),
                *((scale, self.say(f"derivation.{name}")) for scale, name in scales),
                (self.z(p), self.notation.word("z")),
                *masks,
                (self.a(p), self.notation.word("a")),
                (self.delta(p), self.notation.word("delta")),
            ):
                shape = f"${self.printer.shape(node.dims, number)}$"
                rows.append((self.math(node, number), shape, text, name))
        head = ("symbol", "shape", "meaning", "where")
        yield Table(tuple(self.say(f"derivation.head.{h}") for h in head), tuple(rows))

    def forward(self, p: int, place: Place) -> Iterator[Block]:
        yield Paragraph(self.say("derivation.forward.layer", layer=self.called(p, place)))
        if p == 1:
            yield from self.dropout(0, place)
        z = self.expr(f"z{p}")
        yield self.by_entries(self.z(p), [Side(z, "derivation.forward.sum")], place, kind="forward")
        yield from self.by_matrices(self.z(p), [Side(z, "derivation.forward.matrix")], place, shapes=True)
        yield from self.normalisation(p, place)
        yield from self.dropout(p, place)
        a = self.computed(p) if self.net.dropped(p) else self.expr(f"a{p}")
        short = self.value(p)
        if self.across(p):
            yield self.by_entries(self.a(p), [Side(a, "derivation.forward.softmax")], place, kind="forward")
        elif not self.is_identity(p):
            sides = [Side(short, "derivation.forward.activation"), Side(self.mask(p) * _opened(a))]
            yield self.by_entries(self.a(p), sides, place, kind="forward")
        yield from self.by_matrices(self.a(p), [Side(short)], place)

    def scales(self, p: int) -> tuple[str, ...]:
        """What a normalisation learns."""
        return ("gamma", "beta") if self.normed(p) else ()

    def normalisation(self, p: int, place: Place) -> Iterator[Block]:
        """What becomes of the weighted inputs before the activation takes them."""
        normalised = self.units[p - 1].normalised
        if normalised is None:
            return
        used = "used" if self.forward_only and self.over(p) == "samples" else self.over(p)
        yield from self.once(f"derivation.norm.{used}")
        if used == "samples" and "z*" not in self.notation.symbols:
            u, z = self.math(self.u(p), place), self.math(self.z(p), place)
            yield from self.once("derivation.norm.unmarked", u=u, z=z)
        for name, node in normalised.parts.items():
            left, side = leaf(f"{name}{p}", node.dims), Side(self.expr(f"{name}{p}"))
            yield self.by_entries(left, [side], place, kind="forward")
            by_each = name == "zhat" and self.over(p) == "samples"
            whole = Side(side.node, "derivation.norm.divided" if by_each else "")
            yield from self.by_matrices(left, [whole], place)
            if self.worked is not None and self.worked.tables and not left.dims:
                yield from self.worked.table(left, blanks=self.worked.blanks)
        if used == "samples" and self.worked is not None and self.worked.numbers.samples == 1:
            yield from self.once("derivation.norm.of_one")

    def dropout(self, p: int, place: Place) -> Iterator[Block]:
        """What the mask of a layer's outputs is, where there is one; 0: of the inputs."""
        if dropped := self.net.dropped(p):
            of, mask = self.math(self.a(p), place), self.math(self.mask(p), place)
            share, keep = f"{dropped:g}", f"{1 - dropped:g}"
            key = "derivation.dropout.again" if "dropout" in self.said else "derivation.dropout"
            self.said.add("dropout")
            yield Paragraph(self.say(key, of=of, mask=mask, share=share, keep=keep))

    def ends(self) -> Iterator[Block]:
        """What the symbols of a general layer stand for at both ends, where inputs and outputs have names."""
        said = []
        for p in self.general():
            ends = (0, str(self.notation.first), "inputs"), (self.last, self.notation.last, "outputs")
            for q, letter, end in ends:
                own = self.printer.symbol(f"a{q}", Place(q, letter))
                general = self.printer.symbol(f"a{p}", Place(p, letter))
                if letter in general and general != own and not (q and self.across(q)):
                    said.append(self.say(f"derivation.ends.{end}", general=f"${general}$", own=f"${own}$"))
        if said:
            yield from self.once("derivation.ends", ends=self.say("derivation.ends.and").join(said))

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
            yield Paragraph(self.say("derivation.cost.stable"))
            yield self.by_entries(self.C, [Side(stable)], place)

    def errors(self) -> Iterator[Block]:
        """What the error of a unit is."""
        if not self.notation.named_errors:
            yield Paragraph(self.say("derivation.errors.none"))
            return
        place = Place(self.last, "l")
        by_z = derivative(self.C, self.z(self.last))
        sign = Side(by_z if self.notation.error_sign == 1 else neg(by_z))
        yield Paragraph(self.say("derivation.errors"))
        yield self.by_entries(self.delta(self.last), [sign], place)
        if self.net.mixes_samples:
            yield Paragraph(self.say("derivation.errors.together", cost=self.math(self.C)))

    def output_error(self) -> Iterator[Block]:
        p, place = self.last, Place(self.last, self.notation.last)
        delta, a, z = self.delta(p), self.a(p), self.z(p)
        result = self.error_expr(p)
        by_a = derivative(self.C, a)
        outer = self.by_output()
        number = self.notation.layer(p)
        yield Heading(self.say("derivation.bp1", letter=f"${self.notation.last}$", number=number), 3)
        first = self.definition(z)
        if outer is None or self.across(p):
            yield from self.output_across(first, outer, result, place)
            return
        local = derivative(a, z, entrywise=True)
        yield Paragraph(self.say("derivation.bp1.one_path"))
        yield self.by_entries(
            delta,
            [
                *first,
                Side(self.outward(by_a * local), "derivation.chain_rule"),
                *(Side(self.outward(by_a * slope), "derivation.slope") for slope in self.slopes(p)),
            ],
            place,
            label="BP1",
        )
        yield Paragraph(self.say("derivation.bp1.parts"))
        yield self.by_entries(by_a, [Side(outer)], place)
        if not self.is_identity(p):
            yield self.by_entries(self.slope(p), [Side(self.slope_expr(p))], place)
        own = outer if self.notation.error_sign == 1 else simplify([neg(outer)])[0]
        half = self.product(own, self.slope(p))
        whole = self.product(own, self.slope_expr(p))
        sides = [
            Side(half, "derivation.put_in"),
            Side(whole, "derivation.put_in"),
            Side(result, "derivation.simplified"),
        ]
        yield self.by_entries(delta, sides, place)
        yield from self.by_matrices(
            delta, [Side(self.outward(by_a * self.slope(p))), Side(half), Side(result)], place, label="BP1"
        )

    def definition(self, z: Node) -> list[Side]:
        """The side that says what an error is; none where errors have no name."""
        by_z = self.outward(derivative(self.C, z))
        return [Side(by_z, "derivation.delta.definition")] if self.notation.named_errors else []

    def output_across(
        self, first: list[Side], outer: Node | None, result: Node, place: Place
    ) -> Iterator[Block]:
        """The output's error where it has no factor for each output alone."""
        p = self.last
        delta, a = self.delta(p), self.a(p)
        if outer is None:
            yield Paragraph(self.say("derivation.bp1.of_z"))
            yield self.by_entries(delta, [*first, Side(result, "derivation.derived")], place, label="BP1")
        else:
            each, local = leaf(f"∂C/∂a{p}", ("k'",)), leaf(f"∂a{p}/∂z{p}", ("k'", "k"))
            cost, jacobian = renamed(outer, "k", "k'"), self.jacobian()
            yield Paragraph(self.say("derivation.bp1.all_paths"))
            through = self.outward(contract(["k"], each, local))
            yield self.by_entries(delta, [*first, Side(through, "derivation.chain_rule")], place, label="BP1")
            yield Paragraph(self.say("derivation.bp1.parts"))
            yield self.by_entries(each, [Side(cost)], place)
            yield self.by_entries(local, [Side(jacobian, "derivation.softmax.jacobian")], place)
            raw = contract(["k"], cost, jacobian)
            wide = self.outward(expanded(raw, nonzero={rename(a, {"k": "k'"})}))
            reason = "derivation.sum_to_one" if self.one.one_sum else "derivation.simplified"
            last = Side(result, reason)
            sides = [Side(self.outward(raw), "derivation.put_in"), Side(wide, "derivation.expanded"), last]
            yield self.by_entries(delta, sides, place)
        yield from self.by_matrices(delta, [Side(result)], place, label="BP1")

    def hidden_error(self, p: int, place: Place) -> Iterator[Block]:
        if self.normed(p):
            yield from self.error_through_norm(p, place)
            return
        upper = self.units[p]
        delta, a, z = self.delta(p), self.a(p), self.z(p)
        above = self.z(p + 1)
        by_above = derivative(self.C, above)
        through = derivative(above, a)
        local = derivative(a, z, entrywise=True)
        weights = self.weights(upper)
        dims = z.dims
        yield Heading(self.say("derivation.bp2", layer=self.called(p, place)), 3)
        yield from self.once("derivation.bp2.paths")
        back = contract(dims, weights, self.delta(p + 1))
        by_a = derivative(self.C, a)
        whole = self.signed(self.product(back, self.slope(p)))
        if self.notation.slope_first:
            whole = self.product(back, self.slope(p))
        sides = [
            *self.definition(z),
            Side(self.outward(contract(dims, by_above, through) * local), "derivation.chain_rule"),
            Side(whole, "derivation.bp2.parts"),
        ]
        yield self.by_entries(delta, sides, place, label="BP2")
        result = self.error_expr(p)
        if not self.is_identity(p):
            yield self.by_entries(self.own_slope(p), [Side(self.own_slope_expr(p))], place)
            yield self.by_entries(delta, [Side(result, "derivation.put_in")], place)
        yield from self.once("derivation.bp2.transpose", weights=self.math(weights, place))
        yield from self.by_matrices(by_a, [Side(self.outward(back))], place, shapes=True)
        yield from self.by_matrices(delta, [Side(whole)], place, label="BP2", shapes=True)
        yield from self.by_matrices(delta, [Side(result)], place)

    def error_through_norm(self, p: int, place: Place) -> Iterator[Block]:
        """The error of a layer that is normalised: first behind the normalisation, then before it."""
        a, u, above = self.a(p), self.u(p), self.z(p + 1)
        by_u = derivative(self.C, u)
        yield Heading(self.say("derivation.bp2", layer=self.called(p, place)), 3)
        yield from self.once("derivation.bp2.paths")
        paths = contract(u.dims, derivative(self.C, above), derivative(above, a))
        back = contract(u.dims, self.weights(self.units[p]), self.delta(p + 1))
        whole = self.outward(self.product(back, self.slope(p)))
        sides = [
            Side(paths * derivative(a, u, entrywise=True), "derivation.chain_rule"),
            Side(whole, "derivation.bp2.parts"),
        ]
        yield self.by_entries(by_u, sides, place)
        if not self.is_identity(p):
            yield self.by_entries(self.own_slope(p), [Side(self.own_slope_expr(p))], place)
        yield from self.by_matrices(by_u, [Side(whole)], place)
        yield from self.once(f"derivation.norm.back.{self.over(p)}")
        yield from self.before_norm(p, place)

    def before_norm(self, p: int, place: Place) -> Iterator[Block]:
        """The error of what is normalised, from that behind the normalisation."""
        delta, z = self.delta(p), self.z(p)
        (dim,) = z.dims
        by_u, local = leaf(f"∂C/∂u{p}", [f"{dim}'"]), leaf(f"∂u{p}/∂z{p}", [f"{dim}'", dim])
        if self.over(p) == "samples":
            by_u, local = leaf(f"∂C/∂u{p}", ["n", dim]), leaf(f"∂u{p}*/∂z{p}", ["n", dim])
        through = Side(self.outward(contract([dim], by_u, local)), "derivation.chain_rule")
        found = Side(self.error_expr(p), "derivation.norm.derived")
        yield self.by_entries(delta, [*self.definition(z), through, found], place, label="BP2")
        yield from self.by_matrices(delta, [found], place, label="BP2")

    def gradient(self, p: int, place: Place) -> Iterator[Block]:
        unit = self.units[p - 1]
        yield Heading(self.say("derivation.bp34", layer=self.called(p, place)), 3)
        if self.over(p) == "samples":
            yield from self.once("derivation.bp3.no_bias")
        for name in self.scales(p):
            u, scale = self.u(p), leaf(f"{name}{p}", self.z(p).dims)
            local = derivative(u, scale, entrywise=True)
            found = Side(self.expr(f"d{name}{p}"))
            chain = Side(derivative(self.C, u) * local, "derivation.chain_rule")
            yield self.by_entries(derivative(self.C, scale), [chain, found], place, kind="weight")
            yield from self.by_matrices(derivative(self.C, scale), [found], place)
        z, delta, below = self.z(p), self.delta(p), self.into(p)
        error = delta if self.notation.error_sign == 1 else neg(delta)
        b = leaf(f"b{p}", z.dims)
        by_z = derivative(self.C, z)
        yield self.by_entries(
            derivative(self.C, b),
            [
                Side(by_z * derivative(z, b, entrywise=True), "derivation.chain_rule"),
                Side(error, "derivation.bp3.one"),
            ],
            place,
            kind="weight",
            label="BP3",
        )
        if unit.layer.shared:
            yield Paragraph(self.say("derivation.shared.here", layer=self.notation.layer(unit.layer.shared)))
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
                Side(contract(w.dims, by_z, local), "derivation.bp4.one_path"),
                Side(self.turned(delta, passed), "derivation.bp4.input"),
            ],
            place,
            kind="weight",
            label="BP4",
        )
        yield from self.by_matrices(derivative(self.C, b), [Side(error)], place, label="BP3", shapes=True)
        yield from self.by_matrices(derivative(self.C, w), [Side(product)], place, label="BP4", shapes=True)
        if self.last <= 2:
            yield from self.by_matrices(
                derivative(self.C, w), [Side(self.written_out(p), "derivation.put_in")], place
            )
        yield from self.once("derivation.bp4.outer", shape=f"${self.printer.shape(w.dims, place)}$")

    def written_out(self, p: int) -> Node:
        """The gradient of a layer's weights with every error put in."""
        dims, below = self.units[p - 1].weights.dims, self.into(p)
        (found,) = simplify([contract(dims, self.outward(self.delta(p)), below)])
        for q in range(p, self.last + 1):
            (found,) = replace([found], {self.delta(q): self.error_expr(q)})
        return found

    def shared_gradient(self, p: int, place: Place) -> Iterator[Block]:
        w = self.units[p - 1].weights
        total = self.unsigned(self.expr(f"dW{p}"))
        yield Paragraph(self.say("derivation.shared.sum"))
        sides = [Side(total, "derivation.shared.paths")]
        if self.notation.numbering != "node":  # each use has nodes of its own
            yield self.by_entries(derivative(self.C, w), sides, place, kind="weight", label="BP4")
            sides = [Side(total)]
        yield from self.by_matrices(derivative(self.C, w), sides, place, label="BP4")

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
        key = "derivation.batch.shares" if self.net.mixes_samples else "derivation.batch.mean"
        yield Paragraph(self.say(key, m=self.notation.sample_count))
        yield from self.by_matrices(self.J, [Side(total) for total in sums], place)
        if penalties is not None:
            yield Paragraph(self.say("derivation.batch.penalty"))
        for p, place_of in reversed(self.layers()):
            unit = self.units[p - 1]
            here = Place(place_of.anchor, place_of.letter, batch=True)
            arrays = [leaf(f"{name}{p}", self.z(p).dims) for name in ("b", *self.scales(p))]
            if not unit.layer.shared:
                arrays.insert(0, unit.weights)
            for array in arrays:
                yield from self.by_matrices(derivative(self.J, array), self.batch_sides(p, array), here)

    def batch_sides(self, p: int, array: Node) -> list[Side]:
        """A gradient over a batch: the mean of the samples' gradients, then in terms of errors."""
        if quantity(str(array.data)).kind in self.scales(p):
            by_u, zhat = (leaf(name, ("n", *array.dims)) for name in (f"∂C/∂u{p}", f"zhat{p}"))
            product = by_u * zhat if quantity(str(array.data)).kind == "gamma" else by_u
            mean, whole = self.mean(derivative(self.C, array)), contract(array.dims, product) / size("n")
            both = [Side(mean, "derivation.batch.gradient"), Side(whole, "derivation.batch.errors")]
            return both[1:] if self.net.mixes_samples else both
        error = leaf(f"delta{p}", ("n", *self.z(p).dims))
        if self.notation.error_sign == -1:
            error = neg(error)
        passed = [node for node in in_order([self.into(p)]) if node.op == "leaf"]
        each = {node: leaf(str(node.data), ("n", *node.dims)) for node in passed}
        (below,) = replace([self.into(p)], each)
        users = any(u.layer.shared == p for u in self.units)
        sides = [self.mean(derivative(self.C, array))]
        if not users:
            factors = (error, below) if len(array.dims) == 2 else (error,)
            sides.append(simplify([contract(array.dims, *factors) / size("n")])[0])
        reasons = "derivation.batch.gradient", "derivation.batch.errors"
        written = [
            Side(self.with_penalty(side, array), reason) for side, reason in zip(sides, reasons, strict=False)
        ]
        if not leaves([self.expr(f"d{array.data}", self.batch)]):
            written.append(Side(ZERO, "derivation.batch.no_bias"))
        # where samples act on one another, a gradient is no mean of what each has by itself
        return written[1:] if self.net.mixes_samples and not users else written

    def updates(self) -> Iterator[Block]:
        yield Paragraph(self.say("derivation.update.text"))
        if any(not name.startswith("ema_") for name in self.batch.states):
            yield Paragraph(self.say("derivation.update.states"))
        if "t" in self.batch.scalars:
            yield Paragraph(self.say("derivation.update.counted", t=self.notation.symbols["t"]))
        yield from self.beside_the_optimizer()
        for p, place in self.layers():
            here = Place(place.anchor, place.letter, batch=True)
            for line in self.batch.of(*STEP):
                if line.layer == p and line.name not in self.batch.statistics:
                    yield from self.of_step(line, here)
        yield from self.averages()
        if self.units[-1].layer.shared or not self.plain or self.net.mixes_samples:
            return
        p, place = self.layers()[-1]
        w = self.units[p - 1].weights
        passed = leaf(f"in{p}", w.dims) if "in[]" in self.notation.symbols else self.into(p)
        yield from self.penalty_added()
        yield Paragraph(self.say("derivation.update.sample"))
        b, error = leaf(f"b{p}", self.z(p).dims), self.outward(self.delta(p))
        products = self.turned(self.delta(p), passed), contract(w.dims, error, self.into(p))
        for parameter, entries, whole in ((w, *products), (b, error, error)):
            slopes = derivative(self.C, parameter), entries, whole
            steps = [leaf("lr") * self.with_penalty(slope, parameter) for slope in slopes]
            down = Side(parameter - steps[0], relation=self.notation.arrow)
            each, all_ = (Side(_minus(parameter, step)) for step in steps[1:])
            yield self.by_entries(parameter, [down, each], place, kind="weight")
            yield from self.by_matrices(parameter, [down, all_], place)

    def beside_the_optimizer(self) -> Iterator[Block]:
        """What a step does beside what the optimizer does, and what is one number for all parameters."""
        numbers = [line for line in self.batch.of("clipping") if not line.dims]
        first = self.batch.parameters["W1"]
        signs = {line.name: self.math(leaf(line.name)) for line in numbers}
        signs |= {name: self.math(leaf(f"{name}_W1", first)) for name in ("clipped", "moved", "ema")}
        for name in ("clip_value", "clip_norm", "max_norm", "ema"):
            if (value := getattr(self.rule, name)) is not None:
                yield Paragraph(self.say(f"derivation.update.{name}", value=f"{value:g}", **signs))
            if name == "clip_norm":
                for line in numbers:
                    yield from self.of_step(line, Place(batch=True))
                if self.batch.of("clipping"):
                    yield Paragraph(self.say("derivation.update.clipped", **signs))

    def of_step(self, line: Line, place: Place) -> Iterator[Block]:
        """A line of a step, in terms of the gradients and, where it has a matrix form, of the errors."""
        slopes = {name: derivative(self.J, leaf(name, dims)) for name, dims in self.batch.parameters.items()}
        named = replace([line.expr], {leaf(f"d{name}", s.dims): s for name, s in slopes.items()})[0]
        sides = [Side(named, relation="=" if line.role == "clipping" else self.notation.arrow)]
        if line.layer:
            *_, last = self.batch_sides(line.layer, leaf(parameter_of(line), line.dims))
            whole = simplify(replace([named], {slopes[parameter_of(line)]: last.node}))[0]
            sides.append(Side(whole, "derivation.batch.errors"))
        target = leaf(line.name, line.dims)
        blocks = list(self.by_matrices(target, sides, place))
        yield from blocks or self.entries(target, sides[:1], place)

    def averages(self) -> Iterator[Block]:
        """What becomes of the running averages that prediction takes."""
        for p, place in self.layers():
            for line in self.batch.lines:
                if line.name in self.batch.statistics and line.layer == p:
                    yield from self.once("derivation.update.averages", m=self.notation.sample_count)
                    side = Side(line.expr, relation=self.notation.arrow)
                    here = Place(place.anchor, place.letter, batch=True)
                    yield from self.by_matrices(leaf(line.name, line.dims), [side], here)

    def summary(self) -> Iterator[Block]:
        """Forward pass and the four equations with letters for layers."""
        yield Heading(self.say("derivation.summary"))
        last, top = self.last, Place(self.last, self.notation.last)
        below = Place(last + self.notation.weights)
        if not self.units[last - 1].layer.shared:
            yield from self.by_matrices(self.z(last), [Side(self.expr(f"z{last}"))], below)
        for p in self.general():
            yield from self.by_matrices(self.a(p), [Side(self.value(p))], Place(p))
        yield from self.ends()
        outer, a, delta = self.by_output(), self.a(last), self.delta(last)
        sides = [Side(self.error_expr(last))]
        if outer is not None and not self.across(last):
            own = outer if self.notation.error_sign == 1 else simplify([neg(outer)])[0]
            by_a = self.outward(derivative(self.C, a) * self.slope(last))
            sides = [Side(by_a), Side(self.product(own, self.slope(last))), *sides]
        yield self.by_entries(delta, sides[-1:], top, kind="summary")
        yield from self.by_matrices(delta, sides, top, label="BP1")
        for p in self.general():
            if self.normed(p):
                yield from self.before_norm(p, Place(p))
                continue
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
        (product,) = simplify([contract(w.dims, error, self.into(last))])
        for array, value, label in ((b, error, "BP3"), (w, product, "BP4")):
            slope = derivative(self.C, array)
            yield self.by_entries(slope, [Side(value)], below, kind="weight")
            yield from self.by_matrices(slope, [Side(value)], below, label=label)


def parameter_of(line: Line) -> str:
    """The parameter that a line of a step belongs to: W1 of v_W1."""
    return line.name.rpartition("_")[2]


def _alike(one: Formula, other: Formula) -> bool:
    """Whether two formulas have the same sides; a unit alone in its layer has no index to differ by."""
    return (one.left, *(s.tex for s in one.steps)) == (other.left, *(s.tex for s in other.steps))


def _minus(node: Node, step: Node) -> Node:
    """node - step, or node + step' where the step is -step'."""
    return simplify([node - step])[0]


def _opened(a: Node) -> Node:
    """An activation by its definition where it has one: 1 / (1 + e^-z) for the sigmoid."""
    row = PRIMITIVES.get(str(a.data)) if a.op == "elementwise" else None
    return row.definition(*a.args) if row and row.definition else a
