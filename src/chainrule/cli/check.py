"""`chainrule check`: is it right?"""

from __future__ import annotations

from typing import Any

from chainrule.cli.app import Group, command
from chainrule.cli.layout import show, show_json
from chainrule.cli.values import Whole, argument, flag, option

check = Group("check", {"gradients": "chainrule.cli.check:gradients"})


@command
@argument("network")
@option("--dataset", metavar="NAME")
@option("--seed", Whole(0))
@flag("--json")
def gradients(network: str, dataset: str | None, seed: int | None, json: bool) -> int:
    from chainrule.check.gradients import check_gradients
    from chainrule.reading import read_network

    reading = read_network(network)
    x: Any = None
    y: Any = None
    report = check_gradients(reading.net, x, y, seed=seed or 0)
    if json:
        show_json(report.to_dict())
    else:
        show(str(report))
    return 0 if report.ok else 1
