"""The learning curve is a picture that any viewer reads, the same for the same run."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from chainrule.sentences import say, speaking
from chainrule.training.loop import Epoch
from chainrule.training.picture import learning_curve

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
