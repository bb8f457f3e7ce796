"""What textbooks train, step by step: the presets beside the texts' own arithmetic, written out here."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from chainrule import data
from chainrule.network.meaning import initial_parameters
from chainrule.presets import PRESETS
from chainrule.trace import Trace
from chainrule.training.loop import Trainer

PEOPLE = ((-2, -1, 1), (25, 6, 0), (17, 4, 0), (-15, -6, 1))  # weight - 135, height - 66, whether female
EMILY, FRANK = (-7, -3), (20, 2)


def f(z):
    return 1 / (1 + math.exp(-z))


class TwoTwoOne:
    """The network of the four people with its nine numbers: w1..w6, b1..b3."""

    def __init__(self, w, b):
        self.w, self.b = list(w), list(b)

    def forward(self, x):
        w, b = self.w, self.b
        h1 = f(w[0] * x[0] + w[1] * x[1] + b[0])
        h2 = f(w[2] * x[0] + w[3] * x[1] + b[1])
        return h1, h2, f(w[4] * h1 + w[5] * h2 + b[2])

    def learn(self, x, y_true, eta):
        """One person: every partial derivative by itself, then all nine numbers."""
        w = self.w
        h1, h2, y_pred = self.forward(x)
        loss_by_pred = -2 * (y_true - y_pred)
        at_o, at_h1, at_h2 = (a * (1 - a) for a in (y_pred, h1, h2))
        by_h1, by_h2 = loss_by_pred * w[4] * at_o, loss_by_pred * w[5] * at_o
        by_w = [
            by_h1 * x[0] * at_h1,
            by_h1 * x[1] * at_h1,
            by_h2 * x[0] * at_h2,
            by_h2 * x[1] * at_h2,
            loss_by_pred * h1 * at_o,
            loss_by_pred * h2 * at_o,
        ]
        by_b = [by_h1 * at_h1, by_h2 * at_h2, loss_by_pred * at_o]
        self.w = [old - eta * slope for old, slope in zip(w, by_w, strict=True)]
        self.b = [old - eta * slope for old, slope in zip(self.b, by_b, strict=True)]


def numbered(parameters):
    """w1..w6 and b1..b3, as the text counts them."""
    return [np.concatenate([parameters[f"{kind}{p}"].ravel() for p in (1, 2)]) for kind in "Wb"]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_four_people_are_learned_as_in_the_text_weight_by_weight(seed):
    """1000 epochs, one person at a time in their order: nine numbers after each of 4000 updates."""
    preset = PRESETS["zhou"]
    net = dataclasses.replace(preset.net, dtype="float64")
    trainer = Trainer(net, data.load("zhou").train, preset.recipe, seed=seed)
    by_hand = TwoTwoOne(*numbered(initial_parameters(net, seed)))
    losses, seen = [], []

    def after_a_step():
        if trainer.steps == len(seen):
            return False
        *x, y_true = PEOPLE[len(seen) % 4]
        by_hand.learn(x, y_true, 0.1)
        w, b = numbered(trainer.engine.parameters)
        seen.append(max(np.abs(w - by_hand.w).max(), np.abs(b - by_hand.b).max()))
        if len(seen) % 40 == 4:  # as often as the text looks
            losses.append(sum((y - by_hand.forward(x)[-1]) ** 2 for *x, y in PEOPLE) / 4)
        return False

    model = trainer.run(stop=after_a_step)
    after_a_step()  # of the last one
    assert len(seen) == 4000
    assert max(seen) < 1e-12
    assert losses == sorted(losses, reverse=True)
    emily, frank = model.outputs([[128.0, 63.0], [155.0, 68.0]])[:, 0]
    assert (emily, frank) == pytest.approx(
        [by_hand.forward(EMILY)[-1], by_hand.forward(FRANK)[-1]], abs=1e-12
    )
    assert (emily, frank) == pytest.approx((0.951, 0.039), abs=0.03)  # printed, of numbers drawn there


def test_the_3_4_2_network_node_by_node():
    """The numbered equations of the text, one node at a time, and the weights after one step."""
    example = PRESETS["han-small"].examples["step"]
    (x,), (t,), eta = example.x, example.y, example.lr
    trace = Trace(PRESETS["han-small"].net, example.x, example.y, example.parameters, lr=eta)
    W1, b1, W2, b2 = (example.parameters[name] for name in ("W1", "b1", "W2", "b2"))
    a = [f(w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + b) for w, b in zip(W1, b1, strict=True)]  # 3.2
    y = [
        f(w[0] * a[0] + w[1] * a[1] + w[2] * a[2] + w[3] * a[3] + b) for w, b in zip(W2, b2, strict=True)
    ]  # 3.3
    delta8, delta9 = (yi * (1 - yi) * (ti - yi) for yi, ti in zip(y, t, strict=True))  # 4.1
    delta4 = a[0] * (1 - a[0]) * (W2[0][0] * delta8 + W2[1][0] * delta9)  # 4.4
    assert trace["a1"][0] == pytest.approx(a, rel=1e-14)
    assert trace["a2"][0] == pytest.approx(y, rel=1e-14)
    assert trace["delta2"][0] == pytest.approx([-delta8, -delta9], rel=1e-13)  # the derivative itself
    assert trace["delta1"][0, 0] == pytest.approx(-delta4, rel=1e-13)
    assert trace.loss == pytest.approx(((t[0] - y[0]) ** 2 + (t[1] - y[1]) ** 2) / 2, rel=1e-14)  # 4.9
    new = {line.name: line.value for line in trace.lines if line.role == "update"}
    assert new["W2"][0, 0] == pytest.approx(W2[0][0] + eta * delta8 * a[0], rel=1e-14)  # 4.6
    assert new["W1"][0, 0] == pytest.approx(W1[0][0] + eta * delta4 * x[0], rel=1e-14)  # 4.7
    assert new["b1"][0] == pytest.approx(b1[0] + eta * delta4, rel=1e-14)  # 4.8
    assert [f"{each:.6f}" for each in (*a, *y, delta8, delta9, delta4)] == [
        "0.721115", "0.450166", "0.657010", "0.249740", "0.579945", "0.503435", "0.077968", "-0.100854",
        "0.006732",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["sample", "batch"])
def test_the_2_3_2_network_by_the_rule_of_dimensions(name):
    """p - 1(y), then products whose shapes fit; of a batch their mean, and the penalty's gradient with it."""
    preset = PRESETS["testnet"]
    example = preset.examples[name]
    trace = Trace(preset.net, example.x, example.y, example.parameters, lr=example.lr)
    W1, b1, W2, b2 = (np.array(example.parameters[name]) for name in ("W1", "b1", "W2", "b2"))
    sums, costs = {"W1": 0, "b1": 0, "W2": 0, "b2": 0}, []
    for x, label in zip(np.array(example.x), np.array(example.y), strict=True):
        a = 1 / (1 + np.exp(-(W1 @ x + b1)))
        p = np.exp(W2 @ a + b2) / np.exp(W2 @ a + b2).sum()
        error = p - label
        hidden = (W2.T @ error) * a * (1 - a)
        parts = {"W1": np.outer(hidden, x), "b1": hidden, "W2": np.outer(error, a), "b2": error}
        sums = {key: sums[key] + part for key, part in parts.items()}
        costs.append(-(label * np.log(p)).sum())
    m, decay = len(costs), 0.01
    assert trace.loss == pytest.approx(
        np.mean(costs) + decay / 2 * ((W1**2).sum() + (W2**2).sum()), rel=1e-14
    )
    new = {line.name: line.value for line in trace.lines if line.role == "update"}
    for key, old in (("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2)):
        slope = sums[key] / m + (decay * old if key[0] == "W" else 0)
        np.testing.assert_allclose(trace[f"d{key}"], slope, rtol=1e-13, atol=1e-16)
        np.testing.assert_allclose(new[key], old - 0.5 * slope, rtol=1e-13, atol=1e-16)
    assert f"{trace.loss:.6f}" == {"sample": "0.410762", "batch": "0.609476"}[name]
