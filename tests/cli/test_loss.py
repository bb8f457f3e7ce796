"""`loss`: one loss by itself, against sums written out here."""

from __future__ import annotations

import math

import pytest

Y, A = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]]


def pairs(function):
    return [sum(function(y, a) for y, a in zip(*row, strict=True)) for row in zip(Y, A, strict=True)]


def huber(e, d=1.0):
    return e * e / 2 if abs(e) <= d else d * (abs(e) - d / 2)


BY_HAND = {
    "half_squared_error": pairs(lambda y, a: (y - a) ** 2 / 2),
    "mean_squared_error": pairs(lambda y, a: (y - a) ** 2 / 3),
    "mean_absolute_error": pairs(lambda y, a: abs(y - a) / 3),
    "huber": pairs(lambda y, a: huber(y - a) / 3),
    "huber:threshold=0.25": pairs(lambda y, a: huber(y - a, 0.25) / 3),
    "cross_entropy": pairs(lambda y, a: -y * math.log(a)),
    "binary_cross_entropy": pairs(lambda y, a: -y * math.log(a) - (1 - y) * math.log(1 - a)),
}


def typed(rows):
    return ";".join(",".join(map(str, row)) for row in rows)


@pytest.mark.parametrize("name", BY_HAND)
def test_every_loss(run, name):
    found = run("loss", name, "--true", typed(Y), "--predicted", typed(A), "--json").json
    assert found["loss"] == name.partition(":")[0]
    assert found["samples"] == pytest.approx(BY_HAND[name], rel=1e-12)
    assert found["mean"] == pytest.approx(sum(BY_HAND[name]) / 2, rel=1e-12)


@pytest.mark.parametrize("separator", [",", ";"])
def test_four_people_and_a_network_that_says_0_to_all(run, separator):
    """One half, whether they are four outputs or four samples."""
    given = [separator.join(numbers) for numbers in ("1001", "0000")]
    answer = run("loss", "mean_squared_error", "--true", given[0], "--predicted", given[1])
    assert answer.code == 0
    assert "mean_squared_error = 1/K * sum_k (y_k - a_k)^2" in answer.out
    assert answer.out.split("mean ")[1].split()[0] == "0.5"


def test_files_have_a_sample_a_line(run, tmp_path):
    (tmp_path / "y.csv").write_text(typed(Y).replace(";", "\n") + "\n")
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + typed(A).replace(";", "\r\n").encode())
    found = run("loss", "cross_entropy", "--true", "y.csv", "--predicted", "a.csv", "--json").json
    assert found["samples"] == pytest.approx(BY_HAND["cross_entropy"])


def test_a_loss_that_is_infinite(run):
    given = ["--true", "1,0", "--predicted", "0,1"]
    assert run("loss", "cross_entropy", *given, "--json").json["mean"] is None
    assert "inf" in run("loss", "cross_entropy", *given).out


def test_zero_times_the_logarithm_of_zero_is_zero(run):
    found = run("loss", "cross_entropy", "--true", "1,0", "--predicted", "1,0", "--json").json
    assert found["mean"] == 0


@pytest.mark.parametrize(
    ("name", "true", "predicted", "said"),
    [
        ("mse", "1", "1", "mean_squared_error"),
        ("huber", "1,2", "1", "--true has 1 x 2 numbers (samples x outputs), but --predicted has 1 x 1"),
        ("huber", "1;2", "1,2", "2 x 1"),
        ("huber", "1,x", "1,2", "--true: number 2 of sample 1 must be a finite number, not 'x'"),
        ("huber", "1;2,", "1;2,3", "number 2 of sample 2"),
        ("huber", "1", "inf", "--predicted: number 1 of sample 1"),
        ("huber", ",", "1", "not ''"),
        ("huber", "", "1", "--true needs a value after it"),
        ("huber", "1_000", "1", "must be a finite number, not '1_000'"),
        ("huber", "\uff11", "1", "must be a finite number, not '\uff11'"),
        ("huber", "1,2;3", "1,2;3", "--true: sample 2 has 1 numbers, but the first one has 2"),
        ("huber:delta=1", "1", "1", "threshold"),
        (
            "cross_entropy",
            "1,0",
            "1.5,-0.5",
            "--predicted must hold numbers from 0 to 1 for this loss, not 1.5",
        ),
        ("cross_entropy", "-1,2", "0.5,0.5", "--true must hold numbers of at least 0 for this loss, not -1"),
        ("binary_cross_entropy", "2", "0.5", "--true must hold numbers from 0 to 1"),
        ("perceptron", "1", "0", "perceptron is computed from weighted inputs"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_input(run, name, true, predicted, said, lang):
    answer = run("loss", name, "--true", true, "--predicted", predicted, "--lang", lang)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert lang == "zh" or said in answer.err
