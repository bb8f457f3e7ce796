"""NumPy source beside a derivation's formulas: the lines of the program, one sample a row, and a check."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.catalog.losses import LOSSES
from chainrule.documents.document import Code
from chainrule.expr import Dims
from chainrule.program import BACKWARD, FORWARD, STEP, Line, Program
from chainrule.render.numpy_source import helpers, number, source
from chainrule.sentences import say

SAMPLES = 5


def drawn(program: Program) -> Code:
    """Imports, sizes, helpers, and parameters and samples drawn at random."""
    sizes = {"n": SAMPLES, **program.sizes}
    lines = [
        "import math\n\nimport numpy as np\n",
        *(f"\n{helper}\n" for helper in helpers(line.expr for line in program.lines)),
        f"{', '.join(sizes)} = {', '.join(map(str, sizes.values()))}  # {say('source.cell.sizes')}",
        *(f"{name} = {number(value)[0]}" for name, value in program.constants.items()),
        "rng = np.random.default_rng(0)",
        f"x = rng.normal(size=(n, d))  # {say('source.cell.rows')}",
        f"y = {_targets(program)}",
    ]
    for name, mask in program.masks.items():
        lines.append(f"{name} = (rng.random({_shape(mask.array.dims)}) < {mask.keep:g}) / {mask.keep:g}")
    for name, dims in program.parameters.items():
        lines.append(f"{name} = rng.normal(size={_shape(dims)}) / {dims[-1]} ** 0.5")
    return Code("\n".join(lines), shown=False)


def _targets(program: Program) -> str:
    loss = LOSSES.choose(str(program.net.loss))[0]
    if loss.lowest == 0 and loss.highest == 1:
        return "rng.integers(2, size=(n, k)).astype(float)"
    if loss.lowest == 0:
        return "np.eye(k)[rng.integers(k, size=n)]"
    return "rng.uniform(size=(n, k))"


def _statement(line: Line) -> str:
    return f"{line.name} = {source(line.expr)}  # {_shape(line.dims)}"


def _shape(dims: Dims) -> str:
    return f"({', '.join(dims)}{',' * (len(dims) == 1)})"


def cost(program: Program) -> Code:
    """The forward pass and the cost as a function of what the names stand for at the time."""
    lines = [*program.of(*FORWARD), *program.of("loss")]
    body = "\n".join(f"    {line.name} = {source(line.expr)}" for line in lines)
    return Code(f"def cost():\n{body}\n    return J\n\n\nJ = cost()\nJ", shown=False)


def checked(program: Program) -> Code:
    """A comparison of every gradient with differences of the cost, at twenty entries of each array."""
    rows = "".join(f'    ("{name}", {name}, d{name}),\n' for name in program.parameters)
    return Code(
        f"# {say('source.cell.check')}\n"
        f"for name, value, gradient in (\n{rows}):\n"
        "    places = rng.permutation(value.size)[:20]\n"
        "    slopes = []\n"
        "    for place in places:\n"
        "        old = value.flat[place]\n"
        "        ends = []\n"
        "        for value.flat[place] in (old - 1e-6, old + 1e-6):\n"
        "            ends.append(cost())\n"
        "        value.flat[place] = old\n"
        "        slopes.append((ends[1] - ends[0]) / 2e-6)\n"
        "    derived = np.broadcast_to(gradient, value.shape).flat[places]\n"
        "    error = np.abs(slopes - derived).max()\n"
        '    print(f"{name}: {error:.1e}")\n'
        "    assert error < 1e-6",
        shown=False,
    )


def updated(program: Program, rate: float) -> Code:
    """One step at this rate, and the cost before and after it."""
    remembered = {**program.states, **program.statistics}
    starts = [f"{name} = np.zeros({_shape(dims)})" for name, dims in remembered.items()]
    starts += [f"{name} = {value}" for name, value in (("lr", rate), ("t", 1)) if name in program.scalars]
    steps = [_statement(line) for line in program.of(*STEP)]
    return Code("\n".join([*starts, *steps, "J, cost()"]), shown=False)


def of_layers(program: Program, layers: Sequence[int], kinds: str) -> Code:
    """The lines of some layers, in the order in which they run. kinds: `forward`, `error` or `gradient`."""
    roles = FORWARD if kinds == "forward" else tuple(role for role in BACKWARD if role == kinds)
    statements = [_statement(line) for line in program.of(*roles) if line.layer in layers]
    if kinds == "error" and len(program.net.layers) in layers:
        statements.insert(0, f"# {say('source.cell.error')}")
    return Code("\n".join(statements), shown=False)
