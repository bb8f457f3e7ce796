"""What a gradient check says: mistakes, kinks, rounding, samples of large networks, what does not fit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule.check.gradients.check as module
from chainrule.catalog.losses import LOSSES
from chainrule.check.gradients import GradientReport, check_gradients
from chainrule.check.report import LINES, agreeing_digits
from chainrule.errors import ChainruleError, ShapeError, UsageError
from chainrule.expr import Node, contract, rename
from chainrule.network import Dense, NetworkDefinition
from chainrule.primitives import PRIMITIVES
from chainrule.program import Program, build
from chainrule.sentences import CATALOGUE, speaking
from network_table import network


def small(**settings: Any) -> NetworkDefinition:
    return NetworkDefinition(2, (Dense(3, "tanh"), Dense(2, "softmax")), **settings)


# Mistakes


def with_partial(monkeypatch: pytest.MonkeyPatch, name: str, partials: Callable[..., Any]) -> None:
    monkeypatch.setitem(PRIMITIVES, name, dataclasses.replace(PRIMITIVES[name], partials=partials))


@pytest.mark.parametrize(
    ("name", "partials"),
    [
        ("tanh", lambda y, a: (y**2 - 1,)),
        ("tanh", lambda y, a: (1 - y,)),
        ("tanh", lambda y, a: (1,)),
        ("tanh", lambda y, a: (1.000001 * (1 - y**2),)),
    ],
    ids=["sign", "power", "missing", "factor"],
)
def test_a_wrong_local_derivative(
    monkeypatch: pytest.MonkeyPatch, name: str, partials: Callable[..., Any]
) -> None:
    """It spoils the layer before it, and that alone."""
    assert check_gradients(small()).ok
    with_partial(monkeypatch, name, partials)
    report = check_gradients(small())
    assert not report.ok
    assert [name for name, p in report.parameters.items() if not p.ok] == ["W1", "b1"]
    assert report.worst_relative_error > 1e-7


def with_line(monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Node], Node]) -> None:
    """The program with one line's expression changed."""

    def wrong(*args: Any, **kwargs: Any) -> Program:
        program = build(*args, **kwargs)
        lines = tuple(
            dataclasses.replace(line, expr=change(line.expr))
            if line.name == name and line.role in ("gradient", "error")
            else line
            for line in program.lines
        )
        return dataclasses.replace(program, lines=lines)

    monkeypatch.setattr(module, "build", wrong)


def transposed(gradient: Node) -> Node:
    row, column = gradient.dims
    return contract([row, column], rename(gradient, {row: column, column: row}))


@pytest.mark.parametrize(
    ("line", "change", "named"),
    [
        ("dW2", lambda g: -g, ["W2"]),
        ("dW2", lambda g: 5 * g, ["W2"]),
        ("db1", lambda g: g + 1e-6, ["b1"]),
        ("dW1", transposed, ["W1"]),
        ("delta2", lambda g: 2 * g, ["W2", "b2", "W1", "b1"]),
        ("delta1", lambda g: -g, ["W1", "b1"]),
    ],
)
def test_a_wrong_line(
    monkeypatch: pytest.MonkeyPatch, line: str, change: Callable[[Node], Node], named: list[str]
) -> None:
    with_line(monkeypatch, line, change)
    net = network("square", 2, "tanh", "softmax")
    report = check_gradients(net)
    assert sorted(name for name, p in report.parameters.items() if not p.ok) == sorted(named)


def test_a_missing_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient without the penalty's term."""
    plain = {line.name: line.expr for line in build(small()).lines if line.role == "gradient"}
    with_line(monkeypatch, "dW1", lambda _: plain["dW1"])
    report = check_gradients(small(penalties={"l2": 0.1}))
    assert [name for name, p in report.parameters.items() if not p.ok] == ["W1"]


@pytest.mark.parametrize("place", [(0, 0), (2, 1), (1, 0)])
def test_one_wrong_entry_is_named(monkeypatch: pytest.MonkeyPatch, place: tuple[int, int]) -> None:
    true_gradients = module.NumpyEngine.gradients

    def wrong(*args: Any) -> tuple[float, dict[str, Any]]:
        J, gradients = true_gradients(*args)
        gradients["W1"][place] += 1e-4
        return J, gradients

    monkeypatch.setattr(module.NumpyEngine, "gradients", wrong)
    report = check_gradients(small())
    assert report.parameters["W1"].worst_index == place
    derived, numeric = report.parameters["W1"].derived, report.parameters["W1"].numeric
    assert derived is not None
    assert numeric is not None
    assert derived - numeric == pytest.approx(1e-4, rel=1e-6)
    assert [name for name, p in report.parameters.items() if not p.ok] == ["W1"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    true_gradients = module.NumpyEngine.gradients

    def wrong(*args: Any) -> tuple[float, dict[str, Any]]:
        J, gradients = true_gradients(*args)
        gradients["b2"][1] = value
        return J, gradients

    monkeypatch.setattr(module.NumpyEngine, "gradients", wrong)
    report = check_gradients(small())
    assert not report.ok
    assert report.parameters["b2"].relative_error == 1.0
    assert report.parameters["b2"].worst_index == (1,)
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["parameters"]["b2"]["derived"] is None


# Kinks


def one_weight(activation: str, w: float, b: float, **settings: Any) -> GradientReport:
    """a = g(w x + b), one input, checked at the single sample x = 2, y = 1."""
    net = NetworkDefinition(1, (Dense(1, activation),), **settings)
    return check_gradients(net, [[2.0]], [[1.0]], {"W1": [[w]], "b1": [b]})


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs(x)", "max(x, -x)", "x * (x > 0)"])
def test_a_kink_is_reported_as_a_kink(activation: str) -> None:
    at, off = one_weight(activation, 1.0, -2.0), one_weight(activation, 1.0, -1.9)
    assert [p.kinks for p in at.parameters.values()] == [1, 1]
    assert [p.checked for p in at.parameters.values()] == [0, 0]
    assert at.ok
    assert at.parameters["W1"].worst_index is None
    assert str(at).startswith(CATALOGUE["check.nothing"][0])
    assert [p.kinks for p in off.parameters.values()] == [0, 0]
    assert off.ok


@pytest.mark.parametrize("loss", ["mean_absolute_error", "huber"])
def test_the_kink_of_a_loss(loss: str) -> None:
    """|e| at e = 0; Huber's where |e| reaches the threshold 1 (and none at e = 0 but the one in |e|)."""
    error = 0.0 if loss == "mean_absolute_error" else 1.0
    report = one_weight("identity", 0.5, error, loss=loss)
    assert [p.kinks for p in report.parameters.values()] == [1, 1]


def test_the_kink_of_a_penalty() -> None:
    net = small(penalties={"l1": 0.1})
    values = {"W1": [[0.0, 1], [2, 3], [-1, 0.0]], "b1": [0.0, 0, 0], "W2": np.ones((2, 3)), "b2": [0.0, 0]}
    report = check_gradients(net, parameters=values)
    assert report.ok
    assert {name: p.kinks for name, p in report.parameters.items()} == {"W1": 2, "b1": 0, "W2": 0, "b2": 0}
    assert report.parameters["W1"].checked == 4


def test_a_kink_of_one_sample_among_many() -> None:
    """Only the weights that move the sample's unit are left out."""
    net = NetworkDefinition(2, (Dense(2, "relu"), Dense(1, "identity")))
    values = {"W1": [[1.0, 0.5], [0.3, 0.7]], "b1": [0.1, 0.2], "W2": [[0.4, 0.6]], "b2": [0.0]}
    x = np.array([[1.0, 2], [0.1, -0.4], [2, 1]])  # unit 1 of sample 2: 0.1 - 0.2 + 0.1 = 0
    report = check_gradients(net, x, [1.0, 2, 3], values)
    assert report.ok
    assert {name: p.kinks for name, p in report.parameters.items()} == {"W1": 2, "b1": 1, "W2": 0, "b2": 0}


def test_near_a_kink_the_width_shrinks() -> None:
    """1e-4 from relu's kink: within the first widths, outside the later ones."""
    report = one_weight("relu", 1.0, -2.0001)
    assert [p.kinks for p in report.parameters.values()] == [0, 0]
    assert report.ok


def test_a_mistake_beside_a_kink_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with_partial(monkeypatch, "maximum", lambda y, a, b: (1, None))
    report = check_gradients(network("one", 1, "relu", "identity"))
    assert not report.ok


def test_dead_units_have_gradient_0() -> None:
    report = one_weight("relu", -1.0, -1.0)
    assert report.worst_relative_error == 0
    assert report.ok


# Rounding, steepness, size


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 30.0, 1e3])
def test_steep_and_flat_inputs(scale: float) -> None:
    """The width follows how strongly the loss bends, whatever the scale of the inputs."""
    net = network("one", 1, "tanh", "identity")
    x = scale * np.random.default_rng(0).standard_normal((5, 2))
    report = check_gradients(net, x)
    assert report.ok, report


@pytest.mark.parametrize("scale", [1e3, 1e8])
def test_large_parameters(scale: float) -> None:
    net = NetworkDefinition(1, (Dense(1, "identity"),))
    report = check_gradients(net, [[1.0], [2.0]], [1.0, 2.0], {"W1": [[scale]], "b1": [0.3]})
    assert report.ok, report
    assert report.parameters["W1"].relative_error < 1e-7


def test_float_noise_is_no_mistake() -> None:
    """Saturated outputs: the gradient, 1e-20, is below what a difference of two losses can show."""
    net = NetworkDefinition(1, (Dense(1, "sigmoid"),), "half_squared_error")
    report = check_gradients(net, [[1.0]], [[0.0]], {"W1": [[23.0]], "b1": [23.0]})
    assert report.parameters["W1"].derived == pytest.approx(np.exp(-46), rel=1e-6)
    assert report.ok
    assert report.worst_relative_error == 0


def test_a_difference_within_rounding_is_said_to_be_that() -> None:
    """A penalty of 5e7 leaves 1e-9 of the loss's digits for the bias."""
    net = NetworkDefinition(1, (Dense(1, "tanh"),), penalties={"l2": 1.0})
    report = check_gradients(net, [[1e-4]], [[0.3]], {"W1": [[1e4]], "b1": [0.2]})
    bias = report.parameters["b1"]
    assert bias.relative_error > 1e-7
    assert bias.ok
    assert report.ok
    with speaking("en"):
        assert CATALOGUE["check.rounding"][0] in str(report)


@pytest.mark.parametrize("far", [0.0, 0.1, 1.1, 10.0])
def test_a_network_that_learned_its_samples_well_has_no_mistake(far: float) -> None:
    """J, 1e-6, is the difference of numbers near `far` times 90, whose rounding is all that can be seen."""
    net = NetworkDefinition(2, (Dense(2, "softmax"),))
    w = {"W1": [[2.0, far], [-2.0, far]], "b1": [0.1, -0.1]}
    report = check_gradients(net, [[3.1, 90.0], [3.2, 90.0], [3.3, 91.0]], [0, 0, 0], w)
    assert report.ok, report
    assert (report.worst_relative_error > 1e-7) == (far > 1)


def test_a_small_network_is_checked_entry_by_entry() -> None:
    report = check_gradients(NetworkDefinition(30, (Dense(20, "tanh"), Dense(3, "softmax"))))
    assert all(p.checked == p.entries for p in report.parameters.values())
    assert all(p.direction_error is None for p in report.parameters.values())
    assert [note for note in report.notes if "digits" not in note] == []


LARGE = NetworkDefinition(30, (Dense(20, "tanh"), Dense(3, "softmax")))


def test_a_large_network_is_sampled_and_moved_along_directions() -> None:
    report = check_gradients(LARGE, most=43)
    assert {n: (p.checked, p.entries) for n, p in report.parameters.items()} == {
        "W1": (14, 600),
        "b1": (13, 20),
        "W2": (13, 60),
        "b2": (3, 3),
    }
    errors = {name: p.direction_error for name, p in report.parameters.items()}
    assert errors.pop("b2") is None
    assert all(error is not None and error < 1e-7 for error in errors.values())
    assert report.to_dict() == check_gradients(LARGE, most=43).to_dict()
    other = check_gradients(LARGE, most=43, seed=1)
    assert other.parameters["W1"].worst_index != report.parameters["W1"].worst_index
    with speaking("en"):
        assert "13 of 60" in str(report)
        assert "43 of 683" in report.notes[0]


def with_gradient(monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Any], Any]) -> None:
    """An engine that gets the gradient of one parameter wrong."""
    true_gradients = module.NumpyEngine.gradients

    def wrong(*args: Any) -> tuple[float, dict[str, Any]]:
        J, gradients = true_gradients(*args)
        return J, gradients | {name: change(gradients[name])}

    monkeypatch.setattr(module.NumpyEngine, "gradients", wrong)


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_a_direction_finds_a_wrong_entry_that_was_not_drawn(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One entry is drawn in all; a wrong one that is not it is found by a direction."""
    drawn = check_gradients(LARGE, most=1).parameters[name].worst_index
    size = check_gradients(LARGE).parameters[name].entries
    shape = {"W1": (20, 30), "b1": (20,), "W2": (3, 20), "b2": (3,)}[name]
    for number in range(0, size, max(1, size // 5)):
        place = np.unravel_index(number, shape)
        if drawn == place:
            continue

        def one_wrong(gradient: Any, place: Any = place) -> Any:
            gradient[place] += 1e-4
            return gradient

        with monkeypatch.context() as patch:
            with_gradient(patch, name, one_wrong)
            report = check_gradients(LARGE, most=1)
        assert [key for key, p in report.parameters.items() if not p.ok] == [name]


def test_a_direction_measures_the_error_of_the_whole_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """-g for g: ||-2g|| / 2||g|| = 1, in the mean over directions."""
    with_gradient(monkeypatch, "W1", lambda g: -g)
    found = [check_gradients(LARGE, most=2, seed=seed).parameters["W1"] for seed in range(30)]
    assert not any(p.ok for p in found)
    errors = [p.direction_error for p in found if p.direction_error is not None]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(1, abs=0.35)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_direction_sees_what_is_not_finite(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    def spoilt(gradient: Any) -> Any:
        gradient.flat[-1] = value
        return gradient

    with_gradient(monkeypatch, "W1", spoilt)
    report = check_gradients(LARGE, most=4)
    assert [name for name, p in report.parameters.items() if not p.ok] == ["W1"]
    json.dumps(report.to_dict(), allow_nan=False)


def test_a_direction_across_a_kink_says_nothing() -> None:
    net = NetworkDefinition(1, (Dense(4, "relu"), Dense(1, "identity")))
    values = {"W1": np.ones((4, 1)), "b1": -2 * np.ones(4), "W2": np.ones((1, 4)), "b2": np.zeros(1)}
    report = check_gradients(net, [[2.0]], [[1.0]], values, most=4)
    assert report.ok
    assert report.parameters["W1"].direction_error is None
    with speaking("en"):
        assert "on the random direction of dW1, db1" in report.notes[1]


DEEP = NetworkDefinition(2, (*[Dense(2, "softplus")] * 60, Dense(2, "identity")))


def moved_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the network were so deep that few derivatives can be had."""
    monkeypatch.setattr(module, "_affordable", lambda program: 10)


def test_parameters_of_a_very_deep_network_are_moved_together(monkeypatch: pytest.MonkeyPatch) -> None:
    moved_together(monkeypatch)
    told: list[tuple[int, int]] = []
    report = check_gradients(DEEP, progress=lambda done, total: told.append((done, total)))
    assert report.ok
    assert sum(p.checked for p in report.parameters.values()) == 10
    assert all(p.direction_error is not None for p in report.parameters.values())
    assert told == [(i, told[0][1]) for i in range(1, len(told) + 1)]
    assert len(told) == told[0][1] < 60
    assert len(report.shown) == LINES
    with speaking("en"):
        assert "82 more" in report.notes[0]


@pytest.mark.parametrize("name", ["W61", "b60", "W55", "b50"])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 1.01])
def test_which_of_them_is_wrong_is_found_out(
    monkeypatch: pytest.MonkeyPatch, name: str, factor: float
) -> None:
    moved_together(monkeypatch)
    with_gradient(monkeypatch, name, lambda g: factor * g)
    report = check_gradients(DEEP)
    assert [key for key, p in report.parameters.items() if not p.ok] == [name]
    assert name in report.shown


# Targets


@pytest.mark.parametrize("loss", LOSSES.names())
def test_the_targets_drawn_suit_the_loss(loss: str) -> None:
    output = (LOSSES[loss].fits or ("identity",))[0]
    net = NetworkDefinition(2, (Dense(3, output),), loss)
    report = check_gradients(net)
    assert report.ok
    assert report.worst_relative_error < 1e-9


def test_soft_targets_and_targets_that_do_not_sum_to_1() -> None:
    for y in ([[0.2, 0.8], [0.5, 0.5]], [[0.2, 0.3], [2.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]):
        report = check_gradients(small(), [[1.0, 2.0], [0.5, -1.0]], y)
        assert report.worst_relative_error < 1e-9


def test_class_numbers_are_one_hot_targets() -> None:
    x = [[1.0, 2.0], [0.5, -1.0], [0.0, 1.0]]
    labels, one_hot = (
        check_gradients(small(), x, [0, 1, 1]),
        check_gradients(small(), x, np.eye(2)[[0, 1, 1]]),
    )
    assert labels == one_hot


def test_a_learning_rule_is_explained() -> None:
    net = NetworkDefinition(2, (Dense(2, "step"),))
    report = check_gradients(net)
    assert report.ok
    assert report.learning_rule == 1
    assert "Rosenblatt" in str(report)
    assert check_gradients(small()).learning_rule is None


# The report


def test_json() -> None:
    table = json.loads(json.dumps(check_gradients(small()).to_dict(), allow_nan=False))
    assert table["ok"] is True
    assert 0 < table["worst_relative_error"] < 1e-7
    assert list(table["parameters"]) == ["W1", "b1", "W2", "b2"]
    weight = table["parameters"]["W1"]
    assert {"relative_error", "worst_index", "kinks"} <= weight.keys()
    assert weight["kinks"] == 0
    assert len(weight["worst_index"]) == 2
    assert table["worst_relative_error"] == max(p["relative_error"] for p in table["parameters"].values())


def test_agreeing_digits() -> None:
    """As the source asks: of numbers that differ by a millionth of themselves, six digits agree."""
    assert [agreeing_digits(error) for error in (0.5, 1.0, 0.4e-4, 0.6e-6, 0.4e-6, 1e-20)] == [
        0,
        0,
        4,
        5,
        6,
        15,
    ]
    report = check_gradients(small())
    assert report.digits == min(p.digits for p in report.parameters.values() if p.digits is not None)
    assert 8 <= report.digits <= 15
    table = report.to_dict()
    assert table["digits"] == report.digits
    assert table["parameters"]["W1"]["digits"] == report.parameters["W1"].digits
    with speaking("en"):
        assert f"agree in every gradient: {report.digits} " in report.notes[-1]
        assert f"agreeing digits {report.parameters['W1'].digits}," in str(report)


@pytest.mark.parametrize("digits", [2, 5, 7])
def test_a_gradient_that_agrees_in_some_digits_only(monkeypatch: pytest.MonkeyPatch, digits: int) -> None:
    with_gradient(monkeypatch, "W1", lambda g: g * (1 + 0.5 * 10.0**-digits))
    report = check_gradients(small())
    assert report.parameters["W1"].digits == digits
    assert report.ok == (digits == 7)


def test_digits_that_rounding_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradients of the first of sixty layers are small beside the loss."""
    moved_together(monkeypatch)
    report = check_gradients(DEEP)
    assert report.ok
    few = [name for name, p in report.parameters.items() if p.digits is not None and p.digits < 4]
    assert few
    with speaking("en"):
        assert ", ".join(f"d{name}" for name in few) in report.notes[-1]


def test_relative_error_is_the_norms_quotient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times too large everywhere: |3g - g| / (|3g| + |g|) = 1/2."""
    with_line(monkeypatch, "dW1", lambda g: 3 * g)
    assert check_gradients(small()).parameters["W1"].relative_error == pytest.approx(0.5, abs=1e-9)


def test_text_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    right = check_gradients(small())
    with speaking("en"):
        assert "agree" in str(right)
        assert "dW1: relative error" in str(right)
    with speaking("zh"):
        assert "一致" in str(right)
        assert "dW1：相对误差" in str(right)
    with_line(monkeypatch, "dW1", lambda g: -g)
    wrong = check_gradients(small())
    with speaking("en"):
        assert str(wrong).startswith("The derived gradients disagree with finite differences in dW1 ")
    with speaking("zh"):
        assert str(wrong).startswith("推导出的梯度与有限差分不一致：dW1（")


def test_parameters_given_are_left_as_they_were() -> None:
    values = {"W1": np.ones((3, 2)), "b1": np.ones(3), "W2": np.ones((2, 3)), "b2": np.ones(2)}
    check_gradients(small(), parameters=values)
    assert all(np.all(v == 1) for v in values.values())


GOOD = {"W1": np.ones((3, 2)), "b1": np.ones(3), "W2": np.ones((2, 3)), "b2": np.ones(2)}


@pytest.mark.parametrize(
    ("given", "error", "key"),
    [
        ({"x": np.ones((4, 3))}, ShapeError, "check.shape"),
        ({"x": np.ones(2)}, ShapeError, "check.shape"),
        ({"x": np.ones((0, 2))}, ShapeError, "check.shape"),
        ({"x": [[1.0, np.nan]]}, ShapeError, "check.no_numbers"),
        ({"x": [["a", "b"]]}, ShapeError, "check.no_numbers"),
        ({"x": [[1.0], [1.0, 2.0]]}, ShapeError, "check.no_numbers"),
        ({"x": np.ones((4, 2)), "y": np.ones((3, 2))}, ShapeError, "check.shape"),
        ({"y": np.ones((3, 3))}, ShapeError, "check.shape"),
        ({"y": [0, 1, 2]}, ShapeError, "check.labels"),
        ({"y": [0.5, 1, 0]}, ShapeError, "check.labels"),
        ({"parameters": {**GOOD, "W1": np.ones((2, 3))}}, ShapeError, "check.shape"),
        ({"parameters": {**GOOD, "W9": np.ones(1)}}, ShapeError, "check.parameters"),
        ({"parameters": {}}, ShapeError, "check.parameters"),
        ({"parameters": {**GOOD, "b1": [1, 2, np.inf]}}, ShapeError, "check.no_numbers"),
        ({"most": 0}, UsageError, "check.most"),
        ({"most": True}, UsageError, "check.most"),
        ({"parameters": {**GOOD, "W2": 1e308 * GOOD["W2"]}}, UsageError, "check.not_finite"),
    ],
)
def test_what_does_not_fit(given: dict[str, Any], error: type[ChainruleError], key: str) -> None:
    with pytest.raises(error) as caught:
        check_gradients(small(), **given)
    assert caught.value.key == key
    for language in ("en", "zh"):
        with speaking(language):
            assert str(caught.value)
