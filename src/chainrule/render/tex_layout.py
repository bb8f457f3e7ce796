r"""TeX read back: the mathematics that the project prints, as a small tree of what stands where.

    parse(r"\frac{\partial C}{\partial w}")   Command(\frac, (Row(\partial C), Row(\partial w)))
    parse(r"\delta^{(2)}_j")                  Scripts(\delta, below=j, above=Row(( 2 )))

The tree says how a formula looks, not what it means: `a b` is a row of two symbols; parentheses without
`\left` are symbols of the row they stand in, and in `(a b)^T` it is the closing one that carries the T; a
group of one thing is that thing. Positions count characters from 0 and take no part in comparisons. `write`
gives the TeX of a tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal, NamedTuple

from chainrule.errors import FormulaError

DEEPEST = 40
"""How many groups may stand inside one another."""

Kind = Literal["ordinary", "function", "series", "binary", "relation", "open", "close", "punctuation"]
"""function: ln, whose operand follows. series: a sum sign, max or min, whose scripts are its limits."""


class Look(NamedTuple):
    """How a symbol is set: as which character or word of plain text, and with which distance around it."""

    text: str
    kind: Kind


def _looks() -> dict[str, Look]:
    table: list[tuple[Kind, str]] = [
        (
            "ordinary",
            r"\alpha α \beta β \gamma γ \delta δ \epsilon ϵ \varepsilon ε \zeta ζ \eta η \theta θ \iota ι "
            r"\kappa κ \lambda λ \mu μ \nu ν \xi ξ \pi π \rho ρ \sigma σ \tau τ \upsilon υ \phi ϕ "
            r"\varphi φ \chi χ \psi ψ \omega ω \Gamma Γ \Delta Δ \Theta Θ \Lambda Λ \Xi Ξ \Pi Π \Sigma Σ "
            r"\Upsilon Υ \Phi Φ \Psi Ψ \Omega Ω \partial ∂ \nabla ∇ \infty ∞ \ell ℓ \top ⊤ \prime ′ "
            r"\forall ∀ \emptyset ∅ \ldots … \dots … \cdots ⋯ \vdots ⋮ \ddots ⋱ "
            r"| | \vert | \| ‖ \Vert ‖ / / ! ! \% % \# # \& & \_ _ \$ $ ? ? \checkmark ✓",
        ),
        ("function", r"\ln ln \exp exp \log log \tanh tanh \sin sin \cos cos \det det \dim dim"),
        ("series", r"\sum ∑ \prod ∏ \max max \min min \lim lim"),
        (
            "binary",
            r"+ + - − * ∗ \ast ∗ \cdot · \times × \odot ⊙ \oslash ⊘ \circ ∘ \otimes ⊗ \pm ± "
            r"\setminus ∖",
        ),
        (
            "relation",
            r"= = < < > > : : \lt < \gt > \ge ≥ \geq ≥ \le ≤ \leq ≤ \ne ≠ \neq ≠ \approx ≈ \equiv ≡ \sim ∼ "
            r"\propto ∝ \in ∈ \to → \rightarrow → \gets ← \leftarrow ← \mapsto ↦ \Rightarrow ⇒ \implies ⟹ "
            r"\Leftarrow ⇐ \iff ⟺ \mid | \ll ≪ \gg ≫",
        ),
        ("open", r"( ( [ [ \{ { \lbrace { \lbrack [ \langle ⟨ \lvert | \lVert ‖ \lfloor ⌊ \lceil ⌈"),
        ("close", r") ) ] ] \} } \rbrace } \rbrack ] \rangle ⟩ \rvert | \rVert ‖ \rfloor ⌋ \rceil ⌉"),
        ("punctuation", ", , ; ; . ."),
    ]
    looks: dict[str, Look] = {}
    for kind, row in table:
        words = row.split()
        looks |= {tex: Look(text, kind) for tex, text in zip(words[::2], words[1::2], strict=True)}
    return looks


LOOKS: Mapping[str, Look] = MappingProxyType(_looks())
"""Every symbol but letters and digits, by its TeX."""

SPACES: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys((r"\,", r"\:", r"\;", r"\ ", "~", r"\thinspace", r"\enspace"), 1),
        r"\!": 0,
        r"\negthinspace": 0,
        r"\quad": 2,
        r"\qquad": 4,
    }
)
"""Distances, in columns of plain text."""

WORDS = (r"\text", r"\operatorname", r"\mathrm", r"\mathit", r"\mathbf", r"\mathbb", r"\mathcal")
"""Commands whose argument is text, letter for letter."""

ARGUMENTS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac", r"\overset", r"\underset"), 2),
        **dict.fromkeys((r"\sqrt", r"\vec", r"\hat", r"\bar", r"\tilde", r"\overline"), 1),
        **dict.fromkeys((r"\underbrace", r"\overbrace"), 1),
    }
)
"""Commands with arguments, and how many."""

ENVIRONMENTS = ("cases", "aligned", "matrix", "pmatrix", "bmatrix")

DELIMITERS = frozenset(
    {".", "|", r"\vert", r"\|", r"\Vert"} | {s for s, look in LOOKS.items() if look.kind in ("open", "close")}
)
"""What may follow `\\left` and `\\right`; a dot stands for nothing."""

_SIZES = frozenset(rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r"))


@dataclass(frozen=True)
class Symbol:
    r"""A letter, a number (`12.5`), a sign, or a command without arguments (`\delta`, `\ln`, `\sum`)."""

    text: str
    position: int = field(default=0, compare=False)

    @property
    def look(self) -> Look:
        return LOOKS.get(self.text) or Look(self.text, "ordinary")

    @property
    def kind(self) -> Kind:
        return self.look.kind


@dataclass(frozen=True)
class Space:
    r"""A distance: `\,` or `\quad`."""

    text: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Word:
    r"""Text in a font: `\mathrm{net}`, `\operatorname{softmax}`, `\mathbb{1}`, `\text{if }`."""

    font: str
    text: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Row:
    """Things side by side: none, or two and more."""

    items: tuple[Layout, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Scripts:
    r"""What stands below and above a base. Primes stand above: `\sigma'^2` has the row `\prime 2` there."""

    base: Layout
    below: Layout | None
    above: Layout | None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Command:
    r"""A command of ARGUMENTS: `\frac`, `\sqrt`, `\vec`, `\underbrace`, `\overset` (first the upper part)."""

    name: str
    arguments: tuple[Layout, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Fenced:
    r"""What stands between `\left` and `\right`, and the two delimiters as TeX writes them (`.` for none)."""

    left: str
    body: Layout
    right: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Environment:
    r"""Rows of cells: `cases`, `bmatrix`, `aligned`. Rows need not be equally long."""

    name: str
    rows: tuple[tuple[Layout, ...], ...]
    position: int = field(default=0, compare=False)


Layout = Symbol | Space | Word | Row | Scripts | Command | Fenced | Environment


def parse(text: str) -> Layout:
    """The tree of a formula. Raises FormulaError with the position of what cannot be read."""
    return _Parser(text).whole()


def items(layout: Layout) -> tuple[Layout, ...]:
    """What stands side by side in it: the items of a row, or the one thing it is."""
    return layout.items if isinstance(layout, Row) else (layout,)


def kinds(row: Sequence[Layout]) -> list[Kind]:
    """How each thing of a row is set: as a binary sign only where something stands before it to be joined."""
    found: list[Kind] = []
    before: Kind = "open"
    for item in row:
        kind = _kind(item)
        if kind == "binary" and before not in ("ordinary", "close"):
            kind = "ordinary"
        found.append(kind)
        if not isinstance(item, Space):
            before = kind
    return found


def _kind(item: Layout) -> Kind:
    match item:
        case Symbol():
            return item.kind
        case Word(font=r"\operatorname"):
            return "function"
        case Scripts():
            return _kind(item.base)
        case Command(name=r"\overset" | r"\underset"):
            return _kind(item.arguments[1])
        case _:
            return "ordinary"


_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S", re.DOTALL)
_END = ""


class _Token(NamedTuple):
    text: str
    position: int


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [_Token(match[0], match.start()) for match in _TOKEN.finditer(text)]
        self.tokens.append(_Token(_END, len(text)))
        self.at = 0
        self.depth = 0

    def whole(self) -> Layout:
        layout = self.row()
        if self.token.text != _END:
            raise self.error("closes_nothing" if self.token.text in _CLOSERS else "outside")
        return layout

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def error(self, what: str, token: _Token | None = None, **fields: object) -> FormulaError:
        token = token or self.token
        return FormulaError(f"tex.{what}", position=token.position, found=token.text, **fields)

    def row(self) -> Layout:
        """Everything up to what ends a row, which stays."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("too_deep", most=DEEPEST)
        start = self.token.position
        found: list[Layout] = []
        while self.token.text not in _CLOSERS | _SEPARATORS | {_END}:
            found.append(self.scripted())
        self.depth -= 1
        return found[0] if len(found) == 1 else Row(tuple(found), start)

    def scripted(self) -> Layout:
        """One thing with what stands below and above it."""
        start = self.token.position
        base = self.thing()
        below: Layout | None = None
        above: Layout | None = None
        while self.token.text in ("_", "^", "'"):
            sign = self.token
            if sign.text == "_" and below is None:
                self.next()
                below = self.argument(sign)
            elif sign.text != "_" and above is None:
                above = self.above()
            else:
                raise self.error("second_script")
        return base if below is above is None else Scripts(base, below, above, start)

    def above(self) -> Layout:
        """Primes and what is raised behind them."""
        start = self.token.position
        found: list[Layout] = []
        while self.token.text == "'":
            found.append(Symbol(r"\prime", self.next().position))
        if self.token.text == "^":
            found += items(self.argument(self.next()))
        return found[0] if len(found) == 1 else Row(tuple(found), start)

    def argument(self, of: _Token) -> Layout:
        """What follows a command or a script sign: a group in braces, or one thing."""
        token = self.token
        if token.text == "{":
            return self.group(self.next())
        if token.text in _CLOSERS | _SEPARATORS | DELIMITERS | {_END, "^", "_", "'"}:
            raise self.error("no_argument", of)
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error("too_deep", most=DEEPEST)
        layout = Symbol(*self.next()) if token.text.isdecimal() else self.thing()  # x_12 is x_1 and then 2
        self.depth -= 1
        return layout

    def group(self, opened: _Token) -> Layout:
        layout = self.row()
        if self.token.text != "}":
            raise self.unclosed(opened)
        self.next()
        return layout

    def unclosed(self, opened: _Token) -> FormulaError:
        if self.token.text in _SEPARATORS:
            return self.error("outside")
        return self.error("not_closed", opened)

    def thing(self) -> Layout:
        token = self.next()
        text, position = token
        if text == "{":
            return self.group(token)
        if text in LOOKS or re.fullmatch("[A-Za-z]", text):
            return Symbol(text, position)
        if re.fullmatch("[0-9]", text):
            return self.number(position)
        if text in SPACES:
            return Space(text, position)
        if text in WORDS:
            return Word(text, self.word(token), position)
        if text in ARGUMENTS:
            return Command(text, tuple(self.argument(token) for _ in range(ARGUMENTS[text])), position)
        if text == r"\left":
            return self.fenced(token)
        if text == r"\begin":
            return self.environment(token)
        if text in _SIZES:
            return Symbol(self.delimiter(token), position)
        if text in ("^", "_", "'"):
            raise self.error("script_of_nothing", token)
        if text.startswith("\\"):
            near = get_close_matches(text, [*LOOKS, *WORDS, *ARGUMENTS], 1, 0.75)
            raise self.error("misspelt_command" if near else "unknown_command", token, near=", ".join(near))
        raise self.error("not_a_symbol", token)

    def number(self, position: int) -> Symbol:
        """Digits that stand together, with at most one point between them."""
        match = _NUMBER.match(self.text, position)
        end = match.end() if match else position
        while self.token.position < end:
            self.next()
        return Symbol(self.text[position:end], position)

    def word(self, command: _Token) -> str:
        if self.token.text != "{":
            raise self.error("no_argument", command)
        opened = self.next()
        match = _PLAIN.match(self.text, opened.position + 1)
        end = match.end() if match else opened.position
        if self.text[end : end + 1] != "}":
            while self.token.position < end:
                self.next()
            raise self.error("not_closed", opened) if self.token.text == _END else self.error("not_in_text")
        while self.token.position <= end:
            self.next()
        return re.sub(r"\\(.)", r"\1", self.text[opened.position + 1 : end])

    def delimiter(self, of: _Token) -> str:
        if self.token.text not in DELIMITERS:
            raise self.error("no_delimiter", of)
        return self.next().text

    def fenced(self, opened: _Token) -> Layout:
        left = self.delimiter(opened)
        body = self.row()
        if self.token.text != r"\right":
            raise self.unclosed(opened)
        right = self.delimiter(self.next())
        return Fenced(left, body, right, opened.position)

    def environment(self, opened: _Token) -> Layout:
        name = self.word(opened)
        if name not in ENVIRONMENTS:
            raise self.error("unknown_environment", opened, name=name, names=", ".join(ENVIRONMENTS))
        rows: list[tuple[Layout, ...]] = []
        cells: list[Layout] = []
        while True:
            cells.append(self.row())
            ended = self.token
            if ended.text not in (*_SEPARATORS, r"\end"):
                raise self.error("not_closed", opened)
            self.next()
            if ended.text == "&":
                continue
            if ended.text in _ROW_ENDS or cells != [Row(())]:  # a last \\ ends a row and begins none
                rows.append(tuple(cells))
            cells = []
            if ended.text == r"\end":
                break
        if self.word(ended) != name:
            raise self.error("not_closed", opened)
        return Environment(name, tuple(rows), opened.position)


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_PLAIN = re.compile(r"(?:[^\\{}$%&#]|\\[_%&#${}])*")
_CLOSERS = frozenset({"}", r"\right", r"\end"})
_ROW_ENDS = (r"\\", r"\cr")
_SEPARATORS = frozenset({"&", *_ROW_ENDS})


def changed(layout: Layout, change: Callable[[Layout], Layout]) -> Layout:
    """The tree with `change` applied to each of its parts, the inner ones first."""
    match layout:
        case Row():
            return change(Row(_all_changed(layout.items, change), layout.position))
        case Scripts():
            below, above = (part and changed(part, change) for part in (layout.below, layout.above))
            return change(Scripts(changed(layout.base, change), below, above, layout.position))
        case Command():
            return change(Command(layout.name, _all_changed(layout.arguments, change), layout.position))
        case Fenced():
            return change(Fenced(layout.left, changed(layout.body, change), layout.right, layout.position))
        case Environment():
            rows = tuple(_all_changed(row, change) for row in layout.rows)
            return change(Environment(layout.name, rows, layout.position))
        case _:
            return change(layout)


def _all_changed(parts: Sequence[Layout], change: Callable[[Layout], Layout]) -> tuple[Layout, ...]:
    return tuple(changed(part, change) for part in parts)


def write(layout: Layout) -> str:
    """The TeX of a tree; `parse` of it gives the tree again."""
    match layout:
        case Symbol() | Space():
            return layout.text
        case Word():
            text = re.sub(r"[_%&#${}]", r"\\\g<0>", layout.text)
            return f"{layout.font}{{{text}}}"
        case Row():
            return _side_by_side(layout.items)
        case Scripts():
            return _scripted(layout)
        case Command():
            return layout.name + "".join(f"{{{write(argument)}}}" for argument in layout.arguments)
        case Fenced():
            left, right = rf"\left{layout.left}", rf"\right{layout.right}"
            return _apart(left, write(layout.body)) + right
        case Environment():
            rows = r" \\ ".join(" & ".join(map(write, cells)) for cells in layout.rows)
            return rf"\begin{{{layout.name}}} {rows} \end{{{layout.name}}}"


def _scripted(layout: Scripts) -> str:
    base = write(layout.base)
    text = f"{{{base}}}" if isinstance(layout.base, Row | Scripts | Space) else base
    if layout.below is not None:
        text += f"_{{{write(layout.below)}}}"
    if layout.above is None:
        return text
    above = items(layout.above)
    raised = list(above)
    while raised and raised[0] == Symbol(r"\prime"):
        raised.pop(0)
        text += "'"
    return text if above and not raised else f"{text}^{{{_side_by_side(raised)}}}"


def _side_by_side(row: Sequence[Layout]) -> str:
    text, was_loose = "", False
    for item, kind in zip(row, kinds(row), strict=True):
        part = f"{{{write(item)}}}" if isinstance(item, Row) else write(item)
        loose = kind in ("binary", "relation")
        if text and (loose or was_loose):
            text += " "
        text = _apart(text, part)
        was_loose = loose or kind == "punctuation"
    return text


def _apart(left: str, right: str) -> str:
    """Two pieces of TeX, with a blank between them where they would become one token."""
    joins = re.search(r"\\[A-Za-z]+$", left) and re.match("[A-Za-z]", right)
    joins = joins or (re.search(r"[0-9.]$", left) and re.match("[0-9.]", right))
    return f"{left} {right}" if joins else left + right
