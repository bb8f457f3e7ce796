"""What a race says of a machine: the table, the JSON and the picture."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

from chainrule.bench import machine
from chainrule.bench import race as racing
from chainrule.bench.contenders import AUTO, NUMPY, OBJECTS, ONE, OWN, PEERS
from chainrule.bench.peers import SIDE
from chainrule.bench.picture import picture
from chainrule.bench.race import Race, Result, Skipped, Spread
from chainrule.bench.report import regret, report
from chainrule.bench.words import duration, plain, title
from chainrule.bench.work import Work
from chainrule.cli import main
from chainrule.cli.layout import WIDTH, cells
from chainrule.sentences import speaking

WORK = Work("784-300-10", 64, threads=2)
TURNS = {
    OBJECTS: [3.0, 6.0, 3.0],
    "engine:numpy": [1e-3, 2e-3, 1e-3],
    "jax": [0.5e-3, 1e-3, 0.5e-3],
    "product:numpy": [0.1, 0.2, 0.1],
    "product:jax": [0.2, 0.4, 0.2],
}
RACE = Race(
    WORK,
    {name: Result(f"about {name}", turns=turns) for name, turns in TURNS.items()},
    {"pytorch": Skipped("missing", "torch"), "scikit-learn": Skipped("failed", "exit -9")},
)


def test_figures_follow_from_the_turns():
    found = report(RACE)
    rows = {row["name"]: row for row in found["contenders"]}
    assert list(rows) == [OBJECTS, "engine:numpy", "jax"]
    numpy, jax = rows["engine:numpy"], rows["jax"]
    assert (numpy["seconds_per_step"], numpy["low"], numpy["high"]) == (1e-3, 1e-3, 1.5e-3)
    assert numpy["seconds_per_sample"] == pytest.approx(1e-3 / 64)
    assert numpy["samples_per_second"] == pytest.approx(64_000)
    assert (numpy["times_objects"], jax["times_objects"]) == (3000, 6000)
    assert (numpy["times_engine"], jax["times_engine"]) == (1, 2)
    peak = 2 * SIDE**3 / 0.1  # the slow round, in which all took twice as long, does not count against it
    assert found["peak_gflops"] == pytest.approx(peak / 1e9)
    assert numpy["share_of_peak"] == pytest.approx(WORK.flops / 1e-3 / peak)
    assert [row["name"] for row in found["products"]] == ["product:numpy", "product:jax"]
    assert [row["name"] for row in found["skipped"]] == ["pytorch", "scikit-learn"]
    json.dumps(found, allow_nan=False)


def test_the_peak_of_another_processor_is_that_of_its_own_products():
    turns = {**TURNS, "product:numpy-avx512": [0.05, 0.1, 0.05]}
    found = report(Race(WORK, {name: Result("", turns=each) for name, each in turns.items()}, {}))
    assert found["peak_gflops"] == pytest.approx(2 * SIDE**3 / 0.05 / 1e9)
    assert [row["name"] for row in found["contenders"]] == [OBJECTS, "engine:numpy", "jax"]


def test_regret_is_beside_the_best_that_could_be_chosen():
    turns = {AUTO: [3.0, 8.0, 3.0], ONE: [2.0, 4.0, 2.0], NUMPY: [9.0, 1.0, 9.0], "jax": [1.0, 1.0, 1.0]}
    results = {name: Result("", turns=each) for name, each in turns.items()}
    assert regret(Race(WORK, results, {})) == Spread(1.5, 1.5, 1.75)
    assert regret(Race(WORK, {AUTO: results[AUTO], "jax": results["jax"]}, {})) is None
    assert regret(Race(WORK, {ONE: results[ONE]}, {})) is None


def test_nothing_is_compared_with_who_is_not_there():
    alone = report(Race(WORK, {"jax": RACE.results["jax"]}, {}))
    (row,) = alone["contenders"]
    assert (row["times_objects"], row["times_engine"], row["share_of_peak"]) == (None, None, None)
    assert alone["peak_gflops"] is None
    assert b"JAX" in picture(alone, "svg")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ((2.5,), "2.5 s"),
        ((0.99951,), "1 s"),
        ((1.234e-3,), "1.23 ms"),
        ((0.00012349,), "123 µs"),
        ((5.5e-8,), "55 ns"),
        ((4e-10,), "0.4 ns"),
        ((0.9e-3, 1.1e-3), "0.9 - 1.1 ms"),
        ((1234.5,), "1,234 s"),
    ],
)
def test_durations(seconds, text):
    assert duration(*seconds) == text


def test_numbers():
    assert [plain(x) for x in (0.00123456, 12.34, 99.96, 1234567.0)] == [
        "0.00123",
        "12.3",
        "100",
        "1,234,567",
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_picture_has_all_names_and_figures(lang):
    with speaking(lang):
        content = picture(report(RACE), "svg")
        names = [title(name) for name in (OBJECTS, "engine:numpy", "jax")]
    text = "".join(ElementTree.fromstring(content).itertext())
    for part in [*names, "64,000", "128,000", "21.3", "batch 64" if lang == "en" else "批量 64"]:
        assert part in text
    assert content == _in(lang, "svg")


@pytest.mark.heavy
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_picture_as_png(lang):
    pytest.importorskip("matplotlib", reason="the extra plots draws PNG")
    assert _in(lang, "png").startswith(b"\x89PNG")


def _in(lang, form):
    with speaking(lang):
        return picture(report(RACE), form)


@pytest.mark.heavy
def test_a_png_is_in_english_where_no_font_has_chinese(monkeypatch):
    pytest.importorskip("matplotlib", reason="the extra plots draws PNG")
    monkeypatch.setattr("chainrule.pictures.png.CHINESE", ("No Such Font",))
    assert _in("zh", "png") == _in("en", "png")


CPUINFO = """\
processor\t: 0
model name\t: Some CPU
flags\t\t: fpu avx2 {more}

processor\t: 1
model name\t: another
"""


def test_the_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("CHAINRULE_WITHOUT", raising=False)
    (tmp_path / "cpuinfo").write_text(CPUINFO.format(more="avx512f"))
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    machine._cpuinfo.cache_clear()
    try:
        found = machine.describe()
        assert (found["processor"], found["instructions"]) == ("Some CPU", ["avx2", "avx512f"])
        assert not machine.instructions() >= machine.AVX512
        (tmp_path / "cpuinfo").write_text(CPUINFO.format(more=" ".join(machine.AVX512)))
        machine._cpuinfo.cache_clear()
        assert machine.instructions() >= machine.AVX512
        (tmp_path / "cpuinfo").unlink()
        machine._cpuinfo.cache_clear()
        assert machine.instructions() == frozenset()
        assert machine.processor()
    finally:
        machine._cpuinfo.cache_clear()


def test_when_a_measurement_begins_is_told_with_the_load_where_the_system_knows_it(monkeypatch):
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (2.5, 1.0, 0.5), raising=False)
    found = machine.occasion()
    assert (found["load"], found["machine"]) == (2.5, machine.describe())
    assert datetime.fromisoformat(found["begun"]).tzinfo == UTC
    monkeypatch.delattr(machine.os, "getloadavg")
    assert list(machine.occasion()) == ["begun", "machine"]


# The command.


def bench(capsys, *arguments):
    code = main(["bench", *arguments])
    return code, *capsys.readouterr()


def test_the_command_measures(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("CHAINRULE_LANG", "en")
    monkeypatch.setattr(racing, "find_spec", lambda name: find_spec(name) if name == "numpy" else None)
    out = tmp_path / "speeds.json"
    arguments = ["--network", "5-4:tanh-2", "--batch", "10", "--threads", "1", "--seconds", "0.1"]
    code, said, told = bench(capsys, *arguments, "--json", "--out", str(out))
    assert code == 0
    assert said.count("\n") == 1
    found = json.loads(said)
    assert found == json.loads(out.read_text())
    assert [row["name"] for row in found["contenders"]] == [OBJECTS, *OWN]
    skipped = {row["name"]: row["why"] for row in found["skipped"]}
    assert {name: skipped[name] for name in PEERS} == dict.fromkeys(PEERS, "not installed")
    assert found["network"] == "5-4:tanh-2:softmax"
    assert (found["batch"], found["threads"]) == (10, 1)
    assert found["peak_gflops"] > 1
    assert all(row["samples_per_second"] > 0 and row["share_of_peak"] > 0 for row in found["contenders"])
    assert "0.1 s" in told
    assert str(out) in told


@pytest.mark.heavy
@pytest.mark.skipif(not find_spec("sklearn"), reason="scikit-learn is not installed")
def test_the_command_measures_what_is_installed(capsys, monkeypatch):
    monkeypatch.setattr(
        racing, "find_spec", lambda name: find_spec(name) if name in ("numpy", "sklearn") else None
    )
    arguments = ["--network", "5-4:tanh-2", "--batch", "10", "--threads", "1", "--seconds", "0.1", "--json"]
    code, said, _ = bench(capsys, *arguments)
    assert code == 0
    assert [row["name"] for row in json.loads(said)["contenders"]] == [OBJECTS, *OWN, "scikit-learn"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table(capsys, monkeypatch, lang):
    monkeypatch.setattr("chainrule.bench.race.race", lambda *args, **kwargs: RACE)
    code, said, _ = bench(capsys, "--lang", lang)
    assert code == 0
    lines = said.splitlines()
    assert max(map(cells, lines)) <= WIDTH
    with speaking(lang):
        row = next(line for line in lines if line.startswith(title("engine:numpy")))
    assert row.split()[-6:] == ["15.6", "µs", "3,000×", "1×", "36", "%"]
    assert "about jax" in said
    assert "exit -9" in said


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--out", "speeds.txt"], ".svg, .png, .json"),
        (["--threads", "100000"], "--threads"),
        (["--batch", "1000000"], "1000000"),
        (["--network", "no-such"], "no-such"),
        (["--seconds", "0"], "--seconds"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_input_is_one_sentence(capsys, arguments, part, lang):
    code, said, told = bench(capsys, *arguments, "--lang", lang)
    assert (code, said, told.count("\n")) == (2, "", 1)
    assert part in told
