"""`chainrule train` with dropout and label smoothing: begun, kept in the folder, taken up, contradicted."""

from __future__ import annotations

import tomllib

import pytest


def test_a_run_keeps_its_dropout_and_smoothing(run, tmp_path):
    asked = ["--dropout", "0.5", "--input-dropout", "0.2", "--smoothing", "0.1"]
    train = ["train", "digits", "64-12:relu-12:relu-10", "--samples", "200", "--epochs", "2", "--quiet"]
    result = run(*train, *asked, "--out", "a", "--json").json
    kept = tomllib.loads((tmp_path / "a" / "network.toml").read_text("utf-8"))
    assert kept["input_dropout"] == 0.2
    assert [layer.get("dropout") for layer in kept["layers"]] == [0.5, 0.5, None]
    assert run("train", "--resume", "a", *asked).code == 0
    for name, kept, lang in zip(asked[::2], asked[1::2], ("en", "zh", "en"), strict=True):
        answer = run("train", "--resume", "a", name, "0.3", "--lang", lang)
        assert answer.code == 2
        assert all(word in answer.err for word in (name, "0.3", kept))
    assert run("check", "gradients", "a/network.toml", "--json").json["ok"]
    judged = run("evaluate", "a/model.safetensors", "digits", "--json").json
    assert judged["accuracy"] == result["test_accuracy"]
    again = run("train", "digits", "a/network.toml", *train[3:], "--smoothing", "0.1", "--out", "b")
    assert again.code == 0
    models = [(tmp_path / folder / "model.safetensors").read_bytes() for folder in "ab"]
    assert models[0] == models[1]


@pytest.mark.parametrize(
    ("network", "asked", "key"),
    [
        ("64-10", ["--dropout", "0.5"], "--input-dropout"),
        ("64-5-10", ["--dropout", "1"], "--dropout"),
        ("64-5-10", ["--smoothing", "-0.1"], "--smoothing"),
    ],
)
def test_what_is_refused(run, network, asked, key):
    answers = [run("train", "digits", network, *asked, "--lang", lang) for lang in ("en", "zh")]
    assert [answer.code for answer in answers] == [2, 2]
    assert all(key in answer.err for answer in answers)
    assert answers[0].err != answers[1].err
