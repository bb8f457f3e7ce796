"""`list` and `suggest`."""

from __future__ import annotations

import math

import pytest

from chainrule import primitives as p
from chainrule.catalog.activations import ACTIVATIONS, activation
from chainrule.catalog.losses import LOSSES
from chainrule.cli.layout import cells
from chainrule.cli.listing import CATALOGUES
from chainrule.data import DATASETS
from chainrule.presets import PRESETS


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_overview_names_every_row(run, lang):
    answer = run("list", "--lang", lang)
    assert (answer.code, answer.err) == (0, "")
    names = {
        *CATALOGUES,
        *ACTIVATIONS.names(),
        *LOSSES.names(),
        *PRESETS.names(),
        *DATASETS,
    }
    assert names <= set(answer.out.replace(",", " ").split())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", CATALOGUES)
def test_every_catalogue(run, name, lang):
    answer = run("list", name, "--lang", lang)
    rows = run("list", name, "--json").json[name]
    assert (answer.code, answer.err) == (0, "")
    said = "".join(answer.out.split())
    for row in rows:
        assert row["name"] in answer.out
        assert "".join(row.get("formula", "").split()) in said
        assert "".join(row.get("source", "").split()) in said
    assert max(map(cells, answer.out.splitlines())) <= 80
    assert "\\" not in answer.out  # no TeX


def test_all_catalogues_as_json(run):
    tables = run("list", "--json").json
    assert list(tables) == list(CATALOGUES)
    (sigmoid,) = (row for row in tables["activations"] if row["name"] == "sigmoid")
    assert sigmoid["derivative"] == "a * (1 - a)"
    assert sigmoid["derivative_tex"] == r"a \, \left(1 - a\right)"
    (sgd,) = (row for row in tables["optimizers"] if row["name"] == "sgd")
    assert sgd["formula"] == "v <- momentum * v + g; w <- w - lr * v"
    assert sgd["settings"] == {"momentum": 0.0}
    assert sgd["ranges"] == ["0 <= momentum < 1"]
    assert [row["ranges"] for row in tables["initializers"] if row["name"] == "uniform"] == [["low < high"]]


@pytest.fixture
def new_row():
    @activation(cite="Nobody 2000")
    def bent(z, *, slope=0.25):
        return p.sqrt(z**2 + 1) - 1 + slope * z

    yield
    ACTIVATIONS.remove("bent")


@pytest.mark.usefixtures("new_row")
def test_a_row_added_at_run_time_is_listed_with_its_derivative(run):
    row = run("list", "activations", "--json").json["activations"][-1]
    assert row["name"] == "bent"
    assert row["formula"] == "sqrt(z^2 + 1) - 1 + slope * z"
    assert row["settings"] == {"slope": 0.25}
    assert row["source"] == "Nobody 2000"
    slope = row["derivative"].replace("^", "**")
    z, h = 0.7, 1e-6
    numeric = (math.sqrt((z + h) ** 2 + 1) - math.sqrt((z - h) ** 2 + 1)) / (2 * h) + 0.25
    assert eval(slope, {"z": z, "slope": 0.25, "sqrt": math.sqrt}) == pytest.approx(numeric)  # noqa: S307 - text that the program printed
    assert "slope=0.25" in run("list", "activations").out


def test_suggestions(run):
    found = run("suggest", "784", "10", "--samples", "60000", "--json").json
    assert (found["inputs"], found["outputs"], found["samples"]) == (784, 10, 60000)
    sizes = [each["hidden"] for each in found["suggestions"]]
    assert sizes == [*range(29, 39), 10, 89]  # 28.18 + 1..10, 9.61, 88.54
    for each in found["suggestions"]:
        h = each["hidden"]
        assert each["network"] == f"784-{h}-10"
        assert each["parameters"] == h * (784 + 1) + 10 * (h + 1)


def test_a_suggestion_is_at_least_one_unit(run):
    assert [each["hidden"] for each in run("suggest", "1", "1", "--json").json["suggestions"]][-2:] == [1, 1]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_suggestions_for_people(run, lang):
    answer = run("suggest", "784", "10", "--samples", "60000", "--lang", lang)
    for said in ("sqrt(n + l) + a", "29 - 38", "23,065 - 30,220", "0.38 - 0.50"):
        assert said in answer.out
    assert ("not laws" in answer.out) == (lang == "en")
    assert max(map(cells, answer.out.splitlines())) <= 80
