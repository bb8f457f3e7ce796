"""Remarks at the end of a derivation: slopes that shrink errors, kinks, linear layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from chainrule.derivation.numbers import value
from chainrule.derivation.rules import kink_notes
from chainrule.derivation.writer import Side, Writer
from chainrule.documents.document import Block, Heading, Note, Paragraph
from chainrule.expr import contract, leaf, replace
from chainrule.formula import find_activation
from chainrule.reverse import reverse
from chainrule.simplify import simplify


def remarks(writer: Writer) -> Iterator[Block]:
    items = [*map(Note, _slopes(writer)), *_kinks(writer)]
    linear = [
        p
        for p in range(1, writer.last)
        if writer.is_identity(p) and not writer.net.dropped(p) and not writer.normed(p)
    ]
    if items or linear:
        yield Heading(writer.say("derivation.remarks"))
    yield from items
    for p in linear[:1]:
        yield from _collapse(writer, p)


def _slopes(writer: Writer) -> Iterator[str]:
    """How the slopes of the hidden layers add up, from what they are at most."""
    names = [str(unit.layer.activation) for unit in writer.units[:-1]]
    steepest = {name: _steepest(name) for name in set(names)}
    largest = [steepest[name] for name in names]
    if not largest or all(writer.is_identity(p) for p in range(1, writer.last)):
        return
    each = " / ".join(dict.fromkeys(f"{slope:.3g}" for slope in largest))
    key = "derivation.vanishing" if max(largest) < 1 else "derivation.slopes"
    fields = {"count": len(largest), "each": each, "together": f"{prod(largest):.3g}"}
    yield writer.say(key, first=writer.notation.layer(1), **fields)


def _collapse(writer: Writer, p: int) -> Iterator[Block]:
    """A linear hidden layer put into the next one: both are one linear layer."""
    upper, lower = (writer.weights(writer.units[q]) for q in (p, p - 1))
    z, below = writer.z(p + 1), writer.into(p)
    (inside,) = replace([writer.expr(f"z{p + 1}")], {writer.a(p): writer.expr(f"z{p}")})
    b, c = leaf(f"b{p}", writer.z(p).dims), leaf(f"b{p + 1}", z.dims)
    product = contract((*z.dims, *below.dims), upper, lower)
    multiplied = contract(z.dims, product, below) + (contract(z.dims, upper, b) + c)
    yield Paragraph(writer.say("derivation.collapse", layer=writer.notation.layer(p)))
    yield from writer.by_matrices(
        z, [Side(inside, "derivation.put_in"), Side(multiplied, "derivation.expanded")]
    )


def _kinks(writer: Writer) -> Iterator[Note]:
    """What is declared at the kinks of the activations."""
    numbers = {str(unit.layer.activation): unit.number for unit in writer.units}
    for name, p in numbers.items():
        if not writer.across(p) and not writer.is_identity(p):
            symbol = writer.notation.activation(writer.net, p)
            yield from kink_notes(name, function=symbol, variable=writer.printer.symbol("z1[1]"))


def _steepest(activation: str) -> float:
    """The largest slope, without its sign, that an activation has from -20 to 20."""
    row, settings = find_activation(activation)
    z = leaf("z")
    (slope,) = simplify(reverse(row.apply(z, "unit", **settings), [z]))
    return max(abs(value(slope, {"z": i / 16})) for i in range(-320, 321))
