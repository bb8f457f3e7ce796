"""From what the chain rule gives to what a person would write. Each rule is an identity.

Nothing here knows networks. `facts` are equalities that hold for the case at hand, such as "the targets
of a sample sum to 1": the left side, already simple, is replaced by the right one.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    add,
    const,
    contract,
    div,
    elementwise,
    in_order,
    mul,
    neg,
    power,
    rename,
    select,
    size,
    sub,
    summed_dims,
    with_args,
)

Facts = Mapping[Node, Node]


def simplify(roots: Iterable[Node], facts: Facts | None = None) -> list[Node]:
    """The same expressions, simpler, with the same dims; equal for all values that satisfy the facts."""
    roots = tuple(roots)
    order = in_order(roots)
    links = _links(order, roots)
    simpler: dict[Node, Node] = {}
    for node in order:
        rebuilt = with_args(node, tuple(simpler[a] for a in node.args))
        simpler[node] = rebuilt if node in links else _simpler(rebuilt, facts or {})
    return [contract(root.dims, simpler[root]) for root in roots]


_SUM, _PRODUCT = ("add", "sub"), ("mul", "div", "neg")
_LONG = 8
"""A number of more characters is no short decimal."""
_FEW = 4
"""Sums of more terms are not tried over one line."""
_SMALLEST, _LARGEST = sys.float_info.min, sys.float_info.max
"""Between which a coefficient lies."""


def _links(order: Sequence[Node], roots: Iterable[Node]) -> set[Node]:
    """Sums that stand in one other sum and nowhere else, and products likewise.

    They are taken apart with the whole they stand in: to do so at every link of a chain as well would take
    quadratic time.
    """
    uses = Counter(a for node in order for a in node.args)
    uses.update(roots)
    return {
        a
        for kind in (_SUM, _PRODUCT)
        for node in order
        if _is(node, *kind)
        for a in node.args
        if uses[a] == 1 and _is(a, *kind)
    }


def _simpler(node: Node, facts: Facts) -> Node:
    if node.op == "contract":
        node = _contract(node, facts)
    elif _is(node, *_SUM):
        node = _sum(node)
    elif _is(node, *_PRODUCT) or _is_square(node):
        node = product_of(*factors_of(node))
    return facts.get(node, node)


def _is(node: Node, *names: str) -> bool:
    return node.op == "elementwise" and node.data in names


def _is_square(node: Node) -> bool:
    return _is(node, "power") and node.args[1].data == 2.0


def factors_of(node: Node) -> tuple[float, list[Node], list[Node]]:
    """node = coefficient * product of `top` / product of `bottom`; a square counts as two factors.

    A number stays a factor where the coefficient would be too large or too small with it (`_times_number`).
    """
    coefficient, top, bottom = 1.0, list[Node](), list[Node]()
    extreme: list[tuple[Node, bool]] = []
    stack = [(node, True)]
    while stack:
        n, above = stack.pop()
        if _is(n, "mul"):
            stack += [(n.args[1], above), (n.args[0], above)]
        elif _is(n, "div"):
            stack += [(n.args[1], not above), (n.args[0], above)]
        elif _is(n, "neg"):
            coefficient = -coefficient
            stack.append((n.args[0], above))
        elif isinstance(n.data, float) and n is not ZERO:
            product = _times_number(coefficient, n.data, above=above)
            if product is None:
                extreme.append((n, above))
            else:
                coefficient = product
        elif _is_square(n):
            base = n.args[0]
            if _is(base, "mul") and isinstance(base.args[0].data, float):  # (c u)^2 = c^2 u^2
                stack += [(base.args[0], above)] * 2
                base = base.args[1]
            (top if above else bottom).extend([base] * 2)
        else:
            (top if above else bottom).append(n)
    for n, above in extreme:  # what came later may have made room
        product = _times_number(coefficient, float(n.data or 0), above=above)
        if product is None:
            (top if above else bottom).append(n)
        else:
            coefficient = product
    return coefficient, top, bottom


def _times_number(coefficient: float, number: float, *, above: bool = True) -> float | None:
    """Their product, or quotient; None where it is not as exact as they are: infinite, 0, or so small that
    digits are lost."""
    if not math.isfinite(number) or (number == 0 and not above):
        return None
    product = coefficient * number if above else coefficient / number
    exact = abs(coefficient) == 1 and above
    return product if exact or _SMALLEST <= abs(product) <= _LARGEST else None


def _counted(terms: dict[Node, float], term: Node, coefficient: float) -> None:
    """Take a term into a sum; two that would be infinite together stay apart."""
    total = terms.get(term, 0.0) + coefficient
    if math.isfinite(total):
        terms[term] = total
    else:
        _counted(terms, mul(const(coefficient), term), 1.0)


def product_of(coefficient: float, top: list[Node], bottom: list[Node]) -> Node:
    """coefficient * product of `top` / product of `bottom`."""
    if ZERO in top or coefficient == 0:
        return ZERO
    for i, factor in enumerate(top):  # select(c, u, 0) t = select(c, u t, 0)
        if _is(factor, "select") and ZERO in factor.args[1:]:
            condition, yes, no = factor.args
            rest = top[:i] + top[i + 1 :]
            return select(
                condition,
                *(b if b is ZERO else _times(b, coefficient, rest, bottom) for b in (yes, no)),
            )
    top, bottom = _merged(top), _merged(bottom)
    for number in list(bottom):  # m / m = 1: a size is not 0, as other numbers may be
        if number.op == "size" and number in top:
            bottom = _without(bottom, [number])
            top = _without(top, [number])
    if coefficient < 0:
        for i, factor in enumerate(top):  # -(a - b) = b - a
            if _is(factor, "sub"):
                coefficient, top = (
                    -coefficient,
                    [*top[:i], sub(factor.args[1], factor.args[0]), *top[i + 1 :]],
                )
                break
    result = _powers(top)
    coefficient, whole = _as_quotient(coefficient)
    if abs(coefficient) != 1:
        result = mul(const(abs(coefficient)), result)
    result = div(result, mul(whole, _powers(bottom)))
    return neg(result) if coefficient < 0 else result


def _as_quotient(coefficient: float) -> tuple[float, float]:
    """Above and below the line: 1/3 is 1 and 3, as it has no short decimal; 0.25 stays."""
    whole = round(1 / abs(coefficient)) if 1e-3 < abs(coefficient) < 1 else 1
    if len(repr(coefficient)) > _LONG and 1 / whole == abs(coefficient):
        return math.copysign(1.0, coefficient), whole
    return coefficient, 1.0


def _times(node: Node, coefficient: float, top: list[Node], bottom: list[Node]) -> Node:
    c, over, under = factors_of(node)
    product = _times_number(c, coefficient) if coefficient else 0.0
    if product is None:
        return product_of(c, [const(coefficient), *over, *top], under + bottom)
    return product_of(product, over + top, under + bottom)


def _powers(factors: list[Node]) -> Node:
    """a a b = a^2 b, in the order of first appearance."""
    result = ONE
    for factor, count in Counter(factors).items():
        result = mul(result, power(factor, count))
    return result


def _merged(factors: list[Node]) -> list[Node]:
    """sqrt(u) sqrt(u) = u, u sign(u) = |u|"""
    for factor in factors:
        if not _is(factor, "sqrt", "sign"):
            continue
        (u,) = factor.args
        other = factor if _is(factor, "sqrt") else u
        rest = _without(factors, [factor])
        if other in rest:
            return _merged([u if other is factor else elementwise("abs", u), *_without(rest, [other])])
    return factors


def _without(factors: list[Node], gone: Iterable[Node]) -> list[Node]:
    left = list(factors)
    for factor in gone:
        left.remove(factor)
    return left


def terms_of(node: Node) -> dict[Node, float]:
    """node = sum of coefficient * term; like terms taken together, a b and b a among them."""
    terms: dict[Node, float] = {}
    alike: dict[object, Node] = {}
    stack = [(node, 1.0)]
    while stack:
        n, sign = stack.pop()
        if _is(n, "add"):
            stack += [(n.args[1], sign), (n.args[0], sign)]
        elif _is(n, "sub"):
            stack += [(n.args[1], -sign), (n.args[0], sign)]
        elif _is(n, "neg"):
            stack.append((n.args[0], -sign))
        elif n is not ZERO:
            coefficient, top, bottom = factors_of(n)
            term = product_of(1.0, top, bottom)
            if len(top) > 1:
                term = alike.setdefault((frozenset(Counter(top).items()), tuple(bottom)), term)
            _counted(terms, term, sign * coefficient)
    return {term: c for term, c in terms.items() if c != 0}


def _sum(node: Node) -> Node:
    terms = _joined_selects(terms_of(node))
    if not terms:
        return ZERO
    parts = [_part(term, c) for term, c in terms.items()]
    common_top = _common([top for _, top, _ in parts])
    common_bottom = _common([bottom for _, _, bottom in parts])
    scale = abs(parts[0][0]) if len({abs(c) for c, _, _ in parts}) == 1 else 1.0
    if all(c < 0 for c, _, _ in parts):
        scale = -scale
    inner = [
        (c / scale, product_of(1.0, _without(t, common_top), _without(b, common_bottom))) for c, t, b in parts
    ]
    inner.sort(key=lambda part: part[0] < 0)  # -y + p = p - y
    if quotient := _one_quotient(inner):
        number, line = quotient
        return _times(const(number), scale, common_top, common_bottom + line)
    result = ZERO
    for c, term in inner:
        scaled = term if abs(c) == 1 else _times(term, abs(c), [], [])
        result = add(result, scaled) if c > 0 else sub(result, scaled)
    if len(inner) > 1 and (common_top or common_bottom or scale != 1):  # a b + a c = a (b + c)
        return product_of(scale, [*common_top, result], common_bottom)
    return _times(result, scale, common_top, common_bottom)


def _part(term: Node, coefficient: float) -> tuple[float, list[Node], list[Node]]:
    """coefficient * term by its factors."""
    own, top, bottom = factors_of(term)
    product = _times_number(own, coefficient)
    return (own, [const(coefficient), *top], bottom) if product is None else (product, top, bottom)


def _one_quotient(parts: Sequence[tuple[float, Node]]) -> tuple[float, list[Node]] | None:
    """u/d - v/d = c/d where u - v is a number: that number, and d. None where it is none.

    Nothing but a number may stand above: of two expressions both may be infinite.
    """
    if not 1 < len(parts) <= _FEW:
        return None
    lines = [factors_of(term) for _, term in parts]
    common: Counter[Node] = Counter()
    for _, _, under in lines:
        common |= Counter(under)
    if not common:
        return None
    top = ZERO
    for (c, _), (own, over, under) in zip(parts, lines, strict=True):
        top = add(top, _times(const(own), c, over + list((common - Counter(under)).elements()), []))
    terms = terms_of(top)
    return (terms[ONE], list(common.elements())) if set(terms) == {ONE} else None


def _common(lists: list[list[Node]]) -> list[Node]:
    shared = Counter(lists[0])
    for other in lists[1:]:
        shared &= Counter(other)
    return list(shared.elements())


def _joined_selects(terms: dict[Node, float]) -> dict[Node, float]:
    """select(c, a, 0) + select(c, 0, b) = select(c, a, b)"""
    by_condition = Counter(t.args[0] for t in terms if _is(t, "select"))
    joined: dict[Node, float] = {}
    done: set[Node] = set()
    for term, coefficient in terms.items():
        if not _is(term, "select") or by_condition[term.args[0]] < 2:
            _counted(joined, term, coefficient)
        elif (condition := term.args[0]) not in done:
            done.add(condition)
            same = [(c, t) for t, c in terms.items() if _is(t, "select") and t.args[0] is condition]
            yes, no = (_branch([(c, t.args[i]) for c, t in same]) for i in (1, 2))
            merged = _factored_select(condition, yes, no)
            _counted(joined, merged, 1.0)
    return {term: c for term, c in joined.items() if c != 0 and term is not ZERO}


def _factored_select(condition: Node, yes: Node, no: Node) -> Node:
    """select(c, a u, a v) = a select(c, u, v)"""
    if yes is ZERO or no is ZERO:
        return select(condition, yes, no)
    (c, yes_top, yes_bottom), (d, no_top, no_bottom) = factors_of(yes), factors_of(no)
    top, bottom = _common([yes_top, no_top]), _common([yes_bottom, no_bottom])
    left = product_of(c, _without(yes_top, top), _without(yes_bottom, bottom))
    right = product_of(d, _without(no_top, top), _without(no_bottom, bottom))
    return product_of(1.0, [*top, select(condition, left, right)], bottom)


def _branch(parts: list[tuple[float, Node]]) -> Node:
    result = ZERO
    for c, node in parts:
        result = add(result, _times(node, c, [], []) if node is not ZERO else ZERO)
    return _sum(result) if _is(result, *_SUM) else result


def _contract(node: Node, facts: Facts) -> Node:
    coefficient, top, bottom = 1.0, list[Node](), list[Node]()
    operands: list[Node] = []
    for arg in node.args:  # numbers go outside the sum
        c, over, under = factors_of(arg)
        together = _times_number(coefficient, c)
        if together is None:
            over = [const(c), *over]
        else:
            coefficient = together
        top += [f for f in over if not f.dims]
        bottom += [f for f in under if not f.dims]
        operands += [f for f in over if f.op == "identity"]
        rest = [f for f in over if f.dims and f.op != "identity"]
        operands.append(product_of(1.0, rest, [f for f in under if f.dims]))
    operands, summed = _through_identities([o for o in operands if o is not ONE], summed_dims(node))
    operands = _grouped(operands, summed)
    if len(operands) == 1:
        (inner,) = operands
        if _is_sum(inner) and not set(summed_dims(inner)) & set(node.dims):
            operands = [inner.args[0]]  # a sum of a sum is one sum
        elif summed:  # what does not depend on the summed dims goes outside
            _, over, under = factors_of(inner)
            outside = [[f for f in fs if not any(d in f.dims for d in summed)] for fs in (over, under)]
            top += outside[0]
            bottom += outside[1]
            inner = product_of(1.0, _without(over, outside[0]), _without(under, outside[1]))
            if _is(inner, *_SUM) and (lasting := _lasting(inner, node.dims, facts)) is not inner:
                total = _times(_contract(contract(node.dims, lasting), facts), coefficient, top, bottom)
                return contract(node.dims, total)
            operands = [inner]
    carried = {d for o in operands for d in o.dims}
    top += [size(d) for d in summed if d not in carried]  # a sum of m equal terms
    product = contract([d for d in node.dims if d in carried], *operands) if operands else ONE
    result = _times(facts.get(product, product), coefficient, top, bottom)
    return contract(node.dims, result) if set(result.dims) == set(node.dims) else result


def _lasting(node: Node, dims: Sequence[str], facts: Facts) -> Node:
    """A sum without those terms whose own sums are 0 by the facts, where only `dims` stay."""
    if ZERO not in facts.values():
        return node
    terms = terms_of(node)
    lasting = [
        mul(const(c), term)
        for term, c in terms.items()
        if _contract(contract([d for d in dims if d in term.dims], term), facts) is not ZERO
    ]
    return node if len(lasting) == len(terms) else _simpler(sum(lasting, ZERO), facts)


def _is_sum(node: Node) -> bool:
    """Whether it only sums one operand along some of its dims, or puts them in another order."""
    return node.op == "contract" and len(node.args) == 1 and set(node.dims) <= set(node.args[0].dims)


def _through_identities(operands: list[Node], summed: list[str]) -> tuple[list[Node], list[str]]:
    """sum_j identity(i, j) x_j = x_i; returns the operands and the dims that are still summed."""
    for i, operand in enumerate(operands):
        if operand.op != "identity":
            continue
        others = operands[:i] + operands[i + 1 :]
        for gone, kept in (operand.dims, operand.dims[::-1]):
            if gone in summed and others and not any({gone, kept} <= set(o.dims) for o in others):
                renamed = [rename(o, {gone: kept}) for o in others]
                return _through_identities(renamed, [d for d in summed if d != gone])
    return operands, summed


def _grouped(operands: list[Node], summed: Sequence[str]) -> list[Node]:
    """An operand whose dims another one has too is multiplied into it, place by place; but not a vector into
    a matrix along the dim that is summed, which is a product of the two."""
    for i, a in enumerate(operands):
        for j, b in enumerate(operands):
            if i == j or not set(a.dims) <= set(b.dims):
                continue
            if len(a.dims) < len(b.dims) and set(a.dims) <= set(summed):
                continue
            rest = [o for k, o in enumerate(operands) if k not in (i, j)]
            first, second = (a, b) if i < j and len(a.dims) == len(b.dims) else (b, a)
            _, over, under = factors_of(second)
            return _grouped([_times(first, 1.0, over, under), *rest], summed)
    return operands
