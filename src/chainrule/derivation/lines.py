"""Formulas of a derivation with the expressions that they print, so that what is printed can be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.derivation.elementary import Chain, Rule, Side, by_definition, derivative
from chainrule.derivation.printing import RuleForm, tightened
from chainrule.derivation.rewriting import NAMED
from chainrule.documents.document import Block, Formula, Note, Paragraph, Step
from chainrule.expr import Node, elementwise, in_order, leaf, replace
from chainrule.sentences import say


@dataclass(frozen=True)
class Lines:
    """A formula: the expression on its left, the sides it is equal to, and how they are printed.

    name: TeX of the left side where it has a name.
    """

    left: Node
    sides: Chain
    form: RuleForm
    name: str = ""

    def block(self) -> Formula:
        """The formula; a side that looks like the one before is not repeated."""
        texts = [
            self.name or self.form.write(self.left),
            *(self.form.write(side.node) for side in self.sides),
        ]
        steps = [
            Step(text, reason=because(side.rules, self.form))
            for (before, text), side in zip(pairwise(texts), self.sides, strict=True)
            if text != before
        ]
        return Formula(texts[0], tuple(steps))


Part = Lines | Paragraph | Note


def because(rules: Iterable[Rule], form: RuleForm) -> str:
    """The reasons of a step, in the language in force."""
    text = ""
    for rule in rules:
        reason = tightened(say(rule.key, **{name: form.write(node) for name, node in rule.parts.items()}))
        text = say("rules.and", first=text, second=reason) if text else reason
    return text


def blocks(parts: Iterable[Part]) -> tuple[Block, ...]:
    return tuple(part.block() if isinstance(part, Lines) else part for part in parts)


# What derivations of one and of several variables share.


def by_output(derived: Node, g: Node, a: Node) -> Chain:
    """The derivative in terms of the output a = g, where g occurs in it."""
    named = replace([derived], {g: a})[0] if g.args else derived
    return (Side(named, (Rule("rules.output", {"a": a, "g": g}),)),) if named is not derived else ()


def lemmas(roots: Sequence[Node], form: RuleForm, known: Iterable[str]) -> Iterator[Part]:
    """The derivatives of the named functions that occur, each from its definition."""
    u = leaf("u")
    form = RuleForm(sigmoid=form.sigmoid)  # u is the only variable
    for name in dict.fromkeys(str(n.data) for n in in_order(roots) if n.op == "elementwise"):
        if name in NAMED and name not in known:
            f = elementwise(name, u)
            yield Paragraph(say("rules.lemma", f=form.write(f)))
            yield Lines(derivative(f, u), by_definition(name, u), form)
