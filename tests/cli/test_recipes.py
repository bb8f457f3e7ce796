"""Trainings by recipe, and the page of what the recipes reach."""

import json
from pathlib import Path

import pytest

from chainrule.recipes import RECIPES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def page(monkeypatch):
    monkeypatch.syspath_prepend(DOCS.parent / "benchmarks")
    import recipes

    return recipes


@pytest.mark.parametrize("name", RECIPES.names())
def test_a_recipe_trains_another_network_too(run, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    run("train", "digits", "64-8-10", "--recipe", name, "--epochs", "1", "--samples", "200", "--out", "run")
    plan = json.loads(Path("run/run.json").read_text(encoding="utf-8"))["plan"]
    assert plan["recipe"] == {**RECIPES[name].recipe.to_dict(), "epochs": 1}
    assert [layer["units"] for layer in plan["network"]["layers"]] == [8, 10]
    more = ["train", "--resume", "run", "--epochs", "2", "--json"]
    assert run(*more, "digits", "64-8-10", "--recipe", name).json["epochs"] == 2


def test_a_recipe_brings_its_own_network(run):
    answer = run("train", "digits", "--recipe", "plain")
    assert answer.code == 2
    assert "784" in answer.err


def test_what_a_recipe_contradicts(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run("train", "digits", "--recipe", "plain", "--preset", "zhou")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "the recipe plain and the preset zhou are both named" in answer.err
    assert "there is no recipe called 'plane'" in run("train", "digits", "--recipe", "plane").err
    run("train", "digits", "64-10", "--epochs", "1", "--out", "run")
    answer = run("train", "--resume", "run", "digits", "64-10", "--recipe", "plain", "--epochs", "2")
    assert answer.code == 2
    assert "--recipe" in answer.err
    assert "adamw" in answer.err


@pytest.mark.parametrize(("lang", "suffix"), [("en", ".md"), ("zh", ".zh-CN.md")])
def test_the_page_is_that_of_its_results(page, lang, suffix):
    results = json.loads((DOCS / "recipes.json").read_text(encoding="utf-8"))
    assert (DOCS / f"recipes{suffix}").read_text(encoding="utf-8") == page.page(results, lang)
    for name, found in results.items():
        for each in found["runs"]:
            lines = (
                (DOCS / "recipes" / f"{name}-{each['seed']}.jsonl").read_text(encoding="utf-8").splitlines()
            )
            assert len(lines) == each["epochs"]
