"""The learning curve is a picture that any viewer reads, the same for the same run."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from chainrule.sentences import say, speaking
from chainrule.training import picture
from chainrule.training.loop import Epoch
from chainrule.training.picture import learning_curve
from counted import calls

SCORED = [Epoch(k, 2.0 / k, 2.5 / k, 1 - 0.5 / k) for k in range(1, 6)]
KINDS = {
    "scored": SCORED,
    "numbers": [Epoch(k, 2.0 / k, 2.5 / k, None) for k in range(1, 6)],
    "no validation": [Epoch(k, 2.0 / k, None, None) for k in range(1, 6)],
    "one epoch": SCORED[:1],
    "loss of 0": [Epoch(1, 0.5, None, None), Epoch(2, 0.0, None, None)],
    "no accuracy at all": [Epoch(1, 0.5, 0.5, 0.0)],
}


def _texts(svg: str) -> str:
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return "\n".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_its_text_is_text_in_either_language(kind, lang):
    history = KINDS[kind]
    with speaking(lang):
        svg = learning_curve(history, "digits  64-10")
        labels = ["train", "loss", "epoch"]
        labels += ["validation"] if history[0].validation_loss is not None else []
        labels += ["accuracy"] if history[0].validation_accuracy is not None else []
        said = [say(f"training.curve_{label}") for label in labels]
    texts = _texts(svg)
    assert all(each in texts for each in ["digits  64-10", *said])
    assert ("%" in texts) == (history[0].validation_accuracy is not None)


def test_the_best_epoch_is_marked():
    with speaking("en"):
        texts = _texts(learning_curve([*SCORED, Epoch(6, 0.3, 0.4, 0.7)], "t"))
    assert "best: 90.00 % in epoch 5" in texts


def test_the_same_run_gives_the_same_file():
    assert learning_curve(SCORED, "t") == learning_curve(SCORED, "t")
    assert learning_curve(SCORED, "t") != learning_curve(SCORED[:4], "t")


def test_a_title_is_no_markup():
    for title in ("<script>&</script>", r"$x$ $\wrong{$", "数字"):
        assert title in _texts(learning_curve(SCORED, title))


SVG = "{http://www.w3.org/2000/svg}"


def _lines(svg: str, color: str) -> list[list[tuple[float, float]]]:
    found = ElementTree.fromstring(svg).iter(f"{SVG}polyline")
    return [
        [tuple(map(float, place.split(","))) for place in line.attrib["points"].split()]
        for line in found
        if line.get("stroke") == color and line.get("clip-path")
    ]


def test_curves_go_where_the_numbers_are():
    """Losses by their logarithms: equal factors are equal ways down, in training and in validation."""
    history = [Epoch(k, 8.0 / 2**k, 4.0 / 2**k, 0.2 * k) for k in range(1, 5)]
    svg = learning_curve(history, "t")
    train, validation = _lines(svg, picture.LOSS)
    (accuracy,) = _lines(svg, picture.ACCURACY)
    for line, sign in ((train, 1), (validation, 1), (accuracy, -1)):
        assert len(line) == 4
        steps = [(b[0] - a[0], sign * (b[1] - a[1])) for a, b in pairwise(line)]
        assert all(step == pytest.approx(steps[0], abs=0.02) for step in steps)
        assert steps[0][0] > 0
        assert steps[0][1] > 0
    assert validation[0] == pytest.approx((train[0][0], train[1][1]), abs=0.02)  # 2 is there first
    (dot,) = (
        c for c in ElementTree.fromstring(svg).iter(f"{SVG}circle") if c.get("fill") == picture.ACCURACY
    )
    assert (float(dot.get("cx")), float(dot.get("cy"))) == accuracy[-1]


def test_one_epoch_is_two_dots_and_its_number():
    svg = learning_curve([Epoch(1, 0.41, 0.52, 0.83)], "t")
    circles = list(ElementTree.fromstring(svg).iter(f"{SVG}circle"))
    assert {c.get("fill") for c in circles} == {picture.LOSS, "#ffffff", picture.ACCURACY}
    assert not _lines(svg, picture.LOSS)
    assert "\n1\n" in _texts(svg)
    assert "\n2\n" not in _texts(svg)


def test_a_long_run_has_a_small_picture():
    history = [Epoch(k, 1 / k + (k % 7) / 1e3, 2 / k + (k % 5) / 1e3, 1 - 1 / k) for k in range(1, 50_001)]
    assert len(learning_curve(history, "t")) < 150_000


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 0.0, -1.0, 1e300, 1e-300, 5e-324])
def test_any_loss_can_be_drawn(loss):
    for history in ([Epoch(1, loss, loss, 0.5)], [Epoch(1, 0.5, None, None), Epoch(2, loss, None, None)]):
        assert "nan" not in learning_curve(history, "t")
        assert "inf" not in learning_curve(history, "t")


def test_a_long_title_is_shortened():
    (said,) = (t for t in _texts(learning_curve(SCORED, "784-300:relu-" * 30)).split("\n") if "784" in t)
    assert said.endswith("…")
    assert 60 < len(said) < 130


def test_what_a_title_takes_grows_as_its_length_does():
    def drawn(layers):
        return calls(lambda: learning_curve(SCORED, "-".join(["2"] * layers)))

    few, more, many = map(drawn, (1000, 2000, 4000))
    assert many - more <= 2.2 * (more - few)
