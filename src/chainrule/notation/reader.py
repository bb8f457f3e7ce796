r"""Formulas in a notation, read back to what they mean: `\sum_{k} w^{3}_{kj} \, \delta^{3}_{k}`.

Juxtaposition is a product, of matrices where both sides are; `\odot` and `*` bind more weakly. A sum sign
takes in what is multiplied behind it, not what is added; a function without brackets takes the next factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.errors import FormulaError
from chainrule.network import NetworkDefinition
from chainrule.notation.normal_form import DEEPEST, PAIRS, normal_form
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.quantity import quantity
from chainrule.notation.symbols import SumSigns, SymbolTable, functions, index_of, listed, readings, shown
from chainrule.notation.terms import (
    Activation,
    Apply,
    Choice,
    Index,
    Letter,
    Named,
    Number,
    Product,
    Series,
    Shaped,
    Sum,
    Term,
)
from chainrule.render.tex_layout import (
    Command,
    Environment,
    Fenced,
    Layout,
    Row,
    Scripts,
    Space,
    Symbol,
    Word,
    items,
    parse,
)


class Reader:
    """Reads formulas about one network in one notation. step: names of what a step has, such as an
    optimizer's states."""

    def __init__(self, notation: Notation, net: NetworkDefinition, step: Iterable[str] = ()) -> None:
        self.notation = notation
        self.net = net.resolved()
        self.functions = functions(notation, self.net)
        self._sum_signs: dict[Place, SumSigns] = {}
        self.over_samples = parse(notation.samples)
        self._step = tuple(step)
        self._tables: dict[Place, SymbolTable] = {}

    def read(self, tex: str, place: Place = NUMBERED) -> Term:
        """One side of a formula. Raises FormulaError with the position of what cannot be read."""
        return _Row(self, normal_form(parse(tex)), place).whole()

    def sides(self, tex: str, place: Place = NUMBERED) -> list[Term]:
        """The sides of an equation, or the one of a formula. Raises FormulaError as `read`."""
        return _Row(self, normal_form(parse(tex)), place).sides()

    def sum_signs(self, place: Place) -> SumSigns:
        """The sums over some units at a place."""
        if place not in self._sum_signs:
            self._sum_signs[place] = SumSigns(self.notation, self.net, place)
        return self._sum_signs[place]

    def symbols(self, place: Place) -> SymbolTable:
        """The symbols of a place."""
        if place not in self._tables:
            self._tables[place] = SymbolTable(self.notation, self.net, place, self._step)
        return self._tables[place]


_SIGNS = {"+": 1, "-": -1}
_PRIME = Symbol(r"\prime")
_ENTRYWISE = (Symbol(r"\odot"), Symbol(r"\circ"), Symbol("*"))
_DIVIDED = Symbol(r"\oslash")
_DOTS = (Symbol(r"\cdot"), Symbol(r"\times"))
_TRANSPOSED = (Symbol("T"), Symbol(r"\top"))


def _difference(a: Term, b: Term, position: int) -> Term:
    return Sum((1, -1), (a, b), position)


_COMPARISONS: Mapping[str, Callable[[Term, Term, int], Term]] = {
    "=": lambda a, b, at: Apply("equal", (a, b), at),
    ">": lambda a, b, at: Apply("greater", (a, b), at),
    "<": lambda a, b, at: Apply("greater", (b, a), at),
    r"\ge": lambda a, b, at: Apply("step", (_difference(a, b, at),), at),
    r"\le": lambda a, b, at: Apply("step", (_difference(b, a, at),), at),
    r"\ne": lambda a, b, at: _difference(Number(1.0, at), Apply("equal", (a, b), at), at),
}
_SAME = {r"\gt": ">", r"\lt": "<", r"\geq": r"\ge", r"\leq": r"\le", r"\neq": r"\ne"}


class _Row:
    """Reads what stands side by side; inside a sum over samples, `place` is that of one of them."""

    def __init__(self, reader: Reader, layout: Layout, place: Place, depth: int = 0) -> None:
        self.reader, self.place, self.depth = reader, place, depth
        self.start = layout.position
        self.items = [item for item in items(layout) if not isinstance(item, Space)]
        self.at = 0

    @property
    def item(self) -> Layout | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def error(self, what: str, found: Layout | None, **fields: object) -> FormulaError:
        if found is None:
            position = self.items[-1].position if self.items else self.start
            return FormulaError(f"reader.{what}_end", position=position)
        return FormulaError(f"reader.{what}", position=found.position, found=shown(found), **fields)

    def inside(self, layout: Layout) -> Term:
        """The meaning of a part."""
        return _Row(self.reader, layout, self.place, self.depth).whole()

    def deeper(self, read: Callable[[], Term], at: Layout) -> Term:
        """Something that may stand in itself."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError("reader.too_deep", position=at.position, most=DEEPEST)
        term = read()
        self.depth -= 1
        return term

    def whole(self) -> Term:
        """What all of it means."""
        term = self.sum()
        if self.item is not None:
            raise self.error("unexpected", self.item)
        return term

    def sides(self) -> list[Term]:
        """What stands between signs of equality."""
        found = [self.sum()]
        while self.item == Symbol("="):
            self.at += 1
            found.append(self.sum())
        if self.item is not None:
            raise self.error("unexpected", self.item)
        return found

    def sum(self) -> Term:
        position = self.item.position if self.item else self.start
        signs = [self.sign() or 1]
        terms = [self.term()]
        while sign := self.sign():
            signs.append(sign)
            terms.append(self.term())
        return terms[0] if signs == [1] else Sum(tuple(signs), tuple(terms), position)

    def sign(self) -> int:
        """1 or -1 for a + or - that stands here, 0 where there is none."""
        found = _SIGNS.get(self.item.text, 0) if isinstance(self.item, Symbol) else 0
        self.at += abs(found)
        return found

    def term(self) -> Term:
        r"""Products with `\odot` between them; `\oslash` divides all before it, entry by entry."""
        parts = [self.product()]
        while self.item in (*_ENTRYWISE, _DIVIDED):
            sign = self.items[self.at]
            self.at += 1
            parts.append(self.product())
            if sign == _DIVIDED:
                *over, under = parts
                parts = [Apply("quotient", (_entrywise(over), under), sign.position)]
        return _entrywise(parts)

    def product(self) -> Term:
        """Factors side by side; a slash divides by the factor behind it."""
        factors, dotted = [self.factor()], []
        while not self.ended():
            sign = self.items[self.at]
            if sign in _DOTS:
                self.at += 1
                dotted.append(len(factors))
            elif sign == Symbol("/"):
                self.at += 1
                one = Number(1.0, sign.position)
                factors.append(Apply("div", (one, self.factor()), sign.position))
                continue
            factors.append(self.factor())
        return (
            factors[0]
            if len(factors) == 1
            else Product(tuple(factors), False, factors[0].position, tuple(dotted))
        )

    def ended(self) -> bool:
        """Whether no further factor follows."""
        item = self.item
        if item is None or item in (*_ENTRYWISE, _DIVIDED):
            return True
        return isinstance(item, Symbol) and (
            item.text in _SIGNS or item.kind in ("relation", "close", "punctuation")
        )

    def factor(self) -> Term:
        item = self.item
        if item is None or self.ended():
            raise self.error("no_operand", item)
        return self.series(item) or self.symbol() or self.called(item) or self.deeper(self.other, item)

    def series(self, item: Layout) -> Term | None:
        """A sum sign with all that it takes in: the rest of the term."""
        reader = self.reader
        kind: Literal["sum", "max", "samples"] = "sum"
        letters: tuple[str, ...] = ()
        among, end = "", None
        after: Index = ""
        if item == reader.over_samples:
            kind = "samples"
        elif found := reader.sum_signs(self.place).match(item):
            letter, among, after = found
            letters = (letter,)
        elif isinstance(item, Scripts) and item.base in (Symbol(r"\sum"), Symbol(r"\max")):
            kind = "sum" if item.base == Symbol(r"\sum") else "max"
            letters, end = self.limits(item)
        else:
            return None
        self.at += 1
        outside = self.place
        if kind == "samples":
            self.place = replace(outside, sample=True)
        body = self.deeper(self.term, item)
        self.place = outside
        return Series(kind, letters, body, item.position, among, after, end)

    def limits(self, sign: Scripts) -> tuple[tuple[str, ...], Term | None]:
        """The letters of `k`, `j k` or `k = 1` below a sign, and what stands above it."""
        row = listed(sign.below) if sign.below else []
        if row[1:] == [Symbol("="), Symbol("1")] and sign.above is not None:
            del row[1:]
        elif sign.above is not None:
            raise self.error("limits", sign)
        letters = [index_of(part) for part in row]
        apart = len({*letters}) == len(letters)
        if not letters or not apart or not all(isinstance(letter, str) for letter in letters):
            raise self.error("limits", sign)
        return tuple(map(str, letters)), None if sign.above is None else self.inside(sign.above)

    def symbol(self) -> Term | None:
        """The quantity whose symbol stands here, if there is one; it may carry a power or a T."""
        match = self.reader.symbols(self.place).match(self.items[self.at :])
        if match is None:
            return None
        self.at += match.length
        return self.raised(match.term, match.above) if match.above else match.term

    def called(self, item: Layout) -> Term | None:
        """A function and what it is applied to: what stands in brackets, or the next factor."""
        known = self.reader.functions
        signs = [(known[sign], above) for sign, above in readings(item) if sign in known]
        if not signs or signs[0][1] not in (None, _PRIME):
            return None
        function, prime = signs[0]
        if prime and not function.is_activation and function.name not in ACTIVATIONS:
            raise self.error("no_derivative", item)
        self.at += 1
        group, above = _group(self.item)
        if group:
            self.at += 1
            operands = self.listed(group)
        else:
            operands = (self.deeper(self.factor, item),)
        if len(operands) != function.operands:
            raise self.error("operands", item, expected=function.operands, given=len(operands))
        term: Term = Apply(function.name, operands, item.position)
        if function.is_activation or prime:
            term = Activation(function.name, prime is not None, operands[0], item.position)
        return self.raised(term, above) if above else term

    def listed(self, group: Fenced) -> tuple[Term, ...]:
        """Terms with commas between them."""
        parts = _split(group.body, Symbol(","))
        return tuple(self.inside(Row(tuple(part), group.position)) for part in parts)

    def other(self) -> Term:
        """A number, brackets, a fraction, a root, cases, something with a power or with its shape below."""
        item = self.items[self.at]
        self.at += 1
        position = item.position
        match item:
            case Symbol(text=text) if text[0].isdecimal():
                return Number(float(text), position)
            case Symbol(text=r"\infty"):
                return Number(float("inf"), position)
            case Scripts(base=Symbol(text="e"), below=None, above=above) if above:
                return Apply("exp", (self.inside(above),), position)
            case Scripts(base=Command(name=r"\underbrace", arguments=(body,)), below=below) if below:
                return self.shaped(body, below, position)
            case Scripts(base=Fenced() as pair, below=Symbol(text="1"), above=None) if pair.left in _NORMS:
                return Apply("norm1", (self.inside(pair.body),), position)
            case Scripts(base=Symbol(text=text)) if text[-1].isalpha():
                pass
            case Scripts(below=None, above=above) if above:
                return self.raised(self.inside(item.base), above)
            case Fenced():
                return self.fenced(item)
            case Row():
                return self.inside(item)
            case Word(font=r"\mathbb", text="1"):
                return self.indicator(item)
            case Command(name=r"\frac" | r"\dfrac" | r"\tfrac"):
                return self.fraction(item)
            case Command(name=r"\sqrt", arguments=(body,)):
                return Apply("sqrt", (self.inside(body),), position)
            case Environment(name="cases"):
                return self.cases(item)
        if like := self.reader.symbols(self.place).like(item):
            raise self.error("unknown_like", item, like=like)
        raise self.error("unknown", item)

    def raised(self, term: Term, above: Layout) -> Term:
        """Something to a power, or transposed."""
        if above in _TRANSPOSED:
            return Apply("transpose", (term,), term.position)
        return Apply("power", (term, self.inside(above)), term.position)

    def fenced(self, item: Fenced) -> Term:
        if PAIRS.get(item.left) != item.right:
            raise self.error("not_a_pair", item)
        term = self.inside(item.body)
        if item.left in ("|", r"\lvert"):
            return Apply("abs", (term,), item.position)
        return Apply("norm", (term,), item.position) if item.left in _NORMS else term

    def indicator(self, item: Layout) -> Term:
        """1 where the condition in the brackets holds, else 0."""
        group = self.item
        if not isinstance(group, Fenced):
            raise self.error("condition", item)
        self.at += 1
        return self.comparison(group.body, item)

    def comparison(self, condition: Layout, at: Layout) -> Term:
        """Two sums, or two indices, with a sign between them."""
        row = [part for part in items(condition) if not isinstance(part, Space)]
        for place, sign in enumerate(row):
            text = _SAME.get(sign.text, sign.text) if isinstance(sign, Symbol) else ""
            if text in _COMPARISONS:
                left, right = row[:place], row[place + 1 :]
                return _COMPARISONS[text](
                    self.compared(left, sign), self.compared(right, sign), sign.position
                )
        raise self.error("condition", at)

    def compared(self, part: Sequence[Layout], at: Layout) -> Term:
        index = index_of(part[0]) if len(part) == 1 else None
        if isinstance(index, str) and not self.reader.symbols(self.place).match(part):
            return Letter(index, part[0].position)
        return self.inside(Row(tuple(part), at.position))

    def cases(self, item: Environment) -> Term:
        """The value of the first row whose condition holds; the last row may have none."""
        value: Term = Number(float("nan"), item.position)
        for number, row in enumerate(reversed(item.rows)):
            words_apart = [part for part in items(row[-1]) if not isinstance(part, Space | Word)]
            if number == 0 and (len(row) == 1 or not words_apart):
                value = self.inside(row[0])
            elif len(row) != 2:
                raise self.error("condition", item)
            else:
                condition = self.comparison(Row(tuple(words_apart), item.position), item)
                value = Apply("select", (condition, self.inside(row[0]), value), item.position)
        return value

    def fraction(self, item: Command) -> Term:
        above, below = item.arguments
        top, bottom = (_differentiated(part) for part in item.arguments)
        if top is None or bottom is None:
            return Apply("div", (self.inside(above), self.inside(below)), item.position)
        over, under = self.differentiated(top, bottom, item)
        if _kinds(over) <= {"C", "J", "z", "u", "a"} and _kinds(under) <= {*"Wbzuay", "gamma", "beta"}:
            return self.derivative(over, under, item)
        raise self.error("no_partial", item)

    def differentiated(
        self, top: Sequence[Layout], bottom: Sequence[Layout], item: Layout
    ) -> tuple[Named, Named]:
        """What is differentiated by what. Within a sum over the samples, C may be what all of them cost, and
        what a quantity of each is differentiated by may be of the sample outside of the sum."""
        outside = replace(self.place, sample=False, batch=False)
        if self.place.sample and self.reader.net.mixes_samples:
            over = self.found(top, outside) or self.quantity(top, item)
            if _kinds(over) <= {"C", "J"}:
                return over, self.quantity(bottom, item)
            if under := self.found(bottom, outside):
                over = self.quantity(top, item)
                each = (replace(choice, name=f"{choice.name}*") for choice in over.choices)
                return replace(over, choices=tuple(each)), under
        return self.quantity(top, item), self.quantity(bottom, item)

    def quantity(self, things: Sequence[Layout], within: Layout) -> Named:
        """The one quantity that these things are."""
        found = self.found(things, self.place)
        if found is None:
            raise self.error("unknown", things[0] if things else within)
        return found

    def found(self, things: Sequence[Layout], place: Place) -> Named | None:
        """The one quantity that these things are at a place."""
        match = self.reader.symbols(place).match(things)
        if match is None or match.length < len(things) or match.above:
            return None
        return match.term if isinstance(match.term, Named) else None

    def derivative(self, top: Named, bottom: Named, item: Layout) -> Named:
        pairs = [(a, b) for a in top.choices for b in bottom.choices]
        if len(pairs) > 1:
            pairs = [(a, b) for a, b in pairs if _direct(a, b)]
        choices = tuple(
            Choice(f"∂{a.name}/∂{b.name}", (*a.layers, *b.layers), (*a.starts, *b.starts)) for a, b in pairs
        )
        return Named(choices, (*top.indices, *bottom.indices), item.position)

    def shaped(self, body: Layout, below: Layout, position: int) -> Term:
        sides = _split(below, Symbol(r"\times"))
        if len(sides) != 2:
            raise self.error("no_shape", below)
        rows, columns = (self.inside(Row(tuple(side), below.position)) for side in sides)
        return Shaped(self.inside(body), rows, columns, position)


def _entrywise(factors: Sequence[Term]) -> Term:
    return factors[0] if len(factors) == 1 else Product(tuple(factors), True, factors[0].position)


_NORMS = (r"\|", r"\lVert")


def _group(item: Layout | None) -> tuple[Fenced | None, Layout | None]:
    """The brackets that hold what a function is applied to, and what is raised behind them."""
    for group, above in readings(item) if item else ():
        if isinstance(group, Fenced) and group.left in ("(", "["):
            return group, above
    return None, None


def _split(layout: Layout, separator: Layout) -> list[list[Layout]]:
    parts: list[list[Layout]] = [[]]
    for item in items(layout):
        if item == separator:
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def _differentiated(layout: Layout) -> list[Layout] | None:
    r"""What follows a `\partial` or a d; None where there is no such sign."""
    row: list[Layout] = [item for item in items(layout) if not isinstance(item, Space)]
    differential = row[:1] == [Symbol("d")] and len(row) > 1
    return row[1:] if differential or row[:1] == [Symbol(r"\partial")] else None


def _kinds(named: Named) -> set[str]:
    return {quantity(choice.name.rstrip("*")).kind for choice in named.choices}


def _direct(top: Choice, bottom: Choice) -> bool:
    """Whether the one is made of the other, with no layer between."""
    above, below = quantity(top.name.rstrip("*")), quantity(bottom.name)
    if above.kind in ("C", "J"):
        return True
    if above.kind == "z":
        return bottom.layers[0] == top.layers[0] - (below.kind in ("a", "z"))
    within = {"a": "zu", "u": ("z", "gamma", "beta")}
    return below.kind in within[above.kind] and above.layer == below.layer
