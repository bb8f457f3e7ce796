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

from chainrule.bench import machine
from chainrule.bench.contenders import AUTO, EVERY, NUMPY, ONE, PEERS, PRODUCTS, WHOLE
from chainrule.bench.race import Race, Result, Skipped
from chainrule.bench.report import CHOICES
from chainrule.bench.work import Work
from chainrule.sentences import speaking

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


@pytest.fixture
def beside(cells):
    import busy

    return busy


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


def who_takes_part(cells, network, batch, threads):
    return cells.contenders(Work(network, batch, threads=threads))


def test_auto_stands_beside_what_it_chooses_among(cells):
    alone, two = (who_takes_part(cells, "2-3-2", 10, threads) for threads in (1, 2))
    assert alone == [AUTO, ONE, NUMPY, *PEERS]
    assert two == [AUTO, ONE, EVERY, NUMPY, *PEERS]
    assert set(CHOICES) < set(two)


@pytest.mark.parametrize(
    ("network", "batch", "there"),
    [
        ("784-300-10", 64, True),
        ("784-800-800-10", 512, True),
        ("784-800-800-10", 32, False),
        ("784-30-10", 64, False),
    ],
)
def test_products_take_part_where_the_share_of_the_peak_is_asked_for(cells, network, batch, there):
    assert (set(PRODUCTS) <= set(who_takes_part(cells, network, batch, 1))) == there


def results(*, fast=(1.0, 1.0, 1.0), slow=1.0, choices=True, **machine):
    """Two cells, with pairs of turns whose ratios are known, and one that was not measured. fast: turns of
    `auto` in the first one. slow: what all peers' times are multiplied by. choices: what `auto` chose among
    was measured too, as in later results."""
    turns = {"jax": [2.0, 2.0, 2.0], "pytorch": [9.0, 9.0, 9.0], "pytorch-compiled": [6.0, 6.0, 6.0]}
    first = {**turns, "product:numpy": [1.0, 1.0, 1.0]}
    second = {"jax": [8.0, 8.0, 8.0], "scikit-learn": [4.0, 4.0, 4.0]}
    first, second = (
        {name: [slow * turn for turn in each] for name, each in cell.items()} for cell in (first, second)
    )
    if choices:
        first |= {ONE: [1.5, 1.5, 1.5], EVERY: [0.8, 0.8, 0.4], NUMPY: [7.0, 7.0, 7.0]}
        second |= {ONE: [1.0, 1.0, 1.0], NUMPY: [3.0, 3.0, 3.0]}
    first, second = {AUTO: list(fast), **first}, {AUTO: [1.0, 1.0, 1.0], **second}
    moved = {AUTO: 1.0, "jax": 1.00001, "pytorch": 1.1, "scikit-learn": 2.0}
    works = [Work("784-300:sigmoid-10", 64, "sgd", 2), Work("2-3:relu-2", 1, "sgd", 1)]
    races = [
        Race(
            work,
            {name: Result(f"about {name}", each, 31, moved.get(name)) for name, each in given.items()},
            {"absent": Skipped("missing", "absent")},
        )
        for work, given in zip(works, (first, second), strict=True)
    ]
    about = {"processor": "P", "cores": 2, "instructions": ["avx2"], "system": "S", "python": "3"}
    return {
        "command": "python benchmarks/cells.py --seconds 1",
        "begun": "2026-01-01T00:00+00:00",
        "load": 0.5,
        "machine": {**about, **machine},
        "cells": [each.to_dict() for each in races],
        "skipped": [{"work": {"network": "2-2-1", "optimizer": "later"}, "why": "no later"}],
    }


LATER = {"command": "python benchmarks/cells.py --update", "begun": "2026-02-02T00:00+00:00", "load": 2.0}


def later(*, fast=3.0, **machine):
    """Results of a later day for the second of two cells."""
    new = {**results(**machine), **LATER}
    del new["cells"][0]
    new["cells"][0]["results"][AUTO]["turns"] = [fast] * 3
    return new


def test_cells_measured_anew_take_the_place_of_the_old_ones(cells):
    old, new = results(), later()
    found = cells.updated(old, new)
    assert found == {**old, "cells": [old["cells"][0], {**new["cells"][0], "measured": LATER}]}
    assert (old, new) == (results(), later())
    assert cells.updated(found, {**later(), "begun": "again"})["cells"][1]["measured"]["begun"] == "again"
    json.dumps(found, allow_nan=False)


def test_cells_that_were_not_there_are_added(cells):
    old = results()
    second = old["cells"].pop()
    work = second["work"]
    old["skipped"] += [{"work": work, "why": "there are 0 cores"}]
    found = cells.updated(old, later())
    assert [cell["work"] for cell in found["cells"]] == [old["cells"][0]["work"], work]
    assert found["skipped"] == old["skipped"][:1]


def test_cells_that_cannot_be_measured_anew_stay(cells):
    old, new = results(), later()
    del new["cells"][0]["results"][AUTO]
    assert cells.updated(old, new) == old
    skipped = {"work": old["cells"][0]["work"], "why": "there are 0 cores"}
    assert cells.updated(old, {**new, "cells": [], "skipped": [skipped]}) == old
    assert cells.updated({**old, "cells": []}, new)["cells"] == [{**new["cells"][0], "measured": LATER}]


@pytest.mark.parametrize(
    ("machine", "differs"),
    [({"cores": 3}, "cores"), ({"processor": "Q", "without": "avx512"}, "processor, without")],
)
def test_results_of_two_machines_are_never_mixed(cells, machine, differs):
    with pytest.raises(cells.OtherMachineError, match=f"^{differs}$"):
        cells.updated(results(), later(**machine))


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--only", "no such", "--update"], "no cell has 'no such' in its name"),
        (["--only", "2-2-1", "--update", "--out", "none.json"], "there is no none.json to update"),
        (["--only", "2-2-1", "--update", "--out", "other.json"], "which differs in processor"),
    ],
)
def test_what_cannot_be_updated_is_not_measured(cells, monkeypatch, capsys, tmp_path, arguments, part):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.json").write_text(json.dumps(results(processor="no such")), "utf-8")
    monkeypatch.setattr(sys, "argv", ["cells.py", *arguments])
    monkeypatch.setattr(cells, "race", lambda *args, **kwargs: pytest.fail("a race began"))
    with pytest.raises(SystemExit), speaking("en"):
        cells.main()
    assert part in " ".join(capsys.readouterr().err.split())


def test_an_update_keeps_what_is_not_measured(cells, monkeypatch, tmp_path):
    monkeypatch.setattr(cells, "occasion", lambda: {**LATER, "machine": results()["machine"]})
    monkeypatch.setattr(cells, "cores", lambda: [0, 1])
    (first, second) = (Race.from_dict(cell) for cell in results()["cells"])
    monkeypatch.setattr(cells, "works", lambda *, full: [first.work, second.work])
    monkeypatch.setattr(cells, "race", lambda names, work, **how: Race(work, second.results, {}))
    out = tmp_path / "found.json"
    out.write_text(json.dumps(results()), "utf-8")
    told = ["--only", "2-3-2", "--update", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["cells.py", *told])
    with speaking("en"):
        cells.main()
    found = json.loads(out.read_text("utf-8"))
    assert found["cells"][0] == results()["cells"][0]
    assert found["cells"][1]["measured"]["begun"] == LATER["begun"]
    assert found["cells"][1]["skipped"] == {}
    assert (found["begun"], found["load"]) == (results()["begun"], results()["load"])


MASKED = {"processor": "Q", "without": "avx512", "told": {"ATEN_CPU_CAPABILITY": "avx2"}}


def rows(page):
    lines = [line.strip("|").split("|") for line in page.splitlines() if "|" in line]
    return [[cell.strip(" *") for cell in line] for line in lines]


def test_means_and_ratios(render):
    page = render.page({"avx2": results()})
    table = {tuple(row[:2]): row[2:] for row in rows(page)}
    assert table["AVX2", "best peer"] == [f"{math.sqrt(2 * 4):.3g}", "2", "4", "2"]
    assert table["AVX2", "JAX"] == ["4", "2", "8", "2"]
    assert table["AVX2", "PyTorch"] == ["6", "6", "6", "1"]  # the better one
    assert table["AVX2", "scikit-learn"] == ["4", "4", "4", "1"]
    regret = "1.25 (1.25 - 1.88)"  # beside all threads, whose turns are 0.8, 0.8 and 0.4
    assert table["784-300-10", "64"] == ["sigmoid", "sgd", "2", "1 s", "2", "2", regret]
    assert table["2-3-2", "1"] == ["relu", "sgd", "1", "1 s", "4", "4", "1.00 (1.00 - 1.00)"]
    assert table["AVX2", "P"] == ["2", "S", "3", "avx2", "2026-01-01T00:00+00:00", "0.50"]
    assert "no later (1): 2-2-1 batch 64 sigmoid later threads 1" in page
    assert "AVX2: absent: not installed (2): all cells" in page
    assert "more than 0.1 %:\n\n- AVX2: pytorch in 784-300-10" in page
    share = f"{100 * Work('784-300-10').flops / 2**34:.0f} %"
    assert ["784-300-10 batch 64 sigmoid sgd threads 2", share, "0.0614"] in rows(page)


@pytest.mark.parametrize(
    ("fast", "low"),
    [
        ([2.2, 2.2, 2.2], "0.91"),
        ([2.05, 2.05, 2.05], None),
        ([1.5, 2.2, 2.9], "0.80"),
        ([2.9, 1.8, 1.8], "0.90"),
    ],
)
def test_a_cell_is_behind_by_the_lower_quartile(render, fast, low):
    page = render.page({"avx2": results(fast=fast)})
    assert ("in the median) beside JAX" in page) == (low is not None)
    assert low is None or f"threads 2, {low} (" in page


def test_a_choice_that_was_bad_is_told(render):
    page = render.page({"avx2": results()})
    cell = "784-300-10 batch 64 sigmoid sgd threads 2"
    assert f"- AVX2: {cell}, 1.25 (1.25 - 1.88) times as long as chainrule, native, all threads." in page
    good = render.page({"avx2": results(fast=[0.85, 0.85, 0.43])})
    assert "above 1.10:\n\n- AVX2: none." in good


def test_two_kinds_stand_side_by_side(render):
    page = render.page({"avx2": results(slow=0.5, **MASKED), "avx512": results(choices=False)})
    table = {tuple(row[:2]): row[2:] for row in rows(page)}
    assert table["784-300-10", "64"][3:] == ["1 s", "2", "2", "", "1 s", "1", "1", "1.25 (1.25 - 1.88)"]
    assert (table["AVX-512", "JAX"][0], table["AVX2", "JAX"][0]) == ("4", "2")
    assert table["network", "batch"][3:5] == ["AVX-512: a step", "AVX-512: best peer"]
    assert "CHAINRULE_WITHOUT=avx512 python benchmarks/cells.py --seconds 1\n" in page
    assert "`ATEN_CPU_CAPABILITY=avx2`" in page
    assert "above 1.10:\n\n- AVX-512: not measured.\n- AVX2: 784-300-10" in page
    assert "[benchmarks.avx512.json](benchmarks.avx512.json) and [benchmarks.avx2.json]" in page


def test_results_of_before_have_no_regret(render):
    page = render.page({"avx512": results(choices=False)})
    assert "above 1.10" not in page
    assert "CHAINRULE_WITHOUT" not in page


def test_a_cell_of_one_kind_only_has_empty_columns(render):
    one = results()
    del one["cells"][0]
    page = render.page({"avx2": one, "avx512": results()})
    row = next(row for row in rows(page) if row[:2] == ["784-300-10", "64"])
    assert row[-4:] == [""] * 4


def test_nothing_depends_on_the_processor_that_renders(render, monkeypatch):
    found = {"avx512": results(), "avx2": results(**MASKED)}
    page = render.page(found)
    monkeypatch.setattr(machine, "_cpuinfo", lambda: {"flags": "sse2"})
    monkeypatch.setenv("CHAINRULE_WITHOUT", "avx2")
    assert render.page(found) == page


def beside_others():
    """Results of busy.py: alone and beside two processes."""
    work = Work("784-300-10", 64, threads=2)
    turns = {0: {ONE: 2.0, EVERY: 1.0, WHOLE: 1.6}, 2: {ONE: 3.0, EVERY: 4.5}}
    races = [
        {
            "busy": busy,
            "race": Race(
                work,
                {name: Result("", [t, 2 * t, t], cpu=[1.5, 1.5, 1.5]) for name, t in each.items()},
                {},
            ).to_dict(),
        }
        for busy, each in turns.items()
    ]
    about = {"processor": "R", "cores": 2, "system": "S"}
    told = {"command": "python benchmarks/busy.py", "begun": "2026", "load": 0.25}
    return {**told, "machine": about, "rows": races}


def test_steps_beside_busy_processes(render):
    page = render.page({"avx2": results()}, others={"busy": beside_others()})
    found = [row[2:] for row in rows(page[page.index("## Beside") :]) if row[0] == "784-300-10"]
    assert found == [
        ["0", "chainrule, native, 1 thread", "2 s", "1.5 s", ""],
        ["0", "chainrule, native, all threads", "1 s", "1.5 s", "0.50 (0.50 - 0.50)"],
        ["0", "chainrule, native, 1 thread, undivided", "1.6 s", "1.5 s", "1.25 (1.25 - 1.25)"],
        ["2", "chainrule, native, 1 thread", "3 s", "1.5 s", ""],
        ["2", "chainrule, native, all threads", "4.5 s", "1.5 s", "1.50 (1.50 - 1.50)"],
    ]
    told = "Measured on R with 2 cores (S), begun 2026 with a load of 0.25."
    assert f"## Beside busy processes\n\n{told}\n\n" in page
    assert "Beside busy" not in render.page({"avx2": results()})


@pytest.mark.parametrize(
    ("names", "english", "chinese"),
    [
        (["avx2"], "of A, which holds every turn", "根据 A 生成，该文件保存了"),
        (["avx512", "avx2"], "of A and B, which hold every turn", "根据 A 和 B 生成，这些文件保存了"),
        (["avx512", "avx2", "sse"], "of A, B and C, which hold every turn", "根据 A、B 和 C 生成，这些文件"),
    ],
)
def test_what_the_page_is_made_of(render, names, english, chinese):
    for lang, part in (("en", english), ("zh", chinese)):
        page = render.page(dict.fromkeys(names, results()), lang)
        for name, letter in zip(names, "ABC", strict=False):
            page = page.replace(f"[benchmarks.{name}.json](benchmarks.{name}.json)", letter)
        assert part in page


def test_regret_is_told_to_be_a_little_too_high(render):
    assert "which makes regret a little too high" in render.page({"avx2": results()})
    assert "因此遗憾略微偏高" in render.page({"avx2": results()}, "zh")


def test_a_load_beside_the_measurement_is_told(render):
    busy = {**results(), "load": 4.125, "begun": "2026-12-01T11:25+00:00"}
    found = {"avx512": results(), "avx2": busy}
    page = render.page(found)
    line = "- AVX2: begun 2026-12-01T11:25+00:00 with a load of 4.12 on 2 cores."
    assert f"stayed the same:\n\n{line}\n\n" in page
    table = {tuple(row[:2]): row[2:] for row in rows(page)}
    assert table["AVX2", "P"][-2:] == ["2026-12-01T11:25+00:00", "4.12"]
    assert table["AVX-512", "P"][-1] == "0.50"
    assert "- AVX2：2026-12-01T11:25+00:00 开始时，2 个核心上的负载为 4.12。" in render.page(found, "zh")
    assert "not idle" not in render.page({"avx2": results()})
    untold = results()
    del untold["load"]
    page = render.page({"avx2": untold})
    assert "not idle" not in page
    assert {tuple(row[:2]): row[-1] for row in rows(page)}["AVX2", "P"] == "?"


def test_cells_that_were_measured_again_are_told_with_their_time(cells, render):
    found = {"avx512": results(), "avx2": cells.updated(results(), later())}
    page = render.page(found)
    when, name = "2026-02-02T00:00+00:00", "2-3-2 batch 1 relu sgd threads 1"
    assert "in place of older results:\n\n" in page
    assert f"\n- AVX2, begun {when} with a load of 2.00: {name}.\n" in page
    assert f"- AVX2，{when} 开始，当时的负载为 2.00：{name}。" in render.page(found, "zh")
    assert "older results" not in render.page({"avx2": results()})
    table = {tuple(row[:2]): row[2:] for row in rows(render.page({"avx2": found["avx2"]}))}
    assert (table["784-300-10", "64"][3], table["2-3-2", "1"][3]) == ("1 s", "3 s")


def others(**told):
    """Results of the other scripts, which tell so much of when and where they were measured."""
    return {
        "training": {
            "threads": 2,
            "epoch": {"numpy": [1.0, 2.0], "objects": [9000.0]},
            "memory": {"training": 4e6, "imports": 2e6, "data": 1e6},
            "first progress": {"warm": [1.0], "cold": [2.0, 3.0]},
            **told,
        },
        "accuracy": {
            "target": 0.98,
            "threads": 2,
            "runs": {"chainrule": [{"seed": 0, "seconds": 2.0, "epochs": 3, "accuracy": 0.99}]},
            **told,
        },
        "defaults": {"scores": {"iris": {"chainrule": [0.75, 0.25]}}, **told},
        "growth": told,
    }


SECTIONS = [
    ("## An epoch, and what it takes", "## 一轮训练及其代价"),
    ("## Time to an accuracy", "## 达到某一准确率的时间"),
    ("## Without choosing a setting", "## 不选任何设置"),
    ("## How cost grows", "## 代价如何增长"),
]
THERE = {"processor": "Q", "cores": 4, "system": "S"}


@pytest.mark.parametrize(
    ("told", "english", "chinese"),
    [
        (
            {},
            "Measured earlier; no file tells when, or on which machine.",
            "较早前测得，没有文件记录日期和机器。",
        ),
        (
            {"machine": THERE},
            "Measured earlier, on Q with 4 cores (S); the results do not tell when.",
            "较早前在 Q（4 个核心，S）上测得，结果文件没有记录日期。",
        ),
        (
            {"machine": THERE, "begun": "2026-03-03", "load": 0.5},
            "Measured on Q with 4 cores (S), begun 2026-03-03 with a load of 0.50.",
            "在 Q（4 个核心，S）上测得，2026-03-03 开始，当时的负载为 0.50。",
        ),
        (
            {"machine": THERE, "begun": "2026-03-03", "load": 2.5},
            "Measured on Q with 4 cores (S), begun 2026-03-03 with a load of 2.50. "
            "The machine was not idle just before; if other processes went on, times are too long.",
            "在 Q（4 个核心，S）上测得，2026-03-03 开始，当时的负载为 2.50。"
            "开始前机器并不空闲；若其他进程继续运行，则时间偏长。",
        ),
    ],
)
def test_every_section_tells_when_and_where_it_was_measured(render, told, english, chinese):
    for number, (lang, sentence) in enumerate((("en", english), ("zh", chinese))):
        page = render.page({"avx2": results()}, lang, others(**told))
        for titles in SECTIONS:
            assert f"{titles[number]}\n\n{sentence}\n\n" in page


def test_results_of_before_had_nothing_but_scores(render):
    old = {"iris": {"chainrule": [0.75, 0.25], "scikit-learn": [1.0, 0.0]}}
    page = render.page({"avx2": results()}, others={"defaults": old})
    assert ["iris", "0.5000", "0.5000"] in rows(page)
    assert "setting\n\nMeasured earlier; no file tells when" in page
    assert "How cost grows" not in page


def test_busy_processes_end_with_the_block(beside):
    with beside.busy(2) as started:
        assert [process.poll() for process in started] == [None, None]
    assert all(process.poll() is not None for process in started)


def test_lines_of_a_race_beside_busy_processes(beside):
    row = beside.Row.from_dict(beside_others()["rows"][0])
    text = "\n".join(beside.lines(row))
    assert "engine:native:all / engine:native:1: 0.50 (0.50 to 0.50, the middle half of 3 turns)" in text
    assert "engine:native:1 / engine:native:whole: 1.25" in text
    assert "1.5 s of processors" in text


def test_a_race_that_told_no_seconds_of_processors_has_none(render, beside):
    found = beside_others()
    for row in found["rows"]:
        for result in row["race"]["results"].values():
            del result["cpu"]
    (first, *_) = (beside.Row.from_dict(row) for row in found["rows"])
    assert first.cpu == {}
    text = "\n".join(beside.lines(first))
    assert "2 s a step (2 - 3 s)\n" in text
    assert "of processors" not in text
    page = render.page({"avx2": results()}, others={"busy": found})
    assert ["784-300-10", "64", "0", "chainrule, native, 1 thread", "2 s", "", ""] in rows(page)


def test_the_page_in_chinese_has_the_same_numbers(render):
    found = {"avx512": results(choices=False), "avx2": results(**MASKED)}
    english, chinese = (
        [
            [cell for cell in row if cell[:1].isdigit()]
            for row in rows(render.page(found, lang, {"busy": beside_others()}))
        ]
        for lang in render.LANGUAGES
    )
    assert english == chinese


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_that_of_its_results(render, lang):
    kinds, others = render.found_in(render.DOCS)
    page = (render.DOCS / f"benchmarks{render.LANGUAGES[lang]}").read_text(encoding="utf-8")
    assert page == render.page(kinds, lang, others)


def test_kinds_are_found_by_the_names_of_files(render, tmp_path):
    for name in ("avx2", "avx512", "later"):
        (tmp_path / f"benchmarks.{name}.json").write_text(json.dumps(results(processor=name)), "utf-8")
    (tmp_path / "busy.json").write_text(json.dumps(beside_others()), "utf-8")
    kinds, others = render.found_in(tmp_path)
    assert [(name, each["machine"]["processor"]) for name, each in kinds.items()] == [
        ("avx512", "avx512"),
        ("avx2", "avx2"),
        ("later", "later"),
    ]
    assert list(others) == ["busy"]


SMALL = ["--network", "5-4-3", "--batch", "10", "--threads", "1", "--seconds", "0.1"]


@pytest.fixture
def run(tmp_path):
    """A script of benchmarks/ in a folder of its own: what it prints."""
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

    return run


@pytest.mark.long
@pytest.mark.heavy
def test_the_step_beside_scikit_learn(run):
    pytest.importorskip("sklearn", reason="scikit-learn is what is measured beside")
    assert "ratio" in run("step_time", *SMALL)


@pytest.mark.long
def test_the_scripts_run(run, tmp_path):
    assert "ratio" in run("objects", *SMALL)
    few = ["--seconds", "0.1", "--rounds", "2"]
    one = ["--only", "2-2-1 batch 10 ", *few, "--out", "benchmarks.avx2.json"]
    run("cells", *one)
    run("cells", *one, "--update")
    assert "engine:native:1" in run(
        "busy", "--networks", "5-4-3", *few, "--turn", "0.05", "--out", "busy.json"
    )
    run("render", ".")
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "| 2-2-1 | 10 | relu | sgd | 1 |" in page
    assert "in place of older results:\n\n- AVX2, begun " in page
    assert page.count("| 5-4-3 | 64 |") >= 3
