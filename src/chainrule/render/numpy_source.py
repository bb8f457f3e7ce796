"""Expressions and programs as NumPy source that a learner would enjoy reading.

A node of dims (n, h1) becomes an array with these axes in this order; broadcasting by name becomes an
indexing with None where NumPy's own broadcasting, which goes by position, would not do.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chainrule.expr import ZERO, Dims, Node
from chainrule.primitives import ATOM, MATRIX_PRODUCT, POWER, PREFIX, PRIMITIVES
from chainrule.render.forms import matrix_product, outer_product, softmax_operand
from chainrule.sentences import say

Code = tuple[str, int]
"""Source of an expression, and how strongly it binds."""

LOGSUMEXP = """def logsumexp(z):
    # source.logsumexp
    top = z.max(axis=-1)
    return top + np.log(np.sum(np.exp(z - top[..., None]), axis=-1))
"""

SOFTMAX = """def softmax(z):
    # source.softmax
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""


def source(node: Node) -> str:
    """One expression as NumPy source. Sizes are named by their dims, leaves by their names."""
    return _code(node)[0]


def _code(node: Node) -> Code:
    if node.op == "leaf":
        return str(node.data), ATOM
    if node.op == "const":
        return number(float(node.data or 0.0))
    if node.op == "size":
        return str(node.data), ATOM
    if node.op == "index":
        return f"np.arange({node.dims[0]})", ATOM
    if node.op == "identity":
        return f"np.eye({node.dims[0]})", ATOM
    if node.op == "rename":
        return _code(node.args[0])
    if node.op == "reduce":
        return _reduce(node), ATOM
    if node.op == "contract":
        return _contract(node)
    if (z := _last_softmax(node)) is not None:
        return f"softmax({_code(z)[0]})", ATOM
    return _elementwise(node)


def _last_softmax(node: Node) -> Node | None:
    """What a node is the softmax of along its last axis; None where it is no such thing."""
    found = softmax_operand(node)
    return found[0] if found and found[0].dims[-1] == found[1] else None


def number(value: float) -> Code:
    """A constant as a person writes it: 2 and not 2.0."""
    text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return text, PREFIX if value < 0 else ATOM


def _elementwise(node: Node) -> Code:
    """Along first operands by a loop: a sum may have thousands of terms."""
    spine = [node]
    while spine[-1].args[0].op == "elementwise" and not _last_softmax(spine[-1].args[0]):
        spine.append(spine[-1].args[0])
    code = _code(spine[-1].args[0])
    for part in reversed(spine):
        row = PRIMITIVES[str(part.data)]
        codes = [code, *map(_code, part.args[1:])]
        lined_up = [aligned(c, a.dims, part.dims) for c, a in zip(codes, part.args, strict=True)]
        if row.infix:
            code = infix(row.numpy, str(part.data), row.binds, lined_up), row.binds
        else:
            code = row.numpy.format(*(text for text, _ in lined_up)), ATOM
    return code


def infix(template: str, name: str, binds: int, parts: Sequence[Code]) -> str:
    """Operands put into an infix template, in parentheses where precedence asks for them."""
    texts = []
    for place, (text, strength) in enumerate(parts):
        # to the right of - / @ an operand of the same strength needs parentheses, of + * not
        alike = place == 0 or (name in ("add", "mul") and "@" not in text and " / " not in text)
        enough = strength > binds or (strength == binds and alike)
        if name == "power" or binds == PREFIX:
            enough = strength > binds or (binds == PREFIX and strength == POWER)
        texts.append(text if enough else f"({text})")
    return template.format(*texts)


def aligned(code: Code, dims: Dims, wanted: Dims) -> Code:
    """Source of an array of `dims`, so that NumPy broadcasts it against one of the dims `wanted`."""
    text, strength = code
    order = tuple(d for d in wanted if d in dims)
    if order != dims:
        text, strength = f"{_atom(code)}.{_transposition(dims, order)}", ATOM
    missing = [d not in order for d in wanted]
    while missing and missing[0]:
        missing.pop(0)
    if any(missing):
        text = f"{_atom((text, strength))}[{', '.join('None' if m else ':' for m in missing)}]"
        strength = ATOM
    return text, strength


def _transposition(dims: Dims, order: Dims) -> str:
    if len(dims) == 2:
        return "T"
    return f"transpose({', '.join(str(dims.index(d)) for d in order)})"


def _atom(code: Code) -> str:
    return code[0] if code[1] == ATOM else f"({code[0]})"


def _reduce(node: Node) -> str:
    (x,) = node.args
    (axis,) = (i for i, d in enumerate(x.dims) if d not in node.dims)
    text = _code(x)[0]
    if node.data == "max":
        return f"np.max({text}, axis={axis})"
    if axis < len(x.dims) - 1:
        text = f"np.moveaxis({text}, {axis}, -1)"
    return f"logsumexp({text})"


def _contract(node: Node) -> Code:
    if product := matrix_product(node):
        left, right = _code(product.left), _code(product.right)
        if product.left_transposed:
            left = f"{_atom(left)}.T", ATOM
        if product.right_transposed:
            right = f"{_atom(right)}.T", ATOM
        # weaker than * in print, though not in Python: (delta2 @ W2) * a1
        left_text = left[0] if left[1] == ATOM else f"({left[0]})"
        right_text = right[0] if right[1] == ATOM else f"({right[0]})"
        return f"{left_text} @ {right_text}", MATRIX_PRODUCT
    if vectors := outer_product(node):
        return f"np.outer({_code(vectors[0])[0]}, {_code(vectors[1])[0]})", ATOM
    if len(node.args) > 1 or not node.args:
        return _einsum(node), ATOM
    (x,) = node.args
    code = _code(x)
    summed = [i for i, d in enumerate(x.dims) if d not in node.dims]
    kept = tuple(d for d in x.dims if d in node.dims)
    if summed:
        axis = f", axis={summed[0] if len(summed) == 1 else tuple(summed)}" if kept else ""
        code = f"np.sum({code[0]}{axis})", ATOM
    if x is ZERO:
        return f"np.zeros(({', '.join(node.dims)},))", ATOM
    if any(d not in x.dims for d in node.dims):
        text, _ = aligned(code, kept, node.dims)
        return f"np.broadcast_to({text}, ({', '.join(node.dims)},))", ATOM
    return aligned(code, kept, node.dims)


def _einsum(node: Node) -> str:
    """The general contraction; a dim that no operand has becomes an axis of ones."""
    letters: dict[str, str] = {}
    for dim in dict.fromkeys((*node.dims, *(d for a in node.args for d in a.dims))):
        letters[dim] = "abcdefghijklmnopqrstuvwxyz"[len(letters)]
    missing = [d for d in node.dims if not any(d in a.dims for a in node.args)]
    inputs = ["".join(letters[d] for d in a.dims) for a in node.args] + [letters[d] for d in missing]
    arrays = [_code(a)[0] for a in node.args] + [f"np.ones({d})" for d in missing]
    return f'np.einsum("{",".join(inputs)}->{"".join(letters[d] for d in node.dims)}", {", ".join(arrays)})'


def helpers(nodes: Iterable[Node]) -> list[str]:
    """Source of the functions that the expressions call and NumPy lacks, each once."""
    found: dict[str, None] = {}
    seen: set[Node] = set()
    ask = [*nodes][::-1]
    while ask:
        node = ask.pop()
        if node in seen:
            continue
        seen.add(node)
        if (z := _last_softmax(node)) is not None:
            found[SOFTMAX] = None
            ask.append(z)
            continue
        if node.data == "logsumexp":
            found[LOGSUMEXP] = None
        helper = PRIMITIVES[str(node.data)].helper if node.op == "elementwise" else None
        if helper:
            found[helper] = None
        ask += node.args[::-1]
    return [re.sub(r"# (source\.\w+)", lambda key: f"# {say(key[1])}", text) for text in found]


def function_source(function: Callable[..., Any], **settings: float) -> str:
    """Source of a function of the package, for a file that stands alone: no decorator, annotation or
    docstring, and `settings` as the defaults."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    (definition,) = tree.body
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    definition.returns = None
    arguments = definition.args
    for argument in (*arguments.args, *arguments.kwonlyargs, *filter(None, [arguments.vararg])):
        argument.annotation = None
    for i, argument in enumerate(arguments.kwonlyargs):
        if argument.arg in settings:
            arguments.kw_defaults[i] = ast.Constant(settings[argument.arg])
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:]
    definition.body = [s for s in definition.body if not isinstance(s, (ast.Import, ast.ImportFrom))]
    return ast.unparse(definition) + "\n"
