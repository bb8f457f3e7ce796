"""Index form: an expression on one line, with a letter for each dim and every sum written out.

    1/K * sum_k (y_k - a_k)^2

This is the walk that `text` and `tex` share: which letters stand for which dims, and where parentheses
are needed. What a leaf, a sum sign or a bracket looks like is theirs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

from chainrule.expr import Node, summed_dims
from chainrule.primitives import ATOM, COMPARE, PRIMITIVES, PRODUCT, SUM, Primitive

Code = tuple[str, float]
"""A printed expression, and how strongly it binds."""
Letters = Mapping[str, str]
"""The letter that stands for each dim."""

SERIES = (SUM + PRODUCT) / 2
"""How strongly `sum_k a_k b_k` binds: the sum sign takes in what is multiplied, not what is added."""

FRESH = "jilqrstuv"


class IndexForm(ABC):
    """Prints expressions. A letter that is taken outside a sum is not used again for its index."""

    def write(self, node: Node, letters: Letters | None = None) -> str:
        """The expression as one line; its own dims are called by `letters`, or else by their names."""
        return self.code(node, letters or {dim: dim for dim in node.dims})[0]

    @abstractmethod
    def leaf(self, name: str, letters: Sequence[str]) -> Code: ...

    @abstractmethod
    def number(self, value: float) -> Code: ...

    @abstractmethod
    def one_over(self, number: str) -> str: ...

    @abstractmethod
    def size(self, dim: str) -> str: ...

    @abstractmethod
    def letter(self, dim: str) -> str:
        """An index by itself."""

    @abstractmethod
    def over(self, word: str, dims: Sequence[str], letters: Letters) -> str:
        """`sum` or `max` over some dims, to stand before what it takes in."""

    @abstractmethod
    def brackets(self, code: str) -> str: ...

    @abstractmethod
    def where(self, condition: str) -> str:
        """1 where the condition holds, else 0."""

    @abstractmethod
    def template(self, row: Primitive) -> str: ...

    @abstractmethod
    def strength(self, name: str) -> float:
        """How strongly the form of a primitive binds."""

    def code(self, node: Node, letters: Letters) -> Code:
        match node.op:
            case "leaf":
                return self.leaf(str(node.data), [letters[d] for d in node.dims])
            case "const":
                return self.number(float(node.data or 0.0))
            case "size":
                return self.size(str(node.data)), ATOM
            case "index":
                return self.letter(letters[node.dims[0]]), ATOM
            case "identity":
                row, column = (self.letter(letters[d]) for d in node.dims)
                if not row + column:  # one unit only
                    return self.number(1.0)
                return self.where(f"{row} = {column}"), ATOM
            case "rename":
                (x,) = node.args
                return self.code(x, {old: letters[new] for old, new in zip(x.dims, node.dims, strict=True)})
            case "reduce":
                return self._reduce(node, letters)
            case "contract":
                return self._contract(node, letters)
            case _:
                return self._elementwise(node, letters)

    def fresh(self, dim: str) -> Iterable[str]:
        """Letters for an index that is summed over, the best first; an empty one where none is written."""
        return (dim, *FRESH)

    def _with_fresh(self, letters: Letters, dims: Sequence[str]) -> Letters:
        """The letters with one more for each of the dims that is not taken."""
        inside = dict(letters)
        for dim in dims:
            taken = {*letters.values(), *inside.values()} - {""}
            if dim in letters:
                inside[f"outer {letters[dim]}"] = letters[dim]  # stays taken
            candidates = chain(self.fresh(dim), (dim + "'" * i for i in count(1)))
            inside[dim] = next(letter for letter in candidates if letter not in taken)
        return inside

    def _contract(self, node: Node, letters: Letters) -> Code:
        summed = summed_dims(node)
        inside = self._with_fresh(letters, summed)
        code = self.number(1.0)
        for i, arg in enumerate(node.args):
            factor = self.code(arg, inside)
            code = self._put("mul", [code, factor]) if i else factor
        return self._series("sum", summed, inside, code) if summed else code

    def _reduce(self, node: Node, letters: Letters) -> Code:
        (x,), (dim,) = node.args, summed_dims(node)
        inside = self._with_fresh(letters, [dim])
        code = self.code(x, inside)
        if node.data == "max":
            return self._series("max", [dim], inside, code)
        return self._put("log", [self._sum_of_exp(node, letters)])

    def _sum_of_exp(self, node: Node, letters: Letters) -> Code:
        """What the logarithm is taken of in a logsumexp."""
        (x,), (dim,) = node.args, summed_dims(node)
        inside = self._with_fresh(letters, [dim])
        return self._series("sum", [dim], inside, self._put("exp", [self.code(x, inside)]))

    def _series(self, word: str, dims: Sequence[str], letters: Letters, code: Code) -> Code:
        text, strength = code
        if not any(letters[dim] for dim in dims):  # one unit only
            return code
        return (
            f"{self.over(word, dims, letters)} {text if strength >= SERIES else self.brackets(text)}",
            SERIES,
        )

    def _elementwise(self, node: Node, letters: Letters) -> Code:
        if node.data == "exp" and (softmax := self._softmax(node, letters)):
            return softmax
        if _is_sum(node):
            return self._sum(node, letters)
        codes = [self.code(arg, letters) for arg in node.args]
        if node.data == "div" and codes[0][1] == SERIES and node.args[1].op == "size":
            return self._put("mul", [(self.one_over(codes[1][0]), PRODUCT), codes[0]])
        return self._put(str(node.data), codes)

    def _sum(self, node: Node, letters: Letters) -> Code:
        """a + b - c + ..., without recursion: a deep network has a penalty of many terms."""
        rest = []
        while _is_sum(node):
            rest.append((str(node.data), node.args[1]))
            node = node.args[0]
        code = self.code(node, letters)
        for name, term in reversed(rest):
            code = self._put(name, [code, self.code(term, letters)])
        return code

    def _softmax(self, node: Node, letters: Letters) -> Code | None:
        """exp(x - logsumexp(z)) = exp(x) / sum exp(z)"""
        (difference,) = node.args
        if difference.data != "sub" or difference.args[1].data != "logsumexp":
            return None
        x, logsumexp = difference.args
        top = self._put("exp", [self.code(x, letters)])
        return self._put("div", [top, self._sum_of_exp(logsumexp, letters)])

    def _put(self, name: str, codes: Sequence[Code]) -> Code:
        """Printed operands put into the form of a primitive, in parentheses where they are needed."""
        template = self.template(PRIMITIVES[name])
        strength = self.strength(name)
        texts = []
        for place, (text, binds) in enumerate(codes):
            enough = _bracketed(template, place) or binds > strength
            if strength == ATOM:  # a call, or cases; its operands stand apart, and step compares its own
                enough = enough or binds > COMPARE or name == "select"
            elif binds == strength and (place == 0 or not text.startswith("-")):
                enough = enough or name in ("add", "mul") or (place == 0 and name in ("sub", "div", "select"))
            if binds == SERIES:  # nothing that would be taken for a part of the sum stands behind it
                enough = enough or (place == len(codes) - 1 and strength == PRODUCT)
            texts.append(text if enough else self.brackets(text))
        open_end = codes[-1][1] == SERIES and not _bracketed(template, len(codes) - 1)
        return template.format(*texts), SERIES if open_end and strength == PRODUCT else strength


def _is_sum(node: Node) -> bool:
    return node.op == "elementwise" and node.data in ("add", "sub")


def _bracketed(template: str, place: int) -> bool:
    """Whether the form itself puts an operand between brackets."""
    before, _, after = template.partition(f"{{{place}}}")
    return before.endswith(("(", "{", "|")) and after.startswith((")", "}", "|", "\\right"))
