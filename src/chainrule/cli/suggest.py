"""`chainrule suggest`: how many hidden units to start with."""

from __future__ import annotations

import math

from chainrule.cli.app import command
from chainrule.cli.layout import paragraph, show, show_grid, show_json
from chainrule.cli.values import Whole, argument, flag, option
from chainrule.network import Dense, NetworkDefinition
from chainrule.sentences import say


def rules(inputs: int, outputs: int) -> list[tuple[str, list[int]]]:
    """Three rules of thumb for one hidden layer between n inputs and l outputs, with the sizes that each
    gives, rounded, at least 1; a runs from 1 to 10."""
    return [
        ("sqrt(n + l) + a", [_units(math.sqrt(inputs + outputs) + a) for a in range(1, 11)]),
        ("log2(n)", [_units(math.log2(inputs))]),
        ("sqrt(n * l)", [_units(math.sqrt(inputs * outputs))]),
    ]


def _units(value: float) -> int:
    return max(1, round(value))


@command
@argument("inputs", Whole(1))
@argument("outputs", Whole(1))
@option("--samples", Whole(1))
@flag("--json")
def suggest(inputs: int, outputs: int, samples: int | None, json: bool) -> None:
    suggestions = []
    rows = []
    for rule, sizes in rules(inputs, outputs):
        nets = [NetworkDefinition(inputs, (Dense(size), Dense(outputs))) for size in sizes]
        suggestions += [
            {"rule": rule, "hidden": size, "network": str(net), "parameters": net.parameter_count}
            for size, net in zip(sizes, nets, strict=True)
        ]
        ends = [nets[0], nets[-1]] if len(nets) > 1 else nets
        counts = [net.parameter_count for net in ends]
        row = [
            rule,
            " - ".join(str(net.sizes[1]) for net in ends),
            " - ".join(f"{count:,}" for count in counts),
        ]
        if samples:
            row.append(" - ".join(f"{count / samples:,.2f}" for count in counts))
        rows.append(row)
    if json:
        show_json({"inputs": inputs, "outputs": outputs, "samples": samples, "suggestions": suggestions})
        return
    header = [say(f"cli.suggest.{name}") for name in ("rule", "hidden", "parameters")]
    if samples:
        header.append(say("cli.suggest.per_sample"))
    show_grid(header, rows)
    show()
    for line in say("cli.suggest.note", inputs=inputs, outputs=outputs).split("\n"):
        show(paragraph(line))
