"""`--norm`: every hidden layer normalised, for training and for looking for a rate."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

import chainrule as cr
from chainrule.catalog.norms import NORMS
from chainrule.data import load

NAMES = NORMS.names()


@pytest.mark.parametrize("norm", NAMES)
def test_a_run_keeps_its_norm(run, tmp_path, norm):
    train = ["train", "digits", "64-12:relu-12:relu-10", "--samples", "200", "--epochs", "2", "--quiet"]
    result = run(*train, "--norm", norm, "--out", "a", "--json").json
    text = (tmp_path / "a" / "network.toml").read_text("utf-8")
    assert [layer.get("norm") for layer in tomllib.loads(text)["layers"]] == [norm, norm, None]
    judged = run("evaluate", "a/model.safetensors", "digits", "--json").json
    assert judged["accuracy"] == result["test_accuracy"]
    assert run("train", "--resume", "a", "--norm", f"{norm}:eps=1e-5").code == 0
    for other, lang in ((f"{norm}:eps=1e-3", "en"), (next(name for name in NAMES if name != norm), "zh")):
        answer = run("train", "--resume", "a", "--norm", other, "--lang", lang)
        assert answer.code == 2
        assert all(word in answer.err for word in ("--norm", other, norm))


def test_both_doors_train_the_same_network(run, tmp_path):
    asked = ["--epochs", "2", "--seed", "3", "--smoothing", "0", "--engine", "numpy", "--quiet"]
    run("train", "digits", "64-8:relu-10", "--norm", "layer", *asked, "--out", "a")
    kept = cr.load(tmp_path / "a" / "model.safetensors").parameters
    part = load("digits", seed=3).split(0.1, seed=3)
    net = cr.Network.parse("64-8:relu-10")
    model = net.fit(part.train, norm="layer", epochs=2, seed=3, engine="numpy")
    assert model.net.layers[0].norm == "layer"
    assert kept.keys() == model.parameters.keys()
    assert all(np.array_equal(w, model.parameters[name]) for name, w in kept.items())
    assert net.definition.layers[0].norm is None


@pytest.mark.parametrize(
    ("network", "norm", "words"),
    [
        ("64-10", "layer", ("layer", "64-10")),
        ("64-1-10", "layer", ("norm",)),
        ("64-5-10", "bach", ("bach", "batch")),
        ("64-5-10", "batch:momentum=1", ("momentum",)),
        ("64-5-10", "layer:epsilon=1", ("epsilon", "eps")),
    ],
)
@pytest.mark.parametrize("command", ["train", "find-rate"])
def test_what_is_refused(run, command, network, norm, words):
    answers = [run(command, "digits", network, "--norm", norm, "--lang", lang) for lang in ("en", "zh")]
    assert [answer.code for answer in answers] == [2, 2]
    assert all(word in answer.err for answer in answers for word in words)
    assert answers[0].err != answers[1].err


def test_a_rate_is_looked_for_with_it(run):
    found = [
        run("find-rate", "digits", "64-8:relu-10", "--samples", "200", "--steps", "20", *norm, "--json").json
        for norm in ([], ["--norm", "batch"])
    ]
    assert found[0]["losses"] != found[1]["losses"]
