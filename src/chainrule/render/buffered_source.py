"""A program as NumPy source that reuses its buffers: what the NumPy engine runs.

Every operation writes into an array that was made beforehand; an array whose value is no longer needed is
used again. Equal subexpressions of all lines are computed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chainrule.expr import Dims, Node, in_order, leaf, transform
from chainrule.primitives import ATOM, PRIMITIVES
from chainrule.program import Line, Program, leaves
from chainrule.render.matrix import matrix_product
from chainrule.render.numpy_source import aligned, source


def buffered_source(
    program: Program, lines: Sequence[Line], returns: Sequence[str], arguments: Sequence[str]
) -> str:
    """Source of `make(np, special, dtype, n, arrays)`, which returns a function of `arguments` for batches
    of n samples. It computes the lines and returns the values of the names in `returns`.

    arrays: parameters and states by name; updates write into them. What is returned is overwritten by the
    next call.
    """
    return _Writer(program, lines, returns).source(arguments)


def _computable(node: Node) -> Node | None:
    """What has no function that writes into an array is replaced by its definition."""
    if node.op == "elementwise" and node.data != "select":
        row = PRIMITIVES[str(node.data)]
        if row.ufunc is None and row.definition is not None:
            return row.definition(*node.args)
    return None


class _Writer:
    def __init__(self, program: Program, lines: Sequence[Line], returns: Sequence[str]) -> None:
        self.program = program
        self.lines = lines
        self.returns = returns
        exprs = [line.expr for line in lines]
        while (expanded := transform(exprs, _computable)) != exprs:
            exprs = expanded
        self.exprs = exprs
        self.uses = Counter(a for node in in_order(exprs) for a in node.args)
        self.uses.update(exprs)
        self.left = dict(self.uses)
        self.last_use = {name: i for i, e in enumerate(exprs) for name in leaves([e])}
        self.body: list[str] = []
        self.allocations: list[str] = []
        self.pool: dict[tuple[Dims, bool], list[str]] = {}
        self.value: dict[Node, str] = {}  # computed nodes, as source
        self.buffer: dict[Node, tuple[str, tuple[Dims, bool]]] = {}  # those that own an array
        self.given = {*program.parameters, *program.states}

    def source(self, arguments: Sequence[str]) -> str:
        for i, (line, expr) in enumerate(zip(self.lines, self.exprs, strict=True)):
            self.line(i, line, expr)
        sizes = [f"    {dim} = {size}" for dim, size in self.program.sizes.items()]
        constants = [f"    {name} = {value!r}" for name, value in self.program.constants.items()]
        arrays = [f"    {name} = arrays[{name!r}]" for name in self.given]
        result = ", ".join(self.value[leaf(r, self._dims(r))] for r in self.returns)
        comma = "," if len(self.returns) == 1 else ""
        return "\n".join(
            [
                "def make(np, special, dtype, n, arrays):",
                *sizes,
                *constants,
                *arrays,
                *(f"    {a}" for a in self.allocations),
                f"    def run({', '.join(arguments)}):",
                *(f"        {b}" for b in self.body),
                f"        return ({result}{comma})",
                "    return run",
                "",
            ]
        )

    def _dims(self, name: str) -> Dims:
        return next((line.dims for line in self.lines if line.name == name), ())

    def line(self, number: int, line: Line, expr: Node) -> None:
        name = leaf(line.name, line.dims)
        if line.role in ("state", "update"):
            self.compute(expr, line.name)
            for node in [n for n in self.value if line.name in leaves([n])]:
                del self.value[node]  # it was computed from the old value
        else:
            self.body.append(f"# {line.name}")
            text = self.compute(expr)
            if not line.dims:
                self.body.append(f"{line.name} = {text}")
                text = line.name
            self.value[name] = text
            if expr in self.buffer:  # the array now belongs to the name
                owner = self.buffer[name] = self.buffer[expr]
                if self.left.get(expr, 0) > 1:
                    self.left[name] = 10**9  # the expression is used elsewhere too: keep the array
                else:
                    del self.buffer[expr]
                    self.left[name] = 1
                assert owner
        for done, last in self.last_use.items():
            if last == number and done not in self.returns:
                self.release(next((n for n in self.buffer if n.op == "leaf" and n.data == done), None))

    def release(self, node: Node | None) -> None:
        if node is not None and node in self.buffer and self.left.get(node, 0) < 10**9:
            text, kind = self.buffer.pop(node)
            self.pool.setdefault(kind, []).append(text)
            self.value.pop(node, None)

    def take(self, dims: Dims, boolean: bool = False) -> str:
        free = self.pool.setdefault((dims, boolean), [])
        if free:
            return free.pop()
        name = f"t{len(self.allocations)}"
        shape = f"({', '.join(dims)},)" if dims else "()"
        self.allocations.append(f"{name} = np.empty({shape}, {'bool' if boolean else 'dtype'})")
        return name

    def compute(self, node: Node, target: str | None = None) -> str:
        """Source of the node's value, computed if it is not yet; into `target` where one is named."""
        if node in self.value and target is None:
            return self.value[node]
        if not node.dims and not any(n.op in ("contract", "reduce") for n in in_order([node])):
            return source(node)
        if node.op == "leaf" or node.op == "rename":
            text = str(node.data) if node.op == "leaf" else self.compute(node.args[0])
            if target:
                self.body.append(f"np.copyto({target}, {text})")
            return text
        if node.op in ("index", "identity"):
            name = f"c{len(self.allocations)}"
            self.allocations.append(f"{name} = {source(node)}.astype(dtype)")
            return self.value.setdefault(node, name)
        operands = [self.compute(a) for a in node.args]
        if not node.dims:
            text = self.scalar(node, operands)
            self.consume(node)
            return text
        boolean = node.data in ("greater", "equal")
        out = target
        if node.op == "elementwise" and node.data != "select":
            out = out or self.consume(node, (node.dims, boolean))
        else:
            pass
        out = out or self.take(node.dims, boolean)
        if target or node.op != "elementwise" or node.data == "select":
            self.write(node, operands, out)
            self.consume(node)
        else:
            self.write(node, operands, out)
        if not target:
            self.value[node] = out
            self.buffer[node] = (out, (node.dims, boolean))
        return out

    def consume(self, node: Node, wanted: tuple[Dims, bool] | None = None) -> str | None:
        """Count the operands of a node as used; an array that becomes free and fits is handed over."""
        taken = None
        for arg in node.args:
            self.left[arg] = self.left.get(arg, 0) - 1
            if self.left[arg] == 0 and arg in self.buffer and arg.op != "leaf":
                text, kind = self.buffer.pop(arg)
                self.value.pop(arg, None)
                if kind == wanted and taken is None:
                    taken = text
                else:
                    self.pool.setdefault(kind, []).append(text)
        return taken

    def scalar(self, node: Node, operands: Sequence[str]) -> str:
        if node.op == "contract" and len(node.args) == 1:
            (x,) = node.args
            name = f"s{len(self.body)}"
            self.body.append(f"{name} = np.add.reduce({operands[0]}, axis=None)")
            self.value[node] = name
            return name
        if node.op == "elementwise":
            row = PRIMITIVES[str(node.data)]
            return "(" + row.numpy.format(*(f"({o})" for o in operands)) + ")"
        raise AssertionError(node)

    def write(self, node: Node, operands: Sequence[str], out: str) -> None:
        if node.op == "elementwise":
            self.elementwise(node, operands, out)
        elif node.op == "reduce":
            self.reduce(node, operands[0], out)
        elif product := matrix_product(node):
            text = dict(zip(node.args, operands, strict=True))
            left = text[product.left] + ".T" * product.left_transposed
            right = text[product.right] + ".T" * product.right_transposed
            self.body.append(f"np.dot({left}, {right}, out={out})")
        elif len(node.args) == 1 and all(d in node.args[0].dims for d in node.dims):
            (x,) = node.args
            kept = tuple(d for d in x.dims if d in node.dims)
            axis = tuple(i for i, d in enumerate(x.dims) if d not in node.dims)
            if axis and kept == node.dims:
                self.body.append(f"np.add.reduce({operands[0]}, axis={axis}, out={out})")
            else:
                text = f"{operands[0]}.sum(axis={axis})" if axis else operands[0]
                self.body.append(f"np.copyto({out}, {aligned((text, ATOM), kept, node.dims)[0]})")
        elif len(node.args) == 1 and not any(d not in node.dims for d in node.args[0].dims):
            (x,) = node.args
            self.body.append(f"np.copyto({out}, {aligned((operands[0], ATOM), x.dims, node.dims)[0]})")
        else:
            names = {a: leaf(text, a.dims) for a, text in zip(node.args, operands, strict=True)}
            placed = transform([node], lambda n: names.get(n))[0]
            self.body.append(f"np.copyto({out}, {source(placed)})")

    def elementwise(self, node: Node, operands: Sequence[str], out: str) -> None:
        parts = [
            aligned((text, ATOM), a.dims, node.dims)[0] for text, a in zip(operands, node.args, strict=True)
        ]
        if node.data == "select":
            condition, yes, no = parts
            self.body.append(f"np.copyto({out}, {no})")
            self.body.append(f"np.copyto({out}, {yes}, where={condition})")
            return
        if node.data == "power" and node.args[1].data == 2.0:
            self.body.append(f"np.square({parts[0]}, out={out})")
            return
        row = PRIMITIVES[str(node.data)]
        function = row.ufunc or ""
        if "{out}" in function:
            self.body.append(function.format(*parts, out=out))
        else:
            self.body.append(f"{function}({', '.join(parts)}, out={out})")

    def reduce(self, node: Node, x: str, out: str) -> None:
        (arg,) = node.args
        (axis,) = (i for i, d in enumerate(arg.dims) if d not in node.dims)
        self.body.append(f"np.maximum.reduce({x}, axis={axis}, out={out})")
        if node.data == "max":
            return
        work, total = self.take(arg.dims), self.take(node.dims)
        self.body += [
            f"np.subtract({x}, {aligned((out, ATOM), node.dims, arg.dims)[0]}, out={work})",
            f"np.exp({work}, out={work})",
            f"np.add.reduce({work}, axis={axis}, out={total})",
            f"np.log({total}, out={total})",
            f"np.add({out}, {total}, out={out})",
        ]
        self.pool.setdefault((arg.dims, False), []).append(work)
        self.pool.setdefault((node.dims, False), []).append(total)
