"""A program as one Python file that needs NumPy alone: `chainrule emit`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from chainrule import __version__, randomness
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.expr import Dims
from chainrule.formula import find_activation
from chainrule.program import BACKWARD, FORWARD, UPDATE, Line, Program, leaves
from chainrule.render.numpy_source import function_source, helpers, number, source
from chainrule.sentences import say

WIDTH = 100


def python_file(program: Program, optimizer: str = "sgd") -> str:
    """The whole file: parameters, forward pass, loss, gradients, one training step, and a check of itself.

    Its numbers are those that chainrule's own engine computes in float64.
    """
    forward, backward = program.of(*FORWARD), program.of(*BACKWARD)
    (loss,) = program.of("loss")
    update = program.of(*UPDATE)
    imports = ["import numpy as np"]
    body = [
        _constants(program),
        *helpers(line.expr for line in program.lines),
        _initial(program),
        _function("forward", ["parameters", "x"], program, forward, returns=[line.name for line in forward]),
        _function("loss", ["parameters", "x", "y"], program, [*forward, loss], returns="J"),
        _function(
            "loss_and_gradients",
            ["parameters", "x", "y"],
            program,
            [*forward, loss, *backward],
            returns="J, {" + ", ".join(f'"{name}": d{name}' for name in program.parameters) + "}",
        ),
        _step(program, update, optimizer),
        _demonstration(program, optimizer),
    ]
    text = "\n\n".join(part.strip("\n") + "\n" for part in body if part)
    for module in ("math", "zlib"):
        if f"{module}." in text:
            imports.insert(0, f"import {module}")
    imports.sort(key=lambda line: (line.endswith("np"), line))
    return (
        f'"""{_head(program, optimizer)}"""\n\n'
        + "\n".join(imports).replace("\nimport numpy", "\n\nimport numpy")
        + "\n\n"
        + text
    )


def _head(program: Program, optimizer: str) -> str:
    sizes = ", ".join(f"{dim} = {size}" for dim, size in program.sizes.items())
    parameters = ", ".join(f"{name} ({', '.join(dims)})" for name, dims in program.parameters.items())
    text = say(
        "source.head",
        network=program.net,
        loss=program.net.loss,
        version=__version__,
        sizes=sizes,
        outputs=program.output,
    )
    wrapped = textwrap.fill(say("source.parameters", parameters=parameters), WIDTH, subsequent_indent="    ")
    labels = [
        say("source.label", number=unit.number, name=unit.layer.name)
        for unit in program.meaning.units
        if unit.layer.name
    ]
    return "\n".join([text, "", wrapped, *labels, ""])


def _constants(program: Program) -> str:
    sizes = program.sizes
    lines = [f"{', '.join(sizes)} = {', '.join(map(str, sizes.values()))}"]
    for name, value in program.constants.items():
        lines.append(f"{name} = {number(value)[0]}  # {say('source.coefficient')}")
    return "\n".join(lines)


def _initial(program: Program) -> str:
    net = program.net
    rows: dict[str, str] = {}
    calls = []
    before = dict(zip(program.sizes, ["", *program.sizes], strict=False))
    for unit in program.meaning.units:
        out = unit.z.dims[1]
        into = before[out]
        kinds = {"b": net.bias_initializer}
        if f"W{unit.number}" in program.parameters:
            default = find_activation(str(unit.layer.activation))[0].initializer
            kinds = {"W": unit.layer.initializer or net.initializer or default, **kinds}
        for letter, kind in kinds.items():
            row, settings = INITIALIZERS.choose(kind)
            rows.setdefault(row.name, function_source(row.function))
            name = f"{letter}{unit.number}"
            shape = f"({out}, {into})" if letter == "W" else f"({out},)"
            given = "".join(f", {key}={number(value)[0]}" for key, value in settings.items())
            calls.append(
                f'"{name}": {row.name}(generator(seed, "initialize {name}"), {shape}, {into}, {out}{given}),'
            )
    body = "\n        ".join(calls)
    function = (
        f"def initial_parameters(seed={net.seed}):  # {say('source.initial')}\n"
        f"    return {{\n        {body}\n    }}\n"
    )
    return "\n\n".join([function_source(randomness.generator), *rows.values(), function])


def _function(
    name: str, arguments: Sequence[str], program: Program, lines: Sequence[Line], returns: str | Iterable[str]
) -> str:
    used = leaves(line.expr for line in lines)
    unpacked = [p for p in program.parameters if p in used]
    head = [f"def {name}({', '.join(arguments)}):"]
    head += _unpack(unpacked, "parameters")
    if any("n" in line.dims for line in lines) and _mentions(lines, "n"):
        head.append("    n = len(x)")
    if isinstance(returns, str):
        tail = f"    return {returns}"
    else:
        tail = "    return {" + ", ".join(f'"{r}": {r}' for r in returns) + "}"
    text = "\n".join([*head, *_lines(lines), *_folded(tail)])
    return text


def _mentions(lines: Sequence[Line], dim: str) -> bool:
    from chainrule.expr import in_order

    return any(n.op == "size" and n.data == dim for line in lines for n in in_order([line.expr]))


def _unpack(names: Sequence[str], table: str) -> list[str]:
    if not names:
        return []
    return (
        _folded(f"    {', '.join(names)} = (" + ", ".join(f'{table}["{name}"]' for name in names) + ")")
        if len(names) > 1
        else [f'    {names[0]} = {table}["{names[0]}"]']
    )


def _folded(line: str) -> list[str]:
    """A long line broken after commas, inside its brackets."""
    if len(line) <= WIDTH:
        return [line]
    return textwrap.wrap(
        line, WIDTH, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False
    )


def _lines(lines: Sequence[Line]) -> list[str]:
    codes = [f"    {line.name} = {source(line.expr)}" for line in lines]
    column = min(max((len(code) for code in codes), default=0), 60)
    return [f"{code:<{column}}  # {_comment(line)}" for code, line in zip(codes, lines, strict=True)]


def _comment(line: Line) -> str:
    role = say(f"source.role.{line.role.replace(' ', '_')}", layer=line.layer)
    return f"{_shape(line.dims)}  {role}"


def _shape(dims: Dims) -> str:
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def _step(program: Program, update: Sequence[Line], optimizer: str) -> str:
    row, settings = OPTIMIZERS.choose(optimizer)
    rate = settings.get("lr", row.rate)
    scalars = [f"lr={number(rate)[0]}" if s == "lr" else s for s in program.scalars]
    states = ["state"] if program.states else []
    head = [f"def step({', '.join(['parameters', *states, 'x', 'y', *scalars])}):  # {say('source.step')}"]
    head.append("    J, gradients = loss_and_gradients(parameters, x, y)")
    body = []
    table = {name: f'parameters["{name}"]' for name in program.parameters}
    table |= {name: f'state["{name}"]' for name in program.states}
    table |= {f"d{name}": f'gradients["{name}"]' for name in program.parameters}
    for line in update:
        names = sorted(leaves([line.expr]) & table.keys())
        body += [f"    {name} = {table[name]}" for name in names]
        body.append(f"    {table[line.name]} = {source(line.expr)}")
    text = "\n".join([*head, *body, "    return J"])
    if program.states:
        zeros = ", ".join(f'"{name}": np.zeros({_shape(dims)})' for name, dims in program.states.items())
        text = f"def initial_state():  # {say('source.state')}\n    return {{{zeros}}}\n\n\n" + text
    return text


def _demonstration(program: Program, optimizer: str) -> str:
    classes = program.net.loss in ("cross_entropy", "perceptron", "binary_cross_entropy")
    target = "np.eye(k)[rng.integers(k, size=8)]" if classes else "rng.random((8, k))"
    state = "state, " if program.states else ""
    ready = "\n    state = initial_state()" if program.states else ""
    given = ", t=i + 1" if "t" in program.scalars else ""
    return f'''if __name__ == "__main__":  # {say("source.demonstration")}
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, d)), {target}
    parameters = initial_parameters(){ready}
    J, gradients = loss_and_gradients(parameters, x, y)
    for name, w in parameters.items():
        place = tuple(rng.integers(s) for s in w.shape)
        middle, h = w[place], 1e-5
        w[place] = middle + h
        above = loss(parameters, x, y)
        w[place] = middle - h
        below = loss(parameters, x, y)
        w[place] = middle
        print(f"dJ/d{{name}}{{list(map(int, place))}}: {{gradients[name][place]:+.9f}}, {say("source.numeric")} {{(above - below) / (2 * h):+.9f}}")
    for i in range(5):
        print(f"{say("source.step_number")} {{i + 1}}: J = {{step(parameters, {state}x, y{given}):.6f}}")
'''
