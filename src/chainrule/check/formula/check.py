"""`check formula`: is a formula that somebody wrote for a gradient right, and if not, what is wrong with it?

The verdict is a comparison in numbers with the quantity that the chain rule gives, for several networks drawn
at random. A wrong formula is explained by the smallest change that makes it right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from chainrule.catalog.registry import unknown
from chainrule.check.diagnosis import Diagnosis
from chainrule.check.formula.draws import LAYOUTS, SUMS, Draws, functions, may_use
from chainrule.check.formula.entries import check_entries, draws_for, has_entries
from chainrule.check.formula.explanation import explain, explain_factor
from chainrule.check.formula.forms import EntriesError, Form, PythonForm, is_latex, is_of_batch
from chainrule.check.formula.python import parts_of
from chainrule.errors import ChainruleError, FormulaError, UsageError, listed, shown
from chainrule.formula import Tree
from chainrule.network import NetworkDefinition
from chainrule.notation import find_notation
from chainrule.notation.notation import Notation
from chainrule.sentences import Language, say, speaking

Verdict = Literal["correct", "wrong", "unreadable"]


@dataclass(frozen=True)
class FormulaReport:
    """verdict: correct, wrong or unreadable. diagnosis: what is wrong, the best explanation first. sentence:
    the verdict in words. position: of what cannot be read, counted from 0."""

    verdict: Verdict
    sentence: str
    diagnosis: tuple[Diagnosis, ...] = ()
    position: int | None = None

    @property
    def ok(self) -> bool:
        return self.verdict == "correct"

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        found = {"verdict": self.verdict, "diagnosis": [vars(each) for each in self.diagnosis]}
        return found if self.position is None else {**found, "position": self.position}


def check_formula(
    text: str,
    *,
    of: str,
    network: NetworkDefinition,
    layout: str = "column",
    latex: bool = False,
    notation: str | None = None,
    lang: Language | None = None,
) -> FormulaReport:
    """Whether a formula, `(W2.T @ delta2) * a1 * (1 - a1)`, gives the quantity `of` of a network.

    of: delta1, dz1, da1, dW1, db1 and so on, in the program's names. layout: `column`, one sample whose
    vectors are columns, or `rows`, a batch with a sample a row. With batch normalisation a column stands
    among those of m samples: samples(...) adds up what each of them has, and dW1 may be the share of one or
    the mean of all. latex: the formula is LaTeX, which is seen from a backslash too. notation: the textbook
    by whose layer numbers, signs and means it is read. Raises UsageError, UnknownNameError for all but the
    formula itself.
    """
    if not isinstance(text, str):
        raise UsageError("check_formula.no_text", found=shown(text))
    found_layout = next((each for each in LAYOUTS if each == layout), None)
    if found_layout is None:
        raise unknown("layout", layout, LAYOUTS)
    book = find_notation(notation) if notation else None
    latex = latex or is_latex(text)
    with speaking(lang) as speech, speech, np.errstate(all="ignore"):
        form = _form(book, latex=latex)
        draws = Draws(
            network, found_layout, book, batch=latex and found_layout == "column" and is_of_batch(text, book)
        )
        if of not in (names := list(quantities(draws))):
            raise unknown("quantity", of, names)
        try:
            return _judged(text, draws, of, form)
        except FormulaError as error:
            diagnosis = Diagnosis("syntax", str(error), None)
            return FormulaReport("unreadable", say("check_formula.unreadable"), (diagnosis,), error.position)


def _judged(text: str, draws: Draws, of: str, form: Form) -> FormulaReport:
    """What a formula is worth. Raises FormulaError where it cannot be read."""
    correct = FormulaReport("correct", say("check_formula.correct", of=of))
    wrong = say("check_formula.wrong", of=of)
    try:
        equation = form.read(text, draws, of)
    except EntriesError as entries:
        factor = entries.factor(of)
        return correct if factor == 1 else FormulaReport("wrong", wrong, (explain_factor(factor, draws, of),))
    tree = equation.right
    for left in equation.lefts:
        if left.kind != "name" or left.text.replace("dz", "delta") != of.replace("dz", "delta"):
            raise FormulaError("check_formula.left", position=left.position, found=form.write(left), of=of)
    check_names(tree, draws, of, form)
    ways: list[Draws] = [draws]
    if draws.of_each and draws.net.mixes_samples and of.startswith(("dW", "db", "dgamma")):
        over_all = any(part.text == "samples" for part in parts_of(tree))
        ways = [draws, draws.with_shares()][:: 1 if over_all else -1]
    if any(map(has_entries, (*equation.lefts, tree))):
        for side in (*equation.lefts, tree):
            check_entries(side, draws, form.write)
        first = next(iter(equation.lefts), None)
        ways = [each for way in ways for each in draws_for(tree, first, of, way)]
    if any(is_right(tree, way, of) for way in ways):
        return correct
    return FormulaReport("wrong", wrong, tuple(explain(tree, ways, of, form)))


def _form(book: Notation | None, *, latex: bool) -> Form:
    if not latex:
        return PythonForm(book)
    from chainrule.check.formula.tex import TexForm  # which takes a while to load

    return TexForm(book)


def is_right(tree: Tree, draws: Draws, of: str) -> bool:
    """Whether a formula gives the quantity in every draw."""
    try:
        return all(
            draws.same(draws.value(tree, number), draws.expected(of, number))
            for number in range(len(draws.tables))
        )
    except ValueError:
        return False


def quantities(draws: Draws) -> Iterator[str]:
    """What a formula may be asked for, in the order of the backward pass."""
    for number in range(len(draws.net.layers), 0, -1):
        for kind in ("da", "du", "dgamma", "dbeta", "delta", "dz", "dW", "db"):
            if f"{kind}{number}" in draws.tables[0]:
                yield f"{kind}{number}"


def check_names(tree: Tree, draws: Draws, of: str, form: Form) -> None:
    """Raises FormulaError for what has no meaning, and for what may not be used."""
    known = functions(draws)
    for part in sorted(parts_of(tree), key=lambda part: part.position):
        if part.kind == "name":
            _check_name(part, draws, of, form)
        elif part.kind == "call":
            if part.text not in known:
                message: ChainruleError = unknown("function", part.text[:40], list(known))
                raise FormulaError("formula.unknown_function", position=part.position, message=message)
            _check_operands(part, known[part.text])


def _check_name(part: Tree, draws: Draws, of: str, form: Form) -> None:
    name = part.text
    if name not in draws.tables[0] and not name.startswith("∂"):
        usable = [
            each for each in draws.tables[0] if may_use(each, of) and each[:2] not in ("dz", "dW", "db")
        ]
        names = listed([form.write(Tree("name", 0, each)) for each in usable])
        fields = {"found": form.write(part)[:40], "names": names}
        raise FormulaError("formula.unknown_name", position=part.position, **fields)
    if not may_use(name, of):
        same = name.replace("dz", "delta") == of.replace("dz", "delta")
        key = "check_formula.itself" if same else "check_formula.later"
        raise FormulaError(key, position=part.position, found=form.write(part), of=of)


def _check_operands(part: Tree, most: int) -> None:
    if part.text in SUMS:
        axis = part.parts[1:2]
        if len(part.parts) > 3 or (axis and axis[0].text not in ("0", "1")):
            raise FormulaError("check_formula.axis", position=part.position, function=part.text)
    elif len(part.parts) != most:
        fields = {"function": part.text, "expected": most, "found": len(part.parts)}
        raise FormulaError("formula.operands", position=part.position, **fields)
