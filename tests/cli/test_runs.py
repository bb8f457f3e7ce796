"""`chainrule runs`: a list of runs, and what tells several apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chainrule.folders import Folder
from chainrule.render.columns import cells
from chainrule.training import run as run_room
from chainrule.training.folder import HISTORY, PLAN
from chainrule.training.lock import hold, release

RESULTS = {
    "epochs", "seconds", "train_loss", "validation_accuracy", "validation_loss", "test_accuracy",
    "test_mean_absolute_error", "test_r2",
}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Runs of every kind: finished ones of classes and of numbers, one that failed, one that was stopped, one
    that was killed, one that is damaged, and a folder that is no run."""
    place = tmp_path_factory.mktemp("runs")
    from chainrule.cli import main

    (place / "line.csv").write_text("a,b\n" + "".join(f"{i / 9},{i / 3}\n" for i in range(60)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(run_room, "learning_curve", lambda history, title: "<svg/>")
        for number, command in enumerate(
            (
                "iris 4-5-3 --epochs 6 --lr 0.2",
                "iris 4-8-3 --epochs 9 --seed 2 --optimizer adam --l2 0.01",
                "line.csv 1-4:tanh-1 --target b --epochs 3",
                "xor 2-2 --l2 1e30",
            ),
            1,
        ):
            main(["train", *command.split(), "--out", f"runs/r{number}", "--quiet", "--json"])
            begin(place / f"runs/r{number}", number)
    for name, status in (("r10", "interrupted"), ("r11", "running")):
        shutil.copytree(place / "runs/r1", place / "runs" / name)
        change(place / "runs" / name, status=status, result=None)
        lines = (place / "runs" / name / HISTORY).read_text().splitlines()
        (place / "runs" / name / HISTORY).write_text("\n".join([*lines[:4], '{"epo']))
    begin(place / "runs/r10", 5)
    begin(place / "runs/r11", 6)
    shutil.copytree(place / "runs/r1", place / "runs/r12")
    (place / "runs/r12" / PLAN).write_text("{")
    (place / "runs/notes").mkdir()
    return place


def change(folder, **fields):
    table = json.loads((folder / PLAN).read_text())
    (folder / PLAN).write_text(json.dumps(table | fields))


def begin(folder, day):
    change(folder, begun=f"2026-01-{day:02}T10:00:00+00:00")


@pytest.fixture
def ask(run, folders, monkeypatch):
    """Runs the command where the runs are, on a terminal of some width."""
    monkeypatch.chdir(folders)

    def asked(*arguments, columns=200):
        monkeypatch.setenv("COLUMNS", str(columns))
        return run("runs", *arguments)

    return asked


def names(answer):
    return [each["run"].removeprefix("runs/") for each in answer.json["runs"]]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (None, ["r12", "r11", "r10", "r4", "r3", "r2", "r1"]),
        ("name", ["r1", "r2", "r3", "r4", "r10", "r11", "r12"]),
        ("epochs", ["r2", "r1", "r10", "r11", "r3"]),
    ],
)
def test_they_are_sorted(ask, order, first):
    assert names(ask("--json", *(["--sort", order] if order else [])))[: len(first)] == first


@pytest.mark.parametrize(
    ("order", "by"), [("validation", ["validation_accuracy"]), ("test", ["test_accuracy", "test_r2"])]
)
def test_the_best_come_first_and_what_has_no_value_last(ask, order, by):
    runs = ask("--json", "--sort", order).json["runs"]
    values = [next((each[name] for name in by if each[name] is not None), None) for each in runs]
    known = [value for value in values if value is not None]
    assert len(known) >= 3
    assert values == sorted(known, reverse=True) + [None] * (len(values) - len(known))
    assert None in values


def test_each_says_what_it_is_and_how_it_went(ask, folders):
    found = {each["run"].removeprefix("runs/"): each for each in ask("--json").json["runs"]}
    assert {name: each["state"] for name, each in found.items()} == {
        "r1": "finished", "r2": "finished", "r3": "finished", "r4": "failed", "r10": "interrupted",
        "r11": "killed", "r12": "damaged",
    }  # fmt: skip
    keys = {"run", "state", "begun", "problem", "dataset", "network", "settings"} | RESULTS
    assert {frozenset(each) for each in found.values()} == {frozenset(keys)}
    assert [found[name]["dataset"] for name in ("r1", "r3")] == ["iris", "line.csv"]
    assert found["r1"]["settings"] == {"epochs": 6, "lr": 0.2}
    assert found["r2"]["settings"] == {"epochs": 9, "optimizer": "adam", "seed": 2, "l2": 0.01}
    kept = json.loads((folders / "runs/r2" / PLAN).read_text())["result"]
    assert {name: found["r2"][name] for name in RESULTS} == {
        **{name: kept.get(name) for name in RESULTS},
        "validation_loss": json.loads((folders / "runs/r2" / HISTORY).read_text().splitlines()[-1])[
            "validation_loss"
        ],
    }
    assert found["r3"]["test_r2"] is not None
    assert found["r10"]["epochs"] == 4  # as far as its history goes
    assert found["r10"]["validation_accuracy"] is not None
    assert found["r10"]["test_accuracy"] is None
    assert (found["r12"]["epochs"], found["r12"]["dataset"]) == (None, None)
    assert PLAN in found["r12"]["problem"]


def test_one_that_trains_now_is_running(ask, folders):
    descriptor = hold(Folder(folders / "runs/r11"))
    try:
        assert {each["run"]: each["state"] for each in ask("--json").json["runs"]}["runs/r11"] == "running"
    finally:
        release(descriptor)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_it_is_a_table_where_there_is_room(ask, lang, columns):
    answer = ask("--lang", lang, columns=columns)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert ("----" in answer.out) is (columns == 200)
    assert max(map(cells, lines)) <= max(columns, 80)
    for said in ("r1", "r12", "4-8-3", "optimizer=adam", {"en": "damaged", "zh": "已损坏"}[lang]):
        assert said in answer.out
    assert {"en": "not valid JSON at line 1", "zh": "第 1 行第 2 列不符合"}[lang] in answer.out
    assert "notes" not in answer.out
    if columns == 200:
        head, rule, *rows = lines[:9]
        assert {cells(line) for line in (head, rule)} == {cells(rule)}
        assert [row.split()[0] for row in rows] == [f"runs/r{n}" for n in (12, 11, 10, 4, 3, 2, 1)]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [30, 120])
def test_two_are_compared(ask, lang, columns):
    answer = ask("runs/r1", "runs/r2", "--lang", lang, columns=columns)
    assert (answer.code, answer.err) == (0, "")
    assert ("----" in answer.out.split("\n\n")[0]) is (columns == 120)
    for name, first, second in (
        ("lr", "0.2", None),
        ("optimizer", "sgd:momentum=0.9", "adam"),
        ("seed", "0", "2"),
    ):
        line = next(line for line in answer.out.splitlines() if line.split()[:1] == [name])
        assert first in line
        if columns == 120 and second:
            assert line.split()[1:] == [first, second]
    assert "batch_size" not in answer.out  # which is the same
    assert max(map(cells, answer.out.splitlines())) <= 80


def test_a_comparison_as_json(ask):
    found = ask("runs/r1", "runs/r2", "runs/r3", "--json").json
    assert names(ask("runs/r1", "runs/r2", "runs/r3", "--json")) == ["r1", "r2", "r3"]
    assert found["differences"]["seed"] == [0, 2, 0]
    assert found["differences"]["lr"] == [0.2, None, None]
    assert found["differences"]["network"] == ["4-5-3", "4-8-3", "1-4:tanh-1"]
    assert found["differences"]["penalties.l2"] == [None, 0.01, None]
    assert "batch_size" not in found["differences"]
    turned = ask("runs/r1", "runs/r2", "--sort", "epochs", "--json")
    assert names(turned) == ["r2", "r1"]
    assert turned.json["differences"]["seed"] == [2, 0]


def test_runs_that_were_begun_alike(ask):
    assert "All were begun with the same settings." in ask("runs/r1", "runs/r10").out


def test_one_run_and_none(ask, run, tmp_path, monkeypatch):
    assert names(ask("runs/r2", "--json")) == ["r2"]
    monkeypatch.chdir(tmp_path)
    assert "There are no runs in runs" in run("runs").out
    assert run("runs", "--json").json == {"runs": []}
    Path("empty").mkdir()
    assert "There are no runs in empty" in run("runs", "empty").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere cannot be listed: there is no such file or folder"),
        (["runs/r1", "runs/notes"], "there is no run in runs/notes"),
        (["--sort", "newset"], "did you mean newest?"),
    ],
)
def test_what_cannot_be_told(ask, arguments, said):
    answer = ask(*arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err
