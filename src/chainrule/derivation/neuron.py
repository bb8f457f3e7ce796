"""One neuron with its numbers: what comes in, what it gives, what the error sends back through it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chainrule.derivation.node import MOST, NodeDerivation
from chainrule.derivation.worked import BLANK, Worked
from chainrule.derivation.writer import Side
from chainrule.documents.document import Block, Formula, Heading, Paragraph, Table
from chainrule.errors import UsageError, listed
from chainrule.expr import ONE, Node, leaf, mul
from chainrule.notation.quantity import derivative
from chainrule.sentences import say


class NeuronDerivation(NodeDerivation):
    """Writes about one neuron, with the numbers of one sample."""

    def neuron(self, of: str, worked: Worked) -> Iterator[Block]:
        """of: `a1[0]`, the neuron's layer and its place, counted from 0; or its name in the notation, h1 or
        a4. Raises UsageError."""
        self.worked = self.numbers = worked
        p, k = self.unit(of)
        self.refuse_together([p])
        shared = self.units[p - 1].layer.shared
        name = self.printer.symbol(f"a{p}[{k}]")
        yield Heading(say("trace.neuron", neuron=f"${name}$", network=self.shorthand), 1)
        yield Heading(self.say("derivation.forward"))
        inputs = range(1, self.net.sizes[p - 1] + 1)
        below = self.into(p)
        ways = [(self.at(below, j), f"W{shared or p}[{k},{j}]") for j in inputs]
        yield from self.connections(
            "incoming", [*ways, (ONE, f"b{p}[{k}]")], slopes=not (self.forward_only or shared)
        )
        yield self.chain(self.z(p), [Side(self.expr(f"z{p}"))], p, k)
        if self.normed(p):
            yield self.chain(leaf(f"zhat{p}", self.z(p).dims), [Side(self.expr(f"zhat{p}"))], p, k)
            yield self.chain(self.u(p), [Side(self.expr(f"u{p}"))], p, k)
        value = self.expr(f"a{p}") if self.across(p) else self.value(p)
        yield self.chain(self.a(p), [Side(value)], p, k)
        if self.forward_only:
            return
        yield Heading(self.say("derivation.node.backward"))
        if p < self.last:
            above = self.units[p].layer.shared or p + 1
            places = range(1, self.net.sizes[p + 1] + 1)
            ways = [(self.at(self.delta(p + 1), i), f"W{above}[{i},{k}]") for i in places]
            yield from self.connections("outgoing", ways, slopes=False)
        if self.normed(p):
            yield self.chain(derivative(self.C, self.u(p)), [Side(self.behind(p))], p, k)
        yield self.chain(self.delta(p), [Side(self.error_expr(p))], p, k)

    def unit(self, of: str) -> tuple[int, int]:
        """The layer and the place, counted from 1, that a name stands for. Raises UsageError."""
        match = re.fullmatch(r"a(\d+)\[(\d+)\]", of.strip())
        plain = re.sub(r"[{}_,()^ ]", "", of)
        for p, size in enumerate(self.net.sizes[1:], 1):
            for k in range(1, size + 1):
                tex = self.printer.symbol(f"a{p}[{k}]")
                if match and (int(match[1]), int(match[2]) + 1) == (p, k):
                    return p, k
                if size <= MOST and not match and re.sub(r"[{}_,()^]|\\mathrm", "", tex) == plain:
                    return p, k
        names = listed([f"a{p}[{size - 1}]" for p, size in enumerate(self.net.sizes[1:], 1)])
        raise UsageError("trace.no_such_neuron", found=repr(of), names=names)

    def chain(self, left: Node, sides: Sequence[Side], p: int, k: int) -> Formula:
        """A chain for the neuron: written out, or with its sums where these are long."""
        if max(self.net.sizes[p - 1 : p + 2]) <= MOST:
            return self.by_entries(
                self.at(left, k), [Side(self.at(side.node, k), side.reason) for side in sides]
            )
        return self.with_letters(left, sides, {left.dims[0]: self.printer.place_name(p, k)}, [k])

    def connections(self, which: str, ways: Sequence[tuple[Node, str]], *, slopes: bool) -> Iterator[Block]:
        """A table of connections: what is at the other end, the weight, and their product. slopes: whether
        the cost's derivative by the weight is shown too."""
        columns = ["end", "value", "weight", "value", "product", *(["slope"] if slopes else [])]
        head = [say(f"trace.connections.{name}") for name in columns]
        rows = []
        for end, weight in ways[:MOST] if len(ways) > MOST + 1 else ways:
            numbers = [end, leaf(weight), mul(end, leaf(weight))]
            numbers += [leaf(f"∂C/∂{weight}")] if slopes else []
            value, by, *rest = (f"${self.shown(node)}$" for node in numbers)
            name = say("trace.connections.bias") if end is ONE else f"${self.printer.index(end, {})}$"
            rows.append((name, value, f"${self.printer.symbol(weight)}$", by, *rest))
        yield Paragraph(say(f"trace.connections.{which}"))
        yield Table(tuple(head), tuple(rows))
        if len(rows) < len(ways):
            yield Paragraph(say("trace.connections.first", shown=len(rows), connections=len(ways)))

    def shown(self, node: Node) -> str:
        """A number, or room for it where it is not given."""
        given = node.op == "const" or str(node.data).startswith(("x", "W", "b"))
        if self.numbers.blanks and not given:
            return BLANK.tex
        return self.numbers.text(self.numbers.numbers.evaluate(node))
