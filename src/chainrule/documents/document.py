"""What a document is made of.

Text is plain, in the document's language; what stands between dollar signs in it is TeX (`so $a = g(z)$`),
and `\\$` is a dollar sign. Formulas are TeX alone, the same in every language; the reasons beside them are
text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chainrule.sentences import Language


@dataclass(frozen=True)
class Step:
    """One side of a formula: what stands after a relation sign, and why it may stand there.

    relation: TeX of the sign (`=`, `\\gets`, `\\Rightarrow`); empty before the first side.
    """

    tex: str
    relation: str = "="
    reason: str = ""


@dataclass(frozen=True)
class Formula:
    """A chain of sides, one below the other: left = first = second. label: `BP1`, without parentheses.

    place: what the names in it stand for, for those who read the TeX back; printing does not look at it.
    """

    left: str
    steps: tuple[Step, ...]
    label: str = ""
    place: object = None


@dataclass(frozen=True)
class Heading:
    """level 1 is the document's title."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Note:
    """A remark beside the line of thought: a convention, or where a reader may stumble."""

    text: str


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """Cells are text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Code:
    """Python source. A notebook runs it; other forms show it where `shown`."""

    source: str
    shown: bool = True


Block = Heading | Paragraph | Formula | Note | Bullets | Table | Code


@dataclass(frozen=True)
class Document:
    """Blocks in order. lang: the language of its text."""

    lang: Language
    blocks: tuple[Block, ...] = field(default=())

    @property
    def title(self) -> str:
        """The text of its first heading."""
        return next((block.text for block in self.blocks if isinstance(block, Heading)), "")

    def formulas(self) -> Iterator[Formula]:
        """Every formula, in order."""
        return (block for block in self.blocks if isinstance(block, Formula))

    def _in(self, form: str) -> str:
        from chainrule.documents import render

        return render(self, form)

    def terminal(self) -> str:
        """Text for a terminal of 80 columns."""
        return self._in("terminal")

    def markdown(self) -> str:
        """Markdown with TeX between dollar signs, as GitHub and Jupyter show it."""
        return self._in("markdown")

    def latex(self) -> str:
        """A LaTeX document that compiles as it is."""
        return self._in("latex")

    def html(self) -> str:
        """One HTML file that needs no network."""
        return self._in("html")

    def ipynb(self) -> str:
        """A notebook, with source that runs."""
        return self._in("ipynb")

    def __str__(self) -> str:
        return self.terminal()

    def _repr_markdown_(self) -> str:
        return self.markdown()
