"""A program as one Python file that needs NumPy alone: `chainrule emit`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule import __version__, randomness
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.optimizers import step_of
from chainrule.expr import ZERO, Dims, in_order, leaf, replace
from chainrule.network.meaning import layer_of, starting_kinds
from chainrule.program import BACKWARD, FORWARD, UPDATE, Line, Program, leaves
from chainrule.render.numpy_source import function_source, helpers, number, source
from chainrule.sentences import say

WIDTH = 100


@dataclass(frozen=True)
class Learned:
    """What a trained network knows, in plain numbers and names.

    parameters: by name, as nested lists, running averages among them. shift, factor: of the inputs,
    (x - shift) * factor; a number or a list. columns: names of the inputs, where they have any. classes: what
    the outputs speak for; a single output speaks for the second class above `threshold`. targets: names of
    the numbers that the outputs are; target_shift, target_factor: their scaling. file: the name of a file
    beside the source, which holds parameters and scalings; None: they stand in the source.
    """

    parameters: Mapping[str, Any]
    shift: Any
    factor: Any
    columns: Sequence[str] = ()
    classes: Sequence[str | int] | None = None
    threshold: float = 0.5
    targets: Sequence[str] = ()
    target_shift: Any = 0.0
    target_factor: Any = 1.0
    file: str | None = None

    @property
    def scalings(self) -> dict[str, Any]:
        """By its name in the source, what scales inputs and targets, without what changes nothing."""
        values = {
            "input_shift": self.shift,
            "input_factor": self.factor,
            "target_shift": self.target_shift,
            "target_factor": self.target_factor,
        }
        idle = {"shift": 0.0, "factor": 1.0}
        return {name: v for name, v in values.items() if set(_flat(v)) != {idle[name.partition("_")[2]]}}


def python_file(program: Program, optimizer: str = "sgd", learned: Learned | None = None) -> str:
    """The whole file: initial or learned parameters, forward pass, loss, gradients, one training step, and a
    check of itself. `optimizer` is the one that the program was built with.

    Its numbers are those that chainrule's own engine computes in float64.
    """
    parts = [
        _sizes(program),
        *helpers(line.expr for line in program.lines),
        _learned(program, learned) if learned else _initial(program),
        *_masks(program),
        _forward(program),
        _loss(program),
        _gradients(program),
        *_averages(program),
        *_step(program, optimizer),
        *(_prediction(program, learned) if learned else []),
        _demonstration(program, learned),
    ]
    body = "\n\n".join(part.strip("\n") + "\n" for part in parts)
    modules = [f"import {module}\n" for module in ("math", "zlib") if f"{module}." in body]
    if learned and learned.file:
        modules.append("from pathlib import Path\n")
    standard = "".join(modules) + "\n" * bool(modules)
    return f'"""{_head(program, learned)}"""\n\n{standard}import numpy as np\n\n{body}'


def _head(program: Program, learned: Learned | None) -> str:
    sizes = ", ".join(f"{dim} = {size}" for dim, size in program.sizes.items())
    text = say(
        "source.head",
        network=program.net,
        loss=program.net.loss,
        version=__version__,
        sizes=sizes,
        outputs=program.output,
    )
    shapes, averages = (
        ", ".join(f"{name} {_shape(dims)}" for name, dims in arrays.items())
        for arrays in (program.parameters, program.statistics)
    )
    named = [unit for unit in program.meaning.units if unit.layer.name]
    labels = [say("source.label", number=unit.number, name=unit.layer.name) for unit in named]
    sums = [say("source.one_sum")] if program.one_sum else []
    lines = [*text.splitlines(), *sums, say("source.parameters", parameters=shapes), *labels]
    lines += [say("source.averages_head", averages=averages)] if averages else []
    lines += [say("source.learned_head")] if learned else []
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
    calls, averages = [], []
    for name, kind in starting_kinds(program.net).items():
        row, settings = INITIALIZERS.choose(kind)
        if name in program.statistics:
            start = row.function(None, (), 1, 1, **settings)
            averages.append(f'        "{name}": np.full({_shape(program.statistics[name])}, {float(start)}),')
            continue
        rows.setdefault(row.name, function_source(row.function))
        fan_in, fan_out = list(program.sizes)[layer_of(name) - 1 :][:2]
        given = "".join(f", {key}={number(value)[0]}" for key, value in settings.items())
        shape = _shape(program.parameters[name])
        calls.append(
            f'        "{name}": {row.name}(generator(seed, "initialize {name}"), {shape}, '
            f"{fan_in}, {fan_out}{given}),"
        )
    head = [f"def initial_parameters(seed={program.net.seed}):", f"    # {say('source.initial')}"]
    functions = ["\n".join([*head, "    return {", *calls, "    }\n"])]
    if averages:
        head = ["def initial_averages():", f"    # {say('source.initial_averages')}"]
        functions.append("\n".join([*head, "    return {", *averages, "    }\n"]))
    return "\n\n".join([function_source(randomness.generator), *rows.values(), *functions])


def _learned(program: Program, learned: Learned) -> str:
    """The parameters and scalings that were learned, and what inputs and outputs are called."""
    lines = [f"# {say('source.learned')}"]
    if learned.file:
        lines += [
            f"with np.load(Path(__file__).with_name({learned.file!r}), allow_pickle=False) as file:",
            "    learned = dict(file)",
            *(f'{name} = learned.pop("{name}")' for name in learned.scalings),
        ]
        if program.statistics:
            listed = [f'"{name}"' for name in program.statistics]
            rows = _listed("for name in (", listed, ")", indent=" " * 4)
            lines += ["averages = {", "    name: learned.pop(name)", rows, "}"]
    else:
        for variable, arrays in (("learned", program.parameters), ("averages", program.statistics)):
            if arrays:
                lines.append(f"{variable} = {{")
                lines += [_array(f'    "{name}": ', learned.parameters[name], ",") for name in arrays]
                lines.append("}")
        lines += [_array(f"{name} = ", value) for name, value in learned.scalings.items()]
    names = {"columns": learned.columns, "targets": learned.targets}
    lines += [
        _listed(f"{name} = [", [*map(repr, each)], "]", deeper=4) for name, each in names.items() if each
    ]
    if learned.classes:
        lines.append(_array("classes = ", list(learned.classes)))
    return "\n".join(lines)


def _array(before: str, value: Any, after: str = "") -> str:
    """A number, or an array of one or two dimensions, a row a line."""
    indent = before[: -len(before.lstrip())]
    if not isinstance(value, list):
        return f"{before}{value!r}{after}"
    if not isinstance(value[0], list):
        return _listed(
            f"{before.lstrip()}np.array([", [*map(repr, value)], f"]){after}", indent=indent, deeper=4
        )
    rows = [_listed("[", [*map(repr, row)], "],", indent=indent + " " * 4, deeper=4) for row in value]
    return "\n".join([f"{before}np.array([", *rows, f"{indent}]){after}"])


def _flat(value: Any) -> list[float]:
    """All numbers of nested lists."""
    return [number for each in value for number in _flat(each)] if isinstance(value, list) else [value]


def _prediction(program: Program, learned: Learned) -> list[str]:
    x = "x - input_shift" if "input_shift" in learned.scalings else "x"
    if "input_factor" in learned.scalings:
        x = f"({x}) * input_factor" if " " in x else f"{x} * input_factor"
    if learned.classes and program.net.outputs > 1:
        answer = "classes[outputs(x).argmax(axis=1)]"
    elif learned.classes:
        answer = f"classes[(outputs(x)[:, 0] > {learned.threshold!r}).astype(int)]"
    else:
        answer = "outputs(x)" if program.net.outputs > 1 else "outputs(x)[:, 0]"
        answer += " / target_factor" if "target_factor" in learned.scalings else ""
        answer += " + target_shift" if "target_shift" in learned.scalings else ""
    kind = "classes" if learned.classes else "numbers"
    found = f"infer({x}, **learned, **averages)" if program.statistics else f"forward({x}, **learned)[-1]"
    return [
        f"def outputs(x):\n    # {say('source.outputs')}\n    return {found}",
        f"def predict(x):\n    # {say(f'source.predict_{kind}')}\n    return {answer}",
    ]


def _forward(program: Program) -> str:
    lines = program.of(*FORWARD)
    names = [line.name for line in lines]
    result = _listed("return (", names, ")", indent=" " * 4)
    if "\n" not in result:
        result = f"    return {', '.join(names)}"
    head = ["    n = len(x)"] if _needs_count(lines) else []
    return "\n".join([_def("forward", "x", *_given(program)), *head, *_lines(lines), result])


def _averages(program: Program) -> list[str]:
    """The network as it predicts, and what becomes of the running averages by which it does."""
    if not program.statistics:
        return []
    held = [*program.parameters, *program.statistics]
    infer = [
        _def("infer", "x", *held),
        f"    # {say('source.infer')}",
        *_lines(program.predicting(*FORWARD)),
        f"    return {program.output}",
    ]
    lines = [line for line in program.of("state") if line.name in program.statistics]
    moved = [
        _def("moved_averages", "x", *held, *_masks_of_one(program)),
        f"    # {say('source.moved_averages')}",
        *_run_forward(program, lines),
        *_lines(lines),
        _listed("return {", [f'"{name}": {name}' for name in program.statistics], "}", indent=" " * 4),
    ]
    return ["\n".join(infer), "\n".join(moved)]


def _given(program: Program) -> list[str]:
    """The arguments that every function has besides the data: parameters, and masks, which are 1 in
    prediction."""
    return [*program.parameters, *_masks_of_one(program)]


def _masks_of_one(program: Program) -> list[str]:
    return [f"{name}=1.0" for name in program.masks]


def _masks(program: Program) -> list[str]:
    """The function that draws the masks of a step."""
    if not program.masks:
        return []
    entries = []
    for name, mask in program.masks.items():
        keep = number(mask.keep)[0]
        entries.append(f'        "{name}": (rng.random({_shape(mask.array.dims)}) < {keep}) / {keep},')
    head = ["def draw_masks(n, rng):", f"    # {say('source.masks')}", "    return {"]
    return ["\n".join([*head, *entries, "    }"])]


def _loss(program: Program) -> str:
    lines = program.of("loss")
    return "\n".join(
        [
            _def("loss", "x", "y", *_given(program)),
            *_run_forward(program, lines),
            *_lines(lines),
            "    return J",
        ]
    )


def _gradients(program: Program) -> str:
    lines = program.of(*BACKWARD)
    return "\n".join(
        [
            _def("gradients", "x", "y", *_given(program)),
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
    given = ["x", *program.parameters, *program.masks]
    return [*head, _listed(f"{_unpacked(names)} = forward(", given, ")", indent=" " * 4)]


def _unpacked(names: Sequence[str]) -> str:
    """What stands to the left of several results."""
    line = ", ".join(names)
    return line if len(line) <= WIDTH // 2 else _listed("(", names, ")", indent=" " * 4).strip()


def _needs_count(lines: Sequence[Line]) -> bool:
    """Whether the printed lines speak of n: a size, or the shape of something repeated over the samples."""
    return any(
        (node.op == "size" and node.data == "n")
        or (node.op == "contract" and "n" in node.dims and not any("n" in a.dims for a in node.args))
        for line in lines
        for node in in_order([line.expr])
    )


def _step(program: Program, optimizer: str) -> list[str]:
    """One loop over the parameters: the updates of weights differ in nothing but the names, nor do those of
    biases."""
    row, _ = step_of(optimizer)
    states = list(dict.fromkeys(name.rpartition("_")[0] for name in program.states))
    arguments = [*(["averages"] if program.statistics else []), *(["state"] if states else [])]
    arguments += ["x", "y", *(["masks"] if program.masks else [])]
    arguments += [s for s in program.scalars if s != "lr"]
    arguments += [f"lr={number(row.rate)[0]}"] if "lr" in program.scalars else []
    masks = ", **masks" if program.masks else ""
    slopes, together = f"gradients(x, y, **parameters{masks})", list[str]()
    if of_all := [line for line in program.of("clipping") if not line.dims]:
        names = _unpacked([f"d{name}" for name in program.parameters])
        together = [f"    slopes = {slopes}", f"    {names} = slopes.values()", *_lines(of_all)]
        slopes = "slopes"
    if program.statistics:
        together.append(f"    averages.update(moved_averages(x, **parameters, **averages{masks}))")
    place = {"w": "parameters[name]"} | {state: f'state["{state}"][name]' for state in states}
    step = [
        _def("step", "parameters", *arguments),
        f"    # {say('source.step')}",
        *together,
        f"    for name, dw in {slopes}.items():",
        f"        {', '.join(place)} = {', '.join(place.values())}",
    ]
    firsts = [next(name for name in program.parameters if name.startswith(kind)) for kind in "Wb"]
    weights, biases = (_updates(program, name, place, " " * 8) for name in firsts)
    if weights == biases:
        step += weights
    else:
        weights, biases = (_updates(program, name, place, " " * 12) for name in firsts)
        step += ['        if name.startswith("W"):', *weights, "        else:", *biases]
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


def _updates(program: Program, parameter: str, place: Mapping[str, str], indent: str) -> list[str]:
    """A parameter's step, in which it is called w. place: where w and the states are kept."""
    dims = program.parameters[parameter]
    own = [line for line in program.of("clipping", "move", *UPDATE) if _of(line.name) == parameter]
    called = {f"d{parameter}": "dw"} | {line.name: line.name.rpartition("_")[0] or "w" for line in own}
    names = {leaf(name, dims): leaf(call, dims) for name, call in called.items()}
    written: list[str] = []
    for at, line in enumerate(own):
        name = called[line.name]
        targets = [place[name]] if name in place else []
        if not targets or line.name in leaves(later.expr for later in own[at + 1 :]):
            targets.append(name)
        written += _assignment(" = ".join(targets), source(replace([line.expr], names)[0]), indent)
    return written


def _of(name: str) -> str:
    """The parameter that a line of an update belongs to: W1 of v_W1."""
    return name.rpartition("_")[2]


def _demonstration(program: Program, learned: Learned | None) -> str:
    classes = program.net.loss in ("cross_entropy", "perceptron", "binary_cross_entropy")
    one_hot = (
        "np.eye(k)[rng.integers(k, size=8)]" if program.net.outputs > 1 else "rng.integers(2, size=(8, 1))"
    )
    ready = ["    averages = initial_averages()"] if program.statistics else []
    ready += ["    state = initial_state(parameters)"] if program.states else []
    masks = ", **masks" if program.masks else ""
    ready += ["    masks = draw_masks(len(x), rng)"] if masks else []
    given = ["parameters", *(["averages"] if program.statistics else [])]
    given += [*(["state"] if program.states else []), "x", "y"]
    given += ["draw_masks(len(x), rng)"] if masks else []
    given += ["t=t"] if "t" in program.scalars else []
    after = [
        "    for t in range(1, 6):",
        f'        print(f"{say("source.step_number", t="{t}")} J = {{loss(x, y, **parameters):.6f}}")',
        f"        step({', '.join(given)})",
    ]
    if learned:
        x = "x / input_factor" if "input_factor" in learned.scalings else "x"
        x += " + input_shift" if "input_shift" in learned.scalings else ""
        ready, after = ready[-1:] if masks else [], [f"    print(predict({x}))"]
    return "\n".join(
        [
            'if __name__ == "__main__":',
            f"    # {say('source.demonstration_learned' if learned else 'source.demonstration')}",
            "    rng = np.random.default_rng(0)",
            "    x = rng.standard_normal((8, d))",
            f"    y = {one_hot if classes else 'rng.random((8, k))'}",
            f"    parameters = {'learned' if learned else 'initial_parameters()'}",
            *ready,
            f"    for name, dw in gradients(x, y, **parameters{masks}).items():",
            "        place, h = tuple(rng.integers(s) for s in dw.shape), 1e-5",
            "        above, below = (dict(parameters, **{name: parameters[name].copy()}) for _ in range(2))",
            "        above[name][place] += h",
            "        below[name][place] -= h",
            f"        numeric = (loss(x, y, **above{masks}) - loss(x, y, **below{masks})) / (2 * h)",
            f'        print(f"d{{name}}{{list(map(int, place))}} = {{dw[place]:+.9f}}, '
            f'{say("source.numeric")} {{numeric:+.9f}}")',
            *after,
        ]
    )


def _def(name: str, *arguments: str) -> str:
    return _listed(f"def {name}(", arguments, "):")


def _lines(lines: Sequence[Line]) -> list[str]:
    """Assignments with their shapes beside them; above those that are too long."""
    codes = [f"    {line.name} = {source(line.expr)}" for line in lines]
    shapes = [_shape(line.dims) for line in lines]
    roles = [say(f"source.role.{_role(line)}", layer=line.layer, of=line.name[1:]) for line in lines]
    wide = max(map(len, shapes))
    comments = [f"# {shape:<{wide}}  {role}" for shape, role in zip(shapes, roles, strict=True)]
    room = WIDTH - 2 - max(map(len, comments))
    column = max((len(code) for code in codes if len(code) <= room), default=0)
    written: list[str] = []
    for line, code, comment in zip(lines, codes, comments, strict=True):
        if len(code) <= room:
            written.append(f"{code:<{column}}  {comment}")
        else:
            written += [f"    {comment}", *_assignment(line.name, source(line.expr), " " * 4)]
    return written


def _role(line: Line) -> str:
    """What a line's comment says; the error of what an activation takes is not that of the layer, and what a
    mean over samples takes out has no gradient."""
    if line.role == "gradient" and line.expr.args == (ZERO,):
        return "no_gradient"
    behind = line.role == "error" and not line.name.startswith("delta")
    return "error_behind_norm" if behind else line.role.replace(" ", "_")


def _assignment(target: str, value: str, indent: str) -> list[str]:
    """On one line where it fits, else a term of a sum a line."""
    if len(line := f"{indent}{target} = {value}") <= WIDTH:
        return [line]
    terms = [part for term in _terms(value) for part in _wrapped(term, f"{indent}    ")]
    return [f"{indent}{target} = (", *terms, f"{indent})"]


def _listed(before: str, items: Sequence[str], after: str, *, indent: str = "", deeper: int = 8) -> str:
    """A list in brackets, on one line where it fits; else as many items a line as fit, indented `deeper`."""
    line = f"{indent}{before}{', '.join(items)}{after}"
    if len(line) <= WIDTH:
        return line
    lines = [""]
    for item in items:
        if lines[-1] and deeper + len(indent) + len(f"{lines[-1]} {item},") > WIDTH:
            lines.append("")
        lines[-1] += f" {item}," if lines[-1] else f"{item},"
    return "\n".join([indent + before, *(indent + " " * deeper + line for line in lines), indent + after])


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
