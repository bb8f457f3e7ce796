"""The numbers that textbooks print, from the presets that ship them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exact_network import ExactNetwork

from chainrule.presets import PRESETS
from chainrule.trace import Trace

EXAMPLES = [(preset.name, name) for preset in PRESETS for name in preset.examples]


def traced(preset, name):
    net, example = PRESETS[preset].net, PRESETS[preset].examples[name]
    return Trace(net, example.x, example.y, example.parameters, lr=example.lr)


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


@pytest.mark.parametrize(("preset", "name"), EXAMPLES)
def test_every_example_against_50_digits(preset, name):
    net, example = PRESETS[preset].net.resolved(), PRESETS[preset].examples[name]
    trace = traced(preset, name)
    y = example.y or [[0] * net.outputs] * len(example.x)
    activations = [layer.activation for layer in net.layers]
    lines = ExactNetwork(activations, net.loss, net.penalties, example.x, y, example.parameters).lines(
        trace.lr
    )
    assert len(trace.lines) >= 2
    for line in trace.lines:
        np.testing.assert_allclose(
            line.value, np.array(lines[line.name], float), rtol=1e-15 * 8, atol=1e-16, err_msg=line.name
        )


def test_one_neuron():
    trace = traced("neuron", "forward")
    assert trace["z1"].item() == 7
    assert f"{trace['a1'].item():.3f}" == "0.999"
    assert trace.loss is None


def test_two_neurons_and_one():
    trace = traced("zhou", "forward")
    assert [f"{h:.4f}" for h in trace["a1"][0]] == ["0.9526"] * 2
    assert f"{trace['a2'].item():.4f}" == "0.7216"


def test_one_derivative_where_rounded_factors_mislead():
    trace = traced("zhou", "step")
    assert [f"{h:.4f}" for h in trace["a1"][0]] == ["0.0474"] * 2
    assert f"{trace['a2'].item():.3f}" == "0.524"
    assert f"{trace['dW1'][0, 0]:.5f}" == "0.02147"
    assert f"{-0.952 * 0.249 * -0.0904:.4f}" == "0.0214"
    text = trace.follow("W1", 0, 0, notation="zhou", lang="en", digits=3).terminal()
    assert "≈ 0.0215   the rounded numbers would give 0.0214" in text
    assert "用舍入后的数计算会得到 0.0214" in trace.follow(
        "w1", notation="zhou", lang="zh", digits=3
    ).terminal().replace("\n", "")


def test_the_step_of_the_2_2_2_network():
    trace = traced("mazur", "step")
    assert [f"{a:.9f}" for a in trace["a2"][0]] == ["0.751365070", "0.772928465"]
    assert f"{trace.loss:.9f}" == "0.298371109"
    new = {line.name: line.value for line in trace.lines if line.role == "update"}
    assert [f"{w:.8f}" for w in new["W2"].ravel()] == ["0.35891648", "0.40866619", "0.51130127", "0.56137012"]
    assert [f"{w:.8f}" for w in new["W1"].ravel()] == ["0.14978072", "0.19956143", "0.24975114", "0.29950229"]


def test_what_that_network_loses_after_the_step_follows_from_its_weights():
    """With the biases left alone, as its author does; computed here, not copied."""
    example = PRESETS["mazur"].examples["step"]
    new = {line.name: line.value for line in traced("mazur", "step").lines if line.role == "update"}
    after = Trace(
        PRESETS["mazur"].net, example.x, example.y, {**example.parameters, "W1": new["W1"], "W2": new["W2"]}
    )
    hidden = [sigmoid(0.05 * row[0] + 0.1 * row[1] + 0.35) for row in new["W1"]]
    out = [sigmoid(hidden[0] * row[0] + hidden[1] * row[1] + 0.6) for row in new["W2"]]
    assert after.loss == pytest.approx(((0.01 - out[0]) ** 2 + (0.99 - out[1]) ** 2) / 2, rel=1e-14)
    assert f"{after.loss:.9f}" == "0.291027774"  # where 0.291027924 is printed
