"""How a user's function may be written, how it may behave, and what is said of either."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.check.function import FunctionReport
from chainrule.errors import UsageError
from chainrule.sentences import speaking

RNG = np.random.default_rng(0)
W, X, T = RNG.normal(size=(3, 2)), RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))
w, y = W[:, 0].copy(), T[:, 0].copy()


def squares(W: Any, X: Any, T: Any) -> tuple[Any, Any]:
    """Half the sum of squares of a linear layer, and its gradient."""
    error = X @ W - T
    return 0.5 * np.sum(error**2), X.T @ error


def codes(report: FunctionReport) -> list[str]:
    return [each.code for each in report.diagnosis]


@pytest.fixture(autouse=True)
def _english() -> Any:
    with speaking("en"):
        yield


# How it may be written


def test_the_report() -> None:
    report = cr.check_function(squares, W, X, T)
    assert report.ok
    assert list(report.parameters) == ["W"]
    assert report.parameters["W"].checked == 6
    assert report.digits is not None
    assert report.digits >= 8
    table = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert table["verdict"] == "correct"
    assert table["diagnosis"] == []
    assert table["parameters"]["W"]["relative_error"] == table["worst_relative_error"] < 1e-9
    assert str(report).startswith("Correct: ")
    wrong = cr.check_function(lambda W: (squares(W, X, T)[0], -squares(W, X, T)[1]), W)
    assert wrong.to_dict()["diagnosis"][0] == vars(wrong.diagnosis[0])
    assert (codes(wrong), wrong.diagnosis[0].suggestion) == (["sign"], "-dW")
    assert cr.check_function(squares, W, X, T, lang="zh").sentence.startswith("正确")


FORMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "keywords": (lambda *, W, X: squares(W, X, T), ()),
    "dictionary": (lambda p: (squares(p["W"], X, T)[0], {"W": squares(p["W"], X, T)[1]}), ({"W": W},)),
    "with d": (lambda p: (squares(p["W"], X, T)[0], {"dW": squares(p["W"], X, T)[1]}), ({"W": W},)),
    "grad_W": (lambda W: (squares(W, X, T)[0], {"grad_W": squares(W, X, T)[1], "cache": None}), (W,)),
    "list": (lambda p: (squares(p[0], X, T)[0], [squares(p[0], X, T)[1]]), ([W],)),
    "tuple": (lambda p: (squares(p[0], X, T)[0], (squares(p[0], X, T)[1],)), ((W,),)),
    "nested": (
        lambda p: (squares(p["a"]["W"], X, T)[0], {"W": squares(p["a"]["W"], X, T)[1]}),
        ({"a": {"W": W}},),
    ),
    "gradients first": (lambda W: squares(W, X, T)[::-1], (W,)),
    "loss of one by one": (lambda W: (np.array([[squares(W, X, T)[0]]]), squares(W, X, T)[1]), (W,)),
    "several arguments": (lambda *p: (squares(p[0], X, T)[0], squares(p[0], X, T)[1]), (W,)),
    "rows of numbers": (
        lambda v: (sum(a**2 for r in v for a in r), [[2 * a for a in r] for r in v]),
        (W.tolist(),),
    ),
    "whole numbers": (lambda v: (v[0] ** 2 * v[1], [2 * v[0] * v[1], v[0] ** 2]), ([1, 2],)),
    "a number": (lambda v: (v**3, 3 * v**2), (2,)),
    "float32": (lambda v: (np.sum(v**2), 2 * v), (W.astype(np.float32),)),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_functions(form: str) -> None:
    function, arguments = FORMS[form]
    named = {} if arguments else {"W": W, "X": X}
    report = cr.check_function(function, *arguments, **named)
    assert report.ok, report
    assert sum(p.checked for p in report.parameters.values()) > 0


def test_a_bias_as_a_row_may_have_a_flat_gradient() -> None:
    """b - lr * db comes to the same; not so where b is flat and db is a row."""

    def loss(b: Any) -> Any:
        return np.sum((X @ W + b) ** 2), 2 * np.sum(X @ W + b, axis=0)

    assert cr.check_function(loss, RNG.normal(size=(1, 2))).ok
    row = cr.check_function(lambda b: (loss(b)[0], loss(b)[1][None]), RNG.normal(size=2))
    assert codes(row) == ["shape"]


def test_names_in_the_return_statement_tell_the_parameters() -> None:
    def loss(X: Any, T: Any, W: Any, b: Any) -> Any:
        error = X @ W + b - T
        db, dW = error.sum(axis=0), X.T @ error
        return 0.5 * np.sum(error**2), db, dW

    report = cr.check_function(loss, X, T, W, W[0])
    assert report.ok
    assert list(report.parameters) == ["b", "W"]


def test_the_parameters_can_be_named() -> None:
    def loss(data: Any, other: Any) -> Any:
        return float(np.sum(data * other)), data

    assert list(cr.check_function(loss, w, y[:3]).parameters) == ["data"]
    assert not cr.check_function(loss, w, y[:3]).ok
    report = cr.check_function(loss, w, y[:3], of=["other"])
    assert report.ok
    assert list(report.parameters) == ["other"]


def test_two_functions() -> None:
    def loss(W: Any, X: Any, T: Any) -> Any:
        return squares(W, X, T)[0]

    def gradient(X: Any, W: Any, T: Any) -> Any:
        return squares(W, X, T)[1]

    assert cr.check_function(loss, W, X, T, gradient=gradient).ok
    assert cr.check_function(lambda x: float(x @ x), w, gradient=lambda z: 2 * z).ok
    assert not cr.check_function(lambda x: float(x @ x), w, gradient=lambda z: 3 * z).ok


def test_forward_and_backward_with_a_cache() -> None:
    def forward(X: Any, parameters: Any) -> Any:
        A = np.tanh(X @ parameters["W"])
        return float(np.sum(A)), (X, A)

    def backward(cache: Any) -> Any:
        X, A = cache
        return {"dA": np.ones_like(A), "dW": X.T @ (1 - A**2)}

    assert cr.check_function(forward, X, {"W": W}, gradient=backward).ok

    def layer(x: Any) -> Any:
        return np.tanh(x)

    assert cr.check_function(layer, w, gradient=lambda dout, x: dout * (1 - np.tanh(x) ** 2)).ok
    assert not cr.check_function(layer, w, gradient=lambda dout, x: dout * (1 - x**2)).ok


class Layered:
    """A network whose layers share its parameters, as objects often do."""

    def __init__(self) -> None:
        self.params = {"W": W.copy(), "b": W[0].copy()}
        self.shared = self.params["W"]

    def loss(self, X: Any, T: Any) -> Any:
        return 0.5 * np.sum((X @ self.shared + self.params["b"] - T) ** 2)

    def gradient(self, X: Any, T: Any) -> Any:
        error = X @ self.shared + self.params["b"] - T
        return {"W": X.T @ error, "b": error.sum(axis=0)}

    def step(self, X: Any, T: Any) -> Any:
        gradients = self.gradient(X, T)
        self.params["b"] -= 0.1 * gradients["b"]
        return self.loss(X, T), gradients


def test_an_object_with_parameters() -> None:
    net = Layered()
    report = cr.check_function(net.loss, X, T, gradient=net.gradient)
    assert report.ok, report
    assert set(report.parameters) == {"W", "b"}
    assert np.array_equal(net.params["W"], W)
    assert net.params["W"] is net.shared


def test_an_object_that_moves_its_own_parameters() -> None:
    net = Layered()
    report = cr.check_function(net.step, X, T)
    assert codes(report)[0] == "mutation"
    assert np.array_equal(net.params["b"], W[0])


# How it may behave


def test_arguments_are_left_as_they_are() -> None:
    def changing(W: Any, X: Any, labels: Any) -> Any:
        result = squares(W, X, T)
        W *= 2
        X[0] = 0
        labels.append(1)
        return result

    given = W.copy(), X.copy(), [0, 1]
    report = cr.check_function(changing, *given)
    assert np.array_equal(given[0], W)
    assert np.array_equal(given[1], X)
    assert given[2] == [0, 1]
    assert codes(report) == ["mutation"] * 3
    assert [each.suggestion for each in report.diagnosis] == [
        f"{n} = {n}.copy()" for n in ("W", "X", "labels")
    ]
    assert ["line" in each.message for each in report.diagnosis] == [True] * 3


def test_random_numbers_of_either_kind() -> None:
    def numpys(W: Any) -> Any:
        mask = np.random.rand(*W.shape) < 0.5
        return np.sum((mask * W) ** 2), 2 * mask * W

    def pythons(W: Any) -> Any:
        scale = random.random()
        return scale * np.sum(W**2), 2 * scale * W

    def own(W: Any) -> Any:
        scale = np.random.default_rng().normal()
        return scale * np.sum(W**2), 2 * scale * W

    reports = [cr.check_function(f, W) for f in (numpys, pythons, own)]
    assert [codes(report) for report in reports] == [["random"]] * 3
    assert [bool(report.parameters) for report in reports] == [True, True, False]
    assert all(p.ok for report in reports for p in report.parameters.values())
    again = cr.check_function(lambda W: (numpys(W)[0], 2 * numpys(W)[1]), W)
    assert codes(again)[0] == "random"


def test_what_is_kept_between_calls() -> None:
    calls: list[int] = []

    def growing(W: Any) -> Any:
        calls.append(1)
        return np.sum(W**2), 2 * len(calls) * W

    def counting(W: Any) -> Any:
        calls.append(1)
        return len(calls) * np.sum(W**2), 2 * len(calls) * W

    for function in (growing, counting):
        report = cr.check_function(function, W)
        assert codes(report) == ["state"]
        assert report.parameters == {}
    assert "different gradients" in cr.check_function(growing, W).diagnosis[0].message
    assert "different losses" in cr.check_function(counting, W).diagnosis[0].message


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        (lambda W: ((X @ W) ** 2, W), "loss_shape"),
        (lambda W: (np.sum(W) + 1j, W), "complex"),
        (lambda W: (np.sum(np.log(W)), W), "not_finite"),
        (lambda W: (np.inf, W), "not_finite"),
        (lambda W: (np.sum(W**2), 2 * W + 1j), "complex"),
        (lambda W: (np.sum(W**2), np.log(W)), "not_finite"),
        (lambda W: (np.sum(W**2), (None,)), "missing_gradient"),
        (lambda W: (np.sum(W**2), {"W": "2 W"}), "shape"),
        (lambda W: (np.sum(W**2), np.round(2 * W).astype(int)), "precision"),
        (lambda W: (3.0, W), "independent"),
        (lambda W: (np.sum(W**2), 2 * W.sum()), "wrong_axis"),
        (lambda W: (np.sum(W**2), 2 * W.ravel()), "shape"),
        (lambda W: (np.sum(W**2), (2 * W).T), "transpose"),
        (lambda W: (np.sum(W**2), np.ones((7, 7))), "shape"),
        (lambda W: (np.sum(W**2), np.stack([W, W])), "missing_sum"),
        (lambda W: (np.sum(np.sin(W)), 0.73 * np.cos(W)), "scale"),
        (lambda W: (np.sum(W**3), 3 * W), "unknown"),
        (lambda W: (np.sum(np.exp(W)), np.exp(W) + 0.3 * W), "wrong_penalty"),
        (lambda W: (np.sum(np.exp(W)) + 0.2 * np.sum(W**2), np.exp(W)), "missing_penalty"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong(loss: Callable[[Any], Any], code: str) -> None:
    report = cr.check_function(loss, W)
    assert report.verdict == "wrong"
    assert codes(report) == [code], report
    json.dumps(report.to_dict(), allow_nan=False)


def test_a_loss_that_does_not_depend_on_a_parameter_may_say_so() -> None:
    report = cr.check_function(lambda W, b: (np.sum(W**2), 2 * W, 0 * b), W, w)
    assert report.ok
    assert "does not change with b" in " ".join(report.notes)


def test_a_gradient_left_out_of_a_dictionary() -> None:
    report = cr.check_function(
        lambda p: (np.sum(p["W"] ** 2 * p["b"]), {"W": 2 * p["W"] * p["b"]}), {"W": W, "b": W[0]}
    )
    assert codes(report) == ["missing_gradient"]
    assert "b" in report.diagnosis[0].message


# Kinks, precision, size


def relu_loss(w: Any, slope: float) -> tuple[float, Any]:
    """The sum of relus; the slope at 0 is what the gradient says."""
    return float(np.maximum(w, 0).sum()), np.where(w == 0, slope, w > 0)


@pytest.mark.parametrize(
    ("slope", "ok"), [(0.0, True), (1.0, True), (0.5, True), (-0.5, False), (2.0, False)]
)
def test_at_a_kink_any_slope_between_those_of_the_sides_is_right(slope: float, ok: bool) -> None:
    report = cr.check_function(lambda w: relu_loss(w, slope), np.array([0.5, 0.0, -1.0]))
    assert report.ok == ok, report
    assert report.parameters["w"].kinks == ok
    if ok:
        assert "Kinks left out: 1" in " ".join(report.notes)
    else:
        assert report.parameters["w"].worst_index == (1,)


@pytest.mark.parametrize("distance", [1e-3, 1e-4, 1e-5])
def test_a_kink_near_by_hides_no_mistake(distance: float) -> None:
    point = np.array([distance, -distance])
    assert cr.check_function(lambda w: relu_loss(w, 0), point).ok
    assert not cr.check_function(lambda w: (relu_loss(w, 0)[0], 1 + 0 * w), point).ok


def test_single_precision_is_named_and_not_blamed() -> None:
    def single(W: Any) -> Any:
        loss, gradient = squares(W.astype(np.float32), X.astype(np.float32), T.astype(np.float32))
        return np.float32(loss), gradient

    report = cr.check_function(single, W)
    assert report.ok
    assert "float32" in report.notes[0]
    assert codes(cr.check_function(lambda W: (single(W)[0], -single(W)[1]), W)) == ["sign"]
    assert codes(cr.check_function(lambda W: (single(W)[0], single(W)[1] / 5), W)) == ["scale"]


LARGE = RNG.normal(size=(60, 40))


def test_a_large_parameter_is_sampled_and_moved_along_a_direction() -> None:
    def right(W: Any) -> Any:
        return np.sum(np.sin(W)), np.cos(W)

    def one_wrong(W: Any) -> Any:
        gradient = np.cos(W)
        gradient[17, 23] += 0.1
        return np.sum(np.sin(W)), gradient

    report = cr.check_function(right, LARGE, most=20)
    assert report.ok
    assert report.parameters["W"].checked == 20
    assert report.parameters["W"].direction_error is not None
    assert "20 of 2,400" in " ".join(report.notes)
    wrong = cr.check_function(one_wrong, LARGE, most=20)
    assert codes(wrong) == ["unknown"]
    assert "not compared one by one" in wrong.diagnosis[0].message
    assert cr.check_function(right, LARGE).parameters["W"].checked <= 300


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_steps_suit_the_size_of_numbers(scale: float) -> None:
    def loss(w: Any) -> Any:
        return float(np.sum((w / scale) ** 4)), 4 * (w / scale) ** 3 / scale

    assert cr.check_function(loss, scale * w).ok


# Penalties and means


def softmax(W: Any, X: Any, y: Any, reg: float, mistake: str) -> tuple[float, Any]:
    m = len(y)
    e = np.exp(X @ W - (X @ W).max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(m), y]))
    if mistake != "penalty_not_in_loss":
        loss += 0.5 * reg * np.sum(W**2)
    delta = p.copy()
    delta[np.arange(m), y] -= 1
    part = X.T @ delta / m
    penalty = reg * W
    return float(loss), {
        "none": part + penalty,
        "sum": part * m + penalty,
        "twice": part / m + penalty,
        "sign": -part - penalty,
        "sign_of_data": -part + penalty,
        "double": 2 * (part + penalty),
        "no_penalty": part,
        "half_penalty": part + penalty / 2,
        "penalty_over_m": part + penalty / m,
        "minus_penalty": part - penalty,
        "penalty_not_in_loss": part + penalty,
        "sum_without_penalty": part * m,
        "extra": X.T @ (delta * p * (1 - p)) / m + penalty,
        "first": X[:1].T @ delta[:1] / m + penalty,
        "last": X[-1:].T @ delta[-1:] + penalty,
    }[mistake]


EXPECTED = {
    "sum": ["missing_mean"],
    "twice": ["extra_mean"],
    "sign": ["sign"],
    "sign_of_data": ["sign"],
    "double": ["scale"],
    "no_penalty": ["missing_penalty"],
    "half_penalty": ["wrong_penalty"],
    "penalty_over_m": ["wrong_penalty"],
    "minus_penalty": ["wrong_penalty"],
    "penalty_not_in_loss": ["wrong_penalty"],
    "sum_without_penalty": ["missing_penalty", "missing_mean"],
    "extra": ["extra_derivative"],
    "first": ["missing_sum"],
    "last": ["missing_sum"],
}


@pytest.mark.parametrize("sizes", [(6, 4, 3), (3, 4, 3), (5, 5, 3), (7, 2, 2), (4, 4, 4)], ids=str)
@pytest.mark.parametrize("mistake", ["none", *EXPECTED])
def test_mistakes_with_means_and_penalties(mistake: str, sizes: tuple[int, int, int]) -> None:
    m, d, k = sizes
    rng = np.random.default_rng(m + 10 * d)
    function = functools.partial(softmax, mistake=mistake)
    report = cr.check_function(
        function, rng.normal(size=(d, k)), rng.normal(size=(m, d)), rng.integers(k, size=m), 0.3
    )
    assert codes(report) == EXPECTED.get(mistake, []), report


# What cannot be checked


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cr.check_function(3), "a function"),
        (
            lambda: cr.check_function(squares, W),
            "the arguments do not fit squares(W, X, T): missing a required",
        ),
        (
            lambda: cr.check_function(lambda W: 3.0, W),
            "must return the loss and the gradients, but it returns float",
        ),
        (lambda: cr.check_function(lambda W: (1.0, "W"), W), "not str"),
        (lambda: cr.check_function(lambda W: (1.0, {"V": W}), W), "the gradients V belong to none of"),
        (lambda: cr.check_function(lambda W: (1.0, W, W), W), "2 gradients are returned for 1 parameters"),
        (lambda: cr.check_function(squares, W, X, T, of=["V"]), "there is no parameter V"),
        (lambda: cr.check_function(lambda W: 1 / 0, W), "ZeroDivisionError"),
        (lambda: cr.check_function(squares, W, X.T, T), "test_function.py failed in line"),
        (lambda: cr.check_function(lambda x: 1.0, w, gradient=lambda a, b: a), "a, b"),
        (lambda: cr.check_function(squares, W, X, T, most=0), "most must be"),
    ],
)
def test_what_cannot_be_checked(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    assert said in str(caught.value)
    with speaking("zh"):
        assert str(caught.value)


def test_what_the_function_prints_is_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    def talking(W: Any) -> Any:
        print("called")  # noqa: T201 - as people's code does
        return np.sum(W**2), 2 * W

    assert cr.check_function(talking, W).ok
    out, err = capsys.readouterr()
    assert (out, err) == ("", "called\n")


# Parameters that are no arguments

A, B, STATE = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 1)), RNG.normal(size=(3, 1))


def recurrent(inputs: Any, h: Any) -> Any:
    """Two steps of a recurrent layer whose parameters are variables of the module; hands its state on."""
    states = [h]
    for x in inputs:
        states.append(np.tanh(A @ states[-1] + B * x))
    dA, dB, dh = np.zeros_like(A), np.zeros_like(B), np.ones_like(h)
    for t in range(len(inputs) - 1, -1, -1):
        raw = dh * (1 - states[t + 1] ** 2)
        dA += raw @ states[t].T
        dB += raw * inputs[t]
        dh = A.T @ raw
    return float(states[-1].sum()), dA, dB, states[-1]


def test_variables_of_the_module_are_parameters_where_gradients_are_named_after_them() -> None:
    before = A.copy(), B.copy()
    report = cr.check_function(recurrent, [0.3, -0.2], STATE)
    assert report.ok, report
    assert list(report.parameters) == ["A", "B"]
    assert np.array_equal(A, before[0])
    assert np.array_equal(B, before[1])


class Attributes:
    """A network with its weights as attributes, and gradients by a method of their own."""

    def __init__(self, factor: float) -> None:
        self.W1, self.W2, self.factor = W.copy(), RNG.normal(size=(2, 2)), factor

    def forward(self, X: Any) -> Any:
        self.a = np.tanh(X @ self.W1)
        return self.a @ self.W2

    def cost(self, X: Any, T: Any) -> Any:
        return 0.5 * np.sum((self.forward(X) - T) ** 2)

    def cost_prime(self, X: Any, T: Any) -> Any:
        error = self.forward(X) - T
        dJdW1 = X.T @ ((error @ self.W2.T) * (1 - self.a**2))
        dJdW2 = self.factor * self.a.T @ error
        return dJdW1, dJdW2


def test_attributes_of_an_object_are_parameters() -> None:
    for factor, expected in ((1, []), (-1, ["sign"])):
        net = Attributes(factor)
        report = cr.check_function(net.cost, X, T, gradient=net.cost_prime)
        assert codes(report) == expected
        assert list(report.parameters) == ["W1", "W2"]
        assert np.array_equal(net.W1, W)
