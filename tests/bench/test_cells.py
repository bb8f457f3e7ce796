"""The project's own benchmark: which cells there are, and the page that is made of their results."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from chainrule.bench.race import Race, Result, Skipped
from chainrule.bench.work import Work

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cells(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import cells

    return cells


@pytest.fixture
def render(cells):
    import render

    return render


def settings(work):
    return work.net.layers[0].activation, work.optimizer, work.threads


ALL = set(product(["sigmoid", "relu"], ["sgd", "adam"], [1, 2]))


def test_36_cells_cover_all_pairs(cells):
    works = list(cells.works(full=False))
    assert len(set(works)) == 36
    assert {(work.net.sizes, work.batch) for work in works} == set(
        product(
            [(784, 300, 10), (784, 30, 10), (784, 800, 800, 10), (64, 32, 10), (2, 3, 2), (2, 2, 1)],
            [1, 10, 32, 64, 128, 512],
        )
    )
    assert min(Counter(map(settings, works)).values()) >= 3
    assert set(map(settings, works)) == ALL
    for same in (lambda work: work.net.sizes, lambda work: work.batch):
        for value in set(map(same, works)):
            chosen = [settings(work) for work in works if same(work) == value]
            for i, j in ((0, 1), (0, 2), (1, 2)):
                assert len({(each[i], each[j]) for each in chosen}) == 4
    assert Work("784-300:sigmoid-10", 64, "sgd", 2) in works


def test_the_full_grid(cells):
    works = set(cells.works(full=True))
    assert len(works) == 288
    assert works > set(cells.works(full=False))
    assert {settings(work) for work in works} == ALL


def test_names_of_cells_are_their_own(cells):
    works = list(cells.works(full=True))
    assert len(set(map(cells.label, works))) == len(works)
    assert cells.label(works[0]) == "784-300-10 batch 1 sigmoid sgd threads 1"


def results(cells, *, fast):
    """Two cells, with pairs of turns whose ratios are known, and one that was not measured."""
    turns = {"jax": [2.0, 2.0, 2.0], "pytorch": [9.0, 9.0, 9.0], "pytorch-compiled": [6.0, 6.0, 6.0]}
    first = {"engine:auto": fast, **turns, "product:numpy": [1.0, 1.0, 1.0]}
    second = {"engine:auto": [1.0, 1.0, 1.0], "jax": [8.0, 8.0, 8.0], "scikit-learn": [4.0, 4.0, 4.0]}
    moved = {"engine:auto": 1.0, "jax": 1.00001, "pytorch": 1.1, "scikit-learn": 2.0}
    works = [Work("784-300:sigmoid-10", 64, "sgd", 2), Work("2-3:relu-2", 1, "sgd", 1)]
    races = [
        Race(
            work,
            {name: Result(f"about {name}", each, 31, moved.get(name)) for name, each in given.items()},
            {"absent": Skipped("missing", "absent")},
        )
        for work, given in zip(works, (first, second), strict=True)
    ]
    machine = {"processor": "P", "cores": 2, "instructions": ["avx2"], "system": "S", "python": "3"}
    return {
        "command": "python benchmarks/cells.py --seconds 1",
        "begun": "2026-01-01T00:00+00:00",
        "load": 0.5,
        "machine": machine,
        "cells": [each.to_dict() for each in races],
        "skipped": [{"work": {"network": "2-2-1", "optimizer": "later"}, "why": "no later"}],
    }


def rows(page):
    lines = [line.strip("|").split("|") for line in page.splitlines() if "|" in line]
    return [[cell.strip(" *") for cell in line] for line in lines]


def test_means_and_ratios(cells, render):
    page = render.page(results(cells, fast=[1.0, 1.0, 1.0]))
    table = {row[0]: row[1:] for row in rows(page)}
    assert table["best peer"] == [f"{math.sqrt(2 * 4):.3g}", "2", "4", "2"]
    assert table["JAX"] == ["4", "2", "8", "2"]
    assert table["PyTorch"] == ["6", "6", "6", "1"]  # the better one
    assert ["scikit-learn", "4", "4", "4", "1"] in rows(page)
    assert table["784-300-10"] == ["64", "sigmoid", "sgd", "2", "1 s", "1 - 1 s", "2", "2", "6", "", "2 - 2"]
    assert table["2-3-2"][-5:] == ["4", "8", "", "4", "4 - 4"]
    assert "own spread: none." in page
    assert "no later (1): 2-2-1 batch 64 sigmoid later threads 1" in page
    assert "absent: not installed (2)" in page
    assert "different by more than 0.1 %: pytorch in 784-300-10" in page
    share = f"{100 * Work('784-300-10').flops / 2**34:.0f} %"
    assert ["784-300-10 batch 64 sigmoid sgd threads 2", share, "0.0614"] in rows(page)


@pytest.mark.parametrize(
    ("fast", "slower"),
    [([2.2, 2.2, 2.2], True), ([2.05, 2.05, 2.05], False), ([1.5, 2.2, 2.9], False), ([1.9, 2.9, 2.9], True)],
)
def test_a_cell_is_slower_beyond_5_percent_and_its_spread(cells, render, fast, slower):
    page = render.page(results(cells, fast=fast))
    assert ("times as long as JAX" in page) == slower


def test_the_page_in_chinese_has_the_same_numbers(cells, render):
    found = results(cells, fast=[1.0, 1.0, 1.0])
    english, chinese = (
        [[cell for cell in row if cell[:1].isdigit()] for row in rows(render.page(found, lang))]
        for lang in render.LANGUAGES
    )
    assert english == chinese


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_that_of_its_results(render, lang):
    def results_in(name):
        return json.loads(render.RESULTS.with_name(f"{name}.json").read_text(encoding="utf-8"))

    page = render.RESULTS.with_suffix(render.LANGUAGES[lang]).read_text(encoding="utf-8")
    others = {name: results_in(name) for name in render.OTHERS}
    assert page == render.page(results_in("benchmarks"), lang, others)


@pytest.mark.long
def test_the_scripts_run(tmp_path):
    paths = [
        str(Path(each).absolute()) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each
    ]

    def run(script, *arguments):
        done = subprocess.run(
            [sys.executable, ROOT / "benchmarks" / f"{script}.py", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "CHAINRULE_LANG": "zh", "PYTHONPATH": os.pathsep.join(paths)},
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    small = ["--batch", "10", "--threads", "1", "--seconds", "0.1"]
    assert "ratio" in run("step_time", "--network", "5-4-3", *small)
    assert "ratio" in run("objects", "--network", "5-4-3", *small)
    run("cells", "--only", "2-2-1 batch 10 ", "--seconds", "0.1", "--out", "found.json")
    run("render", "found.json")
    assert "| 2-2-1 | 10 | relu | sgd | 1 |" in (tmp_path / "found.md").read_text(encoding="utf-8")
