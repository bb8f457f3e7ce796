"""What is said where a library is missing, and that the command it names is one of the package's."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from chainrule import extras
from chainrule.cli import main
from chainrule.data import load
from chainrule.errors import UsageError
from chainrule.presets import Preset
from chainrule.reading import Reading, parse_shorthand
from chainrule.recipe import Recipe
from chainrule.sentences import LANGUAGES, speaking
from chainrule.training.loop import Trainer
from chainrule.training.plan import Plan

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OF_PYPI = {"sklearn": "scikit-learn"}  # names of packages that are not those of their modules
NET = parse_shorthand("4-3")
COMMANDS = [  # what needs a library, and which
    (["train", "iris", "--optimizer", "lbfgs", "--out", "run"], "sklearn"),
    (["train", "iris", "--preset", "nielsen", "--optimizer", "lbfgs:memory=5", "--out", "run"], "sklearn"),
    (["train", "iris", "--tensorboard", "--out", "run"], "tensorboard"),
    (["train", "people.parquet", "--out", "run"], "parquet"),
    (["trace", "mazur", "--picture", "run.png"], "plots"),
    (["bench", "--out", "run.png"], "plots"),
    (["train", "iris", "--engine", "native", "--out", "run"], "llvmlite"),
]


@pytest.fixture
def nothing_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.chdir(tmp_path)
    Path("people.parquet").write_bytes(b"PAR1")


@pytest.mark.usefixtures("nothing_more")
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("command", "wanted"), COMMANDS)
def test_one_sentence_names_what_installs_it_before_anything_is_done(
    command: list[str], wanted: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(Path().iterdir())
    assert main([*command, "--lang", lang]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    whole = wanted if wanted == "llvmlite" else f"'chainrule[{wanted}]'"
    assert f"pip install {whole}" in said.err
    assert bool(re.search("[\u4e00-\u9fff]", said.err)) == (lang == "zh")
    assert set(Path().iterdir()) == before


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.data.load", lambda *given, **more: pytest.fail("data are read"))


def assert_only_told(command: list[str], wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(Path().rglob("*"))
    assert main(command) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert f"pip install {shlex.quote(wanted)}" in said.err
    assert set(Path().rglob("*")) == before


@pytest.mark.usefixtures("nothing_more", "no_data")
@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (["train", "mnist", "--engine", "native", "--out", "run"], "llvmlite"),
        (["train", "big.csv", "--engine", "native", "--recipe", "plain"], "llvmlite"),
        (["train", "big.csv", "--optimizer", "lbfgs", "--out", "run"], "chainrule[sklearn]"),
    ],
)
def test_data_are_not_read_before(
    command: list[str], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_only_told(command, wanted, capsys)


@pytest.mark.usefixtures("nothing_more", "no_data")
@pytest.mark.parametrize(
    ("optimizer", "engine", "wanted"),
    [("lbfgs", "numpy", "chainrule[sklearn]"), ("sgd", "native", "llvmlite")],
)
def test_data_of_a_run_that_goes_on_are_not_read_before(
    optimizer: str, engine: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan("/nowhere/big.csv", NET, Recipe(optimizer=optimizer), engine=engine)
    table = {"plan": plan.to_dict(), "status": "interrupted", "result": None}
    Path("run").mkdir()
    Path("run/run.json").write_text(json.dumps(table), encoding="utf-8")
    assert_only_told(["train", "--resume", "run"], wanted, capsys)
    assert_only_told(["train", "/nowhere/big.csv", "--resume", "run", "--epochs", "9"], wanted, capsys)


@pytest.mark.usefixtures("nothing_more", "no_data")
def test_data_are_not_read_before_where_the_recipe_names_the_optimizer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Preset("whole", lambda: NET, "recipes.about_plain", Recipe(optimizer="lbfgs"), "")
    monkeypatch.setattr("chainrule.cli.train.named", lambda given: Reading(NET, row))
    assert_only_told(["train", "big.csv", "--recipe", "whole", "--out", "run"], "chainrule[sklearn]", capsys)


@pytest.mark.usefixtures("nothing_more")
def test_a_trainer_asks_before_it_trains() -> None:
    with pytest.raises(UsageError) as caught:
        Trainer(parse_shorthand("2-1"), load("xor").train, Recipe(optimizer="lbfgs"))
    assert caught.value.key == "extras.missing"
    with speaking("en"):
        assert str(caught.value) == (
            "training by L-BFGS needs SciPy, which is not installed; "
            "install it with pip install 'chainrule[sklearn]'"
        )


def test_every_extra_is_declared_and_brings_its_modules() -> None:
    declared = PROJECT["optional-dependencies"]
    for extra, modules in extras.EXTRAS.items():
        packages = [re.split("[<>=]", each)[0] for each in declared[extra]]
        assert packages == [OF_PYPI.get(modules[-1], modules[-1])]  # which brings the others
        assert extra in declared["all"][0]
    assert declared["all"] == [f"chainrule[{','.join(extras.EXTRAS)}]"]


def test_the_base_is_small() -> None:
    base = {re.split("[<>=]", each)[0] for each in PROJECT["dependencies"]}
    assert base == {"numpy", "click", "rich", "safetensors", "threadpoolctl", "pillow", "ziamath", "llvmlite"}
    assert shlex.split(extras._wanted("llvmlite")) == ["llvmlite"]
    assert shlex.split(extras._wanted("scipy")) == ["chainrule[sklearn]"]


def test_what_is_installed_is_not_asked_for() -> None:
    extras.need("numpy", "extras.lbfgs")
