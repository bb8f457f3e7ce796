"""The chain rule: every word of the language against finite differences, and what is known by heart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from chainrule import primitives as p
from chainrule.expr import (
    Node,
    contract,
    elementwise,
    identity,
    index,
    leaf,
    reduce,
    rename,
    select,
    size,
    total,
)
from chainrule.reverse import cotangents, jacobian, reverse
from chainrule.simplify import simplify
from expression_evaluator import Array, evaluate

SIZES = {"i": 2, "j": 3, "r": 2, "k": 3}
A, v, w = leaf("A", ["i", "j"]), leaf("v", ["i"]), leaf("w", ["j"])
NUMBERS = {
    "A": np.array([[0.3, -1.2, 2.1], [0.7, 0.4, -0.5]]),
    "v": np.array([1.3, -0.6]),
    "w": np.array([0.2, 1.7, -0.9]),
    "s": np.array(0.8),
}


def numeric(J: Node, name: str, numbers: Mapping[str, Array]) -> Array:
    """dJ/d(name) by central differences of fourth order."""
    middle = np.asarray(numbers[name], float)
    result = np.empty_like(middle)
    for place in np.ndindex(middle.shape):
        shifted = []
        for steps in (-2, -1, 1, 2):
            array = middle.copy()
            array[place] += steps * 1e-3
            shifted.append(evaluate([J], {**numbers, name: array}, SIZES)[0])
        far_below, below, above, far_above = shifted
        result[place] = (8 * (above - below) - (far_above - far_below)) / 12e-3
    return result


EXPRESSIONS = {
    "sum": total(A, "i"),
    "transposition": contract(["j", "i"], A),
    "repetition": contract(["i", "k", "j"], A),
    "matrix product": contract(["i"], A, w),
    "product of three": contract(["j"], A, v, w),
    "a dim summed that one operand alone has": contract([], A, v),
    "square of itself": contract(["i", "r"], A, rename(A, {"i": "r"})),
    "bias for all rows": p.tanh(A + w),
    "number for all": A * leaf("s"),
    "mean": total(A, "j") / size("j"),
    "mean of a square": (total(A) / size("i") / size("j")) ** 2,
    "rename": rename(A, {"i": "r", "j": "k"}) * leaf("B", ["r", "k"]),
    "swapped names": contract(["i", "j"], rename(contract(["j", "i"], A, identity("i", "r")), {"i": "r"}), A),
    "largest": reduce("max", A, "j"),
    "logsumexp": reduce("logsumexp", A, "i"),
    "select": select(w < A, A * A, p.exp(A)),
    "maximum": p.maximum(A, v),
    "minimum": p.minimum(A, v),
    "absolute": p.absolute(A),
    "diagonal": contract(["j"], identity("j", "k"), rename(w, {"j": "k"}), A),
    "places": A * index("j") + A**2 * index("i"),
    "one hot": select(elementwise("equal", index("j"), 1), A, 0) * w,
    "layers": contract(["i"], p.tanh(contract(["i", "k"], A, rename(w, {"j": "k"}))), leaf("B", ["i", "k"])),
    "standardised": A / (total(A * A, "j") + 1) ** 0.5 - contract(["i", "j"], total(A, "j")) / size("j"),
    "repeated sum": contract(["i", "j"], total(A, "j")) * A,
}


@pytest.mark.parametrize("of", ["A", "v", "w", "s"])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_word_is_differentiated_right(name, of):
    y = EXPRESSIONS[name]
    rng = np.random.default_rng(3)
    numbers = {**NUMBERS, "B": rng.standard_normal((2, 3))}
    numbers["weights"] = rng.standard_normal([SIZES[d] for d in y.dims])
    J = total(p.sin(y) * leaf("weights", y.dims))
    x = {"A": A, "v": v, "w": w, "s": leaf("s")}[of]
    plain = reverse(J, [x])
    for gradient in (plain, simplify(plain)):
        assert gradient[0].dims == x.dims
        (found,) = evaluate(gradient, numbers, SIZES)
        np.testing.assert_allclose(found, numeric(J, of, numbers), rtol=1e-7, atol=1e-9)


def test_a_cotangent_that_is_the_same_along_a_dim_is_counted_at_every_place():
    for J, x, expected in [
        (total(A + v), v, [3, 3]),
        (total(contract("ij", w)), w, [2, 2, 2]),
        (total(A), A, 1),
    ]:
        (found,) = evaluate(reverse(J, [x]), NUMBERS, SIZES)
        np.testing.assert_array_equal(found, np.broadcast_to(expected, found.shape))


def test_a_value_used_twice_accumulates():
    b = leaf("b")
    assert simplify(reverse(b + b, [b]))[0] is simplify([b * 0 + 2])[0]
    assert simplify(reverse(b * b, [b]))[0] is 2 * b


def test_a_diamond_accumulates_over_both_paths():
    x = leaf("x")
    left, right = p.sin(x), p.exp(x)
    J = left * right + left / right
    (gradient,) = evaluate(reverse(J, [x]), {"x": 0.7})
    s, c, e = np.sin(0.7), np.cos(0.7), np.exp(0.7)
    assert gradient == pytest.approx(c * e + s * e + c / e - s / e, rel=1e-14)


def test_a_ladder_of_diamonds_stays_small():
    """2^60 paths; each node is visited once."""
    x = y = leaf("x")
    for _ in range(60):
        y = p.sin(y) + y
    (gradient,) = reverse(y, [x])
    value, slope = 0.5, 1.0
    for _ in range(60):
        value, slope = np.sin(value) + value, slope * (np.cos(value) + 1)
    assert evaluate([gradient], {"x": 0.5})[0] == pytest.approx(slope, rel=1e-9, abs=1e-12)


def test_shared_weights_gather_the_gradient_of_every_place():
    W = leaf("W", ["r", "i"])
    first = p.tanh(contract(["r"], W, v))
    second = contract(["k"], rename(W, {"r": "k", "i": "r"}), first)
    J = total(second * second)
    numbers = {"W": np.array([[0.4, -1.1], [0.9, 0.3]]), "v": NUMBERS["v"]}
    (found,) = evaluate(reverse(J, [W]), numbers, {**SIZES, "k": 2})
    np.testing.assert_allclose(found, numeric(J, "W", numbers), rtol=1e-8)


def test_at_a_tie_the_largest_share_the_derivative_equally():
    (found,) = evaluate(reverse(total(reduce("max", A, "j")), [A]), {"A": np.array([[1.0, 3, 3], [2, 2, 2]])})
    np.testing.assert_allclose(found, [[0, 0.5, 0.5], [1 / 3] * 3])


def test_a_branch_that_is_not_taken_brings_no_nan():
    x = leaf("x", ["i"])
    J = total(select(x > 0, p.log(x), 3 * x))
    for gradient in (reverse(J, [x]), simplify(reverse(J, [x]))):
        np.testing.assert_array_equal(evaluate(gradient, {"x": np.array([0.0, 4.0])})[0], [3.0, 0.25])


def test_logsumexp_of_huge_numbers_has_a_finite_derivative():
    J = total(reduce("logsumexp", A, "j"))
    numbers = {"A": np.array([[1e4, -1e4, 0], [1e4, 1e4, 1e4]])}
    np.testing.assert_allclose(evaluate(reverse(J, [A]), numbers)[0], [[1, 0, 0], [1 / 3] * 3], rtol=1e-11)


def test_what_does_not_occur_has_derivative_zero_with_its_dims():
    (found,) = reverse(total(w), [A])
    assert found.dims == A.dims
    assert not evaluate([found], NUMBERS, SIZES)[0].any()
    assert cotangents(total(w), [A]) == {}


def test_the_seed_multiplies_from_the_left():
    y = p.tanh(contract(["i"], A, w))
    (found,) = evaluate(reverse(y, [w], v), NUMBERS)
    value = np.tanh(NUMBERS["A"] @ NUMBERS["w"])
    np.testing.assert_allclose(found, (NUMBERS["v"] * (1 - value**2)) @ NUMBERS["A"], rtol=1e-13)


def test_a_dim_of_the_seed_that_is_summed_inside_is_an_error():
    with pytest.raises(ValueError, match=r"\['j'\] of the seed"):
        reverse(contract(["i"], A, w), [v], identity("i", "j"))


def test_the_jacobian_of_softmax_is_diag_p_minus_p_p():
    z = leaf("z", ["j"])
    softmax = p.exp(z - reduce("logsumexp", z, "j"))
    values = {"z": NUMBERS["w"]}
    probabilities = np.exp(NUMBERS["w"]) / np.exp(NUMBERS["w"]).sum()
    expected = np.diag(probabilities) - np.outer(probabilities, probabilities)
    J = jacobian(softmax, z, "k", "j")
    for form in ([J], simplify([J])):
        assert form[0].dims == ("k", "j")
        np.testing.assert_allclose(evaluate(form, values, SIZES)[0], expected, rtol=1e-13, atol=1e-15)


def test_second_derivatives_of_a_function_of_one_number():
    x = leaf("x")
    for function, second in [
        (p.sin, lambda t: -np.sin(t)),
        (p.log, lambda t: -1 / t**2),
        (p.tanh, lambda t: -2 * np.tanh(t) * (1 - np.tanh(t) ** 2)),
        (lambda a: a**5, lambda t: 20 * t**3),
        (lambda a: 1 / a, lambda t: 2 / t**3),
        (p.normal_cdf, lambda t: -t * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)),
        (p.softplus, lambda t: np.exp(-t) / (1 + np.exp(-t)) ** 2),
    ]:
        (once,) = simplify(reverse(function(x), [x]))
        (twice,) = simplify(reverse(once, [x]))
        assert evaluate([twice], {"x": 0.6})[0] == pytest.approx(second(0.6), rel=1e-12)


def test_a_hessian_is_symmetric_and_right():
    u = leaf("u", ["j"])
    J = total(p.exp(u) * u) * total(p.sin(u)) + reduce("logsumexp", u, "j")
    (gradient,) = reverse(J, [u])
    hessian = jacobian(gradient, u, "k", "j")
    values = {"u": np.array([0.2, -0.7, 1.1])}
    (found,) = evaluate([hessian], values, SIZES)
    np.testing.assert_allclose(found, found.T, rtol=1e-12)
    for row in range(3):
        one = select(elementwise("equal", index("j"), row), gradient, 0)
        np.testing.assert_allclose(found[row], numeric(total(one), "u", values), rtol=1e-7)


def _network() -> tuple[Node, dict[str, Node], dict[str, Array]]:
    """A 2-3-3 network with softmax and cross-entropy over four samples, and parameters for it."""
    x, y = leaf("x", ["n", "i"]), leaf("y", ["n", "k"])
    W1, b1, W2 = leaf("W1", ["j", "i"]), leaf("b1", ["j"]), leaf("W2", ["k", "j"])
    hidden = p.tanh(contract(["n", "j"], W1, x) + b1)
    z = contract(["n", "k"], W2, hidden)
    J = total(y * (reduce("logsumexp", z, "k") - z)) / size("n") + 0.05 * total(W1 * W1)
    rng = np.random.default_rng(0)
    numbers = {
        n: rng.standard_normal(s) for n, s in {"x": (4, 2), "W1": (3, 2), "b1": (3,), "W2": (3, 3)}.items()
    }
    numbers["y"] = np.eye(3)[[0, 2, 1, 1]]
    return J, {"W1": W1, "b1": b1, "W2": W2}, numbers


def test_a_hessian_vector_product_of_a_network_is_that_of_finite_differences():
    J, parameters, numbers = _network()
    gradients = reverse(J, list(parameters.values()))
    rng = np.random.default_rng(1)
    direction = {f"direction {name}": rng.standard_normal(numbers[name].shape) for name in parameters}
    slope = sum(
        (
            total(g * leaf(f"direction {name}", w.dims))
            for (name, w), g in zip(parameters.items(), gradients, strict=True)
        ),
        start=leaf("nothing") * 0,
    )
    products = evaluate(simplify(reverse(slope, list(parameters.values()))), numbers | direction)

    def gradient_at(step: float) -> list[Array]:
        moved = {name: numbers[name] + step * direction[f"direction {name}"] for name in parameters}
        return evaluate(gradients, numbers | moved)

    h = 1e-3
    shifted = [gradient_at(s * h) for s in (-2, -1, 1, 2)]
    for found, far_below, below, above, far_above in zip(products, *shifted, strict=True):
        np.testing.assert_allclose(
            found, (8 * (above - below) - (far_above - far_below)) / (12 * h), atol=1e-8
        )
