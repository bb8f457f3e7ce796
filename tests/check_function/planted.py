"""Small programs with one mistake each, and right ones, with what is to be said of each.

The mistakes are those that people report of their own code; the programs were written for this purpose, and
what is expected was written down before anything could find it.
"""

from __future__ import annotations

from typing import NamedTuple


class Planted(NamedTuple):
    """program: a file of `programs`. target: what is called in it. code: of the first explanation. wrong:
    the parameters that it is about. said: words that the explanation must have. options: of the command."""

    program: str
    target: str
    code: str
    wrong: tuple[str, ...] = ()
    said: str = ""
    options: tuple[str, ...] = ()


PLANTED = (
    Planted("softmax_sum_for_mean", "softmax_loss", "missing_mean", ("W",), "1/6"),
    Planted("svm_penalty_left_out_of_loss", "svm_loss", "wrong_penalty", ("W",), "reg"),
    Planted("logistic_y_minus_p", "propagate", "sign", ("w", "b")),
    Planted("softmax_scores_in_place", "softmax_loss", "mutation", ("x",), "line 8"),
    Planted("perceptron_bias_updated_in_place", "loss_and_gradient", "mutation", ("b",), "line 14"),
    Planted("logistic_bias_moved_in_loop", "logistic", "mutation", ("w", "b"), "line 19"),
    Planted("two_layer_relu_mask_forgotten", "two_layer", "missing_derivative", ("W1", "b1"), "relu"),
    Planted("softmax_bias_over_classes", "softmax_regression", "wrong_axis", ("b",), "5"),
    Planted("ridge_penalty_missing_in_gradient", "cost_function", "missing_penalty", ("theta",), "lam"),
    Planted("mean_squared_error_without_two", "mse", "scale", ("w", "b"), "2"),
    Planted("linear_classifier_transposed", "loss", "transpose", ("W",)),
    Planted("logistic_last_sample_only", "logistic_loss", "missing_sum", ("w",), "last"),
    Planted("dropout_drawn_anew", "loss", "random"),
    Planted("gradients_never_reset", "loss", "state"),
    Planted("svm_gradient_of_whole_numbers", "svm", "precision", ("w",), "whole numbers"),
    Planted("logistic_saturated", "loss", "not_finite", (), "line 8"),
    Planted("two_layer_bias_gradient_missing", "forward_backward", "missing_gradient", ("b2",)),
    Planted("loss_per_sample", "loss", "loss_shape", (), "(3,)"),
    Planted("two_layer_sigmoid_derivative_lost", "backprop", "missing_derivative", ("W1", "b1"), "sigmoid"),
    Planted("sigmoid_derivative_of_the_output", "loss", "wrong_argument", ("W", "b"), "sigmoid"),
    Planted("softmax_penalty_of_other_size", "softmax_loss", "wrong_penalty", ("W",), "reg"),
    Planted("list_of_gradients_reversed", "loss", "order"),
    Planted("sigmoid_output_shared", "loss", "mutation", ("W",), "line 9"),
    Planted("penalty_on_the_bias", "loss", "wrong_penalty", ("b",), "lam"),
    Planted("bias_averaged_twice", "softmax_regression", "extra_mean", ("b",), "7"),
    Planted("cross_entropy_derivative_kept", "loss", "extra_derivative", ("w", "b"), "sigmoid"),
    Planted("theta_as_a_column", "cost", "shape", ("theta",), "(4, 1)"),
    Planted("affine_layer_transposed", "affine_forward,affine_backward", "transpose", ("w",)),
)

RIGHT = (
    Planted("right_svm_naive", "svm_loss_naive", ""),
    Planted("right_softmax", "softmax_loss", "", options=("--shape", "W=4,3; X=6,4; y=6:3")),
    Planted("right_propagate", "propagate", ""),
    Planted("right_two_layer_class", "net.loss", ""),
    Planted("right_cost_function", "cost_function", "", options=("--shape", "theta=4; X=8,4; y=8:2")),
    Planted("right_pair_of_functions", "f,g", ""),
    Planted("right_affine_layer", "forward,backward", ""),
    Planted("right_plain_lists", "backprop", ""),
    Planted("right_lasso_at_zero", "lasso", ""),
    Planted("right_single_precision", "loss", "", said="float32"),
    Planted("right_three_layers", "model", ""),
)
