"""`trace`: what it takes, and the JSON object."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

import chainrule as cr

PARAMS = {
    "W1": [[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]],
    "b1": [0.1, 0, -0.1],
    "W2": [[0.7, -0.8, 0.9], [-0.1, 0.2, -0.3]],
    "b2": [0, 0],
}
ROLES = {
    "z": "weighted input",
    "a": "activation",
    "J": "loss",
    "delta": "error",
    "dW": "gradient",
    "db": "gradient",
    "W": "update",
    "b": "update",
}


@pytest.fixture
def params(tmp_path):
    path = tmp_path / "params.json"
    path.write_text(json.dumps(PARAMS), encoding="utf-8")
    return str(path)


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def test_the_object(run, params):
    given = ("trace", "2-3-2", "--params", params, "--input", "0.6,0.8;0.1,0.2", "--target", "1,0;0,1")
    found = run(*given, "--lr", "0.5", "--json").json
    assert list(found) == ["network", "lines", "loss"]
    assert found["network"] == "2-3:sigmoid-2:softmax"
    lines = {line["name"]: line for line in found["lines"]}
    assert list(lines) == [
        "z1", "a1", "z2", "a2", "J", "delta2", "dW2", "db2", "delta1", "dW1", "db1", "W1", "b1", "W2", "b2",
    ]  # fmt: skip
    for name, line in lines.items():
        assert list(line) == ["name", "role", "layer", "dims", "shape", "value"]
        assert line["role"] == ROLES[name.rstrip("12")]
        assert line["layer"] == (None if name == "J" else int(name[-1]))
        assert list(np.shape(line["value"])) == line["shape"]
        assert len(line["dims"]) == len(line["shape"])
    assert lines["z1"]["dims"] == ["n", "h1"]
    assert lines["dW1"]["dims"] == ["h1", "d"]
    rows = list(zip(PARAMS["W1"], PARAMS["b1"], strict=True))
    z1 = [[v * x1 + w * x2 + b for (v, w), b in rows] for x1, x2 in ([0.6, 0.8], [0.1, 0.2])]
    np.testing.assert_allclose(lines["z1"]["value"], z1, rtol=1e-15, atol=1e-17)
    np.testing.assert_allclose(lines["a1"]["value"], [[sigmoid(z) for z in row] for row in z1], rtol=1e-15)
    assert lines["J"]["value"] == found["loss"]
    y, p = np.array([[1, 0], [0, 1]]), np.array(lines["a2"]["value"])
    np.testing.assert_allclose(lines["delta2"]["value"], (p - y) / 2, rtol=1e-14)
    new = np.array(PARAMS["W1"]) - 0.5 * np.array(lines["dW1"]["value"])
    np.testing.assert_allclose(lines["W1"]["value"], new, rtol=1e-15)


def test_numbers_are_given_to_the_last_digit(run, params):
    found = run("trace", "2-3-2", "--params", params, "--input", "0.6,0.8", "--target", "1,0", "--json").json
    trace = cr.Network.parse("2-3-2").trace([0.6, 0.8], [1, 0], PARAMS)
    for line, own in zip(found["lines"], trace.lines, strict=True):
        np.testing.assert_array_equal(line["value"], own.value)


def test_inputs_without_targets_go_forward_only(run, params):
    found = run("trace", "2-3-2", "--params", params, "--input", "-2,-1", "--json").json
    assert [line["name"] for line in found["lines"]] == ["z1", "a1", "z2", "a2"]
    assert found["loss"] is None
    answer = run("trace", "2-3-2", "--params", params, "--input", "-2,-1")
    assert "Forward pass" in answer.out
    assert "Backward" not in answer.out


def test_the_example_of_a_preset_and_numbers_in_its_place(run):
    whole = run("trace", "zhou", "--json").json
    again = run("trace", "zhou", "--input", "-2,-1", "--target", "1", "--json").json
    assert whole == again
    assert run("trace", "zhou", "--example", "forward", "--json").json["loss"] is None
    drawn = run("trace", "zhou", "--seed", "3", "--json").json
    assert drawn != whole
    assert drawn == run("trace", "zhou", "--seed", "3", "--json").json
    assert len(run("trace", "testnet", "--example", "batch", "--json").json["lines"][0]["value"]) == 3
    assert run("trace", "2-3-2", "--json").json["loss"] > 0


def test_drawn_targets_of_a_preset_are_those_that_it_learns(run):
    shown = run("trace", "han-small", "--seed", "3", "--format", "markdown").out
    assert re.search(r"y = \\begin\{bmatrix\} (0\.1 \\\\\n0\.9|0\.9 \\\\\n0\.1) ", shown)
    shown = run("trace", "nielsen", "--seed", "3", "--digits", "2").out
    assert "y has shape 10; its numbers lie between 0 and 1" in shown


def test_one_sample_of_several(run, tmp_path):
    batch = ("trace", "testnet", "--example", "batch", "--digits", "4")
    first, third = (run(*batch, "--of", "W1[0,1]", "--sample", n).out for n in "13")
    assert first == run(*batch, "--of", "W1[0,1]").out
    assert "are those of sample 3, of 3" in third
    assert "= (−0.05587) · 0.5" in third
    assert "≈ −0.01564" in first
    assert "≈ −0.01564" in third  # the mean over all
    assert "第 2 个样本（共 3 个）" in run(*batch, "--sample", "2", "--lang", "zh").out
    run(*batch, "--picture", "2.svg", "--sample", "2", "--json")
    run(*batch, "--picture", "1.svg", "--json")
    assert (tmp_path / "1.svg").read_bytes() != (tmp_path / "2.svg").read_bytes()


def test_files_of_numbers(run, tmp_path, params):
    (tmp_path / "x.csv").write_text("0.6,0.8\n0.1,0.2\n", encoding="utf-8")
    given = ("trace", "2-3-2", "--params", params, "--json", "--input")
    assert run(*given, "x.csv").json == run(*given, "0.6,0.8;0.1,0.2").json


def test_a_saved_model_brings_its_parameters(run, tmp_path):
    net = cr.Network.parse("2-3-2")
    model = net.fit((np.array([[0.0, 1.0], [1.0, 0.0]] * 4), np.array([0, 1] * 4)), epochs=1)
    model.save(tmp_path / "m.safetensors")
    found = run("trace", "m.safetensors", "--input", "0.5,0.5", "--json").json
    weights = {name: np.asarray(w, float) for name, w in model.parameters.items()}
    np.testing.assert_allclose(
        found["lines"][0]["value"][0], weights["W1"] @ [0.5, 0.5] + weights["b1"], rtol=1e-15
    )


def test_documents(run, tmp_path):
    answer = run("trace", "zhou", "--of", "w1", "--notation", "zhou", "--digits", "3")
    assert "the rounded numbers would give 0.0214" in answer.out
    assert (
        "用舍入后的数"
        in run("trace", "zhou", "--of", "w1", "--notation", "zhou", "--digits", "3", "--lang", "zh").out
    )
    assert "The neuron h₁" in run("trace", "zhou", "--neuron", "h1", "--notation", "zhou").out
    answer = run("trace", "han-small", "--notation", "han", "--out", "han.html")
    assert answer.out == ""
    assert (tmp_path / "han.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert r"\documentclass" in run("trace", "zhou", "--format", "latex").out
    assert "leaves the biases as they are" in run("trace", "mazur").out
    assert "The text prints 0.0214" in run("trace", "zhou").out
    assert "leaves the biases" not in run("trace", "mazur", "--input", "1,2", "--target", "0,1").out


def test_a_picture_beside_the_object(run, tmp_path):
    answer = run("trace", "mazur", "--picture", "net.svg", "--json")
    assert answer.json["loss"] == pytest.approx(0.298371109, abs=5e-10)
    assert "written to net.svg" in answer.err
    assert "</svg>" in (tmp_path / "net.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [(), ("--of", "W1[0,1]")])
def test_an_exercise_and_its_solution(run, tmp_path, more):
    answer = run("trace", "2-2-2", "--seed", "4", "--exercise", "--out", "sheet.md", *more)
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.count("written to") == 2
    sheet, solution = (
        (tmp_path / name).read_text(encoding="utf-8") for name in ("sheet.md", "sheet-solution.md")
    )
    blank = r"\ldots\ldots\ldots"
    assert sheet.count(blank) > 5
    assert blank not in solution
    numbers = [set(re.findall(r"\d\.\d+", text)) for text in (sheet, solution)]
    assert max(len(number) for number in numbers[0]) <= 4  # two decimals: nothing but what is given
    assert len(numbers[1]) > len(numbers[0]) + 10
    assert "What is given" in sheet
    run("trace", "2-2-2", "--seed", "5", "--exercise", "--out", "other.md", *more)
    assert (tmp_path / "other.md").read_text(encoding="utf-8") != sheet


def test_a_note_that_tells_results_stands_in_the_solution_alone(run, tmp_path):
    run("trace", "zhou", "--exercise", "--out", "sheet.txt")
    assert "0.02147" not in (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    assert "0.02147" in (tmp_path / "sheet-solution.txt").read_text(encoding="utf-8")


def test_an_exercise_on_a_batch_has_empty_tables(run, tmp_path):
    run("trace", "testnet", "--example", "batch", "--exercise", "--out", "sheet.txt")
    sheet = (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    solution = (tmp_path / "sheet-solution.txt").read_text(encoding="utf-8")
    assert "1       0.6  0.8" in sheet
    assert "1       ………" in sheet
    assert "………" not in solution


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["2-3-2", "--input", "1,2,3"], "x must be one row of 2 numbers for each sample, not of shape 1 x 3"),
        (["2-3-2", "--input", "1,x"], "--input: number 2 of sample 1 must be a finite number, not 'x'"),
        (["2-3-2", "--input", "1,2;3"], "--input: sample 2 has 1 numbers, but the first one has 2"),
        (["2-3-2", "--input", "1,2", "--target", "1,0;0,1"], "1 samples of inputs but 2 of targets"),
        (["2-3-2", "--params", "none.json"], "the parameters in none.json cannot be read"),
        (["2-3-2", "--params", "list.json"], "list.json must hold one JSON object"),
        (["2-3-2", "--params", "bad.json"], "the parameters in bad.json cannot be read"),
        (["2-3-2", "--params", "deep.json"], "the parameters in deep.json cannot be read"),
        (["2-3-2", "--params", "shape.json"], "W1 must be finite numbers of shape 3 x 2, not of shape 2"),
        (["2-3-2", "--params", "name.json"], "there is no parameter called 'W7'"),
        (["2-3-2", "--digits", "18"], "digits must be a whole number from 1 to 17, not 18"),
        (["2-3-2", "--example", "step"], "2-3-2 has no worked example called 'step'"),
        (["zhou", "--example", "steq"], "there is no worked example called 'steq' (did you mean step?)"),
        (["2-3-2", "--params", "input.json"], "there is no parameter called 'x'"),
        (["zhou", "--of", "w1", "--neuron", "a1[0]"], "give one of the two"),
        (["zhou", "--neuron", "h9"], "the network has no neuron called 'h9'; write a1[0]"),
        (["2-3-2", "--picture", "net.pdf"], "there is no format called 'pdf'; there are: svg, png"),
        (["784-2", "--picture", "net.svg"], "with up to 8 units in a layer are drawn, not with 784"),
        (["zhou", "--sample", "2"], "sample must be a whole number from 1 to 1, not 2"),
        (["2-3-2", "--exercise"], "--exercise writes two files"),
        (["2-3-2", "--of", "W9[0,0]"], "W9[0,0]"),
        (["2-3-2", "--input", "1,2", "--of", "w1"], "w1 cannot be followed from the loss down"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood(run, tmp_path, arguments, said):
    contents = {
        "list": "[1]", "bad": "{", "deep": "[" * 100_000, "shape": '{"W1": [1, 2]}', "name": '{"W7": [[1]]}',
        "input": '{"x": [1, 2]}',
    }  # fmt: skip
    for name, text in contents.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    answer = run("trace", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_in_python():
    net = cr.Network(2, 3, 2)
    trace = net.trace([[0.6, 0.8]], [[1, 0]], PARAMS, optimizer=cr.SGD(lr=0.5))
    assert trace["delta1"].shape == (1, 3)
    assert trace.lr == 0.5
    assert "## " in trace._repr_markdown_()
    with pytest.raises(cr.ChainruleError):
        net.trace([[0.6, 0.8, 1]])


def test_samples_that_act_on_one_another_come_together(run, tmp_path):
    table = 'sizes = [2, 3, 2]\n[[layers]]\nnorm = "batch"\n[[layers]]\n'
    (tmp_path / "batch.toml").write_text(table, encoding="utf-8")
    lines = {line["name"]: line for line in run("trace", "batch.toml", "--json").json["lines"]}
    assert lines["z1"]["shape"] == [3, 3]
    np.testing.assert_allclose(np.mean(lines["zhat1"]["value"], axis=0), 0, atol=1e-12)
    alone = run("trace", "batch.toml", "--input", "1,2", "--json").json["lines"]
    assert [line["name"] for line in alone] == ["z1", "mu1", "s1", "zhat1", "u1", "a1", "z2", "a2"]
