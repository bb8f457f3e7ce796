"""`chainrule check`: is it right?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainrule.cli.app import Group, command, required
from chainrule.cli.layout import paragraph, remark, show, show_grid, show_json
from chainrule.cli.values import Whole, argument, flag, option
from chainrule.sentences import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chainrule.check.gradients import ParameterReport
    from chainrule.network import NetworkDefinition
    from chainrule.reading import Reading

COLUMNS = ("gradient", "error", "digits", "checked", "worst")
SAMPLES = 5
"""How many samples of a data set a check takes."""

check = Group("check", {name: f"chainrule.cli.check:{name}" for name in ("gradients", "formula", "function")})


@command
@argument("network")
@option("--dataset", metavar="name")
@option("--seed", Whole(0))
@flag("--json")
def gradients(network: str, dataset: str | None, seed: int | None, json: bool) -> int:
    from chainrule.check.gradients import check_gradients
    from chainrule.cli.progress import checking
    from chainrule.reading import read_network

    reading = read_network(network)
    net, x, y = reading.net, None, None
    if dataset:
        net, x, y = samples(reading, dataset, seed or 0)
    parameters = reading.model.parameters if reading.model else None
    report = check_gradients(net, x, y, parameters, seed=seed or 0, progress=checking(net.parameter_count))
    if json:
        show_json(report.to_dict())
    else:
        show(paragraph(report.verdict) + "\n")
        show_gradients(report.shown)
        for note in report.notes:
            show("\n" + paragraph(note))
    return 0 if report.ok else 1


def show_gradients(parameters: Mapping[str, ParameterReport], derived: str = "derived") -> None:
    """Print the table of gradients. derived: what those are called that are compared with numeric ones."""
    columns = (*COLUMNS, derived, "numeric")
    show_grid([say(f"cli.check.{name}") for name in columns], [row(*each) for each in parameters.items()])


def row(name: str, found: ParameterReport) -> list[str]:
    """One parameter's line of the table."""
    from chainrule.check.report import digits_shown

    worst = ["-"] * 3
    if found.worst_index is not None:
        worst = [str(list(found.worst_index)), f"{found.derived:.9g}", f"{found.numeric:.9g}"]
    checked = f"{found.checked:,} / {found.entries:,}"
    return [f"d{name}", f"{found.relative_error:.1e}", digits_shown(found), checked, *worst]


def samples(
    reading: Reading, dataset: str, seed: int
) -> tuple[NetworkDefinition, NDArray[Any], NDArray[Any]]:
    """The network with the output that the data set asks for, and some samples as it would see them."""
    from chainrule.cli.progress import download
    from chainrule.cli.train import warn
    from chainrule.data import load
    from chainrule.targets import check_inputs, input_scaling, targets_for

    found = load(dataset, seed=seed, progress=download, warn=warn)
    train = found.train
    net = reading.net.resolved("numbers" if train.info.classes is None else "classes")
    check_inputs(net, train.info, train.x.shape[1])
    recipe = reading.recipe
    targets, scaling = targets_for(net, train, recipe.low, recipe.high), input_scaling(train)
    some = found.split(0, seed=seed, samples=min(SAMPLES, len(train))).train
    return net, scaling(some.x), targets.encode(some.y)


@command
@argument("formula")
@option("--of", metavar="quantity")
@option("--network", metavar="network")
@option("--layout", metavar="layout")
@flag("--latex")
@option("--notation", metavar="name")
@flag("--json")
def formula(
    formula: str,
    of: str | None,
    network: str | None,
    layout: str | None,
    latex: bool,
    notation: str | None,
    json: bool,
) -> int:
    from chainrule.check.formula import check_formula
    from chainrule.reading import read_network

    of, network = required(of, "--of"), required(network, "--network")
    net = read_network(network).net
    report = check_formula(
        formula, of=of, network=net, layout=layout or "column", latex=latex, notation=notation
    )
    if json:
        show_json(report.to_dict())
    elif report.verdict == "unreadable":
        for each in report.diagnosis:
            remark(say("cli.error", message=each.message))
    else:
        show(paragraph(report.sentence))
        for each in report.diagnosis:
            show("\n" + paragraph(each.message))
            if each.suggestion:
                show(f"  {each.suggestion}")
    return {"correct": 0, "wrong": 1, "unreadable": 2}[report.verdict]


@command
@argument("code")
@option("--params", metavar="file")
@option("--shape", metavar="shapes")
@option("--inputs", metavar="name")
@option("--of", metavar="names")
@option("--seed", Whole(0))
@flag("--json")
def function(
    code: str,
    params: str | None,
    shape: str | None,
    inputs: str | None,
    of: str | None,
    seed: int | None,
    json: bool,
) -> int:
    from chainrule.check.function import check_values
    from chainrule.check.function.file import arguments_for, load_function
    from chainrule.cli.progress import compared

    found = load_function(code)
    values = arguments_for(found, params, shape, inputs, seed or 0)
    names = of and [name.strip() for name in of.split(",")]
    report = check_values(
        found.function, values, gradient=found.gradient, of=names, seed=seed or 0, progress=compared
    )
    if json:
        show_json(report.to_dict())
        return 0 if report.ok else 1
    show(paragraph(report.sentence))
    for each in report.diagnosis:
        show("\n" + paragraph(each.message))
        if each.suggestion:
            show(f"  {each.suggestion}")
    if report.parameters:
        show()
        show_gradients(report.parameters, derived="returned")
    for note in report.notes:
        show("\n" + paragraph(note))
    return 0 if report.ok else 1
