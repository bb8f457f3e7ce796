"""A program as one Python file that needs NumPy alone: `chainrule emit`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from chainrule import __version__, randomness
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.expr import Dims, in_order, leaf, replace
from chainrule.network import starting_kinds
from chainrule.program import BACKWARD, FORWARD, UPDATE, Line, Program, leaves
from chainrule.render.numpy_source import function_source, helpers, number, source
from chainrule.sentences import say

WIDTH = 100


def python_file(program: Program, optimizer: str = "sgd") -> str:
    """The whole file: initial parameters, forward pass, loss, gradients, one training step, and a check of
    itself. `optimizer` is the one that the program was built with.

    Its numbers are those that chainrule's own engine computes in float64.
    """
    parts = [
        _sizes(program),
        *helpers(line.expr for line in program.lines),
        _initial(program),
        _forward(program),
        _loss(program),
        _gradients(program),
        *_step(program, optimizer),
        _demonstration(program),
    ]
    body = "\n\n".join(part.strip("\n") + "\n" for part in parts)
    modules = [f"import {module}\n" for module in ("math", "zlib") if f"{module}." in body]
    return f'"""{_head(program)}"""\n\n{"".join(modules)}\nimport numpy as np\n\n{body}'


def _head(program: Program) -> str:
    sizes = ", ".join(f"{dim} = {size}" for dim, size in program.sizes.items())
    text = say(
        "source.head",
        network=program.net,
        loss=program.net.loss,
        version=__version__,
        sizes=sizes,
        outputs=program.output,
    )
    shapes = ", ".join(f"{name} {_shape(dims)}" for name, dims in program.parameters.items())
    named = [unit for unit in program.meaning.units if unit.layer.name]
    labels = [say("source.label", number=unit.number, name=unit.layer.name) for unit in named]
    sums = [say("source.one_sum")] if program.one_sum else []
    lines = [*text.splitlines(), *sums, say("source.parameters", parameters=shapes), *labels]
    return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="    ") for line in lines) + "\n"


def _sizes(program: Program) -> str:
    sizes = program.sizes
    if len(sizes) > 8:
        lines = [f"{dim} = {size}" for dim, size in sizes.items()]
    else:
        lines = [f"{', '.join(sizes)} = {', '.join(map(str, sizes.values()))}"]
    for name, value in program.constants.items():
        lines.append(f"{name} = {number(value)[0]}  # {say('source.coefficient')}")
    return "\n".join(lines)


def _initial(program: Program) -> str:
    rows: dict[str, str] = {}
    calls = []
    for name, kind in starting_kinds(program.net).items():
        row, settings = INITIALIZERS.choose(kind)
        rows.setdefault(row.name, function_source(row.function))
        fan_in, fan_out = list(program.sizes)[int(name[1:]) - 1 :][:2]
        given = "".join(f", {key}={number(value)[0]}" for key, value in settings.items())
        shape = _shape(program.parameters[name])
        calls.append(
            f'        "{name}": {row.name}(generator(seed, "initialize {name}"), {shape}, '
            f"{fan_in}, {fan_out}{given}),"
        )
    head = [f"def initial_parameters(seed={program.net.seed}):", f"    # {say('source.initial')}"]
    function = "\n".join([*head, "    return {", *calls, "    }\n"])
    return "\n\n".join([function_source(randomness.generator), *rows.values(), function])


def _forward(program: Program) -> str:
    lines = program.of(*FORWARD)
    names = [line.name for line in lines]
    result = _listed("return (", names, ")", indent=" " * 4)
    if "\n" not in result:
        result = f"    return {', '.join(names)}"
    return "\n".join([_def("forward", "x", *program.parameters), *_lines(lines), result])


def _loss(program: Program) -> str:
    lines = program.of("loss")
    return "\n".join(
        [
            _def("loss", "x", "y", *program.parameters),
            *_run_forward(program, lines),
            *_lines(lines),
            "    return J",
        ]
    )


def _gradients(program: Program) -> str:
    lines = program.of(*BACKWARD)
    return "\n".join(
        [
            _def("gradients", "x", "y", *program.parameters),
            *_run_forward(program, lines),
            *_lines(lines),
            _listed("return {", [f'"{name}": d{name}' for name in program.parameters], "}", indent=" " * 4),
        ]
    )


def _run_forward(program: Program, lines: Sequence[Line]) -> list[str]:
    """The head of a function whose lines stand on those of the forward pass."""
    used = leaves(line.expr for line in lines)
    names = [line.name if line.name in used else "_" for line in program.of(*FORWARD)]
    head = ["    n = len(x)"] if _needs_count(lines) else []
    if set(names) == {"_"}:
        return head
    call = _listed("forward(", ["x", *program.parameters], ")", indent=" " * 4).strip()
    results = ", ".join(names)
    if len(results) > WIDTH // 2:
        results = _listed("(", names, ")", indent=" " * 4).strip()
    return [*head, f"    {results} = {call}"]


def _needs_count(lines: Sequence[Line]) -> bool:
    """Whether the printed lines speak of n: a size, or the shape of something repeated over the samples."""
    return any(
        (node.op == "size" and node.data == "n")
        or (node.op == "contract" and "n" in node.dims and not any("n" in a.dims for a in node.args))
        for line in lines
        for node in in_order([line.expr])
    )


def _step(program: Program, optimizer: str) -> list[str]:
    """One loop over the parameters: their updates differ in nothing but the names."""
    row, _ = OPTIMIZERS.choose(optimizer)
    first = next(iter(program.parameters))
    dims = program.parameters[first]
    states = [name.removesuffix(f"_{first}") for name in program.states if name.endswith(f"_{first}")]
    plain = {leaf(first, dims): leaf("w", dims), leaf(f"d{first}", dims): leaf("dw", dims)}
    plain |= {leaf(f"{state}_{first}", dims): leaf(state, dims) for state in states}
    updates = [
        line for line in program.of(*UPDATE) if line.name in (first, *(f"{s}_{first}" for s in states))
    ]
    place = {"w": "parameters[name]"} | {state: f'state["{state}"][name]' for state in states}
    body = [f"        {', '.join(place)} = {', '.join(place.values())}"]
    for line in updates:
        name = str(plain[leaf(line.name, dims)].data)
        targets = place[name] if name == "w" else f"{place[name]} = {name}"
        body.append(f"        {targets} = {source(replace([line.expr], plain)[0])}")
    arguments = [*(["state"] if states else []), "x", "y", *(s for s in program.scalars if s != "lr")]
    arguments += [f"lr={number(row.rate)[0]}"] if "lr" in program.scalars else []
    step = [
        _def("step", "parameters", *arguments),
        f"    # {say('source.step')}",
        "    for name, dw in gradients(x, y, **parameters).items():",
        *body,
    ]
    if not states:
        return ["\n".join(step)]
    zeros = [
        f'        "{state}": {{name: np.zeros_like(w) for name, w in parameters.items()}},'
        for state in states
    ]
    memory = [
        "def initial_state(parameters):",
        f"    # {say('source.state')}",
        "    return {",
        *zeros,
        "    }",
    ]
    return ["\n".join(memory), "\n".join(step)]


def _demonstration(program: Program) -> str:
    classes = program.net.loss in ("cross_entropy", "perceptron", "binary_cross_entropy")
    one_hot = (
        "np.eye(k)[rng.integers(k, size=8)]" if program.net.outputs > 1 else "rng.integers(2, size=(8, 1))"
    )
    ready = ["    state = initial_state(parameters)"] if program.states else []
    given = ["parameters", *(["state"] if program.states else []), "x", "y"]
    given += ["t=t"] if "t" in program.scalars else []
    return "\n".join(
        [
            'if __name__ == "__main__":',
            f"    # {say('source.demonstration')}",
            "    rng = np.random.default_rng(0)",
            "    x = rng.standard_normal((8, d))",
            f"    y = {one_hot if classes else 'rng.random((8, k))'}",
            "    parameters = initial_parameters()",
            *ready,
            "    for name, dw in gradients(x, y, **parameters).items():",
            "        place, h = tuple(rng.integers(s) for s in dw.shape), 1e-5",
            "        above, below = (dict(parameters, **{name: parameters[name].copy()}) for _ in range(2))",
            "        above[name][place] += h",
            "        below[name][place] -= h",
            "        numeric = (loss(x, y, **above) - loss(x, y, **below)) / (2 * h)",
            f'        print(f"d{{name}}{{list(map(int, place))}} = {{dw[place]:+.9f}}, '
            f'{say("source.numeric")} {{numeric:+.9f}}")',
            "    for t in range(1, 6):",
            f'        print(f"{say("source.step_number", t="{t}")}: J = {{loss(x, y, **parameters):.6f}}")',
            f"        step({', '.join(given)})",
        ]
    )


def _def(name: str, *arguments: str) -> str:
    return _listed(f"def {name}(", arguments, "):")


def _lines(lines: Sequence[Line]) -> list[str]:
    """Assignments with their shapes beside them; above those that are too long."""
    codes = [f"    {line.name} = {source(line.expr)}" for line in lines]
    shapes = [_shape(line.dims) for line in lines]
    roles = [
        say(f"source.role.{line.role.replace(' ', '_')}", layer=line.layer, of=line.name[1:])
        for line in lines
    ]
    wide = max(map(len, shapes))
    comments = [f"# {shape:<{wide}}  {role}" for shape, role in zip(shapes, roles, strict=True)]
    room = WIDTH - 2 - max(map(len, comments))
    column = max((len(code) for code in codes if len(code) <= room), default=0)
    written: list[str] = []
    for line, code, comment in zip(lines, codes, comments, strict=True):
        if len(code) <= room:
            written.append(f"{code:<{column}}  {comment}")
        elif len(code) <= WIDTH:
            written += [f"    {comment}", code]
        else:
            terms = [part for term in _terms(source(line.expr)) for part in _wrapped(term, " " * 8)]
            written += [f"    {comment}", f"    {line.name} = (", *terms, "    )"]
    return written


def _listed(before: str, items: Sequence[str], after: str, *, indent: str = "") -> str:
    """A list in brackets, on one line where it fits."""
    line = f"{indent}{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([indent + before, *_wrapped(", ".join(items) + ",", indent + " " * 8), indent + after])


def _terms(text: str) -> list[str]:
    """A sum, a term a line."""
    lines, depth = [""], 0
    for word in text.split(" "):
        if depth == 0 and word == "+":
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
        depth += word.count("(") - word.count(")")
    return lines


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shape(dims: Dims) -> str:
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"
