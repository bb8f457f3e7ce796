"""`find-rate`."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from chainrule import extras

QUICK = ("find-rate", "iris", "4-5:tanh-3", "--steps", "80")


def test_the_answer_as_json(run):
    found = run(*QUICK, "--json").json
    assert (found["dataset"], found["network"]) == ("iris", "4-5:tanh-3:softmax")
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"]) <= 80
    assert found["suggested"] == pytest.approx(found["rates"][found["least"]] / 10)
    assert 0.001 < found["suggested"] < 1
    assert run(*QUICK, "--json", "--seed", "1").json["losses"] != found["losses"]
    narrow = run(*QUICK, "--json", "--from", "0.001", "--to", "0.1", "--optimizer", "adam").json
    assert narrow["rates"][0] == pytest.approx(0.001)
    assert narrow["optimizer"] == "adam"


@pytest.mark.parametrize(("lang", "said"), [("en", "A tenth of it"), ("zh", "十分之一")])
def test_the_answer_for_people(run, tmp_path, lang, said):
    answer = run(*QUICK, "--lang", lang, "--out", "curve.svg")
    assert answer.code == 0
    assert said in answer.out
    assert "--lr" in answer.out
    root = ElementTree.parse(tmp_path / "curve.svg").getroot()
    texts = "\n".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    assert {"en": "suggested: ", "zh": "建议："}[lang] in texts
    assert "4-5:tanh-3:softmax" in texts


def test_the_rate_that_is_suggested_serves(run):
    rate = run(*QUICK, "--json").json["suggested"]
    found = run("train", "iris", "4-5:tanh-3", "--lr", str(rate), "--json").json
    assert found["test_accuracy"] >= 0.9
    assert found["findings"] == []


def test_samples_count_as_they_do_in_training(run, tmp_path):
    rows = [f"{i % 7},{i % 5},{'abc'[i % 3]},{w}" for i, w in enumerate([1, 3] * 30)]
    (tmp_path / "t.csv").write_text("\n".join(["p,q,kind,trust", *rows]))
    asked = [
        "find-rate",
        "t.csv",
        "2-4-3",
        "--target",
        "kind",
        "--weights",
        "trust",
        "--steps",
        "10",
        "--json",
    ]
    (tmp_path / "even.csv").write_text((tmp_path / "t.csv").read_text().replace(",1\n", ",3\n"))
    first, balanced, even, trebled, some = (
        run(*asked[:1], name, *asked[2:], *more).json["losses"]
        for name, more in (
            ("t.csv", []),
            ("t.csv", ["--class-weights", "balanced"]),
            ("even.csv", []),
            ("even.csv", ["--class-weights", "a=3,b=3,c=3"]),
            ("even.csv", ["--class-weights", "a=3"]),
        )
    )
    assert first != balanced
    assert trebled == even  # only the proportions count
    assert len({first[0], even[0], some[0]}) == 3


def test_what_cannot_be_looked_for(run):
    for arguments, said in (
        (["--out", "curve.bmp"], ".svg"),
        (["--from", "2", "--to", "1"], "rise"),
    ):
        answer = run(*QUICK, *arguments)
        assert (answer.code, answer.out) == (2, "")
        assert said in answer.err
    answer = run(*QUICK, "--from", "1e-9", "--to", "1e-8")
    assert "J falls at none of these rates" in answer.out


@pytest.mark.parametrize(("lang", "said"), [("en", "no learning rate"), ("zh", "没有学习率")])
def test_an_optimizer_without_a_rate_is_refused_before_anything_is_read(run, monkeypatch, lang, said):
    """Nobody is told to install what would not help."""
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    monkeypatch.setattr("chainrule.data.load", lambda *given, **more: pytest.fail("data are read"))
    for optimizer in ("lbfgs", "lbfgs:memory=5"):
        answer = run(*QUICK, "--optimizer", optimizer, "--lang", lang)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert said in answer.err
        assert "pip" not in answer.err
