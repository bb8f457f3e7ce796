"""Composite functions: a formula over any variables taken apart into simple functions, and the chain rule
that puts their derivatives together.

    f = sigmoid(w0 + w1*x1)     u = w0 + w1 x1,  f = sigmoid(u),  df/dw1 = df/du du/dw1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce as fold

from chainrule.derivation.elementary import Rule, Side, depends, differentiated, ended, result
from chainrule.derivation.lines import Lines, Part, blocks, by_output, lemmas
from chainrule.derivation.printing import RuleForm, symbol, tightened
from chainrule.derivation.rewriting import simple, summed, symbols
from chainrule.documents.document import Block, Note, Paragraph
from chainrule.errors import FormulaError
from chainrule.expr import ZERO, Node, in_order, leaf, mul, replace, with_args
from chainrule.formula import expression, names_in, parse
from chainrule.primitives import kinks
from chainrule.sentences import say


@dataclass(frozen=True)
class Named:
    """A simple function under a name of its own: u = expr, over variables and other such names."""

    name: Node
    expr: Node

    @property
    def operands(self) -> list[Node]:
        return [n for n in in_order([self.expr]) if n.op == "leaf"]


def function_blocks(text: str) -> tuple[Block, ...]:
    """A composite function taken apart into simple ones, and its derivatives put together by the chain rule.

    text: a formula over any names. Raises FormulaError, also for one without any name.
    """
    return blocks(function(text))


def function(text: str) -> Iterator[Part]:
    """The parts of `function_blocks`."""
    tree = parse(text)
    names = names_in(tree)
    if not names:
        raise FormulaError("rules.no_variable", position=tree.position)
    whole = expression(tree, {name: leaf(name) for name in names})
    taken = any(symbol(name).startswith(r"\sigma") for name in names)
    form = RuleForm(several=True, sigmoid=r"\operatorname{sigmoid}" if taken else r"\sigma")
    f = leaf(_free("fgh", names))
    yield Lines(f, (Side(whole),), form)
    yield from composed(whole, f, [leaf(name) for name in names], form)
    yield from lemmas([whole], form, ())


def composed(whole: Node, f: Node, variables: Sequence[Node], form: RuleForm) -> Iterator[Part]:
    """How f = whole is made of simple functions, and its derivative by each of the variables."""
    parts = taken_apart(whole, f, _free("uvst", [str(v.data) for v in variables]))
    if len(parts) > 1:
        yield Paragraph(say("rules.function.apart"))
        yield from (Lines(part.name, (Side(part.expr),), form) for part in parts)
        if parts[-1].name is not f:
            yield Lines(f, (Side(parts[-1].name),), form)
        yield Paragraph(say("rules.function.local"))
    else:
        yield Paragraph(say("rules.derivative"))
    known = {}
    for part in parts:
        for v in part.operands:
            chain = differentiated(part.expr, v)[1:]
            chain += by_output(chain[-1].node, part.expr, part.name)
            known[_slope(part.name, v)] = chain[-1].node
            yield Lines(_slope(part.name, v), chain, form)
    if len(parts) > 1:
        yield Paragraph(say("rules.function.chain", f=form.write(f)))
        yield from _through(whole, f, parts, known, form)
    for v in variables:
        if not depends(whole, v):
            yield Lines(_slope(f, v), (Side(ZERO, (Rule("rules.constant"),)),), form)
    yield from _ties([part.expr for part in parts], form)


def _free(letters: str, names: Sequence[str]) -> str:
    """A letter that no name begins with; one repeated until it is longer than any name, if need be."""
    longer = letters[0] * (1 + max(map(len, names)))
    free = [word for word in [*list(letters), longer] if not any(name.startswith(word) for name in names)]
    return free[0]


def _slope(u: Node, v: Node) -> Node:
    """The symbol of du/dv."""
    return leaf(f"∂{u.data}/∂{v.data}")


def taken_apart(whole: Node, f: Node, letter: str) -> list[Named]:
    """An expression as simple functions, each over variables and earlier ones; the last is the whole.

    What is used twice has a name, and what is no part of a sum or a product that is read at a glance. The
    last is called f, unless something in it occurs elsewhere too: then its derivative by that is not f's.
    """
    order = in_order([whole])
    parents: dict[Node, list[Node]] = {}
    for node in order:
        for a in node.args:
            parents.setdefault(a, []).append(node)
    parts: list[Named] = []
    put: dict[Node, Node] = {}
    for node in order:
        here = with_args(node, tuple(put[a] for a in node.args))
        if node.args and node is not whole and not _belongs(here, parents[node]):
            parts.append(Named(leaf(f"{letter}{len(parts) + 1}"), here))
            here = parts[-1].name
        put[node] = here
    last = Named(f, put[whole])
    elsewhere = {v for part in parts for v in part.operands}
    if elsewhere.intersection(last.operands):
        last = Named(leaf(f"{letter}{len(parts) + 1}"), last.expr)
    if len(parts) == 1 and last.name is f:  # one name needs no number
        (only,) = parts
        bare = leaf(letter)
        return [Named(bare, only.expr), Named(f, replace([last.expr], {only.name: bare})[0])]
    return [*parts, last]


def _belongs(part: Node, parents: Sequence[Node]) -> bool:
    """Whether a part is written within what it is a part of."""
    if part.data in ("greater", "equal"):
        return True
    if len(parents) > 1:
        return False
    above = parents[0].data
    if above in ("add", "sub"):
        return part.data in ("add", "sub") or _is_monomial(part)
    if above in ("mul", "neg"):
        return _is_monomial(part)
    return len(part.args) - sum(isinstance(a.data, float) for a in part.args) == 1 and (
        part.data in ("neg", "mul", "div") and all(a.op in ("leaf", "const") for a in part.args)
    )


def _is_monomial(node: Node) -> bool:
    """Whether it is a product of powers of names."""
    inner = [n for n in in_order([node]) if n.args]
    return all(
        n.data in ("mul", "neg", "power") or (n.data == "div" and isinstance(n.args[1].data, float))
        for n in inner
    )


_MOST_PATHS = 4
_MOST_SYMBOLS = 40


def _through(
    whole: Node, f: Node, parts: Sequence[Named], known: Mapping[Node, Node], form: RuleForm
) -> Iterator[Part]:
    """The derivatives of f: along every path, or, where there are many, of one name after the other."""
    users: dict[Node, list[Node]] = {}
    for part in parts:
        for v in part.operands:
            users.setdefault(v, []).append(part.name)
    *inner, top = (part.name for part in parts)
    ways = {top: 1}
    for name in reversed(inner):
        ways[name] = sum(ways[u] for u in users[name])
    variables = [v for v in users if v not in ways]
    few = all(sum(ways[u] for u in users[v]) <= _MOST_PATHS for v in variables)
    for v in variables if few else [*reversed(inner), *variables]:
        if few:
            paths = list(_paths(top, v, users))
        else:
            paths = [[_slope(u, v)] if u is top else [_slope(f, u), _slope(u, v)] for u in users[v]]
        slopes = summed(fold(mul, path) for path in paths)
        if slopes is _slope(f, v):
            continue  # written already
        numbers = summed(fold(mul, (known.get(slope, slope) for slope in path)) for path in paths)
        sides = [
            Side(slopes, (Rule("rules.path" if len(paths) == 1 else "rules.paths"),)),
            Side(numbers, (Rule("rules.put_in"),)),
            Side(simple(numbers), (Rule("rules.simplified"),)),
        ]
        if few and set(inner).intersection(in_order([sides[-1].node])):
            plain = replace([result(whole, v)], {simple(whole): f})[0]
            if symbols(plain).total() <= _MOST_SYMBOLS:
                sides.append(Side(plain, (Rule("rules.opened"),)))
        yield Lines(_slope(f, v), ended(sides[:1], *sides[1:]), form)


def _paths(top: Node, v: Node, users: Mapping[Node, Sequence[Node]]) -> Iterator[list[Node]]:
    """The local derivatives along each path from the top down to v."""
    for u in users[v]:
        if u is top:
            yield [_slope(u, v)]
        else:
            yield from ([*path, _slope(u, v)] for path in _paths(top, u, users))


def _ties(roots: Sequence[Node], form: RuleForm) -> Iterator[Part]:
    """What is taken where two sides of a kink meet."""
    for node in kinks(in_order(roots)):
        a, b = (*node.args, ZERO)[:2]
        kind = {"maximum": "tie", "minimum": "tie", "greater": "border"}.get(str(node.data), "corner")
        fields = {"f": form.write(node), "a": form.write(a), "b": form.write(b)}
        yield Note(tightened(say(f"rules.{kind}", **fields)))
