"""The level of rules: how each local derivative comes about, as blocks of a document.

Every formula is a chain of expressions that the program derives (`elementary`) and prints; nothing here is
a text about one function. `Lines` keeps the expressions beside their TeX, so that a test can evaluate them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chainrule.catalog.losses import LOSSES
from chainrule.derivation.composite import composed
from chainrule.derivation.elementary import (
    Rule,
    Side,
    as_sigmoid,
    by_definition,
    by_rules,
    derivative,
    differentiated,
    result,
    towards,
)
from chainrule.derivation.lines import Lines, Part, blocks, by_output, lemmas
from chainrule.derivation.numbers import fraction, value
from chainrule.derivation.printing import RuleForm
from chainrule.derivation.rewriting import NAMED, cancelled, simple, spread, summed, symbols, written_out
from chainrule.documents.document import Block, Note, Paragraph
from chainrule.expr import (
    ONE,
    ZERO,
    Node,
    contract,
    div,
    identity,
    in_order,
    leaf,
    replace,
    size,
    total,
)
from chainrule.formula import find_activation
from chainrule.primitives import PRIMITIVES, exp, kinks
from chainrule.reverse import reverse
from chainrule.sentences import say
from chainrule.simplify import simplify

_MOST_SYMBOLS = 300
"""A function with a longer derivative is taken apart, and its derivative written by its parts."""

# Activations.


def activation_blocks(
    text: str, *, function: str = r"\sigma", variable: str = "z", output: str = "a"
) -> tuple[Block, ...]:
    r"""How the derivative of an activation comes about: a name of the catalogue, or a formula in x or z.

    function, variable, output: TeX of what they are called, as in a = \sigma(z).
    Raises UnknownNameError or FormulaError.
    """
    return blocks(activation(text, function=function, variable=variable, output=output))


def activation(text: str, *, function: str, variable: str, output: str) -> Iterator[Part]:
    """The parts of `activation_blocks`."""
    row, settings = find_activation(text)
    if row.across:
        yield from softmax(variable=variable, output=output)
        return
    z = leaf("z")
    g = row.apply(z, "unit", **settings)
    name = str(g.data) if g.args == (z,) and g.data in NAMED else ""
    clash = function == r"\sigma" and name != "sigmoid"
    form = RuleForm({"z": variable, "a": output}, sigmoid=r"\operatorname{sigmoid}" if clash else r"\sigma")
    meant = [Side(g)]
    if name:
        definition = PRIMITIVES[name].definition
        meant.append(Side(definition(z) if definition else g, (Rule("rules.definition"),)))
    yield Lines(g, tuple(meant), form, f"{function}({variable})")
    if not name and symbols(result(g, z)).total() > _MOST_SYMBOLS:
        yield from composed(g, leaf("a"), [z], form)
        yield from lemmas([g], form, ())
        return
    yield Paragraph(say("rules.derivative"))
    chain = by_definition(name, z) if name else differentiated(g, z)
    derived = chain[-1].node
    sides = (*chain, *by_output(derived, g, leaf("a")))
    yield Lines(derivative(g, z), sides, form, f"{function}'({variable})")
    yield from lemmas([g], form, {name})
    if name and (other := as_sigmoid(name, z)):
        yield Paragraph(say("rules.as_sigmoid"))
        yield Lines(other[0].node, other[1:], form)
    yield from _kinks(g, derived, form, function)
    yield from _extent(derived, form)


def kink_notes(text: str, *, function: str, variable: str = "z") -> tuple[Note, ...]:
    """What is declared at the kinks of an activation whose derivative is taken as it is trained with."""
    row, settings = find_activation(text)
    z = leaf("z")
    g = row.apply(z, "unit", **settings)
    (derived,) = simplify(reverse(g, [z]))
    return tuple(_kinks(g, derived, RuleForm({"z": variable}), function))


# What the derivative does at kinks, at its largest and far out; whatever is not clear is not said.

_STEPS = [i / 16 for i in range(-800, 801)]
_NEAR = 1e-7
_SAME = 1e-5
_MOST_KINKS = 4
_LOWER = 0.01
_FAR = ((1e3, 1e-2), (1e6, 1e-4), (1e9, 1e-6))


def _kinks(g: Node, derived: Node, form: RuleForm, function: str) -> Iterator[Note]:
    """Where the slope or the function jumps, and what the program takes there."""
    places = dict.fromkeys(at for kink in kinks(in_order([g])).values() for at in _zeros(kink))
    found = []
    for at in places:
        left, right = (value(derived, {"z": at + h}) for h in (-_NEAR, _NEAR))
        low, high = (value(g, {"z": at + h}) for h in (-_NEAR, _NEAR))
        fields = {"z": form.write(leaf("z")), "f": function, "at": _number(at, form)}
        taken = _number(value(derived, {"z": at}), form)
        if abs(high - low) > _SAME:
            found.append(say("rules.jump", taken=taken, **fields))
        elif abs(right - left) > _SAME:
            sides = {"left": _number(left, form), "right": _number(right, form)}
            found.append(say("rules.kink", taken=taken, **sides, **fields))
    if len(found) <= _MOST_KINKS:
        yield from map(Note, found)


def _zeros(kink: Node) -> Iterator[float]:
    """Where an expression in z changes its sign, or is 0 by itself."""
    values = [value(kink, {"z": z}) for z in _STEPS]
    for i, (z, here) in enumerate(zip(_STEPS, values, strict=True)):
        if here == 0 and all(values[k] != 0 for k in (i - 1, i + 1) if 0 <= k < len(values)):
            yield z
        elif i and here * values[i - 1] < 0:
            yield _bisected(kink, _STEPS[i - 1], z)


def _bisected(kink: Node, low: float, high: float) -> float:
    rising = value(kink, {"z": high}) > 0
    for _ in range(60):
        middle = (low + high) / 2
        at = value(kink, {"z": middle})
        if at == 0:
            return middle
        low, high = (low, middle) if (at > 0) == rising else (middle, high)
    return high


def _number(number: float, form: RuleForm) -> str:
    """TeX of a number that was computed: to six digits."""
    return form.number(float(f"{number:.6g}"))[0]


def _extent(derived: Node, form: RuleForm) -> Iterator[Part]:
    """The largest value of the derivative, and its limits far out."""
    values = [value(derived, {"z": z}) for z in _STEPS]
    if len(set(values)) <= 3:  # pieces of straight lines: the formula says it all
        return
    largest = max(values)
    z = form.write(leaf("z"))
    top = _STEPS[values.index(largest)]
    lower = all(here < largest - _LOWER for at, here in zip(_STEPS, values, strict=True) if abs(at - top) > 1)
    if lower and (exact := fraction(largest)) and top not in (_STEPS[0], _STEPS[-1]):
        tex = rf"\frac{{{exact.numerator}}}{{{exact.denominator}}}" if exact.denominator > 1 else str(exact)
        yield Note(say("rules.largest", value=tex, at=_number(top, form), z=z))
    low, high = (_limit(derived, side) for side in (-1, 1))
    if low is not None and high is not None:
        fields = {"z": z, "low": _number(low, form), "high": _number(high, form)}
        yield Note(say("rules.limit" if low == high else "rules.limits", **fields))


def _limit(derived: Node, side: int) -> float | None:
    """What the derivative tends to, if it is a whole number."""
    numbers = [value(derived, {"z": side * far}) for far, _ in _FAR]
    whole = float(round(numbers[-1])) if abs(numbers[-1]) < 1e3 else None
    near = whole is not None and all(
        abs(number - whole) < most for number, (_, most) in zip(numbers, _FAR, strict=True)
    )
    return whole if near else None


# Softmax, and the losses.


def softmax_blocks(*, variable: str = "z", output: str = "p") -> tuple[Block, ...]:
    """The Jacobian of softmax, from the quotient rule, in two cases."""
    return blocks(softmax(variable=variable, output=output))


def softmax(*, variable: str, output: str) -> Iterator[Part]:
    """The parts of `softmax_blocks`."""
    form = RuleForm({"z": variable, "p": output}, several=True)
    z_j, z_k, p_j, p_k = leaf("z", ["j"]), leaf("z", ["k"]), leaf("p", ["j"]), leaf("p", ["k"])
    all_exp = total(exp(leaf("z", ["i"])))
    by_j, by_k = (div(exp(z), all_exp) for z in (z_j, z_k))
    definitions = {p_j: by_j, p_k: by_k}
    equal = identity("j", "k")
    *raw, _ = by_rules(by_j, z_k)
    other = [Side(replace([side.node], {equal: ZERO})[0], side.rules) for side in raw]
    yield Lines(p_j, (Side(by_j, (Rule("rules.definition"),)),), form)
    for key, indices, sides, goal in (
        ("rules.softmax.same", ["k"], by_rules(by_k, z_k), p_k * (1 - p_k)),
        ("rules.softmax.other", ["j", "k"], other, -(p_j * p_k)),
    ):
        yield Paragraph(say(key))
        yield Lines(leaf("∂p/∂z", indices), towards(sides, replace([goal], definitions)[0], goal), form)
    yield Paragraph(say("rules.softmax.both", equal=form.write(equal)))
    yield Lines(leaf("∂p/∂z", ["j", "k"]), (Side(p_j * (equal - p_k)),), form)


def loss_blocks(name: str, *, target: str = "y", output: str = "a", cost: str = "J") -> tuple[Block, ...]:
    """How the derivative of a sample's loss by one output comes about; name: a loss with its settings.

    Raises UnknownNameError or UsageError.
    """
    return blocks(loss(name, target=target, output=output, cost=cost))


def loss(name: str, *, target: str, output: str, cost: str) -> Iterator[Part]:
    """The parts of `loss_blocks`."""
    row, settings = LOSSES.choose(name)
    y, a, z = (leaf(letter, ["k"]) for letter in "yaz")
    form = RuleForm({"y": target, "a": output, "J": cost}, several=True)
    J = written_out(row.function(y, a, z, "k", **settings))
    yield Lines(leaf("J"), (Side(J, (Rule("rules.definition"),)),), form)
    # where the outputs jump, the loss is learned from through the weighted inputs that it multiplies
    by = z if row.fits == ("step",) else a
    if by is z:
        yield Paragraph(say("rules.loss.flat", a=form.write(a)))
    chain = differentiated(J, by)
    yield Lines(leaf(f"∂J/∂{by.data}", ["k"]), chain, form)
    (plain,) = replace([chain[-1].node], {size("k"): ONE})
    left, at, right = (value(plain, {"y": 0.5, "a": 0.5 + h, "z": 1.0}) for h in (-_NEAR, 0.0, _NEAR))
    if abs(right - left) > _SAME:
        yield Note(say("rules.loss.kink", a=form.write(a), y=form.write(y), taken=_number(at, form)))


def softmax_cross_entropy_blocks(
    *,
    variable: str = "z",
    output: str = "p",
    target: str = "y",
    cost: str = "J",
    targets_sum_to_one: bool = True,
) -> tuple[Block, ...]:
    """How softmax with cross-entropy comes to p - y; to p times the sum of y, less y, in general."""
    names = {"z": variable, "p": output, "y": target, "J": cost}
    return blocks(softmax_cross_entropy(names, targets_sum_to_one=targets_sum_to_one))


def softmax_cross_entropy(names: Mapping[str, str], *, targets_sum_to_one: bool) -> Iterator[Part]:
    """The parts of `softmax_cross_entropy_blocks`; names: TeX of z, p, y and J."""
    form = RuleForm(names, several=True)
    y_k, p_k, p_j = leaf("y", ["k"]), leaf("p", ["k"]), leaf("p", ["j"])
    J = written_out(LOSSES["cross_entropy"].function(y_k, p_k, leaf("z", ["k"]), "k"))
    outer, by_z = differentiated(J, p_k), p_k * (identity("k", "j") - p_j)
    yield Lines(leaf("J"), (Side(J, (Rule("rules.definition"),)),), form)
    yield Lines(leaf("∂J/∂p", ["k"]), outer, form)
    yield Paragraph(say("rules.softmax.paths", p=form.write(p_k), z=form.write(leaf("z", ["j"]))))

    def over_k(term: Node) -> Node:
        return -over_k(term.args[0]) if term.data == "neg" else contract(["j"], term)

    product = outer[-1].node * by_z
    shorter = cancelled(product, p_k)
    terms = spread(shorter)
    ordered = simple(summed(map(over_k, terms)))
    sides = [
        Side(over_k(leaf("∂J/∂p", ["k"]) * leaf("∂p/∂z", ["k", "j"])), (Rule("rules.paths"),)),
        Side(over_k(product), (Rule("rules.put_in"),)),
        Side(over_k(shorter), (Rule("rules.cancelled", {"p": p_k}),)),
        Side(summed(map(over_k, terms)), (Rule("rules.sum_split"),)),
        Side(ordered, (Rule("rules.one_place"),)),
    ]
    if targets_sum_to_one:
        all_targets = total(y_k)
        (short,) = simplify([ordered], {all_targets: ONE})
        sides.append(Side(short, (Rule("rules.targets", {"sum": all_targets}),)))
    yield Lines(leaf("∂J/∂z", ["j"]), tuple(sides), form)


def sigmoid_cross_entropy_blocks(
    *, variable: str = "z", output: str = "a", target: str = "y", cost: str = "J"
) -> tuple[Block, ...]:
    """How the sigmoid with binary cross-entropy comes to a - y."""
    return blocks(sigmoid_cross_entropy({"z": variable, "a": output, "y": target, "J": cost}))


def sigmoid_cross_entropy(names: Mapping[str, str]) -> Iterator[Part]:
    """The parts of `sigmoid_cross_entropy_blocks`; names: TeX of z, a, y and J."""
    form = RuleForm(names, several=True)
    y, a, z = (leaf(letter, ["k"]) for letter in "yaz")
    J = written_out(LOSSES["binary_cross_entropy"].function(y, a, z, "k"))
    outer, slope = differentiated(J, a), a * (1 - a)
    yield Lines(leaf("J"), (Side(J, (Rule("rules.definition"),)),), form)
    yield Lines(leaf("∂J/∂a", ["k"]), outer, form)
    yield Paragraph(say("rules.sigmoid.path", a=form.write(a), z=form.write(z)))
    product = outer[-1].node * slope
    terms = [cancelled(cancelled(term, a), 1 - a) for term in spread(product)]
    wide = [part for term in terms for part in spread(term)]
    sides = [
        Side(leaf("∂J/∂a", ["k"]) * leaf("∂a/∂z", ["k"]), (Rule("rules.path"),)),
        Side(product, (Rule("rules.put_in"),)),
        Side(
            summed(terms),
            (Rule("rules.multiplied"), *(Rule("rules.cancelled", {"p": factor}) for factor in (a, 1 - a))),
        ),
        Side(summed(wide), (Rule("rules.multiplied"),)),
        Side(simple(summed(wide)), (Rule("rules.simplified"),)),
    ]
    yield Lines(leaf("∂J/∂z", ["k"]), tuple(sides), form)
