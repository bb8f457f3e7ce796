"""Expressions in a notation: in index form, with every sum written out, and in matrix form.

Matrix form is a reading: a contract of two operands with one summed dim is a matrix product, its transpose
and order follow from where the summed dim stands; a vector is a column. What has no such form gives None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace as replace_in

from chainrule.expr import Node, contract, leaf, replace, summed_dims, transform
from chainrule.lazily import cached_property
from chainrule.network import NetworkDefinition
from chainrule.network.meaning import Meaning, meaning
from chainrule.notation.notation import NUMBERED, Notation, Place
from chainrule.notation.quantity import Quantity, quantity, split_entry
from chainrule.primitives import ATOM, COMPARE, MATRIX_PRODUCT, POWER, PRIMITIVES, PRODUCT, SUM
from chainrule.render.entries import entry
from chainrule.render.forms import matrix_product, outer_product, softmax_operand
from chainrule.render.index_form import SERIES as SUMMED
from chainrule.render.index_form import Code, Letters
from chainrule.render.tex import TexForm

SERIES = SUM + 0.5
"""How strongly a sum over samples binds: it takes in what is multiplied, not what is added."""
HADAMARD = SUM + 0.25
"""Weaker than what stands side by side, which may be a product of matrices."""
TALL = (r"\frac", r"\sum", r"\begin", r"\underbrace", r"\max_")


class Printer:
    """Prints expressions of one network in one notation."""

    def __init__(self, notation: Notation, net: NetworkDefinition) -> None:
        self.notation = notation
        self.net = net
        last = len(net.layers)
        self.layer_of = {"d": 0, "k": last} | {f"h{i}": i for i in range(1, last)}

    def index(
        self, node: Node, letters: Mapping[str, str], place: Place = NUMBERED, kind: str = "error"
    ) -> str:
        """Index form; letters: what the expression's own dims are called."""
        return _Index(self, place, kind).write(node, letters)

    def matrix(self, node: Node, place: Place = NUMBERED, *, shapes: bool = False) -> str | None:
        """Matrix form, with the shape below every factor if asked for; None where there is none."""
        code = _Matrix(self, place, shapes).code(node)
        return code[0] if code else None

    def letters(self, dims: Sequence[str], kind: str = "error") -> dict[str, str]:
        """The letters of an expression's own dims."""
        letters = iter(self.notation.letters_of(kind, self.net))
        return {dim: "" if self.unmarked(dim) else next(letters) for dim in dims}

    def symbol(self, name: str, place: Place = NUMBERED) -> str:
        """TeX of a name."""
        return self.notation.symbol(name, (), self.net, place)

    def place_name(self, layer: int, number: int) -> str:
        """What a unit, counted from 1 in its layer, is called as an index."""
        kind = Quantity("z" if layer else "a", layer)
        return "".join(self.notation.entry_indices(kind, [number], self.net))

    @cached_property
    def meaning(self) -> Meaning:
        return meaning(self.net, one_sample=True)

    def weighted_input(self, layer: int, number: int) -> Node:
        """A unit's weighted input, in entries."""
        z = self.meaning.units[layer - 1].z
        below = self.meaning.units[layer - 2].a if layer > 1 else self.meaning.x
        (named,) = replace([z], {below: leaf(f"a{layer - 1}" if layer > 1 else "x", below.dims)})
        return entry(named, {z.dims[0]: number}, self.meaning.sizes)

    def unmarked(self, dim: str) -> bool:
        """Whether the only unit of a layer is meant, which this notation writes without an index."""
        return self.notation.single_unmarked and self.net.sizes[self.layer_of[dim.rstrip("'")]] == 1

    def shape(self, dims: Sequence[str], place: Place) -> str:
        """Rows and columns of an array as it is printed: a vector is a column."""
        counts = [self.notation.count(self.layer_of[d], self.net.sizes, place) for d in dims]
        return r" \times ".join([*counts, "1"] if len(counts) == 1 else counts)


def brackets(tex: str) -> str:
    """Parentheses, as high as what they hold."""
    return rf"\left({tex}\right)" if any(tall in tex for tall in TALL) else f"({tex})"


class _Index(TexForm):
    def __init__(self, printer: Printer, place: Place, kind: str) -> None:
        self.printer, self.place, self.kind = printer, place, kind

    def leaf(self, name: str, letters: Sequence[str]) -> Code:
        array, places = split_entry(name)
        what, layers = quantity(array), self.printer.net.layers
        layer = what.layer or 0
        opened = what.kind in ("g", "g'") and not layers[layer - 1].norm
        if places and opened and self.printer.notation.numbering == "name":
            symbol = self.printer.notation.activation(self.printer.net, layer)
            inside = self.code(self.printer.weighted_input(layer, places[0]), {})[0]
            return f"{symbol}{what.kind[1:]}{brackets(inside)}", ATOM
        tex = self.printer.notation.symbol(name, letters, self.printer.net, self.place)
        return tex, POWER if "^" in tex else PRODUCT if name.startswith("∂") else ATOM

    def _contract(self, node: Node, letters: Letters) -> Code:
        if "n" not in summed_dims(node):
            return super()._contract(node, letters)
        one = _Index(self.printer, replace_in(self.place, sample=True), self.kind)
        text, binds = one.code(_of_a_sample(contract((*node.dims, "n"), *node.args)), letters)
        return f"{self.printer.notation.samples} {text if binds >= SUMMED else brackets(text)}", SUMMED

    def size(self, dim: str) -> str:
        notation = self.printer.notation
        if dim == "n":
            return notation.sample_count
        return notation.count(self.printer.layer_of[dim], self.printer.net.sizes, self.place)

    def over(self, word: str, dims: Sequence[str], letters: Letters) -> str:
        if word == "sum" and len(dims) == 1:
            (dim,), layer = dims, self.printer.layer_of
            own = layer[dim.rstrip("'")]
            below = [letter for other, letter in letters.items() if layer.get(other) == own - 1]
            same = [
                letter
                for other, letter in letters.items()
                if other == f"outer {letter}" or (other != dim and layer.get(other.rstrip("'")) == own)
            ]
            above = any(layer.get(other) == own + 1 for other in letters)
            form = self.printer.notation.sums.get("same")
            if form and same and own < len(self.printer.net.layers) and not above:
                return form.format(i=letters[dim], j=same[0])
            alone = not (same or below or above) and self.printer.net.layers[own - 1].norm
            if alone and (form := self.printer.notation.sums.get("layer")):
                return form.format(i=letters[dim], j=self.printer.notation.layer(own, self.place))
            outputs = dim == "k" and not (below and self.place.anchor)  # a general layer's next is any
            if form := self.printer.notation.sums.get("outputs" if outputs else "next" if below else ""):
                return form.format(i=letters[dim], j="".join(below[:1]))
        return super().over(word, dims, letters)

    def brackets(self, code: str) -> str:
        return brackets(code)

    def fresh(self, dim: str) -> Iterable[str]:
        if dim != "n" and self.printer.unmarked(dim):
            return ("",)
        return self.printer.notation.letters_of(self.kind, self.printer.net)


class _Matrix:
    def __init__(self, printer: Printer, place: Place, shapes: bool) -> None:
        self.printer, self.place, self.shapes = printer, place, shapes

    def code(self, node: Node) -> Code | None:
        match node.op:
            case "leaf":
                return self.leaf(node)
            case "rename" if node.args[0].op == "leaf":  # shared weights
                return self.leaf(node)
            case "rename":
                return self.code(node.args[0])
            case "const" | "size":
                return _Index(self.printer, self.place, "error").code(node, {})
            case "contract":
                return self.contract(node)
            case "elementwise":
                return self.elementwise(node)
        return None

    def leaf(self, node: Node, *, transposed: bool = False) -> Code:
        name = str(node.args[0].data if node.op == "rename" else node.data)
        tex = self.printer.notation.symbol(name, (), self.printer.net, self.place)
        if transposed:
            tex = f"{brackets(tex) if '^' in tex or 'frac' in tex else tex}^{{T}}"
        if self.shapes and node.dims:
            dims = [d for d in (reversed(node.dims) if transposed else node.dims) if d != "n"]
            shape = self.printer.shape(dims, self.place)
            if transposed and len(dims) == 1:
                shape = r" \times ".join(reversed(shape.split(r" \times ")))
            return rf"\underbrace{{{tex}}}_{{{shape}}}", ATOM
        return tex, POWER if "^" in tex else PRODUCT if "frac" in tex else ATOM

    def operand(self, node: Node, *, transposed: bool) -> Code | None:
        if node.op in ("leaf", "rename"):
            return self.leaf(node, transposed=transposed)
        code = self.code(node)
        if code is None or not transposed:
            return code
        return f"{brackets(code[0])}^{{T}}", POWER

    def contract(self, node: Node) -> Code | None:
        if "n" in summed_dims(node):
            return self.over_samples(node)
        if not node.dims and len(node.args) == 1:
            return self.norm(node.args[0]) or self.dot(node.args[0])
        if product := matrix_product(node):
            vectors = len(product.left.dims) == 1
            left = self.operand(product.left, transposed=product.left_transposed or vectors)
            right = self.operand(product.right, transposed=product.right_transposed)
        elif pair := outer_product(node):
            left, right = self.operand(pair[0], transposed=False), self.operand(pair[1], transposed=True)
        else:
            return None
        if left is None or right is None:
            return None
        texts = [text if binds >= PRODUCT else brackets(text) for text, binds in (left, right)]
        return f"{texts[0]} {self.printer.notation.dot} {texts[1]}".replace("  ", " "), MATRIX_PRODUCT

    def norm(self, node: Node) -> Code | None:
        """The sum of squares, or of absolute values, of all entries."""
        squared = node.data == "power" and node.args[1].data == 2.0
        inside = self.code(node.args[0]) if squared or node.data == "abs" else None
        if inside and squared and all(self.printer.unmarked(dim) for dim in node.dims):
            return f"{brackets(inside[0])}^{{2}}", POWER
        if inside is None:
            return None
        bars = (r"\left\|", r"\right\|") if any(tall in inside[0] for tall in TALL) else (r"\|", r"\|")
        return f"{bars[0]}{inside[0]}{bars[1]}{'^{2}' if squared else '_{1}'}", POWER

    def dot(self, node: Node) -> Code | None:
        """The sum of a product of two vectors, in a network that is normalised: others have index form."""
        if node.data != "mul" or not any(layer.norm for layer in self.printer.net.layers):
            return None
        left, right = (self.code(arg) for arg in node.args)
        if left is None or right is None or any(len(arg.dims) != 1 for arg in node.args):
            return None
        plain = left[1] == ATOM and "^" not in left[0]
        first = left[0] if plain else brackets(left[0])
        return f"{first}^{{T}} {self.printer.notation.dot} {_tight(right)}".replace("  ", " "), MATRIX_PRODUCT

    def over_samples(self, node: Node) -> Code | None:
        """The sum over the samples of what one of them gives."""
        inside = contract((*node.dims, "n"), *node.args)
        if "n" in node.dims:
            return None
        one = replace_in(self.place, sample=True)
        code = _Matrix(self.printer, one, self.shapes).code(_of_a_sample(inside))
        if code is None:
            return None
        text = code[0] if code[1] > SUM else brackets(code[0])
        return f"{self.printer.notation.samples} {text}", SERIES

    def elementwise(self, node: Node) -> Code | None:
        name = str(node.data)
        if softmax := softmax_operand(node):
            z = self.code(softmax[0])
            return (rf"{self.printer.notation.softmax}({z[0]})", ATOM) if z else None
        if name == "power":
            if node.args[1].data != 2.0 or not node.dims:
                return None
            base = self.code(node.args[0])
            return (f"{_tight(base)} \\odot {_tight(base)}", HADAMARD) if base else None
        if name == "select":
            return self.select(node)
        codes = [self.code(arg) for arg in node.args]
        if any(code is None for code in codes):
            return None
        parts = [code for code in codes if code]
        if name == "neg":
            text, binds = parts[0]
            return f"-{text if binds > SUM else brackets(text)}", SUM
        if name in ("add", "sub"):
            (a, _), (b, strength) = parts
            if name == "add":
                return f"{a} - {b[1:]}" if b.startswith("-") else f"{a} + {b}", SUM
            return f"{a} - {b if strength > SUM else brackets(b)}", SUM
        if name == "mul":
            if node.args[0].data == 0.5 and not node.args[1].dims and (half := self.half(node.args[1])):
                return half
            if node.args[0].dims and node.args[1].dims:
                return rf"{_tight(parts[0])} \odot {_tight(parts[1])}", HADAMARD
            return _times(_factor(parts[0]), parts[1])
        if name == "div":
            over, under = parts
            if node.args[1].dims and not self.printer.net.mixes_samples:  # others have index form
                return None
            if node.args[1].dims:
                divisor = brackets(under[0]) if under[1] == HADAMARD else _tight(under)
                return rf"{_tight(over)} \oslash {divisor}", HADAMARD
            scaled = _scaled(node.args[0])
            if scaled and (node.dims or scaled[0].op == "leaf"):  # lr / m times a sum
                scale, rest = (self.code(arg) for arg in scaled)
                if scale and rest:
                    return _times(rf"\frac{{{scale[0]}}}{{{under[0]}}}", rest)
            if node.args[0].dims or over[1] == SERIES:
                return _times(rf"\frac{{1}}{{{under[0]}}}", over)
            return rf"\frac{{{over[0]}}}{{{under[0]}}}", PRODUCT
        row = PRIMITIVES[name]
        bounded = name in ("maximum", "minimum") and node.args[1].op == "const"
        if (len(parts) != 1 and node.dims and not bounded) or row.binds == COMPARE:
            return None
        texts = [text for text, _ in parts]
        return row.tex.replace(r"\left(", "(").replace(r"\right)", ")").format(*texts), ATOM

    def half(self, node: Node) -> Code | None:
        """Half of a coefficient times something: \\frac{\\lambda}{2} \\|W\\|^{2}."""
        if node.data != "mul" or node.args[0].op != "leaf":
            return None
        coefficient, rest = (self.code(arg) for arg in node.args)
        return (rf"\frac{{{coefficient[0]}}}{{2}} {_factor(rest)}", PRODUCT) if coefficient and rest else None

    def select(self, node: Node) -> Code | None:
        """u where the condition holds, else 0."""
        condition, yes, no = node.args
        if not (no.data == 0.0 and condition.op == "elementwise"):
            return None
        left, right = (self.code(a) for a in condition.args)
        value = self.code(yes)
        if not (left and right and value) or condition.data != "greater":
            return None
        indicator = rf"\mathbb{{1}}({left[0]} > {right[0]})"
        if yes.data == 1.0:
            return indicator, ATOM
        return rf"{_tight(value)} \odot {indicator}", HADAMARD


def _of_a_sample(node: Node) -> Node:
    """The same with the dim n gone."""

    def change(part: Node) -> Node | None:
        if part.op == "leaf" and "n" in part.dims:
            return leaf(str(part.data), [d for d in part.dims if d != "n"])
        if part.op == "contract" and "n" in part.dims:
            return contract([d for d in part.dims if d != "n"], *part.args)
        return None

    return transform([node], change)[0]


def _tight(code: Code) -> str:
    """An operand of a Hadamard product: a matrix product in it stands in parentheses."""
    text, binds = code
    return text if binds > MATRIX_PRODUCT or binds == HADAMARD else brackets(text)


def _scaled(node: Node) -> tuple[Node, Node] | None:
    """A number and what it is multiplied with, if that is how the node begins."""
    if node.data != "mul":
        return None
    first, rest = node.args
    if not first.dims:
        return first, rest
    scaled = _scaled(first)
    return (scaled[0], scaled[1] * rest) if scaled else None


def _times(number: str, code: Code) -> Code:
    """A number times something."""
    return f"{number} {_factor(code)}", HADAMARD if code[1] == HADAMARD else PRODUCT


def _factor(code: Code) -> str:
    text, binds = code
    return text if binds > SUM else brackets(text)
