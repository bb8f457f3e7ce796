"""`chainrule list`: the catalogues. What a row shows follows from the row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.distortions import DISTORTIONS
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.metrics import METRICS
from chainrule.catalog.norms import NORMS
from chainrule.catalog.optimizers import MINIMIZERS, OPTIMIZERS, assignments
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.registry import Row, ranges_of, settings_of, unknown
from chainrule.catalog.schedules import SCHEDULES
from chainrule.cli.app import command
from chainrule.cli.layout import show, show_entries, show_json
from chainrule.cli.values import argument, flag
from chainrule.documents.document import Formula
from chainrule.expr import Node, leaf, replace
from chainrule.primitives import sqrt
from chainrule.render.tex import tex
from chainrule.render.text import from_tex, text
from chainrule.reverse import jacobian, reverse
from chainrule.sentences import CATALOGUE as SENTENCES
from chainrule.sentences import say
from chainrule.simplify import simplify

if TYPE_CHECKING:
    from chainrule.presets import Preset

Entry = dict[str, Any]
"""What is said of a row: `name`, and formulas both as text and as TeX (`..._tex`)."""


def _formula(key: str, node: Node) -> Entry:
    return {key: text(node), f"{key}_tex": tex(node)}


def _equation(key: str, left: Node, right: Node) -> Entry:
    return {key: f"{text(left)} = {text(right)}", f"{key}_tex": f"{tex(left)} = {tex(right)}"}


def _settings(row: Row) -> dict[str, Node]:
    """The settings of a row as names, so that a formula shows them and not their defaults."""
    return {name: leaf(name) for name in settings_of(row)}


def _entry(row: Row, **more: Any) -> Entry:
    ranges = [said for name, valid in ranges_of(row).items() if (said := valid.text(name))]
    cite = getattr(row, "cite", "")
    where = {"ranges": ranges} if ranges else {}
    source = {"source": cite} if cite else {}
    return {"name": row.name, **more, "settings": settings_of(row), **where, **source}


def activations() -> Iterator[Entry]:
    """g, and its derivative, in which a stands for g(z)."""
    for row in ACTIVATIONS:
        z = leaf("z", ["k"] if row.across else [])
        g = row.function(z, *(["k"] if row.across else []), **_settings(row))
        (derivative,) = simplify([jacobian(g, z, "j", "k")] if row.across else reverse(g, [z]))
        if g.args:
            (derivative,) = replace([derivative], {g: leaf("a", z.dims)})
        yield _entry(
            row,
            **_formula("formula", g),
            **_formula("derivative", derivative),
            initializer=row.initializer,
            output_loss=row.loss,
        )


def losses() -> Iterator[Entry]:
    """A sample's loss; from z, the form that is computed where the outputs' activation is known."""
    y, a, z = (leaf(name, ["k"]) for name in "yaz")
    for row in LOSSES:
        settings = _settings(row)
        closed = {
            key: value
            for function in row.from_z.values()
            for key, value in _formula("from_z", function(y, a, z, "k", **settings)).items()
        }
        formula = _formula("formula", row.function(y, a, z, "k", **settings))
        yield _entry(row, **formula, **closed, outputs=list(row.fits or []))


def norms() -> Iterator[Entry]:
    """What becomes of a weighted input, and the deviation in it."""
    for row in NORMS:
        gamma, beta = (leaf(name, ["k"]) for name in ("gamma", "beta"))
        z = leaf("z", ["k"] if row.over == "units" else ["n", "k"])
        moments = row.function(z, "k" if row.over == "units" else "n", **_settings(row))
        mu, s = (leaf(name, moments.mean.dims) for name in ("mu", "s"))
        (variance,) = replace([moments.variance], {moments.mean: mu})
        yield _entry(
            row,
            **_formula("formula", gamma * (z - mu) / s + beta),
            **_equation("mean", mu, moments.mean),
            **_equation("deviation", s, sqrt(variance + moments.eps)),
            about=say(f"catalog.norm.{row.name}"),
        )


def penalties() -> Iterator[Entry]:
    """What one weight array costs, before its coefficient."""
    for row in PENALTIES:
        yield _entry(row, **_formula("formula", row.function(leaf("w", ["i", "j"]), **_settings(row))))


def initializers() -> Iterator[Entry]:
    """The distribution of a weight."""
    for row in INITIALIZERS:
        yield _entry(row, formula=from_tex(row.tex), formula_tex=row.tex)


def optimizers() -> Iterator[Entry]:
    """One step: what is put into the state and the weight, one after the other."""
    for row in OPTIMIZERS:
        steps = assignments(row, leaf("w"), leaf("g"), [leaf(name) for name in row.state], _settings(row))
        yield _entry(
            row,
            formula="; ".join(f"{place.data} <- {text(node)}" for place, node in steps),
            formula_tex=r" \\ ".join(rf"{place.data} \leftarrow {tex(node)}" for place, node in steps),
            lr=row.rate,
            weights_only=list(row.weights_only),
        )
    for method in MINIMIZERS:
        about = say(f"catalog.optimizer.{method.name}")
        yield _entry(method, formula=from_tex(method.tex), formula_tex=method.tex, about=about)


def schedules() -> Iterator[Entry]:
    """The learning rate in step s of S."""
    for row in SCHEDULES:
        about = say(f"catalog.schedule.{row.name}") if f"catalog.schedule.{row.name}" in SENTENCES else ""
        yield _entry(row, formula=from_tex(row.tex), formula_tex=row.tex, about=about)


def distortions() -> Iterator[Entry]:
    """From where in a picture its pixels are taken."""
    for row in DISTORTIONS:
        yield _entry(row, formula=from_tex(row.tex), formula_tex=row.tex)


def metrics() -> Iterator[Entry]:
    """What is measured of outputs."""
    for row in METRICS:
        yield _entry(row, formula=from_tex(row.tex), formula_tex=row.tex, of=row.of)


def datasets() -> Iterator[Entry]:
    from chainrule.data import DATASETS

    for row in DATASETS.values():
        yield {"name": row.name, "about": row.description}


def presets() -> Iterator[Entry]:
    from chainrule.presets import PRESETS

    yield from _trained(PRESETS)


def recipes() -> Iterator[Entry]:
    from chainrule.recipes import RECIPES

    yield from _trained(RECIPES)


def _trained(rows: Iterable[Preset]) -> Iterator[Entry]:
    """Networks with their settings."""
    for row in rows:
        net = row.net
        yield {
            "name": row.name,
            "about": row.description,
            "network": str(net),
            "loss": net.resolved().loss,
            "parameters": net.parameter_count,
            **net.beside_sizes,
            "training": {name: value for name, value in row.recipe.to_dict().items() if value is not None},
            **({"examples": ", ".join(row.examples)} if row.examples else {}),
            "source": row.cite,
        }


def notations() -> Iterator[Entry]:
    """The error of a hidden layer in each, and what it calls things."""
    from chainrule.derivation.layer import LayerDerivation
    from chainrule.documents.boxes import one_line
    from chainrule.notation import NOTATIONS
    from chainrule.reading import read_network
    from chainrule.render.tex_layout import parse

    for notation in NOTATIONS.values():
        derivation = LayerDerivation(read_network("2-3-2").net, notation)
        back = next(f for f in derivation.summary() if isinstance(f, Formula) and f.label == "BP2")
        formula = f"{back.left} = {back.steps[0].tex}"
        words = [f"{symbol}: {notation.word(symbol)}" for symbol in ("z", "a", "delta")]
        yield {
            "name": notation.name,
            "formula": one_line(parse(formula)),
            "formula_tex": formula,
            "words": words,
            "source": notation.cite,
        }


CATALOGUES: dict[str, Callable[[], Iterator[Entry]]] = {
    table.__name__: table
    for table in (
        activations,
        norms,
        losses,
        penalties,
        initializers,
        optimizers,
        schedules,
        distortions,
        metrics,
        datasets,
        presets,
        recipes,
        notations,
    )
}


@command
@argument("catalogue", required=False)
@flag("--json")
def catalogues(catalogue: str | None, json: bool) -> None:
    if catalogue is not None and catalogue not in CATALOGUES:
        raise unknown("catalogue", catalogue, list(CATALOGUES))
    chosen = [catalogue] if catalogue else list(CATALOGUES)
    tables = {name: list(CATALOGUES[name]()) for name in chosen}
    if json:
        show_json(tables)
    elif catalogue:
        rows = tables[catalogue]
        show_entries(say(f"cli.list.{catalogue}"), [(row["name"], _paragraphs(row)) for row in rows])
    else:
        names = {name: ", ".join(row["name"] for row in rows) for name, rows in tables.items()}
        show_entries(say("cli.list.all"), [(name, [listed]) for name, listed in names.items()])
        show("\n" + say("cli.list.more"))


def _paragraphs(row: Entry) -> list[str]:
    """What is said of a row, one paragraph a key; TeX is for programs."""
    said = []
    for key, value in row.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name}={_plain(setting)}" for name, setting in value.items())
        elif isinstance(value, list):
            value = ", ".join(value)
        if value and key not in ("name", "output_loss") and not key.endswith("_tex"):
            said.append(say(f"cli.list.{key}", **{**row, "value": value}))
    return said


def _plain(setting: object) -> str:
    return f"{setting:g}" if isinstance(setting, float) else str(setting)
